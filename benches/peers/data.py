"""What people look at data with.

    data.py make ROWS REFERENCE CURRENT      write two CSV files of 15 numeric and 5 categorical columns, three of which drift
    data.py evidently REFERENCE CURRENT      DataDriftPreset of Evidently
    data.py scipy REFERENCE CURRENT          ks_2samp of the numeric columns and chi2_contingency of the others, read with polars
    data.py leakage TRAIN TEST               rows of the test set that are in the training set, by polars
    data.py pandera FILE                     a schema of ranges, values and nulls

Each prints its result as one line of JSON.
"""

import json
import sys

NUMBERS = [f"n{at}" for at in range(15)]
CATEGORIES = [f"c{at}" for at in range(5)]
PLANS = ["free", "basic", "pro", "team", "enterprise"]


def make(rows: int, reference: str, current: str) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    random = np.random.default_rng(6)
    for file, moved in [(reference, False), (current, True)]:
        table = {}
        for at, name in enumerate(NUMBERS):
            values = random.normal(0, 1, rows) if at % 3 else random.lognormal(1, 1, rows)
            table[name] = np.round(values + (0.6 if moved and at < 2 else 0), 6)
        for at, name in enumerate(CATEGORIES):
            shares = np.array([5, 4, 3, 2, 1], float)
            if moved and at == 0:
                shares = shares[::-1]
            table[name] = pa.array(PLANS).take(pa.array(random.choice(5, rows, p=shares / shares.sum())))
        pyarrow.csv.write_csv(pa.table(table), file, pyarrow.csv.WriteOptions(quoting_style="none"))


def evidently(reference: str, current: str) -> dict:
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    one, other = pd.read_csv(reference), pd.read_csv(current)
    result = Report([DataDriftPreset()]).run(other, one).dict()
    return {"metrics": len(result["metrics"])}


def scipy(reference: str, current: str) -> dict:
    import numpy as np
    import polars as pl
    from scipy.stats import chi2_contingency, ks_2samp

    one, other = pl.read_csv(reference), pl.read_csv(current)
    answer = {}
    for name in NUMBERS:
        answer[name] = ks_2samp(one[name].to_numpy(), other[name].to_numpy()).pvalue
    for name in CATEGORIES:
        counts = [dict(side[name].value_counts().iter_rows()) for side in (one, other)]
        names = sorted(set(counts[0]) | set(counts[1]))
        table = np.array([[side.get(category, 0) for category in names] for side in counts])
        answer[name] = chi2_contingency(table).pvalue
    return answer


def leakage(train: str, test: str) -> dict:
    import polars as pl

    one, other = pl.read_csv(train), pl.read_csv(test)
    known = one.hash_rows(seed=1).unique()
    return {"rows": int(other.hash_rows(seed=1).is_in(known.implode()).sum())}


def pandera(file: str) -> dict:
    import pandas as pd
    import pandera.pandas as pa

    columns = {name: pa.Column(float, pa.Check.in_range(-100, 10_000), nullable=False) for name in NUMBERS}
    columns |= {name: pa.Column(str, pa.Check.isin(PLANS), nullable=False) for name in CATEGORIES}
    pa.DataFrameSchema(columns).validate(pd.read_csv(file), lazy=True)
    return {"valid": True}


def main() -> None:
    what, *words = sys.argv[1:]
    if what == "make":
        make(int(words[0]), *words[1:])
        return
    answers = {"evidently": evidently, "scipy": scipy, "leakage": leakage, "pandera": pandera}
    print(json.dumps(answers[what](*words)))


if __name__ == "__main__":
    main()
