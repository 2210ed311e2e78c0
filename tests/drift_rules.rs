//! Evidently's and alibi-detect's rules of drift, judged by Evidently and alibi-detect, and NumPy's bins by NumPy.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "two_sample/python.rs"]
mod python;

use std::collections::BTreeSet;

use modelgate::statistics::drift::{Edges, alibi, evidently};
use modelgate::statistics::two_sample::{KsP, ks_p, ordered};
use python::{assert_near, judges, number, truth};
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("numbers").iter().map(number).collect()
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// A column of both sides, summarised.
struct Column {
    reference: Vec<f64>,
    current: Vec<f64>,
    values: Vec<f64>,
}

impl Column {
    fn new(reference: Vec<f64>, current: Vec<f64>) -> Self {
        let (reference, current) = (sorted(reference), sorted(current));
        let mut values = sorted(reference.iter().chain(&current).copied().collect());
        values.dedup();
        Self { reference, current, values }
    }

    fn rows(&self) -> (u64, u64) {
        (self.reference.len() as u64, self.current.len() as u64)
    }

    fn by_value(&self) -> [Vec<u64>; 2] {
        let count = |side: &Vec<f64>, value: &f64| {
            (side.partition_point(|other| other <= value) - side.partition_point(|other| other < value))
                as u64
        };
        [&self.reference, &self.current]
            .map(|side| self.values.iter().map(|value| count(side, value)).collect())
    }

    fn binned(&self) -> [Vec<u64>; 2] {
        let (n, m) = self.rows();
        let edges = Edges::sturges(self.values[0], *self.values.last().unwrap(), n + m).expect("bins");
        [&self.reference, &self.current].map(|side| edges.counts(side.iter().copied()))
    }

    fn counts(&self, kind: evidently::Kind) -> [Vec<u64>; 2] {
        let distinct = distinct(&self.reference);
        if kind == evidently::Kind::Number && evidently::binned(distinct) {
            self.binned()
        } else {
            self.by_value()
        }
    }

    fn score(&self, kind: evidently::Kind, method: evidently::Method) -> Option<f64> {
        use evidently::Method;
        let (n, m) = self.rows();
        let walked = ordered(self.reference.iter().copied(), self.current.iter().copied(), n, m);
        let [reference, current] = self.counts(kind);
        match method {
            Method::Ks => Some(ks_p(walked.ks, n, m, KsP::Auto)),
            Method::Wasserstein => {
                Some(evidently::wasserstein(walked.wasserstein, deviation(&self.reference)))
            }
            Method::ChiSquare => evidently::chi_square(&reference, &current),
            Method::Z => evidently::z(&reference, &current),
            Method::JensenShannon => evidently::jensen_shannon(&reference, &current),
            Method::Psi => evidently::psi(&reference, &current),
        }
    }
}

fn distinct(values: &[f64]) -> u64 {
    values.iter().map(|value| value.to_bits()).collect::<BTreeSet<_>>().len() as u64
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// How Evidently shows a method.
fn shown(method: evidently::Method) -> &'static str {
    use evidently::Method;
    match method {
        Method::Ks => "K-S p_value",
        Method::ChiSquare => "chi-square p_value",
        Method::Z => "Z-test p_value",
        Method::Wasserstein => "Wasserstein distance (normed)",
        Method::JensenShannon => "Jensen-Shannon distance",
        Method::Psi => "PSI",
    }
}

fn questions_for_evidently() -> Vec<Value> {
    let mut random = common::uniform(77);
    let mut questions = Vec::new();
    // Rows of both sides, steps of a value, what is added, the type.
    for (n, m, steps, shift, of) in [
        (100, 120, 1e9, 0.0, "float"),
        (1000, 400, 1e9, 0.1, "float"),
        (1001, 700, 1e9, 0.1, "float"),
        (1500, 3000, 1e9, 0.0, "float"),
        (2000, 2000, 30.0, 0.05, "float"),
        (3000, 100, 2.0, 0.3, "float"),
        (500, 500, 2.0, 0.0, "float"),
        (500, 300, 0.4, 0.0, "float"),
        (300, 300, 4.0, 0.1, "int"),
        (4000, 3000, 3.0, 0.1, "int"),
        (900, 800, 0.45, 0.1, "int"),
        (5000, 800, 200.0, 0.1, "int"),
        (2500, 90, 1e9, 3.0, "float"),
        (40_000, 9000, 18.0, 0.04, "float"),
    ] {
        let mut side = |count: usize, shift: f64| -> Vec<f64> {
            let of_one =
                |_| ((random() + random() + shift) * steps).round() / if of == "int" { 1.0 } else { steps };
            (0..count).map(of_one).collect()
        };
        let (reference, current) = (side(n, 0.0), side(m, shift));
        for method in ["default", "ks", "wasserstein", "psi", "jensenshannon", "chisquare"] {
            let method = (method != "default").then_some(method);
            questions.push(json!(["evidently", reference, current, of, method]));
        }
    }
    questions.push(json!(["evidently", [7.0, 7.0, 7.0], [7.0, 7.0], "float", null]));
    questions.push(json!(["evidently", vec![7.0; 2000], vec![7.0; 2000], "float", null]));
    questions.push(json!(["evidently", vec![7.0; 2000], vec![7.5; 2000], "float", "wasserstein"]));
    questions.push(json!(["evidently", [1, 2, 3, 1], [1, 2, 4, 1], "int", null]));
    questions
}

#[test]
fn evidentlys_rules_are_evidentlys() {
    use evidently::{Kind, Method};
    let questions = questions_for_evidently();
    let Some(answers) = judges("evidentlys_rules_are_evidentlys", &questions) else { return };
    let mut compared = BTreeSet::new();
    for (question, answer) in questions.iter().zip(&answers) {
        let column = Column::new(numbers(&question[1]), numbers(&question[2]));
        let kind =
            if question[3] == "int" { Kind::of_whole(distinct(&column.current)) } else { Kind::Number };
        let name = if kind == Kind::Number { "num" } else { "cat" };
        assert_eq!(answer[0], name, "{question}");
        // Evidently refuses methods that are not for the kind of column.
        let method = match question[4].as_str() {
            Some("ks") => Method::Ks,
            Some("wasserstein") => Method::Wasserstein,
            Some("psi") => Method::Psi,
            Some("jensenshannon") => Method::JensenShannon,
            Some("chisquare") => Method::ChiSquare,
            _ => Method::of(kind, column.rows().0, column.values.len() as u64).expect("a method"),
        };
        if answer[1] == "refused" {
            continue;
        }
        assert_eq!(answer[1], shown(method), "{name}");
        compared.insert((shown(method), question[4].is_null()));
        let (ours, theirs) = (column.score(kind, method), number(&answer[2]));
        if method == Method::Z {
            assert!((ours.unwrap() - theirs).abs() < 1e-15, "{ours:?} {theirs}");
        } else {
            // A p-value near 1 is one minus something of theirs.
            assert_near(
                ours.unwrap_or(f64::NAN),
                theirs,
                1e-9,
                &json!([shown(method), column.rows(), question[3]]),
            );
        }
        assert_eq!(number(&answer[3]), method.bound());
        let drifted = ours.is_some_and(|score| method.drifted(score, method.bound()));
        assert_eq!(f64::from(u8::from(drifted)), number(&answer[4]), "{}: {ours:?}", shown(method));
    }
    // All six by name or by default, and all but the index by default.
    assert_eq!(compared.iter().filter(|(_, default)| *default).count(), 5, "{compared:?}");
    assert_eq!(compared.iter().map(|(method, _)| method).collect::<BTreeSet<_>>().len(), 6, "{compared:?}");
}

#[test]
fn alibis_rules_are_alibi_detects() {
    let mut random = common::uniform(5);
    let mut questions = Vec::new();
    for (n, m, columns, shift) in [
        (200, 150, 6, 0.0),
        (3000, 500, 8, 0.02),
        (50, 60, 3, 0.3),
        (12_000, 11_000, 4, 0.008),
        (2, 2, 2, 0.0),
    ] {
        let mut side = |rows: usize, shift: f64| -> Vec<Vec<f64>> {
            (0..columns)
                .map(|column| {
                    let steps = if column < columns / 2 { 1.5 + f64::from(column) } else { 1e7 };
                    (0..rows).map(|_| ((random() + shift) * steps).floor()).collect()
                })
                .collect()
        };
        let (reference, current) = (side(n, 0.0), side(m, shift));
        for correction in ["bonferroni", "fdr"] {
            questions.push(json!(["alibi", reference, current, columns / 2, 0.05, correction]));
        }
    }
    let Some(answers) = judges("alibis_rules_are_alibi_detects", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let categories = question[3].as_u64().unwrap() as usize;
        let sides =
            [1, 2].map(|place| question[place].as_array().unwrap().iter().map(numbers).collect::<Vec<_>>());
        let mut p = Vec::new();
        for (place, (reference, current)) in sides[0].iter().zip(&sides[1]).enumerate() {
            let column = Column::new(reference.clone(), current.clone());
            let (n, m) = column.rows();
            let ours = if place < categories {
                let [reference, current] = column.by_value();
                alibi::categories(&reference, &current).unwrap()
            } else {
                alibi::numbers(
                    ordered(column.reference.into_iter(), column.current.into_iter(), n, m).ks,
                    n,
                    m,
                )
            };
            let question = json!([n, m, place, categories]);
            assert_near(f64::from(ours.distance), number(&answer[0][place]), 1.2e-7, &question);
            assert_near(f64::from(ours.p), number(&answer[1][place]), 1.2e-7, &question);
            assert_eq!(f64::from(u8::from(alibi::feature(ours.p, 0.05))), number(&answer[4][place]));
            p.push(ours.p);
        }
        let correction = if question[5] == "fdr" {
            alibi::Correction::FalseDiscovery
        } else {
            alibi::Correction::Bonferroni
        };
        let ours = alibi::batch(&p, 0.05, correction);
        assert_near(ours.threshold, number(&answer[2]), 1e-15, &question[5]);
        assert_eq!(f64::from(u8::from(ours.drifted)), number(&answer[3]));
    }
}

#[test]
fn bins_are_numpys() {
    let mut random = common::uniform(3);
    let mut samples: Vec<Vec<f64>> = [(2, 1.0), (17, 1e-3), (1000, 1e9), (5000, 7.0), (100, 1e-300)]
        .iter()
        .map(|(count, scale)| (0..*count).map(|_| (random() - 0.4) * scale).collect())
        .collect();
    samples.push(vec![0.1; 5]);
    samples.push(vec![1e9, 1.0, 2.0, 3.0]);
    samples.push((0..300).map(|place| f64::from(place % 64)).collect());
    samples.push((0..1024).map(|place| f64::from(place) * 0.1).collect());
    samples.push(vec![-1e300, 1e300, 5.0]);
    let questions: Vec<Value> = samples.iter().map(|sample| json!(["sturges", sample])).collect();
    let Some(answers) = truth("bins_are_numpys", &questions) else { return };
    let counted: Vec<Value> =
        samples.iter().zip(&answers).map(|(sample, edges)| json!(["histogram", sample, edges])).collect();
    let Some(counts) = truth("bins_are_numpys", &counted) else { return };
    for ((sample, edges), counts) in samples.into_iter().zip(&answers).zip(&counts) {
        let (rows, sample) = (sample.len() as u64, sorted(sample));
        let ours = Edges::sturges(sample[0], *sample.last().unwrap(), rows).expect("bins");
        assert_eq!(ours.values(), numbers(edges));
        let ours: Vec<f64> = ours.counts(sample.into_iter()).iter().map(|count| *count as f64).collect();
        assert_eq!(ours, numbers(counts));
    }
}
