//! The values of columns in order, within a memory budget.
//!
//! Values are held as they come until the budget is reached. Then the columns that hold most are written to a temporary file,
//! put into some thousand places about, and their memory is given back. In the end a column is in order: in lists where nothing
//! of it was written, else in stretches of the file, of which one at a time is read and put in order. Neither the order in which
//! values come nor the budget changes what is handed out.

mod ascending;
mod file;
mod grid;
mod item;
mod sorted;
mod stretches;
#[cfg(test)]
mod tests;
mod written;

use std::path::Path;

use crate::fault::Result;
pub use ascending::Ascending;
use file::File;
pub use grid::Grid;
pub use item::{Item, word};
pub use sorted::Sorted;
use stretches::Stretches;
use written::Written;

/// So many values are in a list: as many as are sorted near the processor. Lists are never put together, which would take as
/// much memory again.
const LIST: usize = 128 * 1024;

/// So many lists are written together. Of more it would take long numbers to say where each place ends.
const TOGETHER: usize = 1024;

/// What a list costs besides its values.
const HEAD: usize = size_of::<Vec<()>>();

/// How much memory there is for values, and where what does not fit goes.
#[derive(Debug, Clone, Copy)]
pub struct Room<'a> {
    /// In bytes.
    pub memory: u64,
    /// The folder of the temporary files, made when something is written.
    pub folder: &'a Path,
}

impl Room<'_> {
    /// A spool that takes so much of the memory.
    #[must_use]
    pub fn spool<T: Item>(self, columns: usize, memory: u64) -> Spool<T> {
        Spool::new(columns, memory, self.folder)
    }
}

/// Values of columns, exactly, in at most so much memory.
///
/// The file has no name, so that it is gone with the last handle: whether the program ends well, badly or is killed.
#[derive(Debug)]
pub struct Spool<T = f64> {
    columns: Vec<Held<T>>,
    budget: usize,
    in_use: usize,
    file: File,
}

/// What there is of a column.
#[derive(Debug)]
struct Held<T> {
    lists: Vec<Vec<T>>,
    bytes: usize,
    values: u64,
    /// The places for what is written, where they are known beforehand.
    grid: Option<Grid<T>>,
    written: Option<Written<T>>,
}

/// A column whose values have all come.
#[derive(Debug)]
pub struct Spooled<T = f64> {
    lists: Vec<Vec<T>>,
    values: u64,
    written: Option<Written<T>>,
    /// Where more of it goes. It is its own: others may be on their way to a thread of theirs.
    file: File,
}

impl<T: Item> Spool<T> {
    /// Room for the values of so many columns in so many bytes. What does not fit goes to a file in `folder`, which is made
    /// when it is needed.
    #[must_use]
    pub fn new(columns: usize, budget: u64, folder: &Path) -> Self {
        let held = || Held { lists: Vec::new(), bytes: 0, values: 0, grid: None, written: None };
        let columns = std::iter::repeat_with(held).take(columns).collect();
        let budget = usize::try_from(budget).unwrap_or(usize::MAX);
        Self { columns, budget, in_use: 0, file: File::new(folder) }
    }

    /// Gives columns the places that others have: of those as much is known together then as is known of each.
    #[must_use]
    pub fn beside(mut self, grids: impl Iterator<Item = Option<Grid<T>>>) -> Self {
        self.columns.iter_mut().zip(grids).for_each(|(held, grid)| held.grid = grid);
        self
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

    /// Adds values of a column, of numbers none of them NaN. A column that there is not room for is none.
    ///
    /// # Errors
    /// A file that cannot be made or written.
    pub fn push(&mut self, column: usize, values: &[T]) -> Result<()> {
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
            write(&mut held.lists, held.grid, &mut held.written, &self.file)?;
        }
        Ok(())
    }

    /// The columns. Each can be sent to a thread of its own.
    #[must_use]
    pub fn finish(self) -> Vec<Spooled<T>> {
        let Self { columns, file, .. } = self;
        let spooled = |held: Held<T>| {
            let Held { lists, values, written, .. } = held;
            Spooled { lists, values, written, file: file.beside() }
        };
        columns.into_iter().map(spooled).collect()
    }
}

impl<T: Item> Spooled<T> {
    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.values
    }

    /// Whether some of the values were written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// Those of the values that were not written, in no order.
    pub fn unwritten(&self) -> impl Iterator<Item = &T> {
        self.lists.iter().flatten()
    }

    /// Hands out all values, in no order.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn each(&self, mut take: impl FnMut(T)) -> Result<()> {
        self.lists.iter().flatten().copied().for_each(&mut take);
        let Some(written) = &self.written else { return Ok(()) };
        written.each(|values| {
            values.iter().copied().for_each(&mut take);
            Ok(())
        })
    }

    /// Those of the values that were not written, from the lowest to the highest.
    #[must_use]
    pub fn into_unwritten(self) -> Vec<T> {
        in_order(self.lists)
    }

    /// Writes the values that were not, so that none is in memory.
    ///
    /// # Errors
    /// A file that cannot be made or written.
    pub fn write(&mut self) -> Result<()> {
        write(&mut self.lists, None, &mut self.written, &self.file)
    }

    /// The values from the lowest to the highest, of numbers minus nought before nought.
    ///
    /// # Errors
    /// A file that cannot be written or read.
    pub fn ascending(mut self) -> Result<Ascending<T>> {
        Ok(match self.stretches()? {
            Some(stretches) => Ascending::of_stretches(stretches),
            None => Ascending::of_list(in_order(self.lists)),
        })
    }

    /// All of a column of which some was written, in stretches; none of one that is in memory.
    fn stretches(&mut self) -> Result<Option<Stretches<T>>> {
        if self.is_written() {
            self.write()?;
        }
        self.written.take().map(|written| Stretches::of(written, &self.file)).transpose()
    }
}

/// Writes lists to what was written before, whose places they get; the first get those of the grid, where there is one.
fn write<T: Item>(
    lists: &mut Vec<Vec<T>>,
    grid: Option<Grid<T>>,
    written: &mut Option<Written<T>>,
    file: &File,
) -> Result<()> {
    let mut lists = std::mem::take(lists);
    if written.is_none() {
        *written = grid.or_else(|| Grid::of(&lists)).map(Written::new);
    }
    // Without values there is nothing to write, either.
    let Some(written) = written else { return Ok(()) };
    while !lists.is_empty() {
        let later = lists.split_off(lists.len().min(TOGETHER));
        written.add(std::mem::replace(&mut lists, later), file)?;
    }
    Ok(())
}

impl<T: Item> Held<T> {
    fn extend(&mut self, mut values: &[T]) {
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

fn bytes<T>(values: &Vec<T>) -> usize {
    values.capacity() * size_of::<T>() + HEAD
}

/// The values of all lists in one, in order. Each list is given back as soon as it was copied.
fn in_order<T: Item>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut values = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    lists.into_iter().for_each(|list| values.extend(list));
    T::sort(&mut values);
    values
}
