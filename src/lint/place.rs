//! From a byte offset to the line and column that a person sees.

use std::cell::Cell;

/// A text and where its lines begin; made only when there is something to place.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Where the last count ended: the offset and the characters before it in its line. A line of a
    /// million errors is counted once and not a million times.
    counted: Cell<(usize, usize)>,
}

impl<'a> Lines<'a> {
    /// Finds the lines. `\n`, `\r\n` and a lone `\r` each end one, as in Python.
    pub(super) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = |index: &usize| match bytes[*index] {
            b'\n' => true,
            b'\r' => bytes.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|end| end + 1)).collect();
        Self { text, starts, counted: Cell::new((0, 0)) }
    }

    /// The line and the column in characters, both from 1, of a byte offset.
    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let (start, offset) = (self.starts[line - 1], offset.min(self.text.len()));
        let (from, before) = match self.counted.get() {
            (end, before) if start <= end && end <= offset => (end, before),
            _ => (start, 0),
        };
        let before = before + characters(self.text.as_bytes().get(from..offset).unwrap_or_default());
        self.counted.set((offset, before));
        (number(line), number(before + 1))
    }
}

/// How many characters begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// The line and the column of a byte in bytes that are UTF-8 at least up to there.
pub(super) fn place_in_bytes(bytes: &[u8], offset: usize) -> (u32, u32) {
    let text = bytes.get(..offset).map_or("", |valid| std::str::from_utf8(valid).unwrap_or_default());
    Lines::of(text).place(text.len())
}

/// Files have fewer lines than this can count, and those that have more stay at the end of it.
pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_whatever_ends_a_line() {
        let lines = Lines::of("é = 1\r\nü\rx\n");
        assert_eq!(lines.place(0), (1, 1));
        assert_eq!(lines.place("é ".len()), (1, 3));
        assert_eq!(lines.place("é = 1\r\n".len()), (2, 1));
        assert_eq!(lines.place("é = 1\r\nü\r".len()), (3, 1));
        assert_eq!(lines.place(999), (4, 1));
        assert_eq!(lines.place("é ".len()), (1, 3), "backwards as well");
        assert_eq!(lines.place("é =".len()), (1, 4));
        assert_eq!(Lines::of("").place(0), (1, 1));
    }
}
