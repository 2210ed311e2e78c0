//! Annotations: what is wrong, where it is wrong, as commands to GitHub's runner.

use std::collections::BTreeSet;
use std::path::{Component, PathBuf};

use crate::finding::{Finding, Severity, any_error};
use crate::record::{Outcome, Row, RowOutcome, StepRecord};
use crate::report::Report;
use crate::report::text::clipped;
use crate::step::Step;

/// How many of a kind GitHub shows of a step.
const MOST: usize = 10;
/// The most characters of a title; GitHub takes 255.
const TITLE: usize = 200;
/// The most characters of a path.
const PATH: usize = 1000;
/// The most characters of a message; the runner cuts at 4096.
const MESSAGE: usize = 1000;

/// Where the project is within its repository, both absolute.
pub(super) struct Place {
    /// The root of the repository.
    pub(super) top: PathBuf,
    /// The folder of the project.
    pub(super) root: PathBuf,
}

impl Place {
    /// A finding's path as GitHub names the file; none for one outside of the repository, and for one whose
    /// name no log could show.
    pub(super) fn in_repository(&self, path: &str) -> Option<String> {
        let mut plain = PathBuf::new();
        for part in self.root.join(path).components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                Component::CurDir => {}
                _ => plain.push(part),
            }
        }
        let inside = plain.strip_prefix(&self.top).ok()?;
        let parts: Vec<&str> = inside.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
        let path = parts.join("/");
        (!path.is_empty() && clipped(&path, PATH) == path).then_some(path)
    }
}

/// The errors, then the warnings, a command a line. `more` are findings that the report does not know yet; `shown`
/// are those of the report, by their place in it, that stand in the diff already.
pub(super) fn render(
    report: &Report<'_>,
    more: &[Finding],
    place: &Place,
    shown: &BTreeSet<usize>,
) -> String {
    let unshown = report.findings.iter().enumerate().filter(|(index, _)| !shown.contains(index));
    let found = || unshown.clone().map(|(_, (_, finding))| *finding).chain(more);
    let of = |severity| {
        found().filter(move |finding| finding.severity == severity).map(|finding| told(finding, place))
    };
    let steps = report.record.steps.iter().filter(|step| is_silent(step)).map(|step| {
        let help = step.help.as_deref();
        annotation(&[], &format!("{} {}", step.step, step.outcome.word()), &step.because, help)
    });
    let rows = report.rows.iter().filter(|row| row.outcome != RowOutcome::Pass).map(|row| judged(row));
    let errors: Vec<String> = of(Severity::Error).chain(steps).chain(rows).collect();
    commands("error", &errors) + &commands("warning", &of(Severity::Warning).collect::<Vec<_>>())
}

/// Whether a step went wrong and no finding and no rule tells of it.
fn is_silent(step: &StepRecord) -> bool {
    match step.outcome {
        Outcome::Faulted => true,
        Outcome::Failed => step.step != Step::Gate && !any_error(&step.findings),
        Outcome::Passed | Outcome::Restored | Outcome::Skipped => false,
    }
}

/// As many as GitHub shows; where there are more, the last one says so.
fn commands(word: &str, annotations: &[String]) -> String {
    let shown = if annotations.len() > MOST { MOST - 1 } else { annotations.len() };
    let mut text: String = annotations[..shown].iter().map(|it| format!("::{word} {it}\n")).collect();
    if shown < annotations.len() {
        let rest = annotations.len() - shown;
        let message = format!("{rest} more {word}s: the job summary and the run's report.html list them");
        text += &format!("::{word} {}\n", annotation(&[], "modelgate", &message, None));
    }
    text
}

fn told(finding: &Finding, place: &Place) -> String {
    let help = finding.help.as_deref();
    let Some(path) = &finding.path else { return annotation(&[], &finding.code, &finding.message, help) };
    let Some(file) = place.in_repository(path) else {
        let message = format!("{}: {}", clipped(&finding.place(), TITLE), finding.message);
        return annotation(&[], &finding.code, &message, help);
    };
    let mut properties = vec![("file", file)];
    if let Some(line) = finding.line {
        properties.push(("line", line.to_string()));
        properties.extend(finding.column.map(|column| ("col", column.to_string())));
    }
    annotation(&properties, &finding.code, &finding.message, help)
}

fn judged(row: &Row) -> String {
    let slice = row.slice.as_deref().map(|slice| format!(" [{slice}]")).unwrap_or_default();
    annotation(&[], &format!("{}{slice} {}", row.metric, row.rule.word()), &row.because, None)
}

/// The properties and the message of a command.
fn annotation(properties: &[(&str, String)], title: &str, message: &str, help: Option<&str>) -> String {
    let title = ("title", clipped(title, TITLE));
    let properties: Vec<String> = properties
        .iter()
        .chain([&title])
        .map(|(name, value)| format!("{name}={}", property(value)))
        .collect();
    let help = help.map(|help| format!("\nhelp: {}", clipped(help, MESSAGE))).unwrap_or_default();
    // The runner takes no annotation without a message.
    let message = match clipped(message, MESSAGE) {
        empty if empty.trim().is_empty() => "no reason is given".into(),
        message => message,
    };
    format!("{}::{}", properties.join(","), escaped(&(message + &help)))
}

/// As the runner reads a message.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As the runner reads the value of a property.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests;
