//! The worst slices, in a few lines.

use super::page::Page;
use super::{DIM, OPEN};
use crate::number::counted;
use crate::report::slices::worst;
use crate::report::standing::rows;
use crate::report::text::{clean, clipped, cut_middle, pad, pad_left, width};
use crate::report::{Report, interval, number};

/// How many slices are shown.
const LINES: usize = 5;

/// The worst slices of the ruled metrics, each beside the whole. Nothing where there are no slices.
pub fn write(page: &mut Page, report: &Report<'_>) {
    let mut lines = Vec::new();
    for sliced in worst(report, LINES) {
        let metric = clean(sliced.metric.as_str());
        let whole = sliced.whole.map(|whole| format!("all {}", number(whole.value))).unwrap_or_default();
        for (slice, estimate) in &sliced.slices {
            let small = if slice.small { ", small" } else { "" };
            let ends = estimate.interval.map(|ends| format!(" {}", interval(ends))).unwrap_or_default();
            lines.push((
                slice.small,
                format!("{metric} [{}]", clipped(&slice.name, 80)),
                format!("{}{ends}", number(estimate.value)),
                format!("{whole}  {}{small}", rows(slice.rows)).trim_start().to_owned(),
            ));
        }
    }
    let Some(predictions) = report.record.predictions().filter(|_| !lines.is_empty()) else { return };
    page.heading("the worst slices");
    let widest = |of: &dyn Fn(usize) -> usize| (0..lines.len()).map(of).max().unwrap_or(0);
    let value = widest(&|at| width(&lines[at].2));
    let after = widest(&|at| width(&lines[at].3));
    // What stands behind the value goes first where there is no room.
    let fits = page.width() >= 2 + 14 + 2 + value + 2 + after;
    let room = page.width().saturating_sub(4 + value + if fits { 2 + after } else { 0 });
    let name = widest(&|at| width(&lines[at].1)).min(room);
    for (small, slice, number, after) in &lines {
        let (mark, style) = if *small { ("⚠ ", OPEN) } else { ("  ", DIM) };
        let mark = page.paint(style, mark);
        let slice = pad(&cut_middle(slice, name), name);
        let after = if fits { format!("  {after}") } else { String::new() };
        page.line(&format!("{mark}{slice}  {}{after}", pad_left(number, value)));
    }
    if let Some(more @ 1..) = predictions.slices.len().checked_sub(LINES) {
        let more = counted(more, "more slice is", "more slices are");
        page.text("  ", DIM, &format!("{more} in report.html"), DIM, 1);
    }
}
