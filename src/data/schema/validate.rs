//! From the raw mirror to the valid [`Schema`], with every problem on the way.

use std::collections::HashSet;
use std::time::Duration;

use super::compare::Comparison;
use super::raw;
use super::rules::{ColumnRules, Extra, Fresh, Length, Rule, Schema};
use super::values::{self, At};
use crate::config::source::{KeyPath, Source};
use crate::config::{Scalar, suggest, version};
use crate::document::{Node, shown};
use crate::table::Type;

/// A column of which nothing is said is one that must be there.
pub(super) fn prepare(_: &mut Source<'_>, root: &mut Node) {
    let Node::Map(entries) = root else { return };
    for (key, node) in entries {
        if let ("columns", Node::Map(columns)) = (key.as_str(), node) {
            for (_, column) in columns.iter_mut().filter(|(_, column)| *column == Node::Null) {
                *column = Node::Map(Vec::new());
            }
        }
    }
}

/// Validates the whole file. None only when there is a problem.
pub(super) fn validate(source: &mut Source<'_>, raw: raw::File) -> Option<Schema> {
    let unknown = |other| {
        let message = format!("version {other} of the format is none that this version of modelgate reads");
        (message, "write `version: 1`")
    };
    version(source, raw.version, unknown, "write `version: 1` as the first line");
    let columns = columns(source, raw.columns);
    let known = Known::of(&columns);
    let rows = raw.rows.and_then(|raw| counts(source, &KeyPath::of(&["rows"]), &raw)).unwrap_or_default();
    let unique = raw.unique.map(|raw| keys(source, raw, &known)).unwrap_or_default();
    let fresh = raw.fresh.and_then(|raw| fresh(source, raw, &known));
    let compare = raw.compare.map(|raw| compare(source, raw.0, &known)).unwrap_or_default();
    let extra = match raw.extra_columns {
        Some(raw::Extra::Allow) => Extra::Allow,
        Some(raw::Extra::Fail) => Extra::Fail,
        Some(raw::Extra::Warn) | None => Extra::Warn,
    };
    let ordered = raw.ordered.unwrap_or(false);
    Some(Schema { columns, rows, unique, fresh, compare, extra, ordered })
}

/// The columns that the schema names, and what each holds as far as that is said.
struct Known<'a> {
    columns: &'a [ColumnRules],
    names: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn of(columns: &'a [ColumnRules]) -> Self {
        Self { columns, names: columns.iter().map(|column| column.name.as_str()).collect() }
    }

    /// The column of that name; a problem at `path` where there is none.
    fn column(&self, source: &mut Source<'_>, path: &KeyPath, name: &str) -> Option<&'a ColumnRules> {
        let found = self.columns.iter().find(|column| column.name == name);
        if found.is_none() {
            let help = match suggest::nearest(name, &self.names) {
                Some(near) => format!("did you mean «{}»?", shown(near)),
                None => "name it under `columns` too".to_owned(),
            };
            source.value(path, format!("there is no column «{}» in `columns`", shown(name)), help);
        }
        found
    }
}

fn columns(source: &mut Source<'_>, raw: Option<crate::config::Ordered<raw::Column>>) -> Vec<ColumnRules> {
    let path = KeyPath::of(&["columns"]);
    match raw {
        Some(raw) => {
            if raw.0.is_empty() {
                source.key(&path, "`columns` names none", "`modelgate data infer` writes them from data");
            }
            raw.0.into_iter().map(|(name, raw)| column(source, &path.key(&name), name, raw)).collect()
        }
        None => {
            if !source.has(&path) {
                source.missing("columns", "`modelgate data infer` writes them from data");
            }
            Vec::new()
        }
    }
}

fn column(source: &mut Source<'_>, path: &KeyPath, name: String, raw: raw::Column) -> ColumnRules {
    let declared = raw.holds.map(Type::from);
    let holds = declared.or_else(|| implied(&raw));
    let tolerated = raw.tolerate.and_then(|raw| share(source, &path.key("tolerate"), &raw)).unwrap_or(0.0);
    let mut at = At { source, path, holds };
    let range = at.range(raw.min, raw.max).map(|of| Rule { of, tolerated });
    let values = raw.values.and_then(|values| at.values(values)).map(|of| Rule { of, tolerated });
    let pattern = raw.pattern.and_then(|text| at.pattern(&text)).map(|of| Rule { of, tolerated });
    let length =
        raw.length.and_then(|raw| length(at.source, path, &raw, holds)).map(|of| Rule { of, tolerated });
    let nulls = raw.nulls.and_then(|raw| nulls(source, &path.key("nulls"), &raw)).unwrap_or(1.0);
    ColumnRules {
        name,
        holds,
        declared: declared.is_some(),
        strange: tolerated,
        required: raw.required.unwrap_or(true),
        nulls,
        range,
        values,
        pattern,
        length,
        unique: raw.unique.unwrap_or(false).then_some(Rule { of: (), tolerated }),
    }
}

impl From<raw::Holds> for Type {
    fn from(holds: raw::Holds) -> Self {
        match holds {
            raw::Holds::Integer => Self::Integer,
            raw::Holds::Number => Self::Number,
            raw::Holds::Boolean => Self::Boolean,
            raw::Holds::Date => Self::Date,
            raw::Holds::Time => Self::Time,
            raw::Holds::Text => Self::Text,
        }
    }
}

/// What the rules take a column for whose type nobody wrote.
fn implied(raw: &raw::Column) -> Option<Type> {
    if raw.pattern.is_some() || raw.length.is_some() {
        return Some(Type::Text);
    }
    let ends = [&raw.min, &raw.max];
    let ends = ends.into_iter().flatten().map(values::type_of);
    let listed = raw.values.iter().flatten().map(values::type_of);
    values::widest(ends.chain(listed))
}

fn length(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Counts, holds: Option<Type>) -> Option<Length> {
    let path = path.key("length");
    if holds.is_some_and(|holds| holds != Type::Text) {
        let help = "write `type: text`, or `min` and `max` for a range of values";
        source.key(&path, "only texts have a length", help);
        return None;
    }
    counts(source, &path, raw).map(|(min, max)| Length { min, max })
}

/// A pair of ends, at least one of them there, and not the wrong way round.
fn counts(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Counts) -> Option<(Option<u64>, Option<u64>)> {
    match (raw.min, raw.max) {
        // What could not be read is a problem already.
        (None, None) if source.keys(path).next().is_some() => None,
        (None, None) => {
            source.key(
                path,
                "neither `min` nor `max` is there",
                "write `{ min: 1, max: 100 }`, or one of the two",
            );
            None
        }
        (Some(min), Some(max)) if min > max => {
            source.value(&path.key("min"), format!("`min` is {min} and `max` only {max}"), "exchange them");
            None
        }
        ends => Some(ends),
    }
}

fn nulls(source: &mut Source<'_>, path: &KeyPath, raw: &Scalar) -> Option<f64> {
    match raw {
        Scalar::Bool(any) => Some(if *any { 1.0 } else { 0.0 }),
        raw => share(source, path, raw),
    }
}

/// A share from 0 to 1, `0.02` or `2%`.
fn share(source: &mut Source<'_>, path: &KeyPath, raw: &Scalar) -> Option<f64> {
    let share = match raw {
        #[expect(clippy::cast_precision_loss, reason = "only 0 and 1 pass")]
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Number(number) => Some(*number),
        Scalar::Text(text) => text
            .trim()
            .strip_suffix('%')
            .and_then(|text| text.trim().parse::<f64>().ok())
            .map(|percent| percent / 100.0),
        Scalar::Bool(_) => None,
    };
    let inside = share.filter(|share| (0.0..=1.0).contains(share));
    if inside.is_none() {
        let message = format!("«{}» is no share from 0 to 1", shown(&raw.to_string()));
        source.value(path, message, "write a share, such as 0.02 or 2%");
    }
    inside
}

fn keys(source: &mut Source<'_>, raw: Vec<crate::config::OneOrMany>, known: &Known<'_>) -> Vec<Vec<String>> {
    let path = KeyPath::of(&["unique"]);
    let mut keys: Vec<Vec<String>> = Vec::new();
    for (index, crate::config::OneOrMany(names)) in raw.into_iter().enumerate() {
        let path = path.index(index);
        let mut seen = HashSet::new();
        for name in &names {
            known.column(source, &path, name);
            if !seen.insert(name.as_str()) {
                source.value(&path, format!("the key names «{}» twice", shown(name)), "name it once");
            }
        }
        match names.is_empty() {
            true => source.value(&path, "a key without a column", "name a column, or remove it"),
            false => keys.push(names),
        }
    }
    keys
}

fn fresh(source: &mut Source<'_>, raw: raw::Fresh, known: &Known<'_>) -> Option<Fresh> {
    const HELP: &str = "write `{ column: updated_at, within: 7d }`";
    let path = KeyPath::of(&["fresh"]);
    for key in ["column", "within"] {
        if !source.has(&path.key(key)) {
            source.key(&path, format!("`{key}` is missing"), HELP);
        }
    }
    if let Some(name) = &raw.column {
        let column = known.column(source, &path.key("column"), name);
        let holds = column.and_then(|column| column.holds);
        if holds.is_some_and(|holds| !matches!(holds, Type::Date | Type::Time)) {
            let message = format!("the column «{}» holds no days or times", shown(name));
            source.value(&path.key("column"), message, "name one of `type: date` or `type: time`");
        }
    }
    let within = raw.within.and_then(|text| within(source, &path.key("within"), &text));
    Some(Fresh { column: raw.column?, within: within? })
}

fn within(source: &mut Source<'_>, path: &KeyPath, text: &str) -> Option<Duration> {
    let within = humantime::parse_duration(text).ok();
    if within.is_none() {
        let help = "write a number and its unit, such as `36h` or `7d`";
        source.value(path, format!("«{}» is not a length of time", shown(text)), help);
    }
    within
}

fn compare(source: &mut Source<'_>, raw: Vec<String>, known: &Known<'_>) -> Vec<Rule<Comparison>> {
    let path = KeyPath::of(&["compare"]);
    let one = matches!(source.node(&path), Some(Node::Text(_)));
    let mut all = Vec::new();
    for (index, text) in raw.into_iter().enumerate() {
        let path = if one { path.clone() } else { path.index(index) };
        let Some(comparison) = Comparison::parse(&text) else {
            let help = "write two columns and `<`, `<=`, `==`, `!=`, `>=` or `>` between them, such as \"start <= end\"";
            source.value(&path, format!("«{}» is no comparison", shown(&text)), help);
            continue;
        };
        let left = known.column(source, &path, &comparison.left).and_then(|column| column.holds);
        let right = known.column(source, &path, &comparison.right).and_then(|column| column.holds);
        if left.zip(right).is_some_and(|(left, right)| !comparable(left, right)) {
            let message = format!("«{}» compares what cannot be compared", shown(&text));
            source.value(&path, message, "give both columns the same `type`");
        }
        all.push(Rule { of: comparison, tolerated: 0.0 });
    }
    all
}

/// Whether values of two types can be compared: numbers with numbers, times with times, texts with texts.
pub(super) fn comparable(left: Type, right: Type) -> bool {
    let class = |holds: Type| match holds {
        Type::Integer | Type::Number => 0,
        Type::Date | Type::Time => 1,
        Type::Boolean => 2,
        Type::Text => 3,
    };
    class(left) == class(right)
}
