//! What linters print, read into findings. Pure: texts in, values out; one file for each format.

mod checkstyle;
mod json;
mod located;
mod sarif;
mod shape;
mod text;

pub(super) use located::Project;

use std::borrow::Cow;

use crate::finding::{Finding, Severity};

/// The linters whose text is told apart by the command that printed it.
const KNOWN: [&str; 14] = [
    "ruff",
    "flake8",
    "pylint",
    "mypy",
    "pyright",
    "basedpyright",
    "pycodestyle",
    "pydocstyle",
    "pyflakes",
    "bandit",
    "ty",
    "vulture",
    "nbqa",
    "pyrefly",
];

/// What was read of the output of one command.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// What the linter found, with the linter's own severities.
    pub(super) findings: Vec<Finding>,
    /// Why a part of the output that looks like a document could not be read.
    pub(super) unreadable: Option<String>,
}

/// One thing that a linter found, before it is placed in the project.
#[derive(Debug, Default)]
struct Spotted<'a> {
    tool: &'a str,
    code: &'a str,
    severity: Option<Severity>,
    message: &'a str,
    path: Cow<'a, str>,
    line: Option<u64>,
    column: Option<u64>,
    help: Option<String>,
}

/// Reads the standard output of a command: documents and lines of text, in whatever order.
pub(super) fn read(output: &[u8], command: &str, project: &Project) -> Reading {
    let output = String::from_utf8_lossy(output);
    let mut rest = output.strip_prefix('\u{feff}').unwrap_or(&output);
    let mut reading = Reading::default();
    let tools = tools(command);
    let mut text = text::Reader::new(tools.clone(), project);
    while !rest.is_empty() {
        // One broken document is enough: what follows it is read line by line.
        if reading.unreadable.is_none() {
            match document(rest, project, &tools) {
                Some(Ok((findings, read))) => {
                    reading.findings.append(&mut text.take());
                    reading.findings.extend(findings);
                    rest = &rest[read..];
                    continue;
                }
                Some(Err(why)) => {
                    let line = output[..output.len() - rest.len()].matches('\n').count() + 1;
                    reading.unreadable = Some(format!("line {line} of its output: {why}"));
                }
                None => {}
            }
        }
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        text.line(&rest[..end]);
        rest = &rest[end..];
    }
    reading.findings.append(&mut text.take());
    reading
}

/// The document at the start of `rest`, and how long it is; none when there is none.
fn document(rest: &str, project: &Project, tools: &[&str]) -> Option<Result<(Vec<Finding>, usize), String>> {
    let start = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let body = &rest[start..];
    let mut first = body.bytes();
    let read = match (first.next(), first.next()) {
        (Some(b'{'), Some(b'"' | b' ' | b'\n' | b'\r' | b'\t' | b'}'))
        | (Some(b'['), Some(b'{' | b']' | b' ' | b'\n' | b'\r' | b'\t')) => json::read(body, project, tools),
        (Some(b'<'), Some(b'?')) => checkstyle::read(body, project, tools),
        (Some(b'<'), _) if body.starts_with("<checkstyle") => checkstyle::read(body, project, tools),
        _ => return None,
    };
    Some(read.map(|(findings, length)| (findings, start + length)))
}

/// The linters that a command names, in its order.
fn tools(command: &str) -> Vec<&'static str> {
    let words = command.split(|c: char| c.is_whitespace() || "/\\;|&()'\"=".contains(c));
    let named = words.filter_map(|word| {
        let word = word.strip_suffix(".exe").unwrap_or(word).split('@').next().unwrap_or_default();
        KNOWN.into_iter().find(|known| *known == word)
    });
    let mut tools: Vec<_> = named.collect();
    tools.dedup();
    tools
}

impl Spotted<'_> {
    /// The finding, placed in the project.
    fn finding(self, project: &Project) -> Finding {
        let severity = self.severity.unwrap_or(Severity::Error);
        let message = short(self.message);
        let number = |number: Option<u64>| {
            number.filter(|number| *number > 0).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
        };
        let mut finding = Finding::new(severity, code(self.tool, self.code), message);
        finding.line = number(self.line);
        finding.column = finding.line.and(number(self.column));
        finding.help = self.help;
        project.place(finding, &self.path)
    }
}

/// The message, or as much of it as one should be: some linters quote whole blocks of source.
fn short(message: &str) -> String {
    const MAX: usize = 1_000;
    match message.trim() {
        "" => "no message".to_owned(),
        message => match message.char_indices().nth(MAX) {
            Some((end, _)) => format!("{}…", &message[..end]),
            None => message.to_owned(),
        },
    }
}

/// `tool/rule`, of the characters that a code may have.
fn code(tool: &str, rule: &str) -> String {
    let clean = |text: &str, default: &str| {
        let text = text.trim();
        let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let clean: String = text.chars().take(100).map(allowed).collect();
        if clean.is_empty() { default.to_owned() } else { clean }
    };
    format!("{}/{}", clean(&tool.to_ascii_lowercase(), "lint"), clean(rule, "message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How the tests of each format show what they read.
    pub(super) fn shown(output: &str, command: &str) -> String {
        let reading = read(output.as_bytes(), command, &Project::new("/work/churn".into(), "."));
        let mut lines: Vec<String> = reading
            .findings
            .iter()
            .map(|finding| {
                let help = finding.help.as_ref().map(|help| format!("  [help: {help}]")).unwrap_or_default();
                format!(
                    "{:<7} {} {}: {}{help}",
                    finding.severity.word(),
                    finding.place(),
                    finding.code,
                    finding.message
                )
            })
            .collect();
        lines.extend(reading.unreadable.map(|why| format!("unreadable: {why}")));
        lines.join("\n")
    }

    #[test]
    fn the_command_names_its_linters() {
        assert_eq!(tools("python -m flake8 src && mypy ."), ["flake8", "mypy"]);
        assert_eq!(tools("./venv/bin/ruff check --output-format=concise"), ["ruff"]);
        assert_eq!(tools("uvx ruff@0.17 check"), ["ruff"]);
        assert_eq!(tools("make lint"), Vec::<&str>::new());
    }

    #[test]
    fn documents_and_text_may_follow_each_other() {
        let output = "a.py:1:2: F401 x\n[]\nb.py:3:4: F401 y\n{\"file\": \"c.py\", \"line\": 5, \"column\": 0, \"message\": \"z\", \"code\": \"misc\", \"severity\": \"error\"}\n";
        insta::assert_snapshot!(shown(output, "ruff check; mypy ."), @r"
        error   a.py:1:2 ruff/F401: x
        error   b.py:3:4 ruff/F401: y
        error   c.py:5:1 mypy/misc: z
        ");
    }

    #[test]
    fn a_broken_document_is_said_and_log_lines_are_none() {
        assert!(shown("ok\n{\"runs\": [\n", "x").starts_with("unreadable: line 2 of its output: not JSON"));
        assert!(shown("[{\"a\": 1}]", "x").starts_with("unreadable: "));
        assert!(shown("<?xml version='1.0'?><x>", "x").starts_with("unreadable: "));
        assert!(shown(&("[ ".repeat(100_000)), "x").starts_with("unreadable: "));
        assert!(shown(&("<?xml?>".to_owned() + &"<a>".repeat(100_000)), "x").starts_with("unreadable: "));
        assert_eq!(shown("[INFO] all fine\n{x}\n<html>\n", "x"), "");
        assert_eq!(shown("", "x"), "");
    }

    #[test]
    fn a_code_has_only_characters_of_codes() {
        assert_eq!(code("Ruff", "E501"), "ruff/E501");
        assert_eq!(code("", "a b\n[x]"), "lint/a-b--x-");
        assert_eq!(code("x", ""), "x/message");
    }

    #[test]
    fn a_long_message_is_cut_where_a_character_ends() {
        assert_eq!(short(" ä\n"), "ä");
        assert_eq!(short(&"ä".repeat(5_000)).chars().count(), 1_001);
        assert_eq!(short("\n"), "no message");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_output_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes, "ruff mypy pylint", &Project::new("/p".into(), "."));
        }

        #[test]
        fn no_likely_output_makes_it_panic(
            output in "(\\{\"(runs|results|file|line|message|code)\": (1|\"x\"|\\[\\{|-1e9)|[,\\]}]|a\\.py:[0-9]{0,22}:|é:[0-9]: |E1 |error: |note: | --> |\\[x|\\]|\\(|<\\?xml|<checkstyle>|::error|%0A|\n| ){0,40}"
        ) {
            read(output.as_bytes(), "mypy", &Project::new("/p".into(), "."));
        }
    }
}
