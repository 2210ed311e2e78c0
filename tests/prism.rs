//! What modelgate sends to GitHub, and what the fake answers, as GitHub's own description has it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "check/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use common::prism::{self, Prism};
use common::{Project, Said};
use fake::{Artifact, Fake, Wrong};
use serde_json::{Value, json};

const OURS: &str = "acme/churn";

/// Prism before a fake, and what it lets through.
struct Judge {
    prism: Prism,
    upstream: Fake,
}

impl Judge {
    fn start(modules: &Path) -> Self {
        let description = Path::new(env!("CARGO_TARGET_TMPDIR")).join("github.json");
        fs::write(&description, described(modules, &[])).unwrap();
        let upstream = Fake::start();
        Self { prism: Prism::start(modules, &description, &upstream.base), upstream }
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
        let slash = if path.is_empty() { "" } else { "/" };
        let said = self.prism.send(method, &format!("/repos/{OURS}{slash}{path}"), body);
        let passed = self.upstream.state().requests.len();
        if prism::is_valid(&said, answer.0) && passed == 1 {
            return Ok(());
        }
        Err(format!("{kind}\n{body}\nanswered by {answer:?}\nPrism: {said}"))
    }
}

/// What tests/openapi.mjs says of GitHub's description.
fn described(modules: &Path, words: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi.mjs");
    let said =
        common::said(Command::new("node").arg(script).arg(modules).args(words).output().expect("node"));
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}

/// A request, and what it was answered.
#[derive(Clone)]
struct Exchange {
    kind: String,
    body: Value,
    answer: (u16, Value),
}

/// A repository on GitHub with jobs that run in it.
struct Repository {
    project: Project,
    github: Fake,
    attempt: &'static str,
}

impl Repository {
    fn new() -> Self {
        let project = Project::shell();
        let text = project.read("modelgate.yml");
        let more = "report:\n  comment: true\nretrain:\n  dispatch: { workflow: again.yml }\n";
        project.file("modelgate.yml", text + more);
        project.commit("With a comment");
        Self { project, github: Fake::start(), attempt: "1" }
    }

    fn head(&self) -> String {
        self.project.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn commit(&self, accuracy: &str) {
        self.project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}\n"));
        self.project.commit("Measure");
    }

    fn push(&self, words: &[&str]) -> Said {
        self.github.state().commits.insert(0, self.head());
        let payload = json!({ "ref": "refs/heads/main",
            "repository": { "full_name": OURS, "default_branch": "main" } });
        self.modelgate(words, "push", "41", &payload)
    }

    fn pull(&self, words: &[&str]) -> Said {
        let head = json!({ "sha": self.head(), "repo": { "full_name": OURS } });
        let payload = json!({ "repository": { "full_name": OURS, "default_branch": "main" },
            "pull_request": { "number": 7, "head": head } });
        self.modelgate(words, "pull_request", "42", &payload)
    }

    fn modelgate(&self, words: &[&str], event: &str, run: &str, payload: &Value) -> Said {
        let path = self.project.path().parent().unwrap().join("event.json");
        fs::write(&path, payload.to_string()).unwrap();
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", event),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_API_URL", &self.github.base),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", OURS),
            ("GITHUB_RUN_ID", run),
            ("GITHUB_RUN_ATTEMPT", self.attempt),
            ("GITHUB_JOB", "model"),
            ("GITHUB_WORKFLOW", "ship"),
            ("GITHUB_TOKEN", "the-token"),
            ("NO_COLOR", "1"),
        ];
        self.project.modelgate_with(words, &variables)
    }

    fn exchanges(&self) -> Vec<Exchange> {
        let state = self.github.state();
        assert_eq!(state.requests.len(), state.answers.len());
        let both = state.requests.iter().cloned().zip(state.answers.iter().cloned());
        both.map(|((kind, body), answer)| Exchange { kind, body, answer }).collect()
    }
}

/// What is asked for an approved run, one that is compared with it, and one with many findings of which an answer is
/// lost and that runs again.
fn checks() -> Vec<Exchange> {
    let mut repository = Repository::new();
    repository.project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.85, max-drop: 0.2 }");
    repository.commit("0.9");
    let said = repository.push(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    repository.project.git(&["update-ref", "-d", "refs/modelgate/churn"]);
    repository.project.git(&["switch", "--quiet", "--create", "topic"]);
    repository.commit("0.91");
    let said = repository.pull(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(repository.project.record()["baseline"]["from"], "default-branch");

    repository.project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    for n in 0..60 {
        repository.project.file(&format!("bad{n:03}.py"), "x = = 1\n");
    }
    repository.commit("0.8");
    repository.github.fail("PATCH check-runs", Wrong::Half);
    for attempt in ["1", "2"] {
        repository.attempt = attempt;
        let said = repository.pull(&["run"]);
        assert_eq!(said.code, 11, "{}", said.err);
    }
    repository.exchanges()
}

/// What is asked for a baseline that is in an artifact, behind a deployment.
fn baselines() -> Vec<Exchange> {
    let repository = Repository::new();
    let rule = "{ min: 0.5, max-drop: 0.2 }";
    repository.project.replace("modelgate.yml", "{ min: 0.85 }", rule);
    let metrics: Vec<String> = (0..8000_u64)
        .map(|n| {
            format!("\"m{n}\": 0.{}", (n + 1).wrapping_mul(6_364_136_223_846_793_005).rotate_left(29) >> 8)
        })
        .collect();
    repository.commit(&format!("0.9, {}", metrics.join(", ")));
    let said = repository.push(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    repository.project.git(&["update-ref", "-d", "refs/modelgate/churn"]);

    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("run.json", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(repository.project.read(".modelgate/run.json").as_bytes()).unwrap();
    let zip = archive.finish().unwrap().into_inner();
    repository.github.state().artifacts = vec![Artifact { run: 41, name: "modelgate", expired: false, zip }];
    let made = json!({ "sha": repository.head(), "environment": "production" });
    repository.github.state().deployments = vec![(made, "success")];

    repository.project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: production\n");
    repository.project.git(&["switch", "--quiet", "--create", "topic"]);
    repository.commit("0.91");
    let said = repository.pull(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(repository.project.record()["baseline"]["from"], "production");
    assert_eq!(repository.github.state().fetched.len(), 1);
    repository.exchanges()
}

/// What is asked where a pull request leaves the project as it is.
fn nothing_to_do() -> Vec<Exchange> {
    let repository = Repository::new();
    let text = repository.project.read("modelgate.yml");
    repository.project.file("models/churn/modelgate.yml", text);
    repository.commit("0.9");
    repository.github.state().changed = vec!["models/uplift/train.py".into()];
    let said = repository.pull(&["run", "--if-changed", "--config", "models/churn/modelgate.yml"]);
    assert!(said.code == 0 && said.out.starts_with("nothing to do"), "{}{}", said.out, said.err);
    repository.exchanges()
}

/// What is asked to ship, and to train again.
fn deliveries() -> Vec<Exchange> {
    let repository = Repository::new();
    let text = repository.project.read("modelgate.yml");
    let deploy = "deploy:
  tested: { dispatch: { event: model-approved } }
  production:
    deployment: true
    url: https://churn.example.com
    dispatch: { workflow: deploy.yml }
";
    repository.project.file("modelgate.yml", text + deploy);
    repository.commit("0.9");
    repository.github.fail("POST actions/workflows", Wrong::Silence);
    let said = repository.push(&["run"]);
    assert_eq!(said.code, 0, "the run that was started is found: {}{}", said.out, said.err);
    let said = repository.push(&["deploy"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let payload = json!({ "repository": { "full_name": OURS } });
    let said = repository.modelgate(&["retrain", "--reason", "drift"], "schedule", "43", &payload);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    repository.exchanges()
}

/// A kind of request without its query and what differs from run to run.
fn general(kind: &str) -> String {
    let part = regex::Regex::new(r"\b([0-9a-f]{40}|\d+)\b").unwrap();
    part.replace_all(kind.split('?').next().unwrap(), "…").trim_end().to_owned()
}

#[test]
fn every_request_and_every_answer_is_as_github_describes_it() {
    let test = "every_request_and_every_answer_is_as_github_describes_it";
    let Some(modules) = common::node_modules() else {
        return common::skip(test, "MODELGATE_TEST_NODE names no node_modules of tests/node");
    };
    let least = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/answers.json")).unwrap();
    assert_eq!(described(&modules, &["answers"]), least, "the fake's answers are those of the description");
    let (judge, all) = std::thread::scope(|scope| {
        let all = [checks, baselines, deliveries, nothing_to_do].map(|exchanges| scope.spawn(exchanges));
        (Judge::start(&modules), all.map(|exchanges| exchanges.join().expect("a run")).concat())
    });
    let wrong: Vec<String> = all.iter().filter_map(|exchange| judge.judge(exchange).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n\n"));
    let kinds: BTreeSet<String> = all.iter().map(|exchange| general(&exchange.kind)).collect();
    insta::assert_json_snapshot!("asked", kinds);

    // It can fail: by what is too much, by a field or a path that there is not, and by an answer.
    let full = all.iter().find(|it| it.body["output"]["annotations"].as_array().map(Vec::len) == Some(50));
    let mut request = full.expect("a request with as many annotations as there may be").clone();
    let annotations = request.body["output"]["annotations"].as_array_mut().unwrap();
    annotations.push(annotations[0].clone());
    let told = judge.judge(&request).expect_err("51 annotations are too many");
    assert!(told.contains("HTTP/1.1 422 ") && told.contains("50 items"), "{told}");
    let created = all.iter().find(|it| it.kind == "POST check-runs").expect("a check");
    let mut request = created.clone();
    request.body["concluson"] = "success".into();
    let told = judge.judge(&request).expect_err("no field has that name");
    assert!(told.contains("HTTP/1.1 422 ") && told.contains("concluson"), "{told}");
    let mut answer = created.clone();
    answer.answer.1.as_object_mut().unwrap().remove("head_sha");
    let told = judge.judge(&answer).expect_err("an answer without its commit");
    assert!(told.contains("HTTP/1.1 500 ") && told.contains("head_sha"), "{told}");
    let unknown = Exchange { kind: "GET check-runs/1000/notes".into(), ..created.clone() };
    let told = judge.judge(&unknown).expect_err("a path that there is not");
    assert!(told.contains("HTTP/1.1 404 "), "{told}");
}
