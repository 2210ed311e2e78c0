//! A finding: the model, the data or the code is bad. A value in the record, never an error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// How much a finding weighs. Ordered: `Notice < Warning < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; decides nothing.
    Notice,
    /// Probably wrong; decides nothing.
    Warning,
    /// Wrong; fails the step that found it.
    Error,
}

impl Severity {
    /// The word, as the record and every report spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable kebab-case code of ours (`python-syntax`), or a linter's own (`ruff/E501`).
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in one sentence. Untrusted text: renderers escape it.
    pub message: String,
    /// The file, relative to the project, with forward slashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    /// A finding of the given weight about nothing in particular yet.
    pub fn new(severity: Severity, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            message: message.into(),
            path: None,
            line: None,
            column: None,
            help: None,
        }
    }

    /// An error.
    pub fn error(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A notice.
    pub fn notice(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, code, message)
    }

    /// The same finding about a file.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same finding at a line and, where it is known, a column, both from 1.
    #[must_use]
    pub fn at_line(mut self, line: u32, column: Option<u32>) -> Self {
        self.line = Some(line);
        self.column = column;
        self
    }

    /// The same finding with the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same finding with the remedy of the fault that it tells of, where there is one.
    #[must_use]
    pub fn with_remedy(self, fault: &Fault) -> Self {
        match fault.remedy() {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// `path:line:column`, as far as it is known; empty when nothing is.
    #[must_use]
    pub fn place(&self) -> String {
        let mut place = self.path.clone().unwrap_or_default();
        for number in [self.line, self.column].into_iter().map_while(|number| number) {
            if !place.is_empty() {
                place.push(':');
            }
            place.push_str(&number.to_string());
        }
        place
    }
}

/// Whether any of them is an error, which is what fails a step.
#[must_use]
pub fn any_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stops_where_knowledge_stops() {
        let finding = Finding::error("x", "y");
        assert_eq!(finding.place(), "");
        assert_eq!(finding.clone().at_path("a.py").place(), "a.py");
        assert_eq!(finding.at_path("a.py").at_line(3, Some(9)).place(), "a.py:3:9");
    }
}
