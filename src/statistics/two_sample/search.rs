//! The distance of Kolmogorov and Smirnov of samples of which nobody has put all in one order.

use super::ordered::{Side, Steps};
use crate::statistics::ranks::{Lists, Ranked};

/// So many values are put in order and walked. Measured: half and twice as many take as long.
const FEW: u64 = 256;

/// The largest distance between the distribution functions of two samples, to the last bit that of [`super::ordered`].
/// NaN where one is empty.
///
/// Between two values the distance is at most what it comes to if first all values between them are one sample's and then
/// all are the other's. Where that is no more than what was found elsewhere nothing is looked at; of a million values
/// that is nearly everywhere.
#[must_use]
pub fn ks(reference: &Lists<'_>, current: &Lists<'_>) -> f64 {
    let rows = [reference.rows(), current.rows()];
    if rows.contains(&0) {
        return f64::NAN;
    }
    let mut search = Search { rows: rows.map(|rows| rows as f64), best: 0.0 };
    let mut parts = vec![Part { samples: [reference.clone(), current.clone()], before: [0, 0] }];
    while let Some(part) = parts.pop() {
        if search.most(&part) <= search.best {
        } else if part.counts().iter().sum::<u64>() <= FEW {
            search.walk(&part);
        } else {
            parts.extend(search.halved(part));
        }
    }
    search.best.clamp(0.0, 1.0)
}

struct Search {
    rows: [f64; 2],
    best: f64,
}

/// The values between two values.
struct Part<'a> {
    samples: [Lists<'a>; 2],
    /// How many values of each sample are before them.
    before: [u64; 2],
}

impl<'a> Part<'a> {
    fn counts(&self) -> [u64; 2] {
        [self.samples[0].rows(), self.samples[1].rows()]
    }

    /// The middle of the longest list.
    fn pivot(&self) -> f64 {
        let [one, other] = [self.samples[0].longest(), self.samples[1].longest()];
        let longest = if one.len() >= other.len() { one } else { other };
        longest[longest.len() / 2]
    }

    fn split(&self, is_first: impl Fn(f64) -> bool) -> [Self; 2] {
        let [[low, high], [other_low, other_high]] = [0, 1].map(|side| self.samples[side].split(&is_first));
        let low = Self { samples: [low, other_low], before: self.before };
        let ([one, other], [more, more_other]) = (self.before, low.counts());
        [low, Self { samples: [high, other_high], before: [one + more, other + more_other] }]
    }
}

impl Search {
    fn gap(&self, [one, other]: [u64; 2]) -> f64 {
        one as f64 / self.rows[0] - other as f64 / self.rows[1]
    }

    /// What the distance in a part is at most.
    fn most(&self, part: &Part<'_>) -> f64 {
        let ([one, other], [more, more_other]) = (part.before, part.counts());
        self.gap([one + more, other]).max(-self.gap([one, other + more_other]))
    }

    /// Looks at a value in the midst of a part, and answers what is before it and what behind it: last what should be
    /// looked at first, because it may be farther there.
    fn halved<'a>(&mut self, part: Part<'a>) -> [Part<'a>; 2] {
        let pivot = part.pivot();
        let mut halves = part.split(|value| value <= pivot);
        if halves[1].counts() == [0, 0] {
            // The distance behind the highest value was met before.
            halves = part.split(|value| value < pivot);
            halves[1] = Part { samples: [Lists::default(), Lists::default()], ..halves[1] };
        }
        let [low, high] = halves;
        self.best = self.best.max(self.gap(high.before).abs());
        if self.most(&low) > self.most(&high) { [high, low] } else { [low, high] }
    }

    fn walk(&mut self, part: &Part<'_>) {
        let [one, other] = [0, 1].map(|side| {
            Side::within(part.samples[side].sorted().into_iter(), self.rows[side], part.before[side])
        });
        for step in Steps::new(one, other) {
            self.best = self.best.max(step.gap.abs());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::order;
    use crate::statistics::stream::Stream;
    use crate::statistics::two_sample::ordered;

    fn in_lists(values: &[f64], size: usize) -> Vec<Vec<f64>> {
        let sorted = |list: &[f64]| {
            let mut list = list.to_vec();
            order::sort(&mut list);
            list
        };
        values.chunks(size).map(sorted).collect()
    }

    fn both(one: &[f64], other: &[f64], size: usize) -> [f64; 2] {
        let lists = [one, other].map(|side| in_lists(side, size));
        let [searched, searched_other] = [0, 1].map(|side| Lists::new(lists[side].iter().map(Vec::as_slice)));
        let whole = [&searched, &searched_other].map(Lists::sorted);
        let [walk, other_walk] = whole.map(Vec::into_iter);
        let walked = ordered(walk, other_walk, one.len() as u64, other.len() as u64);
        [ks(&searched, &searched_other), walked.ks]
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_walk_finds(
            one in prop::collection::vec(-9_i8..9, 1..60), other in prop::collection::vec(-9_i8..12, 1..60), size in 1_usize..20
        ) {
            let [one, other] = [one, other].map(|side| side.into_iter().map(f64::from).collect::<Vec<f64>>());
            let [searched, walked] = both(&one, &other, size);
            prop_assert_eq!(searched.to_bits(), walked.to_bits());
        }

        #[test]
        fn so_it_is_of_many(seed in any::<u64>(), rows in 300_usize..4000, kinds in 1_u64..5000, moved in 0_u64..3) {
            let mut stream = Stream::new(seed, 0);
            let mut draw = |moved: u64| (0..rows).map(|_| (stream.below(kinds) + moved) as f64).collect::<Vec<f64>>();
            let (one, other) = (draw(0), draw(moved));
            let [searched, walked] = both(&one, &other, 700);
            prop_assert_eq!(searched.to_bits(), walked.to_bits());
        }
    }

    #[test]
    fn an_empty_sample_has_no_distance() {
        assert!(ks(&Lists::default(), &Lists::new([&[1.0][..]])).is_nan());
        let infinite = [f64::NEG_INFINITY, f64::INFINITY];
        assert_eq!(ks(&Lists::new([&infinite[..]]), &Lists::new([&infinite[..]])), 0.0);
    }
}
