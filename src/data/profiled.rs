//! Profiles out of files, and schemas out of profiles.

use super::profile::{ColumnProfile, Profile, Value, is_shortened};
use super::schema::{Summary, infer};
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::number::number;
use crate::table::{self, Batch, Column, Found, Type, Wanted};

/// What files hold.
#[derive(Debug)]
pub struct Profiled {
    /// The profile of all of them.
    pub profile: Profile,
    /// What should be known of them.
    pub findings: Vec<Finding>,
}

/// Profiles files as one set, and says what should be known of them. The inner error is what is wrong with them.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn profiled(
    files: &[ProjectFile],
    interrupt: &Interrupt,
) -> Result<std::result::Result<Profiled, Vec<Finding>>> {
    let head = match table::columns(files, interrupt)? {
        Ok(head) => head,
        Err(findings) => return Ok(Err(findings)),
    };
    let known = head.known();
    let table::Head { columns, notices, .. } = head;
    // What looks whole in the first rows may have fractions in the others.
    let read_as = |found: &Found| if found.holds == Type::Integer { Type::Number } else { found.holds };
    let wanted: Vec<Wanted> =
        columns.iter().map(|found| Wanted::cells(&found.name, read_as(found))).collect();
    let mut all = Profile::new(&columns);
    let mut findings = notices;
    let mut wrong = Ok(());
    let each = |batch| of_batch(&columns, batch);
    let merge = |profile: Result<Profile>| match profile {
        Ok(profile) => findings.extend(all.merge(&profile)),
        Err(fault) => wrong = Err(fault),
    };
    let table = table::fold_all(files, &wanted, &known, interrupt, each, merge)?;
    wrong?;
    Ok(table.map(|table| {
        findings.extend(table.notices);
        Profiled { profile: all, findings }
    }))
}

fn of_batch(columns: &[Found], batch: Batch) -> Result<Profile> {
    let mut profile = Profile::new(columns);
    let cells = batch.columns.into_iter().filter_map(|column| match column {
        Column::Cells(cells) => Some(cells),
        _ => None,
    });
    profile.add(&cells.collect::<Vec<_>>(), batch.rows as u64)?;
    Ok(profile)
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
