//! The changes of differences between slices.

use std::collections::BTreeMap;

use super::cells::{Cells, Kind};
use super::change::{Options, cells};
use super::pair::{Both, Pair, at};
use crate::config::{self, Fairness};
use crate::name::MetricName;
use crate::record::Estimate;

/// The changes of the differences between the slices of each slicing that are not small; of two classes only, as
/// Fairlearn has them.
pub fn changes(
    spec: &config::Predictions,
    pair: &Pair,
    slices: &[(Vec<String>, Vec<u32>)],
    options: Options,
) -> BTreeMap<MetricName, Estimate> {
    let mut changes = BTreeMap::new();
    if !matches!(pair.both, Both::Classes { classes: 2, .. }) {
        return changes;
    }
    for (slicing, (names, rows)) in spec.slices.iter().zip(slices) {
        let mut counts = vec![0_u64; names.len()];
        rows.iter().for_each(|slice| counts[*slice as usize] += 1);
        let places: Vec<u32> = (0..)
            .zip(rows)
            .filter(|(_, slice)| counts[**slice as usize] >= spec.small_slice)
            .map(|row| row.0)
            .collect();
        let large = pair.select(&places);
        let slices = at(rows, &places);
        let Some(cells) = cells(&large, |row| slices[row]) else { continue };
        if counts.iter().filter(|count| **count > 0 && **count >= spec.small_slice).count() < 2 {
            continue;
        }
        for (fairness, change) in Fairness::ALL.iter().zip(differences(&cells, names.len(), options)) {
            let name = MetricName::new(format!("{}.{}", fairness.word(), slicing.name()));
            if let (Ok(name), Some(change)) = (name, change) {
                changes.insert(name, change);
            }
        }
    }
    changes
}

/// The changes of all differences, in the order of [`Fairness::ALL`].
fn differences(cells: &Cells, groups: usize, options: Options) -> Vec<Option<Estimate>> {
    cells.changes(options, |cells, side, weights| {
        let mut all = vec![Group::default(); groups];
        for (kind, weight) in cells.kinds().iter().zip(weights) {
            all[kind.group as usize].add(kind, side, *weight);
        }
        Fairness::ALL.iter().map(|fairness| difference(*fairness, &all)).collect()
    })
}

/// The rows of a slice: of the negative and of the positive class.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    seen: bool,
    rows: [f64; 2],
    taken_for_positive: [f64; 2],
}

impl Group {
    fn add(&mut self, kind: &Kind, side: usize, weight: f64) {
        let class = usize::from(kind.truth == 1);
        self.seen = true;
        self.rows[class] += weight;
        if kind.predicted[side] == 1 {
            self.taken_for_positive[class] += weight;
        }
    }

    /// Of the rows of a class, the share that is taken for positive; NaN of nothing.
    fn rate(&self, class: usize) -> f64 {
        share(self.taken_for_positive[class], self.rows[class])
    }

    fn selected(&self) -> f64 {
        share(self.taken_for_positive.iter().sum(), self.rows.iter().sum())
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { f64::NAN } else { part / whole }
}

fn difference(fairness: Fairness, groups: &[Group]) -> f64 {
    let spread = |rate: &dyn Fn(&Group) -> f64| {
        // A slice without a row of the class is left out, and fewer than two others do not differ.
        let rates: Vec<f64> =
            groups.iter().filter(|group| group.seen).map(rate).filter(|rate| rate.is_finite()).collect();
        let [low, high] = rates
            .iter()
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], rate| [low.min(*rate), high.max(*rate)]);
        if rates.len() < 2 { f64::NAN } else { high - low }
    };
    match fairness {
        Fairness::DemographicParity => spread(&Group::selected),
        Fairness::EqualOpportunity => spread(&|group| group.rate(1)),
        Fairness::EqualizedOdds => {
            let [right, wrong] = [1, 0].map(|class| spread(&|group| group.rate(class)));
            // Undefined where either is; the larger of two would be the other one.
            if right.is_nan() || wrong.is_nan() { f64::NAN } else { right.max(wrong) }
        }
    }
}
