//! What may stand under `data`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::config::{Config, parse};

const AROUND: &str = "version: 1\nmodel: churn\nevaluate: { run: x, metrics: m.json }\n";

fn file(data: &str, rules: &str) -> Result<Config, Vec<crate::config::Problem>> {
    parse(&format!("{AROUND}gate: {{ rules: {{ {rules} }} }}\n{data}"))
}

fn valid(data: &str) -> Data {
    file(data, "accuracy: { min: 0.8 }").expect("valid").data.expect("data")
}

fn problems(data: &str, rules: &str) -> String {
    let problems = file(data, rules).expect_err("invalid");
    let lines = problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_left_out_is_what_one_would_expect() {
    let data =
        valid("data: { sets: { train: a.csv, test: [b.csv, c.csv], live: live/ }, leakage: {}, drift: {} }");
    assert_eq!(data.sets[1], Set { name: "test".into(), files: vec!["b.csv".into(), "c.csv".into()] });
    assert_eq!((data.memory, data.label.as_deref()), (Data::MEMORY, None));
    let leakage = data.leakage.unwrap();
    assert_eq!((leakage.train.as_str(), leakage.test.as_str()), ("train", "test"));
    assert_eq!((leakage.max, leakage.predicts), (raw::Bound::Absolute(0.0), Some(0.99)));
    let drift = data.drift.unwrap();
    assert_eq!((drift.reference, drift.current.as_str()), (Reference::Set("train".into()), "live"));
    assert_eq!((drift.share, drift.alpha, drift.measure), (0.5, 0.05, Measured::default()));
}

#[test]
fn a_profile_and_the_baseline_stand_for_data() {
    let of = |sets: &str, drift: &str| {
        file(&format!("data: {{ sets: {sets}, drift: {drift} }}"), "accuracy: { min: 0.8 }")
    };
    let config = of("{ live: a.csv }", "{ reference: profiles/train.json }").expect("valid");
    assert_eq!((config.data.unwrap().kept_set(), config.gate.baseline), (None, BaselineSource::None));
    // The baseline is asked for, and the set is there that is kept for later runs.
    let config = of("{ live: a.csv, learned: b.csv }", "{ reference: baseline, baseline-set: learned }");
    let config = config.expect("valid");
    assert_eq!(config.data.unwrap().kept_set(), Some(&"learned".to_owned()));
    assert_eq!(config.gate.baseline, BaselineSource::DefaultBranch);
    let problems = of("{ live: a.csv }", "{ reference: baseline }").expect_err("no set `train`");
    assert_eq!(problems[0].key, "data.drift.baseline-set");
}

#[test]
fn a_set_may_be_elsewhere() {
    let data = "data: { sets: { live: [a.csv, 's3://bucket/day=*/', 'https://host/b.csv?sig=x'] } }";
    let config = file(data, "accuracy: { min: 0.8 }").expect("valid");
    assert_eq!(config.unavailable, []);
}

#[test]
fn an_address_that_is_no_good_is_told_with_its_place_and_without_its_secrets() {
    for (address, message) in [
        ("s3:/x", "«s3:/» does not begin an address"),
        ("s3://", "the address names no bucket"),
        ("ftp://host/a.csv", "«ftp://» is no kind of address that data can have"),
        ("https://host/*.csv", "a web server does not list its files"),
        ("https://me:geheim@host/a.csv", "an address must not hold a user or a password"),
        ("s3://id:geheim@bucket/a.csv", "an address must not hold a user or a password"),
    ] {
        let data = format!("data:\n  sets:\n    live: [a.csv, \"{address}\"]\n");
        let found = file(&data, "accuracy: { min: 0.8 }").expect_err("invalid");
        let [problem] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (problem.key.as_str(), problem.place.map(|place| place.line)),
            ("data.sets.live[1]", Some(7))
        );
        assert!(problem.message.starts_with(message), "{}", problem.message);
        let shown = crate::config::render(&found, "modelgate.yml", false);
        assert!(problem.help.is_some() && !shown.contains("geheim"), "{shown}");
    }
}

#[test]
fn everything_can_be_said() {
    let data = valid(
        "\
data:
  sets: { train: 'data/*.parquet', test: test.csv, live: /mnt/live }
  label: churned
  schema: data.schema.yml
  schema-sets: live
  memory: 2GB
  leakage: { max: 0.1%, near-texts: true, digits: 6, groups: customer_id, time: day, predicts: false }
  drift:
    reference: profiles/train.json
    method: psi
    threshold: 0.2
    correction: fdr
    columns: { age: { method: ks, threshold: 0.01 }, zip: { as: categories } }
",
    );
    assert_eq!(data.memory, 2_000_000_000);
    let leakage = data.leakage.unwrap();
    assert_eq!((leakage.max, leakage.digits, leakage.predicts), (raw::Bound::Relative(0.001), Some(6), None));
    let drift = data.drift.unwrap();
    assert_eq!(drift.reference, Reference::Profile("profiles/train.json".into()));
    let psi = Measured { method: DriftMethod::Psi, threshold: Some(0.2), holds: None };
    let ks = Measured { method: DriftMethod::Ks, threshold: Some(0.01), holds: None };
    let zip = Measured { holds: Some(Holds::Categories), ..psi };
    assert_eq!((drift.measure, drift.columns), (psi, vec![("age".into(), ks), ("zip".into(), zip)]));
}

#[test]
fn what_is_wrong_is_said_all_at_once() {
    insta::assert_snapshot!(problems(
        "\
data:
  sets: { train: a.csv, 'te st': [], baseline: b.csv }
  schema-sets: live
  memory: 1MB
  leakage: { test: train, max: 1.5, digits: 20, predicts: 2 }
  drift:
    reference: trian
    current: train
    alpha: 0
    share: 2
    threshold: 0.1
    columns: { age: { method: ks, as: categories }, plan: { method: chi-square, as: numbers, threshold: -1 } }
",
        "accuracy: { min: 0.8 }"
    ));
    insta::assert_snapshot!(problems("data: { label: y }", "accuracy: { min: 0.8 }"));
    let more_than_all = "data: { sets: { train: a.csv, test: b.csv }, leakage: { max: 200% } }";
    insta::assert_snapshot!(problems(more_than_all, "accuracy: { min: 0.8 }"));
}

#[test]
fn leakage_names_no_column_that_nobody_looks_at() {
    insta::assert_snapshot!(problems(
        "data: { sets: { train: a.csv, test: b.csv }, ignore: [id, day, kept], \
         leakage: { groups: [household, id], time: day, columns: [id] } }",
        "accuracy: { min: 0.8 }"
    ));
}

#[test]
fn what_the_data_was_divided_by_is_no_feature_of_drift() {
    let data = valid(
        "data: { sets: { train: a.csv, test: b.csv, live: c.csv }, label: y, ignore: id, \
         leakage: { groups: [household, region, y], time: day }, drift: { columns: { region: { method: psi }, id: {} } } }",
    );
    let drift = data.drift.as_ref().unwrap();
    let compared = |column: &&str| data.compares(drift, column);
    let columns = ["id", "age", "household", "region", "y", "day"];
    assert_eq!(columns.iter().copied().filter(compared).collect::<Vec<_>>(), ["age", "region", "y"]);
}

#[test]
fn a_memory_without_a_unit_is_told_how_to_write_one() {
    let data = "data: { sets: { train: a.csv }, memory: 1 }";
    let found = file(data, "accuracy: { min: 0.8 }").expect_err("invalid");
    let [problem] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(problem.key, "data.memory");
    assert!(problem.help.as_ref().is_some_and(|help| help.contains("at least 16MB")), "{problem:?}");
}

#[test]
fn rules_are_about_what_is_measured() {
    let data = "data: { sets: { train: a.csv }, schema: s.yml }";
    assert!(file(data, "data.nulls.age: { max: 0.02 }, data.rows.train: { min: 1000 }").is_ok());
    insta::assert_snapshot!(problems(
        data,
        "data.drift: { max: 0.1 }, data.rows.live: { min: 1 }, data.nul.age: { max: 0 }, data.leakage: { max: 0 }"
    ));
    insta::assert_snapshot!(problems("", "data.nulls.age: { max: 0.02 }"));
}
