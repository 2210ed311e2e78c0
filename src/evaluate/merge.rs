//! What is computed of the predictions and what metrics files say, as one set of metrics.
//!
//! A metric that both have is the one number that people could fudge, so ours is judged, and a file that says another
//! is an error. They are the same when they differ by at most a millionth of the value, or by no more than the file has
//! rounded: half a unit of its last decimal, where it has two or more.

use std::collections::BTreeMap;

use super::metrics::Metrics;
use super::predictions::Measured;
use crate::finding::Finding;
use crate::name::MetricName;
use crate::record::{MetricValue, Predictions};

/// How far a metrics file may be from the predictions, as a share of the value.
const RELATIVE: f64 = 1e-6;

/// With fewer decimals than these a file has not rounded but said something else.
const DECIMALS: u32 = 2;

/// What was measured, and where it was read.
#[derive(Debug, Default)]
pub(super) struct Measurement {
    /// All metrics.
    pub(super) values: BTreeMap<MetricName, MetricValue>,
    /// What the predictions came to.
    pub(super) predictions: Option<Predictions>,
    /// What is wrong. With an error among them the values are not to be trusted.
    pub(super) findings: Vec<Finding>,
    /// How many metrics were computed, of how many rows, and where those were read.
    pub(super) predicted: Option<(usize, u64, String)>,
    /// How many metrics were read, and where; none where no file was asked for.
    pub(super) written: Option<(usize, String)>,
}

/// Merges both. `from` is where the metrics were read; with `measured` comes where the predictions were.
pub(super) fn merge(
    metrics: Metrics,
    from: Option<String>,
    measured: Option<(Measured, String)>,
) -> Measurement {
    let Metrics { values, findings } = metrics;
    let written = from.map(|from| (values.len(), from));
    let mut merged = Measurement { values, findings, written, ..Measurement::default() };
    let Some((measured, from)) = measured else { return merged };
    let at = merged.written.as_ref().map_or("a metrics file", |(_, from)| from).to_owned();
    for (name, ours) in &measured.metrics {
        let theirs = merged.values.insert(name.clone(), ours.clone());
        if let Some(theirs) = theirs.filter(|theirs| !agree(ours, theirs)) {
            merged.findings.push(contradicted(name, (ours, &from), (&theirs, &at)));
        }
    }
    let rows = measured.evidence.as_ref().map_or(0, |evidence| evidence.rows);
    merged.predicted = Some((measured.metrics.len(), rows, from));
    merged.findings.extend(measured.findings);
    merged.predictions = measured.evidence;
    merged
}

fn agree(ours: &MetricValue, theirs: &MetricValue) -> bool {
    let (MetricValue::Number(ours), MetricValue::Number(theirs)) = (ours, theirs) else {
        return ours == theirs;
    };
    let difference = (ours - theirs).abs();
    difference <= RELATIVE * ours.abs().max(theirs.abs()) || difference <= rounding(*theirs)
}

/// Half a unit of the last decimal with which a number is written in its shortest form. A hair more: 0.125 and its
/// rounding to 0.13 are not exactly half a unit apart in binary.
fn rounding(number: f64) -> f64 {
    let text = format!("{number}");
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match u32::try_from(decimals) {
        Ok(decimals @ DECIMALS..) => 0.5 * 0.1_f64.powf(f64::from(decimals)) * (1.0 + 1e-6),
        _ => 0.0,
    }
}

fn contradicted(
    name: &MetricName,
    (ours, predictions): (&MetricValue, &str),
    (theirs, file): (&MetricValue, &str),
) -> Finding {
    let shown = |value: &MetricValue| match value {
        // Every digit: the two may look the same when they are rounded.
        MetricValue::Number(number) => format!("{number}"),
        MetricValue::Text(text) => format!("«{}»", text.escape_debug()),
    };
    let message = format!(
        "{file} says that {} is {}, and the predictions in {predictions} come to {}",
        name.as_str().escape_debug(),
        shown(theirs),
        shown(ours),
    );
    Finding::error("metric-contradicted", message).help(
        "let evaluate leave it to the predictions; where both mean something else, give one of them another name",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::finding::any_error;
    use crate::name::Digest;
    use crate::record::{Estimate, Task};

    fn name(name: &str) -> MetricName {
        MetricName::new(name).unwrap()
    }

    fn measured(accuracy: f64) -> Option<(Measured, String)> {
        let estimate = Estimate { value: accuracy, interval: None, method: None };
        let evidence = Predictions {
            rows: 171,
            task: Task::Binary,
            set: Digest::from_bytes([1; 32]),
            specification: Digest::from_bytes([3; 32]),
            files: BTreeMap::new(),
            confidence: 0.95,
            positive: None,
            estimates: [(name("accuracy"), estimate)].into(),
            slices: Vec::new(),
            confusion: None,
            calibration: Vec::new(),
            curves: None,
        };
        let metrics = [(name("accuracy"), MetricValue::Number(accuracy))].into();
        let measured = Measured { evidence: Some(evidence), metrics, findings: Vec::new() };
        Some((measured, "predictions.csv".into()))
    }

    fn merged(ours: f64, theirs: MetricValue) -> Measurement {
        let values = [(name("accuracy"), theirs), (name("latency"), MetricValue::Number(3.0))].into();
        merge(Metrics { values, findings: Vec::new() }, Some("metrics.json".into()), measured(ours))
    }

    #[test]
    fn what_a_file_says_rounded_is_the_same_and_ours_is_kept() {
        let exact = 165.0 / 171.0;
        for theirs in [exact, 0.964912, 0.9649, 0.96, exact * (1.0 + 9e-7)] {
            let merged = merged(exact, MetricValue::Number(theirs));
            assert!(merged.findings.is_empty(), "{theirs}: {:?}", merged.findings);
            assert_eq!(merged.values[&name("accuracy")], MetricValue::Number(exact));
            assert_eq!(merged.values.len(), 2);
            assert_eq!(merged.written.as_ref().unwrap().0, 2);
        }
        assert!(merged(0.125, MetricValue::Number(0.13)).findings.is_empty());
    }

    #[test]
    fn another_number_is_an_error_that_names_both() {
        let exact = 165.0 / 171.0;
        let nan = MetricValue::Text("NaN".into());
        for theirs in
            [0.97, 0.966, 0.96492, 0.964_913_5, 1.0, 0.9].map(MetricValue::Number).into_iter().chain([nan])
        {
            let merged = merged(exact, theirs.clone());
            assert!(any_error(&merged.findings), "{theirs:?}");
            assert_eq!(merged.findings[0].code, "metric-contradicted");
            assert_eq!(merged.values[&name("accuracy")], MetricValue::Number(exact));
        }
        let message = &merged(exact, MetricValue::Number(0.97)).findings[0].message;
        assert_eq!(
            message,
            "metrics.json says that accuracy is 0.97, and the predictions in predictions.csv come to 0.9649122807017544"
        );
    }

    #[test]
    fn predictions_need_no_metrics_file() {
        let merged = merge(Metrics::default(), None, measured(0.9));
        assert_eq!((merged.values.len(), merged.written), (1, None));
        assert_eq!(merged.predicted, Some((1, 171, "predictions.csv".into())));
    }
}
