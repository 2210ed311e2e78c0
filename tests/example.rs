//! The example from a commit to a verdict, with the Python and the libraries that its users have.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{MODELGATE, Project, Said, python, said, skip};
use serde_json::{Value, json};

/// modelgate where `python` is the one with the example's packages.
fn run(project: &Project, python: &Path) -> Said {
    let mut folders = vec![python.parent().expect("a program is in a folder").to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = project.command(MODELGATE);
    command.arg("run").env("PATH", std::env::join_paths(folders).expect("a PATH"));
    said(command.output().expect("modelgate starts"))
}

/// The outcome of every rule of the verdict: `accuracy min pass, …`.
fn rows(record: &Value) -> Vec<String> {
    let rows = record["verdict"]["rows"].as_array().expect("a verdict").iter();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.map(|row| format!("{} {} {}", word(row, "metric"), word(row, "rule"), word(row, "outcome")))
        .collect()
}

/// 165 of 171 rows are right, computed of the predictions, and so not rounded as metrics.json is.
fn is_accurate(accuracy: &Value) -> bool {
    accuracy.as_f64().is_some_and(|accuracy| (accuracy - 165.0 / 171.0).abs() < 1e-12)
}

#[test]
fn the_example_is_approved_restored_and_rejected_when_it_is_worse() {
    let Some(python) = python() else {
        return skip(
            "the_example_is_approved_restored_and_rejected_when_it_is_worse",
            "needs MODELGATE_TEST_PYTHON, a Python with the packages of examples/breast-cancer",
        );
    };
    let project = Project::empty();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/breast-cancer/.");
    assert!(project.command("cp").arg("-R").arg(example).arg(".").status().expect("cp").success());
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.commit("First model");

    let first = run(&project, &python);
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    let record = project.record();
    assert_eq!(
        project.outcomes(),
        "lint passed, test passed, train passed, evaluate passed, gate passed, report passed"
    );
    let metrics = &record["steps"][3]["evidence"]["metrics"];
    assert!(is_accurate(&metrics["accuracy"]), "{metrics}");
    assert_eq!(metrics["confusion.false_negatives"], json!(3.0));
    assert_eq!(project.git(&["status", "--porcelain"]), "", "what a run leaves is ignored");
    insta::assert_snapshot!("approved", project.stable(&first.out));

    std::fs::remove_file(project.path().join("model.joblib")).expect("the model");
    let second = run(&project, &python);
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
    let again = project.record();
    assert_eq!(
        project.outcomes(),
        "lint passed, test passed, train restored, evaluate restored, gate passed, report passed"
    );
    assert_eq!(again["steps"][2]["evidence"]["outputs"], record["steps"][2]["evidence"]["outputs"]);
    assert_eq!(again["steps"][3]["evidence"]["metrics"], *metrics);

    project.git(&["switch", "--quiet", "--create", "shallower"]);
    project.replace("params.json", "\"max_depth\": 8", "\"max_depth\": 1");
    project.commit("Grow stumps");
    let worse = run(&project, &python);
    assert_eq!(worse.code, 10, "{}{}", worse.out, worse.err);
    let record = project.record();
    assert_eq!(record["conclusion"], "rejected");
    assert!(is_accurate(&record["baseline"]["metrics"]["accuracy"]), "{}", record["baseline"]);
    let rows = rows(&record);
    for failed in ["accuracy min fail", "accuracy max-drop fail", "recall min fail", "recall max-drop fail"] {
        assert!(rows.iter().any(|row| row == failed), "{failed}: {rows:?}");
    }
    insta::assert_snapshot!("rejected", project.stable(&worse.out));
}
