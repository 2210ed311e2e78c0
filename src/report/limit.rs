//! A rule on the axis of its metric: where its bound lies, and what its interval reaches.

use crate::record::{Row, RowOutcome, RuleKind};

/// The side of the bound on which a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At the bound and above.
    Above,
    /// At the bound and below.
    Below,
    /// Only at the bound.
    Exactly,
}

/// The bound of a rule on the axis of its metric, and the side on which it holds.
///
/// A bound relative to the baseline is where it comes to lie; none without a number to measure it by.
#[must_use]
pub fn limit(row: &Row) -> Option<(f64, Side)> {
    let bound = row.bound.number()?;
    let baseline = row.baseline.as_ref().and_then(|value| value.number());
    let distance = if row.relative { bound * baseline?.abs() } else { bound };
    let (limit, side) = match row.rule {
        RuleKind::Min => (bound, Side::Above),
        RuleKind::Max => (bound, Side::Below),
        RuleKind::Equals => (bound, Side::Exactly),
        RuleKind::MaxDrop => (baseline? - distance, Side::Above),
        RuleKind::MaxRise => (baseline? + distance, Side::Below),
        // Which way is better is not in the row, but the margin was measured that way.
        RuleKind::MinGain => {
            let change = row.change?;
            let margin = row.margin?;
            let grows = (margin - (change - distance)).abs() <= (margin - (-change - distance)).abs();
            if grows { (baseline? + distance, Side::Above) } else { (baseline? - distance, Side::Below) }
        }
    };
    limit.is_finite().then_some((limit, side))
}

/// The interval that decides, on the axis of the metric: of the value, or that of the change around the baseline.
#[must_use]
pub fn deciding(row: &Row) -> Option<[f64; 2]> {
    if !row.rule.compares() {
        return row.interval;
    }
    let [low, high] = row.change_interval?;
    let from = row.baseline.as_ref()?.number()?;
    Some([low + from, high + from]).filter(|ends| ends.iter().all(|end| end.is_finite()))
}

/// Whether a rule holds although its interval reaches beyond the bound.
#[must_use]
pub fn reaches_beyond(row: &Row) -> bool {
    let reaches = |(limit, side), [low, high]: [f64; 2]| match side {
        Side::Above => low < limit,
        Side::Below => high > limit,
        Side::Exactly => false,
    };
    row.outcome == RowOutcome::Pass
        && limit(row).zip(deciding(row)).is_some_and(|(limit, ends)| reaches(limit, ends))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::name::MetricName;
    use crate::record::MetricValue::Number;

    fn row(rule: RuleKind, bound: f64, value: f64, baseline: f64, margin: f64) -> Row {
        Row {
            value: Some(Number(value)),
            baseline: Some(Number(baseline)),
            change: Some(value - baseline),
            margin: Some(margin),
            ..Row::new(MetricName::new("accuracy").unwrap(), rule, Number(bound))
        }
    }

    #[test]
    fn a_bound_comes_to_lie_on_the_axis_of_the_metric() {
        assert_eq!(limit(&row(RuleKind::Min, 0.5, 1.0, 2.0, 0.5)), Some((0.5, Side::Above)));
        assert_eq!(limit(&row(RuleKind::Max, 0.5, 1.0, 2.0, -0.5)), Some((0.5, Side::Below)));
        assert_eq!(limit(&row(RuleKind::MaxDrop, 0.5, 1.0, 2.0, -0.5)), Some((1.5, Side::Above)));
        assert_eq!(limit(&row(RuleKind::MaxRise, 0.5, 1.0, 2.0, 1.5)), Some((2.5, Side::Below)));
        let relative = Row { relative: true, ..row(RuleKind::MaxRise, 0.25, 1.0, -2.0, 0.0) };
        assert_eq!(limit(&relative), Some((-1.5, Side::Below)));
        let alone = Row { baseline: None, ..row(RuleKind::MaxDrop, 0.5, 1.0, 2.0, 0.0) };
        assert_eq!(limit(&alone), None);
    }

    #[test]
    fn a_gain_is_measured_the_way_that_the_margin_was() {
        assert_eq!(limit(&row(RuleKind::MinGain, 0.5, 3.0, 2.0, 0.5)), Some((2.5, Side::Above)));
        assert_eq!(limit(&row(RuleKind::MinGain, 0.5, 1.0, 2.0, 0.5)), Some((1.5, Side::Below)));
    }

    #[test]
    fn a_rule_that_compares_is_decided_around_the_baseline() {
        let intervals = |rule| Row {
            interval: Some([0.5, 1.5]),
            change_interval: Some([-1.5, -0.5]),
            outcome: RowOutcome::Pass,
            ..row(rule, 1.0, 1.0, 2.0, 0.5)
        };
        assert_eq!(deciding(&intervals(RuleKind::Min)), Some([0.5, 1.5]));
        assert_eq!(deciding(&intervals(RuleKind::MaxDrop)), Some([0.5, 1.5]));
        assert!(reaches_beyond(&intervals(RuleKind::MaxDrop)), "1 is the lowest that is allowed");
        assert!(reaches_beyond(&intervals(RuleKind::Max)));
        assert!(!reaches_beyond(&intervals(RuleKind::MaxRise)));
        assert!(!reaches_beyond(&Row { outcome: RowOutcome::Fail, ..intervals(RuleKind::Min) }));
    }
}
