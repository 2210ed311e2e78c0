//! The trend as Mermaid charts: plain decimals, no exponents, no quotes within titles.

use super::section::Section;
use crate::record::{Row, RuleKind};
use crate::report::{Past, Report, number};

/// More charts than this make GitLab hide them all behind a button.
const CHARTS: usize = 3;
/// The runs that a chart can show with readable labels.
const RUNS: usize = 12;

/// One chart for each of the first metrics that have rules, where there is more than one run to compare.
pub fn trend(report: &Report) -> Vec<Section> {
    let mut metrics: Vec<&Row> = Vec::new();
    for row in &report.rows {
        if !metrics.iter().any(|known| known.metric == row.metric) && row.slice.is_none() {
            metrics.push(row);
        }
    }
    let charts = metrics.into_iter().filter_map(|row| chart(report, row.metric.as_str()));
    let title = |(at, chart): (usize, Section)| if at == 0 { chart.titled("Trend") } else { chart };
    charts.take(CHARTS).enumerate().map(title).collect()
}

fn chart(report: &Report, metric: &str) -> Option<Section> {
    let runs: Vec<(&Past, f64)> =
        report.trend.iter().filter_map(|past| Some((past, *past.metrics.get(metric)?))).collect();
    let runs = &runs[runs.len().saturating_sub(RUNS)..];
    if runs.len() < 2 {
        return None;
    }
    let values: Option<Vec<String>> = runs.iter().map(|(_, value)| decimal(*value)).collect();
    let limits = limits(report, metric);
    let (low, high) = range(runs.iter().map(|(_, value)| *value).chain(limits.iter().copied()));
    let labels: Vec<String> = runs.iter().map(|(past, _)| format!("\"{}\"", label(past))).collect();
    let mut lines = vec![
        "xychart-beta".into(),
        format!("    title \"{}\"", plain(metric, 60)),
        format!("    x-axis [{}]", labels.join(", ")),
        format!("    y-axis {} --> {}", decimal(low)?, decimal(high)?),
        format!("    line [{}]", values?.join(", ")),
    ];
    for limit in limits {
        let limit = decimal(limit)?;
        lines.push(format!("    line [{}]", vec![limit.as_str(); runs.len()].join(", ")));
    }
    // A chart without its last line is no chart, so it is one row.
    Some(Section::fence("```mermaid\n".into(), vec![lines.join("\n")], "```\n".into()))
}

/// The bounds that are values of the metric itself.
fn limits(report: &Report, metric: &str) -> Vec<f64> {
    let absolute = |row: &&&Row| {
        row.metric.as_str() == metric
            && row.slice.is_none()
            && matches!(row.rule, RuleKind::Min | RuleKind::Max)
    };
    report.rows.iter().filter(absolute).filter_map(|row| row.bound.number()).collect()
}

/// A range with some air; a flat line lies in its middle.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    let air = match (high - low) * 0.1 {
        0.0 => (low.abs() * 0.1).max(0.001),
        air => air,
    };
    (low - air, high + air)
}

/// The number without an exponent; none where that cannot be read.
fn decimal(value: f64) -> Option<String> {
    let text = number(value);
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.')).then_some(text)
}

/// The commit; without one, the day.
fn label(past: &Past) -> String {
    past.commit.as_deref().map_or_else(|| plain(&past.started, 10), |commit| plain(commit, 7))
}

/// Letters, digits and what Mermaid gives no meaning within quotes.
fn plain(text: &str, limit: usize) -> String {
    let known = |c: char| if c.is_alphanumeric() || " ._-/()".contains(c) { c } else { ' ' };
    let text: String = text.chars().take(limit).map(known).collect();
    if text.trim().is_empty() { "metric".into() } else { text }
}
