//! Rows on their way into a verdict: one rule over all rows, or over one slice.

use super::fairness;
use super::known::{Counted, Known, Library, Sure};
use super::rule::{Decision, decide, fail, finite};
use super::weigh::{Weighed, deciding, weigh};
use crate::config::{Measure, Rule};
use crate::record::{Aside, Row, RowOutcome};

/// A row that is not yet held against all others.
#[derive(Debug, Clone)]
pub struct Draft {
    pub row: Row,
    /// The p-value of failing, of a row that is a test.
    pub p: Option<f64>,
    /// What the values alone say, as a sentence.
    pub plain: String,
    pub basis: Basis,
}

/// What a row was decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// No number was held against another, or it was to be exactly the one.
    Nothing,
    /// The values alone: there is no interval.
    Values,
    /// The interval of the candidate's value, beside a baseline's value that was taken as it is.
    Candidate,
    /// The interval of all that is compared.
    Interval,
}

impl Draft {
    /// A row about a slice, or slices, of which there is nothing to weigh.
    pub fn plain(rule: &Rule, slice: &str, outcome: RowOutcome, because: String) -> Self {
        let row = Row {
            slice: Some(slice.to_owned()),
            relative: rule.relative,
            aside: rule.warn.then_some(Aside::Warn),
            outcome,
            because: because.clone(),
            ..Row::new(rule.metric.clone(), rule.kind, rule.bound.clone())
        };
        Self { row, p: None, plain: because, basis: Basis::Nothing }
    }

    /// The same, set aside because its slice is small.
    pub fn small(mut self) -> Self {
        self.row.aside = Some(Aside::Small);
        self
    }

    /// Whether its slice is too small to decide.
    pub fn is_small(&self) -> bool {
        self.row.aside == Some(Aside::Small)
    }
}

/// Judges one rule by what is known. `unmeasured` is why it fails where there is no value.
pub fn draft(library: Library<'_>, rule: &Rule, known: &Known, unmeasured: impl FnOnce() -> String) -> Draft {
    let decision = match &known.value {
        Some(value) => decide(rule, value, &known.reference, known.change.map(|change| change.value)),
        None => fail(unmeasured()),
    };
    let plain = decision.because.clone();
    let edge = decision.edge;
    let number = known.value.as_ref().and_then(finite);
    let interval =
        edge.zip(number).and_then(|(edge, number)| deciding(&edge, number, known.sure, known.change));
    let mut basis = match (edge, interval) {
        (None, _) => Basis::Nothing,
        (Some(_), None) => Basis::Values,
        (Some(_), Some(interval)) if interval.is_one_sided => Basis::Candidate,
        (Some(_), Some(_)) => Basis::Interval,
    };
    let doubt = library.doubt().filter(|_| rule.kind.compares());
    let weighed = match (edge, interval) {
        (Some(edge), Some(interval)) => {
            let sure = if doubt.is_some() { of_no_use(interval.sure) } else { interval.sure };
            weigh(decision, edge, sure, library.policy.confidence)
        }
        _ => Weighed::by_value(decision),
    };
    let Weighed { mut decision, more_rows, p } = weighed;
    let but = match decision.outcome {
        RowOutcome::Pass => doubt.or_else(|| reservation(library, rule, known, basis)),
        // What an interval leaves open no row decides while the rows are doubted.
        RowOutcome::Inconclusive => doubt.filter(|_| interval.is_some()),
        RowOutcome::Fail => None,
    };
    if let Some(but) = but {
        decision = decision.unless(&but);
        basis = Basis::Nothing;
    }
    let Decision { outcome, margin, because, .. } = decision;
    let compared = edge.and_then(|edge| edge.against).map(|(baseline, _)| baseline);
    let change_interval = compared.zip(interval).map(|(baseline, interval)| {
        // As it was recorded, where it was: what was added and taken away again is not the same to the last digit.
        let recorded = known.change.and_then(|change| change.sure).map(|sure| sure.interval);
        recorded.unwrap_or_else(|| interval.sure.interval.map(|end| end - baseline))
    });
    let row = Row {
        relative: rule.relative,
        value: known.value.clone(),
        baseline: known.baseline().cloned(),
        change: change(known, rule),
        interval: known.sure.map(|sure| sure.interval),
        change_interval,
        method: interval.and_then(|interval| interval.sure.method),
        rows: known.rows,
        more_rows,
        aside: rule.warn.then_some(Aside::Warn),
        margin,
        outcome,
        because,
        ..Row::new(rule.metric.clone(), rule.kind, rule.bound.clone())
    };
    Draft { row, p, plain, basis }
}

/// Of rows that are doubted more would decide nothing.
fn of_no_use(sure: Sure) -> Sure {
    let counted = match sure.counted {
        Counted::Rows(_) => Counted::Rows(0),
        Counted::Repeats(_) => Counted::Repeats(0),
    };
    Sure { counted, ..sure }
}

/// Why what would pass is not decided, as the end of a sentence.
fn reservation(library: Library<'_>, rule: &Rule, known: &Known, basis: Basis) -> Option<String> {
    let lost = || fairness::lost(library, rule).filter(|_| known.is_computed);
    let unsure = || is_unsure(library, rule, known, basis).then(|| NO_INTERVAL.to_owned());
    fails_over_all(rule, known).or_else(lost).or_else(unsure)
}

const NO_INTERVAL: &str = "there is no interval to be sure of it";

/// Whether the rows could tell how sure a value is, and do not. There is no method for the largest error of all.
fn is_unsure(library: Library<'_>, rule: &Rule, known: &Known, basis: Basis) -> bool {
    let has_method = Measure::named(rule.metric.as_str()) != Some(Measure::MaxError);
    library.policy.confidence.is_some() && basis == Basis::Values && known.is_computed && has_method
}

/// The rows that both have excuse nothing: where they are not all, the rule has to hold over all rows too.
fn fails_over_all(rule: &Rule, known: &Known) -> Option<String> {
    known.change.filter(|change| rule.kind.compares() && !change.is_of_all)?;
    let over_all = decide(rule, known.value.as_ref()?, &known.reference, None);
    (over_all.outcome == RowOutcome::Fail).then(|| format!("over all rows {}", over_all.because))
}

/// Candidate minus baseline: of a rule that compares, on the rows that were compared.
fn change(known: &Known, rule: &Rule) -> Option<f64> {
    if let Some(change) = known.change.filter(|_| rule.kind.compares()) {
        return Some(change.value);
    }
    let change = finite(known.value.as_ref()?)? - finite(known.baseline()?)?;
    change.is_finite().then_some(change)
}
