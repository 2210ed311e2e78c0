//! What a column's cells break.

use super::plan::Wanted;
use super::tally::Tally;
use crate::data::schema::rules::{Allowed, ColumnRules, Range};
use crate::data::schema::values::written;
use crate::document::shown;
use crate::table::{Cells, NONE, SHOWN, Texts, Type, Values};

/// What a column's cells break.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnTally {
    pub missing: Tally,
    pub strange: Tally,
    pub range: Tally,
    pub values: Tally,
    pub pattern: Tally,
    pub length: Tally,
}

impl ColumnTally {
    pub fn add(&mut self, wanted: &Wanted, cells: &Cells, first: u64) {
        let rows = cells.values.rows() as u64;
        self.missing.count(cells.missing, rows, || missing(cells).map(|row| (first + row, String::new())));
        let there = rows.saturating_sub(cells.missing);
        self.strange.count(cells.strange, there, || {
            cells.shown.iter().map(|(row, text)| (first + u64::from(*row), shown(text)))
        });
        let Some(rules) = &wanted.rules else { return };
        let values = there.saturating_sub(cells.strange);
        match &cells.values {
            Values::Numbers(numbers) => self.numbers(rules, wanted.holds, numbers, values, first),
            Values::Texts(texts) => self.texts(rules, texts, values, first),
        }
    }

    fn numbers(&mut self, rules: &ColumnRules, holds: Type, numbers: &[f64], values: u64, first: u64) {
        let count = |tally: &mut Tally, broken: u64, breaks: &dyn Fn(f64) -> bool| {
            tally.count(broken, values, || {
                let found = numbers.iter().enumerate().filter(|(_, value)| breaks(**value));
                found.map(|(row, value)| (first + row as u64, written(*value, holds)))
            });
        };
        if let Some(rule) = &rules.range {
            let (low, high) = rule.of.ends();
            count(&mut self.range, outside(numbers, &rule.of), &|value| value < low || value > high);
        }
        if let Some(Allowed::Numbers(allowed)) = rules.values.as_ref().map(|rule| &rule.of) {
            let breaks = |value: f64| !value.is_nan() && !is_among(allowed, value);
            let broken = numbers.iter().filter(|value| breaks(**value)).count();
            count(&mut self.values, broken as u64, &breaks);
        }
    }

    fn texts(&mut self, rules: &ColumnRules, texts: &Texts, values: u64, first: u64) {
        let count = |tally: &mut Tally, breaks: &dyn Fn(&str) -> bool| {
            let broken: Vec<bool> = texts.texts.iter().map(|text| breaks(text)).collect();
            let is_broken = |code: u32| broken.get(code as usize).copied().unwrap_or(false);
            // Most batches break nothing, and need no look at their rows.
            let rows = match broken.contains(&true) {
                true => texts.codes.iter().filter(|code| is_broken(**code)).count(),
                false => 0,
            };
            tally.count(rows as u64, values, || {
                let found = texts.codes.iter().enumerate().filter(|(_, code)| is_broken(**code));
                found.map(|(row, code)| (first + row as u64, shown(&texts.texts[*code as usize])))
            });
        };
        if let Some(Allowed::Texts(allowed)) = rules.values.as_ref().map(|rule| &rule.of) {
            count(&mut self.values, &|text| !allowed.contains(text));
        }
        if let Some(rule) = &rules.pattern {
            count(&mut self.pattern, &|text| !rule.of.regex.is_match(text));
        }
        if let Some(rule) = &rules.length {
            count(&mut self.length, &|text| !rule.of.holds(text.chars().count() as u64));
        }
    }

    pub fn merge(&mut self, later: Self) {
        let Self { missing, strange, range, values, pattern, length } = later;
        self.missing.merge(missing);
        self.strange.merge(strange);
        self.range.merge(range);
        self.values.merge(values);
        self.pattern.merge(pattern);
        self.length.merge(length);
    }
}

/// How many numbers are outside; no branch depends on a value. NaN, which is no value, is outside of nothing.
fn outside(numbers: &[f64], range: &Range) -> u64 {
    let (low, high) = range.ends();
    let count =
        |chunk: &[f64]| chunk.iter().map(|value| u32::from((*value < low) | (*value > high))).sum::<u32>();
    numbers.chunks(1 << 16).map(|chunk| u64::from(count(chunk))).sum()
}

fn is_among(allowed: &[f64], value: f64) -> bool {
    // Adding 0 makes -0 to 0, which is the same value and another in the total order.
    let value = value + 0.0;
    match allowed.len() {
        0..=8 => allowed.contains(&value),
        _ => allowed.binary_search_by(|probe| probe.total_cmp(&value)).is_ok(),
    }
}

/// The rows without a value that are surely missing, and not of another type: all when all of those are known, else those
/// before the last that is known.
fn missing(cells: &Cells) -> impl Iterator<Item = u64> + '_ {
    let all_known = cells.strange as usize <= cells.shown.len().min(SHOWN);
    let last = cells.shown.iter().map(|(row, _)| *row as usize).max().unwrap_or(0);
    let known = if all_known { usize::MAX } else { last };
    let is_strange = |row: usize| cells.shown.iter().any(|(strange, _)| *strange as usize == row);
    (0..cells.values.rows())
        .take_while(move |row| *row < known)
        .filter(move |row| is_empty(&cells.values, *row) && !is_strange(*row))
        .map(|row| row as u64)
}

/// Whether a row has no value.
pub(super) fn is_empty(values: &Values, row: usize) -> bool {
    match values {
        Values::Numbers(numbers) => numbers[row].is_nan(),
        Values::Texts(texts) => texts.codes[row] == NONE,
    }
}
