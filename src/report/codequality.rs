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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::report::{compose, fixtures};

    fn assert_is_codequality(name: &str, record: &crate::record::Record) -> Value {
        let issues: Value = serde_json::from_str(&render(&compose(record, &[]))).unwrap();
        for issue in issues.as_array().unwrap() {
            assert!(!issue["description"].as_str().unwrap().is_empty(), "{name}");
            assert!(!issue["location"]["path"].as_str().unwrap().is_empty(), "{name}");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0, "{name}");
        }
        issues
    }

    #[test]
    fn every_record_is_codequality() {
        for (name, record) in fixtures::all() {
            assert_is_codequality(name, &record);
        }
        assert_eq!(render(&compose(&fixtures::approved(), &[])), "[]\n");
        let mut short = fixtures::failed_lint();
        short.steps[0].findings.truncate(4);
        insta::assert_json_snapshot!("failed_lint", assert_is_codequality("short", &short));
        insta::assert_json_snapshot!("hostile", assert_is_codequality("hostile", &fixtures::hostile()));
    }

    proptest! {
        #[test]
        fn any_text_is_codequality(record in fixtures::arbitrary()) {
            assert_is_codequality("any", &record);
        }
    }
}
