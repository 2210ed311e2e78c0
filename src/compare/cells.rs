//! What comes of predicted classes alone: rows of the same truth and predictions are one cell.

use std::collections::BTreeMap;

use super::change::Options;
use super::floor;
use super::pair::{BASELINE, CANDIDATE};
use crate::config::Measure;
use crate::evaluate::predictions::{Margins, effective};
use crate::record::{Estimate, Method};
use crate::statistics::{bootstrap, delta, newcombe};

/// More cells than these are not resampled: the delta method holds well before.
const MOST_CELLS: usize = 1024;

/// What the rows of a cell have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The part of the rows, where they are divided.
    pub group: u32,
    /// The true class.
    pub truth: u32,
    /// What each side predicted.
    pub predicted: [u32; 2],
}

/// The rows of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    rows: u64,
    /// Σ w
    pub weight: f64,
    /// Σ w²
    pub squares: f64,
}

/// The cells that hold a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    kinds: Vec<Kind>,
    rows: Vec<u64>,
    weights: Vec<f64>,
    squares: Vec<f64>,
    /// Whether all rows weigh the same.
    alike: bool,
}

impl Cells {
    /// Counts rows.
    pub fn new(rows: impl Iterator<Item = (Kind, f64)>, alike: bool) -> Self {
        let mut cells: BTreeMap<Kind, Sums> = BTreeMap::new();
        for (kind, weight) in rows {
            let sums = cells.entry(kind).or_default();
            sums.rows += 1;
            sums.weight += weight;
            sums.squares += weight * weight;
        }
        Self::of(&cells, alike)
    }

    fn of(cells: &BTreeMap<Kind, Sums>, alike: bool) -> Self {
        Self {
            kinds: cells.keys().copied().collect(),
            rows: cells.values().map(|sums| sums.rows).collect(),
            weights: cells.values().map(|sums| sums.weight).collect(),
            squares: cells.values().map(|sums| sums.squares).collect(),
            alike,
        }
    }

    /// Their weights, in the order of [`Self::kinds`].
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The kinds of rows, in order.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The same, with cells that hold no row.
    pub fn with(&self, empty: impl Iterator<Item = Kind>) -> Self {
        let mut cells: BTreeMap<Kind, Sums> = self.sums().collect();
        empty.for_each(|kind| {
            cells.entry(kind).or_default();
        });
        Self::of(&cells, self.alike)
    }

    /// Each cell and what it holds, in order.
    pub fn sums(&self) -> impl Iterator<Item = (Kind, Sums)> + '_ {
        let of = |place: usize| Sums {
            rows: self.rows[place],
            weight: self.weights[place],
            squares: self.squares[place],
        };
        self.kinds.iter().enumerate().map(move |(place, kind)| (*kind, of(place)))
    }

    /// The changes of what follows from the cells' weights, candidate − baseline: `each` gives a side's values, of these
    /// cells and of others. None for a value that is not a number.
    pub fn changes(
        &self,
        options: Options,
        each: impl Fn(&Self, usize, &[f64]) -> Vec<f64> + Sync,
    ) -> Vec<Option<Estimate>> {
        let change = |cells: &Self, weights: &[f64]| -> Vec<f64> {
            let sides = each(cells, CANDIDATE, weights).into_iter().zip(each(cells, BASELINE, weights));
            sides.map(|(one, other)| one - other).collect()
        };
        let statistic = |weights: &[f64]| change(self, weights);
        let slopes = slopes(&self.weights, statistic);
        let unseen = floor::of_cells(self, options.confidence, change);
        let resample = self.alike && options.resample && self.kinds.len() <= MOST_CELLS;
        // Drawing is what takes time: each resample serves all values.
        let resampled = match resample {
            true => bootstrap::cells(&self.rows, options.draws(), super::SEED, statistic),
            false => Vec::new(),
        };
        let estimate = |(place, value): (usize, f64)| {
            let slopes: Vec<f64> = slopes.iter().map(|slopes| slopes[place]).collect();
            let by = if resample {
                let mut values: Vec<f64> = resampled.iter().map(|values| values[place]).collect();
                let rows = self.rows.iter().map(|rows| *rows as f64);
                let acceleration = bootstrap::acceleration(slopes.into_iter().zip(rows));
                super::bootstrapped(&mut values, value, acceleration, options.confidence)
            } else {
                self.by_slopes(value, &slopes, options.confidence).map(|interval| (interval, Method::Delta))
            };
            value.is_finite().then_some(Estimate {
                value,
                interval: by.map(|by| unseen[place].beyond(by.0)),
                method: by.map(|by| by.1),
            })
        };
        statistic(&self.weights).into_iter().enumerate().map(estimate).collect()
    }

    /// The delta method: a row's influence is the slope at its cell, by its weight.
    fn by_slopes(&self, value: f64, slopes: &[f64], confidence: f64) -> Option<[f64; 2]> {
        let spread: f64 =
            slopes.iter().zip(&self.squares).map(|(slope, squares)| slope * slope * squares).sum();
        let rows = effective(self.weights.iter().sum(), self.squares.iter().sum());
        if rows.is_nan() || rows <= 1.0 {
            return None;
        }
        delta(value, (spread * rows / (rows - 1.0)).sqrt(), confidence)
    }

    /// Newcombe's interval of the change of the share of right predictions, among the rows of a true class or among
    /// all. None of weighted rows, for which it has no form.
    pub fn newcombe(&self, truth: Option<u32>, confidence: f64) -> Option<[f64; 2]> {
        if !self.alike {
            return None;
        }
        let mut table = [[0.0; 2]; 2];
        for (kind, rows) in self.kinds.iter().zip(&self.rows) {
            if truth.is_none_or(|truth| truth == kind.truth) {
                let [candidate, baseline] =
                    kind.predicted.map(|predicted| usize::from(predicted == kind.truth));
                table[candidate][baseline] += *rows as f64;
            }
        }
        newcombe(table[1][1], table[1][0], table[0][1], table[0][0], confidence)
    }

    /// The changes of metrics of predicted classes among so many classes.
    pub fn measures(&self, measures: &[Measure], classes: usize, options: Options) -> Vec<Option<Estimate>> {
        self.changes(options, |cells, side, weights| {
            let margins = cells.margins(classes, side, weights);
            measures.iter().map(|measure| number(&margins, *measure)).collect()
        })
    }

    /// The change of one of them, without an interval.
    pub fn value(&self, measure: Measure, classes: usize) -> Option<f64> {
        let of = |side| number(&self.margins(classes, side, &self.weights), measure);
        Some(of(CANDIDATE) - of(BASELINE)).filter(|change| change.is_finite())
    }

    fn margins(&self, classes: usize, side: usize, weights: &[f64]) -> Margins {
        let mut margins = Margins::new(classes);
        // A class of which no row was drawn is none of the resample's.
        let drawn = self.kinds.iter().zip(weights).filter(|(_, weight)| **weight != 0.0 || !self.alike);
        for (kind, weight) in drawn {
            margins.add(kind.truth as usize, kind.predicted[side] as usize, *weight);
        }
        margins
    }
}

/// NaN of what does not follow from predicted classes.
fn number(margins: &Margins, measure: Measure) -> f64 {
    margins.value(measure).map_or(f64::NAN, |value| value.number)
}

/// How statistics change with the weight of each cell, by central differences: influences, up to a factor. For each cell
/// a value a statistic.
fn slopes(weights: &[f64], statistic: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let mut moved = weights.to_vec();
    let mut slope = |place: usize| {
        let step = 1e-4 * weights[place];
        moved[place] = weights[place] + step;
        let above = statistic(&moved);
        moved[place] = weights[place] - step;
        let below = statistic(&moved);
        moved[place] = weights[place];
        let slope =
            |(above, below): (f64, f64)| if step > 0.0 { (above - below) / (2.0 * step) } else { 0.0 };
        above.into_iter().zip(below).map(slope).collect()
    };
    (0..weights.len()).map(&mut slope).collect()
}
