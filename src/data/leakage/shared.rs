//! Which values of one set are in another one too, of hashes that are handed in.

use std::collections::HashMap;

use crate::statistics::hash::Mixing;

/// A set of hashes, each with the first row that has it; and of those the ones that another set has too.
#[derive(Debug, Default)]
pub struct Shared {
    rows: HashMap<u128, Row, Mixing>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    first: u64,
    /// How many rows have it.
    count: u64,
    /// The first row of the other set that has it; [`NEVER`] where none has.
    other: u64,
}

const NEVER: u64 = u64::MAX;

/// What both sets have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Both {
    /// How many different values.
    pub values: u64,
    /// How many rows of the first set have one of them.
    pub rows: u64,
    /// Some of these rows, by their number, each with the first row of the other set that has the same; from 0.
    pub first: Vec<(u64, u64)>,
}

/// So many rows are shown.
const SHOWN: usize = 5;

impl Shared {
    /// Takes in rows of the first set, in whatever order.
    pub fn add(&mut self, hash: u128, row: u64) {
        let known = self.rows.entry(hash).or_insert(Row { first: row, count: 0, other: NEVER });
        known.count += 1;
        known.first = known.first.min(row);
    }

    /// Looks at a row of the other set.
    pub fn meet(&mut self, hash: u128, row: u64) {
        if let Some(known) = self.rows.get_mut(&hash) {
            known.other = known.other.min(row);
        }
    }

    /// What both have.
    #[must_use]
    pub fn both(&self) -> Both {
        let mut both = Both::default();
        for row in self.rows.values().filter(|row| row.other != NEVER) {
            both.values += 1;
            both.rows += row.count;
            both.first.push((row.first, row.other));
        }
        both.first.sort_unstable();
        both.first.truncate(SHOWN);
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_is_counted_in_rows_and_values() {
        let mut shared = Shared::default();
        [7, 8, 7, 9].iter().zip(0..).for_each(|(hash, row)| shared.add(*hash, row));
        [1, 9, 7, 7].iter().zip(0..).for_each(|(hash, row)| shared.meet(*hash, row));
        assert_eq!(shared.both(), Both { values: 2, rows: 3, first: vec![(0, 2), (3, 1)] });
    }
}
