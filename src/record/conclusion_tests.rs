#![allow(clippy::unwrap_used)]

use super::*;
use crate::context::Context;
use crate::finding::Finding;
use crate::name::{Digest, MetricName, ModelName};
use crate::record::{
    Aside, CommandEvidence, Confusion, Estimate, Evidence, Method, MetricValue, Predictions, RuleKind, Slice,
    Task,
};

fn step_of(step: Step, outcome: Outcome) -> StepRecord {
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

fn command(ended: &str) -> CommandEvidence {
    CommandEvidence {
        command: "make".into(),
        ended: ended.into(),
        seconds: 0.0,
        cpu_seconds: 0.0,
        peak_memory_bytes: 0,
        log: String::new(),
        tail: Vec::new(),
    }
}

fn row(value: f64, margin: f64, outcome: RowOutcome) -> Row {
    let metric = MetricName::new("accuracy").unwrap();
    Row {
        value: Some(MetricValue::Number(value)),
        margin: Some(margin),
        outcome,
        ..Row::new(metric, RuleKind::Min, MetricValue::Number(0.85))
    }
}

/// The record of a run that was approved, or rejected.
fn record(approved: bool) -> Record {
    let (value, outcome) = if approved { (0.9, RowOutcome::Pass) } else { (0.8, RowOutcome::Fail) };
    let model = ModelName::new("churn").unwrap();
    let mut record = Record::new("1".into(), model, String::new(), Context::default());
    for step in [Step::Lint, Step::Train, Step::Evaluate, Step::Report] {
        record.put(step_of(step, Outcome::Passed));
    }
    record.put(step_of(Step::Gate, if approved { Outcome::Passed } else { Outcome::Failed }));
    record.steps[0].evidence.commands = vec![command("exit 1")];
    record.steps[1].evidence.commands = vec![command("exit 0")];
    let name = MetricName::new("accuracy").unwrap();
    record.steps[2].evidence.metrics.insert(name, MetricValue::Number(value));
    let rows = vec![row(value, value - 0.85, outcome)];
    record.verdict = Some(Verdict { conclusion: judged(&rows), rows, notes: Vec::new(), confidence: None });
    record.conclusion = record.verdict.as_ref().map(|verdict| verdict.conclusion);
    record
}

#[test]
fn a_record_as_a_run_writes_it_agrees_with_itself() {
    for approved in [true, false] {
        let mut record = record(approved);
        assert_eq!(contradiction(&record), None);
        record.conclusion = Some(Conclusion::Cancelled);
        assert_eq!(contradiction(&record), None, "a run is stopped at any time");
        for step in [Step::Report, Step::Gate, Step::Evaluate, Step::Lint] {
            record.reopen(step);
            record.conclusion = None;
            assert_eq!(contradiction(&record), None, "before {step}");
            record.conclusion = Some(conclude(&record, false));
            assert_eq!(contradiction(&record), None, "ended before {step}");
        }
    }
    let mut faulted = record(true);
    faulted.put(step_of(Step::Report, Outcome::Faulted));
    faulted.conclusion = Some(Conclusion::Faulted);
    assert_eq!(contradiction(&faulted), None);
}

#[test]
fn each_contradiction_is_found() {
    let told = |approved: bool, change: fn(&mut Record)| {
        let mut record = record(approved);
        change(&mut record);
        contradiction(&record).unwrap_or_else(|| "nothing".into())
    };
    let found = [
        told(false, |record| record.conclusion = Some(Conclusion::Approved)),
        told(false, |record| record.verdict.as_mut().unwrap().conclusion = Conclusion::Approved),
        told(false, |record| {
            record.put(step_of(Step::Gate, Outcome::Passed));
            record.verdict.as_mut().unwrap().conclusion = Conclusion::Approved;
            record.conclusion = Some(Conclusion::Approved);
        }),
        told(false, |record| {
            record.put(step_of(Step::Gate, Outcome::Passed));
            let verdict = record.verdict.as_mut().unwrap();
            verdict.conclusion = Conclusion::Approved;
            verdict.rows[0].outcome = RowOutcome::Pass;
            record.conclusion = Some(Conclusion::Approved);
        }),
        told(true, |record| record.verdict.as_mut().unwrap().rows.clear()),
        told(true, |record| record.verdict.as_mut().unwrap().rows[0].value = None),
        told(true, |record| record.verdict = None),
        told(true, |record| record.steps.retain(|step| step.step != Step::Gate)),
        told(true, |record| record.put(step_of(Step::Gate, Outcome::Skipped))),
        told(false, |record| record.put(step_of(Step::Gate, Outcome::Passed))),
        told(true, |record| record.put(step_of(Step::Report, Outcome::Faulted))),
        told(true, |record| record.conclusion = Some(Conclusion::Inconclusive)),
        told(true, |record| record.steps.insert(1, step_of(Step::Train, Outcome::Failed))),
        told(true, |record| record.steps.swap(0, 1)),
        told(true, |record| record.steps[1].findings.push(Finding::error("command-failed", "no"))),
        told(true, |record| record.steps[1].evidence.commands[0].ended = "exit 1".into()),
        told(true, |record| {
            record.steps[2].outcome = Outcome::Restored;
            record.steps[2].evidence.commands.push(command("timed out after 2h"));
        }),
    ];
    insta::assert_snapshot!(found.join("\n"));
}

/// The record of a run that was approved with predictions: one small slice, and a rule that only warns.
fn predicted() -> Record {
    let name = || MetricName::new("accuracy").unwrap();
    let estimate = |value, interval| Estimate { value, interval: Some(interval), method: None };
    let mut record = record(true);
    let whole = estimate(0.9, [0.8, 0.95]);
    record.steps[2].evidence.predictions = Some(Predictions {
        rows: 100,
        task: Task::Binary,
        set: Digest::from_bytes([0; 32]),
        specification: Digest::from_bytes([3; 32]),
        files: Default::default(),
        confidence: 0.95,
        positive: None,
        estimates: [(name(), whole)].into(),
        slices: vec![Slice {
            by: "region".into(),
            name: "region=sea".into(),
            rows: 5,
            small: true,
            estimates: [(name(), estimate(0.2, [0.04, 0.62]))].into(),
        }],
        confusion: None,
        calibration: Vec::new(),
        curves: None,
    });
    let rows = &mut record.verdict.as_mut().unwrap().rows;
    rows[0].interval = whole.interval;
    let small = Row {
        slice: Some("region=sea".into()),
        aside: Some(Aside::Small),
        ..row(0.2, -0.65, RowOutcome::Fail)
    };
    rows.push(Row { interval: Some([0.04, 0.62]), ..small });
    rows.push(Row { aside: Some(Aside::Warn), ..row(0.9, -0.05, RowOutcome::Fail) });
    record
}

fn counted(counts: [[f64; 2]; 2]) -> Confusion {
    Confusion { labels: vec!["0".into(), "1".into()], counts: counts.map(Vec::from).into() }
}

#[test]
fn rows_that_are_set_aside_do_not_count() {
    let mut record = predicted();
    assert_eq!(contradiction(&record), None);
    let rows = record.verdict.as_ref().unwrap().rows.clone();
    assert_eq!(judged(&rows), Conclusion::Approved);
    assert_eq!(judged(&rows[1..]), Conclusion::Inconclusive, "no row counts");
    record.verdict.as_mut().unwrap().rows[2].aside = None;
    assert!(contradiction(&record).is_some());
}

#[test]
fn what_is_not_so_of_predictions_is_found() {
    let told = |change: fn(&mut Record)| {
        let mut record = predicted();
        change(&mut record);
        contradiction(&record).unwrap_or_else(|| "nothing".into())
    };
    fn rows(record: &mut Record) -> &mut Vec<Row> {
        &mut record.verdict.as_mut().unwrap().rows
    }
    fn predictions(record: &mut Record) -> &mut Predictions {
        record.steps[2].evidence.predictions.as_mut().unwrap()
    }
    let found = [
        told(|record| predictions(record).slices[0].small = false),
        told(|record| rows(record)[0].aside = Some(Aside::Small)),
        told(|record| rows(record)[0].interval = Some([0.89, 0.91])),
        told(|record| rows(record)[1].interval = Some([0.1, 0.3])),
        told(|record| rows(record)[1].value = Some(MetricValue::Number(0.9))),
        told(|record| predictions(record).slices.clear()),
        told(|record| {
            let row = &mut rows(record)[1];
            (row.slice, row.aside) = (Some("region=lost".into()), None);
            (row.value, row.interval, row.margin, row.outcome) = (None, None, None, RowOutcome::Pass);
        }),
        told(|record| {
            predictions(record).estimates.values_mut().for_each(|estimate| estimate.value = 0.91);
        }),
        told(|record| {
            let mean = Estimate { value: 0.7, interval: None, method: None };
            record.steps[2].evidence.means = [(MetricName::new("accuracy").unwrap(), mean)].into();
        }),
        told(|record| record.what_if = vec!["accuracy.min=0.1".into()]),
        told(|record| {
            let estimate = predictions(record).estimates.values_mut().next().unwrap();
            (estimate.interval, estimate.method) = (Some([0.91, 0.95]), Some(Method::Wilson));
        }),
        told(|record| {
            let slice = &mut predictions(record).slices[0];
            slice.estimates.values_mut().for_each(|estimate| {
                (estimate.interval, estimate.method) = (Some([0.0, 0.1]), Some(Method::Wilson));
            });
        }),
        told(|record| predictions(record).confusion = Some(counted([[50.0, 9.0], [2.0, 39.0]]))),
        told(|record| predictions(record).confusion = Some(counted([[50.0, 9.0], [1.0, 40.0]]))),
    ];
    insta::assert_snapshot!(found.join("\n"));
}
