//! modelgate.yml: parsed and validated as a whole, every problem at once.

mod computed;
mod data;
pub(crate) mod decode;
mod deploy;
pub(crate) mod duplicates;
mod gate;
mod image;
mod launch;
mod judged;
mod measure;
mod paths;
mod predictions;
mod problem;
mod raw;
mod schema;
pub(crate) mod source;
pub(crate) mod suggest;
mod validate;

#[cfg(test)]
#[path = "reference_tests.rs"]
mod reference;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub use computed::better;
pub use data::{Data, Drift, DriftCorrection, DriftMethod, Holds, Leakage, Measured, Reference, Set};
pub use deploy::INPUTS;
pub use gate::doubts;
pub use image::PLACEHOLDERS;
pub use judged::may_judge;
pub use launch::{LAUNCH_INPUTS, launch_variable};
pub use measure::{Fairness, Measure, Needs};
pub use predictions::{Axis, Intervals, PredictedTask, Predictions, Scores, Slicing, Target};
pub use problem::{Problem, render};
pub use raw::{Better, Bound, Command, Correction, Gpus, Push, WithoutBaseline};
pub(crate) use raw::{OneOrMany, Ordered, Scalar};
pub use schema::schema;
pub(crate) use schema::schema_of;
pub(crate) use validate::version;

use crate::document::{self, Node, Place};
use crate::name::{MetricName, ModelName};
use crate::record::{MetricValue, RuleKind};
use crate::step::Step;

/// What modelgate.yml says, valid and with its defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The model's name.
    pub model: ModelName,
    /// Always there: lint runs with its defaults when it is left out.
    pub lint: Lint,
    /// None when it is left out.
    pub test: Option<Test>,
    /// None when it is left out.
    pub data: Option<Data>,
    /// None when it is left out.
    pub train: Option<Train>,
    /// How the model is measured.
    pub evaluate: Evaluate,
    /// None when it is left out.
    pub image: Option<Image>,
    /// How the measurements are judged.
    pub gate: Gate,
    /// How the judgement is shown.
    pub report: Report,
    /// The environments, in the order in which they are delivered to; empty when nothing is shipped.
    pub deploy: Vec<Environment>,
    /// How a training is started by hand.
    pub retrain: Retrain,
    /// What is valid and cannot be done by this version, in the order of the work.
    pub unavailable: Vec<Unavailable>,
}

impl Config {
    /// What the steps read, as it is written: paths, folders and globs.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        let trained = self.train.iter().flat_map(|train| &train.inputs);
        trained.chain(&self.evaluate.inputs).map(String::as_str)
    }

    /// The inputs that a dispatched workflow gets from us.
    pub fn given_inputs(&self) -> impl Iterator<Item = &str> {
        let is_pushed = self.image.as_ref().is_some_and(Image::is_pushed);
        INPUTS.into_iter().filter(move |name| is_pushed || *name != "image")
    }

    /// The variables that hold trigger tokens.
    pub fn trigger_tokens(&self) -> impl Iterator<Item = &str> {
        let deployed =
            self.deploy.iter().filter_map(|environment| match &environment.launch.as_ref()?.what {
                Launched::Trigger(trigger) => Some(trigger),
                Launched::Play { .. } => None,
            });
        deployed.chain([&self.retrain.trigger]).filter_map(|trigger| trigger.token.as_deref())
    }

    /// The container that a step runs in; none of a step that runs on this machine.
    #[must_use]
    pub fn container(&self, step: Step) -> Option<&Container> {
        let script = match step {
            Step::Train => self.train.as_ref().map(|train| &train.script),
            Step::Evaluate => Some(&self.evaluate.script),
            _ => None,
        };
        match script.map(|script| (&script.engine, script.commands.is_empty())) {
            Some((Engine::Docker(container), false)) => Some(container),
            _ => None,
        }
    }

    /// The commands of every step that has some.
    #[must_use]
    pub fn scripts(&self) -> Vec<&Script> {
        let Self { lint, test, train, evaluate, .. } = self;
        let test = test.as_ref().map(|test| &test.script);
        let train = train.as_ref().map(|train| &train.script);
        [Some(&lint.script), test, train, Some(&evaluate.script)].into_iter().flatten().collect()
    }
}

/// Something valid that this version cannot do yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// The step that it belongs to.
    pub step: Step,
    /// The dotted key, such as `image` or `train.engine`.
    pub key: String,
    /// Whether the step as a whole cannot be done because of it. It can when the rest stands on its own:
    /// `evaluate.predictions` beside `evaluate.metrics`. A gate that cannot judge all that it was asked to
    /// judges nothing.
    pub whole_step: bool,
    /// Where in the file.
    pub place: Option<Place>,
}

/// Commands and what surrounds them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// What to run, in order; the first that fails ends the step. May be empty.
    pub commands: Vec<Command>,
    /// Environment variables for the commands.
    pub env: BTreeMap<String, String>,
    /// Names of secret variables that the commands may see.
    pub secrets: Vec<String>,
    /// The folder to run in, relative to the project, with forward slashes; `.` is the project itself.
    pub working_directory: String,
    /// How long each command may take; none is no limit.
    pub timeout: Option<Duration>,
    /// Where they run.
    pub engine: Engine,
}

/// Where commands run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Engine {
    /// On this machine.
    #[default]
    Local,
    /// In a container.
    Docker(Container),
}

/// The container that commands run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// An image by its name; none is the one that `image` builds.
    pub image: Option<String>,
    /// The stage that is built to run in; none is `image.target`.
    pub target: Option<String>,
    /// `user` or `user:group`; none is whoever runs modelgate.
    pub user: Option<String>,
    /// Bytes; none is no limit.
    pub memory: Option<u64>,
    /// Processors in billionths; none is no limit.
    pub nano_cpus: Option<u64>,
    /// None without any.
    pub gpus: Option<Gpus>,
    /// `none`, `bridge`, `host` or the name of a network.
    pub network: String,
}

/// Build the image that holds the model, and prove it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// The folder that the Dockerfile copies from, relative to the project.
    pub context: String,
    /// The Dockerfile, relative to the project; none is `Dockerfile` in the context.
    pub dockerfile: Option<String>,
    /// The stage that is the image; none is the last.
    pub target: Option<String>,
    /// The build's arguments.
    pub args: BTreeMap<String, String>,
    /// Labels besides our own.
    pub labels: BTreeMap<String, String>,
    /// `os/arch`, or `os/arch/variant`; none is the engine's.
    pub platform: Option<String>,
    /// The network of `RUN`.
    pub network: String,
    /// What `RUN` can read as a secret, by id.
    pub secrets: BTreeMap<String, BuildSecret>,
    /// The agents: `default`, or `id=socket`.
    pub ssh: Vec<String>,
    /// Images whose layers may be reused.
    pub cache_from: Vec<String>,
    /// Whether layers of earlier builds may be reused.
    pub cache: bool,
    /// Whether base images are asked for anew.
    pub pull: bool,
    /// The names, with placeholders.
    pub tags: Vec<String>,
    /// Which approved runs push.
    pub push: Push,
    /// Whether a missing repository is made, in Amazon ECR.
    pub create_repository: bool,
    /// What the image must do; none when it is left out.
    pub smoke: Option<Smoke>,
    /// The most that the builder's cache may hold, in bytes; none is no limit.
    pub prune_cache: Option<u64>,
    /// How long the build may take; none is no limit.
    pub timeout: Option<Duration>,
}

/// Where a secret of a build comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildSecret {
    /// An environment variable.
    Variable(String),
    /// A file, relative to the project or absolute.
    File(String),
}

/// What the image must do before it may be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smoke {
    /// What the container runs; none is what the image says.
    pub run: Option<Command>,
    /// The port of the server; none is the one that the image exposes.
    pub port: Option<u16>,
    /// The path that answers when the server is ready.
    pub ready: String,
    /// Paths or globs of the requests.
    pub requests: Vec<String>,
    /// How often each request is sent; at least 1.
    pub repeat: u32,
    /// How long the server may take to be ready.
    pub timeout: Duration,
    /// Environment variables of the container.
    pub env: BTreeMap<String, String>,
    /// Bytes; none is no limit.
    pub memory: Option<u64>,
    /// Processors in billionths; none is no limit.
    pub nano_cpus: Option<u64>,
}

/// Read the source code for what is plainly wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Globs of Python files and notebooks; empty switches the built-in check off.
    pub python: Vec<String>,
    /// The linters.
    pub script: Script,
}

impl Lint {
    /// What is checked when the file does not say.
    pub const PYTHON: [&str; 2] = ["**/*.py", "**/*.ipynb"];
}

/// Run the project's own tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The test runner.
    pub script: Script,
    /// Paths or globs of JUnit XML files.
    pub junit: Vec<String>,
}

/// Make the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Train {
    /// What makes it.
    pub script: Script,
    /// Paths or globs; empty means that the step always runs.
    pub inputs: Vec<String>,
    /// Paths or globs within the project.
    pub outputs: Vec<String>,
}

/// Measure the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    /// What measures it.
    pub script: Script,
    /// Paths or globs besides the outputs of train; empty means that the step always runs.
    pub inputs: Vec<String>,
    /// Paths or globs within the project, besides the metrics.
    pub outputs: Vec<String>,
    /// Paths or globs of the metrics files. Not empty, unless `evaluate.predictions` is there.
    pub metrics: Vec<String>,
    /// The predictions that metrics are computed of.
    pub predictions: Option<Predictions>,
    /// The baseline's model that is measured once more, with the candidate's commands and data.
    pub baseline_model: Option<BaselineModel>,
    /// How often the model is measured, each time with another seed; at least 1.
    pub repeats: u32,
}

impl Evaluate {
    /// The patterns of what is read in the end: the metrics files and the predictions.
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        let predictions = self.predictions.as_ref().map(|predictions| predictions.files.as_slice());
        [self.metrics.as_slice(), predictions.unwrap_or_default()].concat()
    }
}

/// Where the baseline's model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineModel {
    /// Where the run kept it that made it.
    Kept,
    /// A file or a folder, relative to the project or absolute.
    Path(String),
}

/// Judge the measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// What the candidate is compared with.
    pub baseline: BaselineSource,
    /// What rules that compare come to while there is no baseline.
    pub without_baseline: WithoutBaseline,
    /// The confidence with which rules are decided on intervals; none where the values alone decide.
    pub confidence: Option<f64>,
    /// What is done about many rules.
    pub correction: Correction,
    /// The rules in the order of the file: by metric, then in the order of the keys as written; then those of `warn`.
    /// At least one of them blocks.
    pub rules: Vec<Rule>,
    /// The slicings that are cut where the data's own quantiles are: of other data, their slices have other names.
    pub cut: Vec<String>,
}

/// Where the baseline comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineSource {
    /// There is none.
    None,
    /// The newest approved run of the default branch.
    DefaultBranch,
    /// What the newest successful deployment to this environment delivered.
    Deployed(String),
    /// A metrics file or a run.json, relative to the project or absolute.
    File(String),
}

/// How the judgement is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name of the check on the commit; none is wanted.
    pub check: Option<String>,
    /// Whether a comment on the pull request is wanted.
    pub comment: bool,
}

impl Report {
    /// The name of the check when the file does not say.
    pub const CHECK_NAME: &str = "model-metrics";
}

impl Default for Report {
    fn default() -> Self {
        Self { check: Some(Self::CHECK_NAME.into()), comment: false }
    }
}

/// An environment that approved models are delivered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// The environment that must have it first.
    pub after: Option<String>,
    /// From where: only runs of the default branch, unless this is set.
    pub from_any_branch: bool,
    /// What starts the delivery on GitHub. At least one of this, `launch` and `deployment` is there.
    pub dispatch: Option<Dispatch>,
    /// What starts the delivery on GitLab.
    pub launch: Option<Launch>,
    /// Whether a Deployment of the forge tells of it; its page, where there is one.
    pub deployment: Option<Deployment>,
}

/// What starts a delivery on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// What is started.
    pub what: Dispatched,
    /// Inputs besides those that we give.
    pub inputs: BTreeMap<String, String>,
    /// Whether its end is waited for.
    pub wait: bool,
    /// How long its end is waited for.
    pub timeout: Duration,
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dispatched {
    /// A workflow, by the name of its file, as it is on the branch; none is the default branch.
    Workflow {
        /// Such as `deploy.yml`.
        workflow: String,
        /// A branch or a tag.
        branch: Option<String>,
    },
    /// Whatever listens to this `repository_dispatch`.
    Event(String),
}

/// What starts a delivery on GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What is started.
    pub what: Launched,
    /// Whether its end is waited for.
    pub wait: bool,
    /// How long its end is waited for.
    pub timeout: Duration,
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launched {
    /// A new pipeline.
    Trigger(Trigger),
    /// A manual job of the pipeline that we are in.
    Play {
        /// Its name.
        job: String,
        /// Variables besides those that we give.
        variables: BTreeMap<String, String>,
    },
}

/// A new pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trigger {
    /// The branch or tag that it is of; none is the default branch.
    pub reference: Option<String>,
    /// The path or the number of the project; none is the one of the job.
    pub project: Option<String>,
    /// The variable that holds a trigger token; none is the token of the job.
    pub token: Option<String>,
    /// What it gets besides what we give.
    pub given: Given,
}

/// As what a pipeline gets values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// As variables of the pipeline.
    Variables(BTreeMap<String, String>),
    /// As inputs, which the pipeline must declare.
    Inputs(BTreeMap<String, String>),
}

impl Default for Given {
    fn default() -> Self {
        Self::Variables(BTreeMap::new())
    }
}

/// A Deployment of the forge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deployment {
    /// The page of the environment.
    pub url: Option<String>,
}

/// How a training is started by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrain {
    /// The file of the workflow.
    pub workflow: String,
    /// The branch that it is taken from; none is the default branch.
    pub branch: Option<String>,
    /// The pipeline, on GitLab.
    pub trigger: Trigger,
}

impl Retrain {
    /// The file of the workflow when the file does not say.
    pub const WORKFLOW: &str = "retrain.yml";
}

impl Default for Retrain {
    fn default() -> Self {
        Self { workflow: Self::WORKFLOW.into(), branch: None, trigger: Trigger::default() }
    }
}

/// One rule about one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The metric.
    pub metric: MetricName,
    /// The kind of rule.
    pub kind: RuleKind,
    /// The bound; of a relative rule, a fraction: 0.1 is 10 %.
    pub bound: MetricValue,
    /// Whether the bound is a fraction of the baseline's value.
    pub relative: bool,
    /// Which way is better; only [`RuleKind::MinGain`] looks at it.
    pub better: Better,
    /// The slices that it must hold of, besides the whole.
    pub slices: Option<RuleSlices>,
    /// Whether it is of `gate.warn`, so that it blocks nothing.
    pub warn: bool,
}

/// The slices that a rule must hold of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSlices {
    /// The names of the slicings; empty for all that are in the record.
    pub by: Vec<String>,
    /// Whether only the worst of them has a row.
    pub worst: bool,
    /// Whether small slices decide too.
    pub small: bool,
}

impl Gate {
    /// The confidence of intervals where the file does not say.
    pub const CONFIDENCE: f64 = 0.95;

    /// The confidence of the intervals that are shown.
    #[must_use]
    pub fn shown_confidence(&self) -> f64 {
        self.confidence.unwrap_or(Self::CONFIDENCE)
    }
}

/// Parses and validates the text of modelgate.yml.
///
/// # Errors
/// Every problem, in the order of the file; what has no place comes first. After a hundred, their number.
pub fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    let manner = Manner {
        begin: "`modelgate init` writes a file to begin with",
        key: "model",
        remedy: decode::remedy,
        largest: source::LARGEST,
        prepare: validate::empty_sections,
    };
    let (config, unavailable) = parse_as(text, &manner, validate::validate)?;
    Ok(Config { unavailable, ..config })
}

/// What differs between the files of ours.
pub(crate) struct Manner {
    /// What to do about a file with nothing in it.
    pub begin: &'static str,
    /// A key that it has.
    pub key: &'static str,
    /// What to do about a value of the wrong kind.
    pub remedy: fn(&source::KeyPath) -> &'static str,
    /// More bytes than such a file ever has.
    pub largest: u64,
    /// What is done to the tree before it is decoded.
    pub prepare: fn(&mut source::Source<'_>, &mut Node),
}

/// Parses and validates the text of a file of ours.
pub(crate) fn parse_as<Raw: serde::de::DeserializeOwned, Valid>(
    text: &str,
    manner: &Manner,
    validate: impl FnOnce(&mut source::Source<'_>, Raw) -> Option<Valid>,
) -> Result<(Valid, Vec<Unavailable>), Vec<Problem>> {
    source::small_enough(text.len(), manner.largest).map_err(|problem| vec![problem])?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = tree(text, manner).map_err(|problem| vec![problem.with_line(text)])?;
    let mut root = duplicates::remove(whole.clone());
    let first = root.clone();
    let mut source = source::Source::new(text, &first);
    duplicates::check(&mut source, &whole, &source::KeyPath::default());
    (manner.prepare)(&mut source, &mut root);
    let (raw, errors) = document::decode(root);
    for error in errors {
        decode::report(&mut source, error, manner.remedy);
    }
    let valid = raw.and_then(|raw| validate(&mut source, raw));
    let unavailable = source.finish()?;
    valid.map(|valid| (valid, unavailable)).ok_or_else(|| {
        let help = "please report it together with the file";
        vec![Problem::new("", None, "the file was refused without a reason".into(), Some(help.into()))]
    })
}

/// The file as a map, or what is wrong with it as a whole.
fn tree(text: &str, manner: &Manner) -> Result<Node, Problem> {
    let whole = |place, message: &str, help: &str| Problem::new("", place, message.into(), Some(help.into()));
    let wrong = |found: &str| {
        let message = format!("expected keys such as `{}`, found {found}", manner.key);
        whole(document::locate(text, &[], document::At::Value), &message, manner.begin)
    };
    let node = document::yaml(text).map_err(|error| {
        let help = match &error.message {
            tab if tab.starts_with("a tab") => "put spaces in its place, two for each level",
            bomb if bomb.contains("aliases") => "write out what its aliases (`*name`) stand for",
            _ => "the file is YAML: check the indentation, the quotes and the brackets",
        };
        whole(error.place, &error.message, help)
    })?;
    match node {
        Node::Map(entries) if entries.is_empty() => Err(whole(None, "the file is empty", manner.begin)),
        Node::Map(entries) => Ok(Node::Map(entries)),
        Node::Null => Err(whole(None, "the file is empty", manner.begin)),
        Node::List(_) => Err(wrong("a list")),
        _ => Err(wrong("a single value")),
    }
}

/// Reads the file and parses it. Not UTF-8, empty, missing and a directory are problems too.
///
/// # Errors
/// Every problem, in the order of the file.
pub fn read(path: &Path) -> Result<Config, Vec<Problem>> {
    parse(&source::read(path).map_err(|problem| vec![problem])?)
}
