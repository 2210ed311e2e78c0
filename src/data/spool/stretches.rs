//! A column in a file, in stretches that are small enough to be looked at, each with lower values than the next.

use std::ops::RangeInclusive;

use super::file::File;
use super::grid::Grid;
use super::item::Item;
use super::written::{Written, widened};
use crate::fault::Result;

/// So many values are read at once, at most, and held while they are looked at.
const MOST: u64 = 128 * 1024;

/// So many values of a place that has too many are put into places at once.
const LIST: usize = 128 * 1024;

/// The stretches of a column.
#[derive(Debug)]
pub struct Stretches<T> {
    written: Vec<Written<T>>,
    stretches: Vec<Stretch<T>>,
    /// Of which stretch each place of the first written begins; and the end.
    places: Vec<usize>,
    /// How many values are in each step of that and in those before.
    until: Vec<u64>,
    rows: u64,
}

/// Some values that are next to each other in order.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<T> {
    /// The lowest and the highest, where it is a part of a place; else nobody has looked.
    pub range: Option<(T, T)>,
    /// How many values are in the stretches before.
    pub before: u64,
    /// How many are in this one.
    pub values: u64,
    /// Which of the written, and which place of it.
    at: (usize, usize),
}

impl<T: Item> Stretch<T> {
    /// The value that all have, where it is known that they are the same.
    pub fn single(&self) -> Option<T> {
        self.range.filter(|(low, high)| low.key() == high.key()).map(|(low, _)| low)
    }
}

impl<T: Item> Stretches<T> {
    /// Of no values.
    pub const fn none() -> Self {
        Self { written: Vec::new(), stretches: Vec::new(), places: Vec::new(), until: Vec::new(), rows: 0 }
    }

    /// Of what was written. A place with too many values is written once more, in places of its own, to a file to which nobody
    /// else writes meanwhile.
    pub fn of(written: Written<T>, file: &File) -> Result<Self> {
        let mut stretches = Self::none();
        let mut until = 0;
        stretches.until = written
            .counts()
            .iter()
            .map(|count| {
                until += count;
                until
            })
            .collect();
        let places = written.grid().places();
        stretches.written.push(written);
        for place in 0..places {
            stretches.places.push(stretches.stretches.len());
            stretches.add((0, place), file)?;
        }
        stretches.places.push(stretches.stretches.len());
        Ok(stretches)
    }

    /// Adds the values of a place of what was written.
    fn add(&mut self, at: (usize, usize), file: &File) -> Result<()> {
        let (which, place) = at;
        let written = &self.written[which];
        let values = written.values(place);
        let mut stretch = Stretch { range: written.range(place), before: self.rows, values, at };
        if values > MOST {
            if stretch.range.is_none() {
                stretch.range = self.range(&stretch)?;
            }
            if let Some((low, high)) = stretch.range.filter(|_| stretch.single().is_none()) {
                return self.add_apart(&stretch, Grid::apart(low, high, values, MOST / 4), file);
            }
        }
        if values > 0 {
            self.stretches.push(stretch);
            self.rows += values;
        }
        Ok(())
    }

    fn range(&self, stretch: &Stretch<T>) -> Result<Option<(T, T)>> {
        let mut range = None;
        self.each_of(stretch, |values| {
            range = widened(range, values);
            Ok(())
        })?;
        Ok(range)
    }

    /// Adds the values of a stretch in places of their own.
    fn add_apart(&mut self, stretch: &Stretch<T>, grid: Grid<T>, file: &File) -> Result<()> {
        let mut apart = Written::ranged(grid);
        let mut list = Vec::new();
        self.each_of(stretch, |values| {
            list.extend_from_slice(values);
            match list.len() < LIST {
                true => Ok(()),
                false => apart.add(vec![std::mem::take(&mut list)], file),
            }
        })?;
        apart.add(vec![list], file)?;
        let which = self.written.len();
        self.written.push(apart);
        (0..grid.places()).try_for_each(|place| self.add((which, place), file))
    }

    fn each_of(&self, stretch: &Stretch<T>, take: impl FnMut(&[T]) -> Result<()>) -> Result<()> {
        let (which, place) = stretch.at;
        self.written[which].each_of(place, take)
    }

    /// The places that they are made of; none of no values.
    pub fn grid(&self) -> Option<Grid<T>> {
        self.written.first().map(Written::grid)
    }

    /// How many values are in a step and in those before.
    pub fn until(&self, step: usize) -> u64 {
        self.until[step]
    }

    /// The steps that have values.
    pub fn steps(&self) -> impl Iterator<Item = usize> {
        let before = |step: usize| step.checked_sub(1).map_or(0, |before| self.until[before]);
        (0..self.until.len()).filter(move |step| self.until[*step] > before(*step))
    }

    /// The stretches of some places.
    pub fn of_places(&self, places: RangeInclusive<usize>) -> &[Stretch<T>] {
        &self.stretches[self.places[*places.start()]..self.places[*places.end() + 1]]
    }

    /// How many values there are.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// From the lowest to the highest.
    pub fn stretches(&self) -> &[Stretch<T>] {
        &self.stretches
    }

    /// The values of a stretch, in no order. Of a [single one](Stretch::single) there may be many.
    pub fn read(&self, stretch: &Stretch<T>) -> Result<Vec<T>> {
        let mut read = Vec::with_capacity(usize::try_from(stretch.values).unwrap_or(0));
        self.each_of(stretch, |values| {
            read.extend_from_slice(values);
            Ok(())
        })?;
        Ok(read)
    }
}

/// A walk over the values from the lowest to the highest. It does not hold the stretches, which have to be the same all the time.
#[derive(Debug)]
pub struct Walk<T> {
    /// The stretch that comes next.
    next: usize,
    /// What is read, in order.
    read: Vec<T>,
    at: usize,
    /// What comes before anything else is read: a value, and how often.
    same: Option<(T, u64)>,
}

impl<T: Item> Walk<T> {
    /// Of values in order that come first, and of all stretches.
    pub const fn after(first: Vec<T>) -> Self {
        Self { next: 0, read: first, at: 0, same: None }
    }

    /// Of no more values.
    pub const fn ended() -> Self {
        Self { next: usize::MAX, read: Vec::new(), at: 0, same: None }
    }

    /// The next value.
    #[inline]
    pub fn next(&mut self, of: &Stretches<T>) -> Result<Option<T>> {
        if let Some(value) = self.read.get(self.at) {
            self.at += 1;
            return Ok(Some(*value));
        }
        self.refilled(of)
    }

    fn refilled(&mut self, of: &Stretches<T>) -> Result<Option<T>> {
        loop {
            if let Some((value, left)) = &mut self.same
                && *left > 0
            {
                *left -= 1;
                return Ok(Some(*value));
            }
            let Some(stretch) = of.stretches.get(self.next) else { return Ok(None) };
            self.next += 1;
            if let Some(value) = stretch.single() {
                self.same = Some((value, stretch.values));
                continue;
            }
            self.read = of.read(stretch)?;
            T::sort(&mut self.read);
            self.at = 0;
            return self.next(of);
        }
    }
}
