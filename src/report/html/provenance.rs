//! Where it all comes from, to the last digit.

use super::markup::{Markup, tag};
use super::{clip, counted, moment};
use crate::context::Forge;
use crate::name::Digest;
use crate::record::{Baseline, Record};
use crate::report::{Report, bytes, evidence, seconds};

/// As many files as the page names.
const FILES: usize = 200;

/// Writes where the candidate was shipped, where it was.
pub(super) fn deliveries(m: &mut Markup, report: &Report<'_>) {
    let deliveries = &report.record.deliveries;
    if deliveries.is_empty() {
        return;
    }
    super::section(m, "deliveries", "Deliveries", &counted(deliveries.len(), "target", "targets"), |m| {
        m.element("table.plain", |m| {
            m.columns(&["target", "outcome", "why", "where"]);
            m.element("tbody", |m| {
                for delivery in deliveries {
                    m.element("tr", |m| {
                        m.leaf(tag("th").set("scope", "row"), clip(&delivery.target, 200));
                        m.leaf("td", delivery.outcome.word());
                        m.element("td", |m| {
                            m.text(clip(&delivery.because, 500));
                            if let Some(image) = &delivery.image {
                                m.leaf("code.copy", clip(image, 500));
                            }
                        });
                        m.element("td", |m| match &delivery.url {
                            Some(url) => m.link(url),
                            None => m.text("–"),
                        });
                    });
                }
            });
        });
    });
}

/// Writes the section.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let record = report.record;
    super::section(m, "provenance", "Provenance", "", |m| {
        m.element("dl.pairs", |m| {
            run(m, record);
            if let Some(baseline) = &record.baseline {
                compared(m, baseline);
            }
            evaluated(m, record);
            for step in &record.steps {
                if let Some(inputs) = &step.evidence.inputs {
                    let files = usize::try_from(inputs.files).unwrap_or(usize::MAX);
                    let what = format!("{}, {}", counted(files, "file", "files"), bytes(inputs.bytes));
                    pair(m, &format!("inputs of {}", step.step), |m| {
                        m.leaf("code.copy", inputs.digest);
                        m.leaf("span.after", what);
                    });
                }
                if let Some(image) = &step.evidence.image {
                    pair(m, &format!("image of {}", step.step), |m| {
                        m.leaf("code.copy", image.id);
                        m.leaf("span.after", bytes(image.bytes));
                    });
                }
                if let Some(from) = &step.evidence.restored_from {
                    pair(m, &format!("{} restored from", step.step), |m| {
                        m.leaf("code.copy", clip(from, 200))
                    });
                }
            }
        });
        outputs(m, record);
        commands(m, record);
    });
}

fn run(m: &mut Markup, record: &Record) {
    let context = &record.context;
    pair(m, "model", |m| m.leaf("b", &record.model));
    pair(m, "run", |m| m.leaf("code.copy", clip(&record.id, 200)));
    pair(m, "began", |m| m.leaf(tag("time").set("datetime", &record.started), moment(&record.started)));
    pair(m, "commit", |m| {
        match &context.commit {
            Some(commit) => {
                m.leaf("b", commit.short());
                m.leaf("code.copy", commit);
            }
            None => m.text("none: outside git, or before the first commit"),
        }
        if context.dirty {
            m.leaf("span.warn", "tracked files differed from it");
        }
    });
    pair(m, "branch", |m| match &context.branch {
        Some(branch) => m.leaf("bdi", clip(branch, 300)),
        None => m.text("none: detached"),
    });
    pair(m, "forge", |m| {
        m.text(match context.forge {
            Forge::Local => "local",
            Forge::Github => "github",
            Forge::Gitlab => "gitlab",
        });
    });
    pair(m, "event", |m| m.text(clip(&context.event, 200)));
    if let Some(url) = &context.url {
        pair(m, "page", |m| m.link(url));
    }
    pair(m, "modelgate", |m| m.text(clip(&record.modelgate, 100)));
}

fn compared(m: &mut Markup, baseline: &Baseline) {
    pair(m, "baseline", |m| {
        m.leaf("bdi", clip(&baseline.from, 300));
        if let Some(place) = &baseline.place {
            m.leaf("span.after", clip(place, 300));
        }
        if let Some(commit) = &baseline.commit {
            m.leaf("code.copy", commit);
        }
        if let Some(run) = &baseline.run {
            m.leaf("span.after", format!("run {}", clip(run, 200)));
        }
    });
}

/// What the numbers rest on: the rows, how they were compared, and how sure the judgement is to be.
fn evaluated(m: &mut Markup, record: &Record) {
    if let Some(comparison) = record.baseline.as_ref().and_then(|baseline| baseline.comparison.as_ref()) {
        pair(m, "comparison", |m| m.text(clip(&evidence::compared(comparison), 600)));
    }
    if let Some(predictions) = record.predictions() {
        pair(m, "evaluation", |m| m.text(evidence::evaluated(predictions)));
        pair(m, "evaluation set", |m| m.leaf("code.copy", predictions.set));
    }
    if let Some(decided) = evidence::decided(record) {
        pair(m, "judged", |m| m.text(decided));
    }
}

fn pair(m: &mut Markup, name: &str, inside: impl FnOnce(&mut Markup)) {
    m.element("div", |m| {
        m.leaf("dt", name);
        m.element("dd", inside);
    });
}

fn outputs(m: &mut Markup, record: &Record) {
    let outputs: Vec<(String, Digest)> = record.outputs().into_iter().collect();
    if outputs.is_empty() {
        return;
    }
    m.element("h3", |m| {
        m.text("outputs");
        m.leaf("span.count", "a click selects a whole digest");
    });
    m.element("table.plain.files", |m| {
        m.columns(&["file", "digest"]);
        m.element("tbody", |m| {
            for (path, digest) in outputs.iter().take(FILES) {
                m.element("tr", |m| {
                    m.element(tag("th").set("scope", "row"), |m| m.leaf("code", clip(path, 400)));
                    m.element("td", |m| m.leaf("code.copy", digest));
                });
            }
        });
    });
    if outputs.len() > FILES {
        m.leaf("p.quiet", format!("{} more stand in run.json.", outputs.len() - FILES));
    }
}

fn commands(m: &mut Markup, record: &Record) {
    let commands = record.steps.iter().flat_map(|step| step.evidence.commands.iter().map(|c| (step.step, c)));
    let commands: Vec<_> = commands.collect();
    if commands.is_empty() {
        return;
    }
    m.leaf("h3", "commands");
    m.element("table.plain.files", |m| {
        m.columns(&["step", "command", "ended", "took", "log"]);
        m.element("tbody", |m| {
            for (step, command) in commands.iter().take(FILES) {
                m.element("tr", |m| {
                    m.leaf(tag("th").set("scope", "row"), step);
                    m.element("td", |m| m.leaf("code", clip(&command.command, 600)));
                    m.leaf("td", clip(&command.ended, 200));
                    m.leaf("td.n", seconds(command.seconds));
                    m.element("td", |m| m.leaf("code", clip(&command.log, 300)));
                });
            }
        });
    });
    if commands.len() > FILES {
        m.leaf("p.quiet", format!("{} more stand in run.json.", commands.len() - FILES));
    }
}
