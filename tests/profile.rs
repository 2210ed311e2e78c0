//! Profiles, judged by pandas and NumPy.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::HashMap;

use common::uniform;
use modelgate::data::profile::{ColumnProfile, NumberProfile, Profile, SHARES, Value};
use modelgate::table::{Cells, Found, NONE, Texts, Type, Values};
use serde_json::{Value as Json, json};

const ROWS: usize = 40_000;

/// The columns of the test, each with what it holds.
enum Rows {
    Numbers(Type, Vec<f64>),
    Texts(Vec<Option<String>>),
}

fn rows(seed: u64, mut row: impl FnMut(&mut dyn FnMut() -> f64) -> f64) -> Vec<f64> {
    let mut next = uniform(seed);
    (0..ROWS).map(|_| row(&mut next)).collect()
}

fn normal(next: &mut dyn FnMut() -> f64) -> f64 {
    (0..12).map(|_| next()).sum::<f64>() - 6.0
}

fn table() -> Vec<(&'static str, Rows)> {
    let text = |share: f64| match (share * 30.0) as u32 {
        0 => None,
        1 => Some("naïve\ntext".repeat(30)),
        kind if kind < 9 => Some("frequent".into()),
        _ => Some(format!("id {}", (share * 1e9) as u64 % 25_000)),
    };
    let kind = |share: f64| (share > 0.1).then(|| format!("kind {}", (share * share * 40.0) as u32));
    let mut next = uniform(8);
    let many = (0..ROWS).map(|_| text(next())).collect();
    let few = (0..ROWS).map(|_| kind(next())).collect();
    vec![
        (
            "few",
            Rows::Numbers(
                Type::Integer,
                rows(1, |next| if next() < 0.1 { f64::NAN } else { (next() * 50.0).floor() - 9.0 }),
            ),
        ),
        ("halves", Rows::Numbers(Type::Number, rows(2, |next| (normal(next) * 900.0).floor() / 2.0))),
        ("normal", Rows::Numbers(Type::Number, rows(3, normal))),
        (
            "heavy",
            Rows::Numbers(
                Type::Number,
                rows(4, |next| if next() < 0.3 { 0.0 } else { (normal(next) * 4.0).exp() }),
            ),
        ),
        ("far", Rows::Numbers(Type::Number, rows(5, |next| 1e9 + next()))),
        (
            "skewed",
            Rows::Numbers(
                Type::Integer,
                rows(6, |next| {
                    (1.0 / (next() + 1e-6)).floor() + if next() < 0.4 { (next() * 1e8).floor() } else { 0.0 }
                }),
            ),
        ),
        ("constant", Rows::Numbers(Type::Number, vec![0.1; ROWS])),
        ("times", Rows::Numbers(Type::Time, rows(7, |next| 1.7e9 + (next() * 3e7).floor() / 8.0))),
        ("many", Rows::Texts(many)),
        ("kinds", Rows::Texts(few)),
    ]
}

fn cells(rows: &Rows, from: usize, until: usize) -> Cells {
    let (values, missing) = match rows {
        Rows::Numbers(_, numbers) => {
            let numbers = numbers[from..until].to_vec();
            let missing = numbers.iter().filter(|number| number.is_nan()).count();
            (Values::Numbers(numbers), missing)
        }
        Rows::Texts(texts) => {
            let mut codes = HashMap::new();
            let mut held = Texts::default();
            for text in &texts[from..until] {
                let code = text.as_ref().map_or(NONE, |text| {
                    *codes.entry(text).or_insert_with(|| {
                        held.texts.push(text.as_str().into());
                        held.texts.len() as u32 - 1
                    })
                });
                held.codes.push(code);
            }
            let missing = held.codes.iter().filter(|code| **code == NONE).count();
            (Values::Texts(held), missing)
        }
    };
    Cells { values, missing: missing as u64, strange: 0, shown: Vec::new() }
}

fn empty(table: &[(&str, Rows)]) -> Profile {
    let found = |(name, rows): &(&str, Rows)| {
        let holds = if let Rows::Numbers(holds, _) = rows { *holds } else { Type::Text };
        Found { name: (*name).into(), holds }
    };
    Profile::new(&table.iter().map(found).collect::<Vec<_>>())
}

fn profile(table: &[(&str, Rows)], from: usize, until: usize, batch: usize) -> Profile {
    let mut profile = empty(table);
    for from in (from..until).step_by(batch) {
        let until = (from + batch).min(until);
        let batch: Vec<Cells> = table.iter().map(|(_, rows)| cells(rows, from, until)).collect();
        profile.add(&batch, (until - from) as u64).unwrap();
    }
    profile
}

fn said(profile: &Profile) -> HashMap<String, ColumnProfile> {
    profile.profiles().into_iter().map(|column| (column.name.clone(), column)).collect()
}

/// What pandas says of every column; none where there is no Python.
fn truth(test: &str, table: &[(&str, Rows)], said: &HashMap<String, ColumnProfile>) -> Option<Json> {
    let python = common::python_for(test)?;
    let column = |(name, rows): &(&str, Rows)| {
        let histogram = said[*name].numbers.as_ref().and_then(|numbers| numbers.histogram.as_ref());
        let bins = histogram.map_or(1, |histogram| histogram.counts.len());
        let (values, texts) = match rows {
            Rows::Numbers(_, numbers) => {
                let value = |number: &f64| (!number.is_nan()).then_some(*number);
                (json!(numbers.iter().map(value).collect::<Vec<_>>()), false)
            }
            Rows::Texts(texts) => (json!(texts), true),
        };
        ((*name).to_owned(), json!({ "values": values, "texts": texts, "bins": bins }))
    };
    let question: serde_json::Map<String, Json> = table.iter().map(column).collect();
    Some(common::ask(&python, "profile/truth.py", &question))
}

fn near(ours: Option<f64>, theirs: &Json, tolerance: f64) -> bool {
    let (ours, theirs) = (ours.unwrap(), theirs.as_f64().unwrap());
    (ours - theirs).abs() <= tolerance * theirs.abs() + f64::MIN_POSITIVE
}

fn list(theirs: &Json) -> Vec<f64> {
    theirs.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_numbers(name: &str, ours: &NumberProfile, theirs: &Json) {
    assert_eq!(ours.min, theirs["min"].as_f64(), "{name}");
    assert_eq!(ours.max, theirs["max"].as_f64(), "{name}");
    assert!(near(ours.mean, &theirs["mean"], 1e-12), "{name}: {:?} {}", ours.mean, theirs["mean"]);
    assert!(near(ours.mean, &theirs["true_mean"], 1e-14), "{name}: {:?} {}", ours.mean, theirs["true_mean"]);
    assert!(near(ours.std, &theirs["true_std"], 1e-12), "{name}: {:?} {}", ours.std, theirs["true_std"]);
    // A constant column has no spread, and what NumPy's rounding leaves of it is nearly none.
    assert!(
        (ours.std.unwrap() - theirs["std"].as_f64().unwrap()).abs() <= 1e-9 * ours.std.unwrap() + 1e-12,
        "{name}"
    );
    let [quantiles, lower, higher] = ["quantiles", "lower", "higher"].map(|kind| list(&theirs[kind]));
    for (at, (share, value)) in ours.quantiles.values.iter().enumerate() {
        assert_eq!(*share, SHARES[at]);
        // Between two values a quantile is as far off as they are.
        let room = match (ours.quantiles.relative_error, ours.quantiles.absolute_error) {
            (Some(error), None) => (error * (1.0 + 1e-9) + 1e-12) * lower[at].abs().max(higher[at].abs()),
            (None, Some(error)) => error,
            both => panic!("{both:?}"),
        };
        let off = (value.0 - quantiles[at]).abs();
        assert!(off <= room, "{name}: the quantile {share} is {} and not {}", value.0, quantiles[at]);
    }
    let histogram = ours.histogram.as_ref().unwrap();
    if ours.quantiles.relative_error == Some(0.0) {
        assert_eq!(json!(histogram.counts), theirs["histogram"], "{name}");
    }
    assert_eq!(json!(histogram.counts.iter().sum::<u64>()), theirs["count"], "{name}");
}

#[track_caller]
fn assert_counts(name: &str, ours: &ColumnProfile, theirs: &Json) {
    assert_eq!(
        (json!(ours.count), json!(ours.missing)),
        (theirs["count"].clone(), theirs["missing"].clone()),
        "{name}"
    );
    let (distinct, true_distinct) = (ours.distinct.value as f64, theirs["distinct"].as_f64().unwrap());
    // Four standard errors.
    assert!(
        (distinct - true_distinct).abs() <= 4.0 * ours.distinct.error * true_distinct,
        "{name}: {distinct} {true_distinct}"
    );
    let key = |value: &Json| value.as_f64().map_or_else(|| value.to_string(), |number| format!("{number:e}"));
    let counts: HashMap<String, u64> = theirs["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (key(&pair[0]), pair[1].as_u64().unwrap()))
        .collect();
    for (value, count) in &ours.frequent.values {
        let value = match value {
            Value::Number(number) => json!(number.0),
            Value::Text(text) if text.contains("… ") => continue,
            Value::Text(text) => json!(text),
        };
        let truth = counts[&key(&value)];
        assert!((*count..=count + ours.frequent.error).contains(&truth), "{name}: {value} {count} {truth}");
    }
    // Whatever is more frequent than the error allows to miss is there.
    let lowest = ours.frequent.values.last().map_or(0, |(_, count)| *count) + ours.frequent.error;
    let frequent = counts.values().filter(|count| **count > lowest).count();
    assert!(frequent <= ours.frequent.values.len(), "{name}: {frequent}");
}

#[test]
fn profiles_are_what_pandas_says() {
    let table = table();
    let whole = said(&profile(&table, 0, ROWS, 3_000));
    let Some(truth) = truth("profiles_are_what_pandas_says", &table, &whole) else { return };
    for (name, rows) in &table {
        let (ours, theirs) = (&whole[*name], &truth[*name]);
        assert_counts(name, ours, theirs);
        match rows {
            Rows::Numbers(..) => assert_numbers(name, ours.numbers.as_ref().unwrap(), theirs),
            Rows::Texts(_) => assert_eq!(json!(ours.lengths), theirs["lengths"], "{name}"),
        }
    }
    let exact = ["few", "halves", "constant", "kinds"];
    for (name, ours) in &whole {
        assert_eq!(ours.frequent.error == 0, exact.contains(&name.as_str()), "{name}");
    }
    assert!(whole["times"].numbers.as_ref().unwrap().quantiles.absolute_error.unwrap() <= 1024.0);
}

#[test]
fn a_hundred_shards_merged_are_the_whole() {
    let table = table();
    let whole = profile(&table, 0, ROWS, ROWS);
    let size = ROWS / 100;
    let mut merged = empty(&table);
    for shard in 0..100 {
        let from = shard * size;
        let document = profile(&table, from, from + size, 150).to_json().unwrap();
        let findings = merged.merge(&Profile::parse(&document, "shard.json").unwrap());
        assert_eq!(findings, []);
    }
    assert_eq!(merged.rows(), whole.rows());
    for (ours, theirs) in merged.profiles().iter().zip(whole.profiles()) {
        assert_same(ours, &theirs);
    }
}

/// Everything is equal but what is rounded, to 1e-12, and which of the seldom values were kept.
#[track_caller]
fn assert_same(ours: &ColumnProfile, theirs: &ColumnProfile) {
    let mut ours = ours.clone();
    if let (Some(ours), Some(theirs)) = (&mut ours.numbers, &theirs.numbers) {
        assert!(near(ours.mean, &json!(theirs.mean), 1e-12) && near(ours.std, &json!(theirs.std), 1e-12));
        (ours.mean, ours.std) = (theirs.mean, theirs.std);
    }
    assert_eq!(ours.frequent.error == 0, theirs.frequent.error == 0);
    if ours.frequent.error > 0 {
        assert!(ours.frequent.error <= ROWS as u64 / 1001, "{}", ours.frequent.error);
        ours.frequent = theirs.frequent.clone();
    }
    assert_eq!(&ours, theirs);
}
