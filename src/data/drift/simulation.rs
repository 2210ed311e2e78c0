//! How often our rules call what has not drifted drifted, and how often they see what has. Seeded: the same every time.

use rayon::prelude::*;

use super::tests::{asked, column};
use super::{Side, Sketch, Values, drift};
use crate::config::DriftMethod;
use crate::record::data::ColumnDrift;
use crate::statistics::binomial::{binomial, multinomial};
use crate::statistics::drift::auto::{self, Effect};
use crate::statistics::drift::{Cuts, Edges, evidently, expected_divergence};
use crate::statistics::order;
use crate::statistics::quantiles::{Quantiles, Scale};
use crate::statistics::stream::Stream;
use crate::statistics::two_sample::by_value;
use crate::table::Type;

/// How often data of one distribution may be said to have drifted.
const LEVEL: f64 = 0.05;

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

/// What is known of a reference.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Data,
    /// Of numbers the sketch of a profile.
    Sketch,
}

type Pair = [Side<Vec<f64>>; 2];

fn side(values: Values<Vec<f64>>) -> Side<Vec<f64>> {
    Side { missing: 0, strange: 0, values }
}

/// Two sides of numbers, which ascend.
fn of_numbers(known: Known, reference: Vec<f64>, current: Vec<f64>) -> Pair {
    let reference = match known {
        Known::Data => Values::Numbers(reference),
        Known::Sketch => Values::Sketched(Box::new(sketch(&reference))),
    };
    [reference, Values::Numbers(current)].map(side)
}

/// As a profile has it: counts are too low by up to a thousandth of all.
pub fn sketch(ascending: &[f64]) -> Sketch {
    let mut quantiles = Quantiles::new(Scale::Logarithmic);
    quantiles.add(ascending);
    let [counts, _] = by_value(ascending.iter().copied(), std::iter::empty());
    let mut values = ascending.to_vec();
    values.dedup();
    let error = ascending.len() as u64 / 1000;
    let frequent = values.into_iter().zip(counts).filter(|(_, count)| *count > error);
    Sketch::new(quantiles, frequent.map(|(value, count)| (value, count - error)), error)
}

fn of_categories(reference: &[u64], current: &[u64]) -> Pair {
    let name = |place: usize| format!("kind {place}").into();
    [reference, current].map(|side| {
        let present = side.iter().enumerate().filter(|(_, count)| **count > 0);
        self::side(Values::Categories(present.map(|(place, count)| (name(place), *count)).collect()))
    })
}

/// What is said of columns by `auto`.
fn told(pairs: Vec<(Type, Pair)>) -> Vec<ColumnDrift> {
    let columns: Vec<_> =
        pairs.into_iter().map(|(holds, pair)| column("x", holds, DriftMethod::Auto, pair)).collect();
    drift(&asked(DriftMethod::Auto), "train".into(), &columns).columns
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

fn pair_of_categories(reference: &[u64], current: &[u64], rows: [u64; 2], stream: &mut Stream) -> Pair {
    of_categories(&drawn(reference, rows[0], stream), &drawn(current, rows[1], stream))
}

/// Of the categories that either side has.
fn effect_of_categories(reference: &[u64], current: &[u64], rows: [u64; 2], stream: &mut Stream) -> Effect {
    let (reference, current) = (drawn(reference, rows[0], stream), drawn(current, rows[1], stream));
    let pairs = reference.into_iter().zip(current).filter(|(one, other)| one + other > 0);
    let (reference, current): (Vec<u64>, Vec<u64>) = pairs.unzip();
    auto::categories(&reference, &current).unwrap()
}

/// Twenty columns of one distribution each: whether any of them is said to have drifted.
fn undrifted(known: Known, rows: [u64; 2], categories: &[Vec<u64>], stream: &mut Stream) -> bool {
    let shapes = [Shape::Normal, Shape::Cauchy, Shape::Outliers, Shape::Tied];
    let pair = |column: usize| match categories.get(column) {
        Some(shares) => (Type::Text, pair_of_categories(shares, shares, rows, stream)),
        None => {
            let shape = shapes[column % shapes.len()];
            let [reference, current] = rows.map(|rows| numbers(shape, rows, 0.0, stream));
            (Type::Number, of_numbers(known, reference, current))
        }
    };
    let told = told((0..20).map(pair).collect());
    assert!(told.iter().all(|column| column.score.is_some()), "{told:?}");
    told.iter().any(|column| column.drifted)
}

/// In how many of so many pairs of data sets anything is said to have drifted.
fn false_alarms(known: Known, pairs: u64, rows: [u64; 2], categories: &[Vec<u64>]) -> usize {
    (0..pairs)
        .into_par_iter()
        .filter(|pair| {
            let mut stream = Stream::new(rows[0] * 31 + rows[1], *pair);
            undrifted(known, rows, categories, &mut stream)
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
        let alarms = false_alarms(Known::Data, pairs, rows, &categories);
        eprintln!("{rows:?} rows: {alarms} of {pairs} data sets");
        all += alarms;
    }
    assert!(all <= 50, "{all} false alarms in 1,000 data sets");
}

#[test]
fn a_sketch_raises_few_alarms_too() {
    // The larger the samples, the farther is chance from the bounds of the effects.
    let sizes = [(600, [300, 200]), (382, [200, 500]), (16, [2000, 1000]), (2, [12_000, 5000])];
    let mut all = 0;
    for (pairs, rows) in sizes {
        let alarms = false_alarms(Known::Sketch, pairs, rows, &[]);
        eprintln!("{rows:?} rows: {alarms} of {pairs} data sets");
        all += alarms;
    }
    assert!(all <= 50, "{all} false alarms in 1,000 data sets");
}

/// How often each of so many pairs has drifted, as one of twenty columns, by Bonferroni's part of the level.
fn seen(pairs: u64, pair: impl Fn(&mut Stream) -> (Type, Pair) + Sync) -> usize {
    let seen = |number: &u64| {
        let told = told(vec![pair(&mut Stream::new(4, *number))]);
        told[0].score.unwrap() >= told[0].threshold && told[0].p.unwrap() <= LEVEL / 20.0
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
        for known in [Known::Data, Known::Sketch] {
            let seen = seen(200, |stream| {
                let (reference, current) = shifted(stream);
                (Type::Number, of_numbers(known, reference, current))
            });
            assert!(seen >= 195, "{rows} rows: {seen} of 200");
        }

        // Which bins of one width do not see.
        let (reference, current) = shifted(&mut Stream::new(4, 0));
        let edges = Edges::sturges(current[0].min(reference[0]), 1e9, 2 * rows).unwrap();
        let counts = [&reference, &current].map(|side| edges.counts(side.iter().copied()));
        assert!(evidently::psi(&counts[0], &counts[1]).unwrap() < evidently::Method::Psi.bound());
    }
}

/// What a sketch does not round away is seen in it: shifts of half a deviation, and wider spreads, of numbers around 0, of
/// large ones in which a bucket is half a deviation, and of heavy tails.
#[test]
fn a_sketch_sees_what_moved() {
    type Change = fn(f64) -> f64;
    let cases: [(&str, Change, Change); 5] = [
        ("half a deviation", |x| x, |x| x + 0.5),
        ("half a deviation far from 0", |x| x + 30.0, |x| x + 30.5),
        ("wider", |x| x, |x| x * 1.6),
        ("a heavy tail", |x| (3.0 * x).exp(), |x| (3.0 * (x + 0.5)).exp()),
        ("below 0", |x| -x.exp(), |x| -(x + 0.5).exp()),
    ];
    for (case, before, now) in cases {
        let seen = seen(100, |stream| {
            let [reference, current] = [(before, 1500), (now, 1000)].map(|(change, rows)| {
                let mut numbers: Vec<f64> =
                    numbers(Shape::Normal, rows, 0.0, stream).into_iter().map(change).collect();
                order::sort(&mut numbers);
                numbers
            });
            (Type::Number, of_numbers(Known::Sketch, reference, current))
        });
        eprintln!("{case}: {seen} of 100");
        assert!(seen >= 95, "{case}: {seen} of 100");
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
        let seen =
            seen(200, |stream| (Type::Text, pair_of_categories(&reference, &current, [rows, rows], stream)));
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
                let cuts = Cuts::deciles(&reference).unwrap();
                let counts = [reference, current].map(|side| cuts.counts(&side));
                let effect = auto::numbers(&counts[0], &counts[1], 1.0).unwrap();
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
    let expected = expected_divergence(&one, &other);
    let textbook = 19.0 / 8.0 * (2.0 / 10_000.0);
    assert!((expected / textbook - 1.0).abs() < 1e-3, "{expected} {textbook}");
}
