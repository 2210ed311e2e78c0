//! What is said of a violation.

use super::check::{Checked, Violation};
use super::rules::{Allowed, Range};
use super::values::written;
use crate::config::suggest;
use crate::document::shown;
use crate::finding::{Finding, Severity};
use crate::number::{number, thousands};
use crate::table::Type;

/// The codes, in the order of the constants below.
pub(super) const CHECKS: [&str; 13] = [
    "data-type",
    "data-missing",
    "data-nulls",
    "data-range",
    "data-value",
    "data-pattern",
    "data-length",
    "data-unique",
    "data-rows",
    "data-stale",
    "data-compare",
    "data-extra",
    "data-order",
];
pub(super) const TYPE: usize = 0;
pub(super) const MISSING: usize = 1;
pub(super) const NULLS: usize = 2;
pub(super) const RANGE: usize = 3;
pub(super) const VALUE: usize = 4;
pub(super) const PATTERN: usize = 5;
pub(super) const LENGTH: usize = 6;
pub(super) const UNIQUE: usize = 7;
pub(super) const ROWS: usize = 8;
pub(super) const STALE: usize = 9;
pub(super) const COMPARE: usize = 10;
pub(super) const EXTRA: usize = 11;
pub(super) const ORDER: usize = 12;

/// So many columns that are missing have a finding of their own.
const MOST_MISSING: usize = 20;
/// So many names, or allowed values, are listed in a sentence.
const MOST_LISTED: usize = 5;

impl Checked {
    /// What is wrong, as findings: of each rule that more rows break than is tolerated. `place` says where a row is,
    /// whose number from 1 over all files it gets: `row 17`, `row 17 of b.csv`.
    #[must_use]
    pub fn findings(&self, place: impl Fn(u64) -> String) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut missing = 0;
        let mut extra_told = false;
        for violation in self.broken() {
            match violation.check.as_str() {
                "data-missing" if missing == MOST_MISSING => {}
                "data-missing" => {
                    missing += 1;
                    findings.push(self.missing(violation));
                }
                "data-extra" if extra_told => {}
                "data-extra" => {
                    extra_told = true;
                    findings.push(self.extra());
                }
                _ => findings.push(of(violation, self.rows, &place)),
            }
        }
        let all = self.violations.iter().filter(|violation| violation.check == CHECKS[MISSING]).count();
        if all > MOST_MISSING {
            let message = format!("{} more columns are missing", all - MOST_MISSING);
            findings.push(Finding::error(CHECKS[MISSING], message).help("is it the right file?"));
        }
        findings
    }

    /// The rules that more rows break than is tolerated.
    fn broken(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(|violation| violation.fails() || violation.of == 0)
    }

    /// Those of them that are errors.
    pub fn failing(&self) -> impl Iterator<Item = &Violation> {
        self.broken().filter(|violation| self.extra_fails || violation.check != CHECKS[EXTRA])
    }

    fn missing(&self, violation: &Violation) -> Finding {
        let name = violation.column.as_deref().unwrap_or_default();
        let message = format!("the column «{}» is missing; {}", shown(name), violation.allowed);
        let others: Vec<&str> = self.extra.iter().map(String::as_str).collect();
        let help = match suggest::nearest(name, &others) {
            Some(near) => format!("was it renamed to «{}»? Write the name that the data has", shown(near)),
            None => format!("write it into the data, or set `required: false` in `columns.{}`", shown(name)),
        };
        Finding::error(CHECKS[MISSING], message).help(help)
    }

    fn extra(&self) -> Finding {
        let names: Vec<String> = self.extra.iter().map(|name| format!("«{}»", shown(name))).collect();
        let message = match names.as_slice() {
            [only] => format!("the column {only} is not in the schema"),
            names => {
                format!("{} columns are not in the schema: {}", thousands(names.len() as u64), list(names))
            }
        };
        let severity = if self.extra_fails { Severity::Error } else { Severity::Warning };
        let help = "name them under `columns`, leave them out of the data, or set `extra-columns: allow`";
        Finding::new(severity, CHECKS[EXTRA], message).help(help)
    }
}

/// The finding about a violation.
fn of(violation: &Violation, rows: u64, place: &dyn Fn(u64) -> String) -> Finding {
    let (message, help) = words(violation, rows, place);
    Finding::error(violation.check.clone(), message).help(help)
}

fn words(violation: &Violation, rows: u64, place: &dyn Fn(u64) -> String) -> (String, String) {
    let Violation { column, allowed, first, .. } = violation;
    let name = shown(column.as_deref().unwrap_or_default());
    let few = |kind: &str| format!("{} of {} {kind}", thousands(violation.rows), thousands(violation.of));
    let tail = tail(violation, place);
    let values = few(if violation.of == 1 { "value" } else { "values" });
    let in_rows = few(if violation.of == 1 { "row" } else { "rows" });
    let (are, have) = if violation.rows == 1 { ("is", "has") } else { ("are", "have") };
    let widen = |keys: &str| format!("mend the rows, or {keys} in `columns.{name}`");
    match violation.check.as_str() {
        "data-type" => {
            let message = format!("{values} of «{name}» {are} not {allowed}{tail}");
            (message, widen("write another `type`"))
        }
        "data-nulls" => (format!("{in_rows} {have} no «{name}»{tail}"), widen("raise `nulls`")),
        "data-range" => {
            (format!("{values} of «{name}» {are} not {allowed}{tail}"), widen("widen `min` and `max`"))
        }
        "data-value" => {
            (format!("{values} of «{name}» {are} none of {allowed}{tail}"), widen("add them to `values`"))
        }
        "data-pattern" => {
            let message = format!(
                "{values} of «{name}» {} not match «{allowed}»{tail}",
                if violation.rows == 1 { "does" } else { "do" }
            );
            (message, widen("widen `pattern`"))
        }
        "data-length" => {
            (format!("{values} of «{name}» {are} not {allowed} long{tail}"), widen("widen `length`"))
        }
        "data-unique" => {
            let share = if violation.rows == 1 { "shares its" } else { "share their" };
            let message = format!("{in_rows} {share} «{name}» with another{tail}");
            (message, format!("remove the rows that repeat, or the key: {allowed}"))
        }
        "data-rows" => {
            let are = if rows == 1 {
                "there is 1 row".to_owned()
            } else {
                format!("there are {} rows", thousands(rows))
            };
            (format!("{are}; allowed are {allowed}"), "is the data whole? Else correct `rows`".to_owned())
        }
        "data-stale" => {
            let message = match first.first() {
                Some((_, newest)) => format!("the newest «{name}» is {newest}; it may be {allowed} old"),
                None => {
                    format!("no row has a day or a time in «{name}», so nothing says how new the data is")
                }
            };
            (message, "fetch newer data, or raise `fresh.within`".to_owned())
        }
        "data-compare" if first.is_empty() => {
            let message = format!("«{name}» cannot be compared: the columns are {allowed}");
            (message, "give both columns the same `type`, or remove the comparison".to_owned())
        }
        "data-compare" => (
            format!("«{name}» does not hold in {in_rows}{tail}"),
            "mend the rows, or remove the comparison".to_owned(),
        ),
        "data-order" => {
            let message = format!(
                "the column «{name}» comes before «{}», after which the schema has it",
                shown(allowed)
            );
            (message, "write the columns in the order of the schema, or set `ordered: false`".to_owned())
        }
        _ => (format!("«{name}»: {allowed}"), String::new()),
    }
}

/// ` (1.2 %; tolerated is 1 %): row 17 (150), row 90 (-3) …`
fn tail(violation: &Violation, place: &dyn Fn(u64) -> String) -> String {
    let tolerated = match violation.tolerated {
        0.0 => String::new(),
        share => format!("; tolerated {} %", percent_number(share)),
    };
    let rows: Vec<String> = violation.first.iter().map(|(row, value)| one(&place(*row), value)).collect();
    let more = if (violation.first.len() as u64) < violation.rows { " …" } else { "" };
    let rows = if rows.is_empty() { String::new() } else { format!(": {}{more}", rows.join(", ")) };
    format!(" ({}{tolerated}){rows}", percent(violation.share))
}

fn one(place: &str, value: &str) -> String {
    if value.is_empty() { place.to_owned() } else { format!("{place} ({value})") }
}

/// `1.2 %`
pub(super) fn percent(share: f64) -> String {
    format!("{} %", percent_number(share))
}

fn percent_number(share: f64) -> String {
    let percent = share * 100.0;
    number(if percent >= 0.1 { (percent * 100.0).round() / 100.0 } else { percent })
}

/// `between 0 and 120`, `at least 0`, `below 5`.
pub(super) fn range(range: &Range, holds: Type) -> String {
    let end = |at: f64| written(at, holds);
    let low = |strict: bool| if strict { "above" } else { "at least" };
    let high = |strict: bool| if strict { "below" } else { "at most" };
    match (range.min, range.max) {
        (Some(min), Some(max)) if !min.strict && !max.strict => {
            format!("between {} and {}", end(min.at), end(max.at))
        }
        (Some(min), Some(max)) => {
            format!("{} {} and {} {}", low(min.strict), end(min.at), high(max.strict), end(max.at))
        }
        (Some(min), None) => format!("{} {}", low(min.strict), end(min.at)),
        (None, Some(max)) => format!("{} {}", high(max.strict), end(max.at)),
        (None, None) => "any".to_owned(),
    }
}

/// `3 to 254 characters`, `at least 3 characters`.
pub(super) fn counts(min: Option<u64>, max: Option<u64>, of: &str) -> String {
    let of_one = |count: u64| if count == 1 { of.trim_end_matches('s') } else { of };
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("{} {}", thousands(min), of_one(min)),
        (Some(min), Some(max)) => format!("{} to {} {of}", thousands(min), thousands(max)),
        (Some(min), None) => format!("at least {} {}", thousands(min), of_one(min)),
        (None, Some(max)) => format!("at most {} {}", thousands(max), of_one(max)),
        (None, None) => format!("any number of {of}"),
    }
}

/// `free, pro`.
pub(super) fn values(allowed: &Allowed, holds: Type) -> String {
    let texts: Vec<String> = match allowed {
        Allowed::Numbers(numbers) => numbers.iter().map(|value| written(*value, holds)).collect(),
        Allowed::Texts(texts) => texts.iter().map(|text| format!("«{}»", shown(text))).collect(),
    };
    list(&texts)
}

fn list(texts: &[String]) -> String {
    let more = texts.len().saturating_sub(MOST_LISTED);
    let shown = texts[..texts.len().min(MOST_LISTED)].join(", ");
    if more > 0 { format!("{shown} and {} more", thousands(more as u64)) } else { shown }
}

/// `27 days`, `5 hours`; the largest unit of which there are two.
pub(super) fn age(seconds: f64) -> String {
    let (count, unit) = match seconds {
        _ if seconds >= 172_800.0 => (seconds / 86_400.0, "days"),
        _ if seconds >= 7200.0 => (seconds / 3600.0, "hours"),
        _ if seconds >= 120.0 => (seconds / 60.0, "minutes"),
        _ => (seconds, "seconds"),
    };
    format!("{} {unit}", number(count.floor()))
}

/// A length of time that somebody wrote.
pub(super) fn length_of_time(length: std::time::Duration) -> String {
    let seconds = length.as_secs();
    let whole = [86_400, 3600, 60].iter().any(|unit| seconds >= 2 * unit && seconds.is_multiple_of(*unit));
    if whole && length.subsec_nanos() == 0 {
        let shown = age(length.as_secs_f64());
        // A length of 50 hours is no 2 days.
        if !shown.ends_with("days") || seconds.is_multiple_of(86_400) {
            return shown;
        }
    }
    humantime::format_duration(length).to_string()
}
