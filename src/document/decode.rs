//! From the tree to a typed value, with every mistake at once.
//!
//! serde stops at the first mistake. So the place of each mistake becomes a hole that the next try
//! passes over, until a try succeeds.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::locate::Segment;
use super::node::Node;
use super::shown;

/// A mistake, and where in the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodeError {
    /// From the root to the mistake.
    pub path: Vec<Segment>,
    /// What is wrong there.
    pub trouble: Trouble,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// A key that nothing knows, and those that would be known here.
    UnknownKey(Vec<&'static str>),
    /// A word that nothing knows, and those that would be known here.
    UnknownWord(String, Vec<&'static str>),
    /// Anything else, as a lowercase fragment.
    Other(String),
}

/// How many mistakes [`decode`] looks for: each costs another try.
const MOST: usize = 100;

/// Decodes `node`, passing over what is wrong. The value is none only when nothing could be saved, or
/// when there are a hundred mistakes, after which it looks no further.
#[must_use]
pub fn decode<T: DeserializeOwned>(mut node: Node) -> (Option<T>, Vec<DecodeError>) {
    let mut errors = Vec::new();
    loop {
        if errors.len() >= MOST {
            return (None, errors);
        }
        match T::deserialize(Reader(&node)) {
            Ok(value) => return (Some(value), errors),
            Err(mut error) => {
                error.path.reverse();
                let healed = !error.path.is_empty() && dig(&mut node, &error.path);
                errors.push(error);
                if !healed {
                    return (None, errors);
                }
            }
        }
    }
}

/// Makes the place a hole. False when it is not there, or is one already.
fn dig(node: &mut Node, path: &[Segment]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return !matches!(std::mem::replace(node, Node::Hole), Node::Hole);
    };
    let child = match (node, first) {
        (Node::Map(entries), Segment::Key(key)) => entries
            .iter_mut()
            .find(|(name, node)| name == key && !matches!(node, Node::Hole))
            .map(|(_, node)| node),
        (Node::List(items), Segment::Index(index)) => items.get_mut(*index),
        _ => None,
    };
    child.is_some_and(|child| dig(child, rest))
}

impl DecodeError {
    fn of(trouble: Trouble) -> Self {
        Self { path: Vec::new(), trouble }
    }

    /// Paths grow from the mistake outwards, and are turned round at the end.
    fn within(mut self, segment: Segment) -> Self {
        self.path.push(segment);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trouble {
            Trouble::UnknownKey(_) => f.write_str("unknown key"),
            Trouble::UnknownWord(word, _) => write!(f, "unknown word «{}»", shown(word)),
            Trouble::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for DecodeError {}

impl Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(Trouble::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Bool(value) => format!("the boolean {value}"),
            Unexpected::Signed(value) => format!("the number {value}"),
            Unexpected::Float(value) => format!("the number {value:?}"),
            Unexpected::Str(text) => format!("the text «{}»", shown(text)),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            other => other.to_string(),
        };
        Self::custom(format!("expected {}, found {found}", plain(&expected.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Trouble::UnknownKey(expected.to_vec()))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Trouble::UnknownWord(variant.to_owned(), expected.to_vec()))
    }
}

/// serde's words for what it expects, in ours.
fn plain(expected: &str) -> String {
    match expected {
        "a string" => "a text",
        "a sequence" => "a list of texts",
        "u8" | "u16" | "u32" | "u64" => "a whole number, not negative",
        "f64" => "a number",
        _ if expected.starts_with("struct ") => "a map",
        _ if expected.starts_with("enum ") || expected == "variant identifier" => "a word",
        _ => expected,
    }
    .to_owned()
}

struct Reader<'a>(&'a Node);

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Node::Null | Node::Hole => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Integer(value) => visitor.visit_i64(*value),
            Node::Float(value) => visitor.visit_f64(*value),
            Node::Text(text) => visitor.visit_str(text),
            Node::List(items) => visitor.visit_seq(Items { items, next: 0 }),
            Node::Map(entries) => visitor.visit_map(Entries { entries, value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Node::Hole => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// serde would take a list for a struct, field by field; nobody who writes a list means that.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Node::List(_) => Err(DecodeError::invalid_type(Unexpected::Seq, &"a map")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let _ = (name, variants);
        match self.0 {
            Node::Text(text) => visitor.visit_enum(Word(text)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        while matches!(self.items.get(self.next), Some(Node::Hole)) {
            self.next += 1;
        }
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader(item)).map(Some).map_err(|error| error.within(Segment::Index(index)))
    }
}

struct Entries<'a> {
    entries: &'a [(String, Node)],
    value: Option<&'a (String, Node)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        while let Some((entry, rest)) = self.entries.split_first() {
            self.entries = rest;
            if matches!(entry.1, Node::Hole) {
                continue;
            }
            self.value = Some(entry);
            let key: StrDeserializer<'_, DecodeError> = entry.0.as_str().into_deserializer();
            return seed
                .deserialize(key)
                .map(Some)
                .map_err(|error| error.within(Segment::Key(entry.0.clone())));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some((key, node)) = self.value.take() else {
            return Err(DecodeError::custom("a value without a key"));
        };
        seed.deserialize(Reader(node)).map_err(|error| error.within(Segment::Key(key.clone())))
    }
}

struct Word<'a>(&'a str);

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let word: StrDeserializer<'_, DecodeError> = self.0.into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DecodeError> {
        Err(DecodeError::custom("expected a plain word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("expected a plain word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("expected a plain word"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: Option<String>,
        items: Option<Vec<u8>>,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        word: Option<Choice>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Choice {
        Left,
        Right,
    }

    #[test]
    fn every_mistake_is_found_and_the_rest_is_saved() {
        let text = "nam: x\nname: [1]\nitems: [1, x, 3, 400]\ninner: {word: up, other: 1}\n";
        let node = crate::document::yaml(text).unwrap_or(Node::Null);
        let (sample, errors) = decode::<Sample>(node);
        let expected = Sample { name: None, items: Some(vec![1, 3]), inner: Some(Inner { word: None }) };
        assert_eq!(sample, Some(expected));
        let paths: Vec<usize> = errors.iter().map(|error| error.path.len()).collect();
        assert_eq!(paths, [1, 1, 2, 2, 2, 2], "{errors:#?}");
        assert_eq!(errors[0].trouble, Trouble::UnknownKey(vec!["name", "items", "inner"]));
        assert_eq!(errors[4].trouble, Trouble::UnknownWord("up".into(), vec!["left", "right"]));
    }
    #[test]
    fn a_list_is_no_struct() {
        let node = crate::document::yaml("inner: [left]\nname: {a: 1}\n").unwrap_or(Node::Null);
        let (_, errors) = decode::<Sample>(node);
        let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(messages, ["expected a map, found a list", "expected a text, found a map"]);
    }

    #[test]
    fn a_hundred_mistakes_are_enough() {
        let text: String = (0..100_000).map(|i| format!("k{i}: 1\n")).collect();
        let (sample, errors) = decode::<Sample>(crate::document::yaml(&text).unwrap_or(Node::Null));
        assert_eq!((sample, errors.len()), (None, 100));
    }
}
