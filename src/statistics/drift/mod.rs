//! Whether a column has drifted, of data that is summarised already: samples in order, or counts of categories and bins.
//!
//! Three sets of rules: [`auto`], which are ours, and those of [`evidently`] and of [`alibi`], number for number.

pub mod alibi;
pub mod auto;
mod bins;
mod chance;
pub mod evidently;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use bins::{Cuts, Edges};
pub use chance::{expected_divergence, homogeneity};
