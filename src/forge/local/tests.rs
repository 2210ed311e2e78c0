#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use std::path::Path;

use super::*;
use crate::context::Context;
use crate::name::MetricName;
use crate::record::{Evidence, MetricValue, Outcome, StepRecord};
use crate::step::Step;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("these tests need git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A project with a repository whose default branch is main.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "-b", "main"]);
        Self(folder)
    }

    fn commit(&self, text: &str) -> Commit {
        git(self.0.path(), &["commit", "-q", "--allow-empty", "-m", text]);
        Commit::new(git(self.0.path(), &["rev-parse", "HEAD"])).unwrap()
    }

    fn forge(&self) -> Local {
        forge_at(self.0.path())
    }
}

fn forge_at(root: &Path) -> Local {
    Local { root: root.to_owned(), run_dir: root.join(".modelgate"), repository: Repository::around(root) }
}

fn record(id: &str, commit: Option<&Commit>, conclusion: Conclusion) -> Record {
    let context = Context { commit: commit.cloned(), ..Context::default() };
    let model = ModelName::new("churn").unwrap();
    let mut record = Record::new(id.into(), model, format!("2026-01-01T00:00:{id:0>2}Z"), context);
    let metrics = [("accuracy", MetricValue::Number(0.9)), ("note", MetricValue::Text("NaN".into()))];
    record.put(StepRecord {
        step: Step::Evaluate,
        outcome: Outcome::Passed,
        because: "its commands succeeded".into(),
        help: None,
        started: record.started.clone(),
        seconds: 1.0,
        findings: Vec::new(),
        evidence: Evidence {
            metrics: metrics
                .into_iter()
                .map(|(name, value)| (MetricName::new(name).unwrap(), value))
                .collect(),
            ..Evidence::default()
        },
    });
    record.conclusion = Some(conclusion);
    record
}

fn none_because(found: Found) -> String {
    match found {
        Found::None(why) => why,
        found => panic!("{found:?}"),
    }
}

fn baseline_run(found: Found) -> String {
    match found {
        Found::Baseline(baseline) => baseline.run.unwrap(),
        found => panic!("{found:?}"),
    }
}

use Conclusion::{Approved, Rejected};

fn search(forge: &Local, record: &Record) -> Result<Found> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(forge.default_branch_baseline(record))
}

#[test]
fn without_a_repository_nothing_is_kept_and_the_reason_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let forge = forge_at(folder.path());
    let run = record("1", None, Approved);
    forge.keep(&run).unwrap();
    let why = none_because(search(&forge, &run).unwrap());
    assert_eq!(why, "the project is not in a git repository");
    assert_eq!(forge.trend(&run).len(), 1);
}

#[test]
fn each_reason_for_no_baseline_is_told_apart() {
    let project = Project::new();
    let why = || {
        let run = record("9", project.forge().repository.unwrap().commit(), Approved);
        none_because(search(&project.forge(), &run).unwrap())
    };
    assert_eq!(why(), "the repository has no commit yet");
    project.commit("1");
    let first = "no approved run of main is recorded yet; the first approved one becomes the baseline";
    assert_eq!(why(), first);
    git(project.0.path(), &["branch", "-m", "main", "topic"]);
    assert!(why().starts_with("the default branch is not known"));
}

#[test]
fn the_baseline_is_the_newest_approved_clean_run_of_main() {
    let project = Project::new();
    let first = project.commit("1");
    let second = project.commit("2");
    git(project.0.path(), &["checkout", "-q", "-b", "topic"]);
    let topic = project.commit("3");
    let forge = project.forge();
    let mut dirty = record("3", Some(&second), Approved);
    dirty.context.dirty = true;
    let mut other_model = record("6", Some(&second), Approved);
    for past in [
        record("1", Some(&first), Approved),
        record("2", Some(&second), Rejected),
        dirty,
        record("4", Some(&topic), Approved),
        record("5", None, Approved),
    ] {
        forge.keep(&past).unwrap();
    }
    // A record of another model that somebody put into this history.
    other_model.model = ModelName::new("fraud").unwrap();
    let text = serde_json::to_string(&other_model).unwrap();
    forge.repository.as_ref().unwrap().append("refs/modelgate/churn", "run.json", &text, "x").unwrap();

    let run = record("9", Some(&topic), Approved);
    let found = search(&forge, &run).unwrap();
    let Found::Baseline(baseline) = &found else { panic!("{found:?}") };
    assert_eq!((baseline.from.as_str(), baseline.commit.as_ref()), ("default-branch", Some(&first)));
    assert_eq!(baseline.metrics, run.metrics());
    assert_eq!(baseline_run(found), "1");

    forge.keep(&record("7", Some(&second), Approved)).unwrap();
    assert_eq!(baseline_run(search(&forge, &run).unwrap()), "7");
    // A run of a record's own commit, clean, looks past it; a dirty one does not, nor is itself its baseline.
    let mut again = record("10", Some(&second), Approved);
    assert_eq!(baseline_run(search(&forge, &again).unwrap()), "1");
    again.context.dirty = true;
    assert_eq!(baseline_run(search(&forge, &again).unwrap()), "7");
    again.id = "7".into();
    assert_eq!(baseline_run(search(&forge, &again).unwrap()), "1");
}

fn fault_of(forge: &Local, record: &Record) -> String {
    let fault = search(forge, record).unwrap_err();
    format!("{fault}; {}", fault.remedy().unwrap())
}

#[test]
fn a_shallow_clone_cannot_tell_and_does_not_guess() {
    let origin = Project::new();
    let first = origin.commit("1");
    origin.commit("2");
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", origin.0.path().display());
    git(clone.path(), &["clone", "-q", "--depth=1", &url, "."]);
    let forge = forge_at(clone.path());
    forge.keep(&record("1", Some(&first), Rejected)).unwrap();
    let run = record("3", None, Approved);
    assert!(none_because(search(&forge, &run).unwrap()).starts_with("no approved run"));
    forge.keep(&record("2", Some(&first), Approved)).unwrap();
    let fault = fault_of(&forge, &run);
    assert!(fault.contains("shallow") && fault.contains("`fetch-depth: 0`"), "{fault}");
}

#[test]
fn approved_records_without_a_default_branch_are_a_fault() {
    let project = Project::new();
    let first = project.commit("1");
    project.forge().keep(&record("1", Some(&first), Approved)).unwrap();
    git(project.0.path(), &["branch", "-m", "main", "topic"]);
    let fault = fault_of(&project.forge(), &record("2", None, Approved));
    assert!(fault.contains("git remote set-head origin --auto"), "{fault}");
}

#[test]
fn a_repository_that_git_refuses_may_have_a_baseline() {
    let project = Project::new();
    std::fs::write(project.0.path().join(".git/config"), "[core\n").unwrap();
    let fault = fault_of(&project.forge(), &record("1", None, Approved));
    assert!(fault.contains("git refuses to work here: bad config"), "{fault}");
}

#[test]
fn a_record_that_cannot_be_read_is_no_absence_of_one() {
    let project = Project::new();
    let first = project.commit("1");
    let forge = project.forge();
    let put = |text: &str| {
        forge.repository.as_ref().unwrap().append("refs/modelgate/churn", "run.json", text, "x").unwrap();
    };
    let run = record("9", None, Approved);
    put("{");
    let fault = fault_of(&forge, &run);
    assert!(fault.starts_with("failed to read run.json of the commit "), "{fault}");
    // The newest that can be read is the baseline, whatever is behind it.
    forge.keep(&record("1", Some(&first), Approved)).unwrap();
    assert_eq!(baseline_run(search(&forge, &run).unwrap()), "1");
    put("{\"schema\": \"modelgate/run/v2\"}");
    let fault = fault_of(&forge, &run);
    assert!(
        fault.contains("its schema is «modelgate/run/v2»") && fault.contains("upgrade modelgate"),
        "{fault}"
    );
    assert_eq!(forge.trend(&run).len(), 2, "a trend leaves out what it cannot read");
}

#[test]
fn only_the_latest_records_are_looked_at_and_it_says_so() {
    let project = Project::new();
    let first = project.commit("1");
    let second = project.commit("2");
    let forge = project.forge();
    forge.keep(&record("1", Some(&first), Approved)).unwrap();
    // A history as long as that in one process: every commit holds the same rejected record.
    let text = serde_json::to_string(&record("2", Some(&second), Rejected)).unwrap();
    forge.repository.as_ref().unwrap().append("refs/modelgate/churn", "run.json", &text, "x").unwrap();
    let mut tip = git(project.0.path(), &["rev-parse", "refs/modelgate/churn"]);
    for _ in 1..LOOKED_AT {
        tip = git(project.0.path(), &["commit-tree", &format!("{tip}^{{tree}}"), "-p", &tip, "-m", "x"]);
    }
    git(project.0.path(), &["update-ref", "refs/modelgate/churn", &tip]);
    let why = none_because(search(&forge, &record("9", Some(&second), Approved)).unwrap());
    assert!(why.ends_with("; only the latest 200 records were looked at"), "{why}");
}

#[test]
fn the_trend_is_oldest_first_and_ends_with_this_run() {
    let project = Project::new();
    let commit = project.commit("1");
    let forge = project.forge();
    for id in 1..=22 {
        forge.keep(&record(&id.to_string(), Some(&commit), Rejected)).unwrap();
    }
    // Judged again: one run, two accounts.
    forge.keep(&record("22", Some(&commit), Approved)).unwrap();
    let trend = forge.trend(&record("23", Some(&commit), Approved));
    let runs: Vec<String> = trend.iter().map(|past| past.run.clone()).collect();
    assert_eq!(runs, (4..=23).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!(trend[18].conclusion, Some(Approved));
    assert_eq!(trend[19].commit.as_deref(), Some(commit.short()));
    assert_eq!(trend[19].metrics.iter().collect::<Vec<_>>(), [(&"accuracy".to_owned(), &0.9)]);
}

#[test]
fn a_kept_record_reads_in_the_log() {
    let project = Project::new();
    let commit = project.commit("1");
    project.forge().keep(&record("1", Some(&commit), Rejected)).unwrap();
    let log = git(project.0.path(), &["log", "--format=%s", "refs/modelgate/churn"]);
    assert_eq!(log, "rejected: nothing was judged; the run ended after evaluate");
}

#[test]
fn what_is_published_is_in_the_folder_and_in_the_bundle() {
    let project = Project::new();
    let forge = project.forge();
    let mut run = record("1", None, Conclusion::Inconclusive);
    let fault = forge.publish(&report::compose(&run, &[])).unwrap_err();
    assert!(fault.to_string().contains("run.json"), "{fault}");
    std::fs::write(forge.run_dir.join("run.json"), serde_json::to_vec(&run).unwrap()).unwrap();
    forge.publish(&report::compose(&run, &[])).unwrap();
    assert!(std::fs::read_to_string(forge.run_dir.join("report.md")).unwrap().contains("inconclusive"));
    assert_eq!(bundle::verify_bundle(&forge.run_dir.join(bundle::BUNDLE)).unwrap(), []);

    run.id = "2".into();
    let fault = forge.publish(&report::compose(&run, &[])).unwrap_err();
    assert_eq!(fault.to_string(), "failed to pack bundle.zip: run.json is not the record of this run");
    forge.withdraw().unwrap();
    assert!(!forge.run_dir.join("report.md").exists() && !forge.run_dir.join(bundle::BUNDLE).exists());
    forge.withdraw().unwrap();
}

#[test]
fn only_a_job_of_gitlab_gets_gitlabs_files_and_they_name_paths_of_the_repository() {
    let project = Project::new();
    let root = project.0.path().join("models/churn");
    std::fs::create_dir_all(&root).unwrap();
    let commit = project.commit("one");
    let mut run = record("1", Some(&commit), Approved);
    let written = |run: &Record, run_dir: &Path| {
        let local = Local { run_dir: run_dir.to_owned(), ..forge_at(&root) };
        local.write(&report::compose(run, &[])).unwrap();
        std::fs::read_to_string(run_dir.join("gitlab.env")).ok()
    };
    let beside = root.join(".modelgate");
    assert_eq!(written(&run, &beside), None);
    run.context.forge = context::Forge::Gitlab;
    for (folder, path) in [(&beside, "models/churn/.modelgate"), (&project.0.path().join("out"), "out")] {
        let variables = written(&run, folder).unwrap();
        let line = format!("MODELGATE_REPORT_PATH={path}/report.html\n");
        assert!(variables.contains(&line), "{variables}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(!written(&run, elsewhere.path()).unwrap().contains("REPORT_PATH"));
    forge_at(&root).withdraw().unwrap();
    assert!(!beside.join("gitlab.env").exists() && !beside.join("gitlab-annotations.json").exists());
}

#[test]
fn a_job_that_goes_on_without_the_outputs_keeps_the_bundle_that_the_run_has_packed() {
    use sha2::Digest as _;
    let project = Project::new();
    let forge = project.forge();
    let mut run = record("1", None, Conclusion::Inconclusive);
    let digest = crate::name::Digest::from_bytes(sha2::Sha256::digest("a model").into());
    run.steps[0].evidence.outputs = [("model.bin".to_owned(), digest)].into();
    let publish = |run: &Record| {
        std::fs::create_dir_all(&forge.run_dir).unwrap();
        std::fs::write(forge.run_dir.join("run.json"), serde_json::to_vec(run).unwrap()).unwrap();
        forge.publish(&report::compose(run, &[])).unwrap().map(|fault| fault.to_string())
    };
    let model = project.0.path().join("model.bin");
    let bundle = forge.run_dir.join(bundle::BUNDLE);
    std::fs::write(&model, "a model").unwrap();
    assert_eq!(publish(&run), None);
    std::fs::remove_file(&model).unwrap();
    assert_eq!(publish(&run), None, "it is packed");
    assert_eq!(bundle::verify_bundle(&bundle).unwrap(), []);

    let packed = std::fs::read(&bundle).unwrap();
    std::fs::write(&bundle, &packed[..packed.len() - 1]).unwrap();
    assert!(publish(&run).unwrap().starts_with("failed to pack model.bin"));
    std::fs::write(&bundle, packed).unwrap();
    run.id = "2".into();
    assert!(publish(&run).is_some(), "it is another's");
}
