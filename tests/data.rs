//! Data as a user meets it: the step, its commands, its metrics in rules, and data that is no good.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

#[path = "data/bad.rs"]
mod bad;
#[path = "data/commands.rs"]
mod commands;
mod common;
#[path = "data/drifts.rs"]
mod drifts;
#[path = "data/evaluated.rs"]
mod evaluated;
#[path = "data/formats.rs"]
mod formats;
#[path = "data/leaks.rs"]
mod leaks;
#[path = "data/overlooked.rs"]
mod overlooked;
#[path = "data/profiles.rs"]
mod profiles;
#[path = "data/rules.rs"]
mod rules;
#[path = "data/together.rs"]
mod together;
#[path = "data/unlike.rs"]
mod unlike;

use common::{Project, Said};
use serde_json::Value;

/// The evidence of the step.
fn evidence(project: &Project) -> Value {
    step(project)["evidence"]["data"].clone()
}

/// The step, as the record has it.
fn step(project: &Project) -> Value {
    let record = project.record();
    let steps = record["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["step"] == "data").expect("the step data").clone()
}

/// The codes of what the step found, each with its severity, in the order of the record.
fn codes(project: &Project) -> Vec<String> {
    let step = step(project);
    let findings = step["findings"].as_array().expect("findings");
    let code = |finding: &Value| {
        format!("{} {}", finding["severity"].as_str().unwrap(), finding["code"].as_str().unwrap())
    };
    findings.iter().map(code).collect()
}

/// That the command ended so, and said all of this.
#[track_caller]
fn assert_said(said: &Said, code: i32, parts: &[&str]) {
    let all = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, code, "{all}");
    assert!(!all.contains("panicked"), "{all}");
    // Where a line is broken is a matter of the screen.
    let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat.contains(part), "«{part}» is not in\n{all}");
    }
}
