//! Lines of text, as linters print them for people. What is no finding is passed over: it is in the log.

use super::located::Project;
use super::shape::{
    Located, heading_of, is_code, is_symbol, located, mypy_code, place_of, pyright_rule, severity_of,
    without_colors,
};
use super::{Spotted, json};
use crate::finding::{Finding, Severity};

/// Reads line after line; some findings take more than one.
pub(super) struct Reader<'a> {
    tools: Vec<&'static str>,
    project: &'a Project,
    found: Vec<Finding>,
    /// The line before, without colours: the heading of what ruff prints in full.
    before: String,
    open: Open,
}

/// What the next line may add to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A message of mypy that was wrapped before its code.
    Wrapped,
    /// A finding that ruff prints in full; its help may follow.
    Full,
}

impl<'a> Reader<'a> {
    /// For the output of a command that names these linters.
    pub(super) fn new(tools: Vec<&'static str>, project: &'a Project) -> Self {
        Self { tools, project, found: Vec::new(), before: String::new(), open: Open::Nothing }
    }

    /// What was found since it was last asked for.
    pub(super) fn take(&mut self) -> Vec<Finding> {
        self.open = Open::Nothing;
        std::mem::take(&mut self.found)
    }

    /// Reads one line.
    pub(super) fn line(&mut self, line: &str) {
        let line = without_colors(line.trim_end());
        if !self.is_added(&line) {
            self.open = Open::Nothing;
            if let Some(place) = line.trim_start().strip_prefix("--> ") {
                self.full(place);
            } else {
                self.single(&line);
            }
        }
        self.before = line;
    }

    fn tool(&self, default: &'static str) -> &'static str {
        self.tools.first().copied().unwrap_or(default)
    }

    /// Whether the line belongs to the finding before it.
    fn is_added(&mut self, line: &str) -> bool {
        let Some(last) = self.found.last_mut() else { return false };
        match self.open {
            Open::Wrapped if !line.is_empty() && !line.starts_with(' ') && located(line).is_none() => {
                let (message, code) = mypy_code(line);
                last.message = format!("{} {message}", last.message);
                if let Some(code) = code {
                    last.code = super::code("mypy", code);
                    self.open = Open::Nothing;
                }
                true
            }
            Open::Full => {
                if let Some(help) = line.trim_start_matches([' ', '=', '|']).strip_prefix("help: ") {
                    last.help.get_or_insert_with(|| help.to_owned());
                }
                // The excerpt of the source, and the blank line that ends the finding.
                let excerpt = line.trim_start().starts_with(|c: char| c == '|' || c.is_ascii_digit());
                excerpt && line.contains('|')
            }
            _ => false,
        }
    }

    /// ` --> path:line:column` below `CODE message` or `error[code]: message`.
    fn full(&mut self, place: &str) {
        let Some((path, line, column)) = place_of(place) else { return };
        let heading = std::mem::take(&mut self.before);
        let (severity, code, message) = heading_of(&heading);
        let spotted = Spotted {
            tool: self.tool(if severity.is_some() { "lint" } else { "ruff" }),
            code,
            severity,
            message,
            path: path.into(),
            line: Some(line),
            column,
            help: None,
        };
        self.found.push(spotted.finding(self.project));
        self.open = Open::Full;
    }

    /// A finding on one line.
    fn single(&mut self, line: &str) {
        // GitHub's commands carry the line that people see after the second pair of colons.
        let line =
            line.strip_prefix("::").and_then(|rest| rest.split_once("::")).map_or(line, |(_, text)| text);
        let Some(at) = located(line) else { return };
        // A time of day looks like a path with a line, and is none.
        if !at.path.contains(['.', '/']) || at.path.contains(['\t', '"', '\'']) {
            return;
        }
        if let Some((word, message)) = at.rest.split_once(": ")
            && let Some(severity) = json::severity(word.trim_start_matches("- "))
        {
            self.worded(&at, severity, message);
        } else if let Some(rest) = at.rest.strip_prefix('[') {
            self.bracketed(&at, rest);
        } else {
            self.coded(&at);
        }
    }

    /// `path:1:2: error: message  [code]` of mypy, or ` - error: message (rule)` of pyright.
    fn worded(&mut self, at: &Located<'_>, severity: Severity, message: &str) {
        let dashed = at.rest.starts_with("- ");
        let (text, code) = if dashed { pyright_rule(message) } else { mypy_code(message) };
        let tool = match (dashed, self.tools.contains(&"mypy")) {
            (true, _) => self.tool("pyright"),
            (false, true) => "mypy",
            (false, false) => self.tool("mypy"),
        };
        let mut finding = Spotted {
            tool,
            code: code.unwrap_or(severity.word()),
            severity: Some(severity),
            message: text,
            path: at.path.trim_start().into(),
            line: Some(at.line),
            column: at.column,
            help: None,
        }
        .finding(self.project);
        // A note explains the error before it.
        if severity == Severity::Notice
            && let Some(last) = self.found.last_mut()
            && (&last.path, last.line) == (&finding.path, finding.line)
        {
            let before = last.help.take().map(|help| help + " ").unwrap_or_default();
            last.help = Some(before + &finding.message);
            return;
        }
        if code.is_none() && !dashed {
            self.open = Open::Wrapped;
            finding.code = super::code(tool, "error");
        }
        self.found.push(finding);
    }

    /// `path:1: [CODE(symbol), object] message` of pylint and of those that imitate it.
    fn bracketed(&mut self, at: &Located<'_>, rest: &str) {
        let Some((inside, message)) = rest.split_once("] ") else { return };
        let id = inside.split([',', '(']).next().unwrap_or_default();
        let symbol =
            inside.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(symbol, _)| symbol);
        let pylint = symbol.is_some();
        if !(pylint || is_code(id)) {
            return;
        }
        let tool = if pylint { "pylint" } else { self.tool("lint") };
        self.push(at, tool, id, symbol.unwrap_or(id), message, at.column);
    }

    /// `path:1:2: CODE message`, or `CODE: message (symbol)` of pylint.
    fn coded(&mut self, at: &Located<'_>) {
        let (first, message) = at.rest.split_once(' ').unwrap_or((at.rest, ""));
        let id = first.trim_end_matches(':');
        if !is_code(id) {
            // Only of a Python file is it likely that a line without a code is a finding at all.
            if [".py", ".pyi", ".ipynb"].iter().any(|end| at.path.ends_with(end)) && !at.rest.is_empty() {
                self.push(at, self.tool("lint"), "", "message", at.rest, at.column);
            }
            return;
        }
        let symbol = message.strip_suffix(')').and_then(|message| message.rsplit_once(" ("));
        match symbol
            .filter(|(_, symbol)| first.ends_with(':') && is_symbol(symbol) && !self.tools.contains(&"ruff"))
        {
            Some((message, symbol)) => {
                // Pylint counts columns from 0.
                let column = at.column.map(|column| column.saturating_add(1));
                self.push(at, "pylint", id, symbol, message, column);
            }
            None => {
                let message = message.strip_prefix("[*] ").unwrap_or(message);
                self.push(at, self.tool("lint"), id, id, message, at.column);
            }
        }
    }

    fn push(
        &mut self,
        at: &Located<'_>,
        tool: &str,
        id: &str,
        code: &str,
        message: &str,
        column: Option<u64>,
    ) {
        let (message, help) = match message.split_once("%0A") {
            Some((message, more)) => {
                let help = more.replace("%0A", " ").replace("%25", "%");
                (message, Some(help.trim().trim_start_matches("help: ").to_owned()))
            }
            None => (message, None),
        };
        let spotted = Spotted {
            tool,
            code,
            severity: Some(severity_of(tool, id)),
            message,
            path: at.path.trim_start().into(),
            line: Some(at.line),
            column,
            help,
        };
        self.found.push(spotted.finding(self.project));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn ruff_text() {
        insta::assert_snapshot!("ruff_full", shown(include_str!("samples/ruff-full.txt"), "ruff check ."));
        insta::assert_snapshot!(
            "ruff_concise",
            shown(include_str!("samples/ruff-concise.txt"), "ruff check .")
        );
        insta::assert_snapshot!(
            "ruff_pylint",
            shown(include_str!("samples/ruff-pylint.txt"), "ruff check .")
        );
        insta::assert_snapshot!(
            "ruff_github",
            shown(include_str!("samples/ruff-github.txt"), "ruff check .")
        );
        insta::assert_snapshot!(
            "ruff_format",
            shown(include_str!("samples/ruff-format.txt"), "ruff format --check")
        );
    }

    #[test]
    fn flake8_text() {
        insta::assert_snapshot!("flake8", shown(include_str!("samples/flake8.txt"), "flake8"));
        insta::assert_snapshot!("flake8_pylint", shown(include_str!("samples/flake8-pylint.txt"), "flake8"));
    }

    #[test]
    fn pylint_text() {
        insta::assert_snapshot!("pylint", shown(include_str!("samples/pylint.txt"), "make lint"));
        insta::assert_snapshot!(
            "pylint_parseable",
            shown(include_str!("samples/pylint-parseable.txt"), "pylint pkg")
        );
        insta::assert_snapshot!(
            "pylint_colorized",
            shown(include_str!("samples/pylint-colorized.txt"), "pylint pkg")
        );
    }

    #[test]
    fn mypy_text() {
        insta::assert_snapshot!("mypy", shown(include_str!("samples/mypy.txt"), "mypy pkg"));
        insta::assert_snapshot!(
            "mypy_strict",
            shown(include_str!("samples/mypy-strict.txt"), "ruff check; mypy pkg")
        );
        insta::assert_snapshot!(
            "mypy_pretty",
            shown(include_str!("samples/mypy-pretty.txt"), "mypy --pretty pkg")
        );
    }

    #[test]
    fn other_lines() {
        let output = "/work/churn/a.py:3:5 - error: Import \"x\" could not be resolved (reportMissingImports)\n\
            \x20 /work/churn/a.py:4:1 - warning: odd\n\
            src/b.py:7: unused function 'f' (60% confidence)\n\
            error[invalid-assignment]: Object of type `int` is not assignable\n --> c.py:1:2\n  |\n1 | x\n  | ^\n\
            12:30:45: starting\n\
            2024-01-02 12:30:45: E1 starting\n\
            http://localhost:8080: ok\n\
            Traceback (most recent call last):\n  File \"/x.py\", line 3, in <module>\n\
            C:\\work\\d.py:1:2: E501 long\n";
        insta::assert_snapshot!(shown(output, "make lint"));
    }
}
