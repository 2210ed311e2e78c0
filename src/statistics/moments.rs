//! Mean and spread, in one pass that can be divided.

/// So many numbers are taken at once: they stay in the processor's nearest memory while they are passed twice.
const BLOCK: usize = 1024;

/// Sums are of numbers so much smaller, so that those of the greatest numbers are still numbers. A power of two takes
/// nothing from any but those below 1e-288.
const SCALE: f64 = 1.0 / (1_u128 << 64) as f64;

/// Count, sum and sum of squares about the mean, brought together by the formula of Chan, Golub and LeVeque 1979.
///
/// Sums are kept in two numbers, and each block is passed twice, about a mean of its own. So nothing cancels where the
/// numbers are far from 0 and near each other, as points in time are, nor where their mean is nearly 0; and shards that
/// are merged give what the whole gives, to 1e-12.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    /// The sum, scaled, is that of these, the first of them rounded.
    sum: [f64; 2],
    /// The sum of the squares of the distances from the mean. Infinite where it is beyond what a number can be.
    squares: f64,
}

impl Moments {
    /// Moments as they were: none where the numbers cannot be anyone's.
    #[must_use]
    pub fn restored(count: u64, sum: [f64; 2], squares: f64) -> Option<Self> {
        let possible = if count == 0 {
            sum == [0.0, 0.0] && squares == 0.0
        } else {
            sum.iter().all(|part| part.is_finite()) && squares >= 0.0
        };
        possible.then_some(Self { count, sum, squares })
    }

    /// The count, the scaled sum in two parts and the squares, of which [`Moments::restored`] makes the same again.
    #[must_use]
    pub fn parts(&self) -> (u64, [f64; 2], f64) {
        (self.count, self.sum, self.squares)
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
        if self.count == 0 || other.count == 0 {
            *self = if self.count == 0 { *other } else { *self };
            return;
        }
        let (ours, theirs) = (self.scaled_mean(), other.scaled_mean());
        let apart = ((theirs[0] - ours[0]) + (theirs[1] - ours[1])) / SCALE;
        let rows = self.count as f64 * (other.count as f64 / (self.count + other.count) as f64);
        self.squares += other.squares + apart * apart * rows;
        self.count += other.count;
        self.sum = sum(self.sum, other.sum);
    }

    /// The mean in two numbers.
    fn scaled_mean(&self) -> [f64; 2] {
        let count = self.count as f64;
        let mean = self.sum[0] / count;
        let rest = (-mean).mul_add(count, self.sum[0]) + self.sum[1];
        exactly(mean, rest / count)
    }

    /// How many numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; none of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.scaled_mean()[0] / SCALE)
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
    let mut moments = Moments { count: numbers.len() as u64, sum: scaled_sum(numbers), squares: 0.0 };
    let Some(middle) = moments.mean() else { return moments };
    let off = total(numbers, |number| number - middle);
    let squares = total(numbers, |number| (number - middle) * (number - middle));
    // `off` would be nought without rounding: Chan's correction of what rounding left.
    let squares = (squares - off * off / numbers.len() as f64).max(0.0);
    moments.squares = if squares.is_finite() && off.is_finite() { squares } else { f64::INFINITY };
    moments
}

/// The scaled sum with what rounding left out, in eight lanes.
fn scaled_sum(numbers: &[f64]) -> [f64; 2] {
    let mut sums = [0.0; 8];
    let mut rests = [0.0; 8];
    let (eights, last) = numbers.as_chunks::<8>();
    let mut padded = [0.0; 8];
    padded[..last.len()].copy_from_slice(last);
    for eight in eights.iter().chain([&padded]) {
        for lane in 0..8 {
            let [sum, left] = exactly(sums[lane], eight[lane] * SCALE);
            sums[lane] = sum;
            rests[lane] += left;
        }
    }
    std::iter::zip(sums, rests).fold([0.0; 2], |all, (one, rest)| sum(all, [one, rest]))
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
fn exactly(one: f64, other: f64) -> [f64; 2] {
    let sum = one + other;
    let kept = sum - one;
    [sum, (one - (sum - kept)) + (other - kept)]
}

/// The sum of two sums that are each in two numbers.
fn sum(one: [f64; 2], other: [f64; 2]) -> [f64; 2] {
    let [sum, rest] = exactly(one[0], other[0]);
    exactly(sum, rest + (one[1] + other[1]))
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
    fn a_mean_that_cancels_loses_nothing() {
        let numbers: Vec<f64> =
            (0..50_000).flat_map(|row| [f64::from(row) * 0.7, f64::from(-row) * 0.7]).collect();
        let mut moments = of(&numbers[..33_333]);
        moments.merge(&of(&numbers[33_333..]));
        moments.merge(&of(&[1e-9]));
        assert!(near(moments.mean(), Some(1e-9 / 100_001.0)), "{moments:?}");
    }

    #[test]
    fn parts_that_cannot_be_are_refused() {
        for (count, sum, squares) in [
            (0, [1.0, 0.0], 0.0),
            (2, [f64::NAN, 0.0], 1.0),
            (2, [0.0, 0.0], -1.0),
            (2, [0.0, 0.0], f64::NAN),
        ] {
            assert_eq!(Moments::restored(count, sum, squares), None);
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
            prop_assert!(near(merged.mean(), whole.mean()), "{merged:?} {whole:?}");
            let (count, sum, squares) = whole.parts();
            prop_assert_eq!(Moments::restored(count, sum, squares), Some(whole));
        }
    }
}
