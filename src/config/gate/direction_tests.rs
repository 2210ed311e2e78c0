#![allow(clippy::unwrap_used)]

use super::*;
use crate::config::parse;

const OURS: &str =
    "predictions: { path: p.csv, truth: y, score: s, task: classification, id: id, slices: [region] }";
const A_FILE: &str = "metrics: metrics.json";

fn file(evaluate: &str, rules: &str) -> String {
    format!(
        "version: 1\nmodel: churn\nevaluate:\n  run: x\n  {evaluate}\ngate:\n  rules:\n    {}\n",
        rules.replace("; ", "\n    ")
    )
}

fn bettered(evaluate: &str, rules: &str) -> Vec<Better> {
    parse(&file(evaluate, rules)).unwrap().gate.rules.iter().map(|rule| rule.better).collect()
}

#[test]
fn of_what_is_computed_here_it_is_known_which_way_is_better() {
    let rules = "log_loss: { min-gain: 0 }; brier: { min-gain: 0 }; accuracy: { min-gain: 0 }; \
                 demographic_parity_difference.region: { min-gain: 0 }; log_loss_of_mine: { min-gain: 0 }";
    let both = format!("{OURS}\n  {A_FILE}");
    use Better::{Higher, Lower};
    assert_eq!(bettered(&both, rules), [Lower, Lower, Higher, Lower, Higher]);
    assert_eq!(bettered(A_FILE, "log_loss: { min-gain: 0 }"), [Higher], "the file says what it is");
    assert_eq!(bettered(A_FILE, "log_loss: { min-gain: 0, better: lower }"), [Lower]);
    assert_eq!(bettered(OURS, "log_loss: { min-gain: 0, better: lower }"), [Lower]);
}

#[test]
fn rules_that_take_worse_for_better_are_refused() {
    let told = |rules: &str| {
        let problems = parse(&file(OURS, rules)).unwrap_err();
        problems.iter().map(|problem| format!("{problem:?}\n")).collect::<String>()
    };
    for (rules, wanted) in [
        ("log_loss: { min-gain: 0, better: higher }", "of «log_loss» less is better"),
        ("accuracy: { min-gain: 0, better: lower }", "of «accuracy» more is better"),
        ("brier: { max-drop: 0.01 }", "write `max-rise`"),
        ("brier: { min: 0.1 }", "write `max`"),
        ("brier: { min: 0.1, max-drop: 0.1 }", "write `max-rise`"),
    ] {
        assert!(told(rules).contains(wanted), "{rules}: {}", told(rules));
    }
    for rules in
        ["brier: { max-drop: 0.1, max: 0.3 }", "brier: { max-rise: 0 }", "log_loss: { min: 0, min-gain: 0 }"]
    {
        assert!(parse(&file(OURS, rules)).is_ok(), "{rules}");
    }
}

#[test]
fn a_p_value_is_bounded_from_below() {
    let told = |drift: &str, rule: &str| {
        let data = "data:\n  sets: { train: a.csv, live: b.csv, test: c.csv }\n  leakage: { groups: zip }\n";
        let text = format!("{}{data}  drift: {drift}\n", file(A_FILE, &format!("data.drift.{rule}")));
        let problems = parse(&text).err().unwrap_or_default();
        problems.iter().map(|problem| format!("{}\n", problem.message)).collect::<String>()
    };
    for drift in [
        "{ method: ks }",
        "{ method: chi-square }",
        "{ method: alibi }",
        "{ columns: { age: { method: ks } } }",
    ] {
        for rule in ["max: 0.3", "max-rise: 0.1"] {
            let told = told(drift, &format!("age: {{ {rule} }}"));
            assert!(told.contains("«data.drift.age» is a p-value"), "{drift}, {rule}: {told}");
        }
        assert_eq!(told(drift, "age: { min: 0.05 }"), "", "{drift}");
        assert_eq!(told(drift, "age: { min: 0.05, max: 1 }"), "", "{drift}");
    }
    for drift in [
        "{}",
        "{ method: psi }",
        "{ method: evidently }",
        "{ method: ks, columns: { age: { method: psi } } }",
    ] {
        assert_eq!(told(drift, "age: { max: 0.3 }"), "", "{drift}");
    }
    assert!(told("{}", "age: { min: 0.3 }").contains("less is better"));
    assert_eq!(told("{ method: evidently }", "age: { min: 0.05 }"), "");
    assert_eq!(told("{ from: detector.json }", "age: { min: 0.05 }"), "");
    assert!(told("{}", "zip: { max: 0.3 }").contains("nobody measures «data.drift.zip»"));
}

#[test]
fn of_a_metrics_file_they_are_doubted() {
    let doubts = |evaluate: &str, rules: &str| doubts(&parse(&file(evaluate, rules)).unwrap());
    let rules = "log_loss: { min-gain: 0 }; rmse: { max-drop: 1 }; mae: { min: 0, max: 3 }; accuracy: { min: 0.8 }; \
                 mse: { min: 0 }; mape: { min-gain: 0, better: lower }";
    insta::assert_snapshot!(doubts(A_FILE, rules).join("\n"), @r"
    `min-gain` of «log_loss» takes more for better; add `better: lower` if less is better, as its name says
    `max-drop` of «rmse» takes more for better; write `max-rise` if less is better, as its name says
    `min` of «mse» takes more for better; write `max` if less is better, as its name says
    ");
    assert!(doubts(OURS, "log_loss: { min-gain: 0 }").is_empty());
}
