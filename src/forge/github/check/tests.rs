#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::finding::Severity;
use crate::report::{compose, fixtures};

fn place() -> Place {
    Place { top: "/work/repo".into(), root: "/work/repo/models/churn".into() }
}

fn with(findings: Vec<Finding>) -> Record {
    let mut record = fixtures::approved();
    record.steps.truncate(1);
    record.steps[0].findings = findings;
    record
}

fn bodies(record: &Record) -> Vec<Value> {
    marks::planned(&compose(record, &[]), &place()).into_iter().map(|mark| mark.body).collect()
}

#[test]
fn findings_in_files_stand_in_the_diff_and_the_most_severe_first() {
    let record = with(vec![
        Finding::notice("a", "a notice").at_path("a.py"),
        Finding::warning("ruff/E501", "too\nlong").at_path("../b.py").at_line(9, None).help("break\nit"),
        Finding::error("python-syntax", "").at_path("c.py").at_line(3, Some(7)),
        Finding::error("no-file", "not here"),
        Finding::error("elsewhere", "not here").at_path("/usr/lib/x.py").at_line(1, None),
        Finding::warning("", "odd numbers").at_path("d.py").at_line(0, Some(0)),
    ]);
    insta::assert_json_snapshot!("marks", bodies(&record));
}

#[test]
fn what_stands_there_is_not_put_there_twice() {
    let one = |n: u32| Finding::warning("x", format!("m{n}")).at_path("a.py").at_line(n, None);
    let record = with((1..=700).map(one).collect());
    let planned = || marks::planned(&compose(&record, &[]), &place());
    let present: Vec<Present> =
        planned()[..120].iter().map(|mark| serde_json::from_value(mark.body.clone()).unwrap()).collect();
    let (rest, there) = marks::missing(planned(), &present);
    assert_eq!((rest.len(), there.len()), (marks::MOST - 120, 120));
    assert_eq!(rest[0].body["message"], "m121");
    let (rest, there) = marks::missing(planned(), &[]);
    assert_eq!((rest.len(), there.len()), (marks::MOST, 0));
}

proptest! {
    #[test]
    fn github_takes_every_mark(
        texts in prop::collection::vec(any::<String>(), 4), line in any::<Option<u32>>(),
        column in any::<Option<u32>>(), long in 0_usize..20_000,
    ) {
        let message = texts[1].repeat(long / (texts[1].len() + 1) + 1);
        let mut finding = Finding::new(Severity::Error, &*texts[0], message).help(&*texts[2]);
        (finding.path, finding.line, finding.column) = (Some(texts[3].clone()), line, column);
        for body in bodies(&with(vec![finding])) {
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            prop_assert!((1..=255).contains(&text("title").chars().count()));
            prop_assert!((1..=64 * 1024).contains(&text("message").len()));
            let path = text("path");
            prop_assert!(path.split('/').all(|part| !["", ".", ".."].contains(&part)), "{}", path);
            prop_assert!(body["start_line"].as_u64().unwrap() >= 1);
            prop_assert_eq!(&body["start_line"], &body["end_line"]);
        }
    }
}
