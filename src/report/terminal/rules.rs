//! The rules as a table; in a narrow terminal, each over several lines.

use anstyle::Style;

use super::page::Page;
use super::{BAD, DIM, GOOD, OPEN};
use crate::record::{MetricValue, Row, RowOutcome};
use crate::report::limit::{deciding, reaches_beyond};
use crate::report::standing::{Standing, aside, measured, of_both, speaks, standing, wants};
use crate::report::text::{clean, clipped, cut, cut_middle, pad, pad_left, width};
use crate::report::{bound, change, interval, value};

/// The columns between the mark and the reason.
const TITLES: [&str; 5] = ["metric", "value", "bound", "baseline", "change"];
/// A name is not cut below so many columns; rather the table is given up.
const NAME: usize = 14;
/// A text that stands for a number is not given more than this.
const TEXT: usize = 20;
/// A reason that would get fewer columns goes below its row.
const WHY: usize = 30;
/// From so many columns on there is room for what only some want to know.
const WIDE: usize = 100;

/// Which rows show their intervals; as many as there is room for.
#[derive(Clone, Copy)]
enum Intervals {
    All,
    /// The rows that are not decided by far.
    Needed,
    None,
}

struct Line {
    mark: (&'static str, Style),
    cells: [String; 5],
    why: String,
}

/// The table, failing rules first. Nothing where there are no rules.
pub fn write(page: &mut Page, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    page.heading("rules");
    for intervals in [Intervals::All, Intervals::Needed, Intervals::None] {
        let lines: Vec<Line> = rows.iter().map(|row| line(row, intervals, page.width() >= WIDE)).collect();
        let mut widths = widths(&lines);
        // The mark and its space, then two spaces before every column that is not empty.
        let fixed = 2 + widths[1..].iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>();
        let least = widths[0].min(NAME);
        let Some(room) = page.width().checked_sub(fixed).filter(|room| *room >= least) else { continue };
        let why = lines.iter().map(|line| width(&line.why)).max().unwrap_or(0).min(WHY);
        let beside = why > 0 && room >= least + 2 + why;
        widths[0] = widths[0].min(if beside { room - 2 - why } else { room });
        return table(page, &lines, &widths, beside);
    }
    let lines: Vec<Line> = rows.iter().map(|row| line(row, Intervals::Needed, false)).collect();
    stacked(page, &lines);
}

fn line(row: &Row, intervals: Intervals, is_wide: bool) -> Line {
    let slice = row.slice.as_deref().map(|slice| format!(" [{}]", clipped(slice, 60))).unwrap_or_default();
    let shown = |it: &MetricValue| match it.number() {
        Some(_) => value(it),
        None => cut(&clean(&value(it)), TEXT),
    };
    let bound = match row.bound.number() {
        Some(_) => bound(row),
        None => cut(&clean(&bound(row)), TEXT),
    };
    let is_shown = match intervals {
        Intervals::All => true,
        Intervals::Needed => is_needed(row),
        Intervals::None => false,
    };
    let compares = row.rule.compares();
    let with = |text: String, ends: Option<[f64; 2]>, decides: bool| match ends {
        Some(ends) if is_shown && decides => format!("{text} {}", interval(ends)),
        _ => text,
    };
    let of_value = row.value.as_ref().map_or_else(|| "missing".into(), shown);
    Line {
        mark: mark(row),
        cells: [
            format!("{}{slice}", clean(row.metric.as_str())),
            with(of_value, row.interval, !compares),
            bound,
            row.baseline.as_ref().map(shown).unwrap_or_default(),
            with(row.change.map(change).unwrap_or_default(), row.change_interval, compares),
        ],
        why: why(row, intervals, is_wide),
    }
}

/// Whether a reader wants to see the interval: not of a rule that holds with all of it.
fn is_needed(row: &Row) -> bool {
    deciding(row).is_some() && (standing(row) != Standing::Holds || reaches_beyond(row))
}

/// What a row has to say beside its numbers. A passing rule is seen in them, unless there are none.
fn why(row: &Row, intervals: Intervals, is_wide: bool) -> String {
    let mut parts = Vec::new();
    if speaks(row) {
        parts.push(clipped(&row.because, 400));
        if matches!(intervals, Intervals::None) && is_needed(row) {
            let (of, ends) = match row.rule.compares() {
                true => ("change", row.change_interval),
                false => ("value", row.interval),
            };
            // An interval is not broken over two lines.
            parts.extend(ends.map(|ends| format!("{of}\u{a0}{}", interval(ends).replace(' ', "\u{a0}"))));
        }
        parts.extend(wants(row));
        parts.extend(of_both(row).map(str::to_owned));
        // Below the table stands on how many rows all of it was measured.
        let is_its_own = row.slice.is_some() || row.outcome == RowOutcome::Inconclusive;
        parts.extend(measured(row).filter(|_| is_wide && is_its_own));
    }
    parts.extend(aside(row).map(str::to_owned));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// The columns that each column needs; 0 for one without content.
fn widths(lines: &[Line]) -> [usize; 5] {
    std::array::from_fn(|at| {
        let widest = lines.iter().map(|line| width(&line.cells[at])).max().unwrap_or(0);
        if widest == 0 { 0 } else { widest.max(width(TITLES[at])) }
    })
}

fn table(page: &mut Page, lines: &[Line], widths: &[usize; 5], beside: bool) {
    let header =
        format!("  {}{}", cells(&TITLES.map(str::to_owned), widths), if beside { "  why" } else { "" });
    let header = page.paint(DIM, header.trim_end());
    page.line(&header);
    for line in lines {
        let (mark, style) = line.mark;
        let row = format!("{}{}", page.paint(style, mark), cells(&line.cells, widths));
        if beside {
            page.beside(&row, 2 + width(&cells(&line.cells, widths)), &line.why);
        } else {
            page.line(&row);
            below(page, &line.why);
        }
    }
}

fn cells(cells: &[String; 5], widths: &[usize; 5]) -> String {
    let mut row = pad(&cut_middle(&cells[0], widths[0]), widths[0]);
    for (at, (cell, columns)) in cells.iter().zip(widths).enumerate().skip(1).filter(|(_, (_, w))| **w > 0) {
        row.push_str("  ");
        // Bounds begin with their sign, and an interval stands behind its number; numbers are compared by their
        // last digits.
        row.push_str(&if at == 2 { pad(cell, *columns) } else { pad_left(cell, *columns) });
    }
    row
}

fn stacked(page: &mut Page, lines: &[Line]) {
    for line in lines {
        let (mark, style) = line.mark;
        let name = cut_middle(&line.cells[0], page.width() - 2);
        let mark = page.paint(style, mark);
        page.line(&format!("{mark}{name}"));
        let mut now = String::new();
        for (title, cell) in TITLES.iter().zip(&line.cells).skip(1).filter(|(_, cell)| !cell.is_empty()) {
            let fact =
                if *title == "value" || *title == "bound" { cell.clone() } else { format!("{title} {cell}") };
            if !now.is_empty() && 4 + width(&now) + 2 + width(&fact) > page.width() {
                page.line(&format!("    {}", cut(&now, page.width() - 4)));
                now.clear();
            }
            now.push_str(if now.is_empty() { "" } else { "  " });
            now.push_str(&fact);
        }
        page.line(&format!("    {}", cut(&now, page.width() - 4)));
        below(page, &line.why);
    }
}

fn below(page: &mut Page, why: &str) {
    if !why.is_empty() {
        page.text("    ", Style::new(), why, Style::new(), 4);
    }
}

/// What does not count is never red.
const fn mark(row: &Row) -> (&'static str, Style) {
    match (row.outcome, row.aside) {
        (RowOutcome::Pass, _) => ("✓ ", GOOD),
        (_, Some(_)) => ("⚠ ", OPEN),
        (RowOutcome::Fail, None) => ("✗ ", BAD),
        (RowOutcome::Inconclusive, None) => ("? ", OPEN),
    }
}
