//! The predictions' part of the file: where they are, and what their columns mean.

mod columns;
mod read;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::measure::{Measure, Needs};
use crate::name::Digest;
use crate::record::Task;

pub(super) use read::{baseline_model, predictions, repeats};

/// The predictions that metrics are computed of.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Paths or globs within the project. Not empty.
    pub files: Vec<String>,
    /// What is predicted. [`Task::Binary`] and [`Task::Classes`] are both a classification: which of them it is shows
    /// in the data, unless the scores tell.
    pub task: PredictedTask,
    /// The column of the truth.
    pub truth: String,
    /// The column of what was predicted; none where the scores and the threshold tell.
    pub predicted: Option<String>,
    /// The columns of the scores.
    pub scores: Scores,
    /// The label of the positive class; none where it follows from the labels.
    pub positive: Option<String>,
    /// Without a column of predictions, a score of at least this is positive.
    pub threshold: f64,
    /// The column of the rows' weights.
    pub weight: Option<String>,
    /// The column that tells a row from every other.
    pub id: Option<String>,
    /// What the rows are divided by.
    pub slices: Vec<Slicing>,
    /// A slice with fewer rows is small.
    pub small_slice: u64,
    /// The metrics that are computed; none is all that the task has.
    pub metrics: Option<Vec<Measure>>,
    /// How many bins the calibration has, all equally wide.
    pub bins: usize,
    /// The targets that a threshold is looked for.
    pub targets: Vec<Target>,
    /// How intervals come about.
    pub intervals: Intervals,
}

/// What is predicted, as far as the file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredictedTask {
    /// A class.
    Classification,
    /// A number.
    Regression,
}

/// The columns of the scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scores {
    /// There are none.
    None,
    /// That of the positive class; of a classification with two.
    Positive(String),
    /// A class and its column.
    Classes(Vec<(String, String)>),
}

/// What the rows are divided by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slicing {
    /// One column.
    One(Axis),
    /// Two at once.
    Cross(Axis, Axis),
}

impl Slicing {
    /// Its name in rules and in the record: `region`, `region*age`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::One(axis) => axis.column().to_owned(),
            Self::Cross(one, other) => format!("{}*{}", one.column(), other.column()),
        }
    }

    /// Whether the slice of a row follows from that row alone, and not from where the quantiles of all are.
    #[must_use]
    pub const fn is_by_values(&self) -> bool {
        matches!(self, Self::One(Axis::Values(_)) | Self::Cross(Axis::Values(_), Axis::Values(_)))
    }
}

/// A column by which rows are divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axis {
    /// By its values.
    Values(String),
    /// A numeric column, into so many parts of about as many rows.
    Quantiles(String, u32),
}

impl Axis {
    /// The column.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Values(column) | Self::Quantiles(column, _) => column,
        }
    }
}

/// A target that a threshold is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// A precision of at least this, with the highest recall.
    Precision(f64),
    /// A recall of at least this, with the highest precision.
    Recall(f64),
}

/// How intervals come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intervals {
    /// For each metric by the method that suits it.
    Auto,
    /// By the bootstrap of the rows, with so many resamples.
    Bootstrap(u32),
}

impl Predictions {
    /// When a slice is small, where the file does not say.
    pub const SMALL_SLICE: u64 = 30;
    /// The bins of the calibration, where the file does not say.
    pub const BINS: usize = 10;
    /// The resamples of a bootstrap, where the file does not say.
    pub const RESAMPLES: u32 = 1000;

    /// Whether a measure is computed.
    #[must_use]
    pub fn asks_for(&self, measure: Measure) -> bool {
        self.metrics.as_ref().is_none_or(|metrics| metrics.contains(&measure))
    }

    /// Whether a measure can come of these predictions: the task may have it, and its columns are there.
    #[must_use]
    pub fn gives(&self, measure: Measure) -> bool {
        let has_columns = measure.needs() == Needs::Predicted || self.scores != Scores::None;
        has_columns && self.tasks().iter().any(|task| measure.is_of(*task))
    }

    /// One digest over what the columns mean: SHA-256 of these fields as JSON. Predictions that were measured to the same
    /// specification are measured alike; slices and metrics are parts of what was measured, and the record has them.
    #[must_use]
    pub fn specification(&self) -> Digest {
        let Self { task, truth, predicted, scores, positive, threshold, weight, id, bins, .. } = self;
        let fields = json!({
            "task": match task {
                PredictedTask::Classification => "classification",
                PredictedTask::Regression => "regression",
            },
            "truth": truth,
            "predicted": predicted,
            "scores": match scores {
                Scores::None => json!(null),
                Scores::Positive(column) => json!(column),
                Scores::Classes(columns) => json!(columns),
            },
            "positive": positive,
            "threshold": threshold,
            "weight": weight,
            "id": id,
            "bins": bins,
        });
        Digest::from_bytes(Sha256::digest(fields.to_string()).into())
    }

    /// The tasks that these predictions may turn out to be.
    #[must_use]
    pub fn tasks(&self) -> &'static [Task] {
        match (self.task, &self.scores) {
            (PredictedTask::Regression, _) => &[Task::Regression],
            (_, Scores::Positive(_)) => &[Task::Binary],
            (_, Scores::Classes(classes)) if classes.len() > 2 => &[Task::Classes],
            _ => &[Task::Binary, Task::Classes],
        }
    }
}

#[cfg(test)]
mod tests;
