//! The judgement: every rule of the policy against the record.

use std::collections::BTreeMap;

use super::notes::notes;
use super::rule::{Decision, Reference, decide, fail, finite};
use super::words;
use crate::config::{Gate, Rule};
use crate::name::MetricName;
use crate::record::{MetricValue, Record, Row, Verdict, judged};

/// Judges the candidate's metrics against the policy and the baseline in the record.
///
/// Pure and total: the same on any machine. Approved only when there are rows and all of them pass.
#[must_use]
pub fn judge(policy: &Gate, record: &Record) -> Verdict {
    verdict(policy, record, Reference::None(policy.without_baseline))
}

/// The same where there is a baseline that cannot be read: no rule that compares passes, whatever the policy says
/// of a model that has none.
#[must_use]
pub fn judge_unread(policy: &Gate, record: &Record) -> Verdict {
    verdict(policy, record, Reference::Unreadable)
}

fn verdict(policy: &Gate, record: &Record, without: Reference<'_>) -> Verdict {
    let metrics = record.metrics();
    let rows: Vec<Row> =
        policy.rules.iter().map(|rule| row(rule, policy, &metrics, record, without)).collect();
    let is_unread = matches!(without, Reference::Unreadable);
    Verdict {
        conclusion: judged(&rows),
        rows,
        confidence: policy.confidence,
        notes: notes(policy, record, is_unread),
    }
}

/// `without` is what there is to compare with where the record has no baseline.
fn row(
    rule: &Rule,
    policy: &Gate,
    metrics: &BTreeMap<MetricName, MetricValue>,
    record: &Record,
    without: Reference<'_>,
) -> Row {
    let value = metrics.get(&rule.metric);
    let baseline = record.baseline.as_ref().and_then(|baseline| baseline.metrics.get(&rule.metric));
    let reference = match (&record.baseline, baseline) {
        (None, _) => without,
        (Some(_), None) => Reference::Lacks(policy.without_baseline),
        (Some(_), Some(value)) => Reference::Value(value),
    };
    let Decision { outcome, margin, because } = match value {
        Some(value) => decide(rule, value, reference),
        None => fail(unmeasured(&rule.metric, metrics)),
    };
    Row {
        relative: rule.relative,
        value: value.cloned(),
        baseline: baseline.cloned(),
        change: change(value, baseline),
        margin,
        outcome,
        because,
        ..Row::new(rule.metric.clone(), rule.kind, rule.bound.clone())
    }
}

fn change(value: Option<&MetricValue>, baseline: Option<&MetricValue>) -> Option<f64> {
    let change = finite(value?)? - finite(baseline?)?;
    change.is_finite().then_some(change)
}

fn unmeasured(wanted: &MetricName, metrics: &BTreeMap<MetricName, MetricValue>) -> String {
    if metrics.is_empty() {
        return "nobody measured it: evaluate recorded no metrics".into();
    }
    match nearest(wanted.as_str(), metrics) {
        Some(name) => format!("nobody measured it; {} was measured", words::quoted(name)),
        None => "nobody measured it".into(),
    }
}

/// The metric that was probably meant: the same last word elsewhere in the tree, or a near spelling.
fn nearest<'a>(wanted: &str, metrics: &'a BTreeMap<MetricName, MetricValue>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let same_leaf = leaf(&name) == leaf(&wanted);
        strsim::jaro_winkler(&name, &wanted).max(if same_leaf { 0.95 } else { 0.0 })
    };
    metrics
        .keys()
        .map(|name| (likeness(name.as_str()), name.as_str()))
        .filter(|(likeness, _)| *likeness >= 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

fn leaf(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
