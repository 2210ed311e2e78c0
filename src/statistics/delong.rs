//! The area under the ROC curve, its variance, and that of the difference of two on the same rows. (DeLong, DeLong and
//! Clarke-Pearson 1988; in n log n by Sun and Xu 2014)
//!
//! A row's placement is the share of the other class that it is on the right side of, ties counting half. Twice that
//! share's numerator is an integer, so the sums are exact up to a billion rows.

use rayon::prelude::*;

/// An area and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The area, ties counting half.
    pub value: f64,
    /// Its standard error; none where a class has fewer than two rows.
    pub error: Option<f64>,
}

/// Placements of a class, as the sums of their doubled numerators.
#[derive(Default)]
struct Sums {
    rows: u64,
    sum: i128,
    squares: i128,
}

impl Sums {
    fn add(&mut self, placement: i64, rows: u64) {
        let square = u128::from(placement.unsigned_abs()).pow(2);
        self.sum += i128::from(placement) * i128::from(rows);
        self.squares += square.cast_signed() * i128::from(rows);
        self.rows += rows;
    }

    /// The variance of the mean of the placements, as shares of so many rows of the other class; none of fewer than
    /// two.
    fn variance(&self, others: u64) -> Option<f64> {
        if self.rows < 2 {
            return None;
        }
        let rows = i128::from(self.rows);
        // n Σx² − (Σx)² is n (n − 1) variances, exactly.
        let spread = (rows * self.squares - self.sum * self.sum) as f64;
        let rows = rows as f64;
        let scale = 2.0 * others as f64;
        Some(spread / (rows * (rows - 1.0)) / rows / (scale * scale))
    }
}

/// The area and its error, of the placements of both classes.
fn area_of(positives: &Sums, negatives: &Sums) -> Option<Area> {
    if positives.rows == 0 || negatives.rows == 0 {
        return None;
    }
    let variance = positives.variance(negatives.rows).zip(negatives.variance(positives.rows));
    Some(Area {
        value: positives.sum as f64 / (2.0 * positives.rows as f64 * negatives.rows as f64),
        error: variance.map(|(positive, negative)| (positive + negative).sqrt()),
    })
}

/// The area of unweighted scores, both lists ascending: the Mann-Whitney statistic over the number of pairs. None where
/// a class has no row, or a score is NaN.
#[must_use]
pub fn area(positives: &[f64], negatives: &[f64]) -> Option<Area> {
    // Where scores are in order, NaN is at an end.
    let ends =
        [positives, negatives].into_iter().flat_map(|scores| scores.first().into_iter().chain(scores.last()));
    if ends.copied().any(f64::is_nan) {
        return None;
    }
    let all = (positives.len(), negatives.len());
    let (mut of_positives, mut of_negatives) = (Sums::default(), Sums::default());
    let (mut positive, mut negative) = (0, 0);
    while positive < all.0 || negative < all.1 {
        let score = match (positives.get(positive), negatives.get(negative)) {
            (Some(one), Some(other)) => one.min(*other),
            (Some(one), None) | (None, Some(one)) => *one,
            (None, None) => break,
        };
        let alike = (same(&positives[positive..], score), same(&negatives[negative..], score));
        let above = all.0 - positive - alike.0;
        of_positives.add((2 * negative + alike.1) as i64, alike.0 as u64);
        of_negatives.add((2 * above + alike.0) as i64, alike.1 as u64);
        positive += alike.0;
        negative += alike.1;
    }
    area_of(&of_positives, &of_negatives)
}

/// How many scores at the beginning of sorted ones are this one.
fn same(sorted: &[f64], score: f64) -> usize {
    sorted.iter().take_while(|one| **one == score).count()
}

/// The difference of the areas of two scores for the same rows, candidate minus baseline. `is_positive` and both
/// scores have a value a row. None where a class has no row, a score is NaN, or the lists are not equally long.
#[must_use]
pub fn difference(is_positive: &[bool], candidate: &[f64], baseline: &[f64]) -> Option<Area> {
    let rows = is_positive.len();
    if candidate.len() != rows || baseline.len() != rows {
        return None;
    }
    let (candidate, baseline) =
        rayon::join(|| placements(is_positive, candidate), || placements(is_positive, baseline));
    let (mut of_positives, mut of_negatives) = (Sums::default(), Sums::default());
    for ((positive, one), other) in is_positive.iter().zip(candidate?).zip(baseline?) {
        let sums = if *positive { &mut of_positives } else { &mut of_negatives };
        sums.add(one - other, 1);
    }
    area_of(&of_positives, &of_negatives)
}

/// Each row's placement, times twice the rows of the other class. None with a score that is NaN.
fn placements(is_positive: &[bool], scores: &[f64]) -> Option<Vec<i64>> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut order: Vec<(f64, usize)> =
        scores.iter().enumerate().map(|(row, score)| (score + 0.0, row)).collect();
    order.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let all = is_positive.iter().filter(|positive| **positive).count();
    let (mut positives, mut negatives) = (0, 0);
    let mut placements = vec![0; scores.len()];
    for alike in order.chunk_by(|one, other| one.0 == other.0) {
        let positive = alike.iter().filter(|(_, row)| is_positive[*row]).count();
        let negative = alike.len() - positive;
        let above = all - positives - positive;
        for (_, row) in alike {
            let placement = if is_positive[*row] { 2 * negatives + negative } else { 2 * above + positive };
            placements[*row] = placement as i64;
        }
        positives += positive;
        negatives += negative;
    }
    Some(placements)
}
