"""Training and evaluation, on few rows and few trees so that they are fast."""

from pathlib import Path

import joblib
import pandas as pd
import pytest

import evaluate
import train

DATA = Path(__file__).parent.parent / "data"
PARAMS = {"n_estimators": 5, "max_depth": 3, "seed": 1}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "train.csv").head(80)


@pytest.fixture(scope="module")
def model(rows):
    return train.train(rows, PARAMS)


def test_a_small_model_beats_a_guess(model, rows):
    metrics = evaluate.measure(evaluate.predict(model, rows))
    assert metrics["accuracy"] > 0.8


def test_the_parameters_reach_the_model(model):
    assert len(model.estimators_) == PARAMS["n_estimators"]
    assert max(tree.get_depth() for tree in model.estimators_) <= PARAMS["max_depth"]


def test_neither_the_id_nor_the_label_is_a_feature(model):
    assert {"id", "malignant"}.isdisjoint(model.feature_names_in_)


def test_training_twice_writes_the_same_bytes(rows, tmp_path):
    written = []
    for name in ("one.joblib", "two.joblib"):
        joblib.dump(train.train(rows, PARAMS), tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_every_row_gets_a_prediction(model, rows):
    predictions = evaluate.predict(model, rows)
    assert list(predictions.columns) == ["id", "y", "y_hat", "p", "size"]
    assert list(predictions["id"]) == list(rows["id"])
    assert predictions["p"].between(0, 1).all()
    assert not predictions["size"].isna().any()


def test_known_predictions_have_known_metrics():
    predictions = pd.DataFrame(
        {"y": [1, 1, 1, 0, 0], "y_hat": [1, 1, 0, 0, 1], "p": [0.9, 0.8, 0.4, 0.1, 0.6]}
    )
    metrics = evaluate.measure(predictions)
    assert metrics["accuracy"] == 0.6
    assert metrics["recall"] == pytest.approx(2 / 3, abs=1e-6)
    assert metrics["confusion"] == {
        "true_negatives": 1,
        "false_positives": 1,
        "false_negatives": 1,
        "true_positives": 2,
    }
