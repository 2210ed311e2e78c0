//! The distance of Kolmogorov and Smirnov of samples of which nobody has put all in one order.

use super::ordered::{Side, Steps};
use crate::statistics::order;
use crate::statistics::ranks::Ranked;

/// So many values are put in order and walked. Measured: of 64 it takes a tenth longer, and of 256 twice as long.
const FEW: u64 = 32;

/// The largest distance between the distribution functions of two samples, to the last bit that of [`super::ordered`].
/// NaN where one is empty.
///
/// Between two values the distance is at most what it comes to if first all values between them are one sample's and then
/// all are the other's. Where that is no more than what was found elsewhere nothing is looked at; of a million values
/// that is nearly everywhere.
#[must_use]
pub fn ks(reference: &impl Ranked, current: &impl Ranked) -> f64 {
    let rows = [reference.rows(), current.rows()];
    if rows.contains(&0) {
        return f64::NAN;
    }
    let mut search = Search { reference, current, rows: rows.map(|rows| rows as f64), best: 0.0 };
    search.all();
    search.best.clamp(0.0, 1.0)
}

struct Search<'a, R, C> {
    reference: &'a R,
    current: &'a C,
    rows: [f64; 2],
    best: f64,
}

/// The values above one value and up to another one.
#[derive(Clone, Copy)]
struct Part {
    /// Their keys.
    ends: [u64; 2],
    /// How many values of each sample are up to the lower end.
    before: [u64; 2],
    /// How many up to the upper one.
    until: [u64; 2],
}

impl Part {
    fn values(&self) -> u64 {
        self.until.iter().sum::<u64>() - self.before.iter().sum::<u64>()
    }
}

impl<R: Ranked, C: Ranked> Search<'_, R, C> {
    fn all(&mut self) {
        let marks = match self.reference.marks() {
            marks if marks.is_empty() => self.current.marks(),
            marks => marks,
        };
        let mut low = f64::NEG_INFINITY;
        let mut before = self.up_to(low);
        self.best = self.gap(before).abs();
        for high in marks.into_iter().chain([f64::INFINITY]).filter(|mark| *mark > f64::NEG_INFINITY) {
            let until = self.up_to(high);
            self.best = self.best.max(self.gap(until).abs());
            self.part(Part { ends: [low, high].map(order::key), before, until });
            (low, before) = (high, until);
        }
    }

    fn part(&mut self, whole: Part) {
        let mut parts = vec![whole];
        while let Some(part) = parts.pop() {
            if self.most(&part) <= self.best {
            } else if part.values() <= FEW {
                self.walk(&part);
            } else if let Some(halves) = self.halved(part) {
                parts.extend(halves);
            }
        }
    }

    fn up_to(&self, value: f64) -> [u64; 2] {
        [self.reference.up_to(value), self.current.up_to(value)]
    }

    fn gap(&self, [one, other]: [u64; 2]) -> f64 {
        one as f64 / self.rows[0] - other as f64 / self.rows[1]
    }

    /// What the distance in a part is at most.
    fn most(&self, Part { before, until, .. }: &Part) -> f64 {
        self.gap([until[0], before[1]]).max(-self.gap([before[0], until[1]]))
    }

    /// Looks into the midst of a part, and answers what is before that and what behind it: last what should be looked at
    /// first, because it may be farther there. None of one value, which has nothing in its midst.
    fn halved(&mut self, part: Part) -> Option<[Part; 2]> {
        let [low, high] = part.ends;
        let middle = low + (high - low) / 2;
        if middle == low {
            return None;
        }
        let until = self.up_to(order::number(middle));
        self.best = self.best.max(self.gap(until).abs());
        let halves = [
            Part { ends: [low, middle], until, ..part },
            Part { ends: [middle, high], before: until, ..part },
        ];
        let [first, last] = halves;
        Some(if self.most(&first) > self.most(&last) { [last, first] } else { halves })
    }

    fn walk(&mut self, part: &Part) {
        let [one, other] = [near(self.reference, part.ends), near(self.current, part.ends)];
        let [one, other] = [(one, 0), (other, 1)]
            .map(|(near, side)| Side::within(near.into_iter(), self.rows[side], part.before[side]));
        for step in Steps::new(one, other) {
            self.best = self.best.max(step.gap.abs());
        }
    }
}

/// The values of a part, in order.
fn near(sample: &impl Ranked, ends: [u64; 2]) -> Vec<f64> {
    let [low, high] = ends.map(order::number);
    let mut near = Vec::new();
    sample.within(low, high, &mut near);
    order::sort(&mut near);
    near
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::rough::{Lists, Rough};
    use crate::statistics::stream::Stream;
    use crate::statistics::two_sample::ordered;

    fn in_lists(values: &[f64], size: usize) -> Lists {
        values.chunks(size).map(|list| Rough::of(list.to_vec(), &mut order::Scratch::default())).collect()
    }

    fn both(one: &[f64], other: &[f64], size: usize) -> [f64; 2] {
        let [searched, searched_other] = [one, other].map(|side| in_lists(side, size));
        let [walk, other_walk] = [&searched, &searched_other].map(|lists| lists.sorted().into_iter());
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
        fn so_it_is_of_many(seed in any::<u64>(), rows in 300_usize..12_000, kinds in 1_u64..5000, moved in 0_u64..3, size in 200_usize..20_000) {
            let mut stream = Stream::new(seed, 0);
            let mut draw = |moved: u64| (0..rows).map(|_| (stream.below(kinds) + moved) as f64).collect::<Vec<f64>>();
            let (one, other) = (draw(0), draw(moved));
            let [searched, walked] = both(&one, &other, size);
            prop_assert_eq!(searched.to_bits(), walked.to_bits());
        }
    }

    #[test]
    fn an_empty_sample_has_no_distance() {
        assert!(ks(&Vec::new(), &vec![1.0]).is_nan());
        let infinite = vec![f64::NEG_INFINITY, f64::INFINITY];
        assert_eq!(ks(&infinite, &infinite), 0.0);
        assert_eq!(ks(&vec![f64::NEG_INFINITY], &infinite), 0.5);
        assert_eq!(ks(&infinite, &vec![f64::INFINITY]), 0.5);
    }
}
