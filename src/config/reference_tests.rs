//! docs/configuration.md, made from the schema. `UPDATE_DOCS=1 cargo test` writes it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write;

use serde_json::{Map, Value};

use super::tests::{AVAILABLE, SMALLEST};
use super::{parse, schema};
use crate::step::Step;

/// The keys of every section that runs commands.
const COMMON: [&str; 5] = ["run", "env", "secrets", "working-directory", "timeout"];

const INTRODUCTION: &str = "\
# modelgate.yml

<!-- Made from src/config/raw.rs and src/config/reference_tests.rs. `UPDATE_DOCS=1 cargo test` writes it again. -->

One file says what a model must prove before it is deployed. It stands in the top folder of the project, and
its sections are the steps of the work, in their order: lint, test, data, train, evaluate, image, gate,
report, deploy, retrain. [The steps](steps.md) tells what each does.

The smallest useful file makes a model, measures it, and judges it by one rule:

```yaml
@smallest@```

A file that uses what this version has to offer:

```yaml
@available@```

Two habits are worth knowing. Where one path, command or name can stand, a list of them can stand too. And a key
that modelgate does not know is an error, as is a key that stands twice: `modelgate check` reports every mistake
of the file at once, with its line, its column and a remedy. `modelgate schema` prints the JSON Schema of the
file, from which editors complete and explain the keys as you type.

What is marked as not yet available is checked as all else is, so that a file can be ahead of the version that reads
it. But it is never passed over in silence: `modelgate run` and `modelgate gate` end with exit code 3 and name it, and
so does the command of a step that it belongs to.
";

const COMMANDS: &str = "
## Commands

lint, test, train and evaluate run commands. These keys are the same in each of them.
";

const REPORT: &str = "
## report

Show the judgement. There is nothing to configure: the report is always written.
";

struct Schema(Value);

impl Schema {
    /// The schema itself, and not a reference to it.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(pointer) => self.0.pointer(pointer.trim_start_matches('#')).expect("a definition"),
            None => schema,
        }
    }

    /// What may stand there, in words.
    fn kind(&self, schema: &Value) -> String {
        let name = schema["$ref"].as_str().and_then(|pointer| pointer.rsplit('/').next());
        match name {
            Some("Commands") => return "command, or list of commands".into(),
            Some("Bound") => return "number, or share such as `10%`".into(),
            Some("OneOrMany") => return "text, or list of texts".into(),
            Some("Scalar") => return "text, number or boolean".into(),
            Some("Later") => return "map".into(),
            Some("Command") => return "command".into(),
            Some("Gpus") => return "`all`, whole number, or list of ids".into(),
            _ => {}
        }
        let schema = self.resolve(schema);
        if let Some(words) = schema["oneOf"].as_array().filter(|words| words[0].get("const").is_some()) {
            let word = |word: &Value| format!("`{}`", word["const"].as_str().unwrap());
            return words.iter().map(word).collect::<Vec<_>>().join(" or ");
        }
        if let Some(ways) = schema["anyOf"].as_array().filter(|_| schema.get("properties").is_none()) {
            return ways.iter().map(|way| self.kind(way)).collect::<Vec<_>>().join(" or ");
        }
        match schema["type"].as_str() {
            Some("string") => "text".into(),
            Some("array") => "list".into(),
            Some("integer") => "whole number".into(),
            Some("object") if schema["additionalProperties"].is_object() => {
                let of = self.kind(&schema["additionalProperties"]);
                if of == "map" { "map of maps".into() } else { format!("map of names to {of}") }
            }
            Some("object") => "map".into(),
            Some(other) => other.into(),
            None => panic!("no words for {schema}"),
        }
    }
}

/// The whole document.
fn reference() -> String {
    let schema = Schema(schema::value());
    let root = properties(&schema.0);
    let mut out = INTRODUCTION.replace("@smallest@", SMALLEST).replace("@available@", AVAILABLE);
    out += "\n## The file itself\n\n";
    for key in ["version", "model"] {
        entry(&mut out, &schema, key, &root[key], required(&schema.0, key));
    }
    for step in Step::ALL {
        match root.get(step.word()) {
            Some(section) => write_section(&mut out, &schema, step.word(), section),
            None => out += REPORT,
        }
    }
    out += COMMANDS;
    out.push('\n');
    let train = schema.resolve(&root["train"]);
    for key in COMMON {
        entry(&mut out, &schema, key, &properties(train)[key], false);
    }
    out
}

fn write_section(out: &mut String, schema: &Schema, name: &str, section: &Value) {
    let body = schema.resolve(section);
    let _ = write!(out, "\n## {name}\n\n{}\n", text(section, body));
    if name == "deploy" {
        let environment = &body["additionalProperties"];
        write_map(out, schema, "An environment", environment);
        let parts = properties(schema.resolve(environment));
        write_map(out, schema, "A dispatch", &parts["dispatch"]);
        write_map(out, schema, "A trigger", &parts["trigger"]);
        write_map(out, schema, "A job to play", &parts["play"]);
    }
    let Some(keys) = body.get("properties").and_then(Value::as_object) else { return };
    if keys.contains_key("run") {
        let run = if required(body, "run") { "`run` is required. " } else { "" };
        let _ = write!(out, "\n{run}The keys of all [commands](#commands) can stand here, and:\n");
    }
    out.push('\n');
    let is_own = |key: &String| !keys.contains_key("run") || !COMMON.contains(&key.as_str());
    for (key, value) in keys.iter().filter(|(key, _)| is_own(key)) {
        entry(out, schema, key, value, required(body, key));
    }
    match name {
        "gate" => {
            let rule = &keys["rules"]["additionalProperties"];
            write_map(out, schema, "A rule", rule);
            let slices = schema.resolve(&properties(schema.resolve(rule))["slices"]);
            let long = slices["anyOf"].as_array().and_then(|ways| ways.last()).expect("the long form");
            write_map(out, schema, "The slices of a rule", long);
        }
        "evaluate" => {
            write_map(out, schema, "The predictions", &keys["predictions"]);
            let predictions = properties(schema.resolve(&keys["predictions"]));
            write_map(out, schema, "A target", &predictions["targets"]["items"]);
        }
        "data" => {
            write_map(out, schema, "Leakage", &keys["leakage"]);
            write_map(out, schema, "Drift", &keys["drift"]);
            let columns = &properties(schema.resolve(&keys["drift"]))["columns"];
            write_map(out, schema, "The drift of a column", &columns["additionalProperties"]);
        }
        "train" => write_map(out, schema, "The container", &keys["docker"]),
        "image" => {
            write_map(out, schema, "A secret of the build", &keys["secrets"]["additionalProperties"]);
            write_map(out, schema, "The smoke test", &keys["smoke"]);
        }
        "retrain" => {
            write_map(out, schema, "What retrain starts on GitHub", &keys["dispatch"]);
            write_map(out, schema, "What retrain starts on GitLab", &keys["trigger"]);
        }
        _ => {}
    }
}

/// A map within a section, under a title of its own.
fn write_map(out: &mut String, schema: &Schema, title: &str, map: &Value) {
    let map = schema.resolve(map);
    let _ = write!(out, "\n### {title}\n\n{}\n\n", text(&Value::Null, map));
    for (key, value) in properties(map) {
        entry(out, schema, key, value, required(map, key));
    }
}

/// What is said where it is used, or else where it is declared. Both, where both say something.
fn text(here: &Value, there: &Value) -> String {
    let at = |value: &Value| value["description"].as_str().unwrap_or_default().to_owned();
    let (here, there) = (at(here), at(there));
    let first = |text: &str| text.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
    match () {
        () if here == there => here,
        () if here.is_empty() => there,
        // A section's own words and its key's begin alike.
        () if !there.is_empty() && first(&here) == first(&there) => {
            let rest = there[first(&there).len()..].trim_start_matches('.').trim();
            format!("{here} {rest}").trim().to_owned()
        }
        () => here,
    }
}

fn entry(out: &mut String, schema: &Schema, key: &str, value: &Value, required: bool) {
    let text = text(value, schema.resolve(value));
    let (meaning, default) = match text.split_once(" Default: ") {
        Some((meaning, default)) => (meaning.to_owned(), Some(default.trim_end_matches('.').to_owned())),
        None => (text, None),
    };
    let default = match default {
        Some(default) => format!("; default: {default}"),
        None if required => "; required".to_owned(),
        None => String::new(),
    };
    let _ = writeln!(out, "- **`{key}`** ({}{default})  ", schema.kind(value));
    let _ = writeln!(out, "  {meaning}{}", examples(value));
}

fn examples(value: &Value) -> String {
    let Some(examples) = value["examples"].as_array() else { return String::new() };
    let examples: Vec<String> = examples.iter().map(|example| format!("`{}`", yaml(example))).collect();
    let word = if examples.len() == 1 { "Example" } else { "Examples" };
    format!(" {word}: {}.", examples.join(", "))
}

/// As a person would write it.
fn yaml(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with('*') => format!("\"{text}\""),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(yaml).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}: {}", yaml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn properties(schema: &Value) -> &Map<String, Value> {
    schema["properties"].as_object().expect("properties")
}

fn required(schema: &Value, key: &str) -> bool {
    schema["required"].as_array().is_some_and(|keys| keys.iter().any(|required| required == key))
}

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let wanted = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "docs/configuration.md is out of date: run UPDATE_DOCS=1 cargo test");
}

#[test]
fn what_the_reference_shows_parses() {
    let reference = reference();
    let files: Vec<&str> =
        reference.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let config = parse(file).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(config.unavailable, []);
    }
}

/// A default that the schema states, written out, changes nothing.
#[test]
fn documented_defaults_are_the_real_ones() {
    let schema = Schema(schema::value());
    let base = SMALLEST.replace("accuracy: { min: 0.85 }", "accuracy: { min-gain: 0.85 }");
    let base = format!(
        "{base}\nlint: {{ run: ruff }}\ntest: {{ run: pytest }}\nimage: {{ smoke: {{ port: 80 }} }}\n\
         data: {{ label: y, sets: {{ train: a, test: b, live: c }}, leakage: {{ groups: g }}, drift: {{ columns: {{}} }} }}\n"
    );
    let plain = parse(&base).unwrap();
    let mut seen = 0;
    for (section, value) in properties(&schema.0) {
        let Some(keys) = schema.resolve(value).get("properties").and_then(Value::as_object) else { continue };
        for (key, value) in keys {
            let Some(default) = value.get("default") else { continue };
            let text = match section.as_str() {
                "lint" | "test" | "image" | "data" => {
                    base.replace(&format!("{section}: {{ "), &format!("{section}: {{ {key}: {default}, "))
                }
                "report" => format!("{base}{section}: {{ {key}: {default} }}\n"),
                _ => base.replace(&format!("{section}:\n"), &format!("{section}:\n  {key}: {default}\n")),
            };
            assert_ne!(text, base);
            assert_eq!(parse(&text).as_ref(), Ok(&plain), "{section}.{key}: {default}");
            seen += 1;
        }
    }
    for (section, part) in [("image", "smoke"), ("data", "leakage"), ("data", "drift")] {
        let part_of = &properties(schema.resolve(&properties(&schema.0)[section]))[part];
        for (key, value) in properties(schema.resolve(part_of)) {
            let Some(default) = value.get("default") else { continue };
            let text = base.replace(&format!("{part}: {{ "), &format!("{part}: {{ {key}: {default}, "));
            assert_ne!(text, base);
            assert_eq!(parse(&text).as_ref(), Ok(&plain), "{section}.{part}.{key}: {default}");
            seen += 1;
        }
    }
    let better = base.replace("min-gain: 0.85", "min-gain: 0.85, better: higher");
    assert_eq!(parse(&better).as_ref(), Ok(&plain));
    assert_eq!(
        seen, 33,
        "lint.python, data.memory, 5 of data.leakage, 6 of data.drift, train.engine, 3 of evaluate, \
         gate.without-baseline, 2 of report, 4 working directories, 6 of image, 3 of image.smoke"
    );
}
