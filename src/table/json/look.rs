//! Which fields the first rows have, and what is in them.

use std::collections::HashMap;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{cell, first_line, unreadable};
use crate::table::blocks::Blocks;
use crate::table::columns::Sight;
use crate::table::further::{Reach, look_on};
use crate::table::lenient::impression::Impression;
use crate::table::text::{begin, empty};
use crate::table::trouble::{Place, Stop, Troubles};

/// The columns, and what the first rows look like.
pub fn look(mut blocks: Blocks, path: &str, reach: Reach) -> Result<Sight, Stop> {
    begin(&mut blocks, path)?;
    let text = blocks.peek_records(0)?;
    if first_line(text).is_none() {
        return Err(empty(path));
    }
    let Seen { names, mut guesses, wrong } = Seen::of(text, reach.rows);
    match wrong {
        // Of a later line it is told when it is read.
        Some(troubles) if names.is_empty() => Err(Stop::Ahead(troubles)),
        _ => {
            let places: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
            let see =
                |block: &[u8], before, guesses: &mut [Impression]| see_known(block, before, &places, guesses);
            let goes_on = look_on(&mut blocks, 0, reach.blocks, &mut guesses, see);
            Ok(Sight { goes_on, ..Sight::of_text(names, guesses) })
        }
    }
}

/// The fields of some rows, in the order in which they are met, and what they look like.
#[derive(Debug, Default)]
pub struct Seen {
    /// The fields.
    pub names: Vec<String>,
    guesses: Vec<Impression>,
    /// What is wrong with the line that could not be read, behind which none has been looked at.
    wrong: Option<Troubles>,
}

impl Seen {
    /// Looks at the first rows of a text, so many.
    pub fn of(text: &[u8], rows: usize) -> Self {
        let mut seen = Self::default();
        let mut places = HashMap::new();
        let lines = text.split_inclusive(|byte| *byte == b'\n').zip(0..);
        let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty()).take(rows);
        for (row, (line, number)) in (1..).zip(lines) {
            let values = serde_json::from_slice::<Values<'_>>(line);
            if let Err(error) = values.map(|values| seen.add(row, values, &mut places)) {
                let (wrong, column) = unreadable(line, &error);
                let troubles = seen.wrong.get_or_insert_default();
                troubles.note(wrong, None, || (Place::Line(number, column), String::new()));
                break;
            }
        }
        seen
    }

    fn add(&mut self, row: u64, Values(values): Values<'_>, places: &mut HashMap<String, usize>) {
        for (likely, (key, value)) in values.into_iter().enumerate() {
            let is_likely = self.names.get(likely).is_some_and(|name| *name == key);
            let known = if is_likely { Some(likely) } else { places.get(&key).copied() };
            let place = known.unwrap_or_else(|| {
                self.names.push(key.clone());
                self.guesses.push(Impression::default());
                places.insert(key, self.names.len() - 1);
                self.names.len() - 1
            });
            see(&mut self.guesses[place], row, value.get());
        }
    }
}

/// Looks at the fields that are known behind so many rows, up to a line that cannot be read. Answers how many rows there were.
fn see_known(text: &[u8], before: u64, places: &HashMap<&str, usize>, guesses: &mut [Impression]) -> u64 {
    let mut seen = 0;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    for Values(values) in lines.map_while(|line| serde_json::from_slice(line).ok()) {
        seen += 1;
        for (key, value) in values {
            if let Some(guess) = places.get(key.as_str()).and_then(|place| guesses.get_mut(*place)) {
                see(guess, before + seen, value.get());
            }
        }
    }
    seen
}

fn see(guess: &mut Impression, row: u64, value: &str) {
    match (value.as_bytes(), cell(value)) {
        ([b'"', ..], Ok(text)) => guess.see_text(row, &String::from_utf8_lossy(&text)),
        (_, Ok(plain)) => guess.see(row, &plain),
        // A null says nothing, and a list is of no type of ours.
        (_, Err(_)) => {}
    }
}

/// The fields of an object, each as often as it is there.
struct Values<'b>(Vec<(String, &'b RawValue)>);

impl<'de: 'b, 'b> serde::Deserialize<'de> for Values<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

struct Object;

impl<'b> Visitor<'b> for Object {
    type Value = Vec<(String, &'b RawValue)>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(field) = map.next_entry()? {
            values.push(field);
        }
        Ok(values)
    }
}
