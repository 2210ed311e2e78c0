//! From a number to a place in a drawing.

/// The stretch of numbers that a drawing shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// All of `numbers` with `air` of their span on either side; where they are all the same, a
    /// little around them. None without a number.
    pub(super) fn around(numbers: impl IntoIterator<Item = f64>, air: f64) -> Option<Self> {
        let (low, high) = numbers.into_iter().filter(|number| number.is_finite()).fold(
            None,
            |reach: Option<(f64, f64)>, number| {
                Some(reach.map_or((number, number), |(low, high)| (low.min(number), high.max(number))))
            },
        )?;
        let span = high - low;
        let air = match span {
            _ if span == 0.0 && low == 0.0 => 1.0,
            _ if span == 0.0 => low.abs() * 0.1,
            _ => span * air,
        };
        // Where the sum would leave the numbers, it stays at their end.
        Some(Self { low: (low - air).max(f64::MIN), high: (high + air).min(f64::MAX) })
    }

    /// The number at the low end.
    pub(super) const fn low(self) -> f64 {
        self.low
    }

    /// The number at the high end.
    pub(super) const fn high(self) -> f64 {
        self.high
    }

    /// Where a number lies: 0 at the low end, 1 at the high end, never outside.
    pub(super) fn share(self, number: f64) -> f64 {
        // Halved first, because the span of two great numbers can be no number.
        let share = (number / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if share.is_nan() { 0.5 } else { share.clamp(0.0, 1.0) }
    }

    /// Where a number lies between two places of a drawing.
    pub(super) fn between(self, number: f64, from: f64, to: f64) -> f64 {
        (to - from).mul_add(self.share(number), from)
    }
}

/// A length in a drawing: one decimal is finer than a screen.
pub(super) fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_have_air() {
        let scale = Scale::around([0.0, 10.0], 0.5).unwrap();
        assert_eq!(scale, Scale { low: -5.0, high: 15.0 });
        assert_eq!(scale.share(5.0), 0.5);
        assert_eq!(scale.between(-5.0, 20.0, 40.0), 20.0);
    }

    #[test]
    fn one_number_lies_in_the_middle() {
        for number in [0.0, -3.0, 1e-300, f64::MAX] {
            let share = Scale::around([number], 0.2).unwrap().share(number);
            assert!((0.0..=1.0).contains(&share), "{number}: {share}");
        }
        assert_eq!(Scale::around([f64::NAN], 0.2), None);
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!([px(3.0), px(3.08), px(-0.01)], ["3", "3.1", "0"]);
    }

    proptest! {
        #[test]
        fn nothing_lies_outside(numbers in prop::collection::vec(prop::num::f64::ANY, 1..5), at: f64) {
            if let Some(scale) = Scale::around(numbers, 0.3) {
                prop_assert!((0.0..=1.0).contains(&scale.share(at)));
            }
        }
    }
}
