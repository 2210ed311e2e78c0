//! The texts of a column of labels, each with a code: shared by all threads, and remembered by each for a while.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use twox_hash::XxHash3_128;

use super::spelling::{normal, says_nothing};
use super::trouble::Wrong;

/// As many as a code can count without the one that stands for none.
const MOST_CODES: usize = u32::MAX as usize - 1;

/// A text that is longer, in bytes, is prose, and no name of a class or a group.
const LONGEST: usize = 1024;

/// The codes of one column.
#[derive(Debug)]
pub struct Labels {
    codes: RwLock<HashMap<Box<str>, u32>>,
    most: usize,
    overflowed: AtomicBool,
}

impl Labels {
    /// No text yet, and never more than `most`.
    pub fn new(most: usize) -> Self {
        Self { codes: RwLock::default(), most: most.min(MOST_CODES), overflowed: AtomicBool::new(false) }
    }

    /// The code of a text in its one spelling. Where there are too many, it is one of another text, and
    /// [`Self::overflowed`] says so: which thread meets the text that is one too many is not the same each time.
    fn code(&self, text: &str) -> u32 {
        // A thread that panicked cannot have left the map half changed: it is only ever inserted into.
        if let Some(code) = self.codes.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return *code;
        }
        if self.overflowed() {
            return 0;
        }
        let mut codes = self.codes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = codes.get(text) {
            return *code;
        }
        let next = u32::try_from(codes.len()).ok().filter(|_| codes.len() < self.most);
        let Some(code) = next else {
            self.overflowed.store(true, Ordering::Relaxed);
            return 0;
        };
        codes.insert(text.into(), code);
        code
    }

    /// How many texts there may be.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Whether there were more texts than there may be.
    pub fn overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// The texts, each in the place of its code.
    pub fn into_texts(self) -> Vec<String> {
        let codes = self.codes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut texts: Vec<(u32, String)> =
            codes.into_iter().map(|(text, code)| (code, text.into_string())).collect();
        texts.sort_unstable();
        texts.into_iter().map(|(_, text)| text).collect()
    }
}

/// How many texts a thread remembers. With two labels one would do; with thousands the lock is not the bottleneck.
const REMEMBERED: usize = 256;

/// The codes that a thread has met lately.
#[derive(Debug)]
pub struct Remembered<'a> {
    labels: &'a Labels,
    recent: Recent,
}

impl<'a> Remembered<'a> {
    /// Nothing yet.
    pub fn new(labels: &'a Labels) -> Self {
        Self { labels, recent: Recent::new(REMEMBERED) }
    }

    /// The code of a cell.
    #[inline]
    pub fn code(&mut self, cell: &[u8]) -> Result<u32, Wrong> {
        let labels = self.labels;
        self.recent.code(cell, |cell| look_up(labels, cell))
    }
}

#[cold]
fn look_up(labels: &Labels, cell: &[u8]) -> Result<u32, Wrong> {
    let text = std::str::from_utf8(cell).map_err(|_| Wrong::NotUtf8)?;
    if says_nothing(text) {
        return Err(Wrong::Missing);
    }
    if text.len() > LONGEST {
        return Err(Wrong::LongLabel(LONGEST));
    }
    Ok(labels.code(&normal(text)))
}

/// Codes that have been met lately, by the bytes of the cell.
#[derive(Debug)]
pub struct Recent {
    /// For cells of one byte, the commonest by far; [`UNKNOWN`] where it has not been met.
    bytes: Vec<u32>,
    texts: Vec<(Identity, u32)>,
    /// How many of them, a power of two.
    most: usize,
}

const UNKNOWN: u32 = u32::MAX;

/// What tells the bytes of a cell from all others. Up to sixteen of them it is the bytes, then a hash of 128 bits.
type Identity = (u64, u64, usize);

impl Recent {
    /// Nothing yet, for about so many rows: to remember more than there are would only take time.
    pub fn new(rows: usize) -> Self {
        let most = rows.next_power_of_two().clamp(2, REMEMBERED);
        Self { bytes: Vec::new(), texts: Vec::new(), most }
    }

    /// The code of a cell, which `look_up` knows.
    #[inline]
    pub fn code(
        &mut self,
        cell: &[u8],
        look_up: impl FnOnce(&[u8]) -> Result<u32, Wrong>,
    ) -> Result<u32, Wrong> {
        if let [byte] = cell {
            if self.bytes.is_empty() {
                self.bytes.resize(256, UNKNOWN);
            }
            let known = self.bytes[usize::from(*byte)];
            if known != UNKNOWN {
                return Ok(known);
            }
            let code = look_up(cell)?;
            self.bytes[usize::from(*byte)] = code;
            return Ok(code);
        }
        if self.texts.is_empty() {
            self.texts.resize(self.most, ((0, 0, 0), UNKNOWN));
        }
        let identity = identity(cell);
        let place = place(identity) & (self.most - 1);
        let (known, code) = self.texts[place];
        if known == identity && code != UNKNOWN {
            return Ok(code);
        }
        let code = look_up(cell)?;
        self.texts[place] = (identity, code);
        Ok(code)
    }
}

#[inline]
fn identity(cell: &[u8]) -> Identity {
    let long = |part: &[u8; 8]| u64::from_le_bytes(*part);
    let short = |part: &[u8; 4]| u64::from(u32::from_le_bytes(*part));
    match cell.len() {
        0 => (0, 0, 0),
        length @ 1..=3 => {
            let middle = u64::from(cell[length / 2]) << 8;
            (u64::from(cell[0]) | middle, u64::from(cell[length - 1]), length)
        }
        length @ 4..=7 => match (cell.first_chunk(), cell.last_chunk()) {
            (Some(first), Some(last)) => (short(first), short(last), length),
            _ => (0, 0, length),
        },
        length @ 8..=16 => match (cell.first_chunk(), cell.last_chunk()) {
            (Some(first), Some(last)) => (long(first), long(last), length),
            _ => (0, 0, length),
        },
        length => {
            let hash = XxHash3_128::oneshot(cell).to_le_bytes();
            let (low, high) = hash.split_at(8);
            let half = |part: &[u8]| part.first_chunk().map_or(0, long);
            (half(low), half(high), length)
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "only as many bits are left as there are places")]
fn place((first, last, length): Identity) -> usize {
    let mixed = (first ^ last.rotate_left(29) ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - REMEMBERED.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_has_one_code_whatever_is_remembered(cells in prop::collection::vec("[a-c]{1,20}|[0-9]{1,2}(\\.0)?", 1..200)) {
            let labels = Labels::new(1000);
            let mut one = Remembered::new(&labels);
            let mut other = Remembered::new(&labels);
            let codes: Vec<u32> = cells.iter().map(|cell| one.code(cell.as_bytes()).unwrap()).collect();
            let again: Vec<u32> = cells.iter().map(|cell| other.code(cell.as_bytes()).unwrap()).collect();
            prop_assert_eq!(&codes, &again);
            let texts = labels.into_texts();
            for (cell, code) in cells.iter().zip(codes) {
                prop_assert_eq!(texts[code as usize].as_str(), normal(cell));
            }
            prop_assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len());
        }

        #[test]
        fn short_cells_are_told_apart(one in "[ab]{0,16}", other in "[ab]{0,16}") {
            prop_assert_eq!(identity(one.as_bytes()) == identity(other.as_bytes()), one == other);
        }
    }

    #[test]
    fn there_is_an_end_to_labels() {
        let labels = Labels::new(2);
        let mut remembered = Remembered::new(&labels);
        assert_eq!(remembered.code(b"a"), Ok(0));
        assert_eq!(remembered.code(b"b"), Ok(1));
        assert!(!labels.overflowed());
        assert!(remembered.code(b"c").is_ok());
        assert!(labels.overflowed());
        assert_eq!(remembered.code(b"b"), Ok(1));
        assert_eq!(remembered.code(b"\xff"), Err(Wrong::NotUtf8));
        assert_eq!(remembered.code(b" "), Err(Wrong::Missing));
        assert_eq!(remembered.code(&[b'a'; LONGEST + 1]), Err(Wrong::LongLabel(LONGEST)));
    }
}
