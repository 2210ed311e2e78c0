//! The values of columns in order, within a memory budget.
//!
//! Values are held as they come until the budget is reached. Then the columns that hold most are sorted and written to a
//! temporary file, one run each, and their memory is given back. In the end a column is in order: in lists where nothing of it
//! was written, else merged out of its runs. Neither the order in which values come nor the budget changes what is
//! handed out.

mod file;
mod merge;
mod sorted;
#[cfg(test)]
mod tests;

use std::path::Path;

use rayon::prelude::*;

use crate::fault::Result;
use crate::statistics::order;
use file::{File, Run};
pub use merge::Ascending;
pub use sorted::Sorted;

/// Of more runs than this each would have too small a buffer while they are merged: they become one.
const RUNS: usize = 256;

/// So many values are in a list: as many as are sorted near the processor. Lists are never put together, which would take as
/// much memory again.
const LIST: usize = 128 * 1024;

/// What a list costs besides its values.
const HEAD: usize = size_of::<Vec<f64>>();

/// Values of columns, exactly, in at most so much memory.
///
/// The file has no name, so that it is gone with the last handle: whether the program ends well, badly or is killed.
#[derive(Debug)]
pub struct Spool {
    columns: Vec<Held>,
    budget: usize,
    in_use: usize,
    file: File,
}

/// What there is of a column.
#[derive(Debug, Default)]
struct Held {
    lists: Vec<Vec<f64>>,
    bytes: usize,
    values: u64,
    runs: Vec<Run>,
}

/// A column whose values have all come.
#[derive(Debug)]
pub struct Spooled {
    lists: Vec<Vec<f64>>,
    values: u64,
    runs: Vec<Run>,
    file: File,
}

impl Spool {
    /// Room for the values of so many columns in so many bytes. What does not fit goes to a file in `folder`, which is made
    /// when it is needed.
    #[must_use]
    pub fn new(columns: usize, budget: u64, folder: &Path) -> Self {
        let columns = std::iter::repeat_with(Held::default).take(columns).collect();
        let budget = usize::try_from(budget).unwrap_or(usize::MAX);
        Self { columns, budget, in_use: 0, file: File::new(folder) }
    }

    /// How many bytes the values take that are in memory, with what is reserved for more of them.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// How many bytes were written.
    #[must_use]
    pub fn spilled(&self) -> u64 {
        self.file.length()
    }

    /// Adds values of a column, none of them NaN. A column that there is not room for is none.
    ///
    /// # Errors
    /// A file that cannot be made, written, or (when runs are merged) read.
    pub fn push(&mut self, column: usize, values: &[f64]) -> Result<()> {
        let Some(held) = self.columns.get_mut(column) else { return Ok(()) };
        let before = held.bytes;
        held.extend(values);
        self.in_use += held.bytes - before;
        if self.in_use > self.budget {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes the columns that hold most until half of the budget is free.
    fn spill(&mut self) -> Result<()> {
        let mut by_size: Vec<usize> =
            (0..self.columns.len()).filter(|at| self.columns[*at].bytes > 0).collect();
        by_size.sort_by_key(|at| (std::cmp::Reverse(self.columns[*at].bytes), *at));
        for at in by_size {
            if self.in_use <= self.budget / 2 {
                break;
            }
            let held = &mut self.columns[at];
            self.in_use -= held.bytes;
            held.bytes = 0;
            let lists = sorted(std::mem::take(&mut held.lists));
            held.runs.push(merge::all(&self.file, Ascending::of_runs(&self.file, &[], lists)?)?);
            if held.runs.len() >= RUNS {
                held.runs = vec![merge::runs(&self.file, &held.runs)?];
            }
        }
        Ok(())
    }

    /// The columns. Each can be sent to a thread of its own.
    #[must_use]
    pub fn finish(self) -> Vec<Spooled> {
        let Self { columns, file, .. } = self;
        let spooled = |held: Held| {
            let Held { lists, values, runs, .. } = held;
            Spooled { lists, values, runs, file: file.clone() }
        };
        columns.into_iter().map(spooled).collect()
    }
}

impl Spooled {
    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.values
    }

    /// The values from the lowest to the highest, minus nought before nought.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn ascending(self) -> Result<Ascending> {
        Ascending::of_runs(&self.file, &self.runs, sorted(self.lists))
    }
}

impl Held {
    fn extend(&mut self, mut values: &[f64]) {
        self.values += values.len() as u64;
        while !values.is_empty() {
            if self.lists.last().is_none_or(|list| list.len() == LIST) {
                self.lists.push(Vec::new());
            }
            let Some(list) = self.lists.last_mut() else { return };
            let (now, later) = values.split_at(values.len().min(LIST - list.len()));
            // Doubled as it grows, but not beyond what will be filled.
            if list.capacity() - list.len() < now.len() {
                list.reserve_exact((list.len() + now.len()).next_power_of_two().min(LIST) - list.len());
            }
            list.extend_from_slice(now);
            values = later;
        }
        self.bytes = self.lists.iter().map(bytes).sum();
    }
}

fn bytes(values: &Vec<f64>) -> usize {
    values.capacity() * size_of::<f64>() + HEAD
}

/// Lists, each in order.
fn sorted(mut lists: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    lists.par_iter_mut().for_each(order::sort);
    lists
}
