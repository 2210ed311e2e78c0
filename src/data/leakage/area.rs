//! How well a single column tells the label: the area under the ROC curve of its values.

use std::collections::HashMap;

use crate::statistics::hash::mix;
use crate::statistics::{delong, order};
use crate::table::{Cells, Texts, Values};

/// So many rows are looked at, or of more rows at least half as many: more than enough to tell an area of 0.99 from one of 0.98.
const ROWS: u64 = 100_000;

/// Fewer rows of a class than these tell nothing.
pub const FEWEST: usize = 20;

/// Some rows of one class of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Telling {
    numbers: Vec<f64>,
    /// The rows that have each text, in two halves: what one half says is tried on the other.
    texts: HashMap<Box<str>, [u64; 2]>,
}

/// In which layer a row is: about half of all rows are in layer 0, half of the others in layer 1, and so on.
#[must_use]
pub fn layer(row: u64) -> u32 {
    mix(row).leading_zeros()
}

/// The first of the layers that are looked at, of so many rows. Of more rows it is a later one, so that nobody need know
/// beforehand how many they are.
#[must_use]
pub fn first_layer(rows: u64) -> u32 {
    rows.div_ceil(ROWS).max(1).next_power_of_two().ilog2()
}

/// In which half a row is.
fn half(row: u64) -> usize {
    usize::from(mix(!row) & 1 == 1)
}

impl Telling {
    /// Of rows: the place of each in the batch, and its number over all files.
    #[must_use]
    pub fn of(cells: &Cells, rows: &[(usize, u64)]) -> Self {
        match &cells.values {
            Values::Numbers(numbers) => {
                let values = rows.iter().filter_map(|(at, _)| numbers.get(*at).copied());
                let numbers = values.filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
                Self { numbers, texts: HashMap::new() }
            }
            Values::Texts(texts) => Self { numbers: Vec::new(), texts: counted(texts, rows) },
        }
    }

    /// How many numbers they are.
    #[cfg(test)]
    pub fn rows(&self) -> usize {
        self.numbers.len()
    }

    /// Takes in more.
    pub fn merge(&mut self, later: Self) {
        self.numbers.extend(later.numbers);
        for (text, halves) in later.texts {
            let known = self.texts.entry(text).or_default();
            known.iter_mut().zip(halves).for_each(|(known, more)| *known += more);
        }
    }
}

fn counted(texts: &Texts, rows: &[(usize, u64)]) -> HashMap<Box<str>, [u64; 2]> {
    let mut by_code: HashMap<u32, [u64; 2]> = HashMap::new();
    for (at, row) in rows {
        if let Some(code) = texts.codes.get(*at) {
            by_code.entry(*code).or_default()[half(*row)] += 1;
        }
    }
    let named = by_code
        .into_iter()
        .filter_map(|(code, halves)| Some((texts.texts.get(code as usize)?.clone(), halves)));
    named.collect()
}

/// The area with which a column tells two classes apart, whichever is the higher one: from 0.5 to 1. None with too few rows of
/// a class.
#[must_use]
pub fn area(one: Telling, other: Telling) -> Option<f64> {
    let [mut one, mut other] = if one.texts.is_empty() && other.texts.is_empty() {
        [one.numbers, other.numbers]
    } else {
        shares(&one, &other)
    };
    if one.len() < FEWEST || other.len() < FEWEST {
        return None;
    }
    order::sort(&mut one);
    order::sort(&mut other);
    let area = delong::area(&one, &other)?.value;
    Some(area.max(1.0 - area))
}

/// A text stands for the share of the first class that the other half has of it, so that a text which is there once does not
/// tell its own row. What the other half has hardly seen is near what is usual.
fn shares(one: &Telling, other: &Telling) -> [Vec<f64>; 2] {
    let rows = |of: &Telling, half: usize| of.texts.values().map(|halves| halves[half]).sum::<u64>() as f64;
    let base: Vec<f64> =
        [0, 1].map(|half| rows(one, half) / (rows(one, half) + rows(other, half)).max(1.0)).to_vec();
    let of = |from: &Telling, text: &str, half: usize| {
        from.texts.get(text).map_or(0, |halves| halves[half]) as f64
    };
    [one, other].map(|class| {
        let mut values = Vec::new();
        for (text, halves) in &class.texts {
            for (half, rows) in halves.iter().enumerate() {
                let (first, all) =
                    (of(one, text, 1 - half), of(one, text, 1 - half) + of(other, text, 1 - half));
                let share = (first + base[1 - half]) / (all + 1.0);
                values.extend(std::iter::repeat_n(share, usize::try_from(*rows).unwrap_or(0)));
            }
        }
        values
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn told(values: &Values, rows: u64) -> Option<f64> {
        let cells = Cells { values: values.clone(), missing: 0, strange: 0, shown: Vec::new() };
        let of = |class: bool| {
            let rows: Vec<(usize, u64)> = (0..rows)
                .filter(|row| (row % 3 == 0) == class)
                .map(|row| (usize::try_from(row).unwrap(), row))
                .collect();
            Telling::of(&cells, &rows)
        };
        area(of(true), of(false))
    }

    fn texts(of: impl Fn(u32) -> String) -> Values {
        let rows: Vec<Box<str>> = (0..300).map(|row| of(row).into()).collect();
        let mut texts = rows.clone();
        texts.sort();
        texts.dedup();
        let codes =
            rows.iter().map(|text| u32::try_from(texts.binary_search(text).unwrap()).unwrap()).collect();
        Values::Texts(Texts { codes, texts })
    }

    #[test]
    fn a_column_that_is_the_label_tells_it() {
        let number = |row: i32| f64::from(u8::from(row % 3 != 0));
        assert_eq!(told(&Values::Numbers((0..300).map(number).collect()), 300), Some(1.0));
        assert_eq!(told(&texts(|row| if row % 3 == 0 { "yes" } else { "no" }.into()), 300), Some(1.0));
    }

    #[test]
    fn what_differs_in_each_row_tells_nothing() {
        assert!(told(&texts(|row| format!("id {row}")), 300).unwrap() < 0.7);
        let number = |row: i32| f64::from(row % 7);
        assert!(told(&Values::Numbers((0..300).map(number).collect()), 300).unwrap() < 0.6);
        assert_eq!(told(&Values::Numbers(vec![1.0; 10]), 10), None);
    }

    #[test]
    fn about_as_many_rows_are_looked_at_as_should_be() {
        let looked_at = |rows: u64| (0..rows).filter(|row| layer(*row) >= first_layer(rows)).count();
        for rows in [0, 1, 1000, 100_000] {
            assert_eq!(looked_at(rows) as u64, rows);
        }
        for rows in [100_001, 199_999, 200_001, 1_000_000, 1_234_567] {
            let looked_at = looked_at(rows);
            assert!((49_000..102_000).contains(&looked_at), "{looked_at} of {rows}");
        }
        assert_eq!(first_layer(u64::MAX), 48);
    }
}
