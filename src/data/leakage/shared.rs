//! What two sets have in common.

use crate::data::keyed::{Keyed, groups};
use crate::data::spool::Spooled;
use crate::fault::Result;

/// What both sets have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Both {
    /// How many different values.
    pub values: u64,
    /// How many rows of the test set have one of them.
    pub rows: u64,
    /// The first rows of the test set that have one, by their number from 0, each value once, with the first row of the
    /// training set that has the same.
    pub first: Vec<(u64, u64)>,
}

/// So many rows are shown.
const SHOWN: usize = 5;

impl Both {
    /// Adds a value that so many rows of the test set have, and the first row of each set that has it.
    pub fn add(&mut self, rows: u64, test: u64, train: u64) {
        self.values += 1;
        self.rows += rows;
        if self.first.len() == SHOWN && self.first.last().is_some_and(|last| last.0 < test) {
            return;
        }
        let at = self.first.partition_point(|known| known.0 < test);
        self.first.insert(at, (test, train));
        self.first.truncate(SHOWN);
    }
}

/// What both have, of rows that were too many for memory. Where some of one set have been left out because the other surely
/// has none of them, nothing changes.
///
/// # Errors
/// A file that cannot be read.
pub fn joined(test: Spooled<Keyed>, train: Spooled<Keyed>) -> Result<Both> {
    let (mut test, mut train) = (test.ascending()?, train.ascending()?);
    let mut both = Both::default();
    let mut of_train = groups(&mut train).peekable();
    for test in groups(&mut test) {
        while of_train.next_if(|train| train.key < test.key).is_some() {}
        if let Some(train) = of_train.next_if(|train| train.key == test.key) {
            both.add(test.rows, test.first, train.first);
        }
    }
    drop(of_train);
    test.end()?;
    train.end()?;
    Ok(both)
}
