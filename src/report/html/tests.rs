#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use roxmltree::{Document, ParsingOptions};

use super::{STYLE, render};
use crate::finding::Finding;
use crate::record::{Confusion, Delivery, DeliveryOutcome, MetricValue, Record, Slice};
use crate::report::{Past, compose, fixtures};
use crate::step::Step;

mod data;

fn page(record: &Record) -> String {
    let trend = fixtures::trend(record);
    render(&compose(record, &trend))
}

/// The page as a tree; a page that is not well-formed fails here.
fn tree(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

/// The steps one after the other, as a run has them.
fn in_turn(mut record: Record) -> Record {
    let mut at = humantime::parse_rfc3339("2026-03-02T08:15:01Z").unwrap();
    for step in &mut record.steps {
        step.started = humantime::format_rfc3339_millis(at).to_string();
        at += std::time::Duration::from_secs_f64(step.seconds);
    }
    record
}

/// The page without the style sheet, which would hide the rest of a snapshot.
fn snapshot(record: Record) -> String {
    page(&in_turn(record)).replace(STYLE, "…\n")
}

#[test]
fn approved() {
    insta::assert_snapshot!(snapshot(fixtures::approved()));
}

#[test]
fn rejected() {
    insta::assert_snapshot!(snapshot(fixtures::rejected()));
}

#[test]
fn measured() {
    insta::assert_snapshot!(snapshot(fixtures::measured()));
}

#[test]
fn repeated() {
    insta::assert_snapshot!(snapshot(fixtures::repeated()));
}

#[test]
fn failed_data() {
    insta::assert_snapshot!(snapshot(fixtures::failed_data()));
}

#[test]
fn steady_data() {
    insta::assert_snapshot!(snapshot(fixtures::steady_data()));
}

#[test]
fn failed_train() {
    insta::assert_snapshot!(snapshot(fixtures::failed_train()));
}

#[test]
fn every_page_is_well_formed_and_holds_only_what_the_policy_allows() {
    for (name, record) in fixtures::all() {
        let page = page(&record);
        for node in tree(&page).descendants().filter(roxmltree::Node::is_element) {
            let tag = node.tag_name().name();
            let banned =
                ["script", "link", "img", "image", "iframe", "object", "embed", "base", "form", "use"];
            assert!(!banned.contains(&tag), "{name}: <{tag}>");
            for attribute in node.attributes() {
                let (key, value) = (attribute.name(), attribute.value());
                assert!(
                    !key.starts_with("on") && !["src", "srcset", "style"].contains(&key),
                    "{name}: {key}"
                );
                if key == "href" {
                    let is_safe = value.starts_with("https://github.com/acme/") || value == "#main";
                    assert!(is_safe, "{name}: {value}");
                }
            }
        }
    }
}

#[test]
fn the_style_fetches_nothing_and_reads_the_same_as_html_and_as_xml() {
    for banned in ["<", "&", "url(", "@import", "http", "expression"] {
        assert!(!STYLE.contains(banned), "{banned}");
    }
}

#[test]
fn ids_are_unique_and_every_label_has_its_heading() {
    for (name, record) in fixtures::all() {
        let page = page(&record);
        let tree = tree(&page);
        let mut ids: Vec<&str> = tree.descendants().filter_map(|node| node.attribute("id")).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}");
        for label in tree.descendants().filter_map(|node| node.attribute("aria-labelledby")) {
            assert!(ids.contains(&label), "{name}: {label}");
        }
    }
}

#[test]
fn drawings_have_names_or_are_ornaments() {
    let page = [fixtures::rejected(), fixtures::measured(), fixtures::repeated(), fixtures::failed_data()]
        .map(|it| page(&it));
    for page in &page {
        assert_named(page);
    }
}

fn assert_named(page: &str) {
    for svg in tree(page).descendants().filter(|node| node.has_tag_name("svg")) {
        let named = svg.attribute("role") == Some("img") && svg.attribute("aria-label").is_some();
        assert!(named || svg.attribute("aria-hidden") == Some("true"), "{svg:?}");
    }
}

#[test]
fn a_link_that_is_none_is_text() {
    let mut record = fixtures::approved();
    record.context.url = Some("javascript:alert(1)".into());
    let page = page(&record);
    assert!(page.contains("<code>javascript:alert(1)</code>"));
    assert!(!page.contains("href=\"javascript"));
}

#[test]
fn what_is_folded_is_counted() {
    let mut record = fixtures::failed_lint();
    let mut lint = record.step(Step::Lint).unwrap().clone();
    lint.findings = (0..3000).map(|i| Finding::error("x", format!("finding number {i}."))).collect();
    record.put(lint);
    let page = page(&record);
    assert!(page.contains("2800 more of 3000 findings"));
    assert!(page.contains("The last 1000 of them stand only in run.json."));
    assert!(page.contains("finding number 1999.") && !page.contains("finding number 2000."));
}

#[test]
fn two_hundred_rules_are_all_there_and_what_fails_is_never_folded() {
    let mut record = fixtures::rejected();
    let verdict = record.verdict.as_mut().unwrap();
    let failing = verdict.rows.iter().find(|row| row.value.is_none()).unwrap().clone();
    let passing = verdict.rows.iter().find(|row| row.because == "it holds").unwrap().clone();
    verdict.rows = [vec![failing; 100], vec![passing; 100]].concat();
    let page = page(&record);
    let tree = tree(&page);
    let tables: Vec<usize> = tree
        .descendants()
        .filter(|node| node.attribute("class") == Some("rules"))
        .map(|table| table.descendants().filter(|node| node.attribute("scope") == Some("row")).count())
        .collect();
    assert_eq!(tables, [150, 50]);
    assert!(page.contains("50 more rules that hold"));
}

/// All text of the page, and all that an attribute says.
fn said(page: &str) -> (Vec<String>, usize) {
    let tree = tree(page);
    let elements = tree.descendants().filter(roxmltree::Node::is_element).count();
    let texts = tree.descendants().filter_map(|node| node.text()).map(str::to_owned);
    (texts.collect(), elements)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the texts are, the page has the same elements as with harmless ones.
    #[test]
    fn no_text_becomes_markup(text in "(?s).{0,40}|[<>&'\"a/=!-]{0,40}") {
        let with = |text: &str| {
            let mut record = fixtures::rejected();
            record.id = text.to_owned();
            record.started = text.to_owned();
            record.context.branch = Some(text.to_owned());
            record.context.event = text.to_owned();
            record.context.url = Some(format!("x{text}"));
            let verdict = record.verdict.as_mut().unwrap();
            verdict.notes = vec![text.to_owned()];
            for row in &mut verdict.rows {
                row.slice = Some(text.to_owned());
                row.because = format!("x{text}");
                row.baseline = Some(MetricValue::Text(text.to_owned()));
            }
            let mut test = record.step(Step::Test).unwrap().clone();
            test.because = text.to_owned();
            test.findings = vec![Finding::error(format!("x{text}"), text).at_path(format!("x{text}")).help(text)];
            test.evidence.commands[0].tail = vec![text.to_owned()];
            test.evidence.commands[0].command = text.to_owned();
            test.evidence.tests.as_mut().unwrap().slowest[0].name = text.to_owned();
            record.put(test);
            page(&record)
        };
        let (_, expected) = said(&with("harmless"));
        let (texts, elements) = said(&with(&text));
        prop_assert_eq!(elements, expected);
        let is_plain = text.chars().all(|c| c.is_ascii() && !c.is_control());
        prop_assert!(!is_plain || texts.contains(&text) || text.is_empty());
    }
}

#[test]
fn a_restored_step_says_so_in_word_and_shape() {
    let page = page(&fixtures::restored());
    let tree = tree(&page);
    let outlined = tree.descendants().filter(|node| node.attribute("class") == Some("took restored"));
    assert_eq!(outlined.count(), 2);
    assert_eq!(page.matches("</svg>\nrestored</span>").count(), 2);
    assert!(page.contains("train restored from"));
}

#[test]
fn a_dirty_work_tree_is_told_before_the_rules() {
    let page = page(&fixtures::restored());
    let told = page.find("Tracked files differed from the commit").unwrap();
    assert!(told < page.find("id=\"rules\"").unwrap());
}

#[test]
fn what_stopped_a_run_comes_before_its_steps() {
    let page = page(&fixtures::failed_train());
    assert!(page.find("id=\"output\"").unwrap() < page.find("id=\"steps\"").unwrap());
    assert!(!page.contains("id=\"rules\""));
}

#[test]
fn a_delivery_is_linked_only_where_its_address_is_safe() {
    let mut record = fixtures::approved();
    record.deliveries = ["https://example.com/app", "javascript:x"]
        .map(|url| Delivery {
            target: "staging".into(),
            outcome: DeliveryOutcome::Delivered,
            because: String::new(),
            approval: None,
            image: None,
            run: None,
            deployment: None,
            url: Some(url.into()),
        })
        .to_vec();
    let page = page(&record);
    assert!(page.contains("<a href=\"https://example.com/app\" rel=\"noopener noreferrer nofollow\">"));
    assert!(page.contains("<code>javascript:x</code>"));
}

#[test]
fn a_long_trend_shows_the_latest_runs_and_marks_this_one() {
    let record = fixtures::approved();
    let mut trend = fixtures::trend(&record);
    let last = trend.pop().unwrap();
    trend = (0..100).map(|i| Past { run: format!("run-{i}."), ..trend[i % trend.len()].clone() }).collect();
    trend.push(last);
    let page = render(&compose(&record, &trend));
    assert!(page.contains("the last 30 runs"));
    assert!(page.contains("run run-99. ") && !page.contains("run run-70. "));
    assert_eq!(page.matches("class=\"ring\"").count(), 1 + 2, "the legend, and one a metric");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let record = fixtures::hostile();
    assert_eq!(page(&record), page(&record));
}

#[test]
fn many_slices_and_classes_leave_the_page_small_and_what_is_left_out_is_said() {
    let mut record = fixtures::measured();
    let mut evaluate = record.step(Step::Evaluate).unwrap().clone();
    let predictions = evaluate.evidence.predictions.as_mut().unwrap();
    let slice = predictions.slices[0].clone();
    predictions.slices = (0..1000)
        .map(|i| Slice { name: format!("customer={i:04}, a longer name"), ..slice.clone() })
        .collect();
    predictions.confusion = Some(Confusion {
        labels: (0..50).map(|i| format!("class {i}")).collect(),
        counts: (0..50)
            .map(|i| (0..50).map(|j| if i == j { 100.0 } else { f64::from(i) }).collect())
            .collect(),
    });
    predictions.curves.as_mut().unwrap().roc = (0..100_000).map(|i| [f64::from(i) / 1e5; 2]).collect();
    record.put(evaluate);
    let page = page(&record);
    tree(&page);
    assert!(page.len() < 200_000, "{}", page.len());
    for said in [
        "all 1000 slices",
        "990 better or smaller ones are below.",
        "750 more slices stand in run.json.",
        "2381 more pairs stand in run.json.",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn what_does_not_count_is_never_bad() {
    let record = fixtures::repeated();
    let page = render(&compose(&record, &[]));
    let tree = tree(&page);
    let row = tree.descendants().find(|node| node.has_tag_name("tr") && node.attribute("class").is_some());
    assert_eq!(row.unwrap().attribute("class"), Some("doubt"));
    assert!(page.contains("⚠ warning only"));
    assert!(!page.contains("class=\"badge bad\""));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_record_is_a_page(record in fixtures::arbitrary()) {
        let page = page(&record);
        tree(&page);
        prop_assert!(!page.contains("NaN\""), "a place in a drawing is a number");
    }
}
