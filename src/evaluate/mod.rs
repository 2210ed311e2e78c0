//! evaluate: measure the model.

pub mod metrics;
pub mod predictions;

use std::collections::BTreeMap;

use crate::config::{Config, Evaluate};
use crate::fault::Result;
use crate::finding::{Finding, Severity, any_error};
use crate::name::Digest;
use crate::produce::{Forecast, MODEL_UNKNOWN, Order, Shop, forecast, produce};
use crate::record::{Outcome, Record, SMOKE, Work};
use crate::step::Step;
use metrics::{Metrics, Sheet};

/// Measures the model that `record` says was made, and reads the metrics.
///
/// # Errors
/// The world failed. Metrics that cannot be read are findings, not faults.
pub async fn perform(config: &Config, shop: Shop<'_>, record: &Record) -> Result<Work> {
    let outputs = outputs(&config.evaluate);
    let work = produce(shop, order(config, &outputs, &record.model_outputs())).await?;
    if !work.outcome.is_good() || any_error(&work.findings) {
        return Ok(work);
    }
    let measurement = measure(&config.evaluate, shop, &work.evidence.outputs)?;
    Ok(conclude(work, measurement))
}

/// What [`perform`] would do with a model of these digests.
///
/// # Errors
/// As [`perform`].
pub fn foresee(config: &Config, shop: Shop<'_>, model: &BTreeMap<String, Digest>) -> Result<Forecast> {
    forecast(shop, order(config, &outputs(&config.evaluate), model))
}

/// Why it runs when train makes the model anew.
#[must_use]
pub fn of_a_new_model(config: &Config) -> &'static str {
    let unknown = config.train.as_ref().is_some_and(|train| train.outputs.is_empty());
    let asks = order(config, &[], &BTreeMap::new()).asks_to_be_kept();
    if unknown && asks { MODEL_UNKNOWN } else { "the model is made anew" }
}

fn outputs(config: &Evaluate) -> Vec<String> {
    [config.outputs.as_slice(), &config.metrics].concat()
}

fn order<'a>(config: &'a Config, outputs: &'a [String], upstream: &'a BTreeMap<String, Digest>) -> Order<'a> {
    let Config { evaluate, train, .. } = config;
    let makes = train.as_ref().is_some_and(|train| !train.script.commands.is_empty());
    // Without commands nobody writes the metrics now: they are read as they are.
    let fresh = if evaluate.script.commands.is_empty() { &[] } else { evaluate.metrics.as_slice() };
    Order {
        step: Step::Evaluate,
        script: &evaluate.script,
        inputs: &evaluate.inputs,
        outputs,
        fresh,
        upstream,
        model_unknown: makes && upstream.is_empty(),
    }
}

/// What was measured, and where it was read: `metrics.json`, `3 files`.
struct Measurement {
    metrics: Metrics,
    from: String,
}

fn measure(config: &Evaluate, shop: Shop<'_>, outputs: &BTreeMap<String, Digest>) -> Result<Measurement> {
    let expanded = shop.expand(&config.metrics)?;
    let sheets = expanded.files.iter().map(metrics::read).collect();
    let mut measurement = measured(sheets, outputs);
    measurement.metrics.findings.extend(expanded.unmatched.iter().map(|pattern| unmatched(pattern)));
    Ok(measurement)
}

/// Merges what was read, and holds it against the digests that the step recorded of its outputs.
fn measured(sheets: Vec<Sheet>, outputs: &BTreeMap<String, Digest>) -> Measurement {
    let from = match sheets.as_slice() {
        [sheet] => sheet.path().to_owned(),
        sheets => format!("{} files", sheets.len()),
    };
    let changed: Vec<Finding> = sheets.iter().filter_map(|sheet| changed(sheet, outputs)).collect();
    let none = sheets.is_empty();
    let mut metrics = metrics::merge(sheets);
    metrics.findings.extend(changed);
    metrics.findings.extend(reserved(&metrics));
    if none {
        metrics.findings.push(Finding::error("metrics-empty", "there is no metrics file"));
    }
    Measurement { metrics, from }
}

/// Metrics with a name that only the image's server can have earned.
fn reserved(metrics: &Metrics) -> Option<Finding> {
    let name = metrics.values.keys().find(|name| name.as_str().starts_with(SMOKE))?;
    let message = format!("the metric «{}» has a name of the smoke test's", name.as_str().escape_debug());
    let help = "give it another name: those that begin with `smoke.` are measured of the image's server";
    Some(Finding::error("metric-reserved", message).help(help))
}

/// What is judged must be what the record vouches for.
fn changed(sheet: &Sheet, outputs: &BTreeMap<String, Digest>) -> Option<Finding> {
    let read = sheet.digest()?;
    if outputs.get(sheet.path()) == Some(&read) {
        return None;
    }
    let message = "the file changed after the commands had ended";
    let finding = Finding::error("metrics-changed", message).at_path(sheet.path());
    Some(finding.help("let no process that evaluate starts outlive it"))
}

fn unmatched(pattern: &str) -> Finding {
    Finding::error("metrics-unreadable", format!("«{}» matches no metrics file", pattern.escape_debug()))
        .help("make evaluate write the file, or correct evaluate.metrics in modelgate.yml")
}

fn conclude(mut work: Work, measurement: Measurement) -> Work {
    let Measurement { metrics: Metrics { values, findings }, from } = measurement;
    let count = match values.len() {
        1 => format!("1 metric from {from}"),
        count => format!("{count} metrics from {from}"),
    };
    let first_error = findings.iter().find(|finding| finding.severity == Severity::Error);
    if let Some(error) = first_error {
        work.outcome = Outcome::Failed;
        work.because = sentence(error);
    } else if work.outcome == Outcome::Restored {
        work.because = format!("{}; {count}", work.because);
    } else {
        work.because = count;
    }
    work.findings.extend(findings);
    work.evidence.metrics = values;
    work
}

fn sentence(finding: &Finding) -> String {
    match finding.place() {
        place if place.is_empty() => finding.message.clone(),
        place => format!("{place}: {}", finding.message),
    }
}

#[cfg(all(test, unix))]
mod perform_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::any_error;

    fn measurement(text: &str) -> Measurement {
        let sheet = metrics::parse("metrics.json", text.as_bytes());
        let outputs = sheet.digest().map(|digest| ("metrics.json".to_owned(), digest)).into_iter().collect();
        measured(vec![sheet], &outputs)
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
            let work = conclude(Work::new(Outcome::Passed, "done"), measured(vec![sheet()], &outputs));
            assert_eq!(work.outcome, Outcome::Failed);
            assert_eq!(work.findings[0].code, "metrics-changed");
        }
    }

    #[test]
    fn no_file_at_all_is_an_error() {
        let work = conclude(Work::new(Outcome::Passed, "done"), measured(Vec::new(), &BTreeMap::new()));
        assert_eq!((work.outcome, work.because.as_str()), (Outcome::Failed, "there is no metrics file"));
    }
}
