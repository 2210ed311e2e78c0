//! The steps on one line of time, and what each of them took.

use std::time::{Duration, SystemTime};

use super::markup::{Markup, tag};
use super::scale::px;
use super::{clip, marks};
use crate::record::{Conclusion, Outcome, Record, StepRecord};
use crate::report::standing::is_undecided;
use crate::report::{Report, bytes, seconds};

/// A step's place on the line of time, in seconds from the first step's beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    from: f64,
    to: f64,
}

/// Writes the section, where a step has ended.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let steps = &report.record.steps;
    if steps.is_empty() {
        return;
    }
    let spans = spans(steps);
    let end = spans.iter().map(|span| span.to).fold(0.0, f64::max);
    super::section(m, "steps", "Steps", &format!("{} from first to last", seconds(end)), |m| {
        m.element(tag("table.steps").set("role", "table"), |m| {
            m.columns(&["step", "when", "took", "cpu", "peak memory"]);
            m.element("tbody", |m| {
                for (step, span) in steps.iter().zip(&spans) {
                    table_row(m, report.record, step, *span, end);
                }
            });
        });
    });
}

fn table_row(m: &mut Markup, record: &Record, step: &StepRecord, span: Span, end: f64) {
    let undecided = is_undecided(record, step).then_some(Conclusion::Inconclusive);
    let tone = undecided.map_or_else(|| marks::of_outcome(step.outcome), marks::of_conclusion);
    let commands = &step.evidence.commands;
    let cpu = commands.iter().fold(0.0, |cpu, command| cpu + command.cpu_seconds.max(0.0));
    let memory = commands.iter().map(|command| command.peak_memory_bytes).max();
    let skipped = step.outcome == Outcome::Skipped;
    m.element(tag("tr").set("class", tone.class()).set("role", "row"), |m| {
        m.element(tag("th").set("scope", "row").set("role", "rowheader"), |m| {
            m.element("div.judged", |m| {
                m.leaf("b", step.step);
                match undecided {
                    Some(conclusion) => marks::conclusion_badge(m, conclusion),
                    None => marks::outcome_badge(m, step.outcome),
                }
            });
            m.leaf("p.because", clip(&step.because, 600));
            if let Some(help) = &step.help {
                m.leaf("p.help", clip(help, 600));
            }
        });
        m.element(tag("td.when").set("role", "cell"), |m| {
            if !skipped {
                bar(m, step, span, end);
            }
        });
        number_cell(m, "took", (!skipped).then(|| seconds(step.seconds.max(0.0))));
        number_cell(m, "cpu", (!commands.is_empty()).then(|| seconds(cpu)));
        number_cell(m, "peak memory", memory.map(bytes));
    });
}

fn number_cell(m: &mut Markup, label: &'static str, number: Option<String>) {
    let name = if number.is_some() { "td.n" } else { "td.n.nothing" };
    m.leaf(tag(name).set("data-label", label).set("role", "cell"), number.as_deref().unwrap_or("–"));
}

fn bar(m: &mut Markup, step: &StepRecord, span: Span, end: f64) {
    let share = |at: f64| if end > 0.0 { (at / end).clamp(0.0, 1.0) * 300.0 } else { 0.0 };
    // However short, a step leaves something to see.
    let least = if step.outcome == Outcome::Restored { 9.0 } else { 3.0 };
    let width = (share(span.to) - share(span.from)).max(least);
    let x = share(span.from).min(300.0 - width);
    let label = format!("begins after {}, takes {}", seconds(span.from), seconds(span.to - span.from));
    let svg = tag("svg.gantt").set("viewBox", "0 0 300 16").set("preserveAspectRatio", "none");
    m.element(svg.set("role", "img").set("aria-label", &label), |m| {
        m.leaf("title", &label);
        m.empty(tag("path.axis").set("d", "M0 8H300"));
        let name = if step.outcome == Outcome::Restored { "rect.took.restored" } else { "rect.took" };
        m.empty(tag(name).set("x", px(x)).set("y", 2).set("width", px(width)).set("height", 12).set("rx", 2));
    });
}

/// Where each step lies. A step whose beginning cannot be read begins where the one before it ended.
fn spans(steps: &[StepRecord]) -> Vec<Span> {
    let starts: Vec<Option<SystemTime>> =
        steps.iter().map(|step| humantime::parse_rfc3339_weak(&step.started).ok()).collect();
    let first = starts.iter().flatten().min().copied();
    let mut end: f64 = 0.0;
    steps
        .iter()
        .zip(starts)
        .map(|(step, start)| {
            let since = |first| start.and_then(|start| start.duration_since(first).ok());
            let from = first.and_then(since).as_ref().map_or(end, Duration::as_secs_f64);
            let to = from + step.seconds.max(0.0);
            end = end.max(to);
            Span { from, to }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn steps_lie_where_they_began() {
        let mut steps = fixtures::approved().steps;
        steps.truncate(3);
        for (step, (started, seconds)) in steps.iter_mut().zip([
            ("2026-03-02T08:15:01Z", 2.0),
            ("2026-03-02T08:15:04.5Z", 1.0),
            ("yesterday", -3.0),
        ]) {
            step.started = started.into();
            step.seconds = seconds;
        }
        assert_eq!(
            spans(&steps),
            [Span { from: 0.0, to: 2.0 }, Span { from: 3.5, to: 4.5 }, Span { from: 4.5, to: 4.5 }]
        );
    }
}
