//! `modelgate compare`: two records from wherever they are, side by side.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod common;

use std::fs;

use common::{Project, Said};
use serde_json::{Value, json};

/// A folder without a configuration and with two records: the shell project's, approved and rejected.
fn two() -> Project {
    let project = Project::shell();
    for (name, value, code) in [("a", "0.95", 0), ("b", "0.8", 10)] {
        project.file("scores.json", format!("{{\"accuracy\": {value}, \"only_{name}\": 1}}\n"));
        project.commit(name);
        let said = project.modelgate(&["run", "--run", name]);
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
    }
    fs::remove_file(project.path().join("modelgate.yml")).unwrap();
    project
}

fn compare(project: &Project, words: &[&str]) -> Said {
    let said = project.modelgate(&[&["compare"], words].concat());
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{words:?}");
    said
}

#[test]
fn a_record_is_read_from_a_file_a_folder_or_a_bundle() {
    let project = two();
    let document = |a: &str, b: &str| -> Value {
        let said = compare(&project, &[a, b, "--format", "json"]);
        let mut document: Value = serde_json::from_str(&said.out).unwrap();
        for side in ["a", "b"] {
            document[side].as_object_mut().unwrap().remove("from");
        }
        document
    };
    let expected = document("a", "b");
    assert_eq!(expected["schema"], "modelgate/compare/v1");
    assert_eq!(
        (&expected["a"]["conclusion"], &expected["b"]["conclusion"]),
        (&json!("approved"), &json!("rejected"))
    );
    for a in ["a/run.json", "a/bundle.zip", "./a/"] {
        for b in ["b/run.json", "b/bundle.zip"] {
            assert_eq!(document(a, b), expected, "{a} {b}");
        }
    }
}

#[test]
fn what_changed_is_shown_in_every_format() {
    let project = two();
    let document: Value =
        serde_json::from_str(&compare(&project, &["a", "b", "--format", "json"]).out).unwrap();
    let metrics: Vec<(&str, &Value, &Value)> = document["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["metric"].as_str().unwrap(), &it["a"], &it["b"]))
        .collect();
    assert_eq!(metrics[0], ("accuracy", &json!(0.95), &json!(0.8)));
    assert!(metrics.contains(&("only_a", &json!(1.0), &Value::Null)), "{metrics:?}");
    assert!(metrics.contains(&("only_b", &Value::Null, &json!(1.0))), "{metrics:?}");
    let rules = document["rules"].as_array().unwrap();
    assert!(rules.iter().any(|it| it["a"]["outcome"] == "pass" && it["b"]["outcome"] == "fail"), "{rules:?}");

    let shown = compare(&project, &["a", "b"]).out;
    assert!(shown.starts_with("A approved: a\n"), "{shown}");
    assert!(shown.contains("pass → fail") && shown.contains("-0.15"), "{shown}");
    let markdown = compare(&project, &["a", "b", "--markdown"]).out;
    assert!(markdown.contains("### Rules whose outcome differs"), "{markdown}");
    assert!(markdown.contains("| `accuracy` | 0.95 | 0.8 | -0.15 |"), "{markdown}");
    // Which way is asked for is said by the more particular flag.
    assert_eq!(compare(&project, &["a", "b", "--markdown", "--format", "json"]).out, markdown);
}

#[test]
fn names_that_would_be_obeyed_are_shown() {
    let project = two();
    let record = project.read("b/run.json");
    let name = "<b>|`x`](http://evil.example)";
    fs::write(
        project.path().join("c.json"),
        record
            .replace("\"only_b\"", &json!(name).to_string())
            .replace("\"branch\": \"", "\"branch\": \"\\u001b[31m"),
    )
    .unwrap();
    for words in [&["a", "c.json"][..], &["c.json", "a", "--markdown"]] {
        let said = compare(&project, words);
        assert!(!said.out.contains('\u{1b}'), "{}", said.out);
    }
    let markdown = compare(&project, &["a", "c.json", "--markdown"]).out;
    assert!(markdown.contains("``<b>\\|`x`](http://evil.example)``"), "{markdown}");
}

#[test]
fn what_cannot_be_read_is_one_and_says_what_to_name() {
    let project = two();
    project.file("empty.json", "");
    project.file("half.json", &project.read("a/run.json")[..80]);
    project.file("later.json", project.read("a/run.json").replace("modelgate/run/v1", "modelgate/run/v2"));
    project.file("broken.zip", "PK\u{3}\u{4}nothing");
    project.file("folder/note.txt", "x");
    let cases =
        ["nothing.json", "empty.json", "half.json", "later.json", "broken.zip", "folder", "/dev/null"];
    for bad in cases {
        for words in [["compare", bad, "a"], ["compare", "a", bad]] {
            let said = project.modelgate(&words);
            assert_eq!((said.code, said.out.as_str()), (1, ""), "{words:?}");
            assert!(said.err.starts_with("error: ") && said.err.contains("\n  help: "), "{}", said.err);
            assert!(said.err.contains(bad), "{}", said.err);
        }
    }
}
