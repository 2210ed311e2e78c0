//! What can be said without Python; tests/statistics.rs has SciPy judge the numbers.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::binomial::binomial;
use super::stream::Stream;
use super::*;

fn near(one: f64, other: f64, tolerance: f64) -> bool {
    (one - other).abs() <= tolerance * (1.0 + other.abs())
}

#[test]
fn quantiles_invert_shares() {
    for p in [1e-300, 1e-20, 1e-5, 0.025, 0.3, 0.5, 0.7, 0.975] {
        assert!(near(normal_cdf(normal_quantile(p)), p, 1e-14), "{p}");
    }
    assert_eq!([normal_quantile(0.0), normal_quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
    assert!(
        normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan()
    );
}

#[test]
fn student_has_closed_forms_for_one_two_and_four_degrees() {
    for p in [1e-12, 1e-4, 0.01, 0.2, 0.4999, 0.6, 0.99] {
        let one = -1.0 / (std::f64::consts::PI * p).tan();
        let two = (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt();
        assert!(near(student_quantile(p, 1.0), one, 1e-12), "{p}: {} {one}", student_quantile(p, 1.0));
        assert!(near(student_quantile(p, 2.0), two, 1e-12), "{p}: {} {two}", student_quantile(p, 2.0));
    }
    assert_eq!(student_quantile(0.5, 7.0), 0.0);
    assert_eq!(student_quantile(0.2, f64::INFINITY), normal_quantile(0.2));
    assert!(student_quantile(0.2, 0.0).is_nan() && student_quantile(0.2, -1.0).is_nan());
}

#[test]
fn intervals_of_nothing_are_none() {
    assert_eq!(wilson(0.0, 0.0, 0.95), None);
    assert_eq!(wilson(2.0, 1.0, 0.95), None);
    assert_eq!(wilson(1.0, 2.0, 1.0), None);
    assert_eq!(student(1.0, 1.0, 0.0, 0.95), None);
    assert_eq!(student(f64::NAN, 1.0, 5.0, 0.95), None);
    assert_eq!(delta(1.0, f64::INFINITY, 0.95), None);
    assert_eq!(logit(1.0, 0.1, 0.95), None);
    assert_eq!(logit(0.0, 0.1, 0.95), None);
    assert_eq!(newcombe(0.0, 0.0, 0.0, 0.0, 0.95), None);
    assert_eq!(order_statistic(0, 0.95), None);
    assert_eq!(order_statistic(5, 0.95), None, "2 · 0.5^5 is more than 0.05");
    assert_eq!(order_statistic(6, 0.95), Some((0, 5)));
}

#[test]
fn wilson_reaches_the_ends_exactly() {
    assert_eq!(wilson(0.0, 10.0, 0.95).unwrap()[0], 0.0);
    assert_eq!(wilson(10.0, 10.0, 0.95).unwrap()[1], 1.0);
}

#[test]
fn an_interval_without_width_stays_where_it_is() {
    assert_eq!(student(0.3, 0.0, 10.0, 0.95), Some([0.3, 0.3]));
    assert_eq!(logit(0.3, 0.0, 0.95), Some([0.3, 0.3]));
    assert_eq!(mover((0.5, [0.5, 0.5]), (0.2, [0.2, 0.2])), [0.3, 0.3]);
}

#[test]
fn rows_that_never_differ_leave_a_change_of_three_in_as_many_rows() {
    let [low, high] = newcombe(900.0, 0.0, 0.0, 100.0, 0.95).unwrap();
    assert!(near(low, -high, 1e-12) && (0.002..0.005).contains(&high), "{low} {high}");
}

#[test]
fn an_interval_is_stretched_to_another_confidence() {
    let narrow = delta(0.5, 0.1, 0.9).unwrap();
    let wide = rescaled(0.5, narrow, 0.9, 0.99);
    let wanted = delta(0.5, 0.1, 0.99).unwrap();
    assert!(near(wide[0], wanted[0], 1e-14) && near(wide[1], wanted[1], 1e-14));
    assert_eq!(rescaled(0.5, narrow, 0.9, 0.9), narrow);
}

#[test]
fn a_p_value_is_half_of_what_is_left_at_the_end_of_the_interval() {
    let interval = [0.7, 0.9];
    assert_eq!(against(0.85, interval, 0.95, 0.9), (1.0 - 0.95) / 2.0);
    assert_eq!(against(0.85, interval, 0.95, 0.7), (1.0 - 0.95) / 2.0);
    assert_eq!(against(0.85, interval, 0.95, 0.85), 0.5);
    assert!(against(0.85, interval, 0.95, 0.95) < 0.025);
    assert!(against(0.85, interval, 0.95, 0.87) > 0.025);
    assert_eq!(against(0.85, [0.85, 0.85], 0.95, 0.9), 0.0, "nothing is unsure");
    assert_eq!(against(f64::NAN, interval, 0.95, 0.9), 1.0, "no number decides nothing");
}

#[test]
fn holm_rejects_step_by_step() {
    assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005], 0.05), [true, false, false, true]);
    assert_eq!(holm(&[0.01, 0.02, 0.03], 0.05), [true, true, true]);
    assert_eq!(holm(&[f64::NAN, 0.01], 0.05), [false, true]);
    assert_eq!(holm(&[], 0.05), Vec::<bool>::new());
}

#[test]
fn four_times_the_rows_halve_an_interval() {
    assert_eq!(more_rows(0.8, [0.6, 0.9], 0.7, 100), Some(300));
    assert_eq!(more_rows(0.8, [0.6, 0.9], 0.85, 100), Some(300));
    assert_eq!(more_rows(0.8, [0.75, 0.9], 0.7, 100), Some(0), "it is within already");
    assert_eq!(more_rows(0.8, [0.6, 0.9], 0.8, 100), None, "no number of rows");
    assert_eq!(more_rows(0.8, [0.6, 0.9], 0.8 + 1e-9, 100), None, "more than anybody has");
    assert_eq!(more_rows(0.8, [0.6, 0.9], 0.7, 0), None);
}

#[test]
fn streams_are_those_of_their_authors() {
    // The first numbers of xoshiro256++ from the state 1, 2, 3, 4, as its C source and the crate rand_xoshiro have them.
    let mut stream = Stream::of([1, 2, 3, 4]);
    let first: Vec<u64> = (0..3).map(|_| stream.bits()).collect();
    assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223]);
    assert_ne!(Stream::new(1, 2).bits(), Stream::new(2, 1).bits());
}

#[test]
fn resamples_are_the_same_with_any_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let scores: Vec<f64> = (0..200).map(|row| f64::from(row * 7 % 31)).collect();
        let positive: Vec<bool> = (0..200).map(|row| row * 11 % 5 < 2).collect();
        pool.install(|| {
            let auc = bootstrap::auc(&positive, &scores, 50, 1);
            let cells = bootstrap::cells(&[500, 30, 1, 0, 9000], 50, 1, |drawn| drawn[0] - drawn[4]);
            let rows =
                bootstrap::rows(100_000, 4, 1, |drawn| drawn.iter().map(|count| f64::from(*count)).sum());
            (auc, cells, rows)
        })
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_resample_has_as_many_rows() {
    let sum = |drawn: &[u8]| drawn.iter().map(|count| f64::from(*count)).sum::<f64>();
    assert_eq!(bootstrap::rows(1000, 3, 5, sum), [1000.0; 3]);
    assert_eq!(bootstrap::cells(&[3, 0, 7, 990], 3, 5, |cells| cells.iter().sum::<f64>()), [1000.0; 3]);
    for sum in bootstrap::rows(100_000, 3, 5, sum) {
        assert!((sum - 100_000.0).abs() < 5.0 * 100_000_f64.sqrt(), "{sum}: Poisson's");
    }
}

#[test]
fn draws_have_the_mean_and_the_variance_of_the_binomial() {
    let mut stream = Stream::new(3, 0);
    for (trials, share) in [(1, 0.3), (20, 0.05), (50, 0.5), (1000, 0.009), (1000, 0.93), (5_000_000, 0.2)] {
        let draws: Vec<f64> = (0..4000).map(|_| binomial(trials, share, &mut stream) as f64).collect();
        let mean = draws.iter().sum::<f64>() / 4000.0;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 3999.0;
        let expected = trials as f64 * share;
        let spread = expected * (1.0 - share);
        assert!((mean - expected).abs() < 4.5 * (spread / 4000.0).sqrt(), "{trials} {share}: {mean}");
        assert!((variance / spread - 1.0).abs() < 0.15, "{trials} {share}: {variance} {spread}");
    }
}

#[test]
fn an_area_counts_ties_half() {
    let area = |positives: &[f64], negatives: &[f64]| delong::area(positives, negatives).unwrap();
    assert_eq!(area(&[1.0, 2.0], &[0.0, 1.0]).value, 3.5 / 4.0);
    assert_eq!(area(&[0.0, -0.0], &[-0.0, 0.0]).value, 0.5, "minus nought is nought");
    assert_eq!(area(&[1.0], &[0.0, 0.5]).error, None, "one row has no variance");
    assert_eq!(delong::area(&[], &[1.0]), None);
    assert_eq!(delong::area(&[f64::NAN], &[1.0]), None);
    assert_eq!(delong::difference(&[true, false], &[0.1], &[0.1, 0.2]), None);
}

#[test]
fn the_same_scores_do_not_differ() {
    let positive = [true, false, true, false, false];
    let scores = [0.9, 0.1, 0.4, 0.4, 0.2];
    let difference = delong::difference(&positive, &scores, &scores).unwrap();
    assert_eq!(difference, delong::Area { value: 0.0, error: Some(0.0) });
}

#[test]
fn an_interval_of_resamples_needs_enough_of_them() {
    assert_eq!(bootstrap::percentile(&mut [1.0; 39], 0.95), None);
    assert_eq!(bootstrap::percentile(&mut [1.0; 41], 0.95), Some([1.0, 1.0]));
    assert_eq!(bootstrap::bca(&mut [1.0; 100], 1.0, 0.0, 0.95), Some([1.0, 1.0]));
    assert_eq!(bootstrap::bca(&mut [1.0; 100], 2.0, 0.0, 0.95), None, "all on one side");
    let mut undefined = vec![0.5; 100];
    undefined[3] = f64::NAN;
    assert_eq!(bootstrap::percentile(&mut undefined, 0.95), None);
}

/// Scores of few values, so that they tie, with their classes.
fn scored() -> impl Strategy<Value = Vec<(bool, i8, i8)>> {
    proptest::collection::vec((any::<bool>(), 0..12_i8, 0..12_i8), 2..60)
}

fn area_of_pairs(rows: &[(bool, f64)]) -> f64 {
    let of = |class: bool| rows.iter().filter(move |row| row.0 == class).map(|row| row.1);
    let wins = of(true).flat_map(|one| of(false).map(move |other| (one, other)));
    let (sum, count) = wins.fold((0.0, 0.0), |(sum, count), (one, other)| {
        let win = if one > other {
            1.0
        } else if one == other {
            0.5
        } else {
            0.0
        };
        (sum + win, count + 1.0)
    });
    sum / count
}

proptest! {
    #[test]
    fn an_area_is_the_share_of_pairs_in_order(rows in scored()) {
        let rows: Vec<(bool, f64)> = rows.iter().map(|row| (row.0, f64::from(row.1))).collect();
        let of = |class: bool| {
            let mut of = rows.iter().filter(|row| row.0 == class).map(|row| row.1).collect::<Vec<_>>();
            of.sort_unstable_by(f64::total_cmp);
            of
        };
        if let Some(area) = delong::area(&of(true), &of(false)) {
            prop_assert_eq!(area.value, area_of_pairs(&rows));
        }
        let (positive, scores): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
        let resampled = bootstrap::auc(&positive, &scores, 20, 9);
        prop_assert!(resampled.iter().all(|area| area.is_nan() || (0.0..=1.0).contains(area)));
    }

    #[test]
    fn a_resampled_area_is_that_of_the_drawn_rows(rows in scored()) {
        let (positive, scores): (Vec<bool>, Vec<f64>) = rows.iter().map(|row| (row.0, f64::from(row.1))).unzip();
        let curve = super::curve::Curve::new(&positive, &scores);
        let mut order: Vec<(bool, f64)> = positive.into_iter().zip(scores).collect();
        order.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
        let drawn: Vec<u8> = rows.iter().map(|row| row.2.unsigned_abs() % 4).collect();
        let expanded: Vec<(bool, f64)> = order
            .iter()
            .zip(&drawn)
            .flat_map(|(row, count)| std::iter::repeat_n(*row, usize::from(*count)))
            .collect();
        let (area, wanted) = (curve.area(&drawn), area_of_pairs(&expanded));
        prop_assert!(area == wanted || (area.is_nan() && wanted.is_nan()), "{} {}", area, wanted);
    }

    #[test]
    fn the_cells_of_a_curve_have_its_area(rows in scored()) {
        let (positive, scores): (Vec<bool>, Vec<f64>) =
            rows.iter().flat_map(|row| std::iter::repeat_n((row.0, f64::from(row.1)), 400)).unzip();
        let pairs: Vec<(bool, f64)> = rows.iter().map(|row| (row.0, f64::from(row.1))).collect();
        if let Some(cells) = super::curve::Curve::new(&positive, &scores).few_cells() {
            let cells: Vec<f64> = cells.iter().map(|rows| *rows as f64).collect();
            let (area, wanted) = (super::curve::Curve::area_of_cells(&cells), area_of_pairs(&pairs));
            prop_assert!(near(area, wanted, 1e-12) || (area.is_nan() && wanted.is_nan()), "{} {}", area, wanted);
        }
    }

    #[test]
    fn a_difference_of_areas_turns_with_its_sides(rows in scored()) {
        let positive: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let one: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let other: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let there = delong::difference(&positive, &one, &other);
        let back = delong::difference(&positive, &other, &one);
        prop_assert_eq!(there.map(|area| -area.value), back.map(|area| area.value));
        prop_assert_eq!(there.map(|area| area.error), back.map(|area| area.error));
    }

    #[test]
    fn no_number_makes_an_interval_panic(a in any::<f64>(), b in any::<f64>(), c in any::<f64>(), d in any::<f64>()) {
        let _ = (wilson(a, b, c), student(a, b, c, d), delta(a, b, c), logit(a, b, c), newcombe(a, b, c, d, 0.9));
        let _ = (against(a, [b, c], d, a), more_rows(a, [b, c], d, 7), student_quantile(a, b), normal_quantile(a));
    }

    #[test]
    fn an_interval_contains_its_value(successes in 0..500_u32, more in 0..500_u32, confidence in 0.5..0.999) {
        let trials = f64::from(successes + more);
        if let Some([low, high]) = wilson(f64::from(successes), trials, confidence) {
            let value = f64::from(successes) / trials;
            prop_assert!(low <= value && value <= high && (0.0..=1.0).contains(&low) && high <= 1.0);
        }
    }
}
