#![allow(clippy::unwrap_used)]

use super::super::{BaselineSource, Config, parse, render};

const BASE: &str = "version: 1
model: churn
evaluate: { run: measure, metrics: metrics.json }
gate: { rules: { accuracy: { min: 0.85 } } }
";

fn good(more: &str) -> Config {
    parse(&format!("{BASE}{more}")).unwrap()
}

fn bad(more: &str) -> String {
    let problems = parse(&format!("{BASE}{more}")).unwrap_err();
    render(&problems, "modelgate.yml", false)
}

fn order(more: &str) -> Vec<String> {
    good(more).deploy.into_iter().map(|environment| environment.name).collect()
}

#[test]
fn what_comes_after_another_stands_after_it_and_the_rest_as_in_the_file() {
    let text = "deploy:
  c: { after: b, deployment: true }
  x: { deployment: true }
  b: { after: a, dispatch: { workflow: b.yml } }
  a: { dispatch: { workflow: a.yml } }
";
    assert_eq!(order(text), ["x", "a", "b", "c"]);
}

#[test]
fn a_check_has_a_name_unless_none_is_wanted() {
    assert_eq!(good("").report.check.as_deref(), Some("model-metrics"));
    assert_eq!(good("report: { check: false }\n").report.check, None);
    assert_eq!(good("report: { check: true }\n").report.check.as_deref(), Some("model-metrics"));
    assert_eq!(good("report: { check: mine }\n").report.check.as_deref(), Some("mine"));
}

#[test]
fn the_model_in_production_may_be_the_baseline() {
    let text = BASE.replace("gate: {", "gate: { baseline: production,");
    let baseline = parse(&text).unwrap().gate.baseline;
    assert_eq!(baseline, BaselineSource::Deployed("production".into()));
}

#[test]
fn to_retrain_by_hand_takes_no_section_and_stops_no_run() {
    assert_eq!(good("").retrain.workflow, "retrain.yml");
    let named = good("retrain: { dispatch: { workflow: nightly.yaml, branch: next } }\n");
    assert_eq!(
        (named.retrain.workflow.as_str(), named.retrain.branch.as_deref()),
        ("nightly.yaml", Some("next"))
    );
    assert_eq!(named.unavailable, []);
    assert_eq!(good("retrain: { prometheus: {} }\n").unavailable.len(), 1);
}

#[test]
fn every_mistake_about_shipping_is_shown_at_once() {
    insta::assert_snapshot!(bad("report: { check: \"\", coment: true }
deploy:
  empty: {}
  both: { dispatch: { workflow: a.yml, event: b } }
  neither: { dispatch: {} }
  path: { dispatch: { workflow: ../x.yml } }
  waits: { dispatch: { event: go, wait: true, branch: main } }
  ours: { dispatch: { workflow: a.yml, inputs: { model: mine } } }
  many: { dispatch: { event: go, inputs: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 } } }
  lost: { after: ours2, deployment: true }
  blind: { after: event, deployment: true }
  event: { dispatch: { event: go } }
  url: { url: javascript:x, deployment: true }
  plain: { url: https://example.com, dispatch: { workflow: a.yml } }
retrain: { dispatch: { workflow: x, branch: -f } }
"));
}

#[test]
fn environments_that_wait_for_each_other_are_named() {
    insta::assert_snapshot!(bad("deploy:
  a: { after: b, deployment: true }
  b: { after: a, deployment: true }
  self: { after: self, deployment: true }
"));
}
