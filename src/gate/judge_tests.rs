#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::config::{BaselineSource, Better, Correction, WithoutBaseline};
use crate::context::Context;
use crate::name::{Digest, ModelName};
use crate::record::{Baseline, Conclusion, Evidence, Outcome, RowOutcome, RuleKind, StepRecord};
use crate::step::Step;

pub(super) fn name(text: &str) -> MetricName {
    MetricName::new(text).unwrap()
}

pub(super) fn number(value: f64) -> MetricValue {
    MetricValue::Number(value)
}

fn text(value: &str) -> MetricValue {
    MetricValue::Text(value.into())
}

pub(super) type Metrics<'a> = &'a [(&'a str, MetricValue)];

pub(super) fn record(metrics: Metrics<'_>, baseline: Option<Metrics<'_>>) -> Record {
    let collect = |metrics: Metrics<'_>| -> BTreeMap<MetricName, MetricValue> {
        metrics.iter().map(|(key, value)| (name(key), value.clone())).collect()
    };
    let mut record = Record::new(
        "1".into(),
        ModelName::new("m").unwrap(),
        "2026-01-01T00:00:00Z".into(),
        Context::default(),
    );
    record.put(step(Step::Evaluate, Evidence { metrics: collect(metrics), ..Evidence::default() }));
    record.baseline = baseline.map(|metrics| Baseline {
        from: "default-branch".into(),
        metrics: collect(metrics),
        ..Baseline::default()
    });
    record
}

fn step(step: Step, evidence: Evidence) -> StepRecord {
    StepRecord {
        step,
        outcome: Outcome::Passed,
        because: String::new(),
        help: None,
        started: String::new(),
        seconds: 0.0,
        findings: Vec::new(),
        evidence,
    }
}

pub(super) fn rule(metric: &str, kind: RuleKind, bound: MetricValue) -> Rule {
    Rule {
        metric: name(metric),
        kind,
        bound,
        relative: false,
        better: Better::Higher,
        slices: None,
        warn: false,
    }
}

pub(super) fn share(metric: &str, kind: RuleKind, fraction: f64) -> Rule {
    Rule { relative: true, ..rule(metric, kind, number(fraction)) }
}

pub(super) fn lower(rule: Rule) -> Rule {
    Rule { better: Better::Lower, ..rule }
}

pub(super) fn gate(rules: Vec<Rule>) -> Gate {
    Gate {
        baseline: BaselineSource::DefaultBranch,
        without_baseline: WithoutBaseline::Pass,
        confidence: None,
        correction: Correction::Holm,
        rules,
        cut: Vec::new(),
    }
}

/// What a person would read, a row a line.
pub(super) fn told(verdict: &Verdict) -> String {
    let mut told = format!("{}\n", verdict.conclusion.word());
    for row in &verdict.rows {
        let margin = row.margin.map_or("-".to_owned(), words::number);
        let (metric, rule, outcome) = (&row.metric, row.rule.word(), row.outcome.word());
        writeln!(told, "{metric} {rule} {outcome} [{margin}]: {}", row.because).unwrap();
    }
    for note in &verdict.notes {
        writeln!(told, "note: {note}").unwrap();
    }
    told
}

#[test]
fn every_rule_says_why() {
    use RuleKind::{Equals, Max, MaxDrop, MaxRise, Min, MinGain};
    let metrics = [
        ("accuracy", number(0.905)),
        ("close", number(0.849_999_999)),
        ("latency", number(55.0)),
        ("version", text("v2")),
        ("fair", text("true")),
        ("rows", number(171.0)),
        ("exact", number(0.89)),
    ];
    let baseline = [
        ("accuracy", number(0.965)),
        ("close", number(0.85)),
        ("latency", number(50.0)),
        ("version", text("v1")),
        ("rows", number(171.0)),
        ("exact", number(0.9)),
    ];
    let policy = gate(vec![
        rule("accuracy", Min, number(0.9)),
        rule("accuracy", Min, number(0.93)),
        rule("accuracy", MaxDrop, number(0.02)),
        rule("accuracy", MaxDrop, number(0.1)),
        share("accuracy", MaxDrop, 0.02),
        rule("accuracy", MaxRise, number(0.0)),
        rule("accuracy", MinGain, number(0.01)),
        rule("exact", MaxDrop, number(0.01)),
        rule("close", Min, number(0.85)),
        rule("close", MaxDrop, number(0.0)),
        rule("latency", Max, number(50.0)),
        rule("latency", Max, number(55.0)),
        share("latency", MaxRise, 0.08),
        share("latency", MaxRise, 0.1),
        rule("latency", MaxDrop, number(1.0)),
        lower(rule("latency", MinGain, number(1.0))),
        lower(share("latency", MinGain, 0.1)),
        share("latency", MinGain, 0.1),
        rule("rows", MinGain, number(1.0)),
        rule("version", Equals, text("v2")),
        rule("version", Equals, text("v3")),
        rule("version", Equals, number(2.0)),
        rule("version", MaxDrop, number(2.0)),
        rule("fair", Equals, text("true")),
        rule("rows", Equals, number(171.0)),
        rule("rows", Equals, number(172.0)),
        rule("rows", Equals, text("171")),
    ]);
    insta::assert_snapshot!(told(&judge(&policy, &record(&metrics, Some(&baseline)))));
}

#[test]
fn what_is_missing_or_no_number_fails_and_says_so() {
    use RuleKind::{Max, MaxDrop, Min};
    let metrics = [
        ("loss", text("NaN")),
        ("quoted", text("0.91")),
        ("test.f1", number(0.9)),
        ("accuracy", number(0.9)),
        ("new", number(1.0)),
        ("was_nan", number(1.0)),
    ];
    let baseline = [("accuracy", number(0.9)), ("was_nan", text("NaN"))];
    let policy = gate(vec![
        rule("loss", Max, number(1.0)),
        rule("quoted", Min, number(0.9)),
        rule("f1", Min, number(0.5)),
        rule("Accuracy", Min, number(0.5)),
        rule("acuracy", MaxDrop, number(0.5)),
        rule("bleu", Min, number(0.5)),
        rule("new", MaxDrop, number(0.1)),
        rule("was_nan", MaxDrop, number(0.1)),
        rule("accuracy", Min, text("high")),
        rule("accuracy", Min, number(f64::NAN)),
    ]);
    insta::assert_snapshot!(told(&judge(&policy, &record(&metrics, Some(&baseline)))));
}

#[test]
fn a_baseline_of_zero_has_no_percentage() {
    use RuleKind::{MaxDrop, MaxRise, MinGain};
    let metrics = [("up", number(0.1)), ("down", number(-0.1)), ("same", number(0.0))];
    let baseline = [("up", number(0.0)), ("down", number(0.0)), ("same", number(0.0))];
    let mut rules = Vec::new();
    for metric in ["up", "down", "same"] {
        rules.extend([MaxDrop, MaxRise, MinGain].map(|kind| share(metric, kind, 0.1)));
    }
    // No percentage at all is no percentage of anything: that can be judged.
    rules.push(share("down", MaxDrop, 0.0));
    rules.push(share("same", MinGain, 0.0));
    insta::assert_snapshot!(told(&judge(&gate(rules), &record(&metrics, Some(&baseline)))));
}

#[test]
fn without_a_baseline_the_policy_decides_and_the_verdict_says_so() {
    let rules = vec![rule("a", RuleKind::Min, number(0.5)), rule("a", RuleKind::MaxDrop, number(0.1))];
    let candidate = record(&[("a", number(0.9))], None);
    let lenient = gate(rules);
    let strict = Gate { without_baseline: WithoutBaseline::Fail, ..lenient.clone() };
    let told = [told(&judge(&lenient, &candidate)), told(&judge(&strict, &candidate))].concat();
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_be_compared_with_a_baseline_that_is_there_is_inconclusive_whatever_the_policy() {
    let rules = vec![rule("a", RuleKind::Min, number(0.5)), rule("a", RuleKind::MaxDrop, number(0.1))];
    let candidate = record(&[("a", number(0.9))], None);
    for without_baseline in [WithoutBaseline::Pass, WithoutBaseline::Fail] {
        let policy = Gate { without_baseline, ..gate(rules.clone()) };
        let verdict = judge_unread(&policy, &candidate);
        assert_eq!(verdict.conclusion, Conclusion::Inconclusive);
        let outcomes: Vec<RowOutcome> = verdict.rows.iter().map(|row| row.outcome).collect();
        assert_eq!(outcomes, [RowOutcome::Pass, RowOutcome::Inconclusive]);
        assert!(verdict.notes.is_empty(), "{:?}", verdict.notes);
    }
}

#[test]
fn a_model_compared_with_itself_is_noticed() {
    let mut candidate = record(&[("a", number(0.9))], Some(&[("a", number(0.9))]));
    let outputs: BTreeMap<String, Digest> = [("model.joblib".to_owned(), Digest::from_bytes([1; 32]))].into();
    candidate.put(step(Step::Train, Evidence { outputs: outputs.clone(), ..Evidence::default() }));
    let policy = gate(vec![rule("a", RuleKind::MaxDrop, number(0.1))]);
    assert_eq!(judge(&policy, &candidate).notes, Vec::<String>::new());
    if let Some(baseline) = &mut candidate.baseline {
        baseline.outputs = outputs;
    }
    let notes = judge(&policy, &candidate).notes;
    assert!(notes.len() == 1 && notes[0].contains("byte for byte"), "{notes:?}");
}

#[test]
fn nothing_to_judge_is_not_approved() {
    assert_eq!(judge(&gate(Vec::new()), &record(&[], None)).conclusion, Conclusion::Inconclusive);
    let policy = gate(vec![rule("a", RuleKind::Min, number(0.0))]);
    assert_eq!(judge(&policy, &record(&[], None)).conclusion, Conclusion::Rejected);
}

#[test]
fn a_difference_beyond_all_numbers_is_judged_and_not_recorded() {
    let candidate = record(&[("a", number(-1.5e308))], Some(&[("a", number(1.5e308))]));
    let verdict = judge(&gate(vec![rule("a", RuleKind::MaxDrop, number(1.0))]), &candidate);
    let row = &verdict.rows[0];
    assert_eq!((row.outcome, row.change, row.margin), (RowOutcome::Fail, None, None));
    assert!(row.because.contains("more than any number"), "{}", row.because);
}

/// TFX: bounds are inclusive, what is missing fails, absolute and relative are both asked for, and
/// without a baseline a change threshold passes. It fails a relative change of a zero baseline; ours
/// looks first whether the candidate is worse at all.
#[test]
fn the_semantics_of_tfx_where_they_are_equal() {
    use RuleKind::{Max, MaxRise, Min, MinGain};
    let metrics = [("auc", number(0.8)), ("loss", number(0.5))];
    let baseline: Metrics<'_> = &[("auc", number(0.75)), ("loss", number(0.5))];
    let outcome =
        |rule: Rule, baseline| judge(&gate(vec![rule]), &record(&metrics, baseline)).rows[0].outcome;
    let both = Some(baseline);
    assert_eq!(outcome(rule("auc", Min, number(0.8)), both), RowOutcome::Pass, "lower_bound is inclusive");
    assert_eq!(outcome(rule("loss", Max, number(0.5)), both), RowOutcome::Pass, "upper_bound is inclusive");
    assert_eq!(outcome(rule("auc", MinGain, number(0.05)), both), RowOutcome::Pass, "absolute, inclusive");
    assert_eq!(outcome(rule("auc", MinGain, number(0.06)), both), RowOutcome::Fail);
    assert_eq!(outcome(share("auc", MinGain, 0.06), both), RowOutcome::Pass, "0.0667 of the baseline");
    assert_eq!(outcome(share("auc", MinGain, 0.07), both), RowOutcome::Fail);
    assert_eq!(
        outcome(lower(rule("loss", MinGain, number(0.0))), both),
        RowOutcome::Pass,
        "no change is ≤ 0"
    );
    assert_eq!(outcome(rule("loss", MaxRise, number(0.0)), both), RowOutcome::Pass);
    assert_eq!(outcome(rule("gone", Min, number(0.0)), both), RowOutcome::Fail, "missing");
    assert_eq!(outcome(rule("auc", MinGain, number(0.5)), None), RowOutcome::Pass, "rubber-stamped");
}

const KINDS: [RuleKind; 6] =
    [RuleKind::Min, RuleKind::Max, RuleKind::MaxDrop, RuleKind::MaxRise, RuleKind::MinGain, RuleKind::Equals];

/// Hard numbers more often than chance would bring them.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -2.0..2.0,
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            5e-324,
            f64::NAN,
            f64::INFINITY
        ])
    ]
}

fn any_value() -> impl Strategy<Value = MetricValue> {
    prop_oneof![
        4 => any_number().prop_map(MetricValue::Number),
        1 => prop::sample::select(vec!["NaN", "Infinity", "true", "0.9", "v2", ""]).prop_map(text),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let metric = prop::sample::select(vec!["a", "b", "missing"]);
    (metric, prop::sample::select(KINDS.to_vec()), any_value(), any::<bool>(), any::<bool>()).prop_map(
        |(metric, kind, bound, relative, higher)| Rule {
            metric: name(metric),
            kind,
            bound,
            relative,
            better: if higher { Better::Higher } else { Better::Lower },
            slices: None,
            warn: false,
        },
    )
}

fn rank(outcome: RowOutcome) -> u8 {
    match outcome {
        RowOutcome::Fail => 0,
        RowOutcome::Inconclusive => 1,
        RowOutcome::Pass => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_judge_is_total_and_approves_only_what_passes_whole(
        rules in prop::collection::vec(any_rule(), 0..5),
        a in any_value(),
        b in any_value(),
        baseline in prop::option::of(any_value()),
        strict in any::<bool>(),
    ) {
        let baseline = baseline.map(|value| [("a", value)]);
        let candidate = record(&[("a", a), ("b", b)], baseline.as_ref().map(|metrics| metrics.as_slice()));
        let without_baseline = if strict { WithoutBaseline::Fail } else { WithoutBaseline::Pass };
        let verdict = judge(&Gate { without_baseline, ..gate(rules.clone()) }, &candidate);
        prop_assert_eq!(verdict.rows.len(), rules.len());
        let whole = !verdict.rows.is_empty() && verdict.rows.iter().all(|row| row.outcome == RowOutcome::Pass);
        prop_assert_eq!(verdict.conclusion == Conclusion::Approved, whole);
        for row in &verdict.rows {
            prop_assert!(!row.because.is_empty() && !row.because.contains('\n'));
            prop_assert!(row.change.is_none_or(f64::is_finite) && row.margin.is_none_or(f64::is_finite));
            if let Some(margin) = row.margin {
                prop_assert_eq!(margin >= 0.0, row.outcome == RowOutcome::Pass, "{:?}", row);
            }
        }
    }

    #[test]
    fn a_better_candidate_never_fares_worse(
        rule in any_rule(),
        value in any_number(),
        more in any_number(),
        baseline in prop::option::of(any_number()),
    ) {
        prop_assume!(value.is_finite() && more.is_finite() && rule.kind != RuleKind::Equals);
        let rule = Rule { metric: name("a"), ..rule };
        let higher_is_better = match rule.kind {
            RuleKind::Min | RuleKind::MaxDrop => true,
            RuleKind::MinGain => rule.better == Better::Higher,
            _ => false,
        };
        let (low, high) = if value <= more { (value, more) } else { (more, value) };
        let (worse, better) = if higher_is_better { (low, high) } else { (high, low) };
        let baseline = baseline.map(|value| [("a", number(value))]);
        let fare = |value| {
            let candidate = record(&[("a", number(value))], baseline.as_ref().map(|metrics| metrics.as_slice()));
            rank(judge(&gate(vec![rule.clone()]), &candidate).rows[0].outcome)
        };
        prop_assert!(fare(better) >= fare(worse), "{rule:?}: {worse:e} fares better than {better:e}");
    }
}
