//! What is read of both sets, one after the other, and what they have in common.
//!
//! The set that is read first is held, as a key a row; the other goes past it. Where memory has no room for that, both are
//! written, sorted by their keys, and read side by side. The answer is the same.

use super::Side;
use super::batch::{Facts, Part, Tellings};
use super::filter::Filter;
use super::index::{Index, Meeting};
use super::layout::Layout;
use super::rows::Same;
use super::shared::{self, Both};
use crate::data::keyed::Keyed;
use crate::data::pass::{Look, Rows};
use crate::data::spool::{Room, Spool, Spooled};
use crate::fault::Result;
use crate::table::Type;

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

/// The side that was read first.
#[derive(Debug)]
pub struct Held {
    side: Side,
    facts: Facts,
    keys: Keys,
}

/// What is held of a side: of the whole rows, then of each group.
#[derive(Debug)]
enum Keys {
    InMemory(Vec<Index>),
    /// All of them written, with what the other side need not write.
    InFile(Vec<Spooled<Keyed>>, Filter),
}

/// Looks at the rows of a side.
pub struct Reader<'a> {
    /// Which columns.
    pub layout: &'a Layout,
    /// What counts as the same.
    pub same: Same,
    /// Whose rows they are.
    pub side: Side,
    /// What they go past; nothing where they are the first.
    pub held: Option<&'a Held>,
}

/// What some rows come to.
#[derive(Debug)]
pub struct Looked {
    keys: OfRows,
    pub(super) facts: Facts,
}

/// By whole rows, then by each group.
#[derive(Debug)]
enum OfRows {
    /// The keys that are kept.
    Kept(Vec<Vec<Keyed>>),
    /// The places in the index, and the rows that have what is there.
    Met(Vec<Vec<(usize, u64)>>),
}

impl Look for Reader<'_> {
    type Part = Looked;

    fn wanted(&self) -> Vec<(&str, Type)> {
        self.layout.wanted.iter().map(|found| (found.name.as_str(), found.holds)).collect()
    }

    fn part(&self, rows: Rows<'_>) -> Looked {
        let tellings = match self.side {
            Side::Train => Tellings::of(self.layout, &rows),
            Side::Test => Tellings::default(),
        };
        let Part { mut keys, facts } = Part::of(self.layout, &rows, self.same, tellings);
        let keys = match self.held.map(|held| &held.keys) {
            None => OfRows::Kept(keys),
            Some(Keys::InMemory(indices)) => OfRows::Met(met(indices, keys)),
            Some(Keys::InFile(_, filter)) => {
                keys.iter_mut().take(1).for_each(|whole| whole.retain(|row| filter.may_have(*row)));
                OfRows::Kept(keys)
            }
        };
        Looked { keys, facts }
    }
}

fn met(indices: &[Index], keys: Vec<Vec<Keyed>>) -> Vec<Vec<(usize, u64)>> {
    let find = |(index, keys): (&Index, Vec<Keyed>)| {
        keys.into_iter().filter_map(|keyed| Some((index.find(keyed)?, keyed.row))).collect()
    };
    indices.iter().zip(keys).map(find).collect()
}

/// A side while it is read.
#[derive(Debug)]
pub struct Gathered {
    facts: Facts,
    keys: Gathering,
}

#[derive(Debug)]
enum Gathering {
    Kept(Spool<Keyed>),
    Met(Vec<Meeting>),
}

impl Gathered {
    /// Of no rows yet, of a side that goes past another, or is the first.
    pub fn new(layout: &Layout, held: Option<&Held>, room: Room<'_>) -> Self {
        let keys = match held.map(|held| &held.keys) {
            Some(Keys::InMemory(indices)) => Gathering::Met(indices.iter().map(Meeting::new).collect()),
            // Of the first side the indices take twice as much afterwards; of the other there is a filter besides.
            _ => Gathering::Kept(room.spool(1 + layout.groups.len(), room.memory / 2)),
        };
        Self { facts: Facts::default(), keys }
    }

    /// Takes in what the rows that come next came to.
    ///
    /// # Errors
    /// Keys for which there is no room, neither in memory nor in a file.
    pub fn take(&mut self, Looked { keys, facts }: Looked) -> Result<()> {
        self.facts.merge(facts);
        match (&mut self.keys, keys) {
            (Gathering::Kept(spool), OfRows::Kept(keys)) => {
                keys.into_iter().enumerate().try_for_each(|(column, keys)| spool.push(column, &keys))
            }
            (Gathering::Met(meetings), OfRows::Met(met)) => {
                for (meeting, met) in meetings.iter_mut().zip(met) {
                    met.into_iter().for_each(|(place, row)| meeting.add(place, row));
                }
                Ok(())
            }
            // Whoever looks goes past the same side as whoever takes.
            _ => Ok(()),
        }
    }

    /// Holds what was read of the first side, for the other. Of the memory a quarter is there to know what need not be
    /// written.
    ///
    /// # Errors
    /// A file that cannot be written or read.
    pub fn hold(self, side: Side, room: Room<'_>) -> Result<Held> {
        let mut kept = match self.keys {
            Gathering::Kept(spool) => spool.finish(),
            Gathering::Met(_) => Vec::new(),
        };
        let keys = if kept.iter().any(Spooled::is_written) {
            kept.iter_mut().try_for_each(Spooled::write)?;
            let filter = filter(kept.first(), room.memory / 4)?;
            Keys::InFile(kept, filter)
        } else {
            Keys::InMemory(kept.into_iter().map(|kept| Index::new(kept.into_unwritten())).collect())
        };
        Ok(Held { side, facts: self.facts, keys })
    }
}

/// Which keys the whole rows of a side have.
fn filter(whole: Option<&Spooled<Keyed>>, memory: u64) -> Result<Filter> {
    let mut filter = Filter::new(whole.map_or(0, Spooled::count), memory);
    whole.map_or(Ok(()), |whole| whole.each(|row| filter.note(row)))?;
    Ok(filter)
}

impl Held {
    /// What it has in common with the other side.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn compared(self, other: Gathered) -> Result<Compared> {
        let Self { side, facts, keys } = self;
        let both = match (keys, other.keys) {
            (Keys::InMemory(indices), Gathering::Met(meetings)) => {
                meetings.iter().zip(&indices).map(|(meeting, index)| meeting.both(index, side)).collect()
            }
            (Keys::InFile(held, _), Gathering::Kept(passed)) => {
                let joined = |(held, passed)| match side {
                    Side::Test => shared::joined(held, passed),
                    Side::Train => shared::joined(passed, held),
                };
                held.into_iter().zip(passed.finish()).map(joined).collect::<Result<_>>()?
            }
            // Whoever gathers goes past the side that is held.
            _ => Vec::new(),
        };
        let (train, test) = match side {
            Side::Test => (other.facts, facts),
            Side::Train => (facts, other.facts),
        };
        Ok(Compared { both, train, test })
    }
}
