//! The rules of alibi-detect's `TabularDrift` and `KSDrift` (0.13): a test a column, in numbers of 32 bits, and one verdict
//! for all of them.

use crate::statistics::two_sample::{self, KsP};

/// What a column's test says, rounded as alibi-detect keeps it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The distance of Kolmogorov and Smirnov, or chi-square.
    pub distance: f32,
    /// The p-value.
    pub p: f32,
}

/// How the p-values of many columns make one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// The level is divided by the columns: the default.
    Bonferroni,
    /// That of Benjamini and Hochberg: `fdr`.
    FalseDiscovery,
}

/// The verdict on all columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batch {
    /// Whether anything has drifted.
    pub drifted: bool,
    /// What a p-value had to be below. With [`Correction::FalseDiscovery`] that of the last which is; where none is, the
    /// least that any had to.
    pub threshold: f64,
}

/// The test of numbers whose distributions are `distance` apart, always by the asymptote. NaN of one row a side.
#[must_use]
pub fn numbers(distance: f64, n: u64, m: u64) -> Score {
    Score { distance: distance as f32, p: two_sample::ks_p(distance, n, m, KsP::Asymptotic) as f32 }
}

/// The test of categories, corrected for continuity where there are two. None where a side is empty.
#[must_use]
pub fn categories(reference: &[u64], current: &[u64]) -> Option<Score> {
    let test = two_sample::chi_square_table(reference, current, true)?;
    Some(Score { distance: test.statistic as f32, p: test.p as f32 })
}

/// Whether one column has drifted by itself: `drift_type="feature"`.
#[must_use]
pub fn feature(p: f32, level: f64) -> bool {
    p < level as f32
}

/// Whether the columns together have: `drift_type="batch"`. NumPy compares with one threshold in 32 bits, with many in 64.
#[must_use]
pub fn batch(p: &[f32], level: f64, correction: Correction) -> Batch {
    let count = p.len() as f64;
    if correction == Correction::Bonferroni {
        let threshold = level / count;
        return Batch { drifted: p.iter().any(|p| feature(*p, threshold)), threshold };
    }
    let mut sorted = p.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let threshold = |rank: usize| level * (rank + 1) as f64 / count;
    let last = sorted.iter().enumerate().rposition(|(rank, p)| f64::from(*p) < threshold(rank));
    Batch { drifted: last.is_some(), threshold: threshold(last.unwrap_or(0)) }
}
