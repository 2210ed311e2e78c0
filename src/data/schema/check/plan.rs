//! The schema beside the columns that are there.

use std::collections::{HashMap, HashSet};

use super::super::rules::{ColumnRules, Extra, Rule, Schema};
use super::super::validate::comparable;
use super::super::{Comparison, Operator};
use crate::table::{Found, Type};

/// What is looked at, and what is wrong before a row was read.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) schema: Schema,
    /// The columns that are looked at, each once.
    pub(super) wanted: Vec<Wanted>,
    places: HashMap<String, usize>,
    pub(super) keys: Vec<Key>,
    pub(super) pairs: Vec<Pair>,
    /// The place of the column of `fresh`.
    pub(super) fresh: Option<usize>,
    /// Columns that must be there and are not, and what asks for each.
    pub(super) missing: Vec<(String, Asked)>,
    /// Columns that are there and that the schema does not name.
    pub(super) extra: Vec<String>,
    /// The first column that comes too early, and the one that should come before it.
    pub(super) disorder: Option<(String, String)>,
    /// Comparisons of what cannot be compared, and what the two columns hold.
    pub(super) incomparable: Vec<(Comparison, Type, Type)>,
    /// What the column of `fresh` holds, when these are no times.
    pub(super) no_time: Option<Type>,
}

/// What asks for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Its own rules.
    Column,
    /// A key over several columns.
    Key,
    /// A comparison.
    Comparison,
    /// The newest row.
    Fresh,
}

/// A column that is looked at.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub name: String,
    pub holds: Type,
    /// None of a column that the schema only mentions.
    pub rules: Option<ColumnRules>,
}

/// Columns whose values together differ in all rows.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The places of its columns.
    pub columns: Vec<usize>,
    pub tolerated: f64,
}

/// Two columns that are compared: their places and what they hold.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub rule: Rule<Comparison>,
    pub left: (usize, Type),
    pub operator: Operator,
    pub right: (usize, Type),
}

impl Plan {
    /// Puts the schema beside the columns of the data, in the order of the data.
    #[must_use]
    pub fn new(schema: &Schema, found: &[Found]) -> Self {
        let mut plan = Self {
            schema: schema.clone(),
            wanted: Vec::new(),
            places: HashMap::new(),
            keys: Vec::new(),
            pairs: Vec::new(),
            fresh: None,
            missing: Vec::new(),
            extra: Vec::new(),
            disorder: disorder(schema, found),
            incomparable: Vec::new(),
            no_time: None,
        };
        let there: HashMap<&str, Type> =
            found.iter().map(|found| (found.name.as_str(), found.holds)).collect();
        plan.columns(&there);
        plan.find_keys(&there);
        plan.compare(&there);
        plan.fresh(&there);
        plan.find_extra(found.iter().map(|found| &found.name));
        plan
    }

    /// The same with columns that were found later.
    pub(super) fn with_late(&self, late: &[String]) -> Self {
        let mut plan = self.clone();
        plan.find_extra(late.iter());
        plan
    }

    /// Adds those that the schema does not name, each once.
    fn find_extra<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        if self.schema.extra == Extra::Allow {
            return;
        }
        let named = self.schema.columns.iter().map(|column| &column.name);
        let mut known: HashSet<&String> = named.chain(&self.extra).collect();
        let extra: Vec<String> = names.filter(|name| known.insert(name)).cloned().collect();
        self.extra.extend(extra);
    }

    /// The columns to read, and what each is to be read as.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, Type)> {
        self.wanted.iter().map(|wanted| (wanted.name.as_str(), wanted.holds))
    }

    /// The columns of which somebody wrote what they hold, and what that is.
    pub fn declared(&self) -> impl Iterator<Item = (&str, Type)> {
        let is_declared = |wanted: &&Wanted| wanted.rules.as_ref().is_some_and(|rules| rules.declared);
        self.wanted.iter().filter(is_declared).map(|wanted| (wanted.name.as_str(), wanted.holds))
    }

    /// How many keys are looked at, which differ in all rows.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The place of a column among those that are wanted.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    fn columns(&mut self, there: &HashMap<&str, Type>) {
        for column in self.schema.columns.clone() {
            match there.get(column.name.as_str()) {
                Some(found) => self.want(column.name.clone(), read_as(&column, *found), Some(column)),
                None if column.required => self.missing.push((column.name, Asked::Column)),
                None => {}
            }
        }
    }

    fn want(&mut self, name: String, holds: Type, rules: Option<ColumnRules>) {
        let place = self.wanted.len();
        if let std::collections::hash_map::Entry::Vacant(entry) = self.places.entry(name.clone()) {
            entry.insert(place);
            self.wanted.push(Wanted { name, holds, rules });
        }
    }

    /// The place of a column that some rule of the table needs; notes it as missing where it is not there.
    fn need(&mut self, name: &str, asked: Asked, there: &HashMap<&str, Type>) -> Option<usize> {
        match there.get(name) {
            Some(holds) => self.want(name.to_owned(), *holds, None),
            None if self.missing.iter().all(|(known, _)| known != name) => {
                self.missing.push((name.to_owned(), asked));
            }
            None => {}
        }
        self.place(name)
    }

    fn find_keys(&mut self, there: &HashMap<&str, Type>) {
        let mut seen = HashSet::new();
        for (at, wanted) in self.wanted.iter().enumerate() {
            if let Some(rule) = wanted.rules.as_ref().and_then(|rules| rules.unique.as_ref()) {
                seen.insert(vec![at]);
                self.keys.push(Key { columns: vec![at], tolerated: rule.tolerated });
            }
        }
        for names in self.schema.unique.clone() {
            let columns: Vec<Option<usize>> =
                names.iter().map(|name| self.need(name, Asked::Key, there)).collect();
            // The same key twice would be told twice.
            if let Some(columns) =
                columns.into_iter().collect::<Option<Vec<_>>>().filter(|key| seen.insert(key.clone()))
            {
                self.keys.push(Key { columns, tolerated: 0.0 });
            }
        }
    }

    fn compare(&mut self, there: &HashMap<&str, Type>) {
        for rule in self.schema.compare.clone() {
            let left = self.need(&rule.of.left, Asked::Comparison, there);
            let right = self.need(&rule.of.right, Asked::Comparison, there);
            let Some((left, right)) = left.zip(right) else { continue };
            let holds = |at: usize| self.wanted[at].holds;
            if comparable(holds(left), holds(right)) {
                let (left, right) = ((left, holds(left)), (right, holds(right)));
                self.pairs.push(Pair { operator: rule.of.operator, rule, left, right });
            } else {
                self.incomparable.push((rule.of, holds(left), holds(right)));
            }
        }
    }

    fn fresh(&mut self, there: &HashMap<&str, Type>) {
        let Some(fresh) = self.schema.fresh.clone() else { return };
        let Some(at) = self.need(&fresh.column, Asked::Fresh, there) else { return };
        match self.wanted[at].holds {
            Type::Date | Type::Time => self.fresh = Some(at),
            // Nothing is known of what it holds but that the data does not look like times.
            other => self.no_time = Some(other),
        }
    }
}

impl Schema {
    /// The columns, each as what drift reads it as by what the schema says of it.
    #[must_use]
    pub fn says(&self, found: &[Found]) -> Vec<Found> {
        let rules: HashMap<&str, &ColumnRules> =
            self.columns.iter().map(|column| (column.name.as_str(), column)).collect();
        let holds = |found: &Found| {
            rules.get(found.name.as_str()).map_or(found.holds, |rules| compared_as(rules, found.holds))
        };
        found.iter().map(|found| Found { name: found.name.clone(), holds: holds(found) }).collect()
    }
}

/// What a column is compared as.
fn compared_as(column: &ColumnRules, found: Type) -> Type {
    match (column.holds, found) {
        // They are numbers either way, and some methods ask whether they look whole.
        (Some(Type::Number | Type::Integer), Type::Number | Type::Integer) => found,
        // A pattern does not make categories of numbers: nobody wrote that they are texts.
        (Some(Type::Text), found) if !column.declared => found,
        (_, found) => read_as(column, found),
    }
}

/// What a column is read as: what somebody wrote; else what the rules take it for, unless the data says it better.
fn read_as(column: &ColumnRules, found: Type) -> Type {
    match (column.holds, found) {
        (None, found) => found,
        (Some(holds), _) if column.declared => holds,
        (Some(Type::Number | Type::Integer), Type::Integer) => Type::Integer,
        (Some(Type::Number | Type::Integer), _) => Type::Number,
        (Some(Type::Date | Type::Time), found @ (Type::Date | Type::Time)) => found,
        (Some(holds), _) => holds,
    }
}

/// The first column that comes before one that the schema names earlier, and that one.
fn disorder(schema: &Schema, found: &[Found]) -> Option<(String, String)> {
    if !schema.ordered {
        return None;
    }
    let rank: HashMap<&str, usize> =
        schema.columns.iter().enumerate().map(|(rank, column)| (column.name.as_str(), rank)).collect();
    let ranks: Vec<usize> = found.iter().filter_map(|found| rank.get(found.name.as_str()).copied()).collect();
    let turn = ranks.windows(2).find(|pair| pair[0] > pair[1])?;
    let name = |rank: usize| schema.columns[rank].name.clone();
    Some((name(turn[0]), name(turn[1])))
}
