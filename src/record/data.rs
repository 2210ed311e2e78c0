//! What was learned of the data: its sets, what is wrong with them, what leaks, and how far it has moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::Digest;
use crate::number::counted;

/// How the names of the metrics begin that are of the data, and of no evaluation.
pub const DATA: &str = "data.";

/// What was learned of the data (data).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Data {
    /// The sets, by their names.
    pub sets: BTreeMap<String, Set>,
    /// What breaks the schema, in the order of the sets, the worst first in each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// What is both in the training set and in the test set; none where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leakage: Option<Leakage>,
    /// How far the data has moved; none where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

impl Data {
    /// The profiles that were kept for later runs, by their paths in the run's folder.
    #[must_use]
    pub fn profiles(&self) -> BTreeMap<String, Digest> {
        let of = |(set, found): (&String, &Set)| Some((profile_path(set), found.profile?));
        self.sets.iter().filter_map(of).collect()
    }
}

/// Where the profile of a set is kept, in the run's folder and in its bundle.
#[must_use]
pub fn profile_path(set: &str) -> String {
    format!("data/profile-{set}.json")
}

/// A set of data.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Set {
    /// How many rows.
    pub rows: u64,
    /// How many columns.
    pub columns: u64,
    /// Its files and their digests, by path.
    pub files: BTreeMap<String, Digest>,
    /// How many rows have no value, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, u64>,
    /// The profile that was kept of it for later runs, `data/profile-SET.json` in the run's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Digest>,
}

/// Rows that break one check of the schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The set.
    pub set: String,
    /// The check: the code of its finding, such as `data-range`.
    pub check: String,
    /// The column; none of a check of the table. Untrusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many rows break it.
    pub rows: u64,
    /// Their share of all.
    pub share: f64,
    /// The first of them, from 1, and what they hold. Untrusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<(u64, String)>,
}

/// What is both in the training set and in the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leakage {
    /// The name of the training set.
    pub train: String,
    /// The name of the test set.
    pub test: String,
    /// How many rows of the test set are in the training set.
    pub rows: u64,
    /// Their share of the test set.
    pub share: f64,
    /// The first of them: the row of the test set, and the row of the training set, both from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<(u64, u64)>,
    /// How many values of a group's column are in both sets, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, u64>,
    /// The area under the ROC curve with which each column alone tells the label, the highest first; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicts: Vec<(String, f64)>,
}

/// The method of a column of which a detector has said whether it has drifted.
pub const DETECTOR: &str = "detector";

/// How far the data has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// What the data is compared with: the name of a set, a file, or `baseline`.
    pub reference: String,
    /// The profile that stood for the reference; none where the data itself was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Recalled>,
    /// The name of the set that was compared.
    pub current: String,
    /// How many rows were compared: of the reference, and now. None of what a detector said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<[u64; 2]>,
    /// The method: a word of `data.drift.method`.
    pub method: String,
    /// The share of the columns that have drifted.
    pub share: f64,
    /// From which share on the data has drifted.
    pub bound: f64,
    /// Whether it has.
    pub drifted: bool,
    /// The columns, those that have drifted first, then by how far they are from their threshold.
    pub columns: Vec<ColumnDrift>,
}

/// A profile that stood for data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Its digest.
    pub digest: Digest,
    /// How many rows it is of.
    pub rows: u64,
    /// The run whose data it is of; none of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// How far a column has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// Its name. Untrusted.
    pub column: String,
    /// What it is to the model.
    #[serde(default, skip_serializing_if = "Role::is_feature")]
    pub role: Role,
    /// What the score is: `psi`, `jensen-shannon`, `wasserstein`, `ks`, `chi-square`, `z-test` …
    pub method: String,
    /// The score: an effect, or the p-value of a test. None where there is nothing to compare.
    pub score: Option<f64>,
    /// From which score on it has drifted; of a p-value, below which.
    pub threshold: f64,
    /// How probable it is by chance, after the correction for the number of columns; none where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// Whether it has drifted.
    pub drifted: bool,
    /// In one sentence, why.
    pub because: String,
    /// The share of rows without a value: of the reference, and now.
    pub missing: [f64; 2],
    /// The share of the rows now that have a category which the reference does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<f64>,
    /// How far off the reference's numbers are, where only a sketch of them was left: in a profile of more values than are
    /// counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Sketch>,
    /// How the values lie, for a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// How far off numbers are that a sketch has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sketch {
    /// By this share of themselves.
    RelativeError(f64),
    /// By so much: of days and times, in seconds.
    AbsoluteError(f64),
}

impl ColumnDrift {
    /// Whether its score is the p-value of a test, so that less is more drift.
    #[must_use]
    pub fn is_by_test(&self) -> bool {
        matches!(self.method.as_str(), "ks" | "chi-square" | "z-test")
    }

    /// Whether anything is known of its drift. A detector may give a verdict without a score.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        self.score.is_some() || self.drifted || self.method == DETECTOR
    }
}

impl Drift {
    /// How many columns have drifted.
    #[must_use]
    pub fn moved(&self) -> usize {
        self.columns.iter().filter(|column| column.drifted).count()
    }

    /// How many columns were compared: the others may have drifted or not.
    #[must_use]
    pub fn compared(&self) -> usize {
        self.columns.iter().filter(|column| column.is_compared()).count()
    }

    /// `1 of 4 columns drifted, 3 not compared`, with this verb, or none.
    #[must_use]
    pub fn counts(&self, verb: &str) -> String {
        let compared = self.compared();
        let others = match self.columns.len() - compared {
            0 => String::new(),
            others => format!(", {others} not compared"),
        };
        format!("{} of {}{verb}{others}", self.moved(), counted(compared, "column", "columns"))
    }

    /// Whether some drift would not show: not all columns were compared, or hardly any rows.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.compared() < self.columns.len() || self.is_of_few()
    }

    /// Fewer rows than these show next to no drift.
    pub const FEWEST: u64 = 20;

    /// Whether a side has so few rows that hardly any drift would show.
    #[must_use]
    pub fn is_of_few(&self) -> bool {
        self.rows.is_some_and(|rows| rows.into_iter().any(|rows| rows < Self::FEWEST))
    }
}

/// What a column is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What it learns from.
    #[default]
    Feature,
    /// What it is to predict.
    Label,
    /// What it predicted.
    Prediction,
}

impl Role {
    /// Whether it is what nearly all columns are.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_feature(&self) -> bool {
        *self == Self::Feature
    }
}

/// How the values of a column lie, in the same bins or categories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Of numbers the edges of the bins, one more than bins; empty for categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// The names of the categories; empty for numbers. Untrusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The share of the reference's rows in each.
    pub reference: Vec<f64>,
    /// The share of the rows now in each.
    pub current: Vec<f64>,
}
