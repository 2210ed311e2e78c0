//! What the jobs tell GitLab, here a fake one: statuses, notes, baselines, deployments.

use std::fs;

use serde_json::{Value, json};

use regex::Regex;

use crate::common::pages::{blocks, read};
use crate::common::releases::serve;
use crate::common::{MODELGATE, Project};
use crate::fake::{Fake, JOB, OWN, PROJECT};
use crate::runner::{INCLUDE, Pipeline, Runner};

/// A project whose rule compares, and whose runs may write a note.
fn comparing() -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.85, max-drop: 0.01 }");
    project.replace("modelgate.yml", "gate:\n", "report:\n  comment: true\ngate:\n");
    project.commit("Compare");
    project
}

/// A runner whose jobs speak with a GitLab, with these tokens.
fn connected(runner: Runner, gitlab: &Fake, tokens: &[(&str, &str)]) -> Runner {
    let variables =
        [("CI_API_V4_URL", gitlab.base.as_str()), ("CI_PROJECT_ID", PROJECT), ("CI_DEFAULT_BRANCH", "main")];
    let variables = variables.iter().chain(tokens);
    variables.fold(runner, |runner, (name, value)| runner.variable(name, value))
}

fn head(runner: &Runner) -> String {
    runner.project.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// Runs a pipeline of the default branch, which GitLab knows by a number, and lets GitLab keep what the gate has kept.
fn push(runner: Runner, gitlab: &Fake, number: u64) -> (Runner, Pipeline) {
    gitlab.state().pipeline(number, "main", &head(&runner), "push");
    let runner =
        runner.variable("CI_PIPELINE_ID", &number.to_string()).variable("CI_COMMIT_REF_NAME", "main");
    let pipeline = runner.pipeline("push");
    let files: Vec<(String, Vec<u8>)> = ["run.json", "bundle.zip"]
        .into_iter()
        .filter_map(|name| {
            let path = format!(".modelgate/{name}");
            fs::read(runner.project.path().join(&path)).ok().map(|content| (path, content))
        })
        .collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, content)| (name.as_str(), &content[..])).collect();
    gitlab.state().job(number, "model-gate", &files);
    (runner, pipeline)
}

/// Runs a pipeline of the merge request 3.
fn merge_request(runner: Runner, gitlab: &Fake, number: u64) -> (Runner, Pipeline) {
    let reference = "refs/merge-requests/3/head";
    gitlab.state().pipeline(number, reference, &head(&runner), "merge_request_event");
    let variables = [
        ("CI_PIPELINE_ID", &*number.to_string()),
        ("CI_COMMIT_REF_NAME", "wider"),
        ("CI_COMMIT_REF_SLUG", "wider"),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_MERGE_REQUEST_REF_PATH", reference),
        ("CI_MERGE_REQUEST_PROJECT_ID", PROJECT),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", PROJECT),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "wider"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    let mut runner = variables.into_iter().fold(runner, |runner, (name, value)| runner.variable(name, value));
    runner.unset = vec!["CI_COMMIT_BRANCH".into()];
    let pipeline = runner.pipeline("merge_request_event");
    (runner, pipeline)
}

/// The statuses of a commit, each with its state.
fn statuses(gitlab: &Fake, sha: &str) -> Vec<(String, String)> {
    let state = gitlab.state();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let of = state.statuses.iter().filter(|it| it["sha"] == sha && it["retried"].is_null());
    of.map(|it| (text(it, "name"), text(it, "status"))).collect()
}

fn status(state: &str) -> Vec<(String, String)> {
    vec![("model-metrics".to_owned(), state.to_owned())]
}

#[test]
fn a_merge_request_gets_one_note_and_its_commit_a_status() {
    let test = "a_merge_request_gets_one_note_and_its_commit_a_status";
    let Some(runner) = Runner::new(test, comparing(), "") else { return };
    let gitlab = Fake::start();
    let runner = connected(runner, &gitlab, &[("MODELGATE_GITLAB_TOKEN", OWN), ("CI_JOB_TOKEN", JOB)]);
    let (runner, pipeline) = push(runner, &gitlab, 11);
    assert_eq!(pipeline.job("model-gate"), Some(0), "{}", pipeline.log());
    assert_eq!(statuses(&gitlab, &head(&runner)), status("success"));
    assert!(gitlab.state().notes.is_empty(), "a push has no merge request");

    runner.project.git(&["checkout", "--quiet", "-b", "wider"]);
    runner.project.file("scores.json", "{\"accuracy\": 0.87}");
    runner.project.commit("Train a wider forest");
    let (runner, pipeline) = merge_request(runner, &gitlab, 12);
    let log = pipeline.log();
    assert_eq!(pipeline.job("model-gate"), Some(10), "{log}");
    assert!(!log.contains(OWN) && !log.contains(JOB), "{log}");
    assert_eq!(statuses(&gitlab, &head(&runner)), status("failed"));
    assert_eq!(runner.record()["baseline"]["metrics"], json!({ "accuracy": 0.9 }), "{log}");
    let note = |gitlab: &Fake| {
        let state = gitlab.state();
        assert_eq!(state.notes.len(), 1, "{:?}", state.kinds());
        state.notes[0]["body"].as_str().expect("a text").to_owned()
    };
    assert!(note(&gitlab).contains("rejected") && note(&gitlab).contains("drop ≤ 0.01"), "{}", note(&gitlab));

    runner.project.file("scores.json", "{\"accuracy\": 0.92}");
    runner.project.commit("Train it longer");
    let (runner, pipeline) = merge_request(runner, &gitlab, 13);
    assert_eq!(pipeline.job("model-gate"), Some(0), "{}", pipeline.log());
    assert_eq!(statuses(&gitlab, &head(&runner)), status("success"));
    assert!(note(&gitlab).contains("approved"), "{}", note(&gitlab));
}

#[test]
fn without_a_token_of_its_own_the_run_says_so_once_and_the_reports_tell() {
    let test = "without_a_token_of_its_own_the_run_says_so_once_and_the_reports_tell";
    let Some(runner) = Runner::new(test, comparing(), "") else { return };
    let gitlab = Fake::start();
    let runner = connected(runner, &gitlab, &[("CI_JOB_TOKEN", JOB)]);
    let (runner, pipeline) = push(runner, &gitlab, 11);
    assert_eq!(pipeline.job("model-gate"), Some(0), "{}", pipeline.log());
    runner.project.git(&["checkout", "--quiet", "-b", "wider"]);
    runner.project.file("scores.json", "{\"accuracy\": 0.87}");
    runner.project.commit("Train a wider forest");
    let (runner, pipeline) = merge_request(runner, &gitlab, 12);
    let log = pipeline.log();
    assert_eq!(pipeline.job("model-gate"), Some(10), "{log}");
    let said = log.lines().filter(|line| line.contains("MODELGATE_GITLAB_TOKEN is not set")).count();
    assert_eq!(said, 1, "{log}");
    let state = gitlab.state();
    assert!(state.statuses.is_empty() && state.notes.is_empty(), "{:?}", state.kinds());
    // The job's own token gets the baseline.
    assert_eq!(runner.record()["baseline"]["metrics"], json!({ "accuracy": 0.9 }), "{log}");
    assert!(runner.artifact("gitlab.env").contains("MODELGATE_CONCLUSION=rejected\n"));
}

/// The README's lines for GitLab, which include the file from a server of ours and run the program under test.
fn readme_lines() -> String {
    let readme = read("README.md");
    let lines = blocks(&readme).into_iter().find(|block| block.starts_with("include:")).expect("lines");
    let folder = Project::empty();
    folder.file(INCLUDE, read(INCLUDE));
    let server = serve(folder.path());
    // It serves until the process ends.
    std::mem::forget(folder);
    let address = "https://raw.githubusercontent.com/modelgate/modelgate/v0.1.0";
    assert!(lines.contains(address), "{lines}");
    let input = "      image: python:3.13\n";
    assert!(lines.contains(input), "{lines}");
    lines.replace(address, &server).replace(input, &format!("{input}      binary-path: {MODELGATE}\n"))
}

/// The README's first file, with what it says to write on GitLab.
fn readme_config() -> String {
    let readme = read("README.md");
    let trigger =
        Regex::new("`(trigger: \\{[^`]+\\})`").unwrap().captures(&readme).expect("a trigger")[1].to_owned();
    let config = blocks(&readme).remove(0);
    let dispatch = "dispatch: { workflow: deploy.yml }";
    assert!(config.contains(dispatch), "{config}");
    config.replace(dispatch, &trigger) + "report:\n  comment: true\n"
}

#[test]
fn the_lines_of_the_readme_judge_tell_and_ship() {
    let test = "the_lines_of_the_readme_judge_tell_and_ship";
    let project = Project::of_readme(&readme_config());
    let Some(runner) = Runner::with(test, project, &readme_lines()) else { return };
    let gitlab = Fake::start();
    let runner = connected(runner, &gitlab, &[("MODELGATE_GITLAB_TOKEN", OWN), ("CI_JOB_TOKEN", JOB)]);
    let runner = runner.variable("PIP_NO_INDEX", "1").variable("PIP_DISABLE_PIP_VERSION_CHECK", "1");

    let (runner, pipeline) = push(runner, &gitlab, 11);
    let log = pipeline.log();
    assert_eq!((pipeline.job("model-gate"), pipeline.job("model-deploy")), (Some(0), Some(0)), "{log}");
    assert!(!log.contains(OWN) && !log.contains(JOB), "{log}");
    let commit = head(&runner);
    assert_eq!(statuses(&gitlab, &commit), status("success"));
    let record = runner.record();
    assert_eq!(record["deliveries"][0]["outcome"], "delivered", "{log}");
    let state = gitlab.state();
    let [(_, sent)] = &state.triggered[..] else { panic!("{:?}", state.kinds()) };
    let variables = &sent["variables"];
    assert_eq!(
        (&variables["MODELGATE_ENVIRONMENT"], &variables["MODELGATE_COMMIT"]),
        (&json!("production"), &json!(commit))
    );
    assert!(variables["MODELGATE_OUTPUTS"].as_str().expect("a text").contains("model.joblib"), "{sent}");
    let [deployment] = &state.deployments[..] else { panic!("{:?}", state.kinds()) };
    assert_eq!((&deployment["status"], &deployment["sha"]), (&json!("success"), &json!(commit)));
    assert!(state.notes.is_empty(), "a push has no merge request");
    drop(state);
    for report in [
        "report.html",
        "junit.xml",
        "codequality.json",
        "metrics.txt",
        "gitlab.env",
        "gitlab-annotations.json",
    ] {
        assert!(runner.project.exists(&format!(".modelgate/{report}")), "{report}");
    }

    // Again, beside the pipeline that was started, and then with a model that is worse, in a merge request and on the default branch.
    let (runner, pipeline) = push(runner, &gitlab, 21);
    assert_eq!(pipeline.said.code, 0, "{}", pipeline.log());
    runner.project.git(&["checkout", "--quiet", "-b", "wider"]);
    runner.project.replace("evaluate.py", "0.9", "0.8");
    runner.project.commit("Worse");
    let (mut runner, pipeline) = merge_request(runner, &gitlab, 31);
    assert_eq!(
        (pipeline.job("model-gate"), pipeline.job("model-deploy")),
        (Some(10), None),
        "{}",
        pipeline.log()
    );
    assert_eq!(statuses(&gitlab, &head(&runner)), status("failed"));
    let notes = gitlab.state().notes.clone();
    assert!(notes.len() == 1 && notes[0]["body"].to_string().contains("rejected"), "{notes:?}");
    runner.project.git(&["checkout", "--quiet", "main"]);
    runner.project.git(&["merge", "--quiet", "wider"]);
    runner.unset.clear();
    runner
        .variables
        .retain(|(name, _)| !name.starts_with("CI_MERGE_REQUEST") && name != "CI_COMMIT_REF_SLUG");
    let (_, pipeline) = push(runner, &gitlab, 41);
    assert_eq!(
        (pipeline.job("model-gate"), pipeline.job("model-deploy")),
        (Some(10), None),
        "{}",
        pipeline.log()
    );
    let state = gitlab.state();
    assert_eq!(
        (state.triggered.len(), state.deployments.len()),
        (1, 1),
        "nothing is shipped twice, and nothing bad"
    );
}
