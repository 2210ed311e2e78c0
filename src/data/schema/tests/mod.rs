#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod check;
mod foreign;
mod guess;
mod read;

use std::collections::HashMap;

use super::*;
use crate::config::render;
use crate::data::spool::Room;
use crate::finding::Finding;
use crate::table::{Cells, Found, NONE, SHOWN, Texts, Type, Values, spelled};

/// The cells of a column, of their texts; an empty text is a missing value.
fn cells(holds: Type, texts: &[&str]) -> Cells {
    let mut cells = Cells { values: Values::Numbers(Vec::new()), missing: 0, strange: 0, shown: Vec::new() };
    if holds == Type::Text {
        let mut places: HashMap<String, u32> = HashMap::new();
        let mut found = Texts::default();
        for text in texts {
            let text = spelled(text).into_owned();
            cells.missing += u64::from(text.is_empty());
            let next = u32::try_from(found.texts.len()).unwrap();
            found.codes.push(match text.is_empty() {
                true => NONE,
                false => *places.entry(text.clone()).or_insert_with(|| {
                    found.texts.push(text.into());
                    next
                }),
            });
        }
        cells.values = Values::Texts(found);
        return cells;
    }
    let mut numbers = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let number = number(holds, text);
        if text.is_empty() {
            cells.missing += 1;
        } else if number.is_none() {
            cells.strange += 1;
            if cells.shown.len() < SHOWN {
                cells.shown.push((u32::try_from(row).unwrap(), (*text).to_owned()));
            }
        }
        numbers.push(number.unwrap_or(f64::NAN));
    }
    cells.values = Values::Numbers(numbers);
    cells
}

fn number(holds: Type, text: &str) -> Option<f64> {
    match holds {
        Type::Integer => text.parse().ok().filter(|number: &f64| number.fract() == 0.0),
        Type::Number => text.parse().ok(),
        Type::Boolean => text.parse::<bool>().ok().map(|value| f64::from(u8::from(value))),
        Type::Date | Type::Time => moment::parse(text).map(|(seconds, _)| seconds),
        Type::Text => None,
    }
}

fn schema(text: &str) -> Schema {
    match parse(text, "data.schema.yml") {
        Ok(read) => read.schema,
        Err(problems) => panic!("{}", render(&problems, "data.schema.yml", false)),
    }
}

/// A column of a small table: its name, what its file says that it holds, and its cells.
type Column<'a> = (&'a str, Type, &'a [&'a str]);

fn found(table: &[Column<'_>]) -> Vec<Found> {
    table.iter().map(|(name, holds, _)| Found { name: (*name).to_owned(), holds: *holds }).collect()
}

/// What the table comes to, read in batches of so many rows.
fn checked_in(schema: &Schema, table: &[Column<'_>], rows: usize, now: u64) -> Checked {
    checked_within(u64::MAX, schema, table, rows, now)
}

/// The same where the keys have so many bytes of memory.
fn checked_within(memory: u64, schema: &Schema, table: &[Column<'_>], rows: usize, now: u64) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(schema, &found(table));
    let wanted: Vec<(&str, Type)> = plan.wanted().collect();
    let length = table.iter().map(|(_, _, texts)| texts.len()).max().unwrap_or(0);
    let mut all = Checker::new(&plan);
    let mut keys = Room { memory, folder: folder.path() }.spool(plan.keys(), memory);
    for first in (0..length).step_by(rows) {
        let columns: Vec<(&str, Cells)> = wanted
            .iter()
            .map(|(name, holds)| {
                let texts = table.iter().find(|(known, _, _)| known == name).unwrap().2;
                (*name, cells(*holds, &texts[first..texts.len().min(first + rows)]))
            })
            .collect();
        let batch: Vec<(&str, &Cells)> = columns.iter().map(|(name, cells)| (*name, cells)).collect();
        let mut part = Checker::new(&plan);
        part.add(&batch, first as u64);
        all.merge(part, &mut keys).unwrap();
    }
    all.finish(keys, now, &[]).unwrap()
}

fn checked(text: &str, table: &[Column<'_>]) -> Checked {
    checked_in(&schema(text), table, 3, 1_795_867_200)
}

/// Findings as a person reads them.
fn told(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let help = finding.help.as_deref().unwrap_or("NO HELP");
        format!(
            "{} {} {}: {}\n    {help}\n",
            finding.severity.word(),
            finding.code,
            finding.place(),
            finding.message
        )
    };
    findings.iter().map(one).collect()
}

fn findings(text: &str, table: &[Column<'_>]) -> String {
    told(&checked(text, table).findings(|row| format!("row {row}")))
}
