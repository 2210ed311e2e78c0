//! The schema of data, judged by pandera: as many rows break each rule.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "data_schema/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use table::{Random, Table};

/// The Python with pandera; none where nobody made it.
fn judge() -> Option<PathBuf> {
    std::env::var_os("MODELGATE_TEST_JUDGES").map(PathBuf::from).filter(|path| path.exists())
}

/// How many rows break which rule, of each table.
fn truth(python: &Path, questions: &[Value]) -> Vec<BTreeMap<String, u64>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data_schema/judge.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let text = serde_json::to_vec(questions).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&text).expect("Python listens");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "Python fails");
    serde_json::from_slice(&output.stdout).expect("Python answers in JSON")
}

#[test]
fn as_many_rows_break_each_rule_as_pandera_says() {
    let Some(python) = judge() else {
        let why = "needs MODELGATE_TEST_JUDGES, a Python with the packages of tests/requirements-judges.txt";
        return common::skip("as_many_rows_break_each_rule_as_pandera_says", why);
    };
    let tables: Vec<Table> = (0..60).map(|seed| Table::random(&mut Random::new(seed))).collect();
    let questions: Vec<Value> = tables.iter().map(Table::question).collect();
    let answers = truth(&python, &questions);
    let mut kinds = BTreeMap::new();
    for (table, theirs) in tables.iter().zip(answers) {
        let ours = table.counts();
        assert_eq!(ours, theirs, "{}", table.schema());
        for (rule, rows) in theirs {
            *kinds.entry(rule.split(' ').next().unwrap().to_owned()).or_insert(0) += rows;
        }
    }
    let all =
        ["compare", "extra", "length", "missing", "nulls", "order", "pattern", "range", "unique", "value"];
    let found: Vec<&str> = kinds.keys().map(|kind| kind.strip_prefix("data-").unwrap()).collect();
    assert_eq!(found, all, "{kinds:?}");
}
