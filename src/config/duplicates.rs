//! Duplicate keys and texts that no command could be given, anywhere in the tree.

use std::collections::HashMap;

use super::source::{KeyPath, Source};
use crate::document::Node;

/// Reports every key that stands twice in one map, and every text with a NUL in it.
pub(crate) fn check(source: &mut Source<'_>, node: &Node, path: &KeyPath) {
    match node {
        Node::Map(entries) => {
            let mut seen: HashMap<&str, usize> = HashMap::new();
            for (key, node) in entries {
                let number = seen.entry(key).and_modify(|number| *number += 1).or_insert(0);
                // Below the second one, a path would lead to the first.
                match *number {
                    0 => check(source, node, &path.key(key)),
                    number => source.duplicate(&path.key(key), number),
                }
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                check(source, item, &path.index(index));
            }
        }
        Node::Text(text) if text.contains('\0') => {
            source.value(path, "the text has a NUL character in it", "remove the `\\0`");
        }
        _ => {}
    }
}

/// The tree with only the first of each.
pub(crate) fn remove(node: Node) -> Node {
    match node {
        Node::Map(entries) => {
            let mut seen = std::collections::HashSet::new();
            let first = entries.into_iter().filter(|(key, _)| seen.insert(key.clone()));
            Node::Map(first.map(|(key, node)| (key, remove(node))).collect())
        }
        Node::List(items) => Node::List(items.into_iter().map(remove).collect()),
        other => other,
    }
}
