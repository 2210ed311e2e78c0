//! Where the wanted fields of a block are, and what is made of them.
//!
//! First the fields are found, row by row; then each column is parsed from its first row to its last. What a column
//! holds is asked once a block and not once a field, and what it needs stays near.

use std::borrow::Cow;

use memchr::memchr;

use super::cell::Filling;
use super::fields::{Content, Field, Fields, QUOTE, place};
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
        let Shape { delimiter, width, wanted } = shape;
        let mut fields = Fields::new(block, delimiter);
        // A field takes two bytes at least, and rows are seldom as short as that.
        let mut spans = Vec::with_capacity(block.len() / (width * 2).max(16) * wanted.len());
        let (mut rows, mut column, mut record, mut next) = (0, 0, 0, 0);
        while let Some(field) = fields.next() {
            if column == 0 {
                record = field.start;
                if field.last && field.content.is_blank() {
                    continue;
                }
            }
            while wanted.get(next).is_some_and(|(at, _)| *at == column) {
                spans.push(Span::of(&field));
                next += 1;
            }
            column += 1;
            if !field.last {
                continue;
            }
            if matches!(field.content, Content::Open) {
                troubles.note(Wrong::OpenQuote, None, || (place(block, field.start), String::new()));
                break;
            }
            if column != width {
                troubles.note(Wrong::Fields(column, width), None, || (place(block, record), String::new()));
                break;
            }
            rows += 1;
            (column, next) = (0, 0);
        }
        Self { block, delimiter, width: wanted.len(), spans, rows, lines: fields.lines }
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
