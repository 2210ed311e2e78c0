//! How far one set has moved from another, or from what a profile has of it: what is read for that, compared, and told.

use std::collections::{BTreeMap, HashSet};

use super::compared::{self, Apart, Gathered, Now, Read, Reader, Subject};
use super::drift;
use super::pass;
use super::recalled::{self, Plan, Recalled};
use super::schema::Schema;
use super::sets::Located;
use super::spool::Room;
use super::told;
use crate::config;
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::record::data as record;
use crate::table::Found;

/// A set that is compared.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its files.
    pub set: &'a Located,
    /// Its columns.
    pub columns: &'a [Found],
    /// The names of all that are known, be it that nobody looks at them or that they are not read.
    pub known: &'a HashSet<String>,
    /// Those of which a file says itself that they are text, each with the first such file.
    pub texts: &'a BTreeMap<String, String>,
}

/// What the model knows.
#[derive(Clone, Copy)]
pub enum Reference<'a> {
    /// A set.
    Set(Side<'a>),
    /// What a profile has of one.
    Profile(&'a Recalled),
}

/// How far it has moved.
#[derive(Debug)]
pub struct Moved {
    /// For the record.
    pub evidence: record::Drift,
    /// What is wrong with the data, besides that it has moved.
    pub findings: Vec<Finding>,
}

/// What is compared.
pub struct Comparison<'a> {
    asked: &'a config::Drift,
    current: Side<'a>,
    /// The columns.
    subjects: Vec<Subject>,
    with: With<'a>,
    room: Room<'a>,
    findings: Vec<Finding>,
}

/// What the current set is compared with.
enum With<'a> {
    Set(Side<'a>),
    /// With what the profile has of each subject.
    Profile(&'a Recalled, Vec<Plan<'a>>),
}

impl<'a> Comparison<'a> {
    /// Nothing has been read yet. What the schema says of a column is what it is read as, on both sides, of a profile as far as
    /// that can follow.
    #[must_use]
    pub fn new(
        data: &config::Data,
        asked: &'a config::Drift,
        reference: Reference<'a>,
        current: Side<'a>,
        schema: Option<&Schema>,
        room: Room<'a>,
    ) -> Self {
        let said = |columns: &[Found]| schema.map_or_else(|| columns.to_vec(), |schema| schema.says(columns));
        let of = |columns: &[Found], now: &[Found]| {
            compared::subjects(data, asked, columns, Now { columns: now, texts: current.texts })
        };
        let (subjects, with, memory, findings) = match reference {
            Reference::Set(reference) => {
                let (subjects, findings) = of(&said(reference.columns), &said(current.columns));
                // Both sides are in memory at a time.
                (subjects, With::Set(reference), room.memory / 2, findings)
            }
            Reference::Profile(recalled) => {
                let (known, now) = recalled::said(&recalled.profile, current.columns, said);
                let (subjects, findings) = of(&known, &now);
                let plans = Plan::of(subjects, &recalled.profile, &now);
                let subjects = plans.iter().map(|plan| plan.subject.clone()).collect();
                (subjects, With::Profile(recalled, plans), room.memory, findings)
            }
        };
        let room = Room { memory, ..room };
        Self { asked, current, subjects, with, room, findings }
    }

    /// The sets that are read for it.
    pub fn sets(&self) -> impl Iterator<Item = Side<'a>> {
        let reference = match self.with {
            With::Set(set) => Some(set),
            With::Profile(..) => None,
        };
        reference.into_iter().chain([self.current])
    }

    /// Who looks at the rows of a set.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader(&self.subjects)
    }

    /// What is gathered of a set, before a row has been read; `other` is what was read of the other one, if it was.
    #[must_use]
    pub fn gather(&self, other: Option<&Read>) -> Gathered<'_> {
        Gathered::new(&self.subjects, other, self.room)
    }

    /// How far it has moved, by what was read of [`Self::sets`]; none where it was not all of them.
    ///
    /// # Errors
    /// A temporary file that can no longer be read.
    pub fn moved(self, read: Vec<Read>) -> Result<Option<Moved>> {
        let Self { asked, current, subjects, with, findings, .. } = self;
        let mut read = read.into_iter();
        match with {
            With::Set(reference) => {
                let (Some(one), Some(other)) = (read.next(), read.next()) else { return Ok(None) };
                of_sets(asked, [reference.set, current.set], subjects, [one, other], findings).map(Some)
            }
            With::Profile(recalled, plans) => {
                let Some(read) = read.next() else { return Ok(None) };
                of_profile(asked, recalled, current.set, &plans, read, findings).map(Some)
            }
        }
    }
}

/// Reads what is to be read and compares it. The inner error is what is wrong with the files.
///
/// # Errors
/// A file that cannot be read, a folder that cannot be written, or an interrupt.
pub fn moved(comparison: Comparison<'_>, interrupt: &Interrupt) -> pass::Read<Moved> {
    let mut read = Vec::new();
    let mut wrong = Vec::new();
    let mut notices = Vec::new();
    for Side { set, known, .. } in comparison.sets() {
        let mut gathered = comparison.gather(read.last());
        match pass::read(&set.files, known, &comparison.reader(), interrupt, |part| gathered.take(part))? {
            Ok(table) => {
                read.push(gathered.finish(set, &table)?);
                notices.extend(table.notices);
            }
            Err(findings) => wrong.extend(findings),
        }
    }
    let told = comparison.findings.clone();
    let Some(mut moved) = comparison.moved(read)?.filter(|_| wrong.is_empty()) else {
        return Ok(Err([told, wrong].concat()));
    };
    moved.findings.extend(notices);
    Ok(Ok(moved))
}

fn of_sets(
    asked: &config::Drift,
    [reference, current]: [&Located; 2],
    subjects: Vec<Subject>,
    [one, other]: [Read; 2],
    mut findings: Vec<Finding>,
) -> Result<Moved> {
    let first = [one.strange.clone(), other.strange.clone()];
    let apart: Vec<Option<Apart>> = subjects.iter().map(|subject| subject.apart.clone()).collect();
    let columns = compared::paired(subjects, one, other);
    let evidence = drift::drift(asked, compared::name_of(&asked.reference).to_owned(), &columns);
    let names = [reference.name.as_str(), &current.name];
    findings.extend(told::apart(&columns, &apart, names));
    findings.extend(told::strange(&columns, names, [&first[0], &first[1]]));
    findings.extend(told::not_compared(&columns, &evidence));
    findings.extend(told::chosen_in_vain(&columns, asked));
    findings.extend(told::left_out(&columns, asked));
    columns.into_iter().try_for_each(|column| {
        compared::end(column.reference)?;
        compared::end(column.current)
    })?;
    Ok(told(evidence, findings))
}

fn of_profile(
    asked: &config::Drift,
    recalled: &Recalled,
    current: &Located,
    plans: &[Plan<'_>],
    read: Read,
    mut findings: Vec<Finding>,
) -> Result<Moved> {
    let first = read.strange;
    let columns: Vec<_> = plans.iter().zip(read.sides).map(|(plan, side)| plan.compared(side)).collect();
    let columns = columns.into_iter().collect::<Result<Vec<_>>>()?;
    let name = compared::name_of(&asked.reference);
    let mut evidence = drift::drift(asked, name.to_owned(), &columns);
    evidence.profile = Some(recalled.evidence.clone());
    let apart: Vec<Option<Apart>> = plans.iter().map(|plan| plan.subject.apart.clone()).collect();
    findings.extend(told::apart(&columns, &apart, [name, &current.name]));
    findings.extend(told::strange(&columns, [name, &current.name], [&[], &first]));
    findings.extend(told::not_compared(&columns, &evidence));
    findings.extend(told::chosen_in_vain(&columns, asked));
    findings.extend(told::left_out(&columns, asked));
    columns.into_iter().try_for_each(|column| compared::end(column.current))?;
    Ok(told(evidence, findings))
}

fn told(evidence: record::Drift, mut findings: Vec<Finding>) -> Moved {
    findings.extend(told::nothing_compared(&evidence));
    findings.extend(told::few_rows(&evidence));
    Moved { evidence, findings }
}
