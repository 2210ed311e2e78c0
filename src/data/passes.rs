//! One pass a set, for all of the step who look at its rows.

use std::collections::BTreeMap;

use super::compared;
use super::leakage::{Search, Side};
use super::moved::Comparison;
use super::pass;
use super::sets::Located;
use super::spool::Room;
use super::survey::{Survey, Surveyor};
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// A set of which it is known what is looked at.
#[derive(Debug)]
pub struct Headed {
    /// Its files.
    pub located: Located,
    /// What is looked at.
    pub surveyor: Surveyor,
}

/// Sets by name.
pub type Heads<'a> = BTreeMap<&'a str, &'a Headed>;

/// Something, or what is wrong.
pub type OrWrong<T> = std::result::Result<T, Vec<Finding>>;

/// Who looks besides the survey, and what it takes to read.
pub struct Passes<'a> {
    /// The search for leaks; none where there is none, or no longer any because one of its sets cannot be read.
    pub search: Option<OrWrong<Search<'a>>>,
    /// What is compared for drift.
    pub comparison: Option<&'a Comparison<'a>>,
    /// What was read for that, by set.
    pub read: BTreeMap<String, compared::Read>,
    /// How much memory each of them has.
    pub room: Room<'a>,
    /// The time in seconds since 1970.
    pub now: u64,
    /// What stops it.
    pub interrupt: &'a Interrupt,
}

impl Passes<'_> {
    /// The sets in the order in which they are to be read: those of leakage first, that nothing is held longer than it takes.
    #[must_use]
    pub fn order<'s>(&self, sets: &'s [Headed]) -> Vec<&'s Headed> {
        let place = |headed: &&Headed| {
            let name = headed.located.name.as_str();
            self.searched(name).map_or(2, |(search, _)| u8::from(search.first() != name))
        };
        let mut sets: Vec<&Headed> = sets.iter().collect();
        sets.sort_by_key(place);
        sets
    }

    /// The search that looks at a set, and as what.
    fn searched(&self, name: &str) -> Option<(&Search<'_>, Side)> {
        let search = self.search.as_ref()?.as_ref().ok()?;
        Some((search, search.side(name)?))
    }

    /// Reads a set from beginning to end. The inner error is what is wrong with its files.
    ///
    /// # Errors
    /// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
    pub fn over(&mut self, Headed { located, surveyor }: &Headed) -> pass::Read<Survey> {
        let name = located.name.as_str();
        let searched = self.searched(name);
        let compared = self.comparison.filter(|compared| compared.sets().any(|side| side.set.name == name));
        let mut survey = surveyor.gather(self.room);
        let mut leaks = searched.map(|(search, _)| search.gather());
        let mut values = compared.map(|compared| compared.gather(self.read.values().next()));
        // Drift comes last: it takes the values as they are, where nobody looks at them afterwards.
        let reader = searched.map(|(search, side)| search.reader(side));
        let looks = (surveyor, (reader, compared.map(Comparison::reader)));
        let table = pass::read(
            &located.files,
            &surveyor.known,
            &looks,
            self.interrupt,
            |(surveyed, (leak, value))| {
                survey.take(surveyed)?;
                leaks.iter_mut().zip(leak).try_for_each(|(leaks, leak)| leaks.take(leak))?;
                values.iter_mut().zip(value).try_for_each(|(values, value)| values.take(value))
            },
        )?;
        let side = searched.map(|(_, side)| side);
        let table = match table {
            Ok(table) => table,
            Err(findings) => {
                self.search.take_if(|_| side.is_some());
                return Ok(Err(findings));
            }
        };
        let survey = survey.finish(table, self.now)?;
        if let Some(values) = values {
            self.read.insert(name.to_owned(), values.finish(located, &survey.table)?);
        }
        if let (Some(Ok(search)), Some((side, leaks))) = (&mut self.search, side.zip(leaks)) {
            search.take(side, leaks)?;
        }
        Ok(Ok(survey))
    }
}
