//! Our own rules. A column has drifted where the difference matters and is no chance: an effect size decides, and a p-value,
//! corrected for the number of columns, guards against noise. With a million rows every p-value is 0; with two hundred
//! every index is above its bound.

use super::chance::{expected_divergence, homogeneity};
use crate::statistics::two_sample::{self, Base};

/// From here on numbers have drifted: the population stability index over the reference's deciles, as the field says
/// (0.1 watch, 0.25 act). It is what a normal distribution comes to that moves by a third of its standard deviation.
pub const PSI_BOUND: f64 = 0.1;

/// From here on categories have drifted: the distance of Jensen and Shannon, in nats. Where a tenth of the rows changes its
/// category the distance is at least 0.071 (it is never below the share of rows that moved over √2, by Pinsker's inequality), of a column
/// of two values that goes from 0.5 to 0.6 just that, so the 0.1 that is common elsewhere, where it must leave room for
/// what chance alone does to many categories, would miss it. Chance is taken off here.
pub const JENSEN_SHANNON_BOUND: f64 = 0.05;

/// What an empty bin counts as. The count whose chance to be 0 is a half is ln 2; half a row is the usual round of it, is
/// small among many rows and not absurd among few: an empty bin of 200 rows adds 0.36 to an index, where 0.0001 adds 0.69.
const HALF_A_ROW: f64 = 0.5;

/// How much a column has changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The index or the distance, as the field computes it.
    pub seen: f64,
    /// What chance alone would bring it to, on average.
    pub chance: f64,
    /// What is left of it when chance is taken off, at least 0: this is held against the bound.
    pub size: f64,
    /// How often chance alone would bring about as much.
    pub p: f64,
}

/// Of numbers: their counts in the bins of the reference's deciles ([`super::Cuts`]), and the p-value of Kolmogorov and
/// Smirnov. None where a side is empty.
///
/// Chance alone makes (bins − 1)(1/n + 1/m) of the index: a difference p − q adds (p − q)²/π, and the mean of (p − q)² is
/// π(1 − π)(1/n + 1/m).
#[must_use]
pub fn numbers(reference: &[u64], current: &[u64], ks_p: f64) -> Option<Effect> {
    let [n, m] = rows(reference, current)?;
    let (p, q): (Vec<f64>, Vec<f64>) = reference
        .iter()
        .zip(current)
        .filter(|(one, other)| **one > 0 || **other > 0)
        .map(|(one, other)| ((*one as f64).max(HALF_A_ROW) / n, (*other as f64).max(HALF_A_ROW) / m))
        .unzip();
    let seen = two_sample::psi(&p, &q);
    let chance = (p.len() - 1) as f64 * (1.0 / n + 1.0 / m);
    Some(Effect { seen, chance, size: (seen - chance).max(0.0), p: ks_p })
}

/// Of categories: their counts, in the same order on both sides, of all that either has. None where a side is empty.
#[must_use]
pub fn categories(reference: &[u64], current: &[u64]) -> Option<Effect> {
    rows(reference, current)?;
    let [p, q] = [reference, current].map(|side| side.iter().map(|count| *count as f64).collect::<Vec<_>>());
    let seen = two_sample::jensen_shannon(&p, &q, Base::Natural);
    let chance = expected_divergence(reference, current);
    let size = (seen * seen - chance).max(0.0).sqrt();
    Some(Effect { seen, chance: chance.sqrt(), size, p: homogeneity(reference, current)?.p })
}

fn rows(reference: &[u64], current: &[u64]) -> Option<[f64; 2]> {
    let sums = [reference, current].map(|side| side.iter().map(|count| *count as f64).sum::<f64>());
    (reference.len() == current.len() && sums.iter().all(|rows| *rows > 0.0)).then_some(sums)
}
