//! The include for GitLab CI: what a .gitlab-ci.yml gives to it, what comes of it, and what its document says.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "gitlab_ci/document.rs"]
mod document;
#[path = "gitlab/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;
#[path = "gitlab_ci/forge.rs"]
mod forge;
#[path = "gitlab_ci/install.rs"]
mod install;
#[path = "gitlab_ci/rules.rs"]
mod rules;
#[path = "gitlab_ci/runner.rs"]
mod runner;

use common::Project;
use runner::Runner;
use serde_json::json;

/// A job after the gate, which tells what it has been told.
const TELL: &str = "
tell:
  stage: deploy
  needs: [model-gate]
  script:
    - printf '%s\\n' \"told $MODELGATE_PASSED $MODELGATE_CONCLUSION $MODELGATE_VERSION\"
    - printf '%s\\n' \"told $MODELGATE_RUN_ID\" \"told $MODELGATE_METRICS_JSON\" \"told $MODELGATE_REPORT_PATH\"
    - test -f \"$MODELGATE_REPORT_PATH\"
";

fn with_tell(runner: &Runner) {
    let text = runner.project.read(".gitlab-ci.yml");
    runner.project.file(".gitlab-ci.yml", format!("{text}{TELL}"));
    runner.project.commit("Tell");
}

#[test]
fn a_good_model_passes_and_the_jobs_after_it_are_told() {
    let test = "a_good_model_passes_and_the_jobs_after_it_are_told";
    let Some(runner) = Runner::new(test, Project::shell(), "") else { return };
    with_tell(&runner);
    let pipeline = runner.pipeline("push");
    let log = pipeline.log();
    assert_eq!(
        (pipeline.said.code, pipeline.job("model-gate"), pipeline.job("tell")),
        (0, Some(0), Some(0)),
        "{log}"
    );
    let record = runner.record();
    assert_eq!((&record["conclusion"], &record["context"]["forge"]), (&json!("approved"), &json!("gitlab")));
    let metrics = json!({ "accuracy": 0.9 }).to_string();
    for line in [
        &format!("told true approved {}", env!("CARGO_PKG_VERSION")),
        &format!("told {}", record["id"].as_str().unwrap()),
        &format!("told {metrics}"),
        "told .modelgate/report.html",
    ] {
        assert!(log.contains(&format!("> {line}\n")), "«{line}» in {log}");
    }
    for report in ["report.html", "junit.xml", "metrics.txt", "bundle.zip"] {
        assert!(runner.project.exists(&format!(".modelgate/{report}")), "{report}");
    }
    assert_eq!(runner.artifact("codequality.json"), "[]\n");
    let links: serde_json::Value = serde_json::from_str(&runner.artifact("gitlab-annotations.json")).unwrap();
    let link = &links["modelgate"][0]["external_link"];
    let url = link["url"].as_str().unwrap();
    assert!(url.contains("/-/jobs/") && url.ends_with("/artifacts/file/.modelgate/report.html"), "{url}");
    assert_eq!(link["label"], "report of churn: approved: the one rule holds");
}

#[test]
fn how_the_run_ended_is_how_the_job_ends_and_nothing_comes_after_a_bad_one() {
    let test = "how_the_run_ended_is_how_the_job_ends_and_nothing_comes_after_a_bad_one";
    for (file, text, code, conclusion) in [
        ("scores.json", "{\"accuracy\": 0.8}", 10, "rejected"),
        ("modelgate.yml", &common::SHELL_PROJECT.replace("cat params", "exit 1; cat params"), 11, "failed"),
        ("modelgate.yml", "version: 1\nmodel: churn\n", 3, ""),
    ] {
        let Some(runner) = Runner::new(test, Project::shell(), "") else { return };
        with_tell(&runner);
        runner.project.file(file, text);
        runner.project.commit("Change it");
        let pipeline = runner.pipeline("push");
        let log = pipeline.log();
        assert_eq!((pipeline.said.code, pipeline.job("model-gate")), (1, Some(code)), "{log}");
        assert_eq!(pipeline.job("tell"), None, "{log}");
        if conclusion.is_empty() {
            assert!(!runner.project.exists(".modelgate/gitlab.env"), "{log}");
        } else {
            let told = format!("MODELGATE_PASSED=false\nMODELGATE_CONCLUSION={conclusion}\n");
            assert!(runner.artifact("gitlab.env").starts_with(&told), "{log}");
            assert!(runner.project.exists(".modelgate/report.html"), "it is kept also when the job fails");
        }
    }
}

#[test]
fn what_has_not_changed_is_restored_and_trained_anew_when_asked_for() {
    let test = "what_has_not_changed_is_restored_and_trained_anew_when_asked_for";
    let Some(runner) = Runner::new(test, Project::shell(), "") else { return };
    let train = |runner: &Runner, source: &str| {
        let pipeline = runner.pipeline(source);
        assert_eq!(pipeline.said.code, 0, "{}", pipeline.log());
        let record = runner.record();
        assert_eq!(record["context"]["event"], source);
        record["steps"][2]["outcome"].clone()
    };
    assert_eq!(train(&runner, "push"), "passed");
    assert_eq!(train(&runner, "schedule"), "restored", "the cache is kept from job to job");
    let runner = runner.variable("MODELGATE_RETRAIN", "true");
    for source in ["web", "schedule", "trigger"] {
        assert_eq!(train(&runner, source), "passed", "{source}");
    }
}

#[test]
fn a_project_in_a_folder_gets_its_words() {
    let test = "a_project_in_a_folder_gets_its_words";
    let project = Project::shell();
    for name in ["params.txt", "data.csv", "scores.json"] {
        project.file(&format!("models/a b/{name}"), project.read(name));
    }
    project.file("models/a b/bad.py", "x = = 1\n");
    project.file("models/a b/gate.yml", common::SHELL_PROJECT.replace("python: []", "python: ['*.py']"));
    let inputs = "config: models/a b/gate.yml\njob-prefix: churn-\nstage: build";
    let Some(runner) = Runner::new(test, project, inputs) else { return };
    let pipeline = runner.pipeline("push");
    assert_eq!(pipeline.job("churn-gate"), Some(11), "{}", pipeline.log());
    let issues: serde_json::Value = serde_json::from_str(&runner.artifact("codequality.json")).unwrap();
    assert_eq!(issues[0]["location"]["path"], "models/a b/bad.py");
    assert!(runner.artifact("gitlab.env").contains("MODELGATE_REPORT_PATH=.modelgate/report.html\n"));
}

#[test]
fn no_input_becomes_a_part_of_the_script() {
    let test = "no_input_becomes_a_part_of_the_script";
    for (name, value) in [
        ("binary-path", "x\"; touch pwned; $(touch pwned) `touch pwned` '"),
        ("config", "x\"; touch pwned; $(touch pwned) `touch pwned` '"),
        ("version", "1.0.0\"; touch pwned; $(touch pwned) `touch pwned` '"),
        ("releases-url", "http://127.0.0.1:1/\";touch${IFS}pwned;$(touch${IFS}pwned)`touch${IFS}pwned`'"),
    ] {
        let mut inputs = format!("{name}: {}", json!(value));
        if name != "binary-path" && name != "config" {
            inputs.push_str("\nbinary-path: ''");
        }
        let Some(runner) = Runner::new(test, Project::shell(), &inputs) else { return };
        let pipeline = runner.pipeline("push");
        assert_eq!(pipeline.said.code, 1, "{name}: {}", pipeline.log());
        let found = runner.project.command("find").args([".", "-name", "pwned"]).output().unwrap();
        assert!(found.stdout.is_empty(), "{name}: {}", pipeline.log());
    }
}
