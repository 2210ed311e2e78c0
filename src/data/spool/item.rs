//! What a spool can keep.

use std::fmt::Debug;

use rayon::slice::ParallelSliceMut;

use crate::statistics::order;

/// A value of one size, which has its place in an order.
pub trait Item: Copy + Debug + Default + Send + Sync + 'static {
    /// How many bytes it takes in a file.
    const BYTES: usize;

    /// What is compared. It holds all of the value.
    type Key: Ord + Copy + Debug + Send;

    /// The key of the value.
    fn key(self) -> Self::Key;

    /// The words of a value, whose order is that of the key: the first that differs decides.
    fn words(self) -> impl Iterator<Item = u64>;

    /// A number that is never more than that of a higher value.
    fn number(self) -> f64;

    /// Adds its bytes.
    fn write(self, bytes: &mut Vec<u8>);

    /// The value of [`Self::BYTES`] bytes.
    fn read(bytes: &[u8]) -> Self;

    /// Sorts in place, by the key.
    fn sort(values: &mut Vec<Self>) {
        values.par_sort_unstable_by_key(|value| value.key());
    }
}

impl Item for f64 {
    const BYTES: usize = 8;

    type Key = u64;

    #[inline]
    fn key(self) -> u64 {
        order::key(self)
    }

    #[inline]
    fn words(self) -> impl Iterator<Item = u64> {
        std::iter::once(self.key())
    }

    #[inline]
    fn number(self) -> f64 {
        self
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
