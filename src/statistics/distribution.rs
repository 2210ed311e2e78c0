//! Distributions, on libm: the same digits on any machine.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

/// Degrees of freedom from which on Student's quantile is expanded around the normal one.
const MANY_DEGREES: f64 = 1e5;

/// The share of a standard normal distribution below `z`.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// What a share `p` of a standard normal distribution lies below. At 0 and 1 infinite, outside of them NaN.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p.is_nan() || p < 0.0 {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    (0..3).fold(rough_quantile(p), |z, _| polished(z, p))
}

/// A quantile to three digits, for `p` up to a half. (Hastings 1955; Abramowitz and Stegun 26.2.23)
fn rough_quantile(p: f64) -> f64 {
    let t = (-2.0 * libm::log(p)).sqrt();
    let above = (0.010_328 * t + 0.802_853) * t + 2.515_517;
    let below = ((0.001_308 * t + 0.189_269) * t + 1.432_788) * t + 1.0;
    above / below - t
}

/// One step of Halley's towards the normal quantile of `p`: it trebles the digits.
fn polished(z: f64, p: f64) -> f64 {
    // The density may underflow before the share does: the two are divided on the scale of logarithms.
    let excess = normal_cdf(z) / p - 1.0;
    let step = excess * libm::exp(libm::log(p) + z * z / 2.0) * SQRT_2 * PI.sqrt();
    let next = z - step / (1.0 + z * step / 2.0);
    if next.is_finite() { next } else { z }
}

/// What a share `p` of Student's distribution with these degrees of freedom lies below. At 0 and 1 infinite, outside
/// of them and without degrees NaN.
#[must_use]
pub fn student_quantile(p: f64, degrees: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || degrees.is_nan() || degrees <= 0.0 {
        return f64::NAN;
    }
    if p > 0.5 {
        return -student_quantile(1.0 - p, degrees);
    }
    if p == 0.5 {
        return 0.0;
    }
    if p == 0.0 || degrees >= MANY_DEGREES {
        return expanded(normal_quantile(p), degrees);
    }
    // The smaller of what lies beyond ±t and what lies between them, so that no digit is lost to a difference with 1.
    let (beyond, between) = (2.0 * p, 1.0 - 2.0 * p);
    let start = expanded(-normal_quantile(p), degrees.max(3.0));
    -if beyond <= 0.5 {
        solved(start, degrees, libm::log(beyond), |share| share.0, -1.0)
    } else {
        solved(start, degrees, libm::log(between), |share| share.1, 1.0)
    }
}

/// Student's quantile out of the normal one, for many degrees of freedom. (Abramowitz and Stegun 26.7.5)
fn expanded(z: f64, degrees: f64) -> f64 {
    if z.is_infinite() {
        return z;
    }
    let square = z * z;
    let first = (square + 1.0) * z / 4.0;
    let second = ((5.0 * square + 16.0) * square + 3.0) * z / 96.0;
    let third = (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) * z / 384.0;
    z + (first + (second + third / degrees) / degrees) / degrees
}

/// The t at which the logarithm of a share is `wanted`, by Newton's steps on logarithms of both, where every share is
/// concave: they cannot run away. `sign` is that of the share's slope.
fn solved(start: f64, degrees: f64, wanted: f64, share: impl Fn((f64, f64)) -> f64, sign: f64) -> f64 {
    let mut t = start;
    for _ in 0..100 {
        let now = share(student_shares(t, degrees));
        let slope = sign * 2.0 * t * student_density(t, degrees) / now;
        let step = (libm::log(now) - wanted) / slope;
        if !step.is_finite() {
            break;
        }
        t *= libm::exp(-step);
        if step.abs() < 1e-15 {
            break;
        }
    }
    t
}

/// The density of Student's distribution.
fn student_density(t: f64, degrees: f64) -> f64 {
    let half = degrees / 2.0;
    gamma_ratio(half) / (degrees * PI).sqrt() * libm::exp(-(half + 0.5) * libm::log1p(t / degrees * t))
}

/// The shares of Student's distribution beyond ±t and between them, for a positive t.
fn student_shares(t: f64, degrees: f64) -> (f64, f64) {
    let half = degrees / 2.0;
    let ratio = t / degrees * t;
    let (x, rest) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    // x^a · (1 − x)^(1/2) / B(a, 1/2), with Γ(1/2) = √π.
    let front = gamma_ratio(half) / PI.sqrt() * libm::exp(-half * libm::log1p(ratio)) * rest.sqrt();
    if x < (half + 1.0) / (half + 2.5) {
        let beyond = front * beta_fraction(half, 0.5, x) / half;
        (beyond, 1.0 - beyond)
    } else {
        let between = front * beta_fraction(0.5, half, rest) / 0.5;
        (1.0 - between, between)
    }
}

/// Γ(a + 1/2) / Γ(a), without the digits that a difference of logarithms loses. (DLMF 5.11.13)
fn gamma_ratio(a: f64) -> f64 {
    let mut a = a;
    let mut shift = 1.0;
    while a < 64.0 {
        shift *= a / (a + 0.5);
        a += 1.0;
    }
    let terms = [
        1.0,
        -1.0 / 8.0,
        1.0 / 128.0,
        5.0 / 1024.0,
        -21.0 / 32768.0,
        -399.0 / 262_144.0,
        869.0 / 4_194_304.0,
    ];
    shift * a.sqrt() * terms.iter().rev().fold(0.0, |sum, term| sum / a + term)
}

/// The continued fraction of the incomplete beta function, by Lentz's method. (DLMF 8.17.22)
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |number: f64| if number.abs() < TINY { TINY } else { number };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..20_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away(1.0 + coefficient * d);
            c = away(1.0 + coefficient / c);
            change *= c * d;
        }
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}
