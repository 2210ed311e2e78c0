//! The bar of a rule: where the value lies, and on which side of the bound.

use super::markup::{Markup, tag};
use super::scale::{Scale, px};
use crate::record::{Row, RowOutcome};
use crate::report::limit::{Side, deciding, limit};
use crate::report::{bound, interval, number};

const WIDTH: f64 = 240.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = WIDTH - 8.0;

/// Draws the bar, or nothing where the bound is no number.
pub(super) fn draw(m: &mut Markup, row: &Row) {
    let Some((limit, side)) = limit(row) else { return };
    let value = row.value.as_ref().and_then(|value| value.number());
    let baseline = row.baseline.as_ref().and_then(|value| value.number());
    let whisker = deciding(row);
    let shown = [Some(limit), value, baseline, whisker.map(|ends| ends[0]), whisker.map(|ends| ends[1])];
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
        if let Some([low, high]) = whisker {
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
    if let Some(ends) = deciding(row) {
        label.push_str(&format!(", interval {}", interval(ends)));
    }
    label.push_str(": ");
    label.push_str(row.outcome.word());
    label
}
