//! The check on a commit and the comment on a pull request, as GitHub gets them over the wire.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "check/fake.rs"]
mod fake;
#[path = "check/certificates.rs"]
mod certificates;
#[path = "check/hostile.rs"]
mod hostile;

use std::fs;
use std::path::PathBuf;

use common::{Project, Said, until};
use fake::{ELSEWHERE, Fake, Wrong};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A job on a runner, with a token for a GitHub.
struct Job {
    project: Project,
    github: Fake,
    event: (&'static str, PathBuf),
    token: &'static str,
    attempt: &'static str,
}

impl Job {
    fn new(project: Project) -> Self {
        let beside = project.path().parent().unwrap().to_owned();
        let event = ("push", beside.join("event.json"));
        fs::write(&event.1, json!({ "repository": { "full_name": "acme/churn" } }).to_string()).unwrap();
        Self { project, github: Fake::start(), event, token: "first", attempt: "1" }
    }

    /// The same for an event with a payload.
    fn on(mut self, event: &'static str, payload: &Value) -> Self {
        fs::write(&self.event.1, payload.to_string()).unwrap();
        self.event.0 = event;
        self
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let beside = self.project.path().parent().unwrap().to_owned();
        vec![
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_EVENT_NAME", self.event.0.into()),
            ("GITHUB_EVENT_PATH", self.event.1.display().to_string()),
            ("GITHUB_API_URL", self.github.base.clone()),
            ("GITHUB_SERVER_URL", "https://github.example".into()),
            ("GITHUB_REPOSITORY", "acme/churn".into()),
            ("GITHUB_RUN_ID", "42".into()),
            ("GITHUB_RUN_ATTEMPT", self.attempt.into()),
            ("GITHUB_JOB", "model".into()),
            ("GITHUB_WORKFLOW", "ship".into()),
            ("GITHUB_TOKEN", self.token.into()),
            ("GITHUB_STEP_SUMMARY", beside.join("summary").display().to_string()),
            ("GITHUB_OUTPUT", beside.join("outputs").display().to_string()),
            ("NO_COLOR", "1".into()),
        ]
    }

    fn modelgate(&self, words: &[&str]) -> Said {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.project.modelgate_with(words, &variables)
    }

    fn head(&self) -> String {
        self.project.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// The one check that there is.
    fn check(&self) -> Value {
        let checks = self.github.state().checks.clone();
        assert_eq!(checks.len(), 1, "one check and no more");
        checks[0].clone()
    }

    /// The requests that are about the check or the comment; what a search for a baseline reads is not.
    fn kinds(&self) -> Vec<String> {
        let state = self.github.state();
        let head = format!("GET commits/{}", self.project.git(&["rev-parse", "HEAD"]).trim());
        let ours = |kind: &&str| {
            !kind.starts_with("GET ")
                || ["GET check-runs", "GET issues", head.as_str()].iter().any(|it| kind.starts_with(it))
        };
        state.kinds().into_iter().filter(ours).map(str::to_owned).collect()
    }

    /// The warnings of the report.
    fn warnings(&self) -> Vec<Value> {
        let record = self.project.record();
        let steps = record["steps"].as_array().unwrap().clone();
        let report = steps.iter().find(|step| step["step"] == "report").expect("a report");
        report["findings"].as_array().unwrap().clone()
    }

    fn summary(&self) -> String {
        self.project.read("../summary")
    }

    /// A text for a snapshot.
    fn stable(&self, text: &str) -> String {
        let durations = regex::Regex::new(r"\| [\d.]+ s \|").unwrap();
        self.project.stable(&durations.replace_all(text, "| [duration] |"))
    }

    /// What a person sees of a check.
    fn shown(&self, check: &Value) -> String {
        let text = |name: &str| check["output"][name].as_str().unwrap_or_default().to_owned();
        self.stable(&format!(
            "{} {} {}\n{}\n\n{}",
            check["name"].as_str().unwrap(),
            check["status"].as_str().unwrap(),
            check["conclusion"],
            text("title"),
            text("summary")
        ))
    }
}

fn pull_request(from: &str, head: &str) -> Value {
    json!({ "repository": { "full_name": "acme/churn" },
            "pull_request": { "number": 7, "head": { "sha": head, "repo": { "full_name": from } } } })
}

fn commands(said: &Said) -> Vec<&str> {
    said.err.lines().filter(|line| line.starts_with("::error ") || line.starts_with("::warning ")).collect()
}

#[test]
fn an_approved_run_has_a_green_check_and_costs_few_requests() {
    let project = Project::shell();
    project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    project.file("train.py", "print(1)\n");
    project.commit("With code");
    let job = Job::new(project);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let check = job.check();
    insta::assert_snapshot!("approved", job.shown(&check));
    assert_eq!((&check["conclusion"], &check["head_sha"]), (&json!("success"), &json!(job.head())));
    assert_eq!(check["external_id"], "github/42/model/churn");
    assert_eq!(check["details_url"], "https://github.example/acme/churn/actions/runs/42");
    let patch = "PATCH check-runs/1000";
    assert_eq!(job.kinds(), ["POST check-runs", patch, patch, patch]);
    let all = job.github.state().requests.len();
    assert!(all <= 6, "{:?}", job.github.state().kinds());
    assert!(job.project.read("../outputs").contains("check-run-id<<"));
    assert!(job.warnings().is_empty() && commands(&said).is_empty(), "{}", said.err);
    let titles: Vec<Value> = job
        .github
        .state()
        .requests
        .iter()
        .filter_map(|(_, body)| body.pointer("/output/title").cloned())
        .collect();
    insta::assert_json_snapshot!("approved_titles", titles);
    assert!(!format!("{}{}", said.out, said.err).contains("first"), "the token is not told");
}

#[test]
fn a_rejected_run_has_a_red_check_on_the_head_of_the_pull_request() {
    let project = Project::shell();
    project.file("scores.json", "{\"accuracy\": 0.8}\n");
    let head = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
    project.commit("The merge commit");
    let job = Job::new(project).on("pull_request", &pull_request("acme/churn", &head));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.err);
    let check = job.check();
    insta::assert_snapshot!("rejected", job.shown(&check));
    assert_eq!((&check["conclusion"], &check["head_sha"]), (&json!("failure"), &json!(head)));
    assert_eq!(commands(&said), ["::error title=accuracy min::0.8 is below 0.85 by 0.05"]);
}

#[test]
fn findings_stand_in_the_diff_and_are_not_printed_too() {
    let project = Project::shell();
    project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    for n in 0..120 {
        project.file(&format!("bad{n:03}.py"), "x = = 1\n");
    }
    project.commit("Bad");
    let job = Job::new(project);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 11, "{}", said.err);
    let check = job.check();
    assert_eq!(check["conclusion"], "failure");
    let annotations = check["output"]["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), 120);
    insta::assert_json_snapshot!("annotation", annotations[0]);
    let patch = "PATCH check-runs/1000";
    assert_eq!(job.kinds(), ["POST check-runs", patch, patch, patch]);
    let sizes: Vec<usize> = job.github.state().requests[1..]
        .iter()
        .map(|(_, body)| body["output"]["annotations"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
    assert!(commands(&said).is_empty(), "{}", said.err);

    // The job runs again: the same check, and no finding twice.
    let again = Job { attempt: "2", ..job };
    assert_eq!(again.modelgate(&["run"]).code, 11);
    assert_eq!(again.modelgate(&["report"]).code, 11);
    assert_eq!(again.check()["output"]["annotations_count"], 120);
    assert_eq!(again.check()["conclusion"], "failure");
}

#[test]
fn a_job_that_runs_again_writes_to_its_own_check() {
    let job = Job::new(Project::shell());
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    assert_eq!(job.modelgate(&["run"]).code, 10);
    let mut other = job.check();
    other["id"] = 2000.into();
    other["external_id"] = "github/42/model/other".into();
    job.github.state().checks.push(other);
    job.project.file("scores.json", "{\"accuracy\": 0.9}\n");
    let again = Job { attempt: "2", ..job };
    assert_eq!(again.modelgate(&["run"]).code, 0);
    let state = again.github.state();
    let ends: Vec<&Value> = state.checks.iter().map(|check| &check["conclusion"]).collect();
    assert_eq!(ends, ["success", "failure"]);
}

#[test]
fn a_token_that_may_only_read_costs_one_warning() {
    let readonly = |job: &Job| {
        let body = json!({ "message": "Resource not accessible by integration" });
        job.github
            .fail("POST check-runs", Wrong::Refuse(403, "x-accepted-github-permissions: checks=write", body));
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(job.kinds(), ["POST check-runs"], "no further write is tried");
        assert_eq!(job.warnings().len(), 1, "{:?}", job.warnings());
        assert_eq!(job.warnings()[0]["code"], "check-not-published");
        assert!(job.summary().contains("check-not-published"), "{}", job.summary());
        assert!(!job.project.read("../outputs").contains("check-run-id"));
        let told = commands(&said);
        assert_eq!(told.len(), 1, "{told:?}");
        job.stable(told[0])
    };
    let job = Job::new(Project::shell());
    insta::assert_snapshot!("forbidden", readonly(&job));
    let project = Project::shell();
    let head = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let job = Job::new(project).on("pull_request", &pull_request("fork/churn", &head));
    insta::assert_snapshot!("forbidden_fork", readonly(&job));
    let job = Job::new(Project::shell());
    let mut payload = pull_request("acme/churn", &job.head());
    payload["sender"] = json!({ "login": "dependabot[bot]" });
    let job = job.on("push", &payload);
    assert!(readonly(&job).contains("Dependabot"));
}

#[test]
fn what_github_does_not_want_is_a_warning() {
    for (status, message) in [(404, "Not Found"), (422, "No commit found for SHA"), (401, "Bad credentials")]
    {
        let job = Job::new(Project::shell());
        let body = json!({ "message": message });
        job.github.fail("POST check-runs", Wrong::Refuse(status, "x-a: b", body));
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(job.kinds(), ["POST check-runs"], "{status}");
        assert_eq!(job.warnings().len(), 1, "{status}: {:?}", job.warnings());
        let told = job.warnings()[0]["message"].as_str().unwrap().to_owned();
        assert!(told.contains(message), "{told}");
        assert!(job.warnings()[0]["help"].is_string());
    }
}

#[test]
fn a_limit_is_waited_for() {
    let job = Job::new(Project::shell());
    let slow = json!({ "message": "slow down" });
    job.github.fail("POST check-runs", Wrong::Refuse(429, "retry-after: 1", slow));
    let secondary = json!({ "message": "You have exceeded a secondary rate limit." });
    job.github.fail("PATCH check-runs", Wrong::Refuse(403, "retry-after: 1", secondary));
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.check()["conclusion"], "success");
    assert!(job.warnings().is_empty());
}

#[test]
fn a_limit_that_lasts_is_told_with_its_end() {
    let job = Job::new(Project::shell());
    let limited = || Wrong::Refuse(429, "retry-after: 3600", json!({ "message": "slow down" }));
    job.github.fail("POST check-runs", limited());
    job.github.fail("POST check-runs", limited());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("it is tried again at the end"), "{}", said.err);
    let told = job.warnings()[0]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("it takes requests again at 20"), "{told}");
    // Later there is no limit any more.
    assert_eq!(job.modelgate(&["report"]).code, 0);
    assert_eq!(job.check()["conclusion"], "success");
    assert!(job.warnings().is_empty(), "{:?}", job.warnings());
}

#[test]
fn whatever_happens_to_an_answer_there_is_one_check() {
    let oops = || Wrong::Refuse(500, "x-a: b", json!({ "message": "oops" }));
    for wrong in [vec![oops(), oops()], vec![Wrong::Half], vec![Wrong::Silence], vec![oops(), Wrong::Silence]]
    {
        for requests in ["POST check-runs", "PATCH check-runs"] {
            let job = Job::new(Project::shell());
            wrong.iter().for_each(|wrong| job.github.fail(requests, wrong.clone()));
            let said = job.modelgate(&["run"]);
            assert_eq!(said.code, 0, "{}", said.err);
            assert_eq!(job.check()["conclusion"], "success");
            assert!(job.warnings().is_empty(), "{:?}", job.warnings());
        }
    }
}

#[test]
fn findings_are_not_shown_twice_when_the_answer_is_lost() {
    for wrong in [Wrong::Half, Wrong::Silence, Wrong::Refuse(502, "x-a: b", json!({}))] {
        let project = Project::shell();
        project.replace("modelgate.yml", "lint:\n  python: []\n", "");
        for n in 0..60 {
            project.file(&format!("bad{n:03}.py"), "x = = 1\n");
        }
        let job = Job::new(project);
        job.github.fail("PATCH check-runs", wrong.clone());
        job.github.fail("PATCH check-runs", wrong);
        assert_eq!(job.modelgate(&["run"]).code, 11);
        let annotations = job.check()["output"]["annotations"].as_array().unwrap().clone();
        let paths: std::collections::BTreeSet<&str> =
            annotations.iter().map(|it| it["path"].as_str().unwrap()).collect();
        assert_eq!((annotations.len(), paths.len()), (60, 60));
        assert!(job.warnings().is_empty(), "{:?}", job.warnings());
    }
}

#[test]
fn annotations_that_are_refused_do_not_keep_the_check_open() {
    let project = Project::shell();
    project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    project.file("bad.py", "x = = 1\n");
    let job = Job::new(project);
    let refusal = json!({ "message": "Invalid request.", "errors": ["annotations/0/path"] });
    job.github.fail("PATCH check-runs", Wrong::Refuse(422, "x-a: b", refusal));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 11);
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")));
    assert!(check["output"]["summary"].as_str().unwrap().contains("python-syntax"));
    assert_eq!(job.warnings().len(), 1);
    assert!(
        commands(&said).iter().any(|it| it.contains("file=bad.py")),
        "then the runner is told: {}",
        said.err
    );
}

#[test]
fn a_proxy_is_asked_unless_the_server_needs_none() {
    let job = Job::new(Project::shell());
    let mut variables = job.variables();
    let base = job.github.base.trim_end_matches("/api/v3").to_owned();
    variables.extend([("GITHUB_API_URL", format!("{ELSEWHERE}/api/v3")), ("http_proxy", base)]);
    let with = |variables: &[(&str, String)]| {
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        job.project.modelgate_with(&["run"], &variables)
    };
    assert_eq!(with(&variables).code, 0);
    assert_eq!(job.check()["conclusion"], "success");
    let before = job.github.state().requests.len();
    variables.push(("no_proxy", "github.invalid".into()));
    assert_eq!(with(&variables).code, 0);
    assert_eq!(job.github.state().requests.len(), before);
    assert_eq!(job.warnings()[0]["code"], "check-not-published");
}

#[test]
fn without_a_token_nothing_is_asked() {
    let job = Job { token: "", ..Job::new(Project::shell()) };
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.github.state().requests.is_empty() && job.warnings().is_empty());
}

/// Announces a run of the project on the pull request 7, with a comment.
fn commented(job: &Job) -> Vec<modelgate::finding::Finding> {
    use modelgate::forge::Forge as _;
    use modelgate::forge::github::api::Api;
    use modelgate::forge::github::{Event, Github, Remote};
    use modelgate::{console, environment, forge::local::Local, git::Repository, record, report};

    let text = job.project.read(".modelgate/run.json");
    let record = record::store::parse(&text).unwrap_or_else(|_| panic!("{text}"));
    let root = job.project.path();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let forge = Github {
            local: Local { repository: Repository::around(&root), run_dir: root.join(".modelgate"), root },
            summary: None,
            outputs: None,
            workspace: None,
            console: console::Console::new(
                Box::new(std::io::sink()),
                modelgate::context::Forge::Github,
                console::Verbosity::Normal,
                false,
                environment::clock(),
            ),
            remote: Some(Remote {
                api: Api::new(&job.github.base, "acme/churn", "first").unwrap(),
                event: Event { pull_request: Some(7), ..Event::default() },
                attempt: 1,
                run: Some(42),
                workflow: "ship -->".into(),
                check: None,
                comment: true,
            }),
            shown: std::cell::RefCell::default(),
        };
        let trend = forge.trend(&record);
        forge.announce(&report::compose(&record, &trend)).await
    })
}

#[test]
fn one_comment_is_made_and_then_written_anew() {
    let job = Job::new(Project::shell());
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    assert_eq!(job.project.modelgate(&["run"]).code, 10);
    // Others' comments, one of which claims to be ours.
    let marker = "<!-- modelgate: churn/ship -%2d;%3e; -->";
    let others = (0..150).map(
        |n| json!({ "id": n, "body": format!("{marker}\n"), "user": { "login": "mallory", "type": "User" } }),
    );
    job.github.state().comments = others.collect();
    job.github.fail("POST issues/7/comments", Wrong::Silence);
    assert!(commented(&job).is_empty());
    let comments = job.github.state().comments.clone();
    assert_eq!(comments.len(), 151, "one, although the first answer was lost");
    insta::assert_snapshot!("comment", job.stable(comments[150]["body"].as_str().unwrap()));
    job.project.file("scores.json", "{\"accuracy\": 0.9}\n");
    assert_eq!(job.project.modelgate(&["run"]).code, 0);
    assert!(commented(&job).is_empty());
    let comments = job.github.state().comments.clone();
    assert_eq!(comments.len(), 151);
    assert!(comments[150]["body"].as_str().unwrap().starts_with(&format!("{marker}\n\n✅ **approved")));
    assert_eq!(comments[0]["body"], format!("{marker}\n"), "nobody else's comment is touched");
}

#[test]
fn a_comment_that_is_forbidden_is_a_warning() {
    let job = Job::new(Project::shell());
    assert_eq!(job.project.modelgate(&["run"]).code, 0);
    let body = json!({ "message": "Resource not accessible by integration" });
    job.github.fail("POST issues/7/comments", Wrong::Refuse(403, "x-a: b", body));
    let told = commented(&job);
    assert_eq!(told.len(), 1);
    insta::assert_snapshot!("comment_forbidden", format!("{}\n{:?}", told[0].message, told[0].help));
}

#[test]
fn a_token_that_expires_costs_the_check_and_not_the_record() {
    let project = Project::shell();
    project.replace(
        "modelgate.yml",
        "run: cat params",
        "run: touch ../begun; until test -e ../go; do sleep 0.02; done; cat params",
    );
    let job = Job::new(project);
    let variables = job.variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let running = job.project.start_with(&["run"], &variables);
    until("train has begun", || job.project.exists("../begun"));
    job.github.state().expired = Some("first".into());
    job.project.file("../go", "");
    let said = running.end();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.check()["status"], "in_progress");
    insta::assert_json_snapshot!("expired", job.warnings());
    let later = Job { token: "second", ..job };
    assert_eq!(later.modelgate(&["report"]).code, 0);
    assert_eq!(later.check()["conclusion"], "success");
    assert!(later.warnings().is_empty());
}

#[test]
fn a_job_that_is_cancelled_closes_its_check() {
    let project = Project::shell();
    project.replace("modelgate.yml", "run: cat params", "run: touch ../begun; read x < ../fifo; cat params");
    assert!(project.command("mkfifo").arg("../fifo").status().expect("mkfifo").success());
    let job = Job::new(project);
    let variables = job.variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let running = job.project.start_with(&["run"], &variables);
    until("train has begun", || job.project.exists("../begun"));
    running.signal(Signal::INT);
    let said = running.end();
    assert_eq!(said.code, 130, "{}", said.err);
    let check = job.check();
    assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("cancelled")));
    assert!(job.warnings().is_empty());
}

#[test]
fn a_record_that_cannot_be_saved_closes_the_check_as_failed() {
    let project = Project::shell();
    let spoil = "run: rm .modelgate/run.json; mkdir -p .modelgate/run.json/x; cat params";
    project.replace("modelgate.yml", "run: cat params", spoil);
    let job = Job::new(project);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let check = job.check();
    insta::assert_snapshot!("abandoned", job.shown(&check));
    assert_eq!(check["conclusion"], "failure");
}

#[test]
fn a_record_of_another_commit_gets_no_check() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let other = "0123456789abcdef0123456789abcdef01234567";
    let payload =
        json!({ "workflow_run": { "head_sha": other }, "repository": { "full_name": "acme/churn" } });
    let before = job.github.state().requests.len();
    let later = job.on("workflow_run", &payload);
    assert_eq!(later.modelgate(&["report"]).code, 0);
    assert_eq!(later.github.state().requests.len(), before, "nothing is asked and nothing written");
    insta::assert_snapshot!("another_commit", later.stable(later.warnings()[0]["message"].as_str().unwrap()));
}

#[test]
fn a_file_that_is_invalid_is_shown_on_the_commit_too() {
    let project = Project::shell();
    project.replace("modelgate.yml", "min: 0.85", "mim: 0.85");
    let job = Job::new(project);
    assert_eq!(job.modelgate(&["run"]).code, 3);
    assert_eq!(job.github.state().kinds(), ["POST check-runs"]);
    let check = job.check();
    insta::assert_snapshot!("invalid", job.shown(&check));
    assert_eq!(check["output"]["annotations"][0]["path"], "modelgate.yml");
}

#[test]
fn what_cannot_be_done_yet_is_shown_on_the_commit_too() {
    let project = Project::shell();
    project.replace("modelgate.yml", "gate:\n", "data: { label: y }\ngate:\n");
    let job = Job::new(project);
    assert_eq!(job.modelgate(&["run"]).code, 3);
    assert_eq!(job.check()["conclusion"], "failure");
}

#[test]
fn a_pull_request_about_another_project_leaves_nothing_to_do() {
    let project = Project::empty();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.file("models/churn/modelgate.yml", common::SHELL_PROJECT);
    project.file("models/churn/params.txt", "depth 8\n");
    project.file("models/churn/data.csv", "x,y\n");
    project.file("models/churn/scores.json", "{\"accuracy\": 0.9}\n");
    project.commit("Two models");
    let head = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let job = Job::new(project).on("pull_request", &pull_request("acme/churn", &head));
    let words = ["run", "--if-changed", "--config", "models/churn/modelgate.yml"];

    job.github.state().changed = (0..150).map(|n| format!("models/uplift/{n}.csv")).collect();
    let said = job.modelgate(&words);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "nothing to do: the pull request changes nothing in models/churn\n")
    );
    assert!(!job.project.path().join("models/churn/.modelgate").exists(), "nothing was done");
    insta::assert_snapshot!("nothing_to_do", job.shown(&job.check()));
    let kinds: Vec<String> = job.github.state().kinds().into_iter().map(str::to_owned).collect();
    let files = "GET pulls/7/files?per_page=100&page=";
    assert_eq!(kinds, [format!("{files}1"), format!("{files}2"), "POST check-runs".into()]);

    for changed in ["models/churn/train.py", ".github/workflows/model.yml"] {
        job.github.state().changed = vec![changed.into()];
        let said = job.modelgate(&words);
        assert!(said.code == 0 && said.out.starts_with("✓ approved"), "{changed}: {}{}", said.out, said.err);
    }
    job.github.fail("GET pulls/7/files", Wrong::Refuse(403, "x-a: b", json!({ "message": "no" })));
    let said = job.modelgate(&words);
    assert_eq!(said.code, 1, "who cannot look does not skip: {}", said.out);
    assert!(said.err.contains("pull-requests: read"), "{}", said.err);
}

#[test]
fn a_second_workflow_shows_what_a_fork_has_found_and_trusts_it_with_nothing() {
    let project = Project::shell();
    let git = |words: &[&str]| project.git(words).trim().to_owned();
    git(&["switch", "--quiet", "--create", "topic"]);
    project.file("scores.json", "{\"accuracy\": 0.95}\n");
    project.commit("Better");
    let head = git(&["rev-parse", "HEAD"]);
    git(&["switch", "--quiet", "--detach", "main"]);
    git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "merge",
        "--quiet",
        "--no-ff",
        "--message=Merge",
        "topic",
    ]);
    let mut job = Job::new(project).on("pull_request", &pull_request("stranger/churn", &head));
    job.token = "";
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.github.state().requests.len(), 0, "the fork has no token");

    // The second workflow: the default branch, and the artifact of the first.
    let artifact = job.project.path().parent().unwrap().join("artifact");
    fs::create_dir(&artifact).unwrap();
    let record = job.project.read(".modelgate/run.json").replace("/runs/42", "/runs/666");
    fs::write(artifact.join("run.json"), record).unwrap();
    fs::remove_dir_all(job.project.path().join(".modelgate")).unwrap();
    job.project.git(&["switch", "--quiet", "main"]);
    let followed = json!({ "repository": { "full_name": "acme/churn" },
                           "workflow_run": { "head_sha": head, "head_repository": { "full_name": "stranger/churn" } } });
    let mut job = job.on("workflow_run", &followed);
    job.token = "second";
    let said = job.modelgate(&["report", "--run", artifact.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let check = job.check();
    assert_eq!((&check["head_sha"], &check["conclusion"]), (&json!(head), &json!("success")));
    assert!(check["output"]["text"].is_null(), "it becomes no baseline");
    assert!(!check.to_string().contains("/runs/666"), "a stranger chooses no address: {check}");
}
