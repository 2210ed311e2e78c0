//! Arrow's arrays become columns of cells, and its types become ours.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float16Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use super::time::DAY;
use super::value::{of, of_number, of_seconds};
use super::{Building, Gathered};
use crate::table::arrays::{cells, shown, text, with_text};
use crate::table::primitives::{Primitive, with_decimal, with_primitive};
use crate::table::trouble::Wrong;
use crate::table::{NONE, Type};

/// What a column of this type holds; none where all of its cells are missing.
pub fn holds(column: &DataType) -> Option<Type> {
    Some(match column {
        DataType::Null => return None,
        DataType::Boolean => Type::Boolean,
        DataType::Date32 | DataType::Date64 => Type::Date,
        DataType::Timestamp(..) => Type::Time,
        DataType::Dictionary(_, values) => return holds(values),
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale)
            if *scale <= 0 =>
        {
            Type::Integer
        }
        other if other.is_integer() => Type::Integer,
        other if other.is_floating() || other.is_decimal() => Type::Number,
        _ => Type::Text,
    })
}

/// Whether a column of this type is one of texts, and not only of what is read as such, as lists are.
pub fn is_text(column: &DataType) -> bool {
    match column {
        DataType::Dictionary(_, values) => is_text(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        other => other.is_binary(),
    }
}

impl Gathered {
    /// Adds the cells of an array.
    pub fn push_array(&mut self, array: &ArrayRef) {
        let Self { holds, values, without } = self;
        match values {
            Building::Numbers(numbers) => {
                let first = numbers.len();
                if all_fit(*holds, array.data_type()) && all_numbers(array, numbers) {
                    without.missing +=
                        numbers[first..].iter().filter(|number| number.is_nan()).count() as u64;
                    return;
                }
                cells(
                    array,
                    |array, row| value(*holds, array, row),
                    |row, value| {
                        numbers.push(value.unwrap_or_else(|wrong| {
                            without.note(first + row, &wrong, || what(array, row));
                            f64::NAN
                        }));
                    },
                );
            }
            Building::Texts(codes, dictionary) => {
                let mut scratch = String::new();
                let first = codes.len();
                let code = |array: &dyn Array, row| {
                    with_text(array, row, &mut scratch, |text| dictionary.code(text))
                };
                cells(array, code, |row, code| {
                    codes.push(code.unwrap_or_else(|wrong| {
                        without.note(first + row, &wrong, || what(array, row));
                        NONE
                    }));
                });
            }
        }
    }
}

/// Whether no value of this type can be another thing than what the column holds.
fn all_fit(holds: Type, array: &DataType) -> bool {
    holds == Type::Number || (holds == Type::Integer && array.is_integer())
}

/// Adds all cells at once where they are numbers; what is missing is NaN.
fn all_numbers(array: &ArrayRef, numbers: &mut Vec<f64>) -> bool {
    with_primitive!(array, typed => {
        match typed.null_count() {
            0 => numbers.extend(typed.values().iter().map(|value| value.double())),
            _ => numbers.extend(typed.iter().map(|value| value.map_or(f64::NAN, |value| value.double()))),
        }
        true
    }, _ => false)
}

fn value(holds: Type, array: &dyn Array, row: usize) -> Result<f64, Wrong> {
    if let Some(text) = text(array, row) {
        return of(holds, text);
    }
    match array.data_type() {
        DataType::Null => Err(Wrong::Missing),
        DataType::Boolean if holds == Type::Boolean => Ok(f64::from(u8::from(array.as_boolean().value(row)))),
        DataType::Date32 => of_days(holds, i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>().value(row);
            of_days(holds, millis.div_euclid(DAY * 1000))
        }
        DataType::Timestamp(unit, _) => of_seconds(holds, seconds(array, row, *unit)),
        DataType::Float16 => of_number(holds, array.as_primitive::<Float16Type>().value(row).to_f64()),
        _ => with_primitive!(array, typed => of_number(holds, typed.value(row).double()), _ => {
            with_decimal!(array, typed => of(holds, typed.value_as_string(row).as_bytes()), _ => Err(Wrong::Nested))
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "years have few digits, in seconds too")]
fn of_days(holds: Type, days: i64) -> Result<f64, Wrong> {
    of_seconds(holds, days as f64 * DAY as f64)
}

/// Seconds since 1970. They and their fraction are taken apart first: nanoseconds have more digits than a double.
#[expect(clippy::cast_precision_loss, reason = "that is what a double of seconds can tell")]
fn seconds(array: &dyn Array, row: usize, unit: TimeUnit) -> f64 {
    let (count, scale) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().value(row), 1_000),
        TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000),
        TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000),
    };
    count.div_euclid(scale) as f64 + count.rem_euclid(scale) as f64 / scale as f64
}

/// What a cell is that is of another type: of lists and the like only that much.
fn what(array: &ArrayRef, row: usize) -> String {
    let text = shown(array, row);
    if text.is_empty() { array.data_type().to_string() } else { text }
}
