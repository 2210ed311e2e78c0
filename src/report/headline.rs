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
    let open = with(RowOutcome::Inconclusive);
    let judged = match (verdict.conclusion, with(RowOutcome::Fail), open) {
        (Conclusion::Approved, ..) => held(&counts),
        (Conclusion::Rejected, 0, _) => "the gate did not let it through".to_owned(),
        (Conclusion::Rejected, 1, _) if all == 1 => "the one rule does not hold".to_owned(),
        (Conclusion::Rejected, 1, _) => format!("1 of {all} rules does not hold{}", besides(open)),
        (Conclusion::Rejected, failed, _) => format!("{failed} of {all} rules do not hold{}", besides(open)),
        (_, _, 0) => "the evidence does not decide".to_owned(),
        (_, _, 1) if all == 1 => "the one rule could not be decided".to_owned(),
        (_, _, open) => format!("{open} of {all} rules could not be decided"),
    };
    match warnings(verdict) {
        0 => judged,
        count => format!("{judged}; {}", counted(count, "warning", "warnings")),
    }
}

/// How many rules are open beside those that fail: who mends the failing ones is not done with them.
fn besides(open: usize) -> String {
    if open == 0 { String::new() } else { format!(", and {open} could not be decided") }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::name::MetricName;
    use crate::record::{MetricValue, RuleKind};

    fn row(outcome: RowOutcome, aside: Option<Aside>) -> Row {
        let metric = MetricName::new("accuracy").unwrap();
        Row { outcome, aside, ..Row::new(metric, RuleKind::Min, MetricValue::Number(0.5)) }
    }

    #[test]
    fn what_is_open_is_not_hidden_by_what_fails() {
        use RowOutcome::{Fail, Inconclusive, Pass};
        let told = |rows: &[(RowOutcome, Option<Aside>)]| {
            let rows = rows.iter().map(|(outcome, aside)| row(*outcome, *aside)).collect();
            let conclusion = Conclusion::Rejected;
            judged(&Verdict { conclusion, confidence: None, rows, notes: Vec::new() })
        };
        assert_eq!(told(&[(Fail, None), (Pass, None)]), "1 of 2 rules does not hold");
        assert_eq!(
            told(&[(Fail, None), (Fail, None), (Inconclusive, None), (Fail, Some(Aside::Warn))]),
            "2 of 3 rules do not hold, and 1 could not be decided; 1 warning"
        );
        assert_eq!(
            told(&[(Fail, None), (Pass, None), (Fail, Some(Aside::Small)), (Pass, Some(Aside::Warn))]),
            "1 of 2 rules does not hold",
            "a small slice is no warning"
        );
    }
}
