//! TODO

use super::Report;

/// How much a terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns; lines are kept within them.
    pub width: usize,
    /// Whether to write ANSI colours.
    pub color: bool,
}

/// TODO
#[must_use]
pub fn render(_report: &Report, _look: Look) -> String {
    String::new()
}
