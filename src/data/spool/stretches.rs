//! A column in a file, in stretches that are small enough to be looked at, each with lower values than the next.

use super::file::File;
use super::grid::Grid;
use super::item::Item;
use super::written::{Place, Written};
use crate::fault::Result;

/// So many values are read at once, at most, and held while they are looked at.
const MOST: u64 = 64 * 1024;

/// So many values of a place that has too many are put into places at once.
const LIST: usize = 128 * 1024;

/// The stretches of a column.
#[derive(Debug)]
pub struct Stretches<T> {
    written: Vec<Written<T>>,
    stretches: Vec<Stretch<T>>,
    rows: u64,
}

/// Some values that are next to each other in order.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<T> {
    /// The lowest.
    pub low: T,
    /// The highest.
    pub high: T,
    /// How many values are in the stretches before.
    pub before: u64,
    /// How many are in this one.
    pub values: u64,
    /// Which of the written, and which place of it.
    at: (usize, usize),
}

impl<T: Item> Stretch<T> {
    /// Whether all its values are the same.
    pub fn is_single(&self) -> bool {
        self.low.key() == self.high.key()
    }
}

impl<T: Item> Stretches<T> {
    /// Of no values.
    pub const fn none() -> Self {
        Self { written: Vec::new(), stretches: Vec::new(), rows: 0 }
    }

    /// Of what was written. A place with too many values is written once more, in places of its own, to a file to which nobody
    /// else writes meanwhile.
    pub fn of(written: Written<T>, file: &File) -> Result<Self> {
        let mut stretches = Self::none();
        stretches.add(written, file)?;
        Ok(stretches)
    }

    fn add(&mut self, written: Written<T>, file: &File) -> Result<()> {
        let which = self.written.len();
        let places = written.places().to_vec();
        self.written.push(written);
        for (place, Place { values, range }) in places.into_iter().enumerate() {
            let Some((low, high)) = range else { continue };
            let stretch = Stretch { low, high, before: self.rows, values, at: (which, place) };
            if values > MOST && !stretch.is_single() {
                self.add(self.apart(&stretch, file)?, file)?;
            } else {
                self.stretches.push(stretch);
                self.rows += values;
            }
        }
        Ok(())
    }

    /// The values of a stretch in places of their own.
    fn apart(&self, stretch: &Stretch<T>, file: &File) -> Result<Written<T>> {
        let (which, place) = stretch.at;
        let mut apart = Written::new(Grid::apart(stretch.low, stretch.high));
        let mut list = Vec::new();
        self.written[which].each_of(place, |values| {
            list.extend_from_slice(values);
            match list.len() < LIST {
                true => Ok(()),
                false => apart.add(vec![std::mem::take(&mut list)], file),
            }
        })?;
        apart.add(vec![list], file)?;
        Ok(apart)
    }

    /// How many values there are.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// From the lowest to the highest.
    pub fn stretches(&self) -> &[Stretch<T>] {
        &self.stretches
    }

    /// The values of a stretch, in no order. One that [is single](Stretch::is_single) may have many.
    pub fn read(&self, stretch: &Stretch<T>) -> Result<Vec<T>> {
        let (which, place) = stretch.at;
        let mut read = Vec::with_capacity(usize::try_from(stretch.values).unwrap_or(0));
        self.written[which].each_of(place, |values| {
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
            if stretch.is_single() {
                self.same = Some((stretch.low, stretch.values));
                continue;
            }
            self.read = of.read(stretch)?;
            T::sort(&mut self.read);
            self.at = 0;
            return self.next(of);
        }
    }
}
