//! What tells a row from another: a hash of 128 bits over its cells, by whatever counts as the same.

use twox_hash::XxHash3_128;

use crate::data::keyed::Keyed;
use crate::statistics::hash::mix;
use crate::table::{Cells, Texts, Values};

/// What counts as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Same {
    /// Texts that differ only in case, spaces and punctuation.
    pub near_texts: bool,
    /// Numbers that differ only after so many significant digits; none where all digits count.
    pub digits: Option<u8>,
}

/// Two halves of a hash.
type Hash = (u64, u64);

/// The hash of each row over all of these columns. A cell that has no value is a value of its own.
#[must_use]
pub fn rows(columns: &[&Cells], rows: usize, same: Same) -> Vec<u128> {
    let mut hashes: Vec<Hash> = vec![START; rows];
    for (cells, place) in columns.iter().zip(1_u64..) {
        match &cells.values {
            Values::Numbers(numbers) => {
                for (hash, number) in hashes.iter_mut().zip(numbers) {
                    *hash = mixed(*hash, place, of_number(*number, same));
                }
            }
            Values::Texts(texts) => {
                let known = of_texts(texts, same);
                for (hash, code) in hashes.iter_mut().zip(&texts.codes) {
                    *hash = mixed(*hash, place, known.get(*code as usize).copied().unwrap_or(NOTHING));
                }
            }
        }
    }
    hashes.into_iter().map(whole).collect()
}

/// The values of one column, each once in no order, with the first of the rows that have it. The number of the first row over
/// all files is `first`.
#[must_use]
pub fn values(cells: &Cells, first: u64) -> Vec<Keyed> {
    let keyed = |hash: Hash, row: u64| Keyed::new(whole(mixed(START, 1, hash)), row);
    match &cells.values {
        Values::Numbers(numbers) => {
            let there = numbers.iter().zip(first..).filter(|(number, _)| !number.is_nan());
            let mut all: Vec<Keyed> =
                there.map(|(number, row)| keyed(of_number(*number, Same::default()), row)).collect();
            all.sort_unstable();
            all.dedup_by_key(|keyed| keyed.key());
            all
        }
        Values::Texts(texts) => {
            let mut rows: Vec<Option<u64>> = vec![None; texts.texts.len()];
            for (code, row) in texts.codes.iter().zip(first..) {
                if let Some(known) = rows.get_mut(*code as usize) {
                    known.get_or_insert(row);
                }
            }
            let hashes = of_texts(texts, Same::default()).into_iter().zip(rows);
            hashes.filter_map(|(hash, row)| Some(keyed(hash, row?))).collect()
        }
    }
}

/// The digits of π, as nobody chose them.
const START: Hash = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344);
const NOTHING: Hash = (0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89);

fn whole((high, low): Hash) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// Takes a cell into the hash of its row. The place counts, so that two columns cannot change places unseen.
#[inline]
fn mixed((one, other): Hash, place: u64, (high, low): Hash) -> Hash {
    (mix(one ^ high.wrapping_add(place)), mix(other ^ low.rotate_left(32).wrapping_sub(place)))
}

#[inline]
fn of_number(number: f64, same: Same) -> Hash {
    if number.is_nan() {
        return NOTHING;
    }
    let number = match same.digits {
        Some(digits) => rounded(number, digits),
        None => number,
    };
    // Minus nought is nought.
    let bits = (number + 0.0).to_bits();
    (bits, mix(bits))
}

/// To so many significant digits, by way of the decimal text, as a person would round it.
fn rounded(number: f64, digits: u8) -> f64 {
    format!("{number:.*e}", usize::from(digits.saturating_sub(1))).parse().unwrap_or(number)
}

fn of_texts(texts: &Texts, same: Same) -> Vec<Hash> {
    let of = |text: &str| {
        let hash = XxHash3_128::oneshot(text.as_bytes());
        ((hash >> 64) as u64, hash as u64)
    };
    texts.texts.iter().map(|text| if same.near_texts { of(&plain(text)) } else { of(text) }).collect()
}

/// The letters and digits of a text, in small letters, its words apart by one space.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[f64]) -> Cells {
        Cells { values: Values::Numbers(numbers.to_vec()), missing: 0, strange: 0, shown: Vec::new() }
    }

    fn texts(rows: &[&str]) -> Cells {
        let texts = rows.iter().map(|text| Box::from(*text)).collect();
        let codes = (0..).take(rows.len()).collect();
        let values = Values::Texts(Texts { codes, texts });
        Cells { values, missing: 0, strange: 0, shown: Vec::new() }
    }

    #[test]
    fn rows_are_the_same_when_all_their_cells_are() {
        let (one, other) = (numbers(&[1.0, 1.0, f64::NAN, 2.0, -0.0]), texts(&["a", "a", "a", "b", "c"]));
        let hashes = rows(&[&one, &other], 5, Same::default());
        assert_eq!(hashes[0], hashes[1]);
        let all: std::collections::BTreeSet<u128> = hashes.iter().copied().collect();
        assert_eq!(all.len(), 4);
        assert_ne!(rows(&[&other, &one], 5, Same::default())[0], hashes[0], "columns that changed places");
        assert_eq!(rows(&[&numbers(&[0.0]), &texts(&["c"])], 1, Same::default())[0], hashes[4]);
    }

    #[test]
    fn each_value_is_there_once_with_its_first_row() {
        let rows = |cells: &Cells| {
            let mut rows: Vec<u64> = values(cells, 10).iter().map(|keyed| keyed.row).collect();
            rows.sort_unstable();
            rows
        };
        assert_eq!(rows(&numbers(&[1.0, f64::NAN, 2.0, 1.0, 0.0, -0.0])), [10, 12, 14]);
        let mut twice = texts(&["a", "b"]);
        if let Values::Texts(texts) = &mut twice.values {
            texts.codes = vec![crate::table::NONE, 1, 0, 1];
        }
        assert_eq!(rows(&twice), [11, 12]);
    }

    #[test]
    fn what_is_near_is_the_same_on_request() {
        let near = Same { near_texts: true, digits: Some(3) };
        let hashes = rows(&[&texts(&["Main St. 5", "main  st 5", "main st 6"])], 3, near);
        assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2]);
        let hashes = rows(&[&numbers(&[1.2341e9, 1.2339e9, 1.24e9])], 3, near);
        assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2]);
    }
}
