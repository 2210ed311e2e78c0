//! The findings as GitLab's Code Quality report: a JSON array without a byte-order mark.

use serde_json::{Value, json};

use super::Report;
use super::fingerprint::{self, Known};
use super::text::clipped;
use crate::finding::Severity;

/// The findings, the most severe first. One without a file is placed at the start of modelgate.yml.
#[must_use]
pub fn render(report: &Report) -> String {
    let issues: Vec<Value> = fingerprint::of(report).iter().map(issue).collect();
    format!("{:#}\n", Value::from(issues))
}

fn issue((step, finding, fingerprint): &Known) -> Value {
    let description = match clipped(&finding.message, 1000) {
        empty if empty.trim().is_empty() => format!("{step} found something"),
        message => message,
    };
    json!({
        "description": description,
        "check_name": clipped(&finding.code, 200),
        "fingerprint": fingerprint,
        "severity": severity(finding.severity),
        "location": {
            "path": fingerprint::path(finding),
            "lines": { "begin": finding.line.unwrap_or(1).max(1) },
        },
    })
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Notice => "info",
    }
}
