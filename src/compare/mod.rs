//! compare: the candidate's predictions against the baseline's, row by row where the rows are the same.

use crate::config;
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::interrupt::Interrupt;
use crate::record::{Comparison, Pairing, Predictions};

/// Compares two sets of predictions. Rows that only one of them has, and slices, are as [`Comparison`] says.
///
/// The inner error is why they cannot be paired, as the end of a sentence.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn paired(
    _spec: &config::Predictions,
    _confidence: f64,
    _candidate: &[ProjectFile],
    _baseline: &[ProjectFile],
    _interrupt: &Interrupt,
) -> Result<std::result::Result<Comparison, String>> {
    Ok(Err("this cannot be done yet".into()))
}

/// Compares by what both records know of their predictions, as of two independent samples. `why` they are not paired.
#[must_use]
pub fn unpaired(candidate: &Predictions, _baseline: &Predictions, why: String) -> Comparison {
    Comparison {
        pairing: Pairing::Unpaired(why),
        rows: candidate.rows,
        confidence: candidate.confidence,
        changes: Default::default(),
        slices: Default::default(),
    }
}
