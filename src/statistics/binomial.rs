//! Draws from binomial and multinomial distributions.

use super::stream::Stream;

/// Expected successes below which waiting times are cheaper than a hat, and above which the hat is one.
const FEW: f64 = 10.0;

/// Draws as many rows as there are, with replacement, and counts them by cell: `drawn` becomes each cell's count.
/// A multinomial draw is one binomial draw a cell, of what the cells before it left.
pub fn multinomial(cells: &[u64], stream: &mut Stream, drawn: &mut [f64]) {
    let mut rows: u64 = cells.iter().sum();
    let mut left = rows;
    for (cell, drawn) in cells.iter().zip(drawn) {
        let count = if *cell == rows { left } else { binomial(left, *cell as f64 / rows as f64, stream) };
        *drawn = count as f64;
        left -= count;
        rows -= cell;
    }
}

/// The successes of so many trials.
pub fn binomial(trials: u64, share: f64, stream: &mut Stream) -> u64 {
    if share > 0.5 {
        return trials - binomial(trials, 1.0 - share, stream);
    }
    if trials == 0 || share <= 0.0 {
        0
    } else if trials as f64 * share < FEW {
        waited(trials, share, stream)
    } else {
        Hat::new(trials, share).draw(stream)
    }
}

/// By the trials that one waits for each success, which are geometric. (Devroye 1986, X.4.3)
fn waited(trials: u64, share: f64, stream: &mut Stream) -> u64 {
    let rate = libm::log1p(-share);
    let (mut gone, mut successes) = (0.0, 0);
    loop {
        gone += (libm::log(stream.share()) / rate).floor() + 1.0;
        if gone > trials as f64 {
            return successes;
        }
        successes += 1;
    }
}

/// A hat above the distribution, below which points are drawn until one is below the distribution, too: exact, and at
/// a cost that does not grow with the trials. (BTRS of Hörmann 1993)
///
/// What is rounded is the logarithm of the density, by at most 10⁻⁸ for a hundred million trials: a draw in as many
/// may be another one.
struct Hat {
    trials: f64,
    odds: f64,
    mode: f64,
    middle: f64,
    a: f64,
    b: f64,
    alpha: f64,
    squeeze: f64,
}

impl Hat {
    fn new(trials: u64, share: f64) -> Self {
        let trials = trials as f64;
        let deviation = (trials * share * (1.0 - share)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        Self {
            trials,
            odds: share / (1.0 - share),
            mode: ((trials + 1.0) * share).floor(),
            middle: trials * share + 0.5,
            a: -0.0873 + 0.0248 * b + 0.01 * share,
            b,
            alpha: (2.83 + 5.1 / b) * deviation,
            squeeze: 0.92 - 4.2 / b,
        }
    }

    fn draw(&self, stream: &mut Stream) -> u64 {
        loop {
            let u = stream.share() - 0.5;
            let v = stream.share();
            let edge = 0.5 - u.abs();
            let count = ((2.0 * self.a / edge + self.b) * u + self.middle).floor();
            if !(0.0..=self.trials).contains(&count) {
                continue;
            }
            let surely = edge >= 0.07 && v <= self.squeeze;
            if surely || libm::log(v * self.alpha / (self.a / (edge * edge) + self.b)) <= self.density(count)
            {
                return count as u64;
            }
        }
    }

    /// The logarithm of the density at `count` over that at the mode.
    fn density(&self, count: f64) -> f64 {
        let (mode, rest, other) = (self.mode, self.trials - self.mode, self.trials - count);
        (mode + 0.5) * libm::log((mode + 1.0) / (self.odds * (rest + 1.0)))
            + (self.trials + 1.0) * libm::log((rest + 1.0) / (other + 1.0))
            + (count + 0.5) * libm::log(self.odds * (other + 1.0) / (count + 1.0))
            + stirling(mode)
            + stirling(rest)
            - stirling(count)
            - stirling(other)
    }
}

/// What Stirling's formula, of k + 1, lacks of the logarithm of k!.
fn stirling(k: f64) -> f64 {
    let next = k + 1.0;
    if k < 10.0 {
        let formula = (k + 0.5) * libm::log(next) - next + 0.918_938_533_204_672_8;
        return libm::lgamma(next) - formula;
    }
    let square = next * next;
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / next
}
