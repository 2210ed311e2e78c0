//! How the numbers of a record are written for people, the same in every report.

use crate::number::number;
use crate::record::{MetricValue, Row, RuleKind};

/// A metric's value; text is cut at 40 characters. Untrusted: renderers escape it.
#[must_use]
pub fn value(value: &MetricValue) -> String {
    match value {
        MetricValue::Number(value) => number(*value),
        MetricValue::Text(text) if text.chars().count() > 40 => {
            format!("{}…", text.chars().take(39).collect::<String>())
        }
        MetricValue::Text(text) => text.clone(),
    }
}

/// A row's bound, as a phrase: `≥ 0.85`, `drop ≤ 0.01`, `rise ≤ 10 %`, `gain ≥ 0.01`, `= v2`.
#[must_use]
pub fn bound(row: &Row) -> String {
    let sign = match row.rule {
        RuleKind::Min => "≥",
        RuleKind::Max => "≤",
        RuleKind::MaxDrop => "drop ≤",
        RuleKind::MaxRise => "rise ≤",
        RuleKind::MinGain => "gain ≥",
        RuleKind::Equals => "=",
    };
    match row.bound.number() {
        Some(fraction) if row.relative => format!("{sign} {} %", number(fraction * 100.0)),
        _ => format!("{sign} {}", value(&row.bound)),
    }
}
