//! A decision by values, weighed by how sure they are.
//!
//! With a confidence, a pass that the interval does not bear out in whole and a failure that it does not are both
//! inconclusive. The interval never turns one into the other, so that a better candidate never fares worse.

use super::known::{Change, Counted, Sure};
use super::limit::Limit;
use super::rule::{Decision, Edge};
use super::words;
use crate::record::RowOutcome;
use crate::statistics;

/// A decision, and what the interval made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    pub decision: Decision,
    /// About how many more rows would decide it.
    pub more_rows: Option<u64>,
    /// The p-value of failing, of what is a test.
    pub p: Option<f64>,
}

impl Weighed {
    /// What the values decide.
    pub const fn by_value(decision: Decision) -> Self {
        Self { decision, more_rows: None, p: None }
    }
}

/// The interval that decides a rule, on the scale of [`Edge::value`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deciding {
    pub sure: Sure,
    /// Whether it is the candidate's alone, and the baseline's noise is not in it.
    pub is_one_sided: bool,
}

/// The interval that decides: the value's, or of a comparison that of the change. `number` is the candidate's value.
pub fn deciding(edge: &Edge, number: f64, value: Option<Sure>, change: Option<Change>) -> Option<Deciding> {
    let Some((baseline, _)) = edge.against else {
        return value.map(|sure| Deciding { sure, is_one_sided: false });
    };
    let moved = |sure: Sure, by: f64| {
        let interval = sure.interval.map(|end| end + by);
        interval.iter().all(|end| end.is_finite()).then_some(Sure { interval, ..sure })
    };
    if let Some(sure) = change.and_then(|change| change.sure) {
        return moved(sure, baseline).map(|sure| Deciding { sure, is_one_sided: false });
    }
    // Where the rows of both tell of another change, the candidate's interval moves along.
    moved(value?, edge.value - number).map(|sure| Deciding { sure, is_one_sided: true })
}

/// Weighs a decision. Without a `confidence` the interval is only told of.
pub fn weigh(decision: Decision, edge: Edge, sure: Sure, confidence: Option<f64>) -> Weighed {
    let (near, far) = edge.limit.ends(sure.interval);
    let (all_within, any_within) = (edge.limit.holds(near), edge.limit.holds(far));
    let told = Told { edge, sure };
    match (confidence, decision.outcome) {
        (None, RowOutcome::Pass) if !all_within => {
            let because = format!("{}{}", decision.because, told.reaches(near, "though"));
            Weighed::by_value(Decision { because, ..decision })
        }
        (None, _) | (_, RowOutcome::Inconclusive) => Weighed::by_value(decision),
        (Some(_), RowOutcome::Pass) if all_within => {
            let because = format!("{}{}", decision.because, told.all_within());
            Weighed { decision: Decision { because, ..decision }, more_rows: None, p: Some(1.0) }
        }
        (Some(_), RowOutcome::Pass) => told.undecided(decision, near, 1.0),
        (Some(_), RowOutcome::Fail) => {
            let p = statistics::against(edge.value, sure.interval, sure.confidence, edge.limit.edge());
            let p = if p.is_nan() { 1.0 } else { p };
            if any_within {
                return told.undecided(decision, far, p);
            }
            let because = format!("{}{}", decision.because, told.all_beyond());
            Weighed { decision: Decision { because, ..decision }, more_rows: None, p: Some(p) }
        }
    }
}

/// What is said of an interval.
struct Told {
    edge: Edge,
    sure: Sure,
}

impl Told {
    fn undecided(&self, decision: Decision, end: f64, p: f64) -> Weighed {
        let more =
            |count| statistics::more_rows(self.edge.value, self.sure.interval, self.edge.limit.edge(), count);
        let (more_rows, more) = match self.sure.counted {
            Counted::Rows(0) | Counted::Repeats(0) => (None, None),
            Counted::Rows(rows) => {
                let rows = more(rows).filter(|rows| *rows > 0);
                (rows, rows.map(|rows| words::more(rows, "row")))
            }
            Counted::Repeats(repeats) => {
                let repeats = more(repeats).filter(|repeats| *repeats > 0);
                (None, repeats.map(|repeats| words::more(repeats, "repeat")))
            }
        };
        let more = more.map(|more| format!(": about {more} would decide")).unwrap_or_default();
        let because = format!("{}{}{more}", decision.because, self.reaches(end, "but"));
        let decision = Decision { outcome: RowOutcome::Inconclusive, because, ..decision };
        Weighed { decision, more_rows, p: Some(p) }
    }

    fn percent(&self) -> String {
        words::percent(self.sure.confidence)
    }

    fn all_within(&self) -> String {
        match self.edge.against {
            None => format!(", and so is all of its {} interval", self.percent()),
            Some(_) => format!(", and all of the change's {} interval is within the bound", self.percent()),
        }
    }

    fn all_beyond(&self) -> String {
        let side = match self.edge.limit {
            Limit::AtLeast { .. } => "below",
            Limit::AtMost { .. } => "above",
        };
        match self.edge.against {
            None => format!(", and all of its {} interval is {side} it", self.percent()),
            Some(_) => format!(", and all of the change's {} interval is beyond the bound", self.percent()),
        }
    }

    fn reaches(&self, end: f64, but: &str) -> String {
        match self.edge.against {
            None => {
                let (end, _) = words::apart(end, self.edge.limit.edge());
                format!(", {but} its {} interval reaches to {end}", self.percent())
            }
            Some((baseline, relative)) => {
                let change = changed(end - baseline, baseline, relative);
                format!(", {but} the change's {} interval reaches to {change}", self.percent())
            }
        }
    }
}

/// A change in words: `a drop of 0.013`, of a relative rule `a drop of 1.4 % (0.013)`.
fn changed(change: f64, baseline: f64, relative: bool) -> String {
    let size = words::number(change.abs());
    let size = if relative && baseline != 0.0 {
        let share = change.abs() / baseline.abs();
        format!("{} % ({size})", words::percents_apart(share, share).0)
    } else {
        size
    };
    match change {
        change if change < 0.0 => format!("a drop of {size}"),
        change if change > 0.0 => format!("a rise of {size}"),
        _ => "no change".into(),
    }
}
