//! What ships, as GitHub gets it over the wire.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "check/fake.rs"]
mod fake;

use std::fs;

use common::{Project, Running, Said, until};
use fake::{Fake, Wrong};
use rustix::process::Signal;
use serde_json::{Value, json};

const DEPLOY: &str = "
deploy:
  staging:
    dispatch: { workflow: deploy.yml }
  production:
    after: staging
    deployment: true
    url: https://churn.example
    dispatch: { workflow: deploy.yml }
";

/// A job on a runner that ships.
struct Job {
    project: Project,
    github: Fake,
    attempt: &'static str,
    branch: &'static str,
    event: &'static str,
    /// The registry that the job has credentials for.
    registry: String,
}

impl Job {
    fn new(deploy: &str) -> Self {
        let project = Project::shell();
        project.file("modelgate.yml", common::SHELL_PROJECT.to_owned() + deploy);
        project.commit("Ship it");
        let event = json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" } });
        fs::write(project.path().join("../event.json"), event.to_string()).unwrap();
        Self {
            project,
            github: Fake::start(),
            attempt: "1",
            branch: "main",
            event: "push",
            registry: common::registry().unwrap_or_default(),
        }
    }

    /// A job that ships an image of busybox too, which goes to `registry`; none where there is no engine.
    fn with_image(test: &str, registry: &str) -> Option<Self> {
        if common::engine().is_none() {
            common::skip(test, "there is no engine");
            return None;
        }
        let job = Self::new(&format!("{DEPLOY}image:\n  tags: {registry}:{{short-commit}}\n"));
        job.project.file("Dockerfile", "FROM modelgate-test/busybox:1\nCOPY model.bin /\n");
        job.project.commit("Put it into an image");
        Some(job)
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let beside = |name: &str| self.project.path().join("..").join(name).display().to_string();
        vec![
            ("DOCKER_HOST", common::engine().unwrap_or_default()),
            ("MODELGATE_REGISTRY", self.registry.clone()),
            ("MODELGATE_REGISTRY_USER", "modelgate".into()),
            ("MODELGATE_REGISTRY_PASSWORD", "let+me/in".into()),
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_EVENT_NAME", self.event.into()),
            ("GITHUB_EVENT_PATH", beside("event.json")),
            ("GITHUB_API_URL", self.github.base.clone()),
            ("GITHUB_SERVER_URL", "https://github.example".into()),
            ("GITHUB_REPOSITORY", "acme/churn".into()),
            ("GITHUB_REF_NAME", self.branch.into()),
            ("GITHUB_RUN_ID", "42".into()),
            ("GITHUB_RUN_ATTEMPT", self.attempt.into()),
            ("GITHUB_JOB", "model".into()),
            ("GITHUB_WORKFLOW", "ship".into()),
            ("GITHUB_TOKEN", "t0k3n".into()),
            ("GITHUB_STEP_SUMMARY", beside("summary")),
            ("GITHUB_OUTPUT", beside("outputs")),
            ("NO_COLOR", "1".into()),
        ]
    }

    fn modelgate(&self, words: &[&str]) -> Said {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.project.modelgate_with(words, &variables)
    }

    fn start(&self, words: &[&str]) -> Running {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.project.start_with(words, &variables)
    }

    /// The job runs again on another machine.
    fn again(&mut self) {
        fs::remove_dir_all(self.project.path().join(".modelgate")).unwrap();
        self.attempt = "2";
    }

    /// The requests that ship, `POST …`, with what differs from run to run left out.
    fn sent(&self) -> Vec<String> {
        let state = self.github.state();
        let ship = |kind: &&str| {
            kind.starts_with("POST ") && ["deployments", "dispatches"].iter().any(|it| kind.contains(it))
        };
        state.kinds().into_iter().filter(ship).map(str::to_owned).collect()
    }

    /// `staging delivered`, as the record says.
    fn outcomes(&self) -> Vec<String> {
        let record = self.project.record();
        let word = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        let all = record["deliveries"].as_array().unwrap();
        all.iter().map(|it| format!("{} {}", word(it, "target"), word(it, "outcome"))).collect()
    }

    /// A text for a snapshot: digests and commits differ with the project's.
    fn stable(&self, text: &str) -> String {
        let short = self.project.git(&["rev-parse", "HEAD"])[..7].to_owned();
        let text = text.replace(&format!("churn of {short}"), "churn of [short]");
        let approval = regex::Regex::new("sha256:[0-9a-f]{64}").unwrap();
        self.project.stable(&approval.replace_all(&text, "sha256:[digest]"))
    }
}

#[test]
fn an_approved_model_goes_to_each_environment_once() {
    let mut job = Job::new(DEPLOY);
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    let all = [
        "POST actions/workflows/deploy.yml/dispatches",
        "POST deployments",
        "POST deployments/1/statuses",
        "POST actions/workflows/deploy.yml/dispatches",
        "POST deployments/1/statuses",
        "POST deployments/1/statuses",
    ];
    assert_eq!(job.sent(), all);
    let states: Vec<Value> =
        job.github.state().statuses.iter().map(|(_, status)| status["state"].clone()).collect();
    assert_eq!(states, ["in_progress", "in_progress", "success"]);
    let outputs = job.project.read("../outputs");
    let lines: Vec<&str> = outputs.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("deployment-id<<")).expect("an output");
    assert_eq!(lines[at + 1], "1");

    // The record is there, and then it is not; the check knows.
    assert_eq!(job.modelgate(&["deploy"]).code, 0);
    job.again();
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!(job.sent(), all, "nothing is sent twice");
}

#[test]
fn a_workflow_that_fails_fails_the_job_and_the_next_attempt_ships() {
    let job = Job::new(DEPLOY);
    job.github.state().endings.push_back(Some("failure"));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 12, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging failed", "production skipped"]);
    assert_eq!(job.project.record()["conclusion"], "approved");
    assert!(said.out.contains("https://github.example/acme/churn/actions/runs/7000"), "{}", said.out);
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
}

#[test]
fn a_dry_run_prints_every_request_and_sends_none() {
    let job = Job::new(DEPLOY);
    job.github.fail("POST actions", Wrong::Refuse(403, "x-a: b", json!({ "message": "no" })));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 12, "{}", said.err);
    insta::assert_snapshot!("forbidden", job.stable(&said.out));
    let before = job.github.state().requests.len();
    let said = job.modelgate(&["deploy", "--dry-run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.out.contains("t0k3n") && !said.err.contains("t0k3n"));
    insta::assert_snapshot!("dry_run", job.stable(&said.out));
    assert_eq!(job.github.state().requests.len(), before);
}

#[test]
fn who_is_stopped_while_it_waits_leaves_the_run_to_the_next_attempt() {
    let mut job = Job::new(DEPLOY);
    job.github.state().endings.push_back(None);
    let running = job.start(&["run"]);
    until("the run is looked at", || {
        job.github.state().kinds().iter().any(|kind| kind.starts_with("GET actions/runs/7000"))
    });
    running.signal(Signal::TERM);
    let said = running.end();
    assert_eq!(said.code, 143, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging started", "production skipped"]);
    let sent = job.sent().len();
    job.github.state().endings.clear();
    job.again();
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!((sent, job.github.state().runs.len()), (1, 2), "staging was not started again");
}

#[test]
fn nothing_is_shipped_that_is_rejected_or_of_another_branch() {
    let job = Job::new(DEPLOY);
    job.project.file("scores.json", "{\"accuracy\": 0.5}\n");
    job.project.commit("Worse");
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(job.sent(), [""; 0]);
    assert_ne!(job.modelgate(&["deploy"]).code, 0);
    let mut job = Job::new(DEPLOY);
    job.branch = "idea";
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!((job.sent(), job.outcomes()), (vec![], vec![]));
}

#[test]
fn who_cannot_ask_what_was_delivered_ships_nothing() {
    let job = Job::new(DEPLOY);
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let sent = job.sent().len();
    job.project.commit("Again");
    job.github.fail("GET commits", Wrong::Refuse(403, "x-a: b", json!({ "message": "no" })));
    let said = job.modelgate(&["run"]);
    assert_ne!(said.code, 0, "{}", said.err);
    assert_eq!(job.sent().len(), sent);
    assert!(said.out.contains("checks: read"), "{}", said.out);
}

#[test]
fn a_training_is_started_by_hand() {
    let job = Job::new("");
    let said = job.modelgate(&["retrain", "--reason", "drift", "--dry-run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    insta::assert_snapshot!("retrain_dry_run", said.out);
    assert!(job.github.state().requests.is_empty());
    let said = job.modelgate(&["retrain", "--reason", "drift"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "started https://github.example/acme/churn/actions/runs/7000\n")
    );
    let (kind, body) = job.github.state().requests[0].clone();
    assert_eq!(kind, "POST actions/workflows/retrain.yml/dispatches");
    assert_eq!(body["inputs"], json!({ "reason": "drift" }));
}

#[test]
fn a_delivery_that_was_not_waited_for_to_its_end_has_not_passed() {
    let job = Job::new("deploy:\n  staging:\n    dispatch: { workflow: deploy.yml }\n");
    job.github.state().endings.push_back(None);
    let running = job.start(&["run"]);
    until("the run is looked at", || {
        job.github.state().kinds().iter().any(|kind| kind.starts_with("GET actions/runs/7000"))
    });
    running.signal(Signal::INT);
    assert_eq!(running.end().code, 130);
    let record = job.project.record();
    let step = record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "deploy").unwrap();
    assert_eq!(
        (&step["outcome"], &step["findings"][0]["code"]),
        (&json!("failed"), &json!("delivery-unfinished"))
    );
    job.github.state().endings.clear();
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!((job.outcomes(), job.sent().len()), (vec!["staging delivered".to_owned()], 1));
}

#[test]
fn an_image_is_pushed_before_any_environment_gets_its_digest() {
    let test = "an_image_is_pushed_before_any_environment_gets_its_digest";
    let Some(registry) = common::registry() else { return common::skip(test, "there is no registry") };
    let Some(mut job) = Job::with_image(test, &format!("{registry}/deploy-image")) else { return };
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let outcomes = job.outcomes();
    assert!(outcomes[0].ends_with(" delivered") && outcomes[0].contains("/deploy-image:"), "{outcomes:?}");
    assert_eq!(outcomes[1..], ["staging delivered", "production delivered"]);
    let record = job.project.record();
    let image = record["deliveries"][0]["image"].as_str().unwrap();
    assert!(image.contains("/deploy-image@sha256:"), "{image}");
    let runs = job.github.state().runs.clone();
    let given: Vec<&str> = runs.iter().map(|(_, sent)| sent["inputs"]["image"].as_str().unwrap()).collect();
    assert_eq!(given, [image, image], "both workflows get the digest");
    let outputs = job.project.read("../outputs");
    let lines: Vec<&str> = outputs.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("image-digest<<")).expect("an output");
    assert_eq!(lines[at + 1], image);

    job.again();
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(job.github.state().runs.len(), 2, "nothing is started twice");
}

#[test]
fn what_the_registry_refuses_goes_to_no_environment() {
    let test = "what_the_registry_refuses_goes_to_no_environment";
    let Some(registry) = common::registry() else { return common::skip(test, "there is no registry") };
    let Some(mut job) = Job::with_image(test, &format!("{registry}/deploy-refused")) else { return };
    job.registry = "registry.invalid".into();
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    let outcomes = job.outcomes();
    assert!(outcomes[0].ends_with(" failed"), "{outcomes:?}");
    assert!(said.out.contains("push-denied"), "{}", said.out);
    assert_eq!(outcomes[1..], ["staging skipped", "production skipped"]);
    assert_eq!(job.sent(), [""; 0]);
    assert_eq!(job.project.record()["conclusion"], "approved");
}

#[test]
fn an_image_of_another_branch_stays_where_it_is() {
    let test = "an_image_of_another_branch_stays_where_it_is";
    let Some(mut job) = Job::with_image(test, "registry.invalid/deploy-branch") else { return };
    job.branch = "feature";
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(job.outcomes(), [""; 0]);
    job.project.replace("modelgate.yml", "  staging:\n", "  staging:\n    when: always\n");
    job.project.commit("Try it on staging");
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    assert_eq!(
        job.outcomes(),
        ["staging skipped"],
        "what runs there is named by its digest, and there is none"
    );
}

#[test]
fn what_a_fork_has_made_is_never_pushed() {
    let test = "what_a_fork_has_made_is_never_pushed";
    let Some(mut job) = Job::with_image(test, "registry.invalid/deploy-fork") else { return };
    job.project.replace("modelgate.yml", "image:\n", "image:\n  push: always\n");
    job.project.commit("Push always");
    let head = job.project.git(&["rev-parse", "HEAD"]);
    let event = json!({
        "repository": { "full_name": "acme/churn", "default_branch": "main" },
        "pull_request": { "number": 7, "head": { "sha": head.trim(), "repo": { "full_name": "fork/churn" } } },
    });
    fs::write(job.project.path().join("../event.json"), event.to_string()).unwrap();
    job.event = "pull_request";
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(job.outcomes(), [""; 0]);
    let record = job.project.record();
    assert_eq!(record["steps"].as_array().unwrap().last().unwrap()["outcome"], "skipped");
    let by_hand = job.modelgate(&["deploy"]);
    assert_eq!(by_hand.code, 0, "{}{}", by_hand.out, by_hand.err);
    assert!(!by_hand.err.contains("pushing"), "{}", by_hand.err);
}
