//! Fields of JSON lines that come too late to be columns.
//!
//! Which columns there are the first rows say. What only later rows have is in no column and is not read: so it is noted
//! where it is met, and told in the end.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::finding::Finding;
use crate::number::thousands;

use super::trouble::clipped;

/// So many fields of a file are noted: names may be made of data, and be as many as there are rows.
const MOST: usize = 100;

/// So many are told by name.
const TOLD: usize = 5;

/// Looks out for such fields in one file.
#[derive(Debug)]
pub struct Watch<'a> {
    /// The columns that there are.
    known: &'a HashSet<String>,
    /// In the order in which they were parsed.
    blocks: Mutex<Vec<Block>>,
}

/// What was met in a block.
#[derive(Debug)]
struct Block {
    /// Its number in the file.
    number: usize,
    rows: u64,
    lines: u64,
    met: Vec<Late>,
}

/// A field that is in no column, and where it was first met: the row and the line, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Its name.
    pub field: String,
    row: u64,
    line: u64,
}

impl<'a> Watch<'a> {
    /// Nothing has been met.
    pub fn new(known: &'a HashSet<String>) -> Self {
        Self { known, blocks: Mutex::default() }
    }

    /// The columns that there are.
    pub fn known(&self) -> &'a HashSet<String> {
        self.known
    }

    /// Takes in what was met in the block of this number, on any thread.
    pub fn take(&self, number: usize, rows: u64, lines: u64, lookout: Lookout<'_>) {
        let block = Block { number, rows, lines, met: lookout.met };
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).push(block);
    }

    /// What was met in all of the file, each field once, in the order of the rows.
    pub fn met(self) -> Vec<Late> {
        let mut blocks = self.blocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        blocks.sort_unstable_by_key(|block| block.number);
        let mut met: Vec<Late> = Vec::new();
        let (mut rows, mut lines) = (0, 0);
        for block in blocks {
            for late in block.met {
                if met.len() < MOST && met.iter().all(|known| known.field != late.field) {
                    met.push(Late { row: rows + late.row, line: lines + late.line, ..late });
                }
            }
            rows += block.rows;
            lines += block.lines;
        }
        met
    }
}

/// What was met in one block.
#[derive(Debug)]
pub struct Lookout<'a> {
    known: Option<&'a HashSet<String>>,
    met: Vec<Late>,
    row: u64,
    line: u64,
}

impl<'a> Lookout<'a> {
    /// At the beginning of a block; without a watch nothing is noted.
    pub fn new(watch: Option<&Watch<'a>>) -> Self {
        Self { known: watch.map(Watch::known), met: Vec::new(), row: 0, line: 0 }
    }

    /// What comes next is in this row and line of the block.
    pub fn is_at(&mut self, row: u64, line: u64) {
        (self.row, self.line) = (row, line);
    }

    /// Meets a field that is not wanted, and not one of those that are known by this very name.
    #[cold]
    pub fn meet(&mut self, field: &str) {
        // Spaces around the name of a column do not count.
        let is_late = self.known.is_some_and(|known| !known.contains(field.trim()) && !known.contains(field));
        if is_late && self.met.len() < MOST && self.met.iter().all(|late| late.field != field) {
            self.met.push(Late { field: field.to_owned(), row: self.row, line: self.line });
        }
    }
}

/// That a file has such fields; none where there are none.
pub fn finding(met: &[Late], path: &str) -> Option<Finding> {
    let first = met.first()?;
    let row = |late: &Late| thousands(late.row + 1);
    let message = match met {
        [only] => format!(
            "the field «{}» is first there in row {}, too late to be a column: nothing of it was looked at",
            clipped(&only.field),
            row(only)
        ),
        all => {
            let or_more = if all.len() == MOST { " or more" } else { "" };
            let named = |late: &Late| format!("«{}» in row {}", clipped(&late.field), row(late));
            let named: Vec<String> = all.iter().take(TOLD).map(named).collect();
            let and_more = if all.len() > TOLD { " and more" } else { "" };
            format!(
                "{}{or_more} fields are first there too late to be columns, and nothing of them was looked at: {}{and_more}",
                all.len(),
                named.join(", ")
            )
        }
    };
    let line = u32::try_from(first.line + 1).unwrap_or(u32::MAX);
    let help = "the first rows say which columns there are: write the field into the first one, as null where there is nothing";
    Some(Finding::warning("table-column-late", message).at_path(path).at_line(line, None).help(help))
}
