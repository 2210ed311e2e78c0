//! What a cell of text comes to in a column of some type, and which type cells look like.

use super::time;
use crate::table::Type;
use crate::table::decimal::decimal;
use crate::table::spelling::{says_nothing, spells_missing};
use crate::table::trouble::Wrong;

/// The value of a cell in a column that is not of texts: [`Wrong::Missing`], or any other where it is of another type.
#[inline]
pub fn of(holds: Type, cell: &[u8]) -> Result<f64, Wrong> {
    match holds {
        Type::Number => number(cell),
        Type::Integer => of_number(holds, number(cell)?),
        Type::Boolean => match word(cell.trim_ascii()) {
            Some(truth) => Ok(f64::from(u8::from(truth))),
            None => of_number(holds, number(cell)?),
        },
        Type::Date | Type::Time => of_seconds(holds, moment(cell)?),
        Type::Text => Err(Wrong::NotNumber),
    }
}

/// The same of a number.
#[inline]
pub fn of_number(holds: Type, value: f64) -> Result<f64, Wrong> {
    let fits = match holds {
        Type::Number => !value.is_nan(),
        Type::Integer => is_whole(value),
        Type::Boolean => value == 0.0 || value == 1.0,
        Type::Date | Type::Time | Type::Text => false,
    };
    match fits {
        true => Ok(value),
        false if value.is_nan() => Err(Wrong::Missing),
        false => Err(Wrong::NotNumber),
    }
}

/// Whether a number has no fraction. There is no instruction for that on the oldest machines of 64 bits.
#[inline]
fn is_whole(value: f64) -> bool {
    const NO_FRACTIONS_FROM: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "that is what is looked at"
    )]
    let truncated = value as i64 as f64;
    truncated == value || (value.is_finite() && value.abs() >= NO_FRACTIONS_FROM)
}

/// The same of a point in time. The first moment of a day is as much that day.
#[inline]
pub fn of_seconds(holds: Type, seconds: f64) -> Result<f64, Wrong> {
    let fits = match holds {
        Type::Time => true,
        Type::Date => seconds.rem_euclid(86_400.0) == 0.0,
        _ => false,
    };
    if fits { Ok(seconds) } else { Err(Wrong::NotNumber) }
}

/// The number that a cell is in a column of numbers.
///
/// # Errors
/// Why it is none.
#[inline]
pub fn number(cell: &[u8]) -> Result<f64, Wrong> {
    match decimal(cell) {
        Some(number) => Ok(number),
        None => other(cell),
    }
}

/// A number that is written in another way than most are. Apart, so that the usual one is read where it is wanted.
#[inline(never)]
fn other(cell: &[u8]) -> Result<f64, Wrong> {
    match fast_float2::parse::<f64, _>(cell) {
        Ok(number) if !number.is_nan() && !is_led_by_nought(cell) => Ok(number),
        _ => seldom(cell),
    }
}

#[inline(never)]
fn seldom(cell: &[u8]) -> Result<f64, Wrong> {
    let trimmed = cell.trim_ascii();
    if spells_missing(trimmed) {
        return Err(Wrong::Missing);
    }
    match fast_float2::parse::<f64, _>(trimmed) {
        Ok(value) if value.is_nan() => Err(Wrong::Missing),
        Ok(value) if trimmed.len() < cell.len() && !is_led_by_nought(trimmed) => Ok(value),
        _ => Err(Wrong::NotNumber),
    }
}

/// A truth value in words.
#[inline]
fn word(cell: &[u8]) -> Option<bool> {
    match cell.len() {
        4 if cell.eq_ignore_ascii_case(b"true") => Some(true),
        5 if cell.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

fn moment(cell: &[u8]) -> Result<f64, Wrong> {
    let trimmed = cell.trim_ascii();
    match time::point(trimmed) {
        Some(seconds) => Ok(seconds),
        None if spells_missing(trimmed) || trimmed.eq_ignore_ascii_case(b"nan") => Err(Wrong::Missing),
        None => Err(Wrong::NotNumber),
    }
}

/// As in a postcode: who writes it means it, and the cell is a text. With a point in it it is a number that was written to a
/// width.
#[inline]
fn is_led_by_nought(cell: &[u8]) -> bool {
    has_leading_zero(cell) && !cell.contains(&b'.')
}

/// Whether a nought comes before another digit.
#[inline]
fn has_leading_zero(cell: &[u8]) -> bool {
    // Without a branch: signs and noughts come as they like, and to guess them wrongly costs more than to look.
    let sign = usize::from(matches!(cell.first(), Some(b'-' | b'+')));
    let at = |place: usize| cell.get(place).copied().unwrap_or_default();
    (at(sign) == b'0') & at(sign + 1).is_ascii_digit()
}

/// What the cells of a column look like that have been seen, as Arrow's `infer_schema` guesses: a truth value, an
/// integer of 64 bits, a number, a day, a point in time, else a text. Unlike there, NaN and what else spells a missing
/// value says nothing, so that integers with holes stay integers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guess(u8);

impl Guess {
    const BOOLEAN: u8 = 1;
    const INTEGER: u8 = 2;
    const NUMBER: u8 = 4;
    const DATE: u8 = 8;
    const TIME: u8 = 16;
    const TEXT: u8 = 32;
    /// An integer that is beyond 64 bits: a number among numbers, and an id among integers.
    const LONG: u8 = 64;
    /// A whole number with a nought in front, which is a text: a postcode, or another code.
    const CODE: u8 = 128;

    /// Looks at a cell of text.
    pub fn see(&mut self, cell: &[u8]) {
        self.add(Self::of_cell(cell));
    }

    /// Adds what another has seen.
    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// What a cell of text looks like by itself.
    pub fn of_cell(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        Self(if spells_missing(cell) { 0 } else { Self::of(cell) })
    }

    /// The same of a text of which it is known that it is one, in a format that tells numbers from texts.
    pub fn of_text(text: &str) -> Self {
        Self(match Self::of_moment(text.as_bytes()) {
            _ if says_nothing(text) => 0,
            0 => Self::TEXT,
            moment => moment,
        })
    }

    /// Whether nothing was there to see.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all that was seen are numbers.
    pub fn is_of_numbers(self) -> bool {
        !self.is_empty() && self.0 & !(Self::INTEGER | Self::NUMBER | Self::LONG) == 0
    }

    /// Whether codes were seen, so that what looks like numbers may be codes, too.
    pub fn has_codes(self) -> bool {
        self.0 & Self::CODE != 0
    }

    /// What the column holds; none where nothing was there to see.
    pub fn holds(self) -> Option<Type> {
        let only = |kinds: u8| self.0 & !kinds == 0;
        Some(match self.0 {
            0 => return None,
            Self::BOOLEAN => Type::Boolean,
            Self::INTEGER => Type::Integer,
            Self::DATE => Type::Date,
            seen if only(Self::DATE | Self::TIME) && seen & Self::TIME != 0 => Type::Time,
            seen if only(Self::INTEGER | Self::NUMBER | Self::LONG) && seen & Self::NUMBER != 0 => {
                Type::Number
            }
            _ => Type::Text,
        })
    }

    fn of(cell: &[u8]) -> u8 {
        match fast_float2::parse::<f64, _>(cell) {
            Ok(value) if value.is_nan() => 0,
            Ok(_) if is_led_by_nought(cell) => Self::TEXT | Self::CODE,
            Ok(_) => Self::of_number(cell),
            Err(_) if word(cell).is_some() => Self::BOOLEAN,
            Err(_) => match Self::of_moment(cell) {
                0 => Self::TEXT,
                moment => moment,
            },
        }
    }

    fn of_number(cell: &[u8]) -> u8 {
        let digits = cell.strip_prefix(b"-").or(cell.strip_prefix(b"+")).unwrap_or(cell);
        if !digits.iter().all(u8::is_ascii_digit) {
            return Self::NUMBER;
        }
        let fits = std::str::from_utf8(cell).is_ok_and(|text| text.parse::<i64>().is_ok());
        if fits { Self::INTEGER } else { Self::LONG }
    }

    fn of_moment(cell: &[u8]) -> u8 {
        match (time::day(cell), time::point(cell)) {
            (Some(_), _) => Self::DATE,
            (None, Some(_)) => Self::TIME,
            (None, None) => 0,
        }
    }
}

/// [`Type::widened`] of what may not have been seen.
pub fn together(one: Option<Type>, other: Option<Type>) -> Option<Type> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.widened(other)),
        (one, other) => one.or(other),
    }
}
