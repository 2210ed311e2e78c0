//! Metrics of predictions, with their intervals, over all rows and over slices of them.
//!
//! One way: `layout` says which columns are wanted, `gather` makes of each batch what is summed or kept of it, `labels`
//! says which class a code stands for, `summary` and `regression` hold what metrics follow from, `estimate` says how
//! sure they are, and `evidence` puts it into the record. Below the reader all of it is pure.

mod calibration;
mod cells;
mod checks;
mod confusion;
mod estimate;
mod evidence;
mod fairness;
mod gather;
mod labels;
mod layout;
mod many;
mod places;
mod ranking;
mod regression;
mod rows;
mod set;
mod slices;
mod sum;
mod summary;
mod tally;
mod thresholds;
mod undefined;
mod value;

use std::collections::BTreeMap;

use crate::config::{self, Intervals};
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::name::MetricName;
use crate::record::{self, MetricValue};
use gather::{Gathered, gather};
use layout::Layout;
use places::Places;

pub use confusion::Margins;
pub use rows::{Rows, Target, highest};
pub use slices::Sliced;
pub use sum::effective;
pub use value::{Valuer, class_loss, number_loss, value};

/// What predictions came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// The evidence; none with an error among the findings. Its files are left to who knows their digests.
    pub evidence: Option<record::Predictions>,
    /// The metrics over all rows, as `evidence.metrics` has them: those of the evidence, and as the text `NaN` those
    /// that are not defined, so that a rule about one of them fails.
    pub metrics: BTreeMap<MetricName, MetricValue>,
    /// What is wrong with them, or should be known.
    pub findings: Vec<Finding>,
}

impl Measured {
    fn refused(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// Measures the predictions in `files`, with intervals of this confidence. What cannot be measured is a finding.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn measure(
    spec: &config::Predictions,
    confidence: f64,
    files: &[ProjectFile],
    interrupt: &Interrupt,
) -> Result<Measured> {
    let layout = Layout::of(spec);
    let keep = keeps(spec, &layout);
    Ok(match gather(spec, &layout, keep, files, interrupt)? {
        Ok((gathered, table)) => {
            conclude(spec, &layout, confidence, keep, gathered, Places { files, table: &table })
        }
        Err(findings) => Measured::refused(findings),
    })
}

/// Whether the rows have to be in memory by column: for slices, for scores of many classes, and to be resampled.
fn keeps(spec: &config::Predictions, layout: &Layout) -> bool {
    !spec.slices.is_empty() || layout.scores.len() > 1 || matches!(spec.intervals, Intervals::Bootstrap(_))
}

/// Makes evidence of what was gathered.
fn conclude(
    spec: &config::Predictions,
    layout: &Layout,
    confidence: f64,
    kept: bool,
    gathered: Gathered,
    places: Places<'_>,
) -> Measured {
    let errors = gathered.errors(layout, spec, places);
    if !errors.is_empty() {
        return Measured::refused(errors);
    }
    evidence::of(spec, layout, confidence, kept, gathered, places).unwrap_or_else(Measured::refused)
}

#[cfg(test)]
mod tests;
