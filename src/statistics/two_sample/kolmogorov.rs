//! Kolmogorov's distribution: how far one sample's function is from that of the distribution it is drawn from.
//!
//! The cases are those of Simard and L'Ecuyer (2011), with the bounds that SciPy has for them.

use std::f64::consts::{LN_2, PI, TAU};

use super::matrix::Matrix;
use super::smirnov;

/// Up to so many rows everything below the tail is exact.
const SMALL: f64 = 140.0;

/// The probability that the distribution function of `n` rows, a whole number, is somewhere `x` or more from the true
/// one. NaN where there are no rows.
pub(super) fn sf(n: f64, x: f64) -> f64 {
    if n < 1.0 || x.is_nan() {
        return f64::NAN;
    }
    let reach = n * x;
    if x >= 1.0 {
        0.0
    } else if reach <= 0.5 {
        1.0
    } else if reach <= 1.0 {
        1.0 - nearest(n, reach)
    } else if reach >= n - 1.0 {
        2.0 * libm::exp(n * libm::log1p(-x))
    } else if x >= 0.5 || reach * x >= tail(n) {
        // Both sides cannot be as far away at once, or hardly so.
        2.0 * smirnov::sf(n, x)
    } else if n <= SMALL || (n <= 1e5 && n * libm::pow(x, 1.5) <= 1.4) {
        1.0 - durbin(n, reach)
    } else {
        pelz_good(n, x)
    }
}

/// From here on n · x² is far enough for one side at a time.
fn tail(n: f64) -> f64 {
    if n <= SMALL { f64::from_bits(4.0_f64.to_bits() + 1) } else { 2.2 }
}

/// n! / nⁿ · (2nx − 1)ⁿ: each value lies in the middle of a part of its own. (Ruben and Gambino 1982)
fn nearest(n: f64, reach: f64) -> f64 {
    let factorial = libm::sqrt(TAU * n) * libm::exp(smirnov::correction(n));
    factorial * libm::exp(n * (libm::log(2.0 * reach - 1.0) - 1.0))
}

/// The probability of less than x, exactly: n! / nⁿ times an element of the n-th power of a matrix of order 2k − 1, for
/// nx = k − h. (Durbin 1968; Marsaglia, Tsang and Wang 2003)
fn durbin(n: f64, reach: f64) -> f64 {
    let k = reach.ceil();
    let middle = k as usize - 1;
    let (mantissa, exponent) = durbin_matrix(k as usize, k - reach).power(n as u64, middle);
    let factorial = smirnov::correction(n) + 0.5 * libm::log(TAU * n) - n;
    libm::exp(libm::log(mantissa) + f64::from(exponent) * LN_2 + factorial)
}

fn durbin_matrix(k: usize, h: f64) -> Matrix {
    let order = 2 * k - 1;
    // 1 / j!
    let mut inverse = vec![1.0; order + 1];
    for j in 1..=order {
        inverse[j] = inverse[j - 1] / j as f64;
    }
    let mut matrix =
        Matrix::new(order, |row, column| if row + 1 >= column { inverse[row + 1 - column] } else { 0.0 });
    for j in 0..order {
        let cut = libm::pow(h, (j + 1) as f64) * inverse[j + 1];
        *matrix.at(j, 0) -= cut;
        *matrix.at(order - 1, order - 1 - j) -= cut;
    }
    // Both were cut off the corner, whose paths may be cut twice.
    let twice = libm::pow((2.0 * h - 1.0).max(0.0), order as f64);
    *matrix.at(order - 1, 0) += twice * inverse[order];
    matrix
}

/// One minus the first four terms of an expansion in 1/√n, each turned by Jacobi's theta functions into a sum that
/// converges quickly for any x that matters. (Pelz and Good 1976)
fn pelz_good(n: f64, x: f64) -> f64 {
    let z = n.sqrt() * x;
    let square = z * z;
    let first = -PI * PI / (8.0 * square);
    if first < -708.0 {
        return 1.0;
    }
    let odd = odd_terms(z, first);
    let whole = whole_terms(z, 4.0 * first);
    let [k0, k1, k2, k3] = [odd[0], odd[1], odd[2] + whole[0], odd[3] + whole[1]];
    let root = n.sqrt();
    (1.0 - k0) - (k1 + (k2 + k3 / root) / root) / root
}

/// How many terms of the sums are more than nothing.
fn terms(z: f64) -> u32 {
    (16.0 * z / PI).ceil() as u32
}

/// The sums over odd numbers r, of q^(r²) times polynomials of (πr/2)².
fn odd_terms(z: f64, log_q: f64) -> [f64; 4] {
    let z2 = z * z;
    let (z4, z6, z8) = (z2 * z2, z2 * z2 * z2, z2 * z2 * z2 * z2);
    let mut sums = [0.0; 4];
    for k in (1..=terms(z)).rev() {
        let r = f64::from(2 * k - 1);
        let s = (PI * r / 2.0) * (PI * r / 2.0);
        let weight = libm::exp(log_q * r * r);
        let of = [
            1.0,
            s - z2,
            6.0 * z6 + 2.0 * z4 + (2.0 * z4 - 5.0 * z2) * s + (1.0 - 2.0 * z2) * s * s,
            -30.0 * z6 - 90.0 * z8
                + (135.0 * z4 - 96.0 * z6) * s
                + (212.0 * z4 - 60.0 * z2) * s * s
                + (5.0 - 30.0 * z2) * s * s * s,
        ];
        for (sum, of) in sums.iter_mut().zip(of) {
            *sum += weight * of;
        }
    }
    let scales = [z, 6.0 * z4, 72.0 * z6 * z, 6480.0 * z8 * z2];
    std::array::from_fn(|i| TAU.sqrt() * sums[i] / scales[i])
}

/// The sums over whole numbers k, of q^(k²) times polynomials of (πk)².
fn whole_terms(z: f64, log_q: f64) -> [f64; 2] {
    let z2 = z * z;
    let mut sums = [0.0; 2];
    for k in (1..=terms(z)).rev() {
        let k = f64::from(k);
        let s = PI * k * PI * k;
        let weight = libm::exp(log_q * k * k);
        sums[0] += weight * s;
        sums[1] += weight * s * (3.0 * z2 - s);
    }
    [-TAU.sqrt() * sums[0] / (36.0 * z2 * z), TAU.sqrt() * sums[1] / (216.0 * z2 * z2 * z2)]
}
