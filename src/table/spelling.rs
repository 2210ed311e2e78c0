//! One spelling for what is the same: `1`, `1.0`, `+1` and `1e0`; `True` and `true`.
//!
//! A text is a number where it is plainly one: digits with a sign, a fraction and an exponent, as Python, R, Java and
//! NumPy write them. `01` is a text, because who writes it means the zero: a postcode, an id; `01.5` is a number. `1_000`,
//! `0x10` and `1,5` are texts too. The decimal digits decide and not the nearest float, so that ids of twenty digits stay apart.
//! Spaces around a number or a truth value do not count, as in pandas; in other texts they do.

use std::borrow::Cow;

/// Integers up to so many digits are written out, as JavaScript does; all of 64 bits have fewer.
const WRITTEN_OUT: i64 = 21;

/// Zeros behind the point, up to which a small number is written out.
const SMALL: i64 = 6;

/// The shortest spelling of a number, `true` or `false`, else the text itself.
pub fn normal(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches([' ', '\t']);
    match trimmed {
        "true" | "True" | "TRUE" => Cow::Borrowed("true"),
        "false" | "False" | "FALSE" => Cow::Borrowed("false"),
        _ => number(trimmed).unwrap_or(Cow::Borrowed(text)),
    }
}

/// Whether a cell says nothing: it is blank, or the NaN that NumPy and pandas write for a missing value.
pub fn says_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "nan" | "NaN")
}

/// Whether a cell, without the spaces around it, spells in a column of numbers or times that there is none: as pandas and
/// pyarrow know it. Where texts are wanted only [`says_nothing`] counts, because NA is Namibia.
pub fn spells_missing(cell: &[u8]) -> bool {
    matches!(
        cell,
        b"" | b"NA"
            | b"N/A"
            | b"n/a"
            | b"#N/A"
            | b"#NA"
            | b"#N/A N/A"
            | b"<NA>"
            | b"NULL"
            | b"Null"
            | b"null"
            | b"None"
            | b"NaN"
            | b"nan"
            | b"-NaN"
            | b"-nan"
            | b"NaT"
            | b"1.#IND"
            | b"-1.#IND"
            | b"1.#QNAN"
            | b"-1.#QNAN"
    )
}

/// The shortest spelling of a float. None for NaN, which is a missing value where a text is wanted.
pub fn of_float(value: f64) -> Option<String> {
    of_digits(value, &format!("{value:e}"))
}

/// The shortest spelling of a float of 32 bits: of `0.1` and not of the double that is next to it.
pub fn of_single(value: f32) -> Option<String> {
    of_digits(f64::from(value), &format!("{value:e}"))
}

fn of_digits(value: f64, digits: &str) -> Option<String> {
    if value.is_nan() {
        return None;
    }
    Some(number(digits).map_or_else(|| digits.to_owned(), Cow::into_owned))
}

fn number(text: &str) -> Option<Cow<'_, str>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if is_plain(unsigned) && !text.starts_with('+') {
        return Some(Cow::Borrowed(text));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, self::exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0') && !mantissa.contains('.');
    if whole.len() + fraction.len() == 0 || leading_zero || !digits_only(whole) || !digits_only(fraction) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(Cow::Owned(shortest(sign, &format!("{whole}{fraction}"), exponent - length(fraction))))
}

/// An integer that is in its shortest spelling already, which nearly all are.
fn is_plain(unsigned: &str) -> bool {
    let digits = unsigned.as_bytes();
    (1..=20).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
}

fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // More digits are beyond any float: whatever that is, it is no number that somebody wrote.
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// `digits` times ten to the `exponent`, in its one spelling.
fn shortest(sign: &str, digits: &str, exponent: i64) -> String {
    let without_leading = digits.trim_start_matches('0');
    let digits = without_leading.trim_end_matches('0');
    if digits.is_empty() {
        return "0".into();
    }
    let exponent = exponent + length(without_leading) - length(digits);
    // Where the point is, counted from the first digit.
    let point = length(digits) + exponent;
    if exponent == 0 || (exponent > 0 && point <= WRITTEN_OUT) {
        return format!("{sign}{digits}{}", zeros(exponent));
    }
    if exponent < 0 && point > 0 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        return format!("{sign}{whole}.{fraction}");
    }
    if exponent < 0 && point > -SMALL {
        return format!("{sign}0.{}{digits}", zeros(-point));
    }
    let (first, rest) = digits.split_at(1);
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{dot}{rest}e{}", point - 1)
}

fn zeros(count: i64) -> String {
    "0".repeat(usize::try_from(count).unwrap_or(0))
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_the_same_number_is_spelled_the_same() {
        let same: [(&str, &[&str]); 10] = [
            (
                "1",
                &["1", "1.0", "1.00", "+1", "1e0", "1.", "1E+00", "10e-1", " 1", "1.000000000000000000e+00"],
            ),
            ("0", &["0", "-0", "0.0", "-0.0", "+0", "0e5", ".0"]),
            ("-1", &["-1", "-1.0", "-1e0"]),
            ("0.5", &["0.5", ".5", "0.50", "5e-1", "00.5"]),
            ("-7", &["-7", "-007.0", "-07."]),
            ("100", &["100", "1e2", "100.0", "1.0E2"]),
            ("1e300", &["1e300", "1.0e+300", "10e299"]),
            ("1e-7", &["1e-7", "0.0000001", "1.0E-07"]),
            ("true", &["true", "True", "TRUE", " True"]),
            ("false", &["false", "False", "FALSE"]),
        ];
        for (normal_form, spellings) in same {
            for spelling in spellings {
                assert_eq!(normal(spelling), normal_form, "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_not_plainly_a_number_stays_as_it_is() {
        let texts = [
            "01", "-01", "00", "01e5", "1_000", "0x10", "1,5", "1e", "e1", "1e99999", "1.2.3", "--1", "+",
            "-", ".", "", "tRUE", "cat", " cat ", "inf", "NaN", "1 2", "१", "0b1", "1-1", "12abc", "1e+",
            "yes",
        ];
        for text in texts {
            assert_eq!(normal(text), text);
        }
    }

    #[test]
    fn long_ids_stay_apart() {
        let ids = ["9223372036854775807", "9223372036854775806", "123456789012345678901234567891"];
        for id in ids {
            assert_eq!(normal(id), id);
            assert_eq!(normal(&format!("{id}.0")), id);
        }
    }

    #[test]
    fn floats_are_spelled_as_their_texts_are() {
        assert_eq!(of_float(-0.0).as_deref(), Some("0"));
        assert_eq!(of_single(0.1).as_deref(), Some("0.1"));
        assert_eq!(of_float(f64::INFINITY).as_deref(), Some("inf"));
        assert_eq!(of_float(f64::NEG_INFINITY).as_deref(), Some("-inf"));
        assert_eq!(of_float(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn any_float_and_its_texts_have_one_spelling(value in any::<f64>()) {
            prop_assume!(value.is_finite());
            let spelled = of_float(value).unwrap();
            for text in [format!("{value:e}"), format!("{value:?}"), format!("+{:e}", value.abs())] {
                let expected = if text.starts_with('+') { of_float(value.abs()).unwrap() } else { spelled.clone() };
                prop_assert_eq!(normal(&text), expected);
            }
            prop_assert_eq!(spelled.parse::<f64>().unwrap(), value);
            prop_assert_eq!(normal(&spelled), spelled.as_str());
        }

        #[test]
        fn any_integer_is_spelled_as_it_is(value in any::<i128>()) {
            let text = value.to_string();
            prop_assert_eq!(normal(&text).parse::<f64>().unwrap(), text.parse::<f64>().unwrap());
            let small = i64::try_from(value >> 64).unwrap().to_string();
            prop_assert_eq!(normal(&small), small.as_str());
        }

        #[test]
        fn the_spelling_of_a_spelling_is_the_same(text in "[-+]?[0-9]{0,30}(\\.[0-9]{0,30})?([eE][-+]?[0-9]{0,3})?") {
            let once = normal(&text).into_owned();
            prop_assert_eq!(normal(&once), once.as_str());
        }
    }
}
