//! The predictions that metrics are computed of, and the slices that a rule names.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use super::{Number, OneOrMany, Ordered, Scalar};

/// The predictions that metrics are computed of: where they are, and what their columns mean.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["path", "truth"]))]
pub struct Predictions {
    /// The files, as paths or globs within the project: CSV, TSV, JSON lines, Parquet or Arrow, by the end of the name,
    /// where `.gz` or `.zst` may follow. Several are read one after the other. They are outputs of evaluate.
    #[schemars(extend("examples" = ["predictions.csv", "predictions/*.parquet"]))]
    pub path: Option<OneOrMany>,
    /// What is predicted: a class (`classification`), or a number (`regression`). Default: `classification`
    #[schemars(extend("default" = "classification"))]
    pub task: Option<PredictedTask>,
    /// The column of the truth.
    #[schemars(extend("examples" = ["y"]))]
    pub truth: Option<String>,
    /// The column of what was predicted. Default: none; then the scores tell: the class with the highest, and of two
    /// classes with one score, the positive from `threshold` on.
    #[schemars(extend("examples" = ["y_hat"]))]
    pub predicted: Option<String>,
    /// The column of the positive class's score; of more than two classes, the column of each. Default: none; then
    /// there are no metrics that need scores.
    #[schemars(extend("examples" = ["p", { "cat": "p_cat", "dog": "p_dog", "fox": "p_fox" }]))]
    pub score: Option<Score>,
    /// The label of the positive class, where there are two. Default: `1` or `true` where that is one of the two, else
    /// the last in the order of text.
    #[schemars(extend("examples" = ["churned"]))]
    pub positive: Option<Scalar>,
    /// The score from which on a row counts as positive, where `predicted` is left out. Default: 0.5
    #[schemars(extend("default" = 0.5))]
    pub threshold: Option<Number>,
    /// The column of the rows' weights. Default: none; all weigh the same.
    #[schemars(extend("examples" = ["weight"]))]
    pub weight: Option<String>,
    /// The column that tells a row from every other, by which rows are paired with the baseline's. Default: none; then
    /// they are paired by their order, where the truth is the same in all rows.
    #[schemars(extend("examples" = ["id"]))]
    pub id: Option<String>,
    /// What the rows are divided by: a column, by its values; `{ column: age, quantiles: 4 }`, a numeric column in
    /// parts of about as many rows; or a list of two of these, their cross. Default: none.
    #[schemars(extend("examples" = [["region", { "column": "age", "quantiles": 4 }, ["region", "plan"]]]))]
    pub slices: Option<Vec<Slicing>>,
    /// A slice with fewer rows is small: it is shown, and decides nothing. Default: 30
    #[schemars(extend("default" = 30))]
    pub small_slice: Option<u64>,
    /// The metrics to compute. Default: all that the task and the columns allow.
    #[schemars(extend("examples" = [["accuracy", "roc_auc"]]))]
    pub metrics: Option<OneOrMany>,
    /// How many bins of equal width the calibration has. Default: 10
    #[schemars(extend("default" = 10, "minimum" = 1))]
    pub bins: Option<u64>,
    /// What a threshold is looked for: the best one that reaches this precision or this recall. Default: none.
    #[schemars(extend("examples" = [[{ "precision": 0.9 }, { "recall": 0.95 }]]))]
    pub targets: Option<Vec<Target>>,
    /// How intervals come about: `auto`, for each metric by the method that suits it; or `bootstrap`, of the rows.
    /// Default: `auto`
    #[schemars(extend("default" = "auto"))]
    pub intervals: Option<Intervals>,
    /// How many resamples the bootstrap takes. Default: 1000
    #[schemars(extend("default" = 1000, "minimum" = 100))]
    pub resamples: Option<u64>,
}

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PredictedTask {
    /// A class.
    #[default]
    Classification,
    /// A number.
    Regression,
}

/// How intervals come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Intervals {
    /// By the method that suits the metric.
    #[default]
    Auto,
    /// By the bootstrap of the rows.
    Bootstrap,
}

/// A target that a threshold is looked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("oneOf" = [{ "required": ["precision"] }, { "required": ["recall"] }]))]
pub struct Target {
    /// A precision of at least this, with the highest recall.
    #[schemars(extend("examples" = [0.9]))]
    pub precision: Option<Number>,
    /// A recall of at least this, with the highest precision.
    #[schemars(extend("examples" = [0.95]))]
    pub recall: Option<Number>,
}

/// The columns of the scores.
#[derive(Debug)]
pub enum Score {
    /// That of the positive class.
    Positive(String),
    /// A class and its column.
    Classes(Ordered<String>),
}

/// What rows are divided by.
#[derive(Debug)]
pub enum Slicing {
    /// One column.
    One(Axis),
    /// The cross of several.
    Cross(Vec<Axis>),
}

/// A column that rows are divided by.
#[derive(Debug)]
pub enum Axis {
    /// By its values.
    Values(String),
    /// By its quantiles.
    Quantiles(Quantiles),
}

/// A numeric column, in parts of about as many rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quantiles {
    /// The column.
    #[schemars(extend("examples" = ["age"]))]
    pub column: String,
    /// How many parts. Default: 4
    #[schemars(extend("default" = 4, "minimum" = 2))]
    pub quantiles: Option<u64>,
}

/// The slices that a rule must hold of.
#[derive(Debug)]
pub enum RuleSlices {
    /// The names of the slicings; the word `worst` alone is the worst of all.
    Named(OneOrMany),
    /// The long form.
    Chosen(ChosenSlices),
}

/// The slices that a rule must hold of, in the long form.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChosenSlices {
    /// The names of the slicings. Default: all of them.
    #[schemars(extend("examples" = [["region"]]))]
    pub by: Option<OneOrMany>,
    /// Whether only the worst slice has a row. Default: `false`
    #[schemars(extend("default" = false))]
    pub worst: Option<bool>,
    /// Whether small slices decide too. Default: `false`
    #[schemars(extend("default" = false))]
    pub small: Option<bool>,
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Score;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a map of a class and its column")
            }
            fn visit_str<E>(self, text: &str) -> Result<Score, E> {
                Ok(Score::Positive(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Score, A::Error> {
                Ordered::deserialize(MapAccessDeserializer::new(map)).map(Score::Classes)
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for Score {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Score".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "string" }, "minProperties": 2 }
        ] })
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Axis;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or `{ column: …, quantiles: … }`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Axis, E> {
                Ok(Axis::Values(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Axis, A::Error> {
                Quantiles::deserialize(MapAccessDeserializer::new(map)).map(Axis::Quantiles)
            }
        }
        from.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Slicing {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Slicing;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column, or a list of two columns")
            }
            fn visit_str<E>(self, text: &str) -> Result<Slicing, E> {
                Ok(Slicing::One(Axis::Values(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Slicing, A::Error> {
                let quantiles = Quantiles::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Slicing::One(Axis::Quantiles(quantiles)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Slicing, A::Error> {
                let mut axes = Vec::new();
                while let Some(axis) = seq.next_element()? {
                    axes.push(axis);
                }
                Ok(Slicing::Cross(axes))
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for Slicing {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Slicing".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let quantiles = generator.subschema_for::<Quantiles>();
        json_schema!({ "anyOf": [
            { "type": "string" },
            quantiles,
            {
                "type": "array", "minItems": 2, "maxItems": 2,
                "items": { "anyOf": [{ "type": "string" }, quantiles] }
            }
        ] })
    }
}

impl<'de> Deserialize<'de> for RuleSlices {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RuleSlices;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a list of texts, or `{ by: …, worst: true }`")
            }
            fn visit_str<E>(self, text: &str) -> Result<RuleSlices, E> {
                Ok(RuleSlices::Named(OneOrMany(vec![text.to_owned()])))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<RuleSlices, A::Error> {
                let names = OneOrMany::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
                Ok(RuleSlices::Named(names))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSlices, A::Error> {
                ChosenSlices::deserialize(MapAccessDeserializer::new(map)).map(RuleSlices::Chosen)
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for RuleSlices {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleSlices".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let chosen = generator.subschema_for::<ChosenSlices>();
        json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            chosen
        ] })
    }
}
