//! Text in blocks of whole records.
//!
//! Where a block ends is found while reading, because it takes knowing all quotes before it; what is in the block is
//! then parsed on any thread. Blocks are cut by their size alone, so that they are the same with any number of threads.

use std::io::Read;

use memchr::{memchr, memrchr};

use super::trouble::{Stop, Troubles, Wrong};
use super::unpack;

/// How much is read at a time, and how much a record may need.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The bytes of a block. A record that is larger gets a block of its own.
    pub block: usize,
    /// The bytes of the longest record.
    pub longest: usize,
}

impl Sizes {
    /// Measured: from 256 KiB to 2 MiB the time is the same, and two waves of blocks are in memory.
    pub const USUAL: Self = Self { block: 256 * 1024, longest: 64 * 1024 * 1024 };
}

/// What ends a record.
#[derive(Debug, Clone, Copy)]
pub enum Ends {
    /// Every line break.
    Lines,
    /// A line break that is not within a quoted field; fields end with this byte.
    Records(u8),
}

/// Reads text in blocks.
pub struct Blocks {
    input: Box<dyn Read + Send>,
    path: String,
    sizes: Sizes,
    ends: Ends,
    /// What has been read and not been handed out.
    rest: Vec<u8>,
    ended: bool,
}

impl Blocks {
    /// Blocks of what `input` reads; `path` is for what is wrong with it.
    pub fn new(input: Box<dyn Read + Send>, path: &str, sizes: Sizes) -> Self {
        let path = path.to_owned();
        Self { input, path, sizes, ends: Ends::Lines, rest: Vec::new(), ended: false }
    }

    /// What comes next, as far as `enough` says that it is; all that there is where it never does.
    pub fn peek<T>(&mut self, enough: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Stop> {
        let mut size = self.sizes.block.max(4096);
        loop {
            self.fill(size)?;
            if let Some(found) = enough(&self.rest) {
                return Ok(Some(found));
            }
            if self.ended {
                return Ok(None);
            }
            size = self.larger(size)?;
        }
    }

    /// All that has been peeked at.
    pub fn peeked(&self) -> &[u8] {
        &self.rest
    }

    /// The records that are there as a whole behind so many bytes, one at least where there is one.
    pub fn peek_records(&mut self, from: usize) -> Result<&[u8], Stop> {
        let ends = self.ends;
        let end = self.peek(|bytes| last_end(bytes.get(from..)?, ends))?;
        let rest = self.rest.get(from..).unwrap_or_default();
        Ok(match end {
            Some(end) if !self.ended => &rest[..end],
            _ => rest,
        })
    }

    /// Leaves out what has been peeked at.
    pub fn skip(&mut self, bytes: usize) {
        self.rest.drain(..bytes);
    }

    /// From now on records end so.
    pub fn set_ends(&mut self, ends: Ends) {
        self.ends = ends;
    }

    /// The next block; none at the end.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        let mut size = self.sizes.block;
        loop {
            self.fill(size)?;
            let window = size.min(self.rest.len());
            let last = self.ended && window == self.rest.len();
            let end = if last { Some(window) } else { last_end(&self.rest[..window], self.ends) };
            match end {
                Some(0) => return Ok(None),
                Some(end) => {
                    let after = self.rest.split_off(end);
                    return Ok(Some(std::mem::replace(&mut self.rest, after)));
                }
                None => size = self.larger(size)?,
            }
        }
    }

    fn larger(&self, size: usize) -> Result<usize, Stop> {
        let longest = self.sizes.longest;
        if size >= longest {
            return Err(Stop::Ahead(Troubles::with_next_line(Wrong::TooLong(longest))));
        }
        Ok(size.saturating_mul(2).min(longest))
    }

    /// Reads until so many bytes are there, or the input ends.
    fn fill(&mut self, size: usize) -> Result<(), Stop> {
        let lacking = size.saturating_sub(self.rest.len());
        if lacking == 0 || self.ended {
            return Ok(());
        }
        self.rest.reserve_exact(lacking);
        let read = Read::by_ref(&mut self.input).take(lacking as u64).read_to_end(&mut self.rest);
        self.ended = read.map_err(|error| unpack::failed(&self.path, error))? < lacking;
        Ok(())
    }
}

/// Where the last record ends that is there as a whole.
fn last_end(bytes: &[u8], ends: Ends) -> Option<usize> {
    let quoted = match ends {
        Ends::Records(delimiter) => quoted(bytes, delimiter),
        Ends::Lines => Vec::new(),
    };
    let mut before = bytes.len();
    loop {
        let at = memrchr(b'\n', &bytes[..before])?;
        // The last field that opens before the line break is the only one it can be in.
        let fields = quoted.partition_point(|(open, _)| *open < at);
        match fields.checked_sub(1).and_then(|field| quoted.get(field)) {
            Some((open, close)) if at < *close => before = *open,
            _ => return Some(at + 1),
        }
    }
}

/// Where quoted fields open and close, in bytes that begin with a record. As for all readers of CSV, a quote opens a
/// field where the field begins, and is a letter elsewhere.
fn quoted(bytes: &[u8], delimiter: u8) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut from = 0;
    while let Some(open) = next_quote(bytes, from) {
        let begins = open.checked_sub(1).is_none_or(|before| [delimiter, b'\n'].contains(&bytes[before]));
        if begins {
            let close = closing(bytes, open);
            fields.push((open, close));
            from = close + 1;
        } else {
            from = open + 1;
        }
    }
    fields
}

/// The quote that closes the field that `open` opens, else the end of the bytes. Two quotes are one that is meant.
fn closing(bytes: &[u8], open: usize) -> usize {
    let mut from = open + 1;
    while let Some(quote) = next_quote(bytes, from) {
        if bytes.get(quote + 1) != Some(&b'"') {
            return quote;
        }
        from = quote + 2;
    }
    bytes.len()
}

fn next_quote(bytes: &[u8], from: usize) -> Option<usize> {
    memchr(b'"', bytes.get(from..)?).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn blocks(text: &[u8], block: usize, ends: Ends) -> Vec<Vec<u8>> {
        let input = std::io::Cursor::new(text.to_vec());
        let mut blocks = Blocks::new(Box::new(input), "t.csv", Sizes { block, longest: 1000 });
        blocks.set_ends(ends);
        std::iter::from_fn(|| blocks.next().expect("readable")).collect()
    }

    #[test]
    fn a_line_break_in_quotes_ends_no_block() {
        let text = b"a,\"x\ny\"\nb,\"p\"\"\nq\"\nc,5\" wide\nd\n";
        // A block grows by doubling, so that the last two records are in one.
        let expected = ["a,\"x\ny\"\n", "b,\"p\"\"\nq\"\n", "c,5\" wide\nd\n"];
        assert_eq!(blocks(text, 1, Ends::Records(b',')), expected.map(|block| block.as_bytes().to_vec()));
        assert_eq!(blocks(b"a\nb", 3, Ends::Lines), [b"a\n".to_vec(), b"b".to_vec()]);
    }

    #[test]
    fn a_record_that_never_ends_is_not_read_to_its_end() {
        let input = Box::new(std::io::repeat(b'x'));
        let mut blocks = Blocks::new(input, "t.csv", Sizes { block: 16, longest: 1000 });
        assert!(matches!(blocks.next(), Err(Stop::Ahead(_))));
        assert!(blocks.rest.len() <= 1000);
        assert!(matches!(blocks.peek(|_| None::<()>), Err(Stop::Ahead(_))));
    }

    proptest! {
        #[test]
        fn blocks_are_all_of_the_text_and_whole_records(text in "[a\",\n]{0,80}", block in 1_usize..40) {
            let all = blocks(text.as_bytes(), block, Ends::Records(b','));
            prop_assert_eq!(all.concat(), text.as_bytes());
            let whole = quoted(text.as_bytes(), b',');
            let mut at = 0;
            for block in all {
                at += block.len();
                prop_assert!(at == text.len() || text.as_bytes()[at - 1] == b'\n');
                prop_assert!(whole.iter().all(|(open, close)| !(*open < at && at <= *close) || at == text.len()));
            }
        }
    }
}
