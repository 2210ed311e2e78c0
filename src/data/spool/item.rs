//! What a spool can keep.

use std::fmt::Debug;

use crate::statistics::order;

/// A value of one size, which has its place in an order.
pub trait Item: Copy + Debug + Send + Sync + 'static {
    /// How many bytes it takes in a file.
    const BYTES: usize;

    /// What is compared. It holds all of the value.
    type Key: Ord + Copy + Debug + Send;

    /// The key of the value.
    fn key(self) -> Self::Key;

    /// The value of a key.
    fn of_key(key: Self::Key) -> Self;

    /// Adds its bytes.
    fn write(self, bytes: &mut Vec<u8>);

    /// The value of [`Self::BYTES`] bytes.
    fn read(bytes: &[u8]) -> Self;

    /// Sorts in place, by the key.
    fn sort(values: &mut Vec<Self>);
}

impl Item for f64 {
    const BYTES: usize = 8;

    type Key = u64;

    #[inline]
    fn key(self) -> u64 {
        order::key(self)
    }

    #[inline]
    fn of_key(key: u64) -> Self {
        order::number(key)
    }

    #[inline]
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    #[inline]
    fn read(bytes: &[u8]) -> Self {
        Self::from_bits(word(bytes, 0))
    }

    fn sort(values: &mut Vec<Self>) {
        order::sort(values);
    }
}

/// The word at a place; nought where the bytes end before.
#[inline]
pub fn word(bytes: &[u8], place: usize) -> u64 {
    bytes.as_chunks().0.get(place).copied().map_or(0, u64::from_le_bytes)
}
