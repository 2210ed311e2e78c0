//! Into which places values are put, and which steps of a place are told apart where they are only counted.

use std::ops::Range;

use super::item::Item;
use crate::statistics::order::{self, Scratch, Spread};

/// Places of some steps each; each step has lower values than the next.
#[derive(Debug, Clone, Copy)]
pub struct Grid<T> {
    way: Way<T>,
    /// How many steps are a place, by a power of two.
    together: u32,
}

#[derive(Debug, Clone, Copy)]
enum Way<T> {
    /// By where the numbers lie.
    Spread(Spread),
    /// By a word of the values.
    Word(Word<T>),
}

/// Steps by some bits of a word, for values of which most have the same words before it.
#[derive(Debug, Clone, Copy)]
struct Word<T> {
    /// A value that has those, and the lowest such word.
    low: T,
    at: usize,
    /// How many bits follow those that tell the step.
    shift: u32,
    steps: usize,
}

/// As many places as a column has at most, by a power of two: a place of 30 million numbers has about 15,000 then, which are
/// read together.
const BITS: u32 = 11;

/// So many steps are a place, by a power of two. To count costs little, and where two columns have counts of the same steps most
/// of their places need not be read.
const STEPS: u32 = 5;

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
        if let Some(spread) = Spread::of(&some, 1 << (bits + STEPS)) {
            return Some(Self { way: Way::Spread(spread), together: STEPS });
        }
        let all = || lists.iter().flatten().copied();
        let low = all().min_by_key(|value| value.key())?;
        let high = all().max_by_key(|value| value.key())?;
        Some(Self { way: Way::Word(Word::between(low, high, bits + STEPS)), together: STEPS })
    }

    /// Of so many values between a lowest and a highest one, which differ, in places of about `together`, each of one step. The
    /// two are in different places, so that to put the values of each place into places again comes to an end.
    #[must_use]
    pub fn apart(low: T, high: T, values: u64, together: u64) -> Self {
        let bits = (values / together).checked_ilog2().unwrap_or(0) + 1;
        Self { way: Way::Word(Word::between(low, high, bits.min(BITS))), together: 0 }
    }

    /// How many places there are.
    #[must_use]
    pub const fn places(&self) -> usize {
        self.place_of(self.steps() - 1) + 1
    }

    /// How many steps there are.
    #[must_use]
    pub const fn steps(&self) -> usize {
        match &self.way {
            Way::Spread(spread) => spread.places(),
            Way::Word(word) => word.steps,
        }
    }

    /// The place of a step.
    #[must_use]
    pub const fn place_of(&self, step: usize) -> usize {
        step >> self.together
    }

    /// The steps of a place.
    #[must_use]
    pub fn steps_of(&self, place: usize) -> Range<usize> {
        place << self.together..((place + 1) << self.together).min(self.steps())
    }

    /// The step of a value, which is not NaN.
    #[must_use]
    pub fn step(&self, value: T) -> usize {
        match &self.way {
            Way::Spread(spread) => spread.place(value.number()),
            Way::Word(word) => word.step(value),
        }
    }

    /// Adds to the counts of the steps.
    pub fn count(&self, values: &[T], counts: &mut [u64]) {
        match &self.way {
            Way::Spread(spread) => {
                values.iter().for_each(|value| counts[spread.place(value.number())] += 1);
            }
            Way::Word(word) => values.iter().for_each(|value| counts[word.step(*value)] += 1),
        }
    }

    /// Puts values into their places, and answers where each ends. None of them is NaN.
    pub fn arrange(&self, values: &mut [T], scratch: &mut Scratch<T>) -> Vec<u32> {
        match &self.way {
            Way::Spread(spread) => order::arrange(
                values,
                self.places(),
                |value| self.place_of(spread.place(value.number())),
                scratch,
            ),
            Way::Word(word) => {
                order::arrange(values, self.places(), |value| self.place_of(word.step(*value)), scratch)
            }
        }
    }
}

impl Grid<f64> {
    /// The last number of each of these steps, which ascend.
    #[must_use]
    pub fn ends(&self, steps: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut from = order::key(f64::NEG_INFINITY);
        let ends = steps.map(|step| {
            let (mut low, mut high) = (from, order::key(f64::INFINITY));
            while low < high {
                let middle = high - (high - low) / 2;
                if self.step(order::number(middle)) <= step {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            from = low;
            order::number(low)
        });
        ends.collect()
    }
}

impl<T: Item> Word<T> {
    /// Of values between a lowest and a highest one, by so many bits of the first word in which these differ.
    fn between(low: T, high: T, bits: u32) -> Self {
        let mut differences =
            low.words().zip(high.words()).map(|(low, high)| high.wrapping_sub(low)).enumerate();
        let (at, difference) = differences.find(|(_, difference)| *difference > 0).unwrap_or((0, 0));
        let shift = (u64::BITS - difference.leading_zeros()).saturating_sub(bits).min(u64::BITS - 1);
        Self { low, at, shift, steps: (difference >> shift) as usize + 1 }
    }

    /// The step of a value: of one that is lower or higher than the others the first or the last.
    #[inline]
    fn step(&self, value: T) -> usize {
        let last = self.steps - 1;
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
