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

/// An interval, `[0.88, 0.93]`: its ends rounded to as many decimals as give its width two digits, because more
/// say nothing.
#[must_use]
pub fn interval([low, high]: [f64; 2]) -> String {
    let width = high - low;
    let readable = |end: f64| end.abs() < 1e9 && (end == 0.0 || end.abs() >= 1e-6);
    if !(width.is_finite() && width >= 1e-6 && readable(low) && readable(high)) {
        return format!("[{}, {}]", number(low), number(high));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
    let decimals = (1.0 - width.log10().floor()).clamp(0.0, 7.0) as usize;
    let end = |end: f64| {
        let text = format!("{end:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    };
    format!("[{}, {}]", end(low), end(high))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_as_exact_as_they_are_wide() {
        let cases = [
            ([0.881_234, 0.931_111], "[0.881, 0.931]"),
            ([-0.002, 0.0164], "[-0.002, 0.016]"),
            ([0.831, 0.872], "[0.831, 0.872]"),
            ([-0.000_001, 120.4], "[0, 120]"),
            ([0.5, 0.5], "[0.5, 0.5]"),
            ([f64::MIN, f64::MAX], "[-1.79769e308, 1.79769e308]"),
            ([99_990.0, 100_010.0], "[99990, 100010]"),
        ];
        for (ends, expected) in cases {
            assert_eq!(interval(ends), expected, "{ends:?}");
        }
    }
}
