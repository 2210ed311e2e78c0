#![allow(clippy::unwrap_used)]

use super::super::{Config, parse, render};
use super::*;

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

#[test]
fn a_pipeline_is_waited_for_an_hour_and_gets_variables_unless_the_file_says_otherwise() {
    let config = good("deploy: { staging: { trigger: {} }, edge: { play: { job: ship, wait: false } } }\n");
    let launch = config.deploy[0].launch.as_ref().unwrap();
    assert_eq!((launch.wait, launch.timeout), (true, WAIT));
    assert_eq!(launch.what, Launched::Trigger(Trigger::default()));
    assert_eq!(Trigger::default().given, Given::Variables(BTreeMap::new()));
    let launch = config.deploy[1].launch.as_ref().unwrap();
    assert_eq!(launch.what, Launched::Play { job: "ship".into(), variables: BTreeMap::new() });
    assert!(!launch.wait);
    let config = good("deploy: { staging: { trigger: { inputs: {} } } }\n");
    let Launched::Trigger(trigger) = &config.deploy[0].launch.as_ref().unwrap().what else { unreachable!() };
    assert_eq!(trigger.given, Given::Inputs(BTreeMap::new()));
}

#[test]
fn a_file_that_two_forges_read_may_say_what_each_starts() {
    let config = good(
        "deploy: { staging: { dispatch: { workflow: a.yml }, trigger: { ref: main } } }
retrain: { dispatch: { workflow: b.yml }, trigger: { project: ml/train, ref: main, token: TRAIN_TOKEN } }
",
    );
    assert!(config.deploy[0].dispatch.is_some() && config.deploy[0].launch.is_some());
    assert_eq!(config.retrain.workflow, "b.yml");
    assert_eq!(config.retrain.trigger.project.as_deref(), Some("ml/train"));
    assert_eq!(config.trigger_tokens().collect::<Vec<_>>(), ["TRAIN_TOKEN"]);
}

#[test]
fn every_mistake_about_pipelines_and_jobs_is_shown_at_once() {
    insta::assert_snapshot!(bad("deploy:
  both: { trigger: {}, play: { job: ship } }
  nobody: { play: {} }
  blank: { play: { job: \"\" } }
  where: { trigger: { project: other } }
  branch: { trigger: { project: group/other, ref: -f } }
  token: { trigger: { token: glptt-123 } }
  seen: { trigger: { token: DEPLOY } }
  given: { trigger: { variables: { A: 1 }, inputs: { a: 1 } } }
  ours: { trigger: { variables: { MODELGATE_MODEL: mine, a-b: 1 } } }
  inputs: { trigger: { inputs: { model: mine, \"a b\": 1 } } }
  played: { play: { job: ship, variables: { MODELGATE_APPROVAL: x } } }
  limit: { trigger: { timeout: soon, waits: true } }
  lost: { after: unseen, trigger: {} }
  unseen: { trigger: { wait: false } }
  unplayed: { play: { job: ship, wait: false } }
  last: { after: unplayed, deployment: true }
retrain: { trigger: { project: a//b, variables: { MODELGATE_REASON: x } } }
"));
}
