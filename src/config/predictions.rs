//! The predictions' part of the file: where they are, and what their columns mean.

use super::measure::Measure;
use super::source::{KeyPath, Source};
use super::{BaselineModel, raw};
use crate::record::Task;

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

/// Validates the section. None only when there is a problem.
pub(super) fn predictions(
    _source: &mut Source<'_>,
    _path: &KeyPath,
    raw: raw::Predictions,
) -> Option<Predictions> {
    let slicing = |slicing: raw::Slicing| match slicing {
        raw::Slicing::One(one) => Some(Slicing::One(axis(one))),
        raw::Slicing::Cross(axes) => {
            let mut axes = axes.into_iter().map(axis);
            Some(Slicing::Cross(axes.next()?, axes.next()?))
        }
    };
    Some(Predictions {
        files: raw.path?.0,
        task: match raw.task.unwrap_or_default() {
            raw::PredictedTask::Classification => PredictedTask::Classification,
            raw::PredictedTask::Regression => PredictedTask::Regression,
        },
        truth: raw.truth?,
        predicted: raw.predicted,
        scores: match raw.score {
            None => Scores::None,
            Some(raw::Score::Positive(column)) => Scores::Positive(column),
            Some(raw::Score::Classes(classes)) => Scores::Classes(classes.0),
        },
        positive: raw.positive.map(|label| label.to_string()),
        threshold: raw.threshold.map_or(0.5, |threshold| threshold.0),
        weight: raw.weight,
        id: raw.id,
        slices: raw.slices.unwrap_or_default().into_iter().filter_map(slicing).collect(),
        small_slice: raw.small_slice.unwrap_or(Predictions::SMALL_SLICE),
        metrics: raw.metrics.map(|names| names.0.iter().filter_map(|name| Measure::named(name)).collect()),
        bins: raw.bins.map_or(Predictions::BINS, |bins| usize::try_from(bins).unwrap_or(Predictions::BINS)),
        targets: raw.targets.unwrap_or_default().into_iter().filter_map(target).collect(),
        intervals: match raw.intervals.unwrap_or_default() {
            raw::Intervals::Auto => Intervals::Auto,
            raw::Intervals::Bootstrap => Intervals::Bootstrap(
                raw.resamples.and_then(|count| u32::try_from(count).ok()).unwrap_or(Predictions::RESAMPLES),
            ),
        },
    })
}

fn axis(raw: raw::Axis) -> Axis {
    match raw {
        raw::Axis::Values(column) => Axis::Values(column),
        raw::Axis::Quantiles(raw::Quantiles { column, quantiles }) => {
            Axis::Quantiles(column, quantiles.and_then(|parts| u32::try_from(parts).ok()).unwrap_or(4))
        }
    }
}

fn target(raw: raw::Target) -> Option<Target> {
    let precision = raw.precision.map(|precision| Target::Precision(precision.0));
    precision.or_else(|| raw.recall.map(|recall| Target::Recall(recall.0)))
}

/// Validates `evaluate.baseline-model`.
pub(super) fn baseline_model(
    _source: &mut Source<'_>,
    _path: &KeyPath,
    raw: Option<raw::Scalar>,
) -> Option<BaselineModel> {
    match raw? {
        raw::Scalar::Bool(true) => Some(BaselineModel::Kept),
        raw::Scalar::Text(path) => Some(BaselineModel::Path(path)),
        _ => None,
    }
}

/// Validates `evaluate.repeats`.
pub(super) fn repeats(_source: &mut Source<'_>, _path: &KeyPath, raw: Option<u64>) -> u32 {
    raw.and_then(|repeats| u32::try_from(repeats).ok()).unwrap_or(1)
}
