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
pub struct Sorted {
    held: Held,
    /// What went wrong on a walk, which ends early there.
    fault: Mutex<Option<Fault>>,
}

#[derive(Debug)]
enum Held {
    About(Lists),
    Whole(Vec<f64>),
    File(File, Run),
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
            Held::File(file, run)
        };
        Ok(Sorted { held, fault: Mutex::new(None) })
    }
}

fn about(lists: Vec<Vec<f64>>) -> Lists {
    let arranged = |room: &mut order::Room, list| Rough::of(list, room);
    let lists: Vec<Rough> = lists.into_par_iter().map_init(order::Room::default, arranged).collect();
    lists.into_iter().collect()
}

impl Sorted {
    /// From the lowest to the highest. A file that can no longer be read ends the walk early; so ask [`Self::end`] in the
    /// end. What was not to be walked is put in order for the walk.
    pub fn walk(&self) -> impl Iterator<Item = f64> {
        match &self.held {
            Held::About(lists) => Walk::Owned(lists.sorted().into_iter()),
            Held::Whole(list) => Walk::One(list),
            Held::File(file, run) => {
                Walk::File(Reader { file, run: *run, block: Vec::new(), at: 0, fault: &self.fault })
            }
        }
    }

    /// Whether some of it had no room in memory.
    #[must_use]
    pub fn is_in_file(&self) -> bool {
        matches!(self.held, Held::File(..))
    }

    /// After all walks.
    ///
    /// # Errors
    /// One of them ended early: the file could not be read.
    pub fn end(self) -> Result<()> {
        self.fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

impl Ranked for Sorted {
    fn rows(&self) -> u64 {
        match &self.held {
            Held::About(lists) => lists.rows(),
            Held::Whole(list) => list.rows(),
            Held::File(_, run) => run.values,
        }
    }

    fn at(&self, rank: u64) -> Option<f64> {
        match &self.held {
            Held::About(lists) => lists.at(rank),
            Held::Whole(list) => list.at(rank),
            Held::File(file, run) => (rank < run.values).then(|| self.number(file, *run, rank)).flatten(),
        }
    }

    fn up_to(&self, value: f64) -> u64 {
        match &self.held {
            Held::About(lists) => lists.up_to(value),
            Held::Whole(list) => list.up_to(value),
            Held::File(file, run) => self.count(file, *run, |known| known <= value),
        }
    }

    fn below(&self, value: f64) -> u64 {
        match &self.held {
            Held::About(lists) => lists.below(value),
            Held::Whole(list) => list.below(value),
            Held::File(file, run) => self.count(file, *run, |known| known < value),
        }
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        match &self.held {
            Held::About(lists) => lists.within(low, high, into),
            Held::Whole(list) => list.within(low, high, into),
            Held::File(file, run) => {
                let [start, end] = [low, high].map(|end| self.count(file, *run, |known| known <= end));
                self.read(file, *run, start..end, into);
            }
        }
    }
}

impl Sorted {
    /// How many values of a file come first.
    fn count(&self, file: &File, run: Run, is_first: impl Fn(f64) -> bool) -> u64 {
        let (mut low, mut high) = (0, run.values);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.number(file, run, middle).is_some_and(&is_first) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// A number of a file.
    fn number(&self, file: &File, run: Run, rank: u64) -> Option<f64> {
        let mut one = Vec::with_capacity(1);
        self.read(file, run, rank..rank + 1, &mut one);
        one.first().copied()
    }

    /// Adds numbers of a file.
    fn read(&self, file: &File, run: Run, ranks: Range<u64>, into: &mut Vec<f64>) {
        let mut numbers = Vec::new();
        let count = usize::try_from(ranks.end.saturating_sub(ranks.start)).unwrap_or(usize::MAX);
        match file.read(run.start + ranks.start * size_of::<f64>() as u64, count, &mut numbers) {
            Ok(()) => into.append(&mut numbers),
            Err(fault) => note(&self.fault, fault),
        }
    }
}

fn note(noted: &Mutex<Option<Fault>>, fault: Fault) {
    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
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
    file: &'a File,
    run: Run,
    block: Vec<f64>,
    at: usize,
    fault: &'a Mutex<Option<Fault>>,
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
        if let Err(fault) = self.file.read(self.run.start, count, &mut self.block) {
            self.block.clear();
            note(self.fault, fault);
            self.run.values = 0;
            return;
        }
        self.run.start += (count * size_of::<f64>()) as u64;
        self.run.values -= count as u64;
    }
}
