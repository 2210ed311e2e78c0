//! From an interval to a decision, and many decisions at once.

use super::interval::reach;
use super::{Interval, normal_cdf};

/// More rows than these nobody has.
const MOST_ROWS: f64 = 1e12;

/// The one-sided p-value of a bound that the value is to be beyond: how often an estimate at least as far beyond it
/// would come about if the truth were the bound. It is exactly half of what the confidence leaves where the bound is
/// the interval's end on that side, and falls off as a normal distribution does.
///
/// It does not know which side is the wanted one: the caller asks only where the value is beyond the bound.
#[must_use]
pub fn against(value: f64, interval: Interval, confidence: f64, bound: f64) -> f64 {
    let (gap, side) = distances(value, interval, bound);
    let Some(reach) = reach(confidence) else { return 1.0 };
    if gap.is_nan() || side.is_nan() {
        1.0
    } else if gap == 0.0 {
        0.5
    } else if gap == side {
        (1.0 - confidence) / 2.0
    } else {
        normal_cdf(-reach * gap / side)
    }
}

/// How far the bound, and the interval's end on its side, are from the value.
fn distances(value: f64, [low, high]: Interval, bound: f64) -> (f64, f64) {
    if bound > value { (bound - value, high - value) } else { (value - bound, value - low) }
}

/// Which hypotheses Holm's step-down procedure rejects at the level. (Holm 1979)
#[must_use]
pub fn holm(p: &[f64], level: f64) -> Vec<bool> {
    holm_adjusted(p).into_iter().map(|p| p <= level).collect()
}

/// The p-values as Holm's step-down procedure adjusts them: rejecting those of at most a level keeps it over all of them.
/// One that is no number stays none and counts as one of many. (statsmodels `holm`)
#[must_use]
pub fn holm_adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&one, &other| p[one].total_cmp(&p[other]));
    let mut adjusted = p.to_vec();
    let mut most = 0.0_f64;
    for (rank, &place) in order.iter().enumerate().filter(|(_, place)| !p[**place].is_nan()) {
        most = most.max((p[place] * (p.len() - rank) as f64).min(1.0));
        adjusted[place] = most;
    }
    adjusted
}

/// The p-values as Benjamini and Hochberg's step-up procedure adjusts them: rejecting those of at most `q` keeps the share
/// of false ones among all that are rejected at `q`. One that is no number stays none and counts as one of many.
/// (Benjamini and Hochberg 1995; statsmodels `fdr_bh`)
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&one, &other| p[one].total_cmp(&p[other]));
    let mut adjusted = p.to_vec();
    let mut least = 1.0_f64;
    for (rank, &place) in order.iter().enumerate().rev() {
        if !p[place].is_nan() {
            least = least.min(p[place] * p.len() as f64 / (rank + 1) as f64);
            adjusted[place] = least;
        }
    }
    adjusted
}

/// About how many more rows would bring the interval's end to the bound, were the value to stay; none where they could
/// not, or would be more than anybody has (10^12). The interval's length falls with the root of the rows.
#[must_use]
pub fn more_rows(value: f64, interval: Interval, bound: f64, rows: u64) -> Option<u64> {
    let (gap, side) = distances(value, interval, bound);
    let times = (side / gap) * (side / gap);
    // A digit that rounding added is not a row.
    let more = (rows as f64 * (times - 1.0) * (1.0 - 1e-12)).ceil();
    if rows == 0 || more.is_nan() || more > MOST_ROWS {
        return None;
    }
    Some(more.max(0.0) as u64)
}
