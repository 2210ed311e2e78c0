//! The texts of one column in one batch, each once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use twox_hash::XxHash3_128;

use crate::table::labels::Recent;
use crate::table::spelling::{normal, says_nothing};
use crate::table::trouble::Wrong;

/// Another one in each process, so that nobody can write texts that all fall into one place.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());

/// Texts, and the places where they are found again. The codes follow from the order of the cells alone.
#[derive(Debug)]
pub struct Dictionary {
    texts: Vec<Box<str>>,
    hashes: Vec<u64>,
    /// Codes and [`FREE`], found by the hash; never more than half of them taken.
    places: Vec<u32>,
    recent: Recent,
}

const FREE: u32 = u32::MAX;

impl Dictionary {
    /// No text yet, for a column of about so many rows.
    pub fn new(rows: usize) -> Self {
        Self { texts: Vec::new(), hashes: Vec::new(), places: Vec::new(), recent: Recent::new(rows) }
    }

    /// The code of a cell.
    #[inline]
    pub fn code(&mut self, cell: &[u8]) -> Result<u32, Wrong> {
        let Self { texts, hashes, places, recent } = self;
        recent.code(cell, |cell| look_up(texts, hashes, places, cell))
    }

    /// The texts, each in the place of its code.
    pub fn into_texts(self) -> Vec<Box<str>> {
        self.texts
    }
}

#[inline(never)]
fn look_up(
    texts: &mut Vec<Box<str>>,
    hashes: &mut Vec<u64>,
    places: &mut Vec<u32>,
    cell: &[u8],
) -> Result<u32, Wrong> {
    let text = std::str::from_utf8(cell).map_err(|_| Wrong::NotUtf8)?;
    if says_nothing(text) {
        return Err(Wrong::Missing);
    }
    let text = normal(text);
    if places.len() <= texts.len() * 2 {
        grow(places, hashes);
    }
    let hash = hash(&text);
    let mut at = first_place(hash, places.len());
    loop {
        let code = places[at];
        if code == FREE {
            let code = u32::try_from(texts.len()).unwrap_or(FREE);
            places[at] = code;
            hashes.push(hash);
            texts.push(text.into());
            return Ok(code);
        }
        if hashes[code as usize] == hash && *texts[code as usize] == *text {
            return Ok(code);
        }
        at = (at + 1) & (places.len() - 1);
    }
}

/// Doubles the places, and puts the codes into theirs.
fn grow(places: &mut Vec<u32>, hashes: &[u64]) {
    const LEAST: usize = 16;
    let count = (places.len() * 2).max(LEAST);
    places.clear();
    places.resize(count, FREE);
    for (code, hash) in hashes.iter().enumerate() {
        let mut at = first_place(*hash, count);
        while places[at] != FREE {
            at = (at + 1) & (count - 1);
        }
        places[at] = u32::try_from(code).unwrap_or(FREE);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
fn first_place(hash: u64, places: usize) -> usize {
    hash as usize & (places - 1)
}

#[expect(clippy::cast_possible_truncation, reason = "half of a good hash is one")]
fn hash(text: &str) -> u64 {
    XxHash3_128::oneshot_with_seed(*SEED, text.as_bytes()) as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_text_has_one_code(cells in prop::collection::vec("[a-c]{1,20}|[0-9]{1,3}(\\.0)?|[x\n\"]{1,3}z", 1..200), rows in 0_usize..500) {
            let mut dictionary = Dictionary::new(rows);
            let codes: Vec<u32> = cells.iter().map(|cell| dictionary.code(cell.as_bytes()).unwrap()).collect();
            let texts = dictionary.into_texts();
            let mut expected: Vec<String> = Vec::new();
            for (cell, code) in cells.iter().zip(codes) {
                let text = normal(cell).into_owned();
                prop_assert_eq!(&*texts[code as usize], text.as_str());
                if !expected.contains(&text) {
                    expected.push(text);
                }
            }
            prop_assert_eq!(texts.iter().map(|text| text.to_string()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_says_nothing_has_no_code() {
        let mut dictionary = Dictionary::new(9);
        for cell in ["", " ", "nan", "NaN"] {
            assert_eq!(dictionary.code(cell.as_bytes()), Err(Wrong::Missing));
        }
        assert_eq!(dictionary.code(b"\xff"), Err(Wrong::NotUtf8));
        assert_eq!(dictionary.code(b"NA"), Ok(0));
        assert_eq!(dictionary.into_texts(), ["NA".into()]);
    }
}
