//! The statistics of two samples, judged by SciPy.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "two_sample/python.rs"]
mod python;

use modelgate::statistics::two_sample::{
    Base, KsP, chi_square_given, chi_square_table, jensen_shannon, ks_p, ordered, psi,
};
use modelgate::statistics::{benjamini_hochberg, chi_square_sf};
use python::{assert_near, number, truth};
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("numbers").iter().map(number).collect()
}

/// What SciPy's own p-value is exact to: where it is one minus something, that many digits are gone from it.
fn digits(p: f64) -> f64 {
    1e-9_f64.max(1e-13 / p)
}

#[test]
fn exact_p_values_of_kolmogorov_and_smirnov_are_scipys() {
    let sizes: [(u64, u64); 18] = [
        (1, 1),
        (1, 7),
        (2, 3),
        (5, 5),
        (9, 4),
        (10, 30),
        (37, 41),
        (100, 100),
        (105, 95),
        (128, 512),
        (999, 1000),
        (1000, 3),
        (2500, 2500),
        (4000, 6000),
        (7919, 3001),
        (9999, 10_000),
        (10_000, 10_000),
        (10_000, 1),
    ];
    // Asked for in units of the root of the rows, on which the p-value depends: the last is at about 10⁻³⁰⁰.
    let scales = [0.01, 0.3, 0.5, 0.7, 0.9, 1.1, 1.36, 1.9, 2.6, 4.0, 7.0, 12.0, 18.5];
    let mut questions = Vec::new();
    for (n, m) in sizes {
        let rows = (n * m) as f64 / (n + m) as f64;
        questions.extend(scales.iter().map(|scale| json!(["ks_of_shift", n, m, scale / rows.sqrt()])));
    }
    let Some(answers) = truth("exact_p_values_of_kolmogorov_and_smirnov_are_scipys", &questions) else {
        return;
    };
    for (question, answer) in questions.iter().zip(&answers) {
        let (d, theirs) = (number(&answer[0]), number(&answer[1]));
        let ours = ks_p(d, question[1].as_u64().unwrap(), question[2].as_u64().unwrap(), KsP::Auto);
        if theirs > 1e-300 {
            assert_near(ours, theirs, digits(theirs), question);
        } else {
            assert!(ours < 1e-299, "{question}: {ours:e}");
        }
    }
}

#[test]
fn asymptotic_p_values_of_kolmogorov_and_smirnov_are_scipys() {
    let rows: [u64; 26] = [
        1, 2, 3, 4, 7, 10, 20, 35, 69, 70, 71, 100, 139, 140, 141, 142, 200, 500, 1000, 4000, 16_383, 50_000,
        100_001, 500_000, 1_000_000, 5_000_000,
    ];
    let scales = [
        0.05, 0.2, 0.3, 0.45, 0.6, 0.75, 0.86, 0.87, 1.0, 1.2, 1.48, 1.49, 1.7, 1.99, 2.01, 2.5, 3.3, 4.2,
        5.0, 8.0, 13.0, 18.0, 18.6, 19.3,
    ];
    let mut questions = Vec::new();
    for rows in rows {
        // Of half a million rows SciPy takes a second for a tail.
        let slow = (500_000..=1_000_000).contains(&rows);
        for scale in scales.iter().step_by(if slow { 5 } else { 1 }) {
            questions.push(json!(["kstwo", scale / (rows as f64).sqrt(), 2 * rows, 2 * rows]));
        }
        for reach in [0.4, 0.5, 0.500_001, 0.7, 0.99, 1.0, 1.01, 1.5, 2.0, 2.3] {
            questions.push(json!(["kstwo", reach / rows as f64, 2 * rows, 2 * rows]));
            questions.push(json!(["kstwo", 1.0 - reach / rows as f64, 2 * rows, 2 * rows]));
        }
    }
    for (n, m) in [
        (1_u64, 10_000_000_u64),
        (3, 20_000),
        (1, 1),
        (150, 9_999_999),
        (10_000_000, 10_000_000),
        (123, 4567),
    ] {
        let rows = (n * m) as f64 / (n + m) as f64;
        questions.extend(scales.iter().map(|scale| json!(["kstwo", scale / rows.sqrt(), n, m])));
    }
    let Some(answers) = truth("asymptotic_p_values_of_kolmogorov_and_smirnov_are_scipys", &questions) else {
        return;
    };
    for (question, answer) in questions.iter().zip(&answers) {
        let theirs = number(answer);
        let size = |place: usize| question[place].as_u64().unwrap();
        let ours = ks_p(question[1].as_f64().unwrap(), size(2), size(3), KsP::Asymptotic);
        if theirs.is_nan() || theirs > 1e-300 {
            assert_near(ours, theirs, digits(theirs), question);
        } else {
            assert!(ours < 1e-299, "{question}: {ours:e}");
        }
    }
}

#[test]
fn ordered_samples_are_scipys() {
    let mut random = common::uniform(21);
    let mut questions = Vec::new();
    for (n, m, steps, shift) in [
        (1, 1, 1e9, 0.0),
        (1, 5, 3.0, 0.0),
        (40, 40, 4.0, 0.0),
        (300, 200, 1e9, 0.0),
        (300, 200, 10.0, 0.2),
        (2000, 1500, 1e9, 0.05),
        (5000, 12_000, 30.0, 0.01),
        (20_000, 500, 1e12, 0.0),
        (700, 700, 1e9, 2.0),
        (60, 50, 1.0, 0.0),
    ] {
        let mut sample = |count: usize, shift: f64| -> Vec<f64> {
            (0..count).map(|_| ((random() + random() + shift) * steps).round() / steps - 0.7).collect()
        };
        questions.push(json!(["samples", sample(n, 0.0), sample(m, shift)]));
    }
    questions.push(json!(["samples", vec![3.5; 20], vec![3.5; 30]]));
    questions.push(json!(["samples", vec![3.5; 20], vec![4.5; 30]]));
    questions.push(json!(["samples", [1.0, 2.0, 1e9], [0.5, 2.0, 2.0, 7.0]]));
    let Some(answers) = truth("ordered_samples_are_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let [reference, current] = [1, 2].map(|place| {
            let mut sample = numbers(&question[place]);
            sample.sort_unstable_by(f64::total_cmp);
            sample
        });
        let (n, m) = (reference.len() as u64, current.len() as u64);
        let ours = ordered(reference.iter().copied(), current.iter().copied(), n, m);
        let theirs = numbers(answer);
        assert_near(ours.ks, theirs[0], 1e-12, question);
        assert_near(ours.location, theirs[1], 0.0, question);
        assert_near(f64::from(ours.sign), theirs[2], 0.0, question);
        assert_near(ours.wasserstein, theirs[3], 1e-12, question);
        assert_near(ks_p(ours.ks, n, m, KsP::Auto), theirs[4], digits(theirs[4]), question);
        assert_near(ks_p(ours.ks, n, m, KsP::Asymptotic), theirs[5], digits(theirs[5]), question);
    }
}

#[test]
fn chi_square_is_scipys() {
    let mut questions = Vec::new();
    for degrees in [0.5, 1.0, 2.0, 3.0, 10.0, 30.0, 31.9, 32.0, 33.0, 99.0, 500.0, 10_000.0, 123_456.0, 2e6] {
        for deviations in [-8.0, -3.0, -1.0, -0.1, 0.0, 0.01, 0.5, 1.0, 3.0, 8.0, 20.0, 30.0, 36.0] {
            let x: f64 = degrees + deviations * (2.0_f64 * degrees).sqrt();
            questions.extend((x > 0.0).then(|| json!(["chi2_sf", x, degrees])));
        }
        for factor in [1e-6, 0.1, 0.9, 1.1, 2.0, 1400.0 / degrees] {
            questions.push(json!(["chi2_sf", degrees * factor, degrees]));
        }
    }
    let Some(answers) = truth("chi_square_is_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let theirs = number(answer);
        let ours = chi_square_sf(question[1].as_f64().unwrap(), question[2].as_f64().unwrap());
        if theirs > 1e-300 {
            assert_near(ours, theirs, 1e-10, question);
        } else {
            assert!(ours < 1e-299, "{question}: {ours:e}");
        }
    }
}

#[test]
fn tests_of_counts_are_scipys() {
    let mut random = common::uniform(5);
    let mut questions = Vec::new();
    for (categories, rows) in
        [(1, 50.0), (2, 9.0), (2, 30.0), (2, 1e6), (3, 5.0), (10, 400.0), (300, 9.0), (10_000, 40.0)]
    {
        let mut counts = |more: f64| -> Vec<u64> {
            (0..categories)
                .map(|_| (random() * rows * random() * more) as u64 + u64::from(categories == 1))
                .collect()
        };
        let (reference, current) = (counts(1.0), counts(1.3));
        let [n, m] = [&reference, &current].map(|side| side.iter().sum::<u64>() as f64);
        let expected: Vec<f64> = reference.iter().map(|count| *count as f64 * (m / n)).collect();
        questions.push(json!(["chi_square", current, expected]));
        questions.push(json!(["contingency", reference, current, true]));
        questions.push(json!(["contingency", reference, current, false]));
    }
    questions.push(json!(["chi_square", [5, 5, 0], [6.0, 4.0, 0.0]]));
    questions.push(json!(["chi_square", [5, 4, 1], [6.0, 4.0, 0.0]]));
    questions.push(json!(["contingency", [10, 11], [11, 10], true]));
    let Some(answers) = truth("tests_of_counts_are_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let counts =
            |place: usize| numbers(&question[place]).iter().map(|count| *count as u64).collect::<Vec<_>>();
        let ours = if question[0] == "chi_square" {
            chi_square_given(&numbers(&question[1]), &numbers(&question[2]))
        } else {
            chi_square_table(&counts(1), &counts(2), question[3] == true)
        };
        let (statistic, p) = ours.map_or((f64::NAN, f64::NAN), |test| (test.statistic, test.p));
        let theirs = numbers(answer);
        if ours.is_some() {
            assert_near(statistic, theirs[0], 1e-11, question);
        }
        assert_near(p, theirs[1], 1e-9, question);
    }
}

#[test]
fn divergences_are_scipys() {
    let mut random = common::uniform(8);
    let mut questions = Vec::new();
    for (count, base) in [(1, None), (2, None), (2, Some(2)), (30, None), (30, Some(2)), (5000, None)] {
        let mut shares = || -> Vec<f64> {
            (0..count).map(|_| (random() - 0.2).max(0.0) + f64::from(u8::from(count == 1))).collect()
        };
        questions.push(json!(["jensen_shannon", shares(), shares(), base]));
    }
    questions.push(json!(["jensen_shannon", [1, 0], [0, 3], 2]));
    let Some(answers) = truth("divergences_are_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let base = if question[3].is_null() { Base::Natural } else { Base::Two };
        let ours = jensen_shannon(&numbers(&question[1]), &numbers(&question[2]), base);
        assert_near(ours, number(answer), 1e-12, question);
    }
    assert_eq!(psi(&[0.5, 0.5, 0.0], &[0.25, 0.75, 0.0]), 0.25 * 2.0_f64.ln() - 0.25 * (2.0_f64 / 3.0).ln());
}

#[test]
fn the_false_discovery_rate_is_statsmodels() {
    let mut random = common::uniform(13);
    let questions: Vec<Value> = [1, 2, 5, 100]
        .iter()
        .map(|count| {
            json!(["adjusted", (0..*count).map(|_| random() * random() * random()).collect::<Vec<_>>()])
        })
        .collect();
    let Some(answers) = truth("the_false_discovery_rate_is_statsmodels", &questions) else { return };
    for (question, answer) in questions.iter().zip(answers) {
        for (ours, theirs) in benjamini_hochberg(&numbers(&question[1])).iter().zip(numbers(&answer)) {
            assert_near(*ours, theirs, 1e-12, question);
        }
    }
}
