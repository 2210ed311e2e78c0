//! What the baseline was not measured by, and its predictions tell.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use crate::config::Rule;
use crate::evaluate::predictions::Measured;
use crate::record::{Baseline, Predictions};

/// Whether a rule that compares is about a metric, or slices, that the candidate was measured by and the baseline was
/// not: who computes more than before has something to be compared with, where the baseline's predictions are there.
#[must_use]
pub fn lacks(rules: &[Rule], candidate: &Predictions, baseline: &Baseline) -> bool {
    rules.iter().filter(|rule| rule.kind.compares()).any(|rule| {
        let of_all = candidate.estimates.contains_key(&rule.metric);
        let is_known = baseline.metrics.contains_key(&rule.metric);
        (of_all && !is_known) || (rule.slices.is_some() && lacks_slices(rule, candidate, baseline))
    })
}

fn lacks_slices(rule: &Rule, candidate: &Predictions, baseline: &Baseline) -> bool {
    let Some(theirs) = &baseline.predictions else { return false };
    let ours = candidate.slices.iter().filter(|slice| slice.estimates.contains_key(&rule.metric));
    ours.into_iter().any(|slice| match theirs.same_slice(slice) {
        Some(same) => !same.estimates.contains_key(&rule.metric),
        None => theirs.slices.iter().all(|other| other.by != slice.by),
    })
}

/// Adds what its predictions came to today to what the baseline is known by, and changes nothing that was recorded. The
/// names of what was added: metrics, then slicings.
pub fn complete(baseline: &mut Baseline, measured: Measured) -> Vec<String> {
    let (Some(found), Some(theirs)) = (measured.evidence, &mut baseline.predictions) else {
        return Vec::new();
    };
    // Of other rows, or by other settings, it would be a value that nobody ever judged.
    if found.set != theirs.set || found.specification != theirs.specification {
        return Vec::new();
    }
    let mut added = Vec::new();
    for (name, value) in measured.metrics {
        if let Entry::Vacant(place) = baseline.metrics.entry(name) {
            added.push(place.key().to_string());
            place.insert(value);
        }
    }
    for (name, estimate) in found.estimates {
        theirs.estimates.entry(name).or_insert(estimate);
    }
    let known: BTreeSet<String> = theirs.slices.iter().map(|slice| slice.by.clone()).collect();
    for slice in found.slices {
        let same = theirs.slices.iter_mut().find(|other| other.by == slice.by && other.name == slice.name);
        match same {
            Some(same) => slice.estimates.into_iter().for_each(|(name, estimate)| {
                same.estimates.entry(name).or_insert(estimate);
            }),
            // Where others of this slicing are recorded, the rows are divided, and this one is cut elsewhere.
            None if known.contains(&slice.by) => {}
            None => {
                if !added.contains(&slice.by) {
                    added.push(slice.by.clone());
                }
                theirs.slices.push(slice);
            }
        }
    }
    added
}
