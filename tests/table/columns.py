"""Writes tables with holes and oddities, and what pyarrow and pandas find in them into `expected.json`: of each file the
columns, each with its type, and with its cells as texts, `-` where there is none."""

import decimal, gzip, json, sys

import numpy as np, pandas as pd, pyarrow as pa, pyarrow.csv as csv, pyarrow.dataset as dataset, pyarrow.feather as feather, pyarrow.parquet as pq

folder = sys.argv[1] + "/"
rows = 3000

# Only what our rules and pyarrow's agree on: there `01` is a number, and so is an integer beyond 64 bits.
texts = {
    "integers": ["1", "-2", "0", "30000000000"],
    "holes": ["1", "", "7"],
    "spelled": ["1", "NA", "null", "nan", "N/A", "#N/A"],
    "numbers": ["1", "0.5", "1e3", "-2.5", ".5"],
    "infinities": ["1.5", "inf", "-inf", "", "NaN"],
    "booleans": ["true", "False", "TRUE", ""],
    "dates": ["2026-11-28", "", "1969-12-31", "2024-02-29"],
    "times": ["2026-11-28 10:00:00", "2026-11-28T10:00:01", "1969-12-31 23:59:59", ""],
    "parts": ["2026-11-28 10:00:00.25", "2026-11-28 10:00:00.125"],
    "mixed": ["2026-11-28", "2026-11-28 10:00:00"],
    "zoned": ["2026-11-28 10:00:00+01:00", "2026-11-28T10:00:00Z"],
    "european": ["28/11/2026", "29/11/2026"],
    "american": ["11/28/2026", "11/29/2026"],
    "compact": ["20261128", "20261129"],
    "invalid": ["2026-02-30", "2026-13-01"],
    "categories": ["a", "b\nc", 'd "e"', "f,g", "ü", ""],
    "words": ["1 apple", "x"],
    "null": [""],
}


def kind(of):
    if pa.types.is_dictionary(of):
        return kind(of.value_type)
    if pa.types.is_decimal(of):
        return "Number" if of.scale > 0 else "Integer"
    names = [("integer", "Integer"), ("floating", "Number"), ("boolean", "Boolean"), ("date", "Date"), ("timestamp", "Time")]
    return next((name for test, name in names if getattr(pa.types, "is_" + test)(of)), "Text")


def cell(value, of):
    if value is None or value == "" or value != value:
        return "-"
    if of == "Text":
        return str(value)
    if of in ("Date", "Time"):
        # Seconds since 1970 as whole and fraction, which is what a double of them is made of.
        ns = int(value)
        return repr(float(ns // 10**9) + ns % 10**9 / 1e9)
    return repr(float(value))


def found(table):
    columns = {}
    for name, column in zip(table.column_names, table.columns):
        of = kind(column.type)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if of in ("Date", "Time"):
            column = column.cast(pa.timestamp("ns", column.type.tz if of == "Time" else None)).cast(pa.int64())
        columns[name] = {"holds": of, "cells": [cell(value, of) for value in column.to_pylist()]}
    return columns


expected = {}


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",\n') else text


lines = [",".join(texts)]
lines += [",".join(quoted(cells[row % len(cells)]) for cells in texts.values()) for row in range(rows)]
options = csv.ParseOptions(newlines_in_values=True)
for name, text in [
    ("plain.csv", "\n".join(lines)),
    ("mark.csv", "\ufeff" + "\r\n".join(lines) + "\r\n"),
]:
    with open(folder + name, "wb") as file:
        file.write(text.encode())
    expected[name] = found(csv.read_csv(folder + name, parse_options=options))
with gzip.open(folder + "packed.csv.gz", "wb") as file:
    file.write("\n".join(lines).encode())
expected["packed.csv.gz"] = expected["plain.csv"]

random = np.random.default_rng(11)
holes = random.random(rows) < 0.1
moments = pd.to_datetime(random.integers(-10**18, 2 * 10**18, rows) // 10**3 * 10**3)
frame = pd.DataFrame({
    "small": random.integers(-100, 100, rows).astype("int8"),
    "nullable": pd.array(random.integers(0, 9, rows), dtype="Int64"),
    "number": np.where(holes, np.nan, random.normal(size=rows)),
    "infinite": np.where(holes, np.inf, random.normal(size=rows)),
    "flag": pd.array(random.random(rows) < 0.5, dtype="boolean"),
    "moment": moments,
    "zoned": moments.tz_localize("UTC"),
    "day": (moments + pd.Timedelta(0)).date,
    "text": random.choice(["a", "b\nc", "ü", "d e"], rows),
    "category": pd.Categorical(random.choice(["x", "y\nz"], rows)),
    "null": [None] * rows,
})
frame.loc[holes, ["nullable", "flag", "moment", "zoned", "day", "text", "category"]] = None
table = pa.Table.from_pandas(frame, preserve_index=False)
frame.to_parquet(folder + "pandas.parquet", row_group_size=700, index=False)
feather.write_feather(table, folder + "pandas.feather", chunksize=600)
decimals = pa.table({"decimal": pa.array([decimal.Decimal(int(cents)) / 4 for cents in random.integers(-99, 99, rows)], pa.decimal128(10, 2)), "single": pa.array(frame.number, pa.float32()), "millis": table["moment"].cast(pa.timestamp("ms"), safe=False)})
pq.write_table(decimals, folder + "types.parquet")
expected |= {"pandas.parquet": found(table), "pandas.feather": found(table), "types.parquet": found(decimals)}

parted = pd.DataFrame({"x": random.normal(size=60), "year": random.integers(2024, 2027, 60), "place": random.choice(["north east", "ü=/", "a"], 60)})
pq.write_to_dataset(pa.Table.from_pandas(parted, preserve_index=False), folder + "parted", partition_cols=["year", "place"])
files = sorted(dataset.dataset(folder + "parted", partitioning="hive").files)
parts = [dataset.dataset(file, partitioning="hive", partition_base_dir=folder + "parted").to_table() for file in files]
expected["parted"] = found(pa.concat_tables(parts, promote_options="permissive"))
expected["parted files"] = [file.removeprefix(folder) for file in files]

json.dump(expected, open(folder + "expected.json", "w"))
