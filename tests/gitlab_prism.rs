//! What modelgate sends to GitLab, and what the fake answers, as tests/gitlab/openapi.yaml has it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "gitlab/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;
#[path = "gitlab/job.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod job;

use std::collections::BTreeSet;
use std::path::Path;

use common::Project;
use common::prism::{self, Prism};
use fake::{BOT, Fake, PROJECT, Wrong};
use job::Job;
use serde_json::{Value, json};

/// A request, and what it was answered.
#[derive(Clone)]
struct Exchange {
    kind: String,
    body: Value,
    answer: (u16, Value),
}

/// Prism before a fake, and what it lets through.
struct Judge {
    prism: Prism,
    upstream: Fake,
}

impl Judge {
    fn start(modules: &Path) -> Self {
        let description = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gitlab/openapi.yaml"));
        let upstream = Fake::start();
        Self { prism: Prism::start(modules, description, &upstream.base), upstream }
    }

    /// What Prism says against a request and the answer to it.
    fn judge(&self, exchange: &Exchange) -> Result<(), String> {
        let Exchange { kind, body, answer } = exchange;
        {
            let mut upstream = self.upstream.state();
            upstream.requests.clear();
            upstream.canned = Some(answer.clone());
        }
        let (method, path) = kind.split_once(' ').unwrap();
        let target = match path {
            "" => format!("/projects/{PROJECT}"),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("/projects/{PROJECT}/{path}"),
        };
        let said = self.prism.send(method, &target, body);
        let passed = self.upstream.state().requests.len();
        if prism::is_valid(&said, answer.0) && passed == 1 {
            return Ok(());
        }
        Err(format!("{kind}\n{body}\nanswered by {answer:?}\nPrism: {said}"))
    }
}

fn exchanges(job: &Job) -> Vec<Exchange> {
    let state = job.gitlab.state();
    assert_eq!(state.requests.len(), state.answers.len());
    let both = state.requests.iter().cloned().zip(state.answers.iter().cloned());
    both.map(|((kind, body), answer)| Exchange { kind, body, answer }).collect()
}

fn project() -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.5, max-drop: 0.2 }");
    let text = project.read("modelgate.yml");
    project.file("modelgate.yml", text + "report:\n  comment: true\n");
    project.commit("With a note");
    project
}

/// An approved run of the default branch, whose record is among the artifacts.
fn approved() -> Job {
    let mut job = Job::new(project());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    job.end("gate");
    job.project.git(&["switch", "--quiet", "--create", "topic"]);
    job.project.commit("A change");
    job
}

/// What is asked for a merge request that is compared with it and runs again, where answers are lost and notes have pages.
fn requests() -> Vec<Exchange> {
    let mut job = approved();
    job.merge("7");
    job.gitlab.state().page = 2;
    for n in 0..5 {
        job.gitlab.state().say(BOT + n, "hello");
    }
    job.gitlab.fail("POST statuses", Wrong::Half);
    for _ in 0..2 {
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert_eq!(job.project.record()["baseline"]["from"], "default-branch");
    }
    job.modelgate(&["doctor"]);
    exchanges(&job)
}

/// What is asked where nothing newer was approved than what the merge request began from.
fn beginnings() -> Vec<Exchange> {
    let mut job = approved();
    let first = job.project.git(&["rev-parse", "main"]).trim().to_owned();
    for id in 41..150 {
        job.gitlab.state().pipeline(id, "main", &format!("{id:0>40}"), "push");
    }
    job.gitlab.state().merge_base = Some(first.clone());
    job.pipeline = 160;
    job.merge("7");
    job.more.push(("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "e".repeat(40)));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(job.project.record()["baseline"]["commit"], first.as_str());
    exchanges(&job)
}

/// What is asked with the job's token alone, and behind a deployment.
fn with_the_jobs_token() -> Vec<Exchange> {
    let mut job = approved();
    let first = job.project.git(&["rev-parse", "main"]).trim().to_owned();
    job.merge("7");
    job.own = None;
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let text = job.project.read("modelgate.yml").replace("gate:\n", "gate:\n  baseline: production\n");
    job.project.file("modelgate.yml", text);
    job.project.commit("Production");
    let body = json!({ "environment": "production", "sha": first, "ref": "main", "tag": false, "status": "success" });
    job.gitlab.state().deploy(&body);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(job.project.record()["baseline"]["from"], "production");
    exchanges(&job)
}

/// What is asked where a merge request leaves the project as it is.
fn nothing_to_do() -> Vec<Exchange> {
    let project = project();
    let text = project.read("modelgate.yml");
    project.file("models/churn/modelgate.yml", text);
    project.commit("Two models");
    let job = Job::new(project).merging("7");
    job.gitlab.state().changed = vec!["models/uplift/train.py".into()];
    let said = job.modelgate(&["run", "--if-changed", "--config", "models/churn/modelgate.yml"]);
    assert!(said.code == 0 && said.out.starts_with("nothing to do"), "{}{}", said.out, said.err);
    exchanges(&job)
}

/// What is asked to ship: by pipelines, one of which fails and is started again, where an answer is lost; by a job that
/// fails and is retried; with the job's token alone; from a laptop.
fn deliveries() -> Vec<Exchange> {
    const DEPLOY: &str = "deploy:
  staging: { trigger: {} }
  production: { after: staging, deployment: true, url: 'https://churn.example', trigger: { variables: { REGION: eu } } }
  inputs: { trigger: { inputs: {} } }
  canary: { play: { job: ship } }
";
    let mut all = Vec::new();
    for own in [Some(fake::OWN), None] {
        let project = Project::shell();
        let deploy = if own.is_some() { DEPLOY } else { DEPLOY.rsplit_once("  canary").unwrap().0 };
        project.file("modelgate.yml", common::SHELL_PROJECT.to_owned() + deploy);
        project.commit("Ship it");
        let job = Job { own, ..Job::new(project) };
        job.begin();
        job.gitlab.state().manual(40, "ship");
        job.gitlab.state().endings.extend([
            Some("failed"),
            Some("success"),
            Some("success"),
            Some("success"),
            Some("failed"),
        ]);
        assert_eq!(job.modelgate(&["run"]).code, 0);
        if own.is_some() {
            job.gitlab.fail("POST deployments", Wrong::Half);
        }
        for wanted in [12, if own.is_some() { 12 } else { 0 }, 0] {
            let said = job.modelgate(&["deploy"]);
            assert_eq!(said.code, wanted, "{}{}", said.out, said.err);
        }
        let base = job.gitlab.base.clone();
        let laptop = [("CI_API_V4_URL", base.as_str()), ("MODELGATE_GITLAB_TOKEN", fake::OWN)];
        let said =
            job.project.modelgate_with(&["retrain", "--reason", "drift", "--project", PROJECT], &laptop);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        all.extend(exchanges(&job));
    }
    all
}

/// A kind of request without its query and what differs from run to run.
fn general(kind: &str) -> String {
    let part = regex::Regex::new(r"\b([0-9a-f]{40}|\d+)\b").unwrap();
    part.replace_all(kind.split('?').next().unwrap(), "…").trim_end().to_owned()
}

#[test]
fn every_request_and_every_answer_is_as_gitlab_describes_it() {
    let test = "every_request_and_every_answer_is_as_gitlab_describes_it";
    let Some(modules) = common::node_modules() else {
        return common::skip(test, "MODELGATE_TEST_NODE names no node_modules of tests/node");
    };
    let (judge, all) = std::thread::scope(|scope| {
        let all = [requests, beginnings, with_the_jobs_token, nothing_to_do, deliveries]
            .map(|exchanges| scope.spawn(exchanges));
        (Judge::start(&modules), all.map(|exchanges| exchanges.join().expect("a run")).concat())
    });
    let wrong: Vec<String> = all.iter().filter_map(|exchange| judge.judge(exchange).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n\n"));
    let kinds: BTreeSet<String> = all.iter().map(|exchange| general(&exchange.kind)).collect();
    insta::assert_json_snapshot!("asked", kinds);

    // It can fail: by a field or a path that there is not, by a value, and by an answer.
    let status = all.iter().find(|it| it.kind.starts_with("POST statuses")).expect("a status");
    let mut request = status.clone();
    request.body["descripton"] = "x".into();
    let told = judge.judge(&request).expect_err("no field has that name");
    assert!(told.contains("HTTP/1.1 422 ") && told.contains("descripton"), "{told}");
    let mut request = status.clone();
    request.body["state"] = "failure".into();
    let told = judge.judge(&request).expect_err("that is GitHub's word");
    assert!(told.contains("HTTP/1.1 422 ") && told.contains("state"), "{told}");
    let mut answer = status.clone();
    answer.answer.1.as_object_mut().unwrap().remove("pipeline_id");
    let told = judge.judge(&answer).expect_err("an answer without its pipeline");
    assert!(told.contains("HTTP/1.1 500 ") && told.contains("pipeline_id"), "{told}");
    let unknown = Exchange { kind: "GET checks".into(), ..status.clone() };
    let told = judge.judge(&unknown).expect_err("a path that there is not");
    assert!(told.contains("HTTP/1.1 404 "), "{told}");
}
