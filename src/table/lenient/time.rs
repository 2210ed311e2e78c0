//! Days and points in time out of their texts: RFC 3339, and what pandas writes. Seconds since 1970 in UTC.

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The first moment of a day, `2026-11-28`.
pub fn day(text: &[u8]) -> Option<f64> {
    match split_day(text)? {
        (seconds, []) => Some(exact(seconds)),
        _ => None,
    }
}

/// A point in time: `2026-11-28T12:30:00.25+01:00`. A space may be in the place of the T, seconds may be left out, and a
/// day alone is its first moment. Without a zone it is UTC.
pub fn point(text: &[u8]) -> Option<f64> {
    let (day, rest) = split_day(text)?;
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        return rest.is_empty().then(|| exact(day));
    };
    let (seconds, fraction, rest) = split_clock(rest)?;
    Some(exact(day + seconds - zone(rest)?) + fraction)
}

/// Seconds in whole numbers, which a double holds for more years than a calendar has.
#[expect(clippy::cast_precision_loss, reason = "four digits of a year are far below 2^53 seconds")]
fn exact(seconds: i64) -> f64 {
    seconds as f64
}

fn split_day(text: &[u8]) -> Option<(i64, &[u8])> {
    let (day, rest) = text.split_first_chunk::<10>()?;
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = day else { return None };
    Some((days(number(year)?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)? * DAY, rest))
}

/// Days since 1970, by the algorithm `days_from_civil` of Hinnant, «chrono-compatible low-level date algorithms», for
/// years that begin in March, so that the day of a leap year is the last.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month > 2 { year } else { year - 1 };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `12:30`, `12:30:59` or `12:30:59.125`: whole seconds, the fraction, and what follows.
fn split_clock(text: &[u8]) -> Option<(i64, f64, &[u8])> {
    let (hour_and_minute, rest) = text.split_first_chunk::<5>()?;
    let [h1, h2, b':', m1, m2] = *hour_and_minute else { return None };
    let (hour, minute) = (number(&[h1, h2])?, number(&[m1, m2])?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let seconds = (hour * 60 + minute) * 60;
    let [b':', s1, s2, rest @ ..] = rest else { return Some((seconds, 0.0, rest)) };
    // 60 is a leap second.
    let second = number(&[*s1, *s2]).filter(|second| *second <= 60)?;
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_fraction(rest)?,
        rest => (0.0, rest),
    };
    Some((seconds + second, fraction, rest))
}

fn split_fraction(text: &[u8]) -> Option<(f64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = text.split_at(digits);
    // Digits behind nanoseconds are beyond what a double of seconds can tell.
    let told = &fraction[..digits.min(9)];
    let scale = 10_i64.checked_pow(u32::try_from(told.len()).ok()?)?;
    (digits > 0).then_some(())?;
    Some((exact(number(told)?) / exact(scale), rest))
}

/// How far a zone is ahead of UTC.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hour, minute) = match *digits {
        [h1, h2] => (number(&[h1, h2])?, 0),
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (number(&[h1, h2])?, number(&[m1, m2])?),
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some(sign * (hour * 60 + minute) * 60)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_in_time_are_read_as_they_are_written() {
        let cases = [
            ("1970-01-01", 0.0),
            ("1970-01-01 00:00", 0.0),
            ("1970-01-01T00:00:01Z", 1.0),
            ("1970-01-01t00:00:01.5z", 1.5),
            ("1970-01-01 01:00:00+01:00", 0.0),
            ("1970-01-01 00:00:00-0130", 5400.0),
            ("1970-01-01 00:00:00+01", -3600.0),
            ("1969-12-31 23:59:59.750", -0.25),
            ("1970-01-01 00:00:00.123456789", 0.123_456_789),
            ("1970-01-01 00:00:00.1234567891234567891234567", 0.123_456_789),
            ("1998-12-31T23:59:60Z", 915_148_800.0),
        ];
        for (text, seconds) in cases {
            assert_eq!(point(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_point_in_time_is_none() {
        let texts = [
            "",
            "1970",
            "1970-1-1",
            "28/11/2026",
            "11/28/2026",
            "2026/11/28",
            "20261128",
            "2026-13-01",
            "2026-02-29",
            "1900-02-29",
            "2026-00-10",
            "2026-01-00",
            "1970-01-01T",
            "1970-01-01 24:00",
            "1970-01-01 00:60",
            "1970-01-01 00:00:61",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00 Z",
            "1970-01-01 00:00:00+24:00",
            "1970-01-01x",
            "1970-01-01 0:00",
            "-970-01-01",
            "19७0-01-01",
        ];
        for text in texts {
            assert_eq!(point(text.as_bytes()), None, "{text}");
        }
        assert_eq!(day(b"2024-02-29"), Some(1_709_164_800.0));
        assert_eq!(day(b"2024-02-29 00:00"), None);
    }

    proptest! {
        #[test]
        fn days_follow_each_other(day in -700_000_i32..2_900_000) {
            let date = arrow_array::Date32Array::from(vec![day]).value_as_date(0).unwrap();
            let text = date.to_string();
            prop_assume!(text.len() == 10);
            prop_assert_eq!(super::day(text.as_bytes()), Some(f64::from(day) * 86_400.0));
        }

        #[test]
        fn nothing_panics(text in prop::collection::vec(any::<u8>(), 0..40), tail in "[-0-9T:.Zz+ ]{0,30}") {
            let _ = (point(&text), point(tail.as_bytes()), point(format!("2026-11-28{tail}").as_bytes()));
        }
    }
}
