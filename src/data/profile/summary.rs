//! What a profile says of a column, in numbers that people know.

use serde::Serialize;

use super::column::{Column, Numbers, Seen, Words};
use super::figure::{self, Figure};
use crate::statistics::distinct::Count;
use crate::statistics::histogram::{self, Bar};
use crate::statistics::order;
use crate::statistics::quantiles::Error;
use crate::table::Type;

/// So many of the most frequent values are said.
pub const SHOWN: usize = 20;

/// The shares of which quantiles are said.
pub const SHARES: [f64; 15] =
    [0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99];

/// What is said of a column. Days and times are seconds since 1970, truth values 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// What it holds: `integer`, `number`, `boolean`, `date`, `time` or `text`.
    #[serde(rename = "type", serialize_with = "super::write_type")]
    pub holds: Type,
    /// How many rows have a value.
    pub count: u64,
    /// How many have none.
    pub missing: u64,
    /// How many hold something of another type.
    pub strange: u64,
    /// How many values are distinct.
    pub distinct: Distinct,
    /// What is said of numbers only.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberProfile>,
    /// Characters of the shortest and of the longest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<[u64; 2]>,
    /// The most frequent values, at most [`SHOWN`].
    pub frequent: FrequentValues,
}

/// How many values are distinct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distinct {
    /// How many.
    pub value: u64,
    /// The relative standard error; 0 where it is exact.
    pub error: f64,
}

/// What is said of numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NumberProfile {
    /// How many are infinite. Mean and deviation leave them out.
    pub infinite: u64,
    /// The least, infinities among them; none of no value, as of all that follow.
    #[serde(serialize_with = "figure::write")]
    pub min: Option<f64>,
    /// The greatest.
    #[serde(serialize_with = "figure::write")]
    pub max: Option<f64>,
    /// The mean.
    #[serde(serialize_with = "figure::write")]
    pub mean: Option<f64>,
    /// The standard deviation of a sample (ddof 1); none of a single value, and where it is beyond what a number can be.
    #[serde(serialize_with = "figure::write")]
    pub std: Option<f64>,
    /// Values below which a share of all lies.
    pub quantiles: Quantiles,
    /// How the finite ones are spread.
    pub histogram: Option<Histogram>,
}

/// Quantiles with their error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quantiles {
    /// How far a quantile may be from the true one, as a share of it; 0 where they are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<f64>,
    /// How far, in seconds: of days and times that are too many to be exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absolute_error: Option<f64>,
    /// Share and value, of each of [`SHARES`].
    pub values: Vec<(f64, Figure)>,
}

/// Counts in bins of the same width.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// Where the first begins.
    pub low: f64,
    /// Where the last ends.
    pub high: f64,
    /// How many values are in each.
    pub counts: Vec<u64>,
}

/// The most frequent values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrequentValues {
    /// By how much a count may be too low; 0 where all are exact.
    pub error: u64,
    /// Each with its count, the most frequent first.
    pub values: Vec<(Value, u64)>,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(Figure),
    /// A text, as [`shortened`](super::shortened) has it.
    Text(String),
}

impl Column {
    /// What there is to say.
    #[must_use]
    pub fn profile(&self) -> ColumnProfile {
        let (distinct, numbers, lengths, frequent) = match &self.seen {
            Seen::Numbers(seen) => (seen.distinct(), Some(of_numbers(seen)), None, frequent_numbers(seen)),
            Seen::Texts(seen) => (seen.distinct(), None, seen.lengths, frequent_texts(seen)),
        };
        let Count { value, error } = distinct;
        ColumnProfile {
            name: self.name.clone(),
            holds: self.holds,
            count: self.count(),
            missing: self.missing,
            strange: self.strange,
            distinct: Distinct { value, error },
            numbers,
            lengths,
            frequent,
        }
    }
}

fn of_numbers(seen: &Numbers) -> NumberProfile {
    let range = seen.quantiles.range();
    let [below, above] = seen.quantiles.infinite();
    NumberProfile {
        infinite: below + above,
        min: range.map(|[least, _]| least),
        max: range.map(|[_, greatest]| greatest),
        mean: seen.moments.mean(),
        std: seen.moments.deviation(1),
        quantiles: quantiles(seen),
        histogram: histogram(seen),
    }
}

fn quantiles(seen: &Numbers) -> Quantiles {
    let ladder = seen.ladder();
    let error = if seen.frequent.error() == 0 { Error::Relative(0.0) } else { seen.quantiles.error() };
    let (relative_error, absolute_error) = match error {
        Error::Relative(error) => (Some(error), None),
        Error::Absolute(error) => (None, Some(error)),
    };
    let values = SHARES.iter().filter_map(|share| Some((*share, Figure(ladder.quantile(*share)?)))).collect();
    Quantiles { relative_error, absolute_error, values }
}

fn histogram(seen: &Numbers) -> Option<Histogram> {
    let bars: Vec<Bar> = if seen.frequent.error() > 0 {
        seen.quantiles.bars()
    } else {
        let exact = seen.frequent.by_value().into_iter().map(|(key, count)| {
            let value = order::number(*key);
            Bar { low: value, high: value, count }
        });
        exact.filter(|bar| bar.low.is_finite()).collect()
    };
    let histogram::Histogram { low, high, counts } = histogram::histogram(&bars)?;
    Some(Histogram { low, high, counts })
}

fn frequent_numbers(seen: &Numbers) -> FrequentValues {
    let values = seen.frequent.top(SHOWN).into_iter();
    let values = values.map(|(key, count)| (Value::Number(Figure(order::number(*key))), count)).collect();
    FrequentValues { error: seen.frequent.error(), values }
}

fn frequent_texts(seen: &Words) -> FrequentValues {
    let values = seen.frequent.top(SHOWN).into_iter();
    let values = values.map(|(text, count)| (Value::Text(text.clone()), count)).collect();
    FrequentValues { error: seen.frequent.error(), values }
}
