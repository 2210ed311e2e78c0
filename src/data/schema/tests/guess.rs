//! A schema that is guessed from data is one that the data keeps.

use proptest::prelude::*;

use super::*;

/// What a profile would say of a column.
fn summary(name: &str, holds: Type, texts: &[&str]) -> Summary {
    let cells = cells(holds, texts);
    let mut counts: Vec<(String, u64)> = Vec::new();
    let mut note = |value: String| match counts.iter_mut().find(|(known, _)| *known == value) {
        Some((_, count)) => *count += 1,
        None => counts.push((value, 1)),
    };
    let mut ends: Option<(f64, f64)> = None;
    let mut lengths: Vec<u64> = Vec::new();
    match &cells.values {
        Values::Numbers(numbers) => {
            for number in numbers.iter().filter(|number| !number.is_nan()) {
                let (low, high) = ends.unwrap_or((*number, *number));
                ends = Some((low.min(*number), high.max(*number)));
                note(format!("{}", number + 0.0));
            }
        }
        Values::Texts(found) => {
            for code in found.codes.iter().filter(|code| **code != NONE) {
                let text = &found.texts[*code as usize];
                lengths.push(text.chars().count() as u64);
                note(text.to_string());
            }
        }
    }
    Summary {
        name: name.to_owned(),
        holds,
        rows: texts.len() as u64,
        missing: cells.missing,
        strange: cells.strange,
        distinct: counts.len() as u64,
        exact: true,
        min: ends.map(|(min, _)| min),
        max: ends.map(|(_, max)| max),
        values: counts,
        shortest: lengths.iter().min().copied(),
        longest: lengths.iter().max().copied(),
    }
}

fn inferred(table: &[Column<'_>]) -> String {
    let columns: Vec<Summary> =
        table.iter().map(|(name, holds, texts)| summary(name, *holds, texts)).collect();
    infer(table.iter().map(|(_, _, texts)| texts.len() as u64).max().unwrap_or(0), &columns)
}

#[test]
fn a_schema_is_guessed() {
    let table: [Column<'_>; 14] = [
        ("id", Type::Integer, &["1001", "1002", "1003", "1004", "1005", "1006"]),
        ("big", Type::Integer, &["9007199254740993", "9007199254740995", "1", "2", "3", "4"]),
        ("age", Type::Integer, &["18", "44", "71", "18", "", "35"]),
        ("score", Type::Number, &["0.123", "0.5", "0.987", "0.5", "0.2", "0.3"]),
        ("balance", Type::Number, &["-1500.5", "20", "1e6", "inf", "0", "0"]),
        ("same", Type::Number, &["5", "5", "5", "5", "5", "5"]),
        ("plan", Type::Text, &["free", "pro", "free", "on", "a \"b\"\n", "free"]),
        ("name", Type::Text, &["Ann", "Bob", "Chloe", "Dieter", "Eve", "Fay"]),
        ("code", Type::Text, &["aa1", "bb2", "cc3", "dd4", "ee5", "ee5"]),
        ("day", Type::Date, &["2026-01-01", "2026-03-01", "", "", "", ""]),
        ("at", Type::Time, &["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "", "", "", "x"]),
        ("true", Type::Boolean, &["true", "false", "true", "true", "true", "true"]),
        ("no value: at all", Type::Text, &["", "", "", "", "", ""]),
        ("<<", Type::Text, &["", "", "", "", "", ""]),
    ];
    let text = inferred(&table);
    insta::assert_snapshot!(text);
    assert_eq!(told(&checked_in(&schema(&text), &table[..13], 4, 0).findings(|row| row.to_string())), "");
    insta::assert_snapshot!(infer(0, &[]));
}

fn column() -> impl Strategy<Value = (String, Type, Vec<String>)> {
    let name = prop_oneof![
        ".{1,12}",
        "[a-z]{1,5}",
        Just("x".repeat(1200)),
        Just("null".to_owned()),
        Just("1".to_owned())
    ];
    let integer =
        prop_oneof![3 => "-?[0-9]{1,3}", 1 => "-?[1-9][0-9]{0,18}", 1 => Just(String::new()), 1 => "[x]"];
    let number = prop_oneof![
        3 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        3 => (-1e3..1e3).prop_map(|number: f64| number.to_string()),
        1 => Just("inf".to_owned()), 1 => Just("-inf".to_owned()), 1 => Just("0".to_owned()), 1 => Just(String::new()),
    ];
    let text = prop_oneof![3 => "[ab]{1,2}", 2 => ".{0,9}", 1 => Just(String::new()), 1 => Just("\u{0}".to_owned()), 1 => Just("yes".to_owned()), 1 => "[0-9]{2}\\.0"];
    let time = prop_oneof![4 => (-1e10..1e11).prop_map(|seconds: f64| moment::time(seconds).unwrap_or_default()), 1 => Just(String::new())];
    let day = (-1e10..1e11).prop_map(|seconds: f64| moment::day(seconds).unwrap_or_default());
    let cells = prop_oneof![
        (Just(Type::Integer), prop::collection::vec(integer, 30)),
        (Just(Type::Number), prop::collection::vec(number, 30)),
        (Just(Type::Text), prop::collection::vec(text, 30)),
        (Just(Type::Time), prop::collection::vec(time, 30)),
        (Just(Type::Date), prop::collection::vec(day, 30)),
        (Just(Type::Boolean), prop::collection::vec(prop_oneof!["true", "false", ""], 30)),
    ];
    (name, cells).prop_map(|(name, (holds, cells))| (name, holds, cells))
}

proptest! {
    #[test]
    fn the_data_keeps_what_was_guessed_from_it(mut columns in prop::collection::vec(column(), 1..5), rows in 0_usize..30) {
        columns.sort_by(|one, other| one.0.cmp(&other.0));
        columns.dedup_by(|one, other| one.0 == other.0);
        columns.retain(|(name, _, _)| name != "<<");
        let texts: Vec<Vec<&str>> = columns.iter().map(|(_, _, cells)| cells[..rows].iter().map(String::as_str).collect()).collect();
        let table: Vec<Column<'_>> = columns.iter().zip(&texts).map(|((name, holds, _), texts)| (name.as_str(), *holds, texts.as_slice())).collect();
        if table.is_empty() {
            return Ok(());
        }
        let text = inferred(&table);
        match parse(&text, "data.schema.yml") {
            Err(problems) => prop_assert!(false, "{}\n{}", text, render(&problems, "data.schema.yml", false)),
            Ok(read) => {
                let findings = checked_in(&read.schema, &table, 7, 0).findings(|row| row.to_string());
                prop_assert!(findings.is_empty(), "{}\n{}", text, told(&findings));
            }
        }
    }
}
