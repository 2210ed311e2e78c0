//! Questions to Python, and numbers to ask about.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common;

/// What Python says to questions, each a function of tests/statistics/truth.py with its arguments; none where there is
/// no Python.
pub fn truth(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    let Some(python) = common::python() else {
        common::skip(
            test,
            "needs MODELGATE_TEST_PYTHON, a Python with the packages of tests/requirements.txt",
        );
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statistics/truth.py");
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
    Some(serde_json::from_slice(&output.stdout).expect("Python answers in JSON"))
}

/// Numbers that look random, from 0 to below 1.
pub fn numbers_from(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed * 2 + 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}
