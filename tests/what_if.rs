//! `modelgate gate --what-if`: what other bounds would come to, and that nothing comes of it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::Project;
use serde_json::Value;

/// The shell project, approved with an accuracy of 0.9 by `min: 0.85`.
fn approved() -> Project {
    let project = Project::shell();
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    project
}

/// Every file of the run's folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn it_ends_as_the_gate_would_and_writes_nothing() {
    let project = approved();
    let folder = project.path().join(".modelgate");
    let (before, refs) = (files(&folder), project.git(&["for-each-ref"]));
    for (bounds, code) in [
        (&["accuracy.min=0.9"][..], 0),
        (&["accuracy.min=0.91"], 10),
        (&["accuracy.max-drop=2%"], 0),
        (&["accuracy.min=0.5", "accuracy.max=0.8"], 10),
        (&["accuracy.max=0.95"], 0),
    ] {
        let words: Vec<&str> =
            ["gate"].into_iter().chain(bounds.iter().flat_map(|bound| ["--what-if", bound])).collect();
        let said = project.modelgate(&words);
        assert_eq!(said.code, code, "{bounds:?}: {}{}", said.out, said.err);
        let first = said.out.lines().next().unwrap_or_default();
        assert!(first.contains(bounds[0]) && first.contains("nothing was written"), "{}", said.out);
    }
    assert_eq!(files(&folder), before);
    assert_eq!(project.git(&["for-each-ref"]), refs);
}

#[test]
fn the_record_of_it_is_a_document_too() {
    let project = approved();
    let said = project.modelgate(&["gate", "--what-if", "accuracy.min=0.95", "--format", "json"]);
    assert_eq!(said.code, 10, "{}", said.err);
    let record: Value = serde_json::from_str(&said.out).expect("the record");
    assert_eq!(record["conclusion"], "rejected");
    assert_eq!(record["verdict"]["rows"][0]["bound"], 0.95);
    assert!(record["verdict"]["notes"][0].as_str().is_some_and(|note| note.contains("nothing was written")));
    let kept: Value = serde_json::from_str(&project.read(".modelgate/run.json")).expect("the record");
    assert_eq!(kept["conclusion"], "approved");
}

#[test]
fn who_saves_it_as_the_record_approves_nothing_with_it() {
    let project = Project::shell();
    project.replace("modelgate.yml", "min: 0.85", "min: 0.95");
    assert_eq!(project.modelgate(&["run"]).code, 10);
    let said = project.modelgate(&["gate", "--what-if", "accuracy.min=0.1", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let record: Value = serde_json::from_str(&said.out).expect("the record");
    assert_eq!(record["what_if"], serde_json::json!(["accuracy.min=0.1"]));
    project.file(".modelgate/run.json", &said.out);
    for command in ["report", "gate", "evaluate"] {
        let said = project.modelgate(&[command]);
        assert_eq!(said.code, 1, "{command}: {}{}", said.out, said.err);
        assert!(said.err.contains("the bounds of a --what-if («accuracy.min=0.1»)"), "{}", said.err);
    }
    project.file("old.json", &said.out);
    project.replace("modelgate.yml", "min: 0.95", "min: 0.85, max-drop: 0.1");
    project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: ./old.json\n");
    std::fs::remove_file(project.path().join(".modelgate/run.json")).expect("the record");
    let said = project.modelgate(&["run"]);
    assert!(said.code == 1 && said.out.contains("it contradicts itself"), "{}{}", said.out, said.err);
}

#[test]
fn it_needs_neither_outputs_nor_a_repository() {
    let project = approved();
    for gone in ["model.bin", "metrics.json"] {
        fs::remove_file(project.path().join(gone)).expect("an output");
    }
    fs::remove_dir_all(project.path().join(".git")).expect("the repository");
    assert_eq!(project.modelgate(&["gate", "--what-if", "accuracy.min=0.9"]).code, 0);
}

#[test]
fn it_compares_with_the_baseline_of_the_record() {
    let project = Project::shell();
    project.replace("modelgate.yml", "min: 0.85", "min: 0.85, max-drop: 0.1");
    project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: ./old.json\n");
    project.file("old.json", "{\"accuracy\": 0.95}");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    fs::remove_file(project.path().join("old.json")).expect("the baseline");
    assert_eq!(project.modelgate(&["gate", "--what-if", "accuracy.max-drop=0.05"]).code, 0);
    let said = project.modelgate(&["gate", "--what-if", "accuracy.max-drop=0.04"]);
    assert_eq!(said.code, 10, "{}", said.err);
    assert!(said.out.contains("0.9 is 0.05 below the baseline's 0.95"), "{}", said.out);
}

#[test]
fn what_is_not_understood_is_wrong_usage() {
    let project = approved();
    for wrong in ["accuracy", "accuracy.mim=0.9", "accuracy.min=high", "accuracy.min=5%"] {
        let said = project.modelgate(&["gate", "--what-if", wrong]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{wrong}");
        assert!(said.err.contains("`min`"), "{wrong}: {}", said.err);
    }
    let said = project.modelgate(&["gate", "--what-if", "acuracy.min=0.5"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    assert!(said.err.contains("did you mean «accuracy»?"), "{}", said.err);
    let nothing = Project::shell();
    let said = nothing.modelgate(&["gate", "--what-if", "accuracy.min=0.9"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("there is no run.json") && !nothing.exists(".modelgate"), "{}", said.err);
}

#[test]
fn what_was_not_proven_is_not_judged_either() {
    let project = approved();
    project.replace("modelgate.yml", "gate:\n", "test:\n  run: \"true\"\ngate:\n");
    let said = project.modelgate(&["gate", "--what-if", "accuracy.min=0.5"]);
    assert_eq!(said.code, 10, "{}{}", said.out, said.err);
    assert!(said.out.contains("the evidence is not complete"), "{}", said.out);
}
