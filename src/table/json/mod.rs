//! JSON lines: an object a row. Only the wanted fields become cells; the rest is gone past.

mod look;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use memchr::memchr_iter;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::finding::Finding;

use crate::table::blocks::Blocks;
use crate::table::cell::Filling;
use crate::table::drive::{Parsed, Shared, Source, Unit};
use crate::table::fields::place;
use crate::table::folders::{Constant, Key};
use crate::table::header::{self, Places};
use crate::table::late::{Lookout, Watch};
use crate::table::text::{begin, empty};
use crate::table::trouble::{Place, Stop, Troubles, Wrong};

use look::Seen;
pub use look::look;

/// A file of objects.
pub struct JsonLines<'a> {
    blocks: Blocks,
    names: Arc<Names>,
    shared: Shared<'a>,
    watch: Option<&'a Watch<'a>>,
    /// How many blocks were handed out.
    handed: usize,
}

impl<'a> JsonLines<'a> {
    /// Looks at the first row for the fields.
    pub fn open(
        mut blocks: Blocks,
        path: &str,
        keys: &[Key],
        shared: Shared<'a>,
        watch: Option<&'a Watch<'a>>,
    ) -> Result<Self, Stop> {
        begin(&mut blocks, path)?;
        blocks.peek(|text| first_line(text).filter(|(_, whole)| *whole).map(|_| ()))?;
        let Some((line, _)) = first_line(blocks.peeked()) else { return Err(empty(path)) };
        let mut names = match serde_json::from_slice::<Keys>(line) {
            Ok(Keys(fields)) => among(fields, &mut blocks, keys, shared)?.map_err(|findings| {
                let at_top = |finding: Finding| finding.at_path(path).at_line(1, None);
                Stop::Findings(findings.into_iter().map(at_top).collect())
            })?,
            // What is wrong with the line is found when it is read as all others are.
            Err(_) => Names::of(shared.names().into_iter().enumerate().map(|(slot, name)| (name, slot))),
        };
        names.know(watch.into_iter().flat_map(Watch::known));
        Ok(Self { blocks, names: Arc::new(names), shared, watch, handed: 0 })
    }
}

/// The wanted fields among those of the first row; where rows may be without some, among those of all rows of a block.
fn among(
    fields: Vec<String>,
    blocks: &mut Blocks,
    keys: &[Key],
    shared: Shared<'_>,
) -> Result<Result<Names, Vec<Finding>>, Stop> {
    let first = header::places(&fields, keys, shared.wanted);
    if first.is_ok() || !shared.wanted.iter().any(|wanted| wanted.kind.may_miss()) {
        return Ok(first.map(|places| Names::at(places, &fields)));
    }
    let seen = Seen::of(blocks.peek_records(0)?, LOOKED_AT).names;
    Ok(header::places(&seen, keys, shared.wanted).map(|places| Names::at(places, &seen)))
}

/// So many rows are looked at for fields that the first does not have.
const LOOKED_AT: usize = 10_000;

impl<'a> Source<'a> for JsonLines<'a> {
    fn next(&mut self) -> Result<Option<Unit<'a>>, Stop> {
        let Some(block) = self.blocks.next()? else { return Ok(None) };
        let (names, shared, watch, number) = (Arc::clone(&self.names), self.shared, self.watch, self.handed);
        self.handed += 1;
        Ok(Some(Unit::Block(Box::new(move || {
            let mut lookout = Lookout::new(watch);
            let parsed = parse(&block, &names, shared, &mut lookout);
            if let Some(watch) = watch {
                watch.take(number, parsed.rows, parsed.lines, lookout);
            }
            parsed
        }))))
    }
}

/// The fields that are wanted, each once.
#[derive(Debug, Default)]
struct Names {
    fields: Vec<String>,
    /// Where each of them is; none of a field that is known and not wanted.
    places: HashMap<String, Option<usize>>,
    /// For each wanted column that is a field, which of them it is, and which of the wanted.
    wanted: Vec<(usize, usize)>,
    /// The other wanted columns.
    constants: Vec<Constant>,
}

impl Names {
    fn at(places: Places, fields: &[String]) -> Self {
        let named =
            places.columns.iter().filter_map(|(place, slot)| Some((fields.get(*place)?.clone(), *slot)));
        Self { constants: places.constants, ..Self::of(named) }
    }

    fn of(named: impl Iterator<Item = (String, usize)>) -> Self {
        let mut names = Self::default();
        for (name, slot) in named {
            let next = names.fields.len();
            let place = *names.places.entry(name).or_insert_with_key(|name| {
                names.fields.push(name.clone());
                Some(next)
            });
            names.wanted.extend(place.map(|place| (place, slot)));
        }
        names.wanted.sort_unstable_by_key(|(_, slot)| *slot);
        names
    }

    /// Adds fields that are known, of which most are wanted.
    fn know<'k>(&mut self, known: impl Iterator<Item = &'k String>) {
        for name in known {
            if !self.places.contains_key(name) {
                self.places.insert(name.clone(), None);
            }
        }
    }
}

/// The first line with something in it, and whether its end is there.
fn first_line(text: &[u8]) -> Option<(&[u8], bool)> {
    let (line, whole) = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| (line, line.ends_with(b"\n")))
        .find(|(line, _)| !line.trim_ascii().is_empty())?;
    Some((line, whole))
}

/// Parses a block of whole lines.
fn parse(block: &[u8], names: &Names, shared: Shared<'_>, lookout: &mut Lookout<'_>) -> Parsed {
    let mut filling = shared.fillings(0);
    let mut troubles = Troubles::default();
    let mut row = Row { names, values: vec![None; names.fields.len()], twice: None, lookout };
    let mut start = 0;
    let mut rows = 0;
    let mut lines = 0;
    let ends = memchr_iter(b'\n', block).map(|at| at + 1).chain([block.len()]);
    for end in ends {
        let line = &block[start..end];
        let here = start;
        start = end;
        if !line.trim_ascii().is_empty() {
            row.lookout.is_at(rows, lines);
            if let Err(error) = row.read(line) {
                let (wrong, column) = unreadable(line, &error);
                troubles.note(wrong, None, || (Place::Line(lines, column), String::new()));
                break;
            }
            for (field, slot) in &names.wanted {
                if let Err((wrong, shown)) = push(&mut filling[*slot], &row, *field) {
                    let at = row.values[*field].map_or(here, |value| here + offset(line, value.get()));
                    troubles.note(wrong, Some(*slot), || (place(block, at), shown));
                }
            }
            rows += 1;
        }
        lines += u64::from(line.ends_with(b"\n"));
    }
    names.constants.iter().for_each(|constant| constant.fill(&mut filling, rows));
    Parsed { rows, lines, columns: filling.into_iter().map(Filling::finish).collect(), troubles }
}

/// What is wrong with a line, and in which column.
fn unreadable(line: &[u8], error: &serde_json::Error) -> (Wrong, Option<u32>) {
    if let Err(error) = std::str::from_utf8(line) {
        let Place::Line(_, column) = place(line, error.valid_up_to()) else { return (Wrong::NotUtf8, None) };
        return (Wrong::NotUtf8, column);
    }
    (Wrong::Json(told(error)), u32::try_from(error.column()).ok().filter(|column| *column > 0))
}

/// Adds one value of a row to its column, or says what is wrong with it, and what it is.
fn push(column: &mut Filling<'_>, row: &Row<'_, '_, '_>, field: usize) -> Result<(), (Wrong, String)> {
    let value = row.values[field];
    let wrong = match value.map(|value| cell(value.get())) {
        _ if row.twice == Some(field) => Wrong::Twice,
        None => Wrong::Absent,
        Some(Err(wrong)) => wrong,
        Some(Ok(cell)) => {
            return column.push(&cell).map_err(|wrong| (wrong, String::from_utf8_lossy(&cell).into_owned()));
        }
    };
    column.push_wrong(wrong, value.map_or("", RawValue::get)).map_err(|wrong| (wrong, String::new()))
}

/// The text of a value: of a text what is in its quotes, of all else what is written there.
fn cell(value: &str) -> Result<Cow<'_, [u8]>, Wrong> {
    match value.as_bytes() {
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => Ok(Cow::Borrowed(inner)),
        [b'"', ..] => match serde_json::from_str::<String>(value) {
            Ok(text) => Ok(Cow::Owned(text.into_bytes())),
            Err(error) => Err(Wrong::Json(told(&error))),
        },
        [b'{' | b'[', ..] => Err(Wrong::Nested),
        b"null" => Err(Wrong::Missing),
        plain => Ok(Cow::Borrowed(plain)),
    }
}

/// Where a part of a line is in it.
fn offset(line: &[u8], part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize)
}

/// An error without its place, which is told apart from it.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// The wanted values of a line.
struct Row<'n, 'b, 'l> {
    names: &'n Names,
    /// Gets the fields that nobody knows.
    lookout: &'n mut Lookout<'l>,
    values: Vec<Option<&'b RawValue>>,
    /// A wanted field that was there twice.
    twice: Option<usize>,
}

impl<'b> Row<'_, 'b, '_> {
    fn read(&mut self, line: &'b [u8]) -> Result<(), serde_json::Error> {
        self.values.fill(None);
        self.twice = None;
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        deserializer.deserialize_map(self)?;
        deserializer.end()
    }
}

impl<'b> Visitor<'b> for &mut Row<'_, 'b, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<(), A::Error> {
        // Rows have their fields in the same order, nearly always.
        let mut likely = 0;
        while let Some(field) =
            map.next_key_seed(FieldOf { names: self.names, likely, lookout: self.lookout })?
        {
            let Some(field) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            likely = field + 1;
            if self.values[field].replace(map.next_value()?).is_some() {
                self.twice = Some(field);
            }
        }
        Ok(())
    }
}

/// Which of the names a key is.
struct FieldOf<'n, 'l> {
    names: &'n Names,
    likely: usize,
    lookout: &'n mut Lookout<'l>,
}

impl<'b> DeserializeSeed<'b> for FieldOf<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldOf<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let is_likely = self.names.fields.get(self.likely).is_some_and(|name| name == key);
        if is_likely {
            return Ok(Some(self.likely));
        }
        Ok(self.names.places.get(key).copied().unwrap_or_else(|| {
            self.lookout.meet(key);
            None
        }))
    }
}

/// The keys of an object, in order, each as often as it is there.
struct Keys(Vec<String>);

impl<'b> serde::Deserialize<'b> for Keys {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'b> Visitor<'b> for Keys {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            self.0.push(key);
        }
        Ok(self)
    }
}
