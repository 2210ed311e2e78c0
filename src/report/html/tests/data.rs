//! The data on the page: awkward data, and much of it.

use super::{page, tree};
use crate::report::fixtures;
use crate::step::Step;

#[test]
fn a_thousand_columns_leave_the_page_small_and_what_is_left_out_is_said() {
    let mut record = fixtures::failed_data();
    let mut data = record.step(Step::Data).unwrap().clone();
    data.evidence.data = Some(fixtures::data::wide(1000));
    record.put(data);
    let page = page(&record);
    let tree = tree(&page);
    assert!(page.len() < 600_000, "{}", page.len());
    let of_class =
        |class: &str| tree.descendants().filter(|node| node.attribute("class") == Some(class)).count();
    assert_eq!(of_class("picture"), 60);
    assert_eq!(page.matches("it has moved").count(), 250);
    for said in [
        "900 more checks do not hold, and stand in run.json.",
        "960 more columns that have drifted",
        "750 more columns stand in run.json.",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_category_is_never_markup() {
    let mut record = fixtures::failed_data();
    let mut step = record.step(Step::Data).unwrap().clone();
    let evil = "</title><script>alert(1)</script>\" onload=\"x\n";
    let columns = &mut step.evidence.data.as_mut().unwrap().drift.as_mut().unwrap().columns;
    for column in columns {
        column.column = evil.into();
        if let Some(picture) = &mut column.picture {
            picture.categories.fill(evil.into());
        }
    }
    record.put(step);
    let page = page(&record);
    assert!(!tree(&page).descendants().any(|node| node.has_tag_name("script")));
    assert!(!page.contains(evil));
}

#[test]
fn a_picture_that_does_not_fit_together_is_left_out() {
    let mut record = fixtures::steady_data();
    let mut step = record.step(Step::Data).unwrap().clone();
    let columns = &mut step.evidence.data.as_mut().unwrap().drift.as_mut().unwrap().columns;
    for picture in columns.iter_mut().filter_map(|column| column.picture.as_mut()) {
        picture.current.pop();
    }
    record.put(step);
    let page = page(&record);
    tree(&page);
    assert!(!page.contains("class=\"picture\""));
}
