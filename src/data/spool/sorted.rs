//! A column in order that can be walked, and asked for ranks, more than once.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::grid::Grid;
use super::stretches::{Stretch, Stretches, Walk};
use super::{Spooled, in_order};
use crate::fault::{Fault, Result};
use crate::statistics::{Lists, Ranked, Rough, order};

/// The values of a column in order: in memory, as far as it takes to find ranks or as one list, or in a file in stretches.
#[derive(Debug)]
pub struct Sorted(Held);

#[derive(Debug)]
enum Held {
    About(Lists),
    Whole(Vec<f64>),
    File(Far),
}

/// A column in a file.
#[derive(Debug)]
struct Far {
    stretches: Stretches<f64>,
    /// The stretches that were looked at last, by the number of values before them, the last one behind.
    near: Mutex<Vec<(u64, Arc<Lists>)>>,
    /// What went wrong, at which a walk ends early.
    fault: Mutex<Option<Fault>>,
}

/// So many stretches are kept after they were looked at: whoever looks at two sides side by side comes back to the stretch before.
const NEAR: usize = 2;

impl Spooled {
    /// The column in order. Where it is to be walked from end to end its lists become one, which takes as much memory again
    /// while they do.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn sorted(mut self, is_walked: bool) -> Result<Sorted> {
        let held = match (self.stretches()?, is_walked) {
            (Some(stretches), _) => {
                Held::File(Far { stretches, near: Mutex::default(), fault: Mutex::default() })
            }
            (None, true) => Held::Whole(in_order(self.lists)),
            (None, false) => Held::About(about(self.lists)),
        };
        Ok(Sorted(held))
    }
}

fn about(lists: Vec<Vec<f64>>) -> Lists {
    let arranged = |scratch: &mut order::Scratch, list| Rough::of(list, scratch);
    let lists: Vec<Rough> = lists.into_par_iter().map_init(order::Scratch::default, arranged).collect();
    lists.into_iter().collect()
}

impl Sorted {
    /// From the lowest to the highest. A file that can no longer be read ends the walk early; so ask [`Self::end`] in the
    /// end. What was not to be walked is put in order for the walk.
    pub fn walk(&self) -> impl Iterator<Item = f64> {
        match &self.0 {
            Held::About(lists) => Walked::Owned(lists.sorted().into_iter()),
            Held::Whole(list) => Walked::One(list),
            Held::File(far) => Walked::File(far, Walk::after(Vec::new())),
        }
    }

    /// After all walks.
    ///
    /// # Errors
    /// One of them ended early: the file could not be read.
    pub fn end(self) -> Result<()> {
        match self.0 {
            Held::File(far) => {
                far.fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    /// The places of the file in which it is; none where it is in memory.
    #[must_use]
    pub fn grid(&self) -> Option<Grid<f64>> {
        match &self.0 {
            Held::File(far) => far.stretches.grid(),
            _ => None,
        }
    }

    fn ranked(&self) -> &dyn Ranked {
        match &self.0 {
            Held::About(lists) => lists,
            Held::Whole(list) => list,
            Held::File(far) => far,
        }
    }
}

impl Ranked for Sorted {
    fn rows(&self) -> u64 {
        self.ranked().rows()
    }

    fn at(&self, rank: u64) -> Option<f64> {
        self.ranked().at(rank)
    }

    fn up_to(&self, value: f64) -> u64 {
        self.ranked().up_to(value)
    }

    fn below(&self, value: f64) -> u64 {
        self.ranked().below(value)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        self.ranked().within(low, high, into);
    }

    fn marks(&self) -> Vec<f64> {
        self.ranked().marks()
    }
}

impl Ranked for Far {
    fn rows(&self) -> u64 {
        self.stretches.rows()
    }

    fn at(&self, rank: u64) -> Option<f64> {
        let stretches = self.stretches.stretches();
        let stretch =
            stretches.get(stretches.partition_point(|stretch| stretch.before + stretch.values <= rank))?;
        stretch.single().or_else(|| self.near(stretch)?.at(rank - stretch.before))
    }

    fn up_to(&self, value: f64) -> u64 {
        // Both noughts are one number.
        let value = if value == 0.0 { 0.0 } else { value };
        let counted = || self.counted(value, |known| known <= value, |lists| lists.up_to(value));
        self.known(value).unwrap_or_else(counted)
    }

    fn below(&self, value: f64) -> u64 {
        if value == f64::NEG_INFINITY {
            return 0;
        }
        let value = if value == 0.0 { -0.0 } else { value };
        let counted = || self.counted(value, |known| known < value, |lists| lists.below(value));
        self.known(order::number(order::key(value) - 1)).unwrap_or_else(counted)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        let [first, last] = [if low == 0.0 { -0.0 } else { low }, if high == 0.0 { 0.0 } else { high }];
        let (Some(first), Some(last)) = (self.place(first), self.place(last)) else { return };
        for stretch in self.stretches.of_places(first..=last.max(first)) {
            let is_beyond = |(least, most): (f64, f64)| most <= low || least > high;
            if stretch.range.is_some_and(is_beyond) {
            } else if let Some(value) = stretch.single() {
                into.extend((0..stretch.values).map(|_| value));
            } else if let Some(lists) = self.near(stretch) {
                lists.within(low, high, into);
            }
        }
    }

    fn marks(&self) -> Vec<f64> {
        self.stretches.grid().map(|grid| grid.ends(self.stretches.steps())).unwrap_or_default()
    }
}

impl Far {
    /// How many values are up to this one, where it is the last of its step: nothing has to be read for that.
    fn known(&self, value: f64) -> Option<u64> {
        if value == f64::INFINITY {
            return Some(self.rows());
        }
        let grid = self.stretches.grid()?;
        let step = grid.step(value);
        let after = order::number(order::key(value) + 1);
        (grid.step(after) > step).then(|| self.stretches.until(step))
    }

    fn place(&self, value: f64) -> Option<usize> {
        let grid = self.stretches.grid()?;
        Some(grid.place_of(grid.step(value)))
    }

    /// How many values come first: those of which `is_first` holds, which in the stretch that has others, too, are counted.
    fn counted(&self, value: f64, is_first: impl Fn(f64) -> bool, count: impl Fn(&Lists) -> u64) -> u64 {
        let Some((grid, place)) = self.stretches.grid().zip(self.place(value)) else { return 0 };
        let stretches = self.stretches.of_places(place..=place);
        let is_all_first = |stretch: &Stretch<f64>| stretch.range.is_some_and(|(_, high)| is_first(high));
        match stretches.get(stretches.partition_point(is_all_first)) {
            None => self.stretches.until(grid.steps_of(place).end - 1),
            Some(stretch) if stretch.range.is_some_and(|(low, _)| !is_first(low)) => stretch.before,
            Some(stretch) => stretch.before + self.near(stretch).map_or(0, |lists| count(&lists)),
        }
    }

    /// The values of a stretch; none where the file cannot be read, which is noted.
    fn near(&self, stretch: &Stretch<f64>) -> Option<Arc<Lists>> {
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lists)) = near.iter().find(|(before, _)| *before == stretch.before) {
            return Some(Arc::clone(lists));
        }
        match self.stretches.read(stretch) {
            Ok(values) => {
                let lists = Arc::new(Lists::from_iter([Rough::of(values, &mut order::Scratch::default())]));
                near.truncate(NEAR - 1);
                near.insert(0, (stretch.before, Arc::clone(&lists)));
                Some(lists)
            }
            Err(fault) => {
                self.note(fault);
                None
            }
        }
    }

    fn note(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

/// A walk over what is held.
enum Walked<'a> {
    Owned(std::vec::IntoIter<f64>),
    One(&'a [f64]),
    File(&'a Far, Walk<f64>),
}

impl Iterator for Walked<'_> {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        match self {
            Self::Owned(list) => list.next(),
            Self::One(list) => list.split_off_first().copied(),
            Self::File(far, walk) => walk.next(&far.stretches).unwrap_or_else(|fault| {
                far.note(fault);
                *walk = Walk::ended();
                None
            }),
        }
    }
}
