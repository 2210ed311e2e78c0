//! From what a linter printed and how it ended to findings that say the truth about both.

use super::linters::{Project, Reading, read};
use crate::engine::Ran;
use crate::finding::{Finding, Severity, any_error};
use crate::record::first_line;

/// The findings of one command. Exit 0 never fails the step, and any other end always does.
pub(super) fn judge(ran: &Ran, project: &Project) -> Vec<Finding> {
    let command = &ran.evidence.command;
    let Reading { mut findings, unreadable } = read(&ran.stdout, command, project);
    if ran.success {
        // Whoever runs a linter with --exit-zero wants to be told and not to be stopped.
        for finding in &mut findings {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
    if let Some(why) = unreadable {
        let weight = if ran.success { Severity::Warning } else { Severity::Error };
        let message = format!("cannot read what «{}» printed: {why}", first_line(command));
        findings.push(Finding::new(weight, "linter-output-unreadable", message).help(format!(
            "print SARIF to standard output and nothing else; all of it is in {}",
            ran.evidence.log
        )));
    }
    // A linter that did not end of its own accord may not have seen everything.
    let explained = any_error(&findings) && ran.code.is_some();
    if !ran.success && !explained {
        findings.push(failed(ran, findings.len()));
    }
    findings
}

fn failed(ran: &Ran, found: usize) -> Finding {
    let evidence = &ran.evidence;
    let besides = match found {
        0 => "without saying where".to_owned(),
        1 => "after 1 finding that explains nothing".to_owned(),
        found => format!("after {found} findings that explain nothing"),
    };
    let ended = match ran.code {
        Some(_) => format!("{} {besides}", evidence.ending()),
        None => evidence.ending(),
    };
    let last = evidence.tail.iter().rev().find(|line| !line.trim().is_empty());
    let last = last.filter(|_| evidence.has_output_to_read());
    let last = last.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    let help = match ran.code {
        Some(127) => format!("install the linter before modelgate runs; its output is in {}", evidence.log),
        _ => format!("its output is in {}", evidence.log),
    };
    Finding::error("linter-failed", format!("«{}» {ended}{last}", first_line(&evidence.command))).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CommandEvidence;

    fn judged(code: Option<i32>, stdout: &str, tail: &[&str]) -> Vec<String> {
        let ran = Ran {
            evidence: CommandEvidence {
                command: "flake8 src".into(),
                ended: code.map_or("signal 9".into(), |code| format!("exit {code}")),
                seconds: 0.0,
                cpu_seconds: 0.0,
                peak_memory_bytes: 0,
                log: "logs/lint-1.log".into(),
                tail: tail.iter().map(|line| (*line).to_owned()).collect(),
            },
            success: code == Some(0),
            code,
            stdout: stdout.into(),
        };
        let findings = judge(&ran, &Project::new("/p".into(), "."));
        findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.severity.word(), finding.code, finding.message))
            .collect()
    }

    #[test]
    fn exit_0_warns_at_most() {
        assert_eq!(judged(Some(0), "a.py:1:1: F821 x\n", &[]), ["warning flake8/F821 x"]);
        assert_eq!(judged(Some(0), "all good\n", &[]), Vec::<String>::new());
        assert!(judged(Some(0), "{ \"runs\"", &[])[0].starts_with("warning linter-output-unreadable"));
    }

    #[test]
    fn any_other_end_fails() {
        assert_eq!(judged(Some(1), "a.py:1:1: F821 x\n", &[]), ["error flake8/F821 x"]);
        assert_eq!(
            judged(Some(1), "a.py:1:1: W291 x\n", &[]),
            [
                "warning flake8/W291 x",
                "error linter-failed «flake8 src» ended with exit 1 after 1 finding that explains nothing"
            ]
        );
        assert_eq!(
            judged(Some(127), "", &["sh: flake8: not found", ""]),
            [
                "error linter-failed «flake8 src» ended with exit 127 without saying where: sh: flake8: not found"
            ]
        );
        assert!(judged(Some(1), "{ \"runs\"", &[])[0].starts_with("error linter-output-unreadable"));
        assert_eq!(
            judged(None, "a.py:1:1: F821 x\n", &[])[1],
            "error linter-failed «flake8 src» ended with signal 9"
        );
    }
}
