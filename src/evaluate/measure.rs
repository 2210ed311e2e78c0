//! Reading what the commands wrote: the metrics files and the predictions, held against the digests that the step
//! recorded of its outputs. What is judged must be what the record vouches for.

use std::collections::BTreeMap;

use super::merge::{self, Measurement};
use super::metrics::{self, Metrics, Sheet};
use super::predictions::{self, Measured};
use crate::config::{self, Config};
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::finding::{Finding, Severity};
use crate::name::Digest;
use crate::number::{counted, thousands};
use crate::produce::Shop;
use crate::record::{Outcome, SMOKE, Work};

/// Reads everything and brings it together. `outputs` are the digests that the step recorded.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub(super) async fn measure(
    config: &Config,
    shop: Shop<'_>,
    outputs: &BTreeMap<String, Digest>,
) -> Result<Measurement> {
    let evaluate = &config.evaluate;
    let (metrics, from) = match evaluate.metrics.as_slice() {
        [] => (Metrics::default(), None),
        patterns => read_metrics(shop, patterns, outputs)?,
    };
    let measured = match &evaluate.predictions {
        None => None,
        Some(spec) => Some(read_predictions(spec, config.gate.shown_confidence(), shop, outputs).await?),
    };
    let mut measurement = merge::merge(metrics, from, measured);
    measurement.findings.extend(reserved(&measurement));
    Ok(measurement)
}

/// The metrics, and where they were read: `metrics.json`, `3 files`.
fn read_metrics(
    shop: Shop<'_>,
    patterns: &[String],
    outputs: &BTreeMap<String, Digest>,
) -> Result<(Metrics, Option<String>)> {
    let expanded = shop.expand(patterns)?;
    let (mut metrics, from) = merged(expanded.files.iter().map(metrics::read).collect(), outputs);
    metrics.findings.extend(expanded.unmatched.iter().map(|pattern| unmatched(pattern)));
    Ok((metrics, Some(from)))
}

fn merged(sheets: Vec<Sheet>, outputs: &BTreeMap<String, Digest>) -> (Metrics, String) {
    let from = match sheets.as_slice() {
        [sheet] => sheet.path().to_owned(),
        sheets => format!("{} files", sheets.len()),
    };
    let changed: Vec<Finding> = sheets.iter().filter_map(|sheet| metrics_changed(sheet, outputs)).collect();
    let none = sheets.is_empty();
    let mut metrics = metrics::merge(sheets);
    metrics.findings.extend(changed);
    if none {
        metrics.findings.push(Finding::error("metrics-empty", "there is no metrics file"));
    }
    (metrics, from)
}

/// What predictions came to, and where they were read: `predictions.csv`, `3 files`.
async fn read_predictions(
    spec: &config::Predictions,
    confidence: f64,
    shop: Shop<'_>,
    outputs: &BTreeMap<String, Digest>,
) -> Result<(Measured, String)> {
    let expanded = shop.expand(&spec.files)?;
    let files = expanded.files;
    let from = match files.as_slice() {
        [file] => file.path.clone(),
        files => format!("{} files", files.len()),
    };
    let mut measured = on_threads_of_its_own(spec, confidence, shop, files.clone()).await?;
    if let Some(evidence) = &mut measured.evidence {
        let recorded = |file: &ProjectFile| Some((file.path.clone(), *outputs.get(&file.path)?));
        evidence.files = files.iter().filter_map(recorded).collect();
    }
    measured.findings.extend(expanded.unmatched.iter().map(|pattern| no_predictions(pattern)));
    measured.findings.extend(predictions_changed(shop, &files, outputs)?);
    Ok((measured, from))
}

/// Measures where a signal is still heard meanwhile.
async fn on_threads_of_its_own(
    spec: &config::Predictions,
    confidence: f64,
    shop: Shop<'_>,
    files: Vec<ProjectFile>,
) -> Result<Measured> {
    let (spec, interrupt) = (spec.clone(), shop.engine.interrupt.clone());
    tokio::task::spawn_blocking(move || predictions::measure(&spec, confidence, &files, &interrupt))
        .await
        .map_err(|error| Fault::new("measure the predictions", error))?
}

/// Metrics with a name that only the image's server can have earned.
fn reserved(measurement: &Measurement) -> Option<Finding> {
    let name = measurement.values.keys().find(|name| name.as_str().starts_with(SMOKE))?;
    let message = format!("the metric «{}» has a name of the smoke test's", name.as_str().escape_debug());
    let help = "give it another name: those that begin with `smoke.` are measured of the image's server";
    Some(Finding::error("metric-reserved", message).help(help))
}

const CHANGED: &str = "the file changed after the commands had ended";

fn metrics_changed(sheet: &Sheet, outputs: &BTreeMap<String, Digest>) -> Option<Finding> {
    let read = sheet.digest()?;
    if outputs.get(sheet.path()) == Some(&read) {
        return None;
    }
    let finding = Finding::error("metrics-changed", CHANGED).at_path(sheet.path());
    Some(finding.help("let no process that evaluate starts outlive it"))
}

/// Predictions are too large to be digested while they are read, so they are looked at again afterwards.
fn predictions_changed(
    shop: Shop<'_>,
    files: &[ProjectFile],
    outputs: &BTreeMap<String, Digest>,
) -> Result<Vec<Finding>> {
    let now = shop.cache.digests(files)?;
    let changed = now.iter().filter(|(path, digest)| outputs.get(*path) != Some(digest));
    let finding = |path: &str| {
        let finding = Finding::error("predictions-changed", CHANGED).at_path(path);
        finding.help("let no process that evaluate starts outlive it")
    };
    Ok(changed.map(|(path, _)| finding(path)).collect())
}

fn unmatched(pattern: &str) -> Finding {
    Finding::error("metrics-unreadable", format!("«{}» matches no metrics file", pattern.escape_debug()))
        .help("make evaluate write the file, or correct evaluate.metrics in modelgate.yml")
}

fn no_predictions(pattern: &str) -> Finding {
    let message = format!("«{}» matches no file of predictions", pattern.escape_debug());
    Finding::error("predictions-missing", message)
        .help("make evaluate write the file, or correct evaluate.predictions.path in modelgate.yml")
}

/// Puts what was measured into the step.
pub(super) fn conclude(mut work: Work, measurement: Measurement) -> Work {
    let said = said(&measurement);
    let Measurement { values, predictions, findings, .. } = measurement;
    let first_error = findings.iter().find(|finding| finding.severity == Severity::Error);
    if let Some(error) = first_error {
        work.outcome = Outcome::Failed;
        work.because = sentence(error);
    } else if work.outcome == Outcome::Restored {
        work.because = format!("{}; {said}", work.because);
    } else {
        work.because = said;
    }
    work.findings.extend(findings);
    work.evidence.metrics = values;
    work.evidence.predictions = predictions;
    work
}

/// `12 metrics of 1,843 rows in predictions.csv, and 3 metrics from metrics.json`.
fn said(measurement: &Measurement) -> String {
    let metrics = |count| counted(count, "metric", "metrics");
    let predicted = measurement.predicted.as_ref().map(|(count, rows, from)| {
        let noun = if *rows == 1 { "row" } else { "rows" };
        format!("{} of {} {noun} in {from}", metrics(*count), thousands(*rows))
    });
    let written =
        measurement.written.as_ref().map(|(count, from)| format!("{} from {from}", metrics(*count)));
    match (predicted, written) {
        (Some(predicted), Some(written)) => format!("{predicted}, and {written}"),
        (predicted, written) => predicted.or(written).unwrap_or_else(|| metrics(0)),
    }
}

/// A finding as one sentence, with its place.
pub(super) fn sentence(finding: &Finding) -> String {
    match finding.place() {
        place if place.is_empty() => finding.message.clone(),
        place => format!("{place}: {}", finding.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::any_error;

    fn measurement_of(sheets: Vec<Sheet>, outputs: &BTreeMap<String, Digest>) -> Measurement {
        let (metrics, from) = merged(sheets, outputs);
        merge::merge(metrics, Some(from), None)
    }

    fn measurement(text: &str) -> Measurement {
        let sheet = metrics::parse("metrics.json", text.as_bytes());
        let outputs = sheet.digest().map(|digest| ("metrics.json".to_owned(), digest)).into_iter().collect();
        measurement_of(vec![sheet], &outputs)
    }

    #[test]
    fn a_good_step_says_how_much_was_measured() {
        let work = conclude(Work::new(Outcome::Passed, "done"), measurement(r#"{"a": 1, "b": 2}"#));
        assert_eq!((work.outcome, work.because.as_str()), (Outcome::Passed, "2 metrics from metrics.json"));
        assert_eq!(work.evidence.metrics.len(), 2);
        let restored = Work::new(Outcome::Restored, "nothing has changed since run 7");
        let work = conclude(restored, measurement(r#"{"a": 1}"#));
        assert_eq!(work.outcome, Outcome::Restored);
        assert_eq!(work.because, "nothing has changed since run 7; 1 metric from metrics.json");
    }

    #[test]
    fn metrics_that_cannot_be_read_fail_even_a_restored_step() {
        for outcome in [Outcome::Passed, Outcome::Restored] {
            let work = conclude(Work::new(outcome, "done"), measurement("{\"a\": 1,\n\"a\": 2}"));
            assert_eq!(work.outcome, Outcome::Failed);
            assert!(any_error(&work.findings));
            assert!(work.because.starts_with("metrics.json:2:1: "), "{}", work.because);
        }
    }

    #[test]
    fn metrics_that_changed_after_they_were_recorded_are_not_believed() {
        let sheet = || metrics::parse("metrics.json", br#"{"a": 1}"#);
        let other = [("metrics.json".to_owned(), Digest::from_bytes([0; 32]))].into();
        for outputs in [other, BTreeMap::new()] {
            let work = conclude(Work::new(Outcome::Passed, "done"), measurement_of(vec![sheet()], &outputs));
            assert_eq!(work.outcome, Outcome::Failed);
            assert_eq!(work.findings[0].code, "metrics-changed");
        }
    }

    #[test]
    fn no_file_at_all_is_an_error() {
        let none = measurement_of(Vec::new(), &BTreeMap::new());
        let work = conclude(Work::new(Outcome::Passed, "done"), none);
        assert_eq!((work.outcome, work.because.as_str()), (Outcome::Failed, "there is no metrics file"));
    }

    #[test]
    fn the_sentence_counts_both_kinds() {
        let both = Measurement {
            predicted: Some((12, 1_843, "predictions.csv".into())),
            written: Some((3, "metrics.json".into())),
            ..Measurement::default()
        };
        assert_eq!(
            said(&both),
            "12 metrics of 1,843 rows in predictions.csv, and 3 metrics from metrics.json"
        );
        let one = Measurement { predicted: Some((1, 1, "p.csv".into())), ..Measurement::default() };
        assert_eq!(said(&one), "1 metric of 1 row in p.csv");
        assert_eq!(
            ["0", "999", "1,000", "12,345,678"],
            [0, 999, 1_000, 12_345_678].map(thousands).each_ref().map(String::as_str)
        );
    }
}
