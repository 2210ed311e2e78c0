//! test: run the project's own tests.

mod junit;
mod place;
mod reports;
mod tally;

use std::collections::BTreeMap;

use crate::config::Test;
use crate::engine::{Capture, Engine, Ran};
use crate::fault::Result;
use crate::finding::{Finding, Severity, any_error};
use crate::record::{Outcome, Tests, Work};
use crate::step::Step;
use place::Origin;
use reports::Reports;
use tally::Tally;

/// Runs the tests and reads what they reported.
///
/// The step fails when a command fails, when a report tells of a failure whatever the commands say,
/// and when a report that is asked for is missing, cannot be read, or was there before and is unchanged.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Test, engine: &Engine) -> Result<Work> {
    let before = reports::stamps(engine, &config.junit)?;
    // Without commands nobody writes the reports now: they are read as they are.
    let before = if config.script.commands.is_empty() { BTreeMap::new() } else { before };
    let ran = engine.run(Step::Test, &config.script, Capture::No).await?;
    if engine.interrupt.raised().is_some() {
        return Ok(interrupted(&ran));
    }
    let reports = reports::collect(engine, &config.junit, &before)?;
    let root = engine.root.to_string_lossy();
    let origin = Origin { root: &root, working_directory: &config.script.working_directory };
    Ok(conclude(&ran, reports, origin))
}

/// What half a run of the tests reported proves nothing.
fn interrupted(ran: &[Ran]) -> Work {
    let mut work = Work::new(Outcome::Failed, "the run was interrupted");
    work.evidence.commands = ran.iter().map(|ran| ran.evidence.clone()).collect();
    work
}

/// What the commands and their reports come to.
fn conclude(ran: &[Ran], reports: Reports, origin: Origin<'_>) -> Work {
    let broken = ran.iter().find(|ran| !ran.success);
    let mut tally = Tally::default();
    let mut findings = Vec::new();
    for report in &reports.read {
        findings.extend(junit::read(&report.path, &report.text, origin, &mut tally));
    }
    // A command that failed explains why there is no new report; one that succeeded does not.
    let unexplained = |finding: &Finding| {
        broken.is_none() || !matches!(finding.code.as_str(), "junit-missing" | "junit-stale")
    };
    findings.extend(reports.wrong.into_iter().filter(unexplained));
    let reported = !reports.read.is_empty();
    let (tests, told) = tally.finish();
    let told_of_failure = tests.failed + tests.errors > 0;
    match broken {
        Some(ran) if !explains(ran, told_of_failure) => findings.push(command_failed(ran)),
        None if told_of_failure && !ran.is_empty() => findings.push(exit_code_ignored()),
        _ => {}
    }
    findings.extend(told);
    findings.extend(no_tests(&tests, reported && broken.is_none() && !any_error(&findings)));

    let failed = broken.is_some() || any_error(&findings);
    let outcome = if failed { Outcome::Failed } else { Outcome::Passed };
    let because = because(ran, &tests, &findings, reported);
    let mut work = Work::new(outcome, because);
    work.findings = findings;
    work.evidence.commands = ran.iter().map(|ran| ran.evidence.clone()).collect();
    work.evidence.tests = reported.then_some(tests);
    work
}

/// Whether failing tests are all that the command's end tells. A signal or a time-out tells more.
fn explains(ran: &Ran, told_of_failure: bool) -> bool {
    told_of_failure && ran.code.is_some_and(|code| code < 126)
}

fn command_failed(ran: &Ran) -> Finding {
    let command = &ran.evidence.command;
    let message = ended(ran);
    let pytest = command.contains("pytest") || command.contains("py.test");
    let (message, help) = match ran.code {
        Some(127) => (message, "install the program that it calls, or correct its name"),
        Some(2) if pytest => (message, "pytest was interrupted, or could not collect the tests"),
        Some(3) if pytest => (message, "pytest itself broke; read the log"),
        Some(4) if pytest => (message, "pytest does not understand its arguments"),
        Some(5) if pytest => (
            format!("{message}: pytest found no tests"),
            "name the files test_*.py, or give pytest their folder",
        ),
        _ => return Finding::error("command-failed", message),
    };
    Finding::error("command-failed", message).help(help)
}

fn exit_code_ignored() -> Finding {
    Finding::warning("exit-code-ignored", "tests failed, and the command exits with 0 all the same")
        .help("let the command end with the test runner's own exit code")
}

fn no_tests(tests: &Tests, look: bool) -> Option<Finding> {
    let run = tests.passed + tests.failed + tests.errors;
    if !look || run > 0 {
        return None;
    }
    let message = match tests.skipped {
        0 => "the test runner found no tests".to_owned(),
        1 => "the one test was skipped".to_owned(),
        skipped => format!("all {skipped} tests were skipped"),
    };
    Some(Finding::warning("no-tests", message).help("tests that do not run prove nothing"))
}

fn because(ran: &[Ran], tests: &Tests, findings: &[Finding], reported: bool) -> String {
    if tests.failed + tests.errors > 0 {
        return counts(tests);
    }
    if let Some(ran) = ran.iter().find(|ran| !ran.success) {
        return ended(ran);
    }
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        let place = error.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
        return format!("{place}{}", error.message);
    }
    match ran {
        _ if reported => counts(tests),
        [] => "there was nothing to run".into(),
        [one] => ended(one),
        all => format!("all {} commands ended with exit 0", all.len()),
    }
}

fn ended(ran: &Ran) -> String {
    format!("«{}» {}", ran.evidence.command.escape_debug(), ran.evidence.ending())
}

/// `42 passed, 1 failed, 2 skipped`.
fn counts(tests: &Tests) -> String {
    let errors = if tests.errors == 1 { "error" } else { "errors" };
    let parts = [(tests.failed, "failed"), (tests.errors, errors), (tests.skipped, "skipped")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let passed = format!("{} passed", tests.passed);
    std::iter::once(passed)
        .chain(parts.map(|(count, word)| format!("{count} {word}")))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, unix))]
mod perform_tests;
