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
    places: Vec<Place<T>>,
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

/// What all runs have in a place.
#[derive(Debug, Clone, Copy)]
pub struct Place<T> {
    /// How many values.
    pub values: u64,
    /// The lowest and the highest; none of no values.
    pub range: Option<(T, T)>,
}

impl<T: Item> Written<T> {
    /// Nothing yet.
    pub fn new(grid: Grid<T>) -> Self {
        let places = vec![Place { values: 0, range: None }; grid.places()];
        Self { grid, runs: Vec::new(), places }
    }

    /// What there is in each place.
    pub fn places(&self) -> &[Place<T>] {
        &self.places
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
        let mut ends = Vec::with_capacity(self.places.len());
        let mut written = 0;
        let mut block = Vec::with_capacity(BLOCK);
        for (at, place) in self.places.iter_mut().enumerate() {
            for (list, ends) in &arranged {
                let values = &list[span(ends, at)];
                place.add(values);
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

impl<T: Item> Place<T> {
    fn add(&mut self, values: &[T]) {
        self.values += values.len() as u64;
        let keys = values.iter().copied();
        let of = |range: Option<(T, T)>, value: T| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((
                if value.key() < low.key() { value } else { low },
                if value.key() > high.key() { value } else { high },
            )),
        };
        self.range = keys.fold(self.range, of);
    }
}
