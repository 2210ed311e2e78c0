//! The report on a terminal: the verdict first, then why, then what to do.

mod drift;
mod page;
mod rules;
mod slices;
mod versus;

pub use drift::render as drift;
pub use versus::render as versus;

use anstyle::{AnsiColor, Style};

use page::Page;

use super::standing::is_undecided;
use super::text::{clean, clipped, pad, pad_left, width};
use super::{Ending, REMEDIES, Report, all_endings, endings, evidence, seconds};
use crate::finding::{Finding, Severity};
use crate::record::{Baseline, Conclusion, Delivery, DeliveryOutcome, Outcome, Record, StepRecord};
use crate::step::Step;

/// How much a terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns; lines are kept within them. 0 is unknown and stands for 80; fewer than 40 count as 40.
    pub width: usize,
    /// Whether to write ANSI colours.
    pub color: bool,
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// How many findings are listed before they are counted.
const FINDINGS: usize = 20;
/// How many lines of a failed command are shown.
const TAIL: usize = 30;

/// Plain lines, each within the width, with a newline after every one.
#[must_use]
pub fn render(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    headline(&mut page, report);
    rules::write(&mut page, &report.rows);
    compared(&mut page, report.record.baseline.as_ref());
    evaluated(&mut page, report);
    slices::write(&mut page, report);
    data(&mut page, report.record);
    steps(&mut page, report.record);
    deliveries(&mut page, &report.record.deliveries);
    findings(&mut page, &report.findings);
    all_endings(report.record).for_each(|ending| tail(&mut page, &ending));
    sentences(&mut page, "notes", report.notes);
    sentences(&mut page, "what to do", &report.advice);
    page.finish()
}

/// What one step alone has to say: its findings, and the end of what a failed command wrote. The console has
/// shown how it ended.
#[must_use]
pub fn step(step: &StepRecord, look: Look) -> String {
    let mut page = Page::new(look);
    let found: Vec<_> = step.findings.iter().map(|finding| (step.step, finding)).collect();
    findings(&mut page, &found);
    endings(step).for_each(|ending| tail(&mut page, &ending));
    let mut advice: Vec<String> = step.help.iter().cloned().collect();
    for help in step.findings.iter().filter_map(|finding| finding.help.clone()).take(REMEDIES) {
        if !advice.contains(&help) {
            advice.push(help);
        }
    }
    sentences(&mut page, "what to do", &advice);
    page.finish()
}

fn headline(page: &mut Page, report: &Report) {
    let (mark, style) = match report.conclusion {
        Conclusion::Approved => ('✓', GOOD),
        Conclusion::Rejected | Conclusion::Failed | Conclusion::Faulted => ('✗', BAD),
        Conclusion::Inconclusive => ('?', OPEN),
        Conclusion::Cancelled => ('!', OPEN),
    };
    page.text(&format!("{mark} "), style.bold(), &clipped(&report.headline, 600), style.bold(), 5);

    let record = report.record;
    let context = &record.context;
    let mut about = vec![record.model.to_string()];
    if let Some(commit) = &context.commit {
        let dirty = if context.dirty { " with uncommitted changes" } else { "" };
        about.push(format!("commit {}{dirty}", commit.short()));
    }
    about.extend(context.branch.as_deref().map(|branch| clipped(branch, 60)));
    about.push(format!("run {}", clipped(&record.id, 60)));
    page.text("  ", DIM, &about.join(", "), DIM, 4);
}

/// What the rules were compared with.
fn compared(page: &mut Page, baseline: Option<&Baseline>) {
    let Some(baseline) = baseline else { return };
    let mut words = format!("compared with {}", clipped(&baseline.from, 120));
    if let Some(place) = &baseline.place {
        words.push_str(&format!(": {}", clipped(place, 200)));
    }
    if let Some(run) = &baseline.run {
        words.push_str(&format!(", run {}", clipped(run, 60)));
    }
    page.text("  ", DIM, &words, DIM, 4);
    if let Some(comparison) = &baseline.comparison {
        page.text("  ", DIM, &clipped(&evidence::compared(comparison), 400), DIM, 4);
    }
}

/// What the numbers rest on.
fn evaluated(page: &mut Page, report: &Report<'_>) {
    if let Some(predictions) = report.record.predictions() {
        let decided = evidence::decided(report.record).map(|how| format!("; judged {how}"));
        let words =
            format!("evaluated on {}{}", evidence::evaluated(predictions), decided.unwrap_or_default());
        page.text("  ", DIM, &words, DIM, 3);
    }
}

/// How far the data has moved, in a few lines.
fn data(page: &mut Page, record: &Record) {
    if let Some(moved) = record.data().and_then(|data| data.drift.as_ref()) {
        page.heading("data");
        drift::brief(page, moved);
    }
}

fn steps(page: &mut Page, record: &Record) {
    let steps = &record.steps;
    if steps.is_empty() {
        return;
    }
    page.heading("steps");
    let took = |step: &StepRecord| match step.outcome {
        Outcome::Skipped => String::new(),
        _ => seconds(step.seconds),
    };
    let widest = |of: &dyn Fn(&StepRecord) -> usize| steps.iter().map(of).max().unwrap_or(0);
    let word = widest(&|step| step.step.word().len());
    let ended = |step: &StepRecord| match is_undecided(record, step) {
        true => Conclusion::Inconclusive.word(),
        false => step.outcome.word(),
    };
    let outcome = widest(&|step| ended(step).len());
    let time = widest(&|step| width(&took(step)).min(14));
    for step in steps {
        let (mark, style) = match step.outcome {
            _ if is_undecided(record, step) => ("? ", OPEN),
            Outcome::Passed | Outcome::Restored => ("✓ ", GOOD),
            Outcome::Failed | Outcome::Faulted => ("✗ ", BAD),
            Outcome::Skipped => ("- ", DIM),
        };
        let facts = format!(
            "{}  {}  {}",
            pad(step.step.word(), word),
            pad(ended(step), outcome),
            pad_left(&took(step), time)
        );
        page.entry(mark, style, &facts, &clipped(&step.because, 300));
    }
}

fn deliveries(page: &mut Page, deliveries: &[Delivery]) {
    if deliveries.is_empty() {
        return;
    }
    page.heading("deliveries");
    let targets: Vec<String> = deliveries.iter().map(|it| clipped(&it.target, 60)).collect();
    let widest = targets.iter().map(|target| width(target)).max().unwrap_or(0);
    for (delivery, target) in deliveries.iter().zip(&targets) {
        let (mark, style) = match delivery.outcome {
            DeliveryOutcome::Delivered => ("✓ ", GOOD),
            DeliveryOutcome::Failed => ("✗ ", BAD),
            DeliveryOutcome::Started | DeliveryOutcome::Skipped => ("- ", DIM),
        };
        let facts = format!("{}  {}", pad(target, widest), pad(delivery.outcome.word(), 9));
        page.entry(mark, style, &facts, &clipped(&delivery.because, 300));
        if let Some(image) = &delivery.image {
            page.verbatim("  ", &clipped(image, 1000));
        }
    }
}

fn findings(page: &mut Page, findings: &[(Step, &Finding)]) {
    if findings.is_empty() {
        return;
    }
    page.heading("findings");
    for (_, finding) in findings.iter().take(FINDINGS) {
        let (mark, style) = match finding.severity {
            Severity::Error => ("✗ ", BAD),
            Severity::Warning => ("! ", OPEN),
            Severity::Notice => ("- ", DIM),
        };
        let place = clipped(&finding.place(), 200);
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        let (message, code) = (clipped(&finding.message, 400), clipped(&finding.code, 100));
        page.text(mark, style, &format!("{place}{message} ({code})"), Style::new(), 6);
    }
    if let Some(more @ 1..) = findings.len().checked_sub(FINDINGS) {
        page.text("  ", DIM, &format!("and {more} more in report.md"), DIM, 1);
    }
}

/// The end of what something that failed wrote. The bar keeps it apart from our own words, and keeps a CI
/// system from reading it as a command to itself.
fn tail(page: &mut Page, ending: &Ending<'_>) {
    let Ending { step, what, ended, log, tail, .. } = ending;
    if tail.is_empty() {
        return;
    }
    page.heading(&format!("{step}: the end of «{}» ({})", clipped(what, 200), clipped(ended, 80)));
    let left_out = tail.len().saturating_sub(TAIL);
    if let Some(log) = log.filter(|_| left_out > 0) {
        page.text("  │ ", DIM, &format!("… {left_out} lines before these are in {}", clean(log)), DIM, 2);
    }
    for line in &tail[left_out..] {
        page.verbatim("  │ ", &clipped(&line.replace('\t', "    "), 1000));
    }
}

fn sentences(page: &mut Page, heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    page.heading(heading);
    for sentence in sentences {
        page.text("- ", DIM, &clipped(sentence, 600), Style::new(), 12);
    }
}

#[cfg(test)]
mod tests;
