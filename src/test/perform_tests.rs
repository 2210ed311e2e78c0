//! All of these run commands, by `sh`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::{Instant, SystemTime};

use super::*;
use crate::clock::Clock;
use crate::config::{Command, Script};
use crate::console::{Console, Verbosity};
use crate::context::Forge;
use crate::engine::Variables;
use crate::interrupt::{Interrupt, Signal};

const GOOD: &str = "<testsuite><testcase name=\"a\"/></testsuite>";
const BAD: &str = "<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>";

/// Runs `command` where an old report may lie about, and says what it came to.
async fn test(command: &str, junit: &[&str], old: Option<&str>, interrupted: bool) -> Work {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock { wall: SystemTime::now, steady: Instant::now };
    let (hand, interrupt) = Interrupt::channel();
    if interrupted {
        hand.raise(Signal::Interrupt);
    }
    if let Some(old) = old {
        fs::write(folder.path().join("junit.xml"), old).unwrap();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let engine = Engine {
        root: folder.path().to_owned(),
        run_dir: folder.path().join("run"),
        variables: Variables::from([("PATH".into(), path)]),
        secrets: Vec::new(),
        forge: Forge::Local,
        console: Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock),
        interrupt,
        clock,
        docker: crate::docker::Docker::of_test(),
        image: None,
    };
    let commands = if command.is_empty() { Vec::new() } else { vec![Command::Shell(command.into())] };
    let script = Script { commands, working_directory: ".".into(), ..Script::default() };
    let config = Test { script, junit: junit.iter().map(|&pattern| pattern.to_owned()).collect() };
    perform(&config, &engine).await.unwrap()
}

fn write(report: &str, and_then: &str) -> String {
    format!("printf '%s' '{report}' > junit.xml; {and_then}")
}

fn codes(work: &Work) -> Vec<&str> {
    work.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[tokio::test]
async fn what_the_tests_wrote_counts() {
    let work = test(&write(GOOD, "true"), &["junit.xml"], Some(BAD), false).await;
    assert_eq!((work.outcome, work.because.as_str(), codes(&work).len()), (Outcome::Passed, "1 passed", 0));
    assert_eq!(work.evidence.commands.len(), 1);
    let work = test(&write(BAD, "exit 1"), &["*.xml"], Some(GOOD), false).await;
    assert_eq!((work.outcome, codes(&work)), (Outcome::Failed, vec!["test-failed"]));
    let work = test(&write(BAD, "true"), &["junit.xml"], None, false).await;
    assert_eq!((work.outcome, codes(&work)), (Outcome::Failed, vec!["exit-code-ignored", "test-failed"]));
}

#[tokio::test]
async fn a_report_from_before_does_not_count() {
    for pattern in ["junit.xml", "*.xml"] {
        let work = test("true", &[pattern], Some(GOOD), false).await;
        assert_eq!((work.outcome, codes(&work)), (Outcome::Failed, vec!["junit-stale"]));
        let work = test("exit 3", &[pattern], Some(BAD), false).await;
        assert_eq!((work.outcome, codes(&work)), (Outcome::Failed, vec!["command-failed"]));
        assert_eq!(work.evidence.tests, None);
    }
    let work = test("", &["junit.xml"], Some(GOOD), false).await;
    assert_eq!(work.outcome, Outcome::Passed, "without commands it is read as it is");
}

#[tokio::test]
async fn a_report_that_is_missing_does_not_count_as_good() {
    let own = "mkdir -p run && printf '%s' '<testsuite/>' > run/junit.xml";
    for (command, pattern) in [("true", "junit.xml"), ("mkdir junit.xml", "junit.xml"), (own, "**/*.xml")] {
        let work = test(command, &[pattern], None, false).await;
        assert_eq!((work.outcome, codes(&work)), (Outcome::Failed, vec!["junit-missing"]), "{command}");
    }
    let work = test("true", &[], None, false).await;
    assert_eq!(work.outcome, Outcome::Passed, "nobody asked for one");
}

#[tokio::test]
async fn what_was_interrupted_proves_nothing() {
    let work = test(&write(GOOD, "true"), &["junit.xml"], Some(GOOD), true).await;
    assert_eq!((work.outcome, work.because.as_str()), (Outcome::Failed, "the run was interrupted"));
}
