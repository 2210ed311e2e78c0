//! One pass over files for everybody who looks at their rows.

use std::collections::{HashMap, HashSet};

use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::table::{self, Batch, Cells, Column, Table, Type, Wanted};

/// Somebody who looks at rows.
pub trait Look: Sync {
    /// What some rows come to.
    type Part: Send;

    /// The columns that it wants, and what each is to be read as.
    fn wanted(&self) -> Vec<(&str, Type)>;

    /// Looks at some rows, on any thread. They have the wanted columns in that order.
    fn part(&self, rows: Rows<'_>) -> Self::Part;
}

/// Nobody may look.
impl<L: Look> Look for Option<L> {
    type Part = Option<L::Part>;

    fn wanted(&self) -> Vec<(&str, Type)> {
        self.iter().flat_map(L::wanted).collect()
    }

    fn part(&self, rows: Rows<'_>) -> Self::Part {
        self.as_ref().map(|look| look.part(rows))
    }
}

/// Both look, one after the other.
impl<A: Look, B: Look> Look for (A, B) {
    type Part = (A::Part, B::Part);

    fn wanted(&self) -> Vec<(&str, Type)> {
        [self.0.wanted(), self.1.wanted()].concat()
    }

    fn part(&self, mut rows: Rows<'_>) -> Self::Part {
        let (one, other) = rows.places.split_at(self.0.wanted().len().min(rows.places.len()));
        (self.0.part(rows.with(one)), self.1.part(rows.with(other)))
    }
}

/// Some consecutive rows, as one of those sees them who look at them.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The number of the first over all files, from 0.
    pub first: u64,
    /// How many they are.
    pub count: usize,
    columns: &'a mut [Column],
    places: &'a [Place],
}

/// Where a wanted column is among those that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    column: usize,
    /// Whether nobody looks at it afterwards.
    is_last: bool,
}

impl Rows<'_> {
    /// The cells of a wanted column, by its place among them.
    #[must_use]
    pub fn cells(&self, wanted: usize) -> Option<&Cells> {
        self.columns.get(self.places.get(wanted)?.column)?.cells()
    }

    /// The cells of all wanted columns.
    pub fn all(&self) -> impl Iterator<Item = &Cells> {
        self.places.iter().filter_map(|place| self.columns.get(place.column)?.cells())
    }

    /// The same for whoever wants to own them: a copy only where somebody else looks at them afterwards. Who takes a column
    /// has it once.
    pub fn into_all(self) -> impl Iterator<Item = Cells> {
        let Self { columns, places, .. } = self;
        places.iter().filter_map(|place| {
            let column = columns.get_mut(place.column)?;
            if !place.is_last {
                return column.cells().cloned();
            }
            match std::mem::replace(column, Column::Numbers(Vec::new())) {
                Column::Cells(cells) => Some(cells),
                _ => None,
            }
        })
    }

    /// The same rows as somebody sees them who wants other columns.
    fn with<'b>(&'b mut self, places: &'b [Place]) -> Rows<'b> {
        Rows { first: self.first, count: self.count, columns: self.columns, places }
    }
}

/// What all want together: a column that several want as the same is read once.
struct Together {
    wanted: Vec<Wanted>,
    /// For each that somebody wants, where it is.
    places: Vec<Place>,
}

impl Together {
    fn of(all: &[(&str, Type)]) -> Self {
        let mut known = HashMap::new();
        let mut wanted = Vec::new();
        let mut places: Vec<Place> = Vec::with_capacity(all.len());
        for (name, holds) in all {
            let column = *known.entry((*name, *holds)).or_insert_with(|| {
                wanted.push(Wanted::cells(name, *holds));
                wanted.len() - 1
            });
            places.push(Place { column, is_last: false });
        }
        let mut is_seen = vec![false; wanted.len()];
        for place in places.iter_mut().rev() {
            place.is_last = !std::mem::replace(&mut is_seen[place.column], true);
        }
        Self { wanted, places }
    }

    fn rows<'a>(&'a self, batch: &'a mut Batch) -> Rows<'a> {
        Rows { first: batch.first, count: batch.rows, columns: &mut batch.columns, places: &self.places }
    }
}

/// What reading comes to, or what is wrong with the files.
pub type Read<T> = Result<std::result::Result<T, Vec<Finding>>>;

/// Reads files from beginning to end, whose columns are `known`. What `look` makes of some rows `take` gets, in the order of the rows, until it fails.
///
/// # Errors
/// A file that cannot be read, an interrupt, or what `take` fails with.
pub fn read<L: Look>(
    files: &[ProjectFile],
    known: &HashSet<String>,
    look: &L,
    interrupt: &Interrupt,
    mut take: impl FnMut(L::Part) -> Result<()> + Send,
) -> Read<Table> {
    let together = Together::of(&look.wanted());
    let mut taken = Ok(());
    let each = |mut batch: Batch| look.part(together.rows(&mut batch));
    let merge = |part| {
        if taken.is_ok() {
            taken = take(part);
        }
    };
    let table = table::fold_all(files, &together.wanted, known, interrupt, each, merge)?;
    taken?;
    Ok(table)
}

#[cfg(test)]
mod tests;
