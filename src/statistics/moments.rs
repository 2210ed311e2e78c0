//! Mean and spread, in one pass that can be divided.

/// So many numbers are taken at once: they stay in the processor's nearest memory while they are passed twice.
const BLOCK: usize = 1024;

/// Count, mean and sum of squares about the mean, brought together by the formula of Chan, Golub and LeVeque 1979.
///
/// Each block is passed twice, about a mean of its own, and means are kept in two numbers. So nothing cancels where the
/// numbers are far from 0 and near each other, as points in time are, and shards that are merged give what the whole
/// gives, to 1e-12.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many.
    count: u64,
    /// The mean is the sum of these, the first of them rounded.
    mean: [f64; 2],
    /// The sum of the squares of the distances from the mean. Infinite where it is beyond what a number can be.
    squares: f64,
}

impl Moments {
    /// Moments as they were: none where the numbers cannot be anyone's.
    #[must_use]
    pub fn restored(count: u64, mean: [f64; 2], squares: f64) -> Option<Self> {
        let possible = if count == 0 {
            mean == [0.0, 0.0] && squares == 0.0
        } else {
            mean.iter().all(|part| part.is_finite()) && squares >= 0.0
        };
        possible.then_some(Self { count, mean, squares })
    }

    /// The parts from which [`Moments::restored`] makes the same again.
    #[must_use]
    pub fn parts(&self) -> (u64, [f64; 2], f64) {
        (self.count, self.mean, self.squares)
    }

    /// Adds the numbers that are finite.
    pub fn add(&mut self, numbers: &[f64]) {
        let mut block = [0.0; BLOCK];
        for numbers in numbers.chunks(BLOCK) {
            if numbers.iter().all(|number| number.is_finite()) {
                self.merge(&of_block(numbers));
            } else {
                let mut filled = 0;
                for number in numbers.iter().filter(|number| number.is_finite()) {
                    block[filled] = *number;
                    filled += 1;
                }
                self.merge(&of_block(&block[..filled]));
            }
        }
    }

    /// Adds what another has seen.
    pub fn merge(&mut self, other: &Self) {
        if self.count == 0 {
            *self = *other;
            return;
        }
        if other.count == 0 {
            return;
        }
        let (ours, theirs) = (self.count as f64, other.count as f64);
        let share = theirs / (ours + theirs);
        let apart = (other.mean[0] - self.mean[0]) + (other.mean[1] - self.mean[1]);
        self.count += other.count;
        if apart.is_finite() {
            self.squares += other.squares + apart * apart * ours * share;
            let [mean, rest] = sum(self.mean[0], apart * share);
            self.mean = sum(mean, rest + self.mean[1]);
        } else {
            self.squares = f64::INFINITY;
            self.mean = [self.mean[0] * (1.0 - share) + other.mean[0] * share, 0.0];
        }
    }

    /// How many numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; none of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean[0])
    }

    /// Their variance, by `count - ddof`: 1 as pandas has it, 0 as NumPy; none of too few.
    #[must_use]
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        let degrees = self.count.checked_sub(ddof).filter(|degrees| *degrees > 0)?;
        Some(self.squares / degrees as f64)
    }

    /// Their standard deviation, the root of [`Moments::variance`].
    #[must_use]
    pub fn deviation(&self, ddof: u64) -> Option<f64> {
        self.variance(ddof).map(f64::sqrt)
    }
}

/// The moments of finite numbers that are few.
fn of_block(numbers: &[f64]) -> Moments {
    let Some(first) = numbers.first() else { return Moments::default() };
    let count = numbers.len() as u64;
    // Of numbers that are all the same the spread is nought, and not what rounding leaves.
    if numbers.iter().all(|number| number == first) {
        return Moments { count, mean: [*first + 0.0, 0.0], squares: 0.0 };
    }
    let rows = numbers.len() as f64;
    let middle = total(numbers, |number| number) / rows;
    let off = total(numbers, |number| number - middle);
    let squares = total(numbers, |number| (number - middle) * (number - middle));
    if squares.is_finite() && off.is_finite() {
        // `off` would be nought without rounding: Chan's correction of what rounding left.
        let squares = (squares - off * off / rows).max(0.0);
        return Moments { count, mean: sum(middle, off / rows), squares };
    }
    let mean = total(numbers, |number| number / rows);
    Moments { count, mean: [mean, 0.0], squares: f64::INFINITY }
}

/// A sum in eight lanes, which processors take at once.
fn total(numbers: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = numbers.as_chunks::<8>();
    for eight in eights {
        for (lane, number) in lanes.iter_mut().zip(eight) {
            *lane += of(*number);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|number| of(*number)).sum::<f64>()
}

/// A sum and what its rounding left out (Knuth's two-sum).
fn sum(one: f64, other: f64) -> [f64; 2] {
    let sum = one + other;
    let kept = sum - one;
    [sum, (one - (sum - kept)) + (other - kept)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[f64]) -> Moments {
        let mut moments = Moments::default();
        moments.add(numbers);
        moments
    }

    fn near(one: Option<f64>, other: Option<f64>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() <= 1e-12 * other.abs(),
            (one, other) => one == other,
        }
    }

    #[test]
    fn few_have_what_can_be_said() {
        assert_eq!((of(&[]).mean(), of(&[]).variance(0)), (None, None));
        assert_eq!(
            (of(&[3.0]).mean(), of(&[3.0]).variance(1), of(&[3.0]).variance(0)),
            (Some(3.0), None, Some(0.0))
        );
        assert_eq!((of(&[1.0, 3.0]).mean(), of(&[1.0, 3.0]).variance(1)), (Some(2.0), Some(2.0)));
        assert_eq!(of(&[0.1; 5000]).deviation(1), Some(0.0));
        assert_eq!(of(&[f64::NAN, f64::INFINITY, 4.0, f64::NEG_INFINITY]), of(&[4.0]));
    }

    #[test]
    fn the_greatest_numbers_have_a_mean_and_no_spread_that_can_be_said() {
        let moments = of(&[f64::MAX, f64::MAX, -f64::MAX, f64::MAX]);
        assert!(near(moments.mean(), Some(f64::MAX / 2.0)), "{moments:?}");
        assert_eq!(moments.variance(1), Some(f64::INFINITY));
        let mut merged = of(&[f64::MAX; 3]);
        merged.merge(&of(&[-f64::MAX]));
        assert!(near(merged.mean(), Some(f64::MAX / 2.0)), "{merged:?}");
        assert_eq!(merged.variance(1), Some(f64::INFINITY));
    }

    #[test]
    fn what_is_far_from_nought_loses_nothing() {
        let numbers: Vec<f64> = (0..100_000).map(|row| 1e12 + f64::from(row % 7) / 4.0).collect();
        let near_nought: Vec<f64> = numbers.iter().map(|number| number - 1e12).collect();
        assert!(near(of(&numbers).variance(1), of(&near_nought).variance(1)));
    }

    #[test]
    fn parts_that_cannot_be_are_refused() {
        for (count, mean, squares) in [
            (0, [1.0, 0.0], 0.0),
            (2, [f64::NAN, 0.0], 1.0),
            (2, [0.0, 0.0], -1.0),
            (2, [0.0, 0.0], f64::NAN),
        ] {
            assert_eq!(Moments::restored(count, mean, squares), None);
        }
    }

    proptest! {
        #[test]
        fn shards_merged_give_the_whole(
            numbers in prop::collection::vec(-1e3..1e3_f64, 2..6000),
            from in prop::sample::select(vec![0.0, 1e6, -1e9, 1.7e9]),
            size in 1_usize..3000,
        ) {
            let numbers: Vec<f64> = numbers.iter().map(|number| number + from).collect();
            let whole = of(&numbers);
            let mut merged = Moments::default();
            numbers.chunks(size).rev().for_each(|shard| merged.merge(&of(shard)));
            prop_assert!(near(merged.variance(1), whole.variance(1)), "{merged:?} {whole:?}");
            prop_assert!((merged.mean[0] - whole.mean[0]).abs() <= 1e-12 * whole.mean[0].abs().max(1.0));
            let (count, mean, squares) = whole.parts();
            prop_assert_eq!(Moments::restored(count, mean, squares), Some(whole));
        }
    }
}
