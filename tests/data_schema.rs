//! The schema of data, judged by pandera: as many rows break each rule.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "data_schema/table.rs"]
mod table;

use std::collections::BTreeMap;

use serde_json::Value;
use table::{Random, Table};

#[test]
fn as_many_rows_break_each_rule_as_pandera_says() {
    let Some(python) = common::judges_for("as_many_rows_break_each_rule_as_pandera_says") else { return };
    let tables: Vec<Table> = (0..60).map(|seed| Table::random(&mut Random::new(seed))).collect();
    let questions: Vec<Value> = tables.iter().map(Table::question).collect();
    // How many rows of each table break which rule.
    let answers: Vec<BTreeMap<String, u64>> = common::ask(&python, "data_schema/judge.py", &questions);
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
