//! The report: what a person needs of a record, in the order in which they need it.
//!
//! [`compose`] decides what is said; each renderer only decides how its format says it.

pub mod codequality;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod html;
pub mod junit;
pub mod markdown;
mod number;
pub mod openmetrics;
pub mod sarif;
pub mod terminal;

pub use crate::number::{bytes, change, number, seconds};
pub use number::{bound, value};

use crate::finding::Finding;
use crate::record::{Conclusion, Outcome, Record, Row, RowOutcome};
use crate::step::Step;

/// What a person needs of a record.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The record itself, for all that needs no choice.
    pub record: &'a Record,
    /// How the run ended; a run under way counts as faulted.
    pub conclusion: Conclusion,
    /// The verdict in one line, such as `rejected: 2 of 5 rules do not hold`.
    pub headline: String,
    /// The rules: failing first, then inconclusive, then passing, each in the order of the file.
    pub rows: Vec<&'a Row>,
    /// The findings of all steps: the most severe first, then in the order of the work.
    pub findings: Vec<(Step, &'a Finding)>,
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
    rows.sort_by_key(|row| match row.outcome {
        RowOutcome::Fail => 0,
        RowOutcome::Inconclusive => 1,
        RowOutcome::Pass => 2,
    });
    let mut findings: Vec<(Step, &Finding)> = record
        .steps
        .iter()
        .flat_map(|step| step.findings.iter().map(|finding| (step.step, finding)))
        .collect();
    findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    let headline = headline(record, conclusion, &rows);
    let advice = advice(record, &rows, &findings);
    Report { record, conclusion, headline, rows, findings, advice, trend }
}

/// Every report by the name of its file.
#[must_use]
pub fn files(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let _ = report;
    todo!()
}

fn headline(record: &Record, conclusion: Conclusion, rows: &[&Row]) -> String {
    let with = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let all = rows.len();
    let why = match conclusion {
        Conclusion::Approved => match all {
            1 => "the one rule holds".to_owned(),
            _ => format!("all {all} rules hold"),
        },
        Conclusion::Rejected => match (with(RowOutcome::Fail), all) {
            (1, 1) => "the one rule does not hold".to_owned(),
            (1, _) => format!("1 of {all} rules does not hold"),
            (failed, _) => format!("{failed} of {all} rules do not hold"),
        },
        Conclusion::Inconclusive => {
            format!("{} of {all} rules could not be decided", with(RowOutcome::Inconclusive))
        }
        Conclusion::Failed | Conclusion::Faulted | Conclusion::Cancelled => match stopper(record) {
            Some(step) => format!("{}: {}", step.step, step.because),
            None => "the run ended before its first step".to_owned(),
        },
    };
    format!("{}: {why}", conclusion.word())
}

/// The step at which the run stopped.
fn stopper(record: &Record) -> Option<&crate::record::StepRecord> {
    let stopped = |outcome| matches!(outcome, Outcome::Failed | Outcome::Faulted);
    record.steps.iter().find(|step| stopped(step.outcome)).or_else(|| record.steps.last())
}

fn advice(record: &Record, rows: &[&Row], findings: &[(Step, &Finding)]) -> Vec<String> {
    let mut advice: Vec<String> = Vec::new();
    for help in findings.iter().filter_map(|(_, finding)| finding.help.as_ref()) {
        if !advice.contains(help) && advice.len() < 5 {
            advice.push(help.clone());
        }
    }
    for command in record.steps.iter().flat_map(|step| &step.evidence.commands) {
        if command.ended != "exit 0" {
            advice.push(format!("read {} for the whole output of «{}»", command.log, command.command));
        }
    }
    let unmeasured: Vec<&str> = rows
        .iter()
        .filter(|row| row.value.is_none() && row.outcome != RowOutcome::Pass)
        .map(|row| row.metric.as_str())
        .collect();
    if !unmeasured.is_empty() {
        advice.push(format!("make evaluate write {} into its metrics file", unmeasured.join(", ")));
    }
    advice
}
