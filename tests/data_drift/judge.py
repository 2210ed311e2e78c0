"""What Evidently's DataDriftPreset and alibi-detect's TabularDrift say of pairs of CSV files.

Standard input: `{"evidently": [[reference, current], …], "alibi": [[reference, current, [category, …]], …]}`, in JSON.
"""

import json
import math
import sys
import warnings

import numpy
import pandas

warnings.simplefilter("ignore")


def read(reference, current):
    return pandas.read_csv(reference), pandas.read_csv(current)


def evidently(reference, current):
    """By column the method, the score, the threshold and the verdict; the columns that it has no test for; the share."""
    from evidently import Dataset, Report
    from evidently.presets import DataDriftPreset

    reference, current = (Dataset.from_pandas(side) for side in read(reference, current))
    definition = current.data_definition
    columns = [*definition.get_numerical_columns(), *definition.get_categorical_columns()]
    report = Report([DataDriftPreset(columns=columns)], include_tests=True)
    metrics = report.run(current, reference).dict()
    told = {}
    for metric in metrics["metrics"]:
        config = metric["config"]
        if config["type"].endswith("ValueDrift"):
            told[config["column"]] = {
                "method": config["method"],
                "score": metric["value"],
                "threshold": config["threshold"],
            }
        else:
            share = metric["value"]["share"]
    for test in metrics["tests"]:
        config = test["metric_config"]["params"]
        if "column" in config:
            told[config["column"]]["drifted"] = str(test["status"]).endswith("FAIL")
    return {"columns": told, "share": share}


def alibi(reference, current, categories):
    """By column the p-value; the threshold of all, and the verdict."""
    from alibi_detect.cd import TabularDrift

    reference, current = read(reference, current)
    names = list(reference)
    for name in categories:
        values = sorted({*reference[name], *current[name]})
        codes = {value: code for code, value in enumerate(values)}
        reference[name], current[name] = reference[name].map(codes), current[name].map(codes)
    detector = TabularDrift(
        reference.to_numpy(dtype=float),
        categories_per_feature={names.index(name): None for name in categories} or None,
    )
    told = detector.predict(current.to_numpy(dtype=float))["data"]
    p = dict(zip(names, map(float, told["p_val"])))
    return {"p": p, "threshold": float(told["threshold"]), "drifted": bool(told["is_drift"])}


def plain(value):
    """Without numbers that JSON has not."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (float, numpy.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, numpy.bool_):
        return bool(value)
    return value


questions = json.load(sys.stdin)
answers = {
    "evidently": [plain(evidently(*question)) for question in questions["evidently"]],
    "alibi": [plain(alibi(*question)) for question in questions["alibi"]],
}
json.dump(answers, sys.stdout)
