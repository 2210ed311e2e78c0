"""What pandas and NumPy say of columns. They come as a JSON map of lists, with null where there is no value; what is said
of each goes out as one."""

import json
import math
import sys

import numpy
import pandas

SHARES = [0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99]


def common(series):
    counts = series.value_counts()
    return {
        "count": int(series.count()),
        "missing": int(series.isna().sum()),
        "distinct": int(series.nunique()),
        "counts": [[value, int(count)] for value, count in counts.items()],
    }


def numbers(values, bins):
    series = pandas.Series(values, dtype="float64")
    held = series.dropna()
    # NumPy's own sums round where the numbers are far from 0; fsum does not.
    mean = math.fsum(held) / len(held)
    squares = math.fsum((value - mean) ** 2 for value in held)
    return common(series) | {
        "min": series.min(),
        "max": series.max(),
        "mean": series.mean(),
        "std": series.std(),
        "true_mean": mean,
        "true_std": math.sqrt(squares / (len(held) - 1)),
        "quantiles": series.quantile(SHARES).tolist(),
        "lower": numpy.quantile(held, SHARES, method="lower").tolist(),
        "higher": numpy.quantile(held, SHARES, method="higher").tolist(),
        "histogram": numpy.histogram(held, bins=bins)[0].tolist(),
    }


def texts(values):
    series = pandas.Series(values, dtype="object")
    lengths = series.dropna().str.len()
    return common(series) | {"lengths": [int(lengths.min()), int(lengths.max())]}


def answer(column):
    if column["texts"]:
        return texts(column["values"])
    return numbers(column["values"], column["bins"])


json.dump({name: answer(column) for name, column in json.load(sys.stdin).items()}, sys.stdout)
