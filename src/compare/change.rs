//! The change of each metric between two predictions of the same rows, with its interval.

use std::collections::BTreeMap;

use super::cells::{Cells, Kind};
use super::floor;
use super::influence::{self, Weights};
use super::median;
use super::pair::{BASELINE, Both, CANDIDATE, Pair};
use crate::config::{self, Intervals, Measure, Needs};
use crate::name::MetricName;
use crate::record::{Estimate, Method, Task};
use crate::statistics::{bootstrap, delong, delta, student};

/// Up to so many rows a bootstrap that was asked for is made row by row.
pub const MOST_RESAMPLED: usize = 50_000;

/// How changes are computed.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The confidence of the intervals.
    pub confidence: f64,
    /// The bins of the calibration.
    pub bins: usize,
    /// The resamples of a bootstrap.
    pub resamples: u32,
    /// Whether all intervals are to be of the bootstrap.
    pub bootstrap: bool,
    /// Whether cells are resampled, or else only their influence is summed: for many slices.
    pub resample: bool,
}

impl Options {
    /// As the configuration has them.
    pub fn new(spec: &config::Predictions, confidence: f64) -> Self {
        let (resamples, bootstrap) = match spec.intervals {
            Intervals::Auto => (config::Predictions::RESAMPLES, false),
            Intervals::Bootstrap(resamples) => (resamples, true),
        };
        Self { confidence, bins: spec.bins, resamples, bootstrap, resample: true }
    }

    /// How many resamples are drawn: as many as the confidence needs at least, but for one that would take all day.
    pub fn draws(self) -> u32 {
        const MOST: u32 = 100_000;
        self.resamples.max(bootstrap::least(self.confidence).min(MOST))
    }
}

/// The changes of all metrics that were asked for and that both sides have.
pub fn changes(spec: &config::Predictions, pair: &Pair, options: Options) -> BTreeMap<MetricName, Estimate> {
    let task = task(pair);
    let asked = Measure::ALL.into_iter().filter(|measure| measure.is_of(task) && spec.asks_for(*measure));
    let (of_cells, others): (Vec<Measure>, Vec<Measure>) =
        asked.partition(|measure| task != Task::Regression && measure.needs() == Needs::Predicted);
    let others = others.into_iter().map(|measure| (measure, change(measure, pair, options)));
    let named = |(measure, change): (Measure, Option<Estimate>)| {
        Some((MetricName::new(measure.word()).ok()?, change?))
    };
    others.chain(of_predicted(&of_cells, pair, options)).filter_map(named).collect()
}

/// Of predicted classes: Newcombe's interval for a share of right predictions, else the bootstrap of the cells.
fn of_predicted(measures: &[Measure], pair: &Pair, options: Options) -> Vec<(Measure, Option<Estimate>)> {
    let (Both::Classes { classes, .. }, Some(cells)) = (&pair.both, cells(pair, |_| 0)) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    let mut others = Vec::new();
    for measure in measures {
        let share = right_among(*measure).filter(|_| !options.bootstrap);
        match share.and_then(|truth| cells.newcombe(truth, options.confidence)) {
            Some(interval) => {
                let sure =
                    |value| Estimate { value, interval: Some(interval), method: Some(Method::Newcombe) };
                changes.push((*measure, cells.value(*measure, *classes).map(sure)));
            }
            None => others.push(*measure),
        }
    }
    changes.extend(others.iter().copied().zip(cells.measures(&others, *classes, options)));
    changes
}

/// Of a share of right predictions the true class that it is among, none being all; none of another metric.
const fn right_among(measure: Measure) -> Option<Option<u32>> {
    match measure {
        Measure::Accuracy | Measure::PrecisionMicro | Measure::RecallMicro | Measure::F1Micro => Some(None),
        Measure::Recall => Some(Some(1)),
        Measure::Specificity => Some(Some(0)),
        _ => None,
    }
}

fn task(pair: &Pair) -> Task {
    match &pair.both {
        Both::Regression { .. } => Task::Regression,
        Both::Classes { classes, scores, .. } if *classes > 2 || scores[CANDIDATE].len() > 1 => Task::Classes,
        Both::Classes { .. } => Task::Binary,
    }
}

/// The cells of predicted classes, with each row's group; none of numbers.
pub fn cells(pair: &Pair, group: impl Fn(usize) -> u32) -> Option<Cells> {
    let Both::Classes { truth, predicted, .. } = &pair.both else { return None };
    let kind = |row: usize| Kind {
        group: group(row),
        truth: truth[row],
        predicted: [predicted[CANDIDATE][row], predicted[BASELINE][row]],
    };
    Some(Cells::new((0..pair.rows).map(|row| (kind(row), pair.weight(row))), pair.weights.is_none()))
}

fn change(measure: Measure, pair: &Pair, options: Options) -> Option<Estimate> {
    match measure {
        Measure::MedianAe | Measure::MaxError => median::change(measure, pair, options),
        Measure::RocAuc if pair.weights.is_none() && !options.bootstrap => {
            paired_areas(pair, options.confidence)
        }
        _ => of_influences(measure, pair, options),
    }
}

fn paired_areas(pair: &Pair, confidence: f64) -> Option<Estimate> {
    let Both::Classes { truth, scores: [candidate, baseline], .. } = &pair.both else { return None };
    let ([candidate], [baseline]) = (candidate.as_slice(), baseline.as_slice()) else { return None };
    let positive: Vec<bool> = truth.iter().map(|class| *class == 1).collect();
    let area = delong::difference(&positive, candidate, baseline)?;
    let interval = area.error.and_then(|error| delta(area.value, error, confidence));
    let half = floor::of_classes(truth, 2, Weights(None), confidence);
    let interval = interval.map(|interval| floor::at_least(area.value, half, interval));
    Some(Estimate { value: area.value, interval, method: interval.map(|_| Method::Delong) })
}

/// By the differences of the rows' influences: of a mean that is Student's t of the rows' differences.
fn of_influences(measure: Measure, pair: &Pair, options: Options) -> Option<Estimate> {
    let weights = Weights(pair.weights.as_deref());
    let side = |side| influence::of(measure, &pair.both, side, weights, options.bins);
    let (candidate, baseline) = (side(CANDIDATE)?, side(BASELINE)?);
    let value = candidate.value - baseline.value;
    let differences: Vec<f64> =
        candidate.rows.iter().zip(&baseline.rows).map(|(one, other)| one - other).collect();
    let by = if options.bootstrap && pair.rows <= MOST_RESAMPLED {
        resampled(measure, pair, value, &differences, options)
    } else {
        by_influences(measure, value, &differences, weights, options.confidence)
    };
    let half = match &pair.both {
        Both::Classes { classes, truth, .. } if is_of_order(measure) => {
            floor::of_classes(truth, *classes, weights, options.confidence)
        }
        both => {
            let turned = |enough| influence::if_turned(measure, both, CANDIDATE, weights, enough);
            floor::of_influences([&candidate.rows, &baseline.rows], weights, options.confidence, turned)
        }
    };
    let interval = by.map(|by| floor::at_least(value, half, by.0));
    Some(Estimate { value, interval, method: by.map(|by| by.1) })
}

/// Whether only the order of scores counts.
const fn is_of_order(measure: Measure) -> bool {
    matches!(measure, Measure::RocAuc | Measure::AveragePrecision | Measure::RocAucOvr | Measure::RocAucOvo)
}

fn by_influences(
    measure: Measure,
    value: f64,
    differences: &[f64],
    weights: Weights<'_>,
    confidence: f64,
) -> Option<([f64; 2], Method)> {
    let rows = weights.effective(differences.len());
    if rows.is_nan() || rows <= 1.0 {
        return None;
    }
    let spread: f64 =
        differences.iter().enumerate().map(|(row, influence)| (weights.of(row) * influence).powi(2)).sum();
    let error = (spread * rows / (rows - 1.0)).sqrt();
    if is_mean(measure) {
        Some((student(value, error, rows - 1.0, confidence)?, Method::T))
    } else {
        Some((delta(value, error, confidence)?, Method::Delta))
    }
}

const fn is_mean(measure: Measure) -> bool {
    matches!(measure, Measure::LogLoss | Measure::Brier | Measure::Mse | Measure::Mae | Measure::Mape)
}

/// The bootstrap of the rows: a row that is drawn twice weighs twice, on both sides.
fn resampled(
    measure: Measure,
    pair: &Pair,
    value: f64,
    differences: &[f64],
    options: Options,
) -> Option<([f64; 2], Method)> {
    let statistic = |drawn: &[u8]| {
        let weights: Vec<f64> =
            drawn.iter().enumerate().map(|(row, drawn)| f64::from(*drawn) * pair.weight(row)).collect();
        let side = |side| influence::of(measure, &pair.both, side, Weights(Some(&weights)), options.bins);
        match (side(CANDIDATE), side(BASELINE)) {
            (Some(candidate), Some(baseline)) => candidate.value - baseline.value,
            _ => f64::NAN,
        }
    };
    let mut resampled = bootstrap::rows(pair.rows, options.draws(), super::SEED, statistic);
    let parts = differences.iter().enumerate().map(|(row, part)| (part * pair.weight(row), 1.0));
    let acceleration = bootstrap::acceleration(parts);
    super::bootstrapped(&mut resampled, value, acceleration, options.confidence)
}
