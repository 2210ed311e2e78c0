//! The account of a run, `run.json`: what was done, what was learned, what was judged.
//!
//! Fields may be added; none changes its meaning within `modelgate/run/v1`. docs/record.md is the
//! reference for readers.

mod conclusion;
pub mod data;
mod evidence;
mod ownership;
mod predictions;
pub mod store;
mod verdict;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use conclusion::{conclude, contradiction, judged};
pub use data::{DATA, Data};
pub use evidence::{
    BuildEvidence, BuildStep, CommandEvidence, Evidence, ImageEvidence, Inputs, MetricValue, SlowTest,
    SmokeEvidence, Tests, first_line,
};
pub use predictions::{
    Bin, Comparison, Confusion, Curves, Estimate, Method, Pairing, Predictions, Repeat, Slice, Task,
    Threshold,
};
pub use verdict::{Aside, Conclusion, Row, RowOutcome, RuleKind, Verdict};

use crate::context::Context;
use crate::finding::Finding;
use crate::name::{Commit, Digest, MetricName, ModelName};
use crate::step::Step;

/// The `schema` of every record of this version.
pub const SCHEMA: &str = "modelgate/run/v1";

/// How the names of the metrics begin that are measured of the image, and of no other.
pub const SMOKE: &str = "smoke.";

/// The account of a run. Append-only: a step is added when it has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of modelgate that wrote it.
    pub modelgate: String,
    /// What tells this run from every other.
    pub id: String,
    /// The model.
    pub model: ModelName,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// Where it ran.
    pub context: Context,
    /// The steps that have ended, in the order of the work.
    pub steps: Vec<StepRecord>,
    /// What the candidate was compared with.
    pub baseline: Option<Baseline>,
    /// The judgement; none before the gate.
    pub verdict: Option<Verdict>,
    /// What was shipped, and where.
    pub deliveries: Vec<Delivery>,
    /// How the run ended; none while it is under way.
    pub conclusion: Option<Conclusion>,
    /// The bounds of `gate --what-if` that it was judged by in place of the file's. No run has any, so whoever goes on
    /// with a record refuses one that does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what_if: Vec<String>,
}

impl Record {
    /// A record of a run that has done nothing yet.
    #[must_use]
    pub fn new(id: String, model: ModelName, started: String, context: Context) -> Self {
        Self {
            schema: SCHEMA.into(),
            modelgate: env!("CARGO_PKG_VERSION").into(),
            id,
            model,
            started,
            context,
            steps: Vec::new(),
            baseline: None,
            verdict: None,
            deliveries: Vec::new(),
            conclusion: None,
            what_if: Vec::new(),
        }
    }

    /// What was recorded of a step.
    #[must_use]
    pub fn step(&self, step: Step) -> Option<&StepRecord> {
        self.steps.iter().find(|done| done.step == step)
    }

    /// Puts a step in its place, over an earlier account of the same step.
    pub fn put(&mut self, step: StepRecord) {
        self.steps.retain(|done| done.step != step.step);
        let place = self.steps.partition_point(|done| done.step < step.step);
        self.steps.insert(place, step);
    }

    /// Forgets `step` and all that came of it, because it is about to be done again.
    pub fn reopen(&mut self, step: Step) {
        // A report tells again of what was shipped.
        let keeps = |other: Step| other < step || (step == Step::Report && other > step);
        self.steps.retain(|done| keeps(done.step));
        if step <= Step::Gate {
            self.verdict = None;
            self.baseline = None;
            self.deliveries.clear();
        }
        // What is shipped is what was concluded; and what was cancelled stays so, however often it is shown.
        let is_kept =
            step > Step::Report || (step == Step::Report && self.conclusion == Some(Conclusion::Cancelled));
        if !is_kept {
            self.conclusion = None;
        }
    }

    /// Whether something that was approved did not come to where it was to go.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        let ended = self.step(Step::Deploy).map(|step| step.outcome);
        self.conclusion == Some(Conclusion::Approved)
            && matches!(ended, Some(Outcome::Failed | Outcome::Faulted))
    }

    /// The candidate's metrics: those of evaluate, those of the image, whose names begin with `smoke.`, and those of
    /// the data, whose names begin with `data.`; empty before all three.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<MetricName, MetricValue> {
        let of = |step| self.step(step).map(|step| step.evidence.metrics.clone()).unwrap_or_default();
        let is_of_another =
            |name: &MetricName| [SMOKE, DATA].iter().any(|start| name.as_str().starts_with(start));
        // What a file says about the image or the data is no measurement of them.
        let evaluated = of(Step::Evaluate).into_iter().filter(|(name, _)| !is_of_another(name));
        evaluated.chain(of(Step::Image)).chain(of(Step::Data)).collect()
    }

    /// What was learned of the data.
    #[must_use]
    pub fn data(&self) -> Option<&data::Data> {
        self.step(Step::Data)?.evidence.data.as_ref()
    }

    /// What the candidate's predictions came to.
    #[must_use]
    pub fn predictions(&self) -> Option<&Predictions> {
        self.step(Step::Evaluate)?.evidence.predictions.as_ref()
    }

    /// The candidate's value of a metric over all rows, and how sure it is: over the repeats where there are several,
    /// else over the rows of the predictions.
    #[must_use]
    pub fn estimate(&self, metric: &MetricName) -> Option<&Estimate> {
        let evidence = &self.step(Step::Evaluate)?.evidence;
        let of_rows = || evidence.predictions.as_ref()?.estimates.get(metric);
        evidence.means.get(metric).or_else(of_rows)
    }

    /// The image that was built and proven.
    #[must_use]
    pub fn image(&self) -> Option<&ImageEvidence> {
        self.step(Step::Image).filter(|step| step.outcome.is_good())?.evidence.image.as_ref()
    }

    /// The name under which the image was pushed: `registry/repository@sha256:…`.
    #[must_use]
    pub fn image_digest(&self) -> Option<&str> {
        self.deliveries.iter().find_map(|delivery| delivery.image.as_deref())
    }

    /// What train made: the digests that name the model.
    #[must_use]
    pub fn model_outputs(&self) -> BTreeMap<String, Digest> {
        self.step(Step::Train).map(|step| step.evidence.outputs.clone()).unwrap_or_default()
    }

    /// The profiles of data that were kept for later runs, by their paths in the run's folder.
    #[must_use]
    pub fn profiles(&self) -> BTreeMap<String, Digest> {
        self.data().map(Data::profiles).unwrap_or_default()
    }

    /// Every output of every step.
    #[must_use]
    pub fn outputs(&self) -> BTreeMap<String, Digest> {
        self.steps.iter().flat_map(|step| step.evidence.outputs.clone()).collect()
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It did its work and found nothing wrong.
    Passed,
    /// Nothing it depends on had changed, so its outputs were taken from an earlier run.
    Restored,
    /// It found something wrong.
    Failed,
    /// The world failed.
    Faulted,
    /// It was not done.
    Skipped,
}

impl Outcome {
    /// The word, as the record and every report spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Restored => "restored",
            Self::Failed => "failed",
            Self::Faulted => "faulted",
            Self::Skipped => "skipped",
        }
    }

    /// Whether what follows may build on it.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Passed | Self::Restored)
    }
}

/// What a step came to, before the conductor says when it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in one sentence.
    pub because: String,
    /// What it found wrong.
    pub findings: Vec<Finding>,
    /// What it learned.
    pub evidence: Evidence,
}

impl Work {
    /// Work that ended like this, with nothing found and nothing learned yet.
    pub fn new(outcome: Outcome, because: impl Into<String>) -> Self {
        Self { outcome, because: because.into(), findings: Vec::new(), evidence: Evidence::default() }
    }
}

/// A step that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Which one.
    pub step: Step,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in one sentence.
    pub because: String,
    /// What would mend it; only of a step that faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// What it found wrong.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What it learned.
    #[serde(default)]
    pub evidence: Evidence,
}

/// The record of another run, as far as this run was compared with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// Where it came from: `default-branch`, an environment, or a file.
    pub from: String,
    /// Where it was found, as a sentence's end: `the check model-metrics of 1a2b3c4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The commit that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The forge's name of the job that made it, by which what it left is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Its metrics.
    pub metrics: BTreeMap<MetricName, MetricValue>,
    /// What its train made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Digest>,
    /// The profiles that it has kept of its data, by the names of the sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Digest>,
    /// What its predictions came to, without the pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Box<Predictions>>,
    /// How the candidate's predictions differ from its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Box<Comparison>>,
}

impl Baseline {
    /// Whether its model is the run's own, byte for byte.
    #[must_use]
    pub fn is_model_of(&self, record: &Record) -> bool {
        let outputs = record.model_outputs();
        !outputs.is_empty() && outputs == self.outputs
    }

    /// As far as another run is compared with this record.
    #[must_use]
    pub fn of(record: &Record, from: String, place: Option<String>) -> Self {
        Self {
            from,
            place,
            commit: record.context.commit.clone(),
            run: Some(record.id.clone()),
            job: record.context.job.clone(),
            metrics: record.metrics(),
            outputs: record.model_outputs(),
            profiles: record.data().map(profiles).unwrap_or_default(),
            predictions: record.predictions().map(|predictions| Box::new(predictions.without_pictures())),
            comparison: None,
        }
    }
}

/// The digests of the profiles that were kept, by the names of their sets.
fn profiles(data: &Data) -> BTreeMap<String, Digest> {
    data.sets.iter().filter_map(|(name, set)| Some((name.clone(), set.profile?))).collect()
}

/// What was shipped, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The environment.
    pub target: String,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// Why, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// What was delivered: the key of the approval. The same is not delivered twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Digest>,
    /// The image as it was pushed: `registry/repository@sha256:…`; only of a delivery to a registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The number of the workflow's run that delivers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The number of the GitHub Deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<u64>,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryOutcome {
    /// It is where it was to go.
    Delivered,
    /// It was sent on its way, and nobody waited for its end.
    Started,
    /// It is not there, or nobody can say.
    Failed,
    /// It was not tried.
    Skipped,
}

impl DeliveryOutcome {
    /// The word, as the record and every report spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Started => "started",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}
