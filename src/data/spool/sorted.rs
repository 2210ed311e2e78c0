//! A column in order that can be walked more than once.

use std::sync::{Mutex, PoisonError};

use super::file::{File, Run};
use super::{Spooled, merge};
use crate::fault::{Fault, Result};

/// The values of a column from the lowest to the highest: in memory, or in a file as one run.
#[derive(Debug)]
pub struct Sorted {
    held: Held,
    /// What went wrong on a walk, which ends early there.
    fault: Mutex<Option<Fault>>,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<f64>),
    File(File, Run),
}

/// So many numbers of a file are read at once.
const BLOCK: usize = 64 * 1024;

impl Spooled {
    /// The column in order, to be walked more than once.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn sorted(self) -> Result<Sorted> {
        let held = if self.runs.is_empty() {
            Held::Memory(super::in_order(self.lists))
        } else {
            let file = self.file.clone();
            let run = merge::all(&file, self.ascending()?)?;
            Held::File(file, run)
        };
        Ok(Sorted { held, fault: Mutex::new(None) })
    }
}

impl Sorted {
    /// How many values.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.held {
            Held::Memory(values) => values.len() as u64,
            Held::File(_, run) => run.values,
        }
    }

    /// From the lowest to the highest. A file that can no longer be read ends the walk early; so ask [`Self::end`] in the
    /// end.
    pub fn walk(&self) -> impl Iterator<Item = f64> {
        match &self.held {
            Held::Memory(values) => Walk { read: values, at: 0, more: None },
            Held::File(file, run) => Walk {
                read: &[],
                at: 0,
                more: Some(More { file, run: *run, block: Vec::new(), fault: &self.fault }),
            },
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

/// A walk over a list, or over what is read of a file.
struct Walk<'a> {
    read: &'a [f64],
    at: usize,
    more: Option<More<'a>>,
}

struct More<'a> {
    file: &'a File,
    run: Run,
    block: Vec<f64>,
    fault: &'a Mutex<Option<Fault>>,
}

impl Iterator for Walk<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        let value = match &mut self.more {
            None => self.read.get(self.at).copied(),
            Some(more) => more.get(&mut self.at),
        };
        self.at += 1;
        value
    }
}

impl More<'_> {
    fn get(&mut self, at: &mut usize) -> Option<f64> {
        if *at >= self.block.len() {
            *at = 0;
            self.block.clear();
            let count = usize::try_from(self.run.values).unwrap_or(usize::MAX).min(BLOCK);
            if count > 0
                && let Err(fault) = self.file.read(self.run.start, count, &mut self.block)
            {
                self.block.clear();
                *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
                self.run.values = 0;
                return None;
            }
            self.run.start += (count * size_of::<f64>()) as u64;
            self.run.values -= count as u64;
        }
        self.block.get(*at).copied()
    }
}
