//! What a column holds, brought into the form that drift is measured on.

use std::collections::BTreeMap;

/// More different texts than these are no categories.
pub const MOST_CATEGORIES: usize = 100_000;

/// A column of a side, read as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Side<N> {
    /// How many rows have no value.
    pub missing: u64,
    /// How many rows hold something of another type.
    pub strange: u64,
    /// The values.
    pub values: Values<N>,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values<N> {
    /// Numbers: a sample that can be walked in ascending order.
    Numbers(N),
    /// How many rows have each text.
    Categories(BTreeMap<Box<str>, u64>),
    /// Texts, of which nearly each is another one.
    Prose,
}

/// Numbers that can be walked in ascending order, as often as one likes. None of them is NaN.
pub trait Ascending: Sync {
    /// How many.
    fn rows(&self) -> u64;

    /// From the lowest to the highest.
    fn walk(&self) -> impl Iterator<Item = f64>;
}

impl Ascending for Vec<f64> {
    fn rows(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn walk(&self) -> impl Iterator<Item = f64> {
        self.iter().copied()
    }
}

impl<N: Ascending> Side<N> {
    /// How many rows have a value.
    pub fn present(&self) -> u64 {
        match &self.values {
            Values::Numbers(numbers) => numbers.rows(),
            Values::Categories(counts) => counts.values().sum(),
            Values::Prose => 0,
        }
    }
}

/// The counts of both sides over the categories that either has, in one order.
pub fn aligned<'a>(
    reference: &'a BTreeMap<Box<str>, u64>,
    current: &'a BTreeMap<Box<str>, u64>,
) -> (Vec<&'a str>, [Vec<u64>; 2]) {
    let mut names: Vec<&str> = reference.keys().chain(current.keys()).map(AsRef::as_ref).collect();
    names.sort_unstable();
    names.dedup();
    let counts = [reference, current]
        .map(|side| names.iter().map(|name| side.get(*name).copied().unwrap_or(0)).collect::<Vec<_>>());
    (names, counts)
}

/// Numbers by their value, both sides in one order: the counts of each value that either has.
pub fn by_value(reference: &impl Ascending, current: &impl Ascending) -> [Vec<u64>; 2] {
    let (mut one, mut other) = (reference.walk().peekable(), current.walk().peekable());
    let mut counts = [Vec::new(), Vec::new()];
    while let Some(value) = lower(one.peek(), other.peek()) {
        counts[0].push(count(&mut one, value));
        counts[1].push(count(&mut other, value));
    }
    counts
}

fn count(side: &mut std::iter::Peekable<impl Iterator<Item = f64>>, value: f64) -> u64 {
    let mut rows = 0;
    while side.next_if(|next| *next <= value).is_some() {
        rows += 1;
    }
    rows
}

fn lower(one: Option<&f64>, other: Option<&f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(*other)),
        (one, other) => one.or(other).copied(),
    }
}

/// How many different values there are, counted up to `most`.
pub fn distinct(ascending: impl Iterator<Item = f64>, most: u64) -> u64 {
    let mut last = None;
    let mut values = 0;
    for value in ascending {
        if last != Some(value) {
            values += 1;
            last = Some(value);
            if values >= most {
                break;
            }
        }
    }
    values
}
