//! What is easily overlooked in data, and must not be.

use std::fmt::Write;

use serde_json::Value;

use super::{assert_said, codes, evidence};
use crate::common::{Project, customers};

/// A project that does nothing but look for leaks, with these lines below `leakage`.
fn leaks(leakage: &str) -> Project {
    let project = Project::data();
    project.replace("modelgate.yml", ", live: data/live.csv", "");
    project.replace("modelgate.yml", "  drift: {}\n", "");
    project.replace("modelgate.yml", "leakage: {}", &format!("leakage: {leakage}"));
    project
}

#[test]
fn what_is_hidden_below_a_folder_is_no_data() {
    let project = Project::empty();
    for file in ["live/day=1/a.csv", "live/_temporary/0/b.csv", "live/.ipynb_checkpoints/a-checkpoint.csv"] {
        project.file(file, "x\n1\n2\n");
    }
    for files in ["live", "live/**"] {
        let said = project.modelgate(&["data", "profile", files]);
        let profile: Value = serde_json::from_str(&said.out).unwrap();
        let names: Vec<&str> = profile["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!((profile["rows"].as_u64(), names), (Some(2), vec!["x", "day"]), "{files}: {}", said.err);
    }
}

#[test]
fn long_texts_keep_the_schema_that_is_guessed_of_them() {
    let project = Project::data();
    let rows: String = (0..60).map(|row| format!("{}{}\n", "x".repeat(150), row % 3)).collect();
    project.file("data/train.csv", format!("note\n{rows}"));
    assert_said(&project.modelgate(&["data", "infer", "data/train.csv", "--out", "data.schema.yml"]), 0, &[]);
    assert!(!project.read("data.schema.yml").contains("values:"), "{}", project.read("data.schema.yml"));
}

#[test]
fn what_the_schema_tolerates_or_warns_of_breaks_no_rule() {
    let project = Project::data();
    project.file("data.schema.yml", "version: 1\ncolumns:\n  age: { type: number, nulls: 0.5 }\n");
    project.replace(
        "modelgate.yml",
        "  label:",
        "  schema: data.schema.yml\n  schema-sets: [train]\n  label:",
    );
    let train = project.read("data/train.csv");
    let line = train.lines().nth(1).unwrap();
    let without_age: Vec<&str> =
        line.split(',').enumerate().map(|(at, cell)| if at == 1 { "" } else { cell }).collect();
    project.file("data/train.csv", format!("{train}{}\n", without_age.join(",")));
    let said = project.modelgate(&["data"]);
    assert_said(&said, 0, &["columns are not in the schema"]);
    assert_eq!(evidence(&project)["violations"], Value::Null, "{}", said.out);
}

#[test]
fn a_program_reads_of_drift_all_that_is_wrong() {
    let project = Project::data();
    project.file("less.csv", "id,age\n1,30\n2,40\n");
    let of = |current: &str| {
        let said = project.modelgate(&["--format", "json", "data", "drift", "data/train.csv", current]);
        (
            said.code,
            serde_json::from_str::<Value>(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err)),
        )
    };
    let (code, gone) = of("less.csv");
    let finds = |told: &Value, code: &str| {
        told["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == code)
    };
    assert!(code == 11 && finds(&gone, "data-column-gone"), "{gone}");
    let (code, unread) = of("nowhere.csv");
    assert!(code == 11 && finds(&unread, "data-file-missing") && unread.get("drifted").is_none(), "{unread}");
    let said = project.modelgate(&["data", "drift", "data/train.csv", "less.csv"]);
    assert!(!said.out.contains('✓'), "{}", said.out);
}

#[test]
fn a_shard_that_is_empty_in_a_column_merges() {
    let project = Project::empty();
    project.file("one.csv", "a,n\nx,\ny,\n");
    project.file("two.csv", "a,n\nx,1\ny,2\n");
    for name in ["one", "two"] {
        let out = format!("{name}.json");
        let said = project.modelgate(&["data", "profile", &format!("{name}.csv"), "--out", &out]);
        assert_said(&said, 0, &[&format!("{name}.json: 2 rows, 2 columns")]);
    }
    for order in [["one.json", "two.json"], ["two.json", "one.json"]] {
        let said = project.modelgate(&["data", "merge", order[0], order[1]]);
        assert_said(&said, 0, &[]);
        let merged: Value = serde_json::from_str(&said.out).unwrap();
        let column =
            merged["columns"].as_array().unwrap().iter().find(|column| column["name"] == "n").unwrap();
        assert_eq!((&column["type"], &column["missing"]), (&"integer".into(), &2.into()), "{column}");
    }
}

#[test]
fn fractions_that_come_late_are_values() {
    let project = Project::empty();
    let rows = |late: f64| {
        let mut text = "x\n".to_owned();
        for row in 0..10_100 {
            let _ = writeln!(text, "{}", row % 10);
        }
        for row in 0..5_000 {
            let _ = writeln!(text, "{}", f64::from(row % 10) + late);
        }
        text
    };
    project.file("before.csv", rows(0.5));
    project.file("now.csv", rows(100.5));
    let said = project.modelgate(&["data", "drift", "before.csv", "now.csv"]);
    assert_said(&said, 11, &["has drifted"]);
    assert!(!said.err.contains("data-type"), "{}", said.err);
}

/// Rows of which the last ones have something else.
fn ends_with(rows: usize, usual: impl Fn(usize) -> String, last: impl Fn(usize) -> String) -> String {
    (0..rows).map(|row| if row < 10_000 { usual(row) } else { last(row) }).collect()
}

#[test]
fn a_field_that_comes_too_late_to_be_a_column_is_told() {
    let project = Project::data();
    let usual = |row: usize| format!("{{\"a\": {}, \"b\": {row}}}\n", row % 7);
    project.file("train.jsonl", ends_with(12_000, usual, usual));
    project.file(
        "live.jsonl",
        ends_with(12_000, usual, |row| format!("{{\"a\": {}, \"late\": 2, \"b\": {row}}}\n", row % 7)),
    );
    let told = "live.jsonl:10001: the field «late» is first there in row 10,001, too late to be a column";
    assert_said(
        &project.modelgate(&["data", "drift", "train.jsonl", "live.jsonl"]),
        0,
        &[told, "[table-column-late]"],
    );
    assert_said(&project.modelgate(&["data", "profile", "live.jsonl", "--out", "live.json"]), 0, &[told]);
    let sets = "sets: { train: data/train.csv, test: data/test.csv, live: data/live.csv }";
    project.replace("modelgate.yml", sets, "sets: { train: train.jsonl, live: live.jsonl }");
    project.replace(
        "modelgate.yml",
        "label: churned\n  ignore: [id]\n  leakage: {}\n",
        "schema: data.schema.yml\n",
    );
    let schema = |extra: &str| format!("version: 1\nextra-columns: {extra}\ncolumns: {{ a: , b: }}\n");
    project.file("data.schema.yml", schema("fail"));
    assert_said(&project.modelgate(&["data"]), 11, &[told, "live: the column «late» is not in the schema"]);
    project.file("data.schema.yml", schema("allow"));
    assert_said(&project.modelgate(&["data"]), 0, &[told]);
}

#[test]
fn words_among_truth_values_are_told_by_a_profile_as_by_data() {
    let project = Project::empty();
    let truth = |row: usize| format!("{}\n", row.is_multiple_of(2));
    project.file(
        "one.csv",
        format!(
            "x,paid\n{}",
            ends_with(15_000, |row| format!("1,{}", truth(row)), |row| format!("1,{}", truth(row)))
        ),
    );
    project.file(
        "other.csv",
        format!("x,paid\n{}", ends_with(15_000, |row| format!("1,{}", truth(row)), |_| "1,unknown\n".into())),
    );
    let first = "5000 values of the column «paid»";
    let place = "of another type than the others: the first is «unknown» in row 10,001";
    let profile = |name: &str| {
        project.modelgate(&["data", "profile", &format!("{name}.csv"), "--out", &format!("{name}.json")])
    };
    assert!(!profile("one").err.contains("data-type"));
    assert_said(&profile("other"), 0, &[first, place, "[data-type]"]);
    let drift = |reference: &str, current: &str| {
        let said = project.modelgate(&["--format", "json", "data", "drift", reference, current]);
        assert!(said.out.contains(place), "{}", said.out);
        let told: Value = serde_json::from_str(&said.out).unwrap();
        let column =
            told["columns"].as_array().unwrap().iter().find(|column| column["column"] == "paid").unwrap();
        (said.code, column["drifted"].clone(), column["score"].clone(), column["because"].clone())
    };
    let of_data = drift("one.csv", "other.csv");
    assert!(of_data.1 == true, "{of_data:?}");
    assert_eq!(drift("one.json", "other.csv"), of_data);
    assert_eq!(drift("other.json", "other.csv"), drift("other.csv", "other.csv"));
    // Where there are words from the beginning on, both count as words.
    project.file(
        "words.csv",
        format!("x,paid\n{}", ends_with(12_000, |_| "1,yes\n".into(), |_| "1,no\n".into())),
    );
    let said = |reference: &str| project.modelgate(&["data", "drift", reference, "words.csv"]);
    assert_said(&said("one.csv"), 11, &["✗ paid"]);
    assert_said(&said("one.json"), 11, &["✗ paid"]);
    assert!(!said("one.json").err.contains("data-column-type"));
}

#[test]
fn a_method_that_does_not_fit_its_column_is_told() {
    let project = Project::data();
    project.replace(
        "modelgate.yml",
        "drift: {}",
        "drift: { columns: { city: { method: ks }, id: { method: psi } } }",
    );
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["the column «city» holds categories, and `ks` is a method of numbers"]);
    assert!(codes(&project).contains(&"error data-not-compared".to_owned()));
    let said = project.modelgate(&["data", "drift", "data/train.csv", "data/live.csv", "--threshold", "0.2"]);
    assert_said(&said, 2, &["`auto` is several"]);
}

#[test]
fn rows_that_pandas_has_numbered_leak_all_the_same() {
    let project = leaks("{}");
    let numbered = |rows: &str, from: usize| -> String {
        let line = |(row, line): (usize, &str)| match row {
            0 => format!(",{line}\n"),
            _ => format!("{},{line}\n", from + row),
        };
        rows.lines().enumerate().map(line).collect()
    };
    let train = customers(1, 200);
    let test: String = train.lines().take(51).map(|line| format!("{line}\n")).collect();
    project.file("data/train.csv", numbered(&train, 0));
    project.file("data/test.csv", numbered(&test, 7000));
    assert_said(&project.modelgate(&["data"]), 11, &["50 of 50 rows of «test»"]);
}

#[test]
fn groups_that_cannot_be_read_are_told() {
    let project = leaks("{ groups: household }");
    for (name, seed) in [("data/train.csv", 1), ("data/test.csv", 2)] {
        let mut bytes = Vec::new();
        for (row, line) in customers(seed, 100).lines().enumerate() {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(if row == 0 { b",household" } else { b",M\xfcller" });
            bytes.push(b'\n');
        }
        project.file(name, bytes);
    }
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["100 values of the column «household» of «train» cannot be compared"]);
    assert!(codes(&project).contains(&"error data-type".to_owned()), "{:?}", codes(&project));
}

#[test]
fn a_label_that_no_set_has_is_an_error() {
    let project = leaks("{}");
    project.replace("modelgate.yml", "label: churned", "label: Churned");
    assert_said(
        &project.modelgate(&["data"]),
        11,
        &["`label` names the column «Churned», and no set has it"],
    );
}

#[test]
fn values_of_another_type_are_told_without_a_schema_and_once() {
    let project = Project::data();
    // Behind what is looked at for the types.
    let strange = "77,young,1000.00,Bonn,0\n78,old,1000.00,Bonn,0\n";
    project.file("data/train.csv", customers(9, 12_000) + strange);
    let said = "2 values of the column «age» of «train» are of another type than the others: the first is «young» in row ";
    for drift in ["  drift: {}\n", ""] {
        if drift.is_empty() {
            project.replace("modelgate.yml", "  drift: {}\n", "");
            project.replace("modelgate.yml", ", live: data/live.csv", "");
        }
        let run = project.modelgate(&["data"]);
        assert_eq!(run.out.matches(said).count(), 1, "{drift:?}: {}", run.out);
    }
    // Whoever says what the column holds is told by that.
    project.file("data.schema.yml", "version: 1\ncolumns:\n  age: { type: number }\n");
    project.replace(
        "modelgate.yml",
        "  label:",
        "  schema: data.schema.yml\n  schema-sets: [train]\n  label:",
    );
    let run = project.modelgate(&["data"]);
    assert!(run.out.contains("2 of 12,002 values of «age» are not a number"), "{}", run.out);
    assert_eq!(run.out.matches(said).count(), 0, "{}", run.out);
}
