//! What a GitHub runner reads: the job summary, the outputs, the annotations.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use common::{Project, Said};

/// A job on a runner: a project, and the files beside it that the runner gives to the step.
struct Job {
    project: Project,
    summary: PathBuf,
    outputs: PathBuf,
}

impl Job {
    fn new(project: Project) -> Self {
        let beside = project.path().parent().unwrap().to_owned();
        let job = Self { summary: beside.join("summary"), outputs: beside.join("outputs"), project };
        job.next_step();
        job
    }

    /// The runner gives each step files of its own.
    fn next_step(&self) {
        fs::write(&self.summary, "").unwrap();
        fs::write(&self.outputs, "").unwrap();
    }

    fn modelgate(&self, words: &[&str]) -> Said {
        let (summary, outputs) = (self.summary.display().to_string(), self.outputs.display().to_string());
        self.project.modelgate_with(
            words,
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", "push"),
                ("GITHUB_STEP_SUMMARY", &summary),
                ("GITHUB_OUTPUT", &outputs),
                ("NO_COLOR", "1"),
            ],
        )
    }

    fn summary(&self) -> String {
        fs::read_to_string(&self.summary).unwrap()
    }

    /// The outputs as the runner reads them.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(&self.outputs).unwrap();
        let mut outputs = BTreeMap::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let (name, end) = line.split_once("<<").unwrap_or_else(|| panic!("{line:?}"));
            assert_eq!(end.len(), 32, "{end}");
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
        outputs
    }
}

fn annotations(said: &Said) -> Vec<&str> {
    said.err.lines().filter(|line| line.starts_with("::error ") || line.starts_with("::warning ")).collect()
}

/// The codes of the report's findings in the record.
fn report_findings(project: &Project) -> Vec<String> {
    let record = project.record();
    let steps = record["steps"].as_array().unwrap();
    let report = steps.iter().find(|step| step["step"] == "report").expect("a report");
    report["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().into()).collect()
}

#[test]
fn a_rejected_run_is_told_on_the_runs_page() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.summary().starts_with("✅ **approved"), "{}", job.summary());
    job.next_step();
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    job.project.commit("Worse");
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.err);
    let summary = job.summary();
    assert!(summary.starts_with("❌ **rejected: the one rule does not hold** · `churn`\n"), "{summary}");
    assert!(summary.contains("```mermaid\nxychart-beta"), "{summary}");
    let outputs = job.outputs();
    let record = job.project.record();
    assert_eq!(outputs["passed"], "false");
    assert_eq!(outputs["conclusion"], "rejected");
    assert_eq!(outputs["run"], record["id"].as_str().unwrap());
    assert_eq!(outputs["metrics-json"], "{\"accuracy\":0.8}");
    let html = job.project.path().join(".modelgate/report.html");
    assert_eq!(outputs["report-path"], html.display().to_string());
    assert_eq!(annotations(&said), ["::error title=accuracy min::0.8 is below 0.85 by 0.05"]);
    assert!(report_findings(&job.project).is_empty());
    let (_, after) = said.err.rsplit_once("::endgroup::").expect("a group");
    assert!(after.contains("::error title=accuracy min::"), "after the groups: {}", said.err);
}

#[test]
fn the_outputs_are_those_of_the_document() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/github.md");
    let document = fs::read_to_string(path).unwrap();
    let table = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    // What needs a token, a deployment or an image says so in its row.
    let (remote, table): (Vec<&str>, Vec<&str>) =
        table.partition(|name| ["check-run-id", "deployment-id", "image-digest"].contains(name));
    assert_eq!(remote.len(), 3);
    let told: BTreeSet<&str> = table.into_iter().collect();
    assert_eq!(told, job.outputs().keys().map(String::as_str).collect());
    let used = regex::Regex::new(r"steps\.modelgate\.outputs\.([a-z-]+)").unwrap();
    let used: BTreeSet<&str> =
        used.captures_iter(&document).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(used.len() >= 4 && used.is_subset(&told), "{used:?}");
}

#[test]
fn what_the_step_has_put_there_before_stays() {
    let job = Job::new(Project::shell());
    fs::write(&job.summary, "# Mine\nno end").unwrap();
    let theirs = "mine<<0123456789abcdef0123456789abcdef\n1\n0123456789abcdef0123456789abcdef";
    fs::write(&job.outputs, theirs).unwrap();
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.summary().starts_with("# Mine\nno end\n\n✅ **approved"), "{}", job.summary());
    assert_eq!((&*job.outputs()["mine"], &*job.outputs()["passed"]), ("1", "true"));
    let once = job.summary();
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(job.summary().starts_with(&format!("{once}\n✅ **approved")), "another run of the same step");
}

#[test]
fn a_report_that_is_shown_again_tells_it_to_its_own_step() {
    let job = Job::new(Project::shell());
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    assert_eq!(job.modelgate(&["run"]).code, 10);
    let (summary, outputs) = (job.summary(), job.outputs());
    job.next_step();
    let said = job.modelgate(&["gate"]);
    assert_eq!((said.code, job.summary().as_str()), (10, ""), "only the report announces");
    let said = job.modelgate(&["report"]);
    assert_eq!(said.code, 10);
    assert_eq!(job.summary().matches("**rejected").count(), 1);
    assert_eq!(summary.lines().next(), job.summary().lines().next());
    assert_eq!(job.outputs(), outputs);
    assert_eq!(annotations(&said).len(), 1);
}

#[test]
fn standard_output_stays_pure_json() {
    let job = Job::new(Project::shell());
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    for words in [&["run", "--format", "json"][..], &["run", "--format", "json", "--quiet"]] {
        let said = job.modelgate(words);
        let record: serde_json::Value = serde_json::from_str(&said.out).expect("JSON and nothing else");
        assert_eq!(record["conclusion"], "rejected");
        assert_eq!(annotations(&said).len(), 1, "{words:?}: {}", said.err);
    }
}

#[test]
fn files_that_cannot_be_written_cost_a_warning_and_not_the_report() {
    let job = Job::new(Project::shell());
    for path in [&job.summary, &job.outputs] {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(report_findings(&job.project), ["job-summary-not-written", "job-outputs-not-written"]);
    for file in ["report.html", "report.md", "bundle.zip"] {
        assert!(job.project.exists(&format!(".modelgate/{file}")), "{file}");
    }
    assert!(job.project.read(".modelgate/report.md").contains("job-summary-not-written"));
    assert_eq!(job.project.modelgate(&["verify", ".modelgate/bundle.zip"]).code, 0);
    let codes = annotations(&said);
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(
        codes[0].starts_with("::warning title=job-summary-not-written::failed to append to "),
        "{codes:?}"
    );
    assert!(said.out.contains("job-outputs-not-written"), "{}", said.out);
}

#[test]
fn a_summary_that_is_full_already_is_not_made_too_large() {
    let job = Job::new(Project::shell());
    let full = "x".repeat(1024 * 1024 - 10);
    fs::write(&job.summary, &full).unwrap();
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(job.summary(), full);
    assert_eq!(report_findings(&job.project), ["job-summary-not-written"]);
    let most = "x".repeat(1024 * 1024 - 700);
    fs::write(&job.summary, &most).unwrap();
    assert_eq!(job.modelgate(&["run"]).code, 0);
    let summary = job.summary();
    assert!(summary.len() <= 1024 * 1024 && summary.starts_with(&most));
    assert!(summary[most.len()..].starts_with("\n\n✅ **approved") && summary.ends_with("artifacts\n"));
}

#[test]
fn without_the_files_it_is_said_once() {
    let project = Project::shell();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", ""), ("NO_COLOR", "1")];
    let said = project.modelgate_with(&["run"], &variables);
    assert_eq!(said.code, 0);
    for name in ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"] {
        assert_eq!(said.err.matches(&format!("note: {name} is not set, so ")).count(), 1, "{}", said.err);
    }
    assert!(report_findings(&project).is_empty());
}

#[test]
fn a_finding_is_placed_from_the_root_of_the_repository() {
    let project = Project::empty();
    project.file("models/churn/modelgate.yml", common::SHELL_PROJECT.replace("lint:\n  python: []\n", ""));
    project.file("models/churn/src/bad,name.py", "def f(:\n");
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.commit("A model of several");
    let job = Job::new(project);
    let said = job.modelgate(&["run", "--config", "models/churn/modelgate.yml"]);
    assert_eq!(said.code, 11, "{}", said.err);
    let annotations = annotations(&said);
    assert!(
        annotations[0]
            .starts_with("::error file=models/churn/src/bad%2Cname.py,line=1,col=7,title=python-syntax::"),
        "{annotations:?}"
    );
    assert_eq!(job.outputs()["passed"], "false");
}

#[test]
fn a_machine_that_is_no_runner_writes_none_of_it() {
    let job = Job::new(Project::shell());
    let (summary, outputs) = (job.summary.display().to_string(), job.outputs.display().to_string());
    let said = job.project.modelgate_with(
        &["run"],
        &[("GITHUB_STEP_SUMMARY", summary.as_str()), ("GITHUB_OUTPUT", outputs.as_str())],
    );
    assert_eq!((said.code, job.summary().as_str(), job.outputs().len()), (0, "", 0));
    assert!(annotations(&said).is_empty());
}

#[test]
fn a_report_that_faults_is_announced_as_a_fault() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    job.next_step();
    job.project.file("model.bin", "another");
    let said = job.modelgate(&["report"]);
    assert_eq!(said.code, 1, "{}", said.out);
    let outputs = job.outputs();
    assert_eq!((&*outputs["passed"], &*outputs["conclusion"]), ("false", "faulted"));
    assert!(job.summary().contains("**faulted: report: "), "{}", job.summary());
    let told = annotations(&said);
    assert!(told.len() == 1 && told[0].starts_with("::error title=report faulted::"), "{told:?}");

    fs::remove_file(&job.summary).unwrap();
    fs::create_dir(&job.summary).unwrap();
    assert_eq!(job.modelgate(&["report"]).code, 1);
    assert_eq!(report_findings(&job.project), ["job-summary-not-written"]);
}

#[test]
fn no_warning_of_the_report_hides_another() {
    let job = Job::new(Project::shell());
    assert_eq!(job.modelgate(&["run"]).code, 0);
    for file in ["model.bin", ".modelgate/bundle.zip"] {
        fs::remove_file(job.project.path().join(file)).unwrap();
    }
    fs::remove_file(&job.summary).unwrap();
    fs::create_dir(&job.summary).unwrap();
    let said = job.modelgate(&["report"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert_eq!(report_findings(&job.project), ["job-summary-not-written", "bundle-not-packed"]);
    assert_eq!(annotations(&said).len(), 2, "{}", said.err);
}
