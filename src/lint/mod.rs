//! lint: read the source code for what is plainly wrong.
//!
//! Two parts: a check of Python syntax that needs no Python, and the project's own linters, whose output
//! becomes findings. Only this file and [`check`] touch the world; all else reads texts.

mod check;
mod conflict;
mod depth;
mod judge;
mod linters;
mod notebook;
mod place;
mod python;
mod semantic;
mod source;
mod version;
mod walk;

use std::collections::BTreeSet;

use crate::config::Lint;
use crate::engine::{Capture, Engine, Ran};
use crate::fault::{Fault, Result};
use crate::finding::{Finding, Severity, any_error};
use crate::record::{Evidence, Outcome, Work};
use crate::step::Step;

/// The stack of each thread that checks files: a tree of [`depth::MAX_LEVELS`] levels must fit.
const STACK: usize = 32 * 1024 * 1024;

/// How many findings are kept; nobody reads more, and every report carries them.
const MAX_FINDINGS: usize = 1_000;

/// Checks the project's Python and runs its linters.
///
/// The step fails when a finding is an error. At most 1000 findings are kept, errors before warnings
/// before notices, and a last one says how many more there were.
///
/// # Errors
/// The world failed: no threads, a command that could not be started, an interrupt.
pub async fn perform(config: &Lint, engine: &Engine) -> Result<Work> {
    let checked = check_python(config, engine).await?;
    let ran = match config.script.commands.is_empty() {
        true => Vec::new(),
        false => engine.run(Step::Lint, &config.script, Capture::Stdout).await?,
    };
    let linted = lint(&ran, config, engine);
    Ok(work(checked, linted, ran))
}

/// Checks on threads of their own, so that a signal is still heard.
async fn check_python(config: &Lint, engine: &Engine) -> Result<check::Checked> {
    let (root, run_dir) = (engine.root.clone(), engine.run_dir.clone());
    let (globs, interrupt) = (config.python.clone(), engine.interrupt.clone());
    tokio::task::spawn_blocking(move || check::check(&root, &run_dir, &globs, &interrupt))
        .await
        .map_err(|error| Fault::new("check the Python files", error))?
}

fn lint(ran: &[Ran], config: &Lint, engine: &Engine) -> Vec<Finding> {
    let mut project = linters::Project::new(engine.root.clone(), &config.script.working_directory);
    if let Ok(real) = engine.root.canonicalize() {
        project = project.also_at(real);
    }
    ran.iter().flat_map(|ran| judge::judge(ran, &project)).collect()
}

/// Puts the two parts together.
fn work(checked: check::Checked, linted: Vec<Finding>, ran: Vec<Ran>) -> Work {
    let because = because(&checked, &linted, ran.len());
    let mut findings = checked.findings;
    findings.extend(linted);
    let outcome = if any_error(&findings) { Outcome::Failed } else { Outcome::Passed };
    let evidence = Evidence {
        files: Some(u64::try_from(checked.files).unwrap_or(u64::MAX)),
        commands: ran.into_iter().map(|ran| ran.evidence).collect(),
        ..Evidence::default()
    };
    Work { outcome, because, findings: kept(findings), evidence }
}

fn because(checked: &check::Checked, linted: &[Finding], linters: usize) -> String {
    let of = |findings: &[Finding], severity| {
        findings.iter().filter(|finding| finding.severity == severity).count()
    };
    let mut parts = Vec::new();
    let errors: Vec<&Finding> =
        checked.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let files = counted(checked.files, "file");
    if errors.is_empty() {
        parts.extend((checked.files > 0).then_some(files));
    } else {
        let syntax = errors.iter().all(|finding| finding.code == "python-syntax");
        let paths: BTreeSet<_> = errors.iter().filter_map(|finding| finding.path.as_deref()).collect();
        let what = counted(errors.len(), if syntax { "syntax error" } else { "error" });
        // A file whose name is not UTF-8 has no path to be counted by.
        parts.push(if paths.is_empty() { what } else { format!("{what} in {} of {files}", paths.len()) });
    }
    match of(linted, Severity::Error) {
        0 if linters == 0 => {}
        0 => parts.push(counted(linters, "linter")),
        errors => parts.push(format!("{} from {}", counted(errors, "error"), counted(linters, "linter"))),
    }
    let warnings = of(&checked.findings, Severity::Warning) + of(linted, Severity::Warning);
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    } else if errors.is_empty() && of(linted, Severity::Error) == 0 {
        parts.push(if parts.is_empty() { "there was nothing to check" } else { "nothing wrong" }.to_owned());
    }
    parts.join(", ")
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The weightiest, in the order in which they were found.
fn kept(mut findings: Vec<Finding>) -> Vec<Finding> {
    let all = findings.len();
    if all <= MAX_FINDINGS {
        return findings;
    }
    let mut ranks: Vec<(std::cmp::Reverse<Severity>, usize)> = findings
        .iter()
        .enumerate()
        .map(|(index, finding)| (std::cmp::Reverse(finding.severity), index))
        .collect();
    ranks.sort_unstable();
    let last = ranks[MAX_FINDINGS - 1];
    let mut index = 0;
    findings.retain(|finding| {
        let keep = (std::cmp::Reverse(finding.severity), index) <= last;
        index += 1;
        keep
    });
    let more = all - MAX_FINDINGS;
    let message = if more == 1 {
        "1 more finding is not shown".into()
    } else {
        format!("{more} more findings are not shown")
    };
    findings.push(
        Finding::notice("lint-more", message).help("the linters' whole output is in the logs of the run"),
    );
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock::Clock;
    use crate::config::Script;
    use crate::console::{Console, Verbosity};
    use crate::context::Forge;
    use crate::interrupt::Interrupt;

    fn engine(root: &std::path::Path) -> Engine {
        let clock = Clock { wall: std::time::SystemTime::now, steady: std::time::Instant::now };
        Engine {
            root: root.to_owned(),
            run_dir: root.join(".modelgate"),
            variables: crate::engine::Variables::new(),
            secrets: Vec::new(),
            forge: Forge::Local,
            console: Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock),
            interrupt: Interrupt::channel().1,
            clock,
            docker: crate::docker::Docker::of_test(),
            image: None,
        }
    }

    #[tokio::test]
    async fn python_alone_needs_no_linter() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("train.py"), "def f(:\n    pass\n").unwrap();
        let config = Lint { python: vec!["**/*.py".into()], script: Script::default() };
        let work = perform(&config, &engine(root.path())).await.unwrap();
        assert_eq!(work.outcome, Outcome::Failed);
        assert_eq!(work.because, "2 syntax errors in 1 of 1 file");
        assert_eq!(work.findings[0].place(), "train.py:1:7");
    }

    fn checked(files: usize, findings: Vec<Finding>) -> check::Checked {
        check::Checked { files, findings }
    }

    fn error(path: &str) -> Finding {
        Finding::error("python-syntax", "x").at_path(path)
    }

    #[test]
    fn the_reason_counts() {
        let errors = vec![error("a.py"), error("a.py"), error("b.py")];
        assert_eq!(because(&checked(120, errors.clone()), &[], 0), "3 syntax errors in 2 of 120 files");
        assert_eq!(because(&checked(120, vec![]), &[], 0), "120 files, nothing wrong");
        assert_eq!(because(&checked(1, vec![]), &[], 1), "1 file, 1 linter, nothing wrong");
        assert_eq!(because(&checked(0, vec![]), &[], 0), "there was nothing to check");
        assert_eq!(because(&checked(0, vec![]), &[], 2), "2 linters, nothing wrong");
        let mixed = vec![error("a.py"), Finding::error("merge-conflict", "x").at_path("a.py")];
        let linted = [Finding::error("ruff/E1", "x"), Finding::warning("ruff/W1", "x")];
        assert_eq!(
            because(&checked(3, mixed), &linted, 1),
            "2 errors in 1 of 3 files, 1 error from 1 linter, 1 warning"
        );
    }

    #[test]
    fn an_error_fails_the_step_and_a_warning_does_not() {
        assert_eq!(work(checked(1, vec![error("a.py")]), vec![], vec![]).outcome, Outcome::Failed);
        assert_eq!(
            work(checked(1, vec![]), vec![Finding::warning("x", "y")], vec![]).outcome,
            Outcome::Passed
        );
        assert_eq!(work(checked(7, vec![]), vec![], vec![]).evidence.files, Some(7));
    }

    #[test]
    fn of_too_many_findings_the_weightiest_are_kept() {
        let mut findings: Vec<Finding> = (0..1_500).map(|n| Finding::warning("w", n.to_string())).collect();
        findings.push(Finding::error("e", "last"));
        let kept = kept(findings);
        assert_eq!(kept.len(), MAX_FINDINGS + 1);
        assert_eq!(kept[998].message, "998");
        assert_eq!(kept[999].message, "last");
        assert_eq!(kept[1000].message, "501 more findings are not shown");
    }
}
