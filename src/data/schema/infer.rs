//! A schema out of data: what is written is what the data keeps, with some room.

use std::collections::HashSet;
use std::fmt::Write;

use super::values::written;
use crate::document::deceives;
use crate::number::{counted, thousands};
use crate::table::Type;

/// What is known of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: Type,
    /// How many rows there are.
    pub rows: u64,
    /// How many have no value.
    pub missing: u64,
    /// How many have one of another type.
    pub strange: u64,
    /// How many different values there are.
    pub distinct: u64,
    /// Whether `distinct` is exact.
    pub exact: bool,
    /// The lowest number, day or time, the latter as seconds since 1970; none of texts.
    pub min: Option<f64>,
    /// The highest.
    pub max: Option<f64>,
    /// Values and how often each is there; of texts that have few values all of them.
    pub values: Vec<(String, u64)>,
    /// The fewest characters of a text; none of all else.
    pub shortest: Option<u64>,
    /// The most.
    pub longest: Option<u64>,
}

/// Texts with at most so many values, each of which repeats on the average, have no others.
const FEW: u64 = 20;
/// The share of the span by which a range is wider than what was seen, at each end.
const ROOM: f64 = 0.1;
/// Beyond it a float does not tell whole numbers apart.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// YAML wants a longer key to be written out.
const LONG_KEY: usize = 1000;

/// The text of a data.schema.yml that the data keeps. Ranges are wider than what was seen by a tenth of it at each end,
/// rounded outwards, but not below 0 where nothing is negative; the share of missing values may be half as large again;
/// texts may be twice as long, unless all are equally long; how many rows are enough is only proposed. Days and times get no end: data
/// grows there.
#[must_use]
pub fn infer(rows: u64, columns: &[Summary]) -> String {
    let mut text = format!(
        "# Guessed by `modelgate data infer` from {} of {}.\n# What is said here held of all of them; read it before you trust it.\nversion: 1\n",
        counted_rows(rows),
        counted(columns.len(), "column", "columns"),
    );
    if rows > 1 {
        let _ = writeln!(
            text,
            "# rows: {{ min: {} }}  # half of what was seen, for sets that should be as large",
            rows / 2
        );
    }
    text.push_str("extra-columns: warn\ncolumns:");
    let mut seen = HashSet::new();
    let mut any = false;
    text.push('\n');
    for column in columns {
        if column.name == "<<" {
            text.push_str("  # The column «<<» is left out: YAML takes its name for something else.\n");
        } else if seen.insert(column.name.as_str()) {
            any = true;
            text.push_str(&line(column));
        }
    }
    if !any {
        text.truncate(text.len() - 1);
        text.push_str(" {}\n");
    }
    text
}

fn counted_rows(rows: u64) -> String {
    format!("{} {}", thousands(rows), if rows == 1 { "row" } else { "rows" })
}

/// The line of a column, and what is a guess in it.
fn line(column: &Summary) -> String {
    let mut keys = vec![format!("type: {}", column.holds.word())];
    let mut guesses: Vec<String> = Vec::new();
    nulls(column, &mut keys, &mut guesses);
    if there(column) > 0 {
        range(column, &mut keys, &mut guesses);
        texts(column, &mut keys, &mut guesses);
        unique(column, &mut keys, &mut guesses);
    }
    strange(column, &mut keys, &mut guesses);
    let comment = if guesses.is_empty() { String::new() } else { format!("  # {}", guesses.join("; ")) };
    let name = quoted(&column.name);
    let rules = format!("{{ {} }}{comment}", keys.join(", "));
    match name.len() > LONG_KEY {
        true => format!("  ? {name}\n  : {rules}\n"),
        false => format!("  {name}: {rules}\n"),
    }
}

/// How many rows have a value of the type.
fn there(column: &Summary) -> u64 {
    column.rows.saturating_sub(column.missing).saturating_sub(column.strange)
}

fn nulls(column: &Summary, keys: &mut Vec<String>, guesses: &mut Vec<String>) {
    match column.missing {
        0 => keys.push("nulls: false".into()),
        missing if missing >= column.rows => {
            keys.push("nulls: true".into());
            guesses.push("no value was seen, so the type is a guess".into());
        }
        missing => {
            let seen = missing as f64 / column.rows as f64;
            keys.push(format!("nulls: {}", up(seen * 1.5, seen, 100.0)));
            guesses.push(format!("{} were missing", super::told::percent(seen)));
        }
    }
}

/// A share rounded up to a part of 1, at least `least` and at most 1.
fn up(share: f64, least: f64, parts: f64) -> f64 {
    let rounded = (share * parts).ceil() / parts;
    rounded.max(least).min(1.0)
}

fn strange(column: &Summary, keys: &mut Vec<String>, guesses: &mut Vec<String>) {
    if column.strange > 0 {
        let share = column.strange as f64 / column.rows.saturating_sub(column.missing).max(1) as f64;
        keys.push(format!("tolerate: {}", up(share, share, 1e4)));
        let article = if column.holds == Type::Integer { "an" } else { "a" };
        let values = if column.strange == 1 { "value was" } else { "values were" };
        guesses.push(format!(
            "{} {values} not {article} {}: better mend them",
            thousands(column.strange),
            column.holds.word()
        ));
    }
}

fn range(column: &Summary, keys: &mut Vec<String>, guesses: &mut Vec<String>) {
    let (Some(min), Some(max)) = (column.min, column.max) else { return };
    let (low, high) = match column.holds {
        Type::Integer | Type::Number => widened(min, max, column.holds == Type::Integer),
        Type::Date | Type::Time => (earlier(min, max), f64::INFINITY),
        Type::Boolean | Type::Text => return,
    };
    let ends = [("min", low), ("max", high)];
    let told = ends.iter().filter(|(_, end)| end.is_finite());
    let told: Vec<String> =
        told.map(|(key, end)| format!("{key}: {}", end_text(*end, column.holds))).collect();
    if !told.is_empty() {
        keys.extend(told);
        guesses.push(format!("seen: {} to {}", written(min, column.holds), written(max, column.holds)));
    }
}

fn end_text(end: f64, holds: Type) -> String {
    match holds {
        Type::Date | Type::Time => format!("\"{}\"", written(end, holds)),
        _ => written(end, holds),
    }
}

/// Wider by a tenth of the span at each end, rounded outwards to two digits of it.
fn widened(min: f64, max: f64, whole: bool) -> (f64, f64) {
    let span = if max > min { max - min } else { max.abs() };
    let room = span * ROOM;
    let step = match 10_f64.powf((span / 10.0).log10().floor()) {
        step if whole => step.max(1.0),
        step => step,
    };
    if !step.is_normal() || !room.is_finite() {
        return (min, max);
    }
    let low = clean(((min - room) / step).floor() * step);
    let high = clean(((max + room) / step).ceil() * step);
    let low = if min >= 0.0 { low.max(0.0) } else { low };
    let high = if max <= 0.0 { high.min(0.0) } else { high };
    // What rounding did must not leave out what was seen.
    (low.min(min), high.max(max))
}

/// Without what multiplying by 0.1 adds in the seventeenth digit.
fn clean(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

/// A day earlier by a tenth of the span.
fn earlier(min: f64, max: f64) -> f64 {
    const DAY: f64 = 86_400.0;
    let low = ((min - (max - min) * ROOM) / DAY).floor() * DAY;
    // Beyond the years that are written with four digits there is nothing to write.
    let writable = super::moment::day(low).is_some() && super::moment::day(max).is_some();
    if writable { low } else { f64::NEG_INFINITY }
}

fn texts(column: &Summary, keys: &mut Vec<String>, guesses: &mut Vec<String>) {
    if column.holds != Type::Text {
        return;
    }
    let all = column.exact && column.values.len() as u64 == column.distinct;
    let repeat = column.distinct <= FEW && there(column) >= 2 * column.distinct;
    let writable = column.values.iter().all(|(value, _)| !value.contains('\0'));
    if all && repeat && writable && !column.values.is_empty() {
        let mut values: Vec<String> = column.values.iter().map(|(value, _)| quoted(value)).collect();
        values.sort();
        keys.push(format!("values: [{}]", values.join(", ")));
        guesses.push("the values that were seen".into());
    } else if let (Some(shortest), Some(longest)) = (column.shortest, column.longest) {
        if shortest == longest && column.distinct > 1 {
            keys.push(format!("length: {{ min: {shortest}, max: {longest} }}"));
            guesses.push("all were equally long".into());
        } else {
            keys.push(format!("length: {{ max: {} }}", longest.saturating_mul(2)));
            guesses.push(format!("seen: {} to {} characters", thousands(shortest), thousands(longest)));
        }
    }
}

fn unique(column: &Summary, keys: &mut Vec<String>, guesses: &mut Vec<String>) {
    let differ = column.exact && column.distinct == there(column) && column.distinct > 1;
    let beyond = [column.min, column.max].iter().flatten().any(|end| end.abs() >= EXACT);
    match column.holds {
        Type::Integer if differ && beyond => {
            guesses.push("numbers beyond 2^53: with `type: text` they could be `unique: true`".into());
        }
        Type::Integer | Type::Text if differ => {
            keys.push("unique: true".into());
            guesses.push("every value differed".into());
        }
        _ => {}
    }
}

/// A text as YAML has it within a map in braces.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && text.chars().all(plain) && !words.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if deceives(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
