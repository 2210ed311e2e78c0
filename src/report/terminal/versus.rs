//! Two records side by side.

use anstyle::Style;

use super::page::Page;
use super::{BAD, BOLD, DIM, GOOD, Look, OPEN, sentences};
use crate::number::counted;
use crate::record::MetricValue;
use crate::report::text::{clean, clipped, cut, cut_middle, pad, pad_left, width};
use crate::report::versus::{Metric, Outcome, Rule, Side, SliceChange, Versus};
use crate::report::{change, interval, number, value};

/// How many slices are shown.
const SLICES: usize = 10;
/// How many rules and metrics are shown before they are counted.
const LINES: usize = 100;

/// Plain lines, each within the width, with a newline after every one.
#[must_use]
pub fn render(versus: &Versus, look: Look) -> String {
    let mut page = Page::new(look);
    side(&mut page, "A ", &versus.a);
    side(&mut page, "B ", &versus.b);
    metrics(&mut page, &versus.metrics);
    rules(&mut page, &versus.rules);
    slices(&mut page, &versus.slices);
    sentences(&mut page, "notes", &versus.notes);
    page.finish()
}

fn side(page: &mut Page, name: &str, side: &Side) {
    let style = match side.conclusion {
        Some("approved") => GOOD,
        Some("rejected" | "failed" | "faulted") => BAD,
        _ => OPEN,
    };
    let ended = side.conclusion.unwrap_or("not concluded");
    page.text(name, BOLD, &format!("{ended}: {}", clipped(&side.from, 200)), style, 3);
    let mut about = vec![clean(&side.model)];
    about.extend(side.commit.iter().map(|commit| format!("commit {}", commit.short())));
    about.extend(side.branch.as_deref().map(|branch| clipped(branch, 60)));
    about.push(format!("run {}", clipped(&side.run, 60)));
    about.extend(side.rows.map(crate::report::standing::rows));
    page.text("  ", DIM, &about.join(", "), DIM, 4);
}

fn metrics(page: &mut Page, metrics: &[Metric]) {
    if metrics.is_empty() {
        return;
    }
    let shown = |it: &Option<MetricValue>| match it {
        None => "–".to_owned(),
        Some(it) => cut(&clean(&value(it)), 20),
    };
    let lines = metrics.iter().take(LINES).map(|it| {
        let by = it.change.map(change).unwrap_or_default();
        [clean(it.metric.as_str()), shown(&it.a), shown(&it.b), with_ends(by, it.interval)]
    });
    page.heading("metrics");
    table(page, ["metric", "A", "B", "change"], lines.collect());
    left_out(page, metrics.len(), LINES);
}

fn rules(page: &mut Page, rules: &[Rule]) {
    page.heading("rules whose outcome differs");
    if rules.is_empty() {
        return page.text("  ", DIM, "none", DIM, 1);
    }
    for rule in rules.iter().take(LINES) {
        let slice =
            rule.slice.as_deref().map(|slice| format!(" [{}]", clipped(slice, 60))).unwrap_or_default();
        let bounds = match (&rule.a, &rule.b) {
            (Some(a), Some(b)) if a.bound != b.bound => format!("{}, was {}", b.bound, a.bound),
            (_, Some(it)) | (Some(it), None) => it.bound.clone(),
            (None, None) => String::new(),
        };
        let name = format!("{}{slice} {}", clean(rule.metric.as_str()), clipped(&bounds, 100));
        let word = |it: &Option<Outcome>| it.as_ref().map_or("not there", |it| it.outcome);
        let (mark, style) = mark(rule.b.as_ref());
        page.text(mark, style, &format!("{name}: {} → {}", word(&rule.a), word(&rule.b)), Style::new(), 3);
        let why = rule.b.as_ref().or(rule.a.as_ref()).map_or("", |it| it.because.as_str());
        if !why.is_empty() {
            page.text("    ", DIM, &clipped(why, 300), DIM, 3);
        }
    }
    left_out(page, rules.len(), LINES);
}

fn mark(now: Option<&Outcome>) -> (&'static str, Style) {
    match now {
        Some(now) if now.outcome == "pass" => ("✓ ", GOOD),
        Some(now) if !now.counts => ("⚠ ", OPEN),
        Some(now) if now.outcome == "fail" => ("✗ ", BAD),
        Some(_) => ("? ", OPEN),
        None => ("- ", DIM),
    }
}

fn slices(page: &mut Page, slices: &[SliceChange]) {
    if slices.is_empty() {
        return;
    }
    let lines = slices.iter().take(SLICES).map(|it| {
        let small = if it.small { "⚠ small, " } else { "" };
        let name = format!("{small}{} [{}]", clean(it.metric.as_str()), clipped(&it.slice, 80));
        [name, number(it.a), number(it.b), with_ends(change(it.change), it.interval)]
    });
    page.heading("the slices that changed most");
    table(page, ["slice", "A", "B", "change"], lines.collect());
    left_out(page, slices.len(), SLICES);
}

fn left_out(page: &mut Page, all: usize, shown: usize) {
    if let Some(more @ 1..) = all.checked_sub(shown) {
        let more = counted(more, "more with --format json", "more with --format json");
        page.text("  ", DIM, &more, DIM, 1);
    }
}

fn with_ends(text: String, ends: Option<[f64; 2]>) -> String {
    match ends {
        Some(ends) => format!("{text} {}", interval(ends)),
        None => text,
    }
}

/// Names to the left, numbers to the right; where there is no room, each over two lines.
fn table(page: &mut Page, titles: [&str; 4], lines: Vec<[String; 4]>) {
    let widths: [usize; 4] = std::array::from_fn(|at| {
        lines.iter().map(|line| width(&line[at])).max().unwrap_or(0).max(width(titles[at]))
    });
    let fixed = 2 + widths[1..].iter().map(|width| width + 2).sum::<usize>();
    let Some(name) = page.width().checked_sub(fixed).filter(|room| *room >= widths[0].min(14)) else {
        for line in lines {
            page.line(&format!("  {}", cut_middle(&line[0], page.width() - 2)));
            let numbers = line[1..].iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>();
            page.text("    ", DIM, &numbers.join("  "), Style::new(), 2);
        }
        return;
    };
    let name = name.min(widths[0]);
    let cells = |line: &[String; 4]| {
        let mut text = format!("  {}", pad(&cut_middle(&line[0], name), name));
        for at in 1..4 {
            text.push_str("  ");
            text.push_str(&pad_left(&line[at], widths[at]));
        }
        text
    };
    let header = page.paint(DIM, cells(&titles.map(str::to_owned)).trim_end());
    page.line(&header);
    lines.iter().for_each(|line| page.line(&cells(line)));
}
