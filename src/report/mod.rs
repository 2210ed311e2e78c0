//! The report: what a person needs of a record, in the order in which they need it.
//!
//! [`compose`] decides what is said; each renderer only decides how its format says it.

pub mod annotations;
pub mod codequality;
mod data;
pub mod dotenv;
mod evidence;
mod files;
mod fingerprint;
#[cfg(test)]
pub(crate) mod fixtures;
mod headline;
pub mod html;
pub mod junit;
mod limit;
pub mod markdown;
mod number;
pub mod openmetrics;
pub mod sarif;
mod slices;
mod standing;
pub mod terminal;
pub(crate) mod text;
pub mod versus;

pub use crate::number::{bytes, change, number, seconds, thousands};
pub use files::{FILES, Folders, files};
pub use headline::judged;
pub use limit::{Side, limit};
pub use number::{bound, interval, value};
pub use standing::Standing;

use crate::config::{Fairness, Measure};
use crate::finding::{Finding, Severity};
use crate::record::{Conclusion, DATA, MetricValue, Outcome, Record, Row, RowOutcome, StepRecord};
use crate::step::Step;
use headline::headline;

/// What a person needs of a record.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The record itself, for all that needs no choice.
    pub record: &'a Record,
    /// How the run ended; a run under way counts as faulted.
    pub conclusion: Conclusion,
    /// The verdict in one line, such as `rejected: 2 of 5 rules do not hold`.
    pub headline: String,
    /// The rules: failing first, then inconclusive, then what only warns, then passing, each in the order of the
    /// file.
    pub rows: Vec<&'a Row>,
    /// The findings of all steps: the most severe first, then in the order of the work.
    pub findings: Vec<(Step, &'a Finding)>,
    /// What a reader should know besides the rows, as sentences. Untrusted in part.
    pub notes: &'a [String],
    /// What to do now, most useful first; empty when there is nothing to do.
    pub advice: Vec<String>,
    /// The same model's latest runs, oldest first, this one last.
    pub trend: &'a [Past],
}

/// What the trend needs of an earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The run.
    pub run: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Seven digits of its commit.
    pub commit: Option<String>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Its numeric metrics.
    pub metrics: std::collections::BTreeMap<String, f64>,
}

/// Chooses what is said of a record. `trend` holds the latest runs, oldest first, this one last.
#[must_use]
pub fn compose<'a>(record: &'a Record, trend: &'a [Past]) -> Report<'a> {
    let conclusion = record.conclusion.unwrap_or(Conclusion::Faulted);
    let mut rows: Vec<&Row> = record.verdict.iter().flat_map(|verdict| &verdict.rows).collect();
    rows.sort_by_key(|row| standing::place(row));
    let mut findings: Vec<(Step, &Finding)> = record
        .steps
        .iter()
        .flat_map(|step| step.findings.iter().map(|finding| (step.step, finding)))
        .collect();
    findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    let notes = record.verdict.as_ref().map_or(&[][..], |verdict| &verdict.notes);
    let headline = headline(record, conclusion);
    let advice = advice(record, &rows, &findings);
    Report { record, conclusion, headline, rows, findings, notes, advice, trend }
}

/// The step at which the run stopped: the first that went wrong, or the last that was done.
fn stopper(record: &Record) -> Option<&StepRecord> {
    let stopped = |step: &&StepRecord| matches!(step.outcome, Outcome::Failed | Outcome::Faulted);
    let done = |step: &&StepRecord| step.outcome != Outcome::Skipped && step.step != Step::Report;
    record.steps.iter().find(stopped).or_else(|| record.steps.iter().rfind(done))
}

/// Something that did not end well, with the end of what it wrote.
#[derive(Debug, Clone, Copy)]
struct Ending<'a> {
    step: Step,
    /// What it was: a command, `the build of the image`, `the image's server`.
    what: &'a str,
    /// How it ended: `exit 1`, `failed`.
    ended: &'a str,
    /// How long it took, where that is known.
    seconds: Option<f64>,
    /// The file with all of it, relative to the folder of the run; none where nothing was written.
    log: Option<&'a str>,
    /// Its last lines.
    tail: &'a [String],
}

/// What did not end well in a step.
fn endings(step: &StepRecord) -> impl Iterator<Item = Ending<'_>> {
    let evidence = &step.evidence;
    let build = evidence.build.iter().filter(|build| !build.tail.is_empty()).map(|build| Ending {
        step: step.step,
        what: "the build of the image",
        ended: "failed",
        seconds: None,
        log: Some(&build.log),
        tail: &build.tail,
    });
    let commands = evidence.commands.iter().filter(|command| command.ended != "exit 0");
    let commands = commands.map(|command| Ending {
        step: step.step,
        what: &command.command,
        ended: &command.ended,
        seconds: Some(command.seconds),
        log: Some(command.log.as_str()).filter(|_| command.has_output_to_read()),
        tail: &command.tail,
    });
    let smoke = evidence.smoke.iter().filter(|smoke| !smoke.tail.is_empty()).map(|smoke| Ending {
        step: step.step,
        what: "the image's server",
        ended: "did not pass",
        seconds: None,
        log: Some(&smoke.log),
        tail: &smoke.tail,
    });
    build.chain(commands).chain(smoke)
}

/// What did not end well in the whole run.
fn all_endings(record: &Record) -> impl Iterator<Item = Ending<'_>> {
    record.steps.iter().flat_map(endings)
}

/// How many remedies of findings are worth reading at once.
const REMEDIES: usize = 5;

/// What stopped the run first; what only could be better last.
fn advice(record: &Record, rows: &[&Row], findings: &[(Step, &Finding)]) -> Vec<String> {
    let decides = |finding: &&Finding| finding.severity == Severity::Error;
    let helps = |finding: &Finding| finding.help.clone();
    let found = || findings.iter().map(|(_, finding)| *finding);
    let mut advice: Vec<String> = record.steps.iter().filter_map(|step| step.help.clone()).collect();
    let mut add = |helps: &mut dyn Iterator<Item = String>| {
        let mut left = REMEDIES;
        for help in helps {
            if left > 0 && !advice.contains(&help) {
                advice.push(help);
                left -= 1;
            }
        }
    };
    add(&mut found().filter(decides).filter_map(helps));
    add(&mut all_endings(record).filter_map(|Ending { what, log, .. }| {
        Some(format!("read {} in the folder of the run for the whole output of «{what}»", log?))
    }));
    add(&mut unmeasured(record, rows).into_iter());
    add(&mut found().filter(|finding| !decides(finding)).filter_map(helps));
    advice
}

/// What to do about the metrics that nobody measured.
fn unmeasured(record: &Record, rows: &[&Row]) -> Vec<String> {
    let (mut unwritten, mut undefined) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| row.outcome != RowOutcome::Pass) {
        let is_missing = row.value.is_none();
        let is_no_number = matches!(&row.value, Some(MetricValue::Text(text)) if text == "NaN");
        let metric = row.metric.to_string();
        match (of_predictions(record, row), &row.slice) {
            (Some(true), Some(slice)) if is_missing => undefined.push(format!("{metric} in {slice}")),
            (Some(true), None) if is_missing || is_no_number => undefined.push(metric),
            // A file cannot say a metric of a slice, and the row says why there is none.
            (None, None) if is_missing => unwritten.push(metric),
            _ => {}
        }
    }
    let listed = |mut names: Vec<String>| {
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.join(", ")
    };
    let mut advice = Vec::new();
    let (of_data, unwritten): (Vec<_>, Vec<_>) =
        unwritten.into_iter().partition(|metric| metric.starts_with(DATA));
    if !of_data.is_empty() {
        let metrics = listed(of_data);
        advice.push(format!(
            "the step data has not measured {metrics}: ask for it under `data`, or correct the name in gate.rules"
        ));
    }
    if !unwritten.is_empty() {
        let metrics = listed(unwritten);
        advice.push(format!(
            "make evaluate write {metrics} into its metrics file, or correct the name in gate.rules"
        ));
    }
    if !undefined.is_empty() {
        let is = if undefined.len() == 1 { "is" } else { "are" };
        let metrics = listed(undefined);
        advice.push(format!(
            "{metrics} {is} not defined on these rows, as where all are of one class: evaluate on rows of every class, \
             or take that rule away"
        ));
    }
    advice
}

/// Whether the rule of a row is about a metric that is computed of predictions: of all their rows, or of a slice that
/// they have. False where they lack the slice; none where no predictions give such a metric.
fn of_predictions(record: &Record, row: &Row) -> Option<bool> {
    let predictions = record.predictions()?;
    let name = row.metric.as_str();
    let is_fairness = || Fairness::ALL.iter().any(|it| name.starts_with(&format!("{}.", it.word())));
    match &row.slice {
        Some(slice) => Some(predictions.slice(slice).is_some()),
        None => {
            let is_of = Measure::named(name).is_some_and(|measure| measure.is_of(predictions.task));
            (is_of || is_fairness()).then_some(true)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_headline_says_how_it_ended_and_why() {
        let headlines: Vec<String> = fixtures::all()
            .iter()
            .filter(|(name, _)| *name != "hostile")
            .map(|(name, record)| format!("{name}: {}", compose(record, &[]).headline))
            .collect();
        insta::assert_snapshot!(headlines.join("\n"));
    }

    #[test]
    fn what_does_not_hold_comes_first() {
        let record = fixtures::rejected();
        let report = compose(&record, &[]);
        let outcomes: Vec<RowOutcome> = report.rows.iter().map(|row| row.outcome).collect();
        assert!(outcomes.is_sorted_by_key(|outcome| *outcome == RowOutcome::Pass));
        let record = fixtures::failed_lint();
        let report = compose(&record, &[]);
        assert!(report.findings.is_sorted_by(|(_, one), (_, next)| one.severity >= next.severity));
    }

    #[test]
    fn a_fault_brings_its_own_remedy_and_nothing_is_advised_twice() {
        let mut record = fixtures::faulted();
        let help = record.step(Step::Train).and_then(|train| train.help.clone());
        record.steps[0].findings = vec![Finding::error("x", "y").help(help.clone().unwrap_or_default()); 9];
        assert_eq!(compose(&record, &[]).advice, Vec::from_iter(help));
    }

    #[test]
    fn what_stopped_the_run_is_advised_before_what_could_be_better() {
        let mut record = fixtures::rejected();
        record.steps[0].findings = vec![Finding::warning("x", "y").help("tidy up")];
        let advice = compose(&record, &[]).advice;
        assert_eq!(
            advice,
            [
                "make evaluate write recall.macro avg into its metrics file, or correct the name in gate.rules",
                "tidy up"
            ]
        );
    }

    #[test]
    fn a_metric_of_predictions_that_is_not_defined_is_no_matter_of_a_file() {
        let mut record = fixtures::measured();
        let slice = record.predictions().map(|predictions| predictions.slices[0].name.clone());
        let verdict = record.verdict.as_mut().unwrap();
        verdict.rows.truncate(2);
        for (row, slice) in verdict.rows.iter_mut().zip([slice.clone(), Some("region=gone".into())]) {
            row.metric = crate::name::MetricName::new("roc_auc").unwrap();
            row.outcome = RowOutcome::Fail;
            row.value = None;
            row.slice = slice;
        }
        let advice = compose(&record, &[]).advice;
        let wanted = format!("roc_auc in {} is not defined on these rows", slice.unwrap());
        assert_eq!(advice.iter().filter(|it| it.contains(&wanted)).count(), 1, "{advice:?}");
        assert!(!advice.iter().any(|it| it.contains("metrics file") || it.contains("gone")), "{advice:?}");
    }

    #[test]
    fn a_run_without_a_conclusion_did_not_end_well() {
        let mut record = fixtures::approved();
        record.conclusion = None;
        assert_eq!(compose(&record, &[]).conclusion, Conclusion::Faulted);
    }
}
