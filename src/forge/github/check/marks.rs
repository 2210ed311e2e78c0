//! What the check puts beside the lines of the diff.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::finding::{Finding, Severity};
use crate::forge::github::annotations::Place;
use crate::report::Report;
use crate::report::text::clipped;

/// The most annotations that a check gets of us.
pub const MOST: usize = 500;
/// The most annotations that GitHub takes with a request.
pub const BATCH: usize = 50;
/// The most characters of a title; GitHub takes 255.
const TITLE: usize = 200;
/// The most characters of a message and of its remedy; GitHub takes 64 KB of both.
const MESSAGE: usize = 5000;

/// An annotation that is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Which of the report's findings it is.
    pub index: usize,
    /// What GitHub is told.
    pub body: Value,
}

/// What tells two annotations apart: the file, its line, the title and the message.
type Key = (String, u64, String, String);

impl Mark {
    fn key(&self) -> Key {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        (text("path"), self.body["start_line"].as_u64().unwrap_or(0), text("title"), text("message"))
    }
}

/// An annotation that is there.
#[derive(Debug, Clone, Deserialize)]
pub struct Present {
    path: String,
    start_line: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// The findings that are about a file of the repository, most severe first.
pub fn planned(report: &Report<'_>, place: &Place) -> Vec<Mark> {
    let marks = report.findings.iter().enumerate().filter_map(|(index, (_, finding))| {
        let file = place.in_repository(finding.path.as_deref()?)?;
        Some(Mark { index, body: body(finding, &file) })
    });
    marks.collect()
}

fn body(finding: &Finding, file: &str) -> Value {
    let line = finding.line.unwrap_or(1).max(1);
    let level = match finding.severity {
        Severity::Error => "failure",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    };
    let help = finding.help.as_deref().map(|help| format!("\nhelp: {}", clipped(help, MESSAGE)));
    let message = filled(&finding.message, MESSAGE, "no reason is given") + &help.unwrap_or_default();
    let mut body = json!({
        "path": file, "start_line": line, "end_line": line, "annotation_level": level,
        "title": filled(&finding.code, TITLE, "modelgate"), "message": message,
    });
    // A column without its line means nothing.
    if let Some(column) = finding.column.filter(|column| *column > 0 && finding.line.is_some()) {
        body["start_column"] = column.into();
        body["end_column"] = column.into();
    }
    body
}

/// GitHub takes no annotation with an empty title or message, and trims what it takes.
fn filled(text: &str, limit: usize, otherwise: &str) -> String {
    match clipped(text.trim(), limit) {
        empty if empty.trim().is_empty() => otherwise.to_owned(),
        text => text,
    }
}

/// What is to be sent, when these are there already; and the findings that need not be sent.
pub fn missing(planned: Vec<Mark>, present: &[Present]) -> (Vec<Mark>, BTreeSet<usize>) {
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let there: BTreeSet<Key> = present
        .iter()
        .map(|it| (it.path.clone(), it.start_line, text(&it.title), text(&it.message)))
        .collect();
    let (there, mut rest): (Vec<Mark>, Vec<Mark>) =
        planned.into_iter().partition(|mark| there.contains(&mark.key()));
    rest.truncate(MOST.saturating_sub(present.len()));
    (rest, there.into_iter().map(|mark| mark.index).collect())
}
