"""What pandera says of a table: how many rows break which rule of which column."""

import json
import re
import sys

import numpy as np
import pandas as pd

try:
    import pandera.pandas as pa
except ImportError:
    import pandera as pa
from pandera.errors import SchemaErrors


def series(column):
    values = column["cells"]
    if column["type"] in ("integer", "number"):
        return pd.Series([np.nan if v is None else float(v) for v in values], dtype="float64")
    if column["type"] == "boolean":
        return pd.Series(values, dtype="boolean")
    if column["type"] in ("date", "time"):
        return pd.Series(pd.to_datetime([None if v is None else v for v in values], utc=True, format="ISO8601"))
    return pd.Series(values, dtype="object")


def end(rule, kind):
    return pd.Timestamp(rule, tz="UTC") if kind in ("date", "time") else rule


def schema(columns, table):
    described = {}
    for column in columns:
        kind, rules, checks = column["type"], column["rules"], []
        if "min" in rules:
            checks.append(pa.Check.ge(end(rules["min"], kind), error="data-range"))
        if "max" in rules:
            checks.append(pa.Check.le(end(rules["max"], kind), error="data-range"))
        if "values" in rules:
            checks.append(pa.Check.isin(rules["values"], error="data-value"))
        if "pattern" in rules:
            checks.append(pa.Check.str_contains(re.compile(rules["pattern"]), error="data-pattern"))
        if "length" in rules:
            low, high = rules["length"]
            checks.append(pa.Check.str_length(low, high, error="data-length"))
        described[column["name"]] = pa.Column(
            checks=checks,
            nullable=rules.get("nulls", True),
            unique=rules.get("unique", False),
            report_duplicates="all",
            required=rules.get("required", True),
        )
    compared = []
    for left, sign, right in table["compare"]:
        compared.append(
            pa.Check(
                lambda frame, left=left, right=right, sign=sign: {
                    "<": frame[left] < frame[right],
                    "<=": frame[left] <= frame[right],
                    "==": frame[left] == frame[right],
                    "!=": frame[left] != frame[right],
                    ">=": frame[left] >= frame[right],
                    ">": frame[left] > frame[right],
                }[sign]
                | frame[left].isna()
                | frame[right].isna(),
                name=f"data-compare {left} {sign} {right}",
            )
        )
    return pa.DataFrameSchema(
        described,
        checks=compared,
        unique=table["unique"] or None,
        report_duplicates="all",
        strict=table["strict"],
        ordered=table["ordered"],
    )


def counts(question):
    frame = pd.DataFrame({column["name"]: series(column) for column in question["data"]})
    try:
        schema(question["columns"], question["table"]).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return {}
    rows = {}
    for case in cases.to_dict("records"):
        check, column = str(case["check"]), case["column"]
        if check.startswith("data-compare"):
            key = check
        elif check.startswith("data-"):
            key = f"{check} {column}"
        elif check == "not_nullable":
            key = f"data-nulls {column}"
        elif check == "field_uniqueness":
            key = f"data-unique {column}"
        elif check == "multiple_fields_uniqueness":
            key = "data-unique " + ", ".join(question["table"]["unique"])
        elif check == "column_in_dataframe":
            key = f"data-missing {case['failure_case']}"
        elif check == "column_in_schema":
            key = f"data-extra {case['failure_case']}"
        elif check.startswith("column_ordered"):
            key = "data-order"
        else:
            key = f"unknown {check}"
        rows.setdefault(key, set()).add(case["index"] if case["index"] is not None else -1)
    return {key: len(found) for key, found in rows.items()}


print(json.dumps([counts(question) for question in json.load(sys.stdin)]))
