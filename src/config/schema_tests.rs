#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use super::*;
use crate::config::parse;
use crate::config::tests::{AVAILABLE, EXAMPLE, SMALLEST, WHOLE};
use crate::document::{self, Node};

/// As much of a JSON Schema validator as our schema needs. It refuses a keyword that it does not know,
/// so that nothing passes unlooked-at.
fn errors(root: &Value, schema: &Value, node: &Node, at: &str) -> Vec<String> {
    const TEXTS: [&str; 7] = ["$schema", "$defs", "title", "description", "examples", "default", "pattern"];
    let schema = schema.as_object().unwrap();
    let entries = node.entries().unwrap_or_default();
    let has = |key: &Value| entries.iter().any(|(name, _)| Some(name.as_str()) == key.as_str());
    let lacks =
        |keys: &Value| keys.as_array().unwrap().iter().filter(|key| !has(key)).cloned().collect::<Vec<_>>();
    let mut found = Vec::new();
    for (keyword, wanted) in schema {
        let fine = match keyword.as_str() {
            keyword if TEXTS.contains(&keyword) => true,
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap();
                found.extend(errors(root, target, node, at));
                true
            }
            "type" => match wanted {
                Value::Array(kinds) => kinds.iter().any(|kind| is(node, kind.as_str().unwrap())),
                kind => is(node, kind.as_str().unwrap()),
            },
            "const" => same(node, wanted),
            "anyOf" | "oneOf" => {
                wanted.as_array().unwrap().iter().any(|one| errors(root, one, node, at).is_empty())
            }
            "required" => lacks(wanted).is_empty(),
            "dependentRequired" => wanted
                .as_object()
                .unwrap()
                .iter()
                .all(|(key, keys)| !has(&Value::String(key.clone())) || lacks(keys).is_empty()),
            "properties" => {
                for (key, child) in entries {
                    if let Some(property) = wanted.get(key) {
                        found.extend(errors(root, property, child, &format!("{at}.{key}")));
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let others =
                    entries.iter().filter(|(key, _)| !known.is_some_and(|known| known.contains_key(key)));
                match wanted {
                    Value::Bool(false) => others.count() == 0,
                    each => {
                        others.for_each(|(key, child)| {
                            found.extend(errors(root, each, child, &format!("{at}.{key}")))
                        });
                        true
                    }
                }
            }
            "items" => {
                for item in node.items().unwrap_or_default() {
                    found.extend(errors(root, wanted, item, &format!("{at}[]")));
                }
                true
            }
            "minItems" => node.items().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "minProperties" => entries.len() as u64 >= wanted.as_u64().unwrap(),
            "exclusiveMinimum" => node.number().is_none_or(|number| number > wanted.as_f64().unwrap()),
            "exclusiveMaximum" => node.number().is_none_or(|number| number < wanted.as_f64().unwrap()),
            "minimum" => node.number().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => node.number().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            other => panic!("the schema says «{other}», which this test does not know"),
        };
        if !fine {
            found.push(format!("{at}: {keyword} {wanted}"));
        }
    }
    found
}

fn is(node: &Node, kind: &str) -> bool {
    match kind {
        "string" => node.text().is_some(),
        "number" => node.number().is_some(),
        "integer" => matches!(node, Node::Integer(_)),
        "boolean" => matches!(node, Node::Bool(_)),
        "array" => node.items().is_some(),
        "object" => node.entries().is_some(),
        other => panic!("unknown type {other}"),
    }
}

fn same(node: &Node, value: &Value) -> bool {
    match value {
        Value::String(text) => node.text() == Some(text),
        number => node.number() == number.as_f64(),
    }
}

fn validate(text: &str) -> Vec<String> {
    let schema = value();
    errors(&schema, &schema, &document::yaml(text).unwrap(), "")
}

#[test]
fn the_schema_reads_well() {
    insta::assert_snapshot!(schema());
}

#[test]
fn nothing_of_rust_shows() {
    let schema = schema();
    for word in ["null", "uint", "int64", "double", "Option", "Map_", "Map of", "_directory", "max_"] {
        assert_eq!(schema.lines().find(|line| line.contains(word)), None, "{word}");
    }
    assert!(schema.ends_with("}\n") && schema.contains("https://json-schema.org/draft/2020-12/schema"));
}

#[test]
fn what_is_valid_is_valid_by_the_schema() {
    for text in [SMALLEST, AVAILABLE, WHOLE, EXAMPLE] {
        assert_eq!(validate(text), [""; 0]);
    }
}

#[test]
fn what_is_wrong_is_wrong_by_the_schema_and_by_us() {
    let wrong = [
        ("version: 1", "version: 2"),
        ("version: 1\n", ""),
        ("model: churn\n", ""),
        ("model: churn", "modle: churn"),
        ("  run: python train.py\n", ""),
        ("  run: python train.py\n", "  run: 5\n"),
        ("outputs: [model.joblib]", "outputs: [[model.joblib]]"),
        ("outputs: [model.joblib]", "engine: cloud"),
        ("  metrics: metrics.json\n", ""),
        ("  rules:\n    accuracy: { min: 0.85 }\n", "  baseline: none\n"),
        ("accuracy: { min: 0.85 }", "accuracy: {}"),
        ("accuracy: { min: 0.85 }", "accuracy: { min: high }"),
        ("accuracy: { min: 0.85 }", "accuracy: { min: 0.85, better: lower }"),
        ("gate:\n", "gate:\n  confidence: 95\n"),
        ("gate:\n", "gate:\n  without-baseline: perhaps\n"),
    ];
    for (old, new) in wrong {
        let text = SMALLEST.replace(old, new);
        assert_ne!(text, SMALLEST, "{old}");
        assert!(!validate(&text).is_empty(), "the schema takes {new:?}");
        assert!(parse(&text).is_err(), "we take {new:?}");
    }
}

/// Every key that the schema requires, taken out, is missed by us too, and the other way round.
#[test]
fn required_is_the_same_here_and_there() {
    for line in SMALLEST.lines().filter(|line| line.contains(':')) {
        let key = line.trim().split(':').next().unwrap();
        if line.ends_with(':') {
            continue;
        }
        let without = SMALLEST.replace(&format!("{line}\n"), "");
        // That train must make what evaluate does not is beyond a schema.
        if key != "run" || line.contains("train.py") {
            assert_eq!(validate(&without).is_empty(), parse(&without).is_ok(), "{line}");
        }
    }
}
