//! CSV and TSV: RFC 4180 as everybody reads it. A quote opens a field where the field begins, and two within are one;
//! lines end with LF or CRLF; blank lines are no rows; the delimiter is the one with which the header has what is wanted.

use std::ops::Range;
use std::sync::Arc;

use crate::finding::Finding;

use super::Wanted;
use super::blocks::{Blocks, Ends};
use super::cell::Filling;
use super::columns::Sight;
use super::drive::{Parsed, Shared, Source, Unit};
use super::fields::Fields;
use super::folders::Key;
use super::further::{Reach, look_on};
use super::header::{self, Places};
use super::lenient::impression::Impression;
use super::records::Records;
use super::text::{begin, empty};
use super::trouble::{Stop, Troubles};

/// A file of rows with delimiters.
pub struct Delimited<'a> {
    blocks: Blocks,
    layout: Arc<Layout>,
    shared: Shared<'a>,
    lines: u64,
}

/// What the rows of a file are like.
#[derive(Debug, Clone)]
struct Layout {
    delimiter: u8,
    /// How many columns.
    width: usize,
    /// Where the wanted columns are.
    places: Places,
}

impl<'a> Delimited<'a> {
    /// Reads the header. `first` is the delimiter to try first.
    pub fn open(
        mut blocks: Blocks,
        path: &str,
        first: u8,
        keys: &[Key],
        shared: Shared<'a>,
    ) -> Result<Self, Stop> {
        let (delimiter, header) = head(&mut blocks, path, first, shared.wanted)?;
        let places = header.places(keys, shared.wanted).map_err(|findings| header.told(findings, path))?;
        blocks.skip(header.end);
        let layout = Arc::new(Layout { delimiter, width: header.names.len(), places });
        Ok(Self { blocks, layout, shared, lines: header.lines })
    }
}

/// Reads the header, and answers the delimiter, too.
fn head(blocks: &mut Blocks, path: &str, first: u8, wanted: &[Wanted]) -> Result<(u8, Header), Stop> {
    begin(blocks, path)?;
    blocks.peek(|text| memchr::memchr(b'\n', text))?;
    let delimiter = delimiter(blocks.peeked(), first, wanted);
    let whole = blocks.peek(|text| Header::read(text, delimiter).filter(|header| header.whole))?;
    let header = whole.or_else(|| Header::read(blocks.peeked(), delimiter));
    blocks.set_ends(Ends::Records(delimiter));
    Ok((delimiter, header.ok_or_else(|| empty(path))?))
}

/// The columns, and what the first rows look like.
pub fn look(mut blocks: Blocks, path: &str, first: u8, reach: Reach) -> Result<Sight, Stop> {
    let (delimiter, header) = head(&mut blocks, path, first, &[])?;
    header.check().map_err(|finding| header.told(vec![*finding], path))?;
    let mut guesses = vec![Impression::default(); header.names.len()];
    guess(blocks.peek_records(header.end)?, delimiter, 0..reach.rows as u64, &mut guesses);
    let see =
        |block: &[u8], before, guesses: &mut [Impression]| guess(block, delimiter, before..u64::MAX, guesses);
    let goes_on = look_on(&mut blocks, header.end, reach.blocks, &mut guesses, see);
    Ok(Sight { line: Some(header.line), goes_on, ..Sight::of_text(header.names, guesses) })
}

/// Looks at rows with these numbers, from 0, up to one that has another shape: what is wrong with it is told when it is read.
/// Answers how many there were.
fn guess(text: &[u8], delimiter: u8, rows: Range<u64>, guesses: &mut [Impression]) -> u64 {
    let mut fields = Fields::new(text, delimiter);
    let mut row = rows.start;
    let mut column = 0;
    while let Some(field) = fields.next() {
        if column == 0 && field.last && field.content.is_blank() {
            continue;
        }
        let (Some(guess), Some(cell)) = (guesses.get_mut(column), field.content.cell()) else { break };
        guess.see(row + 1, &cell);
        column += 1;
        if field.last {
            row += 1;
            if column != guesses.len() || row == rows.end {
                break;
            }
            column = 0;
        }
    }
    row - rows.start
}

impl<'a> Source<'a> for Delimited<'a> {
    fn lines(&self) -> u64 {
        self.lines
    }

    fn next(&mut self) -> Result<Option<Unit<'a>>, Stop> {
        let Some(block) = self.blocks.next()? else { return Ok(None) };
        let (layout, shared) = (Arc::clone(&self.layout), self.shared);
        Ok(Some(Unit::Block(Box::new(move || parse(&block, &layout, shared)))))
    }
}

/// Parses a block of whole records.
fn parse(block: &[u8], layout: &Layout, shared: Shared<'_>) -> Parsed {
    let Layout { delimiter, width, places } = layout;
    let mut troubles = Troubles::default();
    let records = Records::find(block, *delimiter, *width, &mut troubles);
    let mut filling = shared.fillings(records.rows as usize);
    records.fill(&places.columns, &mut filling, &mut troubles);
    places.constants.iter().for_each(|constant| constant.fill(&mut filling, records.rows));
    Parsed {
        rows: records.rows,
        lines: records.lines,
        columns: filling.into_iter().map(Filling::finish).collect(),
        troubles,
    }
}

/// The first row.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    names: Vec<String>,
    /// Its line, from 1.
    line: u32,
    /// The lines up to its end.
    lines: u64,
    /// The bytes up to its end.
    end: usize,
    /// Whether its end is known, and not only that of the text.
    whole: bool,
    /// Whether a quote opens in it that never closes.
    open: bool,
}

impl Header {
    /// Reads it out of the beginning of a file; none where nothing but blank lines is there.
    fn read(text: &[u8], delimiter: u8) -> Option<Self> {
        let mut fields = Fields::new(text, delimiter);
        let mut names = Vec::new();
        let mut line = 0;
        while let Some(field) = fields.next() {
            if names.is_empty() {
                if field.last && field.content.is_blank() {
                    continue;
                }
                line = line_of(text, field.start);
            }
            let name = field.content.cell();
            names.push(String::from_utf8_lossy(name.as_deref().unwrap_or_default()).into_owned());
            if field.last {
                let whole = fields.position() <= text.len();
                let open = name.is_none();
                let end = fields.position().min(text.len());
                return Some(Self { names, line, lines: fields.lines, end, whole, open });
            }
        }
        None
    }

    /// Where the wanted columns are, or what is wrong with it.
    fn places(&self, keys: &[Key], wanted: &[Wanted]) -> Result<Places, Vec<Finding>> {
        self.check().map_err(|finding| vec![*finding])?;
        header::places(&self.names, keys, wanted)
    }

    /// Whether it is none.
    fn check(&self) -> Result<(), Box<Finding>> {
        if self.open {
            let finding = Finding::error("table-quote", "a quote is opened in the header and never closed");
            return Err(finding.help("within a quoted field, write a quote twice").into());
        }
        if self.names.iter().any(|name| name.contains('\r')) {
            let finding =
                Finding::error("table-format", "the lines end with CR alone, as on no system of today");
            return Err(finding.help("end lines with LF or CRLF").into());
        }
        Ok(())
    }

    /// What is wrong with it, with its place.
    fn told(&self, findings: Vec<Finding>, path: &str) -> Stop {
        let place = |finding: Finding| finding.at_path(path).at_line(self.line, None);
        Stop::Findings(findings.into_iter().map(place).collect())
    }
}

fn line_of(text: &[u8], at: usize) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', &text[..at]).count() + 1).unwrap_or(u32::MAX)
}

/// The delimiter with which most of the wanted columns are there, then the one with which there are most.
fn delimiter(text: &[u8], first: u8, wanted: &[Wanted]) -> u8 {
    let candidates = [first, b',', b'\t', b';', b'|'];
    let suits = |delimiter: u8| {
        let names = Header::read(text, delimiter).map(|header| header.names).unwrap_or_default();
        (header::found(&names, wanted), names.len())
    };
    // Of equals the last is the greatest, and the first should be.
    candidates.into_iter().rev().max_by_key(|candidate| suits(*candidate)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_header_is_read_up_to_its_end() {
        let header = Header::read(b"\n\r\n\"a\nb\",c\r\n1,2\n", b',').expect("a header");
        assert_eq!(
            (&*header.names, header.line, header.lines, header.end),
            (&["a\nb".into(), "c".into()][..], 3, 4, 12)
        );
        assert!(header.whole && !header.open);
        let header = Header::read(b"a,b", b',').expect("a header");
        assert_eq!((header.names.len(), header.end, header.whole), (2, 3, false));
        assert_eq!(Header::read(b"\n\n", b','), None);
        assert!(Header::read(b"\"a,b\n", b',').expect("a header").open);
    }

    #[test]
    fn the_delimiter_is_the_one_with_which_the_columns_are_there() {
        let wanted =
            ["y", "p"].map(|column| Wanted { column: column.into(), kind: super::super::Kind::Label });
        for (header, first, expected) in [
            ("y,p\n", b',', b','),
            ("y;p;a,b,c,d\n", b',', b';'),
            ("y\tp\n", b',', b'\t'),
            ("y|p\n", b',', b'|'),
            ("y,p\n", b'\t', b','),
            ("q,r;s;t\n", b',', b';'),
            ("q\n", b'\t', b'\t'),
        ] {
            assert_eq!(delimiter(header.as_bytes(), first, &wanted), expected, "{header}");
        }
    }
}
