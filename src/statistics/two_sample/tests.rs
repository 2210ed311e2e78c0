//! What can be said without Python; tests/two_sample.rs has SciPy judge the numbers.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The distance of two samples by its definition.
fn distance(reference: &[f64], current: &[f64]) -> f64 {
    let below = |side: &[f64], value: f64| {
        side.iter().filter(|other| **other <= value).count() as f64 / side.len() as f64
    };
    reference
        .iter()
        .chain(current)
        .map(|value| (below(reference, *value) - below(current, *value)).abs())
        .fold(0.0, f64::max)
}

fn walked(reference: &[f64], current: &[f64]) -> Ordered {
    ordered(reference.iter().copied(), current.iter().copied(), reference.len() as u64, current.len() as u64)
}

/// The distances of all orders of n and m values, each as likely as the others.
fn all_distances(n: u32, m: u32) -> Vec<f64> {
    (0_u32..1 << (n + m))
        .filter(|order| order.count_ones() == n)
        .map(|order| {
            let (one, other): (Vec<u32>, Vec<u32>) = (0..n + m).partition(|place| order >> place & 1 == 1);
            let [one, other] = [one, other].map(|side| side.into_iter().map(f64::from).collect::<Vec<_>>());
            distance(&one, &other)
        })
        .collect()
}

#[test]
fn p_values_are_the_share_of_all_orders_that_are_as_far_apart() {
    for (n, m) in [(1, 1), (1, 4), (2, 3), (3, 3), (4, 6), (5, 5), (7, 3), (6, 8)] {
        let distances = all_distances(n, m);
        for d in &distances {
            let share =
                distances.iter().filter(|other| **other >= d - 1e-12).count() as f64 / distances.len() as f64;
            let p = ks_p(*d, n.into(), m.into(), KsP::Auto);
            assert!((p - share).abs() < 1e-12, "{n} {m} {d}: {p} {share}");
        }
    }
}

#[test]
fn nothing_and_the_ends_are_said_as_they_are() {
    for how in [KsP::Auto, KsP::Asymptotic] {
        assert!(
            ks_p(0.5, 0, 5, how).is_nan()
                && ks_p(0.5, 5, 0, how).is_nan()
                && ks_p(f64::NAN, 5, 5, how).is_nan()
        );
        for (n, m) in [(50, 60), (70, 70), (20_000, 30), (u64::MAX, u64::MAX)] {
            assert_eq!(ks_p(0.0, n, m, how), 1.0);
            assert_eq!(ks_p(-1.0, n, m, how), 1.0);
            assert_eq!(ks_p(f64::INFINITY, n, m, how), 0.0);
        }
    }
    assert!(ks_p(1.0, 1, 1, KsP::Asymptotic).is_nan());
    assert_eq!(ks_p(1.0, 10_000, 9_999, KsP::Auto), 0.0);
    let nothing = ordered(std::iter::empty(), [1.0].into_iter(), 0, 1);
    assert!(
        nothing.ks.is_nan() && nothing.wasserstein.is_nan() && nothing.location.is_nan() && nothing.sign == 0
    );
}

#[test]
fn infinities_are_values_like_others() {
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    assert_eq!(walked(&[low, 0.0, high], &[low, 0.0, high]).wasserstein, 0.0);
    let apart = walked(&[low, 0.0], &[0.0, high]);
    assert_eq!((apart.ks, apart.wasserstein), (0.5, high));
}

#[test]
fn counts_that_tell_nothing_are_not_tested() {
    assert_eq!(chi_square_given(&[5.0], &[5.0]), None);
    assert_eq!(chi_square_given(&[], &[]), None);
    assert_eq!(chi_square_given(&[5.0, 5.0], &[5.0, 6.0]), None);
    assert_eq!(chi_square_given(&[0.0, 5.0], &[0.0, 5.0]), None);
    assert_eq!(chi_square_given(&[1.0, 5.0], &[0.0, 6.0]), Some(Test { statistic: f64::INFINITY, p: 0.0 }));
    assert_eq!(chi_square_table(&[0, 0], &[1, 2], false), None);
    assert_eq!(chi_square_table(&[], &[], false), None);
    assert_eq!(chi_square_table(&[5, 0], &[9, 0], true), Some(Test { statistic: 0.0, p: 1.0 }));
    assert_eq!(z_proportions((0, 0), (1, 2)), None);
    assert_eq!(z_proportions((0, 7), (0, 2)), Some(Test { statistic: 0.0, p: 1.0 }));
    assert_eq!(z_proportions((7, 7), (2, 2)), Some(Test { statistic: 0.0, p: 1.0 }));
}

#[test]
fn shares_that_are_nearly_the_same_keep_their_digits() {
    // Of p and q around a half the divergence is (p − q)²/4 · (1 + …) in all.
    let apart = jensen_shannon(&[0.5 + 1e-9, 0.5 - 1e-9], &[0.5 - 1e-9, 0.5 + 1e-9], Base::Natural);
    assert!((apart / (2e-9 * 0.5_f64.sqrt()) - 1.0).abs() < 1e-6, "{apart:e}");
    assert_eq!(jensen_shannon(&[1.0, 2.0, 0.0], &[1.0, 2.0, 0.0], Base::Natural), 0.0);
    assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 5.0], Base::Two), 1.0);
    assert!(
        jensen_shannon(&[0.0], &[1.0], Base::Two).is_nan() && jensen_shannon(&[1.0], &[], Base::Two).is_nan()
    );
    assert_eq!(psi(&[0.5, 0.5], &[1.0, 0.0]), f64::INFINITY);
}

proptest! {
    #[test]
    fn a_walk_sees_what_the_definitions_say(
        mut reference in prop::collection::vec((-9..9_i8).prop_map(f64::from), 1..40),
        mut current in prop::collection::vec((-9..9_i8).prop_map(f64::from), 1..40),
    ) {
        reference.sort_unstable_by(f64::total_cmp);
        current.sort_unstable_by(f64::total_cmp);
        let ours = walked(&reference, &current);
        prop_assert_eq!(ours.ks, distance(&reference, &current));
        let below = |side: &[f64], value: f64| side.iter().filter(|other| **other <= value).count() as f64 / side.len() as f64;
        let area: f64 = (-9..9).map(f64::from).map(|value| (below(&reference, value) - below(&current, value)).abs()).sum();
        prop_assert!((ours.wasserstein - area).abs() < 1e-12);
        let gap = below(&reference, ours.location) - below(&current, ours.location);
        prop_assert_eq!(gap * f64::from(ours.sign), ours.ks);
        let back = walked(&current, &reference);
        prop_assert_eq!((back.ks, back.wasserstein), (ours.ks, ours.wasserstein));
    }

    #[test]
    fn a_p_value_is_a_share_that_falls_with_the_distance(
        d in 0.0..1.0_f64, more in 0.0..0.2_f64, n in 1..3_000_000_u64, m in 1..400_u64, asymptotic: bool,
    ) {
        let how = if asymptotic { KsP::Asymptotic } else { KsP::Auto };
        let [near, far] = [d, d + more].map(|d| ks_p(d, n, m, how));
        prop_assume!(!near.is_nan());
        prop_assert!((0.0..=1.0).contains(&near) && (0.0..=1.0).contains(&far));
        // Where one approximation takes over from another, SciPy's is not monotonic, either.
        prop_assert!(far <= near * (1.0 + 1e-5) + 1e-9, "{} {}", near, far);
    }

    #[test]
    fn counts_of_any_size_are_taken(counts in prop::collection::vec((any::<u64>(), any::<u64>()), 0..6), yates: bool) {
        let (one, other): (Vec<u64>, Vec<u64>) = counts.into_iter().unzip();
        if let Some(test) = chi_square_table(&one, &other, yates) {
            prop_assert!((0.0..=1.0).contains(&test.p));
        }
    }
}
