//! leakage: what the model learns from must not be what judges it.
//!
//! [`reading`] holds the keys of one set against those of the other.

mod area;
mod batch;
mod filter;
mod index;
mod layout;
mod reading;
mod rows;
mod shared;
#[cfg(test)]
mod tests;
mod told;

use super::sets::Located;
use super::spool::Room;
use crate::config;
use crate::document::shown;
use crate::fault::Result;
use crate::finding::Finding;
use crate::record::data as record;
use crate::table::{Found, Type};
use layout::Layout;
use reading::{Compared, Held};
use rows::Same;
use shared::Both;

pub use reading::{Gathered, Reader};
pub use told::same_files;

/// The two sets, and what is known of them before they are read.
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
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The training set.
    Train,
    /// The test set.
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

/// A search for leaks, for which both sets are read: first the one that [`Search::first`] says, then the other.
pub struct Search<'a> {
    data: &'a config::Data,
    asked: &'a config::Leakage,
    layout: Layout,
    room: Room<'a>,
    first: Side,
    state: State,
}

/// How far it has come.
enum State {
    Nothing,
    First(Held),
    Both(Compared),
}

impl<'a> Search<'a> {
    /// Nothing has been read yet.
    ///
    /// # Errors
    /// What is wrong with the columns that were named.
    pub fn new(
        data: &'a config::Data,
        asked: &'a config::Leakage,
        sets: Sets<'_>,
        room: Room<'a>,
    ) -> std::result::Result<Self, Vec<Finding>> {
        let layout = Layout::of(data, asked, sets)?;
        // The smaller one is held: how large the files are decides how long it takes, and nothing else.
        let first = if sets.test.size() <= sets.train.size() { Side::Test } else { Side::Train };
        Ok(Self { data, asked, layout, room, first, state: State::Nothing })
    }

    /// The set that is to be read first.
    #[must_use]
    pub fn first(&self) -> &'a str {
        match self.first {
            Side::Train => &self.asked.train,
            Side::Test => &self.asked.test,
        }
    }

    /// Which of the two a set is.
    #[must_use]
    pub fn side(&self, set: &str) -> Option<Side> {
        match set {
            set if set == self.asked.train => Some(Side::Train),
            set if set == self.asked.test => Some(Side::Test),
            _ => None,
        }
    }

    fn held(&self) -> Option<&Held> {
        match &self.state {
            State::First(held) => Some(held),
            _ => None,
        }
    }

    /// Who looks at the rows of the side that is read next.
    #[must_use]
    pub fn reader(&self, side: Side) -> Reader<'_> {
        let same = Same { near_texts: self.asked.near_texts, digits: self.asked.digits };
        Reader { layout: &self.layout, same, side, held: self.held() }
    }

    /// What is gathered of it, before a row has been read.
    pub fn gather(&self) -> Gathered {
        Gathered::new(&self.layout, self.held(), self.room)
    }

    /// Takes in a side that has been read.
    ///
    /// # Errors
    /// A temporary file that cannot be written or read.
    pub fn take(&mut self, side: Side, gathered: Gathered) -> Result<()> {
        self.state = match std::mem::replace(&mut self.state, State::Nothing) {
            State::First(held) => State::Both(held.compared(gathered)?),
            _ => State::First(gathered.hold(side, self.room)?),
        };
        Ok(())
    }

    /// What was found; none where not both sides have been read.
    #[must_use]
    pub fn leaks(self) -> Option<Leaks> {
        let Self { data, asked, layout, .. } = self;
        let State::Both(Compared { both, train, test }) = self.state else { return None };
        let (areas, untold) = train.tellings.areas(&layout);
        let absent = data.label.as_ref().filter(|_| layout.label.is_none() && asked.predicts.is_some());
        let untold =
            untold.or_else(|| absent.map(|label| format!("not both sets have the label «{}»", shown(label))));
        let findings = told::strange(&layout, asked, [&train.strange, &test.strange]);
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
        let mut leaks = told::leaks(asked, &seen);
        leaks.findings.extend(findings);
        Some(leaks)
    }
}
