//! The edge that a candidate's value must not cross.
//!
//! Every rule about numbers comes down to one edge on the value itself. So improving a candidate can
//! never turn a pass into a fail: the edge does not move with it.

use crate::config::Better;
use crate::record::RuleKind;

/// An edge, itself allowed, and the side of it that is allowed.
///
/// A bound that is written is compared exactly, and has no slack. One that follows from a baseline is a
/// difference, and people write decimals: from 0.90 to 0.89 is a drop of 0.01, and binary floating point makes it
/// 0.010000000000000009. The literals are off by half an ulp each, and so is the edge that is computed
/// from them: `slack` is four ulps of what the edge was computed from, and an edge missed by less
/// counts as met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// The value must not be below the edge.
    AtLeast {
        /// The lowest value that passes; may be infinite.
        edge: f64,
        /// How far below still counts as on it.
        slack: f64,
    },
    /// The value must not be above the edge.
    AtMost {
        /// The highest value that passes; may be infinite.
        edge: f64,
        /// How far above still counts as on it.
        slack: f64,
    },
}

/// What a comparison with a baseline allows or asks: in the metric's unit, or a share of the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// The bound; of a relative rule a fraction.
    pub bound: f64,
    /// Whether it is a fraction of the baseline.
    pub relative: bool,
}

impl Allowance {
    /// In the metric's own unit.
    pub fn absolute(self, baseline: f64) -> f64 {
        if self.relative { self.bound * baseline.abs() } else { self.bound }
    }
}

impl Limit {
    /// The edge that `min` and `max` name themselves; none of any other kind.
    pub fn fixed(kind: RuleKind, bound: f64) -> Option<Self> {
        match kind {
            RuleKind::Min => Some(Self::AtLeast { edge: bound, slack: 0.0 }),
            RuleKind::Max => Some(Self::AtMost { edge: bound, slack: 0.0 }),
            _ => None,
        }
    }

    /// The edge that follows from a baseline; none of a kind that does not compare.
    pub fn against(kind: RuleKind, baseline: f64, allowance: Allowance, better: Better) -> Option<Self> {
        let distance = allowance.absolute(baseline);
        let slack = slack(baseline, distance);
        let below = baseline - distance;
        let above = baseline + distance;
        match (kind, better) {
            (RuleKind::MaxDrop, _) => Some(Self::AtLeast { edge: below, slack }),
            (RuleKind::MaxRise, _) => Some(Self::AtMost { edge: above, slack }),
            (RuleKind::MinGain, Better::Higher) => Some(Self::AtLeast { edge: above, slack }),
            (RuleKind::MinGain, Better::Lower) => Some(Self::AtMost { edge: below, slack }),
            _ => None,
        }
    }

    /// Whether the value stays within. False for everything where the edge is not a number.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast { edge, slack } => value >= edge - slack,
            Self::AtMost { edge, slack } => value <= edge + slack,
        }
    }

    /// Where the edge is.
    pub const fn edge(self) -> f64 {
        match self {
            Self::AtLeast { edge, .. } | Self::AtMost { edge, .. } => edge,
        }
    }

    /// An interval's ends, that on the side of the edge first.
    pub const fn ends(self, [low, high]: [f64; 2]) -> (f64, f64) {
        match self {
            Self::AtLeast { .. } => (low, high),
            Self::AtMost { .. } => (high, low),
        }
    }

    /// How far inside the edge; negative is outside, and what counts as on the edge is 0. None where
    /// no finite number says it.
    pub fn margin(self, value: f64) -> Option<f64> {
        let margin = match self {
            Self::AtLeast { edge, .. } => value - edge,
            Self::AtMost { edge, .. } => edge - value,
        };
        let margin = if self.holds(value) { margin.max(0.0) } else { margin };
        margin.is_finite().then_some(margin)
    }
}

fn slack(a: f64, b: f64) -> f64 {
    let ulps = 4.0 * f64::EPSILON;
    ulps * a.abs() + ulps * b.abs()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;

    fn absolute(bound: f64) -> Allowance {
        Allowance { bound, relative: false }
    }

    #[test]
    fn a_drop_of_exactly_the_bound_is_allowed() {
        let limit = Limit::against(RuleKind::MaxDrop, 0.90, absolute(0.01), Better::Higher).unwrap();
        assert!(limit.holds(0.89));
        assert!(limit.margin(0.89).unwrap() < 1e-15);
        assert!(!limit.holds(0.889_999_999));
    }

    #[test]
    fn a_bound_that_is_written_is_exact() {
        let (less, more) = (0.9, 0.900_000_000_000_000_1);
        assert!(less < more);
        assert!(!Limit::fixed(RuleKind::Min, more).unwrap().holds(less));
        assert!(!Limit::fixed(RuleKind::Max, less).unwrap().holds(more));
        assert!(Limit::fixed(RuleKind::Min, less).unwrap().holds(less));
    }

    #[test]
    fn an_infinite_edge_has_no_margin() {
        let limit = Limit::against(RuleKind::MinGain, f64::MAX, absolute(f64::MAX), Better::Higher).unwrap();
        assert!(!limit.holds(f64::MAX));
        assert_eq!(limit.margin(f64::MAX), None);
    }

    /// Thousandths as the literal that a person would write.
    fn decimal(thousandths: i32) -> f64 {
        format!("{}e-3", thousandths).parse().expect("a decimal literal")
    }

    /// Three numbers of thousandths, of which the first is on the edge that the others make, or next to it.
    fn near_the_edge() -> impl Strategy<Value = (i32, i32, i32)> {
        let edge = |(baseline, bound, side, off): (i32, i32, i32, i32)| {
            (baseline + side * bound + off, baseline, bound)
        };
        let side = prop::sample::select(vec![-1, 1]);
        (-2000..2000_i32, 0..500_i32, side, -1..=1_i32).prop_map(edge)
    }

    /// Without any slack one edge in seven is missed, by an ulp or two.
    #[test]
    fn what_is_on_the_edge_passes_for_every_pair_of_decimals() {
        for (baseline, bound) in (0..1000).flat_map(|baseline| (0..200).map(move |bound| (baseline, bound))) {
            let (b, x) = (decimal(baseline), absolute(decimal(bound)));
            for (kind, value) in [
                (RuleKind::MaxDrop, baseline - bound),
                (RuleKind::MaxRise, baseline + bound),
                (RuleKind::MinGain, baseline + bound),
            ] {
                let limit = Limit::against(kind, b, x, Better::Higher).unwrap();
                assert!(limit.holds(decimal(value)), "{kind:?} {baseline} {bound}");
            }
        }
    }

    proptest! {
        #[test]
        fn decimals_are_judged_as_they_are_written((value, baseline, bound) in near_the_edge()) {
            let [v, b, x] = [value, baseline, bound].map(decimal);
            let passes = |kind, better| Limit::against(kind, b, absolute(x), better).unwrap().holds(v);
            prop_assert_eq!(passes(RuleKind::MaxDrop, Better::Higher), baseline - value <= bound);
            prop_assert_eq!(passes(RuleKind::MaxRise, Better::Higher), value - baseline <= bound);
            prop_assert_eq!(passes(RuleKind::MinGain, Better::Higher), value - baseline >= bound);
            prop_assert_eq!(passes(RuleKind::MinGain, Better::Lower), baseline - value >= bound);
            prop_assert_eq!(Limit::fixed(RuleKind::Min, b).unwrap().holds(v), value >= baseline);
            prop_assert_eq!(Limit::fixed(RuleKind::Max, b).unwrap().holds(v), value <= baseline);
        }

        #[test]
        fn percentages_are_judged_as_they_are_written(
            hundreds in -20..20_i32,
            percent in 0..300_i32,
            side in prop::sample::select(vec![-1, 1]),
            off in -1..=1_i32,
        ) {
            let baseline = hundreds * 100;
            let value = baseline + side * percent * hundreds.abs() + off;
            let [v, b] = [value, baseline].map(decimal);
            let share = Allowance { bound: f64::from(percent) / 100.0, relative: true };
            let drop = Limit::against(RuleKind::MaxDrop, b, share, Better::Higher).unwrap();
            prop_assert_eq!(drop.holds(v), (baseline - value) * 100 <= percent * baseline.abs());
            let rise = Limit::against(RuleKind::MaxRise, b, share, Better::Higher).unwrap();
            prop_assert_eq!(rise.holds(v), (value - baseline) * 100 <= percent * baseline.abs());
        }

        #[test]
        fn within_and_margin_agree(value in any::<f64>(), edge in any::<f64>()) {
            for kind in [RuleKind::Min, RuleKind::Max] {
                let limit = Limit::fixed(kind, edge).unwrap();
                let wanted = if kind == RuleKind::Min { value >= edge } else { value <= edge };
                prop_assert_eq!(limit.holds(value), wanted);
                if let Some(margin) = limit.margin(value) {
                    prop_assert_eq!(margin >= 0.0, limit.holds(value));
                }
            }
        }
    }
}
