//! How often our rules call what has not drifted drifted, and how often they see what has. Seeded: the same every time.

use rayon::prelude::*;

use super::auto::{self, Effect, JENSEN_SHANNON_BOUND, LEVEL, PSI_BOUND};
use super::{Cuts, Edges, evidently};
use crate::statistics::binomial::{binomial, multinomial};
use crate::statistics::stream::Stream;
use crate::statistics::two_sample::{KsP, ks, ks_p};
use crate::statistics::{Lists, order};

/// What a number is drawn from: Cauchy's distribution has no mean, and the last one has a value in a thousand at 10⁹.
#[derive(Clone, Copy)]
enum Shape {
    Normal,
    Cauchy,
    Outliers,
    /// Whole numbers, two thirds of them 0.
    Tied,
}

fn number(shape: Shape, stream: &mut Stream) -> f64 {
    let normal = |stream: &mut Stream| {
        let (length, turn) = (-2.0 * libm::log(stream.share()), std::f64::consts::TAU * stream.share());
        length.sqrt() * libm::cos(turn)
    };
    match shape {
        Shape::Normal => normal(stream),
        Shape::Cauchy => libm::tan(std::f64::consts::PI * (stream.share() - 0.5)),
        Shape::Outliers if stream.below(1000) == 0 => 1e9,
        Shape::Outliers => normal(stream),
        Shape::Tied => (normal(stream).abs() * 1.04).floor(),
    }
}

fn numbers(shape: Shape, rows: u64, shift: f64, stream: &mut Stream) -> Vec<f64> {
    let mut numbers = (0..rows).map(|_| number(shape, stream) + shift).collect();
    order::sort(&mut numbers);
    numbers
}

fn effect_of_numbers(reference: &[f64], current: &[f64]) -> Effect {
    let (n, m) = (reference.len() as u64, current.len() as u64);
    let sides = [reference, current].map(|side| Lists::new([side]));
    let cuts = Cuts::deciles(&sides[0]).unwrap();
    let [before, now] = [0, 1].map(|side| cuts.counts(&sides[side]));
    let p = ks_p(ks(&sides[0], &sides[1]), n, m, KsP::Auto);
    auto::numbers(&before, &now, p).unwrap()
}

/// The shares of so many categories, the i-th in proportion to 1 / i^slope, in millionths of millionths.
fn shares(categories: usize, slope: f64) -> Vec<u64> {
    let of = |rank: usize| libm::pow(rank as f64, -slope);
    let all: f64 = (1..=categories).map(of).sum();
    (1..=categories).map(|rank| (of(rank) / all * 1e12) as u64).collect()
}

/// So many rows' categories, counted: one by one where there are fewer rows than categories, else category by category.
fn drawn(shares: &[u64], rows: u64, stream: &mut Stream) -> Vec<u64> {
    let mut left: u64 = shares.iter().sum();
    let mut counts = vec![0; shares.len()];
    if rows < shares.len() as u64 {
        let ends: Vec<u64> = shares
            .iter()
            .scan(0, |sum, share| {
                Some({
                    *sum += share;
                    *sum
                })
            })
            .collect();
        for _ in 0..rows {
            let point = stream.below(left);
            counts[ends.partition_point(|end| *end <= point)] += 1;
        }
        return counts;
    }
    let mut rows = rows;
    for (count, share) in counts.iter_mut().zip(shares) {
        *count = if *share == left { rows } else { binomial(rows, *share as f64 / left as f64, stream) };
        left -= share;
        rows -= *count;
    }
    counts
}

/// Of the categories that either side has.
fn effect_of_categories(reference: &[u64], current: &[u64], rows: [u64; 2], stream: &mut Stream) -> Effect {
    let (reference, current) = (drawn(reference, rows[0], stream), drawn(current, rows[1], stream));
    let pairs = reference.into_iter().zip(current).filter(|(one, other)| one + other > 0);
    let (reference, current): (Vec<u64>, Vec<u64>) = pairs.unzip();
    auto::categories(&reference, &current).unwrap()
}

/// Twenty columns of one distribution each: which of them are said to have drifted.
fn undrifted(rows: [u64; 2], categories: &[Vec<u64>], stream: &mut Stream) -> Vec<bool> {
    let shapes = [Shape::Normal, Shape::Cauchy, Shape::Outliers, Shape::Tied];
    let columns: Vec<(Effect, f64)> = (0..20)
        .map(|column| match categories.get(column) {
            Some(shares) => (effect_of_categories(shares, shares, rows, stream), JENSEN_SHANNON_BOUND),
            None => {
                let shape = shapes[column % shapes.len()];
                let [reference, current] = rows.map(|rows| numbers(shape, rows, 0.0, stream));
                (effect_of_numbers(&reference, &current), PSI_BOUND)
            }
        })
        .collect();
    auto::drifted(&columns, LEVEL)
}

/// In how many of so many pairs of data sets anything is said to have drifted.
fn false_alarms(pairs: u64, rows: [u64; 2], categories: &[Vec<u64>]) -> usize {
    (0..pairs)
        .into_par_iter()
        .filter(|pair| {
            let mut stream = Stream::new(rows[0] * 31 + rows[1], *pair);
            undrifted(rows, categories, &mut stream).contains(&true)
        })
        .count()
}

#[test]
fn of_a_thousand_pairs_of_data_sets_that_have_not_drifted_few_are_said_to_have() {
    let categories: Vec<Vec<u64>> =
        [(2, 0.0), (10, 0.0), (10, 1.0), (100, 0.0), (100, 1.0), (1000, 1.0), (10_000, 0.0), (10_000, 1.5)]
            .map(|(count, slope)| shares(count, slope))
            .to_vec();
    // The larger the samples, the farther is chance from the bounds of the effects.
    let sizes = [
        (500, [200, 200]),
        (278, [200, 1000]),
        (200, [1000, 1000]),
        (16, [3000, 2000]),
        (4, [20_000, 20_000]),
        (2, [100_000, 100_000]),
    ];
    let mut all = 0;
    for (pairs, rows) in sizes {
        let alarms = false_alarms(pairs, rows, &categories);
        eprintln!("{rows:?} rows: {alarms} of {pairs} data sets");
        all += alarms;
    }
    assert!(all <= 50, "{all} false alarms in 1,000 data sets");
}

/// How often each of so many pairs has drifted, as one of twenty columns, by Bonferroni's part of the level.
fn seen(pairs: u64, bound: f64, effect: impl Fn(&mut Stream) -> Effect + Sync) -> usize {
    let seen = |pair: &u64| {
        let effect = effect(&mut Stream::new(4, *pair));
        effect.size >= bound && effect.p <= LEVEL / 20.0
    };
    (0..pairs).into_par_iter().filter(seen).count()
}

#[test]
fn a_shift_is_seen_behind_an_outlier() {
    for rows in [200, 1000, 5000] {
        let shifted = |stream: &mut Stream| {
            let mut reference = numbers(Shape::Normal, rows, 0.0, stream);
            reference[rows as usize - 1] = 1e9;
            (reference, numbers(Shape::Normal, rows, 1.0, stream))
        };
        let seen = seen(200, PSI_BOUND, |stream| {
            let (reference, current) = shifted(stream);
            effect_of_numbers(&reference, &current)
        });
        assert!(seen >= 195, "{rows} rows: {seen} of 200");

        // Which bins of one width do not see.
        let (reference, current) = shifted(&mut Stream::new(4, 0));
        let edges = Edges::sturges(current[0].min(reference[0]), 1e9, 2 * rows).unwrap();
        let counts = [&reference, &current].map(|side| edges.counts(side.iter().copied()));
        assert!(evidently::psi(&counts[0], &counts[1]).unwrap() < evidently::Method::Psi.bound());
    }
}

/// A tenth of all rows changes its category.
#[test]
fn a_tenth_of_rows_that_moves_is_seen() {
    let tenth = 100_000_000_000;
    let moved = |shares: &[u64], from: usize, to: usize| {
        let mut moved = shares.to_vec();
        moved[from] -= tenth;
        moved[to] += tenth;
        moved
    };
    let spread: Vec<u64> =
        (0..100).map(|place| if place < 50 { 12_000_000_000 } else { 8_000_000_000 }).collect();
    let mut new = shares(100, 0.0).iter().map(|share| share / 10 * 9).collect::<Vec<_>>();
    new.push(tenth);
    let mut old = shares(100, 0.0);
    old.push(0);
    let cases = [
        ("one of two", 3000, shares(2, 0.0), moved(&shares(2, 0.0), 0, 1)),
        ("the first of ten to the second", 2000, shares(10, 1.0), moved(&shares(10, 1.0), 0, 1)),
        ("one of ten that vanishes", 1000, shares(10, 0.0), moved(&shares(10, 0.0), 3, 7)),
        (
            "the first of thousands to the last",
            1000,
            shares(10_000, 1.5),
            moved(&shares(10_000, 1.5), 0, 9_999),
        ),
        ("half of a hundred to the other half", 5000, shares(100, 0.0), spread),
        ("from everywhere to a new one", 1000, old, new),
    ];
    for (case, rows, reference, current) in cases {
        let seen = seen(200, JENSEN_SHANNON_BOUND, |stream| {
            effect_of_categories(&reference, &current, [rows, rows], stream)
        });
        eprintln!("{case}, {rows} rows: {seen} of 200");
        assert!(seen >= 190, "{case}, {rows} rows: {seen} of 200");
    }
}

/// What chance brings about is what we say it does: of both effects, the mean that is left of what is seen is nothing.
#[test]
fn chance_is_as_large_as_said() {
    for (count, slope, rows) in [
        (2, 0.0, [200, 200]),
        (10, 1.0, [200, 1000]),
        (100, 0.0, [1000, 1000]),
        (100, 2.0, [5000, 300]),
        (10_000, 0.0, [1000, 1000]),
        (1000, 1.0, [300, 10_000]),
        (10_000, 0.0, [100_000, 100_000]),
    ] {
        let shares = shares(count, slope);
        let pairs = if count == 10_000 { 40 } else { 400 };
        let effects: Vec<Effect> = (0..pairs)
            .into_par_iter()
            .map(|pair| effect_of_categories(&shares, &shares, rows, &mut Stream::new(9, pair)))
            .collect();
        let excess: Vec<f64> =
            effects.iter().map(|effect| effect.seen.powi(2) - effect.chance.powi(2)).collect();
        assert_nothing(&excess, &format!("{count} categories, {rows:?} rows"));
    }
    for rows in [[500, 500], [200, 3000], [3000, 300]] {
        let excess: Vec<f64> = (0..400)
            .into_par_iter()
            .map(|pair| {
                let mut stream = Stream::new(10, pair);
                let [reference, current] = rows.map(|rows| numbers(Shape::Cauchy, rows, 0.0, &mut stream));
                let effect = effect_of_numbers(&reference, &current);
                // The index of few rows is a little more: its terms are no squares.
                effect.seen / effect.chance - 1.0
            })
            .collect();
        let mean = excess.iter().sum::<f64>() / excess.len() as f64;
        assert!(mean.abs() < 0.15, "{rows:?} rows: {mean}");
    }
}

/// The mean of the numbers is 0, but for four of its standard errors.
fn assert_nothing(numbers: &[f64], what: &str) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (count - 1.0);
    assert!(
        mean.abs() < 4.0 * (variance / count).sqrt(),
        "{what}: {mean:e} ± {:e}",
        (variance / count).sqrt()
    );
}

/// A formula of the textbook: with many rows of frequent categories the expected divergence is (k − 1)/8 · (1/n + 1/m).
#[test]
fn frequent_categories_have_the_divergence_of_the_textbook() {
    let [mut one, mut other] = [[0.0; 20]; 2];
    let mut stream = Stream::new(2, 2);
    multinomial(&[500; 20], &mut stream, &mut one);
    multinomial(&[500; 20], &mut stream, &mut other);
    let [one, other] = [one, other].map(|side| side.map(|count| count as u64));
    let expected = super::expected_divergence(&one, &other);
    let textbook = 19.0 / 8.0 * (2.0 / 10_000.0);
    assert!((expected / textbook - 1.0).abs() < 1e-3, "{expected} {textbook}");
}
