//! What tells one finding from another from run to run.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::Report;
use crate::finding::Finding;
use crate::name::Digest;
use crate::step::Step;

/// Where findings about no file are placed, for readers that refuse a finding without a place.
pub const NOWHERE: &str = "modelgate.yml";

/// A finding, its step and its fingerprint.
pub type Known<'a> = (Step, &'a Finding, String);

/// The findings of the report with their fingerprints: 64 hexadecimal digits each, no two the same.
///
/// The line is left out, so that a finding stays the same one while the code above it grows; findings
/// that differ in nothing else are counted instead.
#[must_use]
pub fn of<'a>(report: &Report<'a>) -> Vec<Known<'a>> {
    let mut seen: HashMap<(&str, &str, &str), u64> = HashMap::new();
    let mut known = |finding: &'a Finding| {
        let parts = (finding.code.as_str(), path(finding), finding.message.as_str());
        let count = seen.entry(parts).or_default();
        *count += 1;
        fingerprint(parts, *count)
    };
    report.findings.iter().map(|(step, finding)| (*step, *finding, known(finding))).collect()
}

/// The finding's file; the configuration's, where it has none.
#[must_use]
pub fn path(finding: &Finding) -> &str {
    finding.path.as_deref().filter(|path| !path.is_empty()).unwrap_or(NOWHERE)
}

fn fingerprint((code, path, message): (&str, &str, &str), count: u64) -> String {
    let mut hash = Sha256::new();
    for part in [code, path, message] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(count.to_le_bytes());
    Digest::from_bytes(hash.finalize().into()).hex()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{compose, fixtures};

    #[test]
    fn a_finding_stays_itself_when_it_moves_and_its_twin_is_another() {
        let mut record = fixtures::nothing();
        record.put(fixtures::failed_lint().steps.remove(0));
        let twin = record.steps[0].findings[1].clone().at_line(70, None);
        record.steps[0].findings.push(twin);
        let before: Vec<String> = of(&compose(&record, &[])).into_iter().map(|(.., print)| print).collect();
        for finding in &mut record.steps[0].findings {
            finding.line = finding.line.map(|line| line + 10);
        }
        let after: Vec<String> = of(&compose(&record, &[])).into_iter().map(|(.., print)| print).collect();
        assert_eq!(before, after);
        let different: std::collections::HashSet<&String> = before.iter().collect();
        assert_eq!(different.len(), before.len());
    }
}
