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
    /// The key of the next value of each source that has one, the lowest on top.
    heads: BinaryHeap<Reverse<(T::Key, usize)>>,
    fault: Option<Fault>,
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
    /// Of values in order.
    pub(super) fn of_memory(values: Vec<T>) -> Self {
        let source = Source { read: values, at: 0, left: None, buffer: 0 };
        Self { sources: vec![source], heads: BinaryHeap::new(), fault: None }
    }

    /// Of runs, and of values in order besides.
    pub(super) fn of_runs(file: &File, runs: &[Run], values: Vec<T>) -> Result<Self> {
        let buffer = BUFFERS / T::BYTES / runs.len().max(1);
        let of_run = |run: &Run| Source { read: Vec::new(), at: 0, left: Some((file.clone(), *run)), buffer };
        let mut sources: Vec<Source<T>> = runs.iter().map(of_run).collect();
        sources.push(Source { read: values, at: 0, left: None, buffer: 0 });
        let mut heads = BinaryHeap::with_capacity(sources.len());
        for (at, source) in sources.iter_mut().enumerate() {
            heads.extend(source.next()?.map(|value| Reverse((value.key(), at))));
        }
        Ok(Self { sources, heads, fault: None })
    }

    /// The lowest of the heads, in whose place its source puts the next.
    fn merged(&mut self) -> Result<Option<T>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((key, at)) = *head;
        match self.sources[at].next()? {
            Some(value) => *head = Reverse((value.key(), at)),
            None => {
                PeekMut::pop(head);
            }
        }
        Ok(Some(T::of_key(key)))
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
        self.merged().unwrap_or_else(|fault| {
            self.fault = Some(fault);
            None
        })
    }
}

/// Merges runs into one at the end of the file. What they took stays taken until the file is gone.
pub(super) fn runs<T: Item>(file: &File, runs: &[Run]) -> Result<Run> {
    all::<T>(file, Ascending::of_runs(file, runs, Vec::new())?)
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
