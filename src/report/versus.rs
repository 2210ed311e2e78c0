//! Two records side by side: what `modelgate compare` says of them.
//!
//! Every change is B minus A.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::evidence;
use super::slices::metrics;

use crate::compare;
use crate::fault::{Fault, Result};
use crate::name::{Commit, Digest, MetricName};
use crate::number::{counted, percentage, thousands};
use crate::record::{Comparison, Estimate, Method, MetricValue, Predictions, Record, Row};

/// The `schema` of the document.
pub const SCHEMA: &str = "modelgate/compare/v1";

/// As many slices as the document has.
const SLICES: usize = 100;
/// As many names as a note lists.
const NAMES: usize = 5;

/// Two records side by side; as JSON the document [`SCHEMA`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The run that is compared with.
    pub a: Side,
    /// The run that is compared.
    pub b: Side,
    /// The confidence of the intervals; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Every metric that one of them has, by name.
    pub metrics: Vec<Metric>,
    /// The rules whose outcome differs, in the order of B, then of A.
    pub rules: Vec<Rule>,
    /// The slices that both have, those that changed most first, at most a hundred.
    pub slices: Vec<SliceChange>,
    /// What a reader should know besides, as sentences. Untrusted in part.
    pub notes: Vec<String>,
}

/// Which run it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Where it was read, as it was typed. Untrusted.
    pub from: String,
    /// The model.
    pub model: String,
    /// The run's id. Untrusted.
    pub run: String,
    /// When it began.
    pub started: String,
    /// The commit, where there was one.
    pub commit: Option<Commit>,
    /// The branch, where there was one. Untrusted.
    pub branch: Option<String>,
    /// How it ended; none of a run that has not.
    pub conclusion: Option<&'static str>,
    /// How many rows were evaluated; none without predictions.
    pub rows: Option<u64>,
    /// The evaluation set; none without predictions.
    pub set: Option<Digest>,
}

/// A metric of both, or of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub metric: MetricName,
    /// The value in A.
    pub a: Option<MetricValue>,
    /// The value in B.
    pub b: Option<MetricValue>,
    /// B minus A; none where one of them is no number.
    pub change: Option<f64>,
    /// The interval of the change; none for a plain difference.
    pub interval: Option<[f64; 2]>,
    /// How the interval came about.
    pub method: Option<Method>,
}

impl Metric {
    /// Whether both have the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.a == self.b
    }
}

/// A rule whose outcome differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// The metric.
    pub metric: MetricName,
    /// The slice; none is all rows. Untrusted.
    pub slice: Option<String>,
    /// The kind of rule, as its key.
    pub rule: &'static str,
    /// What it came to in A; none where A has no such rule.
    pub a: Option<Outcome>,
    /// What it came to in B; none where B has no such rule.
    pub b: Option<Outcome>,
}

/// What a rule came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// `pass`, `fail` or `inconclusive`.
    pub outcome: &'static str,
    /// The bound, as reports show it. Untrusted.
    pub bound: String,
    /// Whether it counted in the conclusion.
    pub counts: bool,
    /// Why. Untrusted.
    pub because: String,
}

/// A metric of a slice that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceChange {
    /// The slice. Untrusted.
    pub slice: String,
    /// The metric.
    pub metric: MetricName,
    /// The value in A.
    pub a: f64,
    /// The value in B.
    pub b: f64,
    /// B minus A.
    pub change: f64,
    /// The interval of the change; none for a plain difference.
    pub interval: Option<[f64; 2]>,
    /// The fewer of both sides' rows.
    pub rows: u64,
    /// Whether these are too few to say anything.
    pub small: bool,
}

/// Puts two records side by side. `from` is where each was read.
#[must_use]
pub fn compose(from: [&str; 2], a: &Record, b: &Record) -> Versus {
    let comparison = a
        .predictions()
        .zip(b.predictions())
        .map(|(a, b)| compare::unpaired(b, a, "a record does not hold the rows themselves".to_owned()));
    put(from, a, b, comparison.filter(|it| !it.changes.is_empty() || !it.slices.is_empty()))
}

/// The same with what the predictions of both come to, where they come to something.
fn put(from: [&str; 2], a: &Record, b: &Record, comparison: Option<Comparison>) -> Versus {
    Versus {
        schema: SCHEMA,
        a: side(from[0], a),
        b: side(from[1], b),
        confidence: comparison.as_ref().map(|it| it.confidence),
        metrics: all_metrics(a, b, comparison.as_ref()),
        rules: rules(a, b),
        slices: slices(a, b, comparison.as_ref()),
        notes: notes(a, b, comparison.as_ref()),
    }
}

/// The document as JSON, with a newline at the end.
///
/// # Errors
/// Only if a number in it is not finite, which no record has.
pub fn to_json(versus: &Versus) -> Result<String> {
    let text = serde_json::to_string_pretty(versus);
    text.map(|text| text + "\n").map_err(|error| Fault::new("write the comparison as JSON", error))
}

fn side(from: &str, record: &Record) -> Side {
    let context = &record.context;
    Side {
        from: from.to_owned(),
        model: record.model.to_string(),
        run: record.id.clone(),
        started: record.started.clone(),
        commit: context.commit.clone(),
        branch: context.branch.clone(),
        conclusion: record.conclusion.map(|conclusion| conclusion.word()),
        rows: record.predictions().map(|it| it.rows),
        set: record.predictions().map(|it| it.set),
    }
}

fn all_metrics(a: &Record, b: &Record, comparison: Option<&Comparison>) -> Vec<Metric> {
    let (a, b) = (a.metrics(), b.metrics());
    let names: BTreeSet<&MetricName> = a.keys().chain(b.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let (a, b) = (a.get(name), b.get(name));
            let change = a.and_then(MetricValue::number).zip(b.and_then(MetricValue::number));
            let change = change.map(|(a, b)| b - a).filter(|change| change.is_finite());
            let known = comparison.and_then(|it| it.changes.get(name)).filter(|it| is_of(it, change));
            Metric {
                metric: name.clone(),
                a: a.cloned(),
                b: b.cloned(),
                change,
                interval: known.and_then(|it| it.interval),
                method: known.filter(|it| it.interval.is_some()).and_then(|it| it.method),
            }
        })
        .collect()
}

/// Whether an interval is of this change. That of the predictions is of no other value of the same name: a metrics
/// file's, or a mean over repeats.
fn is_of(estimate: &Estimate, change: Option<f64>) -> bool {
    change.is_some_and(|change| (estimate.value - change).abs() <= 1e-9 * change.abs().max(1.0))
}

/// A rule, whatever its bound is.
type Key<'a> = (&'a MetricName, Option<&'a str>, &'static str, usize);

/// The rows by their rule; two rules of a kind for the same are told apart by their order.
fn by_rule(record: &Record) -> Vec<(Key<'_>, &Row)> {
    let mut seen: BTreeMap<(&MetricName, Option<&str>, &str), usize> = BTreeMap::new();
    let rows = record.verdict.iter().flat_map(|verdict| &verdict.rows);
    rows.map(|row| {
        let key = (&row.metric, row.slice.as_deref(), row.rule.word());
        let nth = seen.entry(key).and_modify(|nth| *nth += 1).or_insert(0);
        ((key.0, key.1, key.2, *nth), row)
    })
    .collect()
}

fn rules(a: &Record, b: &Record) -> Vec<Rule> {
    let (a, b) = (by_rule(a), by_rule(b));
    let known: BTreeMap<Key<'_>, &Row> = a.iter().copied().collect();
    let new: BTreeSet<Key<'_>> = b.iter().map(|(key, _)| *key).collect();
    let both = b.iter().map(|(key, row)| (*key, known.get(key).copied(), Some(*row)));
    let gone = a.iter().filter(|(key, _)| !new.contains(key)).map(|(key, row)| (*key, Some(*row), None));
    both.chain(gone)
        .filter(|(_, a, b)| a.map(|row| row.outcome) != b.map(|row| row.outcome))
        .map(|((metric, slice, rule, _), a, b)| Rule {
            metric: metric.clone(),
            slice: slice.map(str::to_owned),
            rule,
            a: a.map(outcome),
            b: b.map(outcome),
        })
        .collect()
}

fn outcome(row: &Row) -> Outcome {
    Outcome {
        outcome: row.outcome.word(),
        bound: super::bound(row),
        counts: row.aside.is_none(),
        because: row.because.clone(),
    }
}

/// The slices that both have: of the metrics with rules, or of all where there are no rules.
fn slices(a: &Record, b: &Record, comparison: Option<&Comparison>) -> Vec<SliceChange> {
    let Some((of_a, of_b)) = a.predictions().zip(b.predictions()) else { return Vec::new() };
    let rows: Vec<&Row> =
        [a, b].into_iter().flat_map(|it| &it.verdict).flat_map(|verdict| &verdict.rows).collect();
    let ruled = metrics(&rows);
    let before: BTreeMap<&str, _> = of_a.slices.iter().map(|slice| (slice.name.as_str(), slice)).collect();
    let mut changes = Vec::new();
    for slice in &of_b.slices {
        let Some(old) = before.get(slice.name.as_str()) else { continue };
        let known = comparison.and_then(|it| it.slices.get(&slice.name));
        for (metric, new) in &slice.estimates {
            let is_wanted = ruled.is_empty() || ruled.contains(&metric);
            let Some(was) = old.estimates.get(metric).filter(|_| is_wanted) else { continue };
            changes.push(SliceChange {
                slice: slice.name.clone(),
                metric: metric.clone(),
                a: was.value,
                b: new.value,
                change: new.value - was.value,
                interval: known.and_then(|known| known.get(metric)).and_then(|it| it.interval),
                rows: slice.rows.min(old.rows),
                small: slice.small || old.small,
            });
        }
    }
    changes.retain(|change| change.change.is_finite());
    // Metrics have units of their own, so a change is measured by the values that it lies between.
    let size =
        |it: &SliceChange| it.change.abs() / (it.a.abs() / 2.0 + it.b.abs() / 2.0).max(f64::MIN_POSITIVE);
    changes.sort_by(|one, other| one.small.cmp(&other.small).then(size(other).total_cmp(&size(one))));
    changes.truncate(SLICES);
    changes
}

fn notes(a: &Record, b: &Record, comparison: Option<&Comparison>) -> Vec<String> {
    let mut notes = Vec::new();
    if a.model != b.model {
        notes.push(format!("These are two models: A is «{}» and B is «{}».", a.model, b.model));
    }
    match (a.predictions(), b.predictions()) {
        (Some(a), Some(b)) => of_predictions(&mut notes, a, b, comparison),
        (Some(_), None) => notes.push("Only A has predictions, so all changes are plain differences.".into()),
        (None, Some(_)) => notes.push("Only B has predictions, so all changes are plain differences.".into()),
        (None, None) => {
            notes.push("Neither has predictions, so all changes are plain differences.".into());
        }
    }
    let confidence = |record: &Record| {
        record.verdict.as_ref().map(|verdict| verdict.confidence.map_or("values alone".into(), percentage))
    };
    if let (Some(one), Some(other)) = (confidence(a), confidence(b))
        && one != other
    {
        notes.push(format!("They were judged with different confidences: A by {one}, B by {other}."));
    }
    notes
}

fn of_predictions(
    notes: &mut Vec<String>,
    a: &Predictions,
    b: &Predictions,
    comparison: Option<&Comparison>,
) {
    if a.set == b.set {
        notes.push(match comparison {
            Some(comparison) => format!(
                "Both were evaluated on the same {} rows, but {}: a paired comparison, as the gate makes it, \
                 would have narrower intervals.",
                thousands(b.rows),
                evidence::compared(comparison)
            ),
            None => format!("Both were evaluated on the same {} rows.", thousands(b.rows)),
        });
    } else {
        notes.push(format!(
            "They were evaluated on different sets of {} and {} rows: what differs may be the rows and not the model.",
            thousands(a.rows),
            thousands(b.rows)
        ));
    }
    if a.task != b.task {
        notes.push("They predict different things, so their metrics can hardly be compared.".into());
    }
    if a.confidence.total_cmp(&b.confidence).is_ne() {
        notes.push(format!(
            "Their intervals have different confidences: A {}, B {}.",
            percentage(a.confidence),
            percentage(b.confidence)
        ));
    }
    for (name, one, other) in [("A", a, b), ("B", b, a)] {
        let known: BTreeSet<&str> = other.slices.iter().map(|slice| slice.name.as_str()).collect();
        let only: Vec<&str> = one
            .slices
            .iter()
            .map(|slice| slice.name.as_str())
            .filter(|slice| !known.contains(slice))
            .collect();
        if !only.is_empty() {
            let listed = only.iter().take(NAMES).copied().collect::<Vec<_>>().join("; ");
            let more = if only.len() > NAMES { " …" } else { "" };
            let slices = counted(only.len(), "slice", "slices");
            notes.push(format!("Only {name} has {slices}: {listed}{more}"));
        }
    }
}

#[cfg(test)]
mod tests;
