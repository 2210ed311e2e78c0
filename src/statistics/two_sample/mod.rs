//! Two samples of one thing: how far apart they are, and how often chance alone brings them as far. SciPy judges it.

mod counts;
pub(super) mod divergence;
mod exact;
mod kolmogorov;
mod matrix;
mod ordered;
mod search;
mod smirnov;
#[cfg(test)]
mod tests;

pub use counts::{chi_square_given, chi_square_table, z_proportions};
pub use divergence::{Base, jensen_shannon, psi};
pub use ordered::{Ordered, by_value, ordered};
pub use search::ks;

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// What was computed of the data.
    pub statistic: f64,
    /// How often chance alone brings it as far from what is expected, or farther.
    pub p: f64,
}

/// Which distribution the statistic of Kolmogorov and Smirnov is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KsP {
    /// The exact one of two samples, and from [`EXACT_ROWS`] rows a side on that of one sample: SciPy's `auto`.
    Auto,
    /// That of one sample of `nm / (n + m)` rows, whatever the sizes: SciPy's `asymp`.
    Asymptotic,
}

/// Up to so many rows in the larger sample SciPy's `auto` counts paths.
pub const EXACT_ROWS: u64 = 10_000;

/// The two-sided p-value of the distance `d` between the distributions of samples of `n` and `m` rows. NaN where `d` is,
/// where a sample is empty, and where `nm / (n + m)` rounds to none: of one row a side the asymptote knows nothing.
///
/// Exact are Gnedenko and Korolyuk's formula for samples of one size, and the paths of Hodges (1958) counted without
/// cancellation (Viehmann 2021) for others; asymptotic is the distribution of one sample (Simard and L'Ecuyer 2011).
#[must_use]
pub fn ks_p(d: f64, n: u64, m: u64, how: KsP) -> f64 {
    if d.is_nan() || n == 0 || m == 0 {
        return f64::NAN;
    }
    let p = if how == KsP::Auto && n.max(m) <= EXACT_ROWS {
        exact::p(d, n, m)
    } else {
        let (n, m) = (n as f64, m as f64);
        kolmogorov::sf((n * m / (n + m)).round_ties_even(), d)
    };
    p.clamp(0.0, 1.0)
}
