//! Questions to Python.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common;

/// What SciPy says to questions, each a function of tests/two_sample/truth.py with its arguments; none where there is no
/// Python. What is no finite number comes as its name: «nan», «inf».
pub fn truth(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    let Some(python) = common::python() else {
        let why = "needs MODELGATE_TEST_PYTHON, a Python with the packages of tests/requirements.txt";
        common::skip(test, why);
        return None;
    };
    Some(ask(&python, "truth.py", questions))
}

/// What Evidently and alibi-detect say, by tests/two_sample/judges.py.
pub fn judges(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    let python = std::env::var_os("MODELGATE_TEST_JUDGES").map(PathBuf::from).filter(|path| path.exists());
    let Some(python) = python else {
        common::skip(
            test,
            "needs MODELGATE_TEST_JUDGES, a Python with the packages of tests/requirements-judges.txt",
        );
        return None;
    };
    Some(ask(&python, "judges.py", questions))
}

fn ask(python: &Path, script: &str, questions: &[Value]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/two_sample").join(script);
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let text = serde_json::to_vec(questions).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&text).expect("Python listens");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "Python fails");
    serde_json::from_slice(&output.stdout).expect("Python answers in JSON")
}

/// A number, or the name of what is none.
pub fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some("inf") => f64::INFINITY,
        Some(other) => panic!("{other}"),
        None => value.as_f64().expect("a number"),
    }
}

/// Whether two numbers are the same to so many digits; of a probability near 1 as of what it lacks.
#[track_caller]
pub fn assert_near(ours: f64, theirs: f64, tolerance: f64, question: &Value) {
    let same = ours == theirs || (ours.is_nan() && theirs.is_nan());
    let question = question.to_string();
    let question = question.get(..200).unwrap_or(&question);
    assert!(
        same || (ours - theirs).abs() <= tolerance * theirs.abs(),
        "{question}: {ours:e} is not {theirs:e}"
    );
}
