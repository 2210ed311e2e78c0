//! `modelgate.yml` as it is written: a mirror, nothing decided.
//!
//! The JSON Schema and docs/configuration.md are made from these types, so their comments are
//! written for the user.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// modelgate.yml: what a model must prove before it is deployed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "modelgate.yml", extend("required" = ["version", "model", "evaluate", "gate"]))]
pub struct File {
    /// The version of this format. Always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: Option<u64>,
    /// The model's name: 1 to 128 letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"))]
    pub model: Option<String>,
    /// Read the source code for what is plainly wrong. Runs with its defaults when it is left out.
    pub lint: Option<Lint>,
    /// Run the project's own tests. Skipped when it is left out.
    pub test: Option<Test>,
    /// Validate the data. Not yet available in this version.
    pub data: Option<Later>,
    /// Build, prove and push the image. Not yet available in this version.
    pub image: Option<Later>,
    /// Make the model. Skipped when it is left out.
    pub train: Option<Train>,
    /// Measure the model.
    pub evaluate: Option<Evaluate>,
    /// Judge the measurements.
    pub gate: Option<Gate>,
    /// Ship what was approved. Not yet available in this version.
    pub deploy: Option<Later>,
    /// Decide whether to train again. Not yet available in this version.
    pub retrain: Option<Later>,
}

/// Declares a section that runs commands: its own keys, and those that every such section has.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// What to run: a shell command, or a list of commands, each a shell command or a list of
            /// arguments. A shell command runs in `bash -eo pipefail`, or `sh -e` where there is no bash.
            pub run: Option<Commands>,
            $($(#[$field_doc])* pub $field: Option<$kind>,)*
            /// Environment variables for the commands.
            pub env: Option<BTreeMap<String, Scalar>>,
            /// Names of secret environment variables that the commands may see. Every other variable
            /// whose name looks like a token, a password or a key is kept from them.
            pub secrets: Option<Vec<String>>,
            /// The folder to run in, relative to modelgate.yml. Default: the folder of modelgate.yml.
            pub working_directory: Option<String>,
            /// How long each command may take, such as `90s`, `45m` or `2h 30m`. Default: no limit.
            pub timeout: Option<String>,
        }

        impl $name {
            /// Moves out the keys that every section has.
            pub(super) fn common(&mut self) -> Common {
                Common {
                    run: self.run.take(),
                    env: self.env.take().unwrap_or_default(),
                    secrets: self.secrets.take().unwrap_or_default(),
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
    pub env: BTreeMap<String, Scalar>,
    pub secrets: Vec<String>,
    pub working_directory: Option<String>,
    pub timeout: Option<String>,
}

section! {
    /// Read the source code for what is plainly wrong.
    Lint {
        /// Which Python files and notebooks to check for syntax errors, merge conflicts and broken
        /// encodings. Built in: needs no Python. Git-ignored files are left out.
        /// Default: `["**/*.py", "**/*.ipynb"]`. An empty list switches it off.
        python: Vec<String>,
    }
}

section! {
    /// Run the project's own tests.
    Test {
        /// The JUnit XML files that the tests write, as paths or globs.
        junit: OneOrMany,
    }
}

section! {
    /// Make the model.
    Train {
        /// What the step reads, as paths or globs. When neither they nor the commands have changed,
        /// the outputs are restored and nothing is run. Default: always run.
        inputs: OneOrMany,
        /// What the step makes, as paths or globs. One that is missing afterwards fails the step.
        outputs: OneOrMany,
        /// Where the commands run. Only `local` is available in this version. Default: `local`.
        engine: Engine,
    }
}

section! {
    /// Measure the model.
    Evaluate {
        /// What the step reads besides the outputs of train, as paths or globs. When nothing has
        /// changed, the outputs are restored and nothing is run. Default: always run.
        inputs: OneOrMany,
        /// What the step makes besides the metrics, as paths or globs.
        outputs: OneOrMany,
        /// The metrics files: JSON, YAML or CSV, as paths or globs. Several are merged.
        metrics: OneOrMany,
        /// The predictions to compute metrics from. Not yet available in this version.
        predictions: Later,
        /// Where the commands run. Only `local` is available in this version. Default: `local`.
        engine: Engine,
    }
}

/// Where commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// On this machine.
    #[default]
    Local,
    /// In a container. Not yet available in this version.
    Docker,
    /// On Kubeflow Pipelines. Not yet available in this version.
    Kubeflow,
    /// On Argo Workflows. Not yet available in this version.
    Argo,
}

/// Judge the measurements.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gate {
    /// The confidence of the intervals. Not yet available in this version.
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub confidence: Option<f64>,
    /// What the candidate is compared with: `none`, `default-branch` (the newest approved run of the
    /// default branch), or a file (a metrics file, or the run.json of another run). `production` and
    /// `registry` are not yet available in this version. Default: `none`, or `default-branch` where a
    /// rule compares.
    pub baseline: Option<String>,
    /// What rules that compare come to while there is no baseline yet. Default: `pass`, and the report
    /// says so.
    pub without_baseline: Option<WithoutBaseline>,
    /// The rules, by metric.
    pub rules: Option<BTreeMap<String, Rules>>,
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

/// What must hold of a metric. Every bound is inclusive.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// The value is at least this.
    pub min: Option<f64>,
    /// The value is at most this.
    pub max: Option<f64>,
    /// The value is below the baseline's by at most this: a number, or a share of the baseline's such as `2%`.
    pub max_drop: Option<Bound>,
    /// The value is above the baseline's by at most this: a number, or a share of the baseline's such as `10%`.
    pub max_rise: Option<Bound>,
    /// The value is better than the baseline's by at least this: a number, or a share of the baseline's.
    pub min_gain: Option<Bound>,
    /// The value is exactly this; for texts and booleans too.
    pub equals: Option<Scalar>,
    /// Which way is better; only `min-gain` needs it. Default: `higher`.
    pub better: Option<Better>,
    /// The columns whose every value must hold on its own. Not yet available in this version.
    pub slices: Option<OneOrMany>,
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

/// A section that is valid, and that this version cannot do yet.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Later(#[allow(dead_code)] pub serde::de::IgnoredAny);

impl JsonSchema for Later {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Later".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["object", "string", "array"] })
    }
}

/// A text, a number or a boolean.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A number, or a share such as `10%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// In the metric's own unit.
    Absolute(f64),
    /// A fraction of the baseline's value: 0.1 is 10 %.
    Relative(f64),
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

/// One command or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands(pub Vec<Command>);

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Command {
    /// For a shell.
    Shell(String),
    /// A program and its arguments; no shell sees them.
    Arguments(Vec<String>),
}

// Hand-written, because serde's untagged enums lose the place and the words of a mistake.

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }
            #[expect(clippy::cast_precision_loss, reason = "a metric is a 64-bit float everywhere")]
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(value as f64))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                finite(value).map(Scalar::Number)
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

fn finite<E: de::Error>(number: f64) -> Result<f64, E> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(E::custom(format!("expected a finite number, found {number}")))
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(from)? {
            Scalar::Number(number) => Ok(Self::Absolute(number)),
            Scalar::Text(text) => {
                let share =
                    text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                match share {
                    Some(percent) => finite(percent / 100.0).map(Self::Relative),
                    None => Err(de::Error::custom(format!(
                        "expected a number or a share such as 10%, found the text «{}»",
                        text.escape_debug()
                    ))),
                }
            }
            Scalar::Bool(value) => Err(de::Error::custom(format!(
                "expected a number or a share such as 10%, found the boolean {value}"
            ))),
        }
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^\\s*[0-9.]+\\s*%$" }] })
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMany(texts))
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Command;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shell command or a list of arguments")
            }
            fn visit_str<E>(self, text: &str) -> Result<Command, E> {
                Ok(Command::Shell(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Command, A::Error> {
                let mut arguments = Vec::new();
                while let Some(argument) = seq.next_element::<Scalar>()? {
                    arguments.push(argument.to_string());
                }
                Ok(Command::Arguments(arguments))
            }
        }
        from.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Commands {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Commands;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shell command or a list of commands")
            }
            fn visit_str<E>(self, text: &str) -> Result<Commands, E> {
                Ok(Commands(vec![Command::Shell(text.to_owned())]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Commands, A::Error> {
                let mut commands = Vec::new();
                while let Some(command) = seq.next_element()? {
                    commands.push(command);
                }
                Ok(Commands(commands))
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for Commands {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Commands".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "anyOf": [
                    { "type": "string" },
                    { "type": "array", "items": { "type": ["string", "number", "boolean"] }, "minItems": 1 }
                ] } }
            ]
        })
    }
}
