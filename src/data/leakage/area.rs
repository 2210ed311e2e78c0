//! How well a single column tells the label: the area under the ROC curve of its values.

use std::collections::HashMap;

use crate::statistics::{delong, order};
use crate::table::{Cells, NONE, Values};

/// So many rows are looked at: more than enough to tell an area of 0.99 from one of 0.98.
pub const ROWS: usize = 100_000;

/// Fewer rows of a class than these tell nothing.
const FEWEST: usize = 20;

/// Some rows of a column and the label.
#[derive(Debug, Clone, Default)]
pub struct Telling {
    numbers: [Vec<f64>; 2],
    /// The rows of the two classes by text, in two halves: what one half says is tried on the other.
    texts: [HashMap<Box<str>, [u64; 2]>; 2],
}

/// Whether a row is looked at, of so many.
#[must_use]
pub fn is_looked_at(row: u64, rows: u64) -> bool {
    let share = ROWS as f64 / rows.max(1) as f64;
    share >= 1.0 || (spread(row) as f64) < share * u64::MAX as f64
}

fn spread(row: u64) -> u64 {
    row.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Telling {
    /// Takes in rows: the row, its number over all files, and whether it is of the second class.
    pub fn add(&mut self, cells: &Cells, rows: &[(usize, u64, bool)]) {
        match &cells.values {
            Values::Numbers(numbers) => {
                for (at, _, class) in rows {
                    if let Some(number) = numbers.get(*at).filter(|number| !number.is_nan()) {
                        self.numbers[usize::from(*class)].push(*number + 0.0);
                    }
                }
            }
            Values::Texts(texts) => {
                for (at, row, class) in rows {
                    let code = texts.codes.get(*at).copied().unwrap_or(NONE);
                    if let Some(text) = texts.texts.get(code as usize) {
                        let half = &mut self.texts[usize::from(spread(*row) & 1 == 1)];
                        match half.get_mut(text) {
                            Some(counts) => counts[usize::from(*class)] += 1,
                            None => {
                                let mut counts = [0, 0];
                                counts[usize::from(*class)] = 1;
                                half.insert(text.clone(), counts);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Takes in more.
    pub fn merge(&mut self, later: Self) {
        self.numbers.iter_mut().zip(later.numbers).for_each(|(own, more)| own.extend(more));
        for (own, more) in self.texts.iter_mut().zip(later.texts) {
            for (text, counts) in more {
                let known = own.entry(text).or_default();
                known.iter_mut().zip(counts).for_each(|(known, more)| *known += more);
            }
        }
    }

    /// The area, whichever class is the higher one: from 0.5 to 1. None with too few rows of a class.
    #[must_use]
    pub fn area(mut self) -> Option<f64> {
        if self.texts.iter().any(|half| !half.is_empty()) {
            self.numbers = self.shares();
        }
        let [negatives, positives] = &mut self.numbers;
        if negatives.len() < FEWEST || positives.len() < FEWEST {
            return None;
        }
        order::sort(negatives);
        order::sort(positives);
        let area = delong::area(positives, negatives)?.value;
        Some(area.max(1.0 - area))
    }

    /// A text stands for the share of the second class that the other half has of it, so that a text which is there once
    /// does not tell its own row.
    fn shares(&self) -> [Vec<f64>; 2] {
        let mut numbers = [Vec::new(), Vec::new()];
        for (half, other) in [(0, 1), (1, 0)] {
            let all = self.texts[other].values().fold([0, 0], |sum, counts| [sum[0] + counts[0], sum[1] + counts[1]]);
            let base = all[1] as f64 / (all[0] + all[1]).max(1) as f64;
            for (text, counts) in &self.texts[half] {
                let known = self.texts[other].get(text);
                // One row's worth of what is usual, for what the other half has hardly seen.
                let share = known.map_or(base, |known| {
                    (known[1] as f64 + base) / ((known[0] + known[1]) as f64 + 1.0)
                });
                for class in 0..2 {
                    numbers[class].extend(std::iter::repeat_n(share, usize::try_from(counts[class]).unwrap_or(0)));
                }
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::table::Texts;

    fn area(values: Values, rows: u64) -> Option<f64> {
        let cells = Cells { values, missing: 0, strange: 0, shown: Vec::new() };
        let mut telling = Telling::default();
        let labelled: Vec<(usize, u64, bool)> =
            (0..rows).map(|row| (usize::try_from(row).unwrap(), row, row % 3 == 0)).collect();
        telling.add(&cells, &labelled);
        telling.area()
    }

    fn texts(of: impl Fn(u32) -> String) -> Values {
        let texts = (0..300).map(|row| of(row).into()).collect();
        Values::Texts(Texts { codes: (0..300).collect(), texts })
    }

    #[test]
    fn a_column_that_is_the_label_tells_it() {
        let number = |row: i32| f64::from(u8::from(row % 3 != 0));
        assert_eq!(area(Values::Numbers((0..300).map(number).collect()), 300), Some(1.0));
        assert_eq!(area(texts(|row| if row % 3 == 0 { "yes" } else { "no" }.into()), 300), Some(1.0));
    }

    #[test]
    fn what_differs_in_each_row_tells_nothing() {
        assert!(area(texts(|row| format!("id {row}")), 300).unwrap() < 0.7);
        let number = |row: i32| f64::from(row % 7);
        assert!(area(Values::Numbers((0..300).map(number).collect()), 300).unwrap() < 0.6);
        assert_eq!(area(Values::Numbers(vec![1.0; 10]), 10), None);
    }
}
