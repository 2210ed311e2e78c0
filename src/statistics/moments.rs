//! Mean and spread, in one pass that can be divided.

/// So many numbers are taken at once: they stay in the processor's nearest memory while they are passed twice.
const BLOCK: usize = 1024;

/// Sums are of numbers so much smaller, so that those of the greatest numbers are still numbers. A power of two takes
/// nothing from any but the least.
const SCALE: f64 = 1.0 / (1_u128 << 64) as f64;

/// The unit in which numbers are taken: of very large ones the squares would be beyond what a number can be, and of very
/// small ones nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Unit {
    Small,
    #[default]
    Usual,
    Large,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Small, Self::Usual, Self::Large];

    /// From this power of two on numbers are large, and below its inverse small.
    const EDGE: i32 = 400;

    /// Of numbers of which the greatest, without its sign, is this one. Nought has any unit.
    fn of(greatest: f64) -> Self {
        let edge = 2_f64.powi(Self::EDGE);
        match greatest {
            _ if greatest >= edge => Self::Large,
            _ if greatest > 0.0 && greatest < 1.0 / edge => Self::Small,
            _ => Self::Usual,
        }
    }

    /// The power of two that it is.
    const fn power(self) -> i32 {
        match self {
            Self::Small => -600,
            Self::Usual => 0,
            Self::Large => 600,
        }
    }

    /// What a number of that unit is multiplied by to be one of this.
    fn per(self, other: Self) -> f64 {
        2_f64.powi(other.power() - self.power())
    }
}

/// Count, sum and sum of squares about the mean, brought together by the formula of Chan, Golub and LeVeque 1979.
///
/// Sums are kept in two numbers, and each block is passed twice, about a mean of its own. So nothing cancels where the
/// numbers are far from 0 and near each other, as points in time are, nor where their mean is nearly 0; and shards that
/// are merged give what the whole gives, to 1e-12.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    unit: Unit,
    /// The sum, scaled and in units, is that of these, the first of them rounded.
    sum: [f64; 2],
    /// The sum of the squares of the distances from the mean, in units.
    squares: f64,
}

/// What [`Moments`] are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// How many numbers.
    pub count: u64,
    /// The power of two in which they are measured.
    pub unit: i32,
    /// The scaled sum.
    pub sum: [f64; 2],
    /// The squares; infinite where somebody else has found them to be beyond what a number can be.
    pub squares: f64,
}

impl Moments {
    /// Moments as they were: none where the numbers cannot be anyone's.
    #[must_use]
    pub fn restored(parts: &Parts) -> Option<Self> {
        let Parts { count, unit, sum, squares } = *parts;
        let unit = Unit::ALL.into_iter().find(|known| known.power() == unit)?;
        let possible = if count == 0 {
            sum == [0.0, 0.0] && squares == 0.0
        } else {
            sum.iter().all(|part| part.is_finite()) && squares >= 0.0
        };
        possible.then_some(Self { count, unit, sum, squares })
    }

    /// What they are made of, of which [`Moments::restored`] makes the same again.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts { count: self.count, unit: self.unit.power(), sum: self.sum, squares: self.squares }
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
        let unit = self.unit_with(other);
        *self = self.within(unit);
        let other = other.within(unit);
        let (ours, theirs) = (self.scaled_mean(), other.scaled_mean());
        let apart = ((theirs[0] - ours[0]) + (theirs[1] - ours[1])) / SCALE;
        let rows = self.count as f64 * (other.count as f64 / (self.count + other.count) as f64);
        self.squares += other.squares + apart * apart * rows;
        self.count += other.count;
        self.sum = sum(self.sum, other.sum);
    }

    /// The unit of both together: the larger one, but for noughts, which have any.
    fn unit_with(&self, other: &Self) -> Unit {
        let is_nought = |moments: &Self| moments.sum == [0.0; 2] && moments.squares == 0.0;
        match (is_nought(self), is_nought(other)) {
            (true, _) => other.unit,
            (_, true) => self.unit,
            _ => self.unit.max(other.unit),
        }
    }

    /// The same in another unit, which is not smaller than that of any number but nought.
    fn within(&self, unit: Unit) -> Self {
        let by = unit.per(self.unit);
        Self { unit, sum: self.sum.map(|part| part * by), squares: self.squares * by * by, ..*self }
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
        (self.count > 0).then(|| self.scaled_mean()[0] / SCALE * Unit::Usual.per(self.unit))
    }

    /// Their standard deviation, the root of what the squares come to by `count - ddof`: 1 as pandas has it, 0 as NumPy.
    /// None of too few, and where it is beyond what a number can be.
    #[must_use]
    pub fn deviation(&self, ddof: u64) -> Option<f64> {
        let degrees = self.count.checked_sub(ddof).filter(|degrees| *degrees > 0)?;
        let deviation = (self.squares / degrees as f64).sqrt() * Unit::Usual.per(self.unit);
        Some(deviation).filter(|deviation| deviation.is_finite())
    }
}

/// The moments of finite numbers that are few.
fn of_block(numbers: &[f64]) -> Moments {
    let unit = Unit::of(greatest(numbers));
    if unit == Unit::Usual {
        return of_usual(numbers);
    }
    let mut block = [0.0; BLOCK];
    let by = unit.per(Unit::Usual);
    block.iter_mut().zip(numbers).for_each(|(place, number)| *place = number * by);
    Moments { unit, ..of_usual(&block[..numbers.len()]) }
}

/// The moments of numbers none of whose squares is too large or too small to be a number.
fn of_usual(numbers: &[f64]) -> Moments {
    let mut moments = Moments { count: numbers.len() as u64, sum: scaled_sum(numbers), ..Moments::default() };
    let Some(middle) = moments.mean() else { return moments };
    let off = total(numbers, |number| number - middle);
    let squares = total(numbers, |number| (number - middle) * (number - middle));
    // `off` would be nought without rounding: Chan's correction of what rounding left.
    moments.squares = (squares - off * off / numbers.len() as f64).max(0.0);
    moments
}

/// The greatest of numbers without their signs, in eight lanes.
fn greatest(numbers: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    let (eights, rest) = numbers.as_chunks::<8>();
    for eight in eights {
        for (lane, number) in lanes.iter_mut().zip(eight) {
            *lane = lane.max(number.abs());
        }
    }
    lanes.into_iter().chain(rest.iter().map(|number| number.abs())).fold(0.0, f64::max)
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
        assert_eq!((of(&[]).mean(), of(&[]).deviation(0)), (None, None));
        assert_eq!(
            (of(&[3.0]).mean(), of(&[3.0]).deviation(1), of(&[3.0]).deviation(0)),
            (Some(3.0), None, Some(0.0))
        );
        assert_eq!((of(&[1.0, 3.0]).mean(), of(&[1.0, 3.0]).deviation(1)), (Some(2.0), Some(2_f64.sqrt())));
        assert_eq!(of(&[0.1; 5000]).deviation(1), Some(0.0));
        assert_eq!(of(&[f64::NAN, f64::INFINITY, 4.0, f64::NEG_INFINITY]), of(&[4.0]));
    }

    #[test]
    fn the_greatest_numbers_and_the_least_have_a_mean_and_a_spread() {
        const MOST: f64 = f64::MAX / 2.0;
        let moments = of(&[MOST, MOST, -MOST, MOST]);
        assert!(
            near(moments.mean(), Some(MOST / 2.0)) && near(moments.deviation(1), Some(MOST)),
            "{moments:?}"
        );
        let mut merged = of(&[MOST; 3]);
        merged.merge(&of(&[-MOST]));
        assert!(near(merged.mean(), Some(MOST / 2.0)) && near(merged.deviation(1), Some(MOST)), "{merged:?}");
        // 1.4 times the greatest number is none.
        assert_eq!(of(&[f64::MAX, -f64::MAX]).deviation(1), None);
        for by in [1e-300, 1e-200, 1e-121, 1e-120, 1e120, 1e121, 1e200, 1e307] {
            let moments = of(&[by, 3.0 * by, 0.0]);
            assert!(near(moments.mean(), Some(4.0 / 3.0 * by)), "{by}: {moments:?}");
            assert!(near(moments.deviation(1), Some((7.0_f64 / 3.0).sqrt() * by)), "{by}: {moments:?}");
        }
    }

    #[test]
    fn numbers_of_every_size_are_brought_together() {
        for [one, other] in
            [[1e-200, 0.0], [1e-200, 1.0], [1e-121, 3e-121], [1e-120, 5e-121], [1.0, 1e200], [1e-200, 1e200]]
        {
            let mut merged = of(&[one; 3]);
            merged.merge(&of(&[other; 2]));
            let whole = of(&[one, one, one, other, other]);
            assert!(
                near(merged.mean(), whole.mean()) && near(merged.deviation(1), whole.deviation(1)),
                "{merged:?} {whole:?}"
            );
            let unit = one.max(other);
            let far = (one / unit - other / unit).abs();
            assert!(near(merged.deviation(1), Some(far * 0.3_f64.sqrt() * unit)), "{merged:?}");
        }
    }

    #[test]
    fn what_was_beyond_a_number_stays_unknown() {
        let old = Parts { count: 3, unit: 0, sum: [1e180, 0.0], squares: f64::INFINITY };
        let mut old = Moments::restored(&old).unwrap();
        assert_eq!(old.deviation(1), None);
        old.merge(&of(&[1e200, 2.0]));
        assert!(old.deviation(1).is_none() && old.mean().is_some(), "{old:?}");
    }

    #[test]
    fn what_is_far_from_nought_loses_nothing() {
        let numbers: Vec<f64> = (0..100_000).map(|row| 1e12 + f64::from(row % 7) / 4.0).collect();
        let near_nought: Vec<f64> = numbers.iter().map(|number| number - 1e12).collect();
        assert!(near(of(&numbers).deviation(1), of(&near_nought).deviation(1)));
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
        let fine = Parts { count: 2, unit: 0, sum: [0.0, 0.0], squares: 1.0 };
        assert!(Moments::restored(&fine).is_some());
        for wrong in [
            Parts { count: 0, sum: [1.0, 0.0], squares: 0.0, ..fine },
            Parts { sum: [f64::NAN, 0.0], ..fine },
            Parts { squares: -1.0, ..fine },
            Parts { squares: f64::NAN, ..fine },
            Parts { unit: 1, ..fine },
        ] {
            assert_eq!(Moments::restored(&wrong), None);
        }
    }

    proptest! {
        #[test]
        fn shards_merged_give_the_whole(
            numbers in prop::collection::vec(-1e3..1e3_f64, 2..6000),
            from in prop::sample::select(vec![0.0, 1e6, -1e9, 1.7e9]),
            size in 1_usize..3000,
            by in prop::sample::select(vec![1.0, 1e-290, 1e-200, 1e200, 1e290]),
        ) {
            let numbers: Vec<f64> = numbers.iter().map(|number| (number + from) * by).collect();
            let whole = of(&numbers);
            let mut merged = Moments::default();
            numbers.chunks(size).rev().for_each(|shard| merged.merge(&of(shard)));
            prop_assert!(near(merged.deviation(1), whole.deviation(1)), "{merged:?} {whole:?}");
            prop_assert!(near(merged.mean(), whole.mean()), "{merged:?} {whole:?}");
            prop_assert_eq!(Moments::restored(&whole.parts()), Some(whole));
        }
    }
}
