//! The median and the largest of absolute errors, which no influence tells.

use super::change::Options;
use super::floor;
use super::pair::{BASELINE, Both, CANDIDATE, Pair};
use crate::config::Measure;
use crate::record::{Estimate, Method};
use crate::statistics::bootstrap;

/// More rows than these are not resampled for the median, which then has no interval of its change.
const MOST_RESAMPLED: usize = 200_000;

/// The change of the median or of the largest absolute error. The latter has no interval: nothing that was seen tells
/// how far the next one goes.
pub fn change(measure: Measure, pair: &Pair, options: Options) -> Option<Estimate> {
    let Both::Regression { truth, predicted } = &pair.both else { return None };
    let sides = [CANDIDATE, BASELINE].map(|side| Errors::new(truth, &predicted[side]));
    let weight = |row: usize| pair.weight(row);
    let alike = pair.weights.is_none();
    let of = |sides: &[Errors; 2], value: &dyn Fn(&Errors) -> f64| {
        let change = value(&sides[CANDIDATE]) - value(&sides[BASELINE]);
        change.is_finite().then_some(change)
    };
    if measure == Measure::MaxError {
        let value = of(&sides, &Errors::largest)?;
        return Some(Estimate { value, interval: None, method: None });
    }
    let value = of(&sides, &|errors| errors.median(alike, weight))?;
    let by =
        (pair.rows <= MOST_RESAMPLED).then(|| resampled(&sides, alike, weight, pair.rows, options)).flatten();
    let unseen = floor::of_median(pair, options.confidence, |part| sides[CANDIDATE].quantile(part, weight));
    let interval = by.map(|by| floor::at_least(value, unseen, by.0));
    Some(Estimate { value, interval, method: by.map(|by| by.1) })
}

fn resampled(
    sides: &[Errors; 2],
    alike: bool,
    weight: impl Fn(usize) -> f64 + Sync,
    rows: usize,
    options: Options,
) -> Option<([f64; 2], Method)> {
    let statistic = |drawn: &[u8]| {
        let [candidate, baseline] =
            sides.each_ref().map(|errors| errors.median(alike, |row| f64::from(drawn[row]) * weight(row)));
        candidate - baseline
    };
    let mut resampled = bootstrap::rows(rows, options.draws(), super::SEED, statistic);
    // A median has no influence to take an acceleration from, and percentiles serve it well.
    let interval = bootstrap::percentile(&mut resampled, options.confidence)?;
    Some((interval, Method::Percentile))
}

/// Absolute errors in ascending order, each with its row.
struct Errors(Vec<(f64, u32)>);

impl Errors {
    fn new(truth: &[f64], predicted: &[f64]) -> Self {
        let errors = truth.iter().zip(predicted).map(|(truth, predicted)| (truth - predicted).abs());
        let mut errors: Vec<(f64, u32)> = errors.zip(0..).collect();
        errors.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        Self(errors)
    }

    fn largest(&self) -> f64 {
        self.0.last().map_or(f64::NAN, |last| last.0)
    }

    /// The lowest that at least this part of the weight does not exceed.
    fn quantile(&self, part: f64, weight: impl Fn(usize) -> f64) -> f64 {
        let all: f64 = self.0.iter().map(|(_, row)| weight(*row as usize)).sum();
        let mut so_far = 0.0;
        let reached = self.0.iter().find(|(_, row)| {
            so_far += weight(*row as usize);
            so_far >= part * all
        });
        reached.map_or(self.largest(), |reached| reached.0)
    }

    /// The lowest that at least half of the weight does not exceed, as scikit-learn has it; where rows weigh alike and
    /// it is exactly half, the mean of it and the next, as NumPy has it.
    fn median(&self, alike: bool, weight: impl Fn(usize) -> f64) -> f64 {
        let all: f64 = self.0.iter().map(|(_, row)| weight(*row as usize)).sum();
        let weighted = self.0.iter().map(|(error, row)| (*error, weight(*row as usize)));
        let (mut so_far, mut lower) = (0.0, None);
        for (error, weight) in weighted.filter(|(_, weight)| *weight > 0.0) {
            if let Some(lower) = lower {
                return (lower + error) / 2.0;
            }
            so_far += weight;
            if so_far * 2.0 == all && alike {
                lower = Some(error);
            } else if so_far * 2.0 >= all {
                return error;
            }
        }
        f64::NAN
    }
}
