//! What rows that nobody has seen may do to a change: where hardly a row differs every interval of what was seen is too
//! narrow, and where none does it has no width at all.
//!
//! A thing that happens to one row in n·p is missed by all n rows with the probability e^(−np): at 95 % nearly four rows
//! that would have moved as far as a row can are not ruled out, however alike the two models look.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cells, Kind};
use super::influence::Weights;
use super::pair::{CANDIDATE, Pair};
use crate::evaluate::predictions::effective;
use crate::statistics::{Interval, beyond_normal};

/// Of more classes a row is not moved to each of the others, but to the right one and to the one where a wrong
/// prediction does most: it would take too long.
const EACH_CLASS: usize = 10;

/// A class keeps some of its rows, for without any it is none, and the metric another one.
const MOST_OF_A_CELL: f64 = 0.999;

/// How far a change may go below and above what was seen, both 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Floor {
    below: f64,
    above: f64,
}

impl Floor {
    /// An interval that does not know of it, widened by it.
    pub fn beyond(self, [low, high]: Interval) -> Interval {
        [low - self.below, high + self.above]
    }

    fn include(&mut self, moved: f64) {
        if moved.is_finite() {
            self.below = self.below.max(-moved);
            self.above = self.above.max(moved);
        }
    }
}

/// What comes of predictions of classes: of each way in which the candidate can come to predict another class than the
/// baseline, what it does where it is as frequent as Wilson's interval lets it be and the normal one does not. The
/// worst counts: as many rows that move in several ways do no more. A floor a value of `change`.
pub fn of_cells(cells: &Cells, confidence: f64, change: impl Fn(&Cells, &[f64]) -> Vec<f64>) -> Vec<Floor> {
    let moves = moves(cells);
    let cells = cells.with(moves.iter().map(|(_, to)| *to));
    let strata = strata(&cells);
    let seen = change(&cells, cells.weights());
    let mut floors = vec![Floor::default(); seen.len()];
    let mut weights = cells.weights().to_vec();
    let place = |kind: &Kind| cells.kinds().binary_search(kind).ok();
    for (from, to) in &moves {
        let (Some(from), Some(to), Some(stratum)) = (place(from), place(to), strata.get(&key(to))) else {
            continue;
        };
        let more = stratum.unseen(weights[to], confidence).min(MOST_OF_A_CELL * weights[from]);
        let before = [weights[from], weights[to]];
        weights[from] -= more;
        weights[to] += more;
        let moved = change(&cells, &weights);
        [weights[from], weights[to]] = before;
        floors.iter_mut().zip(moved.iter().zip(&seen)).for_each(|(floor, (moved, seen))| {
            floor.include(moved - seen);
        });
    }
    floors
}

/// An interval that reaches to either side of the value at least so far.
pub fn at_least(value: f64, half: f64, [low, high]: Interval) -> Interval {
    [low.min(value - half), high.max(value + half)]
}

/// What comes of the order of scores: a row of the smallest class may go from one end of the order to the other.
pub fn of_classes(truth: &[u32], classes: usize, weights: Weights<'_>, confidence: f64) -> f64 {
    let mut strata = vec![Stratum::default(); classes];
    for (row, class) in truth.iter().enumerate() {
        strata[*class as usize].add(weights.of(row));
    }
    let shares = strata.iter().filter(|stratum| stratum.weight > 0.0);
    let share = shares.map(|stratum| beyond_normal(0.0, stratum.rows(), confidence)).fold(0.0, f64::max);
    // Of two classes the area is the same from either side; of several it is the mean of an area a class.
    if classes > 2 { share / classes as f64 } else { share }
}

/// What comes of the rows' losses, by their influences on either side's value: nobody knows how much a row can lose, but
/// those that nobody has seen may be as bad as the worst that either model has, or become so by the change. `turned` is
/// how bad a row is that the candidate has wrong, where fewer than so many rows tell.
pub fn of_influences(
    [candidate, baseline]: [&[f64]; 2],
    weights: Weights<'_>,
    confidence: f64,
    turned: impl Fn(usize) -> Option<f64>,
) -> f64 {
    let rows = weights.effective(candidate.len());
    let share = beyond_normal(0.0, rows, confidence);
    let all: f64 = (0..candidate.len()).map(|row| weights.of(row)).sum();
    let far = |(one, other): (&f64, &f64)| one.abs().max(other.abs()).max((one - other).abs());
    let furthest = candidate.iter().zip(baseline).map(far).collect();
    let unseen = (share * rows).ceil() as usize;
    share * (all * mean_of_largest(furthest, unseen)).max(turned(unseen).unwrap_or(0.0))
}

/// What comes of the median error: `quantile` tells the candidate's errors, which rows that nobody has seen may shift by as
/// many places.
pub fn of_median(pair: &Pair, confidence: f64, quantile: impl Fn(f64) -> f64) -> f64 {
    let rows = Weights(pair.weights.as_deref()).effective(pair.rows);
    let share = beyond_normal(0.0, rows, confidence);
    let middle = quantile(0.5);
    let off = |part: f64| (quantile(part) - middle).abs();
    off(0.5 - share).max(off(0.5 + share))
}

fn mean_of_largest(mut values: Vec<f64>, count: usize) -> f64 {
    let count = count.clamp(1, values.len().max(1));
    if count < values.len() {
        values.select_nth_unstable_by(count, |one, other| other.total_cmp(one));
        values.truncate(count);
    }
    values.iter().sum::<f64>() / count as f64
}

/// The rows of one true class in one group, among which the candidate moves some.
#[derive(Debug, Clone, Copy, Default)]
struct Stratum {
    weight: f64,
    squares: f64,
}

impl Stratum {
    fn add(&mut self, weight: f64) {
        self.weight += weight;
        self.squares += weight * weight;
    }

    /// How many rows of the same weight would say as much.
    fn rows(self) -> f64 {
        effective(self.weight, self.squares)
    }

    /// The weight of rows that may move besides those of weight `seen` that did.
    fn unseen(self, seen: f64, confidence: f64) -> f64 {
        let share = (seen / self.weight).min(1.0);
        self.weight * beyond_normal(share, self.rows(), confidence)
    }
}

fn key(kind: &Kind) -> (u32, u32) {
    (kind.group, kind.truth)
}

fn strata(cells: &Cells) -> BTreeMap<(u32, u32), Stratum> {
    let mut strata: BTreeMap<(u32, u32), Stratum> = BTreeMap::new();
    for (kind, sums) in cells.sums() {
        let stratum = strata.entry(key(&kind)).or_default();
        stratum.weight += sums.weight;
        stratum.squares += sums.squares;
    }
    strata
}

/// From which cell, where both predict the same, rows may move to which, where the candidate predicts another class.
fn moves(cells: &Cells) -> Vec<(Kind, Kind)> {
    let mut predicted: BTreeMap<u32, f64> = BTreeMap::new();
    for (kind, weight) in cells.kinds().iter().zip(cells.weights()) {
        predicted.entry(kind.truth).or_default();
        *predicted.entry(kind.predicted[CANDIDATE]).or_default() += weight;
    }
    // A wrong prediction of a class does most where it is the fewest's.
    let mut rarest: Vec<(u32, f64)> = predicted.into_iter().collect();
    rarest.sort_by(|one, other| one.1.total_cmp(&other.1));
    let few = if rarest.len() <= EACH_CLASS { rarest.len() } else { 2 };
    let targets: BTreeSet<u32> = rarest.iter().take(few).map(|class| class.0).collect();
    let same = cells.kinds().iter().zip(cells.weights());
    let same = same.filter(|(kind, weight)| kind.predicted[0] == kind.predicted[1] && **weight > 0.0);
    let each = |(kind, _): (&Kind, &f64)| {
        let (kind, mut targets) = (*kind, targets.clone());
        targets.insert(kind.truth);
        targets.remove(&kind.predicted[0]);
        targets.into_iter().map(move |to| (kind, Kind { predicted: [to, kind.predicted[1]], ..kind }))
    };
    same.flat_map(each).collect()
}
