//! How many values are distinct, from the smallest of their hashes.

/// So many hashes are kept.
pub const KEPT: usize = 4096;

/// The k smallest 64-bit hashes of all values that were seen (KMV: Bar-Yossef et al. 2002; Beyer et al. 2007).
///
/// Which they are follows from the set of values alone: any order, and any division into shards that are merged, gives
/// the same sketch.
#[derive(Debug, Clone)]
pub struct Distinct {
    /// Some are there twice, and some are too great, until they are next tidied.
    hashes: Vec<u64>,
    /// A greater hash is not one of the smallest.
    limit: u64,
}

/// A count that may be estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// The count.
    pub value: u64,
    /// Its relative standard error; 0 where it is exact.
    pub error: f64,
}

impl Default for Distinct {
    fn default() -> Self {
        Self { hashes: Vec::new(), limit: u64::MAX }
    }
}

impl Distinct {
    /// A sketch of these hashes.
    #[must_use]
    pub fn of(hashes: impl IntoIterator<Item = u64>) -> Self {
        let mut sketch = Self::default();
        hashes.into_iter().for_each(|hash| sketch.add(hash));
        sketch
    }

    /// Adds the hash of a value, of [`hash`](super::hash).
    #[inline]
    pub fn add(&mut self, hash: u64) {
        if hash <= self.limit {
            self.keep(hash);
        }
    }

    fn keep(&mut self, hash: u64) {
        self.hashes.push(hash);
        if self.hashes.len() == 2 * KEPT {
            self.tidy();
        }
    }

    /// Adds what another one has seen.
    pub fn merge(&mut self, other: &Self) {
        other.hashes.iter().for_each(|hash| self.add(*hash));
    }

    /// The hashes in order, each once: fewer than [`KEPT`] are all that there are.
    #[must_use]
    pub fn hashes(&self) -> Vec<u64> {
        let mut tidied = self.clone();
        tidied.tidy();
        tidied.hashes
    }

    fn tidy(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.hashes.truncate(KEPT);
        if let Some(last) = self.hashes.get(KEPT - 1) {
            self.limit = *last;
        }
    }

    /// How many values are distinct: exact below [`KEPT`], and then with a standard error of 1/√(k − 2), 1.6 %.
    #[must_use]
    pub fn count(&self) -> Count {
        let hashes = self.hashes();
        let Some(last) = hashes.get(KEPT - 1) else {
            return Count { value: hashes.len() as u64, error: 0.0 };
        };
        // The unbiased estimate of Beyer et al.: (k - 1) over the share of all hashes that are below the k-th.
        let share = (*last as f64 + 1.0) / 2.0_f64.powi(64);
        let kept = KEPT as f64;
        Count { value: ((kept - 1.0) / share).round() as u64, error: 1.0 / (kept - 2.0).sqrt() }
    }
}

impl PartialEq for Distinct {
    fn eq(&self, other: &Self) -> bool {
        self.hashes() == other.hashes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hash::mix;
    use super::*;

    #[test]
    fn few_are_counted_exactly_however_often_they_come() {
        assert_eq!(Distinct::default().count(), Count { value: 0, error: 0.0 });
        for distinct in [1, 2, 4095_u64] {
            let sketch = Distinct::of((0..100_000).map(|row| mix(row % distinct)));
            assert_eq!(sketch.count(), Count { value: distinct, error: 0.0 });
        }
    }

    #[test]
    fn many_are_counted_within_their_error() {
        let mut squares = 0.0;
        for seed in 0..30 {
            let sketch = Distinct::of((0..50_000).map(|row| mix(seed << 32 | row)));
            let Count { value, error } = sketch.count();
            assert!((0.0156..0.0157).contains(&error), "{error}");
            squares += (value as f64 / 50_000.0 - 1.0).powi(2);
        }
        let spread = (squares / 30.0).sqrt();
        assert!((0.008..0.025).contains(&spread), "{spread}");
    }

    proptest! {
        #[test]
        fn any_order_and_any_shards_give_the_same(rows in prop::collection::vec(0_u64..30_000, 0..40_000), cut in 0.0..1.0) {
            let whole = Distinct::of(rows.iter().map(|row| mix(*row)));
            let (left, right) = rows.split_at((rows.len() as f64 * cut) as usize);
            let mut merged = Distinct::of(right.iter().rev().map(|row| mix(*row)));
            merged.merge(&Distinct::of(left.iter().map(|row| mix(*row))));
            prop_assert_eq!(whole.count(), merged.count());
            prop_assert_eq!(whole, merged);
        }
    }
}
