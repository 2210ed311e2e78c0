//! What is summed of classes while the rows pass. A tally is of a batch, of a slice or of all: tallies merge.

use super::calibration::Bins;
use super::confusion::{Cell, Cells};
use super::ranking::Scored;
use super::sum::{Loss, Weights};
use crate::config::{self, Measure};

/// What a tally is to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    /// The log loss.
    pub log: bool,
    /// The Brier score.
    pub brier: bool,
    /// The scores themselves, for what needs their order.
    pub ranks: bool,
    /// The bins of the calibration; none for none.
    pub bins: usize,
}

/// Rows of two classes, or of several without scores.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// The rows and their weights.
    pub weights: Weights,
    /// True against predicted classes.
    pub cells: Cells,
    /// What the scores come to, by true class; empty without scores.
    pub by_truth: Vec<OfTruth>,
}

/// The scores of one true class, which while they are summed nobody knows to be the positive one or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OfTruth {
    /// What they lose if it is not, and if it is; without the logarithms where those wait for [`OfTruth::lost`].
    losses: [Losses; 2],
    /// By how high they are.
    pub bins: Bins,
    /// The scores themselves.
    pub scores: Scored,
}

/// What probabilities lose.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// The negative logarithm of the true class's probability.
    pub log: Loss,
    /// The squared error of the probabilities.
    pub brier: Loss,
}

/// A table of true and predicted classes that is quick while there are few.
const DENSE: usize = 32;

/// Two classes have two codes; four where they are spelled in two ways. More of them are refused in the end.
const MOST_SCORED: usize = 4;

/// The rows of two classes, by column.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// The true class of each row.
    pub truth: &'a [u32],
    /// The predicted class of each row; none where the score tells.
    pub predicted: Option<&'a [u32]>,
    /// The positive class's score of each row; empty without.
    pub scores: &'a [f64],
    /// The weights; none where all weigh the same.
    pub weights: Option<&'a [f64]>,
    /// The score from which on a row is positive.
    pub threshold: f64,
}

impl Columns<'_> {
    #[inline]
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    #[inline]
    fn predicted(&self, row: usize) -> u32 {
        match self.predicted {
            Some(predicted) => predicted[row],
            None => u32::from(self.scores[row] >= self.threshold),
        }
    }
}

impl Wishes {
    /// What the metrics that are asked for need. `pictures` for what only pictures show, too.
    #[must_use]
    pub fn of(spec: &config::Predictions, pictures: bool) -> Self {
        let any = |measures: &[Measure]| measures.iter().any(|measure| spec.asks_for(*measure));
        let all = spec.metrics.is_none();
        let bins = all && pictures || any(&[Measure::ExpectedCalibrationError]);
        let targets = pictures && !spec.targets.is_empty();
        Self {
            log: any(&[Measure::LogLoss]),
            brier: any(&[Measure::Brier]),
            ranks: targets
                || any(&[Measure::RocAuc, Measure::RocAucOvr, Measure::RocAucOvo, Measure::AveragePrecision]),
            bins: if bins { spec.bins } else { 0 },
        }
    }
}

impl Wishes {
    /// Where the scores are kept, logarithms are taken when it is known which class is the positive one: half as many.
    const fn logs_wait(self) -> bool {
        self.ranks
    }
}

impl Tally {
    /// Of some rows.
    #[must_use]
    pub fn of(columns: &Columns<'_>, wishes: Wishes) -> Self {
        let mut tally = Self::default();
        match columns.weights {
            None => tally.weights.add_rows(columns.truth.len() as u64),
            Some(weights) => weights.iter().for_each(|weight| tally.weights.add(*weight)),
        }
        tally.count(columns);
        for (row, score) in columns.scores.iter().enumerate() {
            let truth = columns.truth[row] as usize;
            if truth >= MOST_SCORED {
                continue;
            }
            if tally.by_truth.len() <= truth {
                let fresh = || OfTruth { bins: Bins::new(wishes.bins), ..OfTruth::default() };
                tally.by_truth.resize_with(truth + 1, fresh);
            }
            tally.by_truth[truth].add(*score, columns.weights.map(|weights| weights[row]), wishes);
        }
        tally
    }

    fn count(&mut self, columns: &Columns<'_>) {
        let most = |codes: &[u32]| codes.iter().copied().max().unwrap_or(0) as usize;
        if most(columns.truth).max(columns.predicted.map_or(1, most)) >= DENSE {
            for (row, truth) in columns.truth.iter().enumerate() {
                self.cells.cell(*truth, columns.predicted(row)).add(columns.weight(row));
            }
            return;
        }
        let mut cells = vec![Cell::default(); DENSE * DENSE];
        for (row, truth) in columns.truth.iter().enumerate() {
            let cell = &mut cells[*truth as usize * DENSE + columns.predicted(row) as usize];
            match columns.weights {
                None => cell.rows += 1,
                Some(weights) => cell.add(weights[row]),
            }
        }
        for (place, cell) in cells.into_iter().enumerate().filter(|(_, cell)| cell.rows > 0) {
            let cell = if columns.weights.is_some() { cell } else { Cell::of_rows(cell.rows) };
            self.cells.cell((place / DENSE) as u32, (place % DENSE) as u32).merge(cell);
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.weights.merge(other.weights);
        self.cells.merge(&other.cells);
        self.by_truth.resize_with(self.by_truth.len().max(other.by_truth.len()), OfTruth::default);
        self.by_truth.iter_mut().zip(other.by_truth).for_each(|(own, other)| own.merge(other));
    }
}

impl OfTruth {
    #[inline]
    fn add(&mut self, score: f64, weight: Option<f64>, wishes: Wishes) {
        let weighs = weight.unwrap_or(1.0);
        if wishes.log && !wishes.logs_wait() {
            self.losses[0].log.add(log_loss(1.0 - score), weighs);
            self.losses[1].log.add(log_loss(score), weighs);
        }
        if wishes.brier {
            self.losses[0].brier.add(score * score, weighs);
            self.losses[1].brier.add((1.0 - score) * (1.0 - score), weighs);
        }
        if wishes.bins > 0 {
            self.bins.add(score, weighs);
        }
        match weight {
            _ if !wishes.ranks => {}
            None => self.scores.push(score),
            Some(weight) => self.scores.push_weighted(score, weight),
        }
    }

    /// What they lose, now that it is known whether they are of the positive class (1) or not (0).
    #[must_use]
    pub fn lost(&self, is_positive: usize, wishes: Wishes) -> Losses {
        let mut losses = self.losses[is_positive];
        if wishes.log && wishes.logs_wait() {
            for (score, weight) in self.scores.iter() {
                losses.log.add(log_loss(if is_positive == 1 { score } else { 1.0 - score }), weight);
            }
        }
        losses
    }

    fn merge(&mut self, other: Self) {
        self.losses.iter_mut().zip(other.losses).for_each(|(own, other)| own.merge(other));
        self.bins.merge(&other.bins);
        self.scores.merge(other.scores);
    }
}

impl Losses {
    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.log.merge(other.log);
        self.brier.merge(other.brier);
    }
}

/// The negative logarithm of a probability, which scikit-learn keeps an epsilon away from 0 and 1.
#[inline]
#[must_use]
pub fn log_loss(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}
