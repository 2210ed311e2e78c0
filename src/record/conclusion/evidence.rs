//! Whether the numbers in a record are the same wherever they stand.

use crate::record::{Aside, Estimate, MetricValue, Record, Row, RowOutcome, Slice};
use crate::step::Step;

/// Why the evidence contradicts itself: an estimate is of the value that was recorded.
pub(super) fn contradiction(record: &Record) -> Option<String> {
    let step = record.step(Step::Evaluate).filter(|step| step.outcome.is_good())?;
    let evidence = &step.evidence;
    let estimates = evidence.predictions.iter().flat_map(|predictions| &predictions.estimates);
    let of_rows = estimates.filter(|(name, _)| !evidence.means.contains_key(*name));
    of_rows.chain(&evidence.means).find_map(|(name, estimate)| {
        let is_recorded = evidence.metrics.get(name) == Some(&MetricValue::Number(estimate.value));
        let name = name.as_str().escape_debug();
        (!is_recorded).then(|| format!("the estimate of «{name}» is not of the value that was measured"))
    })
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
