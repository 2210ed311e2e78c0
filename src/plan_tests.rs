#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::context::Context;
use crate::name::ModelName;
use crate::record::Evidence;

const SMALLEST: &str = include_str!("config/fixtures/smallest.yml");

fn config(text: &str) -> Config {
    crate::config::parse(text).expect("a valid configuration")
}

fn done(step: Step, outcome: Outcome) -> StepRecord {
    StepRecord {
        step,
        outcome,
        because: String::new(),
        help: None,
        started: String::new(),
        seconds: 0.0,
        findings: Vec::new(),
        evidence: Evidence::default(),
    }
}

fn record(steps: &[(Step, Outcome)]) -> Record {
    let model = ModelName::new("churn").expect("a name");
    let mut record = Record::new("1".into(), model, String::new(), Context::default());
    for (step, outcome) in steps {
        record.put(done(*step, *outcome));
    }
    record
}

/// Goes through the plan with the given outcomes, and tells what was done and what was skipped and why.
fn walk(plan: &Plan, outcomes: &[(Step, Outcome)]) -> Vec<String> {
    let mut record = record(&[]);
    let mut told = Vec::new();
    loop {
        let step = match plan.next(&record) {
            Next::Do(planned) => {
                let given = outcomes.iter().find(|(step, _)| *step == planned.step);
                let outcome = given.map_or(Outcome::Passed, |(_, outcome)| *outcome);
                told.push(format!("{}: {}", planned.step, outcome.word()));
                done(planned.step, outcome)
            }
            Next::Skip(step, because) => {
                told.push(format!("{step}: skipped, {because}"));
                done(step, Outcome::Skipped)
            }
            Next::Nothing => return told,
        };
        record.put(step);
    }
}

#[test]
fn the_smallest_file_skips_what_it_does_not_ask_for() {
    insta::assert_debug_snapshot!(plan(&config(SMALLEST)).steps);
}

#[test]
fn a_failed_lint_lets_the_tests_run_and_nothing_else() {
    let plan = plan(&config(&format!("{SMALLEST}\ntest: {{ run: pytest }}\n")));
    insta::assert_debug_snapshot!(walk(&plan, &[(Step::Lint, Outcome::Failed)]));
}

#[test]
fn a_faulted_lint_lets_only_the_report_run() {
    let plan = plan(&config(&format!("{SMALLEST}\ntest: {{ run: pytest }}\n")));
    insta::assert_debug_snapshot!(walk(&plan, &[(Step::Lint, Outcome::Faulted)]));
}

#[test]
fn a_restored_model_is_judged_and_a_failed_evaluation_is_not() {
    let plan = plan(&config(SMALLEST));
    let restored = walk(&plan, &[(Step::Train, Outcome::Restored), (Step::Evaluate, Outcome::Restored)]);
    assert!(restored.contains(&"gate: passed".to_owned()), "{restored:?}");
    let failed = walk(&plan, &[(Step::Evaluate, Outcome::Failed)]);
    assert!(failed.contains(&"gate: skipped, evaluate failed".to_owned()), "{failed:?}");
}

#[test]
fn what_cannot_be_looked_at_is_not_approved() {
    let whole = plan(&config(include_str!("config/fixtures/whole.yml")));
    insta::assert_debug_snapshot!(walk(&whole, &[]));
    let data = plan(&config(&format!("{SMALLEST}\ndata: {{ sets: {{ train: a.csv }} }}\n")));
    insta::assert_debug_snapshot!(walk(&data, &[]));
}

#[test]
fn predictions_are_judged_with_and_without_metrics() {
    const PREDICTIONS: &str = "predictions: { path: p.csv, truth: y, predicted: y_hat }";
    for measured in [PREDICTIONS.to_owned(), format!("metrics: metrics.json\n  {PREDICTIONS}")] {
        let text = SMALLEST.replace("metrics: metrics.json", &measured);
        assert!(walk(&plan(&config(&text)), &[]).contains(&"gate: passed".to_owned()), "{measured}");
    }
}

#[test]
fn lint_is_skipped_when_there_is_nothing_to_check() {
    let config = config(&format!("{SMALLEST}\nlint: {{ python: [] }}\n"));
    assert_eq!(plan(&config).next(&record(&[])), Next::Skip(Step::Lint, "nothing to check".to_owned()));
}

#[test]
fn a_step_that_was_skipped_though_it_was_planned_stops_the_gate() {
    let plan = plan(&config(SMALLEST));
    let steps = [Step::Lint, Step::Test, Step::Train, Step::Evaluate];
    let outcomes = steps.map(|step| match step {
        Step::Test | Step::Train => (step, Outcome::Skipped),
        _ => (step, Outcome::Passed),
    });
    assert_eq!(plan.next(&record(&outcomes)), Next::Skip(Step::Gate, "train was skipped".to_owned()));
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Passed),
        Just(Outcome::Restored),
        Just(Outcome::Failed),
        Just(Outcome::Faulted),
        Just(Outcome::Skipped),
    ]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let intent = prop_oneof![Just(Intent::Run), Just(Intent::Skip), Just(Intent::Unavailable)];
    proptest::collection::vec(intent, 10).prop_map(|intents| Plan {
        steps: Step::ALL
            .into_iter()
            .zip(intents)
            .map(|(step, intent)| Planned { step, intent, because: "because".into() })
            .collect(),
    })
}

proptest! {
    /// Whatever the record has already and whatever comes of the steps, the end is reached, and nothing
    /// is judged or shipped after a step that was not good.
    #[test]
    fn the_walk_ends_and_no_gate_follows_a_failure(
        plan in any_plan(),
        already in proptest::collection::vec(proptest::option::of(outcome()), 10),
        outcomes in proptest::collection::vec(outcome(), 10),
    ) {
        let already: Vec<_> = Step::ALL.into_iter().zip(already).filter_map(|(s, o)| Some((s, o?))).collect();
        let mut record = record(&already);
        let mut turns = 0;
        loop {
            let (step, outcome) = match plan.next(&record) {
                Next::Do(planned) => {
                    let bad = |done: &StepRecord| {
                        matches!(done.outcome, Outcome::Failed | Outcome::Faulted) && done.step < planned.step
                    };
                    if matches!(planned.step, Step::Train | Step::Evaluate | Step::Gate | Step::Deploy) {
                        prop_assert!(!record.steps.iter().any(bad), "{} after {:?}", planned.step, record.steps);
                    }
                    (planned.step, outcomes[turns % 10])
                }
                Next::Skip(step, because) => {
                    prop_assert!(step != Step::Report || because == "because");
                    prop_assert!(!because.is_empty());
                    (step, Outcome::Skipped)
                }
                Next::Nothing => break,
            };
            prop_assert!(record.step(step).is_none(), "{step} came twice");
            record.put(done(step, outcome));
            turns += 1;
            prop_assert!(turns <= 10);
        }
        prop_assert_eq!(record.steps.len(), 10);
    }
}
