#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::report::{compose, fixtures};

fn page(record: &Record) -> String {
    let trend = fixtures::trend(record);
    render(&compose(record, &trend), Charts::Mermaid)
}

/// The bars that make cells. A backslash takes the meaning of the character after it, in code too.
fn bars(line: &str) -> usize {
    let mut escaped = false;
    line.chars()
        .filter(|c| {
            let bar = *c == '|' && !escaped;
            escaped = *c == '\\' && !escaped;
            bar
        })
        .count()
}

fn assert_tables_hold(name: &str, page: &str) {
    let mut fence: Option<String> = None;
    let mut columns = None;
    for line in page.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(_) => continue,
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None if line.starts_with('|') => {
                assert_eq!(bars(line), *columns.get_or_insert(bars(line)), "{name}: {line}");
                assert!(line.ends_with(" |"), "{name}: {line}");
            }
            None => columns = None,
        }
    }
    assert_eq!(fence, None, "{name}: a fence stays open");
    assert_eq!(page.matches("<details>").count(), page.matches("\n</details>\n").count(), "{name}");
}

#[test]
fn the_verdict_stands_on_the_first_line() {
    for (name, record) in fixtures::all() {
        let page = page(&record);
        assert_tables_hold(name, &page);
        insta::assert_snapshot!(name, page);
    }
}

#[test]
fn two_hostile_records_stay_text() {
    let (a, b) = (fixtures::hostile(), fixtures::measured());
    for [a, b] in [[&a, &b], [&b, &a], [&a, &a]] {
        assert_tables_hold(
            "compared",
            &versus(&crate::report::versus::compose(["a", fixtures::HOSTILE[0]], a, b)),
        );
    }
}

#[test]
fn charts_are_drawn_only_when_asked_for() {
    let record = fixtures::rejected();
    let trend = fixtures::trend(&record);
    let report = compose(&record, &trend);
    assert!(!render(&report, Charts::None).contains("mermaid"));
    assert_eq!(render(&report, Charts::Mermaid).matches("```mermaid\nxychart-beta\n").count(), 2);
}

#[test]
fn a_short_page_is_cut_between_rows_and_says_so() {
    for (name, record) in fixtures::all() {
        let report = compose(&record, &[]);
        let whole = render(&report, Charts::None);
        for limit in (0..whole.len()).step_by(whole.len().div_ceil(200)) {
            let page = within(&report, Charts::None, limit);
            assert!(page.len() <= limit, "{name} at {limit}: {}", page.len());
            assert_tables_hold(name, &page);
            assert!(
                page.is_empty() || page.contains("cut to fit") || limit < 800,
                "{name} at {limit}: {page}"
            );
        }
        assert_eq!(within(&report, Charts::None, whole.len()), whole);
    }
}

#[test]
fn a_thousand_columns_are_ten_rows() {
    let mut record = fixtures::failed_data();
    let mut looked = record.step(Step::Data).unwrap().clone();
    looked.evidence.data = Some(fixtures::data::wide(1000));
    record.put(looked);
    let report = compose(&record, &[]);
    let page = render(&report, Charts::None);
    assert!(page.len() < 20_000, "{}", page.len());
    assert!(page.contains("### The worst 10 of 1000 columns that have drifted"), "{page}");
    assert!(page.contains("### What breaks the schema: the first 10 of 1000"), "{page}");
    assert_tables_hold("wide", &within(&report, Charts::None, 4000));
}

#[test]
fn ordinary_sentences_stay_readable() {
    let plain = [
        "0.8312 is below 0.85",
        "it rose by 25.5682 %, and 10 % is allowed",
        "read logs/lint-1.log, then go on",
    ];
    for text in plain {
        assert_eq!(sentence(text, 100), text);
    }
    assert_eq!(sentence("1. one", 100), "1\\. one");
    assert_eq!(sentence("- one", 100), "\\- one");
}

proptest! {
    #[test]
    fn any_text_stays_text(record in fixtures::arbitrary()) {
        assert_tables_hold("any", &page(&record));
    }

    #[test]
    fn a_sentence_means_only_itself(text in "[-@#!:/w.a|`<>&$*\\[\\]\\\\ (){}~]{0,40}") {
        let shown = sentence(&text, 100);
        prop_assert!(!shown.contains("://") && !shown.contains("www."), "{shown}");
        prop_assert_eq!(bars(&shown), 0);
        let tags = shown.replace("<span>$</span>", "");
        prop_assert!(!tags.contains('<') && !tags.contains('>'), "{shown}");
        for (at, _) in shown.match_indices('@') {
            prop_assert!(!shown[at + 1..].starts_with(char::is_alphanumeric), "{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_two_records_stay_text(a in fixtures::arbitrary(), b in fixtures::arbitrary()) {
        let compared = crate::report::versus::compose(["a", "b"], &a, &b);
        assert_tables_hold("any two", &versus(&compared));
    }
}
