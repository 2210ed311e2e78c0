//! Fields of delimited text, one after the other.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};

use super::marks::Marks;
use super::trouble::Place;

/// What opens a field, and closes it.
pub const QUOTE: u8 = b'"';

/// Reads fields.
pub struct Fields<'a> {
    bytes: &'a [u8],
    marks: Marks<'a>,
    /// Where the next field begins.
    next: usize,
    /// How many line breaks there were.
    pub lines: u64,
}

/// A field.
#[derive(Debug)]
pub struct Field<'a> {
    /// Where it begins.
    pub start: usize,
    /// What is in it.
    pub content: Content<'a>,
    /// Whether it is the last of its record.
    pub last: bool,
}

/// What is in a field.
#[derive(Debug)]
pub enum Content<'a> {
    /// This.
    Plain(&'a [u8]),
    /// This without the quotes that are doubled, and what stands between the closing quote and the field's end.
    Quoted(&'a [u8], &'a [u8]),
    /// A quote opens it that never closes.
    Open,
}

impl<'a> Fields<'a> {
    /// From the beginning of a record.
    pub fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Self { bytes, marks: Marks::new(bytes, [delimiter, b'\n', QUOTE]), next: 0, lines: 0 }
    }

    /// The next field; none at the end. Where the text does not end with a line break, its end is the record's, too.
    #[expect(
        clippy::inline_always,
        reason = "measured: a call hands a field over in memory, and waits for it"
    )]
    #[inline(always)]
    pub fn next(&mut self) -> Option<Field<'a>> {
        let start = self.next;
        match self.marks.next() {
            Some(at) if self.bytes[at] != QUOTE => Some(self.plain(start, at)),
            mark => self.seldom(start, mark),
        }
    }

    #[inline]
    fn plain(&mut self, start: usize, at: usize) -> Field<'a> {
        self.next = at + 1;
        let last = self.passed(self.bytes[at]);
        Field { start, content: Content::Plain(self.content(start, at, last)), last }
    }

    /// A field in which there is a quote, or that nothing ends.
    #[inline(never)]
    fn seldom(&mut self, start: usize, mut mark: Option<usize>) -> Option<Field<'a>> {
        loop {
            let Some(at) = mark else { return self.rest(start) };
            match self.bytes[at] {
                QUOTE if at == start => return Some(self.quoted(start)),
                // Elsewhere it is a letter.
                QUOTE => mark = self.marks.next(),
                _ => return Some(self.plain(start, at)),
            }
        }
    }

    /// Where the next field begins.
    pub fn position(&self) -> usize {
        self.next
    }

    /// Whether the mark ends a record, in which case a line is over, too.
    #[inline]
    fn passed(&mut self, mark: u8) -> bool {
        let last = mark == b'\n';
        self.lines += u64::from(last);
        last
    }

    /// What is between two places, without the CR of a CRLF.
    #[inline]
    fn content(&self, start: usize, end: usize, last: bool) -> &'a [u8] {
        let content = &self.bytes[start..end];
        if last { content.strip_suffix(b"\r").unwrap_or(content) } else { content }
    }

    #[cold]
    fn rest(&mut self, start: usize) -> Option<Field<'a>> {
        let end = self.bytes.len();
        // Behind a line break there is nothing, behind a delimiter there is an empty field.
        let over = start > end || (start == end && self.bytes.last().is_none_or(|byte| *byte == b'\n'));
        self.next = end + 1;
        (!over).then(|| Field { start, content: Content::Plain(self.content(start, end, true)), last: true })
    }

    fn quoted(&mut self, start: usize) -> Field<'a> {
        let Some(close) = self.close() else {
            self.next = self.bytes.len() + 1;
            return Field { start, content: Content::Open, last: true };
        };
        let ending = loop {
            match self.marks.next() {
                Some(at) if self.bytes[at] == QUOTE => {}
                ending => break ending,
            }
        };
        let (end, last) = match ending {
            Some(at) => (at, self.passed(self.bytes[at])),
            None => (self.bytes.len(), true),
        };
        self.next = end + 1;
        let content = Content::Quoted(&self.bytes[start + 1..close], self.content(close + 1, end, last));
        Field { start, content, last }
    }

    /// The quote that closes the field that has been opened.
    fn close(&mut self) -> Option<usize> {
        loop {
            let at = self.marks.next()?;
            match self.bytes[at] {
                QUOTE if self.bytes.get(at + 1) == Some(&QUOTE) => {
                    self.marks.next();
                }
                QUOTE => return Some(at),
                mark => {
                    self.passed(mark);
                }
            }
        }
    }
}

impl<'a> Content<'a> {
    /// The text of the cell; none where it has no end.
    #[inline]
    pub fn cell(&self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Plain(cell) => Some(Cow::Borrowed(cell)),
            Self::Quoted(cell, []) if memchr(QUOTE, cell).is_none() => Some(Cow::Borrowed(cell)),
            Self::Quoted(cell, tail) => Some(Cow::Owned(unquoted(cell, tail))),
            Self::Open => None,
        }
    }

    /// How long the field is, with its quotes.
    #[inline]
    pub fn length(&self) -> usize {
        match self {
            Self::Plain(cell) => cell.len(),
            Self::Quoted(cell, tail) => cell.len() + tail.len() + 2,
            Self::Open => 0,
        }
    }

    /// Whether nothing at all is there, not even quotes.
    #[inline]
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Plain([]))
    }
}

fn unquoted(cell: &[u8], tail: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(cell.len() + tail.len());
    let mut bytes = cell.iter();
    while let Some(byte) = bytes.next() {
        text.push(*byte);
        if *byte == QUOTE {
            bytes.next();
        }
    }
    text.extend_from_slice(tail);
    text
}

/// Where a byte is: lines from 0, columns in characters from 1.
pub fn place(bytes: &[u8], at: usize) -> Place {
    let before = &bytes[..at.min(bytes.len())];
    let line = memchr_iter(b'\n', before).count() as u64;
    let start = memrchr(b'\n', before).map_or(0, |line_break| line_break + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    Place::Line(line, u32::try_from(column).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn records(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut fields = Fields::new(text, b',');
        let mut records = Vec::new();
        let mut record = Vec::new();
        while let Some(field) = fields.next() {
            let blank = record.is_empty() && field.last && field.content.is_blank();
            if !blank {
                record.push(field.content.cell().unwrap_or_default().into_owned());
            }
            if field.last && !blank {
                records.push(std::mem::take(&mut record));
            }
        }
        records
    }

    /// What the csv crate makes of it.
    fn expected(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
    }

    #[test]
    fn fields_are_what_they_should_be() {
        let cases: [(&str, &[&[&str]]); 8] = [
            ("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]),
            ("a,b\r\n1,2\r\n", &[&["a", "b"], &["1", "2"]]),
            ("a,b\n1,", &[&["a", "b"], &["1", ""]]),
            ("\"x,\ny\",\"a\"\"b\"\n", &[&["x,\ny", "a\"b"]]),
            ("5\" wide,\"p\"q\r\n", &[&["5\" wide", "pq"]]),
            ("\n\r\na\n\n\"\"\n", &[&["a"], &[""]]),
            ("\"a\r\n\"\r\n", &[&["a\r\n"]]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<Vec<Vec<u8>>> = expected
                .iter()
                .map(|record| record.iter().map(|field| field.as_bytes().to_vec()).collect())
                .collect();
            assert_eq!(records(text.as_bytes()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_csv_crate(text in "([a\u{e9},]{0,9}|\"([a,\n]|\"\"){0,9}\"|[a\"]{0,3}|\n|,|\r\n){0,40}") {
            // A quote that never closes ends in nothing here, and in whatever came of it there.
            let mut fields = Fields::new(text.as_bytes(), b',');
            let open = std::iter::from_fn(|| fields.next()).any(|field| matches!(field.content, Content::Open));
            // A CR that is not before a LF ends a line there; here it is a letter.
            let lone = text.replace("\r\n", "").contains('\r');
            prop_assume!(!open && !lone && !text.ends_with('\r'));
            prop_assert_eq!(records(text.as_bytes()), expected(text.as_bytes()));
            prop_assert_eq!(fields.lines, text.matches('\n').count() as u64);
        }
    }
}
