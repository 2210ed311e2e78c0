//! The areas under the ROC curves of more than two classes.

use super::sum::Sum;

/// A mean of areas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Areas {
    /// The mean; NaN where a class has no weight.
    pub value: f64,
    /// Its standard error by the delta method; none with a single row.
    pub error: Option<f64>,
}

/// The mean of each class's area against the rest, and over all pairs of classes, as scikit-learn's `roc_auc_score`
/// has them with `average="macro"`. `scores` has a list for each class, and `weight` tells a row's.
///
/// For each class it costs a sort of the rows, and a pass over rows and classes.
#[must_use]
pub fn areas(truth: &[u32], scores: &[Vec<f64>], weight: impl Fn(usize) -> f64) -> [Areas; 2] {
    let mut bouts = Bouts::new(truth, scores.len(), &weight);
    for (class, scores) in scores.iter().enumerate() {
        bouts.rank(class, &order(scores), scores, &weight);
    }
    [bouts.against_the_rest(&weight), bouts.in_pairs(&weight)]
}

/// The rows from the lowest score up.
#[must_use]
pub fn order(scores: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..scores.len()).filter_map(|row| u32::try_from(row).ok()).collect();
    order.sort_unstable_by(|one, other| scores[*one as usize].total_cmp(&scores[*other as usize]));
    order
}

/// Every class's scores against every other class.
struct Bouts<'a> {
    truth: &'a [u32],
    classes: usize,
    /// The weight of each class.
    weights: Vec<f64>,
    /// The share of the rest that each class outscores, times its weight.
    rest: Vec<Sum>,
    /// The share of another class that a class outscores, times its weight: a row of this table is a class.
    pairs: Vec<Sum>,
    /// For each row what its weight brings to the areas against the rest, and in pairs.
    influence: [Vec<f64>; 2],
}

impl<'a> Bouts<'a> {
    fn new(truth: &'a [u32], classes: usize, weight: impl Fn(usize) -> f64) -> Self {
        let mut weights = vec![Sum::default(); classes];
        truth.iter().enumerate().for_each(|(row, class)| weights[*class as usize].add(weight(row)));
        Self {
            truth,
            classes,
            weights: weights.into_iter().map(Sum::value).collect(),
            rest: vec![Sum::default(); classes],
            pairs: vec![Sum::default(); classes * classes],
            influence: [vec![0.0; truth.len()], vec![0.0; truth.len()]],
        }
    }

    fn all(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Goes through the rows by a class's score.
    fn rank(&mut self, class: usize, order: &[u32], scores: &[f64], weight: impl Fn(usize) -> f64) {
        let others = self.all() - self.weights[class];
        let mut below = vec![Sum::default(); self.classes];
        for tie in order.chunk_by(|one, other| scores[*one as usize] == scores[*other as usize]) {
            let mut tied = vec![0.0; self.classes];
            for row in tie {
                tied[self.truth[*row as usize] as usize] += weight(*row as usize);
            }
            let beaten: Vec<f64> =
                below.iter().zip(&tied).map(|(below, tied)| below.value() + tied / 2.0).collect();
            let beaten_rest = (beaten.iter().sum::<f64>() - beaten[class]) / others;
            let pairs = (0..self.classes).filter(|other| *other != class);
            let beaten_pairs: f64 = pairs.clone().map(|other| beaten[other] / self.weights[other]).sum();
            let unbeaten = 1.0 - beaten[class] / self.weights[class];
            self.rest[class].add(tied[class] * beaten_rest);
            for other in pairs {
                self.pairs[class * self.classes + other]
                    .add(tied[class] * beaten[other] / self.weights[other]);
            }
            for row in tie.iter().map(|row| *row as usize) {
                let own = self.truth[row] as usize;
                let (to_rest, to_pairs) = if own == class {
                    (beaten_rest / self.weights[class], beaten_pairs / self.weights[class])
                } else {
                    (unbeaten / others, unbeaten / self.weights[own])
                };
                self.influence[0][row] += to_rest;
                self.influence[1][row] += to_pairs;
            }
            below.iter_mut().zip(&tied).for_each(|(below, tied)| below.add(*tied));
        }
    }

    fn against_the_rest(&self, weight: impl Fn(usize) -> f64) -> Areas {
        let all = self.all();
        let areas: Vec<f64> =
            self.rest.iter().zip(&self.weights).map(|(sum, weight)| sum.value() / weight).collect();
        let expected = |own: usize| {
            let of = |class: usize| if class == own { self.weights[own] } else { all - self.weights[class] };
            (0..self.classes).map(|class| areas[class] / of(class)).sum()
        };
        self.mean(&areas, &self.influence[0], expected, weight)
    }

    fn in_pairs(&self, weight: impl Fn(usize) -> f64) -> Areas {
        let area = |class: usize, other: usize| {
            self.pairs[class * self.classes + other].value() / self.weights[class]
        };
        let others = |class: usize| (0..self.classes).filter(move |other| *other != class);
        let areas: Vec<f64> =
            (0..self.classes).flat_map(|class| others(class).map(move |other| area(class, other))).collect();
        let expected = |own: usize| {
            others(own).map(|other| (area(own, other) + area(other, own)) / self.weights[own]).sum()
        };
        self.mean(&areas, &self.influence[1], expected, weight)
    }

    /// The mean of areas, and its error out of what each row brings beyond what is expected of its class.
    fn mean(
        &self,
        areas: &[f64],
        influence: &[f64],
        expected: impl Fn(usize) -> f64,
        weight: impl Fn(usize) -> f64,
    ) -> Areas {
        let count = areas.len() as f64;
        let value = areas.iter().copied().collect::<Sum>().value() / count;
        let expected: Vec<f64> = (0..self.classes).map(expected).collect();
        let mut spread = Sum::default();
        for (row, (influence, own)) in influence.iter().zip(self.truth).enumerate() {
            spread.add((weight(row) * (influence - expected[*own as usize]) / count).powi(2));
        }
        let rows = self.truth.len() as f64;
        let error = (rows > 1.0).then(|| (spread.value() * rows / (rows - 1.0)).sqrt());
        Areas { value, error }
    }
}
