//! What rows that nobody has seen may do to a change: where hardly a row differs every interval of what was seen is too
//! narrow, and where none does it has no width at all.
//!
//! A thing that happens to one row in n·p is missed by all n rows with the probability e^(−np): at 95 % nearly four rows
//! that would have moved as far as a row can are not ruled out, however alike the two models look.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cells, Kind};
use super::pair::CANDIDATE;
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

/// The rows of one true class in one group, among which the candidate moves some.
#[derive(Debug, Clone, Copy, Default)]
struct Stratum {
    weight: f64,
    squares: f64,
}

impl Stratum {
    /// The weight of rows that may move besides those of weight `seen` that did.
    fn unseen(self, seen: f64, confidence: f64) -> f64 {
        let share = (seen / self.weight).min(1.0);
        self.weight * beyond_normal(share, effective(self.weight, self.squares), confidence)
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
