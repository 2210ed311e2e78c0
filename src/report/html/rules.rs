//! The rules: failing first, each with its value, its bound and why.

use super::markup::{Markup, tag};
use super::{bars, clip, marks};
use crate::record::{MetricValue, Row, RowOutcome, RuleKind};
use crate::report::limit::deciding;
use crate::report::standing::{Standing, aside, measured, of_both, standing, wants};
use crate::report::{Report, bound, change, interval, number, value};

/// As many passing rules as are shown before the rest is folded; what does not pass is always shown.
const PASSING: usize = 50;
/// As many metrics without a rule as are shown at all.
const UNRULED: usize = 500;

/// Writes the section, where something was judged.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    if report.record.verdict.is_none() {
        return;
    }
    let (hold, all) = counting(&report.rows);
    let baseline = report.record.baseline.as_ref();
    let against =
        baseline.map(|baseline| format!(", compared with {}", clip(&baseline.from, 80))).unwrap_or_default();
    super::section(m, "rules", "Rules", &format!("{hold} of {all} hold{against}"), |m| {
        let open = report.rows.iter().filter(|row| standing(row) != Standing::Holds).count();
        let (shown, folded) = report.rows.split_at((open + PASSING).min(report.rows.len()));
        if shown.is_empty() {
            m.leaf("p.quiet", "The configuration has no rules.");
        } else {
            legend(m, shown.iter().any(|row| deciding(row).is_some()));
            table(m, shown);
        }
        if !folded.is_empty() {
            m.element("details", |m| {
                m.leaf("summary", format!("{} more rules that hold", folded.len()));
                table(m, folded);
            });
        }
        unruled(m, report);
    });
}

/// How many of the rules that count hold, and how many there are.
pub(super) fn counting(rows: &[&Row]) -> (usize, usize) {
    let counts = rows.iter().filter(|row| row.aside.is_none());
    (counts.clone().filter(|row| row.outcome == RowOutcome::Pass).count(), counts.count())
}

fn legend(m: &mut Markup, has_interval: bool) {
    let keys: [(&'static str, &'static str, &'static str); 5] = [
        ("path.limit", "M6 0v12", "bound"),
        ("rect.zone", "", "where the rule holds"),
        ("circle.dot", "", "this run"),
        ("path.base", "M6 10l-5 -8h10z", "baseline"),
        ("path.whisker", "M0 2v8M0 6H12M12 2v8", "interval"),
    ];
    let keys = &keys[..if has_interval { 5 } else { 4 }];
    m.element("ul.legend", |m| {
        for &(shape, path, words) in keys {
            m.element("li", |m| {
                m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                    m.empty(match shape {
                        "rect.zone" => tag(shape).set("width", 12).set("height", 12).set("rx", 3),
                        "circle.dot" => tag(shape).set("cx", 6).set("cy", 6).set("r", 5),
                        _ => tag(shape).set("d", path),
                    });
                });
                m.text(words);
            });
        }
    });
}

fn table(m: &mut Markup, rows: &[&Row]) {
    m.element(tag("table.rules").set("role", "table"), |m| {
        m.columns(&["rule", "value", "against the bound", "baseline", "change", "margin"]);
        m.element("tbody", |m| rows.iter().for_each(|row| table_row(m, row)));
    });
}

fn table_row(m: &mut Markup, row: &Row) {
    let tone = marks::of_row(row).class();
    m.element(tag("tr").set("class", tone).set("role", "row"), |m| {
        m.element(tag("th").set("scope", "row").set("role", "rowheader"), |m| {
            m.element("div.metric", |m| {
                m.element("b", |m| m.name(&row.metric));
                if let Some(slice) = &row.slice {
                    m.leaf("span.slice", clip(slice, 200));
                }
            });
            m.element("div.judged", |m| {
                marks::row_badge(m, row);
                m.leaf("span.bound", bound(row));
                if let Some(aside) = aside(row) {
                    m.leaf("span.aside", format!("⚠ {aside}"));
                }
            });
            why(m, row);
        });
        cell(m, "td.value", "value", |m| {
            match &row.value {
                Some(MetricValue::Number(value)) => {
                    let shown = number(*value);
                    m.leaf(tag("b").set("class", size(&shown)), shown);
                }
                Some(text) => m.leaf("b.text", value(text)),
                None => m.leaf("span.none", "not measured"),
            }
            ends(m, row.interval);
        });
        cell(m, "td.lies", "against the bound", |m| bars::draw(m, row));
        let class = |it: &MetricValue| if it.number().is_some() { "same" } else { "same text" };
        let baseline = row.baseline.as_ref().map(|baseline| (value(baseline), class(baseline)));
        number_cell(m, "baseline", baseline, None);
        let by = row.change.map(|by| (change(by), direction(row.rule, by)));
        number_cell(m, "change", by, row.change_interval);
        let side = |margin: f64| if margin < 0.0 { "worse" } else { "same" };
        number_cell(m, "margin", row.margin.map(|margin| (change(margin), side(margin))), None);
    });
}

/// How large a number may stand there: it is never broken, and its column is narrow.
const fn size(number: &str) -> &'static str {
    match number.len() {
        0..=6 => "num",
        7..=9 => "num long",
        _ => "num longer",
    }
}

/// The reason, what would decide it, and how it was measured.
fn why(m: &mut Markup, row: &Row) {
    if !row.because.is_empty() {
        m.leaf("p.because", clip(&row.because, 600));
    }
    if let Some(wants) = wants(row) {
        m.leaf("p.wants", wants);
    }
    if let Some(of_both) = of_both(row) {
        m.leaf("p.by", of_both);
    }
    if let Some(measured) = measured(row) {
        m.leaf("p.by", measured);
    }
}

fn ends(m: &mut Markup, ends: Option<[f64; 2]>) {
    if let Some(ends) = ends {
        m.leaf("span.interval", interval(ends));
    }
}

/// A cell that names itself where there is no room for the columns' heads.
fn cell(m: &mut Markup, name: &'static str, label: &'static str, inside: impl FnOnce(&mut Markup)) {
    m.element(tag(name).set("data-label", label).set("role", "cell"), inside);
}

/// A number, its class and its interval; or a dash.
fn number_cell(
    m: &mut Markup,
    label: &'static str,
    number: Option<(String, &'static str)>,
    interval: Option<[f64; 2]>,
) {
    match number {
        Some((number, class)) => cell(m, "td.n", label, |m| {
            m.leaf(tag("span").set("class", class), number);
            ends(m, interval);
        }),
        None => cell(m, "td.n.nothing", label, |m| m.text("–")),
    }
}

/// Whether a change is for the better, as far as the kind of rule tells.
const fn direction(rule: RuleKind, change: f64) -> &'static str {
    let up = match rule {
        RuleKind::Min | RuleKind::MaxDrop => change,
        RuleKind::Max | RuleKind::MaxRise => -change,
        RuleKind::MinGain | RuleKind::Equals => 0.0,
    };
    if up > 0.0 {
        "better"
    } else if up < 0.0 {
        "worse"
    } else {
        "same"
    }
}

/// The metrics that nothing judges, folded.
fn unruled(m: &mut Markup, report: &Report<'_>) {
    let metrics = report.record.metrics();
    let ruled = |name: &str| report.rows.iter().any(|row| row.metric.as_str() == name);
    let unruled: Vec<_> = metrics.iter().filter(|(name, _)| !ruled(name.as_str())).collect();
    if unruled.is_empty() {
        return;
    }
    let left = unruled.len().saturating_sub(UNRULED);
    m.element("details", |m| {
        m.leaf(
            "summary",
            format!("{} more without a rule", super::counted(unruled.len(), "metric", "metrics")),
        );
        m.element("table.plain", |m| {
            m.columns(&["metric", "value"]);
            m.element("tbody", |m| {
                for (name, metric) in unruled.iter().take(UNRULED) {
                    m.element("tr", |m| {
                        m.element(tag("th").set("scope", "row"), |m| m.name(name));
                        m.leaf("td.n", value(metric));
                    });
                }
            });
        });
        if left > 0 {
            m.leaf("p.quiet", format!("{left} more stand in run.json."));
        }
    });
}
