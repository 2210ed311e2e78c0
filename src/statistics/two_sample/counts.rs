//! Tests of counts: of categories, and of a share.

use super::Test;
use crate::statistics::{chi_square_sf, normal_cdf};

/// How far apart SciPy lets the sums of what is observed and expected be, relative to the smaller one: the root of the
/// rounding unit.
const SUMS: f64 = 1.490_116_119_384_765_6e-8;

/// Pearson's test of counts against what is expected of each, SciPy's `chisquare`: Σ (o − e)² / e on one degree of freedom
/// less than there are cells. What is expected never and observed nevertheless has a p-value of 0.
///
/// None where there is nothing to test: fewer than two cells, sums that differ, a cell of which nothing is expected and
/// nothing observed (SciPy says NaN).
#[must_use]
pub fn chi_square_given(observed: &[f64], expected: &[f64]) -> Option<Test> {
    if observed.len() != expected.len() || observed.len() < 2 {
        return None;
    }
    let sums = [observed, expected].map(|cells| cells.iter().sum::<f64>());
    let apart = (sums[0] - sums[1]).abs() / sums[0].min(sums[1]);
    let statistic: f64 = observed.iter().zip(expected).map(|(o, e)| (o - e) * (o - e) / e).sum();
    if apart.is_nan() || apart > SUMS || statistic.is_nan() {
        return None;
    }
    Some(Test { statistic, p: chi_square_sf(statistic, (observed.len() - 1) as f64) })
}

/// Pearson's test that two samples are of one distribution over the same categories, SciPy's `chi2_contingency` of a table
/// with two rows, in which categories that neither has seen are left out. `yates` corrects a table of two columns for
/// continuity, as SciPy does unless told otherwise. A constant column has a p-value of 1.
///
/// None where a side has no rows, or the sides do not have as many categories.
#[must_use]
pub fn chi_square_table(reference: &[u64], current: &[u64], yates: bool) -> Option<Test> {
    let [n, m] = [reference, current].map(|side| side.iter().map(|count| *count as f64).sum::<f64>());
    if reference.len() != current.len() || n == 0.0 || m == 0.0 {
        return None;
    }
    let columns = || reference.iter().zip(current).filter(|(one, other)| **one > 0 || **other > 0);
    let degrees = columns().count() - 1;
    if degrees == 0 {
        return Some(Test { statistic: 0.0, p: 1.0 });
    }
    let corrected = |off: f64| if yates && degrees == 1 { (off - 0.5).max(0.0) } else { off };
    let statistic = columns()
        .map(|(one, other)| {
            let (one, other) = (*one as f64, *other as f64);
            let share = (one + other) / (n + m);
            // Both rows are as far off what is expected of them.
            let off = corrected((one - n * share).abs());
            off * off / (n * share) + off * off / (m * share)
        })
        .sum();
    Some(Test { statistic, p: chi_square_sf(statistic, degrees as f64) })
}

/// The two-sided test that two shares are one, each given as successes and rows, with the pooled share's variance.
/// Shares that are both 0, or both 1, have a p-value of 1. None where a side has no rows.
#[must_use]
pub fn z_proportions(reference: (u64, u64), current: (u64, u64)) -> Option<Test> {
    let ((one, n), (other, m)) = (reference, current);
    if n == 0 || m == 0 {
        return None;
    }
    let (rows, rows_current) = (n as f64, m as f64);
    let pooled = (one as f64 + other as f64) / (rows + rows_current);
    let variance = pooled * (1.0 - pooled) * (1.0 / rows + 1.0 / rows_current);
    if variance <= 0.0 {
        return Some(Test { statistic: 0.0, p: 1.0 });
    }
    let statistic = (one as f64 / rows - other as f64 / rows_current) / variance.sqrt();
    Some(Test { statistic, p: 2.0 * normal_cdf(-statistic.abs()) })
}
