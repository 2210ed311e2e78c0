//! Reads a file wave by wave: while one wave of blocks is parsed on all cores, the next is read, and what was made of the
//! last is taken in.
//!
//! A wave has a fixed number of blocks, so that what is found wrong is the same with any number of threads, and memory
//! is bounded by three of them. Nothing here waits for another thread but by rayon's own join, so that it may run on one.

use rayon::prelude::*;

use crate::interrupt::Interrupt;

use super::cell::Filling;
use super::labels::Labels;
use super::trouble::{Stop, Troubles, heed};
use super::{Batch, Column, Wanted};

/// What all files of a table share.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// What is wanted.
    pub wanted: &'a [Wanted],
    /// The codes of each wanted column.
    pub labels: &'a [Labels],
    /// Looked at between waves.
    pub interrupt: &'a Interrupt,
}

impl<'a> Shared<'a> {
    /// An empty column for each wanted one, with room for so many rows.
    pub fn fillings(self, rows: usize) -> Vec<Filling<'a>> {
        let columns = self.wanted.iter().zip(self.labels);
        columns.map(|(wanted, labels)| Filling::new(wanted.kind, labels, rows)).collect()
    }

    /// The names of the wanted columns.
    pub fn names(self) -> Vec<String> {
        self.wanted.iter().map(|wanted| wanted.column.clone()).collect()
    }
}

/// Rows that have been parsed.
#[derive(Debug)]
pub struct Parsed {
    /// How many there are.
    pub rows: u64,
    /// The lines that they took.
    pub lines: u64,
    /// A column for each wanted one.
    pub columns: Vec<Column>,
    /// What is wrong with them.
    pub troubles: Troubles,
}

/// Gets parsed rows, part by part, and says whether it wants more.
pub type Taker<'t> = dyn FnMut(Parsed) -> Result<(), Stop> + 't;

/// Some rows of a file, which any thread may parse.
pub enum Unit<'a> {
    /// A block, of which nobody knows yet how many rows are in it.
    Block(Box<dyn FnOnce() -> Parsed + Send + 'a>),
    /// So many rows, which are parsed in parts because together they may be large.
    Parts(u64, Parts<'a>),
}

/// Parses rows part by part.
pub type Parts<'a> = Box<dyn FnOnce(&mut Taker<'_>) -> Result<(), Stop> + Send + 'a>;

/// A file that is being read.
pub trait Source<'a>: Send {
    /// How many lines are before the first unit.
    fn lines(&self) -> u64 {
        0
    }

    /// How many units make a wave: enough for the cores of a usual runner, and little memory.
    fn wave(&self) -> usize {
        16
    }

    /// The next rows; none at the end.
    fn next(&mut self) -> Result<Option<Unit<'a>>, Stop>;
}

/// Where something is in its file, and in the table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Position {
    /// The rows before it in all files.
    pub rows: u64,
    /// The rows before it in its file.
    pub rows_of_file: u64,
    /// The lines before it in its file.
    pub lines: u64,
}

impl Position {
    fn after(self, rows: u64, lines: u64) -> Self {
        Self { rows: self.rows + rows, rows_of_file: self.rows_of_file + rows, lines: self.lines + lines }
    }
}

/// What has been read of a file, and how that ended where it has.
struct Wave<'a> {
    units: Vec<Unit<'a>>,
    end: Option<Result<(), Stop>>,
}

/// Reads all of a file whose first row has the number `first`, and answers how many rows there are.
pub fn drive<'a, T: Send>(
    mut source: Box<dyn Source<'a> + 'a>,
    path: &str,
    first: u64,
    shared: Shared<'a>,
    each: &(impl Fn(Batch) -> T + Sync),
    merge: &mut (impl FnMut(T) + Send),
) -> Result<u64, Stop> {
    let mut position = Position { rows: first, rows_of_file: 0, lines: source.lines() };
    let most = source.wave();
    // The first is small, so that what is wrong from the beginning on is found at once.
    let mut wave = gather(&mut *source, 1);
    let mut made = Vec::new();
    loop {
        heed(shared.interrupt, path)?;
        let Wave { units, end } = wave;
        let last = std::mem::take(&mut made);
        let aside = || {
            last.into_iter().for_each(&mut *merge);
            end.is_none().then(|| gather(&mut *source, most))
        };
        let (next, worked) = rayon::join(aside, || work(units, path, position, shared, each));
        Worked { made, position } = worked?;
        match (end, next) {
            (None, Some(next)) => wave = next,
            (Some(Err(stop)), _) => return Err(resolved(stop, path, position, shared)),
            _ => break,
        }
    }
    made.into_iter().for_each(&mut *merge);
    Ok(position.rows_of_file)
}

fn gather<'a>(source: &mut (dyn Source<'a> + 'a), most: usize) -> Wave<'a> {
    let mut units = Vec::with_capacity(most);
    let mut end = None;
    while end.is_none() && units.len() < most {
        match source.next() {
            Ok(Some(unit)) => units.push(unit),
            Ok(None) => end = Some(Ok(())),
            Err(stop) => end = Some(Err(stop)),
        }
    }
    Wave { units, end }
}

struct Worked<T> {
    made: Vec<T>,
    position: Position,
}

/// A unit of which it is known how many rows it has.
enum Counted<'a> {
    Parsed(Parsed),
    Parts(u64, Parts<'a>),
}

fn work<T: Send>(
    units: Vec<Unit<'_>>,
    path: &str,
    mut position: Position,
    shared: Shared<'_>,
    each: &(impl Fn(Batch) -> T + Sync),
) -> Result<Worked<T>, Stop> {
    let counted: Vec<Counted<'_>> = units.into_par_iter().map(count).collect();
    let mut placed = Vec::with_capacity(counted.len());
    for unit in counted {
        let at = position;
        position = match &unit {
            Counted::Parsed(parsed) => position.after(parsed.rows, parsed.lines),
            Counted::Parts(rows, _) => position.after(*rows, 0),
        };
        placed.push((unit, at));
    }
    let finish = |(unit, at): (Counted<'_>, Position)| finish(unit, path, at, shared, each);
    let finished: Vec<Result<Vec<T>, Stop>> = placed.into_par_iter().map(finish).collect();
    let mut made = Vec::new();
    for unit in finished {
        made.extend(unit?);
    }
    super::overflow(path, shared)?;
    Ok(Worked { made, position })
}

fn count(unit: Unit<'_>) -> Counted<'_> {
    match unit {
        Unit::Block(parse) => Counted::Parsed(parse()),
        Unit::Parts(rows, parse) => Counted::Parts(rows, parse),
    }
}

fn finish<T>(
    unit: Counted<'_>,
    path: &str,
    mut at: Position,
    shared: Shared<'_>,
    each: &(impl Fn(Batch) -> T + Sync),
) -> Result<Vec<T>, Stop> {
    let mut made = Vec::new();
    let mut take = |parsed: Parsed| {
        if !parsed.troubles.none() {
            return Err(resolved(Stop::Ahead(parsed.troubles), path, at, shared));
        }
        let (first, rows) = (at.rows, usize::try_from(parsed.rows).unwrap_or(usize::MAX));
        at = at.after(parsed.rows, parsed.lines);
        if rows > 0 {
            made.push(each(Batch { first, rows, columns: parsed.columns }));
        }
        Ok(())
    };
    match unit {
        Counted::Parsed(parsed) => take(parsed)?,
        Counted::Parts(_, parse) => parse(&mut take)?,
    }
    Ok(made)
}

/// The same with the places that are known by now.
pub fn resolved(stop: Stop, path: &str, at: Position, shared: Shared<'_>) -> Stop {
    match stop {
        Stop::Ahead(troubles) => {
            Stop::Findings(troubles.findings(path, &shared.names(), at.lines, at.rows_of_file))
        }
        stop => stop,
    }
}
