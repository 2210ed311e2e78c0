#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use super::reports::Report;
use super::*;
use crate::record::CommandEvidence;

const HERE: Origin<'static> = Origin { root: "/project", working_directory: "." };

const GOOD: &str =
    r#"<testsuite><testcase classname="t" name="a" time="0.5"/><testcase name="b"/></testsuite>"#;
const BAD: &str = r#"<testsuite><testcase name="a"/><testcase name="b"><failure message="assert 1 == 2"/></testcase>
    <testcase name="c"><skipped/></testcase><testcase name="d"><error message="no fixture"/></testcase></testsuite>"#;
const NONE: &str = r#"<testsuites><testsuite name="pytest" tests="0"/></testsuites>"#;
const SKIPPED: &str = r#"<testsuite><testcase name="a"><skipped/></testcase></testsuite>"#;

fn ran(command: &str, code: Option<i32>) -> Ran {
    let ended = code.map_or("signal 9".to_owned(), |code| format!("exit {code}"));
    let evidence = CommandEvidence {
        command: command.into(),
        ended,
        seconds: 1.0,
        cpu_seconds: 1.0,
        peak_memory_bytes: 1,
        log: "logs/test-1.log".into(),
        tail: Vec::new(),
    };
    Ran { evidence, success: code == Some(0), code, stdout: Vec::new() }
}

fn reports(texts: &[&str], wrong: &[&str]) -> Reports {
    Reports {
        read: texts.iter().map(|text| Report { path: "junit.xml".into(), text: (*text).into() }).collect(),
        wrong: wrong.iter().map(|code| Finding::error(*code, "something is wrong")).collect(),
    }
}

fn told(name: &str, work: &Work) -> String {
    let mut told = format!("# {name}\n{}: {}\n", work.outcome.word(), work.because);
    for finding in &work.findings {
        let help = finding.help.as_ref().map_or(String::new(), |help| format!(" [{help}]"));
        let (weight, code) = (finding.severity.word(), &finding.code);
        writeln!(told, "  {weight} {code}: {}{help}", finding.message).unwrap();
    }
    told
}

#[test]
fn what_commands_and_reports_come_to() {
    let pytest = |code| vec![ran("pytest -q", Some(code))];
    let cases = [
        ("all is well", pytest(0), reports(&[GOOD], &[])),
        ("two reports", pytest(0), reports(&[GOOD, GOOD], &[])),
        ("tests fail", pytest(1), reports(&[BAD], &[])),
        ("tests fail and the exit code is swallowed", pytest(0), reports(&[BAD], &[])),
        ("tests fail and the runner is killed", vec![ran("pytest", None)], reports(&[BAD], &[])),
        (
            "tests fail and a shell says that it was killed",
            vec![ran("pytest", Some(137))],
            reports(&[BAD], &[]),
        ),
        ("the command fails on top of good tests", vec![ran("make test", Some(2))], reports(&[GOOD], &[])),
        ("no report, and the command failed", pytest(4), reports(&[], &["junit-missing"])),
        ("no report, though the command succeeded", pytest(0), reports(&[], &["junit-missing"])),
        ("an old report, though the command succeeded", pytest(0), reports(&[], &["junit-stale"])),
        ("an unreadable report, and the command failed", pytest(1), reports(&[], &["junit-unreadable"])),
        ("pytest finds nothing", pytest(5), reports(&[NONE], &[])),
        ("nothing is found and nobody minds", pytest(0), reports(&[NONE], &[])),
        ("all are skipped", pytest(0), reports(&[SKIPPED], &[])),
        ("a broken report", pytest(0), reports(&["<testsuite>"], &[])),
        ("an empty report after a crash", vec![ran("pytest", None)], reports(&[""], &[])),
        ("no report is asked for", pytest(0), reports(&[], &[])),
        (
            "no report is asked for, and it failed",
            vec![ran("true", Some(0)), ran("nose", Some(127))],
            reports(&[], &[]),
        ),
        ("two commands", vec![ran("true", Some(0)), ran("make test", Some(0))], reports(&[], &[])),
        ("reports without commands", Vec::new(), reports(&[BAD], &[])),
    ];
    let told: String =
        cases.into_iter().map(|(name, ran, reports)| told(name, &conclude(&ran, reports, HERE))).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn a_report_with_failures_never_passes() {
    for code in [Some(0), Some(1), None] {
        let work = conclude(&[ran("pytest", code)], reports(&[GOOD, BAD], &[]), HERE);
        assert_eq!(work.outcome, Outcome::Failed);
    }
    let work = conclude(&[ran("pytest", Some(0))], reports(&[GOOD], &[]), HERE);
    assert_eq!(work.evidence.tests.map(|tests| (tests.passed, tests.seconds)), Some((2, 0.5)));
    assert_eq!(work.evidence.commands.len(), 1);
}
