//! Runs become one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::file::{File, Run};
use super::item::Item;
use crate::fault::{Fault, Result};

/// The buffers of all runs of a merge together, in bytes: 4 MiB.
const BUFFERS: usize = 4 << 20;

/// So many values of a merge are written at once.
const BLOCK: usize = 64 * 1024;

/// The values of a column from the lowest to the highest.
///
/// A file that can no longer be read ends them early; so ask [`Ascending::end`] afterwards, which says so.
#[derive(Debug)]
#[must_use]
pub struct Ascending<T: Item = f64> {
    sources: Vec<Source<T>>,
    heads: Heads<T>,
    fault: Option<Fault>,
}

/// The key of the next value of each source that has one, the lowest on top.
#[derive(Debug)]
pub(super) struct Heads<T: Item>(BinaryHeap<Reverse<(T::Key, usize)>>);

impl<T: Item> Heads<T> {
    pub fn new() -> Self {
        Self(BinaryHeap::new())
    }

    /// Of a source the next value.
    pub fn add(&mut self, source: usize, value: T) {
        self.0.push(Reverse((value.key(), source)));
    }

    /// The lowest value, in whose place its source puts its next.
    #[inline]
    pub fn next<E>(
        &mut self,
        of_source: impl FnOnce(usize) -> std::result::Result<Option<T>, E>,
    ) -> std::result::Result<Option<T>, E> {
        let Some(mut head) = self.0.peek_mut() else { return Ok(None) };
        let Reverse((key, at)) = *head;
        match of_source(at)? {
            Some(value) => *head = Reverse((value.key(), at)),
            None => {
                PeekMut::pop(head);
            }
        }
        Ok(Some(T::of_key(key)))
    }
}

/// Where some of the values come from: what is read, and where more is.
#[derive(Debug)]
struct Source<T> {
    read: Vec<T>,
    at: usize,
    left: Option<(File, Run)>,
    buffer: usize,
}

impl<T: Item> Source<T> {
    fn next(&mut self) -> Result<Option<T>> {
        if self.at == self.read.len() {
            self.refill()?;
        }
        let value = self.read.get(self.at).copied();
        self.at += 1;
        Ok(value)
    }

    fn refill(&mut self) -> Result<()> {
        self.read.clear();
        self.at = 0;
        let Some((file, run)) = &mut self.left else { return Ok(()) };
        let count = usize::try_from(run.values).unwrap_or(usize::MAX).min(self.buffer);
        if count > 0 {
            file.read(run.start, count, &mut self.read)?;
            run.start += (count * T::BYTES) as u64;
            run.values -= count as u64;
        }
        Ok(())
    }
}

impl<T: Item> Ascending<T> {
    /// Of runs, and of lists in order besides.
    pub(super) fn of_runs(file: &File, runs: &[Run], lists: Vec<Vec<T>>) -> Result<Self> {
        let buffer = BUFFERS / T::BYTES / runs.len().max(1);
        let of_run = |run: &Run| Source { read: Vec::new(), at: 0, left: Some((file.clone(), *run)), buffer };
        let of_list = |list| Source { read: list, at: 0, left: None, buffer: 0 };
        let mut sources: Vec<Source<T>> =
            runs.iter().map(of_run).chain(lists.into_iter().map(of_list)).collect();
        let mut heads = Heads::new();
        // One list is walked as it is.
        if !matches!(sources.as_slice(), [Source { left: None, .. }]) {
            for (at, source) in sources.iter_mut().enumerate() {
                source.next()?.into_iter().for_each(|value| heads.add(at, value));
            }
        }
        Ok(Self { sources, heads, fault: None })
    }

    /// The end, after the last value.
    ///
    /// # Errors
    /// The values ended early: a file cannot be read.
    pub fn end(self) -> Result<()> {
        self.fault.map_or(Ok(()), Err)
    }
}

impl<T: Item> Iterator for Ascending<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if let [Source { read, at, left: None, .. }] = self.sources.as_mut_slice() {
            let value = read.get(*at).copied();
            *at += 1;
            return value;
        }
        if self.fault.is_some() {
            return None;
        }
        let Self { sources, heads, .. } = self;
        heads.next(|at| sources[at].next()).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            None
        })
    }
}

/// Merges runs into one at the end of the file. What they took stays taken until the file is gone.
pub(super) fn runs<T: Item>(file: &File, runs: &[Run]) -> Result<Run> {
    all::<T>(file, Ascending::of_runs(file, runs, Vec::new())?)
}

/// Writes lists in order as one run at the end of the file.
pub(super) fn lists<T: Item>(file: &File, lists: Vec<Vec<T>>) -> Result<Run> {
    all(file, Ascending::of_runs(file, &[], lists)?)
}

/// Writes values in order as one run at the end of the file.
pub(super) fn all<T: Item>(file: &File, mut merged: Ascending<T>) -> Result<Run> {
    let mut one = Run { start: file.length(), values: 0 };
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.clear();
        block.extend(merged.by_ref().take(BLOCK));
        if block.is_empty() {
            break;
        }
        one.values += file.append(&block)?.values;
    }
    merged.end()?;
    Ok(one)
}
