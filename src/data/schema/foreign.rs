//! A schema in somebody else's format: what could not be taken over is named, with its line.

use std::collections::HashMap;

use super::rules::{Bound, ColumnRules, Extra, Length, Range, Rule, Schema};
use super::values;
use crate::config::source::KeyPath;
use crate::config::{Problem, Scalar};
use crate::document::{self, At, Node, harmless, shown};
use crate::finding::Finding;
use crate::table::Type;

/// Finding a place means reading the text again, so only so many have one.
const MOST_PLACED: usize = 200;

/// A schema that is being taken over.
pub(super) struct Taken<'a> {
    text: &'a str,
    path: &'a str,
    pub schema: Schema,
    places: HashMap<String, usize>,
    findings: Vec<Finding>,
}

/// What a reader of a format does: it fills the schema.
pub(super) fn read<'a>(
    text: &'a str,
    path: &'a str,
    reader: impl FnOnce(&mut Taken<'a>),
) -> Result<(Schema, Vec<Finding>), Vec<Problem>> {
    let schema = Schema { extra: Extra::Allow, ..Schema::default() };
    let mut taken = Taken { text, path, schema, places: HashMap::new(), findings: Vec::new() };
    reader(&mut taken);
    let Taken { schema, mut findings, .. } = taken;
    findings.sort_by_key(|finding| (finding.line.unwrap_or(u32::MAX), finding.column));
    let of_rows = schema.rows != (None, None) || !schema.unique.is_empty() || !schema.compare.is_empty();
    if schema.columns.is_empty() && !of_rows {
        let help = "`modelgate data infer` writes a schema from data";
        let mut problems = vec![Problem::new(
            "",
            None,
            "nothing in this schema can be held to data".into(),
            Some(help.into()),
        )];
        problems.extend(findings.into_iter().map(|finding| {
            let place =
                finding.line.map(|line| document::Place { line, column: finding.column.unwrap_or(1) });
            Problem::new("", place, finding.message, finding.help).with_line(text)
        }));
        return Err(problems);
    }
    Ok((schema, findings))
}

impl Taken<'_> {
    /// Whether something named the column already.
    pub fn knows(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The rules of a column; new ones where it is named for the first time.
    pub fn column(&mut self, name: &str) -> &mut ColumnRules {
        let columns = &mut self.schema.columns;
        let at = *self.places.entry(name.to_owned()).or_insert_with(|| {
            columns.push(ColumnRules::named(name));
            columns.len() - 1
        });
        &mut columns[at]
    }

    /// Something that could not be taken over: a lowercase fragment, and what to do.
    pub fn left_out(&mut self, at: &KeyPath, message: impl Into<String>, help: impl Into<String>) {
        let mut finding = Finding::warning("data-schema-left-out", message).help(help).at_path(self.path);
        if self.findings.len() < MOST_PLACED
            && let Some(place) = document::locate(self.text, &at.0, At::Key(0))
        {
            finding = finding.at_line(place.line, Some(place.column));
        }
        self.findings.push(finding);
    }

    /// A value that is none of what the key wants.
    pub fn wrong(&mut self, at: &KeyPath, wanted: &str) {
        let key = at.last_key().to_owned();
        let message = format!("`{}` is no {wanted}, and is not taken over", shown(&key));
        let article = if wanted.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        self.left_out(at, message, format!("write {article} {wanted}"));
    }
}

/// A value of the tree as one that a schema can have.
fn scalar(node: &Node) -> Option<Scalar> {
    match node {
        Node::Bool(value) => Some(Scalar::Bool(*value)),
        Node::Integer(value) => Some(Scalar::Integer(*value)),
        Node::Float(value) if value.is_finite() => Some(Scalar::Number(*value)),
        Node::Text(text) => Some(Scalar::Text(text.clone())),
        _ => None,
    }
}

/// What is there and is not null.
pub(super) fn given<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|node| **node != Node::Null)
}

/// One end of a range as it is written.
pub(super) struct End<'n> {
    pub key: &'static str,
    pub node: Option<&'n Node>,
    pub strict: bool,
}

impl Taken<'_> {
    /// What a column holds, as somebody wrote it.
    pub fn declare(&mut self, name: &str, holds: Type) {
        let column = self.column(name);
        (column.holds, column.declared) = (Some(holds), true);
    }

    /// What a column holds: what was said, or else what its values look like.
    fn holds(&mut self, name: &str, values: &[Scalar]) -> Type {
        let column = self.column(name);
        if !column.declared {
            let known = column.holds.into_iter();
            column.holds = values::widest(known.chain(values.iter().map(values::type_of)));
        }
        column.holds.unwrap_or(Type::Text)
    }

    /// Notes that a rule of this kind is there already. The first one stays.
    fn is_second(&mut self, at: &KeyPath, name: &str, is_there: bool) -> bool {
        if is_there {
            let message = format!("a second rule of the same kind about «{}» is not taken over", shown(name));
            self.left_out(at, message, "make one of the two");
        }
        is_there
    }

    /// The numbers, days or times of a column are between two ends, of which one may be null or absent.
    pub fn range(&mut self, at: &KeyPath, name: &str, ends: [End<'_>; 2], tolerated: f64) {
        let is_there = self.column(name).range.is_some();
        if self.is_second(at, name, is_there) {
            return;
        }
        let scalars: Vec<Scalar> = ends.iter().filter_map(|end| end.node.and_then(scalar)).collect();
        let holds = match self.holds(name, &scalars) {
            // Such as a text that says which day: nothing else is known to have ends.
            Type::Text if !scalars.is_empty() => {
                values::widest(scalars.iter().map(values::type_of)).unwrap_or(Type::Text)
            }
            holds => holds,
        };
        let [min, max] = ends.map(|end| {
            let node = end.node.filter(|node| **node != Node::Null)?;
            let bound = scalar(node).and_then(|value| values::number(&value, holds));
            if bound.is_none() {
                self.wrong(&at.key(end.key), &format!("{} to compare «{}» with", holds.word(), shown(name)));
            }
            bound.map(|at| Bound { at, strict: end.strict })
        });
        let range = Range { min, max };
        if range.is_empty() {
            self.left_out(
                at,
                format!("no value of «{}» can be in this range", shown(name)),
                "exchange its ends",
            );
        } else if min.is_some() || max.is_some() {
            let column = self.column(name);
            if !column.declared {
                column.holds = Some(holds);
            }
            column.range = Some(Rule { of: range, tolerated });
        }
    }

    /// The only values of a column.
    pub fn values(&mut self, at: &KeyPath, name: &str, listed: &Node, tolerated: f64) {
        let is_there = self.column(name).values.is_some();
        if self.is_second(at, name, is_there) {
            return;
        }
        let items = listed.items().unwrap_or_default();
        // null among the allowed values says that a value may be missing, which no rule about values forbids.
        let scalars: Vec<Scalar> = items.iter().filter_map(scalar).collect();
        let others = items.iter().filter(|item| **item != Node::Null).count();
        if scalars.is_empty() || scalars.len() < others {
            return self.wrong(at, "list of texts, numbers or booleans");
        }
        let holds = self.holds(name, &scalars);
        match values::allowed(&scalars, holds) {
            Ok(of) => self.column(name).values = Some(Rule { of, tolerated }),
            Err(index) => {
                self.wrong(&at.index(index), &format!("{} as «{}» holds", holds.word(), shown(name)))
            }
        }
    }

    /// What the texts of a column look like; `whole` holds the pattern to the whole text.
    pub fn pattern(&mut self, at: &KeyPath, name: &str, written: Option<&str>, whole: bool, tolerated: f64) {
        let is_there = self.column(name).pattern.is_some();
        if self.is_second(at, name, is_there) || !self.is_text(at, name) {
            return;
        }
        match written.map(|written| values::pattern(written, whole)) {
            Some(Ok(of)) => self.column(name).pattern = Some(Rule { of, tolerated }),
            Some(Err(why)) => {
                let message =
                    format!("the pattern of «{}» is not taken over: {}", shown(name), harmless(&why));
                self.left_out(at, message, "write it without look-around and back-references");
            }
            None => self.wrong(at, "regular expression"),
        }
    }

    /// How long the texts of a column are.
    pub fn length(&mut self, at: &KeyPath, name: &str, ends: [Option<u64>; 2], tolerated: f64) {
        let is_there = self.column(name).length.is_some();
        let [min, max] = ends;
        if self.is_second(at, name, is_there) || !self.is_text(at, name) {
            return;
        }
        match min.zip(max).is_some_and(|(min, max)| min > max) {
            true => self.left_out(
                at,
                format!("no text of «{}» can have this length", shown(name)),
                "exchange its ends",
            ),
            false if min.is_none() && max.is_none() => {}
            false => self.column(name).length = Some(Rule { of: Length { min, max }, tolerated }),
        }
    }

    /// Whether a rule about texts fits the column, which becomes one of texts where nothing was said.
    fn is_text(&mut self, at: &KeyPath, name: &str) -> bool {
        let column = self.column(name);
        if !column.declared && column.range.is_none() && column.values.is_none() {
            column.holds = Some(Type::Text);
        }
        let holds = column.holds;
        if holds != Some(Type::Text) {
            let message = format!("a rule about texts is not taken over: «{}» holds none", shown(name));
            self.left_out(at, message, "make it a column of texts");
        }
        holds == Some(Type::Text)
    }

    /// A whole number that is not negative; none of null and what is absent.
    pub fn count(&mut self, at: &KeyPath, map: &Node, key: &str) -> Option<u64> {
        match given(map, key)? {
            Node::Integer(number) if *number >= 0 => u64::try_from(*number).ok(),
            Node::Float(number) if *number >= 0.0 && number.fract() == 0.0 && *number < 1e15 => {
                Some(*number as u64)
            }
            _ => {
                self.wrong(&at.key(key), "whole number");
                None
            }
        }
    }

    /// Names of columns: one or a list.
    pub fn names(&mut self, at: &KeyPath, node: &Node) -> Option<Vec<String>> {
        let names: Option<Vec<String>> = match node {
            Node::Text(name) => Some(vec![name.clone()]),
            node => node
                .items()
                .and_then(|items| items.iter().map(|item| item.text().map(str::to_owned)).collect()),
        };
        let names = names.filter(|names| !names.is_empty());
        if names.is_none() {
            self.wrong(at, "list of columns");
        }
        names
    }
}

impl Taken<'_> {
    /// Begins the columns anew.
    pub fn forget_places(&mut self) {
        self.places.clear();
    }

    /// Puts a column behind the others.
    pub fn put(&mut self, column: ColumnRules) {
        self.places.insert(column.name.clone(), self.schema.columns.len());
        self.schema.columns.push(column);
    }
}
