//! What order tells of a sample, without putting all of it in one order.

use super::order;

/// A sample whose values can be found by their place in order. None of them is NaN.
pub trait Ranked {
    /// How many values.
    fn rows(&self) -> u64;

    /// The value of a rank, the lowest having 0. None beyond the last.
    fn at(&self, rank: u64) -> Option<f64>;

    /// How many values are at most this.
    fn up_to(&self, value: f64) -> u64;

    /// How many values are less than this.
    fn below(&self, value: f64) -> u64;
}

/// How many values lie between two places each, of how many lie before each place, which ascend. A file that could not be
/// read to its end may make them fall: then there are none between.
pub fn between(before: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut last = 0;
    before.map(|before| before.saturating_sub(std::mem::replace(&mut last, before))).collect()
}

/// A sample in lists, each of which ascends.
#[derive(Debug, Clone, Default)]
pub struct Lists<'a>(Vec<&'a [f64]>);

impl<'a> Lists<'a> {
    /// Of these.
    pub fn new(lists: impl IntoIterator<Item = &'a [f64]>) -> Self {
        Self(lists.into_iter().filter(|list| !list.is_empty()).collect())
    }

    /// How many values of each list, and of all.
    fn count(&self, is_before: impl Fn(f64) -> bool) -> u64 {
        self.0.iter().map(|list| list.partition_point(|value| is_before(*value)) as u64).sum()
    }

    /// Without the infinities.
    #[must_use]
    pub fn finite(&self) -> Self {
        let [_, above] = self.split(|value| value == f64::NEG_INFINITY);
        let [finite, _] = above.split(|value| value < f64::INFINITY);
        finite
    }

    /// The values that come first, and the others. `is_first` holds of no value above one of which it does not.
    pub(super) fn split(&self, is_first: impl Fn(f64) -> bool) -> [Self; 2] {
        let halves = self.0.iter().map(|list| list.split_at(list.partition_point(|value| is_first(*value))));
        let (first, others): (Vec<_>, Vec<_>) = halves.unzip();
        [Self::new(first), Self::new(others)]
    }

    /// The list that has most values; none where there are none.
    pub(super) fn longest(&self) -> &'a [f64] {
        self.0.iter().max_by_key(|list| list.len()).copied().unwrap_or_default()
    }

    /// All values in one order.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut all = self.0.concat();
        order::sort(&mut all);
        all
    }
}

impl Ranked for Lists<'_> {
    fn rows(&self) -> u64 {
        self.0.iter().map(|list| list.len() as u64).sum()
    }

    fn at(&self, rank: u64) -> Option<f64> {
        if let [one] = self.0.as_slice() {
            return one.get(usize::try_from(rank).ok()?).copied();
        }
        let key = |end: Option<&f64>| end.map(|value| order::key(*value));
        let mut low = self.0.iter().filter_map(|list| key(list.first())).min()?;
        let mut high = self.0.iter().filter_map(|list| key(list.last())).max()?;
        if rank >= self.rows() {
            return None;
        }
        // The lowest number up to which there are more values than the rank.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.up_to(order::number(middle)) > rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(order::number(low))
    }

    fn up_to(&self, value: f64) -> u64 {
        self.count(|known| known <= value)
    }

    fn below(&self, value: f64) -> u64 {
        self.count(|known| known < value)
    }
}

/// In one list, which ascends.
impl Ranked for Vec<f64> {
    fn rows(&self) -> u64 {
        self.len() as u64
    }

    fn at(&self, rank: u64) -> Option<f64> {
        self.get(usize::try_from(rank).ok()?).copied()
    }

    fn up_to(&self, value: f64) -> u64 {
        self.partition_point(|known| *known <= value) as u64
    }

    fn below(&self, value: f64) -> u64 {
        self.partition_point(|known| *known < value) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranks_are_those_of_one_list(lists in prop::collection::vec(prop::collection::vec(-5_i8..5, 0..20), 0..6)) {
            let lists: Vec<Vec<f64>> = lists
                .into_iter()
                .map(|list| list.into_iter().map(|value| f64::from(value) / 2.0).collect())
                .map(|mut list| { order::sort(&mut list); list })
                .collect();
            let ranked = Lists::new(lists.iter().map(Vec::as_slice));
            let mut all = lists.concat();
            order::sort(&mut all);
            prop_assert_eq!(ranked.rows(), all.len() as u64);
            for rank in 0..=all.len() {
                prop_assert_eq!(ranked.at(rank as u64), all.get(rank).copied());
            }
            for value in [-9.0, -2.5, -0.1, 0.0, 1.0, 1.2, f64::INFINITY] {
                prop_assert_eq!(ranked.up_to(value), all.iter().filter(|known| **known <= value).count() as u64);
                prop_assert_eq!(ranked.below(value), all.iter().filter(|known| **known < value).count() as u64);
            }
        }
    }
}
