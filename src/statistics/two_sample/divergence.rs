//! Distances between the shares of categories or bins.

use std::f64::consts::LN_2;

/// The unit of information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Nats: SciPy's default, and Evidently's.
    Natural,
    /// Bits, in which the distance of what has nothing in common is 1: TFDV's and NannyML's.
    Two,
}

/// The distance of Jensen and Shannon: the root of their divergence, SciPy's `jensenshannon`. Shares or counts may be
/// given: each side is divided by its sum. NaN where a side is empty, all 0, or not as long as the other.
///
/// A pair of shares adds s/2 · (2d·artanh(d) + ln(1 − d²)) for their sum s and d = (p − q) / s, which is p·ln(p/mean) +
/// q·ln(q/mean) without the cancellation that makes noise of shares that are nearly the same.
#[must_use]
pub fn jensen_shannon(p: &[f64], q: &[f64], base: Base) -> f64 {
    let (of_p, of_q): (f64, f64) = (p.iter().sum(), q.iter().sum());
    let usable = |sum: f64| sum > 0.0 && sum.is_finite();
    if p.len() != q.len() || !usable(of_p) || !usable(of_q) {
        return f64::NAN;
    }
    let twice: f64 = p.iter().zip(q).map(|(p, q)| apart(p / of_p, q / of_q)).sum();
    let unit = if base == Base::Two { LN_2 } else { 1.0 };
    (twice / 2.0 / unit).sqrt()
}

/// Twice what a pair of shares adds to the divergence.
pub(in crate::statistics) fn apart(p: f64, q: f64) -> f64 {
    let sum = p + q;
    if sum == 0.0 {
        return 0.0;
    }
    let d = (p - q) / sum;
    if d.abs() == 1.0 {
        return sum * LN_2;
    }
    sum / 2.0 * (2.0 * d * libm::atanh(d) + libm::log1p(-d * d))
}

/// The population stability index, Σ (p − q)·ln(p/q), of shares as they are given. A share of 0 on one side makes it
/// infinite: whoever bins says what an empty bin counts as. A bin that is empty on both sides adds nothing.
#[must_use]
pub fn psi(p: &[f64], q: &[f64]) -> f64 {
    let terms = p.iter().zip(q).filter(|(p, q)| p != q).map(|(p, q)| (p - q) * libm::log(p / q));
    // The sum of no numbers is minus nought.
    terms.sum::<f64>() + 0.0
}
