//! What a run is compared with on GitHub: the records in the checks of the default branch, without any set-up.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "check/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;

use std::fs;
use std::io::Write;

use common::{Project, Said};
use fake::{Artifact, Fake, Wrong};
use serde_json::{Value, json};

const RULES: &str = "    accuracy: { min: 0.5, max-drop: 0.02 }\n";

/// A repository on GitHub, and the jobs that run in it.
struct Repository {
    project: Project,
    github: Fake,
}

impl Repository {
    fn new() -> Self {
        let project = Project::shell();
        project.replace("modelgate.yml", "    accuracy: { min: 0.85 }\n", RULES);
        project.commit("Compare");
        Self { project, github: Fake::start() }
    }

    /// The same with a default branch whose newest commit is approved, and a clone without its records.
    fn approved() -> Self {
        let repository = Self::new();
        let said = repository.push();
        assert_eq!(said.code, 0, "{}", said.err);
        repository.forget();
        repository
    }

    fn git(&self, words: &[&str]) -> String {
        self.project.git(words).trim().to_owned()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The records in git, which no fresh clone has.
    fn forget(&self) {
        self.git(&["update-ref", "-d", "refs/modelgate/churn"]);
    }

    fn modelgate(&self, run: &str, event: &str, payload: &Value, words: &[&str]) -> Said {
        let beside = self.project.path().parent().unwrap().to_owned();
        let path = beside.join("event.json");
        fs::write(&path, payload.to_string()).unwrap();
        let (path, base) = (path.display().to_string(), self.github.base.clone());
        let (summary, outputs) = (beside.join("summary"), beside.join("outputs"));
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", event),
            ("GITHUB_EVENT_PATH", &path),
            ("GITHUB_API_URL", &base),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "acme/churn"),
            ("GITHUB_RUN_ID", run),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_JOB", "model"),
            ("GITHUB_TOKEN", "the-token"),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
            ("GITHUB_OUTPUT", outputs.to_str().unwrap()),
            ("NO_COLOR", "1"),
        ];
        self.project.modelgate_with(words, &variables)
    }

    /// The run of the default branch.
    fn push(&self) -> Said {
        self.github.state().commits.insert(0, self.head());
        let payload = json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" } });
        self.modelgate("41", "push", &payload, &["run"])
    }

    /// The run of a pull request, with the requests that it makes.
    fn pull(&self, accuracy: &str) -> (Said, Vec<String>) {
        self.project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}\n"));
        self.git(&["switch", "--quiet", "--create", "topic"]);
        self.project.commit("A change");
        self.again()
    }

    fn again(&self) -> (Said, Vec<String>) {
        let head = json!({ "sha": self.head(), "repo": { "full_name": "acme/churn" } });
        let payload = json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" },
                              "pull_request": { "number": 7, "head": head } });
        self.github.state().requests.clear();
        let said = self.modelgate("42", "pull_request", &payload, &["run"]);
        let kinds = self.github.state().kinds().into_iter().map(str::to_owned).collect();
        (said, kinds)
    }

    /// What the pull request's run was compared with.
    fn baseline(&self) -> Value {
        self.project.record()["baseline"].clone()
    }

    fn place(&self) -> String {
        let main = self.git(&["rev-parse", "main"]);
        format!("the check model-metrics of {}", &main[..7])
    }

    /// What the gate found, as `code: message`.
    fn found(&self) -> String {
        let record = self.project.record();
        let gate =
            record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "gate").unwrap().clone();
        let findings = gate["findings"].as_array().unwrap();
        let told =
            |it: &Value| format!("{}: {}", it["code"].as_str().unwrap(), it["message"].as_str().unwrap());
        findings.iter().map(told).collect::<Vec<_>>().join("\n")
    }

    /// The text of the newest check of main.
    fn text(&self) -> String {
        self.github.state().checks[0]["output"]["text"].as_str().unwrap_or_default().to_owned()
    }

    fn write(&self, text: &str) {
        self.github.state().checks[0]["output"]["text"] = text.into();
    }
}

fn refuse(status: u16) -> Wrong {
    Wrong::Refuse(status, "x-a: b", json!({ "message": "Resource not accessible by integration" }))
}

#[test]
fn a_pull_request_is_compared_with_the_check_of_the_default_branch() {
    let repository = Repository::approved();
    let text = repository.text();
    assert!(text.starts_with("<!-- modelgate:record:1 sha256:") && text.ends_with(" -->"), "{text}");
    let approved = repository.project.record();
    let (said, kinds) = repository.pull("0.8");
    assert_eq!(said.code, 10, "{}", said.err);
    let baseline = repository.baseline();
    assert_eq!(baseline["from"], "default-branch");
    assert_eq!(baseline["place"], repository.place().as_str());
    assert_eq!((&baseline["run"], &baseline["commit"]), (&approved["id"], &approved["context"]["commit"]));
    assert_eq!(baseline["metrics"]["accuracy"], 0.9);
    let place = repository.place();
    assert!(said.out.contains(&format!("compared with default-branch: {place}")), "{}", said.out);
    assert!(repository.project.read("../summary").contains(&place));
    assert!(repository.project.read(".modelgate/report.html").contains(&place));
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("GET ")).count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"GET commits?sha=main&per_page=30".to_owned()), "{kinds:?}");
}

#[test]
fn an_approved_pull_request_costs_six_requests() {
    let repository = Repository::approved();
    repository.project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    repository.project.file("train.py", "print(1)\n");
    let (said, kinds) = repository.pull("0.91");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(repository.baseline()["place"], repository.place().as_str());
    assert!(kinds.len() <= 6, "{kinds:?}");
}

#[test]
fn the_newest_approved_commit_counts_and_what_is_not_approved_is_passed_over() {
    let repository = Repository::approved();
    let place = repository.place();
    repository.project.file("scores.json", "{\"accuracy\": 0.4}\n");
    repository.project.commit("Worse");
    assert_eq!(repository.push().code, 10);
    repository.project.commit("Not run");
    let head = repository.head();
    repository.github.state().commits.insert(0, head);
    repository.forget();
    let (said, kinds) = repository.pull("0.9");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(repository.baseline()["place"], place.as_str());
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("GET commits/")).count(), 3, "{kinds:?}");
}

#[test]
fn a_job_that_runs_again_is_not_compared_with_itself() {
    let repository = Repository::approved();
    let payload = json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" } });
    let said = repository.modelgate("43", "push", &payload, &["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(repository.baseline().is_null());
    assert!(repository.found().starts_with("no-baseline: no approved run of main"), "{}", repository.found());
}

#[test]
fn the_check_of_another_app_or_another_model_is_not_trusted() {
    let other_app: fn(&mut Value) = |check| check["app"] = json!({ "id": 7, "slug": "github-actions-2" });
    let unknown: fn(&mut Value) = |check| check["app"] = Value::Null;
    let other_model: fn(&mut Value) = |check| check["external_id"] = "github/41/model/other".into();
    let red: fn(&mut Value) = |check| check["conclusion"] = "failure".into();
    let open: fn(&mut Value) = |check| check["status"] = "in_progress".into();
    for change in [other_app, unknown, other_model, red, open] {
        let repository = Repository::approved();
        change(&mut repository.github.state().checks[0]);
        let (said, _) = repository.pull("0.8");
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(repository.baseline().is_null());
        assert!(repository.found().starts_with("no-baseline: "), "{}", repository.found());
    }
}

#[test]
fn a_record_of_another_model_or_commit_is_passed_over() {
    let repository = Repository::approved();
    repository.github.state().checks[0]["external_id"] = Value::Null;
    repository.project.replace("modelgate.yml", "model: churn", "model: other");
    let (said, _) = repository.pull("0.8");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(repository.baseline().is_null());

    // A check that was put on another commit than the one that was judged.
    let repository = Repository::approved();
    repository.project.commit("Another");
    let head = repository.head();
    let mut state = repository.github.state();
    state.checks[0]["head_sha"] = head.clone().into();
    state.commits.insert(0, head);
    drop(state);
    let (said, _) = repository.pull("0.8");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(repository.baseline().is_null());
}

#[test]
fn a_record_that_was_changed_makes_the_verdict_inconclusive() {
    let repository = Repository::approved();
    let text = repository.text();
    let other = text.replacen("sha256:", "sha256:0", 1);
    let other =
        format!("{} {}", &other[..other.find(" zlib").unwrap() - 1], &other[other.find("zlib").unwrap()..]);
    repository.write(&other);
    let (said, _) = repository.pull("0.8");
    assert_eq!(said.code, 10, "{}", said.err);
    let record = repository.project.record();
    assert_eq!(record["conclusion"], "inconclusive");
    assert!(record["baseline"].is_null());
    let why = "the record in it is not the one of its digest";
    assert_eq!(repository.found(), format!("baseline-unreadable: {}: {why}", repository.place()));
    assert!(said.out.contains("the baseline cannot be read"), "{}", said.out);

    // Nothing older takes its place, whatever is wrong with it.
    for damaged in
        [format!("{text}{text}"), text[..text.len() - 9].to_owned(), text.replace("record:1", "record:2")]
    {
        repository.write(&damaged);
        let (said, _) = repository.again();
        assert_eq!(said.code, 10, "{}", said.err);
        assert_eq!(repository.project.record()["conclusion"], "inconclusive");
    }
    repository.write(&text);
    let (said, _) = repository.again();
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(repository.project.record()["conclusion"], "rejected");
}

#[test]
fn a_foreign_record_is_never_kept_in_a_check() {
    let repository = Repository::new();
    let head = json!({ "sha": repository.head(), "repo": { "full_name": "fork/churn" } });
    let payload = json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" },
                          "pull_request": { "number": 7, "head": head } });
    let said = repository.modelgate("40", "pull_request", &payload, &["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(repository.github.state().checks[0]["conclusion"], "success");
    assert_eq!(repository.text(), "");
}

#[test]
fn github_that_does_not_tell_is_no_reason_to_pass() {
    for status in [403, 404, 500] {
        let repository = Repository::approved();
        for _ in 0..4 {
            repository.github.fail("GET commits", refuse(status));
        }
        let (said, _) = repository.pull("0.9");
        assert_eq!(said.code, 1, "{status}: {}", said.err);
        let record = repository.project.record();
        let gate =
            record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "gate").unwrap().clone();
        assert_eq!(gate["outcome"], "faulted");
        let help = gate["help"].as_str().unwrap();
        match status {
            500 => assert!(help.contains("run the job again"), "{help}"),
            _ => assert!(help.ends_with("`permissions: { contents: read, checks: read }`"), "{help}"),
        }
    }
}

#[test]
fn the_records_in_git_stand_in_for_github() {
    let repository = Repository::new();
    assert_eq!(repository.push().code, 0);
    repository.github.fail("GET commits", refuse(403));
    let (said, _) = repository.pull("0.8");
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(repository.baseline()["place"], "the records in git");
    assert!(said.err.contains("the baseline is from git"), "{}", said.err);

    // And where no check has one.
    repository.github.state().checks.clear();
    let (said, _) = repository.again();
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(repository.baseline()["place"], "the records in git");
}

#[test]
fn a_clone_that_cannot_tell_does_not_overrule_github() {
    let repository = Repository::new();
    assert_eq!(repository.push().code, 0);
    repository.github.state().checks.clear();
    // A record of a commit of which this clone does not know whether it is in the default branch.
    repository.git(&["commit", "--quiet", "--amend", "--message", "Another"]);
    repository.project.file(".git/shallow", format!("{}\n", repository.head()));
    let (said, _) = repository.again();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(repository.found().starts_with("no-baseline: no approved run of main"), "{}", repository.found());

    // Nor which one that is.
    fs::remove_file(repository.project.path().join(".git/shallow")).unwrap();
    repository.forget();
    repository.project.commit("Approved");
    assert_eq!(repository.push().code, 0);
    repository.github.state().checks.clear();
    repository.git(&["switch", "--quiet", "--create", "topic"]);
    repository.git(&["branch", "--quiet", "-D", "main"]);
    repository.project.commit("A change");
    let (said, _) = repository.again();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(repository.found().starts_with("no-baseline: no approved run of main"), "{}", repository.found());
}

/// The run's folder as an artifact, as the action uploads it.
fn zip(record: &str) -> Vec<u8> {
    zip_of(&[("report.md", ""), ("run.json", record)])
}

fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A default branch whose record is too large for a check.
fn large() -> Repository {
    let repository = Repository::new();
    let mut noise: u64 = 1;
    let mut number = || {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("0.{}", noise >> 11)
    };
    let metrics: Vec<String> = (0..8000).map(|n| format!("\"m{n}\": {}", number())).collect();
    repository.project.file("scores.json", format!("{{\"accuracy\": 0.9, {}}}\n", metrics.join(", ")));
    repository.project.commit("Many metrics");
    let said = repository.push();
    assert_eq!(said.code, 0, "{}", said.err);
    repository.forget();
    assert!(repository.text().ends_with(" artifact -->"), "{} bytes", repository.text().len());
    repository
}

fn artifact(zip: Vec<u8>) -> Artifact {
    Artifact { run: 41, name: "modelgate", expired: false, zip }
}

#[test]
fn a_record_that_is_too_large_is_taken_from_the_artifact_of_its_run() {
    let repository = large();
    let kept = zip(&repository.project.read(".modelgate/run.json"));
    let other = zip("{\"steps\": []}");
    repository.github.state().artifacts = vec![
        Artifact { name: "coverage", ..artifact(kept.clone()) },
        artifact(kept),
        Artifact { name: "modelgate-other", ..artifact(other) },
    ];
    let (said, kinds) = repository.pull("0.8");
    assert_eq!(said.code, 10, "{}", said.err);
    assert_eq!(repository.baseline()["place"], repository.place().as_str());
    assert_eq!(repository.baseline()["metrics"].as_object().unwrap().len(), 8001);
    assert!(!kinds.contains(&"GET actions/artifacts/1/zip".to_owned()), "{kinds:?}");
    let state = repository.github.state();
    assert_eq!(state.fetched.len(), 2);
    for lines in &state.fetched {
        assert!(lines.iter().all(|line| !line.to_lowercase().starts_with("authorization")), "{lines:?}");
        assert!(!lines.join("\n").contains("the-token"), "{lines:?}");
    }
}

#[test]
fn an_artifact_that_is_gone_makes_the_verdict_inconclusive() {
    let repository = large();
    let record = repository.project.read(".modelgate/run.json");
    let changed = record.replacen("\"m1\": 0.", "\"m1\": 0.1", 1);
    assert_ne!(record, changed);
    let whole = zip(&record);
    repository.pull("0.8");
    for (artifacts, why) in [
        (vec![], "no artifact of that run has it"),
        (vec![Artifact { expired: true, ..artifact(whole.clone()) }], "«modelgate» has expired"),
        (vec![Artifact { run: 40, ..artifact(whole.clone()) }], "no artifact of that run has it"),
        (vec![artifact(zip(&changed))], "«modelgate» does not have it: the digest is another"),
        (vec![artifact(whole[..whole.len() / 2].to_vec())], "«modelgate» is damaged"),
    ] {
        repository.github.state().artifacts = artifacts;
        let (said, _) = repository.again();
        assert_eq!(said.code, 10, "{}", said.err);
        assert_eq!(repository.project.record()["conclusion"], "inconclusive");
        let found = repository.found();
        assert!(found.starts_with("baseline-unreadable: ") && found.contains(why), "{found}");
    }
}

#[test]
fn an_artifact_that_may_not_be_read_names_the_permission() {
    let repository = large();
    repository.github.fail("GET actions/runs/41/artifacts", refuse(403));
    let (said, _) = repository.pull("0.8");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("actions: read"), "{}", said.out);
}

#[test]
fn what_is_deployed_is_compared_with() {
    let repository = Repository::approved();
    repository.project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: production\n");
    let main = repository.head();
    let deployment = |environment: &str| json!({ "sha": main, "environment": environment });
    repository.github.state().deployments = vec![
        (deployment("production"), "success"),
        (deployment("staging"), "success"),
        (json!({ "sha": "0".repeat(40), "environment": "production" }), "failure"),
    ];
    let (said, kinds) = repository.pull("0.8");
    assert_eq!(said.code, 10, "{}{}", said.err, said.out);
    assert_eq!(repository.baseline()["from"], "production");
    let place = format!("the deployment 1 to production, {}", &repository.place()["the ".len()..]);
    assert_eq!(repository.baseline()["place"], place.as_str());
    assert!(kinds.contains(&"GET deployments?environment=production&per_page=30".to_owned()), "{kinds:?}");

    repository.github.state().deployments.truncate(0);
    let (said, _) = repository.again();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(repository.found(), "no-baseline: nothing has been deployed to production with success");

    repository.github.fail("GET deployments", refuse(403));
    let (said, _) = repository.again();
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("deployments: read"), "{}", said.out);
}

#[test]
fn what_is_deployed_and_has_no_record_is_not_taken_for_nothing() {
    let repository = Repository::approved();
    repository.project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: production\n");
    let strange = json!({ "sha": "0".repeat(40), "environment": "production" });
    let other = json!({ "sha": "0".repeat(40), "environment": "production",
                        "payload": { "modelgate": { "model": "uplift" } } });
    repository.github.state().deployments = vec![(strange, "success"), (other.clone(), "success")];
    let (said, _) = repository.pull("0.9");
    assert_eq!(said.code, 10, "{}{}", said.err, said.out);
    assert!(repository.found().starts_with("baseline-unreadable: the deployment 1 to production"));

    repository.github.state().deployments = vec![(other, "success")];
    let (said, _) = repository.again();
    assert_eq!(said.code, 0, "another model's deployment says nothing of ours: {}", said.err);
    assert_eq!(repository.found(), "no-baseline: nothing has been deployed to production with success");
}

#[test]
fn the_profile_of_the_data_is_taken_from_the_artifact_of_its_run() {
    let repository = Repository::new();
    let project = &repository.project;
    project.file("train.csv", common::customers(1, 400));
    project.file("live.csv", common::customers(2, 300));
    let data = "data:\n  sets: { train: train.csv, live: live.csv }\n  ignore: [id]\n  drift: { reference: baseline }\n";
    project.file("modelgate.yml", project.read("modelgate.yml") + data);
    project.commit("Compare the data");
    let said = repository.push();
    assert_eq!(said.code, 0, "{}", said.err);
    let first = project.record();
    let profile = project.read(".modelgate/data/profile-train.json");
    repository.forget();
    fs::remove_dir_all(project.path().join(".modelgate")).unwrap();

    let path = "data/profile-train.json";
    repository.github.state().artifacts = vec![artifact(zip_of(&[(path, &profile)]))];
    let (said, _) = repository.pull("0.9");
    assert_eq!(said.code, 0, "{}", said.err);
    let drift = |project: &Project| {
        let record = project.record();
        let steps = record["steps"].as_array().unwrap().clone();
        let step = steps.into_iter().find(|step| step["step"] == "data").unwrap();
        step["evidence"]["data"]["drift"].clone()
    };
    assert_eq!(drift(project)["profile"]["run"], first["id"]);

    // Another one has another digest, whoever says that it is this.
    fs::remove_dir_all(project.path().join(".modelgate")).unwrap();
    let forged = profile.replacen("\"missing\":0", "\"missing\": 0", 1);
    assert_ne!(forged, profile);
    repository.github.state().artifacts = vec![artifact(zip_of(&[(path, &forged)]))];
    let (said, _) = repository.again();
    assert_eq!(said.code, 11, "{}", said.err);
    assert!(said.err.contains("is not to be had"), "{}", said.err);
    assert!(drift(project).is_null());
}
