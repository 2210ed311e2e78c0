//! The side that is held, where memory has room for it: its rows are found by their keys.

use super::Side;
use super::shared::Both;
use crate::data::keyed::Keyed;

/// Rows in order, and where those begin whose keys begin with the same bits. With what the other side has of them it takes
/// at most twice as much memory as the rows alone.
#[derive(Debug)]
pub struct Index {
    rows: Vec<Keyed>,
    /// For each beginning of a key the place of the first row that has it, or would come next; and the end.
    starts: Vec<usize>,
    /// How many bits follow the beginning in the first half of a key.
    shift: u32,
}

/// What the other side has of a key.
#[derive(Debug, Clone, Copy)]
struct Met {
    first: u64,
    rows: u64,
}

impl Index {
    /// Of rows in order.
    #[must_use]
    pub fn new(rows: Vec<Keyed>) -> Self {
        // Of keys that are spread there are one or two to a beginning.
        let bits = rows.len().checked_ilog2().unwrap_or(0).max(1);
        let shift = u64::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, row) in rows.iter().enumerate() {
            let beginning = beginning(*row, shift);
            starts.resize(starts.len().max(beginning + 1), at);
        }
        starts.resize((1 << bits) + 1, rows.len());
        Self { rows, starts, shift }
    }

    /// The place of the first row with the key of this one.
    #[must_use]
    pub fn find(&self, wanted: Keyed) -> Option<usize> {
        let beginning = beginning(wanted, self.shift);
        let (start, end) = (*self.starts.get(beginning)?, *self.starts.get(beginning + 1)?);
        let near = self.rows.get(start..end)?;
        let at = near.partition_point(|row| (row.high, row.low) < (wanted.high, wanted.low));
        near.get(at).filter(|row| row.key() == wanted.key()).map(|_| start + at)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are as many beginnings as can be counted")]
const fn beginning(row: Keyed, shift: u32) -> usize {
    (row.high >> shift) as usize
}

/// What the rows of the other side have of an index.
#[derive(Debug)]
pub struct Meeting(Vec<Met>);

impl Meeting {
    /// Nothing yet.
    #[must_use]
    pub fn new(index: &Index) -> Self {
        Self(vec![Met { first: u64::MAX, rows: 0 }; index.rows.len()])
    }

    /// Takes in a row of the other side that has the key of the row at a place.
    pub fn add(&mut self, place: usize, row: u64) {
        if let Some(met) = self.0.get_mut(place) {
            met.first = met.first.min(row);
            met.rows += 1;
        }
    }

    /// What both sides have, of which `held` is in the index.
    #[must_use]
    pub fn both(&self, index: &Index, held: Side) -> Both {
        let mut both = Both::default();
        let mut place = 0;
        for rows in index.rows.chunk_by(|one, next| one.key() == next.key()) {
            let (met, first) = (self.0[place], rows[0].row);
            place += rows.len();
            match held {
                _ if met.rows == 0 => {}
                Side::Test => both.add(rows.len() as u64, first, met.first),
                Side::Train => both.add(met.rows, met.first, first),
            }
        }
        both
    }
}
