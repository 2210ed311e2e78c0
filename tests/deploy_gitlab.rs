//! What ships, as GitLab gets it over the wire.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "gitlab/fake.rs"]
mod fake;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "gitlab/job.rs"]
mod job;

use std::fs;
use std::process::Command;

use common::{Project, Running, Said, until};
use fake::Wrong;
use job::Job;
use modelgate::config;
use regex::Regex;
use rustix::process::Signal;
use serde_json::{Value, json};

const DEPLOY: &str = "
deploy:
  staging:
    trigger: {}
  production:
    after: staging
    deployment: true
    url: https://churn.example
    trigger: { variables: { REGION: eu } }
";

/// The job that judges, with this to deploy and these variables besides its own.
fn job(deploy: &str, more: &[(&'static str, &str)]) -> Job {
    let project = Project::shell();
    project.file("modelgate.yml", common::SHELL_PROJECT.to_owned() + deploy);
    project.commit("Ship it");
    let mut job = Job::new(project);
    job.more = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    job
}

/// The same with no other token than its own.
fn job_alone(deploy: &str) -> Job {
    Job { own: None, ..job(deploy, &[]) }
}

/// The next job of the same pipeline, which has what the one before has kept.
fn next(job: &mut Job) {
    let number = job.number() + 1;
    job.more.push(("CI_JOB_ID", number.to_string()));
    job.more.push(("CI_JOB_NAME", "deploy".into()));
    job.more.push(("CI_JOB_URL", format!("https://gitlab.example/acme/churn/-/jobs/{number}")));
}

/// Judges, which ships nothing, and then ships in a job of its own.
fn ship(job: &mut Job) -> Said {
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("a job of its own ships to environments"), "{}", said.out);
    assert_eq!(sent(job), [""; 0]);
    next(job);
    job.modelgate(&["deploy"])
}

fn start(job: &Job, words: &[&str]) -> Running {
    let variables = job.variables();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
    job.project.start_with(words, &variables)
}

/// The requests that ship.
fn sent(job: &Job) -> Vec<String> {
    let ships = |kind: &String| {
        ["deployments", "environments", "pipeline", "jobs/"].iter().any(|it| kind.contains(it))
    };
    job.writes().into_iter().filter(ships).collect()
}

/// `staging delivered`, as the record says.
fn outcomes(job: &Job) -> Vec<String> {
    let record = job.project.record();
    let word = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let all = record["deliveries"].as_array().cloned().unwrap_or_default();
    all.iter().map(|it| format!("{} {}", word(it, "target"), word(it, "outcome"))).collect()
}

/// A text for a snapshot: digests and commits differ with the project's.
fn stable(job: &Job, text: &str) -> String {
    let approval = Regex::new("sha256:[0-9a-f]{64}").unwrap();
    job.project.stable(&approval.replace_all(text, "sha256:[digest]"))
}

const SHIPPED: [&str; 5] = [
    "POST trigger/pipeline",
    "POST deployments",
    "PUT environments/9",
    "POST trigger/pipeline",
    "PUT deployments/40",
];

#[test]
fn a_job_of_its_own_ships_what_was_judged_once_with_no_other_token_than_its_own() {
    let mut job = job_alone(DEPLOY);
    let said = ship(&mut job);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(outcomes(&job), ["staging delivered", "production delivered"]);
    assert_eq!(sent(&job), SHIPPED);
    let given = job.gitlab.state().triggered.clone();
    let (staging, production) = (&given[0].1["variables"], &given[1].1["variables"]);
    assert_eq!(
        (&staging["MODELGATE_ENVIRONMENT"], &production["MODELGATE_ENVIRONMENT"]),
        (&json!("staging"), &json!("production"))
    );
    assert_eq!((&production["REGION"], &production["MODELGATE_PROJECT"]), (&json!("eu"), &json!("7")));
    assert_eq!(staging["MODELGATE_JOB"], "4000", "the job that judged has the bundle");
    assert_eq!(job.gitlab.state().deployments[0]["status"], "success");
    assert_eq!(job.gitlab.state().deployments[0]["sha"], job.head());

    assert_eq!(job.modelgate(&["deploy"]).code, 0);
    assert_eq!(sent(&job), SHIPPED, "nothing is sent twice");
}

#[test]
fn a_pipeline_that_fails_fails_the_job_and_one_that_waits_for_a_person_is_told_as_that() {
    let mut job = job(DEPLOY, &[]);
    job.gitlab.state().endings.push_back(Some("failed"));
    let said = ship(&mut job);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    assert_eq!(outcomes(&job), ["staging failed", "production skipped"]);
    assert!(said.out.contains("https://gitlab.example/acme/churn/-/pipelines/41"), "{}", said.out);
    job.gitlab.state().endings.push_back(Some("manual"));
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    assert_eq!(outcomes(&job), ["staging started", "production skipped"]);
    assert!(said.out.contains("delivery-blocked"), "{}", said.out);
    for pipeline in &mut job.gitlab.state().pipelines {
        pipeline["status"] = "success".into();
    }
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(outcomes(&job), ["staging delivered", "production delivered"]);
    assert_eq!(job.gitlab.state().triggered.len(), 3);
}

#[test]
fn a_dry_run_prints_every_request_and_sends_none() {
    let job = job(DEPLOY, &[]);
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let before = job.gitlab.state().requests.len();
    let said = job.modelgate(&["deploy", "--dry-run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    insta::assert_snapshot!("gitlab_dry_run", stable(&job, &said.out));
    assert_eq!(job.gitlab.state().requests.len(), before);
}

#[test]
fn no_token_is_seen_anywhere() {
    let deploy = "\ndeploy:\n  staging: { trigger: { token: DEPLOY_TRIGGER_TOKEN } }\n";
    let job = job(deploy, &[("DEPLOY_TRIGGER_TOKEN", fake::TRIGGER)]);
    job.project.replace("modelgate.yml", "run: cp", "run: env; cp");
    job.project.commit("Tell everything");
    let judged = job.modelgate(&["run"]);
    job.gitlab.fail("POST trigger", Wrong::Refuse(400, "x-a: b", json!({ "message": "no" })));
    let refused = job.modelgate(&["deploy", "-v"]);
    assert_eq!(refused.code, 12, "{}{}", refused.out, refused.err);
    let dry = job.modelgate(&["deploy", "--dry-run"]);
    let shipped = job.modelgate(&["deploy", "-v"]);
    assert_eq!(shipped.code, 0, "{}{}", shipped.out, shipped.err);
    assert_eq!(job.gitlab.state().triggered[0].1["token"], fake::TRIGGER);
    let mut all = [judged, refused, dry, shipped].map(|said| said.out + &said.err).concat();
    for name in ["run.json", "report.md", "report.html"] {
        all += &job.project.read(&format!(".modelgate/{name}"));
    }
    for token in [fake::TRIGGER, fake::OWN, fake::JOB] {
        assert!(!all.contains(token), "{token}");
    }
}

#[test]
fn who_is_stopped_while_it_waits_leaves_the_pipeline_to_the_next_attempt() {
    let job = job(DEPLOY, &[]);
    assert_eq!(job.modelgate(&["run"]).code, 0);
    job.gitlab.state().endings.push_back(None);
    let running = start(&job, &["deploy"]);
    until("the pipeline is looked at", || job.gitlab.state().kinds().contains(&"GET pipelines/41"));
    running.signal(Signal::TERM);
    let said = running.end();
    assert_eq!(said.code, 143, "{}", said.err);
    assert_eq!(outcomes(&job), ["staging started", "production skipped"]);
    job.gitlab.state().endings.clear();
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(outcomes(&job), ["staging delivered", "production delivered"]);
    assert_eq!(job.gitlab.state().triggered.len(), 2, "staging was not started again");
}

#[test]
fn nothing_is_shipped_of_another_branch_of_a_merge_request_or_of_a_fork() {
    let always = DEPLOY.replace("staging:\n", "staging:\n    when: always\n");
    // The branch of a merge request may be called as the default branch is.
    let of_request = |deploy: &str, from: &str| {
        let mut job = job(deploy, &[]).merging(from);
        job.more.push(("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main".into()));
        job
    };
    let of_branch = |deploy: &str| Job { branch: "idea", ..job(deploy, &[]) };
    let cases =
        [of_branch(DEPLOY), of_request(DEPLOY, "7"), of_request(DEPLOY, "8"), of_request(&always, "8")];
    for (at, job) in cases.iter().enumerate() {
        job.modelgate(&["run"]);
        let said = job.modelgate(&["deploy"]);
        assert_eq!((sent(job), outcomes(job)), (vec![], vec![]), "{at}: {}", said.out);
        assert_eq!(said.code == 0, at < 3, "{at}: {}", said.out);
    }
    let mut job = of_branch(&always);
    let said = ship(&mut job);
    assert_eq!((said.code, outcomes(&job)), (0, vec!["staging delivered".to_owned()]), "{}", said.out);
}

#[test]
fn a_manual_job_is_played_and_retried_where_it_failed() {
    let deploy = "\ndeploy:\n  canary: { play: { job: ship-canary } }\n";
    let mut job = job(deploy, &[]);
    let id = job.gitlab.state().manual(40, "ship-canary");
    job.gitlab.state().endings.push_back(Some("failed"));
    let said = ship(&mut job);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    let said = job.modelgate(&["deploy"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(sent(&job), [format!("POST jobs/{id}/play"), format!("POST jobs/{id}/retry")]);
    let (_, given) = job.gitlab.state().triggered[0].clone();
    assert_eq!(
        given["job_variables_attributes"][0],
        json!({ "key": "MODELGATE_ENVIRONMENT", "value": "canary" })
    );
}

#[test]
fn a_dispatch_is_refused_in_a_job_of_gitlab_before_anything_is_sent() {
    let deploy = DEPLOY.to_owned() + "  edge: { dispatch: { workflow: deploy.yml } }\n";
    let mut job = job_alone(&deploy);
    let said = ship(&mut job);
    assert_eq!(said.code, 12, "{}{}", said.out, said.err);
    assert!(said.out.contains("deploy.edge has a `dispatch`, which only GitHub knows"), "{}", said.out);
    assert_eq!(sent(&job), [""; 0]);
}

#[test]
fn a_training_is_started_in_a_job_and_on_a_laptop() {
    let job = job_alone("");
    let said = job.modelgate(&["retrain", "--reason", "drift", "--input", "EPOCHS=30", "--dry-run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    insta::assert_snapshot!("gitlab_retrain_dry_run", said.out);
    assert!(job.gitlab.state().requests.is_empty());
    let said = job.modelgate(&["retrain", "--reason", "drift"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "started https://gitlab.example/acme/churn/-/pipelines/41\n")
    );

    let base = job.gitlab.base.clone();
    let laptop = |words: &[&str], token: &str| {
        let variables = [("CI_API_V4_URL", base.as_str()), ("MODELGATE_GITLAB_TOKEN", token)];
        job.project.modelgate_with(words, &variables)
    };
    let said = laptop(&["retrain", "--reason", "drift", "--project", "7"], fake::OWN);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let (_, sent) = job.gitlab.state().triggered[1].clone();
    assert_eq!(
        (&sent["ref"], &sent["variables"][0]),
        (&json!("main"), &json!({ "key": "MODELGATE_REASON", "value": "drift" }))
    );
    let said = laptop(&["retrain", "--reason", "drift", "--project", "7"], "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("MODELGATE_GITLAB_TOKEN is not set"), "{}", said.err);
    let said = job.modelgate(&["retrain", "--reason", "drift", "--workflow", "x.yml"]);
    assert!(said.err.contains("`--workflow` is for GitHub"), "{}", said.err);
}

/// The GitLab part of docs/deploy.md: its blocks of YAML.
fn document() -> Vec<String> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy.md")).unwrap();
    let part = text.split_once("\n## On GitLab\n").unwrap().1.split_once("\n## ").unwrap().0;
    part.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn the_configurations_of_the_document_are_valid() {
    let blocks = document();
    let deploys: Vec<&String> = blocks.iter().filter(|block| block.starts_with("deploy:\n  ")).collect();
    assert_eq!(deploys.iter().filter(|block| !block.contains("script:")).count(), 2);
    for block in deploys.iter().filter(|block| !block.contains("script:")) {
        config::parse(&format!("{}{block}", common::SHELL_PROJECT))
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
    }
}

/// The script of the pipeline that ships, with the variables that a delivery gives.
#[test]
fn the_pipeline_of_the_document_takes_what_was_judged_and_nothing_else() {
    let test = "the_pipeline_of_the_document_takes_what_was_judged_and_nothing_else";
    for name in ["curl", "unzip", "jq", "sha256sum"] {
        if Command::new(name).arg("--help").output().is_err() {
            return common::skip(test, &format!("{name} is not installed"));
        }
    }
    let pipeline = document().into_iter().find(|block| block.contains("script:")).expect("a pipeline");
    let told = pipeline.split_once("  script:\n").unwrap().1.lines();
    let commands = told.filter_map(|line| line.strip_prefix("    - "));
    let script: Vec<String> = commands.map(|line| line.trim_matches('\'').to_owned()).collect();
    assert_eq!(script.len(), 7, "{script:?}");
    let script = script.join("\n").replace("model.joblib", "model.bin");

    let mut job = job_alone("\ndeploy:\n  staging: { trigger: {} }\n");
    let said = ship(&mut job);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let (_, given) = job.gitlab.state().triggered[0].clone();
    let bundle = fs::read(job.project.path().join(".modelgate/bundle.zip")).unwrap();
    {
        let mut state = job.gitlab.state();
        state.job(40, "gate", &[(".modelgate/bundle.zip", &bundle)]);
        state.jobs.last_mut().unwrap().id = 4000;
    }
    let run = |outputs: &str| {
        let place = Project::empty();
        let mut command = place.command("sh");
        command.args(["-eu", "-c", &script]);
        for (name, value) in given["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.env("CI_API_V4_URL", &job.gitlab.base).env("CI_JOB_TOKEN", fake::JOB);
        common::said(command.env("MODELGATE_OUTPUTS", outputs).output().unwrap())
    };
    let outputs = given["variables"]["MODELGATE_OUTPUTS"].as_str().unwrap();
    let said = run(outputs);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("model.bin: OK"), "{}", said.out);
    let digest = Regex::new("sha256:[0-9a-f]{64}").unwrap();
    let said = run(&digest.replace_all(outputs, format!("sha256:{}", "0".repeat(64)).as_str()));
    assert_ne!(said.code, 0, "another digest is another model: {}", said.out);
}
