//! statistics: how sure a number is. Pure; every formula names its source, and SciPy and statsmodels judge it.
//!
//! A confidence is between 0 and 1, and that of an interval with two ends: 0.95 leaves 0.025 on either side.

pub mod bootstrap;
pub mod delong;
pub(crate) mod binomial;
mod chi_square;
mod curve;
pub mod distinct;
mod distribution;
pub mod drift;
pub mod frequent;
pub mod hash;
pub mod histogram;
mod interval;
pub mod ladder;
mod many;
pub mod moments;
pub mod order;
pub mod quantiles;
mod ranks;
mod rough;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
pub mod two_sample;
mod weights;

pub use chi_square::chi_square_sf;
pub use distribution::{normal_cdf, normal_quantile, student_quantile};
pub use interval::{
    beyond_normal, delta, logit, mover, newcombe, order_statistic, rescaled, student, wilson,
};
pub use many::{against, benjamini_hochberg, holm, holm_adjusted, more_rows};
pub use ranks::{Ranked, between};
pub use rough::{Lists, Rough};

/// Low and high end.
pub type Interval = [f64; 2];
