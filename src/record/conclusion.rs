//! How a run ended, as it follows from the rest of its record; and whether a record agrees with itself.

mod evidence;

use super::{Conclusion, Outcome, Record, Row, RowOutcome, StepRecord, Verdict};
use crate::finding::any_error;
use crate::step::Step;

/// How the run ended. What was not judged is not approved.
#[must_use]
pub fn conclude(record: &Record, stopped: bool) -> Conclusion {
    // What is done with an approved model, and how that ends, makes it no worse.
    let judged = record.steps.iter().filter(|step| step.step <= Step::Report && step.step != Step::Gate);
    let any = |outcome| judged.clone().any(|step| step.outcome == outcome);
    // A gate that failed without a verdict had no evidence to judge; the evidence itself may be good.
    let gate_faulted = record.step(Step::Gate).is_some_and(|gate| gate.outcome == Outcome::Faulted);
    match &record.verdict {
        _ if stopped => Conclusion::Cancelled,
        _ if any(Outcome::Faulted) || gate_faulted => Conclusion::Faulted,
        Some(verdict) => verdict.conclusion,
        None if any(Outcome::Failed) => Conclusion::Failed,
        None => Conclusion::Inconclusive,
    }
}

/// What the rows of a verdict come to; those that are set aside do not count. Approved only when there are rows that
/// count and all of them pass.
#[must_use]
pub fn judged(rows: &[Row]) -> Conclusion {
    let counting = || rows.iter().filter(|row| row.aside.is_none());
    let any = |outcome| counting().any(|row| row.outcome == outcome);
    if any(RowOutcome::Fail) {
        Conclusion::Rejected
    } else if counting().next().is_none() || any(RowOutcome::Inconclusive) {
        Conclusion::Inconclusive
    } else {
        Conclusion::Approved
    }
}

/// Why no run can have written this record, in one sentence; none when it agrees with itself. What it says may
/// still be untrue: that takes the rules and the outputs to find out.
#[must_use]
pub fn contradiction(record: &Record) -> Option<String> {
    wondered(record)
        .or_else(|| order(record))
        .or_else(|| record.steps.iter().find_map(step))
        .or_else(|| evidence::contradiction(record))
        .or_else(|| gate(record))
        .or_else(|| record.verdict.as_ref().and_then(|verdict| rows(verdict, record)))
        .or_else(|| conclusion(record))
}

/// What other bounds would come to was printed, and no run has come to it.
fn wondered(record: &Record) -> Option<String> {
    let first = record.what_if.first()?.escape_debug();
    Some(format!("it is judged by the bounds of a --what-if («{first}»), and no run is"))
}

fn order(record: &Record) -> Option<String> {
    record.steps.windows(2).find_map(|pair| match pair {
        [one, other] if one.step == other.step => Some(format!("it has {} twice", one.step)),
        [one, other] if one.step > other.step => Some(format!("{} stands before {}", one.step, other.step)),
        _ => None,
    })
}

fn step(done: &StepRecord) -> Option<String> {
    if !done.outcome.is_good() {
        return None;
    }
    let said = format!("{} {}", done.step, done.outcome.word());
    if any_error(&done.findings) {
        return Some(format!("{said} although an error is among its findings"));
    }
    // A linter ends as it likes, and a runner of tests has reports.
    let commands = matches!(done.step, Step::Train | Step::Evaluate).then_some(&done.evidence.commands);
    let bad = commands.into_iter().flatten().find(|command| command.ended != "exit 0")?;
    Some(format!("{said} although a command of it {}", bad.ending().escape_debug()))
}

fn gate(record: &Record) -> Option<String> {
    let outcome = record.step(Step::Gate).map(|gate| gate.outcome);
    let said = outcome.map_or("is not in it", Outcome::word);
    match record.verdict.as_ref().map(|verdict| verdict.conclusion) {
        Some(Conclusion::Approved) if outcome != Some(Outcome::Passed) => {
            Some(format!("its verdict is approved, and gate {said}"))
        }
        Some(Conclusion::Approved) => None,
        Some(judged) if outcome != Some(Outcome::Failed) => {
            Some(format!("its verdict is {}, and gate {said}", judged.word()))
        }
        None if outcome.is_some_and(Outcome::is_good) => Some(format!("gate {said} without a verdict")),
        _ => None,
    }
}

fn rows(verdict: &Verdict, record: &Record) -> Option<String> {
    let judged = judged(&verdict.rows);
    if verdict.conclusion != judged {
        let said = verdict.conclusion.word();
        return Some(format!("its verdict is {said}, and its rows come to {}", judged.word()));
    }
    verdict.rows.iter().find_map(|row| {
        let name = row.metric.as_str().escape_debug();
        let outside = row.margin.is_some_and(|margin| margin < 0.0);
        evidence::of_row(row, record).or_else(|| {
            (outside && row.outcome == RowOutcome::Pass)
                .then(|| format!("«{name}» passes in its verdict although it is outside of its bound"))
        })
    })
}

fn conclusion(record: &Record) -> Option<String> {
    match record.conclusion {
        // A run is stopped at any time, and until its end it has no conclusion.
        None | Some(Conclusion::Cancelled) => None,
        Some(said) => {
            let follows = conclude(record, false);
            let (said, must) = (said.word(), follows.word());
            (said != must).then(|| format!("its conclusion is {said}, and what it tells comes to {must}"))
        }
    }
}

#[cfg(test)]
#[path = "conclusion_tests.rs"]
mod tests;
