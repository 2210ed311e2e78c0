//! The charts of the job summary are charts to the oldest Mermaid that shows them, and to the newest.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Project, Said, said};

/// What tests/mermaid.mjs says of a Markdown text.
fn parsed(markdown: &str, modules: &Path) -> Said {
    let mut child = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mermaid.mjs"))
        .arg(modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    child.stdin.take().unwrap().write_all(markdown.as_bytes()).unwrap();
    said(child.wait_with_output().unwrap())
}

/// The job summary of a rejected run after two that were approved.
fn summary(metric: &str) -> String {
    let project = Project::shell();
    let path = project.path().parent().unwrap().join("summary");
    let summary = path.display().to_string();
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_STEP_SUMMARY", summary.as_str()),
    ];
    project.replace("modelgate.yml", "accuracy: {", &format!("{}: {{", serde_json::json!(metric)));
    for (value, code) in [("0.9", 0), ("0.95", 0), ("0.8", 10)] {
        project.file("scores.json", format!("{{{}: {value}}}\n", serde_json::json!(metric)));
        project.commit(value);
        fs::write(&path, "").unwrap();
        let said = project.modelgate_with(&["run"], &variables);
        assert_eq!(said.code, code, "{}", said.err);
    }
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_charts_of_the_summary_parse_under_both_versions() {
    let Some(modules) = common::node_modules() else {
        return common::skip(
            "the_charts_of_the_summary_parse_under_both_versions",
            "MODELGATE_TEST_NODE names no node_modules of tests/node",
        );
    };
    let markdown = ["accuracy", "a \"b\" [c], ü; %%{d}%% `e`"].map(summary).concat();
    let said = parsed(&markdown, &modules);
    assert_eq!(said.code, 0, "{}{}\n{markdown}", said.out, said.err);
    let told = regex::Regex::new(r"(?m)^chart [12], mermaid (10\.7\.0|11\.\d+\.\d+): parsed$").unwrap();
    assert_eq!(told.find_iter(&said.out).count(), 4, "{}", said.out);
    let broken = summary("accuracy").replace("xychart-beta", "xychart-gamma");
    assert_eq!(parsed(&broken, &modules).code, 1, "a chart that is none is told");
    assert_eq!(parsed("# no chart\n", &modules).code, 1);
}

#[test]
fn the_roc_curve_parses_under_both_versions() {
    let Some(modules) = common::node_modules() else {
        return common::skip(
            "the_roc_curve_parses_under_both_versions",
            "MODELGATE_TEST_NODE names no node_modules of tests/node",
        );
    };
    // What the report is held to is what is parsed here.
    let markdown =
        include_str!("../src/report/markdown/snapshots/modelgate__report__markdown__tests__measured.snap");
    assert!(markdown.contains("ROC curve"));
    let said = parsed(markdown, &modules);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(said.out.matches(": parsed").count(), 4, "two charts, two versions: {}", said.out);
}
