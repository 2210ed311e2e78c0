//! The findings as SARIF 2.1.0, for GitHub's code scanning and for editors.
//!
//! Only findings: a rule of the gate is about the model, and has no line that somebody could mend.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::Report;
use super::fingerprint::{self, Known};
use super::text::clipped;
use crate::finding::{Finding, Severity};
use crate::record::Conclusion;

/// The findings, the most severe first. One without a file is placed at the start of modelgate.yml,
/// because code scanning refuses a result without a place.
#[must_use]
pub fn render(report: &Report) -> String {
    let known = fingerprint::of(report);
    let rules = rules(&known);
    let results: Vec<Value> = known.iter().map(|known| result(known, &rules)).collect();
    let record = report.record;
    let ran = !matches!(report.conclusion, Conclusion::Faulted | Conclusion::Cancelled);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "modelgate",
                "semanticVersion": record.modelgate,
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": format!("modelgate/{}/{}", record.model, clipped(&record.id, 100)) },
            "invocations": [{ "executionSuccessful": ran, "startTimeUtc": record.started }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

/// Every code with the most severe of its findings, in the order of the results.
fn rules<'a>(known: &[Known<'a>]) -> Vec<&'a Finding> {
    let mut rules: Vec<&Finding> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (_, finding, _) in known {
        if seen.insert(&finding.code) {
            rules.push(finding);
        }
    }
    rules
}

fn rule(finding: &&Finding) -> Value {
    json!({
        "id": id(finding),
        "shortDescription": { "text": id(finding) },
        "defaultConfiguration": { "level": level(finding.severity) },
    })
}

fn id(finding: &Finding) -> String {
    match clipped(&finding.code, 200) {
        empty if empty.is_empty() => "unnamed".into(),
        id => id,
    }
}

fn result((step, finding, fingerprint): &Known, rules: &[&Finding]) -> Value {
    let message = match clipped(&finding.message, 1000) {
        empty if empty.trim().is_empty() => format!("{step} found something"),
        message => message,
    };
    let message = match &finding.help {
        Some(help) => format!("{message}\n{}", clipped(help, 1000)),
        None => message,
    };
    json!({
        "ruleId": id(finding),
        "ruleIndex": rules.iter().position(|rule| rule.code == finding.code),
        "level": level(finding.severity),
        "message": { "text": literal(&message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": artifact(fingerprint::path(finding)),
            "region": region(finding),
        } }],
        "partialFingerprints": { "modelgate/v1": fingerprint },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

/// Text in which SARIF finds neither placeholders nor links.
fn literal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' => shown.extend([c, c]),
            '[' | ']' | '\\' => shown.extend(['\\', c]),
            _ => shown.push(c),
        }
    }
    shown
}

fn region(finding: &Finding) -> Value {
    let mut region = Map::new();
    region.insert("startLine".into(), finding.line.unwrap_or(1).max(1).into());
    if let (Some(1..), Some(column @ 1..)) = (finding.line, finding.column) {
        region.insert("startColumn".into(), column.into());
    }
    Value::Object(region)
}

fn artifact(path: &str) -> Value {
    if path.starts_with('/') {
        return json!({ "uri": format!("file://{}", encoded(path)) });
    }
    json!({ "uri": encoded(path), "uriBaseId": "%SRCROOT%" })
}

/// The path with all but letters, digits and `-._~/` as percent signs and digits.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::report::{compose, fixtures};

    fn assert_is_sarif(name: &str, record: &crate::record::Record) -> Value {
        let log: Value = serde_json::from_str(&render(&compose(record, &[]))).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(
            results.len(),
            record.steps.iter().map(|step| step.findings.len()).sum::<usize>(),
            "{name}"
        );
        for result in results {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[rule]["id"], result["ruleId"], "{name}");
            assert!(!result["message"]["text"].as_str().unwrap().is_empty(), "{name}");
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].as_str().unwrap().is_ascii(), "{name}");
            assert!(place["region"]["startLine"].as_u64().unwrap() > 0, "{name}");
        }
        log
    }

    #[test]
    fn every_record_is_sarif() {
        for (name, record) in fixtures::all() {
            let log = assert_is_sarif(name, &record);
            if name == "hostile" {
                insta::assert_json_snapshot!(name, log);
            }
        }
        let mut short = fixtures::failed_lint();
        short.steps[0].findings.truncate(4);
        insta::assert_json_snapshot!("failed_lint", assert_is_sarif("short", &short));
    }

    proptest! {
        #[test]
        fn any_text_is_sarif(record in fixtures::arbitrary()) {
            assert_is_sarif("any", &record);
        }
    }

    #[test]
    fn paths_become_uris_that_stay_within_the_project_where_they_can() {
        let cases = [
            ("src/a b.py", "src/a%20b.py"),
            ("weights:0.py", "weights%3A0.py"),
            ("src/übung#1.py", "src/%C3%BCbung%231.py"),
            ("/etc/passwd", "file:///etc/passwd"),
        ];
        for (path, uri) in cases {
            assert_eq!(artifact(path)["uri"], uri, "{path}");
        }
    }
}
