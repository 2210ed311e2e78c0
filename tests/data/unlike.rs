//! Columns that are text on one side, or to the file, and numbers on the other, or to the schema.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::{assert_said, codes, evidence};
use crate::common::{Project, Said, customers};

/// Customers with another income in each row.
fn with_income(table: &str, income: impl Fn(usize, f64) -> String) -> String {
    let line = |(row, line): (usize, &str)| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, known, city, churned] if row > 0 => {
            format!("{id},{age},{},{city},{churned}\n", income(row, known.parse().unwrap()))
        }
        _ => format!("{line}\n"),
    };
    table.lines().enumerate().map(line).collect()
}

/// A project in whose training set one income is a dash, and whose live data has three times the income.
fn dashed() -> Project {
    let project = Project::data();
    let dash = |row, income: f64| if row == 17 { "-".into() } else { income.to_string() };
    project.file("data/train.csv", with_income(&customers(1, 600), dash));
    project.file("data/live.csv", with_income(&customers(3, 300), |_, income| (3.0 * income).to_string()));
    project
}

fn income(drift: &Value) -> &Value {
    drift["columns"].as_array().unwrap().iter().find(|column| column["column"] == "income").unwrap()
}

#[test]
fn a_dash_among_numbers_is_told_by_all_who_look() {
    let project = dashed();
    let mixed = "data/train.csv: the column «income» looks like text, though 599 of the 600 values that were looked at are \
                 numbers: the first that is none is «-» in row 17";
    let apart = "the column «income» is text in «data/train.csv» and holds numbers in «data/live.csv»: it is compared as \
                 categories";
    let said = project.modelgate(&["data", "drift", "data/train.csv", "data/live.csv"]);
    assert_said(&said, 0, &["warning", mixed, apart]);
    assert_said(&project.modelgate(&["data", "profile", "data/train.csv"]), 0, &[mixed]);
    assert_said(&project.modelgate(&["data", "infer", "data/train.csv"]), 0, &[mixed]);
    let said = project.modelgate(&["data"]);
    assert_said(&said, 0, &[mixed, "«income» is text in «train» and holds numbers in «live»"]);
    assert!(codes(&project).contains(&"warning table-column-mixed".to_owned()));
    // Somebody has said what it is.
    project.replace("modelgate.yml", "drift: {}", "drift: { columns: { income: { as: numbers } } }");
    assert_said(&project.modelgate(&["data"]), 0, &["the column «income» has drifted"]);
    assert_eq!(codes(&project), ["warning data-type", "warning data-drift-column"]);
    // Nobody looks at it.
    let words = ["data", "drift", "data/train.csv", "data/live.csv", "--ignore", "income"];
    let said = project.modelgate(&words);
    assert!(!format!("{}{}", said.out, said.err).contains("income"), "{}", said.err);
}

#[test]
fn what_the_schema_says_of_a_column_settles_how_drift_reads_it() {
    let project = dashed();
    project.file(
        "data.schema.yml",
        "version: 1\nextra-columns: allow\ncolumns:\n  income: { type: number, tolerate: 1% }\n",
    );
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    let said = project.modelgate(&["data"]);
    assert_said(&said, 0, &["the column «income» has drifted"]);
    assert_eq!(income(&evidence(&project)["drift"])["method"], "psi");
    assert_eq!(codes(&project), ["warning data-type", "warning data-drift-column"], "{}", said.err);
    // So it does for a profile that was made without it,
    let profile = project.modelgate(&["data", "profile", "data/train.csv", "--out", "profile.json"]);
    assert_said(&profile, 0, &[]);
    project.replace("modelgate.yml", "drift: {}", "drift: { reference: profile.json }");
    assert_said(&project.modelgate(&["data"]), 0, &["the column «income» has drifted"]);
    // and for numbers that are names.
    let project = Project::data();
    project
        .file("data.schema.yml", "version: 1\nextra-columns: allow\ncolumns:\n  churned: { type: text }\n");
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    assert_said(&project.modelgate(&["data"]), 0, &[]);
    let drift = evidence(&project)["drift"].clone();
    let churned = drift["columns"].as_array().unwrap().iter().find(|column| column["column"] == "churned");
    assert_eq!(churned.unwrap()["method"], "jensen-shannon");
}

/// As Parquet, with the incomes as texts or as numbers.
fn as_parquet(table: &str, is_text: bool) -> Vec<u8> {
    let cells = |column| table.lines().skip(1).map(move |line| line.split(',').nth(column).unwrap());
    let numbers = |column| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(cells(column).map(|cell| cell.parse().unwrap())))
    };
    let texts = |column| -> ArrayRef { Arc::new(StringArray::from_iter_values(cells(column))) };
    let income = if is_text { texts(2) } else { numbers(2) };
    let batch =
        RecordBatch::try_from_iter([("age", numbers(1)), ("income", income), ("city", texts(3))]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// What drift says of a training set and live data, of which each has its incomes as texts or as numbers.
fn drift(is_text: [bool; 2]) -> Said {
    let project = Project::empty();
    project.file("train.parquet", as_parquet(&customers(1, 600), is_text[0]));
    project.file("live.parquet", as_parquet(&customers(3, 300), is_text[1]));
    project.modelgate(&["data", "drift", "train.parquet", "live.parquet"])
}

#[test]
fn a_file_that_says_that_numbers_are_text_is_told() {
    assert!(!drift([false, false]).err.contains("income"));
    assert!(!drift([true, true]).err.contains("says that it is text"));
    let now = "live.parquet: the column «income» holds numbers in «train.parquet», and the file says that it is text in \
               «live.parquet»";
    assert_said(&drift([false, true]), 0, &[now]);
    let before = "the column «income» is text in «train.parquet» and holds numbers in «live.parquet»";
    assert!(drift([true, false]).err.split_whitespace().collect::<Vec<_>>().join(" ").contains(before));
}

#[test]
fn a_file_is_held_to_the_type_of_the_schema_by_what_it_says_itself() {
    let project = Project::data();
    project.file("data/train.parquet", as_parquet(&customers(1, 600), true));
    project
        .file("data.schema.yml", "version: 1\nextra-columns: allow\ncolumns:\n  income: { type: number }\n");
    project.replace(
        "modelgate.yml",
        "  label:",
        "  schema: data.schema.yml\n  schema-sets: [train]\n  label:",
    );
    // Text files say nothing of types.
    assert_said(&project.modelgate(&["data"]), 0, &[]);
    project.replace("modelgate.yml", "data/train.csv", "data/train.parquet");
    project.replace("modelgate.yml", "  leakage: {}\n", "");
    project.replace("modelgate.yml", "  drift: {}\n", "");
    let said = project.modelgate(&["data"]);
    let message = "data/train.parquet: train: the file says that «income» is text, and the schema number";
    assert_said(&said, 11, &[message]);
    assert!(codes(&project).contains(&"error data-type".to_owned()));
}

/// What the schema says holds against a profile as far as that can follow, and makes no drift where the data has none.
#[test]
fn against_a_profile_no_type_of_the_schema_makes_drift() {
    let project = Project::data();
    let rows = |value: &dyn Fn(usize) -> String| -> String {
        let rows: Vec<String> =
            (0..600).map(|row| format!("{},{}\n", value(row), ["x", "y", "z"][row % 3])).collect();
        format!("a,b\n{}", rows.concat())
    };
    project.file("zip.csv", rows(&|row| format!("{:05}", 1000 + row * 101)));
    project.file("flag.csv", rows(&|row| (row % 2).to_string()));
    project.file("true.csv", rows(&|row| (row % 2 == 1).to_string()));
    for (train, live, holds) in [
        ("zip", "zip", "integer"),
        ("flag", "flag", "boolean"),
        ("flag", "flag", "text"),
        ("true", "true", "text"),
        ("flag", "flag", "number"),
    ] {
        assert_said(
            &project.modelgate(&["data", "profile", &format!("{train}.csv"), "--out", "profile.json"]),
            0,
            &[],
        );
        project.file(
            "data.schema.yml",
            format!("version: 1\ncolumns: {{ a: {{ type: {holds} }}, b: {{ type: text }} }}\n"),
        );
        project.file(
            "modelgate.yml",
            format!(
                "version: 1\nmodel: m\ndata: {{ sets: {{ train: {train}.csv, live: {live}.csv }}, schema: data.schema.yml, schema-sets: [], \
                 drift: {{ reference: profile.json }} }}\nevaluate: {{ run: \"true\", metrics: m.json }}\n\
                 gate: {{ baseline: none, rules: {{ accuracy: {{ min: 0.5 }} }} }}\n"
            ),
        );
        project.modelgate(&["data"]);
        let drift = &evidence(&project)["drift"];
        let drifted = drift["columns"].as_array().unwrap().iter().filter(|column| column["drifted"] == true);
        assert_eq!(
            (drifted.count(), &drift["drifted"]),
            (0, &Value::Bool(false)),
            "{train} {live} {holds}: {drift}"
        );
    }
}
