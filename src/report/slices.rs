//! The slices of the data, the worst first.

use super::Report;
use crate::config::{Better, Measure};
use crate::name::MetricName;
use crate::record::{Estimate, Row, RuleKind, Slice};

/// A ruled metric over the slices.
#[derive(Debug, Clone)]
pub struct Sliced<'a> {
    /// The metric.
    pub metric: &'a MetricName,
    /// Its value over all rows.
    pub whole: Option<Estimate>,
    /// The slices that have it, the worst first. Those that are too small to decide anything come last: of few rows
    /// many are bad by chance, and they would hide the others.
    pub slices: Vec<(&'a Slice, Estimate)>,
}

/// Each metric that has a rule and slices, in the order of the rows.
#[must_use]
pub fn ruled<'a>(report: &Report<'a>) -> Vec<Sliced<'a>> {
    let Some(predictions) = report.record.predictions() else { return Vec::new() };
    metrics(&report.rows)
        .into_iter()
        .map(|metric| {
            let mut slices: Vec<(&Slice, Estimate)> = predictions
                .slices
                .iter()
                .filter_map(|slice| Some((slice, *slice.estimates.get(metric)?)))
                .collect();
            let badness = |estimate: &Estimate| match better(metric, &report.rows) {
                Better::Higher => estimate.value,
                Better::Lower => -estimate.value,
            };
            slices.sort_by(|(one, a), (other, b)| {
                one.small.cmp(&other.small).then(badness(a).total_cmp(&badness(b)))
            });
            Sliced { metric, whole: predictions.estimates.get(metric).copied(), slices }
        })
        .filter(|sliced| !sliced.slices.is_empty())
        .collect()
}

/// The worst slices of all ruled metrics in at most `most` lines, shared among the metrics as evenly as it goes.
#[must_use]
pub fn worst<'a>(report: &Report<'a>, most: usize) -> Vec<Sliced<'a>> {
    let mut all = ruled(report);
    all.truncate(most);
    let mut wanted: Vec<usize> = vec![0; all.len()];
    let mut left = most;
    while left > 0 {
        let before = left;
        for (wanted, sliced) in wanted.iter_mut().zip(&all) {
            if left > 0 && *wanted < sliced.slices.len() {
                *wanted += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    for (sliced, wanted) in all.iter_mut().zip(wanted) {
        sliced.slices.truncate(wanted);
    }
    all
}

/// The metrics of the rows, each once.
#[must_use]
pub fn metrics<'a>(rows: &[&'a Row]) -> Vec<&'a MetricName> {
    let mut metrics: Vec<&MetricName> = Vec::new();
    for row in rows {
        if !metrics.contains(&&row.metric) {
            metrics.push(&row.metric);
        }
    }
    metrics
}

/// Which way is better: as the measure of this name says, else as its rules do.
fn better(metric: &MetricName, rows: &[&Row]) -> Better {
    let low = |row: &&Row| row.metric == *metric && matches!(row.rule, RuleKind::Max | RuleKind::MaxRise);
    match Measure::named(metric.as_str()) {
        Some(measure) => measure.better(),
        None if rows.iter().any(low) => Better::Lower,
        None => Better::Higher,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{compose, fixtures};

    #[test]
    fn the_worst_come_first_and_the_small_last() {
        let record = fixtures::measured();
        let report = compose(&record, &[]);
        for sliced in ruled(&report) {
            let (large, small): (Vec<_>, Vec<_>) = sliced.slices.iter().partition(|(slice, _)| !slice.small);
            let in_turn: Vec<_> = large.iter().chain(&small).map(|(slice, _)| &slice.name).collect();
            assert_eq!(in_turn, sliced.slices.iter().map(|(slice, _)| &slice.name).collect::<Vec<_>>());
            let values: Vec<f64> = large.iter().map(|(_, estimate)| estimate.value).collect();
            let is_loss = sliced.metric.as_str() == "log_loss";
            assert!(values.is_sorted_by(|a, b| if is_loss { a >= b } else { a <= b }), "{values:?}");
        }
    }

    #[test]
    fn lines_are_shared_among_the_metrics() {
        let record = fixtures::measured();
        let report = compose(&record, &[]);
        for most in 0..20 {
            let worst = worst(&report, most);
            let lines: usize = worst.iter().map(|sliced| sliced.slices.len()).sum();
            assert!(lines <= most);
            assert!(worst.iter().all(|sliced| !sliced.slices.is_empty()));
        }
    }
}
