//! A baseline out of a file: a metrics file, or the run.json of another run.

use std::io::Read;
use std::path::Path;

use crate::evaluate::metrics;
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::finding::Severity;
use crate::name::ModelName;
use crate::record::{Baseline, Conclusion, Record, SCHEMA, contradiction};
use crate::step::Step;

/// What every version of a run's record says of itself.
const RECORDS: &str = "modelgate/";

/// No record comes near it; what is cut off there is left to the metrics' reader, which refuses it.
const LARGEST: u64 = 64 << 20;

/// Reads a baseline for `model`. `path` is relative to `root`, or absolute.
///
/// `from` of the answer names the path, and says so when the run that is in it was not approved.
///
/// # Errors
/// A file that cannot be read, that is wrong (with line and column), that has no metrics, that is the record
/// of another model, or that a version of modelgate wrote which this one does not understand.
pub fn from_file(root: &Path, path: &str, model: &ModelName) -> Result<Baseline> {
    let on_disk = root.join(path);
    if let Some(text) = record_text(&on_disk) {
        return from_record(path, &parse(path, &text)?, model);
    }
    let file = ProjectFile { path: path.to_owned(), on_disk };
    from_metrics(path, metrics::read(&file))
}

/// The text, where it is a record of some version. All other trouble is left to the metrics' reader.
fn record_text(on_disk: &Path) -> Option<String> {
    if !std::fs::metadata(on_disk).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(on_disk).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    let schema = crate::document::json(&text).ok()?.get("schema")?.text()?.to_owned();
    schema.starts_with(RECORDS).then_some(text)
}

fn failed(path: &str, cause: impl Into<String>) -> Fault {
    Fault::new(format!("read the baseline {path}"), cause.into())
}

fn from_metrics(path: &str, sheet: metrics::Sheet) -> Result<Baseline> {
    let metrics = metrics::merge(vec![sheet]);
    if let Some(error) = metrics.findings.iter().find(|finding| finding.severity == Severity::Error) {
        let place = match (error.line, error.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: "),
            (Some(line), None) => format!("line {line}: "),
            _ => String::new(),
        };
        let help = error
            .help
            .as_deref()
            .unwrap_or("gate.baseline wants a metrics file, or the run.json of another run");
        return Err(failed(path, format!("{place}{}", error.message)).help(help));
    }
    Ok(Baseline { from: path.to_owned(), metrics: metrics.values, ..Baseline::default() })
}

/// A baseline out of the record that the file at `path` is, or holds.
///
/// # Errors
/// A record of another model, of a run without metrics, or one that contradicts itself, which no run has written.
pub fn from_record(path: &str, record: &Record, model: &ModelName) -> Result<Baseline> {
    if record.model != *model {
        let cause =
            format!("the run in it is of the model {}, and modelgate.yml is about {model}", record.model);
        return Err(failed(path, cause).help("take the record of a run of the same model, or a metrics file"));
    }
    if let Some(why) = contradiction(record) {
        let help = "no run has written it so; take the record of another run";
        return Err(failed(path, format!("it contradicts itself: {why}")).help(help));
    }
    let metrics = record.metrics();
    let evaluated = record.step(Step::Evaluate).is_some_and(|step| step.outcome.is_good());
    if !evaluated || metrics.is_empty() {
        let cause =
            if evaluated { "the run in it recorded no metrics" } else { "the run in it was not evaluated" };
        return Err(failed(path, cause).help("take the record of a run that was evaluated"));
    }
    Ok(Baseline::of(record, described(path, record.conclusion), None))
}

fn parse(path: &str, text: &str) -> Result<Record> {
    let text = text.trim_start_matches('\u{feff}');
    let schema = crate::document::json(text).ok();
    let schema = schema.as_ref().and_then(|root| root.get("schema")?.text()).unwrap_or_default();
    if schema != SCHEMA {
        let cause = format!("its schema is «{}», and this version reads {SCHEMA}", schema.escape_debug());
        return Err(failed(path, cause).help("use the version of modelgate that wrote it, or a newer one"));
    }
    serde_json::from_str(text).map_err(|error| {
        let help = "the file is damaged or was edited; take the record of another run";
        Fault::new(format!("read the baseline {path}"), error).help(help)
    })
}

/// What stands after the path in the `from` of a baseline that was not approved.
const NOT_APPROVED: &str = ", a run that was not approved (";

/// A baseline that was never approved must not pass for one.
fn described(path: &str, conclusion: Option<Conclusion>) -> String {
    match conclusion {
        Some(Conclusion::Approved) => path.to_owned(),
        Some(other) => format!("{path}{NOT_APPROVED}{})", other.word()),
        None => format!("{path}{NOT_APPROVED}it has not ended)"),
    }
}

/// The sentence that a reader of the verdict must know of a baseline that was not approved.
pub(super) fn note(baseline: &Baseline) -> Option<String> {
    let doubtful = baseline.run.is_some() && baseline.from.contains(NOT_APPROVED);
    doubtful.then(|| format!("The baseline is {}.", baseline.from.escape_debug()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::context::Context;
    use crate::name::{Commit, Digest, MetricName};
    use crate::record::{Evidence, MetricValue, Outcome, Row, RowOutcome, RuleKind, StepRecord, Verdict};

    fn folder(name: &str, content: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        folder
    }

    fn churn() -> ModelName {
        ModelName::new("churn").unwrap()
    }

    fn fault(name: &str, content: &[u8]) -> String {
        let folder = folder(name, content);
        from_file(folder.path(), name, &churn()).unwrap_err().to_string()
    }

    fn record(conclusion: Option<Conclusion>) -> Record {
        let context = Context { commit: Some(Commit::new("a".repeat(40)).unwrap()), ..Context::default() };
        let mut record = Record::new(
            "run-1".into(),
            ModelName::new("churn").unwrap(),
            "2026-01-01T00:00:00Z".into(),
            context,
        );
        let step = |step, evidence| StepRecord {
            step,
            outcome: Outcome::Passed,
            because: String::new(),
            help: None,
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 1.0,
            findings: Vec::new(),
            evidence,
        };
        let outputs = [("model.joblib".to_owned(), Digest::from_bytes([7; 32]))].into();
        record.put(step(Step::Train, Evidence { outputs, ..Evidence::default() }));
        let metrics = [(MetricName::new("accuracy").unwrap(), MetricValue::Number(0.9))].into();
        record.put(step(Step::Evaluate, Evidence { metrics, ..Evidence::default() }));
        if let Some(judged @ (Conclusion::Approved | Conclusion::Rejected)) = conclusion {
            let approved = judged == Conclusion::Approved;
            let (metric, bound) = (MetricName::new("accuracy").unwrap(), MetricValue::Number(0.9));
            let rows = vec![Row {
                value: Some(bound.clone()),
                outcome: if approved { RowOutcome::Pass } else { RowOutcome::Fail },
                ..Row::new(metric, RuleKind::Min, bound)
            }];
            record.verdict = Some(Verdict { conclusion: judged, rows, notes: Vec::new(), confidence: None });
            let outcome = if approved { Outcome::Passed } else { Outcome::Failed };
            record.put(StepRecord { outcome, ..step(Step::Gate, Evidence::default()) });
        }
        record.conclusion = conclusion;
        record
    }

    #[test]
    fn a_record_that_contradicts_itself_is_no_baseline() {
        let told = |change: fn(&mut Record)| {
            let mut record = record(Some(Conclusion::Approved));
            change(&mut record);
            fault("run.json", &serde_json::to_vec(&record).unwrap())
        };
        let found = [
            told(|record| record.conclusion = Some(Conclusion::Rejected)),
            told(|record| record.what_if = vec!["accuracy.min=0.1".into()]),
            told(|record| {
                record.steps[1].evidence.metrics.values_mut().for_each(|value| {
                    *value = MetricValue::Number(0.5);
                });
            }),
        ];
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn a_metrics_file_is_a_baseline() {
        let folder = folder("metrics.json", b"{\"accuracy\": 0.9}");
        let baseline = from_file(folder.path(), "metrics.json", &churn()).unwrap();
        assert_eq!(baseline.from, "metrics.json");
        assert_eq!(baseline.metrics.len(), 1);
        let absolute = folder.path().join("metrics.json");
        assert!(from_file(Path::new("/nowhere"), absolute.to_str().unwrap(), &churn()).is_ok());
    }

    #[test]
    fn a_record_brings_its_commit_its_run_and_its_model() {
        let json = serde_json::to_vec(&record(Some(Conclusion::Approved))).unwrap();
        let folder = folder("run.json", &json);
        let baseline = from_file(folder.path(), "run.json", &churn()).unwrap();
        assert_eq!(baseline.from, "run.json");
        assert_eq!(baseline.run.as_deref(), Some("run-1"));
        assert!(baseline.commit.is_some());
        assert_eq!((baseline.metrics.len(), baseline.outputs.len()), (1, 1));
    }

    #[test]
    fn a_baseline_that_was_never_approved_says_so() {
        for (conclusion, word) in [(Some(Conclusion::Rejected), "(rejected)"), (None, "(it has not ended)")] {
            let folder = folder("run.json", &serde_json::to_vec(&record(conclusion)).unwrap());
            let from = from_file(folder.path(), "run.json", &churn()).unwrap().from;
            assert!(from.contains("not approved") && from.contains(word), "{from}");
        }
    }

    #[test]
    fn what_cannot_be_a_baseline_is_refused_in_so_many_words() {
        let mut empty = record(Some(Conclusion::Approved));
        empty.reopen(Step::Evaluate);
        let mut failed = record(Some(Conclusion::Failed));
        failed.steps[1].outcome = Outcome::Failed;
        let mut other = record(Some(Conclusion::Approved));
        other.model = ModelName::new("fraud").unwrap();
        let cases: [(&str, Vec<u8>); 9] = [
            ("metrics.json", b"{\"a\": 1,\n  \"b\": }".to_vec()),
            ("twice.json", b"{\"a\": 1,\n  \"a\": 2}".to_vec()),
            ("metrics.csv", b"a,b\n1,2\n1\n".to_vec()),
            ("empty.json", Vec::new()),
            ("run.json", serde_json::to_vec(&empty).unwrap()),
            ("failed.json", serde_json::to_vec(&failed).unwrap()),
            ("other.json", serde_json::to_vec(&other).unwrap()),
            ("future.json", br#"{"schema": "modelgate/run/v2", "model": 1}"#.to_vec()),
            ("damaged.json", br#"{"schema": "modelgate/run/v1", "model": 1}"#.to_vec()),
        ];
        let mut faults: Vec<String> = cases.iter().map(|(name, content)| fault(name, content)).collect();
        faults.push(from_file(Path::new("/nowhere"), "metrics.json", &churn()).unwrap_err().to_string());
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("runs")).unwrap();
        faults.push(from_file(folder.path(), "runs", &churn()).unwrap_err().to_string());
        insta::assert_snapshot!(faults.join("\n"));
    }
}
