//! What the first cells of a column look like together, and what keeps it from being a column of numbers.

use super::value::Guess;
use crate::table::Type;

/// What the cells of a column look like that have been seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impression {
    guess: Guess,
    numbers: u64,
    others: u64,
    /// Whether the column is known already, and its cells are passed over.
    is_known: bool,
    /// The first that is no number: its row, and its text.
    first: Option<(u64, String)>,
}

/// A column that looks like text, though nearly all of its values are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixture {
    /// Its name.
    pub column: String,
    /// How many of its values are numbers, and how many were looked at.
    pub numbers: [u64; 2],
    /// The first that is none: its row, from 1, and its text.
    pub first: (u64, String),
}

/// Of fewer values nobody knows what is meant.
const FEWEST: u64 = 20;

impl Impression {
    /// Of further cells of the same column: where it is known what it holds they are passed over.
    pub fn further(&self) -> Self {
        Self { is_known: self.holds().is_some(), ..Self::default() }
    }

    /// Looks at a cell of text in a row, from 1.
    pub fn see(&mut self, row: u64, cell: &[u8]) {
        if !self.is_known {
            self.add(row, cell, Guess::of_cell(cell));
        }
    }

    /// The same of a text of which it is known that it is one.
    pub fn see_text(&mut self, row: u64, text: &str) {
        if !self.is_known {
            self.add(row, text.as_bytes(), Guess::of_text(text));
        }
    }

    fn add(&mut self, row: u64, cell: &[u8], guess: Guess) {
        self.guess.add(guess);
        if guess.is_of_numbers() {
            self.numbers += 1;
        } else if !guess.is_empty() {
            self.others += 1;
            self.first.get_or_insert_with(|| (row, String::from_utf8_lossy(cell).into_owned()));
        }
    }

    /// What the column holds; none where nothing was there to see.
    pub fn holds(&self) -> Option<Type> {
        self.guess.holds()
    }

    /// What should be known of the column of this name where nearly all of its values are numbers, nine of ten at least.
    pub fn mixture(self, column: &str) -> Option<Mixture> {
        let all = self.numbers + self.others;
        let is_mixed = all >= FEWEST && self.others * 10 <= all && !self.guess.has_codes();
        let first = self.first.filter(|_| is_mixed)?;
        Some(Mixture { column: column.to_owned(), numbers: [self.numbers, all], first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The impression of numbers and of some other cells behind the first of them.
    fn impression(numbers: u64, others: &[&str]) -> Impression {
        let mut impression = Impression::default();
        impression.see(1, b"0.5");
        others.iter().zip(2..).for_each(|(cell, row)| impression.see(row, cell.as_bytes()));
        (1..numbers).for_each(|number| impression.see(100, number.to_string().as_bytes()));
        impression
    }

    #[test]
    fn a_few_texts_among_numbers_are_a_mixture() {
        let mixture = impression(19, &["", "-"]).mixture("x").map(|found| (found.numbers, found.first));
        assert_eq!(mixture, Some(([19, 20], (3, "-".into()))));
        assert_eq!(impression(19, &["-"]).holds(), Some(Type::Text));
        for (numbers, others, why) in [
            (18, &["-"][..], "too few to tell"),
            (26, &["a", "b", "c"], "too many are none"),
            (40, &[], "all are numbers"),
            (40, &["NA", "NaN"], "missing values are no texts"),
            (40, &["01067"], "they are codes"),
        ] {
            assert_eq!(impression(numbers, others).mixture("x"), None, "{why}");
        }
    }

    #[test]
    fn what_a_format_tells_from_numbers_is_a_text() {
        let mut impression = impression(30, &[]);
        impression.see_text(7, "12");
        assert_eq!(impression.mixture("x").map(|found| found.first), Some((7, "12".into())));
    }
}
