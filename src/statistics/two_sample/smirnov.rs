//! Smirnov's distribution: how far one sample's function comes above that of the distribution it is drawn from.

use std::f64::consts::TAU;

/// Above so many rows SciPy takes the first term of an expansion, which is off by 4/9 · n · x⁴, and so do we.
const LARGE: f64 = 1e6;
/// So many terms are added one by one.
const FEW: f64 = 8192.0;
/// Beyond that, about so many stand for all.
const POINTS: f64 = 4096.0;

/// The probability that the distribution function of `n` rows is at some place `x` or more above the true one, for x
/// between 0 and 1.
///
/// It is x · Σ C(n, v) (x + v/n)^(v−1) (1 − x − v/n)^(n−v) for v from 0 to n (1 − x). (Birnbaum and Tingey 1951)
pub(super) fn sf(n: f64, x: f64) -> f64 {
    if n > LARGE {
        let far = 6.0 * n * x + 1.0;
        return libm::exp(-far * far / (18.0 * n));
    }
    let sum = Sum { n, x, reach: n * x };
    let last = (n - sum.reach).floor().min(n - 1.0);
    if n <= FEW { sum.every(last, 1.0) } else { sum.every(last, (n / POINTS).floor()) }
}

struct Sum {
    n: f64,
    x: f64,
    reach: f64,
}

impl Sum {
    /// All terms up to the last, or each `step`-th for those around it. Terms of many rows are a smooth function that falls
    /// off faster than any power at both ends, where the trapezoidal rule loses nothing. (Trefethen and Weideman 2014)
    fn every(&self, last: f64, step: f64) -> f64 {
        let mut sum = libm::exp(self.n * libm::log1p(-self.x));
        let mut v = step;
        while v <= last {
            sum += step * self.term(v);
            v += step;
        }
        sum
    }

    /// x · C(n, v) p^v (1 − p)^(n − v) / p for p = x + v/n: a binomial probability, by the saddle-point expansion, in which
    /// the large logarithms have cancelled each other on paper. (Loader 2000)
    fn term(&self, v: f64) -> f64 {
        let (n, d) = (self.n, self.reach);
        let rest = n - v;
        // The last term may be one of rows that are no more, by a rounding: its part of 1 may not be below 0.
        let off = v * libm::log1p(d / v) + rest * libm::log1p(-(d / rest).min(1.0));
        let rounding = correction(n) - correction(v) - correction(rest);
        libm::exp(off + rounding) * (n / (TAU * v * rest)).sqrt() * d / (v + d)
    }
}

/// What Stirling's formula lacks of the logarithm of k!, for a whole k of at least 1. (DLMF 5.11.1)
pub(super) fn correction(k: f64) -> f64 {
    if k < 16.0 {
        return libm::lgamma(k + 1.0) - (k + 0.5) * libm::log(k) + k - 0.5 * libm::log(TAU);
    }
    let square = k * k;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
        / k
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_of_whole_rows_has_a_p_value() {
        for n in 1..600_u32 {
            for rows in 1..n {
                let n = f64::from(n);
                let p = sf(n, f64::from(rows) / n);
                assert!((0.0..=1.0).contains(&p), "{n} {rows}: {p}");
            }
        }
    }

    #[test]
    fn a_few_thousand_terms_stand_for_all() {
        for n in [8193.0, 20_000.0, 123_456.0, 500_000.0] {
            for scale in [1.48, 2.0, 4.0, 10.0, 18.0] {
                let sum = Sum { n, x: scale / f64::sqrt(n), reach: scale * f64::sqrt(n) };
                let last = (n - sum.reach).floor();
                let all = sum.every(last, 1.0);
                assert!((sf(n, sum.x) - all).abs() < 1e-12 * all, "{n} {scale}: {} {all}", sf(n, sum.x));
            }
        }
    }
}
