//! Questions to Python.

#![allow(dead_code, reason = "each test binary uses its part")]

use serde_json::Value;

use crate::common;

/// What SciPy says to questions, each a function of tests/two_sample/truth.py with its arguments; none where there is no
/// Python. What is no finite number comes as its name: «nan», «inf».
pub fn truth(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    Some(common::ask(&common::python_for(test)?, "two_sample/truth.py", &questions))
}

/// What Evidently and alibi-detect say, by tests/two_sample/judges.py.
pub fn judges(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    Some(common::ask(&common::judges_for(test)?, "two_sample/judges.py", &questions))
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
