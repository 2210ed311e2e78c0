//! TODO

use super::Report;

/// TODO
#[must_use]
pub fn render(_report: &Report) -> String {
    String::new()
}
