//! Quantiles of more numbers than are kept.

mod buckets;
mod scale;
#[cfg(test)]
mod tests;

pub use scale::{Error, Scale};

use super::histogram::Bar;
use super::ladder::Ladder;
use buckets::Buckets;

/// So many buckets at most have something in them.
pub const BUCKETS: usize = 4096;

/// The highest level: everything is in two buckets then.
pub const LEVELS: u32 = 62;

/// Counts of numbers in buckets, each a fixed share wide (DDSketch: Masson, Rim and Lee 2019), so that a quantile is
/// right within that share of its value: 0.5 %.
///
/// When more than [`BUCKETS`] have something in them, which takes numbers spread over eighteen powers of ten, buckets are
/// joined by twos until there is room, and the error doubles each time (UDDSketch: Epicoco et al. 2020). How often follows from
/// the set of numbers alone: any order, and any division into shards that are merged, gives the same sketch.
///
/// Minus infinity and infinity are counted apart, and so is nought, with what is nearer to it than 2.2e-308. The least and
/// the greatest number are exact.
#[derive(Debug, Clone)]
pub struct Quantiles {
    scale: Scale,
    level: u32,
    buckets: Buckets,
    infinite: [u64; 2],
    range: Option<[f64; 2]>,
    count: u64,
}

/// What a sketch is made of, to keep it and have it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// How often buckets were joined.
    pub level: u32,
    /// Counts of minus infinity and infinity.
    pub infinite: [u64; 2],
    /// The least and the greatest number, infinities among them; none of nothing.
    pub range: Option<[f64; 2]>,
    /// The buckets that something is in, ascending, with their counts.
    pub buckets: Vec<(i64, u64)>,
}

impl Quantiles {
    /// A sketch of nothing.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        Self { scale, level: 0, buckets: Buckets::default(), infinite: [0; 2], range: None, count: 0 }
    }

    /// A sketch as it was: none where it cannot be one.
    #[must_use]
    pub fn restored(scale: Scale, parts: &Parts) -> Option<Self> {
        let mut sketch =
            Self { level: parts.level, infinite: parts.infinite, range: parts.range, ..Self::new(scale) };
        let ascending = parts.buckets.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if parts.level > LEVELS || !ascending || parts.buckets.len() > BUCKETS {
            return None;
        }
        let counts = parts.buckets.iter().map(|(_, count)| *count).chain(parts.infinite);
        sketch.count = counts.into_iter().try_fold(0_u64, u64::checked_add)?;
        let ordered = match parts.range {
            None => sketch.count == 0,
            Some([least, greatest]) => sketch.count > 0 && least <= greatest,
        };
        let possible = |bucket: i64| bucket.unsigned_abs() <= 1 << 62;
        if !ordered || !parts.buckets.iter().all(|(bucket, count)| *count > 0 && possible(*bucket)) {
            return None;
        }
        parts.buckets.iter().for_each(|(bucket, count)| sketch.buckets.add(*bucket, *count));
        Some(sketch)
    }

    /// The parts of which [`Quantiles::restored`] makes the same again.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let buckets = self.buckets.ascending();
        Parts { level: self.level, infinite: self.infinite, range: self.range, buckets }
    }

    /// Adds numbers; NaN is none.
    pub fn add(&mut self, numbers: &[f64]) {
        let mut range = self.range.unwrap_or([f64::INFINITY, f64::NEG_INFINITY]);
        let before = self.count;
        for number in numbers {
            if number.is_nan() {
                continue;
            }
            self.count += 1;
            // Minus nought is nought.
            let number = number + 0.0;
            range = [range[0].min(number), range[1].max(number)];
            if number.is_finite() {
                let bucket = self.scale.bucket(number);
                self.buckets.add(self.scale.widened(bucket, self.level), 1);
            } else {
                self.infinite[usize::from(number > 0.0)] += 1;
            }
        }
        if self.count > before {
            self.range = Some(range);
        }
        self.make_room();
    }

    /// Adds what another sketch of the same scale has seen.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.scale, other.scale);
        self.widen(other.level);
        let levels = self.level - other.level;
        for (bucket, count) in other.buckets.ascending() {
            self.buckets.add(self.scale.widened(bucket, levels), count);
        }
        self.infinite = [self.infinite[0] + other.infinite[0], self.infinite[1] + other.infinite[1]];
        self.count += other.count;
        self.range = match (self.range, other.range) {
            (Some(one), Some(other)) => Some([one[0].min(other[0]), one[1].max(other[1])]),
            (one, other) => one.or(other),
        };
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.buckets.filled() > BUCKETS && self.level < LEVELS {
            self.widen(self.level + 1);
        }
    }

    /// Joins buckets up to a level; where that is reached already nothing happens.
    fn widen(&mut self, level: u32) {
        let Some(levels) = level.checked_sub(self.level).filter(|levels| *levels > 0) else { return };
        let narrow = std::mem::take(&mut self.buckets);
        for (bucket, count) in narrow.ascending() {
            self.buckets.add(self.scale.widened(bucket, levels), count);
        }
        self.level = level;
    }

    /// How many numbers, infinities among them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many are minus infinity and infinity.
    #[must_use]
    pub fn infinite(&self) -> [u64; 2] {
        self.infinite
    }

    /// The least and the greatest number, exactly; none of nothing.
    #[must_use]
    pub fn range(&self) -> Option<[f64; 2]> {
        self.range
    }

    /// How far a value that is read off may be from the true one. Between two values of different signs a quantile is as
    /// far off as they are.
    #[must_use]
    pub fn error(&self) -> Error {
        self.scale.error(self.level)
    }

    /// The numbers in order, each within [`Quantiles::error`] of the one in its place; the first and the last are exact.
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        let Some([least, greatest]) = self.range else { return Ladder::default() };
        let finite = self
            .buckets
            .ascending()
            .into_iter()
            .map(|(bucket, count)| (self.scale.middle(bucket, self.level).clamp(least, greatest), count));
        let below = (f64::NEG_INFINITY, self.infinite[0]);
        let above = (f64::INFINITY, self.infinite[1]);
        let mut steps: Vec<(f64, u64)> =
            [below].into_iter().chain(finite).chain([above]).filter(|(_, count)| *count > 0).collect();
        exact_ends(&mut steps, least, greatest);
        Ladder::new(steps)
    }

    /// The place of a number among the counts that there are: what is in one place is not told apart. Places ascend with the
    /// numbers; the infinities have the outermost.
    #[inline]
    #[must_use]
    pub fn place(&self, number: f64) -> i64 {
        match number {
            f64::NEG_INFINITY => i64::MIN,
            f64::INFINITY => i64::MAX,
            // Minus nought is nought.
            number => self.scale.widened(self.scale.bucket(number + 0.0), self.level),
        }
    }

    /// Whether all that is in a place is one number: an infinity, or nought.
    #[must_use]
    pub fn is_single(&self, place: i64) -> bool {
        matches!(place, i64::MIN | i64::MAX) || (place == 0 && self.scale == Scale::Logarithmic)
    }

    /// How many numbers are in each place, exactly, of those that have some, ascending.
    #[must_use]
    pub fn places(&self) -> Vec<(i64, u64)> {
        let [below, above] = self.infinite;
        let ends =
            [(i64::MIN, below), (i64::MAX, above)].map(|end| Some(end).filter(|(_, count)| *count > 0));
        let [below, above] = ends;
        below.into_iter().chain(self.buckets.ascending()).chain(above).collect()
    }

    /// The finite numbers in bars, for a histogram.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar> {
        let [least, greatest] = self.range.unwrap_or_default();
        let bar = |(bucket, count)| {
            let (low, high) = self.scale.bounds(bucket, self.level);
            Bar { low: low.clamp(least, greatest), high: high.clamp(least, greatest), count }
        };
        self.buckets.ascending().into_iter().map(bar).collect()
    }

    /// The value below which a share `q` of all lies, as [`Ladder::quantile`]; for many of them, take the [`Quantiles::ladder`] once.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.ladder().quantile(q)
    }

    /// How many numbers are at most `x`: exact for some number within the error of `x`.
    #[must_use]
    pub fn rank(&self, x: f64) -> u64 {
        self.ladder().rank(x)
    }
}

/// Of the lowest and the highest bucket one number each is known.
fn exact_ends(steps: &mut Vec<(f64, u64)>, least: f64, greatest: f64) {
    for (end, at_start) in [(least, true), (greatest, false)] {
        let place = if at_start { 0 } else { steps.len().saturating_sub(1) };
        let Some((value, count)) = steps.get_mut(place) else { continue };
        if *value != end && *count > 0 {
            *count -= 1;
            steps.insert(if at_start { 0 } else { steps.len() }, (end, 1));
        }
    }
    steps.retain(|(_, count)| *count > 0);
}

impl PartialEq for Quantiles {
    fn eq(&self, other: &Self) -> bool {
        self.scale == other.scale && self.parts() == other.parts()
    }
}
