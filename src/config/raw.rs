//! `modelgate.yml` as it is written: a mirror, nothing decided.
//!
//! The JSON Schema and docs/configuration.md are made from these types, so their comments are
//! written for the user. A comment that ends in «Default: …» says what a key that is left out means.

mod data;
mod image;
mod predictions;
mod values;

use schemars::JsonSchema;
use serde::Deserialize;

pub use data::{Data, Drift, DriftColumn, DriftCorrection, DriftMethod, Holds, Leakage};
pub use image::{BuildSecret, Container, Gpus, Image, Push, Smoke};
pub use predictions::{
    Axis, ChosenSlices, Intervals, PredictedTask, Predictions, Quantiles, RuleSlices, Score, Slicing, Target,
};
pub use values::{Bound, Command, Commands, Later, Number, OneOrMany, Ordered, Scalar};

/// What a model must prove before it is deployed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "modelgate.yml", extend("required" = ["version", "model", "evaluate", "gate"]))]
pub struct File {
    /// The version of this format. Always 1.
    #[schemars(extend("type" = "integer", "const" = 1))]
    pub version: Option<u64>,
    /// The model's name: 1 to 128 letters, digits, `.`, `_` and `-`, starting with a letter or digit.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"), extend("examples" = ["churn"]))]
    pub model: Option<String>,
    /// Read the source code for what is plainly wrong. Runs with its defaults when it is left out.
    pub lint: Option<Lint>,
    /// Run the project's own tests. Skipped when it is left out.
    pub test: Option<Test>,
    /// Validate the data. Skipped when it is left out.
    pub data: Option<Data>,
    /// Make the model. Skipped when it is left out.
    pub train: Option<Train>,
    /// Measure the model.
    pub evaluate: Option<Evaluate>,
    /// Build the image that holds the model, and prove it. What the gate approves is pushed. Skipped when it is left
    /// out.
    pub image: Option<Image>,
    /// Judge the measurements.
    pub gate: Option<Gate>,
    /// Show the judgement.
    pub report: Option<Report>,
    /// Ship what was approved: the environments, by name. Nothing is shipped when it is left out.
    #[schemars(extend("minProperties" = 1))]
    pub deploy: Option<Ordered<Environment>>,
    /// Train again.
    pub retrain: Option<Retrain>,
}

/// Declares a section that runs commands: its own keys, and those that every such section has.
macro_rules! section {
    ($(#[$about:meta])* $name:ident { $($(#[$about_field:meta])* $field:ident: $kind:ty,)* }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        $(#[$about])*
        pub struct $name {
            /// What to run: a shell command, or a list of commands, each a shell command or a list of
            /// arguments. The first that fails ends the step. A shell command runs in
            /// `bash -eo pipefail`, or in `sh -e` where there is no bash; no shell sees a list of
            /// arguments.
            pub run: Option<Commands>,
            $($(#[$about_field])* pub $field: Option<$kind>,)*
            /// Environment variables for the commands. Default: none.
            #[schemars(extend("examples" = [{ "PYTHONHASHSEED": 0 }]))]
            pub env: Option<Ordered<Scalar>>,
            /// Names of secret environment variables that the commands may see. Every other variable
            /// whose name looks like a token, a password or a key is kept from them. Default: none.
            #[schemars(extend("examples" = [["HF_TOKEN"]]))]
            pub secrets: Option<OneOrMany>,
            /// The folder to run in, relative to the folder of modelgate.yml and within it. Default: `.`
            #[schemars(extend("default" = "."))]
            pub working_directory: Option<String>,
            /// How long each command may take. Default: no limit.
            #[schemars(extend("examples" = ["90s", "45m", "2h 30m"]))]
            pub timeout: Option<String>,
        }

        impl $name {
            /// Moves out the keys that every section has.
            pub(super) fn common(&mut self) -> Common {
                Common {
                    run: self.run.take(),
                    env: self.env.take(),
                    secrets: self.secrets.take(),
                    working_directory: self.working_directory.take(),
                    timeout: self.timeout.take(),
                }
            }
        }
    };
}

/// The keys that every section has.
pub(super) struct Common {
    pub run: Option<Commands>,
    pub env: Option<Ordered<Scalar>>,
    pub secrets: Option<OneOrMany>,
    pub working_directory: Option<String>,
    pub timeout: Option<String>,
}

section! {
    /// Read the source code for what is plainly wrong.
    Lint {
        /// Which Python files and notebooks to check for syntax errors, merge conflicts and broken
        /// encodings, as paths or globs. Built in: needs no Python. Git-ignored files are left out. An
        /// empty list switches it off. Default: `["**/*.py", "**/*.ipynb"]`
        #[schemars(extend("default" = ["**/*.py", "**/*.ipynb"], "examples" = [["*.py", "src/**/*.py"]]))]
        python: OneOrMany,
    }
}

section! {
    /// Run the project's own tests.
    #[schemars(extend("required" = ["run"]))]
    Test {
        /// The JUnit XML files that the tests write, as paths or globs within the project. Default: none;
        /// only the exit code counts.
        #[schemars(extend("examples" = ["junit.xml"]))]
        junit: OneOrMany,
    }
}

section! {
    /// Make the model.
    #[schemars(extend("required" = ["run"]))]
    Train {
        /// What the step reads, as paths, folders or globs. When neither they nor the commands have
        /// changed, the outputs are restored and nothing is run. Default: none; the step always runs.
        #[schemars(extend("examples" = [["train.py", "data/train.csv"]]))]
        inputs: OneOrMany,
        /// What the step makes, as paths, folders or globs within the project. One that is missing
        /// afterwards fails the step. Default: none.
        #[schemars(extend("examples" = [["model.joblib"]]))]
        outputs: OneOrMany,
        /// Where the commands run: `local`, or `docker` for a container. Default: `local`
        #[schemars(extend("default" = "local"))]
        engine: Engine,
        /// The container, for `engine: docker`.
        docker: Container,
    }
}

section! {
    /// Measure the model. `metrics` or `predictions` is required; `run` is too, unless train makes them among its
    /// outputs or there is no train at all.
    #[schemars(extend("anyOf" = [{ "required": ["metrics"] }, { "required": ["predictions"] }]))]
    Evaluate {
        /// What the step reads besides the outputs of train, as paths, folders or globs. When nothing has
        /// changed, the outputs are restored and nothing is run. Default: none; the step always runs.
        #[schemars(extend("examples" = [["evaluate.py", "data/test.csv"]]))]
        inputs: OneOrMany,
        /// What the step makes besides the metrics, as paths, folders or globs within the project.
        /// Default: none.
        #[schemars(extend("examples" = [["confusion.png"]]))]
        outputs: OneOrMany,
        /// The metrics files: JSON, YAML or CSV, as paths or globs within the project. Several are merged.
        #[schemars(extend("examples" = ["metrics.json"]))]
        metrics: OneOrMany,
        /// The predictions to compute metrics from.
        predictions: Predictions,
        /// Measures the baseline's model once more, with the commands and the data of this run, so that both are
        /// compared on the same rows: `true` takes the outputs of train out of the baseline's bundle, a path names
        /// the model itself. The commands find it where train puts its outputs. Default: `false`
        #[schemars(extend("default" = false, "examples" = [true, "production/model.joblib"]))]
        baseline_model: Scalar,
        /// How often the commands run, each time with another `MODELGATE_SEED`: 0, 1, 2 … The metrics are the means.
        /// Default: 1
        #[schemars(extend("default" = 1, "minimum" = 1, "examples" = [5]))]
        repeats: u64,
        /// Where the commands run: `local`, or `docker` for a container. Default: `local`
        #[schemars(extend("default" = "local"))]
        engine: Engine,
        /// The container, for `engine: docker`.
        docker: Container,
    }
}

/// Where commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// On this machine.
    #[default]
    Local,
    /// In a container.
    Docker,
    /// On Kubeflow Pipelines. Not yet available in this version.
    Kubeflow,
    /// On Argo Workflows. Not yet available in this version.
    Argo,
}

/// Judge the measurements.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["rules"]))]
pub struct Gate {
    /// The confidence with which a rule is decided, between 0 and 1: a rule about a metric that has an interval
    /// passes when all of the interval does, fails when none of it does, and is inconclusive otherwise. Default: none;
    /// the values decide, and the intervals are shown at 0.95.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1, "examples" = [0.95]))]
    pub confidence: Option<Number>,
    /// What the candidate is compared with: `none`, `default-branch` (the newest approved run of the
    /// default branch), or a file (a metrics file, or the run.json of another run) whose path has a `/`
    /// or a `.` in it. `production` is what the newest
    /// successful GitHub Deployment to that environment delivered. `registry` is not yet available in this version. Default:
    /// `none`, or `default-branch` where a rule compares, or `data.drift`.
    #[schemars(extend("examples" = ["none", "default-branch", "baseline/metrics.json"]))]
    pub baseline: Option<String>,
    /// What rules that compare come to while there is no baseline yet. The report says so in any case.
    /// Default: `pass`
    #[schemars(extend("default" = "pass"))]
    pub without_baseline: Option<WithoutBaseline>,
    /// What is done about many rules, so that one of them does not fail by chance: `holm` (a rule fails only when it
    /// does after Holm's correction, else it is inconclusive), or `none`. It needs `confidence`. Default: `holm`
    pub correction: Option<Correction>,
    /// Rules that never block: where one does not hold, the report says so, and no more. Default: none.
    #[schemars(extend("examples" = [{ "accuracy": { "min": 0.9 } }]))]
    pub warn: Option<Ordered<Rules>>,
    /// The rules, by the name of the metric. The report keeps their order.
    #[schemars(extend("minProperties" = 1, "examples" = [{ "accuracy": { "min": 0.85, "max-drop": 0.01 } }]))]
    pub rules: Option<Ordered<Rules>>,
}

/// What is done about many rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Holm's.
    #[default]
    Holm,
    /// Nothing.
    None,
}

/// What rules that compare come to while there is no baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutBaseline {
    /// They pass.
    #[default]
    Pass,
    /// They fail.
    Fail,
}

/// What must hold of a metric. Every bound is inclusive, and at least one is required. A share is of
/// the baseline's value.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        { "required": ["min"] }, { "required": ["max"] }, { "required": ["max-drop"] },
        { "required": ["max-rise"] }, { "required": ["min-gain"] }, { "required": ["equals"] }
    ],
    "dependentRequired" = { "better": ["min-gain"] }
))]
pub struct Rules {
    /// The value is at least this.
    #[schemars(extend("examples" = [0.85]))]
    pub min: Option<Number>,
    /// The value is at most this.
    #[schemars(extend("examples" = [50]))]
    pub max: Option<Number>,
    /// The value is below the baseline's by at most this: a number in the metric's own unit, or a share.
    #[schemars(extend("examples" = [0.01, "2%"]))]
    pub max_drop: Option<Bound>,
    /// The value is above the baseline's by at most this: a number in the metric's own unit, or a share.
    #[schemars(extend("examples" = [5, "10%"]))]
    pub max_rise: Option<Bound>,
    /// The value is better than the baseline's by at least this: a number in the metric's own unit, or a
    /// share.
    #[schemars(extend("examples" = [0.005, "1%"]))]
    pub min_gain: Option<Bound>,
    /// The value is exactly this; for texts and booleans too. Not together with `min` or `max`.
    #[schemars(extend("examples" = [true]))]
    pub equals: Option<Scalar>,
    /// Which way is better; only `min-gain` asks. Default: `lower` of what modelgate measures and less of is better,
    /// else `higher`
    pub better: Option<Better>,
    /// The slices that must hold too, each on its own, by their name in `evaluate.predictions.slices` (`region`,
    /// `region*age`): a name, several, or `{ by: …, worst: true, small: true }`. `worst` has one row, about the worst
    /// slice; `small` lets small slices decide. The word `worst` alone is the worst of all slices. Default: none.
    #[schemars(extend("examples" = ["region", ["region", "region*age"], "worst"]))]
    pub slices: Option<RuleSlices>,
}

/// Show the judgement.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Report {
    /// The name of the check on the commit, of GitLab the status, in a CI job with a token; `false` for none. Two jobs
    /// that judge two models of one repository need two names. Default: `model-metrics`
    #[schemars(extend("default" = "model-metrics", "examples" = ["model-metrics (churn)", false]))]
    pub check: Option<Scalar>,
    /// Whether the report is a comment on the pull request too, of GitLab a note on the merge request. Default: `false`
    #[schemars(extend("default" = false))]
    pub comment: Option<bool>,
}

/// Where an approved model is shipped to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("anyOf" = [
    { "required": ["dispatch"] }, { "required": ["trigger"] }, { "required": ["play"] }, { "required": ["deployment"] },
]))]
pub struct Environment {
    /// The environment that must have the model first. Default: none.
    #[schemars(extend("examples" = ["staging"]))]
    pub after: Option<String>,
    /// Which runs ship: `default-branch`, or `always`; those of a fork's pull request never do. Default:
    /// `default-branch`
    #[schemars(extend("default" = "default-branch"))]
    pub when: Option<When>,
    /// What is started to ship it on GitHub. It gets the approved digests.
    pub dispatch: Option<Dispatch>,
    /// The pipeline that is started to ship it on GitLab. It gets the approved digests.
    pub trigger: Option<Trigger>,
    /// The manual job that is played to ship it on GitLab, in place of a pipeline. It gets the approved digests.
    pub play: Option<Play>,
    /// Whether a Deployment of this environment, GitHub's or GitLab's, tells of it. Default: `false`
    #[schemars(extend("default" = false))]
    pub deployment: Option<bool>,
    /// The page of the environment, which the deployment links to. Default: none.
    #[schemars(extend("examples" = ["https://churn.example.com"]))]
    pub url: Option<String>,
}

/// Which runs ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Those of the default branch.
    #[default]
    DefaultBranch,
    /// All but those of forks.
    Always,
}

/// What is started to ship a model on GitHub.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("oneOf" = [{ "required": ["workflow"] }, { "required": ["event"] }]))]
pub struct Dispatch {
    /// The file of a workflow with `workflow_dispatch`, in .github/workflows. Its inputs are `environment`, `model`,
    /// `commit`, `run` (whose artifact holds the model), `approval`, `outputs` (JSON: path to digest), `image` (only
    /// where one is pushed: `registry/repository@sha256:…`), and those of `inputs`.
    #[schemars(extend("examples" = ["deploy.yml"]))]
    pub workflow: Option<String>,
    /// The event of a `repository_dispatch`, in place of a workflow. Its payload holds the same inputs.
    #[schemars(extend("examples" = ["model-approved"]))]
    pub event: Option<String>,
    /// The branch or tag that the workflow is taken from. Default: the default branch.
    #[schemars(extend("examples" = ["main"]))]
    pub branch: Option<String>,
    /// More inputs. Default: none.
    #[schemars(extend("examples" = [{ "region": "eu" }]))]
    pub inputs: Option<Ordered<Scalar>>,
    /// Whether the end of the workflow is waited for, and its failure is one of the delivery. Default: `true` for a
    /// workflow; the end of an event cannot be waited for.
    pub wait: Option<bool>,
    /// How long the end is waited for. Default: `1h`
    #[schemars(extend("default" = "1h", "examples" = ["20m"]))]
    pub timeout: Option<String>,
}

/// The pipeline that ships a model on GitLab. It gets the variables `MODELGATE_ENVIRONMENT`, `MODELGATE_MODEL`,
/// `MODELGATE_COMMIT`, `MODELGATE_PROJECT` and `MODELGATE_JOB` (whose artifacts hold the model), `MODELGATE_APPROVAL`,
/// `MODELGATE_OUTPUTS` (JSON: path to digest), `MODELGATE_IMAGE` (only where one is pushed: `registry/repository@sha256:…`),
/// and those of `variables`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trigger {
    /// The branch or tag that the pipeline is of. Required with `project`. Default: the default branch.
    #[serde(rename = "ref")]
    #[schemars(extend("examples" = ["main"]))]
    pub reference: Option<String>,
    /// The project whose pipeline it is, by its path or number. Default: the project of the job.
    #[schemars(extend("examples" = ["group/deployments"]))]
    pub project: Option<String>,
    /// The variable that holds a pipeline trigger token of that project; its name ends with `_TOKEN`. Default: the job's own
    /// token is used.
    #[schemars(extend("examples" = ["DEPLOY_TRIGGER_TOKEN"]))]
    pub token: Option<String>,
    /// More variables. Default: none.
    #[schemars(extend("examples" = [{ "REGION": "eu" }]))]
    pub variables: Option<Ordered<Scalar>>,
    /// More inputs, in place of variables; `{}` for no more. Where this key stands, the pipeline gets no variables: what
    /// modelgate gives are inputs too, `environment`, `model`, `commit`, `project`, `job`, `approval`, `outputs` and
    /// `image`, and the pipeline must declare them. Default: none.
    #[schemars(extend("examples" = [{ "region": "eu" }]))]
    pub inputs: Option<Ordered<Scalar>>,
    /// Whether the end of the pipeline is waited for, and its failure is one of the delivery. Default: `true`
    #[schemars(extend("default" = true))]
    pub wait: Option<bool>,
    /// How long the end is waited for. Default: `1h`
    #[schemars(extend("default" = "1h", "examples" = ["20m"]))]
    pub timeout: Option<String>,
}

/// The manual job that ships a model on GitLab: of the same pipeline, and startable while modelgate runs (`needs: []`). It
/// gets the same variables as a pipeline that is triggered. It takes `MODELGATE_GITLAB_TOKEN` with the scope `api`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["job"]))]
pub struct Play {
    /// The job's name.
    #[schemars(extend("examples" = ["deploy-production"]))]
    pub job: Option<String>,
    /// More variables. Default: none.
    #[schemars(extend("examples" = [{ "REGION": "eu" }]))]
    pub variables: Option<Ordered<Scalar>>,
    /// Whether the end of the job is waited for, and its failure is one of the delivery. Default: `true`
    #[schemars(extend("default" = true))]
    pub wait: Option<bool>,
    /// How long the end is waited for. Default: `1h`
    #[schemars(extend("default" = "1h", "examples" = ["20m"]))]
    pub timeout: Option<String>,
}

/// Train again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retrain {
    /// What `modelgate retrain` starts on GitHub. Default: the workflow `retrain.yml` of the default branch.
    pub dispatch: Option<RetrainDispatch>,
    /// What `modelgate retrain` starts on GitLab. Default: a pipeline of the default branch.
    pub trigger: Option<StartedPipeline>,
    /// The query that tells when. Not yet available in this version.
    pub prometheus: Option<Later>,
}

/// What `modelgate retrain` starts on GitHub.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RetrainDispatch {
    /// The file of a workflow with `workflow_dispatch` and the input `reason`. Default: `retrain.yml`
    #[schemars(extend("default" = "retrain.yml"))]
    pub workflow: Option<String>,
    /// The branch or tag that the workflow is taken from. Default: the default branch.
    #[schemars(extend("examples" = ["main"]))]
    pub branch: Option<String>,
}

/// The pipeline that `modelgate retrain` starts on GitLab. It gets the variable `MODELGATE_REASON`, and those of
/// `variables` and of the flag `--input`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StartedPipeline {
    /// The branch or tag that the pipeline is of. Required with `project`. Default: the default branch.
    #[serde(rename = "ref")]
    #[schemars(extend("examples" = ["main"]))]
    pub reference: Option<String>,
    /// The project whose pipeline it is, by its path or number. Default: the project of the job.
    #[schemars(extend("examples" = ["group/training"]))]
    pub project: Option<String>,
    /// The variable that holds a pipeline trigger token of that project; its name ends with `_TOKEN`. Default: the job's own
    /// token is used, or `MODELGATE_GITLAB_TOKEN` elsewhere.
    #[schemars(extend("examples" = ["TRAIN_TRIGGER_TOKEN"]))]
    pub token: Option<String>,
    /// More variables. Default: none.
    #[schemars(extend("examples" = [{ "EPOCHS": 20 }]))]
    pub variables: Option<Ordered<Scalar>>,
    /// More inputs, in place of variables; `{}` for no more. Then `reason` is an input too, and the pipeline must declare
    /// them. Default: none.
    #[schemars(extend("examples" = [{ "epochs": "20" }]))]
    pub inputs: Option<Ordered<Scalar>>,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// A higher value is better.
    #[default]
    Higher,
    /// A lower value is better.
    Lower,
}
