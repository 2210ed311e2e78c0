//! The data: where it is, and what must be true of it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Bound, Number, OneOrMany, Ordered, Scalar};

/// Validate the data: against a schema, for leaks between the sets, and for drift.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["sets"]))]
pub struct Data {
    /// The sets of data, by name: files, globs, folders and addresses (`s3://`, `gs://`, `az://`, `https://`), CSV, TSV,
    /// JSON lines, Parquet or Arrow, where `.gz` or `.zst` may follow. A folder's `key=value` parts are columns.
    #[schemars(extend(
        "minProperties" = 1,
        "examples" = [{ "train": "data/train.csv", "test": "data/test.csv", "live": "data/live/*.parquet" }]
    ))]
    pub sets: Option<Ordered<OneOrMany>>,
    /// The column that the model is to predict. Its drift is told apart, and it does not count in what tells rows from
    /// each other. Default: none.
    #[schemars(extend("examples" = ["churned"]))]
    pub label: Option<String>,
    /// The column of what a model predicted, whose drift is told apart. Default: none.
    #[schemars(extend("examples" = ["y_hat"]))]
    pub prediction: Option<String>,
    /// Columns that no check looks at. Default: none.
    #[schemars(extend("examples" = [["comment"]]))]
    pub ignore: Option<OneOrMany>,
    /// The file that says what must be true of the columns: our own `data.schema.yml`, a Frictionless Table Schema, or
    /// a suite of Great Expectations. Default: none.
    #[schemars(extend("examples" = ["data.schema.yml"]))]
    pub schema: Option<String>,
    /// The sets that the schema is about. Default: all.
    #[schemars(extend("examples" = [["train", "live"]]))]
    pub schema_sets: Option<OneOrMany>,
    /// How much memory the values of columns may take. What is more goes through a temporary folder, and the results
    /// are the same. At least `16MB`. Default: `512MB`
    #[schemars(extend("default" = "512MB", "examples" = ["2GB"]))]
    pub memory: Option<String>,
    /// What must not be in both the data that the model learns from and the data that judges it.
    pub leakage: Option<Leakage>,
    /// How far the data may have moved away from what the model knows.
    pub drift: Option<Drift>,
}

/// What must not be in both the data that the model learns from and the data that judges it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Leakage {
    /// The set that the model learns from. Default: `train`
    #[schemars(extend("default" = "train"))]
    pub train: Option<String>,
    /// The set that judges it. Default: `test`
    #[schemars(extend("default" = "test"))]
    pub test: Option<String>,
    /// How many rows of the test set may be in the training set too: a number, or a share of the test set. Default: 0
    #[schemars(extend("default" = 0, "examples" = ["0.1%"]))]
    pub max: Option<Bound>,
    /// The columns by which rows are the same. Default: all that both sets have, but the label.
    #[schemars(extend("examples" = [["age", "income", "region"]]))]
    pub columns: Option<OneOrMany>,
    /// Whether texts that differ only in case, spaces and punctuation are the same. Default: `false`
    #[schemars(extend("default" = false))]
    pub near_texts: Option<bool>,
    /// To so many significant digits numbers are compared. Default: all.
    #[schemars(extend("minimum" = 1, "maximum" = 15, "examples" = [4]))]
    pub digits: Option<u64>,
    /// Columns none of whose values may be in both sets: ids, customers, patients. They are no features of drift, unless
    /// `drift.columns` names them. Default: none.
    #[schemars(extend("examples" = ["customer_id"]))]
    pub groups: Option<OneOrMany>,
    /// The column of time, in which all of the test set is after all of the training set. It is no feature of drift,
    /// unless `drift.columns` names it. Default: none.
    #[schemars(extend("examples" = ["day"]))]
    pub time: Option<String>,
    /// A single column of the training set must not tell the label as well as this, as an area under the ROC curve;
    /// `false` for no look at it. It needs `data.label`, and a label with two values. Default: 0.99
    #[schemars(extend("default" = 0.99, "examples" = [0.95, false]))]
    pub predicts: Option<Scalar>,
}

/// How far the data may have moved away from what the model knows.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Drift {
    /// What the model knows: a set; a profile that `modelgate data profile` wrote; or `baseline`, the data that the
    /// baseline learned from. Default: `train`
    #[schemars(extend("default" = "train", "examples" = ["train", "profiles/train.json", "baseline"]))]
    pub reference: Option<String>,
    /// With `reference: baseline`, the set that the model learns from: each run keeps its profile, and is compared with
    /// that of the baseline. Default: `train`
    #[schemars(extend("default" = "train"))]
    pub baseline_set: Option<String>,
    /// The set that is compared with it. Default: `live`
    #[schemars(extend("default" = "live"))]
    pub current: Option<String>,
    /// How drift is measured: `auto` (an effect that matters, and that is no chance), `evidently` or `alibi` (as they
    /// do it, number for number), or one method for all columns. Default: `auto`
    #[schemars(extend("default" = "auto"))]
    pub method: Option<DriftMethod>,
    /// From which score on a column has drifted; of a p-value, below which. Default: that of the method.
    #[schemars(extend("examples" = [0.1]))]
    pub threshold: Option<Number>,
    /// How probable a false alarm may be. Default: 0.05
    #[schemars(extend("default" = 0.05, "exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub alpha: Option<Number>,
    /// What is done about many columns: `holm`, `bonferroni`, `fdr` (Benjamini and Hochberg), or `none`. Default: that
    /// of the method.
    pub correction: Option<DriftCorrection>,
    /// From which share of drifted columns on the data has drifted, and the step fails; with 0 one column is enough.
    /// Default: 0.5
    #[schemars(extend("default" = 0.5, "minimum" = 0, "maximum" = 1))]
    pub share: Option<Number>,
    /// What is different for a column, by its name. Default: nothing.
    #[schemars(extend("examples" = [{ "age": { "method": "ks", "threshold": 0.01 } }]))]
    pub columns: Option<Ordered<DriftColumn>>,
    /// The prediction of a detector of Alibi Detect, as JSON: what its `data` says of drift is taken over. Default:
    /// none.
    #[schemars(extend("examples" = ["detector.json"]))]
    pub from: Option<String>,
}

/// What is different for a column.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriftColumn {
    /// How its drift is measured.
    pub method: Option<DriftMethod>,
    /// From which score on it has drifted; of a p-value, below which.
    #[schemars(extend("examples" = [0.2]))]
    pub threshold: Option<Number>,
    /// What it holds: `numbers`, or `categories`. Default: what its values look like.
    #[schemars(rename = "as")]
    #[serde(rename = "as")]
    pub holds: Option<Holds>,
}

/// How drift is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftMethod {
    /// The population stability index over the reference's deciles, of categories the Jensen-Shannon distance beyond
    /// chance, and a test that it is no chance.
    #[default]
    Auto,
    /// What Evidently chooses.
    Evidently,
    /// What TabularDrift of Alibi Detect does.
    Alibi,
    /// The test of Kolmogorov and Smirnov.
    Ks,
    /// The Wasserstein distance, in standard deviations of the reference.
    Wasserstein,
    /// The population stability index over the reference's deciles, or over categories.
    Psi,
    /// The Jensen-Shannon distance.
    JensenShannon,
    /// The chi-square test of categories.
    ChiSquare,
}

/// What is done about many columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftCorrection {
    /// Holm's.
    Holm,
    /// Bonferroni's.
    Bonferroni,
    /// Benjamini's and Hochberg's.
    Fdr,
    /// Nothing.
    None,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Numbers.
    Numbers,
    /// Categories.
    Categories,
}
