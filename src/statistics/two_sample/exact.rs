//! The exact distribution of Kolmogorov and Smirnov's statistic of two samples.
//!
//! Every order of the n + m values is as likely as another. An order is a path on a lattice from (0, 0) to (n, m): a step
//! to the right for a value of one sample, upwards for one of the other. The statistic reaches h / lcm(n, m) where the
//! path touches one of the two lines at that distance from the diagonal.

/// From here on the p-value is less than any number above 0: it is at most a small multiple of exp(-2 d² nm / (n + m)).
/// (Wei and Dudley 2012)
const HOPELESS: f64 = 800.0;
/// The certainty of a path that has touched a line, so large that the p-values of a path that has not are no subnormal
/// numbers, which are slow and have lost digits.
const SURE: f64 = 1e300;

/// The p-value of the distance `d`. Both samples have rows.
pub(super) fn p(d: f64, n: u64, m: u64) -> f64 {
    let divisor = greatest_common_divisor(n, m);
    let steps = (d * ((n / divisor) * m) as f64).round_ties_even();
    if steps < 1.0 {
        return 1.0;
    }
    let (rows, others) = (n as f64, m as f64);
    if d > 1.0 || 2.0 * d * d * rows * others / (rows + others) > HOPELESS {
        return 0.0;
    }
    if n == m { equal_sizes(n, steps as u64) } else { touching(n.max(m), n.min(m), divisor, steps as u64) }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// The paths of n steps each way that come `h` off the diagonal, by reflecting them at the lines again and again:
/// 2 (C(n, h) − C(n, 2h) + C(n, 3h) − …), where C(n, i) is the share of all paths that end i off. Each term is a
/// product of ratios below 1 with the one before, so nothing overflows. (Gnedenko and Korolyuk 1951)
fn equal_sizes(n: u64, h: u64) -> f64 {
    let mut sum = 0.0;
    for reflections in (0..=n / h).rev() {
        let (off, n) = ((reflections * h) as f64, n as f64);
        let further: f64 =
            (0..h).map(|step| (n - off - step as f64) / (n + off + step as f64 + 1.0)).product();
        sum = further * (1.0 - sum);
    }
    2.0 * sum
}

/// The share of paths that touch a line `h` off the diagonal: that of those up to a point is the mean of those up to its
/// two neighbours below, weighted by the paths from each. No term is ever subtracted. (Viehmann 2021)
///
/// The points with as many steps are one row, so that a row follows from the one before without waiting for itself.
fn touching(right: u64, up: u64, divisor: u64, h: u64) -> f64 {
    let strip = Strip { right, up, slope: up / divisor, whole: (right + up) / divisor, h };
    let places: Vec<f64> = (0..=up).map(|place| place as f64).collect();
    let mut before = vec![SURE; up as usize + 1];
    before[0] = 0.0;
    let mut now = vec![SURE; up as usize + 1];
    for steps in 1..=right + up {
        let Some((low, high)) = strip.inside(steps) else { return 1.0 };
        // What the strip has left behind since this row was last written.
        now[low.saturating_sub(2)..low].fill(SURE);
        row(&mut now[low..=high], &before, &places[low..=high], low, steps as f64);
        std::mem::swap(&mut before, &mut now);
    }
    before[up as usize] / SURE
}

/// One row, from `low` on.
fn row(now: &mut [f64], before: &[f64], places: &[f64], low: usize, steps: f64) {
    let length = now.len();
    let from_left = &before[low..low + length];
    let (now, places, from_left, from_below) = if low == 0 {
        // Below the lowest point there is none.
        now[0] = before[0];
        (&mut now[1..], &places[1..], &from_left[1..], &before[..length - 1])
    } else {
        (now, places, from_left, &before[low - 1..low - 1 + length])
    };
    let share = 1.0 / steps;
    for (((now, left), below), place) in now.iter_mut().zip(from_left).zip(from_below).zip(places) {
        *now = ((steps - place) * left + place * below) * share;
    }
}

/// The points strictly between the two lines.
struct Strip {
    right: u64,
    up: u64,
    /// A step to the right in units of 1 / lcm, and one of each together.
    slope: u64,
    whole: u64,
    h: u64,
}

impl Strip {
    /// The lowest and highest number of steps upwards among so many; none where no point is inside.
    fn inside(&self, steps: u64) -> Option<(usize, usize)> {
        let middle = steps * self.slope;
        let low = if middle < self.h { 0 } else { (middle - self.h) / self.whole + 1 };
        let high = (middle + self.h - 1) / self.whole;
        let low = low.max(steps.saturating_sub(self.right));
        let high = high.min(self.up).min(steps);
        (low <= high).then_some((low as usize, high as usize))
    }
}
