//! The text of a schema, in whichever format it is.

use super::rules::Schema;
use super::{expectations, foreign, frictionless, raw, validate};
use crate::config::source::KeyPath;
use crate::config::{Manner, Problem, parse_as, schema_of};
use crate::document::{self, Node};
use crate::finding::Finding;

/// A schema that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// What it says.
    pub schema: Schema,
    /// In which format.
    pub dialect: Dialect,
    /// What could not be taken over from another format; warnings, each with its line.
    pub findings: Vec<Finding>,
}

/// The format of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `data.schema.yml`.
    Modelgate,
    /// A Frictionless Table Schema, or the one resource of a data package that has one.
    Frictionless,
    /// A suite of Great Expectations.
    GreatExpectations,
}

/// Reads a schema; `path` is what findings call the file. A map with a list of `expectations` is a suite of Great
/// Expectations; one with a list of `fields`, or with `resources`, is Frictionless; everything else is our own format.
///
/// # Errors
/// Every problem, in the order of the file.
pub fn parse(text: &str, path: &str) -> Result<Read, Vec<Problem>> {
    let tree = tree(text);
    if let Some(found) = tree.as_ref().and_then(frictionless::find) {
        return foreign::read(text, path, |taken| frictionless::read(taken, &found))
            .map(|(schema, findings)| Read { schema, dialect: Dialect::Frictionless, findings });
    }
    if let Some(suite) =
        tree.as_ref().filter(|tree| tree.get("expectations").is_some_and(|all| all.items().is_some()))
    {
        return foreign::read(text, path, |taken| expectations::read(taken, suite))
            .map(|(schema, findings)| Read { schema, dialect: Dialect::GreatExpectations, findings });
    }
    let manner = Manner {
        begin: "`modelgate data infer` writes a schema from data",
        key: "columns",
        remedy,
        // Ten thousand columns have a line each.
        largest: 16 << 20,
        prepare: validate::prepare,
    };
    let (schema, _) = parse_as::<raw::File, Schema>(text, &manner, validate::validate)?;
    Ok(Read { schema, dialect: Dialect::Modelgate, findings: Vec::new() })
}

/// The text as a tree; none where it is none, which the reader of our own format says best.
fn tree(text: &str) -> Option<Node> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let json = if is_json { document::json(text).ok() } else { None };
    json.or_else(|| document::yaml(text).ok())
}

/// The JSON Schema of data.schema.yml (2020-12), pretty-printed, with a newline at the end.
#[must_use]
pub fn json_schema() -> String {
    format!("{:#}\n", schema_of::<raw::File>())
}

fn remedy(path: &KeyPath) -> &'static str {
    match path.last_key() {
        "version" => "write `version: 1`",
        "rows" | "length" => "write `{ min: 1, max: 100 }`, or one of the two",
        "unique" if path.0.len() < 3 => {
            "write lists of columns, such as `unique: [[customer_id], [region, day]]`"
        }
        "unique" | "required" | "ordered" => "write `true` or `false`",
        "fresh" => "write `{ column: updated_at, within: 7d }`",
        "column" => "write the name of a column",
        "within" => "write a number and its unit, such as `36h` or `7d`",
        "compare" => "write comparisons of two columns, such as `[\"start <= end\"]`",
        "columns" => {
            "write the names of the columns and what must hold of each, such as `age: { type: integer }`"
        }
        "nulls" => "write `true`, `false`, or a share, such as 0.02",
        "tolerate" => "write a share, such as 0.01",
        "min" | "max" => "write a number, such as 0, or a day, such as 2026-01-01",
        "values" => "write the values as a list, such as `[free, pro]`",
        "pattern" => "write a regular expression in quotes, such as \"^[a-z]+$\"",
        _ if path.0.len() == 2 => "write what must hold of the column, such as `{ type: integer, min: 0 }`",
        _ => "see docs/data-schema.md for what may stand here",
    }
}
