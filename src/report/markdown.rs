//! TODO

use super::Report;

/// TODO
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charts {
    /// TODO
    None,
    /// TODO
    Mermaid,
}

/// TODO
#[must_use]
pub fn render(_report: &Report, _charts: Charts) -> String {
    String::new()
}
