"""Evaluate the model: model.joblib and data/test.csv in, metrics.json and
predictions.csv out.

Only what follows from the model and the rows is written, and nothing that
depends on the clock or the machine: the same model gets the same metrics.
"""

import json

import joblib
import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

ID = "id"
LABEL = "malignant"

# Small tumours are the hard ones to tell apart, so the predictions say which
# rows they are. The bounds are in the unit of the data and do not move with it.
SIZES = {"small": 12.0, "medium": 15.0, "large": float("inf")}


def size(rows: pd.DataFrame) -> pd.Series:
    """The size class of each tumour, from its mean radius."""
    bounds = [0.0, *SIZES.values()]
    return pd.cut(rows["mean_radius"], bounds, labels=list(SIZES), right=False)


def predict(model, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a tumour: the truth, the prediction and its probability."""
    # Rounded so that the last bits of a sum, which may differ between
    # processors, reach neither the predictions nor the metrics.
    p = np.round(model.predict_proba(rows.drop(columns=[ID, LABEL]))[:, 1], 6)
    return pd.DataFrame(
        {
            "id": rows[ID],
            "y": rows[LABEL],
            "y_hat": (p >= 0.5).astype(int),
            "p": p,
            "size": size(rows),
        }
    )


def measure(predictions: pd.DataFrame) -> dict:
    """The metrics of the predictions, as metrics.json holds them."""
    y, y_hat, p = (predictions[name] for name in ("y", "y_hat", "p"))
    (true_negatives, false_positives), (false_negatives, true_positives) = (
        confusion_matrix(y, y_hat, labels=[0, 1]).tolist()
    )
    scores = {
        "accuracy": accuracy_score(y, y_hat),
        "precision": precision_score(y, y_hat, zero_division=0),
        "recall": recall_score(y, y_hat),
        "f1": f1_score(y, y_hat),
        "roc_auc": roc_auc_score(y, p),
        "log_loss": log_loss(y, p),
    }
    return {
        **{name: round(float(value), 6) for name, value in scores.items()},
        "confusion": {
            "true_negatives": true_negatives,
            "false_positives": false_positives,
            "false_negatives": false_negatives,
            "true_positives": true_positives,
        },
    }


def main() -> None:
    rows = pd.read_csv("data/test.csv")
    predictions = predict(joblib.load("model.joblib"), rows)
    predictions.to_csv("predictions.csv", index=False, lineterminator="\n")
    metrics = measure(predictions)
    with open("metrics.json", "w", encoding="utf-8", newline="\n") as file:
        json.dump(metrics, file, indent=2)
        file.write("\n")
    print(f"evaluated on {len(rows)} rows: accuracy {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
