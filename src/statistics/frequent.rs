//! Which values are frequent.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use super::hash::Mixing;

/// As long as so many values are distinct, all are counted.
pub const EXACT: usize = 10_000;

/// Past that the counts of so many are kept.
pub const KEPT: usize = 1_000;

/// The counts of values: exact while at most [`EXACT`] are distinct, and then of the most frequent.
///
/// Misra and Gries' counters, which Agarwal et al. 2012 show to merge: when there are too many, the count of the first
/// that is not kept is taken off all. So a count is too low by at most [`Frequent::error`], which is at most one in 1,001
/// of all that was counted, and a value that is more frequent than that is there. Whether the counts are exact does not
/// depend on the order of values and the division into shards; past that which of the seldom values are kept does.
#[derive(Debug, Clone)]
pub struct Frequent<K> {
    counts: HashMap<K, u64, Mixing>,
    error: u64,
}

impl<K> Default for Frequent<K> {
    fn default() -> Self {
        Self { counts: HashMap::default(), error: 0 }
    }
}

impl<K: Eq + Hash + Ord + Clone> Frequent<K> {
    /// Counts as they were: none where they are too many, or a value is there twice or never.
    #[must_use]
    pub fn restored(counts: impl IntoIterator<Item = (K, u64)>, error: u64) -> Option<Self> {
        let mut restored = Self { counts: HashMap::default(), error };
        for (value, count) in counts {
            let twice = restored.counts.insert(value, count).is_some();
            if twice || count == 0 || restored.counts.len() > restored.room() {
                return None;
            }
        }
        Some(restored)
    }

    /// Counts a value, and says whether it was not among the counts until now.
    #[inline]
    pub fn add<Q>(&mut self, value: &Q, count: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.counts.get_mut(value) {
            *known += count;
            return false;
        }
        self.counts.insert(value.to_owned(), count);
        if self.counts.len() > EXACT {
            self.shrink();
        }
        true
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.counts {
            match self.counts.get_mut(value) {
                Some(known) => *known += count,
                None => {
                    self.counts.insert(value.clone(), *count);
                }
            }
        }
        self.error += other.error;
        self.settle();
    }

    /// Lets go of what is not kept. Between, there may be up to [`EXACT`] counters, so that they are seldom looked through.
    pub fn settle(&mut self) {
        if self.counts.len() > self.room() {
            self.shrink();
        }
    }

    fn room(&self) -> usize {
        if self.error == 0 { EXACT } else { KEPT }
    }

    fn shrink(&mut self) {
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        if counts.len() <= KEPT {
            return;
        }
        let (_, first, _) = counts.select_nth_unstable_by(KEPT, |one, other| other.cmp(one));
        let taken = *first;
        self.counts.retain(|_, count| {
            *count = count.saturating_sub(taken);
            *count > 0
        });
        self.error += taken;
    }

    /// By how much a count may be too low; 0 where all are exact, and none is missing.
    #[must_use]
    pub fn error(&self) -> u64 {
        self.error
    }

    /// How many values are counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The values with their counts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.counts.iter().map(|(value, count)| (value, *count))
    }

    /// The values with their counts, by value.
    #[must_use]
    pub fn by_value(&self) -> Vec<(&K, u64)> {
        let mut counts: Vec<_> = self.iter().collect();
        counts.sort_unstable();
        counts
    }

    /// The most frequent values with their counts, the most frequent first, and of equally frequent ones the lowest.
    #[must_use]
    pub fn top(&self, most: usize) -> Vec<(&K, u64)> {
        let mut counts: Vec<_> = self.iter().collect();
        counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        counts.truncate(most);
        counts
    }
}

impl<K: Eq + Hash> PartialEq for Frequent<K> {
    fn eq(&self, other: &Self) -> bool {
        self.error == other.error && self.counts == other.counts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Frequent<u64> {
        let mut counts = Frequent::default();
        for value in values {
            counts.add(&value, 1);
        }
        counts.settle();
        counts
    }

    #[test]
    fn what_comes_is_said_to_be_new_once() {
        let mut counts = Frequent::<String>::default();
        assert!(counts.add("b", 2) && counts.add("a", 5) && !counts.add("b", 3));
        assert_eq!(counts.top(5), [(&"a".to_owned(), 5), (&"b".to_owned(), 5)]);
        assert_eq!((counts.error(), counts.len()), (0, 2));
    }

    #[test]
    fn ten_thousand_are_exact_and_one_more_is_not() {
        let exact = of((0..30_000).map(|row| row % 10_000));
        assert_eq!((exact.error(), exact.len()), (0, 10_000));
        assert!(exact.iter().all(|(_, count)| count == 3));
        assert!(of(0..10_001).error() > 0);
    }

    #[test]
    fn merged_shards_are_exact_when_the_whole_is() {
        let rows = |from: u64| (0..20_000).map(move |row| (from + row) % 9_999);
        let mut merged = of([]);
        (0..5).for_each(|shard| merged.merge(&of(rows(shard * 20_000))));
        assert_eq!(
            merged,
            of(rows(0).chain(rows(20_000)).chain(rows(40_000)).chain(rows(60_000)).chain(rows(80_000)))
        );
        assert_eq!(merged.error(), 0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(Frequent::restored([(1_u64, 2), (1, 2)], 0), None);
        assert_eq!(Frequent::restored([(1_u64, 0)], 0), None);
        assert_eq!(Frequent::restored((0..10_001_u64).map(|value| (value, 1)), 0), None);
        assert_eq!(Frequent::restored((0..1_001_u64).map(|value| (value, 1)), 1), None);
    }

    /// A value that is rare, or one of a few that are frequent.
    fn value() -> impl Strategy<Value = u64> {
        prop_oneof![3 => any::<u64>(), 1 => (0_u64..20).prop_map(|value| value * value / 8)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn counts_are_within_their_error(values in prop::collection::vec(value(), 0..40_000), shards in 1_usize..9) {
            let mut counts = of([]);
            for shard in values.chunks(values.len() / shards + 1) {
                counts.merge(&of(shard.iter().copied()));
            }
            let mut truth = HashMap::<u64, u64>::new();
            values.iter().for_each(|value| *truth.entry(*value).or_default() += 1);
            prop_assert!(counts.error() <= values.len() as u64 / (KEPT as u64 + 1));
            prop_assert_eq!(counts.error() == 0, truth.len() <= EXACT);
            for (value, count) in truth {
                let ours = counts.counts.get(&value).copied().unwrap_or(0);
                prop_assert!(ours <= count && count <= ours + counts.error(), "{} {} {}", value, count, ours);
            }
        }
    }
}
