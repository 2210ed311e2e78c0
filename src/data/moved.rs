//! How far one set has moved from another, or from what a profile has of it: read, compared, and told.

use std::path::Path;

use super::compared::{self, Read, Subject};
use super::drift;
use super::recalled::{self, Plan, Recalled};
use super::sets::Located;
use super::spool::Spool;
use super::told;
use crate::config;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::Found;

/// A set that is compared.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its files.
    pub set: &'a Located,
    /// Its columns.
    pub columns: &'a [Found],
}

/// What the model knows.
#[derive(Clone, Copy)]
pub enum Reference<'a> {
    /// A set.
    Set(Side<'a>),
    /// What a profile has of one.
    Profile(&'a Recalled),
}

/// How far it has moved.
#[derive(Debug)]
pub struct Moved {
    /// For the record.
    pub evidence: record::Drift,
    /// What is wrong with the data, besides that it has moved.
    pub findings: Vec<Finding>,
}

/// What it takes to read a side.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The data's part of the configuration.
    pub data: &'a config::Data,
    /// The folder for what has no room in memory.
    pub spilled: &'a Path,
    /// What stops it.
    pub interrupt: &'a Interrupt,
}

/// Reads what is to be read and compares it. The inner error is what is wrong with the files.
///
/// # Errors
/// A file that cannot be read, a folder that cannot be written, or an interrupt.
pub fn moved(
    asked: &config::Drift,
    reference: Reference<'_>,
    current: Side<'_>,
    means: Means<'_>,
) -> Result<std::result::Result<Moved, Vec<Finding>>> {
    std::fs::create_dir_all(means.spilled)
        .map_err(|error| Fault::new(format!("make the folder {}", means.spilled.display()), error))?;
    match reference {
        Reference::Set(reference) => of_sets(asked, reference, current, means),
        Reference::Profile(recalled) => of_profile(asked, recalled, current, means),
    }
}

fn of_sets(
    asked: &config::Drift,
    reference: Side<'_>,
    current: Side<'_>,
    means: Means<'_>,
) -> Result<std::result::Result<Moved, Vec<Finding>>> {
    let (subjects, mut findings) = compared::subjects(means.data, asked, reference.columns, current.columns);
    let mut read = Vec::new();
    for set in [reference.set, current.set] {
        // Both sides are in memory at a time.
        match side(set, &subjects, means.data.memory / 2, means)? {
            Ok(side) => read.push(side),
            Err(wrong) => findings.extend(wrong),
        }
    }
    let mut read = read.into_iter();
    let (Some(one), Some(other)) = (read.next(), read.next()) else { return Ok(Err(findings)) };
    let first = [one.strange.clone(), other.strange.clone()];
    let columns = compared::paired(subjects, one, other);
    let evidence = drift::drift(asked, compared::name_of(&asked.reference).to_owned(), &columns);
    let names = [reference.set.name.as_str(), &current.set.name];
    findings.extend(told::strange(&columns, names, [&first[0], &first[1]]));
    findings.extend(told::chosen_in_vain(&columns, asked));
    columns.into_iter().try_for_each(|column| {
        compared::end(column.reference)?;
        compared::end(column.current)
    })?;
    Ok(Ok(told(evidence, findings)))
}

fn of_profile(
    asked: &config::Drift,
    recalled: &Recalled,
    current: Side<'_>,
    means: Means<'_>,
) -> Result<std::result::Result<Moved, Vec<Finding>>> {
    let known = recalled::columns(&recalled.profile);
    let (subjects, mut findings) = compared::subjects(means.data, asked, &known, current.columns);
    let plans = Plan::of(subjects, &recalled.profile, current.columns);
    let subjects: Vec<Subject> = plans.iter().map(|plan| plan.subject.clone()).collect();
    let read = match side(current.set, &subjects, means.data.memory, means)? {
        Ok(read) => read,
        Err(wrong) => return Ok(Err([findings, wrong].concat())),
    };
    let first = read.strange;
    let columns: Vec<_> = plans.iter().zip(read.sides).map(|(plan, side)| plan.compared(side)).collect();
    let columns = columns.into_iter().collect::<Result<Vec<_>>>()?;
    let name = compared::name_of(&asked.reference);
    let mut evidence = drift::drift(asked, name.to_owned(), &columns);
    evidence.profile = Some(recalled.evidence.clone());
    findings.extend(told::strange(&columns, [name, &current.set.name], [&[], &first]));
    findings.extend(told::not_compared(&columns, name));
    findings.extend(told::chosen_in_vain(&columns, asked));
    columns.into_iter().try_for_each(|column| compared::end(column.current))?;
    Ok(Ok(told(evidence, findings)))
}

fn told(evidence: record::Drift, mut findings: Vec<Finding>) -> Moved {
    findings.extend(told::nothing_compared(&evidence));
    Moved { evidence, findings }
}

fn side(
    set: &Located,
    subjects: &[Subject],
    memory: u64,
    means: Means<'_>,
) -> Result<std::result::Result<Read, Vec<Finding>>> {
    compared::read(set, subjects, Spool::new(subjects.len(), memory, means.spilled), means.interrupt)
}
