#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::report::text::clean;
use crate::report::{compose, fixtures};

fn plain(record: &crate::record::Record, width: usize) -> String {
    render(&compose(record, &[]), Look { width, color: false })
}

fn assert_fits(name: &str, record: &crate::record::Record, columns: usize) {
    for color in [false, true] {
        let look = Look { width: columns, color };
        let mut page = render(&compose(record, &[]), look);
        page.extend(record.steps.iter().map(|done| step(done, look)));
        for line in page.lines() {
            // The only escape sequences are our own colours.
            let shown = clean(&line.replace('\u{200b}', ""));
            assert!(width(&shown) <= columns.max(40), "{name} at {columns}: {line:?}");
            assert!(color || !line.contains('\u{1b}'), "{name}: {line:?}");
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{name}: {line:?}");
        }
    }
}

#[test]
fn every_record_fits_every_width() {
    for (name, record) in fixtures::all() {
        for columns in [1, 40, 41, 57, 80, 100, 120, 300] {
            assert_fits(name, &record, columns);
        }
    }
}

#[test]
fn an_unknown_width_is_80() {
    let record = fixtures::rejected();
    assert_eq!(plain(&record, 0), plain(&record, 80));
}

#[test]
fn the_verdict_comes_first_at_80_columns() {
    for (name, record) in fixtures::all() {
        insta::assert_snapshot!(format!("{name}_80"), plain(&record, 80));
    }
}

#[test]
fn narrow_and_wide_terminals_are_used_as_they_are() {
    for columns in [40, 120] {
        insta::assert_snapshot!(format!("rejected_{columns}"), plain(&fixtures::rejected(), columns));
        insta::assert_snapshot!(format!("failed_train_{columns}"), plain(&fixtures::failed_train(), columns));
    }
}

#[test]
fn a_thousand_columns_are_a_few_lines() {
    let drift = fixtures::data::wide(1000).drift.unwrap();
    let mut page = Page::new(Look { width: 80, color: false });
    drift::brief(&mut page, &drift);
    let page = page.finish();
    assert!(
        page.lines().count() < 30 && page.ends_with("995 more that have drifted are in run.json\n"),
        "{page}"
    );
    let alone = drift::render(&drift, true, Look { width: 80, color: false });
    assert!(alone.ends_with("960 more columns are in run.json\n"), "{alone}");
}

#[test]
fn colours_are_only_paint() {
    let record = fixtures::rejected();
    let page = render(&compose(&record, &[]), Look { width: 80, color: true });
    assert!(page.starts_with("\u{1b}[1m\u{1b}[31m✗ "));
    let bare: String = page.lines().flat_map(|line| [clean(line), "\n".into()]).collect();
    assert_eq!(bare, plain(&record, 80));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_fits(record in fixtures::arbitrary(), columns in 0_usize..140) {
        let columns = if columns == 0 { 80 } else { columns };
        assert_fits("any", &record, columns);
    }
}
