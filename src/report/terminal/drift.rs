//! How far data has moved: the data set first, then the columns, those that have drifted first.

use super::page::Page;
use super::{BAD, DIM, GOOD, Look, OPEN};
use crate::number::counted;
use crate::record::data::{ColumnDrift, Drift, Role};
use crate::report::number;
use crate::report::text::{clean, cut_middle, pad, pad_left, width};

/// How many columns are shown where not all have drifted.
const LINES: usize = 20;
/// A name is not cut below so many columns.
const NAME: usize = 12;

/// The drift alone.
#[must_use]
pub fn render(drift: &Drift, look: Look) -> String {
    let mut page = Page::new(look);
    write(&mut page, drift);
    page.finish()
}

/// The drift within a page.
pub fn write(page: &mut Page, drift: &Drift) {
    let moved = drift.columns.iter().filter(|column| column.drifted).count();
    let (mark, style, verdict) = match (drift.drifted, moved) {
        (true, _) => ("✗ ", BAD, "has drifted from"),
        (false, 0) => ("✓ ", GOOD, "has not drifted from"),
        (false, _) => ("! ", OPEN, "has drifted in part from"),
    };
    let line = format!(
        "«{}» {verdict} «{}»: {moved} of {}",
        clean(&drift.current),
        clean(&drift.reference),
        counted(drift.columns.len(), "column", "columns")
    );
    page.text(mark, style, &line, style, 3);
    let shown = drift.columns.iter().take(LINES.max(moved.min(2 * LINES))).collect::<Vec<_>>();
    let name = shown.iter().map(|column| width(&title(column))).max().unwrap_or(0);
    let name = name.min((page.width() / 3).max(NAME));
    let score = shown.iter().map(|column| width(&self::score(column))).max().unwrap_or(0);
    for column in &shown {
        let (mark, style) = if column.drifted { ("✗ ", BAD) } else { ("  ", DIM) };
        let line = format!(
            "{}{}  {}",
            page.paint(style, mark),
            pad(&cut_middle(&title(column), name), name),
            pad_left(&self::score(column), score)
        );
        page.beside(&line, 2 + name + 2 + score, &clean(&column.because));
    }
    if let Some(more @ 1..) = drift.columns.len().checked_sub(shown.len()) {
        let more = counted(more, "more column is", "more columns are");
        page.text("  ", DIM, &format!("{more} in run.json"), DIM, 1);
    }
}

fn title(column: &ColumnDrift) -> String {
    let role = match column.role {
        Role::Feature => "",
        Role::Label => " (label)",
        Role::Prediction => " (prediction)",
    };
    format!("{}{role}", clean(&column.column))
}

fn score(column: &ColumnDrift) -> String {
    column.score.map_or_else(|| "-".to_owned(), number)
}
