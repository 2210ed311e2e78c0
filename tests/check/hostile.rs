//! Who controls a pull request, its commands and its event, and wants what is not theirs.

use serde_json::json;

use super::{Job, pull_request};
use crate::common::Project;

/// Has the project train with these words of sh before its own.
fn training(project: &Project, first: &str) {
    project.replace("modelgate.yml", "run: cat params", &format!("run: {first}; cat params"));
    project.commit("Train otherwise");
}

#[test]
fn a_command_cannot_have_git_tell_it_the_token() {
    let project = Project::shell();
    project.file("hook", "#!/bin/sh\nenv > \"$(dirname \"$0\")/../../../stolen\"\n");
    let plant = "mkdir -p .git/hooks; for it in reference-transaction post-index-change; do \
                 cp hook .git/hooks/$it; chmod +x .git/hooks/$it; done";
    training(&project, plant);
    let job = Job { token: "gh-secret", ..Job::new(project) };
    for words in [["run"], ["report"]] {
        assert_eq!(job.modelgate(&words).code, 0);
        assert!(!job.project.exists("../stolen"), "{}", job.project.read("../stolen"));
    }
}

#[test]
fn a_filter_of_git_does_not_see_the_token() {
    let project = Project::shell();
    project.file("filter", "env > ../stolen; cat\n");
    let plant = "git config filter.x.clean 'sh filter'; mkdir -p .git/info; \
                 echo '* filter=x' > .git/info/attributes; touch data.csv";
    training(&project, plant);
    let job = Job { token: "gh-secret", ..Job::new(project) };
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.modelgate(&["report"]).code, 0);
    assert!(!job.project.read("../stolen").contains("gh-secret"));
}

#[test]
fn what_was_not_made_of_the_pull_request_says_nothing_about_it() {
    // pull_request_target, and a job that follows another, check out the default branch where nobody says otherwise.
    let other = "0123456789abcdef0123456789abcdef01234567";
    let followed =
        json!({ "workflow_run": { "head_sha": other }, "repository": { "full_name": "acme/churn" } });
    for (event, payload) in [
        ("pull_request_target", pull_request("acme/churn", other)),
        ("pull_request_target", pull_request("fork/churn", other)),
        ("pull_request", pull_request("acme/churn", other)),
        ("workflow_run", followed),
    ] {
        let job = Job::new(Project::shell()).on(event, &payload);
        assert_eq!(job.modelgate(&["run"]).code, 0);
        assert!(job.github.state().checks.is_empty(), "{event}: {:?}", job.github.state().checks);
        assert_eq!(job.warnings()[0]["code"], "check-not-published");
    }
}

#[test]
fn a_pull_request_whose_event_cannot_be_read_is_taken_for_a_stranger_s() {
    for event in ["pull_request", "pull_request_target", "workflow_run"] {
        let job = Job::new(Project::shell()).on(event, &json!([]));
        std::fs::write(&job.event.1, "{ \"pull_request\": \"\\ud800\" }").unwrap();
        assert_eq!(job.modelgate(&["run"]).code, 0);
        let text = job.check()["output"]["text"].clone();
        assert!(text.as_str().is_none_or(str::is_empty), "{event}: a baseline was made: {text}");
    }
}
