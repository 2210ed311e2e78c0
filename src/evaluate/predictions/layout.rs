//! Which columns of the files are wanted, and where each comes in a batch.

use crate::config::{self, Axis, Measure, PredictedTask, Scores, Slicing};
use crate::table::{Batch, Column, Kind, Wanted};

/// The wanted columns. Every number in here is a place in `wanted`, and in the columns of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The columns, each once a kind.
    pub wanted: Vec<Wanted>,
    /// The truth.
    pub truth: usize,
    /// What was predicted.
    pub predicted: Option<usize>,
    /// The scores: that of the positive class alone, or of each class.
    pub scores: Vec<usize>,
    /// The weights.
    pub weight: Option<usize>,
    /// What tells a row from every other.
    pub id: Option<usize>,
    /// For each slicing its columns.
    pub axes: Vec<Vec<usize>>,
    /// Whether a class is predicted, not a number.
    pub classes: bool,
    /// Whether one score is of two classes, not a list of each class's.
    pub one_score: bool,
    /// The score from which on a row is positive, where nothing says what was predicted.
    pub threshold: f64,
}

impl Layout {
    /// The columns that `spec` names, as far as its metrics and slices need them.
    #[must_use]
    pub fn of(spec: &config::Predictions) -> Self {
        let mut wanted = Vec::new();
        let classes = spec.task == PredictedTask::Classification;
        let target = if classes { Kind::Label } else { Kind::Number };
        let truth = place(&mut wanted, &spec.truth, target);
        let predicted = spec.predicted.as_ref().map(|column| place(&mut wanted, column, target));
        let scores = match &spec.scores {
            _ if !classes || !needs_scores(spec) => Vec::new(),
            Scores::None => Vec::new(),
            Scores::Positive(column) => vec![place(&mut wanted, column, Kind::Number)],
            Scores::Classes(columns) => {
                columns.iter().map(|(_, column)| place(&mut wanted, column, Kind::Number)).collect()
            }
        };
        let weight = spec.weight.as_ref().map(|column| place(&mut wanted, column, Kind::Number));
        let id = spec.id.as_ref().map(|column| place(&mut wanted, column, Kind::Key));
        let axes = spec.slices.iter().map(|slicing| axes(&mut wanted, slicing)).collect();
        Self {
            one_score: matches!(spec.scores, Scores::Positive(_)),
            threshold: spec.threshold,
            wanted,
            truth,
            predicted,
            scores,
            weight,
            id,
            axes,
            classes,
        }
    }

    /// The labels of a column in a batch.
    #[must_use]
    pub fn labels(batch: &Batch, place: usize) -> &[u32] {
        match batch.columns.get(place) {
            Some(Column::Labels(labels)) => labels,
            _ => &[],
        }
    }

    /// The numbers of a column in a batch.
    #[must_use]
    pub fn numbers(batch: &Batch, place: usize) -> &[f64] {
        match batch.columns.get(place) {
            Some(Column::Numbers(numbers)) => numbers,
            _ => &[],
        }
    }

    /// The keys of a column in a batch.
    #[must_use]
    pub fn keys(batch: &Batch, place: usize) -> &[u128] {
        match batch.columns.get(place) {
            Some(Column::Keys(keys)) => keys,
            _ => &[],
        }
    }
}

/// Without a column of predictions the scores are the predictions.
fn needs_scores(spec: &config::Predictions) -> bool {
    let mut asked = Measure::ALL.into_iter().filter(|measure| spec.asks_for(*measure));
    spec.predicted.is_none()
        || !spec.targets.is_empty()
        || asked.any(|measure| measure.needs() == config::Needs::Scores)
}

fn axes(wanted: &mut Vec<Wanted>, slicing: &Slicing) -> Vec<usize> {
    let mut axis = |axis: &Axis| match axis {
        Axis::Values(column) => place(wanted, column, Kind::Label),
        Axis::Quantiles(column, _) => place(wanted, column, Kind::Number),
    };
    match slicing {
        Slicing::One(one) => vec![axis(one)],
        Slicing::Cross(one, other) => vec![axis(one), axis(other)],
    }
}

fn place(wanted: &mut Vec<Wanted>, column: &str, kind: Kind) -> usize {
    let new = Wanted { column: column.to_owned(), kind };
    wanted.iter().position(|known| *known == new).unwrap_or_else(|| {
        wanted.push(new);
        wanted.len() - 1
    })
}
