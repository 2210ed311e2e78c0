//! The action: what a workflow gives to it, what comes of it, and what its document says.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "act/document.rs"]
mod document;
#[path = "check/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;
#[path = "act/github.rs"]
mod github;
#[path = "act/install.rs"]
mod install;
#[path = "act/scripts.rs"]
mod scripts;
#[path = "act/runner.rs"]
mod runner;

use common::{Project, node_modules, skip};
use runner::{Runner, payload};
use serde_json::{Value, json};

/// The job summary's first line, as act shows it.
fn verdict(out: &str) -> &str {
    out.lines().find_map(|line| line.split_once("Summary - ")).map_or("none", |(_, verdict)| verdict)
}

#[test]
fn each_event_is_told_how_the_run_ended() {
    let (Some(_), Some(modules)) = (common::tool("act"), node_modules()) else {
        return skip("each_event_is_told_how_the_run_ended", "act or tests/node is not installed");
    };
    let events = [
        ("push", payload(&modules, "push")),
        ("pull_request", payload(&modules, "pull_request")),
        ("schedule", json!({ "schedule": "17 3 * * 1" })),
        ("workflow_dispatch", payload(&modules, "workflow_dispatch")),
    ];
    for (event, payload) in events {
        for (accuracy, passed, conclusion, sign) in
            [(0.9, "true", "approved", "✅ **approved"), (0.8, "false", "rejected", "❌ **rejected")]
        {
            let Some(runner) = Runner::new(Project::shell(), "") else { return };
            runner.project.file("scores.json", json!({ "accuracy": accuracy }).to_string());
            runner.project.commit("Measure");
            let said = runner.act(event, &payload);
            assert_eq!(said.code, i32::from(passed == "false"), "{event}: {}{}", said.out, said.err);
            assert!(verdict(&said.out).starts_with(sign), "{event}: {}", said.out);
            assert_eq!(said.out.contains("] exit status 10"), passed == "false", "{event}: {}", said.out);
            assert!(said.out.contains("| report: .modelgate/report.html"), "{event}: {}", said.out);

            let record = runner.record("modelgate");
            assert_eq!(record["context"]["event"], event);
            let outputs = runner.outputs();
            let expected = json!({
                "passed": passed,
                "conclusion": conclusion,
                "run": record["id"],
                "report-path": runner.workspace(&said.out).join(".modelgate/report.html"),
                "metrics-json": json!({ "accuracy": accuracy }).to_string(),
                "version": env!("CARGO_PKG_VERSION"),
                "image-digest": "", "check-run-id": "", "deployment-id": "",
            });
            assert_eq!(outputs, expected, "{event}");
        }
    }
}

#[test]
fn the_cache_is_kept_from_job_to_job_and_after_a_rejection() {
    let Some(runner) = Runner::new(Project::shell(), "run-dir: out/run\nartifact: model") else {
        return skip("the_cache_is_kept_from_job_to_job_and_after_a_rejection", "act is not installed");
    };
    runner.project.file("scores.json", "{\"accuracy\": 0.8}");
    runner.project.commit("Worse");
    let outcome = |record: &Value| record["steps"][2]["outcome"].clone();
    for (accuracy, train, code, saved) in
        [("0.8", "passed", 1, 1), ("0.8", "restored", 1, 1), ("0.9", "restored", 0, 2)]
    {
        runner.project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}"));
        runner.project.commit("Measure");
        let said = runner.act("push", &json!({}));
        assert_eq!(said.code, code, "{}", said.out);
        assert_eq!(outcome(&runner.record("model")), train);
        assert_eq!(runner.saved(), saved, "what is in it already is not saved again");
    }
    assert!(!runner.kept("artifacts/model/cache").exists());
    assert!(runner.kept("artifacts/model/report.html").exists());
}

#[test]
fn without_a_cache_and_an_artifact_nothing_is_kept() {
    let Some(runner) = Runner::new(Project::shell(), "cache: false\nartifact: ''") else {
        return skip("without_a_cache_and_an_artifact_nothing_is_kept", "act is not installed");
    };
    let said = runner.act("push", &json!({}));
    assert_eq!((said.code, runner.saved()), (0, 0), "{}", said.out);
    assert!(!runner.kept("artifacts").exists());
}

#[test]
fn a_project_in_a_folder_gets_its_words() {
    let project = Project::shell();
    let text = project.read("modelgate.yml");
    for name in ["params.txt", "data.csv", "scores.json"] {
        project.file(&format!("models/a b/{name}"), project.read(name));
    }
    project.file("models/a b/ci/gate.yml", text.replace("version: 1", "version: 1\n# of CI"));
    for name in ["params.txt", "data.csv", "scores.json"] {
        project.file(&format!("models/a b/ci/{name}"), project.read(name));
    }
    project.commit("A model of several");
    let with =
        "working-directory: models/a b\nconfig: ci/gate.yml\ncommand: |\n  run\n    --no-cache  --quiet";
    let Some(runner) = Runner::new(project, with) else {
        return skip("a_project_in_a_folder_gets_its_words", "act is not installed");
    };
    let said = runner.act("push", &json!({}));
    assert_eq!(said.code, 0, "{}", said.out);
    let report = runner.workspace(&said.out).join("models/a b/ci/.modelgate/report.html");
    assert_eq!(runner.outputs()["report-path"], json!(report));
    assert_eq!(runner.record("modelgate")["conclusion"], "approved");
    assert!(said.out.contains("--no-cache asks to make it anew"), "{}", said.out);
    assert!(!said.out.contains("::group::"), "it was to be quiet: {}", said.out);
}

#[test]
fn no_input_becomes_a_part_of_a_script() {
    let order = |name: &str, value: &str| format!("{name}: {}", json!(value));
    let hostile = "x\"; touch \"$KEPT/pwned\"; $(touch \"$KEPT/pwned\") `touch \"$KEPT/pwned\"` '";
    for name in ["command", "config", "run-dir", "working-directory", "version", "cache", "binary-path"] {
        let Some(runner) = Runner::new(Project::shell(), &order(name, hostile)) else {
            return skip("no_input_becomes_a_part_of_a_script", "act is not installed");
        };
        let said = runner.act("push", &json!({}));
        assert!(!runner.kept("pwned").exists(), "{name}: {}", said.out);
        let harmless = ["run-dir", "version"].contains(&name);
        assert_eq!(said.code, i32::from(!harmless), "{name}: {}", said.out);
    }
    let line = "out\npassed=true";
    let runner = Runner::new(Project::shell(), &order("run-dir", line)).expect("act is installed");
    let said = runner.act("push", &json!({}));
    assert_eq!((said.code, &runner.outputs()["passed"]), (1, &json!("")), "{}", said.out);
}
