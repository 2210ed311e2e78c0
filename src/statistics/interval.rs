//! Intervals of one number.

use super::Interval;

/// Wilson's score interval of the proportion `successes / trials`; both may be fractional, as effective numbers of
/// weighted rows are. None without trials. (Wilson 1927)
#[must_use]
pub fn wilson(_successes: f64, _trials: f64, _confidence: f64) -> Option<Interval> {
    None
}

/// Student's t interval around a mean with its standard error. None without a degree of freedom.
#[must_use]
pub fn student(_mean: f64, _error: f64, _degrees: f64, _confidence: f64) -> Option<Interval> {
    None
}

/// The normal interval around a value with its standard error.
#[must_use]
pub fn delta(_value: f64, _error: f64, _confidence: f64) -> Option<Interval> {
    None
}

/// The normal interval on the scale of the logit, of a value between 0 and 1: it never leaves them. At 0 and at 1
/// none.
#[must_use]
pub fn logit(_value: f64, _error: f64, _confidence: f64) -> Option<Interval> {
    None
}

/// The interval of a difference, candidate minus baseline, out of the intervals of two independent numbers. (Zou and
/// Donner 2008)
#[must_use]
pub fn mover(_candidate: (f64, Interval), _baseline: (f64, Interval)) -> Interval {
    [0.0; 2]
}

/// Newcombe's interval of the difference between two proportions of the same rows, candidate minus baseline: `both`
/// are right, only the candidate, only the baseline, and neither. (Newcombe 1998, method 10) None without rows.
#[must_use]
pub fn newcombe(
    _both: f64,
    _candidate: f64,
    _baseline: f64,
    _neither: f64,
    _confidence: f64,
) -> Option<Interval> {
    None
}

/// The places, from 0 on, of the order statistics of `count` values that contain the median.
#[must_use]
pub fn order_statistic(_count: usize, _confidence: f64) -> Option<(usize, usize)> {
    None
}
