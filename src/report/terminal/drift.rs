//! How far data has moved: the data set first, then the columns, those that have drifted first.

use super::page::Page;
use super::{BAD, DIM, GOOD, Look, OPEN};
use crate::number::counted;
use crate::record::data::{ColumnDrift, Drift};
use crate::report::data::{self, Moved};
use crate::report::text::{clean, clipped, cut, cut_middle, pad, pad_left, width};

/// How many columns are shown where not all have drifted.
const LINES: usize = 20;
/// How many columns that have drifted are shown among other things.
const BRIEF: usize = 5;
/// A name is not cut below so many columns.
const NAME: usize = 12;
/// A score that takes more digits than usual to be told from its threshold is cut.
const SCORE: usize = 12;

/// The drift alone. `is_sound` says that nothing is wrong besides, such as a column that could not be compared.
#[must_use]
pub fn render(drift: &Drift, is_sound: bool, look: Look) -> String {
    let mut page = Page::new(look);
    let shown = LINES.max(drift.moved().min(2 * LINES)).min(drift.columns.len());
    verdict(&mut page, drift, is_sound);
    columns(&mut page, &drift.columns[..shown]);
    more(&mut page, drift.columns.len() - shown, ["more column is", "more columns are"]);
    page.finish()
}

/// The verdict within a page, and the worst of the columns that have drifted.
pub fn brief(page: &mut Page, drift: &Drift) {
    // Columns that have drifted come first.
    let moved = drift.moved();
    let shown = moved.min(BRIEF);
    verdict(page, drift, true);
    columns(page, &drift.columns[..shown]);
    more(page, moved - shown, ["more that has drifted is", "more that have drifted are"]);
}

fn verdict(page: &mut Page, drift: &Drift, is_sound: bool) {
    let (mark, style) = match Moved::of(drift) {
        Moved::Wholly => ("✗ ", BAD),
        Moved::Nothing if is_sound => ("✓ ", GOOD),
        Moved::Nothing | Moved::Unclear | Moved::Partly => ("! ", OPEN),
    };
    page.text(mark, style, &clean(&data::verdict(drift, is_sound)), style, 3);
    if drift.moved() > 0 {
        page.text("  ", DIM, &clean(&data::rests_on(drift)), DIM, 2);
    }
}

/// A line a column: its score, and why.
fn columns(page: &mut Page, shown: &[ColumnDrift]) {
    let widest = |of: &dyn Fn(&ColumnDrift) -> usize| shown.iter().map(of).max().unwrap_or(0);
    let name = widest(&|column| width(&title(column))).min((page.width() / 3).max(NAME));
    let score = widest(&|column| width(&score(column)));
    for column in shown {
        let (mark, style) = if column.drifted { ("✗ ", BAD) } else { ("  ", DIM) };
        let line = format!(
            "{}{}  {}",
            page.paint(style, mark),
            pad(&cut_middle(&title(column), name), name),
            pad_left(&self::score(column), score)
        );
        page.beside(&line, 2 + name + 2 + score, &clipped(&column.because, 400));
    }
}

fn more(page: &mut Page, count: usize, [one, many]: [&str; 2]) {
    if count > 0 {
        page.text("  ", DIM, &format!("{} in run.json", counted(count, one, many)), DIM, 1);
    }
}

fn title(column: &ColumnDrift) -> String {
    let role = data::role(column).map(|role| format!(" ({role})")).unwrap_or_default();
    format!("{}{role}", clipped(&column.column, 200))
}

fn score(column: &ColumnDrift) -> String {
    let [score, _] = data::score(column);
    cut(&score, SCORE)
}
