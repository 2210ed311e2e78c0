//! A sketch against the numbers that it is of.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::simulation::sketch;
use super::*;
use crate::statistics::drift::Cuts;
use crate::statistics::order;
use crate::statistics::quantiles::Scale;
use crate::statistics::stream::Stream;

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    order::sort(&mut numbers);
    numbers
}

fn bell(rows: u64, middle: f64) -> Vec<f64> {
    let mut stream = Stream::new(1, 1);
    sorted((0..rows).map(|_| (0..12).map(|_| stream.share()).sum::<f64>() - 6.0 + middle).collect())
}

#[test]
fn what_lies_far_from_nought_and_close_together_is_coarse() {
    for (middle, is_coarse) in [(0.0, false), (10.0, false), (-40.0, false), (1e3, true), (-1e9, true)] {
        assert_eq!(sketch(&bell(2000, middle)).is_coarse(), is_coarse, "{middle}");
    }
}

#[test]
fn a_value_that_many_rows_have_is_not_coarse() {
    for spike in [0.0, 7.0, -1e12] {
        let numbers = sorted([bell(2000, 0.0), vec![spike; 3000]].concat());
        assert!(!sketch(&numbers).is_coarse(), "{spike}");
        // Of a profile that does not count it nobody knows that it is one value; of nought alone everybody does.
        let mut quantiles = Quantiles::new(Scale::Logarithmic);
        quantiles.add(&numbers);
        assert_eq!(Sketch::new(quantiles, std::iter::empty(), 5).is_coarse(), spike != 0.0, "{spike}");
    }
    // Two such values in one bucket are told apart; of more that are seldomer the bucket is blurred.
    let near = |values: &[f64]| {
        let many = values.iter().flat_map(|value| vec![*value; 3000 / values.len()]);
        sketch(&sorted(bell(2000, 0.0).into_iter().chain(many).collect())).is_coarse()
    };
    assert!(!near(&[1000.0, 1001.0]) && near(&[1000.0, 1001.0, 1002.0, 1003.0]));
}

#[test]
fn a_value_that_moves_within_its_bucket_is_seen() {
    let with = |spike: f64| sorted([bell(2000, 0.0), vec![spike; 1500]].concat());
    let moved = sketch(&with(1000.0)).beside(&with(1001.0));
    assert!(moved.ks_p() < 1e-6, "{}", moved.ks_p());
    let [one, other] = moved.deciles();
    assert!(one.iter().zip(&other).any(|(one, other)| *one > 1000 && *other == 0), "{one:?} {other:?}");
    assert!(sketch(&with(1000.0)).beside(&with(1000.0)).ks_p() > 0.99);
}

#[test]
fn infinities_have_places_of_their_own() {
    let sketch = sketch(&[f64::NEG_INFINITY, 1.0, 2.0, f64::INFINITY]);
    let beside = sketch.beside(&vec![f64::NEG_INFINITY, -5.0, 2.0, 2.0]);
    let all: [Vec<u64>; 2] = [0, 1].map(|side| beside.cells.values().map(|cell| cell[side]).collect());
    assert_eq!(all.map(|side| side.iter().sum::<u64>()), [4, 4]);
    assert_eq!(
        beside
            .cells
            .iter()
            .filter(|((place, _), _)| *place == i64::MIN)
            .map(|(_, cell)| cell[1])
            .sum::<u64>(),
        1
    );
    assert_eq!(sketch.counts(&[0.0, 1.5, 3.0]), [2, 2]);
    assert_eq!(sketch.middle(0.0), None);
}

/// Numbers of which some come often.
fn any_numbers() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![-9..9_i32, -90..90_i32].prop_map(|number| f64::from(number) / 8.0);
    prop::collection::vec(number, 1..300).prop_map(sorted)
}

proptest! {
    #[test]
    fn bins_are_those_of_the_rounded_numbers(reference in any_numbers(), current in any_numbers()) {
        let sketch = sketch(&reference);
        prop_assume!(sketch.spikes.is_empty());
        let rounded = [&reference, &current]
            .map(|side| side.iter().map(|number| sketch.quantiles.place(*number) as f64).collect::<Vec<_>>());
        let cuts = Cuts::deciles(&rounded[0]).unwrap();
        let [one, other] = rounded.map(|side| cuts.counts(&side));
        let expected: Vec<[u64; 2]> =
            one.into_iter().zip(other).map(|(one, other)| [one, other]).filter(|bin| *bin != [0, 0]).collect();
        let [one, other] = sketch.beside(&current).deciles();
        let found: Vec<[u64; 2]> = one.into_iter().zip(other).map(|(one, other)| [one, other]).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn rounding_makes_no_difference_surer(reference in any_numbers(), current in any_numbers()) {
        let (n, m) = (reference.len() as u64, current.len() as u64);
        let ks = two_sample::ordered(reference.iter().copied(), current.iter().copied(), n, m).ks;
        let p = two_sample::ks_p(ks, n, m, KsP::Auto);
        prop_assert!(sketch(&reference).beside(&current).ks_p() >= p);
    }
}
