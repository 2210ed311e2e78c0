//! Finding a place of the tree again in its text.
//!
//! serde_yaml tells the line and column of an error, and of nothing else. So a probe walks down the
//! path and fails where it ends; the error's place is the answer.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::node::{Node, key_text};

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

impl Place {
    /// Wraps a parser's numbers.
    #[must_use]
    pub fn new(line: usize, column: usize) -> Self {
        let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { line: number(line), column: number(column) }
    }
}

/// One step down the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into a map.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// Which end of the last segment is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The value.
    Value,
    /// The key; the number counts duplicates from 0.
    Key(usize),
}

/// Where `path` stands in a YAML or JSON text; its nearest parent where it is not there itself.
#[must_use]
pub fn locate(text: &str, path: &[Segment], at: At) -> Option<Place> {
    let text = text.trim_start_matches('\u{feff}');
    let probe = Probe { path, at };
    let error = probe.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    if error.to_string().contains(MISSING) && !path.is_empty() {
        return locate(text, &path[..path.len() - 1], At::Value);
    }
    error.location().map(|place| Place::new(place.line(), place.column()))
}

const HERE: &str = "modelgate: here";
const MISSING: &str = "modelgate: missing";

struct Probe<'a> {
    path: &'a [Segment],
    at: At,
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Probe<'_> {
    fn scalar<E: Error>(&self) -> Result<(), E> {
        Err(E::custom(if self.path.is_empty() { HERE } else { MISSING }))
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        self.scalar()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.scalar()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.scalar()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((Segment::Index(wanted), rest)) = self.path.split_first() else { return self.scalar() };
        for _ in 0..*wanted {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Err(A::Error::custom(MISSING));
            }
        }
        seq.next_element_seed(Probe { path: rest, at: self.at })?;
        Err(A::Error::custom(MISSING))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Segment::Key(wanted), rest)) = self.path.split_first() else { return self.scalar() };
        let mut skip = match self.at {
            At::Key(occurrence) if rest.is_empty() => Some(occurrence),
            _ => None,
        };
        while let Some(found) = map.next_key_seed(KeyProbe { wanted, stop: skip == Some(0) })? {
            if !found {
                map.next_value::<IgnoredAny>()?;
            } else if let Some(left) = &mut skip {
                *left -= 1;
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Probe { path: rest, at: self.at })?;
            }
        }
        Err(A::Error::custom(MISSING))
    }
}

/// Reads a key and says whether it is the wanted one; fails on it when told to stop there.
struct KeyProbe<'a> {
    wanted: &'a str,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for KeyProbe<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(KeyVisitor(self))
    }
}

struct KeyVisitor<'a>(KeyProbe<'a>);

impl KeyVisitor<'_> {
    fn compare<E: Error>(&self, key: &Node) -> Result<bool, E> {
        match key_text(key).as_deref() == Some(self.0.wanted) {
            true if self.0.stop => Err(E::custom(HERE)),
            found => Ok(found),
        }
    }
}

impl Visitor<'_> for KeyVisitor<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        self.compare(&Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        self.compare(&Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.compare(&Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.compare(&i64::try_from(value).map_or(Node::Hole, Node::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.compare(&Node::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        self.compare(&Node::Text(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Segment {
        Segment::Key(name.into())
    }

    const TEXT: &str =
        "model: x\ngate:\n  rules:\n    f1: { min: 0.5, min: 0.6 }\n  list:\n    - a\n    - b: 1\n";

    #[test]
    fn values_keys_items_and_duplicates_are_found() {
        let at = |path: &[Segment], at| locate(TEXT, path, at).map(|place| (place.line, place.column));
        assert_eq!(at(&[key("model")], At::Value), Some((1, 8)));
        assert_eq!(at(&[key("gate"), key("rules"), key("f1")], At::Key(0)), Some((4, 5)));
        assert_eq!(at(&[key("gate"), key("rules"), key("f1"), key("min")], At::Value), Some((4, 16)));
        assert_eq!(at(&[key("gate"), key("rules"), key("f1"), key("min")], At::Key(1)), Some((4, 21)));
        assert_eq!(at(&[key("gate"), key("list"), Segment::Index(1), key("b")], At::Value), Some((7, 10)));
    }

    #[test]
    fn what_is_missing_is_placed_at_its_parent() {
        let place = locate(TEXT, &[key("gate"), key("nothing")], At::Value);
        assert_eq!(place.map(|place| place.line), Some(3));
        assert_eq!(locate("- a\n", &[key("a")], At::Value), Some(Place::new(1, 1)));
    }

    #[test]
    fn json_is_located_too() {
        let place = locate("{\n  \"a\": {\"b\": NaN}\n}", &[key("a"), key("b")], At::Value);
        assert_eq!(place, Some(Place::new(2, 14)));
    }
}
