//! What is wrong with a table: noted where it is met, told when it is known where that is.

use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// Why reading ends before the table does.
#[derive(Debug)]
pub enum Stop {
    /// The file is bad.
    Findings(Vec<Finding>),
    /// What comes next in the file is bad; places are counted from there.
    Ahead(Troubles),
    /// The world failed, or somebody wants us to stop.
    Fault(Fault),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Stops when somebody wants us to.
pub fn heed(interrupt: &Interrupt, path: &str) -> Result<()> {
    match interrupt.raised() {
        Some(_) => Err(Fault::new(format!("read {path}"), "the run was interrupted")),
        None => Ok(()),
    }
}

/// What is wrong with a cell or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The cell is empty, null, or NaN where a text is wanted.
    Missing,
    /// The cell is no number.
    NotNumber,
    /// The cell is not UTF-8.
    NotUtf8,
    /// The cell is a list or an object.
    Nested,
    /// The row has no such field, in JSON.
    Absent,
    /// The row has the field twice, in JSON.
    Twice,
    /// The row has so many fields, in a table with so many columns.
    Fields(usize, usize),
    /// A quote opens and never closes.
    OpenQuote,
    /// The line is longer than so many bytes.
    TooLong(usize),
    /// The text is longer than so many bytes, and is to name a class or a group.
    LongLabel(usize),
    /// It is no JSON object, and why.
    Json(String),
}

impl Wrong {
    /// Whether there is just nothing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing | Self::Absent)
    }
}

/// Where in a block something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The line within the block from 0, and the column in characters from 1 where it is known.
    Line(u64, Option<u32>),
    /// The row within the block from 0, in a format without lines.
    Row(u64),
}

/// The first cell that is wrong in one way, and how many more are wrong in the same way in the same column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    wrong: Wrong,
    /// The wanted column; none where it is about the row.
    wanted: Option<usize>,
    place: Place,
    /// The cell.
    shown: String,
    more: u64,
}

/// All that is wrong in one block.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Troubles(Vec<Trouble>);

impl Troubles {
    /// Something is wrong with the line that comes next.
    pub fn with_next_line(wrong: Wrong) -> Self {
        let mut troubles = Self::default();
        troubles.note(wrong, None, || (Place::Line(0, None), String::new()));
        troubles
    }

    /// Whether nothing is.
    pub fn none(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what is wrong; `tell` says where it is, and shows the cell, and is only asked for the first of its kind.
    pub fn note(&mut self, wrong: Wrong, wanted: Option<usize>, tell: impl FnOnce() -> (Place, String)) {
        let alike = |known: &&mut Trouble| known.wrong == wrong && known.wanted == wanted;
        if let Some(known) = self.0.iter_mut().find(alike) {
            known.more += 1;
            return;
        }
        let (place, shown) = tell();
        self.0.push(Trouble { wrong, wanted, place, shown, more: 0 });
    }

    /// The findings, for a block that begins after so many lines and rows of its file.
    pub fn findings(&self, path: &str, columns: &[String], lines: u64, rows: u64) -> Vec<Finding> {
        let mut troubles: Vec<&Trouble> = self.0.iter().collect();
        troubles.sort_by_key(|trouble| match trouble.place {
            Place::Line(line, column) => (line, column),
            Place::Row(row) => (row, None),
        });
        troubles.into_iter().map(|trouble| trouble.finding(path, columns, lines, rows)).collect()
    }
}

// The codes of what is wrong with cells and rows.
const MISSING: &str = "table-value-missing";
const NUMBER: &str = "table-number";
const ENCODING: &str = "table-encoding";
const NESTED: &str = "table-value-nested";
const TWICE: &str = "table-column-twice";
const ROW: &str = "table-row";
const QUOTE: &str = "table-quote";
const LONG: &str = "table-line-too-long";
const JSON: &str = "table-json";
/// What to do about what is no number.
pub const PLAIN_NUMBER: &str = "write numbers with a point and without units, or name another column";
/// What a column of labels cannot be.
pub const LABELS: &str = "table-labels";

impl Trouble {
    fn finding(&self, path: &str, columns: &[String], lines: u64, rows: u64) -> Finding {
        let name = self.wanted.and_then(|wanted| columns.get(wanted)).map_or("", String::as_str);
        let (code, mut message, help) = self.words(&clipped(name));
        if self.more > 0 {
            message.push_str(&format!("; and at least {} more", self.more));
        }
        let mut finding = match self.place {
            Place::Line(line, column) => {
                let line = u32::try_from(lines + line + 1).unwrap_or(u32::MAX);
                Finding::error(code, message).at_line(line, column)
            }
            Place::Row(row) => Finding::error(code, format!("row {}: {message}", rows + row + 1)),
        };
        if !help.is_empty() {
            finding = finding.help(help);
        }
        finding.at_path(path)
    }

    /// The code, the message, and what to do.
    fn words(&self, name: &str) -> (&'static str, String, &'static str) {
        let shown = clipped(&self.shown);
        match &self.wrong {
            Wrong::Missing if shown.trim().is_empty() => (
                MISSING,
                format!("the column «{name}» has no value here"),
                "leave the row out, or write a value that stands for it",
            ),
            Wrong::Missing => (
                MISSING,
                format!("the column «{name}» has «{shown}» here, which is how a missing value is written"),
                "leave the row out, or write a value that stands for it",
            ),
            Wrong::NotNumber => (
                NUMBER,
                format!("«{shown}» in the column «{name}» is no number"),
                if has_decimal_comma(&self.shown) {
                    "write the fraction after a point, not a comma"
                } else {
                    PLAIN_NUMBER
                },
            ),
            Wrong::NotUtf8 if self.wanted.is_none() => {
                (ENCODING, "this line is not UTF-8".into(), "write the file with encoding=\"utf-8\"")
            }
            Wrong::NotUtf8 => (
                ENCODING,
                format!("«{shown}» in the column «{name}» is not UTF-8"),
                "write the file with encoding=\"utf-8\"",
            ),
            Wrong::Nested => (
                NESTED,
                format!("the column «{name}» has a list or an object here, not a value"),
                "write a field for each value",
            ),
            Wrong::Absent => {
                (MISSING, format!("this row has no field «{name}»"), "write every field in every row")
            }
            Wrong::Twice => (TWICE, format!("this row has the field «{name}» twice"), "write it once"),
            Wrong::Fields(fields, columns) => (
                ROW,
                format!("this row has {}, and the header has {columns}", counted(*fields)),
                "a field with the delimiter or a line break in it must be quoted",
            ),
            Wrong::OpenQuote => (
                QUOTE,
                "a quote is opened here and never closed".into(),
                "within a quoted field, write a quote twice",
            ),
            Wrong::TooLong(most) => (
                LONG,
                format!("this line is longer than {}", crate::number::bytes(*most as u64)),
                "is it a table of this format, with a line for each row, and is every quote closed?",
            ),
            Wrong::LongLabel(most) => (
                LABELS,
                format!(
                    "«{shown}» in the column «{name}» is longer than {most} bytes, so it names no class or group"
                ),
                "name another column",
            ),
            Wrong::Json(why) => (
                JSON,
                format!("this line is no JSON object: {}", clipped(why)),
                "write one object a line; NaN and Infinity are no JSON: leave the row out, or in a data set write null",
            ),
        }
    }
}

fn counted(fields: usize) -> String {
    crate::number::counted(fields, "field", "fields")
}

fn has_decimal_comma(cell: &str) -> bool {
    cell.matches(',').count() == 1 && super::cell::number(cell.replace(',', ".").as_bytes()).is_ok()
}

/// As much of a text as fits a sentence, on one line.
pub fn clipped(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String =
        text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}
