//! The bundle: the record, the reports and the outputs of a run in one zip, the same bytes for the same
//! inputs, and the check that a bundle or a folder is what its record says.

use std::path::Path;

use crate::fault::Result;
use crate::finding::Finding;
use crate::record::Record;

/// Writes `bundle.zip` into the run's folder: the reports by name and bytes, and the record's outputs.
///
/// # Errors
/// An output that is not what the record says, or a folder that cannot be written.
pub fn pack(root: &Path, run_dir: &Path, record: &Record, reports: &[(&str, Vec<u8>)]) -> Result<()> {
    let _ = (root, run_dir, record, reports);
    todo!()
}

/// Checks a bundle against the record inside it.
///
/// # Errors
/// A file that cannot be read at all. Everything that is wrong with its content is a finding.
pub fn verify_bundle(bundle: &Path) -> Result<Vec<Finding>> {
    let _ = bundle;
    todo!()
}

/// Checks the outputs in the project's folder against a record.
///
/// # Errors
/// As [`verify_bundle`].
pub fn verify_outputs(root: &Path, record: &Record) -> Result<Vec<Finding>> {
    let _ = (root, record);
    todo!()
}
