//! Numbers that are in order about: near enough to find their ranks, in half of the time that it takes to sort them.

use std::ops::Range;

use super::order::{self, Scratch, Spread};
use super::ranks::Ranked;

/// A list of numbers, each in its place or near it. None of them is NaN.
///
/// Of the places each has lower numbers than the next. Within a place with few numbers they lie in no order: to look at all
/// of them takes no longer than to search. Where there are no places all numbers are in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Rough {
    numbers: Vec<f64>,
    places: Option<Places>,
}

#[derive(Debug, Clone, PartialEq)]
struct Places {
    spread: Spread,
    /// Where each ends.
    ends: Vec<u32>,
}

/// So many numbers are looked at one by one.
const FEW: usize = 256;

impl Rough {
    /// Of these.
    #[must_use]
    pub fn of(mut numbers: Vec<f64>, scratch: &mut Scratch) -> Self {
        let arranged = Spread::near(&numbers).and_then(|spread| {
            let ends = spread.arrange(&mut numbers, scratch)?;
            Some(Places { spread, ends })
        });
        let Some(places) = arranged else {
            order::sort(&mut numbers);
            return Self { numbers, places: None };
        };
        let mut start = 0;
        for end in &places.ends {
            let end = *end as usize;
            if end - start > FEW {
                numbers[start..end].sort_unstable_by_key(|number| order::key(*number));
            }
            start = end;
        }
        Self { numbers, places: Some(places) }
    }

    /// The numbers, in order about.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// Where the numbers are that have one place with this; all before are lower and all behind higher. None where all are in
    /// order.
    fn around(&self, value: f64) -> Option<Range<usize>> {
        let Places { spread, ends } = self.places.as_ref()?;
        let place = spread.place(value);
        let start = place.checked_sub(1).map_or(0, |before| ends[before]);
        Some(start as usize..ends[place] as usize)
    }

    /// How many numbers come first: those of which `is_first` holds, among those that are about as high as the value.
    fn count(&self, value: f64, is_first: impl Fn(f64) -> bool) -> u64 {
        let near = self.around(value).unwrap_or(0..self.numbers.len());
        let numbers = &self.numbers[near.clone()];
        let among = match &self.places {
            Some(_) if numbers.len() <= FEW => numbers.iter().filter(|number| is_first(**number)).count(),
            _ => numbers.partition_point(|number| is_first(*number)),
        };
        (near.start + among) as u64
    }
}

/// Numbers in lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists(Vec<Rough>);

impl FromIterator<Rough> for Lists {
    fn from_iter<I: IntoIterator<Item = Rough>>(lists: I) -> Self {
        Self(lists.into_iter().collect())
    }
}

impl Lists {
    /// All numbers, from the lowest to the highest.
    #[must_use]
    pub fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.iter().flat_map(Rough::numbers).copied().collect();
        order::sort(&mut all);
        all
    }
}

impl Ranked for Lists {
    fn rows(&self) -> u64 {
        self.0.iter().map(|list| list.numbers.len() as u64).sum()
    }

    fn at(&self, rank: u64) -> Option<f64> {
        if rank >= self.rows() {
            return None;
        }
        // The lowest number up to which there are more values than the rank.
        let (mut low, mut high) = (order::key(f64::NEG_INFINITY), order::key(f64::INFINITY));
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
        self.0.iter().map(|list| list.count(value, |known| known <= value)).sum()
    }

    fn below(&self, value: f64) -> u64 {
        self.0.iter().map(|list| list.count(value, |known| known < value)).sum()
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        let is_within = |number: &f64| *number > low && *number <= high;
        for list in &self.0 {
            let near = match (list.around(low), list.around(high)) {
                (Some(low), Some(high)) => low.start..high.end,
                _ => {
                    let [start, end] =
                        [low, high].map(|end| list.numbers.partition_point(|known| *known <= end));
                    start..end.max(start)
                }
            };
            into.extend(list.numbers[near].iter().filter(|number| is_within(number)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::stream::Stream;

    /// Whether lists tell the same of numbers as all of them in order.
    fn agree(numbers: &[f64], size: usize, values: &[f64]) {
        let lists: Lists =
            numbers.chunks(size).map(|list| Rough::of(list.to_vec(), &mut Scratch::default())).collect();
        let mut all = numbers.to_vec();
        order::sort(&mut all);
        assert_eq!(lists.rows(), all.len() as u64);
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&lists.sorted()), bits(&all));
        for rank in (0..=all.len()).step_by((all.len() / 50).max(1)) {
            assert_eq!(lists.at(rank as u64), all.get(rank).copied(), "{rank}");
        }
        for value in values {
            assert_eq!(lists.up_to(*value), all.up_to(*value), "{value}");
            assert_eq!(lists.below(*value), all.below(*value), "{value}");
        }
        for ends in values.windows(2) {
            let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
            lists.within(ends[0], ends[1], &mut ours);
            all.within(ends[0], ends[1], &mut theirs);
            order::sort(&mut ours);
            assert_eq!(bits(&ours), bits(&theirs), "{ends:?}");
        }
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_one_list(numbers in prop::collection::vec(-5_i8..5, 0..90), size in 1_usize..30) {
            let numbers: Vec<f64> = numbers.into_iter().map(|value| f64::from(value) / 2.0).collect();
            agree(&numbers, size, &[f64::NEG_INFINITY, -9.0, -2.5, -0.1, 0.0, 1.0, 1.2, f64::INFINITY]);
        }
    }

    #[test]
    fn so_they_are_of_many_wherever_they_lie() {
        let kinds: [fn(u64) -> f64; 6] = [
            |bits| (bits % 1_000_003) as f64 / 1000.0 - 500.0,
            |bits| if bits.is_multiple_of(3) { (bits % 7) as f64 } else { (bits % 1009) as f64 },
            |bits| if bits.is_multiple_of(1000) { 1e300 } else { (bits % 9973) as f64 },
            |bits| if bits.is_multiple_of(50) { f64::NEG_INFINITY } else { (bits % 10_007) as f64 },
            |bits| if bits.is_multiple_of(2) { -0.0 } else { 0.0 },
            |bits| ((bits % 1400) as f64 - 700.0).exp(),
        ];
        for (seed, kind) in (0..).zip(kinds) {
            let mut stream = Stream::new(seed, 0);
            let numbers: Vec<f64> = (0..20_000).map(|_| kind(stream.below(1 << 40))).collect();
            let mut values = numbers[..100].to_vec();
            values.extend([f64::NEG_INFINITY, -0.0, 0.5, 1e-300, f64::INFINITY]);
            order::sort(&mut values);
            for size in [500, 7000, 20_000] {
                agree(&numbers, size, &values);
            }
        }
    }
}
