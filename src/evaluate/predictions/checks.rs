//! What numbers of predictions must be like: finite, no negative weight, probabilities where they are needed.

use crate::config;
use crate::finding::{Finding, Severity};
use crate::number::counted;
use crate::table::Batch;

use super::layout::Layout;
use super::places::Places;

/// Weights whose sums and squares are numbers, however many there are.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Rows that have something in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// How many.
    pub count: u64,
    /// The first of them, counted from 0 over all files.
    first: u64,
}

impl Seen {
    #[inline]
    fn note(&mut self, row: u64) {
        if self.count == 0 {
            self.first = row;
        }
        self.count += 1;
    }

    /// Adds others, which come after these.
    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            self.first = other.first;
        }
        self.count += other.count;
    }

    /// A finding about these rows, at the file of the first; `message` gets `in 3 rows, first in row 17 of b.csv`. None
    /// without rows.
    fn finding(
        self,
        places: Places<'_>,
        severity: Severity,
        code: &str,
        message: impl Fn(&str) -> String,
    ) -> Option<Finding> {
        let first = places.row(self.first);
        let place = match usize::try_from(self.count).unwrap_or(usize::MAX) {
            0 => return None,
            1 => format!("in {first}"),
            count => format!("in {}, first in {first}", counted(count, "row", "rows")),
        };
        Some(places.at(Finding::new(severity, code, message(&place)), self.first))
    }
}

/// What was noticed of the numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checks {
    /// For each wanted column the numbers that are none.
    not_finite: Vec<Seen>,
    bad_weight: Seen,
    positive_weight: bool,
    /// Scores below 0 or above 1.
    pub not_a_share: Seen,
    /// Rows whose scores do not add up to 1.
    sum: Seen,
}

/// How far a row's scores may be from 1 together, as scikit-learn has it: NumPy's `allclose` with the root of the epsilon.
fn adds_up(sum: f64) -> bool {
    (sum - 1.0).abs() <= 1e-8 + f64::EPSILON.sqrt()
}

fn is_share(score: &f64) -> bool {
    (0.0..=1.0).contains(score)
}

impl Checks {
    /// Of a batch.
    #[must_use]
    pub fn of(layout: &Layout, batch: &Batch) -> Self {
        let mut checks = Self { not_finite: vec![Seen::default(); layout.wanted.len()], ..Self::default() };
        let targets = (!layout.classes).then_some([Some(layout.truth), layout.predicted]);
        let targets = targets.into_iter().flatten().flatten();
        for place in targets.chain(layout.scores.iter().copied()).chain(layout.weight) {
            for (row, number) in (batch.first..).zip(Layout::numbers(batch, place)) {
                if !number.is_finite() {
                    checks.not_finite[place].note(row);
                }
            }
        }
        checks.scores(layout, batch);
        let weights = layout.weight.map(|place| Layout::numbers(batch, place));
        for (row, weight) in (batch.first..).zip(weights.into_iter().flatten()) {
            if !(*weight == 0.0 || WEIGHTS.contains(weight)) {
                checks.bad_weight.note(row);
            }
            checks.positive_weight |= *weight > 0.0;
        }
        checks.positive_weight |= layout.weight.is_none();
        checks
    }

    fn scores(&mut self, layout: &Layout, batch: &Batch) {
        let columns: Vec<&[f64]> = layout.scores.iter().map(|place| Layout::numbers(batch, *place)).collect();
        let are_shares = columns.iter().all(|scores| scores.iter().all(is_share));
        if are_shares && columns.len() < 2 {
            return;
        }
        for (at, row) in (batch.first..).take(batch.rows).enumerate() {
            let mut scores = columns.iter().filter_map(|scores| scores.get(at));
            if scores.any(|score| !is_share(score) && score.is_finite()) {
                self.not_a_share.note(row);
            }
            if columns.len() > 1 && !adds_up(columns.iter().filter_map(|scores| scores.get(at)).sum()) {
                self.sum.note(row);
            }
        }
    }

    /// Adds others, which come after these.
    pub fn merge(&mut self, other: &Self) {
        self.not_finite.resize(other.not_finite.len().max(self.not_finite.len()), Seen::default());
        self.not_finite.iter_mut().zip(&other.not_finite).for_each(|(seen, more)| seen.merge(*more));
        self.bad_weight.merge(other.bad_weight);
        self.positive_weight |= other.positive_weight;
        self.not_a_share.merge(other.not_a_share);
        self.sum.merge(other.sum);
    }

    /// What makes it impossible to go on.
    #[must_use]
    pub fn errors(&self, layout: &Layout, spec: &config::Predictions, places: Places<'_>) -> Vec<Finding> {
        let mut errors = Vec::new();
        for (wanted, seen) in layout.wanted.iter().zip(&self.not_finite) {
            let message =
                |place: &str| format!("the column {} is NaN or infinite {place}", shown(&wanted.column));
            let finding = seen.finding(places, Severity::Error, "predictions-not-finite", message);
            let help =
                "a model that answers NaN is broken there: mend it, or leave these rows out and say why";
            errors.extend(finding.map(|finding| finding.help(help)));
        }
        let weight = spec.weight.as_deref().unwrap_or_default();
        let message = |place: &str| {
            format!("the weight {} is negative, or beyond what can be summed, {place}", shown(weight))
        };
        let finding = self.bad_weight.finding(places, Severity::Error, "predictions-weight", message);
        errors.extend(finding.map(|finding| finding.help("a weight is 0, or between 1e-100 and 1e100")));
        if places.table.rows > 0 && !self.positive_weight && errors.is_empty() {
            let message = format!("the weight {} is 0 in every row", shown(weight));
            let finding = Finding::error("predictions-weight", message);
            errors.push(match places.files {
                [_] => places.at(finding, 0),
                _ => finding,
            });
        }
        errors
    }

    /// What should be known of scores; `wanted` where the metrics that need probabilities are asked for by name.
    #[must_use]
    pub fn of_scores(&self, wanted: bool, places: Places<'_>) -> Vec<Finding> {
        let severity = if wanted { Severity::Error } else { Severity::Warning };
        let range = self.not_a_share.finding(places, severity, "predictions-range", |place| {
            format!(
                "scores are below 0 or above 1 {place}: log_loss, brier and expected_calibration_error need probabilities"
            )
        });
        let range = range.map(|finding| {
            finding.help(
                "give `score` a column of probabilities, or list under `metrics` those that any score will do for",
            )
        });
        let sum = self.sum.finding(places, Severity::Notice, "predictions-sum", |place| {
            format!("the scores of the classes do not add up to 1 {place}")
        });
        let sum = sum.map(|finding| {
            finding.help("they are taken as they are, as scikit-learn does: nothing is normalised")
        });
        range.into_iter().chain(sum).collect()
    }
}

/// Untrusted text in quotes, on one line and not too long.
#[must_use]
pub fn shown(text: &str) -> String {
    let start: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let cut = if text.chars().count() > 60 { "…" } else { "" };
    format!("«{start}{cut}»")
}
