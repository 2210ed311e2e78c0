//! Questions to Python.

use serde_json::Value;

use crate::common;

/// What Python says to questions, each a function of tests/statistics/truth.py with its arguments; none where there is
/// no Python.
pub fn truth(test: &str, questions: &[Value]) -> Option<Vec<Value>> {
    Some(common::ask(&common::python_for(test)?, "statistics/truth.py", &questions))
}
