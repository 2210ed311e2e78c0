//! What comes of predicted classes alone: rows of the same truth and predictions are one cell.

use std::collections::BTreeMap;

use super::change::Options;
use super::pair::{BASELINE, CANDIDATE};
use crate::config::Measure;
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
struct Sums {
    rows: u64,
    weight: f64,
    squares: f64,
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
        Self {
            kinds: cells.keys().copied().collect(),
            rows: cells.values().map(|sums| sums.rows).collect(),
            weights: cells.values().map(|sums| sums.weight).collect(),
            squares: cells.values().map(|sums| sums.squares).collect(),
            alike,
        }
    }

    /// The kinds of rows, in order.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The changes of what follows from the cells' weights, candidate − baseline: `each` gives a side's values. None for
    /// a value that is not a number.
    pub fn changes(
        &self,
        options: Options,
        each: impl Fn(usize, &[f64]) -> Vec<f64> + Sync,
    ) -> Vec<Option<Estimate>> {
        let statistic = |weights: &[f64]| -> Vec<f64> {
            each(CANDIDATE, weights)
                .iter()
                .zip(each(BASELINE, weights))
                .map(|(one, other)| one - other)
                .collect()
        };
        let slopes = slopes(&self.weights, statistic);
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
                interval: by.map(|by| by.0),
                method: by.map(|by| by.1),
            })
        };
        statistic(&self.weights).into_iter().enumerate().map(estimate).collect()
    }

    /// The delta method: a row's influence is the slope at its cell, by its weight.
    fn by_slopes(&self, value: f64, slopes: &[f64], confidence: f64) -> Option<[f64; 2]> {
        let spread: f64 =
            slopes.iter().zip(&self.squares).map(|(slope, squares)| slope * slope * squares).sum();
        let (sum, squares): (f64, f64) = (self.weights.iter().sum(), self.squares.iter().sum());
        let rows = sum * sum / squares;
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
        self.changes(options, |side, weights| {
            let margins = self.margins(classes, side, weights);
            measures.iter().map(|measure| margins.value(*measure).unwrap_or(f64::NAN)).collect()
        })
    }

    /// The change of one of them, without an interval.
    pub fn value(&self, measure: Measure, classes: usize) -> Option<f64> {
        let of = |side| self.margins(classes, side, &self.weights).value(measure);
        Some(of(CANDIDATE)? - of(BASELINE)?).filter(|change| change.is_finite())
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

/// The sums over rows and columns of a table of true against predicted classes, and its diagonal.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    truth: Vec<f64>,
    predicted: Vec<f64>,
    right: Vec<f64>,
    /// Whether a row has the class, if only with a weight of 0.
    seen: Vec<bool>,
}

impl Margins {
    /// Of no row.
    pub fn new(classes: usize) -> Self {
        let none = vec![0.0; classes];
        Self { truth: none.clone(), predicted: none.clone(), right: none, seen: vec![false; classes] }
    }

    /// Adds a cell.
    pub fn add(&mut self, truth: usize, predicted: usize, weight: f64) {
        self.truth[truth] += weight;
        self.predicted[predicted] += weight;
        if truth == predicted {
            self.right[truth] += weight;
        }
        self.seen[truth] = true;
        self.seen[predicted] = true;
    }

    /// The value of a metric of predicted classes, as scikit-learn has it; none for any other. Of two classes the
    /// second is the positive one.
    pub fn value(&self, measure: Measure) -> Option<f64> {
        use Measure as M;
        let total: f64 = self.truth.iter().sum();
        Some(match measure {
            M::Accuracy | M::PrecisionMicro | M::RecallMicro | M::F1Micro => {
                self.right.iter().sum::<f64>() / total
            }
            M::BalancedAccuracy => {
                self.mean(|class| self.recall(class), |class| f64::from(self.truth[class] > 0.0))
            }
            M::Precision => self.precision(1),
            M::Recall => self.recall(1),
            M::Specificity => self.recall(0),
            M::F1 => self.f1(1),
            M::PrecisionMacro => self.mean(|class| self.precision(class), |_| 1.0),
            M::RecallMacro => self.mean(|class| self.recall(class), |_| 1.0),
            M::F1Macro => self.mean(|class| self.f1(class), |_| 1.0),
            M::PrecisionWeighted => self.mean(|class| self.precision(class), |class| self.truth[class]),
            M::RecallWeighted => self.mean(|class| self.recall(class), |class| self.truth[class]),
            M::F1Weighted => self.mean(|class| self.f1(class), |class| self.truth[class]),
            M::MatthewsCorrcoef => self.matthews(total),
            M::CohenKappa => self.kappa(total),
            _ => return None,
        })
    }

    fn precision(&self, class: usize) -> f64 {
        share(get(&self.right, class), get(&self.predicted, class))
    }

    fn recall(&self, class: usize) -> f64 {
        share(get(&self.right, class), get(&self.truth, class))
    }

    fn f1(&self, class: usize) -> f64 {
        share(2.0 * get(&self.right, class), get(&self.truth, class) + get(&self.predicted, class))
    }

    fn mean(&self, of: impl Fn(usize) -> f64, weight: impl Fn(usize) -> f64) -> f64 {
        let seen = (0..self.seen.len()).filter(|class| self.seen[*class]);
        let (sum, weights) = seen.fold((0.0, 0.0), |(sum, weights), class| {
            (sum + weight(class) * of(class), weights + weight(class))
        });
        sum / weights
    }

    fn matthews(&self, total: f64) -> f64 {
        let spread = |margin: &[f64]| margin.iter().map(|part| part * (total - part)).sum::<f64>();
        let both: f64 = self.right.iter().sum::<f64>() * total - self.by_chance();
        share(both, (spread(&self.truth) * spread(&self.predicted)).sqrt())
    }

    fn kappa(&self, total: f64) -> f64 {
        let wrong = total - self.right.iter().sum::<f64>();
        1.0 - wrong * total / (total * total - self.by_chance())
    }

    fn by_chance(&self) -> f64 {
        self.truth.iter().zip(&self.predicted).map(|(truth, predicted)| truth * predicted).sum()
    }
}

fn get(sums: &[f64], class: usize) -> f64 {
    sums.get(class).copied().unwrap_or(f64::NAN)
}

/// 0 of nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}
