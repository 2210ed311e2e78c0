//! leakage: what the model learns from must not be what judges it.
//!
//! The test set is held, as a hash a row; the training set streams past it.

mod area;
mod batch;
mod layout;
mod rows;
mod shared;
mod told;

use super::sets::Located;
use crate::config;
use crate::document::shown;
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::{self, Batch, Found, Type};
use batch::{Hashes, Tellings};
use layout::Layout;
use rows::Same;
use shared::{Both, Shared};

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
/// A file that cannot be read, or an interrupt.
pub fn leakage(
    data: &config::Data,
    asked: &config::Leakage,
    sets: Sets<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Leaks, Vec<Finding>>> {
    let layout = match Layout::of(data, asked, sets) {
        Ok(layout) => layout,
        Err(findings) => return Ok(Err(findings)),
    };
    let same = Same { near_texts: asked.near_texts, digits: asked.digits };
    let mut test = Side::new(&layout);
    let each = |batch: Batch| Hashes::of(&layout, &batch, same);
    if let Err(findings) =
        table::fold(&sets.test.files, &layout.wanted, 0, interrupt, each, |hashes| test.add(&hashes))?
    {
        return Ok(Err(findings));
    }
    let mut tellings = Tellings::default();
    let each =
        |batch: Batch| (Hashes::of(&layout, &batch, same), Tellings::of(&layout, &batch, sets.train_rows));
    let merge = |(hashes, more): (Hashes, Tellings)| {
        test.meet(&hashes);
        tellings.merge(more);
    };
    if let Err(findings) = table::fold(&sets.train.files, &layout.wanted, 0, interrupt, each, merge)? {
        return Ok(Err(findings));
    }
    let (areas, untold) = tellings.areas(&layout);
    let absent = data.label.as_ref().filter(|_| layout.label.is_none() && asked.predicts.is_some());
    let untold =
        untold.or_else(|| absent.map(|label| format!("not both sets have the label «{}»", shown(label))));
    Ok(Ok(told::leaks(asked, &test.seen(&layout, areas, untold))))
}

/// The test set, and what the training set has of it.
struct Side {
    rows: Shared,
    count: u64,
    groups: Vec<Shared>,
    latest: f64,
    earliest: f64,
}

impl Side {
    fn new(layout: &Layout) -> Self {
        let groups = layout.groups.iter().map(|_| Shared::default()).collect();
        Self { rows: Shared::default(), count: 0, groups, latest: f64::NEG_INFINITY, earliest: f64::INFINITY }
    }

    fn add(&mut self, hashes: &Hashes) {
        self.count += hashes.rows.len() as u64;
        hashes.each_row(|hash, row| self.rows.add(hash, row));
        hashes.each_value(|group, hash, row| self.groups[group].add(hash, row));
        self.earliest = self.earliest.min(hashes.earliest);
    }

    fn meet(&mut self, hashes: &Hashes) {
        hashes.each_row(|hash, row| self.rows.meet(hash, row));
        hashes.each_value(|group, hash, row| self.groups[group].meet(hash, row));
        self.latest = self.latest.max(hashes.latest);
    }

    fn seen(self, layout: &Layout, areas: Vec<(String, f64)>, untold: Option<String>) -> Seen {
        let names = layout.groups.iter().map(|place| layout.name(*place));
        Seen {
            both: self.rows.both(),
            test_rows: self.count,
            groups: names.zip(self.groups.iter().map(Shared::both)).collect(),
            times: layout.time_holds().map(|holds| Times {
                holds,
                latest: self.latest,
                earliest: self.earliest,
            }),
            areas,
            untold,
        }
    }
}
