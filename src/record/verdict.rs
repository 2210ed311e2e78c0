//! The verdict as it is recorded. Only [`crate::gate`] makes one.

use serde::{Deserialize, Serialize};

use super::evidence::MetricValue;
use super::predictions::Method;
use crate::name::MetricName;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Every blocking rule holds.
    Approved,
    /// A rule does not hold.
    Rejected,
    /// The evidence does not decide. Not a pass.
    Inconclusive,
    /// A step before the gate failed, so nothing was judged.
    Failed,
    /// The world failed; nothing is said about the model.
    Faulted,
    /// Somebody stopped the run.
    Cancelled,
}

impl Conclusion {
    /// The word, as the record and every report spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
            Self::Faulted => "faulted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The judgement: one row a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Approved, rejected or inconclusive.
    pub conclusion: Conclusion,
    /// The rules, in the order of the configuration.
    pub rows: Vec<Row>,
    /// The confidence with which the rows were decided; none where the values alone decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What a reader should know besides the rows, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The kinds of rule, by the key that the configuration gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// The value is at least the bound.
    Min,
    /// The value is at most the bound.
    Max,
    /// The value is below the baseline by at most the bound.
    MaxDrop,
    /// The value is above the baseline by at most the bound.
    MaxRise,
    /// The value is better than the baseline by at least the bound.
    MinGain,
    /// The value is the bound.
    Equals,
}

impl RuleKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Min, Self::Max, Self::MaxDrop, Self::MaxRise, Self::MinGain, Self::Equals];

    /// The key of the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::MaxDrop => "max-drop",
            Self::MaxRise => "max-rise",
            Self::MinGain => "min-gain",
            Self::Equals => "equals",
        }
    }

    /// Whether the rule needs a baseline.
    #[must_use]
    pub const fn compares(self) -> bool {
        matches!(self, Self::MaxDrop | Self::MaxRise | Self::MinGain)
    }
}

/// What a rule came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowOutcome {
    /// The rule holds.
    Pass,
    /// The rule does not hold, or what it needs is missing.
    Fail,
    /// The evidence does not decide.
    Inconclusive,
}

impl Row {
    /// A row about which nothing is known yet, so that it is inconclusive.
    #[must_use]
    pub const fn new(metric: MetricName, rule: RuleKind, bound: MetricValue) -> Self {
        Self {
            metric,
            slice: None,
            rule,
            bound,
            relative: false,
            value: None,
            baseline: None,
            change: None,
            interval: None,
            change_interval: None,
            method: None,
            rows: None,
            more_rows: None,
            aside: None,
            margin: None,
            outcome: RowOutcome::Inconclusive,
            because: String::new(),
        }
    }
}

impl RowOutcome {
    /// The word, as the record and every report spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// Why a row does not count in the conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aside {
    /// It is of `gate.warn`.
    Warn,
    /// Its slice has too few rows.
    Small,
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The metric that the rule is about.
    pub metric: MetricName,
    /// The slice of the data; none is all of it.
    pub slice: Option<String>,
    /// The kind of rule.
    pub rule: RuleKind,
    /// The bound. Of a relative rule, a fraction: 0.1 is 10 %.
    pub bound: MetricValue,
    /// Whether the bound is a fraction of the baseline's value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relative: bool,
    /// The candidate's value; none when nobody measured it.
    pub value: Option<MetricValue>,
    /// The baseline's value.
    pub baseline: Option<MetricValue>,
    /// Candidate minus baseline.
    pub change: Option<f64>,
    /// The interval of the value.
    pub interval: Option<[f64; 2]>,
    /// The interval of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_interval: Option<[f64; 2]>,
    /// How the interval that decides came about: that of the change for a rule that compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// How many rows the value was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// About how many more rows would decide it; only of a row that is inconclusive for want of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_rows: Option<u64>,
    /// Why it does not count in the conclusion; none of a row that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
    /// How far inside the bound, in the metric's own unit; negative is outside.
    pub margin: Option<f64>,
    /// What it came to.
    pub outcome: RowOutcome,
    /// Why, in one sentence.
    pub because: String,
}
