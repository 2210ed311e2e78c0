//! The trend and the ROC curve as Mermaid charts: plain decimals, no exponents, no quotes within titles.

use super::section::Section;
use crate::record::{Row, RuleKind};
use crate::report::{Past, Report, number};

/// More charts than this make GitLab hide them all behind a button.
const CHARTS: usize = 3;
/// The runs that a chart can show with readable labels.
const RUNS: usize = 12;

/// The ROC curve, where there is one, and the trend.
pub fn all(report: &Report) -> Vec<Section> {
    let roc = roc(report);
    let room = CHARTS - usize::from(roc.is_some());
    roc.into_iter().chain(trend(report, room)).collect()
}

/// The true positive rate over the false positive rate, with the line of a guess below it. A chart has its points at
/// even distances, so the curve is read at so many places.
fn roc(report: &Report) -> Option<Section> {
    const STEPS: u8 = 20;
    let predictions = report.record.predictions()?;
    let points = &predictions.curves.as_ref()?.roc;
    let places = || (0..=STEPS).map(|at| f64::from(at) / f64::from(STEPS));
    let line = |values: &mut dyn Iterator<Item = f64>| {
        let values: Option<Vec<String>> =
            values.map(|value| decimal((value * 1000.0).round() / 1000.0)).collect();
        Some(values?.join(", "))
    };
    let curve = line(&mut places().map(|place| at(points, place)))?;
    let guess = line(&mut places())?;
    let area = predictions.estimates.iter().find(|(name, _)| name.as_str() == "roc_auc");
    let area = area.map(|(_, area)| format!(", area {}", number(area.value))).unwrap_or_default();
    let lines = [
        "xychart-beta".into(),
        format!("    title \"{}\"", plain(&format!("ROC curve{area}"), 60)),
        "    x-axis \"false positive rate\" 0 --> 1".into(),
        "    y-axis \"true positive rate\" 0 --> 1".into(),
        format!("    line [{curve}]"),
        format!("    line [{guess}]"),
    ];
    let title = "ROC curve";
    (points.len() > 1)
        .then(|| Section::fence("```mermaid\n".into(), vec![lines.join("\n")], "```\n".into()).titled(title))
}

/// The height of a curve at a place, between 0 and 1: the highest point there, or on the line between two.
fn at(points: &[[f64; 2]], place: f64) -> f64 {
    let next = points.partition_point(|point| point[0] <= place);
    let height = match (next.checked_sub(1).map(|before| points[before]), points.get(next)) {
        (Some(before), Some(after)) if after[0] > before[0] => {
            (after[1] - before[1]).mul_add((place - before[0]) / (after[0] - before[0]), before[1])
        }
        (Some(before), _) => before[1],
        (None, after) => after.map_or(0.0, |after| after[1]),
    };
    if height.is_nan() { 0.0 } else { height.clamp(0.0, 1.0) }
}

/// One chart for each of the first metrics that have rules, where there is more than one run to compare.
fn trend(report: &Report, most: usize) -> Vec<Section> {
    let mut metrics: Vec<&Row> = Vec::new();
    for row in &report.rows {
        if !metrics.iter().any(|known| known.metric == row.metric) && row.slice.is_none() {
            metrics.push(row);
        }
    }
    let charts = metrics.into_iter().filter_map(|row| chart(report, row.metric.as_str()));
    let title = |(at, chart): (usize, Section)| if at == 0 { chart.titled("Trend") } else { chart };
    charts.take(most).enumerate().map(title).collect()
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
