//! The findings as GitLab's Code Quality report: a JSON array without a byte-order mark. GitLab shows a finding in the
//! diff by its path from the top of the repository.

use serde_json::{Value, json};

use super::files::joined;
use super::fingerprint::{self, Known};
use super::text::clipped;
use super::{Folders, Report};
use crate::finding::Severity;

/// The findings, the most severe first. One without a file is placed at the start of modelgate.yml.
#[must_use]
pub fn render(report: &Report, folders: &Folders) -> String {
    let issues: Vec<Value> = fingerprint::of(report).iter().map(|known| issue(known, folders)).collect();
    format!("{:#}\n", Value::from(issues))
}

fn issue((step, finding, fingerprint): &Known, folders: &Folders) -> Value {
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
            "path": path(fingerprint::path(finding), &folders.project),
            "lines": { "begin": finding.line.unwrap_or(1).max(1) },
        },
    })
}

/// A finding's path from the top of the repository. One outside of the project is left as it is.
fn path(path: &str, project: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    if path.starts_with(['/', '\\']) || path.starts_with("..") {
        path.to_owned()
    } else {
        joined(project, path)
    }
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
        let issues: Value =
            serde_json::from_str(&render(&compose(record, &[]), &Folders::default())).unwrap();
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
        assert_eq!(render(&compose(&fixtures::approved(), &[]), &Folders::default()), "[]\n");
        let mut short = fixtures::failed_lint();
        short.steps[0].findings.truncate(4);
        insta::assert_json_snapshot!("failed_lint", assert_is_codequality("short", &short));
        insta::assert_json_snapshot!("hostile", assert_is_codequality("hostile", &fixtures::hostile()));
    }

    #[test]
    fn paths_are_from_the_top_of_the_repository() {
        for (found, shown) in [
            ("src/train.py", "models/churn/src/train.py"),
            ("./train.py", "models/churn/train.py"),
            ("../shared/a.py", "../shared/a.py"),
            ("/usr/lib/a.py", "/usr/lib/a.py"),
        ] {
            assert_eq!(path(found, "models/churn"), shown);
        }
        assert_eq!(path("train.py", ""), "train.py");
        let folders = Folders { project: "models/churn".into(), run: None };
        let issues = render(&compose(&fixtures::failed_lint(), &[]), &folders);
        let issues: Value = serde_json::from_str(&issues).unwrap();
        for issue in issues.as_array().unwrap() {
            assert!(issue["location"]["path"].as_str().unwrap().starts_with("models/churn/"), "{issue}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_codequality(record in fixtures::arbitrary()) {
            assert_is_codequality("any", &record);
        }
    }
}
