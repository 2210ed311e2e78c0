//! Days and points in time, as text and as seconds since 1970.

use crate::table::Type;

const DAY: f64 = 86_400.0;

/// The seconds since 1970 of `2026-11-28`, or of `2026-11-28T12:30:00.5+01:00`, with a space in the place of the `T` too;
/// without a zone it is UTC. With it whether it is a day or a time.
pub(super) fn parse(text: &str) -> Option<(f64, Type)> {
    let text = text.trim();
    let day = days(text.get(..10)?)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some((day * DAY, Type::Date));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, zone) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (rest[..at].trim_end(), zone(&rest[at..])?),
        None => (rest, 0.0),
    };
    Some((day * DAY + seconds(clock)? - zone, Type::Time))
}

/// Two digits or more, and nothing else.
fn digits(text: &str) -> Option<u32> {
    (text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn below(text: &str, limit: u32) -> Option<f64> {
    digits(text).filter(|number| *number < limit && text.len() == 2).map(f64::from)
}

/// `12:30`, `12:30:00` or `12:30:00.25`.
fn seconds(clock: &str) -> Option<f64> {
    let (hour, rest) = clock.split_once(':')?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
    let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let fraction = match fraction.bytes().all(|byte| byte.is_ascii_digit()) && !fraction.is_empty() {
        true => format!("0.{fraction}").parse::<f64>().ok()?,
        false => return None,
    };
    Some(below(hour, 24)? * 3600.0 + below(minute, 60)? * 60.0 + below(whole, 61)? + fraction)
}

/// `Z`, `+01:00`, `+0100` or `+01`.
fn zone(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0.0);
    }
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let rest = text.get(1..)?;
    let (hour, minute) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => (rest.get(..2)?, rest.get(2..)?),
        None => (rest, "00"),
    };
    Some(sign * (below(hour, 24)? * 3600.0 + below(minute, 60)? * 60.0))
}

/// The days since 1970 of `2026-11-28`.
fn days(text: &str) -> Option<f64> {
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..10)?);
    if text.get(4..5)? != "-" || text.get(7..8)? != "-" {
        return None;
    }
    let (year, month, day) = (i64::from(digits(year)?), i64::from(digits(month)?), i64::from(digits(day)?));
    let days = days_of(year, month, day);
    (civil(days) == (year, month, day)).then_some(days as f64)
}

/// Howard Hinnant's `days_from_civil`.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2026-11-28`; the day that the seconds are in. None beyond the years 0 to 9999, which is no day.
pub(super) fn day(seconds: f64) -> Option<String> {
    let days = (seconds / DAY).floor();
    if !(-719_528.0..2_932_897.0).contains(&days) {
        return None;
    }
    let (year, month, day) = civil(days as i64);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// `2026-11-28T12:30:00Z`, with as many digits of a fraction as are there, at most six.
pub(super) fn time(seconds: f64) -> Option<String> {
    let micros = ((seconds - seconds.floor()) * 1e6).round();
    let (second, micros) =
        if micros >= 1e6 { (seconds.floor() + 1.0, 0.0) } else { (seconds.floor(), micros) };
    let day = day(second)?;
    let whole = second - (second / DAY).floor() * DAY;
    let fraction = format!(".{micros:06}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let whole = whole as u32;
    Some(format!("{day}T{:02}:{:02}:{:02}{fraction}Z", whole / 3600, whole / 60 % 60, whole % 60))
}
