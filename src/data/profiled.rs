//! Profiles out of files, and schemas out of profiles.

use super::profile::{ColumnProfile, Profile, Value, is_shortened};
use super::recalled::is_profile;
use super::schema::{Summary, infer};
use super::sets::Located;
use super::told;
use crate::document::shown;
use crate::fault::{Fault, Result};
use crate::files::{self, ProjectFile};
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::number::{counted, number};
use crate::table::{self, Batch, Cells, Column, Found, Table, Type, Wanted};

/// What files hold.
#[derive(Debug)]
pub struct Profiled {
    /// The profile of all of them.
    pub profile: Profile,
    /// What should be known of them.
    pub findings: Vec<Finding>,
}

/// Profiles a set but for the columns that nobody looks at, and says what should be known of it. The inner error is what is
/// wrong with its files.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn profiled(
    set: &Located,
    ignored: &[String],
    interrupt: &Interrupt,
) -> Result<std::result::Result<Profiled, Vec<Finding>>> {
    let head = match table::columns(&set.files, interrupt)? {
        Ok(head) => head,
        Err(findings) => return Ok(Err(findings)),
    };
    let known = head.known(ignored);
    let mut findings = head.told(|name| ignored.iter().any(|ignored| ignored == name));
    let mut columns = head.columns;
    findings.extend(told::ignored_in_vain(ignored, |name| columns.iter().any(|found| found.name == name)));
    columns.retain(|found| !ignored.contains(&found.name));
    if columns.is_empty() {
        findings.push(told::nothing_left(&set.name));
        return Ok(Err(findings));
    }
    // What looks whole in the first rows may have fractions in the others.
    let read_as = |found: &Found| if found.holds == Type::Integer { Type::Number } else { found.holds };
    let wanted: Vec<Wanted> =
        columns.iter().map(|found| Wanted::cells(&found.name, read_as(found))).collect();
    let mut all = Profile::new(&columns);
    let mut strange: Vec<Strange> = vec![None; columns.len()];
    let mut wrong = Ok(());
    let each = |batch| of_batch(&columns, &batch);
    let merge = |part: Result<Part>| match part {
        Ok(part) => {
            findings.extend(all.merge(&part.profile));
            strange.iter_mut().zip(part.strange).for_each(|(known, later)| *known = known.take().or(later));
        }
        Err(fault) => wrong = Err(fault),
    };
    let table = table::fold_all(&set.files, &wanted, &known, interrupt, each, merge)?;
    wrong?;
    Ok(table.map(|table| {
        findings.extend(table.notices.iter().cloned());
        findings.extend(told_strange(set, &table, &all, &columns, strange));
        Profiled { profile: all, findings }
    }))
}

/// Reads the profile that a file holds. Of a file that is none it is said what it looks like.
///
/// # Errors
/// A file that cannot be read, or is no profile.
pub fn read_profile(file: &ProjectFile) -> Result<Profile> {
    if file.on_disk.is_file() && !is_profile(&file.on_disk) {
        let (why, help) = instead_of_a_profile(file)?;
        return Err(Fault::new(format!("read the profile {}", shown(&file.path)), why).help(help));
    }
    let bytes = files::read(&file.on_disk)?;
    Profile::parse(&String::from_utf8_lossy(&bytes), &file.path)
}

/// What a file is that is no profile, and what to do about it.
fn instead_of_a_profile(file: &ProjectFile) -> Result<(String, String)> {
    // Only the first rows are read.
    let (_hand, interrupt) = Interrupt::channel();
    let wrong = match table::columns(std::slice::from_ref(file), &interrupt)? {
        Ok(head) => {
            let columns = counted(head.columns.len(), "column", "columns");
            let path = shown(&file.path);
            let help = format!("`modelgate data profile {path} --out profile.json` makes one of it");
            return Ok((format!("this is data of {columns}, and no profile"), help));
        }
        Err(findings) => findings,
    };
    // A list of JSON, or a file of another kind.
    let known = wrong.into_iter().find(|finding| finding.code == "table-format");
    Ok(known.map_or_else(
        || {
            (
                "this is no profile".into(),
                "`modelgate data profile FILES --out profile.json` writes one".into(),
            )
        },
        |Finding { message, help, .. }| {
            let first = help.map(|help| format!("{help}; ")).unwrap_or_default();
            (message, format!("{first}`modelgate data profile` makes a profile of that"))
        },
    ))
}

/// The first value of another type in a column, if there is one: its row over all files from 0, and its text.
type Strange = Option<(u64, String)>;

/// What some rows come to.
struct Part {
    profile: Profile,
    /// For each column.
    strange: Vec<Strange>,
}

fn of_batch(columns: &[Found], batch: &Batch) -> Result<Part> {
    let cells: Vec<&Cells> = batch.columns.iter().filter_map(Column::cells).collect();
    let mut profile = Profile::new(columns);
    profile.add(&cells, batch.rows as u64)?;
    Ok(Part { profile, strange: cells.iter().map(|cells| cells.first_strange(batch.first)).collect() })
}

/// Columns in which values are of another type, each with the first of them.
fn told_strange(
    set: &Located,
    table: &Table,
    profile: &Profile,
    columns: &[Found],
    strange: Vec<Strange>,
) -> Vec<Finding> {
    let shown = |first: Strange| first.map(|(row, text)| set.shown(table, row, &text));
    let told = columns.iter().zip(strange).filter_map(|(found, first)| {
        let column = profile.column(&found.name)?;
        told::strange_in_profile(column, shown(first).as_deref())
    });
    told.collect()
}

/// The text of a data.schema.yml that what was profiled keeps.
#[must_use]
pub fn inferred(profile: &Profile) -> String {
    let columns: Vec<Summary> =
        profile.profiles().iter().map(|column| summary(profile.rows(), column)).collect();
    infer(profile.rows(), &columns)
}

fn summary(rows: u64, column: &ColumnProfile) -> Summary {
    let name = |value: &Value| match value {
        Value::Number(figure) => number(figure.0),
        Value::Text(text) => text.clone(),
    };
    let values: Vec<(String, u64)> =
        column.frequent.values.iter().map(|(value, count)| (name(value), *count)).collect();
    // What the text was that a profile has shortened nobody knows.
    let is_short = values.iter().any(|(value, _)| is_shortened(value));
    Summary {
        name: column.name.clone(),
        holds: column.holds,
        rows,
        missing: column.missing,
        strange: column.strange,
        distinct: column.distinct.value,
        exact: column.distinct.error == 0.0,
        min: column.numbers.as_ref().and_then(|numbers| numbers.min),
        max: column.numbers.as_ref().and_then(|numbers| numbers.max),
        values: if is_short { Vec::new() } else { values },
        shortest: column.lengths.map(|[shortest, _]| shortest),
        longest: column.lengths.map(|[_, longest]| longest),
    }
}
