//! Cells become columns.

use twox_hash::XxHash3_128;

use super::decimal::decimal;
use super::labels::{Labels, Remembered};
use super::lenient::Gathered;
use super::records::{Cells, Span};
use super::spelling::{normal, says_nothing};
use super::trouble::Wrong;
use super::{Column, Kind};

/// A column that is being filled.
#[derive(Debug)]
pub enum Filling<'a> {
    /// With numbers.
    Numbers(Vec<f64>),
    /// With the codes of labels.
    Labels(Vec<u32>, Box<Remembered<'a>>),
    /// With hashes.
    Keys(Vec<u128>),
    /// With whatever is there.
    Cells(Box<Gathered>),
}

impl<'a> Filling<'a> {
    /// An empty column with room for so many rows.
    pub fn new(kind: Kind, labels: &'a Labels, rows: usize) -> Self {
        match kind {
            Kind::Number => Self::Numbers(Vec::with_capacity(rows)),
            Kind::Label => Self::Labels(Vec::with_capacity(rows), Box::new(Remembered::new(labels))),
            Kind::Key => Self::Keys(Vec::with_capacity(rows)),
            Kind::Cells(holds) => Self::Cells(Box::new(Gathered::new(holds, rows))),
        }
    }

    /// Adds a cell from its text. A wrong one is added too, as something, so that rows stay rows.
    #[inline]
    pub fn push(&mut self, cell: &[u8]) -> Result<(), Wrong> {
        match self {
            Self::Numbers(numbers) => take(numbers, number(cell)),
            Self::Labels(codes, remembered) => take(codes, remembered.code(cell)),
            Self::Keys(keys) => take(keys, key(cell)),
            Self::Cells(gathered) => {
                gathered.push(cell);
                Ok(())
            }
        }
    }

    /// Adds cells of delimited text. Wrong ones are added too, and told.
    pub fn extend(&mut self, cells: Cells<'_>, tell: impl FnMut(Span, Wrong, &[u8])) {
        match self {
            Self::Numbers(numbers) => all(cells, numbers, number, tell),
            Self::Labels(codes, remembered) => all(cells, codes, |cell| remembered.code(cell), tell),
            Self::Keys(keys) => all(cells, keys, key, tell),
            Self::Cells(gathered) => gathered.extend(cells),
        }
    }

    /// Adds a row in which there is no cell, or none that could be read. `shown` is what is there.
    pub fn push_wrong(&mut self, wrong: Wrong, shown: &str) -> Result<(), Wrong> {
        match self {
            Self::Numbers(numbers) => numbers.push(f64::NAN),
            Self::Labels(codes, _) => codes.push(0),
            Self::Keys(keys) => keys.push(0),
            Self::Cells(gathered) => {
                gathered.push_wrong(&wrong, || shown.to_owned());
                // Which of two values is meant nobody knows; that is no matter of the cell.
                return if wrong == Wrong::Twice { Err(wrong) } else { Ok(()) };
            }
        }
        Err(wrong)
    }

    /// The column.
    pub fn finish(self) -> Column {
        match self {
            Self::Numbers(numbers) => Column::Numbers(numbers),
            Self::Labels(codes, _) => Column::Labels(codes),
            Self::Keys(keys) => Column::Keys(keys),
            Self::Cells(gathered) => Column::Cells(gathered.finish()),
        }
    }
}

#[inline]
fn all<T: Default>(
    cells: Cells<'_>,
    column: &mut Vec<T>,
    mut value: impl FnMut(&[u8]) -> Result<T, Wrong>,
    mut tell: impl FnMut(Span, Wrong, &[u8]),
) {
    cells.each(|span, cell| {
        if let Err(wrong) = take(column, value(cell)) {
            tell(span, wrong, cell);
        }
    });
}

#[inline]
fn take<T: Default>(column: &mut Vec<T>, cell: Result<T, Wrong>) -> Result<(), Wrong> {
    match cell {
        Ok(value) => {
            column.push(value);
            Ok(())
        }
        Err(wrong) => {
            column.push(T::default());
            Err(wrong)
        }
    }
}

/// The number that a cell holds.
#[inline]
pub fn number(cell: &[u8]) -> Result<f64, Wrong> {
    match decimal(cell) {
        Some(number) => Ok(number),
        None => fast_float2::parse(cell).or_else(|_| spaced_number(cell)),
    }
}

#[cold]
fn spaced_number(cell: &[u8]) -> Result<f64, Wrong> {
    match cell.trim_ascii() {
        [] => Err(Wrong::Missing),
        trimmed if trimmed.len() < cell.len() => fast_float2::parse(trimmed).map_err(|_| Wrong::NotNumber),
        _ => Err(Wrong::NotNumber),
    }
}

/// The hash that a cell is known by.
pub fn key(cell: &[u8]) -> Result<u128, Wrong> {
    let text = std::str::from_utf8(cell).map_err(|_| Wrong::NotUtf8)?;
    if says_nothing(text) {
        return Err(Wrong::Missing);
    }
    Ok(XxHash3_128::oneshot(normal(text).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        let numbers = [("1", 1.0), ("-0.5e3", -500.0), (" 2 ", 2.0), ("+3", 3.0), (".5", 0.5), ("1.", 1.0)];
        for (text, value) in numbers {
            assert_eq!(number(text.as_bytes()), Ok(value), "{text}");
        }
        for text in ["inf", "Infinity", "+inf", "INF"] {
            assert_eq!(number(text.as_bytes()), Ok(f64::INFINITY), "{text}");
        }
        assert_eq!(number(b"-inf"), Ok(f64::NEG_INFINITY));
        for text in ["nan", "NaN", "NAN", "-nan"] {
            assert!(number(text.as_bytes()).is_ok_and(f64::is_nan), "{text}");
        }
        for text in ["abc", "1,5", "1_000", "0x10", "1e", "--1", "1 2", "True", "1\u{a0}", "९"] {
            assert_eq!(number(text.as_bytes()), Err(Wrong::NotNumber), "{text}");
        }
        for text in ["", " ", "\t"] {
            assert_eq!(number(text.as_bytes()), Err(Wrong::Missing), "{text}");
        }
    }

    #[test]
    fn keys_are_the_same_for_what_is_the_same() {
        assert_eq!(key(b"7"), key(b"7.0"));
        assert_ne!(key(b"7"), key(b"07"));
        assert_ne!(key(b"9223372036854775807"), key(b"9223372036854775806"));
        assert_eq!(key(b""), Err(Wrong::Missing));
    }
}
