//! Runs become one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::file::{File, Run};
use crate::fault::{Fault, Result};
use crate::statistics::order;

/// The buffers of all runs of a merge together, in numbers: 4 MiB.
const BUFFERS: usize = 512 * 1024;

/// So many numbers of a merge are written at once.
const BLOCK: usize = 64 * 1024;

/// The values of a column from the lowest to the highest.
///
/// A file that can no longer be read ends them early; so ask [`Ascending::end`] afterwards, which says so.
#[derive(Debug)]
#[must_use]
pub struct Ascending {
    sources: Vec<Source>,
    heads: Heads,
    fault: Option<Fault>,
}

/// The next value of each source that has one, as an integer in the order of numbers, the lowest on top.
#[derive(Debug, Default)]
pub(super) struct Heads(BinaryHeap<Reverse<(u64, usize)>>);

impl Heads {
    /// Of a source the next value.
    pub fn add(&mut self, source: usize, value: f64) {
        self.0.push(Reverse((order::key(value), source)));
    }

    /// The lowest value, in whose place its source puts its next.
    #[inline]
    pub fn next<E>(
        &mut self,
        of_source: impl FnOnce(usize) -> std::result::Result<Option<f64>, E>,
    ) -> std::result::Result<Option<f64>, E> {
        let Some(mut head) = self.0.peek_mut() else { return Ok(None) };
        let Reverse((key, at)) = *head;
        match of_source(at)? {
            Some(value) => *head = Reverse((order::key(value), at)),
            None => {
                PeekMut::pop(head);
            }
        }
        Ok(Some(order::number(key)))
    }
}

/// Where some of the values come from: what is read, and where more is.
#[derive(Debug)]
struct Source {
    read: Vec<f64>,
    at: usize,
    left: Option<(File, Run)>,
    buffer: usize,
}

impl Source {
    fn next(&mut self) -> Result<Option<f64>> {
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
            run.start += (count * size_of::<f64>()) as u64;
            run.values -= count as u64;
        }
        Ok(())
    }
}

impl Ascending {
    /// Of runs, and of lists in order besides.
    pub(super) fn of_runs(file: &File, runs: &[Run], lists: Vec<Vec<f64>>) -> Result<Self> {
        let buffer = BUFFERS / runs.len().max(1);
        let of_run = |run: &Run| Source { read: Vec::new(), at: 0, left: Some((file.clone(), *run)), buffer };
        let of_list = |list| Source { read: list, at: 0, left: None, buffer: 0 };
        let mut sources: Vec<Source> =
            runs.iter().map(of_run).chain(lists.into_iter().map(of_list)).collect();
        let mut heads = Heads::default();
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

impl Iterator for Ascending {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
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
pub(super) fn runs(file: &File, runs: &[Run]) -> Result<Run> {
    all(file, Ascending::of_runs(file, runs, Vec::new())?)
}

/// Writes values in order as one run at the end of the file.
pub(super) fn all(file: &File, mut merged: Ascending) -> Result<Run> {
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
