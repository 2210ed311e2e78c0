//! A column, as far as it has been seen.

use std::borrow::Cow;

use crate::statistics::distinct::{Count, Distinct};
use crate::statistics::frequent::Frequent;
use crate::statistics::hash;
use crate::statistics::ladder::Ladder;
use crate::statistics::moments::Moments;
use crate::statistics::order;
use crate::statistics::quantiles::{Quantiles, Scale};
use crate::table::{Cells, NONE, Texts, Type, Values};

/// A text that is longer, in bytes, is counted by its beginning and its hash.
pub const LONGEST: usize = 128;

/// What has been seen of a column: sketches, which merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: Type,
    /// How many rows have no value.
    pub missing: u64,
    /// How many rows hold something of another type.
    pub strange: u64,
    /// The values.
    pub seen: Seen,
}

/// What has been seen of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Of numbers, truth values, days and times.
    Numbers(Box<Numbers>),
    /// Of texts.
    Texts(Box<Words>),
}

/// Sketches of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Of the finite ones.
    pub moments: Moments,
    /// Of all.
    pub quantiles: Quantiles,
    /// Of all, as the integers of [`order::key`].
    pub frequent: Frequent<u64>,
    /// Of all, by [`hash::mix`] of the same integers.
    pub distinct: Distinct,
}

/// Sketches of texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Words {
    /// How many there are.
    pub count: u64,
    /// Characters of the shortest and of the longest; none of nothing.
    pub lengths: Option<[u64; 2]>,
    /// The texts, as [`shortened`] has them.
    pub frequent: Frequent<String>,
    /// The same by [`hash::of_text`].
    pub distinct: Distinct,
}

/// What is wrong with a batch.
pub type Wrong = String;

impl Column {
    /// A column of which nothing has been seen.
    #[must_use]
    pub fn new(name: String, holds: Type) -> Self {
        let seen = match holds {
            Type::Text => Seen::Texts(Box::default()),
            holds => Seen::Numbers(Box::new(Numbers::new(scale(holds)))),
        };
        Self { name, holds, missing: 0, strange: 0, seen }
    }

    /// Adds a batch of `rows` rows.
    ///
    /// # Errors
    /// Cells of another kind, or whose counts do not come to the rows. Nothing is added then.
    pub fn add(&mut self, cells: &Cells, rows: u64) -> Result<(), Wrong> {
        let places = cells.values.rows();
        let holds = match &cells.values {
            Values::Numbers(numbers) => numbers.iter().filter(|number| !number.is_nan()).count(),
            Values::Texts(texts) => texts.codes.iter().filter(|code| **code != NONE).count(),
        } as u64;
        if places as u64 != rows
            || Some(holds) != rows.checked_sub(cells.missing).and_then(|rest| rest.checked_sub(cells.strange))
        {
            return Err(format!(
                "«{}» has {places} places, {holds} values, {} missing and {} strange cells for {rows} rows",
                self.name, cells.missing, cells.strange
            ));
        }
        match (&mut self.seen, &cells.values) {
            (Seen::Numbers(seen), Values::Numbers(numbers)) => {
                seen.add(numbers);
                let is_other = |number: &f64| !number.is_nan() && number.fract() != 0.0;
                if self.holds == Type::Integer && numbers.iter().any(is_other) {
                    self.holds = Type::Number;
                }
            }
            (Seen::Texts(seen), Values::Texts(texts)) => {
                seen.add(texts).ok_or_else(|| format!("«{}» has a code without a text", self.name))?;
            }
            _ => {
                return Err(format!(
                    "«{}» holds {}, and its cells something else",
                    self.name,
                    self.holds.word()
                ));
            }
        }
        self.missing += cells.missing;
        self.strange += cells.strange;
        Ok(())
    }

    /// How many rows have a value.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.seen {
            Seen::Numbers(seen) => seen.quantiles.count(),
            Seen::Texts(seen) => seen.count,
        }
    }

    fn is_without_values(&self) -> bool {
        self.count() == 0 && self.strange == 0
    }

    /// Adds what another column has seen; false, and nothing is added, where the two hold what cannot be one column.
    pub fn merge(&mut self, other: &Self) -> bool {
        // Where no value was seen the type was a guess, and the other's is as good.
        if other.is_without_values() {
            self.missing += other.missing;
            return true;
        }
        if self.is_without_values() {
            let missing = self.missing;
            *self = Self { name: std::mem::take(&mut self.name), ..other.clone() };
            self.missing += missing;
            return true;
        }
        let Some(holds) = self.holds.joined(other.holds) else { return false };
        match (&mut self.seen, &other.seen) {
            (Seen::Numbers(seen), Seen::Numbers(other)) => seen.merge(other),
            (Seen::Texts(seen), Seen::Texts(other)) => seen.merge(other),
            _ => return false,
        }
        self.holds = holds;
        self.missing += other.missing;
        self.strange += other.strange;
        true
    }
}

/// The scale of a type's quantiles: of points in time only the distances mean something.
#[must_use]
pub fn scale(holds: Type) -> Scale {
    match holds {
        Type::Date | Type::Time => Scale::Linear,
        Type::Integer | Type::Number | Type::Boolean | Type::Text => Scale::Logarithmic,
    }
}

impl Numbers {
    /// Sketches of nothing.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        Self {
            moments: Moments::default(),
            quantiles: Quantiles::new(scale),
            frequent: Frequent::default(),
            distinct: Distinct::default(),
        }
    }

    fn add(&mut self, numbers: &[f64]) {
        self.moments.add(numbers);
        self.quantiles.add(numbers);
        for number in numbers.iter().filter(|number| !number.is_nan()) {
            // Minus nought is nought.
            let key = order::key(number + 0.0);
            // What is counted already has been hashed already.
            if self.frequent.add(&key, 1) {
                self.distinct.add(hash::mix(key));
            }
        }
        self.frequent.settle();
    }

    fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.quantiles.merge(&other.quantiles);
        self.frequent.merge(&other.frequent);
        self.distinct.merge(&other.distinct);
    }

    /// How many are distinct.
    #[must_use]
    pub fn distinct(&self) -> Count {
        distinct(&self.frequent, &self.distinct)
    }

    /// The numbers in order: exactly while all are counted, and then as the quantiles' sketch has them.
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        if self.frequent.error() > 0 {
            return self.quantiles.ladder();
        }
        Ladder::new(self.frequent.by_value().into_iter().map(|(key, count)| (order::number(*key), count)))
    }
}

impl Words {
    /// None, and nothing is added, where a row's code has no text.
    fn add(&mut self, texts: &Texts) -> Option<()> {
        let mut counts = vec![0; texts.texts.len()];
        for code in texts.codes.iter().filter(|code| **code != NONE) {
            *counts.get_mut(*code as usize)? += 1;
        }
        for (text, count) in texts.texts.iter().zip(counts).filter(|(_, count)| *count > 0) {
            let length = text.chars().count() as u64;
            self.lengths = around(self.lengths, Some([length; 2]));
            self.count += count;
            let text = shortened(text);
            if self.frequent.add(text.as_ref(), count) {
                self.distinct.add(hash::of_text(&text));
            }
        }
        self.frequent.settle();
        Some(())
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.lengths = around(self.lengths, other.lengths);
        self.frequent.merge(&other.frequent);
        self.distinct.merge(&other.distinct);
    }

    /// How many are distinct.
    #[must_use]
    pub fn distinct(&self) -> Count {
        distinct(&self.frequent, &self.distinct)
    }
}

fn distinct<K: Eq + std::hash::Hash + Ord + Clone>(frequent: &Frequent<K>, sketch: &Distinct) -> Count {
    if frequent.error() == 0 {
        return Count { value: frequent.len() as u64, error: 0.0 };
    }
    sketch.count()
}

fn around(one: Option<[u64; 2]>, other: Option<[u64; 2]>) -> Option<[u64; 2]> {
    match (one, other) {
        (Some(one), Some(other)) => Some([one[0].min(other[0]), one[1].max(other[1])]),
        (one, other) => one.or(other),
    }
}

/// Whether a text looks like what [`shortened`] has made of another one.
#[must_use]
pub fn is_shortened(text: &str) -> bool {
    let hash = text.rsplit_once("… ").map_or("", |(_, hash)| hash);
    text.len() > LONGEST - 24 && hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text as profiles count it: a long one by its beginning and its hash, so that a column of essays is no profile of
/// many megabytes, and two that only end differently are still two.
#[must_use]
pub fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let beginning = &text[..text.floor_char_boundary(LONGEST - 20)];
    Cow::Owned(format!("{beginning}… {:016x}", hash::of_text(text)))
}
