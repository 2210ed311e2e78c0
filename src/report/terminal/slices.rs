//! The worst slices, in a few lines.

use super::page::Page;
use super::{DIM, OPEN};
use crate::number::counted;
use crate::report::slices::{Sliced, worst};
use crate::report::standing::rows;
use crate::report::text::{clean, clipped, cut_middle, pad, pad_left, width};
use crate::report::{Report, interval, number};

/// How many slices are shown.
const LINES: usize = 5;
/// A name is not cut below so many columns; rather other columns are given up.
const NAME: usize = 14;

struct Line {
    small: bool,
    name: String,
    value: String,
    interval: String,
    after: String,
}

/// The worst slices of the ruled metrics, each beside the whole. Nothing where there are no slices.
pub fn write(page: &mut Page, report: &Report<'_>) {
    let lines: Vec<Line> = worst(report, LINES).iter().flat_map(lines).collect();
    let Some(predictions) = report.record.predictions().filter(|_| !lines.is_empty()) else { return };
    page.heading("the worst slices");
    let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let value = widest(&|line| width(&line.value));
    let ends = widest(&|line| width(&line.interval));
    let after = widest(&|line| width(&line.after));
    // What stands last is given up first.
    let left = |used: usize| page.width().saturating_sub(4 + used);
    let (ends, after) = match () {
        () if left(value + ends + after + 3) >= NAME => (ends, after),
        () if left(value + ends + 1) >= NAME => (ends, 0),
        () => (0, 0),
    };
    let used = value + if ends > 0 { ends + 1 } else { 0 } + if after > 0 { after + 2 } else { 0 };
    let name = widest(&|line| width(&line.name)).min(left(used));
    for line in &lines {
        let (mark, style) = if line.small { ("⚠ ", OPEN) } else { ("  ", DIM) };
        let mut text = page.paint(style, mark);
        text += &format!("{}  {}", pad(&cut_middle(&line.name, name), name), pad_left(&line.value, value));
        if ends > 0 {
            text += &format!(" {}", pad(&line.interval, ends));
        }
        if after > 0 {
            text += &format!("  {}", line.after);
        }
        page.line(&text);
    }
    if let Some(more @ 1..) = predictions.slices.len().checked_sub(LINES) {
        let more = counted(more, "more slice is", "more slices are");
        page.text("  ", DIM, &format!("{more} in report.html"), DIM, 1);
    }
}

fn lines(sliced: &Sliced<'_>) -> Vec<Line> {
    let metric = clean(sliced.metric.as_str());
    let whole = sliced.whole.map(|whole| format!("all {}  ", number(whole.value))).unwrap_or_default();
    let line = |(slice, estimate): &(&crate::record::Slice, crate::record::Estimate)| Line {
        small: slice.small,
        name: format!("{metric} [{}]", clipped(&slice.name, 80)),
        value: number(estimate.value),
        interval: estimate.interval.map(interval).unwrap_or_default(),
        after: format!("{whole}{}{}", rows(slice.rows), if slice.small { ", small" } else { "" }),
    };
    sliced.slices.iter().map(line).collect()
}
