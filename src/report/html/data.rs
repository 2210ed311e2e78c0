//! The data: its sets, what is wrong with them, what leaks, and how far it has moved.

use super::markup::{Markup, tag};
use super::{clip, drift};
use crate::number::{counted, percent, thousands};
use crate::record::data::{Data, Violation};
use crate::report::{Report, data};

/// As many sets as are listed.
const SETS: usize = 50;
/// As many checks that do not hold as are listed.
const VIOLATIONS: usize = 100;

/// Writes the section, where somebody looked at the data.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let Some(data) = report.record.data().filter(|data| **data != Data::default()) else { return };
    let rows = thousands(data.sets.values().map(|set| set.rows).fold(0, u64::saturating_add));
    let aside = format!("{rows} rows in {}", counted(data.sets.len(), "set", "sets"));
    super::section(m, "data", "Data", &aside, |m| {
        sets(m, data);
        violations(m, &data.violations);
        if let Some(leakage) = &data.leakage {
            m.leaf("h3", "Leakage");
            m.element("ul.said", |m| data::leaks(leakage).iter().for_each(|line| m.leaf("li", line)));
        }
        if let Some(moved) = &data.drift {
            drift::write(m, moved);
        }
    });
}

fn sets(m: &mut Markup, data: &Data) {
    if data.sets.is_empty() {
        return;
    }
    scrolled(m, |m| {
        m.columns(&["set", "rows", "columns", "without a value", "files"]);
        m.element("tbody", |m| {
            for (name, set) in data.sets.iter().take(SETS) {
                m.element("tr", |m| {
                    m.element(tag("th").set("scope", "row"), |m| m.leaf("bdi", clip(name, 120)));
                    m.leaf("td.n", thousands(set.rows));
                    m.leaf("td.n", thousands(set.columns));
                    m.leaf("td", Some(data::gaps(set)).filter(|gaps| !gaps.is_empty()).unwrap_or("–".into()));
                    m.element("td", |m| match set.files.keys().next() {
                        Some(only) if set.files.len() == 1 => m.leaf("code", clip(only, 120)),
                        _ => m.text(counted(set.files.len(), "file", "files")),
                    });
                });
            }
        });
    });
    more(m, data.sets.len(), SETS, ["more set stands", "more sets stand"]);
}

fn violations(m: &mut Markup, violations: &[Violation]) {
    if violations.is_empty() {
        return;
    }
    m.leaf("h3", "What breaks the schema");
    scrolled(m, |m| {
        m.columns(&["column", "check", "set", "rows", "share", "the first"]);
        m.element("tbody", |m| {
            for violation in violations.iter().take(VIOLATIONS) {
                m.element("tr", |m| {
                    let about = clip(data::about(violation), 120);
                    m.element(tag("th").set("scope", "row"), |m| m.leaf("bdi", about));
                    m.element("td", |m| m.leaf("code", clip(&violation.check, 60)));
                    m.leaf("td", clip(&violation.set, 60));
                    m.leaf("td.n", thousands(violation.rows));
                    m.leaf("td.n", percent(violation.share));
                    m.leaf("td", data::first(violation));
                });
            }
        });
    });
    more(
        m,
        violations.len(),
        VIOLATIONS,
        ["more check does not hold, and stands", "more checks do not hold, and stand"],
    );
}

/// A table that scrolls within itself where the screen is narrow.
fn scrolled(m: &mut Markup, inside: impl FnOnce(&mut Markup)) {
    m.element("div.scroll", |m| m.element("table.plain.data", inside));
}

/// How many of `all` are not listed.
fn more(m: &mut Markup, all: usize, listed: usize, [one, many]: [&str; 2]) {
    if let Some(more @ 1..) = all.checked_sub(listed) {
        m.leaf("p.quiet", format!("{} in run.json.", counted(more, one, many)));
    }
}
