//! Columns that may be anything: what is missing in them, or is of another type, is counted and is no trouble.

pub mod arrays;
mod dictionary;
pub mod impression;
mod time;
pub mod value;

use super::cells::{Cells, NONE, SHOWN, Texts, Type, Values};
use super::records;
use super::trouble::Wrong;

use dictionary::Dictionary;
pub use time::{day, point as moment};

/// A column that is being gathered.
#[derive(Debug)]
pub struct Gathered {
    holds: Type,
    values: Building,
    without: Without,
}

#[derive(Debug)]
enum Building {
    Numbers(Vec<f64>),
    Texts(Vec<u32>, Dictionary),
}

/// The rows that have no value.
#[derive(Debug, Default)]
struct Without {
    missing: u64,
    strange: u64,
    shown: Vec<(u32, String)>,
}

impl Gathered {
    /// An empty column with room for so many rows.
    pub fn new(holds: Type, rows: usize) -> Self {
        let values = match holds {
            Type::Text => Building::Texts(Vec::with_capacity(rows), Dictionary::new(rows)),
            _ => Building::Numbers(Vec::with_capacity(rows)),
        };
        Self { holds, values, without: Without::default() }
    }

    /// Adds a cell from its text.
    #[inline]
    pub fn push(&mut self, cell: &[u8]) {
        let wrong = match &mut self.values {
            Building::Numbers(numbers) => match value::of(self.holds, cell) {
                Ok(number) => return numbers.push(number),
                Err(wrong) => wrong,
            },
            Building::Texts(codes, dictionary) => match dictionary.code(cell) {
                Ok(code) => return codes.push(code),
                Err(wrong) => wrong,
            },
        };
        self.push_wrong(&wrong, || String::from_utf8_lossy(cell).into_owned());
    }

    /// Adds cells of delimited text. What the column holds is asked once for all of them.
    pub fn extend(&mut self, cells: records::Cells<'_>) {
        let without = &mut self.without;
        match (&mut self.values, self.holds) {
            (Building::Numbers(numbers), Type::Number) => {
                add(cells, numbers, without, |cell| value::of(Type::Number, cell));
            }
            (Building::Numbers(numbers), Type::Integer) => {
                add(cells, numbers, without, |cell| value::of(Type::Integer, cell));
            }
            (Building::Numbers(numbers), holds) => {
                add(cells, numbers, without, |cell| value::of(holds, cell))
            }
            (Building::Texts(codes, dictionary), _) => {
                add(cells, codes, without, |cell| dictionary.code(cell));
            }
        }
    }

    /// Adds a row that has no value, and why.
    #[inline(never)]
    pub fn push_wrong(&mut self, wrong: &Wrong, shown: impl FnOnce() -> String) {
        match &mut self.values {
            Building::Numbers(numbers) => self.without.add(numbers, wrong, shown),
            Building::Texts(codes, _) => self.without.add(codes, wrong, shown),
        }
    }

    /// The column.
    pub fn finish(self) -> Cells {
        let Without { missing, strange, shown } = self.without;
        let values = match self.values {
            Building::Numbers(numbers) => Values::Numbers(numbers),
            Building::Texts(codes, dictionary) => {
                Values::Texts(Texts { codes, texts: dictionary.into_texts() })
            }
        };
        Cells { values, missing, strange, shown }
    }
}

/// What stands in a row without a value.
trait Nothing {
    const NOTHING: Self;
}

impl Nothing for f64 {
    const NOTHING: Self = Self::NAN;
}

impl Nothing for u32 {
    const NOTHING: Self = NONE;
}

#[inline]
fn add<T: Nothing>(
    cells: records::Cells<'_>,
    column: &mut Vec<T>,
    without: &mut Without,
    mut value: impl FnMut(&[u8]) -> Result<T, Wrong>,
) {
    cells.each(|_, cell| match value(cell) {
        Ok(value) => column.push(value),
        Err(wrong) => without.add(column, &wrong, || String::from_utf8_lossy(cell).into_owned()),
    });
}

impl Without {
    #[inline(never)]
    fn add<T: Nothing>(&mut self, column: &mut Vec<T>, wrong: &Wrong, shown: impl FnOnce() -> String) {
        self.note(column.len(), wrong, shown);
        column.push(T::NOTHING);
    }

    fn note(&mut self, row: usize, wrong: &Wrong, shown: impl FnOnce() -> String) {
        if wrong.is_missing() {
            self.missing += 1;
            return;
        }
        self.strange += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((u32::try_from(row).unwrap_or(u32::MAX), beginning(shown())));
        }
    }
}

/// As much of a cell as is worth keeping: it may be of megabytes.
fn beginning(mut cell: String) -> String {
    const MOST: usize = 200;
    if let Some((end, _)) = cell.char_indices().nth(MOST) {
        cell.truncate(end);
        cell.push('…');
    }
    cell
}

#[cfg(test)]
mod tests;
