//! What a command says at its end: a report, or what went wrong.

use std::io::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use super::{Call, Format, print};
use crate::config;
use crate::exit::End;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::record::{Record, store};
use crate::report::{self, terminal};
use crate::step::Step;
use crate::wire::{House, Invalid};

/// The report of a whole run.
pub fn run(call: &Call, house: &House, record: &Record) -> anyhow::Result<()> {
    if call.format == Format::Json {
        return print(&store::to_json(record)?);
    }
    let mut text = terminal::render(&report::compose(record, &[]), look(call));
    let html = house.folder.path().join("report.html");
    if record.step(Step::Report).is_some_and(|step| step.outcome.is_good()) {
        text += &format!("\nreport: {}\n", near(&html, &call.environment.folder));
    }
    print(&text)
}

/// What other bounds would come to. A reader knows from the first line that it is not so.
pub fn what_if(call: &Call, mut record: Record, note: String) -> anyhow::Result<()> {
    if call.format == Format::Json {
        if let Some(verdict) = &mut record.verdict {
            verdict.notes.insert(0, note);
        }
        return print(&store::to_json(&record)?);
    }
    print(&format!("{note}\n\n{}", terminal::render(&report::compose(&record, &[]), look(call))))
}

/// What one step found.
pub fn step(call: &Call, step: Step, record: &Record) -> anyhow::Result<()> {
    match (call.format, record.step(step)) {
        (Format::Json, _) => print(&store::to_json(record)?),
        (Format::Human, Some(done)) => print(&terminal::step(done, look(call))),
        (Format::Human, None) => Ok(()),
    }
}

fn look(call: &Call) -> terminal::Look {
    terminal::Look { width: call.environment.output.width, color: call.color }
}

/// A path as a person would name it from `folder`.
pub fn near(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

/// A headline and the findings below it, one line each.
pub fn findings(headline: &str, findings: &[Finding]) -> String {
    let mut text = format!("{headline}\n");
    for finding in findings {
        let place = finding.place();
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        let line = format!("{place}{} [{}]", finding.message, finding.code);
        text += &format!("  {}\n", line.chars().filter(|c| !c.is_control()).collect::<String>());
    }
    text
}

/// Shows an error on standard error, and says how the command ended.
pub fn error(error: &anyhow::Error, folder: &Path, color: bool) -> End {
    if let Some(invalid) = error.downcast_ref::<Invalid>() {
        return problems(invalid, folder, color);
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return self::fault(fault, color);
    }
    self::fault(&Fault::new("go on", error.to_string()), color)
}

fn problems(invalid: &Invalid, folder: &Path, color: bool) -> End {
    complain(&config::render(&invalid.problems, &near(&invalid.path, folder), color));
    End::Invalid
}

/// Writes to standard error. Where nobody can read it the exit code still tells.
fn complain(text: &str) {
    let mut errors = std::io::stderr().lock();
    let _ = errors.write_all(text.as_bytes());
}

/// Shows a fault on standard error.
pub fn fault(fault: &Fault, color: bool) -> End {
    let style = |style: Style| if color { style } else { Style::new() };
    let red = style(AnsiColor::Red.on_default().bold());
    let cyan = style(AnsiColor::Cyan.on_default());
    let help = fault.remedy().map(|help| format!("  {cyan}help:{cyan:#} {help}\n")).unwrap_or_default();
    complain(&format!("{red}error:{red:#} {fault}\n{help}"));
    End::Faulted
}

/// Shows findings on standard error, each with what to do about it.
pub fn found(findings: &[Finding]) {
    for finding in findings {
        let place = finding.place();
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        let help = finding.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        let text =
            format!("{}: {place}{} [{}]{help}", finding.severity.word(), finding.message, finding.code);
        let plain: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        // Nobody is there to be told that nobody reads it.
        let _ = writeln!(std::io::stderr(), "{plain}");
    }
}
