//! Tables as pandas and pyarrow write them come to what pandas and pyarrow say is in them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{python, skip};
use modelgate::files::ProjectFile;
use modelgate::interrupt::Interrupt;
use modelgate::table::{Batch, Column, Found, Kind, Table, Values, Wanted, columns, fold};
use serde_json::{Value, json};

/// Writes the same table in many ways, and what is in it into `expected.json`.
const WRITE: &str = r##"
import csv, gzip, json, sys
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.feather as feather, pyarrow.parquet as pq

folder = sys.argv[1] + "/"
random = np.random.default_rng(7)
rows = 5000
frame = pd.DataFrame({
    "unused": random.random(rows),
    "truth": random.integers(0, 2, rows),
    "predicted": random.integers(0, 2, rows).astype(float),
    "score": random.random(rows) * 10.0 ** random.integers(-12, 12, rows),
    "group": random.choice(["north", "sou\"th", "ea,st", "we\nst", "ü", " x "], rows),
    "flag": random.integers(0, 2, rows).astype(bool),
})
json.dump({
    "truth": [str(v) for v in frame.truth],
    "predicted": [str(int(v)) for v in frame.predicted],
    "score": frame.score.tolist(),
    "group": frame.group.tolist(),
    "flag": [str(v).lower() for v in frame.flag],
}, open(folder + "expected.json", "w"))

frame.to_csv(folder + "plain.csv", index=False)
frame.to_csv(folder + "index.csv")
frame.to_csv(folder + "quoted.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
frame.to_csv(folder + "mark.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
frame.to_csv(folder + "semicolon.csv", index=False, sep=";")
frame.to_csv(folder + "tab.tsv", index=False, sep="\t")
frame.to_csv(folder + "packed.csv.gz", index=False)
frame.to_csv(folder + "packed.csv.zst", index=False)
with open(folder + "members.csv.gz", "wb") as file:
    text = frame.to_csv(index=False).encode()
    file.write(gzip.compress(text[:1000]) + gzip.compress(text[1000:]))
frame.to_json(folder + "lines.jsonl", orient="records", lines=True, double_precision=15)
frame.to_json(folder + "packed.jsonl.gz", orient="records", lines=True, double_precision=15)
with open(folder + "python.jsonl", "w") as file:
    for row in frame.to_dict("records"):
        file.write(json.dumps(row) + "\n")

categories = frame.assign(group=frame.group.astype("category"), truth=frame.truth.astype("category"))
frame.to_parquet(folder + "snappy.parquet")
frame.to_parquet(folder + "zstd.parquet", compression="zstd", row_group_size=700)
frame.to_parquet(folder + "gzip.parquet", compression="gzip")
frame.to_parquet(folder + "lz4.parquet", compression="lz4")
categories.to_parquet(folder + "categories.parquet", row_group_size=1000)
table = pa.Table.from_pandas(frame)
wide = pa.schema([(f.name, {"truth": pa.int8(), "group": pa.large_string(), "predicted": pa.float32()}.get(f.name, f.type)) for f in table.schema])
pq.write_table(table.cast(wide), folder + "types.parquet", data_page_version="2.0", use_dictionary=False, version="2.6")
feather.write_feather(frame, folder + "default.feather")
feather.write_feather(frame, folder + "zstd.feather", compression="zstd", chunksize=600)
feather.write_feather(categories, folder + "categories.feather", compression="uncompressed")
views = table.set_column(4, "group", table["group"].cast(pa.string_view()))
for name, writer, content in [("file.arrow", pa.ipc.new_file, table), ("stream.arrow", pa.ipc.new_stream, table),
                              ("views.arrow", pa.ipc.new_file, views), ("categories.ipc", pa.ipc.new_stream, pa.Table.from_pandas(categories))]:
    with writer(folder + name, content.schema) as to:
        to.write_table(content, max_chunksize=900)
"##;

const WANTED: [(&str, Kind); 5] = [
    ("score", Kind::Number),
    ("truth", Kind::Label),
    ("predicted", Kind::Label),
    ("group", Kind::Label),
    ("flag", Kind::Label),
];

/// The wanted columns of a file, by name.
fn read(path: &Path) -> Value {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let files = [ProjectFile { path: name.clone(), on_disk: path.to_owned() }];
    let wanted = WANTED.map(|(column, kind)| Wanted { column: column.into(), kind });
    let (_hand, interrupt) = Interrupt::channel();
    let mut batches: Vec<Batch> = Vec::new();
    let table = fold(&files, &wanted, 100, &interrupt, |batch| batch, |batch| batches.push(batch));
    let table = table.unwrap().unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
    let columns = WANTED
        .iter()
        .enumerate()
        .map(|(slot, (column, _))| ((*column).to_owned(), cells(&batches, slot, &table)));
    Value::Object(columns.collect())
}

fn cells(batches: &[Batch], slot: usize, table: &Table) -> Value {
    let cells = |batch: &Batch| -> Vec<Value> {
        match &batch.columns[slot] {
            Column::Numbers(numbers) => numbers.iter().map(|number| json!(number)).collect(),
            Column::Labels(codes) => {
                codes.iter().map(|code| json!(table.labels[slot][*code as usize])).collect()
            }
            Column::Keys(_) | Column::Cells(_) => panic!("no such column is wanted"),
        }
    };
    batches.iter().flat_map(cells).collect()
}

/// pandas writes fifteen digits of a number into JSON, so that the last are not those that it was.
fn is_close(one: &Value, other: &Value) -> bool {
    let pairs = one["score"].as_array().unwrap().iter().zip(other["score"].as_array().unwrap());
    pairs.into_iter().all(|(one, other)| {
        let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
        (one - other).abs() <= 1e-14_f64.max(other.abs() * 1e-14)
    })
}

#[test]
fn tables_of_pandas_and_pyarrow_are_read_as_they_were_written() {
    let Some(python) = python() else {
        return skip(
            "tables_of_pandas_and_pyarrow_are_read_as_they_were_written",
            "needs MODELGATE_TEST_PYTHON, a Python with pandas and pyarrow",
        );
    };
    let folder = tempfile::TempDir::new().unwrap();
    let written = Command::new(python).args(["-c", WRITE]).arg(folder.path()).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let expected = std::fs::read(folder.path().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let mut tried = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("expected.json") {
            continue;
        }
        let mut read = read(&path);
        let rounded = path.ends_with("lines.jsonl") || path.ends_with("packed.jsonl.gz");
        if rounded && is_close(&read, &expected) {
            read["score"] = expected["score"].clone();
        }
        for (column, _) in WANTED {
            assert_eq!(read[column], expected[column], "{column} of {}", path.display());
        }
        tried += 1;
    }
    assert_eq!(tried, 25);
}

/// The cells of all columns of some files, as `columns.py` writes them.
fn surveyed(folder: &Path, paths: &[String]) -> Value {
    let file = |path: &String| ProjectFile { path: path.clone(), on_disk: folder.join(path) };
    let files: Vec<ProjectFile> = paths.iter().map(file).collect();
    let (_hand, interrupt) = Interrupt::channel();
    let survey = columns(&files, &interrupt).unwrap();
    let columns = survey.unwrap_or_else(|findings| panic!("{paths:?}: {findings:#?}")).columns;
    let wanted: Vec<Wanted> = columns
        .iter()
        .map(|found| Wanted { column: found.name.clone(), kind: Kind::Cells(found.holds) })
        .collect();
    let mut cells = vec![Vec::new(); wanted.len()];
    let table = fold(
        &files,
        &wanted,
        0,
        &interrupt,
        |batch| batch,
        |batch: Batch| {
            for (to, from) in cells.iter_mut().zip(batch.columns) {
                let Column::Cells(from) = from else { panic!("cells are wanted") };
                assert_eq!(from.strange, 0, "{from:?}");
                to.extend(told(from.values));
            }
        },
    );
    table.unwrap().unwrap_or_else(|findings| panic!("{paths:?}: {findings:#?}"));
    let of = |(found, cells): (&Found, Vec<Option<Cell>>)| {
        let cells: Vec<Value> = cells.into_iter().map(|cell| cell.map_or(json!("-"), Cell::json)).collect();
        (found.name.clone(), json!({ "holds": format!("{:?}", found.holds), "cells": cells }))
    };
    Value::Object(columns.iter().zip(cells).map(of).collect())
}

#[derive(Clone)]
enum Cell {
    Number(f64),
    Text(String),
}

impl Cell {
    fn json(self) -> Value {
        match self {
            Self::Number(number) => json!(number.to_string()),
            Self::Text(text) => json!(text),
        }
    }
}

fn told(values: Values) -> Vec<Option<Cell>> {
    match values {
        Values::Numbers(numbers) => {
            let cell = |number: f64| (!number.is_nan()).then_some(Cell::Number(number));
            numbers.into_iter().map(cell).collect()
        }
        Values::Texts(texts) => {
            let cell = |code: u32| texts.texts.get(code as usize).map(|text| Cell::Text(text.to_string()));
            texts.codes.into_iter().map(cell).collect()
        }
    }
}

/// Python's spelling of numbers is another one.
fn respelled(mut columns: Value) -> Value {
    for column in columns.as_object_mut().unwrap().values_mut() {
        if column["holds"] == "Text" {
            continue;
        }
        for cell in column["cells"].as_array_mut().unwrap() {
            if let Ok(number) = cell.as_str().unwrap().parse::<f64>() {
                *cell = json!(number.to_string());
            }
        }
    }
    columns
}

#[test]
fn columns_hold_what_pyarrow_and_pandas_say() {
    let Some(python) = python() else {
        return skip(
            "columns_hold_what_pyarrow_and_pandas_say",
            "needs MODELGATE_TEST_PYTHON, a Python with pandas and pyarrow",
        );
    };
    let folder = tempfile::TempDir::new().unwrap();
    let script = include_str!("table/columns.py");
    let written = Command::new(python).args(["-c", script]).arg(folder.path()).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let expected = std::fs::read(folder.path().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let parted: Vec<String> = serde_json::from_value(expected["parted files"].clone()).unwrap();
    let files =
        ["plain.csv", "mark.csv", "packed.csv.gz", "pandas.parquet", "pandas.feather", "types.parquet"];
    let sets = files.map(|file| (file, vec![file.to_owned()])).into_iter().chain([("parted", parted)]);
    for (set, paths) in sets {
        let (found, expected) = (surveyed(folder.path(), &paths), respelled(expected[set].clone()));
        let names = |columns: &Value| columns.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "{set}");
        for name in names(&found) {
            assert_eq!(found[&name]["holds"], expected[&name]["holds"], "{name} of {set}");
            assert!(
                found[&name] == expected[&name],
                "{name} of {set}: {}",
                difference(&found[&name], &expected[&name])
            );
        }
    }
}

fn difference(one: &Value, other: &Value) -> String {
    let cells = |column: &Value| column["cells"].as_array().unwrap().clone();
    let (one, other) = (cells(one), cells(other));
    let row = one.iter().zip(&other).position(|(one, other)| one != other);
    format!("row {row:?}: {:?} is not {:?}", row.map(|row| &one[row]), row.map(|row| &other[row]))
}
