//! Which rows have a key that another row has.
//!
//! A key is 128 bits: a number or a short text as it is, all else as a hash. With its row it takes 24 bytes. What does not
//! fit in memory is written, sorted; in the end the rows of a key stand together.

use twox_hash::XxHash3_128;

use super::column::is_empty;
use super::tally::{MOST, Tally};
use crate::data::keyed::Keyed;
use crate::data::schema::values::written;
use crate::data::spool::Spooled;
use crate::document::shown;
use crate::fault::Result;
use crate::table::{Cells, NONE, Type, Values};

/// The key of a row that has none.
const NO_KEY: u128 = u128::MAX;

/// What a key is, in its highest byte. Up to [`LONGEST`] it is the length of the text in the others.
const SHIFT: u32 = 120;
const NUMBER: u128 = 0xfe << SHIFT;
const HASH: u128 = 0xfd << SHIFT;
const LONGEST: usize = 15;

/// The keys of the rows of a batch, whose columns are the parts of the key. Rows without a key are left out.
pub(super) fn of(parts: &[&Cells], first: u64) -> Vec<Keyed> {
    let keys = match parts {
        [only] => single(only),
        parts => together(parts),
    };
    let there = keys.into_iter().zip(first..).filter(|(key, _)| *key != NO_KEY);
    there.map(|(key, row)| Keyed::new(key, row)).collect()
}

/// How many rows have a key that another row has, of how many with a key, and the first of them.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn repeated(keys: Spooled<Keyed>, holds: Type) -> Result<Tally> {
    let mut repeated = Repeated { rows: 0, first: Vec::new() };
    let of = keys.count();
    if all_differ(&keys) {
        return Ok(repeated.tally(of, holds));
    }
    let mut ascending = keys.ascending()?;
    // The first row of the key that is looked at, and the key; and whether a second one was seen.
    let mut known: Option<(Keyed, bool)> = None;
    for next in &mut ascending {
        match &mut known {
            Some((first, twice)) if first.key() == next.key() => {
                if !std::mem::replace(twice, true) {
                    repeated.add(*first, first.row);
                }
                repeated.add(next, first.row);
            }
            _ => known = Some((next, false)),
        }
    }
    ascending.end()?;
    Ok(repeated.tally(of, holds))
}

/// Whether surely no key is there twice, which is the usual case: half of the bits are sorted in a third of the time.
fn all_differ(keys: &Spooled<Keyed>) -> bool {
    if keys.is_written() {
        return false;
    }
    let mut folded: Vec<u64> = keys.unwritten().map(|key| key.high ^ key.low).collect();
    folded.sort_unstable();
    folded.windows(2).all(|pair| pair[0] != pair[1])
}

/// The rows whose key another row has.
struct Repeated {
    rows: u64,
    /// The first of them, in order, each with the first row of its key; at most [`MOST`].
    first: Vec<(u64, u128, u64)>,
}

impl Repeated {
    fn add(&mut self, keyed: Keyed, first: u64) {
        self.rows += 1;
        if self.first.last().is_some_and(|last| self.first.len() == MOST && last.0 < keyed.row) {
            return;
        }
        let at = self.first.partition_point(|known| known.0 < keyed.row);
        self.first.insert(at, (keyed.row, keyed.key(), first));
        self.first.truncate(MOST);
    }

    fn tally(self, of: u64, holds: Type) -> Tally {
        let told = |(row, key, known): (u64, u128, u64)| {
            let hashed = || if known < row { format!("as row {}", known + 1) } else { String::new() };
            (row, value(key, holds).unwrap_or_else(hashed))
        };
        Tally { rows: self.rows, of, first: self.first.into_iter().map(told).collect() }
    }
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
