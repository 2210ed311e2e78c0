"""Make data/train.csv and data/test.csv from scikit-learn's breast cancer data.

    python split.py

Both files are committed, so training and evaluation do not depend on this
script; it is here to show where they came from. Running it again writes the
same bytes: the seed is fixed, the shares of both classes are kept
(stratified), the rows are sorted by id, and the numbers are written in their
shortest exact form.

The data is the Breast Cancer Wisconsin (Diagnostic) set: 569 tumours, 30
features measured on the cell nuclei in an image of each. scikit-learn codes
benign as 1; here `malignant` is 1, so that recall is the share of the cancers
that were found.
"""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

ID = "id"
LABEL = "malignant"
DATA = Path(__file__).parent / "data"
TEST_SHARE = 0.3
SEED = 20


def load() -> pd.DataFrame:
    """All rows: id, label, then the 30 features."""
    data = load_breast_cancer(as_frame=True)
    frame = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    frame.insert(0, ID, range(len(frame)))
    frame.insert(1, LABEL, 1 - data.target)
    return frame


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test rows, with the same share of malignant tumours in both."""
    train, test = train_test_split(
        frame, test_size=TEST_SHARE, random_state=SEED, stratify=frame[LABEL]
    )
    return train.sort_values(ID), test.sort_values(ID)


def to_csv(frame: pd.DataFrame) -> bytes:
    """The rows as CSV, with the same line ends on every system."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def main() -> None:
    DATA.mkdir(exist_ok=True)
    for name, frame in zip(("train", "test"), split(load()), strict=True):
        path = DATA / f"{name}.csv"
        path.write_bytes(to_csv(frame))
        print(f"{path.name}: {len(frame)} rows, {int(frame[LABEL].sum())} malignant")


if __name__ == "__main__":
    main()
