//! The report as GitHub-flavoured Markdown, which GitLab reads too.
//!
//! The verdict stands on the first line, and what does not hold before what does. Text that others wrote
//! can put in no link, mention, HTML or row: names and values are code, sentences are escaped.

mod chart;
mod data;
mod escape;
mod measured;
mod section;
mod versus;

pub use escape::sentence;
use escape::{code, fenced, link};
use section::{Section, assemble};
pub use versus::render as versus;

use super::standing::{self, Standing, is_undecided, standing};
use super::{Report, all_endings, bound, bytes, change, evidence, interval, seconds, value};
use crate::finding::{Finding, Severity};
use crate::number::counted;
use crate::record::{Conclusion, DeliveryOutcome, MetricValue, Outcome, Record, Row};
use crate::step::Step;

/// How the trend of earlier runs is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charts {
    /// Not at all; for places that show no charts, such as a check run.
    None,
    /// As Mermaid charts, which issues, comments and job summaries show.
    Mermaid,
}

/// The whole report.
#[must_use]
pub fn render(report: &Report, charts: Charts) -> String {
    assemble(&sections(report, charts), usize::MAX, "")
}

/// The report in at most `limit` bytes. What does not fit is cut between two rows, and a last line says so.
#[must_use]
pub fn within(report: &Report, charts: Charts, limit: usize) -> String {
    assemble(&sections(report, charts), limit, &notice(report.record))
}

/// What a run has done so far, in at most `limit` bytes: `next` is about to begin.
#[must_use]
pub fn under_way(record: &Record, next: Option<Step>, limit: usize) -> String {
    let what = next.map_or_else(|| "the run has begun".to_owned(), |next| format!("{next} is under way"));
    let first = format!("⏳ **{what}** · {}", code(record.model.as_str(), 128));
    let sections = [Section::text(vec![first]), steps(record), provenance(record)];
    assemble(&sections, limit, &notice(record))
}

/// That a run ended without a report, and why, in at most `limit` bytes.
#[must_use]
pub fn abandoned(record: &Record, cause: &str, limit: usize) -> String {
    let first = format!("❌ **ended without a report** · {}", code(record.model.as_str(), 128));
    let cause = Section::text(vec![sentence(cause, 2000)]);
    let sections = [Section::text(vec![first]), cause, steps(record), provenance(record)];
    assemble(&sections, limit, &notice(record))
}

/// Lines as they are, in at most `limit` bytes.
#[must_use]
pub fn fenced_within(lines: &str, limit: usize) -> String {
    let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    assemble(&[fenced(&lines)], limit, "\n> ⚠️ **cut to fit here**; the job's log has the whole\n")
}

/// The last line of a page that was cut.
fn notice(record: &Record) -> String {
    let page = record.context.url.as_deref().and_then(link).map(|url| format!(", see [its page]({url})"));
    let page = page.unwrap_or_default();
    format!("\n> ⚠️ **cut to fit here**; the whole is in report.md of the run's artifacts{page}\n")
}

/// What a reader needs, the most needed first.
fn sections(report: &Report, charts: Charts) -> Vec<Section> {
    let open = report.rows.iter().filter(|row| standing(row) != Standing::Holds).count();
    let decides = |row: &&&Row| matches!(standing(row), Standing::Fails | Standing::Open);
    let mut sections = vec![headline(report)];
    if report.rows.iter().any(|row| decides(&row)) {
        let (open, passing) = report.rows.split_at(open);
        let title = counted(passing.len(), "rule holds", "rules hold");
        sections.extend([rules(open), rules(passing).folded(&title)]);
    } else {
        sections.push(rules(&report.rows));
    }
    sections.push(measured::slices(report));
    sections.push(list("What to do", &report.advice));
    sections.push(list("Notes", report.notes));
    sections.push(findings(&report.findings));
    sections.extend(all_endings(report.record).filter(|ending| !ending.tail.is_empty()).map(|ending| {
        let what = code(ending.what, 200);
        let title = format!("{}: the end of {what} ({})", ending.step, sentence(ending.ended, 80));
        fenced(ending.tail).titled(&title)
    }));
    sections.extend(report.record.data().into_iter().flat_map(data::sections));
    sections.push(measured::confusion(report.record));
    sections.push(measured::thresholds(report.record));
    sections.push(deliveries(report.record));
    sections.push(steps(report.record));
    if charts == Charts::Mermaid {
        sections.extend(chart::all(report));
    }
    sections.push(provenance(report.record));
    sections
}

fn headline(report: &Report) -> Section {
    let mark = match report.conclusion {
        Conclusion::Approved => "✅",
        Conclusion::Rejected | Conclusion::Failed | Conclusion::Faulted => "❌",
        Conclusion::Inconclusive => "❔",
        Conclusion::Cancelled => "⚠️",
    };
    let model = code(report.record.model.as_str(), 128);
    Section::text(vec![format!("{mark} **{}** · {model}", sentence(&report.headline, 500))])
}

fn rules(rows: &[&Row]) -> Section {
    let titles = ["", "metric", "value", "bound", "baseline", "change", "margin", "why"];
    Section::table(&titles, "::rrrrr:", rows.iter().map(|row| rule(row)).collect())
}

fn rule(row: &Row) -> Vec<String> {
    let mark = match standing(row) {
        Standing::Holds => "✅",
        Standing::Fails => "❌",
        Standing::Open => "❔",
        Standing::Warns => "⚠️",
    };
    let slice = row.slice.as_deref().map(|slice| format!(" in {}", code(slice, 100))).unwrap_or_default();
    let bound = match row.bound.number() {
        Some(_) => bound(row),
        None => format!("= {}", shown(&row.bound)),
    };
    vec![
        mark.into(),
        format!("{}{slice}", code(row.metric.as_str(), 256)),
        row.value.as_ref().map_or_else(|| "missing".into(), shown) + &ends(row.interval),
        bound,
        row.baseline.as_ref().map(shown).unwrap_or_default(),
        row.change.map(change).unwrap_or_default() + &ends(row.change_interval),
        row.margin.map(change).unwrap_or_default(),
        why(row),
    ]
}

/// An interval behind its number.
fn ends(ends: Option<[f64; 2]>) -> String {
    ends.map(|ends| format!(" {}", interval(ends))).unwrap_or_default()
}

/// The reason, what would decide it, how it was measured, and why it does not count.
fn why(row: &Row) -> String {
    let mut parts = vec![sentence(&row.because, 500)];
    parts.extend(standing::wants(row));
    parts.extend(standing::of_both(row).map(str::to_owned));
    parts.extend(standing::measured(row).map(|by| format!("*{}*", sentence(&by, 200))));
    parts.extend(standing::aside(row).map(|aside| format!("**{aside}**")));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

fn shown(it: &MetricValue) -> String {
    match it {
        MetricValue::Number(_) => value(it),
        MetricValue::Text(text) => code(text, 40),
    }
}

fn list(title: &str, sentences: &[String]) -> Section {
    Section::text(sentences.iter().map(|it| format!("- {}", sentence(it, 1000))).collect()).titled(title)
}

fn findings(findings: &[(Step, &Finding)]) -> Section {
    let rows = findings.iter().map(|(step, finding)| {
        let mark = match finding.severity {
            Severity::Error => "❌",
            Severity::Warning => "⚠️",
            Severity::Notice => "ℹ️",
        };
        vec![
            format!("{mark} {}", finding.severity.word()),
            code(&finding.place(), 200),
            sentence(&finding.message, 500),
            code(&finding.code, 100),
            step.to_string(),
        ]
    });
    Section::table(&["", "where", "what", "code", "step"], ":::::", rows.collect()).titled("Findings")
}

/// Where it was shipped to.
fn deliveries(record: &Record) -> Section {
    let rows = record.deliveries.iter().map(|delivery| {
        let mark = match delivery.outcome {
            DeliveryOutcome::Delivered => "✅",
            DeliveryOutcome::Failed => "❌",
            DeliveryOutcome::Started | DeliveryOutcome::Skipped => "➖",
        };
        let page = delivery.url.as_deref().and_then(link).map(|url| format!("[its page]({url})"));
        vec![
            format!("{mark} {}", delivery.outcome.word()),
            code(&delivery.target, 200),
            match &delivery.image {
                Some(image) => format!("{}: {}", sentence(&delivery.because, 500), code(image, 500)),
                None => sentence(&delivery.because, 500),
            },
            page.unwrap_or_default(),
        ]
    });
    Section::table(&["", "to", "why", "where"], "::::", rows.collect()).titled("Deliveries")
}

fn steps(record: &Record) -> Section {
    let rows = record.steps.iter().map(|step| {
        let (mark, word) = match step.outcome {
            _ if is_undecided(record, step) => ("❔", Conclusion::Inconclusive.word()),
            Outcome::Passed | Outcome::Restored => ("✅", step.outcome.word()),
            Outcome::Failed | Outcome::Faulted => ("❌", step.outcome.word()),
            Outcome::Skipped => ("➖", step.outcome.word()),
        };
        let took = if step.outcome == Outcome::Skipped { String::new() } else { seconds(step.seconds) };
        vec![format!("{mark} {word}"), step.step.to_string(), took, sentence(&step.because, 500)]
    });
    Section::table(&["", "step", "time", "why"], "::r:", rows.collect()).titled("Steps")
}

/// What was judged, of what it was made, and what it was compared with.
fn provenance(record: &Record) -> Section {
    let context = &record.context;
    let mut facts = Vec::new();
    let mut fact = |name: &str, text: String| facts.push(vec![name.to_owned(), text]);
    if let Some(commit) = &context.commit {
        let dirty = if context.dirty { ", with uncommitted changes" } else { "" };
        fact("commit", format!("{}{dirty}", code(commit.as_str(), 64)));
    }
    if let Some(branch) = &context.branch {
        fact("branch", code(branch, 200));
    }
    fact("event", code(&context.event, 100));
    let id = code(&record.id, 100);
    fact(
        "run",
        match context.url.as_deref().and_then(link) {
            Some(url) => format!("{id}, [its page]({url})"),
            None => id,
        },
    );
    fact("began", code(&record.started, 40));
    fact("took", seconds(record.steps.iter().map(|step| step.seconds).fold(0.0, std::ops::Add::add)));
    for (path, digest) in record.model_outputs() {
        fact("output", format!("{}, {}", code(&path, 200), code(&digest.to_string(), 80)));
    }
    if let Some(image) = record.image() {
        fact("image", format!("{}, {}", code(&image.id.to_string(), 80), bytes(image.bytes)));
    }
    if let Some(inputs) = record.step(Step::Train).and_then(|train| train.evidence.inputs.as_ref()) {
        let digest = code(&inputs.digest.to_string(), 80);
        fact("inputs", format!("{} files, {}, {digest}", inputs.files, bytes(inputs.bytes)));
    }
    if let Some(baseline) = &record.baseline {
        let commit = baseline.commit.as_ref().map(|it| format!(", commit {}", code(it.as_str(), 64)));
        let run = baseline.run.as_ref().map(|it| format!(", run {}", code(it, 100)));
        let place = baseline.place.as_ref().map(|it| format!(", {}", sentence(it, 200)));
        let from = code(&baseline.from, 200) + &place.unwrap_or_default();
        fact("baseline", format!("{from}{}{}", commit.unwrap_or_default(), run.unwrap_or_default()));
        if let Some(comparison) = &baseline.comparison {
            fact("comparison", sentence(&evidence::compared(comparison), 500));
        }
    }
    if let Some(predictions) = record.predictions() {
        fact("evaluation", sentence(&evidence::evaluated(predictions), 500));
        fact("evaluation set", code(&predictions.set.to_string(), 80));
    }
    if let Some(decided) = evidence::decided(record) {
        fact("judged", decided);
    }
    fact("modelgate", code(&record.modelgate, 40));
    Section::table(&["", ""], "::", facts).folded("Provenance")
}

#[cfg(test)]
mod tests;
