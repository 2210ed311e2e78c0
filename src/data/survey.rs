//! How many rows a set has, what is missing in them, and what breaks the schema.

use std::collections::{BTreeMap, HashSet};

use super::keyed::Keyed;
use super::pass::{Look, Rows};
use super::profile::Profile;
use super::schema::{Checked, Checker, Plan, Schema};
use super::spool::{Room, Spool};
use crate::config::Drift;
use crate::fault::Result;
use crate::finding::Finding;
use crate::table::{Cells, Found, Head, Table, Type};

/// What a set came to.
#[derive(Debug)]
pub struct Survey {
    /// How many rows, and of which file each is.
    pub table: Table,
    /// How many rows have no value, by column.
    pub missing: BTreeMap<String, u64>,
    /// The columns with values of another type of which the schema says nothing.
    pub strange: Vec<(String, Strange)>,
    /// Columns that a file says are text, and the schema that they are numbers.
    pub declared: Vec<Declared>,
    /// What the schema says of it; none without one.
    pub checked: Option<Checked>,
    /// The profile of what is looked at; none where nobody asked for it.
    pub profile: Option<Profile>,
    /// What should be known of the columns.
    pub notes: Vec<Finding>,
}

/// Values of another type than the others of their column.
#[derive(Debug, Clone, Default)]
pub struct Strange {
    /// How many.
    pub rows: u64,
    /// The row of the first of them, over all files from 0, and its text.
    pub first: Option<(u64, String)>,
}

impl Strange {
    fn merge(&mut self, later: Self) {
        self.rows += later.rows;
        self.first = self.first.take().or(later.first);
    }
}

/// A column that a file says is text, and the schema that it is numbers.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub column: String,
    /// The file.
    pub path: String,
    /// What the schema says.
    pub holds: Type,
}

/// What is asked of a set.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What the schema says of columns.
    pub schema: Option<&'a Schema>,
    /// Whether the set is held to it.
    pub is_held: bool,
    /// How drift is measured, which may say what columns hold.
    pub drift: Option<&'a Drift>,
    /// The columns that nobody looks at.
    pub ignore: &'a [String],
    /// Whether its profile is wanted.
    pub is_profiled: bool,
}

impl Asked<'_> {
    /// Whether somebody has settled already what the column holds, or that nobody looks at it.
    fn settles(&self, column: &str) -> bool {
        let is_in_schema = |schema: &Schema| {
            schema.columns.iter().any(|rules| rules.name == column && rules.holds.is_some())
        };
        self.ignore.iter().any(|name| name == column)
            || self.schema.is_some_and(is_in_schema)
            || self.is_said_for_drift(column)
    }

    /// Whether drift is told what the column is compared as.
    fn is_said_for_drift(&self, column: &str) -> bool {
        self.drift.is_some_and(|drift| drift.measured(column).holds.is_some())
    }
}

/// What is looked at in a set.
#[derive(Debug)]
pub struct Surveyor {
    /// The columns that are there and are looked at.
    pub columns: Vec<Found>,
    /// Those that are there and that nobody looks at.
    ignored: Vec<Found>,
    /// The names of all that are known, be it that nobody looks at them or that they are not read.
    pub known: HashSet<String>,
    /// What each of the columns is read as.
    read_as: Vec<Found>,
    /// Of which drift is told what they are compared as.
    settled: HashSet<String>,
    plan: Option<Plan>,
    /// Columns of which a file says itself that they are text, each with the first such file.
    pub texts: BTreeMap<String, String>,
    is_profiled: bool,
    notes: Vec<Finding>,
}

impl Surveyor {
    /// Of a set with this head.
    #[must_use]
    pub fn new(head: Head, asked: Asked<'_>) -> Self {
        let Asked { schema, is_held, ignore, is_profiled, .. } = asked;
        let notes = head.told(|column| asked.settles(column));
        let known = head.known(ignore);
        let (ignored, columns): (Vec<Found>, Vec<Found>) =
            head.columns.into_iter().partition(|found| ignore.contains(&found.name));
        let names = columns.iter().map(|found| &found.name);
        let settled = names.filter(|name| asked.is_said_for_drift(name)).cloned().collect();
        let plan = schema.filter(|_| is_held).map(|schema| Plan::new(&schema.without(ignore), &columns));
        let read_as = read_as(&columns, plan.as_ref());
        Self { columns, ignored, known, read_as, settled, plan, texts: head.texts, is_profiled, notes }
    }

    /// Whether the set has a column of this name, be it one that nobody looks at.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().chain(&self.ignored).any(|found| found.name == name)
    }

    /// Whether keys are kept until the end, which takes memory.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.keys() > 0)
    }

    /// What is gathered of the set, before a row has been read.
    pub fn gather(&self, room: Room<'_>) -> Gathered<'_> {
        let keys = room.spool(self.plan.as_ref().map_or(0, Plan::keys), room.memory);
        Gathered { surveyor: self, all: self.part(), keys, notes: self.notes.clone() }
    }

    /// What no rows come to.
    fn part(&self) -> Part<'_> {
        Part {
            missing: vec![0; self.read_as.len()],
            strange: vec![Strange::default(); self.read_as.len()],
            checker: self.plan.as_ref().map(Checker::new),
            profile: self.is_profiled.then(|| Profile::new(&self.profiled_as())),
        }
    }

    /// The columns with values of another type of which nobody says what they hold, and with some that are not: who has nothing
    /// but lists knows that.
    fn untyped(&self, table: &Table, all: &Part<'_>) -> Vec<(String, Strange)> {
        let said: HashSet<&str> = self.plan.iter().flat_map(Plan::wanted).map(|(name, _)| name).collect();
        let columns = self.read_as.iter().zip(&all.strange).zip(&all.missing);
        let told = columns.filter(|((found, strange), missing)| {
            let is_some = (1..table.rows.saturating_sub(**missing)).contains(&strange.rows);
            is_some && !said.contains(found.name.as_str()) && !self.settled.contains(&found.name)
        });
        told.map(|((found, strange), _)| (found.name.clone(), strange.clone())).collect()
    }

    /// The columns that a file says are text, and the schema that they are numbers, as far as they have values.
    fn declared(&self, table: &Table, all: &Part<'_>) -> Vec<Declared> {
        let said: BTreeMap<&str, Type> = self.plan.iter().flat_map(Plan::declared).collect();
        let columns = self.read_as.iter().zip(&all.missing).filter(|(_, missing)| **missing < table.rows);
        let told = columns.filter_map(|(Found { name, .. }, _)| {
            let (holds, path) = (*said.get(name.as_str())?, self.texts.get(name)?.clone());
            holds.is_number().then(|| Declared { column: name.clone(), path, holds })
        });
        told.collect()
    }

    /// What the profile begins with: whole numbers, as long as there are no others.
    fn profiled_as(&self) -> Vec<Found> {
        let both = self.columns.iter().zip(&self.read_as);
        let found = both.map(|(found, read)| match (found.holds, read.holds) {
            (Type::Integer, Type::Number) => found.clone(),
            _ => read.clone(),
        });
        found.collect()
    }
}

/// The values of another type of some rows, of which `first` is the first.
fn strange(cells: &Cells, first: u64) -> Strange {
    Strange { rows: cells.strange, first: cells.first_strange(first) }
}

/// All columns; what the schema says of a column is what it is read as.
fn read_as(found: &[Found], plan: Option<&Plan>) -> Vec<Found> {
    let said: BTreeMap<&str, Type> = plan.map(|plan| plan.wanted().collect()).unwrap_or_default();
    let holds = |found: &Found| match said.get(found.name.as_str()) {
        Some(said) => *said,
        // What looks whole in the first rows may have fractions in the others; and leakage and drift read numbers, too.
        None if found.holds == Type::Integer => Type::Number,
        None => found.holds,
    };
    found.iter().map(|found| Found { name: found.name.clone(), holds: holds(found) }).collect()
}

/// What some rows came to.
#[derive(Debug)]
pub struct Part<'a> {
    missing: Vec<u64>,
    strange: Vec<Strange>,
    checker: Option<Checker<'a>>,
    profile: Option<Profile>,
}

impl<'a> Look for &'a Surveyor {
    type Part = Result<Part<'a>>;

    fn wanted(&self) -> Vec<(&str, Type)> {
        self.read_as.iter().map(|found| (found.name.as_str(), found.holds)).collect()
    }

    fn part(&self, rows: Rows<'_>) -> Self::Part {
        let surveyor: &'a Surveyor = self;
        let cells: Vec<&Cells> = rows.all().collect();
        let mut part = surveyor.part();
        part.missing = cells.iter().map(|cells| cells.missing).collect();
        part.strange = cells.iter().map(|cells| strange(cells, rows.first)).collect();
        if let Some(checker) = &mut part.checker {
            let names = surveyor.read_as.iter().map(|found| found.name.as_str());
            checker.add(&names.zip(cells.iter().copied()).collect::<Vec<_>>(), rows.first);
        }
        if let Some(profile) = &mut part.profile {
            profile.add(&cells, rows.count as u64)?;
        }
        Ok(part)
    }
}

/// What has been gathered of a set.
#[derive(Debug)]
pub struct Gathered<'a> {
    surveyor: &'a Surveyor,
    all: Part<'a>,
    keys: Spool<Keyed>,
    notes: Vec<Finding>,
}

impl<'a> Gathered<'a> {
    /// Takes in what the rows that come next came to.
    ///
    /// # Errors
    /// What went wrong with them, or keys for which there is no room.
    pub fn take(&mut self, later: Result<Part<'a>>) -> Result<()> {
        let Part { missing, strange, checker, profile } = later?;
        self.all.missing.iter_mut().zip(missing).for_each(|(all, more)| *all += more);
        self.all.strange.iter_mut().zip(strange).for_each(|(all, more)| all.merge(more));
        if let (Some(all), Some(more)) = (&mut self.all.profile, profile) {
            self.notes.extend(all.merge(&more));
        }
        match (&mut self.all.checker, checker) {
            (Some(all), Some(more)) => all.merge(more, &mut self.keys),
            _ => Ok(()),
        }
    }

    /// What all rows of the table came to. `now` is the time in seconds since 1970.
    ///
    /// # Errors
    /// Keys that were written and cannot be read again.
    pub fn finish(self, table: Table, now: u64) -> Result<Survey> {
        let Self { surveyor, all, keys, mut notes } = self;
        notes.extend(table.notices.iter().cloned());
        let strange = surveyor.untyped(&table, &all);
        let declared = surveyor.declared(&table, &all);
        let names = surveyor.read_as.iter().map(|found| found.name.clone());
        Ok(Survey {
            missing: names.zip(all.missing).collect(),
            strange,
            declared,
            checked: all.checker.map(|checker| checker.finish(keys, now, &table.late)).transpose()?,
            table,
            profile: all.profile,
            notes,
        })
    }
}

#[cfg(test)]
mod tests;
