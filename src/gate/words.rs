//! How the gate's sentences write numbers and texts.
//!
//! Six significant digits as everywhere, and as many more as it takes for two different numbers to
//! look different: «0.85 is below 0.85» helps nobody.

use std::ops::RangeInclusive;

pub use crate::number::thousands;
use crate::record::MetricValue;

const DIGITS: usize = 6;
const PERCENT_DIGITS: usize = 3;
/// As many as every decimal keeps in a 64-bit float; the digits after them are the noise of the binary.
const ALL_DIGITS: usize = 15;
/// As many as it takes to tell any two 64-bit floats apart.
const EXACT_DIGITS: usize = 17;

/// A number of at most six significant digits.
pub fn number(number: f64) -> String {
    digits(number, DIGITS)
}

/// Two numbers with as many digits as it takes to tell them apart.
pub fn apart(a: f64, b: f64) -> (String, String) {
    apart_within(DIGITS..=ALL_DIGITS, a, b)
}

/// [`apart`] for numbers that are compared exactly: any two that differ look different.
pub fn apart_exactly(a: f64, b: f64) -> (String, String) {
    apart_within(DIGITS..=EXACT_DIGITS, a, b)
}

/// Two percentages with as many digits as it takes to tell them apart, and no more than three otherwise.
pub fn percents_apart(a: f64, b: f64) -> (String, String) {
    apart_within(PERCENT_DIGITS..=ALL_DIGITS, a * 100.0, b * 100.0)
}

fn apart_within(mut counts: RangeInclusive<usize>, a: f64, b: f64) -> (String, String) {
    let pair = |count| (digits(a, count), digits(b, count));
    let enough = |count: &usize| {
        let (a, b) = pair(*count);
        a != b
    };
    let least = *counts.start();
    pair(counts.find(enough).unwrap_or(least))
}

/// A fraction as a percentage.
pub fn percent(fraction: f64) -> String {
    format!("{} %", number(fraction * 100.0))
}

/// A count of at most two significant digits, its thousands set apart: `2,300`.
pub fn about(count: u64) -> String {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    thousands(count.saturating_add(unit / 2) / unit * unit)
}

/// `2,300 more rows`, `1 more row`.
pub fn more(count: u64, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{} more {what}{end}", about(count))
}

/// A text in quotes, on one line, cut at 60 characters. Untrusted: renderers escape it.
pub fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let cut = if text.chars().count() > 60 { "…" } else { "" };
    format!("«{shown}{cut}»")
}

/// A value, as a number or as a text in quotes.
pub fn value(value: &MetricValue) -> String {
    match value {
        MetricValue::Number(value) => number(*value),
        MetricValue::Text(text) => quoted(text),
    }
}

fn digits(number: f64, count: usize) -> String {
    if !number.is_finite() {
        return match number {
            _ if number.is_nan() => "NaN".into(),
            _ if number > 0.0 => "more than any number".into(),
            _ => "less than any number".into(),
        };
    }
    if number == 0.0 {
        return "0".into();
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let scientific = format!("{number:.*e}", count - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-6..15).contains(&exponent) {
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let wanted = i32::try_from(count).unwrap_or(0) - 1 - exponent;
    trimmed(&format!("{number:.*}", usize::try_from(wanted).unwrap_or(0))).to_owned()
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_the_noise_and_keep_their_size() {
        let cases = [
            (0.93 - 0.906, "0.024"),
            (0.1 + 0.2, "0.3"),
            (-0.0, "0"),
            (1_234_567.8, "1234568"),
            (1e-9 + 1e-19, "1e-9"),
            (-1.5e300, "-1.5e300"),
            (0.999_999_99, "1"),
            (12_345_678.0, "12345678"),
            (f64::INFINITY, "more than any number"),
        ];
        for (input, expected) in cases {
            assert_eq!(number(input), expected, "{input:e}");
        }
    }

    #[test]
    fn counts_are_as_round_as_they_are_sure() {
        let cases = [(0, "0"), (7, "7"), (99, "99"), (104, "100"), (2_345, "2,300"), (2_350, "2,400")];
        for (count, expected) in cases {
            assert_eq!(about(count), expected);
        }
        assert_eq!(thousands(12_345_678), "12,345,678");
        assert!(!about(u64::MAX).is_empty());
    }

    #[test]
    fn different_numbers_look_different() {
        assert_eq!(apart(0.849_999_999, 0.85), ("0.849999999".into(), "0.85".into()));
        assert_eq!(apart(0.5, 0.5), ("0.5".into(), "0.5".into()));
        assert_eq!(apart(0.1 + 0.2, 0.3), ("0.3".into(), "0.3".into()));
        assert_eq!(apart_exactly(0.9, 0.900_000_000_000_000_1), ("0.9".into(), "0.9000000000000001".into()));
        assert_eq!(apart_exactly(0.1 + 0.2, 0.3).0, "0.30000000000000004");
    }
}
