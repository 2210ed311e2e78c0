//! Days and points in time, as text and as seconds since 1970.

use crate::table::{self, Type};

const DAY: f64 = 86_400.0;

/// The seconds since 1970 of `2026-11-28`, or of `2026-11-28T12:30:00.5+01:00`, as cells are read. With it whether it is a
/// day or a time. As in YAML there may be a space before the zone.
pub(super) fn parse(text: &str) -> Option<(f64, Type)> {
    let text = text.trim();
    if let Some(seconds) = table::day(text.as_bytes()) {
        return Some((seconds, Type::Date));
    }
    let clock = text.get(11..)?;
    let zone = 11 + clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let joined = format!("{}{}", text[..zone].trim_end(), &text[zone..]);
    table::moment(joined.as_bytes()).map(|seconds| (seconds, Type::Time))
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
