//! Each set once from beginning to end: how many rows it has, what is missing in them, and what breaks the schema.

use std::collections::BTreeMap;

use super::keyed::Keyed;
use super::profile::Profile;
use super::schema::{Checked, Checker, Plan, Schema};
use super::sets::Located;
use super::spool::{Room, Spool};
use crate::fault::Result;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::table::{self, Batch, Found, Table, Wanted};

/// What a set came to.
#[derive(Debug)]
pub struct Survey {
    /// The columns that are there and are looked at.
    pub columns: Vec<Found>,
    /// Those that are there and that nobody looks at.
    pub ignored: Vec<String>,
    /// How many rows, and of which file each is.
    pub table: Table,
    /// How many rows have no value, by column.
    pub missing: BTreeMap<String, u64>,
    /// What the schema says of it; none without one.
    pub checked: Option<Checked>,
    /// The profile of what is looked at; none where nobody asked for it.
    pub profile: Option<Profile>,
    /// What should be known of the columns.
    pub notes: Vec<Finding>,
}

/// What some rows came to.
struct Part<'a> {
    missing: Vec<u64>,
    checker: Option<Checker<'a>>,
    profile: Option<Profile>,
}

/// What is asked of a set.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The schema that it is held to.
    pub schema: Option<&'a Schema>,
    /// The columns that nobody looks at.
    pub ignore: &'a [String],
    /// Whether its profile is wanted.
    pub is_profiled: bool,
}

/// Reads a set. `now` is the time in seconds since 1970. The inner error is what is wrong with the files.
///
/// # Errors
/// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
pub fn survey(
    set: &Located,
    asked: Asked<'_>,
    now: u64,
    room: Room<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Survey, Vec<Finding>>> {
    let Asked { schema, ignore, is_profiled } = asked;
    let table::Head { columns, mut notices } = match table::columns(&set.files, interrupt)? {
        Ok(head) => head,
        Err(findings) => return Ok(Err(findings)),
    };
    let (ignored, looked_at): (Vec<Found>, Vec<Found>) =
        columns.into_iter().partition(|found| ignore.contains(&found.name));
    let plan = schema.map(|schema| Plan::new(&schema.without(ignore), &looked_at));
    let read_as = read_as(&looked_at, plan.as_ref());
    let wanted: Vec<Wanted> = read_as.iter().map(|found| Wanted::cells(&found.name, found.holds)).collect();
    let profiled = is_profiled.then_some(read_as.as_slice());
    let mut keys = room.spool(plan.as_ref().map_or(0, Plan::keys), room.memory)?;
    let mut all = Part::new(wanted.len(), plan.as_ref(), profiled);
    let mut taken = Ok(());
    let each = |batch: Batch| part(&batch, &wanted, plan.as_ref(), profiled);
    let merge = |part: Result<_>| {
        if taken.is_ok() {
            taken = part.and_then(|part| all.take(part, &mut keys, &mut notices));
        }
    };
    let table = table::fold(&set.files, &wanted, 0, interrupt, each, merge)?;
    taken?;
    let table = match table {
        Ok(table) => table,
        Err(findings) => return Ok(Err(findings)),
    };
    let names = wanted.into_iter().map(|wanted| wanted.column);
    Ok(Ok(Survey {
        ignored: ignored.into_iter().map(|found| found.name).collect(),
        columns: looked_at,
        table,
        missing: names.zip(all.missing).collect(),
        checked: all.checker.map(|checker| checker.finish(keys, now)).transpose()?,
        profile: all.profile,
        notes: notices,
    }))
}

impl<'a> Part<'a> {
    /// Of no rows.
    fn new(columns: usize, plan: Option<&'a Plan>, profiled: Option<&[Found]>) -> Self {
        Self {
            missing: vec![0; columns],
            checker: plan.map(Checker::new),
            profile: profiled.map(Profile::new),
        }
    }

    /// Takes in what comes next.
    fn take(&mut self, later: Self, keys: &mut Spool<Keyed>, notes: &mut Vec<Finding>) -> Result<()> {
        let Self { missing, checker, profile } = later;
        self.missing.iter_mut().zip(missing).for_each(|(all, more)| *all += more);
        if let (Some(all), Some(more)) = (&mut self.profile, profile) {
            notes.extend(all.merge(&more));
        }
        match (&mut self.checker, checker) {
            (Some(all), Some(more)) => all.merge(more, keys),
            _ => Ok(()),
        }
    }
}

/// All columns; what the schema says of a column is what it is read as.
fn read_as(found: &[Found], plan: Option<&Plan>) -> Vec<Found> {
    let said: BTreeMap<&str, table::Type> = plan.map(|plan| plan.wanted().collect()).unwrap_or_default();
    let holds = |found: &Found| said.get(found.name.as_str()).copied().unwrap_or(found.holds);
    found.iter().map(|found| Found { name: found.name.clone(), holds: holds(found) }).collect()
}

fn part<'a>(
    batch: &Batch,
    wanted: &[Wanted],
    plan: Option<&'a Plan>,
    profiled: Option<&[Found]>,
) -> Result<Part<'a>> {
    let cells: Vec<_> = wanted
        .iter()
        .zip(&batch.columns)
        .filter_map(|(wanted, column)| Some((wanted.column.as_str(), column.cells()?)))
        .collect();
    let checker = plan.map(|plan| {
        let mut checker = Checker::new(plan);
        checker.add(&cells, batch.first);
        checker
    });
    let profile = profiled.map(|columns| {
        let mut profile = Profile::new(columns);
        let cells: Vec<_> = cells.iter().map(|(_, cells)| *cells).collect();
        profile.add(&cells, batch.rows as u64).map(|()| profile)
    });
    Ok(Part {
        missing: cells.iter().map(|(_, cells)| cells.missing).collect(),
        checker,
        profile: profile.transpose()?,
    })
}
