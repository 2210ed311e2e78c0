//! What the predictions rest on, in sentences.

use super::standing::{percent, rows};
use crate::number::counted;
use crate::record::{Comparison, Pairing, Predictions, Record, Task};

/// What was evaluated: `1,843 rows of two classes, intervals at 95 %`.
#[must_use]
pub fn evaluated(predictions: &Predictions) -> String {
    let what = match predictions.task {
        Task::Binary => "of two classes",
        Task::Classes => "of several classes",
        Task::Regression => "of numbers",
    };
    let mut said = format!("{} {what}", rows(predictions.rows));
    if !predictions.slices.is_empty() {
        said += &format!(", {}", counted(predictions.slices.len(), "slice", "slices"));
    }
    format!("{said}, intervals at {}", percent(predictions.confidence))
}

/// How the candidate's predictions were compared with the baseline's. Untrusted in part.
#[must_use]
pub fn compared(comparison: &Comparison) -> String {
    match &comparison.pairing {
        Pairing::Id => format!("compared on {} paired by id", rows(comparison.rows)),
        Pairing::Row => format!("compared on {} paired by their order", rows(comparison.rows)),
        Pairing::Unpaired(why) if why.trim().is_empty() => "compared as two independent samples".into(),
        Pairing::Unpaired(why) => format!("compared as two independent samples, because {why}"),
    }
}

/// How rows were decided, where not by their values alone: `with a confidence of 95 %`.
#[must_use]
pub fn decided(record: &Record) -> Option<String> {
    let confidence = record.verdict.as_ref()?.confidence?;
    Some(format!("with a confidence of {}", percent(confidence)))
}
