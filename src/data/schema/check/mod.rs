//! Looks at batches of rows, and counts what breaks the schema.
//!
//! A [`Plan`] is made once. Each batch is looked at on its own, on any thread, by a [`Checker`] of its own; these are
//! merged in the order of the rows. Numbers are looked at as slices, texts once for all rows of a batch that have them.

mod column;
mod conclude;
mod keys;
mod pairs;
mod plan;
mod tally;

pub use conclude::{Checked, Violation};
pub use plan::Plan;

use crate::data::keyed::Keyed;
use crate::data::spool::Spool;
use crate::fault::Result;
use crate::table::{Cells, Values};
use column::ColumnTally;
use tally::Tally;

/// What some consecutive rows come to.
#[derive(Debug, Clone)]
pub struct Checker<'a> {
    plan: &'a Plan,
    rows: u64,
    /// For each wanted column.
    columns: Vec<ColumnTally>,
    /// For each key of the plan the rows that have one.
    keys: Vec<Vec<Keyed>>,
    /// For each comparison of the plan.
    pairs: Vec<Tally>,
    /// The newest time, in seconds since 1970.
    newest: Option<f64>,
}

impl<'a> Checker<'a> {
    /// Nothing was looked at yet.
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            rows: 0,
            columns: plan.wanted.iter().map(|_| ColumnTally::default()).collect(),
            keys: plan.keys.iter().map(|_| Vec::new()).collect(),
            pairs: plan.pairs.iter().map(|_| Tally::default()).collect(),
            newest: None,
        }
    }

    /// Looks at some consecutive rows, of which the first is number `first` over all files, from 0: the name of each
    /// column and its cells, in any order. Batches come in the order of their rows. Columns that the plan does not want
    /// are passed over, and all that are wanted have to be there.
    pub fn add(&mut self, batch: &[(&str, &Cells)], first: u64) {
        let mut cells: Vec<Option<&Cells>> = vec![None; self.plan.wanted.len()];
        for (name, column) in batch {
            if let Some(at) = self.plan.place(name) {
                cells[at] = Some(column);
            }
        }
        let rows = batch.iter().map(|(_, cells)| cells.values.rows()).max().unwrap_or(0);
        self.rows += rows as u64;
        for (at, (wanted, tally)) in self.plan.wanted.iter().zip(&mut self.columns).enumerate() {
            if let Some(cells) = cells[at] {
                tally.add(wanted, cells, first);
            }
        }
        for (key, keys) in self.plan.keys.iter().zip(&mut self.keys) {
            if let Some(parts) = key.columns.iter().map(|at| cells[*at]).collect::<Option<Vec<_>>>() {
                keys.append(&mut keys::of(&parts, first));
            }
        }
        for (pair, tally) in self.plan.pairs.iter().zip(&mut self.pairs) {
            if let (Some(left), Some(right)) = (cells[pair.left.0], cells[pair.right.0]) {
                pairs::add(pair, left, right, first, tally);
            }
        }
        if let Some(Values::Numbers(times)) = self.plan.fresh.and_then(|at| Some(&cells[at]?.values)) {
            self.newest = newest(self.newest, times.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }

    /// Takes in what the rows that come next came to. Their keys go to `keys`, which has a column for each of
    /// [`Plan::keys`].
    ///
    /// # Errors
    /// Keys for which there is no room, neither in memory nor in a file.
    pub fn merge(&mut self, later: Self, keys: &mut Spool<Keyed>) -> Result<()> {
        self.rows += later.rows;
        for (tally, later) in self.columns.iter_mut().zip(later.columns) {
            tally.merge(later);
        }
        for (tally, later) in self.pairs.iter_mut().zip(later.pairs) {
            tally.merge(later);
        }
        self.newest = newest(self.newest, later.newest.unwrap_or(f64::NEG_INFINITY));
        spool(later.keys, keys)
    }
}

fn spool(keys: Vec<Vec<Keyed>>, into: &mut Spool<Keyed>) -> Result<()> {
    keys.into_iter().enumerate().try_for_each(|(at, keys)| into.push(at, &keys))
}

fn newest(known: Option<f64>, other: f64) -> Option<f64> {
    let newest = known.unwrap_or(f64::NEG_INFINITY).max(other);
    newest.is_finite().then_some(newest)
}
