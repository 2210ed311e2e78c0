//! evaluate: measure the model.

pub mod metrics;

use std::path::Path;

use crate::config::Evaluate;
use crate::fault::Result;
use crate::files;
use crate::finding::{Finding, Severity, any_error};
use crate::produce::{Order, Shop, produce};
use crate::record::{Outcome, Record, Work};
use crate::step::Step;
use metrics::Metrics;

/// Measures the model that `record` says was made, and reads the metrics.
///
/// # Errors
/// The world failed. Metrics that cannot be read are findings, not faults.
pub async fn perform(config: &Evaluate, shop: Shop<'_>, record: &Record) -> Result<Work> {
    let outputs = [config.outputs.as_slice(), &config.metrics].concat();
    // Without commands nobody writes the metrics now: they are read as they are.
    let fresh = if config.script.commands.is_empty() { &[] } else { config.metrics.as_slice() };
    let order = Order {
        step: Step::Evaluate,
        script: &config.script,
        inputs: &config.inputs,
        outputs: &outputs,
        fresh,
        upstream: &record.model_outputs(),
    };
    let work = produce(shop, order).await?;
    if !work.outcome.is_good() || any_error(&work.findings) {
        return Ok(work);
    }
    Ok(conclude(work, measure(config, &shop.engine.root)?))
}

/// What was measured, and where it was read: `metrics.json`, `3 files`.
struct Measurement {
    metrics: Metrics,
    from: String,
}

fn measure(config: &Evaluate, root: &Path) -> Result<Measurement> {
    let expanded = files::expand(root, &config.metrics)?;
    let mut metrics = metrics::merge(expanded.files.iter().map(metrics::read).collect());
    metrics.findings.extend(expanded.unmatched.iter().map(|pattern| unmatched(pattern)));
    let from = match expanded.files.as_slice() {
        [file] => file.path.clone(),
        files => format!("{} files", files.len()),
    };
    Ok(Measurement { metrics, from })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::any_error;

    fn measurement(text: &str) -> Measurement {
        let sheet = metrics::parse("metrics.json", text.as_bytes());
        Measurement { metrics: metrics::merge(vec![sheet]), from: "metrics.json".into() }
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
}
