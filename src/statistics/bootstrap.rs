//! The bootstrap: seeded, and the same on any machine with any number of threads.

use super::Interval;

/// The percentile interval of resampled values, which are sorted. None where a value is not finite, or there are too
/// few.
#[must_use]
pub fn percentile(_resampled: &mut [f64], _confidence: f64) -> Option<Interval> {
    None
}

/// The bias-corrected and accelerated interval of resampled values, which are sorted. (Efron 1987)
#[must_use]
pub fn bca(_resampled: &mut [f64], _value: f64, _acceleration: f64, _confidence: f64) -> Option<Interval> {
    None
}

/// The resampled values of a statistic of the counts of cells, such as those of a confusion matrix: drawing rows is
/// drawing counts from a multinomial distribution. `cells` are each cell's number of rows.
#[must_use]
pub fn cells(
    _cells: &[u64],
    _resamples: u32,
    _seed: u64,
    _statistic: impl Fn(&[f64]) -> f64 + Sync,
) -> Vec<f64> {
    Vec::new()
}

/// The resampled values of a statistic of weighted rows: it is given how often each of the rows was drawn.
#[must_use]
pub fn rows(_rows: usize, _resamples: u32, _seed: u64, _statistic: impl Fn(&[u8]) -> f64 + Sync) -> Vec<f64> {
    Vec::new()
}
