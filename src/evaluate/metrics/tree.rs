//! Metrics in JSON and YAML.

use std::collections::HashMap;

use super::scalar::{of_node, shown};
use super::sheet::{Sheet, Spot};
use crate::document::{At, Node, Segment, SyntaxError};
use crate::finding::{Finding, Severity};

/// Reads the metrics out of a tree, or says why there is none.
pub fn read(path: &str, text: &str, parsed: Result<Node, SyntaxError>) -> Sheet {
    match parsed {
        Ok(root) => {
            let mut walk = Walk { sheet: Sheet::new(path, text), trail: Vec::new() };
            walk.root(&root);
            walk.sheet.close()
        }
        Err(error) => Sheet::refused(path, syntax(&error)),
    }
}

fn syntax(error: &SyntaxError) -> Finding {
    let finding = Finding::error("metrics-syntax", error.message.clone());
    let finding = match error.place {
        Some(place) => finding.at_line(place.line, Some(place.column)),
        None => finding,
    };
    if error.message.contains("trailing characters") {
        return finding.help("write one JSON document, not one on every line");
    }
    finding
}

struct Walk {
    sheet: Sheet,
    trail: Vec<Segment>,
}

impl Walk {
    fn root(&mut self, root: &Node) {
        match root {
            Node::Map(entries) => {
                self.map(entries);
            }
            Node::List(items) if items.iter().any(is_benchmark) => self.benchmarks(items),
            Node::List(_) => self.list(""),
            _ => {
                let finding = Finding::error("metrics-empty", "the file holds a single value without a name")
                    .help("write a name and a number, such as {\"accuracy\": 0.93}");
                self.sheet.find(finding, &Spot::Whole);
            }
        }
    }

    /// False when reading on is of no use.
    fn map(&mut self, entries: &[(String, Node)]) -> bool {
        let mut seen: HashMap<&str, (&Node, usize)> = HashMap::new();
        for (key, node) in entries {
            if let Some((first, times)) = seen.get_mut(key.as_str()) {
                *times += 1;
                let again = *times;
                let same = **first == *node;
                self.duplicate(key, again, same);
                continue;
            }
            seen.insert(key, (node, 0));
            self.trail.push(Segment::Key(key.clone()));
            let goes_on = self.value(node);
            self.trail.pop();
            if !goes_on {
                return false;
            }
        }
        true
    }

    fn value(&mut self, node: &Node) -> bool {
        let name = self.name();
        match node {
            Node::Map(entries) => self.map(entries),
            Node::List(_) => {
                self.list(&name);
                true
            }
            leaf => {
                let scalar = of_node(&name, leaf);
                self.sheet.add(name, scalar, Spot::Node(self.trail.clone(), At::Value))
            }
        }
    }

    fn name(&self) -> String {
        let keys = self.trail.iter().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }

    fn list(&mut self, name: &str) {
        let what = if name.is_empty() { "the file".to_owned() } else { shown(name) };
        let finding = Finding::notice("metric-list", format!("{what} is a list, so it is no metric"))
            .help("give each number a name of its own, if a rule is to judge it");
        self.sheet.find(finding, &Spot::Node(self.trail.clone(), At::Value));
    }

    /// Finds the keys of a benchmark that are there twice: which of two values is meant, nobody can say.
    fn keys_once(&mut self, item: &Node) {
        let Node::Map(entries) = item else { return };
        let mut seen: HashMap<&str, (&Node, usize)> = HashMap::new();
        for (key, node) in entries {
            match seen.get_mut(key.as_str()) {
                Some((first, times)) => {
                    *times += 1;
                    let (again, same) = (*times, **first == *node);
                    self.duplicate(key, again, same);
                }
                None => {
                    seen.insert(key, (node, 0));
                }
            }
        }
    }

    /// The same key twice in one map. What stands there the second time is not read.
    fn duplicate(&mut self, key: &str, again: usize, same: bool) {
        let spot = |walk: &Self, times| {
            let mut path = walk.trail.clone();
            path.push(Segment::Key(key.to_owned()));
            Spot::Node(path, At::Key(times))
        };
        let first = match self.sheet.place(&spot(self, 0)) {
            Some((line, Some(column))) => format!(" (first at {line}:{column})"),
            _ => String::new(),
        };
        self.trail.push(Segment::Key(key.to_owned()));
        let name = self.name();
        self.trail.pop();
        let finding = if same {
            Finding::warning(
                "metric-duplicate",
                format!("{} is here twice{first}, with the same value", shown(&name)),
            )
        } else {
            Finding::new(
                Severity::Error,
                "metric-duplicate",
                format!("{} is here twice{first}", shown(&name)),
            )
            .help("keep one of them")
        };
        let second = spot(self, again);
        self.sheet.find(finding, &second);
    }

    /// The list of github-action-benchmark.
    fn benchmarks(&mut self, items: &[Node]) {
        for (index, item) in items.iter().enumerate() {
            self.trail.push(Segment::Index(index));
            self.keys_once(item);
            let goes_on = match (item.get("name").and_then(Node::text), item.get("value")) {
                (Some(name), Some(value)) => {
                    let mut path = self.trail.clone();
                    path.push(Segment::Key("value".into()));
                    self.sheet.add(name.to_owned(), of_node(name, value), Spot::Node(path, At::Value))
                }
                _ => {
                    let message = format!("item {} of the list has no name or no value", index + 1);
                    let finding = Finding::error("metric-incomplete", message)
                        .help("write every item as {\"name\": …, \"value\": …}");
                    self.sheet.find(finding, &Spot::Node(self.trail.clone(), At::Value));
                    true
                }
            };
            self.trail.pop();
            if !goes_on {
                return;
            }
        }
    }
}

fn is_benchmark(item: &Node) -> bool {
    item.get("name").and_then(Node::text).is_some() && item.get("value").is_some()
}
