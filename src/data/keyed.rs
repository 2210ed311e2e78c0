//! Rows by what tells them from others: a key of 128 bits.

use super::spool::{Item, word};

/// A row and its key. In order they stand by their keys, and of one key by their rows.
///
/// The key is in two halves because a number of 128 bits would take 32 bytes with the row, and not 24.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyed {
    /// The first half of the key.
    pub high: u64,
    /// The second half.
    pub low: u64,
    /// The number of the row over all files, from 0.
    pub row: u64,
}

impl Keyed {
    /// A row by its key.
    #[must_use]
    #[inline]
    pub const fn new(key: u128, row: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the other half is taken too")]
        let low = key as u64;
        Self { high: (key >> 64) as u64, low, row }
    }

    /// The key.
    #[must_use]
    #[inline]
    pub const fn key(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

impl Item for Keyed {
    const BYTES: usize = 24;

    type Key = Self;

    #[inline]
    fn key(self) -> Self {
        self
    }

    #[inline]
    fn words(self) -> impl Iterator<Item = u64> {
        [self.high, self.low, self.row].into_iter()
    }

    #[inline]
    fn number(self) -> f64 {
        self.high as f64
    }

    #[inline]
    fn write(self, bytes: &mut Vec<u8>) {
        [self.high, self.low, self.row].iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
    }

    #[inline]
    fn read(bytes: &[u8]) -> Self {
        Self { high: word(bytes, 0), low: word(bytes, 1), row: word(bytes, 2) }
    }
}

/// The rows that have one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The key.
    pub key: u128,
    /// The first of the rows.
    pub first: u64,
    /// How many they are.
    pub rows: u64,
}

/// The rows of each key, of rows that come in order.
pub fn groups(ascending: impl Iterator<Item = Keyed>) -> impl Iterator<Item = Group> {
    let mut ascending = ascending.peekable();
    std::iter::from_fn(move || {
        let first = ascending.next()?;
        let key = first.key();
        let mut rows = 1;
        while ascending.next_if(|next| next.key() == key).is_some() {
            rows += 1;
        }
        Some(Group { key, first: first.row, rows })
    })
}
