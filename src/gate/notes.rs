//! What a reader must know to trust the rows of a verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline;
use super::draft::{Basis, Draft};
use super::words;
use crate::config::{Correction, Gate, WithoutBaseline};
use crate::document::{harmless, shown};
use crate::record::{Comparison, Pairing, Predictions, Record};

/// Where a metric was judged: over all rows, and over slices.
#[derive(Debug, Default)]
struct Places {
    whole: bool,
    slices: BTreeSet<String>,
}

/// Of more slices than these a note only tells how many.
const MOST_NAMED: usize = 5;

impl Places {
    fn told(&self, metric: &str) -> String {
        let metric = format!("«{}»", shown(metric));
        if self.slices.is_empty() {
            return metric;
        }
        let slices = match self.slices.len() {
            count if count > MOST_NAMED => format!("{count} slices"),
            _ => self.slices.iter().map(|name| format!("«{}»", shown(name))).collect::<Vec<_>>().join(", "),
        };
        if self.whole { format!("{metric}, also of {slices}") } else { format!("{metric} of {slices}") }
    }
}

/// What all the rows together have to tell, those of slices among them that are not shown.
#[derive(Debug, Default)]
pub struct Facts {
    /// How many rules are tests.
    tests: usize,
    /// The metrics that the values decided although a confidence is asked for.
    by_value: BTreeMap<String, Places>,
    /// The metrics whose interval is the candidate's alone although they are compared.
    one_sided: BTreeSet<String>,
    /// The slices that are too small to decide.
    small: BTreeSet<String>,
}

impl Facts {
    /// What `drafts` have to tell.
    pub fn of<'a>(policy: &Gate, tests: usize, drafts: impl Iterator<Item = &'a Draft>) -> Self {
        let mut facts = Self { tests, ..Self::default() };
        for draft in drafts {
            let metric = || draft.row.metric.to_string();
            match draft.basis {
                // What decides nothing was decided by nothing.
                Basis::Values if policy.confidence.is_some() && !draft.is_small() => {
                    let places = facts.by_value.entry(metric()).or_default();
                    match &draft.row.slice {
                        None => places.whole = true,
                        Some(slice) => drop(places.slices.insert(slice.clone())),
                    }
                }
                Basis::Candidate => drop(facts.one_sided.insert(metric())),
                _ => {}
            }
            if draft.is_small() {
                facts.small.extend(draft.row.slice.clone());
            }
        }
        facts
    }
}

/// Whole sentences, the weightiest first; empty when the rows speak for themselves. `is_unread` where there is
/// a baseline that cannot be read.
pub fn notes(policy: &Gate, record: &Record, is_unread: bool, facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if record.context.dirty {
        let note = "Tracked files differed from the commit, so this run says nothing about it and is never a baseline.";
        notes.push(note.to_owned());
    }
    notes.extend(record.baseline.as_ref().and_then(baseline::note));
    match &record.baseline {
        // Each rule says it of itself.
        None if is_unread => {}
        None => notes.extend(no_baseline(policy)),
        Some(baseline) if baseline.is_model_of(record) => notes.push(
            "The candidate is the baseline's own model, byte for byte: the comparison is of a model with itself."
                .to_owned(),
        ),
        Some(_) => {}
    }
    if policy.rules.iter().any(|rule| rule.kind.compares()) {
        notes.extend(compared(record));
    }
    notes.extend(intervals(policy, facts));
    notes
}

/// How the rows of both sides were brought together.
fn compared(record: &Record) -> Vec<String> {
    let candidate = record.predictions();
    let Some(baseline) = &record.baseline else { return Vec::new() };
    let sets = candidate.zip(baseline.predictions.as_deref());
    let differ = sets.is_some_and(|(candidate, baseline)| candidate.set != baseline.set);
    let mut notes: Vec<String> = Vec::new();
    if differ {
        notes.push("The evaluation set is not the one that the baseline was measured on.".into());
    }
    notes.extend(baseline.comparison.as_deref().map(|comparison| pairing(comparison, candidate)));
    notes
}

fn pairing(comparison: &Comparison, candidate: Option<&Predictions>) -> String {
    let rows = words::thousands(comparison.rows);
    let by = match &comparison.pairing {
        Pairing::Id => "by their ids",
        Pairing::Row => "by their order",
        Pairing::Unpaired(why) => {
            return format!("Compared as two independent samples, because {}.", harmless(why));
        }
    };
    match candidate.map(|candidate| candidate.rows).filter(|all| *all > comparison.rows) {
        Some(all) => {
            let all = words::thousands(all);
            format!("Compared row by row, {by}: {rows} of the candidate's {all} rows are the baseline's too.")
        }
        None => format!("Compared row by row, {by}: {rows} rows."),
    }
}

/// What was decided by what.
fn intervals(policy: &Gate, facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    let listed = |names: &BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("«{}»", shown(name))).collect();
        names.join(", ")
    };
    if !facts.by_value.is_empty() {
        notes.push(format!(
            "Decided by the value, because there is no interval: {}.",
            facts.by_value.iter().map(|(metric, places)| places.told(metric)).collect::<Vec<_>>().join("; ")
        ));
    }
    if !facts.one_sided.is_empty() {
        notes.push(format!(
            "Compared with the baseline's value as it is, so that only the candidate's noise is in the interval: {}.",
            listed(&facts.one_sided)
        ));
    }
    if policy.correction == Correction::Holm && facts.tests > 1 {
        notes.push(format!(
            "{} rows are tests; a failure has to stand Holm's correction for them.",
            facts.tests
        ));
    }
    match facts.small.len() {
        0 => {}
        1 => notes.push("1 small slice was set aside: it decides nothing.".into()),
        count => notes.push(format!("{count} small slices were set aside: they decide nothing.")),
    }
    notes
}

/// Why there is none stands among the findings; here is what came of it.
fn no_baseline(policy: &Gate) -> Option<String> {
    let rules = match policy.rules.iter().filter(|rule| rule.kind.compares()).count() {
        0 => return None,
        1 => "The one rule that compares".to_owned(),
        count => format!("The {count} rules that compare"),
    };
    let word = match policy.without_baseline {
        WithoutBaseline::Pass => "pass",
        WithoutBaseline::Fail => "fail",
    };
    Some(format!("{rules} had no baseline to compare with (without-baseline: {word})."))
}
