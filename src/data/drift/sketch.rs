//! Numbers of which a profile has a sketch alone, because they are too many different ones.
//!
//! A sketch does not know the numbers, and knows exactly how many lie in each of its buckets, whose ends are the same for all
//! data. So the numbers that are held against it are put into the same buckets, and both sides compared as if they had been
//! rounded: what is said of the rounded numbers has no error but that differences within a bucket, which is 1 % of a number wide
//! at first, are not seen.

use super::values::Ascending;
use crate::config::DriftMethod;
use crate::statistics::histogram;
use crate::statistics::quantiles::{Error, Quantiles};
use crate::statistics::two_sample::{self, KsP};

/// In one bucket there may be this part of all numbers: a fifth. Of a normal distribution in five bins of a fifth each the
/// index has nine tenths of what it has in deciles; in fewer bins shifts get lost.
const COARSE: u64 = 5;

const TENTHS: u64 = 10;

/// The buckets of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    quantiles: Quantiles,
    /// Of the bucket that has most numbers whose value is not known, how many.
    blurred: u64,
}

impl Sketch {
    /// The sketch of a profile, with how often some single values are there at least.
    #[must_use]
    pub fn new(quantiles: Quantiles, known: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut known: Vec<(i64, u64)> =
            known.map(|(value, count)| (quantiles.place(value), count)).collect();
        known.sort_unstable();
        let mut known = known.into_iter().peekable();
        let blurred = quantiles.places().into_iter().map(|(place, count)| {
            let mut left = count;
            while let Some((_, sure)) = known.next_if(|(at, _)| *at <= place) {
                left = left.saturating_sub(sure);
            }
            if quantiles.is_single(place) { 0 } else { left }
        });
        let blurred = blurred.max().unwrap_or(0);
        Self { quantiles, blurred }
    }

    /// Whether a method can do without the values.
    #[must_use]
    pub const fn measures(method: DriftMethod) -> bool {
        matches!(method, DriftMethod::Auto | DriftMethod::Psi)
    }

    /// How many numbers.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.quantiles.count()
    }

    /// How far a number may be from the middle of its bucket.
    #[must_use]
    pub fn error(&self) -> Error {
        self.quantiles.error()
    }

    /// Whether so many numbers are in one bucket that a shift would not be seen: they are far from 0 and near each other.
    #[must_use]
    pub fn is_coarse(&self) -> bool {
        self.blurred > self.rows() / COARSE
    }

    /// Its buckets with what is held against it.
    #[must_use]
    pub fn beside(&self, current: &impl Ascending) -> Beside {
        let mut reference = self.quantiles.places().into_iter().peekable();
        let mut buckets: Vec<[u64; 2]> = Vec::new();
        let mut last = None;
        for value in current.walk() {
            let place = self.quantiles.place(value);
            if last != Some(place) {
                while let Some((_, count)) = reference.next_if(|(at, _)| *at < place) {
                    buckets.push([count, 0]);
                }
                let here = reference.next_if(|(at, _)| *at == place);
                buckets.push([here.map_or(0, |(_, count)| count), 0]);
                last = Some(place);
            }
            if let Some([_, count]) = buckets.last_mut() {
                *count += 1;
            }
        }
        buckets.extend(reference.map(|(_, count)| [count, 0]));
        Beside { buckets, rows: [self.rows(), current.rows()] }
    }

    /// Between which two numbers all lie but this share at either end; none where these are not finite.
    #[must_use]
    pub fn middle(&self, outer: f64) -> Option<(f64, f64)> {
        let ladder = self.quantiles.ladder();
        let (low, high) = (ladder.quantile(outer)?, ladder.quantile(1.0 - outer)?);
        (low.is_finite() && high.is_finite()).then_some((low, high))
    }

    /// How many are between two edges each, about; those beyond them are in the outer ones.
    #[must_use]
    pub fn counts(&self, edges: &[f64]) -> Vec<u64> {
        let mut counts = histogram::between_edges(&self.quantiles.bars(), edges);
        let [below, above] = self.quantiles.infinite();
        if let Some(first) = counts.first_mut() {
            *first += below;
        }
        if let Some(last) = counts.last_mut() {
            *last += above;
        }
        counts
    }
}

/// How many numbers of the reference, and of what is held against it, are in each bucket, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    buckets: Vec<[u64; 2]>,
    rows: [u64; 2],
}

impl Beside {
    /// The p-value of Kolmogorov and Smirnov of the rounded numbers. Between two buckets the distribution functions are as far
    /// apart as those of the numbers themselves, and within one it is not known: so the p-value is never below that of the
    /// numbers, and alarms are no more often false.
    #[must_use]
    pub fn ks_p(&self) -> f64 {
        let [n, m] = self.rows;
        let mut until = [0_u64; 2];
        let mut distance = 0.0_f64;
        for bucket in &self.buckets {
            until = [until[0] + bucket[0], until[1] + bucket[1]];
            distance = distance.max((until[0] as f64 / n as f64 - until[1] as f64 / m as f64).abs());
        }
        two_sample::ks_p(distance, n, m, KsP::Auto)
    }

    /// The counts of both sides in bins of whole buckets that hold about a tenth of the reference each; a bucket that
    /// holds two tenths is a bin of its own. As [`Cuts`](crate::statistics::drift::Cuts) of the rounded numbers.
    #[must_use]
    pub fn deciles(&self) -> [Vec<u64>; 2] {
        let place = |tenth: u64| (u128::from(self.rows[0]) * u128::from(tenth)).div_ceil(u128::from(TENTHS));
        let mut bins = Bins::default();
        let (mut until, mut tenth) = (0_u128, 1);
        for bucket in &self.buckets {
            until += u128::from(bucket[0]);
            let first = tenth;
            while tenth < TENTHS && place(tenth) <= until {
                tenth += 1;
            }
            if tenth - first > 1 {
                bins.close();
            }
            bins.add(*bucket);
            if tenth > first {
                bins.close();
            }
        }
        bins.close();
        bins.counts
    }
}

/// Bins while they are filled, one after the other.
#[derive(Default)]
struct Bins {
    counts: [Vec<u64>; 2],
    open: [u64; 2],
}

impl Bins {
    fn add(&mut self, [one, other]: [u64; 2]) {
        self.open = [self.open[0] + one, self.open[1] + other];
    }

    /// Nothing is no bin.
    fn close(&mut self) {
        let [one, other] = std::mem::take(&mut self.open);
        if one + other > 0 {
            self.counts[0].push(one);
            self.counts[1].push(other);
        }
    }
}

#[cfg(test)]
mod tests;
