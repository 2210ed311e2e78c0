#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn of(scale: Scale, numbers: &[f64]) -> Quantiles {
    let mut sketch = Quantiles::new(scale);
    sketch.add(numbers);
    sketch
}

fn within(error: Error, ours: f64, truth: f64) -> bool {
    match error {
        // What is nearer to nought than the least normal number counts as nought.
        Error::Relative(share) => {
            (ours - truth).abs() <= share * truth.abs() * (1.0 + 1e-9) + f64::MIN_POSITIVE
        }
        Error::Absolute(width) => (ours - truth).abs() <= width + 1e-9 * truth.abs(),
    }
}

/// Every number is in a bucket whose middle is near it and whose bounds hold it.
fn holds(scale: Scale, number: f64, level: u32) -> Result<(), String> {
    let bucket = scale.widened(scale.bucket(number), level);
    let (low, high) = scale.bounds(bucket, level);
    let slack = 1e-12 * number.abs() + f64::MIN_POSITIVE;
    let middle = scale.middle(bucket, level);
    if low - slack <= number && number <= high + slack && within(scale.error(level), middle, number) {
        return Ok(());
    }
    Err(format!("{number:e} is not in {bucket} of level {level}, {low:e} to {high:e}, {middle:e}"))
}

#[test]
fn nothing_has_no_quantiles() {
    let sketch = of(Scale::Logarithmic, &[f64::NAN]);
    assert_eq!((sketch.count(), sketch.range(), sketch.quantile(0.5), sketch.rank(1.0)), (0, None, None, 0));
    assert_eq!(sketch, Quantiles::new(Scale::Logarithmic));
}

#[test]
fn ends_and_noughts_and_infinities_are_exact() {
    let sketch = of(Scale::Logarithmic, &[-3.1, 0.0, -0.0, 7.3, 7.31, f64::INFINITY]);
    assert_eq!(sketch.range(), Some([-3.1, f64::INFINITY]));
    assert_eq!([0.0, 0.2, 0.4, 1.0].map(|q| sketch.quantile(q).unwrap()), [-3.1, 0.0, 0.0, f64::INFINITY]);
    assert_eq!(sketch.infinite(), [0, 1]);
    let same = of(Scale::Logarithmic, &[4.7; 100]);
    assert_eq!([0.0, 0.3, 1.0].map(|q| same.quantile(q).unwrap()), [4.7; 3]);
}

#[test]
fn eighteen_powers_of_ten_are_within_half_a_percent() {
    let numbers: Vec<f64> = (0..18_000).map(|at| 10.0_f64.powf(f64::from(at) / 1000.0 - 9.0)).collect();
    let sketch = of(Scale::Logarithmic, &numbers[..17_500]);
    assert!(matches!(sketch.error(), Error::Relative(error) if error <= 0.005), "{:?}", sketch.error());
    let ladder = sketch.ladder();
    for (at, truth) in numbers[..17_500].iter().enumerate() {
        let ours = ladder.quantile(at as f64 / 17_499.0).unwrap();
        assert!((ours / truth - 1.0).abs() < 0.0051, "{at}: {ours} {truth}");
    }
}

#[test]
fn all_that_numbers_can_be_widens_the_buckets_and_says_so() {
    let numbers: Vec<f64> =
        (-300..300).flat_map(|e| (1..100).map(move |m| f64::from(m) * 10.0_f64.powi(e))).collect();
    let both: Vec<f64> = numbers.iter().flat_map(|number| [*number, -number]).collect();
    let sketch = of(Scale::Logarithmic, &both);
    assert!(sketch.buckets.filled() <= BUCKETS);
    let Error::Relative(error) = sketch.error() else { panic!("relative") };
    assert!((0.1..0.6).contains(&error), "{error}");
}

#[test]
fn times_of_a_month_are_within_a_quarter_of_an_hour() {
    let times: Vec<f64> = (0..50_000).map(|at| 1.7e9 + f64::from(at) * 53.0).collect();
    let sketch = of(Scale::Linear, &times);
    let Error::Absolute(error) = sketch.error() else { panic!("absolute") };
    assert!(error <= 900.0, "{error}");
    let median = sketch.quantile(0.5).unwrap();
    assert!((median - times[25_000]).abs() <= error + 53.0, "{median}");
}

#[test]
fn times_that_nobody_means_are_counted_too() {
    let sketch = of(Scale::Linear, &[-f64::MAX, 0.0, 1e30, f64::MAX]);
    let read = Quantiles::restored(Scale::Linear, &sketch.parts());
    assert_eq!((sketch.count(), sketch.quantile(1.0), read.as_ref()), (4, Some(f64::MAX), Some(&sketch)));
    assert_eq!(sketch.bars().iter().map(|bar| bar.count).sum::<u64>(), 4);
}

#[test]
fn parts_that_cannot_be_are_refused() {
    let good = of(Scale::Logarithmic, &[1.0, 2.0, -4.0]).parts();
    assert!(Quantiles::restored(Scale::Logarithmic, &good).is_some());
    let wrong: [fn(&mut Parts); 8] = [
        |parts| parts.level = 63,
        |parts| parts.range = None,
        |parts| parts.range = Some([2.0, 1.0]),
        |parts| parts.range = Some([f64::NAN, 1.0]),
        |parts| parts.buckets.swap(0, 1),
        |parts| parts.buckets[0].1 = 0,
        |parts| parts.buckets[0].1 = u64::MAX,
        |parts| parts.buckets = (0..=BUCKETS as i64).map(|bucket| (bucket, 1)).collect(),
    ];
    for spoil in wrong {
        let mut parts = good.clone();
        spoil(&mut parts);
        assert_eq!(Quantiles::restored(Scale::Logarithmic, &parts), None, "{parts:?}");
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -10.0..10.0_f64,
        (0_u32..50).prop_map(f64::from),
        (-700.0..700.0_f64).prop_map(f64::exp),
    ]
}

proptest! {
    #[test]
    fn every_number_is_in_its_bucket(number in any::<f64>(), level in 0_u32..20) {
        prop_assume!(number.is_finite());
        prop_assert_eq!(holds(Scale::Logarithmic, number, level), Ok(()));
    }

    #[test]
    fn every_time_is_in_its_bucket(number in -1e11..1e11_f64, level in 0_u32..40) {
        prop_assert_eq!(holds(Scale::Linear, number, level), Ok(()));
    }

    #[test]
    fn buckets_are_in_the_order_of_numbers(one in any::<f64>(), other in any::<f64>()) {
        prop_assume!(one.is_finite() && other.is_finite() && one <= other);
        for scale in [Scale::Logarithmic, Scale::Linear] {
            prop_assert!(scale.bucket(one) <= scale.bucket(other));
        }
    }

    #[test]
    fn values_in_order_are_within_the_error(mut numbers in prop::collection::vec(number(), 1..300)) {
        numbers.retain(|number| number.is_finite());
        prop_assume!(!numbers.is_empty());
        let sketch = of(Scale::Logarithmic, &numbers);
        numbers.sort_by(f64::total_cmp);
        let last = numbers.len() - 1;
        for (at, truth) in numbers.iter().enumerate() {
            let place = at as f64 / last.max(1) as f64;
            // A place that rounding has moved is between two values.
            if (place * last as f64) == at as f64 {
                let ours = sketch.quantile(place).unwrap();
                prop_assert!(within(sketch.error(), ours, *truth), "{}: {:e} is not {:e}", at, ours, truth);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_and_any_shards_give_the_same(
        mut numbers in prop::collection::vec(number(), 0..12_000),
        size in 1_usize..5000,
        scale in prop::sample::select(vec![Scale::Logarithmic, Scale::Linear]),
    ) {
        let whole = of(scale, &numbers);
        numbers.reverse();
        let mut merged = Quantiles::new(scale);
        numbers.chunks(size).for_each(|shard| merged.merge(&of(scale, shard)));
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(Quantiles::restored(scale, &whole.parts()), Some(whole));
    }
}
