//! Which rows have a key that another row has.
//!
//! A key is 128 bits: a number or a short text as it is, all else as a hash. They are kept in the order of the rows,
//! 16 bytes each, and looked at in the end: sorted by 64 bits of each, and of the few that are alike there, by all.

use std::collections::HashMap;

use twox_hash::XxHash3_128;

use super::column::is_empty;
use super::tally::{MOST, Tally};
use crate::data::schema::values::written;
use crate::document::shown;
use crate::table::{Cells, NONE, Type, Values};

/// The key of a row that has none.
const NO_KEY: u128 = u128::MAX;

/// What a key is, in its highest byte. Up to [`LONGEST`] it is the length of the text in the others.
const SHIFT: u32 = 120;
const NUMBER: u128 = 0xfe << SHIFT;
const HASH: u128 = 0xfd << SHIFT;
const LONGEST: usize = 15;

/// The keys of rows, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// The first row of each batch, and the key of each of its rows.
    batches: Vec<(u64, Vec<u128>)>,
}

impl Keys {
    /// Takes the keys of a batch, whose columns are the parts of the key.
    pub fn add(&mut self, parts: &[&Cells], first: u64) {
        let keys = match parts {
            [only] => single(only),
            parts => together(parts),
        };
        self.batches.push((first, keys));
    }

    pub fn merge(&mut self, later: Self) {
        self.batches.extend(later.batches);
    }

    /// How many rows have a key that another row has, of how many with a key, and the first of them.
    pub fn finish(self, holds: Type) -> Tally {
        let keys = || self.batches.iter().flat_map(|(_, keys)| keys).copied().filter(|key| *key != NO_KEY);
        let mut folded: Vec<u64> = keys().map(folded).collect();
        let of = folded.len() as u64;
        folded.sort_unstable();
        let alike = twice(folded);
        if alike.is_empty() {
            return Tally { rows: 0, of, first: Vec::new() };
        }
        // Alike in 64 bits, and perhaps not in all.
        let mut whole: Vec<u128> =
            keys().filter(|key| alike.binary_search(&self::folded(*key)).is_ok()).collect();
        whole.sort_unstable();
        let repeated = twice(whole);
        let is_repeated = |key: u128| key != NO_KEY && repeated.binary_search(&key).is_ok();
        let rows = keys().filter(|key| is_repeated(*key)).count() as u64;
        let numbered = self.batches.iter().flat_map(|(first, keys)| (*first..).zip(keys.iter().copied()));
        let mut seen = HashMap::new();
        let first = numbered.filter(|(_, key)| is_repeated(*key)).take(MOST).map(|(row, key)| {
            let known = *seen.entry(key).or_insert(row);
            (
                row,
                value(key, holds).unwrap_or_else(|| {
                    if known < row { format!("as row {}", known + 1) } else { String::new() }
                }),
            )
        });
        Tally { rows, of, first: first.collect() }
    }
}

/// What is in an ascending list more than once, each once.
fn twice<T: Copy + PartialEq>(ascending: Vec<T>) -> Vec<T> {
    let mut twice: Vec<T> =
        ascending.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    twice
}

fn folded(key: u128) -> u64 {
    (key >> 64) as u64 ^ key as u64
}

fn single(cells: &Cells) -> Vec<u128> {
    match &cells.values {
        Values::Numbers(numbers) => numbers.iter().map(|number| of_number(*number)).collect(),
        Values::Texts(texts) => {
            let keys: Vec<u128> = texts.texts.iter().map(|text| of_text(text)).collect();
            let key = |code: &u32| if *code == NONE { NO_KEY } else { keys[*code as usize] };
            texts.codes.iter().map(key).collect()
        }
    }
}

/// The keys over several columns; a row that has no value in one of them has none.
fn together(parts: &[&Cells]) -> Vec<u128> {
    let singles: Vec<Vec<u128>> = parts.iter().map(|part| single(part)).collect();
    let rows = parts.iter().map(|part| part.values.rows()).min().unwrap_or(0);
    let mut bytes = vec![0; parts.len() * 16];
    let keys = (0..rows).map(|row| {
        if parts.iter().any(|part| is_empty(&part.values, row)) {
            return NO_KEY;
        }
        for (single, place) in singles.iter().zip(bytes.chunks_exact_mut(16)) {
            place.copy_from_slice(&single[row].to_le_bytes());
        }
        hashed(&bytes)
    });
    keys.collect()
}

fn of_number(number: f64) -> u128 {
    match number.is_nan() {
        true => NO_KEY,
        // Adding 0 makes -0 to 0.
        false => NUMBER | u128::from((number + 0.0).to_bits()),
    }
}

fn of_text(text: &str) -> u128 {
    if text.len() > LONGEST {
        return hashed(text.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[15] = u8::try_from(text.len()).unwrap_or_default();
    u128::from_le_bytes(bytes)
}

/// 120 bits of a hash: two of a million rows are alike with a probability of 4·10⁻²⁵.
fn hashed(bytes: &[u8]) -> u128 {
    HASH | (XxHash3_128::oneshot(bytes) >> 8)
}

/// The value that a key was made of, where it is the value itself.
fn value(key: u128, holds: Type) -> Option<String> {
    let bytes = key.to_le_bytes();
    match usize::from(bytes[15]) {
        length if length <= LONGEST => std::str::from_utf8(&bytes[..length]).ok().map(shown),
        0xfe => Some(written(f64::from_bits(key as u64), holds)),
        _ => None,
    }
}
