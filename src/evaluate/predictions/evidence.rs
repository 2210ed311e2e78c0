//! What was gathered, as the record has it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Measured;
use super::checks::{Checks, shown};
use super::confusion::Cells;
use super::estimate::{Means, Measurement};
use super::fairness;
use super::gather::Gathered;
use super::labels::{Classes, listed};
use super::layout::Layout;
use super::places::Places;
use super::ranking;
use super::regression::Errors;
use super::rows::{Rows, Target};
use super::slices::{Sliced, members};
use super::summary::Summary;
use super::tally::Wishes;
use super::thresholds::unreached;
use super::undefined;
use crate::config::{self, Fairness, Intervals, Measure, Needs};
use crate::finding::Finding;
use crate::name::MetricName;
use crate::record::{self, Confusion, Estimate, MetricValue, Slice, Task};

/// More classes than these are no picture.
const MOST_SHOWN: usize = 50;

/// With more slices than these the intervals of what follows from cells are by the delta method, not the bootstrap.
const MOST_RESAMPLED: usize = 100;

/// The evidence of what was gathered, which has no error of its own.
///
/// # Errors
/// What is wrong with labels, scores or slices.
pub fn of(
    spec: &config::Predictions,
    layout: &Layout,
    confidence: f64,
    kept: bool,
    mut gathered: Gathered,
    places: Places<'_>,
) -> Result<Measured, Vec<Finding>> {
    let classes = if layout.classes { Some(Classes::of(spec, layout, places.table)?) } else { None };
    let task = classes.as_ref().map_or(Task::Regression, Classes::task);
    let asked = Asked::of(spec, layout, task, &gathered.checks);
    let set = gathered.set(classes.as_ref());
    let row_count = gathered.rows;
    let mut findings = asked.findings(&gathered.checks, places);
    let mut rows = None;
    let whole = if kept {
        let (all, notes) = Rows::of(spec, layout, gathered, places.table)?;
        findings.extend(notes);
        let whole = Whole::of_rows(&all, asked.wishes(true));
        rows = Some(all);
        whole
    } else {
        findings.extend(classes.iter().flat_map(|classes| classes.notes.clone()));
        Whole::of_gathered(&mut gathered, classes.as_ref(), asked.wishes(true))
    };
    let means = asked.means(confidence, rows.as_ref(), true);
    let mut measurements = asked.measure(&whole, &means);
    let mut slices = Vec::new();
    if let Some(rows) = &rows {
        for (slicing, sliced) in spec.slices.iter().zip(&rows.slices) {
            let parts = asked.slices(confidence, rows, sliced);
            if task == Task::Binary {
                measurements.extend(fair(spec, slicing, &parts, &means, &mut findings));
            }
            slices.extend(parts.into_iter().map(|part| part.slice(slicing.name(), spec.small_slice)));
        }
    }
    findings.extend(undefined::findings(&measurements, whole.summary()));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if crate::finding::any_error(&findings) {
        return Err(findings);
    }
    let evidence = record::Predictions {
        rows: row_count,
        task,
        set,
        specification: spec.specification(),
        files: BTreeMap::new(),
        confidence,
        positive: classes.as_ref().and_then(Classes::positive),
        estimates: estimates(&measurements),
        slices,
        confusion: None,
        calibration: Vec::new(),
        curves: None,
    };
    let evidence = whole.pictures(evidence, spec, classes.as_ref(), &asked, &mut findings);
    Ok(Measured { evidence: Some(evidence), metrics: metrics(&measurements, &asked), findings })
}

/// Metrics by their names.
type Measurements = BTreeMap<String, Measurement>;

/// What is to be computed.
struct Asked<'a> {
    spec: &'a config::Predictions,
    measures: Vec<Measure>,
    /// Those that there are no probabilities for.
    without: Vec<Measure>,
    scored: bool,
}

fn needs_probabilities(measure: Measure) -> bool {
    matches!(measure, Measure::LogLoss | Measure::Brier | Measure::ExpectedCalibrationError)
}

impl<'a> Asked<'a> {
    fn of(spec: &'a config::Predictions, layout: &Layout, task: Task, checks: &Checks) -> Self {
        let scored = !layout.scores.is_empty();
        let fits = |measure: &Measure| {
            spec.asks_for(*measure) && measure.is_of(task) && (measure.needs() == Needs::Predicted || scored)
        };
        let (without, measures) = Measure::ALL
            .into_iter()
            .filter(fits)
            .partition(|measure| needs_probabilities(*measure) && checks.not_a_share.count > 0);
        Self { spec, measures, without, scored }
    }

    fn findings(&self, checks: &Checks, places: Places<'_>) -> Vec<Finding> {
        let by_name = self.spec.metrics.is_some() && !self.without.is_empty();
        let asks = self.measures.iter().chain(&self.without).any(|measure| needs_probabilities(*measure));
        if asks { checks.of_scores(by_name, places) } else { Vec::new() }
    }

    fn wishes(&self, pictures: bool) -> Wishes {
        let wishes = Wishes::of(self.spec, pictures);
        if self.without.is_empty() { wishes } else { Wishes { log: false, brier: false, bins: 0, ..wishes } }
    }

    fn means<'b>(&self, confidence: f64, rows: Option<&'b Rows>, resample: bool) -> Means<'b> {
        let rows = match self.spec.intervals {
            Intervals::Bootstrap(resamples) => rows.map(|rows| (rows, resamples)),
            Intervals::Auto => None,
        };
        Means { confidence, resample, rows, bins: self.spec.bins }
    }

    fn measure(&self, whole: &Whole, means: &Means<'_>) -> Measurements {
        let named = |(measure, measured): (&Measure, Option<Measurement>)| {
            Some((measure.word().to_owned(), measured?))
        };
        match whole {
            Whole::Classes(summary) => {
                let margins = summary.margins();
                let of = |measure: &Measure| means.of_classes(*measure, summary, &margins);
                self.measures.iter().map(|measure| (measure, of(measure))).filter_map(named).collect()
            }
            Whole::Numbers(errors) => {
                let of = |measure: &Measure| means.of_numbers(*measure, errors);
                self.measures.iter().map(|measure| (measure, of(measure))).filter_map(named).collect()
            }
        }
    }

    /// Each slice on its own, in order, on any thread.
    fn slices(&self, confidence: f64, rows: &Rows, sliced: &Sliced) -> Vec<Part> {
        let resample = sliced.0.len() <= MOST_RESAMPLED;
        let part = |(name, places): (&String, Vec<u32>)| {
            let part = rows.at(&places);
            let whole = Whole::of_rows(&part, self.wishes(false));
            let measurements = self.measure(&whole, &self.means(confidence, Some(&part), resample));
            let cells = match whole {
                Whole::Classes(summary) => summary.cells,
                Whole::Numbers(_) => Cells::default(),
            };
            Part { name: name.clone(), rows: places.len() as u64, estimates: estimates(&measurements), cells }
        };
        sliced.0.par_iter().zip(members(sliced)).map(part).collect()
    }
}

/// A slice that was measured.
struct Part {
    name: String,
    rows: u64,
    estimates: BTreeMap<MetricName, Estimate>,
    cells: Cells,
}

impl Part {
    fn slice(self, by: String, small: u64) -> Slice {
        let Self { name, rows, estimates, .. } = self;
        Slice { by, name, rows, small: rows < small, estimates }
    }
}

/// All that metrics of some rows follow from.
enum Whole {
    Classes(Box<Summary>),
    Numbers(Box<Errors>),
}

impl Whole {
    fn of_gathered(gathered: &mut Gathered, classes: Option<&Classes>, wishes: Wishes) -> Self {
        match classes {
            Some(classes) => Self::Classes(Box::new(Summary::of_tally(
                std::mem::take(&mut gathered.tally),
                classes,
                wishes,
            ))),
            None => {
                let mut errors = std::mem::take(&mut gathered.errors);
                errors.median.sort();
                Self::Numbers(Box::new(errors))
            }
        }
    }

    fn of_rows(rows: &Rows, wishes: Wishes) -> Self {
        match &rows.target {
            Target::Classes { .. } => {
                Self::Classes(Box::new(Summary::of_rows(rows, wishes).unwrap_or_default()))
            }
            Target::Regression { truth, predicted } => {
                let mut errors = Errors::of(truth, predicted, rows.weights.as_deref(), true);
                errors.median.sort();
                Self::Numbers(Box::new(errors))
            }
        }
    }

    fn summary(&self) -> Option<&Summary> {
        match self {
            Self::Classes(summary) => Some(summary),
            Self::Numbers(_) => None,
        }
    }

    /// What only pictures show.
    fn pictures(
        self,
        evidence: record::Predictions,
        spec: &config::Predictions,
        classes: Option<&Classes>,
        asked: &Asked<'_>,
        findings: &mut Vec<Finding>,
    ) -> record::Predictions {
        let (Self::Classes(summary), Some(classes)) = (self, classes) else { return evidence };
        let shown = classes.labels.len() <= MOST_SHOWN;
        if !shown {
            let message = format!("there is no confusion matrix of {} classes", classes.labels.len());
            findings.push(Finding::notice("confusion-too-large", message));
        }
        let calibrated = asked.scored && asked.without.is_empty();
        let [positives, negatives] = &summary.ranks;
        let curves = ranking::curves(positives, negatives, &spec.targets);
        findings.extend(unreached(positives, negatives, &spec.targets, curves.as_ref()));
        record::Predictions {
            confusion: shown.then(|| confusion(&summary, classes)),
            calibration: if calibrated { summary.calibration.bins() } else { Vec::new() },
            curves,
            ..evidence
        }
    }
}

fn confusion(summary: &Summary, classes: &Classes) -> Confusion {
    let mut counts = vec![vec![0.0; classes.labels.len()]; classes.labels.len()];
    for ((truth, predicted), cell) in &summary.cells.0 {
        counts[*truth as usize][*predicted as usize] = cell.weight.value();
    }
    Confusion { labels: classes.labels.clone(), counts }
}

fn estimates(measurements: &Measurements) -> BTreeMap<MetricName, Estimate> {
    let named = |(name, measurement): (&String, &Measurement)| {
        Some((MetricName::new(name.as_str()).ok()?, measurement.estimate()?))
    };
    measurements.iter().filter_map(named).collect()
}

fn metrics(measurements: &Measurements, asked: &Asked<'_>) -> BTreeMap<MetricName, MetricValue> {
    let nan = || MetricValue::Text("NaN".into());
    let value = |measurement: &Measurement| match measurement.estimate() {
        Some(estimate) => MetricValue::Number(estimate.value),
        None => nan(),
    };
    let measured = measurements.iter().map(|(name, measurement)| (name.clone(), value(measurement)));
    let without = asked.without.iter().map(|measure| (measure.word().to_owned(), nan()));
    measured.chain(without).filter_map(|(name, value)| Some((MetricName::new(name).ok()?, value))).collect()
}

/// The differences between the slices of a slicing that are not small.
fn fair(
    spec: &config::Predictions,
    slicing: &config::Slicing,
    parts: &[Part],
    means: &Means<'_>,
    findings: &mut Vec<Finding>,
) -> Measurements {
    let (large, small): (Vec<&Part>, Vec<&Part>) =
        parts.iter().partition(|part| part.rows >= spec.small_slice);
    if !small.is_empty() {
        let names: Vec<String> = small.iter().map(|part| part.name.clone()).collect();
        let message = format!(
            "the fairness of {} leaves out what has fewer than {} rows: {}",
            shown(&slicing.name()),
            spec.small_slice,
            listed(&names)
        );
        findings.push(Finding::notice("slices-small", message));
    }
    let cells: Vec<&Cells> = large.iter().map(|part| &part.cells).collect();
    let mut differences = Measurements::new();
    for fairness in Fairness::ALL {
        let name = format!("{}.{}", fairness.word(), slicing.name());
        let (difference, left_out) = fairness::difference(fairness, &cells, means.confidence);
        // With fewer than two left it is NaN, and that is said anyway.
        if !left_out.is_empty() && difference.value.number.is_finite() {
            let names: Vec<String> = left_out.iter().map(|place| large[*place].name.clone()).collect();
            let message = format!(
                "{} leaves out what has no rows to take its share of: {}",
                shown(&name),
                listed(&names)
            );
            findings.push(Finding::notice("slices-without-class", message));
        }
        differences.insert(name, difference);
    }
    differences
}
