//! Where the wanted fields of a block are, and what is made of them.
//!
//! First the fields are found, row by row; then each column is parsed from its first row to its last. What a column
//! holds is asked once a block and not once a field, and what it needs stays near.

use std::borrow::Cow;

use memchr::memchr;

use super::cell::Filling;
use super::fields::{Content, Field, Fields, QUOTE, place};
use super::marks::Marks;
use super::trouble::{Troubles, Wrong};

/// A field of a block.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Where it begins.
    start: u32,
    /// Where it ends, and [`QUOTED`] where it begins with a quote.
    end: u32,
}

/// No block is as long.
const QUOTED: u32 = 1 << 31;

impl Span {
    #[inline]
    fn of(field: &Field<'_>) -> Self {
        // No block is as long as what is cut off here.
        let start = field.start as u32;
        let end = start + field.content.length() as u32;
        match field.content {
            Content::Plain(_) => Self { start, end },
            _ => Self { start, end: end | QUOTED },
        }
    }
}

/// The wanted fields of the rows of a block.
pub struct Records<'a> {
    block: &'a [u8],
    delimiter: u8,
    /// How many fields of a row are wanted.
    width: usize,
    /// Those of the first row, then those of the second.
    spans: Vec<Span>,
    /// How many rows.
    pub rows: u64,
    /// How many lines.
    pub lines: u64,
}

/// What the rows of a file are like.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// What is between two fields.
    pub delimiter: u8,
    /// How many fields a row has.
    pub width: usize,
    /// Where the wanted fields are, ascending; a field may be wanted more than once. With each what it is wanted for.
    pub wanted: &'a [(usize, usize)],
}

impl<'a> Records<'a> {
    /// Finds the fields of a block of whole records, up to a row of another shape, which is noted: behind it it is not
    /// known which cell is in which column.
    pub fn find(block: &'a [u8], shape: Shape<'_>, troubles: &mut Troubles) -> Self {
        let mut finding = Finding::new(block, shape);
        let lines = finding.all_plain(troubles).unwrap_or_else(|| {
            finding = Finding::new(block, shape);
            finding.all(troubles)
        });
        let Finding { spans, rows, .. } = finding;
        Self { block, delimiter: shape.delimiter, width: shape.wanted.len(), spans, rows, lines }
    }

    /// Fills columns, and notes what is wrong with cells.
    pub fn fill(&self, wanted: &[(usize, usize)], columns: &mut [Filling<'_>], troubles: &mut Troubles) {
        for (nth, (_, slot)) in wanted.iter().enumerate() {
            let cells = Cells { of: self, nth };
            columns[*slot].extend(cells, |span, wrong, cell| {
                let tell =
                    || (place(self.block, span.start as usize), String::from_utf8_lossy(cell).into_owned());
                troubles.note(wrong, Some(*slot), tell);
            });
        }
    }

    /// What is in a field that begins with a quote.
    #[inline(never)]
    fn quoted(&self, span: Span) -> Cow<'a, [u8]> {
        let field = &self.block[span.start as usize..(span.end & !QUOTED) as usize];
        match field {
            [QUOTE, cell @ .., QUOTE] if memchr(QUOTE, cell).is_none() => Cow::Borrowed(cell),
            _ => {
                let field = Fields::new(field, self.delimiter).next();
                field.and_then(|field| field.content.cell()).unwrap_or_default()
            }
        }
    }
}

/// Fields while they are found.
struct Finding<'a, 'w> {
    block: &'a [u8],
    shape: Shape<'w>,
    spans: Vec<Span>,
    /// Which of the wanted fields comes next.
    next: usize,
    /// The fields of the row so far.
    fields: usize,
    rows: u64,
}

impl<'a, 'w> Finding<'a, 'w> {
    fn new(block: &'a [u8], shape: Shape<'w>) -> Self {
        // A field takes two bytes at least, and rows are seldom as short as that.
        let rows = block.len() / (shape.width * 2).max(16);
        let spans = Vec::with_capacity(rows * shape.wanted.len());
        Self { block, shape, spans, next: 0, fields: 0, rows: 0 }
    }

    #[inline]
    fn field(&mut self, span: Span) {
        while self.shape.wanted.get(self.next).is_some_and(|(at, _)| *at == self.fields) {
            self.spans.push(span);
            self.next += 1;
        }
        self.fields += 1;
    }

    /// Ends a row that began there, and says whether it has the right shape.
    #[inline]
    fn is_row(&mut self, start: usize, troubles: &mut Troubles) -> bool {
        if self.fields != self.shape.width {
            let wrong = Wrong::Fields(self.fields, self.shape.width);
            troubles.note(wrong, None, || (place(self.block, start), String::new()));
            return false;
        }
        self.rows += 1;
        (self.fields, self.next) = (0, 0);
        true
    }

    /// Finds all, and answers how many lines there are.
    fn all(&mut self, troubles: &mut Troubles) -> u64 {
        let mut fields = Fields::new(self.block, self.shape.delimiter);
        let mut row = 0;
        while let Some(field) = fields.next() {
            if self.fields == 0 {
                row = field.start;
                if field.last && field.content.is_blank() {
                    continue;
                }
            }
            self.field(Span::of(&field));
            if field.last && matches!(field.content, Content::Open) {
                troubles.note(Wrong::OpenQuote, None, || (place(self.block, field.start), String::new()));
                break;
            }
            if field.last && !self.is_row(row, troubles) {
                break;
            }
        }
        fields.lines
    }

    /// The same of a block without quotes, in which every mark ends a field. None at a quote.
    fn all_plain(&mut self, troubles: &mut Troubles) -> Option<u64> {
        let (block, delimiter) = (self.block, self.shape.delimiter);
        let (mut lines, mut row, mut start) = (0, 0, 0);
        let mut end_field = |at: usize, is_last: bool| {
            let end = if is_last && block[start..at].ends_with(b"\r") { at - 1 } else { at };
            let is_blank = is_last && self.fields == 0 && end == start;
            if !is_blank {
                self.field(Span { start: start as u32, end: end as u32 });
            }
            let goes_on = is_blank || !is_last || self.is_row(row, troubles);
            start = at + 1;
            if is_last {
                row = start;
            }
            goes_on
        };
        let (mut goes_on, mut is_plain) = (true, true);
        Marks::new(block, [delimiter, b'\n', QUOTE]).each(|at| {
            is_plain = block[at] != QUOTE;
            if is_plain {
                let is_last = block[at] == b'\n';
                lines += u64::from(is_last);
                goes_on = end_field(at, is_last);
            }
            is_plain && goes_on
        });
        // Where the text does not end with a line break, its end is the record's, too.
        if is_plain && goes_on && !block.ends_with(b"\n") {
            end_field(block.len(), true);
        }
        is_plain.then_some(lines)
    }
}

/// The cells of one column, from the first row on.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    of: &'a Records<'a>,
    nth: usize,
}

impl Cells<'_> {
    /// Hands out each. Not an iterator: a cell may be text that nobody else owns.
    #[inline]
    pub fn each(self, mut take: impl FnMut(Span, &[u8])) {
        let Self { of, nth } = self;
        for row in of.spans.chunks_exact(of.width).take(of.rows as usize) {
            let span = row[nth];
            if span.end & QUOTED == 0 {
                take(span, &of.block[span.start as usize..span.end as usize]);
            } else {
                take(span, &of.quoted(span));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_without_quotes_are_no_others(text in "([a-c]{0,3}(,|;|\n|\r\n|\r)?){0,30}", width in 1_usize..4, wanted in 1_usize..4) {
            let wanted: Vec<(usize, usize)> = (0..wanted.min(width)).map(|at| (at, at)).collect();
            let shape = Shape { delimiter: b',', width, wanted: &wanted };
            let found = |is_plain: bool| {
                let mut troubles = Troubles::default();
                let mut finding = Finding::new(text.as_bytes(), shape);
                let lines = match is_plain {
                    true => finding.all_plain(&mut troubles),
                    false => Some(finding.all(&mut troubles)),
                };
                let Finding { spans, rows, .. } = finding;
                let spans: Vec<(u32, u32)> = spans.into_iter().map(|span| (span.start, span.end)).collect();
                (spans, rows, lines, format!("{troubles:?}"))
            };
            prop_assert_eq!(found(true), found(false));
        }
    }
}
