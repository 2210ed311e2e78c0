//! table: rows out of files, by the columns that are wanted: CSV, TSV, JSON lines, Parquet, Arrow; compressed too.
//!
//! A table is never in memory as a whole: [`fold`] hands out batches, in parallel, and brings what became of them
//! together in the order of the rows, so that the answer is the same with any number of threads.

mod arrays;
mod blocks;
mod cell;
mod cells;
mod columnar;
mod columns;
mod csv;
mod decimal;
mod drive;
mod fields;
mod folders;
mod format;
mod further;
mod guard;
mod header;
mod ipc;
mod json;
mod labels;
mod late;
mod lenient;
mod marks;
mod messages;
mod open;
mod parquet;
mod primitives;
mod records;
mod spelling;
mod text;
mod trouble;
mod unpack;

use std::collections::HashSet;

use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::progress::Doing;

pub use cells::{Cells, Found, NONE, SHOWN, Texts, Type, Values};
pub use columns::{Head, columns};
pub use lenient::value::number as number_of;
pub use lenient::{day, moment};
pub use spelling::normal as spelled;

pub use guard::hush as hush_guarded_panics;

use blocks::Sizes;
use drive::{Shared, drive};
use labels::Labels;
use late::Watch;
use trouble::{Stop, heed};

/// A column that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name in the header.
    pub column: String,
    /// What is made of its cells.
    pub kind: Kind,
}

/// What is made of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number; NaN and infinities in their usual spellings among them. An empty cell, and a text, is a finding.
    Number,
    /// One of a few texts, as a code. Numbers are texts in their shortest spelling: `1.0` and `1` are the same, and so
    /// are `True` and `true`. An empty cell is a finding.
    Label,
    /// What tells a row from every other: a hash of 128 bits of its text in the same spelling.
    Key,
    /// Whatever is there, of a column that should hold this. What is missing, and what is of another type, is counted and
    /// is no finding.
    Cells(Type),
}

impl Kind {
    /// Whether a row may be without a cell.
    const fn may_miss(self) -> bool {
        matches!(self, Self::Cells(_))
    }
}

impl Wanted {
    /// The cells of a column as they are, as of what it holds.
    #[must_use]
    pub fn cells(column: &str, holds: Type) -> Self {
        Self { column: column.to_owned(), kind: Kind::Cells(holds) }
    }
}

/// Some consecutive rows.
#[derive(Debug)]
pub struct Batch {
    /// The number of its first row over all files, the first being 0.
    pub first: u64,
    /// How many rows.
    pub rows: usize,
    /// A column for each wanted one, in that order, each with a value a row.
    pub columns: Vec<Column>,
}

/// The cells of a column.
#[derive(Debug)]
pub enum Column {
    /// Of [`Kind::Number`].
    Numbers(Vec<f64>),
    /// Of [`Kind::Label`]: places in [`Table::labels`].
    Labels(Vec<u32>),
    /// Of [`Kind::Key`].
    Keys(Vec<u128>),
    /// Of [`Kind::Cells`].
    Cells(Cells),
}

impl Column {
    /// The cells of a column of [`Kind::Cells`]; none of any other.
    #[must_use]
    pub const fn cells(&self) -> Option<&Cells> {
        match self {
            Self::Cells(cells) => Some(cells),
            _ => None,
        }
    }
}

/// What is known of a table when all of it has been read.
#[derive(Debug, Default)]
pub struct Table {
    /// How many rows.
    pub rows: u64,
    /// How many of them are of each file.
    pub rows_of: Vec<u64>,
    /// For each wanted column the texts that its codes stand for; empty where it is not of labels. Their order says
    /// nothing: it may be another the next time.
    pub labels: Vec<Vec<String>>,
    /// The fields of JSON lines that are in no column because only later rows have them, some at least.
    pub late: Vec<String>,
    /// What is worth knowing of the files.
    pub notices: Vec<Finding>,
}

impl Table {
    /// Where a row is, given by its number over all files from 0: in which file, and which row of it, from 1. A row that
    /// is beyond the table is told as if the last file went on.
    #[must_use]
    pub fn place(&self, row: u64) -> (usize, u64) {
        let mut before = 0;
        let last = self.rows_of.len().saturating_sub(1);
        for (file, rows) in self.rows_of.iter().enumerate() {
            if file == last || row - before < *rows {
                return (file, row - before + 1);
            }
            before += rows;
        }
        (0, row + 1)
    }
}

/// Reads files one after the other as one table. `each` makes something of a batch, on any thread; `merge` gets what
/// it made, in the order of the rows. More than `most_labels` texts in one column of labels are a finding.
///
/// The inner error is what is wrong with the files, each with its path, and its line and column where there are some.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn fold<T: Send>(
    files: &[ProjectFile],
    wanted: &[Wanted],
    most_labels: usize,
    interrupt: &Interrupt,
    each: impl Fn(Batch) -> T + Sync,
    merge: impl FnMut(T) + Send,
) -> Result<std::result::Result<Table, Vec<Finding>>> {
    fold_sized(Sizes::USUAL, files, Asked { wanted, most_labels, known: None }, interrupt, each, merge)
}

/// [`fold`] for who looks at all columns, which are `known`: fields of JSON lines that are none of them are a notice of the
/// table. None of the wanted columns is of labels.
///
/// # Errors
/// As [`fold`].
pub fn fold_all<T: Send>(
    files: &[ProjectFile],
    wanted: &[Wanted],
    known: &HashSet<String>,
    interrupt: &Interrupt,
    each: impl Fn(Batch) -> T + Sync,
    merge: impl FnMut(T) + Send,
) -> Result<std::result::Result<Table, Vec<Finding>>> {
    let asked = Asked { wanted, most_labels: 0, known: Some(known) };
    fold_sized(Sizes::USUAL, files, asked, interrupt, each, merge)
}

/// What is asked of a table.
#[derive(Clone, Copy)]
struct Asked<'a> {
    wanted: &'a [Wanted],
    most_labels: usize,
    /// All columns, where it is to be told that rows have other fields.
    known: Option<&'a HashSet<String>>,
}

/// [`fold`] with blocks of another size, which changes nothing but where batches end.
fn fold_sized<T: Send>(
    sizes: Sizes,
    files: &[ProjectFile],
    asked: Asked<'_>,
    interrupt: &Interrupt,
    each: impl Fn(Batch) -> T + Sync,
    mut merge: impl FnMut(T) + Send,
) -> Result<std::result::Result<Table, Vec<Finding>>> {
    let Asked { wanted, most_labels, known } = asked;
    let labels: Vec<Labels> = wanted.iter().map(|_| Labels::new(most_labels)).collect();
    let shared = Shared { wanted, labels: &labels, interrupt };
    match read(sizes, files, shared, known, &each, &mut merge) {
        Ok(table) => Ok(Ok(Table { labels: labels.into_iter().map(Labels::into_texts).collect(), ..table })),
        Err(Stop::Findings(findings)) => Ok(Err(findings)),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Ahead(troubles)) => Ok(Err(troubles.findings("", &shared.names(), 0, 0))),
    }
}

/// Reads all files. The table has no labels yet.
fn read<T: Send>(
    sizes: Sizes,
    files: &[ProjectFile],
    shared: Shared<'_>,
    known: Option<&HashSet<String>>,
    each: &(impl Fn(Batch) -> T + Sync),
    merge: &mut (impl FnMut(T) + Send),
) -> std::result::Result<Table, Stop> {
    // A column that is missing in the last file is known before the first has been read.
    if files.len() > 1 {
        check(sizes, files, shared)?;
    }
    let sizes_of: Vec<u64> = files.iter().map(ProjectFile::size).collect();
    let reading = shared.interrupt.progress().begin(Doing::Reading, sizes_of.iter().sum());
    let mut bytes = 0;
    let mut table = Table::default();
    for (file, size) in files.iter().zip(sizes_of) {
        heed(shared.interrupt, &file.path)?;
        let watch = known.map(Watch::new);
        let source = open::open(file, sizes, shared, watch.as_ref())?;
        let of_file = drive(source, &file.path, table.rows, shared, each, merge)?;
        bytes += size;
        reading.is_at(bytes);
        table.rows += of_file;
        table.rows_of.push(of_file);
        let met = watch.map(Watch::met).unwrap_or_default();
        table.notices.extend(late::finding(&met, &file.path));
        table.late.extend(met.into_iter().map(|late| late.field));
    }
    match files.first() {
        Some(file) if table.rows == 0 => Err(without_rows(file, files.len()).into()),
        _ => Ok(table),
    }
}

/// What is wrong with the beginnings of the files, all of it.
fn check(sizes: Sizes, files: &[ProjectFile], shared: Shared<'_>) -> std::result::Result<(), Stop> {
    let mut findings = Vec::new();
    for file in files {
        heed(shared.interrupt, &file.path)?;
        match open::open(file, sizes, shared, None) {
            Ok(_) => {}
            Err(Stop::Findings(more)) => findings.extend(more),
            Err(stop) => return Err(stop),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Stop::Findings(findings)) }
}

fn without_rows(file: &ProjectFile, files: usize) -> Finding {
    let message = match files {
        1 => "the file has a header and no rows".to_owned(),
        _ => format!("none of the {files} files has any rows"),
    };
    Finding::error("table-empty", message)
        .at_path(&file.path)
        .help("write at least one row, or name another file")
}

/// Stops when a column has more labels than it may have.
fn overflow(path: &str, shared: Shared<'_>) -> std::result::Result<(), Stop> {
    let columns = shared.wanted.iter().zip(shared.labels);
    let findings: Vec<Finding> = columns
        .filter(|(_, labels)| labels.overflowed())
        .map(|(wanted, labels)| {
            let name = trouble::clipped(&wanted.column);
            let message = format!("the column «{name}» has more than {} different values", labels.most());
            let help = "a column of classes or of groups has few; is it one of numbers or of ids?";
            Finding::error(trouble::LABELS, message).at_path(path).help(help)
        })
        .collect();
    if findings.is_empty() { Ok(()) } else { Err(Stop::Findings(findings)) }
}

#[cfg(test)]
mod tests;
