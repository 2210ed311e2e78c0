//! The top of the page: the verdict, what it rests on, and what to do.

use super::markup::{Markup, tag};
use super::{clip, marks, moment, rules};
use crate::finding::Severity;
use crate::record::Record;
use crate::report::{Report, seconds};

/// As many pieces of advice as a reader acts on before reading on.
const ADVICE: usize = 12;

/// Writes the verdict, large, and one sentence.
pub(super) fn verdict(m: &mut Markup, report: &Report<'_>) {
    let record = report.record;
    let word = report.conclusion.word();
    let sentence = report.headline.strip_prefix(word).and_then(|rest| rest.strip_prefix(": "));
    let tone = marks::of_conclusion(report.conclusion);
    m.element(tag("header").set("class", format!("hero {}", tone.class())), |m| {
        m.element("div.page", |m| {
            m.element("p.eyebrow", |m| {
                m.leaf("b", record.model.as_str());
                if let Some(branch) = &record.context.branch {
                    m.leaf("bdi", clip(branch, 80));
                }
                if let Some(commit) = &record.context.commit {
                    m.leaf("code", commit.short());
                }
                m.leaf(tag("time").set("datetime", &record.started), moment(&record.started));
            });
            m.element("div.verdict", |m| {
                marks::disc(m, tone, "svg.mark");
                m.element("div", |m| {
                    m.leaf("h1", word);
                    m.leaf("p.lead", clip(sentence.unwrap_or(&report.headline), 400));
                });
            });
            facts(m, report);
        });
    });
}

/// What the verdict rests on, in four numbers.
fn facts(m: &mut Markup, report: &Report<'_>) {
    m.element("dl.facts", |m| {
        let (hold, rules) = rules::counting(&report.rows);
        if rules > 0 {
            fact(m, "rules that hold", &hold.to_string(), &format!("of {rules}"));
        }
        let errors =
            report.findings.iter().filter(|(_, finding)| finding.severity == Severity::Error).count();
        let after = match errors {
            0 => String::new(),
            1 => "1 error".into(),
            _ => format!("{errors} errors"),
        };
        fact(m, "findings", &report.findings.len().to_string(), &after);
        if let Some(tests) = report.record.steps.iter().find_map(|step| step.evidence.tests.as_ref()) {
            let all = [tests.passed, tests.failed, tests.errors, tests.skipped]
                .into_iter()
                .fold(0, u64::saturating_add);
            fact(m, "tests passed", &tests.passed.to_string(), &format!("of {all}"));
        }
        if !report.record.steps.is_empty() {
            fact(m, "time in steps", &seconds(total(report.record)), "");
        }
    });
}

fn total(record: &Record) -> f64 {
    record.steps.iter().fold(0.0, |total, step| total + step.seconds.max(0.0))
}

fn fact(m: &mut Markup, name: &'static str, value: &str, after: &str) {
    m.element("div", |m| {
        m.leaf("dt", name);
        m.element("dd", |m| {
            m.leaf("b", value);
            if !after.is_empty() {
                m.leaf("span", format!(" {after}"));
            }
        });
    });
}

/// Writes what to do now, and what to know before relying on the verdict.
pub(super) fn advice(m: &mut Markup, report: &Report<'_>) {
    if !report.advice.is_empty() {
        m.element(tag("section.todo").set("aria-labelledby", "todo"), |m| {
            m.leaf(tag("h2").set("id", "todo"), "What to do");
            let (shown, folded) = report.advice.split_at(report.advice.len().min(ADVICE));
            m.element("ol", |m| shown.iter().for_each(|advice| m.leaf("li", clip(advice, 1000))));
            if !folded.is_empty() {
                m.element("details", |m| {
                    m.leaf("summary", format!("{} more", folded.len()));
                    m.element("ul", |m| folded.iter().for_each(|advice| m.leaf("li", clip(advice, 1000))));
                });
            }
        });
    }
    let record = report.record;
    let notes = record.verdict.iter().flat_map(|verdict| &verdict.notes);
    let dirty = record.context.dirty.then_some(
        "Tracked files differed from the commit, so this run says nothing about the commit itself.",
    );
    let notes: Vec<&str> = dirty.into_iter().chain(notes.map(String::as_str)).collect();
    if !notes.is_empty() {
        m.element(tag("section.notes").set("aria-labelledby", "notes"), |m| {
            m.leaf(tag("h2").set("id", "notes"), "Worth knowing");
            m.element("ul", |m| notes.iter().for_each(|note| m.leaf("li", clip(note, 1000))));
        });
    }
}
