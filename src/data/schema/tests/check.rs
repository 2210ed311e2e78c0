//! Rows are counted that break the schema, and the first of them are shown.

use proptest::prelude::*;

use super::*;

#[test]
fn a_field_that_came_too_late_is_a_column_that_the_schema_does_not_name() {
    let of = |extra: &str| {
        let schema = schema(&format!(
            "version: 1\nextra-columns: {extra}\ncolumns:\n  id:\n  late: {{ required: false }}\n"
        ));
        let plan = Plan::new(&schema, &found(&[("id", Type::Integer, &[])]));
        let folder = tempfile::tempdir().unwrap();
        let keys = Room { memory: 1 << 20, folder: folder.path() }.spool(0, 0);
        let late = ["late", "later", "later"].map(str::to_owned);
        Checker::new(&plan).finish(keys, 0, &late).unwrap()
    };
    let failed = of("fail");
    let failing: Vec<_> =
        failed.failing().map(|violation| (&*violation.check, violation.column.as_deref())).collect();
    assert_eq!(failing, [("data-extra", Some("later"))]);
    assert_eq!(of("allow").violations, []);
}

#[test]
fn everything_that_is_wrong_is_told() {
    let text = r#"version: 1
rows: { min: 10 }
unique: [[region, day]]
fresh: { column: day, within: 7d }
compare: ["start <= end", "plan != region", "age < region"]
extra-columns: fail
ordered: true
columns:
  id: { unique: true }
  age: { type: integer, nulls: false, min: 0, max: 120 }
  plan: { values: [free, pro], nulls: 0.2, tolerate: 0.1 }
  email: { pattern: "^[^@]+@[^@]+$", length: { min: 5, max: 12 } }
  day: { type: date, min: 2020-01-01 }
  region:
  start: { type: time }
  end: { type: time }
  churned: { type: boolean, values: [true] }
  gone: { type: text }
  weight: { type: number, min: 0, max: 1 }
"#;
    let table: [Column<'_>; 12] = [
        ("id", Type::Integer, &["1", "2", "1", "-0", "0", "9"]),
        ("plan", Type::Text, &["free", "pro", "", "", "trial", "free"]),
        ("age", Type::Integer, &["17", "x", "-1", "", "130", "nine"]),
        ("email", Type::Text, &["a@b.c", "nobody", "@", "a@b.com\u{202e}\u{1b}[31m", "\n@\n", ""]),
        ("day", Type::Date, &["2026-11-01", "2019-12-31", "2026-11-01", "2026-11-01", "", "2026-11-01"]),
        ("region", Type::Text, &["eu", "us", "eu", "eu", "eu", ""]),
        (
            "start",
            Type::Time,
            &["2026-01-01", "2026-01-02T10:00", "", "2026-01-01", "2026-01-01", "2026-01-01"],
        ),
        (
            "end",
            Type::Time,
            &["2026-01-01", "2026-01-02T09:59:59.5", "2026-01-01", "", "2026-01-01", "2025-01-01"],
        ),
        ("churned", Type::Boolean, &["true", "false", "true", "true", "", "maybe"]),
        ("gonne", Type::Text, &["", "", "", "", "", ""]),
        ("weight", Type::Number, &["0.5", "-0.0", "inf", "1", "-inf", "1.0000000001"]),
        ("a\u{202e}b", Type::Text, &["", "", "", "", "", ""]),
    ];
    insta::assert_snapshot!(findings(text, &table));
    insta::assert_snapshot!(format!("{:#?}", checked(text, &table).violations));
}

#[test]
fn what_the_schema_allows_is_no_finding() {
    let text = "version: 1\nunique: [[a, b]]\ncompare: [\"a < c\"]\nfresh: { column: t, within: 1d }\ncolumns:\n  a: { type: integer, min: 1, max: 3 }\n  b: { values: [x] }\n  c: { nulls: 0.5, unique: true }\n  t: { type: time }\n";
    let table: [Column<'_>; 4] = [
        ("t", Type::Time, &["2026-11-28T23:00:00Z", ""]),
        ("a", Type::Integer, &["1", "3"]),
        ("b", Type::Text, &["x", "x"]),
        ("c", Type::Number, &["", "4"]),
    ];
    assert_eq!(findings(text, &table), "");
}

#[test]
fn columns_that_are_not_as_they_should_be_are_told_once() {
    let many: Vec<String> = (0..30).map(|number| format!("  c{number}: {{}}\n")).collect();
    let text = format!(
        "version: 1\nordered: true\nfresh: {{ column: b, within: 1h }}\ncolumns:\n  a: {{ required: false }}\n  b: {{}}\n{}",
        many.concat()
    );
    let table: [Column<'_>; 2] = [("zzz", Type::Text, &["x"]), ("b", Type::Text, &["now"])];
    insta::assert_snapshot!(findings(&text, &table));
}

#[test]
fn an_empty_table_has_no_rows_and_no_newest_one() {
    let text = "version: 1\nrows: { min: 1 }\nfresh: { column: t, within: 1d }\ncolumns:\n  t: { type: time, nulls: false, unique: true }\n  \"n\": { type: integer }\n";
    insta::assert_snapshot!(findings(text, &[("t", Type::Time, &[]), ("n", Type::Integer, &[])]));
}

#[test]
fn long_texts_that_repeat_are_told_by_the_row_that_had_them_first() {
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    let table: [Column<'_>; 2] =
        [("id", Type::Text, &[uuid, "b", "c", uuid, "b"]), ("n", Type::Integer, &["1"; 5])];
    insta::assert_snapshot!(findings(
        "version: 1\nunique: [[\"n\", id]]\ncolumns:\n  id: { unique: true }\n  \"n\":\n",
        &table
    ));
}

#[test]
fn a_missing_row_is_shown_only_where_it_is_surely_missing() {
    let strange = ["x"; 7];
    let mut texts = vec!["", "1"];
    texts.extend(strange);
    texts.push("");
    let plan_text = "version: 1\ncolumns:\n  a: { type: integer, nulls: false }\n";
    let checked = checked_in(&schema(plan_text), &[("a", Type::Integer, &texts)], 100, 0);
    let nulls = checked.violations.iter().find(|violation| violation.check == "data-nulls").unwrap();
    assert_eq!((nulls.rows, nulls.of, &nulls.first), (2, 10, &vec![(1, String::new())]));
    let strange = checked.violations.iter().find(|violation| violation.check == "data-type").unwrap();
    assert_eq!((strange.rows, strange.of, strange.first.len()), (7, 8, 5));
}

#[test]
fn a_share_at_its_bound_is_tolerated() {
    let texts: Vec<&str> = (0..100).map(|row| if row < 29 { "" } else { "1" }).collect();
    let text = |share: &str| format!("version: 1\ncolumns:\n  a: {{ type: integer, nulls: {share} }}\n");
    assert_eq!(findings(&text("0.29"), &[("a", Type::Integer, &texts)]), "");
    assert_eq!(findings(&text("29%"), &[("a", Type::Integer, &texts)]), "");
    assert!(
        findings(&text("0.28"), &[("a", Type::Integer, &texts)])
            .contains("29 of 100 rows have no «a» (29 %; tolerated 28 %)")
    );
}

/// The rows from 1 that break a rule, the slow way.
fn rows(texts: &[String], breaks: impl Fn(&str) -> bool) -> Vec<u64> {
    let numbered = texts.iter().zip(1..);
    numbered.filter(|(text, _)| !text.is_empty() && breaks(text)).map(|(_, row)| row).collect()
}

proptest! {
    #[test]
    fn batches_of_any_size_come_to_what_the_rows_do(
        numbers in prop::collection::vec(prop_oneof!["", "-?[0-9]{1,2}", "[a-c]"], 1..60),
        texts in prop::collection::vec(prop_oneof!["", "[ab]{1,3}", "long text number [0-9]"], 60),
        size in 1_usize..20,
        memory in 0_u64..4000,
    ) {
        let texts = &texts[..numbers.len()];
        let schema = schema("version: 1\nunique: [[\"n\", t]]\ncompare: [\"n <= m\"]\ncolumns:\n  \"n\": { type: integer, nulls: false, min: -5, max: 50, unique: true }\n  m: { type: number }\n  t: { type: text, values: [a, b, ab], pattern: ^a, length: { max: 2 }, unique: true }\n");
        let n: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let m: Vec<&str> = n.iter().rev().copied().collect();
        let t: Vec<&str> = texts.iter().map(String::as_str).collect();
        let table: [Column<'_>; 3] = [("n", Type::Integer, &n), ("m", Type::Text, &m), ("t", Type::Text, &t)];
        let checked = checked_in(&schema, &table, size, 0);
        let whole = checked_in(&schema, &table, 1000, 0);
        prop_assert_eq!(&checked_within(memory, &schema, &table, size, 0), &checked);

        let value = |text: &str| text.parse::<f64>().ok();
        let is_number = |text: &str| value(text).is_some();
        let often = |all: &[&str], text: &str| all.iter().filter(|other| **other == text || is_number(text) && value(text) == value(other)).count() > 1;
        let joint: Vec<String> = n.iter().zip(&t).map(|(n, t)| {
            let number = value(n);
            if number.is_some() && !t.is_empty() { format!("{} {t}", number.unwrap_or_default() + 0.0) } else { String::new() }
        }).collect();
        let joint_refs: Vec<&str> = joint.iter().map(String::as_str).collect();
        let pairs: Vec<String> = n.iter().zip(&m).map(|(n, m)| if is_number(n) && is_number(m) { format!("{n} {m}") } else { String::new() }).collect();
        let expected: Vec<(&str, &str, Vec<u64>)> = vec![
            ("data-type", "n", rows(&numbers, |text| !is_number(text))),
            ("data-nulls", "n", n.iter().zip(1..).filter(|(text, _)| text.is_empty()).map(|(_, row)| row).collect()),
            ("data-range", "n", rows(&numbers, |text| value(text).is_some_and(|value| !(-5.0..=50.0).contains(&value)))),
            ("data-value", "t", rows(texts, |text| !["a", "b", "ab"].contains(&text))),
            ("data-pattern", "t", rows(texts, |text| !text.starts_with('a'))),
            ("data-length", "t", rows(texts, |text| text.len() > 2)),
            ("data-unique", "n", rows(&numbers, |text| is_number(text) && often(&n, text))),
            ("data-unique", "t", rows(texts, |text| often(&t, text))),
            ("data-unique", "n, t", rows(&joint, |text| often(&joint_refs, text))),
            ("data-compare", "n <= m", rows(&pairs, |pair| { let (n, m) = pair.split_once(' ').unwrap(); value(n) > value(m) })),
        ];
        for (check, column, rows) in &expected {
            for checked in [&checked, &whole] {
                let found = checked.violations.iter().find(|violation| violation.check == *check && violation.column.as_deref() == Some(column));
                prop_assert_eq!(found.map_or(0, |found| found.rows), rows.len() as u64, "{} {}", check, column);
                let shown: Vec<u64> = found.map(|found| found.first.iter().map(|(row, _)| *row).collect()).unwrap_or_default();
                if *check == "data-nulls" {
                    // Which of the empty cells are missing is not known of all.
                    prop_assert!(shown.iter().all(|row| rows.contains(row)), "{:?} of {:?}", shown, rows);
                } else {
                    prop_assert_eq!(&shown[..], &rows[..rows.len().min(5)], "{} {}", check, column);
                }
            }
        }
    }
}
