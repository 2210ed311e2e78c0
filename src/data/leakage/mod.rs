//! leakage: what the model learns from must not be what judges it.
//!
//! The set with fewer rows is held, as a key a row; the other goes past it. Where memory has no room for that, both are
//! written, sorted by their keys, and read side by side. The answer is the same.

mod area;
mod batch;
mod filter;
mod index;
mod layout;
mod rows;
mod shared;
#[cfg(test)]
mod tests;
mod told;

use super::keyed::Keyed;
use super::sets::Located;
use super::spool::{Room, Spooled};
use crate::config;
use crate::document::shown;
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::{self, Batch, Found, Type};
use batch::{Facts, Part, Tellings};
use filter::Filter;
use index::{Index, Meeting};
use layout::Layout;
use rows::Same;
use shared::Both;

pub use told::same_files;

/// The two sets, and what is known of them.
#[derive(Clone, Copy)]
pub struct Sets<'a> {
    /// What the model learns from.
    pub train: &'a Located,
    /// What judges it.
    pub test: &'a Located,
    /// The columns of the training set.
    pub train_columns: &'a [Found],
    /// The columns of the test set.
    pub test_columns: &'a [Found],
    /// How many rows the training set has.
    pub train_rows: u64,
    /// How many the test set.
    pub test_rows: u64,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Train,
    Test,
}

/// What was found.
#[derive(Debug)]
pub struct Leaks {
    /// For the record.
    pub evidence: record::Leakage,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Where the training set ends, and where the test set begins; infinite where no row has a time.
struct Times {
    /// What these numbers stand for: days and times are seconds since 1970.
    holds: Type,
    latest: f64,
    earliest: f64,
}

/// What both sets come to.
struct Seen {
    both: Both,
    test_rows: u64,
    /// By column.
    groups: Vec<(String, Both)>,
    times: Option<Times>,
    /// By column how well it alone tells the label, the best first.
    areas: Vec<(String, f64)>,
    /// Why nobody looked at how well columns tell the label, where somebody wanted to.
    untold: Option<String>,
}

/// Looks for leaks. The inner error is what is wrong with the files, or with the columns that were named.
///
/// # Errors
/// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
pub fn leakage(
    data: &config::Data,
    asked: &config::Leakage,
    sets: Sets<'_>,
    room: Room<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Leaks, Vec<Finding>>> {
    let layout = match Layout::of(data, asked, sets) {
        Ok(layout) => layout,
        Err(findings) => return Ok(Err(findings)),
    };
    let same = Same { near_texts: asked.near_texts, digits: asked.digits };
    let reading = Reading { layout: &layout, same, sets, room, interrupt };
    let Compared { both, train, test } = match reading.compare()? {
        Ok(compared) => compared,
        Err(findings) => return Ok(Err(findings)),
    };
    let (areas, untold) = train.tellings.areas(&layout);
    let absent = data.label.as_ref().filter(|_| layout.label.is_none() && asked.predicts.is_some());
    let untold =
        untold.or_else(|| absent.map(|label| format!("not both sets have the label «{}»", shown(label))));
    let mut both = both.into_iter();
    let seen = Seen {
        both: both.next().unwrap_or_default(),
        test_rows: test.rows,
        groups: layout.groups.iter().map(|place| layout.name(*place)).zip(both).collect(),
        times: layout.time_holds().map(|holds| Times {
            holds,
            latest: train.latest,
            earliest: test.earliest,
        }),
        areas,
        untold,
    };
    Ok(Ok(told::leaks(asked, &seen)))
}

/// What is read, and how.
#[derive(Clone, Copy)]
struct Reading<'a> {
    layout: &'a Layout,
    same: Same,
    sets: Sets<'a>,
    room: Room<'a>,
    interrupt: &'a Interrupt,
}

/// What both sides come to.
struct Compared {
    /// Of the whole rows, then of each group.
    both: Vec<Both>,
    train: Facts,
    test: Facts,
}

/// What reading comes to, or what is wrong with the files.
type Read<T> = Result<std::result::Result<T, Vec<Finding>>>;

impl Reading<'_> {
    fn compare(self) -> Read<Compared> {
        let (held, rows, other) = match self.sets.test_rows <= self.sets.train_rows {
            true => (Side::Test, self.sets.test_rows, Side::Train),
            false => (Side::Train, self.sets.train_rows, Side::Test),
        };
        let columns = 1 + self.layout.groups.len();
        let memory = self.room.memory;
        let needed = rows.saturating_mul((columns * index::BYTES) as u64);
        let filter = (needed > memory).then(|| Filter::new(rows, memory / 4));
        let taken = filter.as_ref().map_or(0, Filter::bytes);
        let mut spool =
            self.room.spool(columns, to_hold(memory, columns as u64).min(memory.saturating_sub(taken)))?;
        let note = |keys: Vec<Vec<Keyed>>| {
            if let (Some(filter), Some(rows)) = (&filter, keys.first()) {
                rows.iter().for_each(|row| filter.note(*row));
            }
            keys
        };
        let keep = |keys: Vec<Vec<Keyed>>| {
            keys.into_iter().enumerate().try_for_each(|(column, keys)| spool.push(column, keys))
        };
        let facts = match self.pass(held, note, keep)? {
            Ok(facts) => facts,
            Err(findings) => return Ok(Err(findings)),
        };
        let is_written = spool.spilled() > 0;
        let kept = spool.finish();
        let passed = match is_written {
            true => self.written(kept, filter.as_ref(), held, other)?,
            false => self.in_memory(kept, held, other)?,
        };
        Ok(passed.map(|(both, of_other)| match held {
            Side::Test => Compared { both, train: of_other, test: facts },
            Side::Train => Compared { both, train: facts, test: of_other },
        }))
    }

    /// All that is kept of one side is in memory.
    fn in_memory(self, kept: Vec<Spooled<Keyed>>, held: Side, other: Side) -> Read<(Vec<Both>, Facts)> {
        let indices: Vec<Index> = kept.into_iter().map(|kept| Index::new(kept.into_unwritten())).collect();
        let mut meetings: Vec<Meeting> = indices.iter().map(Meeting::new).collect();
        let find = |keys: Vec<Vec<Keyed>>| -> Vec<Vec<(usize, u64)>> {
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

    /// Some of what is kept of one side was written: the rest is too, and what may be the same of the other side.
    fn written(
        self,
        mut kept: Vec<Spooled<Keyed>>,
        filter: Option<&Filter>,
        held: Side,
        other: Side,
    ) -> Read<(Vec<Both>, Facts)> {
        kept.iter_mut().try_for_each(Spooled::write)?;
        let mut spool = self.room.spool(kept.len(), self.room.memory / 2)?;
        let may_be = |mut keys: Vec<Vec<Keyed>>| {
            if let (Some(filter), Some(rows)) = (filter, keys.first_mut()) {
                rows.retain(|row| filter.may_have(*row));
            }
            keys
        };
        let keep = |keys: Vec<Vec<Keyed>>| {
            keys.into_iter().enumerate().try_for_each(|(column, keys)| spool.push(column, keys))
        };
        let facts = match self.pass(other, may_be, keep)? {
            Ok(facts) => facts,
            Err(findings) => return Ok(Err(findings)),
        };
        let joined = |(kept, passed)| match held {
            Side::Test => shared::joined(kept, passed),
            Side::Train => shared::joined(passed, kept),
        };
        let both = kept.into_iter().zip(spool.finish()).map(joined).collect::<Result<_>>()?;
        Ok(Ok((both, facts)))
    }

    /// Reads one side. What `look` makes of the keys of some rows, on any thread, `take` gets in the order of the rows.
    fn pass<T: Send>(
        self,
        side: Side,
        look: impl Fn(Vec<Vec<Keyed>>) -> T + Sync,
        mut take: impl FnMut(T) -> Result<()>,
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

/// How much of the memory so many columns of keys may take while they are gathered, so that their indices have room
/// afterwards. A spool keeps the size of its largest column free; so of one column it takes half of what it may, which the
/// index doubles. Of many the largest is at least their mean.
const fn to_hold(memory: u64, columns: u64) -> u64 {
    memory / 2 + memory / 2 / columns
}
