//! How numbers are written for people, the same on the console and in every report.

/// At most six significant digits, without an exponent where that can be read.
#[must_use]
pub fn number(number: f64) -> String {
    significant(number, 6)
}

/// At most four significant digits: for tables and sentences in which many numbers are looked over.
#[must_use]
pub fn short(number: f64) -> String {
    significant(number, SHORT)
}

const SHORT: usize = 4;
/// As many digits as every decimal keeps in a 64-bit number; those after them are the noise of the binary.
const KEPT: usize = 15;

/// Two numbers of which one is held against the other: four significant digits, or as many as tell them apart.
#[must_use]
pub fn apart(one: f64, other: f64) -> [String; 2] {
    let pair = |digits| [one, other].map(|number| significant(number, digits));
    let tells = |[one, other]: &[String; 2]| one != other;
    let exact = || if one == other { pair(SHORT) } else { [one, other].map(|number| format!("{number:?}")) };
    (SHORT..=KEPT).map(pair).find(tells).unwrap_or_else(exact)
}

/// At most so many significant digits, at least one.
fn significant(number: f64, digits: usize) -> String {
    if number == 0.0 {
        return "0".into();
    }
    let after_first = digits.max(1) - 1;
    let magnitude = number.abs();
    if !(1e-6..1e15).contains(&magnitude) {
        let text = format!("{number:.after_first$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    if number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    // The exponent form rounds first, so 0.99999999 counts as 1 and gets the digits of a 1.
    let rounded = format!("{magnitude:.after_first$e}");
    let exponent: usize = rounded.rsplit_once("e-").and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let before_point: usize = rounded.rsplit_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let decimals = (after_first + exponent).saturating_sub(before_point);
    trimmed(&format!("{number:.decimals$}")).to_owned()
}

/// A decimal without the zeros at its end.
fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

/// A share of a whole in percent with one decimal: `12.3 %`. What is hardly anything, and what is nearly all, is told
/// from nothing and from all: `< 0.1 %`, `> 99.9 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    match share {
        _ if share > 0.0 && share < 0.000_5 => "< 0.1 %".into(),
        _ if share > 0.999_5 && share < 1.0 => "> 99.9 %".into(),
        // What is no share of anything can be of any size.
        _ if share.abs() > 10.0 => format!("{} %", short(share * 100.0)),
        _ => format!("{} %", trimmed(&format!("{:.1}", share * 100.0))),
    }
}

/// A share of a whole in percent, to six significant digits: for a bound that somebody wrote, or a confidence.
#[must_use]
pub fn percentage(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// A p-value that is held against a level: `p = 0.0312`, `p < 0.001`. Beneath a thousandth, and beneath the level, its
/// size says nothing more to a reader.
#[must_use]
pub fn chance(p: f64, level: f64) -> String {
    let floor = level.min(0.001);
    if p < floor { format!("p < {}", short(floor)) } else { format!("p = {}", apart(p, level)[0]) }
}

/// A count with its thousands set apart: `12,345`.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A change with its sign: `+0.01`, `-0.002`, `0`.
#[must_use]
pub fn change(change: f64) -> String {
    let text = number(change);
    if change > 0.0 { format!("+{text}") } else { text }
}

/// A duration in seconds: `0.02 s`, `1.3 s`, `42 s`, `2 min 05 s`, `3 h 20 min`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 1.0 => format!("{seconds:.2} s"),
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How many of something: `1 step`, `4 steps`, `2 entries`.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A size in bytes with a binary unit: `512 B`, `1.5 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if size < 10.0 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// A size as people write it: `500MB`, `2 GB`, `1.5GiB`, `1048576`.
///
/// # Errors
/// How to write one.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return Err("write a size such as 500MB, 2GB or 1.5GiB".into()),
    };
    let number: f64 = number.parse().map_err(|_| "write a size such as 500MB, 2GB or 1.5GiB".to_owned())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
    Ok((number * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_never_lie_about_their_size() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.85, "0.85"),
            (0.1 + 0.2, "0.3"),
            (0.999_999_99, "1"),
            (123.456_789, "123.457"),
            (-0.002, "-0.002"),
            (50.0, "50"),
            (1_234_567.8, "1234568"),
            (1e-9, "1e-9"),
            (1e300, "1e300"),
            (f64::MAX, "1.79769e308"),
        ];
        for (input, expected) in cases {
            assert_eq!(number(input), expected, "{input:e}");
        }
    }

    #[test]
    fn two_numbers_that_differ_look_different() {
        let told = |one, other| apart(one, other).join(" ");
        assert_eq!(told(0.123_456, 0.1), "0.1235 0.1");
        assert_eq!(told(0.099_996, 0.1), "0.099996 0.1");
        assert_eq!(told(0.1, 0.1), "0.1 0.1");
        assert_eq!(told(0.1 + 0.2, 0.3), "0.30000000000000004 0.3");
        assert_eq!(short(1_234_567.8), "1234568");
        assert_eq!(short(-99_999.6), "-100000");
        assert_eq!(short(1.694_09e-100), "1.694e-100");
    }

    #[test]
    fn shares_and_chances_are_short_and_never_round_to_what_they_are_not() {
        let shares = [0.0, 0.000_01, 0.051_234, 0.5, 0.999_9, 1.0].map(percent);
        assert_eq!(shares, ["0 %", "< 0.1 %", "5.1 %", "50 %", "> 99.9 %", "100 %"]);
        assert_eq!(percent(-1e300), "-1e302 %");
        assert_eq!(percentage(0.95), "95 %");
        assert_eq!(chance(1.694_09e-100, 0.05), "p < 0.001");
        assert_eq!(chance(0.0, 0.05), "p < 0.001");
        assert_eq!(chance(0.031_234_5, 0.05), "p = 0.03123");
        assert_eq!(chance(0.049_999_9, 0.05), "p = 0.0499999");
        assert_eq!(chance(0.000_2, 0.000_1), "p = 0.0002");
        assert_eq!(chance(1e-9, 0.000_1), "p < 0.0001");
    }

    #[test]
    fn durations_and_sizes_read_naturally() {
        assert_eq!(seconds(0.021), "0.02 s");
        assert_eq!(seconds(125.0), "2 min 05 s");
        assert_eq!(seconds(12_000.0), "3 h 20 min");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(42 * 1024 * 1024), "42 MiB");
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("1.5 GiB"), Ok(1_610_612_736));
        assert_eq!(size("1048576"), Ok(1_048_576));
        for wrong in ["", "GB", "2 apples", "-1GB", "1.2.3MB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, expected) in [(0, "0"), (999, "999"), (1843, "1,843"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), expected);
        }
    }
}
