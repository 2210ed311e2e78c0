//! Verdicts over predictions: intervals, slices, rows that were compared.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{gate, lower, name, number, record, rule, share, told};
use super::*;
use crate::config::{Correction, RuleSlices, WithoutBaseline};
use crate::name::Digest;
use crate::record::{
    Aside, Comparison, Conclusion, Estimate, Method, Pairing, Predictions, Repeat, RowOutcome, RuleKind,
    Slice, Task, contradiction,
};
use crate::step::Step;

type Sure = (f64, Option<[f64; 2]>);

fn estimate((value, interval): Sure) -> Estimate {
    Estimate { value, interval, method: interval.map(|_| Method::Wilson) }
}

fn estimates(of: &[(&str, Sure)]) -> BTreeMap<MetricName, Estimate> {
    of.iter().map(|(metric, sure)| (name(metric), estimate(*sure))).collect()
}

fn predictions(of: &[(&str, Sure)]) -> Predictions {
    Predictions {
        rows: 1000,
        task: Task::Binary,
        set: Digest::from_bytes([1; 32]),
        specification: Digest::from_bytes([3; 32]),
        files: BTreeMap::new(),
        confidence: 0.95,
        positive: None,
        estimates: estimates(of),
        slices: Vec::new(),
        confusion: None,
        calibration: Vec::new(),
        curves: None,
    }
}

fn slice(name: &str, rows: u64, of: &[(&str, Sure)]) -> Slice {
    let by = name.split('=').next().unwrap().to_owned();
    Slice { by, name: name.to_owned(), rows, small: rows < 30, estimates: estimates(of) }
}

/// A candidate that was measured by its predictions, and a baseline that was.
struct Measured {
    record: Record,
}

impl Measured {
    fn new(candidate: &[(&str, Sure)], baseline: Option<&[(&str, Sure)]>) -> Self {
        let metrics = |of: &[(&str, Sure)]| -> Vec<(String, MetricValue)> {
            of.iter().map(|(name, (value, _))| ((*name).to_owned(), number(*value))).collect()
        };
        let (ours, theirs) = (metrics(candidate), baseline.map(metrics));
        fn borrowed(of: &[(String, MetricValue)]) -> Vec<(&str, MetricValue)> {
            of.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
        }
        let mut record = record(&borrowed(&ours), theirs.as_deref().map(borrowed).as_deref());
        record.steps[0].evidence.predictions = Some(predictions(candidate));
        if let (Some(found), Some(baseline)) = (&mut record.baseline, baseline) {
            found.predictions = Some(Box::new(predictions(baseline)));
        }
        Self { record }
    }

    fn compared(mut self, pairing: Pairing, rows: u64, changes: &[(&str, Sure)]) -> Self {
        let changes = estimates(changes);
        let comparison =
            Comparison { pairing, rows, doubt: None, confidence: 0.95, changes, slices: BTreeMap::new() };
        self.record.baseline.as_mut().unwrap().comparison = Some(Box::new(comparison));
        self
    }

    fn changed_on(mut self, slice: &str, changes: &[(&str, Sure)]) -> Self {
        let comparison = self.record.baseline.as_mut().unwrap().comparison.as_mut().unwrap();
        comparison.slices.insert(slice.to_owned(), estimates(changes));
        self
    }

    fn sliced(mut self, ours: Vec<Slice>, theirs: Vec<Slice>) -> Self {
        self.record.steps[0].evidence.predictions.as_mut().unwrap().slices = ours;
        if let Some(baseline) = &mut self.record.baseline {
            baseline.predictions.as_mut().unwrap().slices = theirs;
        }
        self
    }

    fn judged(&self, policy: &Gate) -> Verdict {
        judge(policy, &self.record)
    }
}

fn sure(rules: Vec<Rule>) -> Gate {
    Gate { confidence: Some(0.95), correction: Correction::None, ..gate(rules) }
}

fn over(by: &[&str], rule: Rule) -> Rule {
    let by = by.iter().map(|by| (*by).to_owned()).collect();
    Rule { slices: Some(RuleSlices { by, worst: false, small: false }), ..rule }
}

fn worst(rule: Rule) -> Rule {
    let slices = rule.slices.map(|slices| RuleSlices { worst: true, ..slices });
    Rule { slices, ..rule }
}

fn warned(rule: Rule) -> Rule {
    Rule { warn: true, ..rule }
}

fn shown(verdict: &Verdict) -> String {
    let mut told = told(verdict);
    for (index, row) in verdict.rows.iter().enumerate() {
        let aside = match row.aside {
            None => String::new(),
            Some(aside) => format!(" ({aside:?})"),
        };
        let slice = row.slice.as_deref().unwrap_or("all");
        told += &format!(
            "row {index}: {slice}{aside} change {:?} in {:?}, rows {:?}, more {:?}, {:?}\n",
            row.change.map(words::number),
            row.change_interval.map(|ends| ends.map(words::number)),
            row.rows,
            row.more_rows,
            row.method,
        );
    }
    told
}

const MIXED: &[(&str, Sure)] = &[
    ("within", (0.91, Some([0.88, 0.93]))),
    ("across", (0.86, Some([0.84, 0.88]))),
    ("below", (0.84, Some([0.82, 0.86]))),
    ("beyond", (0.80, Some([0.78, 0.82]))),
    ("bare", (0.9, None)),
    ("loss", (0.4, Some([0.3, 0.5]))),
];

#[test]
fn a_rule_is_decided_by_all_of_the_interval() {
    use RuleKind::{Equals, Max, Min};
    let rules = vec![
        rule("within", Min, number(0.85)),
        rule("across", Min, number(0.85)),
        rule("below", Min, number(0.85)),
        rule("beyond", Min, number(0.85)),
        rule("bare", Min, number(0.85)),
        rule("loss", Max, number(0.6)),
        rule("loss", Max, number(0.45)),
        rule("loss", Max, number(0.2)),
        rule("within", Min, number(0.88)),
        rule("within", Equals, number(0.91)),
        warned(rule("beyond", Min, number(0.85))),
    ];
    let measured = Measured::new(MIXED, None);
    let told = [shown(&measured.judged(&sure(rules.clone()))), shown(&measured.judged(&gate(rules)))];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_comparison_is_decided_by_the_interval_of_the_change() {
    use RuleKind::{MaxDrop, MaxRise, MinGain};
    let ours: &[(&str, Sure)] = &[
        ("same", (0.9, Some([0.88, 0.92]))),
        ("drop", (0.89, Some([0.87, 0.91]))),
        ("fall", (0.80, Some([0.78, 0.82]))),
        ("gain", (0.95, Some([0.93, 0.97]))),
        ("alone", (0.89, Some([0.87, 0.91]))),
        ("bare", (0.89, None)),
        ("zero", (0.1, Some([0.05, 0.15]))),
        ("loss", (0.5, Some([0.4, 0.6]))),
    ];
    let theirs: &[(&str, Sure)] = &[
        ("same", (0.9, Some([0.88, 0.92]))),
        ("drop", (0.894, Some([0.87, 0.91]))),
        ("fall", (0.9, Some([0.88, 0.92]))),
        ("gain", (0.9, Some([0.88, 0.92]))),
        ("alone", (0.894, None)),
        ("bare", (0.894, None)),
        ("zero", (0.0, None)),
        ("loss", (0.4, Some([0.3, 0.5]))),
    ];
    let changes: &[(&str, Sure)] = &[
        ("same", (0.0, Some([-0.004, 0.004]))),
        ("drop", (-0.004, Some([-0.013, 0.005]))),
        ("fall", (-0.1, Some([-0.12, -0.08]))),
        ("gain", (0.05, Some([0.03, 0.07]))),
        ("loss", (0.09, Some([0.05, 0.13]))),
    ];
    let rules = vec![
        rule("same", MaxDrop, number(0.01)),
        rule("drop", MaxDrop, number(0.01)),
        share("drop", MaxDrop, 0.01),
        rule("drop", MaxRise, number(0.01)),
        rule("fall", MaxDrop, number(0.01)),
        rule("gain", MinGain, number(0.01)),
        rule("gain", MinGain, number(0.04)),
        rule("gain", MaxDrop, number(0.0)),
        rule("alone", MaxDrop, number(0.01)),
        rule("bare", MaxDrop, number(0.01)),
        share("zero", MaxDrop, 0.1),
        share("zero", MaxRise, 0.1),
        lower(rule("loss", MinGain, number(0.01))),
        rule("loss", MaxRise, number(0.1)),
        rule("loss", MaxRise, number(0.2)),
    ];
    let measured = Measured::new(ours, Some(theirs)).compared(Pairing::Id, 950, changes);
    let told = [shown(&measured.judged(&sure(rules.clone()))), shown(&measured.judged(&gate(rules)))];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn how_the_sides_were_brought_together_is_a_note() {
    let sides: &[(&str, Sure)] = &[("a", (0.9, Some([0.88, 0.92])))];
    let change: &[(&str, Sure)] = &[("a", (0.0, Some([-0.02, 0.02])))];
    let policy = sure(vec![rule("a", RuleKind::MaxDrop, number(0.1))]);
    let notes = |pairing, rows, other_set: bool| {
        let mut measured = Measured::new(sides, Some(sides)).compared(pairing, rows, change);
        if other_set {
            measured.record.baseline.as_mut().unwrap().predictions.as_mut().unwrap().set =
                Digest::from_bytes([2; 32]);
        }
        measured.judged(&policy).notes.join(" ")
    };
    let told = [
        notes(Pairing::Row, 1000, false),
        notes(Pairing::Id, 950, true),
        notes(Pairing::Unpaired("the baseline's predictions are\nnot kept".into()), 1000, true),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_doubted_does_not_pass() {
    let ours: &[(&str, Sure)] = &[("a", (0.9, Some([0.88, 0.92])))];
    let change: &[(&str, Sure)] = &[("a", (0.0, Some([-0.004, 0.004])))];
    let mut measured = Measured::new(ours, Some(ours)).compared(Pairing::Id, 690, change);
    let comparison = measured.record.baseline.as_mut().unwrap().comparison.as_mut().unwrap();
    comparison.doubt = Some("310 of the baseline's 1,000 rows are not among the candidate's".into());
    let rules = vec![
        rule("a", RuleKind::MaxDrop, number(0.01)),
        rule("a", RuleKind::MinGain, number(0.01)),
        rule("a", RuleKind::Min, number(0.85)),
        rule("b", RuleKind::Min, number(0.85)),
    ];
    let told = [shown(&measured.judged(&sure(rules.clone()))), shown(&measured.judged(&gate(rules)))];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn no_more_rows_decide_what_is_doubted() {
    let ours: &[(&str, Sure)] = &[("a", (0.9, Some([0.88, 0.92])))];
    let change: &[(&str, Sure)] = &[("a", (0.0, Some([-0.02, 0.02])))];
    let mut measured = Measured::new(ours, Some(ours)).compared(Pairing::Id, 690, change);
    let policy =
        sure(vec![rule("a", RuleKind::MaxDrop, number(0.01)), rule("a", RuleKind::Min, number(0.89))]);
    assert!(measured.judged(&policy).rows[0].more_rows.is_some(), "rows that nobody doubts");
    measured.record.baseline.as_mut().unwrap().comparison.as_mut().unwrap().doubt =
        Some("they are others".into());
    let rows = measured.judged(&policy).rows;
    assert_eq!((rows[0].outcome, rows[0].more_rows), (RowOutcome::Inconclusive, None));
    assert!(rows[0].because.contains("; but they are others"), "{}", rows[0].because);
    assert!(!rows[0].because.contains("would decide"), "{}", rows[0].because);
    assert!(rows[1].more_rows.is_some(), "it compares nothing");
}

#[test]
fn a_difference_that_leaves_out_a_group_of_the_baseline_s_does_not_pass() {
    const METRIC: &str = "demographic_parity_difference.region";
    let all: &[(&str, Sure)] = &[(METRIC, (0.03, Some([0.01, 0.04])))];
    let change: &[(&str, Sure)] = &[(METRIC, (0.0, Some([-0.01, 0.01])))];
    let rules = vec![rule(METRIC, RuleKind::Max, number(0.2)), rule(METRIC, RuleKind::MaxRise, number(0.1))];
    let of = |ours: &[(&str, u64)], cut: &[&str], confident: bool| {
        let slices =
            |of: &[(&str, u64)]| of.iter().map(|(name, rows)| slice(name, *rows, &[])).collect::<Vec<_>>();
        let theirs = slices(&[("region=n", 500), ("region=s", 1500), ("region=t", 12)]);
        let measured = Measured::new(all, Some(all)).sliced(slices(ours), theirs);
        let cut = cut.iter().map(|cut| (*cut).to_owned()).collect();
        let policy = if confident { sure(rules.clone()) } else { gate(rules.clone()) };
        let verdict = measured.compared(Pairing::Row, 1000, change).judged(&Gate { cut, ..policy });
        verdict.rows.into_iter().map(|row| (row.outcome, row.because)).collect::<Vec<_>>()
    };
    for confident in [false, true] {
        let is = |ours: &[(&str, u64)], cut: &[&str], outcome| {
            of(ours, cut, confident).iter().all(|(found, _)| *found == outcome)
        };
        assert!(is(&[("region=n", 500), ("region=s", 30)], &[], RowOutcome::Pass));
        assert!(is(&[("region=n", 500), ("region=s1", 60)], &["region"], RowOutcome::Pass));
        assert!(is(&[("region=n", 500), ("region=s1", 20)], &[], RowOutcome::Inconclusive));
        assert!(is(&[("region=n", 500), ("region=s", 20)], &[], RowOutcome::Inconclusive));
    }
    let told = [
        of(&[("region=n", 500), ("region=s1", 20)], &[], true)[0].1.clone(),
        of(&[("region=n", 500), ("region=s", 20)], &[], false)[1].1.clone(),
        of(&[("region=s1", 20)], &[], false)[0].1.clone(),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_rows_of_both_do_not_excuse_all_of_them() {
    let ours: &[(&str, Sure)] = &[("a", (0.8, Some([0.78, 0.82])))];
    let theirs: &[(&str, Sure)] = &[("a", (0.9, Some([0.88, 0.92])))];
    let change: &[(&str, Sure)] = &[("a", (0.0, Some([-0.004, 0.004])))];
    let of = |rows| Measured::new(ours, Some(theirs)).compared(Pairing::Id, rows, change);
    let rules = vec![rule("a", RuleKind::MaxDrop, number(0.01))];
    for policy in [sure(rules.clone()), gate(rules)] {
        let row = of(900).judged(&policy).rows.remove(0);
        assert_eq!(row.outcome, RowOutcome::Inconclusive);
        assert!(row.because.contains("; but over all rows 0.8 is 0.1 below"), "{}", row.because);
        assert_eq!(of(1000).judged(&policy).rows[0].outcome, RowOutcome::Pass);
    }
}

#[test]
fn a_slice_that_shrank_is_not_set_aside() {
    let all: &[(&str, Sure)] = &[("a", (0.9, Some([0.89, 0.91])))];
    let of = |rows, before| {
        let measured = Measured::new(all, Some(all)).sliced(
            vec![slice("region=sea", rows, all), slice("region=land", 500, all)],
            vec![slice("region=sea", before, all), slice("region=land", 500, all)],
        );
        let row = measured.judged(&gate(vec![over(&["region"], rule("a", RuleKind::Min, number(0.8)))]));
        row.rows[1].clone()
    };
    let shrunk = of(20, 500);
    assert_eq!((shrunk.outcome, shrunk.aside), (RowOutcome::Inconclusive, None));
    assert!(
        shrunk.because.ends_with("the baseline has 500 rows of it, and only 20 are left"),
        "{}",
        shrunk.because
    );
    assert_eq!(of(20, 21).aside, Some(Aside::Small));
    assert_eq!(of(40, 500).outcome, RowOutcome::Pass);
}

#[test]
fn slices_that_are_cut_elsewhere_are_compared_by_their_rows_or_not_at_all() {
    let all: &[(&str, Sure)] = &[("a", (0.9, Some([0.89, 0.91])))];
    let of = |cut: &[&str], changed: Option<Sure>| {
        let mut measured = Measured::new(all, Some(all))
            .sliced(vec![slice("age=[0, 31)", 500, all)], vec![slice("age=[0, 30)", 500, all)])
            .compared(Pairing::Id, 1000, &[("a", (0.0, Some([-0.001, 0.001])))]);
        if let Some(change) = changed {
            measured = measured.changed_on("age=[0, 31)", &[("a", change)]);
        }
        let rule = over(&["age"], rule("a", RuleKind::MaxDrop, number(0.01)));
        let cut = cut.iter().map(|cut| (*cut).to_owned()).collect();
        measured.judged(&Gate { cut, ..sure(vec![rule]) }).rows.remove(1)
    };
    assert_eq!(of(&["age"], None).outcome, RowOutcome::Inconclusive);
    assert_eq!(of(&[], None).outcome, RowOutcome::Pass, "of values: without-baseline decides");
    assert_eq!(of(&["age"], Some((-0.1, Some([-0.12, -0.08])))).outcome, RowOutcome::Fail);
    let same = of(&["age"], Some((0.0, Some([-0.005, 0.005]))));
    assert_eq!((same.outcome, same.baseline), (RowOutcome::Pass, Some(number(0.9))));
}

#[test]
fn what_has_no_interval_passes_only_where_there_is_no_method() {
    let of = |metric: &str| {
        let measured = Measured::new(&[(metric, (0.9, None))], None);
        measured.judged(&sure(vec![rule(metric, RuleKind::Min, number(0.8))])).rows.remove(0)
    };
    assert_eq!(of("a").outcome, RowOutcome::Inconclusive);
    assert!(of("a").because.ends_with("; but there is no interval to be sure of it"));
    assert_eq!(of("max_error").outcome, RowOutcome::Pass);
}

fn regions() -> Measured {
    let all: &[(&str, Sure)] = &[("a", (0.9, Some([0.89, 0.91])))];
    let ours = vec![
        slice("region=north", 500, &[("a", (0.95, Some([0.93, 0.97])))]),
        slice("region=south", 400, &[("a", (0.86, Some([0.83, 0.89])))]),
        slice("region=west", 80, &[("a", (0.8, Some([0.7, 0.84])))]),
        slice("region=sea", 5, &[("a", (0.2, Some([0.04, 0.62])))]),
        slice("region=odd", 100, &[]),
        slice("plan=a", 20, &[("a", (0.9, Some([0.7, 0.97])))]),
        slice("plan=b", 10, &[("a", (0.8, Some([0.49, 0.94])))]),
    ];
    let theirs = vec![
        slice("region=north", 500, &[("a", (0.94, None))]),
        slice("region=south", 400, &[("a", (0.86, None))]),
        slice("region=east", 1200, &[("a", (0.9, None))]),
        slice("region=isle", 12, &[("a", (0.9, None))]),
    ];
    Measured::new(all, Some(all))
        .sliced(ours, theirs)
        .compared(Pairing::Id, 1000, all)
        .changed_on("region=north", &[("a", (0.01, Some([-0.005, 0.025])))])
}

#[test]
fn every_slice_has_a_row_and_small_ones_decide_nothing() {
    let rules = vec![
        over(&["region"], rule("a", RuleKind::Min, number(0.85))),
        over(&["region"], rule("a", RuleKind::MaxDrop, number(0.01))),
        over(&["plan"], rule("a", RuleKind::Min, number(0.5))),
        over(&["gone"], rule("a", RuleKind::Min, number(0.5))),
        warned(over(&["region"], rule("a", RuleKind::Min, number(0.99)))),
    ];
    insta::assert_snapshot!(shown(&regions().judged(&sure(rules))));
}

#[test]
fn the_worst_slice_says_how_many_more_do_not_pass() {
    let because = |north: f64, south: f64, sea: f64| {
        let ours = [("region=north", north), ("region=south", south), ("region=sea", sea)]
            .map(|(name, value)| slice(name, 500, &[("a", (value, Some([value - 0.02, value + 0.02])))]));
        let measured =
            Measured::new(&[("a", (0.9, Some([0.89, 0.91])))], None).sliced(ours.into(), Vec::new());
        let rule = worst(over(&["region"], rule("a", RuleKind::Min, number(0.85))));
        let policy = Gate { correction: Correction::None, ..sure(vec![rule]) };
        measured.judged(&policy).rows[1].because.clone()
    };
    let end =
        |north, south, sea| because(north, south, sea).split_once("; and ").map(|(_, end)| end.to_owned());
    assert_eq!(end(0.5, 0.6, 0.7).as_deref(), Some("2 more slices fail"));
    assert_eq!(end(0.5, 0.6, 0.86).as_deref(), Some("1 more slice fails, and 1 is inconclusive"));
    assert_eq!(end(0.86, 0.84, 0.85).as_deref(), Some("2 more slices are inconclusive"));
    assert_eq!(end(0.86, 0.95, 0.95), None);
    assert_eq!(end(0.5, 0.95, 0.95), None);
}

#[test]
fn the_worst_slice_is_the_one_that_decides() {
    let worst = |bound: f64| worst(over(&[], rule("a", RuleKind::Min, number(bound))));
    let mut measured = regions();
    let verdict = |measured: &Measured, bound| shown(&measured.judged(&gate(vec![worst(bound)])));
    let mut told = vec![verdict(&measured, 0.85)];
    measured = regions().sliced(
        vec![
            slice("region=north", 500, &[("a", (0.95, None))]),
            slice("region=south", 400, &[("a", (0.86, None))]),
            slice("region=sea", 5, &[("a", (0.2, None))]),
        ],
        Vec::new(),
    );
    told.push(verdict(&measured, 0.85));
    told.push(verdict(&measured, 0.9));
    told.push(verdict(&regions().sliced(Vec::new(), Vec::new()), 0.85));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_slice_that_only_the_baseline_has_fails_unless_it_is_cut_by_the_data() {
    let slices = Some(RuleSlices { by: vec!["region".to_owned()], worst: false, small: true });
    let lost = |cut: &[&str]| {
        let cut = cut.iter().map(|cut| (*cut).to_owned()).collect();
        let rule = Rule { slices: slices.clone(), ..rule("a", RuleKind::Min, number(0.0)) };
        let policy = Gate { cut, ..gate(vec![rule]) };
        let verdict = regions().judged(&policy);
        verdict.rows.iter().filter(|row| row.because.contains("the slice is missing")).count()
    };
    assert_eq!((lost(&[]), lost(&["region"])), (2, 0));
}

#[test]
fn of_many_tests_only_what_stands_the_correction_fails() {
    let names: Vec<String> = (0..12).map(|index| format!("m{index:02}")).collect();
    let mut of: Vec<(&str, Sure)> =
        names.iter().map(|name| (name.as_str(), (0.9, Some([0.88, 0.92])))).collect();
    of[3].1 = (0.829, Some([0.809, 0.849]));
    of[7].1 = (0.7, Some([0.68, 0.72]));
    let rules: Vec<Rule> = names.iter().map(|name| rule(name, RuleKind::Min, number(0.85))).collect();
    let measured = Measured::new(&of, None);
    let verdict = |correction| measured.judged(&Gate { correction, ..sure(rules.clone()) });
    let outcomes = |verdict: &Verdict| [3, 7].map(|index: usize| verdict.rows[index].outcome);
    let (holm, none) = (verdict(Correction::Holm), verdict(Correction::None));
    assert_eq!(outcomes(&none), [RowOutcome::Fail, RowOutcome::Fail]);
    assert_eq!(outcomes(&holm), [RowOutcome::Inconclusive, RowOutcome::Fail]);
    assert_eq!(
        holm.rows[3].because,
        "0.829 is below 0.85 by 0.021; it fails at its own 95 %, not after Holm's correction for 12 tests"
    );
    assert_eq!(holm.notes, ["12 rows are tests; a failure has to stand Holm's correction for them."]);
    // Rows that are set aside are no tests of the model.
    let few =
        rules.iter().cloned().enumerate().map(|(index, rule)| Rule { warn: index != 3, ..rule }).collect();
    let alone = measured.judged(&Gate { correction: Correction::Holm, ..sure(few) });
    assert_eq!(alone.rows[3].outcome, RowOutcome::Fail);
}

#[test]
fn the_worst_slice_is_corrected_for_all_that_were_looked_at() {
    let ours: Vec<Slice> = (0..20)
        .map(|index| {
            let sure = if index == 3 { (0.829, Some([0.809, 0.849])) } else { (0.9, Some([0.88, 0.92])) };
            slice(&format!("region={index}"), 500, &[("a", sure)])
        })
        .collect();
    let measured = Measured::new(&[("a", (0.9, Some([0.89, 0.91])))], None).sliced(ours, Vec::new());
    let rule = worst(over(&["region"], rule("a", RuleKind::Min, number(0.85))));
    let verdict = measured.judged(&Gate { correction: Correction::Holm, ..sure(vec![rule]) });
    assert_eq!(verdict.rows.len(), 2);
    assert_eq!(verdict.rows[1].slice.as_deref(), Some("region=3"));
    assert_eq!(verdict.rows[1].outcome, RowOutcome::Inconclusive);
    assert!(verdict.rows[1].because.contains("for 21 tests"), "{}", verdict.rows[1].because);
}

#[test]
fn a_mean_over_repeats_is_as_sure_as_they_agree() {
    let mut measured =
        Measured::new(&[("a", (0.9, Some([0.89, 0.91])))], Some(&[("a", (0.92, Some([0.91, 0.93])))]))
            .compared(Pairing::Id, 1000, &[("a", (-0.5, Some([-0.6, -0.4])))]);
    let evidence = &mut measured.record.steps[0].evidence;
    evidence.repeats = (0..5).map(|seed| Repeat { seed, metrics: [(name("a"), 0.9)].into() }).collect();
    let mean = Estimate { value: 0.9, interval: Some([0.86, 0.94]), method: Some(Method::Repeats) };
    evidence.means = [(name("a"), mean)].into();
    let rules = vec![
        rule("a", RuleKind::Min, number(0.87)),
        rule("a", RuleKind::Min, number(0.85)),
        rule("a", RuleKind::MaxDrop, number(0.01)),
    ];
    insta::assert_snapshot!(shown(&measured.judged(&sure(rules.clone()))));
    // Two samples are compared by their means, and the change has an interval of both.
    let change: &[(&str, Sure)] = &[("a", (-0.02, Some([-0.06, 0.02])))];
    let unpaired = measured.compared(Pairing::Unpaired("of a reason".into()), 1000, change);
    let row = unpaired.judged(&sure(rules)).rows.remove(2);
    assert_eq!(row.change_interval, Some([-0.06, 0.02]));
    assert!(row.because.contains("more repeats would decide"), "{}", row.because);
}

#[test]
fn rows_that_are_set_aside_approve_nothing() {
    let measured = Measured::new(&[("a", (0.9, None))], None);
    let warning = warned(rule("a", RuleKind::Min, number(0.95)));
    let holds = rule("a", RuleKind::Min, number(0.85));
    assert_eq!(measured.judged(&gate(vec![warning.clone()])).conclusion, Conclusion::Inconclusive);
    let verdict = measured.judged(&gate(vec![warning, holds]));
    assert_eq!(verdict.conclusion, Conclusion::Approved);
    assert_eq!((verdict.rows[0].outcome, verdict.rows[0].aside), (RowOutcome::Fail, Some(Aside::Warn)));
}

/// A value and an interval of some width around it, or none.
fn around(value: f64) -> impl Strategy<Value = Sure> {
    prop::option::of((0.0..0.1, 0.0..0.1)).prop_map(move |widths| {
        (value, widths.map(|(below, above): (f64, f64)| [value - below, value + above]))
    })
}

fn any_sure() -> impl Strategy<Value = Sure> {
    (0.0..1.0).prop_flat_map(around)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    use RuleKind::{Max, MaxDrop, MaxRise, Min, MinGain};
    let kind = prop::sample::select(vec![Min, Max, MaxDrop, MaxRise, MinGain]);
    (kind, 0.0..1.0, any::<bool>(), any::<bool>(), 0..4_u8).prop_map(
        |(kind, bound, higher, relative, slices)| {
            let bound = if kind.compares() { bound / 10.0 } else { bound };
            let relative = relative && kind.compares();
            let rule = Rule { relative, ..rule("a", kind, number(bound)) };
            let rule = if higher { rule } else { lower(rule) };
            match slices {
                0 => over(&["region"], rule),
                1 => worst(over(&[], rule)),
                2 => warned(rule),
                _ => rule,
            }
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
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Nor does any verdict contradict the record that it is of.
    #[test]
    fn the_judge_is_total_over_predictions(
        rules in prop::collection::vec(any_rule(), 0..6),
        whole in any_sure(),
        baseline in any_sure(),
        change in prop::option::of(any_sure()),
        slices in prop::collection::vec((any_sure(), 0..100_u64), 0..5),
        confident in any::<bool>(),
        holm in any::<bool>(),
    ) {
        let ours = slices.iter().enumerate().map(|(index, (sure, rows))| {
            slice(&format!("region={index}"), *rows, &[("a", *sure)])
        });
        let theirs = vec![slice("region=0", 50, &[("a", baseline)]), slice("region=9", 50, &[("a", baseline)])];
        let mut measured = Measured::new(&[("a", whole)], Some(&[("a", baseline)])).sliced(ours.collect(), theirs);
        if let Some((value, interval)) = change {
            let moved = (value - 0.5, interval.map(|ends| ends.map(|end| end - 0.5)));
            measured = measured.compared(Pairing::Row, 900, &[("a", moved)]);
        }
        let policy = Gate {
            confidence: confident.then_some(0.95),
            correction: if holm { Correction::Holm } else { Correction::None },
            ..gate(rules)
        };
        let verdict = measured.judged(&policy);
        let counting: Vec<_> = verdict.rows.iter().filter(|row| row.aside.is_none()).collect();
        let whole = !counting.is_empty() && counting.iter().all(|row| row.outcome == RowOutcome::Pass);
        prop_assert_eq!(verdict.conclusion == Conclusion::Approved, whole);
        for row in &verdict.rows {
            prop_assert!(!row.because.is_empty() && !row.because.contains('\n'));
            prop_assert!(!(row.outcome == RowOutcome::Pass && row.margin.is_some_and(|margin| margin < 0.0)));
        }
        let mut record = measured.record;
        record.verdict = Some(verdict);
        record.conclusion = None;
        let told = contradiction(&record);
        prop_assert!(told.as_ref().is_none_or(|told| told.contains("and gate is not in it")), "{:?}", told);
    }

    /// The correction never lets more through, and an interval never turns a failure into a pass.
    #[test]
    fn what_is_unsure_only_stops(
        rules in prop::collection::vec(any_rule(), 1..8),
        whole in any_sure(),
        baseline in any_sure(),
    ) {
        let measured = Measured::new(&[("a", whole)], Some(&[("a", baseline)]));
        let by_value = measured.judged(&gate(rules.clone()));
        let own = measured.judged(&sure(rules.clone()));
        let holm = measured.judged(&Gate { correction: Correction::Holm, ..sure(rules) });
        for ((value, own), holm) in by_value.rows.iter().zip(&own.rows).zip(&holm.rows) {
            prop_assert!(own.outcome == value.outcome || own.outcome == RowOutcome::Inconclusive);
            prop_assert!(holm.outcome == own.outcome
                || (own.outcome, holm.outcome) == (RowOutcome::Fail, RowOutcome::Inconclusive));
        }
        prop_assert_eq!(own.conclusion == Conclusion::Approved, holm.conclusion == Conclusion::Approved);
    }

    /// With the same widths, a better candidate never fares worse.
    #[test]
    fn a_better_candidate_never_fares_worse_with_intervals(
        rule in any_rule(),
        value in 0.0..1.0,
        more in 0.0..0.5,
        widths in (0.0..0.1, 0.0..0.1),
        baseline in 0.0..1.0,
        paired in any::<bool>(),
        strict in any::<bool>(),
    ) {
        let rule = Rule { slices: None, ..rule };
        let higher_is_better = match rule.kind {
            RuleKind::Min | RuleKind::MaxDrop => true,
            RuleKind::MinGain => rule.better == crate::config::Better::Higher,
            _ => false,
        };
        let (low, high) = (value, value + more);
        let (worse, better) = if higher_is_better { (low, high) } else { (high, low) };
        let (value, more): (f64, f64) = (worse, better);
        let around = |value: f64| (value, Some([value - widths.0, value + widths.1]));
        let fare = |value: f64| {
            let mut measured = Measured::new(&[("a", around(value))], Some(&[("a", (baseline, None))]));
            if paired {
                measured = measured.compared(Pairing::Row, 1000, &[("a", around(value - baseline))]);
            }
            let without_baseline = if strict { WithoutBaseline::Fail } else { WithoutBaseline::Pass };
            let policy = Gate { without_baseline, ..sure(vec![rule.clone()]) };
            rank(measured.judged(&policy).rows[0].outcome)
        };
        prop_assert!(fare(more) >= fare(value), "{:?}: {} fares better than {}", rule, value, more);
    }
}

/// The step is there so that the record is one that a run writes.
#[test]
fn the_records_of_these_tests_agree_with_themselves() {
    let record = regions().record;
    assert!(record.step(Step::Evaluate).is_some());
    assert_eq!(contradiction(&record), None);
}
