//! Arrow's arrays become columns: those of Parquet, which is decoded into arrays, and Arrow's own.
//!
//! A cell comes to the same as the text that pandas writes for it into a CSV file.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use super::Kind;
use super::cell::{self, Filling};
use super::primitives::{Primitive, with_decimal, with_primitive};
use super::spelling::{of_float, of_single};
use super::trouble::{Place, Troubles, Wrong};

/// Whether cells of this type can be what is wanted.
pub fn suits(kind: Kind, column: &DataType) -> bool {
    match column {
        _ if matches!(kind, Kind::Cells(_)) => true,
        DataType::Dictionary(_, values) => !matches!(**values, DataType::Float16) && suits(kind, values),
        DataType::Boolean | DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
            kind != Kind::Number
        }
        DataType::Null => true,
        other => other.is_integer() || other.is_floating() || other.is_decimal() || is_text(other),
    }
}

/// Whether cells are texts. Old writers of Parquet do not say so of theirs, and they look like bytes.
fn is_text(column: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(column, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

/// Adds the cells of an array to the column that is wanted as number `wanted`.
pub fn fill(filling: &mut Filling<'_>, array: &ArrayRef, wanted: usize, troubles: &mut Troubles) {
    if let Some(halves) = array.as_primitive_opt::<Float16Type>() {
        let singles: ArrayRef = Arc::new(halves.unary::<_, Float32Type>(|half| half.to_f32()));
        return fill(filling, &singles, wanted, troubles);
    }
    let mut scratch = String::new();
    let key = |array: &dyn Array, row| with_text(array, row, &mut scratch, cell::key);
    let note = |row: usize, wrong: Wrong| {
        troubles.note(wrong, Some(wanted), || (Place::Row(row as u64), shown(array, row)));
    };
    match filling {
        Filling::Numbers(numbers) => {
            if !all_numbers(array, numbers) {
                cells(array, number, adding(numbers, note));
            }
        }
        Filling::Labels(codes, remembered) => {
            let mut scratch = String::new();
            let code =
                |array: &dyn Array, row| with_text(array, row, &mut scratch, |text| remembered.code(text));
            cells(array, code, adding(codes, note));
        }
        Filling::Keys(keys) => cells(array, key, adding(keys, note)),
        Filling::Cells(gathered) => gathered.push_array(array),
    }
}

/// Adds a value a row to a column, and notes what is wrong.
fn adding<T: Default>(
    column: &mut Vec<T>,
    mut note: impl FnMut(usize, Wrong),
) -> impl FnMut(usize, Result<T, Wrong>) {
    move |row, value| {
        column.push(value.unwrap_or_else(|wrong| {
            note(row, wrong);
            T::default()
        }));
    }
}

/// Adds all cells at once where they are numbers and none is missing.
fn all_numbers(array: &ArrayRef, numbers: &mut Vec<f64>) -> bool {
    if array.null_count() > 0 {
        return false;
    }
    with_primitive!(array, typed => {
        numbers.extend(typed.values().iter().map(|value| value.double()));
        true
    }, _ => false)
}

/// Hands a value a row to `add`. What a cell comes to is asked once for each value of a dictionary, because they are many
/// rows'.
pub fn cells<T: Copy>(
    array: &ArrayRef,
    mut value: impl FnMut(&dyn Array, usize) -> Result<T, Wrong>,
    mut add: impl FnMut(usize, Result<T, Wrong>),
) {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let values = dictionary.values();
        let keys = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
        let mut known: Vec<Option<Result<T, Wrong>>> = vec![None; values.len()];
        for row in 0..array.len() {
            let key = keys.get(row).copied().filter(|_| array.is_valid(row));
            let Some((key, known)) = key.and_then(|key| Some((key, known.get_mut(key)?))) else {
                add(row, Err(Wrong::Missing));
                continue;
            };
            add(row, known.get_or_insert_with(|| value_at(values, key, &mut value)).clone());
        }
        return;
    }
    with_primitive!(array, typed => {
        let mut memo = Memo::default();
        for row in 0..typed.len() {
            if typed.is_null(row) {
                add(row, Err(Wrong::Missing));
            } else {
                add(row, memo.get(typed.value(row).bits(), || value(array, row)));
            }
        }
    }, _ => {
        for row in 0..array.len() {
            add(row, value_at(array, row, &mut value));
        }
    });
}

fn value_at<T>(
    array: &dyn Array,
    row: usize,
    value: impl FnOnce(&dyn Array, usize) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    if array.is_null(row) { Err(Wrong::Missing) } else { value(array, row) }
}

/// What some numbers came to, because in a column of labels there are few.
struct Memo<T>([Option<(u64, T)>; 256]);

impl<T: Copy> Default for Memo<T> {
    fn default() -> Self {
        Self([None; 256])
    }
}

impl<T: Copy> Memo<T> {
    #[inline]
    fn get(&mut self, bits: u64, value: impl FnOnce() -> Result<T, Wrong>) -> Result<T, Wrong> {
        let place = &mut self.0[usize::from((bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)];
        match place {
            Some((known, value)) if *known == bits => Ok(*value),
            place => {
                let value = value()?;
                *place = Some((bits, value));
                Ok(value)
            }
        }
    }
}

fn number(array: &dyn Array, row: usize) -> Result<f64, Wrong> {
    if let Some(text) = text(array, row) {
        return cell::number(text);
    }
    with_primitive!(array, typed => Ok(typed.value(row).double()), _ => {
        with_decimal!(array, typed => cell::number(typed.value_as_string(row).as_bytes()), _ => Err(Wrong::NotNumber))
    })
}

/// Does something with the text that stands for a cell.
pub fn with_text<T>(
    array: &dyn Array,
    row: usize,
    scratch: &mut String,
    value: impl FnOnce(&[u8]) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    if let Some(text) = text(array, row) {
        return value(text);
    }
    scratch.clear();
    spell(array, row, scratch)?;
    value(scratch.as_bytes())
}

/// The bytes of a text.
pub fn text(array: &dyn Array, row: usize) -> Option<&[u8]> {
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        _ => return None,
    })
}

/// Writes what stands for a cell that is no text.
fn spell(array: &dyn Array, row: usize, to: &mut String) -> Result<(), Wrong> {
    let spelled = match array.data_type() {
        DataType::Boolean => Some(array.as_boolean().value(row).to_string()),
        DataType::Float16 => of_single(array.as_primitive::<Float16Type>().value(row).to_f32()),
        DataType::Float32 => of_single(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => of_float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().value_as_date(row).map(|date| date.to_string())
        }
        DataType::Date64 => {
            array.as_primitive::<Date64Type>().value_as_date(row).map(|date| date.to_string())
        }
        DataType::Timestamp(unit, zone) => time(array, row, *unit, zone.is_some()),
        DataType::Time32(_) | DataType::Time64(_) => clock(array, row),
        other if is_nested(other) => return Err(Wrong::Nested),
        _ => with_primitive!(array, typed => Some(typed.value(row).to_string()), _ => {
            with_decimal!(array, typed => Some(typed.value_as_string(row)), _ => None)
        }),
    };
    // A NaN, or a date that no calendar has.
    let spelled = spelled.ok_or(Wrong::Missing)?;
    to.push_str(&spelled);
    Ok(())
}

/// Whether cells are no single values, or of a kind that has no text.
fn is_nested(column: &DataType) -> bool {
    let spelled = column.is_primitive() || matches!(column, DataType::Boolean | DataType::Null);
    !spelled || matches!(column, DataType::Interval(_) | DataType::Duration(_))
}

/// A time of day.
fn clock(array: &dyn Array, row: usize) -> Option<String> {
    let seconds = || array.as_primitive_opt::<Time32SecondType>()?.value_as_time(row);
    let millis = || array.as_primitive_opt::<Time32MillisecondType>()?.value_as_time(row);
    let micros = || array.as_primitive_opt::<Time64MicrosecondType>()?.value_as_time(row);
    let nanos = || array.as_primitive_opt::<Time64NanosecondType>()?.value_as_time(row);
    seconds().or_else(millis).or_else(micros).or_else(nanos).map(|time| time.to_string())
}

/// A date and a time, in UTC where it has a zone. At midnight it is the date alone, as pandas writes a column of dates.
fn time(array: &dyn Array, row: usize, unit: TimeUnit, zoned: bool) -> Option<String> {
    let time = match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value_as_datetime(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value_as_datetime(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value_as_datetime(row),
    }?;
    let text = time.to_string();
    if zoned {
        return Some(format!("{text}+00:00"));
    }
    Some(text.strip_suffix(" 00:00:00").map_or(text.clone(), str::to_owned))
}

/// A cell as a finding shows it.
pub fn shown(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    let (values, row): (&dyn Array, usize) = match array.as_any_dictionary_opt() {
        Some(dictionary) if !dictionary.values().is_empty() => {
            (dictionary.values(), dictionary.normalized_keys().get(row).copied().unwrap_or_default())
        }
        _ => (array, row),
    };
    if row >= values.len() || values.is_null(row) || *values.data_type() == DataType::Null {
        return String::new();
    }
    let mut scratch = String::new();
    let lossy = |text: &[u8]| Ok(String::from_utf8_lossy(text).into_owned());
    with_text(values, row, &mut scratch, lossy).unwrap_or_default()
}
