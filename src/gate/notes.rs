//! What a reader must know to trust the rows of a verdict.

use crate::config::{BaselineSource, Gate, WithoutBaseline};
use crate::record::{Baseline, Record};

/// Whole sentences, the weightiest first; empty when the rows speak for themselves.
pub fn notes(policy: &Gate, record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    match &record.baseline {
        None => notes.extend(no_baseline(policy)),
        Some(baseline) if is_same_model(baseline, record) => notes.push(
            "The candidate is the baseline's own model, byte for byte: the comparison is of a model with itself."
                .to_owned(),
        ),
        Some(_) => {}
    }
    notes
}

fn no_baseline(policy: &Gate) -> Option<String> {
    let comparing = policy.rules.iter().filter(|rule| rule.kind.compares()).count();
    let source = match &policy.baseline {
        BaselineSource::None if comparing == 0 => return None,
        BaselineSource::None => "There is no baseline".to_owned(),
        BaselineSource::DefaultBranch => {
            "The default branch has no approved run to compare with yet".to_owned()
        }
        BaselineSource::File(path) => format!("There is no baseline from {}", super::words::quoted(path)),
    };
    let rules = match comparing {
        0 => return Some(format!("{source}.")),
        1 => "the one rule that compares".to_owned(),
        count => format!("the {count} rules that compare"),
    };
    let (verb, word) = match policy.without_baseline {
        WithoutBaseline::Pass => (if comparing == 1 { "passes" } else { "pass" }, "pass"),
        WithoutBaseline::Fail => (if comparing == 1 { "fails" } else { "fail" }, "fail"),
    };
    Some(format!("{source}, so {rules} {verb} (without-baseline: {word})."))
}

/// Whether a model was compared with itself, which says nothing.
fn is_same_model(baseline: &Baseline, record: &Record) -> bool {
    let outputs = record.model_outputs();
    !outputs.is_empty() && outputs == baseline.outputs
}
