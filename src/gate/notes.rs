//! What a reader must know to trust the rows of a verdict.

use super::baseline;
use crate::config::{Gate, WithoutBaseline};
use crate::record::{Baseline, Record};

/// Whole sentences, the weightiest first; empty when the rows speak for themselves. `is_unread` where there is
/// a baseline that cannot be read.
pub fn notes(policy: &Gate, record: &Record, is_unread: bool) -> Vec<String> {
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
        Some(baseline) if is_same_model(baseline, record) => notes.push(
            "The candidate is the baseline's own model, byte for byte: the comparison is of a model with itself."
                .to_owned(),
        ),
        Some(_) => {}
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

/// Whether a model was compared with itself, which says nothing.
fn is_same_model(baseline: &Baseline, record: &Record) -> bool {
    let outputs = record.model_outputs();
    !outputs.is_empty() && outputs == baseline.outputs
}
