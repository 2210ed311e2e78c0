//! The JSON Schema of modelgate.yml, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::raw;

/// The JSON Schema of modelgate.yml (2020-12), pretty-printed, with a newline at the end.
#[must_use]
pub fn schema() -> String {
    format!("{:#}\n", value())
}

pub(super) fn value() -> Value {
    schema_of::<raw::File>()
}

/// The JSON Schema of a file of ours, by its raw mirror.
pub(crate) fn schema_of<Raw: schemars::JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Raw>().to_value();
    plain(&mut schema);
    headed(schema)
}

/// What the schema is stands at its top.
fn headed(schema: Value) -> Value {
    let Value::Object(mut map) = schema else { return schema };
    let mut head = Map::new();
    for key in ["$schema", "title", "description", "type", "required"] {
        head.extend(map.shift_remove(key).map(|value| (key.to_owned(), value)));
    }
    head.extend(map);
    Value::Object(head)
}

/// Takes out what only Rust knows: an optional key is one that may be left out, not one that may be
/// null, and a number has no width.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            not_null(map);
            only_one(map);
            let width = |format: &str| format == "double" || format.starts_with("uint");
            if map.get("format").and_then(Value::as_str).is_some_and(width) {
                map.shift_remove("format");
            }
            if map.contains_key("const") {
                map.shift_remove("minimum");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            map.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// `type: [x, null]` is `type: x`, and of alternatives null goes.
fn not_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            map["type"] = only.clone();
        }
    }
    if let Some(Value::Array(alternatives)) = map.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative["type"] != "null");
    }
}

/// One alternative is none.
fn only_one(map: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = map.get("anyOf") else { return };
    if let [Value::Object(only)] = alternatives.as_slice() {
        let only = only.clone();
        map.shift_remove("anyOf");
        for (key, value) in only {
            map.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
