//! Frictionless Table Schema, versions 1 and 2 (specs.frictionlessdata.io, datapackage.org).

use super::foreign::{End, Taken, given};
use super::rules::{Extra, Rule};
use crate::config::source::KeyPath;
use crate::document::{Node, shown};
use crate::table::Type;

/// A table schema within a document.
pub(super) struct Found<'a> {
    schema: &'a Node,
    at: KeyPath,
    /// How many more resources of the package have a schema.
    more: usize,
}

/// The table schema of a document: it itself, that of a resource, or that of the first resource of a package.
pub(super) fn find(root: &Node) -> Option<Found<'_>> {
    let fields = |node: &Node| node.get("fields").is_some_and(|fields| fields.items().is_some());
    if root.get("columns").is_some() {
        return None;
    }
    if fields(root) {
        return Some(Found { schema: root, at: KeyPath::default(), more: 0 });
    }
    if let Some(schema) = root.get("schema").filter(|schema| fields(schema)) {
        return Some(Found { schema, at: KeyPath::of(&["schema"]), more: 0 });
    }
    let resources = root.get("resources")?.items()?;
    let mut schemas = resources.iter().enumerate().filter_map(|(index, resource)| {
        let schema = resource.get("schema").filter(|schema| fields(schema))?;
        Some((schema, KeyPath::of(&["resources"]).index(index).key("schema")))
    });
    let (schema, at) = schemas.next()?;
    Some(Found { schema, at, more: schemas.count() })
}

/// Keys that describe, and that no row could break.
const DESCRIBE: [&str; 12] = [
    "name",
    "title",
    "description",
    "$schema",
    "profile",
    "version",
    "example",
    "rdfType",
    "fields",
    "constraints",
    "homepage",
    "categoriesOrdered",
];

/// Takes over a table schema.
pub(super) fn read(taken: &mut Taken<'_>, found: &Found<'_>) {
    let Found { schema, at, more } = found;
    if *more > 0 {
        let message =
            format!("only the first schema of the package is taken over; there are {} of them", more + 1);
        taken.left_out(at, message, "give each table a schema of its own");
    }
    let is_second =
        |node: &Node| node.text().is_some_and(|text| text.contains("/2.") || text.contains("/v2"));
    let version_2 = given(schema, "$schema").is_some_and(is_second);
    for (index, node) in schema.get("fields").and_then(Node::items).unwrap_or_default().iter().enumerate() {
        field(taken, &at.key("fields").index(index), node, version_2);
    }
    for (key, node) in schema.entries().unwrap_or_default() {
        let at = at.key(key);
        match key.as_str() {
            "missingValues" => missing_values(taken, &at, node),
            "primaryKey" => primary_key(taken, &at, node),
            "uniqueKeys" => unique_keys(taken, &at, node),
            "fieldsMatch" => {}
            key if DESCRIBE.contains(&key) => {}
            "foreignKeys" if node.items().is_some_and(<[_]>::is_empty) => {}
            key => unknown(taken, &at, key),
        }
    }
    fields_match(taken, &at.key("fieldsMatch"), given(schema, "fieldsMatch"));
}

fn unknown(taken: &mut Taken<'_>, at: &KeyPath, key: &str) {
    taken.left_out(
        at,
        format!("`{}` is not taken over", shown(key)),
        "nothing, if you can do without; else hold it to the data in a test",
    );
}

/// Which columns there may be. Version 1 and the default of version 2 want the same ones in the same order.
fn fields_match(taken: &mut Taken<'_>, at: &KeyPath, node: Option<&Node>) {
    let word = match node {
        None => Some("exact"),
        Some(Node::List(words)) => words.first().and_then(Node::text),
        Some(node) => node.text(),
    };
    let (extra, required) = match word {
        Some("exact" | "equal") => (Extra::Fail, true),
        Some("subset") => (Extra::Allow, true),
        Some("superset") => (Extra::Fail, false),
        Some("partial") => (Extra::Allow, false),
        _ => return taken.wrong(at, "word such as `exact`"),
    };
    taken.schema.extra = extra;
    taken.schema.ordered = word == Some("exact");
    taken.schema.columns.iter_mut().for_each(|column| column.required = required);
}

fn field(taken: &mut Taken<'_>, at: &KeyPath, node: &Node, version_2: bool) {
    let Some(name) = given(node, "name").and_then(Node::text) else {
        return taken.left_out(
            at,
            "a field without a name is not taken over",
            "give it the name of its column",
        );
    };
    if taken.knows(name) {
        let message = format!("a second field «{}» is not taken over", shown(name));
        return taken.left_out(at, message, "give each field a name of its own");
    }
    taken.column(name);
    holds(taken, at, node, name, version_2);
    let default = Node::Map(Vec::new());
    let constraints = given(node, "constraints").unwrap_or(&default);
    self::constraints(taken, &at.key("constraints"), constraints, name);
    for (key, value) in node.entries().unwrap_or_default() {
        let at = at.key(key);
        match key.as_str() {
            "type" => {}
            "format" => format(taken, &at, node, value),
            "missingValues" => missing_values(taken, &at, value),
            "categories" => categories(taken, &at, value, name),
            "trueValues" | "falseValues" if boolean_words(value) => {}
            "bareNumber" if *value == Node::Bool(true) => {}
            "decimalChar" if value.text() == Some(".") => {}
            "groupChar" if value.text() == Some("") => {}
            key if DESCRIBE.contains(&key) => {}
            key => unknown(taken, &at, key),
        }
    }
}

/// Words for true and false that are read as such in any case.
fn boolean_words(node: &Node) -> bool {
    let words = ["true", "True", "TRUE", "1", "false", "False", "FALSE", "0"];
    node.items()
        .is_some_and(|items| items.iter().all(|item| item.text().is_some_and(|text| words.contains(&text))))
}

fn holds(taken: &mut Taken<'_>, at: &KeyPath, node: &Node, name: &str, version_2: bool) {
    let word = match given(node, "type") {
        // Version 1 takes a field without a type for a text, version 2 for anything.
        None if version_2 => return,
        None => "string",
        Some(node) => node.text().unwrap_or_default(),
    };
    let holds = match word {
        "any" => return,
        "string" => Type::Text,
        "integer" | "year" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "date" => Type::Date,
        "datetime" => Type::Time,
        other => {
            let message = format!("the type «{}» of «{}» is not taken over", shown(other), shown(name));
            return taken.left_out(
                &at.key("type"),
                message,
                "its cells are not looked at; describe them by a `pattern`",
            );
        }
    };
    taken.declare(name, holds);
}

fn format(taken: &mut Taken<'_>, at: &KeyPath, field: &Node, format: &Node) {
    let temporal = matches!(given(field, "type").and_then(Node::text), Some("date" | "datetime"));
    let is_read = match format.text() {
        Some("default") => true,
        Some("any") => temporal,
        Some(text) => {
            temporal
                && ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"]
                    .contains(&text)
        }
        None => false,
    };
    if !is_read {
        let message = format!("the format «{}» is not taken over", shown(format.text().unwrap_or("?")));
        let help = match temporal {
            true => "days and times are read as 2026-11-28 and 2026-11-28T12:30:00Z; write them so",
            false => "describe it by a `pattern`",
        };
        taken.left_out(at, message, help);
    }
}

fn missing_values(taken: &mut Taken<'_>, at: &KeyPath, node: &Node) {
    // Version 2 has objects with a value and a label too.
    let text =
        |item: &Node| item.text().or_else(|| item.get("value").and_then(Node::text)).map(str::to_owned);
    let others: Vec<String> = node
        .items()
        .unwrap_or_default()
        .iter()
        .filter_map(text)
        .filter(|text| !["", "NaN", "nan"].contains(&text.trim()))
        .collect();
    if let Some(first) = others.first() {
        let message =
            format!("«{}» is not taken for a missing value, only an empty cell and NaN are", shown(first));
        taken.left_out(at, message, "leave such cells empty in the data");
    }
}

fn constraints(taken: &mut Taken<'_>, at: &KeyPath, constraints: &Node, name: &str) {
    for (key, value) in constraints.entries().unwrap_or_default() {
        let path = at.key(key);
        match (key.as_str(), value) {
            (_, Node::Null) | ("required" | "unique", Node::Bool(false)) => {}
            ("required", Node::Bool(true)) => taken.column(name).nulls = 0.0,
            ("unique", Node::Bool(true)) => taken.column(name).unique = Some(Rule { of: (), tolerated: 0.0 }),
            ("required" | "unique", _) => taken.wrong(&path, "boolean"),
            (
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "minLength" | "maxLength",
                _,
            ) => {}
            ("enum", value) => taken.values(&path, name, value, 0.0),
            ("pattern", value) => taken.pattern(&path, name, value.text(), true, 0.0),
            (key, _) => unknown(taken, &path, key),
        }
    }
    ends(taken, at, constraints, name);
    let lengths = [taken.count(at, constraints, "minLength"), taken.count(at, constraints, "maxLength")];
    if lengths.iter().any(Option::is_some) {
        let key = if lengths[0].is_some() { "minLength" } else { "maxLength" };
        taken.length(&at.key(key), name, lengths, 0.0);
    }
}

/// The ends of a range; of an inclusive and an exclusive one the exclusive is taken, and the other named.
fn ends(taken: &mut Taken<'_>, at: &KeyPath, constraints: &Node, name: &str) {
    let mut end = |inclusive: &'static str, exclusive: &'static str| {
        let strict = given(constraints, exclusive).is_some();
        if strict && given(constraints, inclusive).is_some() {
            taken.left_out(
                &at.key(inclusive),
                format!("`{inclusive}` is not taken over beside `{exclusive}`"),
                "keep one of them",
            );
        }
        let key = if strict { exclusive } else { inclusive };
        End { key, node: given(constraints, key), strict }
    };
    let ends = [end("minimum", "exclusiveMinimum"), end("maximum", "exclusiveMaximum")];
    if ends.iter().any(|end| end.node.is_some()) {
        taken.range(at, name, ends, 0.0);
    }
}

/// Version 2: the values of a category, or objects with a value and a label.
fn categories(taken: &mut Taken<'_>, at: &KeyPath, node: &Node, name: &str) {
    let items = node.items().unwrap_or_default();
    let values = items.iter().map(|item| item.get("value").unwrap_or(item).clone()).collect();
    taken.values(at, name, &Node::List(values), 0.0);
}

fn primary_key(taken: &mut Taken<'_>, at: &KeyPath, node: &Node) {
    let Some(names) = known(taken, at, node) else { return };
    for name in &names {
        taken.column(name).nulls = 0.0;
    }
    taken.schema.unique.push(names);
}

fn unique_keys(taken: &mut Taken<'_>, at: &KeyPath, node: &Node) {
    let Some(keys) = node.items() else { return taken.wrong(at, "list of keys") };
    for (index, key) in keys.iter().enumerate() {
        if let Some(names) = known(taken, &at.index(index), key) {
            taken.schema.unique.push(names);
        }
    }
}

/// The columns of a key, all of which have to be fields.
fn known(taken: &mut Taken<'_>, at: &KeyPath, node: &Node) -> Option<Vec<String>> {
    let names = taken.names(at, node)?;
    let unknown = names.iter().find(|name| taken.schema.columns.iter().all(|column| column.name != **name));
    if let Some(name) = unknown {
        let message = format!("a key is not taken over: there is no field «{}»", shown(name));
        taken.left_out(at, message, "name fields of the schema");
        return None;
    }
    Some(names)
}
