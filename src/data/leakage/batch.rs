//! What some rows come to.

use std::collections::BTreeMap;

use super::area::{Telling, is_looked_at};
use super::layout::Layout;
use super::rows::{self, Same};
use crate::table::{Batch, Cells, NONE, Values};

/// The hashes of some rows.
#[derive(Debug)]
pub struct Hashes {
    first: u64,
    /// Of each row.
    pub rows: Vec<u128>,
    /// Of each group its values, each with its row within the batch.
    groups: Vec<Vec<(u128, u32)>>,
    /// The earliest time, in seconds since 1970; infinity without one.
    pub earliest: f64,
    /// The latest.
    pub latest: f64,
}

impl Hashes {
    /// Of a batch.
    #[must_use]
    pub fn of(layout: &Layout, batch: &Batch, same: Same) -> Self {
        let same_columns: Vec<&Cells> = layout.same.iter().filter_map(|place| cells(batch, *place)).collect();
        let groups = layout.groups.iter().filter_map(|place| cells(batch, *place));
        let values = |cells: &Cells| {
            // What makes rows nearly the same does not make ids the same.
            let each = rows::values(cells, Same::default()).zip(0..);
            each.filter_map(|(hash, row)| Some((hash?, row))).collect::<Vec<(u128, u32)>>()
        };
        let times = match layout.time.and_then(|place| cells(batch, place)).map(|cells| &cells.values) {
            Some(Values::Numbers(times)) => times.as_slice(),
            _ => &[],
        };
        Self {
            first: batch.first,
            rows: rows::rows(&same_columns, batch.rows, same),
            groups: groups.map(values).collect(),
            earliest: times.iter().copied().fold(f64::INFINITY, f64::min),
            latest: times.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Each row's hash, and its number over all files.
    pub fn each_row(&self, mut take: impl FnMut(u128, u64)) {
        self.rows.iter().zip(self.first..).for_each(|(hash, row)| take(*hash, row));
    }

    /// Each value of a group: the place of the group, the hash, and the number of the row over all files.
    pub fn each_value(&self, mut take: impl FnMut(usize, u128, u64)) {
        for (group, values) in self.groups.iter().enumerate() {
            values.iter().for_each(|(hash, row)| take(group, *hash, self.first + u64::from(*row)));
        }
    }
}

fn cells(batch: &Batch, place: usize) -> Option<&Cells> {
    batch.columns.get(place)?.cells()
}

/// How well single columns tell the label: a column against each of the label's values that may be the second class.
#[derive(Debug, Default)]
pub struct Tellings {
    /// By the text of the label, the rows of each feature that have it.
    by_label: BTreeMap<Box<str>, Vec<Telling>>,
    overflowed: bool,
}

/// A label of more values is none of two classes.
const MOST: usize = 2;

impl Tellings {
    /// Of a batch, out of so many rows.
    #[must_use]
    pub fn of(layout: &Layout, batch: &Batch, all: u64) -> Self {
        let mut tellings = Self::default();
        let Some(Values::Texts(labels)) =
            layout.label.and_then(|place| cells(batch, place)).map(|cells| &cells.values)
        else {
            return tellings;
        };
        if labels.texts.len() > MOST {
            tellings.overflowed = true;
            return tellings;
        }
        let looked_at: Vec<(usize, u64, u32)> = labels
            .codes
            .iter()
            .zip(batch.first..)
            .enumerate()
            .filter(|(_, (code, row))| **code != NONE && is_looked_at(*row, all))
            .map(|(at, (code, row))| (at, row, *code))
            .collect();
        for (code, text) in (0..).zip(&labels.texts) {
            let rows: Vec<(usize, u64)> =
                looked_at.iter().filter(|row| row.2 == code).map(|(at, row, _)| (*at, *row)).collect();
            let of = |place: &usize| {
                cells(batch, *place).map(|cells| Telling::of(cells, &rows)).unwrap_or_default()
            };
            tellings.by_label.insert(text.clone(), layout.features.iter().map(of).collect());
        }
        tellings
    }

    /// Takes in more.
    pub fn merge(&mut self, later: Self) {
        self.overflowed |= later.overflowed;
        for (text, columns) in later.by_label {
            if let Some(known) = self.by_label.get_mut(&text) {
                known.iter_mut().zip(columns).for_each(|(known, more)| known.merge(more));
            } else if self.by_label.len() < MOST {
                self.by_label.insert(text, columns);
            } else {
                self.overflowed = true;
            }
        }
    }

    /// The area of each column, the highest first; and why there is none, where somebody wanted to know.
    #[must_use]
    pub fn areas(self, layout: &Layout) -> (Vec<(String, f64)>, Option<String>) {
        let Some(label) = layout.label else { return (Vec::new(), None) };
        if self.overflowed || self.by_label.len() != MOST {
            let values = if self.overflowed { "more than two values" } else { "fewer than two values" };
            return (
                Vec::new(),
                Some(format!("the label «{}» has {values}", layout.name(label).escape_debug())),
            );
        }
        let mut classes = self.by_label.into_values();
        let (Some(one), Some(other)) = (classes.next(), classes.next()) else { return (Vec::new(), None) };
        let areas = one.into_iter().zip(other).zip(&layout.features);
        let mut areas: Vec<(String, f64)> = areas
            .filter_map(|((one, other), place)| Some((layout.name(*place), super::area::area(one, other)?)))
            .collect();
        areas.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        (areas, None)
    }
}
