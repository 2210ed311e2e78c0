"""What people compute the metrics of predictions with.

    predictions.py make ROWS FILE...         write the same predictions to each file
    predictions.py pandas FILE               four metrics with pandas and scikit-learn
    predictions.py polars FILE               the same, read with polars
    predictions.py resample FILE COUNT       AUC of resampled rows with scikit-learn
    predictions.py presorted FILE COUNT      AUC of resampled weights over rows sorted once, with NumPy

Each prints its result as one line of JSON, with the seconds that a resample took.
"""

import json
import sys
import time

import numpy as np


def make(rows: int, *files: str) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    random = np.random.default_rng(5)
    truth = (random.random(rows) < 0.3).astype(np.int64)
    score = 1 / (1 + np.exp(-random.normal(np.where(truth == 1, 0.5, -1.0), 1.0)))
    table = pa.table({"y": truth, "y_hat": (score >= 0.5).astype(np.int64), "p": score})
    for file in files:
        if file.endswith(".parquet"):
            pyarrow.parquet.write_table(table, file)
        else:
            pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(quoting_style="none"))


def four(truth, predicted, score) -> dict:
    from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

    return {
        "accuracy": accuracy_score(truth, predicted),
        "f1": f1_score(truth, predicted),
        "log_loss": log_loss(truth, score),
        "roc_auc": roc_auc_score(truth, score),
    }


def with_pandas(file: str) -> dict:
    import pandas as pd

    rows = pd.read_parquet(file) if file.endswith(".parquet") else pd.read_csv(file)
    return four(rows["y"], rows["y_hat"], rows["p"])


def with_polars(file: str) -> dict:
    import polars as pl

    rows = pl.read_parquet(file) if file.endswith(".parquet") else pl.read_csv(file)
    return four(*(rows[name].to_numpy() for name in ("y", "y_hat", "p")))


def rows_of(file: str):
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(file)
    return rows["y"].to_numpy(), rows["p"].to_numpy()


def spread(values: list[float], start: float) -> dict:
    seconds = (time.perf_counter() - start) / len(values)
    low, high = np.percentile(values, [2.5, 97.5])
    return {"low": low, "high": high, "seconds": seconds}


def resample(file: str, count: str) -> dict:
    from sklearn.metrics import roc_auc_score

    truth, score = rows_of(file)
    random = np.random.default_rng(7)
    start = time.perf_counter()
    values = []
    for _ in range(int(count)):
        drawn = random.integers(0, len(truth), len(truth))
        values.append(roc_auc_score(truth[drawn], score[drawn]))
    return spread(values, start)


def presorted(file: str, count: str) -> dict:
    """Sorted once; no two scores are the same, so that no tie is to be split."""
    truth, score = rows_of(file)
    order = np.argsort(score, kind="stable")
    positive = truth[order].astype(np.float64)
    random = np.random.default_rng(7)
    start = time.perf_counter()
    values = []
    for _ in range(int(count)):
        weight = random.poisson(1.0, len(order))
        negative = weight * (1 - positive)
        below = np.cumsum(negative) - negative / 2
        of_positive = weight * positive
        values.append((of_positive @ below) / (of_positive.sum() * negative.sum()))
    return spread(values, start)


def main(what: str, *arguments: str) -> None:
    if what == "make":
        make(int(arguments[0]), *arguments[1:])
        return
    peers = {"pandas": with_pandas, "polars": with_polars, "resample": resample, "presorted": presorted}
    print(json.dumps(peers[what](*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
