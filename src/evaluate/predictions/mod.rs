//! Metrics of predictions, with their intervals, over all rows and over slices of them.

mod rows;

use crate::config;
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record;

pub use rows::{Rows, Target};

/// What predictions came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// The evidence; none with an error among the findings.
    pub evidence: Option<record::Predictions>,
    /// What is wrong with them, or should be known.
    pub findings: Vec<Finding>,
}

/// Measures the predictions in `files`, with intervals of this confidence. What cannot be measured is a finding.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn measure(
    _spec: &config::Predictions,
    _confidence: f64,
    _files: &[ProjectFile],
    _interrupt: &Interrupt,
) -> Result<Measured> {
    Ok(Measured::default())
}
