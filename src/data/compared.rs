//! What is looked at in two sets for their drift: the columns that both have, each in the form that it is measured in.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::drift::{Ascending, Compared, MOST_CATEGORIES, Side, Values};
use super::pass::{Look, Rows};
use super::sets::Located;
pub use super::spool::Sorted;
use super::spool::{Room, Spool};
use crate::config::{self, DriftMethod, Holds, Measured};
use crate::fault::Result;
use crate::finding::Finding;
use crate::record::data::Role;
use crate::table::{self, Cells, Found, NONE, Table, Type};

impl Ascending for Sorted {
    fn walk(&self) -> impl Iterator<Item = f64> {
        self.walk()
    }
}

/// A column that is to be compared.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name.
    pub column: String,
    /// What it is to the model.
    pub role: Role,
    /// What is compared: numbers, or texts where it is to be counted.
    pub holds: Type,
    /// What the cells of both sides are read as: the same, or truth values that are to be counted.
    pub read_as: Type,
    /// What is held against the reference holds by itself.
    pub now: Type,
    /// How it is measured.
    pub measured: Measured,
    /// What is to be said where one side is text and the other numbers.
    pub apart: Option<Apart>,
}

/// Of a column that is text on one side, and numbers on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Apart {
    /// The reference is text, and this is what the current set holds.
    Before(Type),
    /// This file of the current set says that it is text.
    Now(String),
}

/// What is held against the reference.
#[derive(Clone, Copy)]
pub struct Now<'a> {
    /// Its columns.
    pub columns: &'a [Found],
    /// Those of which a file says itself that they are text, each with the first such file.
    pub texts: &'a BTreeMap<String, String>,
}

/// What is to be compared, of the columns that the reference has; and what only one side has.
pub fn subjects(
    data: &config::Data,
    drift: &config::Drift,
    reference: &[Found],
    now: Now<'_>,
) -> (Vec<Subject>, Vec<Finding>) {
    let current = now.columns;
    let is_compared = |name: &str| data.compares(drift, name);
    let by_name: HashMap<&str, &Found> = current.iter().map(|found| (found.name.as_str(), found)).collect();
    let mut findings = Vec::new();
    let mut subjects = Vec::new();
    for found in reference.iter().filter(|found| is_compared(&found.name)) {
        if let Some(own) = by_name.get(found.name.as_str()) {
            subjects.push(subject(data, drift, found, own.holds, now.texts));
        } else {
            let message = format!(
                "the column «{}» of «{}» is not in «{}»",
                found.name.escape_debug(),
                name_of(&drift.reference),
                drift.current
            );
            let help =
                "a model that learned from it has nothing to go by: bring it back, or name it under `ignore`";
            findings.push(Finding::error("data-column-gone", message).help(help));
        }
    }
    let known: HashSet<&str> = reference.iter().map(|found| found.name.as_str()).collect();
    for found in
        current.iter().filter(|found| is_compared(&found.name) && !known.contains(found.name.as_str()))
    {
        let message = format!(
            "the column «{}» is in «{}» and not in «{}»",
            found.name.escape_debug(),
            drift.current,
            name_of(&drift.reference)
        );
        findings.push(Finding::notice("data-column-new", message));
    }
    for (column, _) in &drift.columns {
        if !known.contains(column.as_str()) {
            let why = match data.ignore.contains(column) {
                true => "which `ignore` leaves out",
                false => "and the reference has no such column",
            };
            let message = format!("`data.drift.columns` names «{}», {why}", column.escape_debug());
            findings.push(
                Finding::warning("data-column-unknown", message).help("correct the name, or remove it"),
            );
        }
    }
    (subjects, findings)
}

/// What a reference is called.
#[must_use]
pub fn name_of(reference: &config::Reference) -> &str {
    match reference {
        config::Reference::Set(name) | config::Reference::Profile(name) => name,
        config::Reference::Baseline => "baseline",
    }
}

fn subject(
    data: &config::Data,
    drift: &config::Drift,
    found: &Found,
    now: Type,
    texts: &BTreeMap<String, String>,
) -> Subject {
    let measured = drift.measured(&found.name);
    let is = |column: &Option<String>| column.as_ref() == Some(&found.name);
    let role = match () {
        () if is(&data.label) => Role::Label,
        () if is(&data.prediction) => Role::Prediction,
        () => Role::Feature,
    };
    // Where both do not go together it is what the reference holds: that is what the model knows.
    let holds = match (measured.holds, measured.method, found.holds.widened(now)) {
        (Some(Holds::Categories), ..) | (None, DriftMethod::ChiSquare, _) => Type::Text,
        (Some(Holds::Numbers), _, Type::Text) => Type::Number,
        // Of two values there is no order to speak of.
        (None, method, Type::Boolean) if method != DriftMethod::Evidently => Type::Text,
        // As pandas reads them, unless it is told otherwise.
        (None, DriftMethod::Evidently, Type::Date | Type::Time) => Type::Text,
        // What looks whole in the first rows may have fractions in the others.
        (_, _, Type::Integer) => Type::Number,
        (_, _, holds) => holds,
    };
    // Among truth values every other word is a value of another type, unless somebody asks for categories, or has texts now.
    let read_as = match (measured.holds, found.holds, now) {
        (None, Type::Boolean, Type::Boolean | Type::Integer | Type::Number) if holds == Type::Text => {
            Type::Boolean
        }
        _ => holds,
    };
    let apart = apart(measured, found, holds, now, texts);
    let now = if holds == Type::Text { Type::Text } else { now };
    Subject { column: found.name.clone(), role, holds, read_as, now, measured, apart }
}

/// Whether one side is text and the other numbers, where nobody has said what the column is to be compared as.
fn apart(
    measured: Measured,
    found: &Found,
    holds: Type,
    now: Type,
    texts: &BTreeMap<String, String>,
) -> Option<Apart> {
    let is_ordered = |holds| match holds {
        Type::Integer | Type::Number => true,
        Type::Date | Type::Time => measured.method != DriftMethod::Evidently,
        Type::Boolean | Type::Text => false,
    };
    let is_said = measured.holds.is_some() || measured.method == DriftMethod::ChiSquare;
    match (found.holds, now) {
        _ if is_said => None,
        (Type::Text, now) if is_ordered(now) => Some(Apart::Before(now)),
        (Type::Integer | Type::Number, Type::Text) if holds != Type::Text => {
            texts.get(&found.name).cloned().map(Apart::Now)
        }
        _ => None,
    }
}

/// What was read of a side.
#[derive(Debug)]
pub struct Read {
    /// For each subject.
    pub sides: Vec<Side<Sorted>>,
    /// For each subject the first value of another type, and where it is.
    pub strange: Vec<Option<String>>,
}

/// What some rows hold of a column.
#[derive(Debug)]
pub struct Part {
    missing: u64,
    strange: u64,
    /// The first strange one: its row over all files from 0, and its text.
    first: Option<(u64, String)>,
    values: PartValues,
}

#[derive(Debug)]
enum PartValues {
    Numbers(Vec<f64>),
    Texts(Vec<(Box<str>, u64)>),
}

/// Looks at the rows of a side.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [Subject]);

impl Look for Reader<'_> {
    type Part = Vec<Part>;

    fn wanted(&self) -> Vec<(&str, Type)> {
        self.0.iter().map(|subject| (subject.column.as_str(), subject.read_as)).collect()
    }

    fn part(&self, rows: Rows<'_>) -> Vec<Part> {
        let first = rows.first;
        rows.into_all().zip(self.0).map(|(cells, subject)| part(cells, first, subject.holds)).collect()
    }
}

/// A side while it is read.
#[derive(Debug)]
pub struct Gathered<'a> {
    subjects: &'a [Subject],
    columns: Vec<Gathering>,
    numbers: Spool,
}

/// A column while it is read.
#[derive(Debug, Default)]
struct Gathering {
    missing: u64,
    strange: u64,
    first: Option<(u64, String)>,
    counts: HashMap<Box<str>, u64>,
    overflowed: bool,
}

impl<'a> Gathered<'a> {
    /// Of no rows yet; `other` is what was read of the other side, if it was read before.
    #[must_use]
    pub fn new(subjects: &'a [Subject], other: Option<&Read>, room: Room<'_>) -> Self {
        let grids = other.into_iter().flat_map(|read| &read.sides).map(|side| match &side.values {
            Values::Numbers(sorted) => sorted.grid(),
            _ => None,
        });
        let numbers = room.spool(subjects.len(), room.memory).beside(grids);
        Self { subjects, columns: subjects.iter().map(|_| Gathering::default()).collect(), numbers }
    }

    /// Takes in what the rows that come next hold.
    ///
    /// # Errors
    /// Numbers for which there is no room, neither in memory nor in a file.
    pub fn take(&mut self, parts: Vec<Part>) -> Result<()> {
        for (at, (part, column)) in parts.into_iter().zip(&mut self.columns).enumerate() {
            if let Some(values) = column.take(part) {
                self.numbers.push(at, &values)?;
            }
        }
        Ok(())
    }

    /// What all rows of the table hold, which is that of the set.
    ///
    /// # Errors
    /// A temporary file that cannot be written or read.
    pub fn finish(self, set: &Located, table: &Table) -> Result<Read> {
        let Self { subjects, mut columns, numbers } = self;
        let strange = columns.iter_mut().map(|column| column.first.take());
        let strange = strange.map(|first| first.map(|(row, text)| set.shown(table, row, &text))).collect();
        let sorted: Vec<Sorted> = (numbers.finish().into_par_iter().zip(subjects))
            .map(|(spooled, subject)| spooled.sorted(subject.measured.method.is_of_all_values()))
            .collect::<Result<_>>()?;
        let sides = subjects.iter().zip(columns).zip(sorted);
        let sides =
            sides.map(|((subject, column), sorted)| column.side(subject.holds, table.rows, sorted)).collect();
        Ok(Read { sides, strange })
    }
}

fn part(cells: Cells, first: u64, holds: Type) -> Part {
    let first = cells.first_strange(first);
    let Cells { values, missing, strange, .. } = cells;
    let values = match values {
        table::Values::Numbers(truths) if holds == Type::Text => PartValues::Texts(counted(&truths)),
        table::Values::Numbers(mut values) => {
            if missing + strange > 0 {
                values.retain(|value| !value.is_nan());
            }
            PartValues::Numbers(values)
        }
        table::Values::Texts(texts) => {
            let mut rows = vec![0; texts.texts.len()];
            for code in texts.codes.into_iter().filter(|code| *code != NONE) {
                if let Some(rows) = rows.get_mut(code as usize) {
                    *rows += 1;
                }
            }
            PartValues::Texts(texts.texts.into_iter().zip(rows).collect())
        }
    };
    Part { missing, strange, first, values }
}

/// Truth values as texts.
fn counted(truths: &[f64]) -> Vec<(Box<str>, u64)> {
    let count = |truth: f64| truths.iter().filter(|value| **value == truth).count() as u64;
    let counts = [("false", count(0.0)), ("true", count(1.0))];
    counts.into_iter().filter(|(_, rows)| *rows > 0).map(|(text, rows)| (text.into(), rows)).collect()
}

impl Gathering {
    /// Takes what comes next; the numbers are handed back.
    fn take(&mut self, part: Part) -> Option<Vec<f64>> {
        let Part { missing, strange, first, values } = part;
        self.missing += missing;
        self.strange += strange;
        self.first = self.first.take().or(first);
        let counts = match values {
            PartValues::Numbers(values) => return Some(values),
            PartValues::Texts(counts) => counts,
        };
        for (text, rows) in counts {
            if let Some(known) = self.counts.get_mut(&text) {
                *known += rows;
            } else if self.counts.len() > MOST_CATEGORIES {
                // What is beyond is not compared, and need not be kept.
                self.overflowed = true;
            } else {
                self.counts.insert(text, rows);
            }
        }
        None
    }

    fn side(self, holds: Type, rows: u64, sorted: Sorted) -> Side<Sorted> {
        let Self { missing, strange, counts, overflowed, .. } = self;
        let values = match holds {
            _ if overflowed => Values::Prose(rows.saturating_sub(missing + strange)),
            Type::Text => Values::Categories(counts.into_iter().collect::<BTreeMap<_, _>>()),
            _ => Values::Numbers(sorted),
        };
        Side { missing, strange, values }
    }
}

/// Puts both sides beside each other.
#[must_use]
pub fn paired(subjects: Vec<Subject>, reference: Read, current: Read) -> Vec<Compared<Sorted>> {
    let sides: Vec<_> = reference.sides.into_iter().zip(current.sides).collect();
    subjects
        .into_par_iter()
        .zip(sides)
        .map(|(Subject { column, role, now, measured, .. }, (reference, current))| Compared {
            column,
            role,
            holds: now,
            measured,
            reference,
            current,
        })
        .collect()
}

/// After all walks over a side.
///
/// # Errors
/// One of them ended early: a file could not be read.
pub fn end(side: Side<Sorted>) -> Result<()> {
    match side.values {
        Values::Numbers(sorted) => sorted.end(),
        _ => Ok(()),
    }
}
