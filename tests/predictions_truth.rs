//! Metrics of predictions, held to scikit-learn and Fairlearn on generated and awkward inputs.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::{python, skip};
use modelgate::config::{Axis, Intervals, Measure, PredictedTask, Predictions, Scores, Slicing};
use modelgate::evaluate::predictions::{Measured, Rows, measure, value};
use modelgate::files::ProjectFile;
use modelgate::interrupt::Interrupt;
use modelgate::record::MetricValue;
use serde_json::Value;
use tempfile::TempDir;

/// Relative to the number; of one near 0, to a hundredth.
const AGREEMENT: f64 = 1e-12;

/// The keys of a case, as a configuration would have them.
fn spec(keys: &Value) -> Predictions {
    let text = |key: &str| keys[key].as_str().map(str::to_owned);
    let scores = match &keys["score"] {
        Value::String(column) => Scores::Positive(column.clone()),
        Value::Object(columns) => {
            let column =
                |(class, column): (&String, &Value)| (class.clone(), column.as_str().unwrap().to_owned());
            Scores::Classes(columns.iter().map(column).collect())
        }
        _ => Scores::None,
    };
    let texts = |key: &str| keys[key].as_array().into_iter().flatten().map(|text| text.as_str().unwrap());
    Predictions {
        files: Vec::new(),
        task: match keys["task"].as_str() {
            Some("regression") => PredictedTask::Regression,
            _ => PredictedTask::Classification,
        },
        truth: text("truth").unwrap(),
        predicted: text("predicted"),
        scores,
        positive: text("positive"),
        threshold: keys["threshold"].as_f64().unwrap_or(0.5),
        weight: text("weight"),
        id: text("id"),
        slices: texts("slices").map(|column| Slicing::One(Axis::Values(column.into()))).collect(),
        small_slice: 2,
        metrics: keys["metrics"]
            .is_array()
            .then(|| texts("metrics").map(|name| Measure::named(name).unwrap()).collect()),
        bins: Predictions::BINS,
        targets: Vec::new(),
        intervals: Intervals::Auto,
    }
}

struct Case {
    name: String,
    spec: Predictions,
    file: ProjectFile,
    expected: BTreeMap<String, Option<f64>>,
    slices: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let document: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("case.json")).unwrap()).unwrap();
        let file = document["file"].as_str().unwrap();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            spec: spec(&document["keys"]),
            file: ProjectFile { path: file.into(), on_disk: folder.join(file) },
            expected: serde_json::from_value(document["expected"].clone()).unwrap(),
            slices: serde_json::from_value(document["slices"].clone()).unwrap(),
        }
    }

    fn measured(&self) -> Measured {
        measure(&self.spec, 0.95, std::slice::from_ref(&self.file), &Interrupt::channel().1).unwrap()
    }
}

/// The cases that the script writes.
fn cases(python: &Path, which: &[&str], folder: &Path) -> Vec<Case> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/predictions/truth.py");
    let said = Command::new(python).arg(script).arg(folder).args(which).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| Case::read(folder)).collect()
}

fn agrees(ours: Option<f64>, theirs: Option<f64>) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= AGREEMENT * theirs.abs().max(1e-2),
        (ours, theirs) => ours == theirs,
    }
}

/// What differs, as lines.
fn differences(case: &Case, measured: &Measured) -> Vec<String> {
    let Some(evidence) = &measured.evidence else {
        return vec![format!("{}: no evidence: {:?}", case.name, measured.findings)];
    };
    let mut differences = Vec::new();
    let mut hold = |place: &str, ours: Option<f64>, theirs: Option<f64>| {
        if !agrees(ours, theirs) {
            differences.push(format!("{}: {place}: ours {ours:?}, theirs {theirs:?}", case.name));
        }
    };
    for (name, theirs) in &case.expected {
        let ours = measured.metrics.iter().find(|(ours, _)| ours.as_str() == name).map(|(_, value)| value);
        match ours {
            Some(MetricValue::Number(ours)) => hold(name, Some(*ours), *theirs),
            Some(MetricValue::Text(_)) => hold(name, None, *theirs),
            None => hold(&format!("{name} is missing"), Some(f64::NAN), *theirs),
        }
    }
    for (slice, expected) in &case.slices {
        let ours = evidence.slice(slice).unwrap_or_else(|| panic!("{}: {slice}", case.name));
        for (name, theirs) in expected {
            let ours = ours.estimates.iter().find(|(ours, _)| ours.as_str() == name);
            hold(&format!("{slice} {name}"), ours.map(|(_, ours)| ours.value), *theirs);
        }
    }
    differences
}

#[test]
fn metrics_agree_with_scikit_learn_and_fairlearn() {
    let Some(python) = python() else {
        return skip("metrics_agree_with_scikit_learn_and_fairlearn", "needs MODELGATE_TEST_PYTHON");
    };
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for case in cases(&python, &[], folder.path()) {
        let measured = case.measured();
        wrong.extend(differences(&case, &measured));
        wrong.extend(in_memory(&case));
        wrong.extend(intervals(&case, &measured));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the values of rows in memory, each counted once, differ in.
fn in_memory(case: &Case) -> Vec<String> {
    let rows =
        Rows::read(&case.spec, std::slice::from_ref(&case.file), &Interrupt::channel().1).unwrap().unwrap();
    let of = |(name, theirs): (&String, &Option<f64>)| {
        let measure = Measure::named(name)?;
        let is_beyond = name == "log_loss" || name == "brier" || name == "expected_calibration_error";
        let ours = value(measure, &rows, None);
        let is_right = agrees(ours, *theirs) || is_beyond && theirs.is_none();
        (!is_right).then(|| format!("{}: {name} in memory: ours {ours:?}, theirs {theirs:?}", case.name))
    };
    case.expected.iter().filter_map(of).collect()
}

/// Which intervals do not hold their value, or should be there and are not.
fn intervals(case: &Case, measured: &Measured) -> Vec<String> {
    let Some(evidence) = &measured.evidence else { return Vec::new() };
    let mut wrong = Vec::new();
    for (name, estimate) in &evidence.estimates {
        match estimate.interval {
            Some([low, high])
                if low <= high && low <= estimate.value + 1e-9 && estimate.value - 1e-9 <= high => {}
            Some(interval) => wrong.push(format!("{}: {name} {} {interval:?}", case.name, estimate.value)),
            None if case.name == "plain" || case.name == "numbers" && name.as_str() != "max_error" => {
                wrong.push(format!("{}: {name} has no interval", case.name));
            }
            None => {}
        }
    }
    wrong
}

#[test]
fn metrics_of_millions_of_rows_agree() {
    let Some(python) = python() else {
        return skip("metrics_of_millions_of_rows_agree", "needs MODELGATE_TEST_PYTHON");
    };
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for case in cases(&python, &["large"], folder.path()) {
        wrong.extend(differences(&case, &case.measured()));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
