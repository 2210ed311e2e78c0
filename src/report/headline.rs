//! The verdict in one line.

use super::standing::{Standing, standing};
use super::stopper;
use crate::number::counted;
use crate::record::{Aside, Conclusion, Record, Row, RowOutcome, Verdict};

/// How the run ended and why, such as `rejected: 2 of 5 rules do not hold`.
pub(super) fn headline(record: &Record, conclusion: Conclusion) -> String {
    let why = match (conclusion, &record.verdict) {
        (Conclusion::Failed | Conclusion::Faulted | Conclusion::Cancelled, _) | (_, None) => stop(record),
        (_, Some(verdict)) => judged(verdict),
    };
    format!("{}: {why}", conclusion.word())
}

/// A verdict in a few words, such as `2 of 5 rules do not hold; 1 warning`. Only rows that count are rules here.
#[must_use]
pub fn judged(verdict: &Verdict) -> String {
    let counts: Vec<&Row> = verdict.rows.iter().filter(|row| row.aside.is_none()).collect();
    let with = |outcome| counts.iter().filter(|row| row.outcome == outcome).count();
    let all = counts.len();
    let judged = match (verdict.conclusion, with(RowOutcome::Fail), with(RowOutcome::Inconclusive)) {
        (Conclusion::Approved, ..) => held(&counts),
        (Conclusion::Rejected, 0, _) => "the gate did not let it through".to_owned(),
        (Conclusion::Rejected, 1, _) if all == 1 => "the one rule does not hold".to_owned(),
        (Conclusion::Rejected, 1, _) => format!("1 of {all} rules does not hold"),
        (Conclusion::Rejected, failed, _) => format!("{failed} of {all} rules do not hold"),
        (_, _, 0) => "the evidence does not decide".to_owned(),
        (_, _, 1) if all == 1 => "the one rule could not be decided".to_owned(),
        (_, _, open) => format!("{open} of {all} rules could not be decided"),
    };
    match warnings(verdict) {
        0 => judged,
        count => format!("{judged}; {}", counted(count, "warning", "warnings")),
    }
}

/// How many rules that never block do not hold. A small slice is no warning: it says nothing either way.
fn warnings(verdict: &Verdict) -> usize {
    let warns = |row: &&Row| row.aside == Some(Aside::Warn) && standing(row) == Standing::Warns;
    verdict.rows.iter().filter(warns).count()
}

/// That every rule holds; and of how many that is only because there was nothing to compare with.
fn held(counts: &[&Row]) -> String {
    let rules = match counts.len() {
        1 => "the one rule holds".to_owned(),
        all => format!("all {all} rules hold"),
    };
    match counts.iter().filter(|row| row.rule.compares() && row.baseline.is_none()).count() {
        0 => rules,
        open => format!("{rules}, {open} of them without a baseline to compare with"),
    }
}

/// Where the run stopped, and why.
fn stop(record: &Record) -> String {
    match stopper(record) {
        Some(step) if step.outcome.is_good() => {
            format!("nothing was judged; the run ended after {}", step.step)
        }
        Some(step) => format!("{}: {}", step.step, step.because),
        None => "the run ended before its first step did".to_owned(),
    }
}
