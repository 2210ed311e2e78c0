//! A column in order that can be walked, and asked for ranks, more than once.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use super::file::{File, Run};
use super::merge::Heads;
use super::{Spooled, in_order, merge, sorted};
use crate::fault::{Fault, Result};
use crate::statistics::{Lists, Ranked};

/// The values of a column in order: in memory, in lists each of which ascends, or in a file as one run.
#[derive(Debug)]
pub struct Sorted {
    held: Held,
    /// What went wrong on a walk, which ends early there.
    fault: Mutex<Option<Fault>>,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<Vec<f64>>),
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
            Held::Memory(if is_walked && self.lists.len() > 1 {
                vec![in_order(self.lists)]
            } else {
                sorted(self.lists)
            })
        } else {
            let file = self.file.beside();
            let run = merge::all(&file, self.ascending()?)?;
            Held::File(file, run)
        };
        Ok(Sorted { held, fault: Mutex::new(None) })
    }
}

impl Sorted {
    /// The values where they are in memory.
    #[must_use]
    pub fn lists(&self) -> Option<Lists<'_>> {
        match &self.held {
            Held::Memory(lists) => Some(Lists::new(lists.iter().map(Vec::as_slice))),
            Held::File(..) => None,
        }
    }

    /// From the lowest to the highest. A file that can no longer be read ends the walk early; so ask [`Self::end`] in the
    /// end.
    pub fn walk(&self) -> impl Iterator<Item = f64> {
        match &self.held {
            Held::Memory(lists) => match lists.as_slice() {
                [] => Walk::One(&[]),
                [one] => Walk::One(one),
                several => Walk::Several(Several::new(several)),
            },
            Held::File(file, run) => {
                Walk::File(Reader { file, run: *run, block: Vec::new(), at: 0, fault: &self.fault })
            }
        }
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
            Held::Memory(lists) => lists.iter().map(|list| list.len() as u64).sum(),
            Held::File(_, run) => run.values,
        }
    }

    fn at(&self, rank: u64) -> Option<f64> {
        match (&self.held, self.lists()) {
            (Held::File(file, run), _) => {
                (rank < run.values).then(|| self.number(file, *run, rank)).flatten()
            }
            (_, lists) => lists?.at(rank),
        }
    }

    fn up_to(&self, value: f64) -> u64 {
        self.count(|known| known <= value, |lists| lists.up_to(value))
    }

    fn below(&self, value: f64) -> u64 {
        self.count(|known| known < value, |lists| lists.below(value))
    }
}

impl Sorted {
    /// How many values come first.
    fn count(&self, is_first: impl Fn(f64) -> bool, of_lists: impl Fn(&Lists<'_>) -> u64) -> u64 {
        let Held::File(file, run) = &self.held else {
            return self.lists().map_or(0, |lists| of_lists(&lists));
        };
        let (mut low, mut high) = (0, run.values);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.number(file, *run, middle).is_some_and(&is_first) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// A number of a file.
    fn number(&self, file: &File, run: Run, rank: u64) -> Option<f64> {
        let mut one: Vec<f64> = Vec::with_capacity(1);
        match file.read(run.start + rank * size_of::<f64>() as u64, 1, &mut one) {
            Ok(()) => one.first().copied(),
            Err(fault) => {
                note(&self.fault, fault);
                None
            }
        }
    }
}

fn note(noted: &Mutex<Option<Fault>>, fault: Fault) {
    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
}

/// A walk over what is held.
enum Walk<'a> {
    One(&'a [f64]),
    Several(Several<'a>),
    File(Reader<'a>),
}

impl Iterator for Walk<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            Self::One(list) => list.split_off_first().copied(),
            Self::Several(lists) => lists.next(),
            Self::File(file) => file.next(),
        }
    }
}

/// Lists that are walked together.
struct Several<'a> {
    lists: Vec<&'a [f64]>,
    heads: Heads<f64>,
}

impl<'a> Several<'a> {
    fn new(lists: &'a [Vec<f64>]) -> Self {
        let mut several = Self { lists: lists.iter().map(Vec::as_slice).collect(), heads: Heads::new() };
        for (at, list) in several.lists.iter_mut().enumerate() {
            list.split_off_first().into_iter().for_each(|value| several.heads.add(at, *value));
        }
        several
    }

    fn next(&mut self) -> Option<f64> {
        let Self { lists, heads } = self;
        let Ok(value) = heads.next(|at| Ok::<_, Infallible>(lists[at].split_off_first().copied()));
        value
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
