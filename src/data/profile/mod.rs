//! What a data set holds, column by column, in one pass and in little memory.
//!
//! A [`Profile`] takes batches of rows and other profiles, of shards that somebody else has read or that were written to
//! a file, and says the same whichever way they came: what it keeps are sketches that merge, of
//! [`statistics`](crate::statistics). Only which of more than ten thousand distinct values are kept as frequent depends on
//! the order, within the error that is said; so merge batches in the order of their rows.

mod column;
mod document;
mod figure;
mod packed;
mod sketch;
mod summary;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::HashMap;

use serde::Serializer;

use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::table::{Cells, Found, Type};

pub use column::{Column, LONGEST, Numbers, Seen, Words, is_shortened, shortened};
pub use document::SCHEMA;
pub use figure::Figure;
pub use summary::{
    ColumnProfile, Distinct, FrequentValues, Histogram, NumberProfile, Quantiles, SHARES, SHOWN, Value,
};

/// So many rows at most: every count is a number that JSON and floating point hold exactly.
pub const ROWS: u64 = 1 << 53;

/// What a data set holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    rows: u64,
    columns: Vec<Column>,
}

impl Profile {
    /// A profile of no rows yet, of columns whose names are distinct.
    #[must_use]
    pub fn new(columns: &[Found]) -> Self {
        let column = |found: &Found| Column::new(found.name.clone(), found.holds);
        Self { rows: 0, columns: columns.iter().map(column).collect() }
    }

    /// How many rows it is of.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns with all that is kept of them.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Forgets columns, by their names.
    pub fn leave_out(&mut self, names: &[String]) {
        self.columns.retain(|column| !names.contains(&column.name));
    }

    /// What there is to say of each column, in order.
    #[must_use]
    pub fn profiles(&self) -> Vec<ColumnProfile> {
        self.columns.iter().map(Column::profile).collect()
    }

    /// Adds a batch of `rows` rows: the cells of every column, in the order of the columns.
    ///
    /// # Errors
    /// Cells that are not of these columns or of so many rows, which is a mistake of whoever read them. What the profile
    /// says then is no longer of whole rows.
    pub fn add(&mut self, batch: &[impl Borrow<Cells>], rows: u64) -> Result<()> {
        let wrong = |why: String| Fault::new("profile a batch of rows", why);
        if batch.len() != self.columns.len() {
            return Err(wrong(format!("it has {} columns instead of {}", batch.len(), self.columns.len())));
        }
        for (column, cells) in self.columns.iter_mut().zip(batch) {
            column.add(cells.borrow(), rows).map_err(wrong)?;
        }
        self.rows += rows;
        Ok(())
    }

    /// Adds the profile of other rows. Columns are brought together by name; whole numbers and numbers become numbers, days
    /// and times become times.
    ///
    /// The findings are errors: columns that only one side has, or that hold what cannot be one column, are left out, and
    /// of more than [`ROWS`] rows nothing is added.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> Vec<Finding> {
        let Some(rows) = self.rows.checked_add(other.rows).filter(|rows| *rows <= ROWS) else {
            return vec![too_many_rows(self.rows, other.rows)];
        };
        self.rows = rows;
        let places = other.places();
        let (mut lone, mut unlike) = (Vec::new(), Vec::new());
        let mut met = vec![false; other.columns.len()];
        let mut at = 0;
        self.columns.retain_mut(|column| {
            // Nearly always the columns are the same, and then nothing needs to be looked for.
            let here = other.columns.get(at).filter(|there| there.name == column.name).map(|_| at);
            at += 1;
            let Some(place) = here.or_else(|| places.get(column.name.as_str()).copied()) else {
                lone.push(column.name.clone());
                return false;
            };
            met[place] = true;
            let there = &other.columns[place];
            if column.merge(there) {
                return true;
            }
            unlike.push(format!("«{}» ({} and {})", column.name, column.holds.word(), there.holds.word()));
            false
        });
        let strangers = other.columns.iter().zip(met).filter(|(_, met)| !met);
        lone.extend(strangers.map(|(column, _)| column.name.clone()));
        let lone: Vec<String> = lone.iter().map(|name| format!("«{}»", name.escape_debug())).collect();
        [left_out_as_lone(&lone), left_out_as_unlike(&unlike)].into_iter().flatten().collect()
    }

    fn places(&self) -> HashMap<&str, usize> {
        self.columns.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect()
    }
}

fn too_many_rows(ours: u64, theirs: u64) -> Finding {
    Finding::error("profile-rows", format!("profiles of {ours} and {theirs} rows are too large to be merged"))
        .help("look where such counts come from: no data set has so many rows")
}

fn left_out_as_lone(names: &[String]) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    let message = format!("only one of the profiles has {}, so that what was merged has not", some(names));
    Some(
        Finding::error("profile-columns", message)
            .help("merge profiles of shards of one data set: profile them all anew"),
    )
}

fn left_out_as_unlike(columns: &[String]) -> Option<Finding> {
    if columns.is_empty() {
        return None;
    }
    let message = format!(
        "the profiles do not agree about what is in {}, so that what was merged has not",
        some(columns)
    );
    Some(
        Finding::error("profile-types", message)
            .help("profile the files of all shards in one command, which looks at all of them for the types, or write them alike"),
    )
}

/// The first few of some names, and how many there are.
fn some(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => format!("the column {shown}"),
        count if count <= MOST => format!("the columns {shown}"),
        count => format!("{count} columns, {shown} and more"),
    }
}

fn write_type<S: Serializer>(holds: &Type, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(holds.word())
}
