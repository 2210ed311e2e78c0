//! What a step learned. One structure for all steps: a step fills the parts that it has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::Data;
use super::predictions::{Estimate, Predictions, Repeat};
use crate::name::{Digest, MetricName};

/// What a step learned. Everything that the judge reads is in here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// How many source files were read (lint).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// What the test runner reported (test).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<Tests>,
    /// What was learned of the data (data).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// The commands that ran, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandEvidence>,
    /// The declared inputs, as one digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// The files that the step made, by their path in the project, with forward slashes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Digest>,
    /// The metrics (evaluate).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<MetricName, MetricValue>,
    /// What the predictions came to, where there are some (evaluate).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Predictions>,
    /// Each of several evaluations (evaluate). The metrics are their means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<Repeat>,
    /// The intervals of the means over the repeats (evaluate).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub means: BTreeMap<MetricName, Estimate>,
    /// The image that was built (image), or that the commands ran in (train, evaluate).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageEvidence>,
    /// How that image was built, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildEvidence>,
    /// What the image's server did when it was tried (image).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoke: Option<SmokeEvidence>,
    /// The id of the run that made the outputs, when they were restored and not made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<String>,
}

/// One command that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandEvidence {
    /// The command as a person would type it.
    pub command: String,
    /// How it ended: `exit 0`, `exit 1`, `signal 9`, `timed out after 2h`, `interrupted`, `not started`.
    pub ended: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// User and system CPU seconds of the command and the children that it waited for.
    pub cpu_seconds: f64,
    /// The largest resident set of any one of its processes, in bytes.
    pub peak_memory_bytes: u64,
    /// The file that keeps the whole output, relative to the run's folder.
    pub log: String,
    /// The last lines of the output; kept only when the command failed. Untrusted text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<String>,
}

impl CommandEvidence {
    /// How it ended, after the word for what ended: `ended with exit 1`, `timed out after 2h`, `was not
    /// started: …` with the reason.
    #[must_use]
    pub fn ending(&self) -> String {
        match (self.ended.as_str(), self.tail.last()) {
            ("not started", Some(why)) => format!("was not started: {why}"),
            ("not started" | "interrupted", _) => format!("was {}", self.ended),
            (ended, _) if ended.starts_with("timed out") => ended.to_owned(),
            (ended, _) => format!("ended with {ended}"),
        }
    }

    /// Whether its output tells more than [`Self::ending`].
    #[must_use]
    pub fn has_output_to_read(&self) -> bool {
        self.ended != "not started"
    }
}

/// A command for a sentence: of a script of several lines, the first.
#[must_use]
pub fn first_line(command: &str) -> String {
    match command.trim().split_once('\n') {
        Some((first, _)) => format!("{} …", first.trim_end()),
        None => command.trim().to_owned(),
    }
}

/// The declared inputs of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// How many files.
    pub files: u64,
    /// How many bytes in all.
    pub bytes: u64,
    /// One digest over every path and its content.
    pub digest: Digest,
}

/// What a test runner reported.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tests {
    /// Tests that passed.
    pub passed: u64,
    /// Tests whose assertion failed.
    pub failed: u64,
    /// Tests that broke before they could assert.
    pub errors: u64,
    /// Tests that were skipped.
    pub skipped: u64,
    /// Seconds that the runner reports, all tests together.
    pub seconds: f64,
    /// The slowest tests, slowest first, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slowest: Vec<SlowTest>,
}

/// A test and how long it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowTest {
    /// `class::name`, as far as the runner gives them.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
}

/// The value of a metric: a finite number, or a text that only an `equals` rule can judge.
///
/// A metrics file's NaN and infinities are kept as the texts `NaN`, `Infinity` and `-Infinity`,
/// so that a rule about them fails in so many words and nothing is dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetricValue {
    /// A finite number.
    Number(f64),
    /// A text, `true` and `false` among them.
    Text(String),
}

impl MetricValue {
    /// The number, where it is one.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

/// An image of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageEvidence {
    /// The id by which its engine knows it.
    pub id: Digest,
    /// Its size in bytes, as the engine counts it.
    pub bytes: u64,
    /// Its names, the placeholders filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// How an image was built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildEvidence {
    /// By what: `buildkit`, `buildkit-tar` or `classic`; empty where it came to nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub builder: String,
    /// Its steps, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<BuildStep>,
    /// The file that keeps the whole output, relative to the run's folder.
    pub log: String,
    /// The last lines of the output; kept only when it failed. Untrusted text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<String>,
}

/// One step of a build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildStep {
    /// Such as `[2/4] RUN pip install -r requirements.txt`.
    pub name: String,
    /// Seconds that it took; 0 for one that was cached.
    pub seconds: f64,
    /// Whether it was taken from the cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
}

/// What a server did when it was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmokeEvidence {
    /// Seconds until it was ready; none where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_seconds: Option<f64>,
    /// How many requests were sent once it was ready.
    pub requests: u64,
    /// How many of their answers were wrong.
    pub failed: u64,
    /// The file that keeps the server's output, relative to the run's folder.
    pub log: String,
    /// The last lines of its output; kept only when it failed. Untrusted text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<String>,
}
