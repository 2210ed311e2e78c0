//! Each set once from beginning to end: how many rows it has, what is missing in them, and what breaks the schema.

use std::collections::BTreeMap;

use super::schema::{Checked, Checker, Plan, Schema};
use super::sets::Located;
use super::spool::Room;
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
    /// What should be known of the columns.
    pub notes: Vec<Finding>,
}

/// What some rows came to.
struct Part<'a> {
    missing: Vec<u64>,
    checker: Option<Checker<'a>>,
}

/// Reads a set. `now` is the time in seconds since 1970. The inner error is what is wrong with the files.
///
/// # Errors
/// A file that cannot be read, a temporary folder that cannot be written, or an interrupt.
pub fn survey(
    set: &Located,
    schema: Option<&Schema>,
    ignore: &[String],
    now: u64,
    room: Room<'_>,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Survey, Vec<Finding>>> {
    let table::Head { columns, notices } = match table::columns(&set.files, interrupt)? {
        Ok(head) => head,
        Err(findings) => return Ok(Err(findings)),
    };
    let looked_at: Vec<Found> =
        columns.iter().filter(|found| !ignore.contains(&found.name)).cloned().collect();
    let plan = schema.map(|schema| Plan::new(&schema.without(ignore), &looked_at));
    let ignored = columns.iter().filter(|found| ignore.contains(&found.name)).map(|found| found.name.clone());
    let wanted = wanted(&looked_at, plan.as_ref());
    let mut all = Part { missing: vec![0; wanted.len()], checker: plan.as_ref().map(Checker::new) };
    let each = |batch: Batch| part(&batch, &wanted, plan.as_ref());
    let mut keys = room.spool(plan.as_ref().map_or(0, Plan::keys), room.memory)?;
    let mut spooled = Ok(());
    let merge = |part| {
        let Part { missing, checker } = part;
        all.missing.iter_mut().zip(missing).for_each(|(all, more)| *all += more);
        if let (Some(all), Some(more), Ok(())) = (&mut all.checker, checker, &spooled) {
            spooled = all.merge(more, &mut keys);
        }
    };
    let table = table::fold(&set.files, &wanted, 0, interrupt, each, merge)?;
    spooled?;
    let table = match table {
        Ok(table) => table,
        Err(findings) => return Ok(Err(findings)),
    };
    let names = wanted.into_iter().map(|wanted| wanted.column);
    Ok(Ok(Survey {
        ignored: ignored.collect(),
        columns: looked_at,
        table,
        missing: names.zip(all.missing).collect(),
        checked: all.checker.map(|checker| checker.finish(keys, now)).transpose()?,
        notes: notices,
    }))
}

/// All columns; what the schema says of a column is what it is read as.
fn wanted(found: &[Found], plan: Option<&Plan>) -> Vec<Wanted> {
    let said: BTreeMap<&str, table::Type> = plan.map(|plan| plan.wanted().collect()).unwrap_or_default();
    let holds = |found: &Found| said.get(found.name.as_str()).copied().unwrap_or(found.holds);
    found.iter().map(|found| Wanted::cells(&found.name, holds(found))).collect()
}

fn part<'a>(batch: &Batch, wanted: &[Wanted], plan: Option<&'a Plan>) -> Part<'a> {
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
    Part { missing: cells.iter().map(|(_, cells)| cells.missing).collect(), checker }
}
