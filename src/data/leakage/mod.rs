//! leakage: what the model learns from must not be what judges it.
//!
//! [`reading`] holds the keys of one set against those of the other.

mod area;
mod batch;
mod filter;
mod index;
mod layout;
mod reading;
mod rows;
mod shared;
#[cfg(test)]
mod tests;
mod told;

use super::sets::Located;
use super::spool::Room;
use crate::config;
use crate::document::shown;
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::{Found, Type};
use layout::Layout;
use reading::{Compared, Reading};
use rows::Same;
use shared::Both;

pub use told::same_files;

/// The two sets, and what is known of them.
#[derive(Clone, Copy)]
pub struct Sets<'a> {
    /// What the model learns from.
    pub train: &'a Located,
    /// What judges it.
    pub test: &'a Located,
    /// The columns of the training set.
    pub train_columns: &'a [Found],
    /// The columns of the test set.
    pub test_columns: &'a [Found],
    /// How many rows the training set has.
    pub train_rows: u64,
    /// How many the test set.
    pub test_rows: u64,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Train,
    Test,
}

/// What was found.
#[derive(Debug)]
pub struct Leaks {
    /// For the record.
    pub evidence: record::Leakage,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Where the training set ends, and where the test set begins; infinite where no row has a time.
struct Times {
    /// What these numbers stand for: days and times are seconds since 1970.
    holds: Type,
    latest: f64,
    earliest: f64,
}

/// What both sets come to.
struct Seen {
    both: Both,
    test_rows: u64,
    /// By column.
    groups: Vec<(String, Both)>,
    times: Option<Times>,
    /// By column how well it alone tells the label, the best first.
    areas: Vec<(String, f64)>,
    /// Why nobody looked at how well columns tell the label, where somebody wanted to.
    untold: Option<String>,
}

/// Looks for leaks. The inner error is what is wrong with the files, or with the columns that were named.
///
/// # Errors
/// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
pub fn leakage(
    data: &config::Data,
    asked: &config::Leakage,
    sets: Sets<'_>,
    room: Room<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Leaks, Vec<Finding>>> {
    let layout = match Layout::of(data, asked, sets) {
        Ok(layout) => layout,
        Err(findings) => return Ok(Err(findings)),
    };
    let same = Same { near_texts: asked.near_texts, digits: asked.digits };
    let reading = Reading { layout: &layout, same, sets, room, interrupt };
    let Compared { both, train, test } = match reading.compare()? {
        Ok(compared) => compared,
        Err(findings) => return Ok(Err(findings)),
    };
    let (areas, untold) = train.tellings.areas(&layout);
    let absent = data.label.as_ref().filter(|_| layout.label.is_none() && asked.predicts.is_some());
    let untold =
        untold.or_else(|| absent.map(|label| format!("not both sets have the label «{}»", shown(label))));
    let findings = told::strange(&layout, asked, [&train.strange, &test.strange]);
    let mut both = both.into_iter();
    let seen = Seen {
        both: both.next().unwrap_or_default(),
        test_rows: test.rows,
        groups: layout.groups.iter().map(|place| layout.name(*place)).zip(both).collect(),
        times: layout.time_holds().map(|holds| Times {
            holds,
            latest: train.latest,
            earliest: test.earliest,
        }),
        areas,
        untold,
    };
    let mut leaks = told::leaks(asked, &seen);
    leaks.findings.extend(findings);
    Ok(Ok(leaks))
}
