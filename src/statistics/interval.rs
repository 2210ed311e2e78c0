//! Intervals of one number.

use super::{Interval, normal_quantile, student_quantile};

/// How many standard errors an interval of this confidence reaches to either side. None of a confidence that is not
/// between 0 and 1.
pub(super) fn reach(confidence: f64) -> Option<f64> {
    (confidence > 0.0 && confidence < 1.0).then(|| -normal_quantile((1.0 - confidence) / 2.0))
}

fn finite(interval: Interval) -> Option<Interval> {
    interval.iter().all(|end| end.is_finite()).then_some(interval)
}

/// Wilson's score interval of the proportion `successes / trials`; both may be fractional, as effective numbers of
/// weighted rows are. None without trials. (Wilson 1927)
#[must_use]
pub fn wilson(successes: f64, trials: f64, confidence: f64) -> Option<Interval> {
    if !(trials > 0.0 && (0.0..=trials).contains(&successes)) {
        return None;
    }
    let z = reach(confidence)?;
    let (share, square) = (successes / trials, z * z);
    let middle = successes + square / 2.0;
    let half = z * (successes * (1.0 - share) + square / 4.0).sqrt();
    // At 0 and at 1 the roots are exact: rounding must not move them.
    let low = if successes == 0.0 { 0.0 } else { (middle - half) / (trials + square) };
    let high = if successes == trials { 1.0 } else { (middle + half) / (trials + square) };
    finite([low.max(0.0), high.min(1.0)])
}

/// How much more often than in `share` of the trials a thing may happen that the normal interval leaves out: what Wilson's
/// interval reaches beyond it. Nearly four trials where it was never seen, and never less than nearly two; 0 without
/// trials.
#[must_use]
pub fn beyond_normal(share: f64, trials: f64, confidence: f64) -> f64 {
    let high = wilson(share * trials, trials, confidence).map(|interval| interval[1]);
    let normal = reach(confidence).map(|z| z * (share * (1.0 - share) / trials).sqrt());
    high.zip(normal).map_or(0.0, |(high, normal)| (high - share - normal).max(0.0))
}

/// Student's t interval around a mean with its standard error. None without a degree of freedom.
#[must_use]
pub fn student(mean: f64, error: f64, degrees: f64, confidence: f64) -> Option<Interval> {
    if degrees.is_nan() || degrees <= 0.0 || error.is_nan() || error < 0.0 {
        return None;
    }
    reach(confidence)?;
    let half = -student_quantile((1.0 - confidence) / 2.0, degrees) * error;
    finite([mean - half, mean + half])
}

/// The normal interval around a value with its standard error.
#[must_use]
pub fn delta(value: f64, error: f64, confidence: f64) -> Option<Interval> {
    if error.is_nan() || error < 0.0 {
        return None;
    }
    let half = reach(confidence)? * error;
    finite([value - half, value + half])
}

/// The normal interval on the scale of the logit, of a value between 0 and 1: it never leaves them. At 0 and at 1
/// none.
#[must_use]
pub fn logit(value: f64, error: f64, confidence: f64) -> Option<Interval> {
    if !(value > 0.0 && value < 1.0 && error >= 0.0) {
        return None;
    }
    let odds = libm::log(value) - libm::log1p(-value);
    let half = reach(confidence)? * error / (value * (1.0 - value));
    let back = |odds: f64| 1.0 / (1.0 + libm::exp(-odds));
    if half == 0.0 {
        return Some([value, value]);
    }
    finite([back(odds - half), back(odds + half)])
}

/// The interval of a difference, candidate minus baseline, out of the intervals of two independent numbers. (Zou and
/// Donner 2008)
#[must_use]
pub fn mover(candidate: (f64, Interval), baseline: (f64, Interval)) -> Interval {
    square_and_add(candidate, baseline, 0.0)
}

/// An interval of another confidence, out of one: each side is stretched as that of a normal distribution would be.
#[must_use]
pub fn rescaled(value: f64, [low, high]: Interval, from: f64, to: f64) -> Interval {
    let factor = match (reach(from), reach(to)) {
        (Some(from), Some(to)) if from != to => to / from,
        _ => return [low, high],
    };
    [value - factor * (value - low), value + factor * (high - value)]
}

/// Newcombe's interval of the difference between two proportions of the same rows, candidate minus baseline: `both`
/// are right, only the candidate, only the baseline, and neither. Wilson's intervals, squared and added, with the
/// correlation of the two, which is continuity-corrected. (Newcombe 1998, method 10) None without rows.
///
/// Where hardly a row differs the correlation is near 1 whatever is done to it, and the interval too narrow: for nothing
/// seen to differ in 200 rows it would end at 0.0098, where 0.015 is not ruled out. So it reaches at least as far as that
/// of the shares of rows that only one side is right in, which is made the same way.
#[must_use]
pub fn newcombe(both: f64, candidate: f64, baseline: f64, neither: f64, confidence: f64) -> Option<Interval> {
    let rows = both + candidate + baseline + neither;
    let share = |part: f64| Some((part / rows, wilson(part, rows, confidence)?));
    let right = [both + candidate, both + baseline];
    let wrong = [baseline + neither, candidate + neither];
    let margins = right[0].sqrt() * wrong[0].sqrt() * right[1].sqrt() * wrong[1].sqrt();
    let together = match both * neither - candidate * baseline {
        excess if excess > rows / 2.0 => excess - rows / 2.0,
        excess => excess.min(0.0),
    };
    let correlation = if margins > 0.0 { together / margins } else { 0.0 };
    let of_margins = square_and_add(share(right[0])?, share(right[1])?, correlation);
    let others = ((rows - candidate) * (rows - baseline)).sqrt();
    let apart = if others > 0.0 { -(candidate * baseline).sqrt() / others } else { -1.0 };
    let of_differing = square_and_add(share(candidate)?, share(baseline)?, apart);
    finite([of_margins[0].min(of_differing[0]), of_margins[1].max(of_differing[1])])
}

/// An interval of a difference out of two intervals and the correlation of what they are of.
fn square_and_add(one: (f64, Interval), other: (f64, Interval), correlation: f64) -> Interval {
    let change = one.0 - other.0;
    let length = |up: f64, down: f64| (up * up + down * down - 2.0 * correlation * up * down).max(0.0).sqrt();
    [
        change - length(one.0 - one.1[0], other.1[1] - other.0),
        change + length(one.1[1] - one.0, other.0 - other.1[0]),
    ]
}

/// The places, from 0 on, of the order statistics of `count` values that contain the median: with the greatest lower
/// place that leaves at most half of what the confidence leaves below it. None where there are too few. (Conover 1999,
/// 3.2) Beyond a thousand values the binomial distribution's quantile is expanded around the normal one, which gives
/// the same places but where the two lie on a knife's edge.
#[must_use]
pub fn order_statistic(count: usize, confidence: f64) -> Option<(usize, usize)> {
    let z = reach(confidence)?;
    let below = if count <= 1000 { counted(count, (1.0 - confidence) / 2.0) } else { expanded(count, z) }?;
    Some((below, count - 1 - below))
}

/// How many values may lie below the lower place: the greatest r with P(B < r + 1) ≤ tail, of a fair coin's B.
fn counted(count: usize, tail: f64) -> Option<usize> {
    let mut probability = (0..count).fold(1.0, |half, _| half / 2.0);
    let (mut sum, mut place) = (0.0, None);
    for successes in 0..count {
        sum += probability;
        if sum > tail {
            break;
        }
        place = Some(successes);
        probability *= (count - successes) as f64 / (successes + 1) as f64;
    }
    place
}

/// The same by the expansion of Cornish and Fisher. A fair coin is not skew, and its excess is −2 / n; a sum of whole
/// numbers is less spread by a twelfth than the curve through it. (Esseen 1945)
fn expanded(count: usize, z: f64) -> Option<usize> {
    let rows = count as f64;
    let deviation = (rows / 4.0 - 1.0 / 12.0).sqrt();
    let bent = -z + (z * z * z - 3.0 * z) / (12.0 * rows);
    let quantile = (rows / 2.0 + bent * deviation - 0.5).floor();
    (quantile >= 0.0).then_some(quantile as usize)
}
