//! A column in order that can be walked, and asked for ranks, more than once.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::file::{File, Run};
use super::{Spooled, in_order, merge};
use crate::fault::{Fault, Result};
use crate::statistics::{Lists, Ranked, Rough, order};

/// The values of a column in order: in memory, as far as it takes to find ranks or as one list, or in a file as one run.
#[derive(Debug)]
pub struct Sorted(Held);

#[derive(Debug)]
enum Held {
    About(Lists),
    Whole(Vec<f64>),
    File(Far),
}

/// A column in a file.
#[derive(Debug)]
struct Far {
    file: File,
    run: Run,
    /// What went wrong, at which a walk ends early.
    fault: Mutex<Option<Fault>>,
}

/// So many numbers of a file are read at once.
const BLOCK: usize = 64 * 1024;

impl Spooled {
    /// The column in order. Where it is to be walked from end to end its lists become one, which takes as much memory again
    /// while they do.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn sorted(self, is_walked: bool) -> Result<Sorted> {
        let held = if self.runs.is_empty() {
            match is_walked {
                true => Held::Whole(in_order(self.lists)),
                false => Held::About(about(self.lists)),
            }
        } else {
            let file = self.file.beside();
            let run = merge::all(&file, self.ascending()?)?;
            Held::File(Far { file, run, fault: Mutex::new(None) })
        };
        Ok(Sorted(held))
    }
}

fn about(lists: Vec<Vec<f64>>) -> Lists {
    let arranged = |scratch: &mut order::Scratch, list| Rough::of(list, scratch);
    let lists: Vec<Rough> = lists.into_par_iter().map_init(order::Scratch::default, arranged).collect();
    lists.into_iter().collect()
}

impl Sorted {
    /// From the lowest to the highest. A file that can no longer be read ends the walk early; so ask [`Self::end`] in the
    /// end. What was not to be walked is put in order for the walk.
    pub fn walk(&self) -> impl Iterator<Item = f64> {
        match &self.0 {
            Held::About(lists) => Walk::Owned(lists.sorted().into_iter()),
            Held::Whole(list) => Walk::One(list),
            Held::File(far) => Walk::File(Reader { far, run: far.run, block: Vec::new(), at: 0 }),
        }
    }

    /// Whether some of it had no room in memory.
    #[must_use]
    pub fn is_in_file(&self) -> bool {
        matches!(self.0, Held::File(_))
    }

    /// After all walks.
    ///
    /// # Errors
    /// One of them ended early: the file could not be read.
    pub fn end(self) -> Result<()> {
        match self.0 {
            Held::File(far) => {
                far.fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    fn ranked(&self) -> &dyn Ranked {
        match &self.0 {
            Held::About(lists) => lists,
            Held::Whole(list) => list,
            Held::File(far) => far,
        }
    }
}

impl Ranked for Sorted {
    fn rows(&self) -> u64 {
        self.ranked().rows()
    }

    fn at(&self, rank: u64) -> Option<f64> {
        self.ranked().at(rank)
    }

    fn up_to(&self, value: f64) -> u64 {
        self.ranked().up_to(value)
    }

    fn below(&self, value: f64) -> u64 {
        self.ranked().below(value)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        self.ranked().within(low, high, into);
    }
}

impl Ranked for Far {
    fn rows(&self) -> u64 {
        self.run.values
    }

    fn at(&self, rank: u64) -> Option<f64> {
        (rank < self.run.values).then(|| self.number(rank)).flatten()
    }

    fn up_to(&self, value: f64) -> u64 {
        self.count(|known| known <= value)
    }

    fn below(&self, value: f64) -> u64 {
        self.count(|known| known < value)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        self.read(self.up_to(low)..self.up_to(high), into);
    }
}

impl Far {
    /// How many values come first.
    fn count(&self, is_first: impl Fn(f64) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.run.values);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.number(middle).is_some_and(&is_first) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn number(&self, rank: u64) -> Option<f64> {
        let mut one = Vec::with_capacity(1);
        self.read(rank..rank + 1, &mut one);
        one.first().copied()
    }

    fn read(&self, ranks: Range<u64>, into: &mut Vec<f64>) {
        let mut numbers = Vec::new();
        let count = usize::try_from(ranks.end.saturating_sub(ranks.start)).unwrap_or(usize::MAX);
        match self.file.read(self.run.start + ranks.start * size_of::<f64>() as u64, count, &mut numbers) {
            Ok(()) => into.append(&mut numbers),
            Err(fault) => self.note(fault),
        }
    }

    fn note(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

/// A walk over what is held.
enum Walk<'a> {
    Owned(std::vec::IntoIter<f64>),
    One(&'a [f64]),
    File(Reader<'a>),
}

impl Iterator for Walk<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            Self::Owned(list) => list.next(),
            Self::One(list) => list.split_off_first().copied(),
            Self::File(file) => file.next(),
        }
    }
}

/// A file that is read from its beginning.
struct Reader<'a> {
    far: &'a Far,
    /// What is left of it.
    run: Run,
    block: Vec<f64>,
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<f64> {
        if self.at == self.block.len() {
            self.refill();
        }
        let value = self.block.get(self.at).copied();
        self.at += usize::from(value.is_some());
        value
    }

    fn refill(&mut self) {
        self.at = 0;
        self.block.clear();
        let count = usize::try_from(self.run.values).unwrap_or(usize::MAX).min(BLOCK);
        if count == 0 {
            return;
        }
        if let Err(fault) = self.far.file.read(self.run.start, count, &mut self.block) {
            self.block.clear();
            self.far.note(fault);
            self.run.values = 0;
            return;
        }
        self.run.start += (count * size_of::<f64>()) as u64;
        self.run.values -= count as u64;
    }
}
