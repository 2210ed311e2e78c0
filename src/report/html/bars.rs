//! The bar of a rule: where the value lies, and on which side of the bound.

use super::markup::{Markup, tag};
use super::scale::{Scale, px};
use crate::record::{Row, RowOutcome, RuleKind};
use crate::report::{bound, number};

const WIDTH: f64 = 240.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = WIDTH - 8.0;

/// The side of the bound on which a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
    Exactly,
}

/// The bound of a rule on the axis of its metric, and the side on which it holds.
///
/// A bound relative to the baseline is where it comes to lie; none without a number to measure it by.
pub(super) fn limit(row: &Row) -> Option<(f64, Side)> {
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

/// Draws the bar, or nothing where the bound is no number.
pub(super) fn draw(m: &mut Markup, row: &Row) {
    let Some((limit, side)) = limit(row) else { return };
    let value = row.value.as_ref().and_then(|value| value.number());
    let baseline = row.baseline.as_ref().and_then(|value| value.number());
    let interval = interval(row, baseline);
    let shown = [Some(limit), value, baseline, interval.map(|i| i[0]), interval.map(|i| i[1])];
    let Some(scale) = Scale::around(shown.into_iter().flatten(), 0.28) else { return };
    let x = |number| scale.between(number, LEFT, RIGHT);
    let svg = tag("svg.bar").set("viewBox", "0 0 240 44").set("role", "img").set("aria-label", label(row));
    m.element(svg, |m| {
        band(m, "rect.track", LEFT - 4.0, RIGHT + 4.0);
        match side {
            Side::Above => band(m, "rect.zone", x(limit), RIGHT + 4.0),
            Side::Below => band(m, "rect.zone", LEFT - 4.0, x(limit)),
            Side::Exactly => {}
        }
        if let Some(value) = value {
            let (from, to) = (x(limit).min(x(value)), x(limit).max(x(value)));
            let rect = tag("rect.reach").set("x", px(from)).set("y", 17).set("width", px(to - from));
            m.empty(rect.set("height", 6));
        }
        if let Some([low, high]) = interval {
            let (low, high) = (px(x(low)), px(x(high)));
            m.empty(tag("path.whisker").set("d", format!("M{low} 14v12M{low} 20H{high}M{high} 14v12")));
        }
        if let Some(baseline) = baseline {
            m.empty(tag("path.base").set("d", format!("M{} 12l-4.5 -8h9z", px(x(baseline)))));
        }
        m.empty(tag("path.limit").set("d", format!("M{} 9v20", px(x(limit)))));
        if let Some(value) = value {
            dot(m, row.outcome, x(value));
        }
        caption(m, x(limit), &number(limit));
    });
}

/// The interval on the axis of the metric: that of a rule that compares is one of the change.
fn interval(row: &Row, baseline: Option<f64>) -> Option<[f64; 2]> {
    let [low, high] = row.interval?;
    let from = if row.rule.compares() { baseline? } else { 0.0 };
    Some([low + from, high + from]).filter(|ends| ends.iter().all(|end| end.is_finite()))
}

fn band(m: &mut Markup, name: &'static str, from: f64, to: f64) {
    let rect = tag(name).set("x", px(from)).set("y", 14).set("width", px(to - from));
    m.empty(rect.set("height", 12).set("rx", 3));
}

/// The value: round where the rule holds, a square on its corner where it does not.
fn dot(m: &mut Markup, outcome: RowOutcome, x: f64) {
    match outcome {
        RowOutcome::Pass => m.empty(tag("circle.dot").set("cx", px(x)).set("cy", 20).set("r", 6)),
        RowOutcome::Fail => {
            m.empty(tag("path.dot").set("d", format!("M{} 12.5l7.5 7.5l-7.5 7.5l-7.5 -7.5z", px(x))))
        }
        RowOutcome::Inconclusive => {
            m.empty(tag("path.dot").set("d", format!("M{} 13l7.5 13h-15z", px(x))));
        }
    }
}

fn caption(m: &mut Markup, x: f64, text: &str) {
    // Two thirds of ten pixels a digit keeps the text within the drawing.
    #[expect(clippy::cast_precision_loss, reason = "a short text")]
    let half = text.chars().count() as f64 * 3.1;
    let x = x.clamp(half.min(WIDTH / 2.0), (WIDTH - half).max(WIDTH / 2.0));
    m.leaf(tag("text.caption").set("x", px(x)).set("y", 41).set("text-anchor", "middle"), text);
}

/// The drawing in words.
fn label(row: &Row) -> String {
    let mut label = match &row.value {
        Some(value) => format!("value {}", crate::report::value(value)),
        None => "no value".into(),
    };
    label.push_str(&format!(", bound {}", bound(row)));
    if let Some(baseline) = &row.baseline {
        label.push_str(&format!(", baseline {}", crate::report::value(baseline)));
    }
    label.push_str(": ");
    label.push_str(row.outcome.word());
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MetricValue::Number;
    use crate::report::fixtures;

    fn row(rule: RuleKind, bound: f64, value: f64, baseline: f64, margin: f64) -> Row {
        let mut row = fixtures::approved().verdict.into_iter().flat_map(|v| v.rows).next().into_iter();
        let row = row.next().map(|row| Row {
            rule,
            bound: Number(bound),
            relative: false,
            value: Some(Number(value)),
            baseline: Some(Number(baseline)),
            change: Some(value - baseline),
            margin: Some(margin),
            ..row
        });
        row.unwrap_or_else(|| unreachable!("the fixture has rules"))
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
}
