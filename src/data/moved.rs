//! How far one set has moved from another: both read, compared, and told.

use std::path::Path;

use super::compared::{self, Read, Subject};
use super::drift;
use super::sets::Located;
use super::spool::Spool;
use super::told;
use crate::config;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::Found;

/// What is compared.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// What the model knows.
    pub reference: &'a Located,
    /// What is held against it.
    pub current: &'a Located,
    /// The columns of the reference.
    pub reference_columns: &'a [Found],
    /// The columns of the other.
    pub current_columns: &'a [Found],
}

/// How far it has moved.
#[derive(Debug)]
pub struct Moved {
    /// For the record.
    pub evidence: record::Drift,
    /// What is wrong with the data, besides that it has moved.
    pub findings: Vec<Finding>,
}

/// Reads both sides and compares them. The inner error is what is wrong with the files.
///
/// # Errors
/// A file that cannot be read, a folder that cannot be written, or an interrupt.
pub fn moved(
    data: &config::Data,
    asked: &config::Drift,
    sides: Sides<'_>,
    spilled: &Path,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Moved, Vec<Finding>>> {
    let (subjects, mut findings) =
        compared::subjects(data, asked, sides.reference_columns, sides.current_columns);
    std::fs::create_dir_all(spilled)
        .map_err(|error| Fault::new(format!("make the folder {}", spilled.display()), error))?;
    let mut read = Vec::new();
    for set in [sides.reference, sides.current] {
        match side(data, set, &subjects, spilled, interrupt)? {
            Ok(side) => read.push(side),
            Err(wrong) => findings.extend(wrong),
        }
    }
    let mut read = read.into_iter();
    let (Some(reference), Some(current)) = (read.next(), read.next()) else { return Ok(Err(findings)) };
    let first = [reference.strange.clone(), current.strange.clone()];
    let columns = compared::paired(subjects, reference, current);
    let name = compared::name_of(&asked.reference).to_owned();
    let evidence = drift::drift(asked, name, &columns);
    findings.extend(told::strange(&columns, [&sides.reference.name, &sides.current.name], &first));
    for column in columns {
        compared::end(column)?;
    }
    findings.extend(told::nothing_compared(&evidence));
    Ok(Ok(Moved { evidence, findings }))
}

fn side(
    data: &config::Data,
    set: &Located,
    subjects: &[Subject],
    spilled: &Path,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Read, Vec<Finding>>> {
    // Both sides are in memory at a time.
    compared::read(set, subjects, Spool::new(subjects.len(), data.memory / 2, spilled), interrupt)
}
