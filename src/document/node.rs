//! The tree.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A place in a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other number; finite unless YAML says `.nan` or `.inf`.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text, duplicate keys included.
    Map(Vec<(String, Node)>),
    /// A place that was found wrong and is passed over from now on.
    Hole,
}

impl Node {
    /// The value of a key; the last one wins.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The items, where it is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where it is a map.
    #[must_use]
    pub fn entries(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is one.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a metric is a 64-bit float everywhere")]
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Builder)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain YAML without tags")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    /// A text of nothing but comments.
    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits with a sign, only the size matters")]
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Integer))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits, only the size matters")]
    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Integer))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits, only the size matters")]
    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Node>()? {
            let key = key_text(&key).ok_or_else(|| A::Error::custom("a key is a list or a map"))?;
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Map(entries))
    }
}

/// A key as text: YAML takes `1:` and `true:` for a number and a boolean.
pub(super) fn key_text(key: &Node) -> Option<String> {
    match key {
        Node::Null => Some("null".into()),
        Node::Bool(value) => Some(value.to_string()),
        Node::Integer(value) => Some(value.to_string()),
        Node::Float(value) => Some(value.to_string()),
        Node::Text(text) => Some(text.clone()),
        Node::List(_) | Node::Map(_) | Node::Hole => None,
    }
}

/// Resolves YAML's merge keys; what stands beside `<<` wins over what it brings.
pub(super) fn merge(node: Node) -> Node {
    match node {
        Node::List(items) => Node::List(items.into_iter().map(merge).collect()),
        Node::Map(entries) => Node::Map(merge_entries(entries)),
        other => other,
    }
}

fn merge_entries(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut own = Vec::new();
    let mut brought = Vec::new();
    for (key, node) in entries {
        match (key.as_str(), merge(node)) {
            ("<<", Node::Map(more)) => brought.extend(more),
            ("<<", Node::List(maps)) if maps.iter().all(|map| map.entries().is_some()) => {
                brought.extend(maps.into_iter().flat_map(|map| match map {
                    Node::Map(more) => more,
                    _ => Vec::new(),
                }));
            }
            (_, node) => own.push((key, node)),
        }
    }
    if brought.is_empty() {
        return own;
    }
    let mut names: HashSet<String> = own.iter().map(|(name, _)| name.clone()).collect();
    own.extend(brought.into_iter().filter(|(name, _)| names.insert(name.clone())));
    own
}
