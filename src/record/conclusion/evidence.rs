//! Whether the numbers in a record are the same wherever they stand.

use crate::record::{
    Aside, Estimate, Evidence, Method, MetricValue, Predictions, Record, Row, RowOutcome, Slice,
};
use crate::step::Step;

/// How far sums that were made in another order may lie from each other, as a share of the larger.
const ROUNDING: f64 = 1e-9;

/// Why the evidence contradicts itself: an estimate is of the value that was recorded, lies in its interval, and the
/// accuracy follows from the table of the classes.
pub(super) fn contradiction(record: &Record) -> Option<String> {
    let step = record.step(Step::Evaluate).filter(|step| step.outcome.is_good())?;
    let predictions = step.evidence.predictions.as_ref();
    recorded(&step.evidence).or_else(|| outside(&step.evidence)).or_else(|| miscounted(predictions?))
}

fn recorded(evidence: &Evidence) -> Option<String> {
    let estimates = evidence.predictions.iter().flat_map(|predictions| &predictions.estimates);
    let of_rows = estimates.filter(|(name, _)| !evidence.means.contains_key(*name));
    of_rows.chain(&evidence.means).find_map(|(name, estimate)| {
        let is_recorded = evidence.metrics.get(name) == Some(&MetricValue::Number(estimate.value));
        let name = name.as_str().escape_debug();
        (!is_recorded).then(|| format!("the estimate of «{name}» is not of the value that was measured"))
    })
}

/// Only of methods whose interval is around the value; that of a bootstrap need not be.
fn outside(evidence: &Evidence) -> Option<String> {
    let wholes = evidence.predictions.iter().flat_map(|predictions| &predictions.estimates);
    let slices = evidence.predictions.iter().flat_map(|predictions| &predictions.slices);
    let estimates = wholes.chain(&evidence.means).chain(slices.flat_map(|slice| &slice.estimates));
    estimates.into_iter().find_map(|(name, estimate)| {
        let ([low, high], value) = (estimate.interval?, estimate.value);
        let around =
            matches!(estimate.method?, Method::Wilson | Method::Delong | Method::T | Method::Repeats);
        let near = ROUNDING * value.abs().max(1.0);
        let name = name.as_str().escape_debug();
        (around && !(low - near <= value && value <= high + near))
            .then(|| format!("the value of «{name}» is not within its own interval"))
    })
}

/// An accuracy is the share of the table's weight that is on its diagonal.
fn miscounted(predictions: &Predictions) -> Option<String> {
    let counts = &predictions.confusion.as_ref()?.counts;
    let (_, said) = predictions.estimates.iter().find(|(name, _)| name.as_str() == "accuracy")?;
    let all: f64 = counts.iter().flatten().sum();
    let right: f64 = counts.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum();
    let differs = (right / all - said.value).abs() > ROUNDING;
    differs.then(|| "its accuracy does not follow from its confusion matrix".to_owned())
}

/// Why a row of the verdict is none of this evidence.
pub(super) fn of_row(row: &Row, record: &Record) -> Option<String> {
    match &row.slice {
        None => of_whole(row, record),
        Some(name) => of_slice(row, name, record),
    }
    .or_else(|| set_aside(row, record))
}

fn of_whole(row: &Row, record: &Record) -> Option<String> {
    let name = row.metric.as_str().escape_debug();
    if row.value.as_ref() != record.metrics().get(&row.metric) {
        return Some(format!("the value of «{name}» in its verdict is not the one that was measured"));
    }
    let is_foreign = row.interval.is_some() && row.interval != interval(record.estimate(&row.metric));
    is_foreign.then(|| format!("the interval of «{name}» in its verdict is not the one that was measured"))
}

fn of_slice(row: &Row, slice: &str, record: &Record) -> Option<String> {
    let (name, shown) = (row.metric.as_str().escape_debug(), slice.escape_debug());
    let estimate = ours(record, slice).and_then(|slice| slice.estimates.get(&row.metric));
    if row.value != estimate.map(|estimate| MetricValue::Number(estimate.value)) {
        return Some(format!(
            "the value of «{name}» on «{shown}» in its verdict is not the one that was measured"
        ));
    }
    if row.interval.is_some() && row.interval != interval(estimate) {
        return Some(format!(
            "the interval of «{name}» on «{shown}» in its verdict is not the one that was measured"
        ));
    }
    (row.value.is_none() && row.outcome == RowOutcome::Pass)
        .then(|| format!("«{name}» passes on «{shown}» in its verdict although nobody measured it there"))
}

/// A row is set aside for its size only where its slice is small, be it the candidate's or one that only the baseline
/// has.
fn set_aside(row: &Row, record: &Record) -> Option<String> {
    let slice = row.slice.as_deref();
    let is_small = || {
        let baseline = record.baseline.as_ref().and_then(|baseline| baseline.predictions.as_deref());
        let theirs = || baseline.and_then(|predictions| predictions.slice(slice?));
        slice.and_then(|slice| ours(record, slice)).or_else(theirs).is_some_and(|slice| slice.small)
    };
    (row.aside == Some(Aside::Small) && !is_small()).then(|| {
        let name = row.metric.as_str().escape_debug();
        format!("a row of «{name}» in its verdict is set aside although its slice is not small")
    })
}

fn ours<'a>(record: &'a Record, name: &str) -> Option<&'a Slice> {
    record.predictions()?.slice(name)
}

fn interval(estimate: Option<&Estimate>) -> Option<[f64; 2]> {
    estimate?.interval
}
