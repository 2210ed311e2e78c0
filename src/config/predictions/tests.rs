#![allow(clippy::expect_used, clippy::panic)]

use crate::config::{BaselineModel, Config, Problem, RuleSlices, parse, render};

fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|problems| panic!("{}", render(&problems, "modelgate.yml", false)))
}

fn bad(text: &str) -> String {
    let problems: Vec<Problem> = parse(text).expect_err("a problem");
    assert!(problems.iter().all(|problem| problem.help.is_some()), "{problems:#?}");
    assert!(problems.iter().all(|problem| problem.place.is_some()), "{problems:#?}");
    render(&problems, "modelgate.yml", false)
}

const HEAD: &str = "version: 1\nmodel: churn\ntrain: { run: python train.py, outputs: [model.joblib] }\nevaluate:\n  run: python evaluate.py\n";

/// A file with these lines in evaluate, and these in gate.
fn file(evaluate: &str, gate: &str) -> String {
    let indented = |text: &str| text.lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!("{HEAD}{}gate:\n{}", indented(evaluate), indented(gate))
}

const RULES: &str = "rules: { accuracy: { min: 0.85 } }";

#[test]
fn all_of_predictions_is_read() {
    let config = good(&file(
        "predictions:
  path: [out/a.parquet, out/*.csv.gz]
  truth: y
  score: p
  positive: churned
  threshold: 0.4
  weight: w
  id: customer
  slices: [region, { column: age, quantiles: 5 }, [region, { column: age, quantiles: 2 }]]
  small-slice: 50
  metrics: [accuracy, roc_auc]
  bins: 20
  targets: [{ precision: 0.9 }, { recall: 1 }]
  intervals: bootstrap
  resamples: 2000
baseline-model: true
repeats: 5",
        "confidence: 0.99
correction: none
warn: { accuracy: { min: 0.9 } }
rules:
  accuracy: { min: 0.85, max-drop: 1%, slices: worst }
  roc_auc: { min: 0.8, slices: { by: region, small: true } }
  demographic_parity_difference.region: { max: 0.1 }
  equal_opportunity_difference.region*age: { max: 0.2 }",
    ));
    insta::assert_debug_snapshot!((config.evaluate, config.gate));
}

#[test]
fn every_mistake_about_predictions_is_shown_at_once() {
    insta::assert_snapshot!(bad(&file(
        "predictions:
  path: [/tmp/a.csv, ../b.csv, .]
  truth: y
  predicted: y
  score: \" \"
  positive: 1
  threshold: 0.5
  weight: id
  id: id
  slices: [region, region, id, [region], [region, region], { column: age, quantiles: 1 }, \"\"]
  metrics: [accuracy, acuracy, accuracy, rmse, roc_auc_ovr, banana, equal_opportunity_difference]
  bins: 0
  targets: [{}, { precision: 0 }, { recall: 1.5 }, { precision: 1, recall: 1 }]
  resamples: 5
baseline-model: 3
repeats: 0",
        RULES
    )));
}

#[test]
fn what_a_task_cannot_have_is_refused() {
    let texts = [
        "predictions: {}",
        "predictions: { path: [], truth: y, task: regression, score: p, positive: 1, threshold: 0.5, targets: [{ recall: 1 }] }",
        "predictions: { path: a.csv, truth: y }",
        "predictions: { path: a.csv, truth: y, score: { a: p } }",
        "predictions: { path: a.csv, truth: y, score: { a: p, b: p, c: y }, positive: a, threshold: 1, targets: [{ recall: 1 }] }",
        "predictions: { path: a.csv, truth: y, predicted: z, threshold: 1, metrics: [log_loss, accuracy], targets: [{ recall: 1 }] }",
        "predictions: { path: a.csv, truth: y, task: regression, predicted: z, metrics: [accuracy, rmsle] }",
        "predictions: { path: a.csv, truth: y, predicted: z, metrics: [] }",
    ];
    insta::assert_snapshot!(texts.map(|text| format!("{text}\n{}", bad(&file(text, RULES)))).join("\n"));
}

#[test]
fn rules_are_about_what_is_computed() {
    let computed =
        "predictions: { path: a.csv, truth: y, predicted: z, slices: [region], metrics: [accuracy, f1] }";
    insta::assert_snapshot!(bad(&file(
        computed,
        "correction: holm
warn: {}
rules:
  acuracy: { min: 0.85 }
  accuracy: { min: 0.85, slices: [regoin, worst, banana] }
  f1: { equals: 1, slices: worst }
  precision: { min: 0.5 }
  roc_auc: { min: 0.5 }
  latency_ms: { max: 50 }
  latency_s: { max: 50, slices: region }
  demographic_parity_difference.regoin: { max: 0.1 }
  equalized_odds_difference: { max: 0.1 }
  demographic_parity_difference.region: { max: 0.1, slices: region }
  smoke.latency_p95_ms: { max: 50 }"
    )));
    // What a metrics file holds nobody knows yet.
    good(&file(&format!("metrics: m.json\n{computed}"), "rules: { latency_ms: { max: 50 } }"));
    good(&file("metrics: m.json", "rules: { demographic_parity_difference.region: { max: 0.1 } }"));
}

#[test]
fn slices_need_predictions_that_are_divided() {
    let sliced = "rules: { accuracy: { min: 0.85, slices: region } }";
    let told = [
        bad(&file("metrics: m.json", sliced)),
        bad(&file("predictions: { path: a.csv, truth: y, predicted: z }", sliced)),
        bad(&file(
            "metrics: m.json\npredictions: { path: a.csv, truth: y, predicted: z, slices: [region] }",
            "rules: { latency_ms: { max: 1, slices: region }, smoke.latency_p95: { max: 1, slices: [] } }\n",
        )
        .replace("gate:", "image: { smoke: {} }\ngate:")),
    ];
    insta::assert_snapshot!(told.join("\n"));
    let many = "predictions: { path: a.csv, truth: y, predicted: z, slices: [a, { column: b }, [a, { column: b }]] }";
    let slices = |slices: &str| {
        let config = good(&file(many, &format!("rules: {{ accuracy: {{ min: 0.85, slices: {slices} }} }}")));
        assert_eq!(config.gate.cut, ["b", "a*b"]);
        config.gate.rules[0].slices.clone().expect("slices")
    };
    let all = ["a", "b", "a*b"].map(str::to_owned).to_vec();
    let wanted = |by, worst, small| RuleSlices { by, worst, small };
    assert_eq!(slices("worst"), wanted(all.clone(), true, false));
    assert_eq!(slices("{ small: true }"), wanted(all, false, true));
    assert_eq!(slices("[a*b]"), wanted(vec!["a*b".into()], false, false));
}

#[test]
fn a_baseline_s_model_is_measured_only_where_it_can_be_compared() {
    insta::assert_snapshot!(bad(
        "version: 1\nmodel: churn\nevaluate:\n  metrics: m.json\n  baseline-model: true\n  repeats: 2\ngate:\n  rules: { accuracy: { min: 0.85 } }\n"
    ));
    let predictions = "predictions: { path: a.csv, truth: y, predicted: z }";
    let with = |model: &str| {
        let text =
            file(&format!("{predictions}\nbaseline-model: {model}"), "rules: { accuracy: { max-drop: 0 } }");
        good(&text).evaluate.baseline_model
    };
    assert_eq!(with("true"), Some(BaselineModel::Kept));
    assert_eq!(with("false"), None);
    assert_eq!(with("/models/churn.joblib"), Some(BaselineModel::Path("/models/churn.joblib".into())));
}

#[test]
fn without_a_command_predictions_are_what_train_made() {
    let text = file("predictions: { path: p.csv, truth: y, predicted: z }", RULES);
    let text = text.replace("  run: python evaluate.py\n", "");
    assert!(bad(&text).contains("nothing makes «p.csv»"), "{}", bad(&text));
    good(&text.replace("[model.joblib]", "[model.joblib, p.csv]"));
}
