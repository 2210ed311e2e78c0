//! compare: the candidate's predictions against the baseline's, row by row where the rows are the same.

mod cells;
mod change;
mod complete;
mod fairness;
mod floor;
#[cfg(test)]
mod floor_tests;
mod influence;
mod join;
mod median;
mod pair;
mod ranking;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::config;
use crate::evaluate::predictions::Rows;
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::name::MetricName;
use crate::number::thousands;
use crate::record::{Comparison, Estimate, Method, Pairing, Predictions};
use crate::statistics::{bootstrap, mover, rescaled};
use change::Options;
pub use complete::{complete, lacks};
pub use join::OTHER_SET;

/// The seed of every resampling: the same predictions give the same intervals.
const SEED: u64 = 0x6d6f_6465_6c67_6174;

/// Why values of two records say nothing of one another.
const OTHER_SPECIFICATION: &str =
    "the baseline's predictions were measured when `evaluate.predictions` said something else of them";

/// Of more slices than these the cells are not resampled: it would take longer than all the rest.
const MOST_RESAMPLED_SLICES: usize = 100;

/// One side's predictions.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What its record knows of them.
    pub evidence: &'a Predictions,
    /// The files.
    pub files: &'a [ProjectFile],
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The changes.
    pub comparison: Comparison,
    /// What should be known of how the rows were brought together.
    pub findings: Vec<Finding>,
}

/// Why the rows of two sides are not held against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// As the end of a sentence.
    pub why: String,
    /// What makes of it more than a weaker comparison, see [`Comparison::doubt`].
    pub doubt: Option<String>,
}

impl<T: Into<String>> From<T> for Apart {
    /// What says nothing of the rows.
    fn from(why: T) -> Self {
        Self { why: why.into(), doubt: None }
    }
}

impl Apart {
    /// What would be an excuse: who chose the rows, or said what is true of them, chose it.
    fn doubtful(why: String) -> Self {
        Self { doubt: Some(why.clone()), why }
    }
}

/// Compares two sets of predictions, by their ids where there are some, else by their order where both records name the
/// same evaluation set.
///
/// The inner error is why they cannot be paired.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn paired(
    spec: &config::Predictions,
    confidence: f64,
    candidate: Side<'_>,
    baseline: Side<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Compared, Apart>> {
    // By the settings of today the baseline's rows would come to something that nobody ever judged.
    if candidate.evidence.specification != baseline.evidence.specification {
        return Ok(Err(Apart::doubtful(OTHER_SPECIFICATION.to_owned())));
    }
    let same_set = candidate.evidence.set == baseline.evidence.set;
    if spec.id.is_none() && !same_set {
        // What follows would say the same, after reading all of it.
        return Ok(Err(OTHER_SET.into()));
    }
    let mut sides = Vec::with_capacity(2);
    for (name, side) in [("candidate", candidate), ("baseline", baseline)] {
        match Rows::read(spec, side.files, interrupt)? {
            Ok(rows) => sides.push(rows),
            Err(findings) => {
                let first = findings.first().map_or("they hold no rows", |finding| &finding.message);
                return Ok(Err(format!("the {name}'s predictions cannot be read: {first}").into()));
            }
        }
    }
    let (Some(baseline_rows), Some(candidate_rows)) = (sides.pop(), sides.pop()) else {
        return Ok(Err("there are not two sides".into()));
    };
    let compared = rows(spec, confidence, candidate_rows, baseline_rows, same_set);
    Ok(compared.map(|compared| compared.of_both(candidate.evidence, baseline.evidence)))
}

impl Compared {
    /// Without what is not in the evidence of both: a metric that one side could not have. A slice may be the candidate's
    /// alone, where the quantiles are cut elsewhere: the rows are those of both.
    fn of_both(mut self, candidate: &Predictions, baseline: &Predictions) -> Self {
        let Comparison { changes, slices, .. } = &mut self.comparison;
        changes.retain(|name, _| {
            candidate.estimates.contains_key(name) && baseline.estimates.contains_key(name)
        });
        slices.retain(|name, changes| {
            let Some(now) = candidate.slice(name) else { return false };
            let before = baseline.same_slice(now).map_or(&baseline.estimates, |slice| &slice.estimates);
            changes.retain(|name, _| now.estimates.contains_key(name) && before.contains_key(name));
            true
        });
        self
    }
}

/// Compares rows. `same_set` says that both are of the same evaluation set, in the same order where they have no ids.
///
/// # Errors
/// Why they cannot be paired.
pub fn rows(
    spec: &config::Predictions,
    confidence: f64,
    candidate: Rows,
    baseline: Rows,
    same_set: bool,
) -> std::result::Result<Compared, Apart> {
    let join::Joined { pair, slices, by, doubt, findings } =
        join::join(&spec.slices, candidate, baseline, same_set)?;
    let options = Options::new(spec, confidence);
    let mut changes = change::changes(spec, &pair, options);
    changes.extend(fairness::changes(spec, &pair, &slices, options));
    let mut by_slice = BTreeMap::new();
    let many = slices.iter().map(|(names, _)| names.len()).sum::<usize>() > MOST_RESAMPLED_SLICES;
    let options = Options { resample: options.bootstrap || !many, ..options };
    for (names, slice_of) in &slices {
        for (name, places) in names.iter().zip(places(slice_of, names.len())) {
            if !places.is_empty() {
                by_slice.insert(name.clone(), change::changes(spec, &pair.select(&places), options));
            }
        }
    }
    let comparison =
        Comparison { pairing: by, rows: pair.rows as u64, doubt, confidence, changes, slices: by_slice };
    Ok(Compared { comparison, findings })
}

/// The rows of each slice.
fn places(slice_of: &[u32], slices: usize) -> Vec<Vec<u32>> {
    let mut places = vec![Vec::new(); slices];
    for (slice, row) in slice_of.iter().zip(0..) {
        if let Some(places) = places.get_mut(*slice as usize) {
            places.push(row);
        }
    }
    places
}

/// BCa, or the percentiles where the resamples are all on one side of the value.
fn bootstrapped(
    resampled: &mut [f64],
    value: f64,
    acceleration: f64,
    confidence: f64,
) -> Option<([f64; 2], Method)> {
    let bca = bootstrap::bca(resampled, value, acceleration, confidence);
    bca.map(|interval| (interval, Method::Bca)).or_else(|| {
        bootstrap::percentile(resampled, confidence).map(|interval| (interval, Method::Percentile))
    })
}

/// Compares a model with itself, of which both sides have the same predictions: whatever rows come, nothing changes. None
/// where it is another set, or a value has become another one, as by another release of modelgate.
#[must_use]
pub fn with_itself(candidate: &Predictions, baseline: &Predictions) -> Option<Comparison> {
    let is_same = candidate.specification == baseline.specification
        && candidate.set == baseline.set
        && candidate.files == baseline.files;
    let mut comparison = is_same.then(|| unpaired(candidate, baseline, ""))?;
    comparison.pairing = Pairing::Row;
    let Comparison { changes, slices, .. } = &mut comparison;
    for change in changes.values_mut().chain(slices.values_mut().flat_map(BTreeMap::values_mut)) {
        if change.value != 0.0 {
            return None;
        }
        *change = Estimate { value: 0.0, interval: Some([0.0, 0.0]), method: None };
    }
    Some(comparison)
}

/// Compares by what both records know of their predictions, as of two independent samples. `apart` is why they are not paired.
///
/// Of a metric for which the baseline's record has no interval the change is as sure as the candidate's value is. One of another confidence is
/// stretched to the candidate's.
#[must_use]
pub fn unpaired(candidate: &Predictions, baseline: &Predictions, apart: impl Into<Apart>) -> Comparison {
    let Apart { why, doubt } = apart.into();
    let is_other = candidate.specification != baseline.specification;
    let doubt = doubt.or_else(|| is_other.then(|| OTHER_SPECIFICATION.to_owned()));
    let doubt = doubt.or_else(|| fewer(candidate, baseline));
    let confidences = [candidate.confidence, baseline.confidence];
    let slices = candidate.slices.iter().filter_map(|slice| {
        let before = baseline.same_slice(slice)?;
        Some((slice.name.clone(), each(&slice.estimates, &before.estimates, confidences)))
    });
    Comparison {
        pairing: Pairing::Unpaired(why),
        rows: candidate.rows,
        doubt,
        confidence: candidate.confidence,
        changes: each(&candidate.estimates, &baseline.estimates, confidences),
        slices: slices.collect(),
    }
}

/// Of fewer rows some of the baseline's are missing, whichever they are: with ids or without, these may be the ones that
/// the candidate gets wrong.
fn fewer(candidate: &Predictions, baseline: &Predictions) -> Option<String> {
    let missing = baseline.rows.checked_sub(candidate.rows).filter(|missing| *missing > 0)?;
    let (is, missing) = (if missing == 1 { "is" } else { "are" }, thousands(missing));
    let all = thousands(baseline.rows);
    Some(format!("at least {missing} of the baseline's {all} rows {is} not among the candidate's"))
}

fn each(
    candidate: &BTreeMap<MetricName, Estimate>,
    baseline: &BTreeMap<MetricName, Estimate>,
    confidences: [f64; 2],
) -> BTreeMap<MetricName, Estimate> {
    let both = candidate.iter().filter_map(|(name, now)| Some((name, now, baseline.get(name)?)));
    both.map(|(name, now, before)| (name.clone(), between(now, before, confidences))).collect()
}

fn between(now: &Estimate, before: &Estimate, [confidence, confidence_before]: [f64; 2]) -> Estimate {
    let value = now.value - before.value;
    let known = before.interval.map(|other| rescaled(before.value, other, confidence_before, confidence));
    match (now.interval, known) {
        (Some(interval), Some(other)) => Estimate {
            value,
            interval: Some(mover((now.value, interval), (before.value, other))),
            method: Some(Method::Mover),
        },
        (Some(interval), None) => {
            Estimate { value, interval: Some(interval.map(|end| end - before.value)), method: now.method }
        }
        (None, _) => Estimate { value, interval: None, method: None },
    }
}
