#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use super::*;
use crate::config::{Axis, Intervals, Measure, PredictedTask, Predictions as Spec, Scores, Slicing};
use crate::evaluate::predictions::Target;
use crate::name::Digest;
use crate::record::{Slice, Task};

pub(super) fn spec(task: PredictedTask) -> Spec {
    Spec {
        files: vec!["predictions.csv".into()],
        task,
        truth: "y".into(),
        predicted: None,
        scores: Scores::None,
        positive: None,
        threshold: 0.5,
        weight: None,
        id: Some("id".into()),
        slices: vec![Slicing::One(Axis::Values("region".into()))],
        small_slice: 30,
        metrics: None,
        bins: 10,
        targets: Vec::new(),
        intervals: Intervals::Auto,
    }
}

/// Numbers that look random, from 0 to below 1.
fn numbers(seed: u32) -> impl FnMut() -> f64 {
    let mut state = u64::from(seed) * 2 + 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Rows of two classes whose scores say something of the truth; the same truth for any `noise` seed.
fn classified(rows: usize, noise: u32) -> Rows {
    let (mut truths, mut said) = (numbers(1), numbers(noise));
    let truth: Vec<u32> = (0..rows).map(|_| u32::from(truths() < 0.4)).collect();
    let scores: Vec<f64> = truth.iter().map(|class| 0.25 * f64::from(*class) + 0.75 * said()).collect();
    Rows {
        len: rows,
        target: Target::Classes {
            labels: vec!["0".into(), "1".into()],
            predicted: scores.iter().map(|score| u32::from(*score >= 0.5)).collect(),
            truth,
            scores: vec![scores],
        },
        weights: None,
        keys: Some((0..rows as u128).map(|row| row * 7 + 3).collect()),
        slices: vec![(
            vec!["region=north".into(), "region=south".into()],
            (0..rows).map(|row| u32::from(row % 3 == 0)).collect(),
        )],
    }
}

fn measured(rows: usize, noise: u32) -> Rows {
    let (mut truths, mut said) = (numbers(1), numbers(noise));
    let truth: Vec<f64> = (0..rows).map(|_| 10.0 * truths() - 3.0).collect();
    let predicted = truth.iter().map(|truth| truth + said() - 0.4).collect();
    Rows { target: Target::Regression { truth, predicted }, slices: Vec::new(), ..classified(rows, noise) }
}

fn reversed(rows: &Rows) -> Rows {
    let places: Vec<u32> = (0..rows.len as u32).rev().collect();
    let codes = |from: &Vec<u32>| pair::at(from, &places);
    Rows {
        len: rows.len,
        target: match &rows.target {
            Target::Classes { labels, truth, predicted, scores } => Target::Classes {
                labels: labels.clone(),
                truth: codes(truth),
                predicted: codes(predicted),
                scores: scores.iter().map(|scores| pair::at(scores, &places)).collect(),
            },
            Target::Regression { truth, predicted } => Target::Regression {
                truth: pair::at(truth, &places),
                predicted: pair::at(predicted, &places),
            },
        },
        weights: rows.weights.as_ref().map(|weights| pair::at(weights, &places)),
        keys: rows.keys.as_ref().map(|keys| pair::at(keys, &places)),
        slices: rows.slices.iter().map(|(names, slices)| (names.clone(), codes(slices))).collect(),
    }
}

fn first(rows: &Rows, count: usize) -> Rows {
    let mut rows = rows.clone();
    rows.len = count;
    if let Target::Classes { truth, predicted, scores, .. } = &mut rows.target {
        truth.truncate(count);
        predicted.truncate(count);
        scores.iter_mut().for_each(|scores| scores.truncate(count));
    }
    rows.keys.as_mut().unwrap().truncate(count);
    rows.slices.iter_mut().for_each(|slices| slices.1.truncate(count));
    rows
}

fn compare(spec: &Spec, candidate: Rows, baseline: Rows) -> std::result::Result<Compared, Apart> {
    rows(spec, 0.95, candidate, baseline, false)
}

fn methods(changes: &BTreeMap<MetricName, Estimate>) -> Vec<String> {
    let word = |estimate: &Estimate| estimate.method.map_or("none", Method::word);
    changes.iter().map(|(name, estimate)| format!("{name}: {}", word(estimate))).collect()
}

#[test]
fn every_metric_of_two_classes_has_a_change_with_its_method() {
    let compared =
        compare(&spec(PredictedTask::Classification), classified(400, 2), classified(400, 3)).unwrap();
    let comparison = compared.comparison;
    assert_eq!(compared.findings, []);
    assert_eq!((comparison.pairing, comparison.rows), (Pairing::Id, 400));
    let of_two = Measure::ALL.into_iter().filter(|measure| measure.is_of(Task::Binary)).count();
    assert_eq!(comparison.changes.len(), of_two + 3, "and three of fairness");
    for (name, change) in &comparison.changes {
        let [low, high] = change.interval.unwrap_or_else(|| panic!("{name} has an interval"));
        assert!(low <= change.value && change.value <= high && low < high, "{name}: {change:?}");
    }
    let methods = methods(&comparison.changes).join("\n");
    for wanted in [
        "accuracy: Newcombe, paired",
        "recall: Newcombe, paired",
        "specificity: Newcombe, paired",
        "roc_auc: DeLong",
        "log_loss: Student's t",
        "brier: Student's t",
        "f1: bootstrap (BCa)",
        "matthews_corrcoef: bootstrap (BCa)",
        "average_precision: delta method",
        "equal_opportunity_difference.region: bootstrap (BCa)",
    ] {
        assert!(methods.contains(wanted), "{wanted} in\n{methods}");
    }
    assert_eq!(comparison.slices.keys().collect::<Vec<_>>(), ["region=north", "region=south"]);
    assert!(comparison.slices["region=south"].values().all(|change| change.interval.is_some()));
}

#[test]
fn every_metric_of_numbers_has_a_change() {
    let compared = compare(&spec(PredictedTask::Regression), measured(300, 2), measured(300, 3)).unwrap();
    assert_eq!(
        methods(&compared.comparison.changes),
        [
            "mae: Student's t",
            "mape: Student's t",
            "max_error: none",
            "median_ae: bootstrap (percentile)",
            "mse: Student's t",
            "r2: delta method",
            "rmse: delta method",
        ]
    );
}

#[test]
fn the_same_predictions_do_not_differ() {
    for (task, rows) in
        [(PredictedTask::Classification, classified(120, 2)), (PredictedTask::Regression, measured(120, 2))]
    {
        let compared = compare(&spec(task), rows.clone(), rows).unwrap();
        for (name, change) in compared.comparison.changes {
            assert_eq!(change.value, 0.0, "{name}");
            // There is room for the rows that nobody has seen: some four of 120, or of the 40 of a slice.
            assert!(
                change.interval.is_none_or(|[low, high]| -low <= 0.25 && high <= 0.25 && low < high),
                "{name}: {change:?}"
            );
        }
    }
}

#[test]
fn the_order_of_the_rows_changes_nothing() {
    for (task, candidate, baseline) in [
        (PredictedTask::Classification, classified(150, 2), classified(150, 3)),
        (PredictedTask::Regression, measured(150, 2), measured(150, 3)),
    ] {
        let spec = spec(task);
        let there = compare(&spec, candidate.clone(), baseline.clone()).unwrap();
        assert_eq!(compare(&spec, reversed(&candidate), baseline).unwrap(), there);
    }
}

#[test]
fn a_join_that_loses_rows_is_a_finding() {
    let baseline = first(&reversed(&classified(200, 3)), 150);
    let compared =
        compare(&spec(PredictedTask::Classification), first(&classified(200, 2), 180), baseline).unwrap();
    assert_eq!(compared.comparison.rows, 130);
    let [finding] = compared.findings.as_slice() else { panic!("one finding: {:?}", compared.findings) };
    assert_eq!(finding.code, "join-loses-rows");
    assert!(
        finding.message.starts_with("50 of the candidate's 180 rows, and 20 of the baseline's 150"),
        "{}",
        finding.message
    );
}

#[test]
fn what_cannot_be_paired_says_why() {
    let spec = spec(PredictedTask::Classification);
    let why = |candidate: Rows, baseline: Rows| compare(&spec, candidate, baseline).unwrap_err().why;
    let (one, other) = (classified(50, 2), classified(50, 3));

    let mut repeated = one.clone();
    repeated.keys.as_mut().unwrap()[7] = 3;
    assert_eq!(why(repeated.clone(), other.clone()), "the ids of the candidate repeat, 1 times");
    assert_eq!(why(other.clone(), repeated), "the ids of the baseline repeat, 1 times");

    let mut others = one.clone();
    others.keys.as_mut().unwrap().iter_mut().for_each(|key| *key += 1000);
    assert_eq!(why(one.clone(), others), "no row of the one has the id of a row of the other");

    let mut differing = one.clone();
    if let Target::Classes { truth, .. } = &mut differing.target {
        truth[3] = 1 - truth[3];
        truth[9] = 1 - truth[9];
    }
    assert_eq!(why(differing, other.clone()), "the truth of 2 rows that both have is not the same");

    let mut weighted = one.clone();
    weighted.weights = Some(vec![2.0; 50]);
    let doubt = compare(&spec, weighted.clone(), other.clone()).unwrap_err().doubt;
    assert_eq!(doubt.as_deref(), Some("the same rows have other weights"));
    assert_eq!(why(weighted, other.clone()), "the same rows have other weights");

    assert_eq!(why(measured(50, 2), other.clone()), "one predicts classes and the other numbers");

    let (mut one, mut other) = (one, other);
    one.keys = None;
    other.keys = None;
    assert_eq!(why(one.clone(), other.clone()), join::OTHER_SET);
    let unknown = compare(&spec, one.clone(), other.clone()).unwrap_err();
    assert_eq!(unknown.doubt, None, "nothing tells that the candidate chose its rows");
    let compared = rows(&spec, 0.95, one, other, true).unwrap();
    assert_eq!(compared.comparison.pairing, Pairing::Row);
}

#[test]
fn who_moves_rows_into_another_slice_is_doubted() {
    let spec = |axis| Spec { slices: vec![Slicing::One(axis)], ..spec(PredictedTask::Classification) };
    let values = || spec(Axis::Values("region".into()));
    let moved = |keys: Option<Vec<u128>>| {
        let mut rows = Rows { keys, ..classified(50, 2) };
        // What was called north is told to be a place that nobody knows, and a row has moved besides.
        rows.slices[0].0 = vec!["region=east".into(), "region=south".into()];
        rows.slices[0].1[1] = 1;
        rows
    };
    let keys = classified(50, 3).keys;
    let doubt = |spec, keys: Option<Vec<u128>>| {
        let baseline = Rows { keys: keys.clone(), ..classified(50, 3) };
        rows(&spec, 0.95, moved(keys), baseline, true).unwrap().comparison.doubt
    };
    let said = Some("33 rows are in another slice of «region» than the baseline's");
    assert_eq!(doubt(values(), keys.clone()).as_deref(), said);
    assert_eq!(doubt(values(), None).as_deref(), said);
    assert_eq!(doubt(spec(Axis::Quantiles("region".into(), 2)), keys), None, "the cuts follow from all rows");
    let same = compare(&values(), classified(50, 2), classified(50, 3)).unwrap();
    assert_eq!(same.comparison.doubt, None);
}

#[test]
fn who_leaves_out_rows_of_the_baseline_is_doubted() {
    let spec = spec(PredictedTask::Classification);
    let doubt = |candidate, baseline| compare(&spec, candidate, baseline).unwrap().comparison.doubt;
    assert_eq!(doubt(classified(50, 2), classified(50, 3)), None);
    assert_eq!(doubt(classified(60, 2), classified(50, 3)), None, "more rows are none");
    assert_eq!(
        doubt(classified(49, 2), classified(1200, 3)).as_deref(),
        Some("1,151 of the baseline's 1,200 rows are not among the candidate's")
    );
    assert_eq!(
        doubt(classified(49, 2), classified(50, 3)).as_deref(),
        Some("1 of the baseline's 50 rows is not among the candidate's")
    );
}

#[test]
fn fewer_rows_are_doubted_without_ids_too() {
    let of = |rows| Predictions { rows, ..evidence(&[], 0.95) };
    let doubt = |rows| unpaired(&of(rows), &of(1000), OTHER_SET).doubt;
    assert_eq!((doubt(1000), doubt(1001)), (None, None), "more rows are none");
    assert_eq!(
        doubt(920).as_deref(),
        Some("at least 80 of the baseline's 1,000 rows are not among the candidate's")
    );
}

#[test]
fn what_the_baseline_was_not_measured_by_is_measured_of_its_predictions() {
    let name = |text: &str| MetricName::new(text).unwrap();
    let sure = |value| estimate(value, Some([0.0, 1.0]));
    let found = evidence(&[("accuracy", sure(0.9)), ("roc_auc", sure(0.7))], 0.95);
    let mut plan = found.slices[0].clone();
    (plan.by, plan.name) = ("plan".into(), "plan=x".into());
    let mut elsewhere = found.slices[0].clone();
    elsewhere.name = "region=west".into();
    let found = Predictions { slices: vec![found.slices[0].clone(), plan, elsewhere], ..found };
    let recorded = evidence(&[("roc_auc", sure(0.8))], 0.95);
    let metrics = |of: &Predictions| {
        let number = |(name, estimate): (&MetricName, &Estimate)| {
            (name.clone(), crate::record::MetricValue::Number(estimate.value))
        };
        of.estimates.iter().map(number).collect::<BTreeMap<_, _>>()
    };
    let before = crate::record::Baseline {
        metrics: metrics(&recorded),
        predictions: Some(Box::new(recorded.clone())),
        ..Default::default()
    };
    let rule = |metric: &str, kind, by: Option<&str>| crate::config::Rule {
        metric: name(metric),
        kind,
        bound: crate::record::MetricValue::Number(0.1),
        relative: false,
        better: crate::config::Better::Higher,
        slices: by.map(|by| crate::config::RuleSlices { by: vec![by.into()], worst: false, small: false }),
        warn: false,
    };
    use crate::record::RuleKind::{MaxDrop, Min};
    let is_lacking = |metric, kind, by| lacks(&[rule(metric, kind, by)], &found, &before);
    assert!(is_lacking("accuracy", MaxDrop, None) && is_lacking("roc_auc", MaxDrop, Some("plan")));
    assert!(!is_lacking("accuracy", Min, None) && !is_lacking("roc_auc", MaxDrop, None));
    assert!(!is_lacking("latency", MaxDrop, None), "of a file: there is nothing to measure it of");

    let measured = |evidence: &Predictions| crate::evaluate::predictions::Measured {
        evidence: Some(evidence.clone()),
        metrics: metrics(evidence),
        findings: Vec::new(),
    };
    let mut after = before.clone();
    assert_eq!(complete(&mut after, measured(&found)), ["accuracy", "plan"]);
    assert!(!lacks(&[rule("accuracy", MaxDrop, Some("plan"))], &found, &after));
    let theirs = after.predictions.as_deref().unwrap();
    assert_eq!(
        (theirs.estimates[&name("accuracy")].value, theirs.estimates[&name("roc_auc")].value),
        (0.9, 0.8)
    );
    let slices: Vec<&str> = theirs.slices.iter().map(|slice| slice.name.as_str()).collect();
    assert_eq!(slices, ["region=north", "plan=x"], "what is cut elsewhere is no slice more");
    assert_eq!(theirs.slices[0].estimates[&name("accuracy")].value, 0.9);

    let mut other = before.clone();
    let of_other_rows = Predictions { set: Digest::from_bytes([9; 32]), ..found.clone() };
    assert!(complete(&mut other, measured(&of_other_rows)).is_empty() && other == before);
}

#[test]
fn records_of_another_specification_are_doubted() {
    let of = |specification| Predictions { specification, ..evidence(&[], 0.95) };
    let [one, other] = [1, 2].map(|byte| of(Digest::from_bytes([byte; 32])));
    assert_eq!(unpaired(&one, &one, "of a reason").doubt, None);
    assert!(
        unpaired(&one, &other, "of a reason").doubt.is_some_and(|doubt| doubt.contains("something else"))
    );
}

#[test]
fn classes_are_brought_together_by_their_names() {
    let spec = Spec { slices: Vec::new(), ..spec(PredictedTask::Classification) };
    let of = |labels: &[&str], truth: &[u32], predicted: &[u32]| Rows {
        len: 6,
        target: Target::Classes {
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            truth: truth.to_vec(),
            predicted: predicted.to_vec(),
            scores: Vec::new(),
        },
        weights: None,
        keys: Some((0..6).collect()),
        slices: Vec::new(),
    };
    let candidate = of(&["a", "c"], &[0, 0, 0, 1, 1, 1], &[0, 0, 0, 1, 1, 1]);
    let baseline = of(&["a", "b", "c"], &[0, 0, 0, 2, 2, 2], &[0, 0, 1, 2, 1, 2]);
    let changes = compare(&spec, candidate, baseline).unwrap().comparison.changes;
    let accuracy = &changes[&MetricName::new("accuracy").unwrap()];
    assert!((accuracy.value - 2.0 / 6.0).abs() < 1e-15, "{accuracy:?}");
    assert!(!changes.contains_key(&MetricName::new("precision").unwrap()), "there are three classes");
}

#[test]
fn weights_of_one_weigh_nothing() {
    let spec = spec(PredictedTask::Regression);
    let plain = compare(&spec, measured(200, 2), measured(200, 3)).unwrap().comparison.changes;
    let weighted = |noise| Rows { weights: Some(vec![2.0; 200]), ..measured(200, noise) };
    let weighted = compare(&spec, weighted(2), weighted(3)).unwrap().comparison.changes;
    // The median of weighted rows is scikit-learn's, which is not NumPy's of an even number of rows.
    for (name, change) in plain.iter().filter(|(name, _)| name.as_str() != "median_ae") {
        let other = &weighted[name];
        assert!((change.value - other.value).abs() < 1e-12, "{name}");
        let (Some(one), Some(two)) = (change.interval, other.interval) else { continue };
        assert!(
            (one[0] - two[0]).abs() < 1e-10 && (one[1] - two[1]).abs() < 1e-10,
            "{name}: {one:?} {two:?}"
        );
    }
}

#[test]
fn a_weight_of_two_is_two_rows_to_every_value() {
    let doubled = |rows: &Rows| {
        let mut twice = rows.clone();
        let places: Vec<u32> = (0..rows.len as u32).chain(0..10).collect();
        if let Target::Classes { truth, predicted, scores, .. } = &mut twice.target {
            *truth = pair::at(truth, &places);
            *predicted = pair::at(predicted, &places);
            scores.iter_mut().for_each(|scores| *scores = pair::at(scores, &places));
        }
        twice.len += 10;
        twice.keys = Some((0..twice.len as u128).collect());
        twice.slices.iter_mut().for_each(|slices| slices.1 = pair::at(&slices.1, &places));
        twice
    };
    let weighted = |rows: &Rows| {
        let weights = (0..rows.len).map(|row| if row < 10 { 2.0 } else { 1.0 }).collect();
        Rows { weights: Some(weights), ..rows.clone() }
    };
    let (one, other) = (classified(80, 2), classified(80, 3));
    let spec = Spec { small_slice: 1, ..spec(PredictedTask::Classification) };
    let twice = compare(&spec, doubled(&one), doubled(&other)).unwrap().comparison.changes;
    let weighted = compare(&spec, weighted(&one), weighted(&other)).unwrap().comparison.changes;
    assert_eq!(twice.len(), weighted.len());
    for (name, change) in &twice {
        assert!(
            (change.value - weighted[name].value).abs() < 1e-12,
            "{name}: {change:?} {:?}",
            weighted[name]
        );
        assert!(weighted[name].interval.is_some(), "{name}");
    }
}

#[test]
fn a_bootstrap_that_is_asked_for_is_made_of_all() {
    for (task, one, other) in [
        (PredictedTask::Classification, classified(100, 2), classified(100, 3)),
        (PredictedTask::Regression, measured(100, 2), measured(100, 3)),
    ] {
        let spec = Spec { intervals: Intervals::Bootstrap(200), slices: Vec::new(), ..spec(task) };
        for (name, change) in compare(&spec, one, other).unwrap().comparison.changes {
            let boot = matches!(change.method, Some(Method::Bca | Method::Percentile));
            assert!(boot || name.as_str() == "max_error", "{name}: {change:?}");
        }
    }
}

/// The value of an influence must move as its rows say when a row's weight does.
#[test]
fn influences_are_what_a_weight_brings() {
    let mut number = numbers(5);
    let weights: Vec<f64> = (0..40).map(|_| 0.5 + number()).collect();
    let tie =
        |scores: Vec<f64>| scores.into_iter().map(|score| (score * 10.0).round() / 10.0).collect::<Vec<_>>();
    let Target::Classes { truth, predicted, scores, .. } = classified(40, 2).target else { unreachable!() };
    let scores: Vec<Vec<f64>> = scores.into_iter().map(tie).collect();
    let two = pair::Both::Classes {
        classes: 2,
        truth,
        predicted: [predicted.clone(), predicted],
        scores: [scores.clone(), scores],
    };
    let class = |number: f64| (number * 3.0) as u32;
    let three: Vec<Vec<f64>> = (0..3).map(|_| tie((0..40).map(|_| number()).collect())).collect();
    let three = pair::Both::Classes {
        classes: 3,
        truth: (0..40).map(|_| class(number())).collect(),
        predicted: [(); 2].map(|()| (0..40).map(|_| class(number())).collect()),
        scores: [three.clone(), three],
    };
    let Target::Regression { truth, predicted } = measured(40, 2).target else { unreachable!() };
    let line = pair::Both::Regression { truth, predicted: [predicted.clone(), predicted] };
    let mut seen = 0;
    for both in [two, three, line] {
        for measure in Measure::ALL {
            let of =
                |weights: &[f64]| influence::of(measure, &both, 0, influence::Weights(Some(weights)), 10);
            let Some(influence) = of(&weights) else { continue };
            seen += 1;
            for row in 0..40 {
                let moved = |by: f64| {
                    let mut moved = weights.clone();
                    moved[row] += by;
                    of(&moved).unwrap().value
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let off = (slope - influence.rows[row]).abs();
                assert!(
                    off < 1e-7 * (1.0 + slope.abs()),
                    "{measure:?} {row}: {slope} {}",
                    influence.rows[row]
                );
            }
        }
    }
    assert_eq!(seen, 5 + 5 + 5, "all that have influences");
}

fn estimate(value: f64, interval: Option<[f64; 2]>) -> Estimate {
    Estimate { value, interval, method: interval.map(|_| Method::Wilson) }
}

fn evidence(estimates: &[(&str, Estimate)], confidence: f64) -> Predictions {
    let estimates: BTreeMap<MetricName, Estimate> =
        estimates.iter().map(|(name, estimate)| (MetricName::new(*name).unwrap(), *estimate)).collect();
    let slice = |name: &str| Slice {
        by: "region".into(),
        name: name.into(),
        rows: 5,
        small: true,
        estimates: estimates.clone(),
    };
    Predictions {
        rows: 100,
        task: Task::Binary,
        set: Digest::from_bytes([1; 32]),
        specification: Digest::from_bytes([3; 32]),
        files: BTreeMap::new(),
        confidence,
        positive: None,
        slices: vec![slice("region=north")],
        estimates,
        confusion: None,
        calibration: Vec::new(),
        curves: None,
    }
}

#[test]
fn records_of_other_rows_are_compared_as_independent() {
    let candidate = evidence(
        &[
            ("accuracy", estimate(0.9, Some([0.8, 0.95]))),
            ("max_error", estimate(3.0, None)),
            ("new", estimate(1.0, None)),
            ("r2", estimate(0.5, Some([0.4, 0.6]))),
        ],
        0.95,
    );
    let mut baseline = evidence(
        &[
            ("accuracy", estimate(0.8, Some([0.76, 0.83]))),
            ("max_error", estimate(2.0, None)),
            ("r2", estimate(0.25, None)),
        ],
        0.95,
    );
    baseline.slices.clear();
    let comparison = unpaired(&candidate, &baseline, "they are other rows");
    assert_eq!(comparison.doubt, None);
    assert_eq!(comparison.pairing, Pairing::Unpaired("they are other rows".into()));
    assert_eq!((comparison.rows, comparison.slices.len(), comparison.changes.len()), (100, 0, 3));
    let change = |name: &str| comparison.changes[&MetricName::new(name).unwrap()];
    let [low, high] = change("accuracy").interval.unwrap();
    // By hand: 0.1 − √(0.1² + 0.03²) and 0.1 + √(0.05² + 0.04²).
    assert!((low - (0.1 - 0.0109_f64.sqrt())).abs() < 1e-12, "{low}");
    assert!((high - (0.1 + 0.0041_f64.sqrt())).abs() < 1e-12, "{high}");
    assert_eq!(change("accuracy").method, Some(Method::Mover));
    assert_eq!((change("max_error").value, change("max_error").interval), (1.0, None));
    assert_eq!(change("r2").method, Some(Method::Wilson), "that of the candidate's value");
    assert_eq!(change("r2").interval.map(|ends| ends[1]), Some(0.6 - 0.25));
}

#[test]
fn what_one_side_does_not_have_is_not_compared() {
    let compared =
        rows(&spec(PredictedTask::Classification), 0.95, classified(90, 2), classified(90, 3), false)
            .unwrap();
    let sure = |value| estimate(value, Some([0.0, 1.0]));
    let candidate = evidence(&[("accuracy", sure(0.9)), ("f1", sure(0.8)), ("roc_auc", sure(0.8))], 0.95);
    let baseline = evidence(&[("accuracy", sure(0.9)), ("f1", sure(0.8))], 0.95);
    let both = compared.of_both(&candidate, &baseline).comparison;
    let names = |changes: &BTreeMap<MetricName, Estimate>| methods(changes).len();
    assert_eq!((names(&both.changes), both.slices.len()), (2, 1));
    assert_eq!(names(&both.slices["region=north"]), 2);
}

#[test]
fn fairness_leaves_small_slices_out() {
    let spec = Spec { small_slice: 31, ..spec(PredictedTask::Classification) };
    let fair = MetricName::new("demographic_parity_difference.region").unwrap();
    let has = |rows: usize| {
        let compared = compare(&spec, classified(rows, 2), classified(rows, 3)).unwrap();
        compared.comparison.changes.contains_key(&fair)
    };
    assert!(!has(90), "of 90 rows 30 are in the south");
    assert!(has(93));
}

#[test]
fn scores_that_are_no_probabilities_have_no_log_loss() {
    let mut odds = classified(60, 2);
    if let Target::Classes { scores, .. } = &mut odds.target {
        scores[0][3] = 1.5;
    }
    let changes =
        compare(&spec(PredictedTask::Classification), odds, classified(60, 3)).unwrap().comparison.changes;
    let has = |name: &str| changes.contains_key(&MetricName::new(name).unwrap());
    assert!(has("roc_auc") && !has("log_loss") && !has("brier") && !has("expected_calibration_error"));
}

#[test]
fn an_interval_of_another_confidence_is_stretched_first() {
    let of =
        |confidence, half: f64| evidence(&[("m", estimate(0.5, Some([0.5 - half, 0.5 + half])))], confidence);
    let same = unpaired(&of(0.95, 0.1), &of(0.95, 0.05), String::new());
    let scale = crate::statistics::normal_quantile(0.95) / crate::statistics::normal_quantile(0.975);
    let other = unpaired(&of(0.95, 0.1), &of(0.9, 0.05 * scale), String::new());
    let low = |comparison: &Comparison| comparison.changes.values().next().unwrap().interval.unwrap()[0];
    assert!((low(&same) - low(&other)).abs() < 1e-12);
    assert_eq!(same.slices.len(), 1);
}
