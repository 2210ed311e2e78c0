//! `data.schema.yml` as it is written: a mirror, nothing decided. The JSON Schema is made from these types.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{OneOrMany, Ordered, Scalar};

/// What data must be like.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "data.schema.yml", extend("required" = ["version", "columns"]))]
pub struct File {
    /// The version of this format. Always 1.
    #[schemars(extend("type" = "integer", "const" = 1))]
    pub version: Option<u64>,
    /// How many rows there are: the fewest and the most, both inclusive. Default: any number.
    pub rows: Option<Counts>,
    /// Keys: lists of columns that together tell a row from every other. Rows in which one of them has no value are
    /// left aside. Default: none.
    #[schemars(extend("examples" = [[["customer_id"], ["region", "day"]]]))]
    pub unique: Option<Vec<OneOrMany>>,
    /// How new the newest row must be. Default: of any age.
    pub fresh: Option<Fresh>,
    /// What must hold between two columns of each row: `<`, `<=`, `==`, `!=`, `>=` or `>` between their names. Rows in
    /// which one of them has no value are left aside. Default: nothing.
    #[schemars(extend("examples" = [["start <= end", "price > cost"]]))]
    pub compare: Option<OneOrMany>,
    /// What becomes of columns that are not named here. Default: `warn`
    #[schemars(extend("default" = "warn"))]
    pub extra_columns: Option<Extra>,
    /// Whether the columns must come in the order in which they stand here. Default: `false`
    #[schemars(extend("default" = false))]
    pub ordered: Option<bool>,
    /// The columns, by name, and what must hold of each.
    pub columns: Option<Ordered<Column>>,
}

/// A number of rows or of characters.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("minProperties" = 1))]
pub struct Counts {
    /// The fewest, inclusive.
    pub min: Option<u64>,
    /// The most, inclusive.
    pub max: Option<u64>,
}

/// How new the newest row must be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("required" = ["column", "within"]))]
pub struct Fresh {
    /// The column of days or times.
    #[schemars(extend("examples" = ["updated_at"]))]
    pub column: Option<String>,
    /// How long ago the newest of them may be.
    #[schemars(extend("examples" = ["7d", "36h"]))]
    pub within: Option<String>,
}

/// What becomes of columns that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extra {
    /// Nothing.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Fail,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// `true` and `false`.
    Boolean,
    /// Days, `2026-11-28`.
    Date,
    /// Points in time, `2026-11-28T12:30:00Z`.
    Time,
    /// Anything.
    Text,
}

/// What must hold of a column.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Column {
    /// What it holds. Default: what the other keys take it for, or else what the data looks like.
    #[serde(rename = "type")]
    pub holds: Option<Holds>,
    /// Whether it must be there. Default: `true`
    #[schemars(extend("default" = true))]
    pub required: Option<bool>,
    /// Whether rows may have no value: `true`, `false`, or the share of them that may, such as 0.02. Default: `true`
    #[schemars(extend("type" = ["boolean", "number", "string"], "default" = true, "examples" = [false, 0.02]))]
    pub nulls: Option<Scalar>,
    /// The lowest value, inclusive: a number, a day or a time.
    #[schemars(extend("type" = ["number", "string"], "examples" = [0, "2020-01-01"]))]
    pub min: Option<Scalar>,
    /// The highest value, inclusive: a number, a day or a time.
    #[schemars(extend("type" = ["number", "string"], "examples" = [120, "2030-12-31"]))]
    pub max: Option<Scalar>,
    /// The only values. Default: any.
    #[schemars(extend("minItems" = 1, "examples" = [["free", "pro"]]))]
    pub values: Option<Vec<Scalar>>,
    /// A regular expression that is found in each text; `^` and `$` hold it to the whole. Numbers in a text are looked
    /// at in their shortest spelling, `1` for `1.0`. Default: any.
    #[schemars(extend("examples" = ["^[^@]+@[^@]+$"]))]
    pub pattern: Option<String>,
    /// How many characters each text has. Default: any number.
    pub length: Option<Counts>,
    /// Whether its values all differ. Rows without a value are left aside. Default: `false`
    #[schemars(extend("default" = false))]
    pub unique: Option<bool>,
    /// The share of the rows with a value that may break `type`, `min`, `max`, `values`, `pattern`, `length` or
    /// `unique`, each for itself. Default: 0
    #[schemars(extend("type" = ["number", "string"], "default" = 0, "examples" = [0.01, "1%"]))]
    pub tolerate: Option<Scalar>,
}
