//! Who controls a pull request, its commands and its event, and wants what is not theirs.

use serde_json::json;

use super::{Job, pull_request};
use crate::common::Project;
use crate::fake::Wrong;

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

#[test]
fn a_leg_of_a_matrix_does_not_whitewash_the_other_one() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let mut other = job.check();
    (other["id"], other["conclusion"]) = (2000.into(), "failure".into());
    other["started_at"] = "2026-01-01T00:00:00Z".into();
    job.github.state().checks.push(other);
    let ends = |job: &Job| -> Vec<serde_json::Value> {
        job.github.state().checks.iter().map(|check| check["conclusion"].clone()).collect()
    };
    assert_eq!(job.modelgate(&["report"]).code, 0);
    assert_eq!(ends(&job), ["success", "failure"], "only its own check is written anew");
    // All legs run again, and the other one has taken its check already.
    job.github.state().checks[1]["status"] = "in_progress".into();
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    let again = Job { attempt: "2", ..job };
    assert_eq!(again.modelgate(&["run"]).code, 10);
    let state = again.github.state();
    assert_eq!(
        (&state.checks[0]["conclusion"], &state.checks[1]["status"]),
        (&json!("failure"), &json!("in_progress"))
    );
}

#[test]
fn a_network_that_is_gone_for_a_while_at_the_end_does_not_leave_the_check_open() {
    let job = Job::new(Project::shell());
    // Of what shows that evaluate is under way no more than three are sent.
    (0..8).for_each(|_| job.github.fail("PATCH check-runs", Wrong::Refuse(503, "x-a: b", json!({}))));
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.check()["conclusion"], "success");
    assert!(job.warnings().is_empty(), "{:?}", job.warnings());
}

#[test]
fn what_was_checked_out_otherwise_is_not_of_the_branch_of_the_event() {
    // A comment on a pull request starts a job of the default branch, which then checks the pull request out.
    let job = Job::new(Project::shell()).on("issue_comment", &json!({}));
    let branch = |sha: &str| {
        let mut variables = job.variables();
        variables.extend([("GITHUB_REF_NAME", "main".into()), ("GITHUB_SHA", sha.to_owned())]);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        assert_eq!(job.project.modelgate_with(&["run"], &variables).code, 0);
        job.project.record()["context"]["branch"].clone()
    };
    assert_eq!(branch(&job.head()), "main");
    assert_eq!(branch("0123456789abcdef0123456789abcdef01234567"), json!(null));
}

#[test]
fn no_answer_of_a_server_that_has_lost_its_mind_stops_a_run_without_a_word() {
    let deep = (0..100).fold(json!(0), |inner, _| json!([inner]));
    let bodies =
        [json!(null), json!([]), json!("<html>"), json!({ "id": -1 }), json!({ "check_runs": null }), deep];
    let heads = [
        (200, "x-a: b"),
        (204, "content-type: text/html"),
        (302, "location: file:///etc/passwd"),
        (403, "x-ratelimit-reset: -1"),
        (429, "retry-after: 18446744073709551615"),
        (418, "x-accepted-github-permissions: a\tb"),
    ];
    for requests in ["POST check-runs", "PATCH check-runs", "GET commits"] {
        for (body, (status, head)) in bodies.iter().zip(heads) {
            let project = Project::shell();
            project.replace("modelgate.yml", "min: 0.85", "min: 0.85, max-drop: 0.01");
            project.commit("Compare");
            let job = Job::new(project);
            (0..2).for_each(|_| job.github.fail(requests, Wrong::Refuse(status, head, body.clone())));
            let said = job.modelgate(&["run"]);
            assert!([0, 1].contains(&said.code) && !said.err.contains("panicked"), "{}", said.err);
            for check in job.github.state().checks.clone() {
                let is_told = check["status"] == "completed" || (status > 400 && !job.warnings().is_empty());
                let is_green = check["conclusion"] == "success";
                assert!(is_told && (!is_green || said.code == 0), "{requests} {status}: {:?}", job.kinds());
            }
        }
    }
}
