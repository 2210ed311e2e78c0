//! What the order of scores comes to: areas under curves, the curves themselves, and thresholds.

use super::sum::Sum;
use super::thresholds::thresholds;
use crate::config;
use crate::record::Curves;
use crate::statistics::order;

/// The scores of one class, with the weights where not all are the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scored {
    plain: Vec<f64>,
    weighted: Vec<(f64, f64)>,
}

impl Scored {
    /// Adds scores that weigh 1.
    pub fn extend(&mut self, scores: impl Iterator<Item = f64>) {
        // Minus nought equals nought, but sorts before it.
        self.plain.extend(scores.map(|score| score + 0.0));
    }

    /// Adds a score that weighs 1.
    #[inline]
    pub fn push(&mut self, score: f64) {
        self.plain.push(score + 0.0);
    }

    /// Adds a score with a weight. Without any it is left out: it changes nothing.
    #[inline]
    pub fn push_weighted(&mut self, score: f64, weight: f64) {
        if weight != 0.0 {
            self.weighted.push((score + 0.0, weight));
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        if self.plain.is_empty() && self.weighted.is_empty() {
            *self = other;
            return;
        }
        self.plain.extend(other.plain);
        self.weighted.extend(other.weighted);
    }

    /// Sorts from the lowest to the highest, in place.
    pub fn sort(&mut self) {
        order::sort(&mut self.plain);
        self.weighted
            .sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.total_cmp(&other.1)));
    }

    /// The scores, where none has a weight of its own.
    #[must_use]
    pub fn unweighted(&self) -> Option<&[f64]> {
        self.weighted.is_empty().then_some(self.plain.as_slice())
    }

    /// The scores and their weights.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.plain.iter().map(|score| (*score, 1.0)).chain(self.weighted.iter().copied())
    }

    /// The median of sorted numbers, as NumPy has it; of weighted ones the lowest that half of the weight does not
    /// exceed, as scikit-learn has it. NaN without any.
    #[must_use]
    pub fn median(&self) -> f64 {
        match self.len() {
            0 => f64::NAN,
            _ if !self.weighted.is_empty() => self.quantile(0.5),
            rows => (self.plain[(rows - 1) / 2] + self.plain[rows / 2]) / 2.0,
        }
    }

    /// The lowest of sorted numbers that a share of the weight does not exceed; NaN without any.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut so_far = 0.0;
        let found = self.iter().find(|(_, weight)| {
            so_far += weight;
            so_far >= wanted
        });
        found
            .or_else(|| self.len().checked_sub(1).map(|last| self.at(last)))
            .map_or(f64::NAN, |(number, _)| number)
    }

    /// The number at a place of the sorted list.
    #[must_use]
    pub fn number(&self, place: usize) -> Option<f64> {
        (place < self.len()).then(|| self.at(place).0)
    }

    fn at(&self, place: usize) -> (f64, f64) {
        if self.weighted.is_empty() { (self.plain[place], 1.0) } else { self.weighted[place] }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plain.len().max(self.weighted.len())
    }
}

/// All that have the same score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Step {
    /// The score.
    pub score: f64,
    /// The weight of the positives, and the sum of its squares.
    pub positive: [f64; 2],
    /// The same of the negatives.
    pub negative: [f64; 2],
}

impl Step {
    #[inline]
    fn add(&mut self, positive: bool, weight: f64) {
        let to = if positive { &mut self.positive } else { &mut self.negative };
        to[0] += weight;
        to[1] += weight * weight;
    }
}

/// The steps of two sorted lists.
pub struct Steps<'a> {
    positives: &'a Scored,
    negatives: &'a Scored,
    rising: bool,
    done: [usize; 2],
}

impl<'a> Steps<'a> {
    /// From the highest score down.
    #[must_use]
    pub fn falling(positives: &'a Scored, negatives: &'a Scored) -> Self {
        Self { positives, negatives, rising: false, done: [0; 2] }
    }

    /// From the lowest score up.
    #[must_use]
    pub fn rising(positives: &'a Scored, negatives: &'a Scored) -> Self {
        Self { rising: true, ..Self::falling(positives, negatives) }
    }

    #[inline]
    fn next_of(&self, from: &Scored, done: usize) -> Option<(f64, f64)> {
        let left = from.len() - done;
        (left > 0).then(|| from.at(if self.rising { done } else { left - 1 }))
    }

    #[inline]
    fn take(&mut self, step: &mut Step, positive: bool) {
        let from = if positive { self.positives } else { self.negatives };
        let place = usize::from(!positive);
        while let Some((score, weight)) = self.next_of(from, self.done[place])
            && score == step.score
        {
            step.add(positive, weight);
            self.done[place] += 1;
        }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let positive = self.next_of(self.positives, self.done[0]).map(|next| next.0);
        let negative = self.next_of(self.negatives, self.done[1]).map(|next| next.0);
        let score = match (positive, negative) {
            (Some(one), Some(other)) if self.rising => one.min(other),
            (Some(one), Some(other)) => one.max(other),
            (one, other) => one.or(other)?,
        };
        let mut step = Step { score, ..Step::default() };
        self.take(&mut step, true);
        self.take(&mut step, false);
        Some(step)
    }
}

/// The steps of rows that are in order: `(score, positive, weight)` each.
pub fn steps_of(rows: impl Iterator<Item = (f64, bool, f64)>) -> impl Iterator<Item = Step> {
    let mut rows = rows.filter(|(_, _, weight)| *weight != 0.0).peekable();
    std::iter::from_fn(move || {
        let (score, ..) = *rows.peek()?;
        let mut step = Step { score, ..Step::default() };
        while let Some((_, positive, weight)) = rows.next_if(|row| row.0 == score) {
            step.add(positive, weight);
        }
        Some(step)
    })
}

/// The area under the ROC curve, of falling steps; NaN where a class has no weight.
pub fn area(steps: impl Iterator<Item = Step>) -> f64 {
    let (mut above, mut below, mut area) = (Sum::default(), Sum::default(), Sum::default());
    for step in steps {
        area.add(step.negative[0] * (above.value() + step.positive[0] / 2.0));
        above.add(step.positive[0]);
        below.add(step.negative[0]);
    }
    area.value() / (above.value() * below.value())
}

/// The average precision, of falling steps; 0 without positives, as scikit-learn has it. NaN without negatives, where
/// scikit-learn has 1: any order of the rows would come to it.
pub fn average_precision(steps: impl Iterator<Item = Step>) -> f64 {
    let (mut right, mut wrong, mut sum) = (Sum::default(), Sum::default(), Sum::default());
    for step in steps {
        right.add(step.positive[0]);
        wrong.add(step.negative[0]);
        sum.add(step.positive[0] * (right.value() / (right.value() + wrong.value())));
    }
    match (right.value(), wrong.value()) {
        (0.0, _) => 0.0,
        (_, 0.0) => f64::NAN,
        (right, _) => sum.value() / right,
    }
}

/// What a standard error needs of the lists: their weights, and the rows that have any.
fn totals(of: &Scored) -> (f64, f64) {
    let rows = of.len() as f64;
    let weight = match of.unweighted() {
        Some(_) => rows,
        None => of.iter().map(|(_, weight)| weight).collect::<Sum>().value(),
    };
    (weight, rows)
}

/// The standard error of an area by the delta method, each row's influence being DeLong's. The lists are sorted. None
/// where a class has fewer than two rows.
#[must_use]
pub fn area_error(positives: &Scored, negatives: &Scored, area: f64) -> Option<f64> {
    let ((positive, of_positive), (negative, of_negative)) = (totals(positives), totals(negatives));
    if of_positive < 2.0 || of_negative < 2.0 {
        return None;
    }
    let (mut positives_below, mut negatives_below) = (Sum::default(), Sum::default());
    let (mut one, mut other) = (Sum::default(), Sum::default());
    for step in Steps::rising(positives, negatives) {
        let beaten = (negatives_below.value() + step.negative[0] / 2.0) / negative;
        let unbeaten = 1.0 - (positives_below.value() + step.positive[0] / 2.0) / positive;
        one.add(step.positive[1] * (beaten - area).powi(2));
        other.add(step.negative[1] * (unbeaten - area).powi(2));
        positives_below.add(step.positive[0]);
        negatives_below.add(step.negative[0]);
    }
    let one = one.value() / (positive * positive) * of_positive / (of_positive - 1.0);
    let other = other.value() / (negative * negative) * of_negative / (of_negative - 1.0);
    Some((one + other).sqrt())
}

/// The standard error of the average precision by the delta method. The lists are sorted. A row changes it by its own
/// precision, and by what it does to the precision at every positive that scores as much or less.
#[must_use]
pub fn average_precision_error(positives: &Scored, negatives: &Scored, value: f64) -> Option<f64> {
    let ((positive, of_positive), (negative, of_negative)) = (totals(positives), totals(negatives));
    if of_positive < 2.0 {
        return None;
    }
    let (mut positives_below, mut negatives_below) = (Sum::default(), Sum::default());
    // What a unit of positives, or of negatives, does to the precision at this step and below.
    let (mut gain, mut harm, mut spread) = (Sum::default(), Sum::default(), Sum::default());
    for step in Steps::rising(positives, negatives) {
        let right = positive - positives_below.value();
        let wrong = negative - negatives_below.value();
        let both = right + wrong;
        let share = step.positive[0] / positive;
        gain.add(share * wrong / (both * both));
        harm.add(share * right / (both * both));
        spread.add(step.positive[1] * ((right / both - value) / positive + gain.value()).powi(2));
        spread.add(step.negative[1] * harm.value().powi(2));
        positives_below.add(step.positive[0]);
        negatives_below.add(step.negative[0]);
    }
    let rows = of_positive + of_negative;
    Some((spread.value() * rows / (rows - 1.0)).sqrt())
}

/// How many points a curve has at most, both ends among them.
const POINTS: f64 = 99.0;

/// The curves, thinned, and the thresholds for the targets. The lists are sorted. None where a class has no weight.
#[must_use]
pub fn curves(positives: &Scored, negatives: &Scored, targets: &[config::Target]) -> Option<Curves> {
    let above = [Above::of(positives), Above::of(negatives)];
    let [all_positive, all_negative] = above.each_ref().map(Above::all);
    if all_positive == 0.0 || all_negative == 0.0 {
        return None;
    }
    let recall = |right: f64| (right / all_positive).min(1.0);
    let false_positives = |wrong: f64| (wrong / all_negative).min(1.0);
    let precision = |right: f64, wrong: f64| right / (right + wrong);
    let roc = thinned(
        &above,
        |[right, wrong]| (recall(right) + false_positives(wrong)) / 2.0,
        |[right, wrong]| [false_positives(wrong), recall(right)],
        [[0.0, 0.0], [1.0, 1.0]],
    );
    let precision_recall = thinned(
        &above,
        |[right, _]| recall(right),
        |[right, wrong]| [recall(right), precision(right, wrong)],
        [[0.0, 1.0], [1.0, precision(all_positive, all_negative)]],
    );
    let thresholds = thresholds(positives, negatives, all_positive, targets);
    Some(Curves { roc, precision_recall, thresholds })
}

/// How much weight of a sorted list is at a score or above it, in the time of a search.
struct Above<'a> {
    list: &'a Scored,
    /// The weight from each place on; empty where all weigh the same.
    weights: Vec<f64>,
}

impl<'a> Above<'a> {
    fn of(list: &'a Scored) -> Self {
        let mut sum = Sum::default();
        let mut weights: Vec<f64> = Vec::new();
        if list.unweighted().is_none() {
            weights.push(0.0);
            weights.extend(list.weighted.iter().rev().map(|(_, weight)| {
                sum.add(*weight);
                sum.value()
            }));
            weights.reverse();
        }
        Self { list, weights }
    }

    fn from(&self, place: usize) -> f64 {
        self.weights.get(place).copied().unwrap_or_else(|| (self.list.len() - place) as f64)
    }

    fn all(&self) -> f64 {
        self.from(0)
    }

    fn at(&self, score: f64) -> f64 {
        let place = match self.list.unweighted() {
            Some(scores) => scores.partition_point(|one| *one < score),
            None => self.list.weighted.partition_point(|one| one.0 < score),
        };
        self.from(place)
    }

    /// The highest of its scores of which something is true that is true of all lower ones.
    fn highest(&self, is_true: impl Fn(f64) -> bool) -> Option<f64> {
        let places = match self.list.unweighted() {
            Some(scores) => scores.partition_point(|score| is_true(*score)),
            None => self.list.weighted.partition_point(|(score, _)| is_true(*score)),
        };
        self.list.number(places.checked_sub(1)?)
    }
}

/// Points of a curve that are about as far from each other as [`POINTS`] of them can be, and its ends. `along` says how far
/// on its way from 0 to 1 the curve is when so much of both lists has a score as high.
fn thinned(
    above: &[Above<'_>; 2],
    along: impl Fn([f64; 2]) -> f64,
    point: impl Fn([f64; 2]) -> [f64; 2],
    [start, end]: [[f64; 2]; 2],
) -> Vec<[f64; 2]> {
    let at = |score: f64| above.each_ref().map(|list| list.at(score));
    let mut points = vec![start];
    let mut next = 1.0;
    while next < POINTS {
        let reaches = |score: f64| along(at(score)) * POINTS >= next;
        let [one, other] = above.each_ref().map(|list| list.highest(reaches));
        let Some(score) = one.into_iter().chain(other).max_by(f64::total_cmp) else { break };
        let there = at(score);
        if along(there) >= 1.0 {
            break;
        }
        points.push(point(there));
        next = (along(there) * POINTS).floor() + 1.0;
    }
    if points.last() != Some(&end) {
        points.push(end);
    }
    points
}
