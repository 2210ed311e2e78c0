"""Train the model: data/train.csv and params.json in, model.joblib out."""

import json

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

ID = "id"
LABEL = "malignant"


def train(rows: pd.DataFrame, params: dict) -> RandomForestClassifier:
    """A forest fitted to `rows`, the same one for the same rows and parameters."""
    model = RandomForestClassifier(
        n_estimators=params["n_estimators"],
        max_depth=params["max_depth"],
        random_state=params["seed"],
    )
    return model.fit(rows.drop(columns=[ID, LABEL]), rows[LABEL])


def main() -> None:
    with open("params.json", encoding="utf-8") as file:
        params = json.load(file)
    rows = pd.read_csv("data/train.csv")
    joblib.dump(train(rows, params), "model.joblib")
    print(f"trained on {len(rows)} rows: {params['n_estimators']} trees")


if __name__ == "__main__":
    main()
