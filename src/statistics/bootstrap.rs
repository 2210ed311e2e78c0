//! The bootstrap: seeded, and the same on any machine with any number of threads.
//!
//! Each resample has a random stream of its own, by its number: which thread draws it changes nothing. Sums are of
//! integers, and logarithms are libm's.

use rayon::prelude::*;

use super::binomial::multinomial;
use super::curve::Curve;
use super::stream::Stream;
use super::weights::Weights;
use super::{Interval, normal_cdf, normal_quantile};

/// How many resamples the interval needs at least: one beyond either end.
#[must_use]
pub fn least(confidence: f64) -> u32 {
    (2.0 / (1.0 - confidence)).ceil() as u32
}

/// The percentile interval of resampled values, which are sorted. None where a value is not finite, or there are too
/// few ([`least`]). Between two values it is interpolated, as NumPy does.
#[must_use]
pub fn percentile(resampled: &mut [f64], confidence: f64) -> Option<Interval> {
    sorted(resampled, confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    Some([quantile(resampled, tail), quantile(resampled, 1.0 - tail)])
}

/// The bias-corrected and accelerated interval of resampled values, which are sorted; `acceleration` is a sixth of the
/// skewness of the value's influences ([`acceleration`]). None where a value is not finite, there are too few, or all
/// are on one side of the value. (Efron 1987)
#[must_use]
pub fn bca(resampled: &mut [f64], value: f64, acceleration: f64, confidence: f64) -> Option<Interval> {
    sorted(resampled, confidence)?;
    let below = resampled.partition_point(|resampled| *resampled < value);
    let up_to = resampled.partition_point(|resampled| *resampled <= value);
    let bias = normal_quantile((below + up_to) as f64 / (2 * resampled.len()) as f64);
    let end = |share: f64| {
        let shifted = bias + normal_quantile(share);
        let scale = 1.0 - acceleration * shifted;
        let share = normal_cdf(bias + shifted / scale);
        (scale > 0.0 && share.is_finite()).then(|| quantile(resampled, share))
    };
    let tail = (1.0 - confidence) / 2.0;
    bias.is_finite().then_some(())?;
    // Where every resample is biased, as of rare classes, the corrected ends can be on one side of the value.
    Some([end(tail)?.min(value), end(1.0 - tail)?.max(value)])
}

/// The acceleration of [`bca`]: a sixth of the skewness of the influences, each with how many rows have it. Only what
/// they are relative to each other matters: jackknife values with their sign turned do as well.
#[must_use]
pub fn acceleration(influences: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let (rows, sum) = influences
        .clone()
        .fold((0.0, 0.0), |(rows, sum), (influence, count)| (rows + count, sum + count * influence));
    let mean = sum / rows;
    let (squares, cubes) = influences.fold((0.0, 0.0), |(squares, cubes), (influence, count)| {
        let off = influence - mean;
        (squares + count * off * off, cubes + count * off * off * off)
    });
    let skew = cubes / (6.0 * squares * squares.sqrt());
    if skew.is_finite() { skew } else { 0.0 }
}

fn sorted(resampled: &mut [f64], confidence: f64) -> Option<()> {
    let enough = confidence > 0.0 && confidence < 1.0 && resampled.len() >= least(confidence) as usize;
    if !enough || !resampled.iter().all(|value| value.is_finite()) {
        return None;
    }
    resampled.sort_unstable_by(f64::total_cmp);
    Some(())
}

/// The quantile of sorted values, between two by how far. (Hyndman and Fan 1996, 7)
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

/// The resampled values of a statistic, or of several at once, of the counts of cells, such as those of a confusion
/// matrix: drawing rows is drawing counts from a multinomial distribution. `cells` are each cell's number of rows. It
/// takes the same time however many rows there are.
#[must_use]
pub fn cells<T: Send>(
    cells: &[u64],
    resamples: u32,
    seed: u64,
    statistic: impl Fn(&[f64]) -> T + Sync,
) -> Vec<T> {
    let drawn = || vec![0.0; cells.len()];
    let resample = |drawn: &mut Vec<f64>, number: u32| {
        multinomial(cells, &mut Stream::new(seed, u64::from(number)), drawn);
        statistic(drawn)
    };
    (0..resamples).into_par_iter().map_init(drawn, resample).collect()
}

/// The resampled values of a statistic of weighted rows: it is given how often each of the rows was drawn.
///
/// Up to 65,536 rows exactly as many are drawn as there are. Of more, each row is drawn a number of times of its own,
/// from a Poisson distribution with mean 1 (Chamandy and others 2012): their sum is not always the same, by a part in
/// a thousand or less, so the statistic must be one that does not change where all counts are doubled, as every metric
/// is; its variance is then the same but for a part in as many as there are rows.
#[must_use]
pub fn rows(rows: usize, resamples: u32, seed: u64, statistic: impl Fn(&[u8]) -> f64 + Sync) -> Vec<f64> {
    let weights = Weights::new();
    let drawn = || vec![0; rows];
    let resample = |drawn: &mut Vec<u8>, number: u32| {
        weights.draw(&mut Stream::new(seed, u64::from(number)), drawn);
        statistic(drawn)
    };
    (0..resamples).into_par_iter().map_init(drawn, resample).collect()
}

/// The resampled areas under the ROC curve. `is_positive` and `scores` have a value a row. They are sorted once; then a
/// resample is one pass over a byte a row, or over the runs of rows that are alike where there are few of them. A
/// resample without a row of either class is NaN; nothing comes of scores that are NaN.
#[must_use]
pub fn auc(is_positive: &[bool], scores: &[f64], resamples: u32, seed: u64) -> Vec<f64> {
    if is_positive.len() != scores.len() || scores.iter().any(|score| score.is_nan()) {
        return Vec::new();
    }
    let curve = Curve::new(is_positive, scores);
    match curve.few_cells() {
        Some(few) => cells(&few, resamples, seed, Curve::area_of_cells),
        None => rows(scores.len(), resamples, seed, |drawn| curve.area(drawn)),
    }
}
