//! What the record knows about a rule: of all rows, or of one slice of them.

use super::rule::{Reference, finite};
use crate::config::{Gate, WithoutBaseline};
use crate::document::harmless;
use crate::name::MetricName;
use crate::record::{Comparison, Estimate, Method, MetricValue, Predictions, Record, Slice};
use crate::step::Step;

/// How sure a number is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sure {
    /// Low and high end, both finite.
    pub interval: [f64; 2],
    pub method: Option<Method>,
    /// Between 0 and 1.
    pub confidence: f64,
    pub counted: Counted,
}

/// What more of would make a number surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Rows(u64),
    Repeats(u64),
}

/// How the candidate's rows differ from the baseline's: candidate minus baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    pub value: f64,
    pub sure: Option<Sure>,
    /// Whether no row of either side is left out of it.
    pub is_of_all: bool,
}

/// What the record knows of a metric.
#[derive(Debug, Clone)]
pub struct Known {
    /// The candidate's value; none when nobody measured it.
    pub value: Option<MetricValue>,
    pub sure: Option<Sure>,
    /// Whether it was computed of predictions, and not read from a file.
    pub is_computed: bool,
    /// On how many rows it was measured.
    pub rows: Option<u64>,
    /// The baseline's value, or why there is none.
    pub reference: Reference,
    /// The change on the rows that were compared; none where the values must tell.
    pub change: Option<Change>,
}

impl Known {
    /// The baseline's value.
    pub fn baseline(&self) -> Option<&MetricValue> {
        match &self.reference {
            Reference::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// What mends a comparison that is doubted.
pub const MEASURE_AGAIN: &str = "`evaluate.baseline-model: true` measures the baseline's model on these rows";

/// Where a run is looked up: `without` is what there is to compare with where the record has no baseline.
#[derive(Clone, Copy)]
pub struct Library<'a> {
    pub policy: &'a Gate,
    pub record: &'a Record,
    pub without: &'a Reference,
}

impl<'a> Library<'a> {
    /// What the baseline's record knows of its predictions.
    pub fn baseline(self) -> Option<&'a Predictions> {
        self.record.baseline.as_ref()?.predictions.as_deref()
    }

    /// What is known of a metric over all rows.
    pub fn whole(&self, metric: &MetricName, value: Option<&MetricValue>) -> Known {
        let record = self.record;
        let estimate = record.estimate(metric).filter(|estimate| says(estimate, value));
        let predictions = record.predictions();
        let of_predictions = predictions.filter(|predictions| predictions.estimates.contains_key(metric));
        let rows = estimate.and(of_predictions).map(|predictions| predictions.rows);
        let evidence = record.step(Step::Evaluate).map(|step| &step.evidence);
        let repeats = evidence.filter(|evidence| evidence.means.contains_key(metric));
        let counted = match (repeats, rows) {
            (Some(evidence), _) => Counted::Repeats(evidence.repeats.len() as u64),
            (None, rows) => Counted::Rows(rows.unwrap_or(0)),
        };
        let confidence =
            predictions.map_or_else(|| self.policy.shown_confidence(), |predictions| predictions.confidence);
        let reference = match &record.baseline {
            None => self.without.clone(),
            Some(baseline) => match baseline.metrics.get(metric) {
                None => Reference::Lacks(self.policy.without_baseline),
                Some(value) => Reference::Value(value.clone()),
            },
        };
        let comparison = self.comparison();
        // A mean over repeats is no value of the rows that were compared; two samples are compared by the means.
        let compared = comparison.filter(|comparison| repeats.is_none() || !comparison.is_paired());
        let of = repeats.map_or(Counted::Rows(compared.map_or(0, |compared| compared.rows)), |_| counted);
        let change = compared.and_then(|compared| self.change(compared, compared.changes.get(metric)?, of));
        let sure = estimate.and_then(|estimate| sure(estimate, confidence, counted));
        Known { value: value.cloned(), sure, is_computed: of_predictions.is_some(), rows, reference, change }
    }

    /// What is known of a metric over a slice.
    pub fn slice(&self, metric: &MetricName, slice: &Slice) -> Known {
        let predictions = self.record.predictions();
        let confidence =
            predictions.map_or_else(|| self.policy.shown_confidence(), |predictions| predictions.confidence);
        let estimate = slice.estimates.get(metric);
        let change = self.comparison().and_then(|comparison| {
            let changed = comparison.slices.get(&slice.name)?.get(metric)?;
            self.change(comparison, changed, Counted::Rows(slice.rows))
        });
        let reference = match (self.of_slice(metric, slice, self.policy.without_baseline), estimate, change) {
            // The baseline divided its rows elsewhere; that of the same rows is what the change leaves.
            (Reference::LacksSlice(_), Some(estimate), Some(change)) => {
                Reference::Value(MetricValue::Number(estimate.value - change.value))
            }
            (reference, ..) => reference,
        };
        Known {
            is_computed: true,
            value: estimate.map(|estimate| MetricValue::Number(estimate.value)),
            sure: estimate.and_then(|estimate| sure(estimate, confidence, Counted::Rows(slice.rows))),
            rows: Some(slice.rows),
            reference,
            change,
        }
    }

    /// Why no rule that compares may pass, as the end of a sentence.
    pub fn doubt(&self) -> Option<String> {
        let doubt = self.comparison()?.doubt.as_deref()?;
        Some(format!("{}: {MEASURE_AGAIN}", harmless(doubt)))
    }

    fn change(&self, comparison: &Comparison, estimate: &Estimate, of: Counted) -> Option<Change> {
        let most =
            [self.record.predictions(), self.baseline()].into_iter().flatten().map(|side| side.rows).max();
        let is_of_all = !comparison.is_paired() || most.is_none_or(|most| comparison.rows >= most);
        let sure = sure(estimate, comparison.confidence, of);
        estimate.value.is_finite().then_some(Change { value: estimate.value, sure, is_of_all })
    }

    fn comparison(&self) -> Option<&Comparison> {
        self.record.baseline.as_ref()?.comparison.as_deref()
    }

    fn of_slice(&self, metric: &MetricName, slice: &Slice, policy: WithoutBaseline) -> Reference {
        let Some(baseline) = &self.record.baseline else { return self.without.clone() };
        let slice = baseline.predictions.as_ref().and_then(|predictions| predictions.same_slice(slice));
        match slice.map(|slice| slice.estimates.get(metric)) {
            None => Reference::LacksSlice(policy),
            Some(None) => Reference::Lacks(policy),
            Some(Some(estimate)) => Reference::Value(MetricValue::Number(estimate.value)),
        }
    }
}

/// Whether an estimate is one of this value.
fn says(estimate: &Estimate, value: Option<&MetricValue>) -> bool {
    value.and_then(finite) == Some(estimate.value)
}

/// None where an interval is none: what is no number, or lies the wrong way round, says nothing.
fn sure(estimate: &Estimate, confidence: f64, counted: Counted) -> Option<Sure> {
    let interval =
        estimate.interval.filter(|[low, high]| low.is_finite() && high.is_finite() && low <= high)?;
    Some(Sure { interval, method: estimate.method, confidence, counted })
}
