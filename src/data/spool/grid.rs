//! Into which places values are put.

use super::item::Item;
use crate::statistics::order::{self, Scratch, Spread};

/// Places, of which each has lower values than the next.
#[derive(Debug, Clone, Copy)]
pub enum Grid<T> {
    /// By where the numbers lie.
    Spread(Spread),
    /// By a word of the values.
    Word(Word<T>),
}

/// Places by some bits of a word, for values of which most have the same words before it.
#[derive(Debug, Clone, Copy)]
pub struct Word<T> {
    /// A value that has those, and the lowest such word.
    low: T,
    at: usize,
    /// How many bits follow those that tell the place.
    shift: u32,
    places: usize,
}

/// As many places as a column has at most, by a power of two: a place of 100 million numbers has about 100,000 then.
const BITS: u32 = 10;

/// So many values are looked at, about.
const LOOKED_AT: usize = 4096;

/// So many values belong to one place, about, while values are few.
const TOGETHER: usize = 64;

impl<T: Item> Grid<T> {
    /// Of lists of values, of which more like them may come: by where their numbers lie, else between the lowest and the
    /// highest. None of no values.
    #[must_use]
    pub fn of(lists: &[Vec<T>]) -> Option<Self> {
        let values = lists.iter().map(Vec::len).sum::<usize>();
        let bits = (values / TOGETHER).checked_ilog2().unwrap_or(0).min(BITS);
        let step = (values / LOOKED_AT).max(1);
        let some: Vec<f64> =
            lists.iter().flat_map(|list| list.iter().step_by(step)).map(|value| value.number()).collect();
        if let Some(spread) = Spread::of(&some, 1 << bits) {
            return Some(Self::Spread(spread));
        }
        let all = || lists.iter().flatten().copied();
        let low = all().min_by_key(|value| value.key())?;
        let high = all().max_by_key(|value| value.key())?;
        Some(Self::between(low, high, bits))
    }

    /// Of values between a lowest and a highest one. Where these differ the values come to at least two places, so that to
    /// put those of each place into places again comes to an end.
    #[must_use]
    pub fn apart(low: T, high: T) -> Self {
        Self::between(low, high, BITS)
    }

    fn between(low: T, high: T, bits: u32) -> Self {
        let mut differences =
            low.words().zip(high.words()).map(|(low, high)| high.wrapping_sub(low)).enumerate();
        let (at, difference) = differences.find(|(_, difference)| *difference > 0).unwrap_or((0, 0));
        let shift = (u64::BITS - difference.leading_zeros()).saturating_sub(bits).min(u64::BITS - 1);
        Self::Word(Word { low, at, shift, places: (difference >> shift) as usize + 1 })
    }

    /// How many places there are.
    #[must_use]
    pub const fn places(&self) -> usize {
        match self {
            Self::Spread(spread) => spread.places(),
            Self::Word(word) => word.places,
        }
    }

    /// Puts values into their places, and answers where each ends. None of them is NaN.
    pub fn arrange(&self, values: &mut [T], scratch: &mut Scratch<T>) -> Vec<u32> {
        match self {
            Self::Spread(spread) => {
                order::arrange(values, self.places(), |value| spread.place(value.number()), scratch)
            }
            Self::Word(word) => order::arrange(values, self.places(), |value| word.place(*value), scratch),
        }
    }
}

impl<T: Item> Word<T> {
    /// The place of a value: of one that is lower or higher than the others the first or the last.
    #[inline]
    fn place(&self, value: T) -> usize {
        let last = self.places - 1;
        for (at, (word, low)) in value.words().zip(self.low.words()).enumerate() {
            if at == self.at {
                return ((word.saturating_sub(low) >> self.shift) as usize).min(last);
            }
            if word != low {
                return if word < low { 0 } else { last };
            }
        }
        0
    }
}
