//! The status on a commit and the note on a merge request, as GitLab gets them over the wire.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "gitlab/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;
#[path = "gitlab/job.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod job;
#[path = "gitlab/baselines.rs"]
mod baselines;
#[path = "gitlab/certificates.rs"]
mod certificates;
#[path = "gitlab/doctor.rs"]
mod doctor;

use common::{Project, until};
use fake::{BOT, JOB, OWN, Wrong};
use job::Job;
use rustix::process::Signal;
use serde_json::json;

/// A project whose merge requests get a note.
fn noting() -> Project {
    let project = Project::shell();
    let text = project.read("modelgate.yml");
    project.file("modelgate.yml", text + "report:\n  comment: true\n");
    project.commit("With a note");
    project
}

fn refuse(status: u16) -> Wrong {
    Wrong::Refuse(status, "x-a: b", json!({ "message": "no" }))
}

#[test]
fn an_approved_run_has_a_green_status_in_its_own_pipeline() {
    let job = Job::new(Project::shell());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let post = "POST statuses/SHA";
    assert_eq!(job.writes(), [post, post]);
    let state = job.gitlab.state();
    let status = &state.statuses[0];
    assert_eq!((&status["status"], &status["sha"]), (&json!("success"), &json!(job.head())));
    assert_eq!((&status["ref"], &status["pipeline_id"]), (&json!("main"), &json!(40)));
    assert_eq!(status["target_url"], "https://gitlab.example/acme/churn/-/jobs/4000");
    let told: Vec<String> = state
        .requests
        .iter()
        .filter(|(kind, _)| kind.starts_with("POST"))
        .map(|(_, body)| {
            format!("{}: {}", body["state"].as_str().unwrap(), body["description"].as_str().unwrap())
        })
        .collect();
    insta::assert_json_snapshot!("approved", told);
    drop(state);
    assert!(job.codes().is_empty(), "{:?}", job.findings());
    assert!(!format!("{}{}", said.out, said.err).contains(OWN), "the token is not told");
    assert!(!job.project.read(".modelgate/run.json").contains(OWN));
}

#[test]
fn a_merge_request_has_a_status_in_its_pipeline_and_one_note() {
    let job = Job::new(noting()).merging("7");
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(job.statuses().len(), 1);
    {
        let state = job.gitlab.state();
        let status = &state.statuses[0];
        assert_eq!(
            (&status["status"], &status["ref"]),
            (&json!("failed"), &json!("refs/merge-requests/7/head"))
        );
        assert_eq!((&status["sha"], &status["pipeline_id"]), (&json!(job.head()), &json!(40)));
        assert_eq!(state.notes.len(), 1);
        assert_eq!(
            (&state.notes[0]["noteable_iid"], &state.notes[0]["author"]["id"]),
            (&json!(7), &json!(BOT))
        );
        let body = state.notes[0]["body"].as_str().unwrap();
        assert!(body.starts_with("<!-- modelgate: churn/gate -->\n\n"), "{body}");
        assert!(body.contains("accuracy"), "{body}");
    }
    job.project.file("scores.json", "{\"accuracy\": 0.95}\n");
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let state = job.gitlab.state();
    assert_eq!(state.notes.len(), 1, "the same note");
    assert!(state.notes[0]["body"].as_str().unwrap().contains("0.95"));
}

#[test]
fn of_merged_results_the_status_is_on_the_head_of_the_branch() {
    let project = Project::shell();
    project.git(&["switch", "--quiet", "--create", "topic"]);
    project.commit("A change");
    let head = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
    project.git(&["switch", "--quiet", "--detach", "main"]);
    project.git(&["merge", "--quiet", "--no-ff", "--message", "Merged for a trial", "topic"]);
    let mut job = Job::new(project).merging("7");
    job.more.push(("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head.clone()));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let state = job.gitlab.state();
    assert_eq!(state.statuses.len(), 1);
    let status = &state.statuses[0];
    assert_eq!((&status["sha"], &status["ref"]), (&json!(head), &json!("topic")));
    assert!(state.requests.iter().all(|(_, body)| body["pipeline_id"].is_null()));
    drop(state);
    assert_eq!(job.project.record()["context"]["head"], head.as_str());
}

#[test]
fn without_a_token_of_our_own_one_notice_says_so_and_nothing_is_tried() {
    let mut job = Job::new(noting()).merging("7");
    job.own = None;
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(job.writes().is_empty(), "{:?}", job.writes());
    assert_eq!(job.codes(), ["status-not-published"]);
    insta::assert_json_snapshot!("without_a_token", job.findings());
    assert!(
        job.project.read(".modelgate/report.md").contains("status-not-published"),
        "the reports carry it"
    );
    assert_eq!(said.out.matches("MODELGATE_GITLAB_TOKEN is not set").count(), 1, "{}", said.out);
    assert!(!said.err.contains("MODELGATE_GITLAB_TOKEN is not set"), "{}", said.err);

    let text = job.project.read("modelgate.yml").replace("  comment: true\n", "  check: false\n");
    job.project.file("modelgate.yml", text);
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.codes().is_empty(), "nothing is wanted: {:?}", job.findings());
}

#[test]
fn a_fork_gets_no_note_and_what_it_says_of_itself_is_not_believed() {
    let mut job = Job::new(noting()).merging("8");
    job.more.push(("CI_JOB_URL", "javascript:alert(1)".into()));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let state = job.gitlab.state();
    assert!(state.notes.is_empty());
    assert!(state.statuses.iter().all(|it| it["target_url"].is_null()));
}

#[test]
fn whatever_happens_to_an_answer_there_is_one_status_and_one_note() {
    for wrong in [
        vec![refuse(500), refuse(502)],
        vec![Wrong::Half],
        vec![Wrong::Silence],
        vec![refuse(503), Wrong::Silence],
    ] {
        for requests in ["POST statuses", "POST merge_requests", "PUT merge_requests"] {
            let job = Job::new(noting()).merging("7");
            job.gitlab.state().say(BOT, "<!-- modelgate: other/gate -->");
            if requests.starts_with("PUT") {
                job.gitlab.state().say(BOT, "<!-- modelgate: churn/gate -->\n\nolder");
            }
            wrong.iter().for_each(|wrong| job.gitlab.fail(requests, wrong.clone()));
            let said = job.modelgate(&["run"]);
            assert_eq!(said.code, 0, "{}", said.err);
            assert_eq!(job.statuses().len(), 1, "{requests}");
            assert!(job.statuses()[0].starts_with("model-metrics success: "), "{:?}", job.statuses());
            assert_eq!(job.gitlab.state().notes.len(), 2, "{requests}");
            assert!(job.codes().is_empty(), "{requests}: {:?}", job.findings());
        }
    }
}

#[test]
fn a_status_that_runs_already_is_taken_for_ours() {
    let job = Job::new(Project::shell());
    let running = json!({ "state": "running", "name": "model-metrics", "ref": "main", "pipeline_id": 40 });
    let head = job.head();
    let mut state = job.gitlab.state();
    state.pipeline(40, "main", &head, "push");
    let mut status = running;
    status["id"] = 2999.into();
    status["sha"] = head.into();
    status["status"] = "running".into();
    state.statuses.push(status);
    drop(state);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.gitlab.state().statuses.len(), 1);
    assert!(job.statuses()[0].starts_with("model-metrics success: "), "{:?}", job.statuses());
    assert!(job.codes().is_empty(), "{:?}", job.findings());
}

#[test]
fn who_writes_the_same_status_at_the_same_time_is_waited_for() {
    let job = Job::new(Project::shell());
    let locked = json!({ "message": "Another update to this commit status is in progress" });
    for _ in 0..2 {
        job.gitlab.fail("POST statuses", Wrong::Refuse(409, "x-a: b", locked.clone()));
    }
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(job.statuses()[0].starts_with("model-metrics success: "), "{:?}", job.statuses());
    assert!(job.codes().is_empty(), "{:?}", job.findings());
}

#[test]
fn a_job_that_runs_again_has_one_status_that_counts() {
    let job = Job::new(Project::shell());
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    assert_eq!(job.modelgate(&["run"]).code, 10);
    job.project.file("scores.json", "{\"accuracy\": 0.9}\n");
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.statuses().len(), 1, "{:?}", job.statuses());
    assert!(job.statuses()[0].starts_with("model-metrics success: "), "{:?}", job.statuses());
}

#[test]
fn a_limit_is_waited_for_as_long_as_gitlab_says() {
    let job = Job::new(Project::shell());
    job.gitlab.fail("POST statuses", Wrong::Refuse(429, "retry-after: 1", json!("Retry later")));
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.statuses()[0].starts_with("model-metrics success: "));
    assert!(job.codes().is_empty(), "{:?}", job.findings());
}

#[test]
fn a_token_that_may_not_costs_a_warning_for_each_that_is_not_there() {
    let job = Job::new(noting()).merging("7");
    job.gitlab.state().scopes = vec!["read_api"];
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    // Each once with our own token, and once with the job's.
    let (status, note) = ("POST statuses/SHA", "POST merge_requests/7/notes");
    assert_eq!(job.writes(), [status, status, note, note]);
    let findings = serde_json::to_string_pretty(&job.findings()).unwrap();
    insta::assert_snapshot!("forbidden", findings.replace(&job.head(), "[commit]"));
}

#[test]
fn a_note_of_another_is_left_alone_and_ours_is_found_on_a_later_page() {
    let job = Job::new(noting()).merging("7");
    {
        let mut state = job.gitlab.state();
        state.page = 3;
        state.say(BOT + 1, "<!-- modelgate: churn/gate -->\n\nforged");
        for n in 0..9 {
            state.say(5, &format!("note {n}"));
        }
        state.say(BOT, "<!-- modelgate: churn/gate -->\n\nolder");
    }
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let state = job.gitlab.state();
    assert_eq!(state.notes.len(), 11);
    assert!(state.notes[0]["body"].as_str().unwrap().ends_with("forged"));
    assert!(!state.notes[10]["body"].as_str().unwrap().ends_with("older"));
}

#[test]
fn a_run_that_is_stopped_closes_its_status() {
    let project = Project::shell();
    project.replace("modelgate.yml", "cat params.txt data.csv > model.bin", "touch begun && sleep 60");
    project.commit("Slow");
    let job = Job::new(project);
    let head = job.head();
    job.gitlab.state().pipeline(40, "main", &head, "push");
    let variables = job.variables();
    let mut command = job.project.command(common::MODELGATE);
    command.arg("run").envs(variables);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    until("training has begun", || job.project.exists("begun"));
    assert!(job.statuses()[0].starts_with("model-metrics running: "), "{:?}", job.statuses());
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    child.wait().unwrap();
    assert!(job.statuses()[0].starts_with("model-metrics canceled: "), "{:?}", job.statuses());
}

#[test]
fn an_invalid_configuration_is_shown_on_the_commit() {
    let project = Project::shell();
    project.file("modelgate.yml", "version: 1\nmodle: churn\n");
    project.commit("Oops");
    let job = Job::new(project);
    assert_eq!(job.modelgate(&["run"]).code, 3);
    insta::assert_json_snapshot!("invalid", job.statuses());
}

#[test]
fn what_cannot_be_asked_is_no_missing_baseline() {
    for (name, value) in
        [("MODELGATE_GITLAB_TOKEN", "glpat-\u{1}"), ("CI_API_V4_URL", "gitlab.example/api/v4")]
    {
        let project = Project::shell();
        project.replace("modelgate.yml", "min: 0.85", "min: 0.85, max-drop: 0.01");
        project.commit("Compared");
        let mut job = Job::new(project);
        job.more = vec![(name, value.to_owned())];
        let said = job.modelgate(&["run"]);
        assert!(
            said.code == 10 && said.out.contains("GitLab was not asked"),
            "{name}: {}{}",
            said.out,
            said.err
        );
    }
}

#[test]
fn a_merge_request_about_another_model_has_nothing_to_do() {
    let project = Project::shell();
    let text = project.read("modelgate.yml");
    project.file("models/churn/modelgate.yml", text);
    project.commit("Two models");
    let job = Job::new(project).merging("7");
    let run = ["run", "--if-changed", "--config", "models/churn/modelgate.yml"];
    job.gitlab.state().changed = vec!["models/uplift/train.py".into()];
    let said = job.modelgate(&run);
    assert!(said.code == 0 && said.out.starts_with("nothing to do"), "{}{}", said.out, said.err);
    insta::assert_json_snapshot!("nothing_to_do", job.statuses());
    for (changed, told) in
        [(".gitlab-ci.yml", usize::MAX), ("models/uplift/b.py", 1), ("models/uplift/b.py", 0)]
    {
        {
            let mut state = job.gitlab.state();
            state.changed = vec!["models/uplift/a.py".into(), changed.into()];
            state.told = told;
        }
        let said = job.modelgate(&run);
        assert!(!said.out.starts_with("nothing to do"), "{changed}, {told}: {}", said.out);
    }
}

#[test]
fn the_projects_own_commands_never_see_the_tokens() {
    let project = Project::shell();
    let show = "cat params.txt data.csv > model.bin; env > seen";
    project.replace("modelgate.yml", "cat params.txt data.csv > model.bin", show);
    project.commit("Look around");
    let job = Job::new(project);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let seen = job.project.read("seen");
    assert!(seen.contains("CI_JOB_NAME=gate") && !seen.contains(OWN) && !seen.contains(JOB), "{seen}");
}

#[test]
fn a_report_by_itself_closes_what_nobody_opened() {
    let mut job = Job::new(Project::shell());
    job.own = None;
    assert_eq!(job.modelgate(&["run"]).code, 0);
    job.own = Some(OWN);
    let said = job.modelgate(&["report"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(job.statuses()[0].starts_with("model-metrics success: "), "{:?}", job.statuses());
    assert!(job.codes().is_empty(), "{:?}", job.findings());
}
