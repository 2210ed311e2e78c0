//! The statistics, judged by SciPy, statsmodels and scikit-learn.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "statistics/python.rs"]
mod python;

use common::uniform;
use modelgate::statistics::{
    bootstrap, delong, holm, mover, newcombe, normal_cdf, normal_quantile, order_statistic, student,
    student_quantile, wilson,
};
use python::truth;
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.as_f64().expect("a number")).collect(),
        value => vec![value.as_f64().expect("a number")],
    }
}

#[track_caller]
fn assert_near(ours: &[f64], theirs: &Value, tolerance: f64, question: &Value) {
    for (ours, theirs) in ours.iter().zip(numbers(theirs)) {
        let off = (ours - theirs).abs();
        // What is near 0 by cancellation is held to the size of what cancelled.
        assert!(off <= tolerance * theirs.abs() + 1e-15, "{question}: {ours:e} is not {theirs:e}");
    }
}

#[test]
fn distributions_are_scipys() {
    let points = [-38.0, -30.0, -20.0, -8.0, -3.0, -1.96, -0.5, -1e-3, 0.0, 0.1, 1.0, 2.5, 6.0, 9.0];
    let shares = [
        1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3, 0.005, 0.025, 0.1, 0.3, 0.45, 0.5, 0.62, 0.9, 0.975, 0.9999,
    ];
    let degrees = [0.7, 1.0, 2.0, 3.5, 5.0, 12.0, 29.0, 30.5, 100.0, 999.0, 54_321.0, 99_999.0, 1e5, 1e7];
    let mut questions: Vec<Value> = points.iter().map(|z| json!(["normal_cdf", z])).collect();
    questions.extend(shares.iter().map(|p| json!(["normal_quantile", p])));
    let Some(answers) = truth("distributions_are_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let x = question[1].as_f64().unwrap();
        let ours = if question[0] == "normal_cdf" { normal_cdf(x) } else { normal_quantile(x) };
        assert_near(&[ours], answer, 1e-12, question);
    }

    // SciPy's own quantile of Student's t is off by 1e-11: its distribution function judges ours.
    let cases: Vec<(f64, f64, f64)> = shares
        .iter()
        .filter(|p| **p != 0.5 && **p >= 1e-30)
        .flat_map(|p| degrees.iter().map(move |df| (*p, *df, student_quantile(*p, *df))))
        .collect();
    let mut questions = Vec::new();
    for (_, df, t) in &cases {
        questions.push(json!(["student_cdf", -t.abs(), df]));
        questions.push(json!(["student_pdf", t, df]));
    }
    let Some(answers) = truth("distributions_are_scipys", &questions) else { return };
    for ((p, df, t), answers) in cases.iter().zip(answers.chunks(2)) {
        let (share, density) = (answers[0].as_f64().unwrap(), answers[1].as_f64().unwrap());
        let off = (share - p.min(1.0 - p)) / density / t;
        assert!(off.abs() < 5e-12, "p {p}, {df} degrees: {t} is off by {off:e}");
    }
}

#[test]
fn the_medians_interval_is_the_binomials() {
    let counts =
        (1..40).chain([57, 100, 333, 999, 1000, 1001, 1038, 1421, 2955, 10_000, 123_457, 10_000_000]);
    let questions: Vec<Value> = counts
        .flat_map(|count| [0.8, 0.95, 0.999].map(|confidence| json!(["order_statistic", count, confidence])))
        .collect();
    let Some(answers) = truth("the_medians_interval_is_the_binomials", &questions) else { return };
    for (question, answer) in questions.iter().zip(answers) {
        let count = question[1].as_u64().unwrap() as usize;
        let ours = order_statistic(count, question[2].as_f64().unwrap());
        let low = answer.as_f64().unwrap();
        let theirs = (low >= 0.0).then(|| (low as usize, count - 1 - low as usize));
        assert_eq!(ours, theirs, "{question}");
    }
}

#[test]
fn intervals_are_statsmodels_and_scipys() {
    let mut questions = Vec::new();
    for confidence in [0.8, 0.95, 0.999] {
        for (successes, trials) in
            [(0, 1), (1, 1), (0, 30), (29, 30), (17, 40), (4_321, 5_000), (3, 1_000_000)]
        {
            questions.push(json!(["wilson", successes, trials, confidence]));
        }
        questions.push(json!(["wilson", 12.5, 17.25, confidence]));
        for (mean, error, degrees) in
            [(0.0, 1.0, 1.0), (0.3, 0.02, 4.5), (-7.0, 0.5, 29.0), (1e6, 3.0, 999.0)]
        {
            questions.push(json!(["t", mean, error, degrees, confidence]));
        }
        for [a, b, c, d] in
            [[10, 15, 5, 20], [50, 0, 0, 50], [36, 2, 12, 0], [100, 0, 7, 3], [900, 31, 22, 80]]
        {
            questions.push(json!(["newcombe_paired", a, b, c, d, confidence]));
        }
        for [a, b, c, d] in [[8, 10, 5, 12], [0, 20, 7, 20], [950, 1000, 460, 500]] {
            questions.push(json!(["newcombe_independent", a, b, c, d, confidence]));
        }
    }
    let Some(answers) = truth("intervals_are_statsmodels_and_scipys", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let of = |place: usize| question[place].as_f64().unwrap();
        let ours = match question[0].as_str().unwrap() {
            "wilson" => wilson(of(1), of(2), of(3)),
            "t" => student(of(1), of(2), of(3), of(4)),
            "newcombe_paired" => newcombe(of(1), of(2), of(3), of(4), of(5)),
            _ => {
                // Newcombe's interval of independent proportions is MOVER of Wilson's.
                let side = |x: f64, n: f64| (x / n, wilson(x, n, of(5)).unwrap());
                Some(mover(side(of(1), of(2)), side(of(3), of(4))))
            }
        };
        // SciPy's own quantile of Student's t has no more digits than these.
        let tolerance = if question[0] == "t" { 1e-10 } else { 1e-12 };
        let ours = ours.expect("an interval");
        for (ours, theirs) in ours.iter().zip(numbers(answer)) {
            assert!(
                (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs()),
                "{question}: {ours} is not {theirs}"
            );
        }
    }
}

#[test]
fn holm_is_statsmodels() {
    let mut random = uniform(11);
    let mut questions = Vec::new();
    for count in [1, 2, 5, 20, 100] {
        let p: Vec<f64> = (0..count).map(|_| random() * random() * random()).collect();
        questions.push(json!(["holm", p, 0.05]));
    }
    let Some(answers) = truth("holm_is_statsmodels", &questions) else { return };
    for (question, answer) in questions.iter().zip(answers) {
        assert_eq!(json!(holm(&numbers(&question[1]), 0.05)), answer, "{question}");
    }
}

#[test]
fn delong_is_that_of_every_pair() {
    let mut random = uniform(3);
    let mut questions = Vec::new();
    for (rows, steps, prevalence) in [(5, 3.0, 0.5), (60, 5.0, 0.5), (400, 1e9, 0.1), (900, 40.0, 0.7)] {
        let mut positive: Vec<bool> = (0..rows).map(|_| random() < prevalence).collect();
        positive[..4].copy_from_slice(&[true, true, false, false]);
        let mut scores = |noise: f64| -> Vec<f64> {
            let score = |positive: &bool| {
                ((f64::from(u8::from(*positive)) + noise * random()) * steps).round() / steps
            };
            positive.iter().map(score).collect()
        };
        let (one, other) = (scores(2.0), scores(3.0));
        questions.push(json!(["delong", positive, one]));
        questions.push(json!(["delong_difference", positive, one, other]));
    }
    let Some(answers) = truth("delong_is_that_of_every_pair", &questions) else { return };
    for (question, answer) in questions.iter().zip(&answers) {
        let positive: Vec<bool> = question[1].as_array().unwrap().iter().map(|class| class == true).collect();
        let one = numbers(&question[2]);
        let area = if question[0] == "delong" {
            let of = |class: bool| -> Vec<f64> {
                let mut of: Vec<f64> =
                    one.iter().zip(&positive).filter(|row| *row.1 == class).map(|row| *row.0).collect();
                of.sort_unstable_by(f64::total_cmp);
                of
            };
            delong::area(&of(true), &of(false))
        } else {
            delong::difference(&positive, &one, &numbers(&question[3]))
        };
        let area = area.expect("both classes are there");
        let theirs = numbers(answer);
        let error = area.error.expect("each class has two rows");
        assert!((area.value - theirs[0]).abs() < 1e-12, "{} {}", area.value, theirs[0]);
        assert!((error - theirs[1]).abs() < 1e-12, "{error} {}", theirs[1]);
    }
}

#[test]
fn the_bootstrap_is_scipys_but_for_chance() {
    let mut random = uniform(5);
    let skewed: Vec<f64> = (0..60).map(|_| -random().max(1e-9).ln()).collect();
    let rows = skewed.len() as f64;
    let mean = skewed.iter().sum::<f64>() / rows;
    let right = skewed.iter().filter(|value| **value > 0.5).count() as u64;
    let share = right as f64 / rows;
    let methods = ["percentile", "BCa"];
    let questions: Vec<Value> = ["mean", "share"]
        .iter()
        .flat_map(|statistic| methods.map(|method| json!(["bca", skewed, statistic, 0.9, method])))
        .collect();
    let Some(answers) = truth("the_bootstrap_is_scipys_but_for_chance", &questions) else { return };

    let of_rows = |drawn: &[u8]| {
        drawn.iter().zip(&skewed).map(|(count, value)| f64::from(*count) * value).sum::<f64>() / rows
    };
    let mut means = bootstrap::rows(skewed.len(), 20_000, 1, of_rows);
    let mut shares =
        bootstrap::cells(&[right, skewed.len() as u64 - right], 20_000, 1, |cells| cells[0] / rows);
    let bend = bootstrap::acceleration(skewed.iter().map(|value| (*value, 1.0)));
    let cells = [(1.0 - share, right as f64), (-share, rows - right as f64)];
    let bend_of_cells = bootstrap::acceleration(cells.into_iter());
    let ours = [
        bootstrap::percentile(&mut means, 0.9),
        bootstrap::bca(&mut means, mean, bend, 0.9),
        bootstrap::percentile(&mut shares, 0.9),
        bootstrap::bca(&mut shares, share, bend_of_cells, 0.9),
    ];
    for ((question, ours), theirs) in questions.iter().zip(ours).zip(&answers) {
        for (ours, theirs) in ours.expect("an interval").iter().zip(numbers(theirs)) {
            // Four standard errors of a 5 % quantile of 20,000, twice; a share moves in steps of a row.
            let error = if question[2] == "mean" { 0.13 } else { 0.065 };
            let chance = 4.0 * 1.42 * error * (0.05 * 0.95 / 20_000_f64).sqrt() / 0.103;
            let step = if question[2] == "share" { 1.0 / rows } else { 0.0 };
            assert!(
                (ours - theirs).abs() <= chance + step + 1e-12,
                "{} {}: {ours} {theirs}",
                question[2],
                question[4]
            );
        }
    }
}

#[test]
fn cells_are_drawn_as_the_binomial_says() {
    let cases = [(12, 4), (40, 1), (60, 30), (300, 12), (400, 360)];
    let probability =
        |(trials, hit): &(u64, u64)| json!(["binomial_pmf", trials, *hit as f64 / *trials as f64, trials]);
    let questions: Vec<Value> = cases.iter().map(probability).collect();
    let Some(probabilities) = truth("cells_are_drawn_as_the_binomial_says", &questions) else { return };
    let counted = |((trials, hit), probabilities): (&(u64, u64), &Value)| {
        let mut observed = vec![0_u32; *trials as usize + 1];
        for drawn in bootstrap::cells(&[*hit, trials - hit], 40_000, 17, |cells| cells[0]) {
            observed[drawn as usize] += 1;
        }
        json!(["chi_square", observed, probabilities])
    };
    let questions: Vec<Value> = cases.iter().zip(&probabilities).map(counted).collect();
    let answers = truth("cells_are_drawn_as_the_binomial_says", &questions).expect("Python is there");
    for (answer, case) in answers.iter().zip(cases) {
        assert!(answer.as_f64().unwrap() > 1e-4, "{case:?}: p = {answer}");
    }
}
