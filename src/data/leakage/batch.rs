//! What some rows come to.

use std::collections::BTreeMap;

use super::area::{Telling, is_looked_at};
use super::layout::Layout;
use super::rows::{self, Same};
use crate::data::keyed::Keyed;
use crate::table::{Batch, Cells, NONE, Values};

/// What some rows come to.
#[derive(Debug)]
pub struct Part {
    /// Of the whole rows, then of each group each value once.
    pub keys: Vec<Vec<Keyed>>,
    /// What there is besides.
    pub facts: Facts,
}

/// What is known of some rows besides their keys.
#[derive(Debug)]
pub struct Facts {
    /// How many they are.
    pub rows: u64,
    /// The earliest time, in seconds since 1970; infinity without one.
    pub earliest: f64,
    /// The latest.
    pub latest: f64,
    /// How well single columns tell the label; nothing of a set that nobody asks.
    pub tellings: Tellings,
    /// Of each wanted column how many values are of another type than what it holds: they count as none.
    pub strange: Vec<u64>,
}

impl Default for Facts {
    fn default() -> Self {
        let (earliest, latest) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { rows: 0, earliest, latest, tellings: Tellings::default(), strange: Vec::new() }
    }
}

impl Facts {
    /// Takes in those of more rows.
    pub fn merge(&mut self, later: Self) {
        self.rows += later.rows;
        self.earliest = self.earliest.min(later.earliest);
        self.latest = self.latest.max(later.latest);
        self.tellings.merge(later.tellings);
        self.strange.resize(self.strange.len().max(later.strange.len()), 0);
        self.strange.iter_mut().zip(later.strange).for_each(|(known, more)| *known += more);
    }
}

impl Part {
    /// Of a batch.
    #[must_use]
    pub fn of(layout: &Layout, batch: &Batch, same: Same, tellings: Tellings) -> Self {
        let same_columns: Vec<&Cells> = layout.same.iter().filter_map(|place| cells(batch, *place)).collect();
        let rows = rows::rows(&same_columns, batch.rows, same).into_iter().zip(batch.first..);
        let rows = rows.map(|(key, row)| Keyed::new(key, row)).collect();
        let groups = layout.groups.iter().filter_map(|place| cells(batch, *place));
        let groups = groups.map(|cells| rows::values(cells, batch.first));
        let times = match layout.time.and_then(|place| cells(batch, place)).map(|cells| &cells.values) {
            Some(Values::Numbers(times)) => times.as_slice(),
            _ => &[],
        };
        let facts = Facts {
            rows: batch.rows as u64,
            earliest: times.iter().copied().fold(f64::INFINITY, f64::min),
            latest: times.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            tellings,
            strange: batch
                .columns
                .iter()
                .map(|column| column.cells().map_or(0, |cells| cells.strange))
                .collect(),
        };
        Self { keys: std::iter::once(rows).chain(groups).collect(), facts }
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
