//! Influences on what the order of scores comes to.

use rayon::slice::ParallelSliceMut;

use super::influence::{Influence, Weights};

/// The rows from the lowest score up.
fn order(scores: &[f64]) -> Vec<(f64, u32)> {
    // Adding 0 makes 0 of -0, which is the same score.
    let mut order: Vec<(f64, u32)> = scores.iter().map(|score| score + 0.0).zip(0..).collect();
    order.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    order
}

/// The influences on the area under the ROC curve, of weighted rows. `positive` is none of a row that is left out. None
/// where a class has no weight. (DeLong, DeLong and Clarke-Pearson 1988, with weights)
pub fn area(
    positive: impl Fn(usize) -> Option<bool>,
    scores: &[f64],
    weights: Weights<'_>,
) -> Option<Influence> {
    let order = order(scores);
    let weight = |tie: &[(f64, u32)], class: bool| {
        let rows = tie.iter().map(|(_, row)| *row as usize);
        rows.filter(|row| positive(*row) == Some(class)).map(|row| weights.of(row)).sum::<f64>()
    };
    let (positives, negatives) = (weight(&order, true), weight(&order, false));
    if !(positives > 0.0 && negatives > 0.0) {
        return None;
    }
    let mut rows = vec![0.0; scores.len()];
    let (mut below, mut up_to, mut value) = (0.0, 0.0, 0.0);
    for tie in order.chunk_by(|one, other| one.0 == other.0) {
        let (more, less) = (weight(tie, true), weight(tie, false));
        let won = (below + less / 2.0) / negatives;
        let lost = (positives - up_to - more / 2.0) / positives;
        for (_, row) in tie {
            rows[*row as usize] = match positive(*row as usize) {
                Some(true) => won,
                Some(false) => lost,
                None => 0.0,
            };
        }
        value += more * won / positives;
        below += less;
        up_to += more;
    }
    for (row, placement) in rows.iter_mut().enumerate() {
        *placement = match positive(row) {
            Some(true) => (*placement - value) / positives,
            Some(false) => (*placement - value) / negatives,
            None => 0.0,
        };
    }
    Some(Influence { value, rows })
}

/// The influences on the average precision, Σ pₜ·Tₜ/Sₜ / P over the thresholds t from above, where pₜ positive rows
/// come in, of then Tₜ among Sₜ. A row comes into T, S and p at its own threshold, and into T and S at all below it.
/// None without a positive row, and without a negative one, where any order comes to 1.
pub fn average_precision(
    positive: impl Fn(usize) -> bool,
    scores: &[f64],
    weights: Weights<'_>,
) -> Option<Influence> {
    let order = order(scores);
    let ties: Vec<&[(f64, u32)]> = order.chunk_by(|one, other| one.0 == other.0).rev().collect();
    let weight = |tie: &[(f64, u32)], wanted: Option<bool>| {
        let rows = tie.iter().map(|(_, row)| *row as usize);
        rows.filter(|row| wanted.is_none_or(|wanted| positive(*row) == wanted))
            .map(|row| weights.of(row))
            .sum::<f64>()
    };
    let (mut right, mut all, mut value) = (0.0, 0.0, 0.0);
    let mut steps = Vec::with_capacity(ties.len());
    for tie in &ties {
        let more = weight(tie, Some(true));
        right += more;
        all += weight(tie, None);
        // Nothing has come in yet where all weights so far are 0.
        let precision = if all > 0.0 { right / all } else { 0.0 };
        value += more * precision;
        steps.push((more, precision, all));
    }
    if right <= 0.0 || all <= right {
        return None;
    }
    value /= right;
    let mut rows = vec![0.0; scores.len()];
    let (mut as_right, mut as_wrong) = (0.0, 0.0);
    for (tie, (more, precision, all)) in ties.iter().zip(steps).rev() {
        if all > 0.0 {
            as_right += more * (1.0 - precision) / all;
            as_wrong -= more * precision / all;
        }
        for row in tie.iter().map(|(_, row)| *row as usize) {
            let part = if positive(row) { precision + as_right - value } else { as_wrong };
            rows[row] = part / right;
        }
    }
    Some(Influence { value, rows })
}
