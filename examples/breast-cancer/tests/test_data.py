"""The committed data: what training and evaluation rely on."""

from pathlib import Path

import pandas as pd
import pytest

import split

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def train_rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "train.csv")


@pytest.fixture(scope="module")
def test_rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "test.csv")


def test_no_row_is_in_both_files(train_rows, test_rows):
    assert set(train_rows["id"]).isdisjoint(test_rows["id"])


def test_no_measurements_are_in_both_files(train_rows, test_rows):
    # Two ids may still hold the same tumour, so the measurements are compared too.
    features = [name for name in train_rows.columns if name not in ("id", "malignant")]
    assert train_rows.merge(test_rows, on=features).empty


def test_all_rows_are_in_one_of_the_files(train_rows, test_rows):
    assert sorted([*train_rows["id"], *test_rows["id"]]) == list(range(569))


def test_both_files_have_the_same_columns(train_rows, test_rows):
    assert list(train_rows.columns) == list(test_rows.columns)
    assert list(train_rows.columns[:2]) == ["id", "malignant"]
    assert len(train_rows.columns) == 2 + 30


def test_nothing_is_missing(train_rows, test_rows):
    assert not train_rows.isna().any().any()
    assert not test_rows.isna().any().any()


def test_both_files_have_the_same_share_of_malignant_tumours(train_rows, test_rows):
    train_share, test_share = train_rows["malignant"].mean(), test_rows["malignant"].mean()
    assert train_share == pytest.approx(test_share, abs=0.01)


@pytest.mark.parametrize("name, part", [("train.csv", 0), ("test.csv", 1)])
def test_the_split_is_reproducible(name, part):
    made = split.to_csv(split.split(split.load())[part])
    assert made == (DATA / name).read_bytes()
