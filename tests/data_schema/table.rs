//! Tables with a schema that some of their rows break, for us and for pandera.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use modelgate::data::schema::{Checker, Plan, parse};
use modelgate::data::spool::Room;
use modelgate::table::{Cells, Found, NONE, Texts, Type, Values};
use serde_json::{Map, Value, json};

/// Numbers that look random.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed * 2 + 1)
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct Column {
    name: &'static str,
    kind: &'static str,
    cells: Vec<Value>,
    rules: Map<String, Value>,
}

/// A table, and what is asked of it.
pub struct Table {
    /// In the order of the schema.
    columns: Vec<Column>,
    /// The places of the columns that the data has, in its order.
    there: Vec<usize>,
    extra: bool,
    strict: bool,
    ordered: bool,
    unique: Vec<&'static str>,
    compare: Vec<[&'static str; 3]>,
}

const SIGNS: [&str; 6] = ["<", "<=", "==", "!=", ">=", ">"];

impl Table {
    pub fn random(random: &mut Random) -> Self {
        let rows = random.below(200) + 1;
        let columns = vec![
            age(random, rows),
            number("score", random, rows),
            number("bound", random, rows),
            plan(random, rows),
            email(random, rows),
            moment("day", "date", random, rows),
            moment("seen", "time", random, rows),
            flag(random, rows),
            key("id", random, rows),
            key("part", random, rows),
        ];
        let mut there: Vec<usize> = (0..columns.len()).collect();
        if random.chance(20) {
            there.retain(|place| *place != 7);
        }
        if random.chance(20) {
            there.swap(3, 4);
        }
        let sign = SIGNS[random.below(6) as usize];
        let compare = vec![["score", sign, "bound"], ["day", SIGNS[random.below(6) as usize], "seen"]];
        let unique = if random.chance(60) { vec!["id", "part"] } else { Vec::new() };
        let (extra, strict, ordered) = (random.chance(30), random.chance(50), random.chance(50));
        Self { columns, there, extra, strict, ordered, unique, compare }
    }

    /// What pandera is asked.
    pub fn question(&self) -> Value {
        let column = |column: &Column| json!({ "name": column.name, "type": column.kind, "cells": column.cells, "rules": column.rules });
        let mut data: Vec<Value> = self.there.iter().map(|place| column(&self.columns[*place])).collect();
        if self.extra {
            data.push(
                json!({ "name": "more", "type": "text", "cells": vec!["x"; self.columns[0].cells.len()] }),
            );
        }
        json!({
            "data": data,
            "columns": self.columns.iter().map(column).collect::<Vec<_>>(),
            "table": { "compare": self.compare, "unique": self.unique, "strict": self.strict, "ordered": self.ordered },
        })
    }

    /// The same as a data.schema.yml.
    pub fn schema(&self) -> String {
        let extra = if self.strict { "fail" } else { "allow" };
        let mut text = format!("version: 1\nextra-columns: {extra}\nordered: {}\n", self.ordered);
        let compare: Vec<String> = self.compare.iter().map(|words| words.join(" ")).collect();
        let _ = writeln!(text, "compare: {}", json!(compare));
        if !self.unique.is_empty() {
            let _ = writeln!(text, "unique: {}", json!([self.unique]));
        }
        text.push_str("columns:\n");
        for column in &self.columns {
            let mut rules = column.rules.clone();
            rules.insert("type".into(), json!(column.kind));
            if let Some([min, max]) = rules.get("length").and_then(Value::as_array).map(Vec::as_slice) {
                let length = json!({ "min": min, "max": max });
                rules.insert("length".into(), length);
            }
            let _ = writeln!(text, "  {}: {}", column.name, Value::Object(rules));
        }
        text
    }

    /// How many rows break which rule, as we say.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let schema = parse(&self.schema(), "data.schema.yml").expect("a schema").schema;
        let holds = |kind: &str| match kind {
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "date" => Type::Date,
            "time" => Type::Time,
            _ => Type::Text,
        };
        let mut found: Vec<Found> = self
            .there
            .iter()
            .map(|place| &self.columns[*place])
            .map(|column| Found { name: column.name.into(), holds: holds(column.kind) })
            .collect();
        if self.extra {
            found.push(Found { name: "more".into(), holds: Type::Text });
        }
        let plan = Plan::new(&schema, &found);
        let mut checker = Checker::new(&plan);
        // Some of the keys have room in memory.
        let folder = tempfile::tempdir().expect("a folder");
        let room = Room { memory: 8000, folder: folder.path() };
        let mut keys = room.spool(plan.keys(), room.memory);
        let rows = self.columns[0].cells.len();
        for first in (0..rows).step_by(37) {
            let part =
                |column: &Column| cells(holds(column.kind), &column.cells[first..rows.min(first + 37)]);
            let columns: Vec<(&str, Cells)> = self
                .there
                .iter()
                .map(|place| &self.columns[*place])
                .map(|column| (column.name, part(column)))
                .collect();
            let batch: Vec<(&str, &Cells)> = columns.iter().map(|(name, cells)| (*name, cells)).collect();
            let mut part = Checker::new(&plan);
            part.add(&batch, first as u64);
            checker.merge(part, &mut keys).expect("room");
        }
        let violations = checker.finish(keys, 0, &[]).expect("room").violations;
        violations
            .iter()
            .map(|violation| {
                let column = violation.column.as_deref().unwrap_or_default();
                match violation.check.as_str() {
                    // Of columns as such pandera says which, and we how many rows there are as well.
                    "data-order" => ("data-order".to_owned(), 1),
                    "data-missing" | "data-extra" => (format!("{} {column}", violation.check), 1),
                    check => (format!("{check} {column}"), violation.rows),
                }
            })
            .collect()
    }
}

/// Cells, without anything strange in them.
fn cells(holds: Type, values: &[Value]) -> Cells {
    let missing = values.iter().filter(|value| value.is_null()).count() as u64;
    let values = if holds == Type::Text {
        texts(values)
    } else {
        Values::Numbers(values.iter().map(number_of).collect())
    };
    Cells { values, missing, strange: 0, shown: Vec::new() }
}

fn texts(values: &[Value]) -> Values {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut texts = Texts::default();
    for value in values {
        let code = value.as_str().map_or(NONE, |text| {
            *places.entry(text).or_insert_with(|| {
                texts.texts.push(text.into());
                texts.texts.len() as u32 - 1
            })
        });
        texts.codes.push(code);
    }
    Values::Texts(texts)
}

/// Days and times are of the year 2026.
fn number_of(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(text) => {
            let part = |from: usize| {
                text.get(from..from + 2).and_then(|part| part.parse::<f64>().ok()).unwrap_or(0.0)
            };
            // The first of January 2026 is day 20454 since 1970; only January is used.
            (20_454.0 + part(8) - 1.0) * 86_400.0 + part(11) * 3600.0
        }
        value => value.as_f64().unwrap(),
    }
}

fn column(name: &'static str, kind: &'static str, cells: Vec<Value>, rules: Value) -> Column {
    let Value::Object(rules) = rules else { panic!("rules are a map") };
    Column { name, kind, cells, rules }
}

/// Some of the cells, in a random share of the tables, are missing.
fn some(random: &mut Random, rows: u64, mut cell: impl FnMut(&mut Random) -> Value) -> Vec<Value> {
    let missing = if random.chance(50) { 10 } else { 0 };
    (0..rows).map(|_| if random.chance(missing) { Value::Null } else { cell(random) }).collect()
}

fn age(random: &mut Random, rows: u64) -> Column {
    let cells = some(random, rows, |random| json!(random.below(140) as i64 - 10));
    column("age", "integer", cells, json!({ "min": 0, "max": 100, "nulls": random.chance(50) }))
}

fn number(name: &'static str, random: &mut Random, rows: u64) -> Column {
    let cells = some(random, rows, |random| json!(random.below(20) as f64 / 8.0));
    column(
        name,
        "number",
        cells,
        json!({ "max": 2.25, "values": [0, 0.125, 0.25, 0.5, 1, 1.5, 2, 2.25, 2.375, 7, 8, 9] }),
    )
}

fn plan(random: &mut Random, rows: u64) -> Column {
    let plans = ["free", "pro", "trial", "größer", "a, b"];
    let cells = some(random, rows, |random| json!(plans[random.below(5) as usize]));
    column("plan", "text", cells, json!({ "values": ["free", "pro", "größer"], "length": [3, 5] }))
}

fn email(random: &mut Random, rows: u64) -> Column {
    let cells = some(random, rows, |random| {
        let name: String =
            (0..random.below(6)).map(|_| ['a', 'b', 'ü', '.'][random.below(4) as usize]).collect();
        json!(format!("{name}{}", ["@x.org", "@", "", "@y"][random.below(4) as usize]) + "!")
    });
    column(
        "email",
        "text",
        cells,
        json!({ "pattern": "\\w@\\w", "length": [3, 8], "nulls": random.chance(50) }),
    )
}

fn moment(name: &'static str, kind: &'static str, random: &mut Random, rows: u64) -> Column {
    let cells = some(random, rows, |random| {
        let day = format!("2026-01-{:02}", random.below(9) + 1);
        json!(if kind == "date" { day } else { format!("{day}T{:02}:00:00Z", random.below(3) * 12 % 24) })
    });
    column(name, kind, cells, json!({ "min": "2026-01-03", "max": "2026-01-08" }))
}

fn flag(random: &mut Random, rows: u64) -> Column {
    let cells = some(random, rows, |random| json!(random.chance(70)));
    column("flag", "boolean", cells, json!({ "values": [true], "nulls": random.chance(50) }))
}

/// pandera takes missing values of a key for alike, and we leave them aside: there are none.
fn key(name: &'static str, random: &mut Random, rows: u64) -> Column {
    let (long, most) = (random.chance(50), random.below(2 * rows) + 1);
    let cells = (0..rows).map(|_| {
        let number = random.below(most);
        json!(if long { format!("a long identifier {number}") } else { format!("k{number}") })
    });
    let cells = cells.collect();
    column(name, "text", cells, json!({ "unique": random.chance(50), "nulls": false }))
}
