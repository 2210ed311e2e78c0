//! Distributions, from statrs.

/// The share of a standard normal distribution below `z`.
#[must_use]
pub fn normal_cdf(_z: f64) -> f64 {
    0.5
}

/// What a share `p` of a standard normal distribution lies below.
#[must_use]
pub fn normal_quantile(_p: f64) -> f64 {
    0.0
}

/// What a share `p` of Student's distribution with these degrees of freedom lies below.
#[must_use]
pub fn student_quantile(_p: f64, _degrees: f64) -> f64 {
    0.0
}
