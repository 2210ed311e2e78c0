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
    const fn between(start: usize, end: usize) -> Self {
        // No block is as long as what is cut off here.
        Self { start: start as u32, end: end as u32 }
    }

    #[inline]
    fn of(field: &Field<'_>) -> Self {
        let span = Self::between(field.start, field.start + field.content.length());
        match field.content {
            Content::Plain(_) => span,
            _ => Self { end: span.end | QUOTED, ..span },
        }
    }
}

/// The fields of the rows of a block.
pub struct Records<'a> {
    block: &'a [u8],
    delimiter: u8,
    /// How many fields a row has.
    width: usize,
    /// Those of the first row, then those of the second.
    spans: Vec<Span>,
    /// How many rows.
    pub rows: u64,
    /// How many lines.
    pub lines: u64,
}

impl<'a> Records<'a> {
    /// Finds the fields of a block of whole records of so many fields each, up to a row of another shape, which is noted:
    /// behind it it is not known which cell is in which column.
    pub fn find(block: &'a [u8], delimiter: u8, width: usize, troubles: &mut Troubles) -> Self {
        let mut finding = Finding::new(block, delimiter, width);
        let lines = finding.all_plain(troubles).unwrap_or_else(|| {
            finding = Finding::new(block, delimiter, width);
            finding.all(troubles)
        });
        let Finding { spans, rows, .. } = finding;
        Self { block, delimiter, width, spans, rows, lines }
    }

    /// Fills columns with the fields that are wanted, of which each goes into a slot, and notes what is wrong with cells.
    pub fn fill(&self, wanted: &[(usize, usize)], columns: &mut [Filling<'_>], troubles: &mut Troubles) {
        for (at, slot) in wanted {
            let cells = Cells { of: self, at: *at };
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
struct Finding<'a> {
    block: &'a [u8],
    delimiter: u8,
    width: usize,
    spans: Vec<Span>,
    rows: u64,
}

impl<'a> Finding<'a> {
    fn new(block: &'a [u8], delimiter: u8, width: usize) -> Self {
        // A field takes two bytes at least, and rows are seldom as short as that.
        let rows = block.len() / (width * 2).max(16);
        Self { block, delimiter, width, spans: Vec::with_capacity(rows * width), rows: 0 }
    }

    /// Ends a row of so many fields that began there, and says whether it has the right shape.
    #[inline]
    fn is_row(&mut self, fields: usize, start: usize, troubles: &mut Troubles) -> bool {
        if fields != self.width {
            let wrong = Wrong::Fields(fields, self.width);
            troubles.note(wrong, None, || (place(self.block, start), String::new()));
            return false;
        }
        self.rows += 1;
        true
    }

    /// Finds all, and answers how many lines there are.
    fn all(&mut self, troubles: &mut Troubles) -> u64 {
        let mut fields = Fields::new(self.block, self.delimiter);
        let (mut found, mut row) = (0, 0);
        while let Some(field) = fields.next() {
            if found == 0 {
                row = field.start;
                if field.last && field.content.is_blank() {
                    continue;
                }
            }
            self.spans.push(Span::of(&field));
            found += 1;
            if field.last && matches!(field.content, Content::Open) {
                troubles.note(Wrong::OpenQuote, None, || (place(self.block, field.start), String::new()));
                break;
            }
            if field.last && !self.is_row(std::mem::take(&mut found), row, troubles) {
                break;
            }
        }
        fields.lines
    }

    /// The same of a block without quotes, in which every mark ends a field. None at a quote.
    fn all_plain(&mut self, troubles: &mut Troubles) -> Option<u64> {
        let Self { block, delimiter, .. } = *self;
        let mut marks = Marks::new(block, [delimiter, b'\n', QUOTE]);
        let (mut row, mut lines, mut goes_on) = (Row::default(), 0, true);
        // Those of 64 bytes are put together here: to change what lies behind a reference takes longer than all else.
        let mut spans = [Span { start: 0, end: 0 }; 64];
        while goes_on && let Some((first, mut mask)) = marks.of_64() {
            let mut found = 0;
            while goes_on && mask != 0 {
                let at = first + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if block[at] == delimiter {
                    spans[found % 64] = Span::between(row.start, at);
                    found += 1;
                    row = Row { start: at + 1, fields: row.fields + 1, ..row };
                    continue;
                }
                if block[at] == QUOTE {
                    return None;
                }
                lines += 1;
                if let Some(last) = self.last(row, at) {
                    spans[found % 64] = last;
                    found += 1;
                    goes_on = self.is_row(row.fields + 1, row.begin, troubles);
                }
                row = Row { begin: at + 1, start: at + 1, fields: 0 };
            }
            // In steps of one size, which takes less than a copy of any size.
            let until = self.spans.len() + found;
            for eight in spans.as_chunks::<8>().0.iter().take(found.div_ceil(8)) {
                self.spans.extend_from_slice(eight);
            }
            self.spans.truncate(until);
        }
        // Where the text does not end with a line break, its end is the record's, too.
        if goes_on
            && !block.ends_with(b"\n")
            && let Some(last) = self.last(row, block.len())
        {
            self.spans.push(last);
            self.is_row(row.fields + 1, row.begin, troubles);
        }
        Some(lines)
    }

    /// The last field of a row that ends there. None of a blank line, which is no row.
    #[inline]
    fn last(&self, row: Row, at: usize) -> Option<Span> {
        let end = at - usize::from(self.block[row.start..at].ends_with(b"\r"));
        (row.fields > 0 || end > row.start).then(|| Span::between(row.start, end))
    }
}

/// A row of which not all fields are found.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    /// Where it begins.
    begin: usize,
    /// Where its next field begins.
    start: usize,
    /// How many fields are found.
    fields: usize,
}

/// The cells of one column, from the first row on.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    of: &'a Records<'a>,
    /// Which field of each row.
    at: usize,
}

impl Cells<'_> {
    /// Hands out each. Not an iterator: a cell may be text that nobody else owns.
    #[inline]
    pub fn each(self, mut take: impl FnMut(Span, &[u8])) {
        let Self { of, at } = self;
        for row in of.spans.chunks_exact(of.width).take(of.rows as usize) {
            let span = row[at];
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
        fn blocks_without_quotes_are_no_others(text in "([a-c]{0,3}(,|;|\n|\r\n|\r)?){0,60}", width in 1_usize..4) {
            let found = |is_plain: bool| {
                let mut troubles = Troubles::default();
                let mut finding = Finding::new(text.as_bytes(), b',', width);
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
