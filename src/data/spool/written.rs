//! Values of a column in a file, as far in order as it takes to find those of a place.

use std::ops::Range;

use rayon::prelude::*;

use super::file::File;
use super::grid::Grid;
use super::item::Item;
use crate::fault::Result;
use crate::statistics::order::Scratch;

/// So many values are written or read at once.
const BLOCK: usize = 64 * 1024;

/// Runs of values that stand in the places of a grid.
#[derive(Debug, Clone)]
pub struct Written<T> {
    grid: Grid<T>,
    runs: Vec<Run>,
    /// How many values are in each step.
    counts: Vec<u64>,
    /// The lowest and the highest value of each place, where they are asked for.
    ranges: Option<Vec<Option<(T, T)>>>,
}

/// Values that were written together.
#[derive(Debug, Clone)]
struct Run {
    file: File,
    /// Where they begin, in bytes.
    start: u64,
    /// How many of them are in each place and in those before.
    ends: Vec<u32>,
}

impl<T: Item> Written<T> {
    /// Nothing yet.
    pub fn new(grid: Grid<T>) -> Self {
        Self { grid, runs: Vec::new(), counts: vec![0; grid.steps()], ranges: None }
    }

    /// The same, with the lowest and the highest value of each place.
    pub fn ranged(grid: Grid<T>) -> Self {
        Self { ranges: Some(vec![None; grid.places()]), ..Self::new(grid) }
    }

    /// Its places.
    pub const fn grid(&self) -> Grid<T> {
        self.grid
    }

    /// How many values are in each step.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many values are in a place.
    pub fn values(&self, place: usize) -> u64 {
        self.counts[self.grid.steps_of(place)].iter().sum()
    }

    /// The lowest and the highest value of a place, where they were asked for.
    pub fn range(&self, place: usize) -> Option<(T, T)> {
        self.ranges.as_ref().and_then(|ranges| ranges[place])
    }

    /// Writes lists of values as one run to a file, to which nobody else writes meanwhile.
    pub fn add(&mut self, lists: Vec<Vec<T>>, file: &File) -> Result<()> {
        let grid = self.grid;
        let arranged: Vec<(Vec<T>, Vec<u32>)> = lists
            .into_par_iter()
            .map_init(Scratch::default, |scratch, mut list| {
                let ends = grid.arrange(&mut list, scratch);
                (list, ends)
            })
            .collect();
        let start = file.length();
        let mut ends = Vec::with_capacity(grid.places());
        let mut written = 0;
        let mut block = Vec::with_capacity(BLOCK);
        for place in 0..grid.places() {
            for (list, ends) in &arranged {
                let values = &list[span(ends, place)];
                grid.count(values, &mut self.counts);
                if let Some(ranges) = &mut self.ranges {
                    ranges[place] = widened(ranges[place], values);
                }
                written += values.len();
                block.extend_from_slice(values);
            }
            if block.len() >= BLOCK {
                file.append(&block)?;
                block.clear();
            }
            ends.push(u32::try_from(written).unwrap_or(u32::MAX));
        }
        file.append(&block)?;
        self.runs.push(Run { file: file.clone(), start, ends });
        Ok(())
    }

    /// Hands out the values of a place, in no order, block by block.
    pub fn each_of(&self, place: usize, mut take: impl FnMut(&[T]) -> Result<()>) -> Result<()> {
        self.runs.iter().try_for_each(|run| run.blocks(span(&run.ends, place), &mut take))
    }

    /// Hands out all values, in no order, block by block.
    pub fn each(&self, mut take: impl FnMut(&[T]) -> Result<()>) -> Result<()> {
        let all = |run: &Run| 0..run.ends.last().map_or(0, |end| *end as usize);
        self.runs.iter().try_for_each(|run| run.blocks(all(run), &mut take))
    }
}

impl Run {
    fn blocks<T: Item>(&self, values: Range<usize>, take: &mut impl FnMut(&[T]) -> Result<()>) -> Result<()> {
        let mut block = Vec::new();
        for at in values.clone().step_by(BLOCK) {
            let count = (values.end - at).min(BLOCK);
            self.file.read(self.start + (at * T::BYTES) as u64, count, &mut block)?;
            take(&block)?;
        }
        Ok(())
    }
}

/// Where the values of a place stand, of where each place ends.
fn span(ends: &[u32], place: usize) -> Range<usize> {
    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[place] as usize
}

/// The lowest and the highest of a range and of values.
pub fn widened<T: Item>(range: Option<(T, T)>, values: &[T]) -> Option<(T, T)> {
    let of = |range: Option<(T, T)>, value: T| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((
            if value.key() < low.key() { value } else { low },
            if value.key() > high.key() { value } else { high },
        )),
    };
    values.iter().copied().fold(range, of)
}
