//! Values in a schema: ends of a range, allowed values, patterns.

use super::moment;
use super::rules::{Allowed, Bound, Pattern, Range};
use crate::config::Scalar;
use crate::config::source::{KeyPath, Source};
use crate::document::{harmless, shown};
use crate::table::{Type, spelled};

/// What a value is by how it is written.
pub(super) fn type_of(value: &Scalar) -> Type {
    match value {
        Scalar::Bool(_) => Type::Boolean,
        Scalar::Integer(_) => Type::Integer,
        Scalar::Number(_) => Type::Number,
        Scalar::Text(text) => moment::parse(text).map_or(Type::Text, |(_, holds)| holds),
    }
}

/// The type that holds all of these; none of none.
pub(super) fn widest(types: impl Iterator<Item = Type>) -> Option<Type> {
    types.reduce(|one, other| one.joined(other).unwrap_or(Type::Text))
}

/// The number that stands for a value in a column of a type; none where it is of another.
pub(super) fn number(value: &Scalar, holds: Type) -> Option<f64> {
    match (value, holds) {
        (Scalar::Bool(value), Type::Boolean) => Some(f64::from(u8::from(*value))),
        #[expect(clippy::cast_precision_loss, reason = "cells are 64-bit floats everywhere")]
        (Scalar::Integer(number), Type::Integer | Type::Number) => Some(*number as f64),
        (Scalar::Number(number), Type::Integer | Type::Number) => Some(*number),
        (Scalar::Text(text), Type::Date | Type::Time) => moment::parse(text).map(|(seconds, _)| seconds),
        _ => None,
    }
}

/// The allowed values of a column of a type; in the error, the place of the first that is of another.
pub(super) fn allowed(values: &[Scalar], holds: Type) -> Result<Allowed, usize> {
    if holds == Type::Text {
        let texts = values.iter().map(|value| spelled(&value.to_string()).into());
        return Ok(Allowed::Texts(texts.collect()));
    }
    let numbers = values.iter().enumerate().map(|(index, value)| number(value, holds).ok_or(index));
    let mut numbers = numbers.collect::<Result<Vec<f64>, usize>>()?;
    numbers.sort_by(f64::total_cmp);
    // Nought is one value, whatever its sign.
    numbers.iter_mut().for_each(|number| *number += 0.0);
    numbers.dedup();
    Ok(Allowed::Numbers(numbers))
}

/// What is said with a pattern: the expression, or why it is none.
pub(super) fn pattern(written: &str, whole: bool) -> Result<Pattern, String> {
    let expression = if whole { format!("^(?:{written})$") } else { written.to_owned() };
    match regex::Regex::new(&expression) {
        Ok(regex) => Ok(Pattern { written: written.to_owned(), regex }),
        Err(regex::Error::CompiledTooBig(_)) => Err("it is too large".into()),
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            Err(last.strip_prefix("error: ").unwrap_or(last).to_owned())
        }
    }
}

/// A value of a column as people write it.
pub(in crate::data) fn written(value: f64, holds: Type) -> String {
    let moment = match holds {
        Type::Date => moment::day(value),
        Type::Time => moment::time(value),
        Type::Boolean if value == 0.0 => Some("false".to_owned()),
        Type::Boolean if value == 1.0 => Some("true".to_owned()),
        _ => None,
    };
    moment.unwrap_or_else(|| match value.abs() {
        magnitude if magnitude == 0.0 || (1e-5..1e17).contains(&magnitude) => format!("{}", value + 0.0),
        magnitude if magnitude.is_finite() => format!("{value:e}"),
        _ => format!("{value}"),
    })
}

/// Where in the file a column is being read.
pub(super) struct At<'s, 'text> {
    pub source: &'s mut Source<'text>,
    pub path: &'s KeyPath,
    pub holds: Option<Type>,
}

impl At<'_, '_> {
    /// The range between two ends.
    pub fn range(&mut self, min: Option<Scalar>, max: Option<Scalar>) -> Option<Range> {
        let (written_min, written_max) =
            (min.as_ref().map(Scalar::to_string), max.as_ref().map(Scalar::to_string));
        let min = min.and_then(|value| self.bound("min", &value));
        let max = max.and_then(|value| self.bound("max", &value));
        let range = Range { min, max };
        if range.is_empty() {
            let message = format!(
                "`min` is {} and `max` only {}",
                shown(&written_min.unwrap_or_default()),
                shown(&written_max.unwrap_or_default())
            );
            self.source.value(&self.path.key("min"), message, "exchange them");
        }
        (range.min.is_some() || range.max.is_some()).then_some(range)
    }

    fn bound(&mut self, key: &str, value: &Scalar) -> Option<Bound> {
        let path = self.path.key(key);
        let holds = self.holds.unwrap_or(Type::Number);
        if matches!(holds, Type::Text | Type::Boolean) {
            let message = format!("`{key}` holds of numbers, days and times, not of {}", holds.word());
            let help = "write their `type`, or `length` for the number of characters of a text, or remove it";
            self.source.value(&path, message, help);
            return None;
        }
        let at = number(value, holds);
        if at.is_none() {
            let message = format!("«{}» is no {}", shown(&value.to_string()), holds.word());
            self.source.value(&path, message, like(holds));
        }
        at.map(|at| Bound { at, strict: false })
    }

    /// The allowed values.
    pub fn values(&mut self, values: Vec<Scalar>) -> Option<Allowed> {
        let path = self.path.key("values");
        if values.is_empty() {
            // An item that could not be read is a problem already.
            if self.source.node(&path).and_then(|node| node.items()).is_none_or(<[_]>::is_empty) {
                self.source.key(&path, "no value is allowed", "list the values, or remove the key");
            }
            return None;
        }
        let holds = self.holds.unwrap_or(Type::Text);
        match allowed(&values, holds) {
            Ok(allowed) => Some(allowed),
            Err(index) => {
                let message = format!("«{}» is no {}", shown(&values[index].to_string()), holds.word());
                self.source.value(&path.index(index), message, like(holds));
                None
            }
        }
    }

    /// The pattern.
    pub fn pattern(&mut self, text: &str) -> Option<Pattern> {
        let path = self.path.key("pattern");
        if self.holds.is_some_and(|holds| holds != Type::Text) {
            self.source.key(&path, "only texts have a pattern", "write `type: text`, or remove it");
            return None;
        }
        match pattern(text, false) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let help = "write it without look-around and back-references, and in single quotes: a backslash is itself there";
                self.source.value(&path, format!("no regular expression: {}", harmless(&why)), help);
                None
            }
        }
    }
}

/// How values of a type are written.
fn like(holds: Type) -> &'static str {
    match holds {
        Type::Integer => "write a whole number, such as 18, or correct `type`",
        Type::Number => "write a number, such as 0.5, or correct `type`",
        Type::Boolean => "write `true` or `false`, or correct `type`",
        Type::Date => "write a day, such as 2026-11-28, or correct `type`",
        Type::Time => "write a time, such as 2026-11-28T12:30:00Z, or correct `type`",
        Type::Text => "write a text, or correct `type`",
    }
}
