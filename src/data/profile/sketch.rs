//! Sketches of columns in JSON, from which the same sketches come again.

use serde::{Deserialize, Serialize};

use super::column::{LONGEST, Numbers, Words};
use super::figure::Figure;
use super::packed::{pack, signed, unpack, unsigned};
use crate::statistics::distinct::{self, Distinct};
use crate::statistics::frequent::Frequent;
use crate::statistics::hash;
use crate::statistics::moments::{self, Moments};
use crate::statistics::order;
use crate::statistics::quantiles::{self, Quantiles, Scale};

/// What is kept of numbers.
#[derive(Debug, Serialize, Deserialize)]
pub struct NumberSketch {
    moments: MomentSketch,
    quantiles: QuantileSketch,
    frequent: FrequentSketch<Figure>,
    /// The smallest hashes, the differences of each to the one before, packed. Where all values are counted they are
    /// those of the values, and left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distinct: Option<String>,
}

/// What is kept of texts.
#[derive(Debug, Serialize, Deserialize)]
pub struct TextSketch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lengths: Option<[u64; 2]>,
    frequent: FrequentSketch<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distinct: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct MomentSketch {
    /// As [`moments::Parts`] have it.
    count: u64,
    #[serde(default, skip_serializing_if = "is_usual")]
    unit: i32,
    sum: [Figure; 2],
    squares: Figure,
}

/// Numbers that are neither very large nor very small are measured as they are.
const fn is_usual(unit: &i32) -> bool {
    *unit == 0
}

#[derive(Debug, Serialize, Deserialize)]
struct QuantileSketch {
    level: u32,
    infinite: [u64; 2],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<[Figure; 2]>,
    /// The difference of each bucket to the one before, and its count, packed.
    buckets: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct FrequentSketch<V> {
    error: u64,
    values: Vec<V>,
    counts: Vec<u64>,
}

/// What is wrong with a sketch.
pub type Wrong = &'static str;

impl NumberSketch {
    /// What is kept of these.
    pub fn of(seen: &Numbers) -> Self {
        let moments::Parts { count, unit, sum, squares } = seen.moments.parts();
        let parts = seen.quantiles.parts();
        let counts = seen.frequent.by_value();
        let values = counts.iter().map(|(key, _)| Figure(order::number(**key))).collect();
        let counts = counts.iter().map(|(_, count)| *count).collect();
        Self {
            moments: MomentSketch { count, unit, sum: sum.map(Figure), squares: Figure(squares) },
            quantiles: QuantileSketch {
                level: parts.level,
                infinite: parts.infinite,
                range: parts.range.map(|range| range.map(Figure)),
                buckets: write_buckets(&parts.buckets),
            },
            frequent: FrequentSketch { error: seen.frequent.error(), values, counts },
            distinct: write_hashes(seen.frequent.error(), &seen.distinct),
        }
    }

    /// The sketches again, of so many numbers.
    ///
    /// # Errors
    /// What they cannot be.
    pub fn restore(&self, scale: Scale, count: u64) -> Result<Numbers, Wrong> {
        let MomentSketch { count: finite, unit, sum, squares } = &self.moments;
        let parts =
            moments::Parts { count: *finite, unit: *unit, sum: sum.map(|part| part.0), squares: squares.0 };
        let moments = Moments::restored(&parts).ok_or("its moments are impossible")?;
        let QuantileSketch { level, infinite, range, buckets } = &self.quantiles;
        let buckets = read_buckets(buckets).ok_or("its buckets are damaged")?;
        let range = range.map(|range| range.map(|end| end.0));
        let parts = quantiles::Parts { level: *level, infinite: *infinite, range, buckets };
        let quantiles = Quantiles::restored(scale, &parts).ok_or("its buckets are impossible")?;
        if quantiles.count() != count
            || infinite[0].checked_add(infinite[1]).and_then(|sum| sum.checked_add(*finite)) != Some(count)
        {
            return Err("its sketches are not of as many values as it says");
        }
        let keys = self.frequent.values.iter().map(|value| order::key(value.0 + 0.0));
        let frequent = self.frequent.restore(keys.clone(), count)?;
        let distinct = read_hashes(self.distinct.as_deref(), frequent.error(), keys.map(hash::mix))?;
        Ok(Numbers { moments, quantiles, frequent, distinct })
    }
}

impl TextSketch {
    /// What is kept of these.
    pub fn of(seen: &Words) -> Self {
        let counts = seen.frequent.by_value();
        let values = counts.iter().map(|(text, _)| (*text).clone()).collect();
        let counts = counts.iter().map(|(_, count)| *count).collect();
        Self {
            lengths: seen.lengths,
            frequent: FrequentSketch { error: seen.frequent.error(), values, counts },
            distinct: write_hashes(seen.frequent.error(), &seen.distinct),
        }
    }

    /// The sketches again, of so many texts.
    ///
    /// # Errors
    /// What they cannot be.
    pub fn restore(&self, count: u64) -> Result<Words, Wrong> {
        let possible = match self.lengths {
            None => count == 0,
            Some([shortest, longest]) => count > 0 && shortest <= longest,
        };
        if !possible || self.frequent.values.iter().any(|text| text.len() > LONGEST) {
            return Err("its lengths are impossible");
        }
        let frequent = self.frequent.restore(self.frequent.values.iter().cloned(), count)?;
        let hashes = self.frequent.values.iter().map(|text| hash::of_text(text));
        let distinct = read_hashes(self.distinct.as_deref(), frequent.error(), hashes)?;
        Ok(Words { count, lengths: self.lengths, frequent, distinct })
    }
}

impl<V> FrequentSketch<V> {
    /// The counts of these values, which are fewer than `count` together, or as many where none is missing.
    fn restore<K: Eq + std::hash::Hash + Ord + Clone>(
        &self,
        values: impl Iterator<Item = K>,
        count: u64,
    ) -> Result<Frequent<K>, Wrong> {
        const WRONG: Wrong = "its frequent values are impossible";
        let counted =
            self.counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).ok_or(WRONG)?;
        let possible =
            if self.error == 0 { counted == count } else { counted <= count && self.error <= count };
        if !possible || self.values.len() != self.counts.len() {
            return Err(WRONG);
        }
        Frequent::restored(values.zip(self.counts.iter().copied()), self.error).ok_or(WRONG)
    }
}

fn write_buckets(buckets: &[(i64, u64)]) -> String {
    let mut before = 0;
    pack(buckets.iter().flat_map(|(bucket, count)| {
        let gap = unsigned(bucket - before);
        before = *bucket;
        [gap, *count]
    }))
}

fn read_buckets(text: &str) -> Option<Vec<(i64, u64)>> {
    let integers = unpack(text, 2 * quantiles::BUCKETS)?;
    let (pairs, []) = integers.as_chunks::<2>() else { return None };
    let mut before = 0_i64;
    let bucket = |[gap, count]: &[u64; 2]| {
        before = before.checked_add(signed(*gap))?;
        Some((before, *count))
    };
    pairs.iter().map(bucket).collect()
}

fn write_hashes(error: u64, sketch: &Distinct) -> Option<String> {
    let mut before = 0;
    (error > 0)
        .then(|| pack(sketch.hashes().into_iter().map(|hash| hash - std::mem::replace(&mut before, hash))))
}

fn read_hashes(
    text: Option<&str>,
    error: u64,
    of_values: impl Iterator<Item = u64>,
) -> Result<Distinct, Wrong> {
    const WRONG: Wrong = "its hashes are damaged";
    if error == 0 {
        return Ok(Distinct::of(of_values));
    }
    let gaps = unpack(text.ok_or("its hashes are missing")?, distinct::KEPT).ok_or(WRONG)?;
    let mut hash = 0_u64;
    let hashes: Option<Vec<u64>> = gaps
        .into_iter()
        .map(|gap| {
            hash = hash.checked_add(gap)?;
            Some(hash)
        })
        .collect();
    Ok(Distinct::of(hashes.ok_or(WRONG)?))
}
