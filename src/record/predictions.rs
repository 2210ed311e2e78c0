//! What was measured of predictions: metrics with their intervals, slices, and what the pictures show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{Digest, MetricName};

/// What a set of predictions came to (evaluate).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    /// How many rows.
    pub rows: u64,
    /// What is predicted.
    pub task: Task,
    /// The evaluation set: one digest over every row's id (its number where there are no ids), truth and weight. The
    /// same for the same set, whatever was predicted; with ids, in whatever order.
    pub set: Digest,
    /// What the columns meant when it was measured: one digest over the part of `evaluate.predictions` that says so.
    pub specification: Digest,
    /// The digests of the files that hold the predictions, by path.
    pub files: BTreeMap<String, Digest>,
    /// The confidence of every interval in here, between 0 and 1.
    pub confidence: f64,
    /// Which of two classes is the positive one. Untrusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The metrics over all rows.
    pub estimates: BTreeMap<MetricName, Estimate>,
    /// The metrics over parts of the rows, in the order of the configuration, then of the parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// How often each class was taken for each; only of a classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// How often what was said with a probability came true; only where there are scores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<Bin>,
    /// What other thresholds would come to; only of two classes with scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
}

impl Comparison {
    /// Whether rows were held against rows.
    #[must_use]
    pub const fn is_paired(&self) -> bool {
        matches!(self.pairing, Pairing::Id | Pairing::Row)
    }
}

impl Predictions {
    /// The slice of this name.
    #[must_use]
    pub fn slice(&self, name: &str) -> Option<&Slice> {
        self.slices.iter().find(|slice| slice.name == name)
    }

    /// The slice that another side calls the same: a name alone may once have been that of a slice by something else.
    #[must_use]
    pub fn same_slice(&self, other: &Slice) -> Option<&Slice> {
        self.slices.iter().find(|slice| slice.by == other.by && slice.name == other.name)
    }

    /// Without what only pictures show: what a baseline is compared by.
    #[must_use]
    pub fn without_pictures(&self) -> Self {
        Self { confusion: None, calibration: Vec::new(), curves: None, ..self.clone() }
    }
}

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of several classes.
    Classes,
    /// A number.
    Regression,
}

/// A metric's value, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value; finite.
    pub value: f64,
    /// Low and high end; none where there is no method, or not enough to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// How the interval came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
}

/// How an interval came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Wilson's score interval of a proportion.
    Wilson,
    /// DeLong's variance of an area under the curve.
    Delong,
    /// Student's t of a mean over rows.
    T,
    /// The delta method: the variance of the rows' influence.
    Delta,
    /// The bootstrap, bias-corrected and accelerated.
    Bca,
    /// The bootstrap's percentiles.
    Percentile,
    /// The binomial interval of an order statistic.
    OrderStatistic,
    /// Newcombe's interval of a difference between paired proportions.
    Newcombe,
    /// Two independent intervals put together (MOVER).
    Mover,
    /// Student's t of a mean over repeats.
    Repeats,
}

impl Method {
    /// The name, as reports spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wilson => "Wilson",
            Self::Delong => "DeLong",
            Self::T => "Student's t",
            Self::Delta => "delta method",
            Self::Bca => "bootstrap (BCa)",
            Self::Percentile => "bootstrap (percentile)",
            Self::OrderStatistic => "order statistic",
            Self::Newcombe => "Newcombe, paired",
            Self::Mover => "MOVER, unpaired",
            Self::Repeats => "Student's t over repeats",
        }
    }
}

/// A part of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// What the rows are divided by: `region`, or `region*age` for a cross of two.
    pub by: String,
    /// Such as `region=north`, `age=[30, 45)`, `region=north, age=[30, 45)`. Untrusted in part.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// Whether these are too few to decide anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub small: bool,
    /// The metrics over them.
    pub estimates: BTreeMap<MetricName, Estimate>,
}

/// How often each class was taken for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// The classes, in order. Untrusted.
    pub labels: Vec<String>,
    /// A row a true class, a column a predicted class: the sums of the weights.
    pub counts: Vec<Vec<f64>>,
}

/// The predictions with a confidence between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The mean confidence.
    pub said: f64,
    /// The share that came true.
    pub came_true: f64,
    /// The sum of the weights.
    pub weight: f64,
}

/// What other thresholds would come to. Each point is two numbers, at most a hundred or so of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curves {
    /// False positive rate and true positive rate, both growing.
    pub roc: Vec<[f64; 2]>,
    /// Recall and precision, the recall growing.
    pub precision_recall: Vec<[f64; 2]>,
    /// The thresholds that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
}

/// The best threshold that reaches a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// `precision` or `recall`.
    pub target: String,
    /// What it is to be at least.
    pub at_least: f64,
    /// The threshold: a score of at least this is positive. None where no threshold reaches the target.
    pub threshold: Option<f64>,
    /// The precision there.
    pub precision: Option<f64>,
    /// The recall there.
    pub recall: Option<f64>,
}

/// How the candidate's predictions differ from the baseline's: candidate minus baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How the rows were brought together.
    pub pairing: Pairing,
    /// How many rows were compared: those that both have, or the candidate's where they are not paired.
    pub rows: u64,
    /// Why no rule that compares may pass by this, as the end of a sentence: the rows, or what was measured of them, are
    /// not the baseline's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// The confidence of every interval in here.
    pub confidence: f64,
    /// The changes over all rows.
    pub changes: BTreeMap<MetricName, Estimate>,
    /// The changes over the slices, by the slice's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slices: BTreeMap<String, BTreeMap<MetricName, Estimate>>,
}

/// How the rows of two sets of predictions were brought together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by", content = "why")]
pub enum Pairing {
    /// By their ids.
    Id,
    /// By their order: the sets are the same.
    Row,
    /// Not at all, and why, as the end of a sentence.
    Unpaired(String),
}

/// One of several evaluations of the same model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// The seed that the commands were given.
    pub seed: u64,
    /// The numeric metrics that came of it.
    pub metrics: BTreeMap<MetricName, f64>,
}
