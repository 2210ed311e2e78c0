//! The distribution of chi-square, and the incomplete gamma function that it is.

use std::f64::consts::TAU;

/// The share of the distribution of chi-square with these degrees of freedom that lies at or above `x`. 1 up to 0, 0 at
/// infinity, NaN without degrees.
#[must_use]
pub fn chi_square_sf(x: f64, degrees: f64) -> f64 {
    if x.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        f64::NAN
    } else if x <= 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else {
        gamma_above(degrees / 2.0, x / 2.0)
    }
}

/// The upper regularised incomplete gamma function. Below a + 1 by the series of the lower one, above it by the continued
/// fraction: near the middle both take a few times √a terms, thousands for a million degrees, and no expansion is needed.
fn gamma_above(a: f64, x: f64) -> f64 {
    let front = gamma_density(a, x);
    if x < a + 1.0 { (1.0 - front * series(a, x) / a).max(0.0) } else { front * fraction(a, x) }
}

/// x^a · e^(−x) / Γ(a). For large a by Stirling's formula, in which the large logarithms have cancelled on paper.
fn gamma_density(a: f64, x: f64) -> f64 {
    if a < 16.0 {
        return libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    }
    let off = (x - a) / a;
    libm::exp(a * log_less(off) - stirling(a)) * (a / TAU).sqrt()
}

/// ln(1 + y) − y.
fn log_less(y: f64) -> f64 {
    if y.abs() > 0.25 {
        return libm::log1p(y) - y;
    }
    // ln(1 + y) = 2 artanh(s) for s = y / (2 + y), and y = 2s + y·s.
    let s = y / (2.0 + y);
    let square = s * s;
    let odd = (1..14).rev().fold(0.0, |sum, k| sum * square + 2.0 / f64::from(2 * k + 1));
    s * (square * odd - y)
}

/// What Stirling's formula for Γ(a) lacks, for a from 16 on. (DLMF 5.11.1)
fn stirling(a: f64) -> f64 {
    let square = a * a;
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    terms.iter().rev().fold(0.0, |sum, term| sum / square + term) / a
}

/// 1 + x/(a+1) + x²/((a+1)(a+2)) + … (DLMF 8.11.4)
fn series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, a);
    while term > sum * f64::EPSILON / 4.0 {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    sum
}

/// 1/(x+1−a− 1(1−a)/(x+3−a− 2(2−a)/(x+5−a− …))), by Lentz's method. (DLMF 8.9.2)
fn fraction(a: f64, x: f64) -> f64 {
    /// Far more than any number of degrees takes.
    const MOST: u32 = 1_000_000;
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..MOST {
        let k = f64::from(k);
        let numerator = k * (a - k);
        b += 2.0;
        d = 1.0 / away(numerator * d + b);
        c = away(b + numerator / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// Not 0, that something may be divided by it.
fn away(number: f64) -> f64 {
    if number.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { number }
}
