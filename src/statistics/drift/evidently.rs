//! Evidently's rules (0.7): which method a column gets by default, what it computes, and from where on it is drift.
//!
//! Nulls, NaN and infinities are dropped before any of this, and the rows counted without them. Where Evidently answers
//! NaN there is no score here, which is no drift in either.

use crate::statistics::two_sample::{self, Base};

/// What Evidently takes a column for, by what it sees in the current data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Floating point numbers, and whole ones of more than ten values.
    Number,
    /// Whole numbers of up to ten values, booleans, and strings that repeat.
    Category,
    /// Strings of which more than half are unique, which Evidently gives to a classifier.
    Text,
}

/// Whole numbers of more values than these are numbers.
const WHOLE_VALUES: u64 = 10;
/// Numbers of more values than these are tested, or measured, as numbers.
const FEW_VALUES: u64 = 5;
/// From more values in the reference on numbers are binned.
const VALUES_TO_BIN: u64 = 20;
/// A reference of more rows is measured by distances, of up to these by tests.
const ROWS_TO_TEST: u64 = 1000;
/// Shares of 0 become this one, or …
const FILLED: f64 = 0.0001;
/// … a millionth of the least that is not, where it is as small as that.
const FILLED_PART: f64 = 1e6;
/// What a standard deviation is taken for at least.
const LEAST_DEVIATION: f64 = 0.001;

impl Kind {
    /// Of whole numbers with so many values.
    #[must_use]
    pub const fn of_whole(distinct: u64) -> Self {
        if distinct <= WHOLE_VALUES { Self::Category } else { Self::Number }
    }

    /// Of strings: how many values and rows there are, without nulls.
    #[must_use]
    pub const fn of_strings(distinct: u64, rows: u64) -> Self {
        if distinct > rows / 2 { Self::Text } else { Self::Category }
    }
}

/// A method of Evidently's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The p-value of Kolmogorov and Smirnov: `ks`.
    Ks,
    /// The p-value of chi-square: `chisquare`.
    ChiSquare,
    /// The p-value of a difference of shares, of two values: `z`.
    Z,
    /// Wasserstein's distance, in standard deviations of the reference: `wasserstein`.
    Wasserstein,
    /// Jensen and Shannon's distance in nats: `jensenshannon`.
    JensenShannon,
    /// The population stability index: `psi`.
    Psi,
}

impl Method {
    /// What a column gets that nobody has said anything about: how many rows its reference has, and how many values both
    /// sides together. None for text.
    #[must_use]
    pub const fn of(kind: Kind, reference_rows: u64, distinct: u64) -> Option<Self> {
        let number = match kind {
            Kind::Text => return None,
            Kind::Number => distinct > FEW_VALUES,
            Kind::Category => false,
        };
        Some(match (reference_rows <= ROWS_TO_TEST, number) {
            (true, true) => Self::Ks,
            (true, false) if distinct > 2 => Self::ChiSquare,
            (true, false) => Self::Z,
            (false, true) => Self::Wasserstein,
            (false, false) => Self::JensenShannon,
        })
    }

    /// From where on it is drift, unless somebody says otherwise.
    #[must_use]
    pub const fn bound(self) -> f64 {
        if self.tests() { 0.05 } else { 0.1 }
    }

    /// Whether the score is a p-value, which is drift where it is low.
    #[must_use]
    pub const fn tests(self) -> bool {
        matches!(self, Self::Ks | Self::ChiSquare | Self::Z)
    }

    /// Whether the score is drift. The bound itself is, but for chi-square and shares.
    #[must_use]
    pub fn drifted(self, score: f64, bound: f64) -> bool {
        match self {
            Self::Ks => score <= bound,
            Self::ChiSquare | Self::Z => score < bound,
            Self::Wasserstein | Self::JensenShannon | Self::Psi => score >= bound,
        }
    }
}

/// Whether numbers are counted by [`super::Edges::sturges`] of both sides together, for the index and the distance of
/// shares, and not by value: how many values the reference has.
#[must_use]
pub const fn binned(distinct_reference: u64) -> bool {
    distinct_reference > VALUES_TO_BIN
}

/// The population stability index of counts by the same bins or values. None where a side is empty.
#[must_use]
pub fn psi(reference: &[u64], current: &[u64]) -> Option<f64> {
    Some(two_sample::psi(&filled(shares(reference)?), &filled(shares(current)?)))
}

/// Jensen and Shannon's distance of counts by the same bins or values. None where a side is empty.
#[must_use]
pub fn jensen_shannon(reference: &[u64], current: &[u64]) -> Option<f64> {
    Some(two_sample::jensen_shannon(&shares(reference)?, &shares(current)?, Base::Natural))
}

/// Wasserstein's distance in standard deviations of the reference, whose variance is divided by the rows.
#[must_use]
pub fn wasserstein(distance: f64, deviation_of_reference: f64) -> f64 {
    distance / deviation_of_reference.max(LEAST_DEVIATION)
}

/// The p-value of counts against those of the reference, scaled to as many rows. A category that the reference has not
/// seen makes it 0. None of fewer than two categories, or where a side is empty.
#[must_use]
pub fn chi_square(reference: &[u64], current: &[u64]) -> Option<f64> {
    let [n, m] = [reference, current].map(|side| side.iter().map(|count| *count as f64).sum::<f64>());
    let expected: Vec<f64> = reference.iter().map(|count| *count as f64 * (m / n)).collect();
    let observed: Vec<f64> = current.iter().map(|count| *count as f64).collect();
    Some(two_sample::chi_square_given(&observed, &expected)?.p)
}

/// The p-value of the first value's share, of counts of up to two values: 1 where all rows have the same. To all digits;
/// Evidently's own, one minus something, is 0 below 10⁻¹⁶. None where a side is empty.
#[must_use]
pub fn z(reference: &[u64], current: &[u64]) -> Option<f64> {
    let rows = |side: &[u64]| side.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let of = |side: &[u64]| (side.first().copied().unwrap_or(0), rows(side));
    Some(two_sample::z_proportions(of(reference), of(current))?.p)
}

fn shares(counts: &[u64]) -> Option<Vec<f64>> {
    let rows: f64 = counts.iter().map(|count| *count as f64).sum();
    (rows > 0.0).then(|| counts.iter().map(|count| *count as f64 / rows).collect())
}

fn filled(mut shares: Vec<f64>) -> Vec<f64> {
    let least = shares.iter().copied().filter(|share| *share > 0.0).fold(f64::INFINITY, f64::min);
    let filling = if least <= FILLED { least / FILLED_PART } else { FILLED };
    shares.iter_mut().filter(|share| **share == 0.0).for_each(|share| *share = filling);
    shares
}
