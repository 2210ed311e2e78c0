//! The main job, from a commit to a verdict.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, outcomes};
use serde_json::Value;

#[test]
fn a_good_model_is_approved() {
    let project = Project::shell();
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(
        project.outcomes(),
        "lint skipped, test skipped, train passed, evaluate passed, gate passed, report passed"
    );
    for file in [
        "run.json",
        "report.md",
        "report.html",
        "metrics.txt",
        "junit.xml",
        "lint.sarif",
        "codequality.json",
        "bundle.zip",
    ] {
        assert!(project.exists(&format!(".modelgate/{file}")), "{file}");
    }
    insta::assert_snapshot!("approved", project.stable(&said.out));
}

#[test]
fn a_bad_model_is_rejected_with_ten() {
    let project = Project::shell();
    project.file("scores.json", "{\"accuracy\": 0.8}\n");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}{}", said.out, said.err);
    assert_eq!(project.record()["conclusion"], "rejected");
    insta::assert_snapshot!("rejected", project.stable(&said.out));
}

#[test]
fn what_has_not_changed_is_restored_and_what_has_is_made() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["run"]).code, 0);
    let first = project.record();
    std::fs::remove_file(project.path().join("model.bin")).expect("the model");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    let second = project.record();
    assert_eq!(
        outcomes(&second),
        "lint skipped, test skipped, train restored, evaluate restored, gate passed, report passed"
    );
    assert_eq!(second["steps"][2]["evidence"]["restored_from"], first["id"]);
    assert_eq!(second["steps"][2]["evidence"]["outputs"], first["steps"][2]["evidence"]["outputs"]);
    assert_eq!(project.read("model.bin"), "depth 8\nx,y\n1,0\n2,1\n");

    project.file("params.txt", "depth 9\n");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    let third = project.record();
    assert_eq!(third["steps"][2]["outcome"], "passed");
    assert!(
        third["steps"][2]["because"].as_str().unwrap().contains("params.txt"),
        "{}",
        third["steps"][2]["because"]
    );
    assert_eq!(third["steps"][3]["outcome"], "passed", "the model is another, so it is measured again");

    assert_eq!(project.modelgate(&["run", "--no-cache"]).code, 0);
    assert_eq!(project.record()["steps"][2]["outcome"], "passed");
}

#[test]
fn steps_as_jobs_of_their_own_come_to_the_same() {
    let whole = Project::shell();
    assert_eq!(whole.modelgate(&["run"]).code, 0);
    let parts = Project::shell();
    for step in ["lint", "train", "evaluate"] {
        let said = parts.modelgate(&[step]);
        assert_eq!(said.code, 0, "{step}: {}{}", said.out, said.err);
    }
    assert_eq!(parts.modelgate(&["gate"]).code, 0);
    assert_eq!(parts.modelgate(&["report"]).code, 0);
    let (whole, parts) = (whole.record(), parts.record());
    assert_eq!(whole["verdict"], parts["verdict"]);
    assert_eq!(whole["conclusion"], parts["conclusion"]);
    let evidence = |record: &Value, step: &str| {
        let steps = record["steps"].as_array().unwrap().clone();
        let step = steps.into_iter().find(|found| found["step"] == step).expect("the step");
        (step["evidence"]["outputs"].clone(), step["evidence"]["metrics"].clone())
    };
    for step in ["train", "evaluate"] {
        assert_eq!(evidence(&whole, step), evidence(&parts, step));
    }
}

#[test]
fn a_gate_without_its_evidence_does_not_pass() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["evaluate"]).code, 0);
    let said = project.modelgate(&["gate"]);
    assert_eq!(said.code, 10, "{}", said.out);
    assert!(said.out.contains("train"), "{}", said.out);
}

#[test]
fn a_record_is_judged_again_by_other_rules_without_training() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["run"]).code, 0);
    project.replace("modelgate.yml", "min: 0.85", "min: 0.95");
    project.replace("modelgate.yml", "run: cat", "run: exit 1; cat");
    assert_eq!(project.modelgate(&["gate"]).code, 10);
    assert_eq!(project.record()["conclusion"], "rejected");
}

#[test]
fn the_newest_approved_run_of_the_default_branch_is_the_baseline() {
    let project = Project::shell();
    project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.85, max-drop: 0.01 }");
    project.commit("Compare");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert_eq!(project.record()["baseline"], Value::Null);
    assert!(said.out.contains("no baseline") || said.out.contains("no approved"), "{}", said.out);

    project.git(&["switch", "--quiet", "--create", "worse"]);
    project.file("scores.json", "{\"accuracy\": 0.88}\n");
    project.commit("Be worse");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.out);
    let record = project.record();
    assert_eq!(record["baseline"]["metrics"]["accuracy"], 0.9);
    assert_eq!(record["baseline"]["from"], "default-branch");

    // Neither a rejected run nor a run of another branch is a baseline.
    project.git(&["switch", "--quiet", "main"]);
    project.file("scores.json", "{\"accuracy\": 0.895}\n");
    project.commit("Be about the same");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.record()["baseline"]["metrics"]["accuracy"], 0.9);
}

#[test]
fn standard_output_holds_the_record_and_nothing_else() {
    let project = Project::shell();
    project.replace("modelgate.yml", "run: cp", "run: echo noise; cp");
    let said = project.modelgate(&["run", "--format", "json"]);
    assert_eq!(said.code, 0);
    let record: Value = serde_json::from_str(&said.out).expect("standard output is JSON");
    assert_eq!(record, project.record());
    assert!(said.err.contains("noise"));
}

#[test]
fn lint_and_test_both_report_before_training_is_skipped() {
    let project = Project::shell();
    project.replace("modelgate.yml", "python: []", "python: ['*.py']");
    project.replace("modelgate.yml", "train:\n", "test:\n  run: exit 3\ntrain:\n");
    project.file("train.py", "def train(:\n    pass\n");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 11, "{}", said.out);
    assert_eq!(
        project.outcomes(),
        "lint failed, test failed, train skipped, evaluate skipped, gate skipped, report passed"
    );
    assert!(said.out.contains("train.py:1:11"), "{}", said.out);
    insta::assert_snapshot!("failed", project.stable(&said.out));
}

#[test]
fn a_run_whose_steps_were_done_on_changed_files_is_not_of_the_commit() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["train"]).code, 0);
    project.file("scores.json", "{\"accuracy\": 0.99}\n");
    project.replace("modelgate.yml", "min: 0.85", "min: 0.8");
    for step in ["lint", "train", "evaluate"] {
        assert_eq!(project.modelgate(&[step]).code, 0);
    }
    assert_eq!(project.record()["context"]["dirty"], true);
    project.git(&["checkout", "--quiet", "--", "."]);
    assert_eq!(project.modelgate(&["evaluate"]).code, 0);
    assert_eq!(project.record()["context"]["dirty"], true, "train was done on changed files");
    assert_eq!(project.modelgate(&["lint"]).code, 0);
    assert_eq!(project.record()["context"]["dirty"], Value::Null, "lint is the first step of a new run");
}

#[test]
fn a_model_that_nobody_named_is_measured_again_each_time() {
    let project = Project::shell();
    project.replace("modelgate.yml", "  outputs: [model.bin]\n", "");
    project.replace("modelgate.yml", "  run: cp scores.json metrics.json\n", "  run: sh evaluate.sh\n");
    project.replace("modelgate.yml", "[scores.json]", "[evaluate.sh]");
    project.file(
        "evaluate.sh",
        "value=0.9; if grep -q bad model.bin; then value=0.1; fi\necho \"{\\\"accuracy\\\": $value}\" > metrics.json\n",
    );
    assert_eq!(project.modelgate(&["run"]).code, 0);
    project.file("data.csv", "bad\n");
    let plan = project.modelgate(&["plan"]).out;
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}{}", said.out, said.err);
    assert!(
        project.outcomes().contains("train passed, evaluate passed, gate failed"),
        "{}",
        project.outcomes()
    );
    let why = "train recorded no outputs, so nobody knows whether the model is the same";
    let evaluate = project.record()["steps"][3].clone();
    assert_eq!(evaluate["findings"][0]["code"], "model-unknown");
    assert_eq!(evaluate["findings"][0]["help"], "name what train writes under train.outputs");
    assert!(plan.contains(&format!("evaluate  run   {why}")), "{plan}");
    // A step of its own knows no more than the run.
    assert_eq!(project.modelgate(&["evaluate"]).code, 0);
    assert!(project.outcomes().contains("evaluate passed"), "{}", project.outcomes());
    let kept = project.path().join(".modelgate/cache/steps");
    assert!(!kept.exists() || std::fs::read_dir(kept).unwrap().next().is_none(), "nothing is kept of it");
}

/// A run that was rejected, and judged again after `change`.
fn judged_again(change: impl FnOnce(&Project)) -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.85, max-drop: 0.5 }");
    project.file("scores.json", "{\"accuracy\": 0.8}\n");
    project.commit("Be bad");
    assert_eq!(project.modelgate(&["run"]).code, 10);
    assert_eq!(project.record()["context"]["dirty"], Value::Null);
    change(&project);
    project
}

/// The next commit's run must find no baseline.
fn assert_no_baseline(project: &Project) {
    project.git(&["checkout", "--quiet", "--", "."]);
    project.file("scores.json", "{\"accuracy\": 0.9}\n");
    project.commit("Be good");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.record()["baseline"], Value::Null);
}

#[test]
fn rules_that_were_not_committed_make_no_baseline() {
    let project = judged_again(|project| project.replace("modelgate.yml", "0.85", "0.1"));
    assert_eq!(project.modelgate(&["gate"]).code, 0);
    assert_eq!(project.record()["context"]["dirty"], true);
    assert_eq!(project.modelgate(&["report"]).code, 0);
    // To clean up afterwards changes nothing about how it was judged.
    project.git(&["checkout", "--quiet", "--", "."]);
    assert_eq!(project.modelgate(&["report"]).code, 0);
    assert_eq!(project.record()["context"]["dirty"], true);
    assert_no_baseline(&project);
}

#[test]
fn the_rules_of_another_commit_make_no_baseline() {
    let project = judged_again(|project| {
        project.replace("modelgate.yml", "0.85", "0.1");
        project.commit("Ask for less");
    });
    assert_eq!(project.modelgate(&["gate"]).code, 0);
    assert_eq!(project.modelgate(&["report"]).code, 0);
    assert_eq!(project.record()["context"]["dirty"], true);
    assert_no_baseline(&project);
}

#[test]
fn a_job_that_has_only_the_record_reports_it_as_it_is() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["run"]).code, 0);
    std::fs::remove_dir_all(project.path().join(".git")).unwrap();
    for word in ["gate", "report"] {
        assert_eq!(project.modelgate(&[word]).code, 0, "{word}");
        assert_eq!(project.record()["context"]["dirty"], Value::Null);
    }
}

#[test]
fn the_record_of_another_run_is_a_baseline_when_it_is_of_the_same_model() {
    let project = Project::shell();
    project.replace("modelgate.yml", "min: 0.85", "min: 0.95");
    assert_eq!(project.modelgate(&["run"]).code, 10);
    project.file("baseline.json", project.read(".modelgate/run.json"));
    project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: baseline.json\n");
    project.replace("modelgate.yml", "min: 0.95", "max-drop: 0.1");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    insta::assert_snapshot!("baseline_not_approved", project.stable(&said.out));
    project.replace("baseline.json", "\"churn\"", "\"fraud\"");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    insta::assert_snapshot!("baseline_of_another_model", project.stable(&said.out));
}
