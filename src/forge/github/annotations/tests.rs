#![allow(clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::report::{compose, fixtures};

fn place() -> Place {
    Place { top: "/work/repo".into(), root: "/work/repo/models/churn".into() }
}

/// As GitHub's runner reads a command: the word, the properties, the message.
fn read(line: &str) -> (String, BTreeMap<String, String>, String) {
    let (head, message) = line.strip_prefix("::").and_then(|line| line.split_once("::")).expect("a command");
    let (word, properties) = head.split_once(' ').expect("properties");
    let undo = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let value = |text: &str| undo(&text.replace("%3A", ":").replace("%2C", ",")).replace("%25", "%");
    let properties = properties.split(',').map(|it| {
        let (name, text) = it.split_once('=').expect("a property");
        (name.to_owned(), value(text))
    });
    (word.into(), properties.collect(), undo(message).replace("%25", "%"))
}

#[test]
fn every_way_to_end_is_annotated() {
    let mut text = String::new();
    for (name, record) in fixtures::all() {
        text += &format!("── {name}\n{}", render(&compose(&record, &[]), &[], &place(), &BTreeSet::new()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn hostile_text_says_what_it_says_and_commands_nothing() {
    let message = "100%: a,b::error::x\r\n::set-output name=passed::true\u{1b}[31m %0A";
    let mut record = fixtures::approved();
    record.steps[0].findings = vec![
        Finding::error("x::y,line=9:\n", message).at_path("a,b:c%2C.py").at_line(3, Some(7)).help("::h\nh"),
    ];
    let text = render(&compose(&record, &[]), &[], &place(), &BTreeSet::new());
    let line = text.lines().next().unwrap_or_default();
    insta::assert_snapshot!("hostile", line);
    let (word, properties, message) = read(line);
    assert_eq!(word, "error");
    assert_eq!(properties["file"], "models/churn/a,b:c%2C.py");
    assert_eq!((&*properties["line"], &*properties["col"]), ("3", "7"));
    assert_eq!(properties["title"], "x::y,line=9: ");
    assert_eq!(message, "100%: a,b::error::x ::set-output name=passed::true %0A\nhelp: ::h h");
}

#[test]
fn a_file_is_named_from_the_root_of_the_repository() {
    let named = |path| place().in_repository(path);
    assert_eq!(named("train.py").as_deref(), Some("models/churn/train.py"));
    assert_eq!(named("./src/../train.py").as_deref(), Some("models/churn/train.py"));
    assert_eq!(named("../shared/a.py").as_deref(), Some("models/shared/a.py"));
    assert_eq!(named("/work/repo/tests/a.py").as_deref(), Some("tests/a.py"));
    for outside in [
        "a\n.py",
        "\u{1b}[2J.py",
        "txt\u{202e}.py",
        &"x".repeat(2000),
        "../../../etc/passwd",
        "/usr/lib/python3/abc.py",
        "/work/repository/a.py",
        "../..",
    ] {
        assert_eq!(named(outside), None, "{outside}");
    }
    let finding = Finding::error("mypy/misc", "bad").at_path("/usr/lib/a.py").at_line(4, None);
    let text = told(&finding, &place());
    assert_eq!(text, "title=mypy/misc::/usr/lib/a.py:4: bad");
}

#[test]
fn of_each_kind_ten_are_shown_and_the_last_says_how_many_there_are() {
    for (count, shown, last) in [(10, 10, "m9"), (11, 10, "2 more errors: "), (500, 10, "491 more errors: ")]
    {
        let mut record = fixtures::nothing();
        record.steps.clear();
        let untold: Vec<Finding> = (0..count).map(|n| Finding::error("x", format!("m{n}"))).collect();
        record.conclusion = None;
        let more = [&*untold, &[Finding::warning("y", "w"), Finding::notice("z", "n")]].concat();
        let text = render(&compose(&record, &[]), &more, &place(), &BTreeSet::new());
        let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), shown);
        assert!(read(errors[9]).2.starts_with(last), "{}", errors[9]);
        assert_eq!(text.lines().last(), Some("::warning title=y::w"), "notices are not annotated");
    }
}

proptest! {
    #[test]
    fn each_line_is_one_command_whose_text_is_ours(record in fixtures::arbitrary()) {
        let text = render(&compose(&record, &[]), &[], &place(), &BTreeSet::new());
        for line in text.lines() {
            let (word, properties, message) = read(line);
            prop_assert!(word == "error" || word == "warning");
            prop_assert!(properties.keys().all(|name| ["file", "line", "col", "title"].contains(&&**name)));
            prop_assert!(!message.is_empty());
        }
        prop_assert!(text.lines().count() <= 2 * MOST);
    }
}
