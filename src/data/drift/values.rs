//! What a column holds, brought into the form that drift is measured on.

use std::collections::BTreeMap;

use super::sketch::Sketch;
use crate::statistics::Ranked;

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
    /// Texts, of which nearly each is another one: how many rows have one.
    Prose(u64),
    /// Numbers of which a profile has a sketch alone. Only a reference holds them.
    Sketched(Box<Sketch>),
    /// Values that are to be counted and of which a profile has the frequent ones alone: how many rows have one. Only a
    /// reference holds them.
    Uncounted(u64),
}

/// Numbers in ascending order, as often as one likes. None of them is NaN.
pub trait Ascending: Ranked + Sync {
    /// From the lowest to the highest.
    fn walk(&self) -> impl Iterator<Item = f64>;
}

impl Ascending for Vec<f64> {
    fn walk(&self) -> impl Iterator<Item = f64> {
        self.iter().copied()
    }
}

impl<N: Ascending> Side<N> {
    /// How many rows have no value that could be compared.
    pub const fn gone(&self) -> u64 {
        self.missing + self.strange
    }

    /// How many rows have a value.
    pub fn present(&self) -> u64 {
        match &self.values {
            Values::Numbers(numbers) => numbers.rows(),
            Values::Categories(counts) => counts.values().sum(),
            Values::Prose(rows) | Values::Uncounted(rows) => *rows,
            Values::Sketched(sketch) => sketch.rows(),
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

/// The different values, from the lowest to the highest.
pub fn distinct(ascending: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    let mut last = None;
    ascending.filter(move |value| last.replace(*value) != Some(*value))
}
