//! From an interval to a decision, and many decisions at once.

use super::Interval;

/// The one-sided p-value of a bound that the value is to be beyond: how often an estimate at least as far beyond it
/// would come about if the truth were the bound. It is exactly half of what the confidence leaves where the bound is
/// the interval's end on that side, and falls off as a normal distribution does.
#[must_use]
pub fn against(_value: f64, _interval: Interval, _confidence: f64, _bound: f64) -> f64 {
    1.0
}

/// Which hypotheses Holm's step-down procedure rejects at the level. (Holm 1979)
#[must_use]
pub fn holm(p: &[f64], _level: f64) -> Vec<bool> {
    vec![false; p.len()]
}

/// About how many more rows would bring the interval's end to the bound, were the value to stay; none where they could
/// not, or would be more than anybody has (10^12).
#[must_use]
pub fn more_rows(_value: f64, _interval: Interval, _bound: f64, _rows: u64) -> Option<u64> {
    None
}
