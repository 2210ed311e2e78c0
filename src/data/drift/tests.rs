//! The drift of columns and of data sets, of samples made by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use super::score::score;
use super::values::{Side, Values};
use super::{Compared, Lack, drift};
use crate::config::{Drift, DriftCorrection, DriftMethod, Measured, Reference};
use crate::record::data::{self as record, ColumnDrift, Role};
use crate::statistics::hash::mix;
use crate::table::Type;

pub fn asked(method: DriftMethod) -> Drift {
    Drift {
        reference: Reference::Set("train".into()),
        baseline_set: "train".into(),
        current: "live".into(),
        measure: Measured { method, ..Measured::default() },
        alpha: 0.05,
        correction: None,
        share: 0.5,
        columns: Vec::new(),
        from: None,
    }
}

fn numbers(values: impl IntoIterator<Item = f64>) -> Side<Vec<f64>> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    Side { missing: 0, strange: 0, values: Values::Numbers(values) }
}

fn texts(counts: &[(&str, u64)]) -> Side<Vec<f64>> {
    let counts: BTreeMap<Box<str>, u64> =
        counts.iter().map(|(text, rows)| (Box::from(*text), *rows)).collect();
    Side { missing: 0, strange: 0, values: Values::Categories(counts) }
}

pub fn column(
    name: &str,
    holds: Type,
    method: DriftMethod,
    sides: [Side<Vec<f64>>; 2],
) -> Compared<Vec<f64>> {
    let [reference, current] = sides;
    Compared {
        column: name.into(),
        role: Role::Feature,
        holds,
        measured: Measured { method, ..Measured::default() },
        reference,
        current,
    }
}

fn normal(rows: usize, shift: f64, seed: u64) -> impl Iterator<Item = f64> {
    let share =
        move |row: usize, draw: u64| mix(mix(seed) ^ (row as u64 * 12 + draw)) as f64 / 2_f64.powi(64);
    (0..rows).map(move |row| (0..12).map(|draw| share(row, draw)).sum::<f64>() - 6.0 + shift)
}

fn told(method: DriftMethod, holds: Type, sides: [Side<Vec<f64>>; 2]) -> ColumnDrift {
    let drift = drift(&asked(method), "train".into(), &[column("x", holds, method, sides)]);
    drift.columns.into_iter().next().expect("a column")
}

#[test]
fn every_method_sees_a_shift_and_none_sees_one_in_the_same_numbers() {
    for method in DriftMethod::ALL.into_iter().filter(|method| *method != DriftMethod::ChiSquare) {
        let shifted =
            told(method, Type::Number, [numbers(normal(2000, 0.0, 1)), numbers(normal(2000, 1.0, 2))]);
        assert!(shifted.drifted, "{method:?}: {}", shifted.because);
        let same = told(method, Type::Number, [numbers(normal(2000, 0.0, 1)), numbers(normal(2000, 0.0, 1))]);
        assert!(!same.drifted, "{method:?}: {}", same.because);
    }
    for method in DriftMethod::ALL
        .into_iter()
        .filter(|method| !matches!(method, DriftMethod::Ks | DriftMethod::Wasserstein))
    {
        let before = || texts(&[("a", 500), ("b", 500)]);
        let shifted = told(method, Type::Text, [before(), texts(&[("a", 800), ("b", 200)])]);
        assert!(shifted.drifted, "{method:?}: {}", shifted.because);
        let same = told(method, Type::Text, [before(), before()]);
        assert!(!same.drifted, "{method:?}: {}", same.because);
    }
}

#[test]
fn an_outlier_hides_nothing() {
    let with_outlier = |shift, seed| numbers(normal(2000, shift, seed).chain([1e9]));
    let shifted = told(DriftMethod::Auto, Type::Number, [with_outlier(0.0, 1), with_outlier(1.0, 2)]);
    assert!(shifted.drifted, "{}", shifted.because);
}

#[test]
fn rows_without_a_value_are_drift_of_their_own() {
    let gone = |missing| Side { missing, ..numbers(normal(1000, 0.0, 1)) };
    let moved = told(DriftMethod::Auto, Type::Number, [gone(10), gone(600)]);
    assert!(moved.drifted && moved.because.contains("37.5 % of the rows have no value"), "{}", moved.because);
    assert!(moved.score.expect("a score") < 0.1);
    let strange = |strange| Side { strange, ..numbers(normal(1000, 0.0, 1)) };
    assert!(told(DriftMethod::Auto, Type::Number, [strange(0), strange(600)]).drifted);
    // Evidently drops them, and so says nothing of them.
    assert!(!told(DriftMethod::Evidently, Type::Number, [gone(10), gone(600)]).drifted);
}

#[test]
fn categories_that_are_new_are_drift_of_their_own() {
    let many: Vec<(String, u64)> = (0..200).map(|n| (format!("c{n}"), 50)).collect();
    let many: Vec<(&str, u64)> = many.iter().map(|(name, rows)| (name.as_str(), *rows)).collect();
    let with_new = [many.as_slice(), &[("new", 800)]].concat();
    let moved = told(DriftMethod::Auto, Type::Text, [texts(&many), texts(&with_new)]);
    assert!(
        moved.drifted && moved.because.contains("a category that the reference has not"),
        "{}",
        moved.because
    );
    assert_eq!(moved.unseen.map(|share| (share * 10_800.0).round()), Some(800.0));
    // As many rare ones as the reference has are no news.
    let rare: Vec<String> = (0..400).map(|n| format!("r{n}")).collect();
    let (one, other) = rare.split_at(200);
    let with = |rare: &[String]| {
        let all: Vec<(&str, u64)> =
            rare.iter().map(|name| (name.as_str(), 1)).chain([("common", 800)]).collect();
        texts(&all)
    };
    let same = told(DriftMethod::Auto, Type::Text, [with(one), with(other)]);
    assert!(!same.drifted, "{}", same.because);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let sentence = |sides| told(DriftMethod::Auto, Type::Number, sides).because;
    let empty = || numbers([]);
    insta::assert_snapshot!(
        [
            sentence([empty(), numbers([1.0])]),
            sentence([numbers([1.0]), empty()]),
            sentence([empty(), empty()]),
            sentence([texts(&[("a", 1)]), Side { values: Values::Prose(1), ..texts(&[]) }]),
            sentence([numbers([f64::INFINITY, 1.0]), numbers([f64::NEG_INFINITY, 1.0])]),
        ]
        .join("\n")
    );
}

#[test]
fn what_is_infinitely_far_away_has_no_distance_and_no_score() {
    let many = |more: &[f64]| numbers(normal(200, 0.0, 1).chain(more.iter().copied()));
    let why = |method, sides| {
        let column = column("x", Type::Number, method, sides);
        let drift = drift(&asked(method), "train".into(), std::slice::from_ref(&column));
        (drift.columns[0].score, drift.columns[0].score.is_none().then(|| column.lacks()).flatten())
    };
    let infinite = (None, Some(Lack::Infinite));
    let far = || [many(&[f64::MAX]), many(&[f64::MIN])];
    for method in [DriftMethod::Wasserstein, DriftMethod::JensenShannon] {
        // As many on both sides, too: what is left would be measured in a deviation that there is not.
        for infinities in
            [[&[][..], &[f64::INFINITY]], [&[f64::NEG_INFINITY], &[]], [&[f64::INFINITY][..]; 2]]
        {
            assert_eq!(why(method, infinities.map(many)), infinite, "{method:?} {infinities:?}");
        }
        assert_eq!(why(method, far()), (None, Some(Lack::Far)), "{method:?}");
    }
    // In few values an infinity is one of them.
    let few = why(DriftMethod::JensenShannon, [numbers([0.0, 1.0]), numbers([0.0, f64::INFINITY])]);
    assert!(few.0.is_some());
    let none_now = || [many(&[]), numbers([f64::INFINITY, f64::NEG_INFINITY])];
    assert_eq!(why(DriftMethod::Evidently, none_now()), infinite);
    assert_eq!(why(DriftMethod::Alibi, [numbers([1.0]), numbers([2.0])]), (None, Some(Lack::Few)));
    for method in [DriftMethod::Auto, DriftMethod::Psi, DriftMethod::Ks, DriftMethod::Alibi] {
        assert!(why(method, none_now()).0.is_some() && why(method, far()).0.is_some(), "{method:?}");
    }
}

#[test]
fn the_greatest_numbers_are_measured_as_any_others() {
    let scaled = |by: f64| {
        let side = |shift, seed| numbers(normal(500, shift, seed).map(|value| value * by));
        let told = told(DriftMethod::Wasserstein, Type::Number, [side(0.0, 1), side(0.5, 2)]);
        told.score.expect("a distance")
    };
    let usual = scaled(1.0);
    assert!((0.4..0.6).contains(&usual), "{usual}");
    for by in [1e100, 1e200, 1e307] {
        assert!((scaled(by) - usual).abs() < 1e-12, "{by}: {}", scaled(by));
    }
}

#[test]
fn no_score_and_no_picture_has_a_minus_nought() {
    let nought = || [numbers([-0.0, -0.0, 0.0]), numbers([-20.0, -0.0, -0.0])];
    let same = || [numbers([-0.0; 3]), numbers([-0.0; 3])];
    for method in DriftMethod::ALL {
        for sides in [nought(), same(), [texts(&[("a", 3)]), texts(&[("a", 2)])]] {
            let told = serde_json::to_string(&told(method, Type::Number, sides)).unwrap();
            assert!(!told.contains("-0.0"), "{method:?}: {told}");
        }
    }
}

#[test]
fn no_method_breaks_on_awkward_numbers() {
    let awkward: [Vec<f64>; 7] = [
        vec![1.0],
        vec![5.0; 100],
        vec![f64::INFINITY; 3],
        vec![f64::NEG_INFINITY, 0.0, f64::INFINITY],
        vec![f64::MAX, f64::MIN],
        vec![-0.0, 0.0],
        (0..1500).map(f64::from).collect(),
    ];
    for method in DriftMethod::ALL {
        for one in &awkward {
            for other in &awkward {
                for holds in [Type::Integer, Type::Number, Type::Boolean] {
                    let column = told(method, holds, [numbers(one.clone()), numbers(other.clone())]);
                    assert!(column.score.is_none_or(f64::is_finite), "{method:?} {one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn the_data_has_drifted_when_enough_features_have() {
    let of = |names: &[(&str, f64, Role)], share: f64| -> record::Drift {
        let columns: Vec<Compared<Vec<f64>>> = names
            .iter()
            .map(|(name, shift, role)| {
                let sides = [numbers(normal(1000, 0.0, 1)), numbers(normal(1000, *shift, 2))];
                Compared { role: *role, ..column(name, Type::Number, DriftMethod::Auto, sides) }
            })
            .collect();
        drift(&Drift { share, ..asked(DriftMethod::Auto) }, "train".into(), &columns)
    };
    let all = [("a", 0.0, Role::Feature), ("b", 1.0, Role::Feature), ("y", 1.0, Role::Label)];
    let half = of(&all, 0.5);
    assert!(half.drifted && half.share == 0.5, "{half:?}");
    let order: Vec<&str> = half.columns.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(order[2], "a", "what has not drifted comes last");
    assert!(!of(&all, 0.6).drifted);
    // With a bound of nothing, nothing is still no drift.
    assert!(!of(&[("a", 0.0, Role::Feature)], 0.0).drifted);
}

#[test]
fn many_tests_are_corrected() {
    let pairs = |correction| {
        let columns: Vec<Compared<Vec<f64>>> = (0..40)
            .map(|seed| {
                let sides = [numbers(normal(300, 0.0, 2 * seed)), numbers(normal(300, 0.0, 2 * seed + 1))];
                column(&format!("c{seed}"), Type::Number, DriftMethod::Ks, sides)
            })
            .collect();
        let drift = drift(&Drift { correction, ..asked(DriftMethod::Ks) }, "train".into(), &columns);
        drift.columns.iter().filter(|column| column.drifted).count()
    };
    assert!(pairs(Some(DriftCorrection::None)) > 0, "one in twenty is low by chance");
    for correction in [None, Some(DriftCorrection::Bonferroni), Some(DriftCorrection::Fdr)] {
        assert_eq!(pairs(correction), 0, "{correction:?}");
    }
}

#[test]
fn a_distance_does_not_depend_on_where_the_numbers_lie() {
    let far = |nought: f64| {
        let side =
            |moved: u32| numbers((0..20_000_u32).map(|row| nought + f64::from(row * 7919 % 801 + moved)));
        let measured = Measured { method: DriftMethod::Wasserstein, ..Measured::default() };
        score(measured, 0.05, Type::Number, &side(0), &side(30)).sign.expect("a distance").score()
    };
    let near = far(0.0);
    assert!((0.129..0.131).contains(&near), "{near}");
    for nought in [1e9, 1.7e12, 1.7e15] {
        assert!((far(nought) - near).abs() < 1e-6, "{nought}: {}", far(nought));
    }
}
