#![allow(clippy::unwrap_used, clippy::panic)]

use super::change::Options;
use super::pair::Pair;
use super::tests::spec;
use super::*;
use crate::config::{Intervals, Measure, PredictedTask, Predictions as Spec};
use crate::evaluate::predictions::{Rows, Target};

const ALIKE: [Measure; 12] = [
    Measure::Accuracy,
    Measure::Recall,
    Measure::Precision,
    Measure::F1,
    Measure::BalancedAccuracy,
    Measure::MatthewsCorrcoef,
    Measure::CohenKappa,
    Measure::F1Macro,
    Measure::RocAuc,
    Measure::AveragePrecision,
    Measure::LogLoss,
    Measure::Brier,
];

/// Rows of which every second is positive, with these scores.
fn scored(scores: Vec<f64>) -> Rows {
    let len = scores.len();
    Rows {
        len,
        target: Target::Classes {
            labels: vec!["0".into(), "1".into()],
            truth: (0..len as u32).map(|row| row % 2).collect(),
            predicted: scores.iter().map(|score| u32::from(*score >= 0.5)).collect(),
            scores: vec![scores],
        },
        weights: None,
        keys: None,
        slices: vec![(
            vec!["region=north".into(), "region=south".into()],
            (0..len as u32).map(|row| row / 2 % 2).collect(),
        )],
    }
}

/// One row in ten is predicted wrongly.
fn baseline(rows: usize) -> Vec<f64> {
    let said = |row: usize| {
        let right = row % 10 < 9;
        if right == (row % 2 == 1) { 0.8 + (row % 7) as f64 / 100.0 } else { 0.2 + (row % 5) as f64 / 100.0 }
    };
    (0..rows).map(said).collect()
}

fn changed(spec: &Spec, candidate: Rows, baseline: Rows) -> BTreeMap<String, Estimate> {
    let compared = rows(spec, 0.95, candidate, baseline, true).unwrap().comparison;
    compared.changes.into_iter().map(|(name, change)| (name.as_str().to_owned(), change)).collect()
}

#[test]
fn equal_predictions_of_few_rows_are_not_known_to_be_equal() {
    let plain = spec(PredictedTask::Classification);
    let resampled = Spec { intervals: Intervals::Bootstrap(200), ..plain.clone() };
    for len in [6, 60, 600] {
        for (spec, weights) in [(&plain, None), (&resampled, None), (&plain, Some(vec![1.5; len]))] {
            let side = || Rows { weights: weights.clone(), ..scored(baseline(len)) };
            let changes = changed(spec, side(), side());
            for measure in ALIKE {
                let change = changes[measure.word()];
                let Some([low, high]) = change.interval else { continue };
                let least = 0.3 / len as f64;
                assert!(low <= 0.0 && high >= 0.0, "{measure:?} of {len}: {change:?}");
                assert!(
                    high - low > least && high - low < 40.0 / len as f64 + 0.5,
                    "{measure:?} of {len}: {change:?}"
                );
            }
        }
    }
}

#[test]
fn equal_predictions_of_two_slices_are_not_known_to_be_as_fair() {
    let spec = spec(PredictedTask::Classification);
    let changes = changed(&spec, scored(baseline(200)), scored(baseline(200)));
    for name in ["demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference"]
    {
        let [_, high] = changes[&format!("{name}.region")].interval.unwrap();
        // Of 100 rows of a slice, or of the 50 of a class in it.
        assert!((0.03..0.1).contains(&high), "{name}: {high}");
    }
}

/// Numbers that look random, from 0 to below 1.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const SETS: u64 = 300;

/// How often the interval of the change is within the bound, although the candidate loses a share of the rows.
/// `blurred`: each score is another one besides.
fn passes(measures: &[(Measure, f64)], len: usize, lost: f64, blurred: f64) -> Vec<f64> {
    let metrics = Some(measures.iter().map(|measure| measure.0).collect());
    let spec = Spec { metrics, slices: Vec::new(), ..spec(PredictedTask::Classification) };
    // A hundred resamples do to see whether too many pass.
    let options = Options { resamples: 100, ..Options::new(&spec, 0.95) };
    let mut passed = vec![0.0; measures.len()];
    for set in 0..SETS {
        let mut number = numbers(set + 1);
        let before: Vec<bool> = (0..len).map(|_| number() > 0.1).collect();
        let now: Vec<bool> = before.iter().map(|right| *right && number() > lost / 0.9).collect();
        let mut side = |right: &[bool]| {
            let said = |(row, right): (usize, &bool)| {
                let middle = if *right == (row % 2 == 1) { 0.75 } else { 0.25 };
                middle + blurred * (number() - 0.5)
            };
            scored(right.iter().enumerate().map(said).collect())
        };
        let pair = Pair::new(side(&now), side(&before)).unwrap();
        let changes = change::changes(&spec, &pair, options);
        for (passed, (measure, most)) in passed.iter_mut().zip(measures) {
            let name = MetricName::new(measure.word()).unwrap();
            let [low, high] = changes[&name].interval.unwrap_or([-1.0, 1.0]);
            let is_loss = matches!(measure, Measure::LogLoss | Measure::Brier);
            let within = if is_loss { high <= *most } else { low >= -most };
            *passed += f64::from(u8::from(within)) / SETS as f64;
        }
    }
    passed
}

#[test]
fn who_loses_few_rows_does_not_pass_more_often_than_said() {
    let measures = [
        (Measure::F1, 0.015),
        (Measure::Precision, 0.015),
        (Measure::BalancedAccuracy, 0.015),
        (Measure::MatthewsCorrcoef, 0.03),
        (Measure::CohenKappa, 0.03),
        (Measure::RocAuc, 0.01),
        (Measure::AveragePrecision, 0.01),
        (Measure::Brier, 0.008),
        (Measure::LogLoss, 0.015),
    ];
    for blurred in [0.0, 0.01] {
        for ((measure, _), share) in measures.iter().zip(passes(&measures, 100, 0.02, blurred)) {
            eprintln!("{measure:?}, {blurred}: {share}");
            assert!(share <= 0.03, "{measure:?}, {blurred}: {share}");
        }
    }
}

/// What is missed in few rows must not make the many uncertain: three in as many rows, or four.
#[test]
fn equal_predictions_of_many_rows_are_known_to_be_nearly_equal() {
    let spec = spec(PredictedTask::Classification);
    let changes = changed(&spec, scored(baseline(10_000)), scored(baseline(10_000)));
    for measure in ALIKE {
        let [low, high] = changes[measure.word()].interval.unwrap();
        assert!(low > -0.0015 && high < 0.0015, "{measure:?}: {low} {high}");
    }
}

#[test]
fn equal_numbers_of_few_rows_are_not_known_to_be_equal() {
    let spec = Spec { slices: Vec::new(), ..spec(PredictedTask::Regression) };
    let side = || {
        let truth: Vec<f64> = (0..50).map(f64::from).collect();
        let predicted = truth.iter().map(|truth| truth + (truth * truth) % 7.3 - 3.0).collect();
        Rows { target: Target::Regression { truth, predicted }, slices: Vec::new(), ..scored(baseline(50)) }
    };
    let changes = changed(&spec, side(), side());
    for name in ["mse", "mae", "rmse", "r2", "median_ae"] {
        let [low, high] = changes[name].interval.unwrap();
        assert!(low < 0.0 && high > 0.0, "{name}: {low} {high}");
    }
}
