//! Reads both sets, and what they have in common.
//!
//! The set with fewer rows is held, as a key a row; the other goes past it. Where memory has no room for that, both are
//! written, sorted by their keys, and read side by side. The answer is the same.

use super::batch::{Facts, Part, Tellings};
use super::filter::Filter;
use super::index::{self, Index, Meeting};
use super::layout::Layout;
use super::rows::Same;
use super::shared::{self, Both};
use super::{Sets, Side};
use crate::data::keyed::Keyed;
use crate::data::spool::{Room, Spooled};
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::table::{self, Batch};

/// What is read, and how.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Which columns.
    pub layout: &'a Layout,
    /// What counts as the same.
    pub same: Same,
    /// The sets.
    pub sets: Sets<'a>,
    /// How much memory there is.
    pub room: Room<'a>,
    /// What stops it.
    pub interrupt: &'a Interrupt,
}

/// What both sides come to.
#[derive(Debug)]
pub struct Compared {
    /// What both have: of the whole rows, then of each group.
    pub both: Vec<Both>,
    /// What there is of the training set besides.
    pub train: Facts,
    /// And of the test set.
    pub test: Facts,
}

/// What reading comes to, or what is wrong with the files.
pub type Read<T> = Result<std::result::Result<T, Vec<Finding>>>;

/// The keys of some rows: of the whole rows, then of each group.
type Keys = Vec<Vec<Keyed>>;

/// The same of a side, as far as it was kept.
type Kept = Vec<Spooled<Keyed>>;

impl Reading<'_> {
    /// Reads both sides.
    ///
    /// # Errors
    /// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
    pub fn compare(self) -> Read<Compared> {
        let (held, rows, other) = match self.sets.test_rows <= self.sets.train_rows {
            true => (Side::Test, self.sets.test_rows, Side::Train),
            false => (Side::Train, self.sets.train_rows, Side::Test),
        };
        let (columns, memory) = ((1 + self.layout.groups.len()) as u64, self.room.memory);
        let is_too_much = rows.saturating_mul(columns * index::BYTES as u64) > memory;
        let filter = is_too_much.then(|| Filter::new(rows, memory / 4));
        let free = memory.saturating_sub(filter.as_ref().map_or(0, Filter::bytes));
        let note = |rows: &mut Vec<Keyed>| {
            if let Some(filter) = &filter {
                rows.iter().for_each(|row| filter.note(*row));
            }
        };
        // Their indices take twice as much afterwards.
        let (kept, of_held) = match self.keep(held, (memory / 2).min(free), note)? {
            Ok(kept) => kept,
            Err(findings) => return Ok(Err(findings)),
        };
        let passed = match kept.iter().any(Spooled::is_written) {
            true => self.side_by_side(kept, filter.as_ref(), held, other)?,
            false => self.in_memory(kept, held, other)?,
        };
        Ok(passed.map(|(both, of_other)| match held {
            Side::Test => Compared { both, train: of_other, test: of_held },
            Side::Train => Compared { both, train: of_held, test: of_other },
        }))
    }

    /// All that is kept of one side is in memory.
    fn in_memory(self, kept: Kept, held: Side, other: Side) -> Read<(Vec<Both>, Facts)> {
        let indices: Vec<Index> = kept.into_iter().map(|kept| Index::new(kept.into_unwritten())).collect();
        let mut meetings: Vec<Meeting> = indices.iter().map(Meeting::new).collect();
        let find = |keys: Keys| -> Vec<Vec<(usize, u64)>> {
            let find = |(index, keys): (&Index, Vec<Keyed>)| {
                keys.into_iter().filter_map(|keyed| Some((index.find(keyed)?, keyed.row))).collect()
            };
            indices.iter().zip(keys).map(find).collect()
        };
        let meet = |found: Vec<Vec<(usize, u64)>>| {
            for (meeting, found) in meetings.iter_mut().zip(found) {
                found.into_iter().for_each(|(place, row)| meeting.add(place, row));
            }
            Ok(())
        };
        let facts = self.pass(other, find, meet)?;
        let both = || meetings.iter().zip(&indices).map(|(meeting, index)| meeting.both(index, held));
        Ok(facts.map(|facts| (both().collect(), facts)))
    }

    /// Some of what is kept of one side was written: the rest is too, and of the other side what may be the same.
    fn side_by_side(
        self,
        mut kept: Kept,
        filter: Option<&Filter>,
        held: Side,
        other: Side,
    ) -> Read<(Vec<Both>, Facts)> {
        kept.iter_mut().try_for_each(Spooled::write)?;
        let drop_others = |rows: &mut Vec<Keyed>| {
            if let Some(filter) = filter {
                rows.retain(|row| filter.may_have(*row));
            }
        };
        let (passed, facts) = match self.keep(other, self.room.memory / 2, drop_others)? {
            Ok(kept) => kept,
            Err(findings) => return Ok(Err(findings)),
        };
        let joined = |(kept, passed)| match held {
            Side::Test => shared::joined(kept, passed),
            Side::Train => shared::joined(passed, kept),
        };
        let both = kept.into_iter().zip(passed).map(joined).collect::<Result<_>>()?;
        Ok(Ok((both, facts)))
    }

    /// Reads one side and keeps its keys in so much memory, and what has no room there in a file. `look` sees those of the
    /// whole rows before, on any thread.
    fn keep(self, side: Side, memory: u64, look: impl Fn(&mut Vec<Keyed>) + Sync) -> Read<(Kept, Facts)> {
        let mut spool = self.room.spool(1 + self.layout.groups.len(), memory)?;
        let look = |mut keys: Keys| {
            keys.first_mut().into_iter().for_each(&look);
            keys
        };
        let keep = |keys: Keys| {
            keys.into_iter().enumerate().try_for_each(|(column, keys)| spool.push(column, &keys))
        };
        let facts = self.pass(side, look, keep)?;
        Ok(facts.map(|facts| (spool.finish(), facts)))
    }

    /// Reads one side. What `look` makes of the keys of some rows, on any thread, `take` gets in the order of the rows.
    fn pass<T: Send>(
        self,
        side: Side,
        look: impl Fn(Keys) -> T + Sync,
        mut take: impl FnMut(T) -> Result<()> + Send,
    ) -> Read<Facts> {
        let Sets { train, test, train_rows, .. } = self.sets;
        let set = if side == Side::Train { train } else { test };
        let each = |batch: Batch| {
            let tellings = match side {
                Side::Train => Tellings::of(self.layout, &batch, train_rows),
                Side::Test => Tellings::default(),
            };
            let Part { keys, facts } = Part::of(self.layout, &batch, self.same, tellings);
            (look(keys), facts)
        };
        let mut all = Facts::default();
        let mut taken = Ok(());
        let merge = |(looked, facts): (T, Facts)| {
            all.merge(facts);
            if taken.is_ok() {
                taken = take(looked);
            }
        };
        let table = table::fold(&set.files, &self.layout.wanted, 0, self.interrupt, each, merge)?;
        taken?;
        Ok(table.map(|_| all))
    }
}
