//! One piece of Python source: what is wrong with its syntax.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::conflict::{Conflict, conflicts, resolved};
use super::depth::{self, TooDeep};
use super::place::Lines;
use super::semantic;
use super::version::Target;
use crate::finding::{Finding, Severity};

/// What is wrong at a place in the source.
struct Trouble {
    severity: Severity,
    code: &'static str,
    at: usize,
    message: String,
    help: Option<String>,
}

impl Trouble {
    fn new(code: &'static str, at: usize, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, at, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn finding(self, lines: &Lines<'_>) -> Finding {
        let (line, column) = lines.place(self.at);
        let mut finding = Finding::new(self.severity, self.code, self.message).at_line(line, Some(column));
        finding.help = self.help;
        finding
    }
}

/// The findings of a source, without their path, in the order of the source. Mode `Ipython` is for a cell.
pub(super) fn check(source: &str, mode: Mode, target: &Target) -> Vec<Finding> {
    let conflicts = conflicts(source);
    let mut troubles: Vec<Trouble> = conflicts.iter().map(conflicted).collect();
    let text = resolved(source, &conflicts);
    // The parser is young. Should it ever panic, that is no reason to know nothing about all other files.
    match catch_unwind(AssertUnwindSafe(|| parse(&text, mode, target))) {
        Ok(found) => troubles.extend(found.into_iter().filter(|trouble| !within(&conflicts, trouble.at))),
        Err(_) => troubles.push(Trouble {
            severity: Severity::Warning,
            ..Trouble::new("python-unchecked", 0, "not checked: the parser broke on this file")
                .help("check it with another linter in lint.run, and report the file to modelgate")
        }),
    }
    if troubles.is_empty() {
        return Vec::new();
    }
    troubles.sort_by_key(|trouble| trouble.at);
    let lines = Lines::of(source);
    troubles.into_iter().map(|trouble| trouble.finding(&lines)).collect()
}

fn conflicted(conflict: &Conflict) -> Trouble {
    Trouble::new("merge-conflict", conflict.block.start, "a merge conflict was committed")
        .help("choose what stays and remove the lines <<<<<<<, ======= and >>>>>>>")
}

/// Our side of a conflict may be half a statement.
fn within(conflicts: &[Conflict], at: usize) -> bool {
    conflicts.iter().any(|conflict| conflict.block.start <= at && at <= conflict.block.end)
}

fn parse(text: &str, mode: Mode, target: &Target) -> Vec<Trouble> {
    if depth::hopeless(text) {
        return vec![
            Trouble::new("python-syntax", 0, "too many nested brackets to even try")
                .help("Python takes at most 200 within each other"),
        ];
    }
    let parsed = parse_unchecked(text, ParseOptions::from(mode).with_target_version(target.version));
    let mut troubles: Vec<Trouble> = parsed
        .errors()
        .iter()
        .map(|error| Trouble::new("python-syntax", error.start().to_usize(), error.error.to_string()))
        .collect();
    troubles.extend(parsed.unsupported_syntax_errors().iter().map(|error| {
        let trouble = Trouble::new("python-syntax", error.range.start().to_usize(), error.to_string());
        match target.declared {
            Some(declared) => trouble.help(format!("{declared} promises Python {}", target.version)),
            None => trouble,
        }
    }));
    if let Some(deep) = depth::too_deep(parsed.tokens()) {
        troubles.push(too_deep(deep));
        // Dropping the tree would recurse as deep as it is.
        std::mem::forget(parsed);
        return troubles;
    }
    // A tree that was mended by guesses shows errors that nobody made.
    if parsed.errors().is_empty() {
        let found = semantic::errors(parsed.syntax(), text, target.version, mode == Mode::Ipython);
        troubles.extend(found.into_iter().map(|(at, message)| Trouble::new("python-syntax", at, message)));
    }
    troubles
}

fn too_deep(deep: TooDeep) -> Trouble {
    match deep {
        TooDeep::Brackets(at) => Trouble::new("python-syntax", at, "too many nested brackets")
            .help("Python takes at most 200 within each other"),
        TooDeep::Indents(at) => Trouble::new("python-syntax", at, "too many levels of indentation")
            .help("Python takes at most 100"),
        TooDeep::Levels(at) => Trouble {
            severity: Severity::Warning,
            ..Trouble::new(
                "python-too-deep",
                at,
                format!(
                    "the expression is nested more than {} levels deep; not everything about it was checked",
                    depth::MAX_LEVELS
                ),
            )
            .help("split it; Python may refuse it as well")
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ruff_python_ast::PythonVersion;

    fn places(source: &str) -> Vec<String> {
        let findings = check(source, Mode::Module, &Target::newest());
        findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.place(), finding.code, finding.message))
            .collect()
    }

    #[test]
    fn all_syntax_errors_are_found_in_order() {
        insta::assert_snapshot!(places("def f(:\n    pass\nx = = 1\nreturn = 3\n'é' = (\n").join("\n"));
        assert_eq!(places(""), Vec::<String>::new());
        assert_eq!(places("x = 1"), Vec::<String>::new());
        assert_eq!(places("return 1\n"), ["1:1 python-syntax `return` statement outside of a function"]);
    }

    #[test]
    fn newer_syntax_than_the_project_promises_is_an_error() {
        let target =
            Target { version: PythonVersion::PY39, declared: Some("requires-python in pyproject.toml") };
        let findings = check("match x:\n    case 1: pass\n", Mode::Module, &target);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("3.9"), "{findings:?}");
        assert_eq!(
            findings[0].help.as_deref(),
            Some("requires-python in pyproject.toml promises Python 3.9")
        );
    }

    #[test]
    fn a_conflict_is_one_finding_and_hides_what_it_causes() {
        let source = "x = (\n<<<<<<< HEAD\n1,\n=======\n2,\n>>>>>>> topic\n)\ny = = 1\n";
        assert_eq!(
            places(source),
            ["2:1 merge-conflict a merge conflict was committed", "8:5 python-syntax Expected an expression"]
        );
    }

    #[test]
    fn deep_source_does_not_overflow_the_stack() {
        for source in [
            "(".repeat(100_000),
            "-".repeat(50_000) + "1",
            "(".repeat(100_000) + &")".repeat(100_000),
            "[".repeat(400_000),
            "1+".repeat(100_000) + "1",
            "a".to_owned() + &".a".repeat(100_000),
            "lambda:".repeat(20_000) + "1",
            "async ".repeat(20_000),
            "f'{".repeat(3_000),
            "x[".repeat(50_000),
            "{1:".repeat(50_000),
            "match x:\n case ".to_owned() + &"(".repeat(50_000),
            "1 if ".repeat(20_000),
            "a = ".repeat(20_000),
            "def f() -> ".repeat(10_000),
        ] {
            let start: String = source.chars().take(12).collect();
            // As large as the threads that check files have it.
            let found = std::thread::Builder::new()
                .stack_size(super::super::STACK)
                .spawn(move || check(&source, Mode::Module, &Target::newest()))
                .unwrap()
                .join()
                .unwrap();
            assert!(!found.is_empty() || start.starts_with("a = "), "{start}");
        }
    }

    #[test]
    fn what_is_just_shallow_enough_is_walked() {
        for unit in ["-", "not ", "1 + ", "a.", "1 if 1 else ", "lambda: "] {
            let source = unit.repeat(700) + "x\n";
            let found = std::thread::Builder::new()
                .stack_size(super::super::STACK)
                .spawn(move || check(&source, Mode::Module, &Target::newest()))
                .unwrap()
                .join()
                .unwrap();
            assert_eq!(found, [], "{unit}");
        }
    }
}
