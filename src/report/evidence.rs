//! What the predictions rest on, in sentences.

use super::standing::rows;
use crate::number::counted;
use crate::number::percentage;
use crate::record::{Comparison, Pairing, Predictions, Record, Task};

/// What was evaluated: `1,843 rows of two classes, intervals at 95 %`.
#[must_use]
pub fn evaluated(predictions: &Predictions) -> String {
    let mut said =
        format!("{} {}", rows(predictions.rows), classes(predictions.task, predictions.positive.as_deref()));
    if !predictions.slices.is_empty() {
        said += &format!(", {}", counted(predictions.slices.len(), "slice", "slices"));
    }
    format!("{said}, intervals at {}", percentage(predictions.confidence))
}

/// What is predicted, and which of two classes counts as the positive one: `of two classes, positive: churned`. The
/// label is untrusted.
fn classes(task: Task, positive: Option<&str>) -> String {
    match (task, positive) {
        (Task::Binary, Some(label)) => format!("of two classes, positive: {label}"),
        (Task::Binary, None) => "of two classes".to_owned(),
        (Task::Classes, _) => "of several classes".to_owned(),
        (Task::Regression, _) => "of numbers".to_owned(),
    }
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
    Some(format!("with a confidence of {}", percentage(confidence)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_classes_the_positive_one_is_named() {
        assert_eq!(classes(Task::Binary, Some("churned")), "of two classes, positive: churned");
        assert_eq!(classes(Task::Binary, None), "of two classes");
        assert_eq!(classes(Task::Classes, Some("a")), "of several classes");
    }
}
