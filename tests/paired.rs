//! The changes between two predictions of the same rows, judged by scikit-learn and SciPy.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "statistics/python.rs"]
mod python;

use std::collections::BTreeMap;

use common::uniform;
use modelgate::compare;
use modelgate::config::{Intervals, PredictedTask, Predictions, Scores};
use modelgate::evaluate::predictions::{Rows, Target};
use modelgate::name::MetricName;
use modelgate::record::Estimate;
use python::truth;
use serde_json::{Value, json};

fn spec(task: PredictedTask) -> Predictions {
    Predictions {
        files: Vec::new(),
        task,
        truth: "y".into(),
        predicted: None,
        scores: Scores::None,
        positive: None,
        threshold: 0.5,
        weight: None,
        id: None,
        slices: Vec::new(),
        small_slice: Predictions::SMALL_SLICE,
        metrics: None,
        bins: Predictions::BINS,
        targets: Vec::new(),
        intervals: Intervals::Auto,
    }
}

const ROWS: usize = 240;

/// Predictions of so many classes, with scores that tie and sum to 1; the same truth for any seed.
fn classified(classes: usize, seed: u64, weights: Option<Vec<f64>>) -> Rows {
    let (mut truths, mut said) = (uniform(1), uniform(seed));
    let truth: Vec<usize> = (0..ROWS).map(|_| (truths() * classes as f64) as usize).collect();
    let mut scores = vec![Vec::new(); classes];
    let mut predicted = Vec::new();
    for class in &truth {
        let of = |place: usize, number: f64| (number * 8.0).ceil() + if place == *class { 2.0 } else { 0.0 };
        let raw: Vec<f64> = (0..classes).map(|place| of(place, said())).collect();
        let all: f64 = raw.iter().sum();
        let best = (0..classes).fold(0, |best, place| if raw[place] > raw[best] { place } else { best });
        predicted.push(best as u32);
        scores.iter_mut().zip(&raw).for_each(|(scores, raw)| scores.push(raw / all));
    }
    if classes == 2 {
        scores.remove(0);
    }
    Rows {
        len: ROWS,
        target: Target::Classes {
            labels: (0..classes).map(|class| class.to_string()).collect(),
            truth: truth.iter().map(|class| *class as u32).collect(),
            predicted,
            scores,
        },
        weights,
        keys: None,
        slices: Vec::new(),
    }
}

fn measured(seed: u64, weights: Option<Vec<f64>>) -> Rows {
    let (mut truths, mut said) = (uniform(1), uniform(seed));
    let truth: Vec<f64> = (0..ROWS).map(|_| 100.0 + 20.0 * truths()).collect();
    let predicted = truth.iter().map(|truth| truth + 5.0 * said() - 2.0).collect();
    Rows {
        len: ROWS,
        target: Target::Regression { truth, predicted },
        weights,
        keys: None,
        slices: Vec::new(),
    }
}

fn question(rows: &Rows) -> Value {
    match &rows.target {
        Target::Classes { truth, predicted, scores, .. } => {
            json!(["metrics", truth, predicted, scores, rows.weights])
        }
        Target::Regression { truth, predicted } => {
            json!(["metrics_of_numbers", truth, predicted, rows.weights])
        }
    }
}

fn changes(candidate: Rows, baseline: Rows) -> BTreeMap<MetricName, Estimate> {
    let task = match &candidate.target {
        Target::Classes { .. } => PredictedTask::Classification,
        Target::Regression { .. } => PredictedTask::Regression,
    };
    compare::rows(&spec(task), 0.95, candidate, baseline, true).expect("they pair").comparison.changes
}

#[test]
fn changes_are_those_of_scikit_learn() {
    let mut random = uniform(77);
    let some: Vec<f64> = (0..ROWS).map(|row| if row % 9 == 0 { 0.0 } else { 0.2 + random() }).collect();
    let mut pairs = Vec::new();
    for weights in [None, Some(some)] {
        pairs.push((classified(2, 4, weights.clone()), classified(2, 5, weights.clone())));
        pairs.push((classified(4, 4, weights.clone()), classified(4, 5, weights.clone())));
        pairs.push((measured(4, weights.clone()), measured(5, weights)));
    }
    let questions: Vec<Value> =
        pairs.iter().flat_map(|(one, other)| [question(one), question(other)]).collect();
    let Some(answers) = truth("changes_are_those_of_scikit_learn", &questions) else { return };
    for ((candidate, baseline), answers) in pairs.into_iter().zip(answers.chunks(2)) {
        let weighted = candidate.weights.is_some();
        let ours = changes(candidate, baseline);
        for (name, now) in answers[0].as_object().expect("metrics by name") {
            let theirs = now.as_f64().unwrap() - answers[1][name].as_f64().unwrap();
            let ours = ours
                .get(&MetricName::new(name.as_str()).unwrap())
                .unwrap_or_else(|| panic!("{name} is missing"));
            assert!(
                (ours.value - theirs).abs() < 1e-12,
                "{name} (weighted: {weighted}): {} {theirs}",
                ours.value
            );
        }
    }
}

#[test]
fn a_change_of_a_mean_has_students_interval_of_the_differences() {
    let errors = |rows: &Rows| -> Vec<f64> {
        let Target::Regression { truth, predicted } = &rows.target else { panic!("numbers") };
        truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).abs()).collect()
    };
    let (one, other) = (measured(4, None), measured(5, None));
    let question = json!(["t_of_differences", errors(&one), errors(&other), 0.95]);
    let Some(answers) = truth("a_change_of_a_mean_has_students_interval_of_the_differences", &[question])
    else {
        return;
    };
    let ours = changes(one, other)[&MetricName::new("mae").unwrap()].interval.expect("an interval");
    for (ours, theirs) in ours.iter().zip(answers[0].as_array().unwrap()) {
        assert!((ours - theirs.as_f64().unwrap()).abs() < 1e-11, "{ours} {theirs}");
    }
}
