//! The judgement: every rule of the policy against the record.

use std::collections::BTreeMap;

use super::draft::{Draft, draft};
use super::known::Library;
use super::many;
use super::notes::{Facts, notes};
use super::rule::Reference;
use super::slices;
use super::words;
use crate::config::{Gate, Rule};
use crate::name::MetricName;
use crate::record::{MetricValue, Record, Row, Verdict, judged};

/// Judges the candidate's metrics against the policy and the baseline in the record.
///
/// Pure and total: the same on any machine. Approved only when there are rows that count and all of them pass.
#[must_use]
pub fn judge(policy: &Gate, record: &Record) -> Verdict {
    verdict(policy, record, &Reference::None(policy.without_baseline))
}

/// The same where there is a baseline that cannot be read: no rule that compares passes, whatever the policy says
/// of a model that has none.
#[must_use]
pub fn judge_unread(policy: &Gate, record: &Record) -> Verdict {
    verdict(policy, record, &Reference::Unreadable)
}

/// A rule's rows: that about all rows, and those about slices.
struct Judged<'a> {
    rule: &'a Rule,
    whole: Draft,
    slices: Vec<Draft>,
}

/// `without` is what there is to compare with where the record has no baseline.
fn verdict(policy: &Gate, record: &Record, without: &Reference) -> Verdict {
    let library = Library { policy, record, without };
    let metrics = record.metrics();
    let mut all: Vec<Judged<'_>> = policy
        .rules
        .iter()
        .map(|rule| Judged {
            rule,
            whole: whole(library, rule, &metrics),
            slices: rule
                .slices
                .as_ref()
                .map(|wanted| slices::drafts(library, rule, wanted))
                .unwrap_or_default(),
        })
        .collect();
    // Before the worst slices are picked: who picks has looked at all of them.
    let mut drafts: Vec<&mut Draft> = all
        .iter_mut()
        .flat_map(|judged| std::iter::once(&mut judged.whole).chain(&mut judged.slices))
        .collect();
    let tests = many::correct(policy, &mut drafts);
    let facts = Facts::of(policy, tests, drafts.iter().map(|draft| &**draft));
    let is_unread = matches!(without, Reference::Unreadable);
    let rows: Vec<Row> = all.into_iter().flat_map(shown).collect();
    Verdict {
        conclusion: judged(&rows),
        rows,
        confidence: policy.confidence,
        notes: notes(policy, record, is_unread, &facts),
    }
}

fn whole(library: Library<'_>, rule: &Rule, metrics: &BTreeMap<MetricName, MetricValue>) -> Draft {
    let known = library.whole(&rule.metric, metrics.get(&rule.metric));
    draft(library, rule, &known, || unmeasured(&rule.metric, metrics))
}

/// The rows that the verdict has of a rule.
fn shown(judged: Judged<'_>) -> Vec<Row> {
    let Judged { rule, whole, slices } = judged;
    let slices = match &rule.slices {
        Some(wanted) if wanted.worst => slices::worst(slices).into_iter().collect(),
        _ => slices,
    };
    std::iter::once(whole).chain(slices).map(|draft| draft.row).collect()
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
pub(super) fn nearest<'a>(wanted: &str, metrics: &'a BTreeMap<MetricName, MetricValue>) -> Option<&'a str> {
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
#[path = "evidence_tests.rs"]
mod evidence_tests;
#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
