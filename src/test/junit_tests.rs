#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::record::Tests;

const HERE: Origin<'static> = Origin { root: "/project", working_directory: "." };

fn count(text: &str) -> (Tests, Vec<Finding>) {
    let mut tally = Tally::default();
    let mut findings = read("junit.xml", text, HERE, &mut tally);
    let (tests, told) = tally.finish();
    findings.extend(told);
    (tests, findings)
}

fn told(text: &str) -> String {
    let (tests, findings) = count(text);
    let Tests { passed, failed, errors, skipped, seconds, slowest } = tests;
    let mut told =
        format!("{passed} passed, {failed} failed, {errors} errors, {skipped} skipped, {seconds} s\n");
    for slow in slowest.iter().take(2) {
        writeln!(told, "slow: {} {} s", slow.name, slow.seconds).unwrap();
    }
    for finding in findings {
        writeln!(
            told,
            "{} {} {}: {}",
            finding.place(),
            finding.severity.word(),
            finding.code,
            finding.message
        )
        .unwrap();
    }
    told
}

/// Written by the runners themselves, but for surefire, jest and googletest, which follow their documents.
#[test]
fn every_runner_is_understood() {
    let samples = [
        ("pytest, xunit2", include_str!("samples/pytest-xunit2.xml")),
        ("pytest, xunit1", include_str!("samples/pytest-xunit1.xml")),
        ("unittest", include_str!("samples/unittest.xml")),
        ("nextest", include_str!("samples/nextest.xml")),
        ("surefire", include_str!("samples/surefire.xml")),
        ("jest", include_str!("samples/jest.xml")),
        ("googletest", include_str!("samples/googletest.xml")),
    ];
    let all: String = samples.iter().map(|(name, text)| format!("# {name}\n{}\n", told(text))).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_no_report_is_said_with_its_place() {
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><testsuite name=\"&b;\"/>";
    let cases = [
        "",
        "\n",
        "{\"tests\": 1}",
        "<html><body/></html>",
        "<testsuite>\n  <testcase name=\"a\">\n  </testsuite>",
        "<testsuite>\n  <testcase name=\"a\"/>\n",
        "<testsuite><testcase name=\"a",
        "<testsuite>\n<testcase name=\"\u{1}\"/></testsuite>",
        laughs,
        "<testsuite name=\"sums\" tests=\"9\" failures=\"2\"/>",
        "<testsuite name=\"early\"><error message=\"no database\"/></testsuite>",
    ];
    insta::assert_snapshot!(cases.iter().map(|text| told(text)).collect::<String>());
}

#[test]
fn the_attributes_that_sum_up_are_not_believed() {
    let text =
        "<testsuite tests=\"900\" failures=\"0\"><testcase name=\"a\"><failure/></testcase></testsuite>";
    let (tests, findings) = count(text);
    assert_eq!((tests.passed, tests.failed), (0, 1));
    assert_eq!(findings[0].message, "a");
}

#[test]
fn a_declared_line_counts_from_1_but_for_pytest() {
    let line = |suite: &str| {
        let case =
            "<testcase name=\"a\" file=\"test_a.py\" line=\"7\"><failure>no place</failure></testcase>";
        let (_, findings) = count(&format!("<testsuite name=\"{suite}\">{case}</testsuite>"));
        findings[0].place()
    };
    assert_eq!((line("pytest").as_str(), line("other").as_str()), ("test_a.py:8", "test_a.py:7"));
}

#[test]
fn a_flood_of_failures_is_cut_and_counted() {
    let cases = "<testcase name=\"x\" time=\"0.1\"><failure message=\"m\"/></testcase>".repeat(250);
    let (tests, findings) =
        count(&format!("<testsuites><testsuite><testsuite>{cases}</testsuite></testsuite></testsuites>"));
    assert_eq!((tests.failed, tests.slowest.len(), tests.seconds), (250, 10, 25.0));
    assert_eq!(findings.len(), 101);
    assert!(findings[100].message.starts_with("150 more tests"));
}

#[test]
fn times_that_are_no_times_count_for_nothing() {
    let (tests, _) = count(
        "<testsuite><testcase name=\"a\" time=\"NaN\"/><testcase name=\"b\" time=\"-5\"/><testcase name=\"c\" time=\"1e999\"/>\
         <testcase name=\"d\" time=\"1,000.5\"/><testcase name=\"e\" time=\"soon\"/></testsuite>",
    );
    assert_eq!((tests.passed, tests.seconds, tests.slowest.len()), (5, 1000.5, 1));
}

#[test]
fn deep_nesting_is_no_crash() {
    let deep =
        format!("{}<testcase name=\"a\"/>{}", "<testsuite>".repeat(100_000), "</testsuite>".repeat(100_000));
    assert_eq!(count(&deep).0.passed, 1);
}

proptest! {
    #[test]
    fn anything_is_read_without_a_crash(text in "(<testsuite|<testcase|<failure|name=\"|message='|/>|>|</|&lt;|\\PC|\n){0,40}") {
        count(&text);
    }

    #[test]
    fn every_test_is_counted_once(endings in prop::collection::vec(0..6_usize, 0..40)) {
        let inner = ["", "<failure/>", "<error/>", "<skipped/>", "<flakyFailure/>", "<failure/><error/><rerunFailure/>"];
        let cases: String =
            endings.iter().map(|ending| format!("<testcase name=\"t\">{}</testcase>", inner[*ending])).collect();
        let (tests, _) = count(&format!("<testsuite>{cases}</testsuite>"));
        let total = tests.passed + tests.failed + tests.errors + tests.skipped;
        prop_assert_eq!(usize::try_from(total).unwrap(), endings.len());
        let failed = endings.iter().filter(|ending| matches!(ending, 1 | 5)).count();
        prop_assert_eq!(usize::try_from(tests.failed).unwrap(), failed);
    }
}
