//! Numbers of which a profile has a sketch alone, because they are too many different ones.
//!
//! A sketch does not know the numbers, and knows exactly how many lie in each of its buckets, whose ends are the same for all
//! data. So the numbers that are held against it are put into the same buckets, and both sides compared as if they had been
//! rounded: what is said of the rounded numbers has no error but that differences within a bucket, which is 1 % of a number wide
//! at first, are not seen. A value that very many numbers have is known, and is a cell of its own.

use std::collections::BTreeMap;

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
    /// The values that a fifth of all numbers has, or more: each is apart from the rest of its bucket.
    spikes: Vec<Spike>,
    /// By how much a spike's count may be too low.
    error: u64,
    /// Of the bucket that has most besides its spikes, how much.
    blurred: u64,
}

/// A value that many numbers have.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spike {
    value: f64,
    place: i64,
    count: u64,
}

impl Sketch {
    /// The sketch of a profile, with how often the frequent values are there: at least so often, and at most by the error
    /// oftener.
    #[must_use]
    pub fn new(quantiles: Quantiles, frequent: impl Iterator<Item = (f64, u64)>, error: u64) -> Self {
        let least = (quantiles.count() / COARSE).max(1);
        let spikes: Vec<Spike> = frequent
            .filter(|(_, count)| *count >= least)
            .map(|(value, count)| Spike { value, place: quantiles.place(value), count })
            .collect();
        let mut sketch = Self { quantiles, spikes, error, blurred: 0 };
        let rests = sketch
            .reference()
            .into_iter()
            .filter(|((place, spike), _)| *spike == REST && !sketch.quantiles.is_single(*place));
        sketch.blurred = rests.map(|(_, count)| count).max().unwrap_or(0);
        sketch
    }

    /// The cells of the sketch: of each bucket first what is no spike, then its spikes.
    fn reference(&self) -> Vec<(Cell, u64)> {
        let mut cells = Vec::new();
        for (place, count) in self.quantiles.places() {
            let spikes = || self.spikes.iter().enumerate().filter(|(_, spike)| spike.place == place);
            let apart = spikes().map(|(_, spike)| spike.count).sum();
            cells.push(((place, REST), count.saturating_sub(apart)));
            cells.extend(spikes().map(|(at, spike)| ((place, at + 1), spike.count)));
        }
        cells
    }

    fn cell(&self, number: f64) -> Cell {
        let place = self.quantiles.place(number);
        let is_it = |spike: &Spike| spike.place == place && spike.value == number;
        (place, self.spikes.iter().position(is_it).map_or(REST, |at| at + 1))
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

    /// Its cells with what is held against it.
    #[must_use]
    pub fn beside(&self, current: &impl Ascending) -> Beside {
        let mut cells: BTreeMap<Cell, [u64; 2]> =
            self.reference().into_iter().map(|(cell, count)| (cell, [count, 0])).collect();
        // Many numbers in a row are in one cell.
        let mut run: Option<(Cell, u64)> = None;
        let mut put = |run: Option<(Cell, u64)>| {
            if let Some((cell, count)) = run {
                cells.entry(cell).or_default()[1] += count;
            }
        };
        for number in current.walk() {
            let cell = self.cell(number);
            match &mut run {
                Some((last, count)) if *last == cell => *count += 1,
                _ => put(run.replace((cell, 1))),
            }
        }
        put(run);
        Beside { cells, rows: [self.rows(), current.rows()], error: self.error }
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

/// A bucket, and [`REST`] or the number of a spike in it, from 1.
type Cell = (i64, usize);

/// What is in a bucket besides its spikes.
const REST: usize = 0;

/// How many numbers of the reference, and of what is held against it, are in each cell, ascending by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    cells: BTreeMap<Cell, [u64; 2]>,
    rows: [u64; 2],
    error: u64,
}

impl Beside {
    /// A p-value of Kolmogorov and Smirnov that is never below that of the numbers, so that alarms are no more often false: of a
    /// distance that the numbers have at least. At the end of a bucket the distribution functions are as far apart as those of
    /// the numbers. Within one it is not known; but where one of them rises more than the other at a value, they are half of
    /// that apart before it or behind it.
    #[must_use]
    pub fn ks_p(&self) -> f64 {
        let [n, m] = self.rows.map(|rows| rows as f64);
        let mut until = [0_u64; 2];
        let mut distance = 0.0_f64;
        let mut cells = self.cells.iter().peekable();
        while let Some(((place, spike), [one, other])) = cells.next() {
            until = [until[0] + one, until[1] + other];
            if cells.peek().is_none_or(|((next, _), _)| next != place) {
                distance = distance.max((until[0] as f64 / n - until[1] as f64 / m).abs());
            }
            if *spike != REST {
                let rises = (*one as f64 / n - *other as f64 / m).abs() - self.error as f64 / n;
                distance = distance.max(rises / 2.0);
            }
        }
        two_sample::ks_p(distance, self.rows[0], self.rows[1], KsP::Auto)
    }

    /// The counts of both sides in bins of whole cells that hold about a tenth of the reference each; a cell that holds two
    /// tenths is a bin of its own. As [`Cuts`](crate::statistics::drift::Cuts) of the rounded numbers.
    #[must_use]
    pub fn deciles(&self) -> [Vec<u64>; 2] {
        let place = |tenth: u64| (u128::from(self.rows[0]) * u128::from(tenth)).div_ceil(u128::from(TENTHS));
        let mut bins = Bins::default();
        let (mut until, mut tenth) = (0_u128, 1);
        for cell in self.cells.values() {
            until += u128::from(cell[0]);
            let first = tenth;
            while tenth < TENTHS && place(tenth) <= until {
                tenth += 1;
            }
            if tenth - first > 1 {
                bins.close();
            }
            bins.add(*cell);
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
