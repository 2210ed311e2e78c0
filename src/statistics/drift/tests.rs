//! What can be said without Python; tests/drift_rules.rs has NumPy, Evidently and alibi-detect judge the numbers.

use proptest::prelude::*;

use super::evidently::{Kind, Method};
use super::*;
use crate::statistics::two_sample::{Base, chi_square_table, jensen_shannon};

fn deciles(reference: &[f64]) -> Cuts {
    Cuts::deciles(&reference.to_vec()).unwrap()
}

#[test]
fn deciles_hold_a_tenth_each() {
    let reference: Vec<f64> = (0..1000).map(f64::from).collect();
    let cuts = deciles(&reference);
    assert_eq!(cuts.counts(&reference), [100; 10]);
    assert_eq!(cuts.counts(&vec![-1e300, 5.0, 950.0, 1e9, f64::INFINITY]), [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(Cuts::deciles(&Vec::new()), None);
}

#[test]
fn a_value_that_holds_two_tenths_is_a_bin_of_its_own() {
    let mut reference = vec![-1.0; 5];
    reference.extend([0.0; 65]);
    reference.extend((1..31).map(f64::from));
    let cuts = deciles(&reference);
    assert_eq!(cuts.counts(&reference), [5, 65, 10, 10, 10]);
    assert_eq!(cuts.counts(&vec![-0.1, 0.0, 0.1]), [1, 1, 1, 0, 0]);

    let constant = deciles(&[7.0; 30]);
    assert_eq!(constant.counts(&vec![6.9, 7.0, 7.0, 7.1]), [1, 2, 1]);
    assert_eq!(deciles(&[7.0]).bins(), 3);
}

#[test]
fn bins_of_one_width_end_with_their_last_value() {
    let edges = Edges::sturges(0.0, 8.0, 128).unwrap();
    assert_eq!(edges.values(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(edges.counts([-1.0, 0.0, 0.5, 1.0, 7.0, 8.0, 8.1].into_iter()), [2, 1, 0, 0, 0, 0, 0, 2]);
    assert_eq!(Edges::sturges(3.0, 3.0, 9).unwrap().values(), [2.5, 3.5]);
    let infinite = f64::INFINITY;
    for (least, greatest, rows) in
        [(0.0, 1.0, 0), (-1e308, 1e308, 9), (0.0, infinite, 9), (f64::NAN, 1.0, 9), (2.0, 1.0, 9)]
    {
        assert_eq!(Edges::sturges(least, greatest, rows), None, "{least} {greatest} {rows}");
    }
}

#[test]
fn evidentlys_defaults_are_by_rows_and_values() {
    for (kind, rows, distinct, method) in [
        (Kind::Number, 1000, 6, Some(Method::Ks)),
        (Kind::Number, 1000, 5, Some(Method::ChiSquare)),
        (Kind::Number, 1000, 2, Some(Method::Z)),
        (Kind::Number, 1001, 6, Some(Method::Wasserstein)),
        (Kind::Number, 1001, 5, Some(Method::JensenShannon)),
        (Kind::Category, 1000, 900, Some(Method::ChiSquare)),
        (Kind::Category, 10, 1, Some(Method::Z)),
        (Kind::Category, 1001, 2, Some(Method::JensenShannon)),
        (Kind::Text, 5, 5, None),
    ] {
        assert_eq!(Method::of(kind, rows, distinct), method, "{kind:?} {rows} {distinct}");
    }
    assert_eq!([Kind::of_whole(10), Kind::of_whole(11)], [Kind::Category, Kind::Number]);
    assert_eq!([Kind::of_strings(2, 5), Kind::of_strings(3, 5)], [Kind::Category, Kind::Text]);
    assert_eq!([Kind::of_strings(2, 4), Kind::of_strings(0, 0)], [Kind::Category, Kind::Category]);
}

#[test]
fn bounds_are_drift_but_for_two_tests() {
    for method in
        [Method::Ks, Method::ChiSquare, Method::Z, Method::Wasserstein, Method::JensenShannon, Method::Psi]
    {
        let bound = method.bound();
        assert_eq!(
            method.drifted(bound, bound),
            !matches!(method, Method::ChiSquare | Method::Z),
            "{method:?}"
        );
        assert_eq!(method.drifted(0.0, bound), method.tests());
        assert_eq!(method.drifted(1.0, bound), !method.tests());
        assert!(!method.drifted(f64::NAN, bound));
    }
}

#[test]
fn evidently_fills_shares_of_nothing() {
    // A millionth of the least share where that is at most 0.0001, else 0.0001.
    let few = evidently::psi(&[50, 50, 0], &[50, 40, 10]).unwrap();
    let by_hand =
        |p: [f64; 3], q: [f64; 3]| p.iter().zip(q).map(|(p, q)| (p - q) * (p / q).ln()).sum::<f64>();
    assert!((few - by_hand([0.5, 0.5, 0.0001], [0.5, 0.4, 0.1])).abs() < 1e-12);
    let many = evidently::psi(&[99_999, 1, 0], &[50, 40, 10]).unwrap();
    assert!((many - by_hand([0.99999, 0.00001, 1e-11], [0.5, 0.4, 0.1])).abs() < 1e-9);
    // What Evidently 0.7.23 itself says of the last one.
    assert!((many - 6.887_694_678_538_053).abs() < 1e-12);
    assert_eq!((evidently::psi(&[0], &[4]), evidently::jensen_shannon(&[4], &[0])), (None, None));
    assert_eq!((evidently::chi_square(&[0, 0], &[4, 4]), evidently::chi_square(&[4], &[9])), (None, None));
    assert_eq!((evidently::chi_square(&[4, 0], &[4, 1]), evidently::z(&[0, 0], &[1, 1])), (Some(0.0), None));
    assert_eq!(evidently::wasserstein(0.5, 0.0), 500.0);
}

#[test]
fn alibi_is_strict() {
    let p = [0.05_f32, 0.5];
    assert!(
        !alibi::feature(0.05, 0.05) && alibi::feature(0.049_999_99, 0.05) && !alibi::feature(f32::NAN, 0.05)
    );
    let bonferroni = alibi::batch(&p, 0.1, alibi::Correction::Bonferroni);
    assert_eq!((bonferroni.drifted, bonferroni.threshold), (false, 0.05));
    let none = alibi::batch(&[0.9, 0.8], 0.1, alibi::Correction::FalseDiscovery);
    assert_eq!((none.drifted, none.threshold), (false, 0.05));
    let both = alibi::batch(&[0.09, 0.08], 0.1, alibi::Correction::FalseDiscovery);
    assert_eq!((both.drifted, both.threshold), (true, 0.1));
    assert!(!alibi::batch(&[], 0.1, alibi::Correction::FalseDiscovery).drifted);
}

/// All ways to deal rows of these categories to sides of n and the rest.
fn all_deals(counts: &[u64], n: u32) -> Vec<[Vec<u64>; 2]> {
    let rows: Vec<usize> = counts
        .iter()
        .enumerate()
        .flat_map(|(category, count)| std::iter::repeat_n(category, *count as usize))
        .collect();
    (0_u32..1 << rows.len())
        .filter(|deal| deal.count_ones() == n)
        .map(|deal| {
            let mut sides = [vec![0; counts.len()], vec![0; counts.len()]];
            for (place, category) in rows.iter().enumerate() {
                sides[usize::from(deal >> place & 1 == 0)][*category] += 1;
            }
            sides
        })
        .collect()
}

#[test]
fn chance_is_the_mean_of_all_deals() {
    for (counts, n) in [(vec![3, 2], 2), (vec![1, 1, 1, 4, 5], 5), (vec![9, 3, 1], 4), (vec![1; 10], 5)] {
        let deals = all_deals(&counts, n);
        let divergence = |[one, other]: &[Vec<u64>; 2]| {
            let [one, other] =
                [one, other].map(|side| side.iter().map(|count| *count as f64).collect::<Vec<_>>());
            jensen_shannon(&one, &other, Base::Natural).powi(2)
        };
        let mean = deals.iter().map(divergence).sum::<f64>() / deals.len() as f64;
        for [one, other] in &deals {
            let ours = expected_divergence(one, other);
            assert!((ours - mean).abs() < 1e-12, "{counts:?}: {ours} {mean}");
        }
    }
    assert!(expected_divergence(&[0], &[5]).is_nan());
}

#[test]
fn homogeneity_of_frequent_categories_is_the_usual_test() {
    let (one, other) = ([5000, 3000, 2000], [5100, 3050, 1850]);
    let (ours, usual) = (homogeneity(&one, &other).unwrap(), chi_square_table(&one, &other, false).unwrap());
    assert!((ours.statistic - usual.statistic).abs() < 1e-9);
    assert!((ours.p / usual.p - 1.0).abs() < 1e-2, "{ours:?} {usual:?}");
    let (ours, corrected) = (
        homogeneity(&one[..2], &other[..2]).unwrap(),
        chi_square_table(&one[..2], &other[..2], true).unwrap(),
    );
    assert!((ours.p / corrected.p - 1.0).abs() < 1e-3, "{ours:?} {corrected:?}");
}

#[test]
fn what_cannot_differ_has_a_p_value_of_1() {
    for (one, other) in
        [(vec![9], vec![5]), (vec![1, 0], vec![0, 1]), (vec![1; 9], vec![0; 9]), (vec![0, 2], vec![0, 1])]
    {
        match homogeneity(&one, &other) {
            Some(test) => assert_eq!(test.p, 1.0, "{one:?} {other:?}"),
            None => assert_eq!(other, vec![0; 9]),
        }
    }
    // Every row has a category of its own on both sides: nothing can be told from it, and nothing is.
    let (one, other): (Vec<u64>, Vec<u64>) =
        (0..4000).map(|row| (u64::from(row < 2000), u64::from(row >= 2000))).unzip();
    let names = auto::categories(&one, &other).unwrap();
    assert!(names.seen > 0.83 && names.size < 1e-6 && names.p == 1.0, "{names:?}");
}

#[test]
fn a_constant_column_that_changes_drifts() {
    let (reference, current) = ([7.0; 300], [7.5; 300]);
    let cuts = deciles(&reference);
    let counts = [reference, current].map(|side| cuts.counts(&side.to_vec()));
    let moved = auto::numbers(&counts[0], &counts[1], 1e-200).unwrap();
    assert!(moved.size > 10.0 && moved.size.is_finite(), "{moved:?}");
    let same = auto::numbers(&counts[0], &counts[0], 1.0).unwrap();
    assert_eq!((same.seen, same.chance, same.size), (0.0, 0.0, 0.0));
    assert_eq!(auto::numbers(&[0, 0], &[1, 1], 0.0), None);
    assert_eq!(auto::categories(&[], &[]), None);
}

proptest! {
    #[test]
    fn only_the_order_of_numbers_matters(
        mut reference in prop::collection::vec(-50..50_i32, 1..60),
        mut current in prop::collection::vec(-60..60_i32, 1..60),
    ) {
        reference.sort_unstable();
        current.sort_unstable();
        let counts = |of: fn(i32) -> f64| {
            let reference: Vec<f64> = reference.iter().map(|number| of(*number)).collect();
            let cuts = deciles(&reference);
            let current: Vec<f64> = current.iter().map(|number| of(*number)).collect();
            (cuts.counts(&reference), cuts.counts(&current))
        };
        let plain = counts(f64::from);
        prop_assert_eq!(&plain, &counts(|number| f64::from(number).exp()));
        prop_assert_eq!(&plain, &counts(|number| if number == 49 { 1e300 } else if number > 49 { f64::INFINITY } else { f64::from(number) }));
        prop_assert_eq!(plain.0.iter().sum::<u64>(), reference.len() as u64);
        prop_assert_eq!(plain.1.iter().sum::<u64>(), current.len() as u64);
    }

    #[test]
    fn counts_of_any_size_are_taken(
        counts in prop::collection::vec((prop_oneof![0..9_u64, any::<u64>()], prop_oneof![0..9_u64, any::<u64>()]), 0..7)
    ) {
        let (one, other): (Vec<u64>, Vec<u64>) = counts.into_iter().unzip();
        if let Some(effect) = auto::categories(&one, &other) {
            prop_assert!((0.0..=1.0).contains(&effect.p) && effect.size >= 0.0, "{:?}", effect);
        }
        if let Some(effect) = auto::numbers(&one, &other, 0.5) {
            prop_assert!(effect.size >= 0.0 && effect.size.is_finite(), "{:?}", effect);
        }
        let _ = (evidently::psi(&one, &other), evidently::jensen_shannon(&one, &other), evidently::z(&one, &other));
        let _ = (evidently::chi_square(&one, &other), alibi::categories(&one, &other));
    }
}
