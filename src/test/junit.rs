//! JUnit XML, as pytest, unittest, surefire, nextest, jest and googletest write it.
//!
//! There is no standard. What they share is a `testcase` with children that say how it ended.

use roxmltree::{Document, Node};

use super::place::{self, Origin, Spot};
use super::tally::{Ending, Tally};
use crate::document::Place;
use crate::finding::Finding;

/// Counts the tests of one report. The answer says what is wrong with the report itself.
pub fn read(path: &str, text: &str, origin: Origin<'_>, tally: &mut Tally) -> Vec<Finding> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        let finding = Finding::error("junit-syntax", "the report is empty").at_path(path);
        return vec![finding.help("the test runner may have been stopped before it could write it")];
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return vec![syntax(&error, text).at_path(path)],
    };
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "testsuites" | "testsuite") {
        let message = format!("this is no JUnit XML: its root is <{}>", root.tag_name().name());
        return vec![Finding::error("junit-syntax", message).at_path(path).at_line(1, None)];
    }
    let report = Report { path, origin };
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "testcase" => report.case(node, tally),
            "testsuite" => report.suite(node, tally),
            _ => {}
        }
    }
    root.descendants()
        .filter(|node| node.has_tag_name("testsuite"))
        .filter_map(|node| report.hollow(node))
        .collect()
}

fn syntax(error: &roxmltree::Error, text: &str) -> Finding {
    use roxmltree::Error::{DtdDetected, UnclosedRootNode, UnexpectedEndOfStream};
    let cut = "the test runner may have been stopped while it wrote it";
    let end =
        || Place::new(text.lines().count(), text.lines().last().map_or(0, |line| line.chars().count()) + 1);
    let finding = |message: String, place: Place| {
        Finding::error("junit-syntax", message).at_line(place.line, Some(place.column))
    };
    match error {
        DtdDetected => {
            Finding::error("junit-syntax", "the report declares a document type, which is not read")
        }
        UnclosedRootNode | UnexpectedEndOfStream => {
            finding("the report ends in the middle".into(), end()).help(cut)
        }
        other => {
            let words = other.to_string();
            let words = words.rfind(" at ").map_or(words.as_str(), |end| &words[..end]).to_owned();
            finding(words, Place { line: other.pos().row, column: other.pos().col })
        }
    }
}

struct Report<'a> {
    path: &'a str,
    origin: Origin<'a>,
}

impl Report<'_> {
    fn case(&self, case: Node<'_, '_>, tally: &mut Tally) {
        let (ending, told) = ending(case);
        let name = full_name(case);
        tally.count(&name, seconds(case), ending, || self.finding(case, &name, ending, told));
    }

    /// Some writers report a suite that could not even start in the suite itself.
    fn suite(&self, suite: Node<'_, '_>, tally: &mut Tally) {
        let name = suite.attribute("name").unwrap_or("a suite of tests");
        for told in suite.children().filter(Node::is_element) {
            let ending = match told.tag_name().name() {
                "failure" => Ending::Failed,
                "error" => Ending::Broke,
                _ => continue,
            };
            tally.count(name, 0.0, ending, || self.finding(suite, name, ending, Some(told)));
        }
    }

    /// A suite that counts failures which nothing in it tells of.
    fn hollow(&self, suite: Node<'_, '_>) -> Option<Finding> {
        let count =
            |name| suite.attribute(name).and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
        let failures = count("failures") + count("errors");
        let told = |node: Node<'_, '_>| matches!(node.tag_name().name(), "testcase" | "failure" | "error");
        if failures == 0 || suite.descendants().any(told) {
            return None;
        }
        let name = suite.attribute("name").unwrap_or_default();
        let message = format!("the suite {} counts {failures} failures and tells of none", quoted(name));
        Some(Finding::error("junit-inconsistent", message).at_path(self.path))
    }

    fn finding(&self, case: Node<'_, '_>, name: &str, ending: Ending, told: Option<Node<'_, '_>>) -> Finding {
        let body = told.map(text_of).unwrap_or_default();
        let message = told.map(|told| summary(told, &body)).unwrap_or_default();
        let message = if message.is_empty() { name.to_owned() } else { format!("{name}: {message}") };
        let finding = match ending {
            Ending::Flaky => {
                Finding::warning("test-flaky", format!("{message} (it passed when it was tried again)"))
            }
            Ending::Broke => Finding::error("test-error", message),
            _ => Finding::error("test-failed", message),
        };
        let message = told.and_then(|told| told.attribute("message")).unwrap_or_default();
        match place::find(&[&body, message], declared(case), self.origin) {
            Some(Spot { path, line: Some(line), column }) => finding.at_path(path).at_line(line, column),
            Some(Spot { path, .. }) => finding.at_path(path),
            None => finding,
        }
    }
}

/// How a test ended, and the element that tells why.
fn ending<'a, 'input>(case: Node<'a, 'input>) -> (Ending, Option<Node<'a, 'input>>) {
    let child = |names: &[&str]| case.children().find(|child| names.contains(&child.tag_name().name()));
    if let Some(failure) = child(&["failure"]) {
        return (Ending::Failed, Some(failure));
    }
    if let Some(error) = child(&["error"]) {
        return (Ending::Broke, Some(error));
    }
    // Only beside a failure do they belong there; alone they tell of one that is not told otherwise.
    if let Some(rerun) = child(&["rerunFailure", "rerunError"]) {
        return (Ending::Failed, Some(rerun));
    }
    let never_ran =
        case.attribute("status").is_some_and(|status| matches!(status, "notrun" | "skipped" | "disabled"));
    if never_ran || child(&["skipped"]).is_some() {
        return (Ending::Skipped, None);
    }
    match child(&["flakyFailure", "flakyError"]) {
        Some(flaky) => (Ending::Flaky, Some(flaky)),
        None => (Ending::Passed, None),
    }
}

fn full_name(case: Node<'_, '_>) -> String {
    let name = case.attribute("name").unwrap_or("a test without a name");
    match case.attribute("classname") {
        Some(class) if !class.is_empty() && class != name => format!("{class}::{name}"),
        _ => name.to_owned(),
    }
}

/// The seconds, which surefire writes with commas between the thousands.
fn seconds(case: Node<'_, '_>) -> f64 {
    let text = case.attribute("time").unwrap_or_default().trim().replace(',', "");
    text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0).unwrap_or(0.0)
}

/// The place that the test case itself declares.
fn declared<'a>(case: Node<'a, '_>) -> Option<(&'a str, Option<u32>)> {
    let path = case.attribute("file")?;
    let line: Option<u32> = case.attribute("line").and_then(|line| line.trim().parse().ok());
    // pytest counts from 0, all others from 1.
    let pytest = case.ancestors().any(|suite| suite.attribute("name") == Some("pytest"));
    Some((path, line.map(|line| if pytest { line.saturating_add(1) } else { line })))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

/// The line that says most about what went wrong.
fn summary(told: Node<'_, '_>, body: &str) -> String {
    let message = told.attribute("message").unwrap_or_default();
    let lines: Vec<&str> =
        message.lines().chain(body.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
    // pytest says why a file could not be collected in the last of the lines that start with E.
    if lines.first() == Some(&"collection failure") {
        let cause = body.lines().rev().find_map(|line| line.strip_prefix("E "));
        return short(cause.unwrap_or("the file could not be collected").trim());
    }
    // Rust and googletest say where before they say why.
    let start = lines.iter().position(|line| !only_says_where(line)).unwrap_or(0);
    let why = match lines.get(start..).unwrap_or_default() {
        [] => String::new(),
        [heading, rest @ ..] if heading.ends_with(':') => {
            format!("{heading} {}", rest.iter().take(2).copied().collect::<Vec<_>>().join(", "))
        }
        [line, ..] => (*line).to_owned(),
    };
    short(&with_type(told.attribute("type").unwrap_or_default(), why))
}

fn only_says_where(line: &str) -> bool {
    line.contains("panicked at ") || (line.split_whitespace().count() == 1 && place::mention(line).is_some())
}

/// `'k'` says little without the `KeyError` that it comes from.
fn with_type(kind: &str, why: String) -> String {
    let is_name = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || "_.$".contains(c));
    if !is_name || why.contains(kind) {
        return why;
    }
    if why.is_empty() { kind.to_owned() } else { format!("{kind}: {why}") }
}

fn short(text: &str) -> String {
    const MOST: usize = 300;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

fn quoted(text: &str) -> String {
    format!("«{}»", short(text))
}

#[cfg(test)]
#[path = "junit_tests.rs"]
mod tests;
