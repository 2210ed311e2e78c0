//! The rules, the steps and the findings as JUnit XML, which GitLab, Jenkins and GitHub's test reporters show.

use std::fmt::Write as _;

use super::text::{clean, clipped};
use super::{Report, Standing, bound, change, number, standing, value};
use crate::finding::{Finding, Severity};
use crate::record::{Outcome, Row, RowOutcome, StepRecord};
use crate::step::Step;

/// One suite for the rules, one for the steps, and one for the findings of each step that has any.
///
/// Holds to the schema of Jenkins' xUnit plugin, which refuses a report with an attribute that it does not
/// know; so the file of a finding stands in its name.
///
/// Inconclusive is not a pass, so it stands as a failure. A finding is a failure if it failed its step.
#[must_use]
pub fn render(report: &Report) -> String {
    let steps = &report.record.steps;
    let mut suites = vec![
        Suite::new("gate", report.rows.iter().map(|row| rule(report, row)).collect()),
        Suite::new("steps", steps.iter().map(|done| step(report, done)).collect()),
    ];
    suites.extend(steps.iter().map(|done| {
        let findings = report.findings.iter().filter(|(step, _)| *step == done.step);
        let cases = findings.map(|(step, found)| finding(report, *step, found)).collect();
        Suite::new(&format!("{} findings", done.step), cases)
    }));
    suites.retain(|suite| !suite.cases.is_empty());

    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let name = format!("modelgate {}", report.record.model);
    let _ = writeln!(xml, "<testsuites name=\"{}\"{}>", escaped(&name), counts(all(), false));
    for suite in &suites {
        suite.write(&mut xml, &report.record.started);
    }
    xml.push_str("</testsuites>\n");
    xml
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

impl Suite {
    fn new(name: &str, cases: Vec<Case>) -> Self {
        Self { name: name.into(), cases }
    }

    fn write(&self, xml: &mut String, started: &str) {
        let (name, counts) = (escaped(&self.name), counts(self.cases.iter(), true));
        let started = escaped(&clean(started));
        let _ = writeln!(xml, "  <testsuite name=\"{name}\"{counts} timestamp=\"{started}\">");
        for case in &self.cases {
            case.write(xml);
        }
        xml.push_str("  </testsuite>\n");
    }
}

/// The counts as attributes; only a suite may count what was skipped.
fn counts<'a>(cases: impl Iterator<Item = &'a Case> + Clone, skipped: bool) -> String {
    let with = |tag: &str| cases.clone().filter(|case| case.tag == tag).count();
    let seconds: f64 = cases.clone().map(|case| case.seconds).fold(0.0, std::ops::Add::add);
    let mut counts = format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        cases.clone().count(),
        with("failure"),
        with("error")
    );
    if skipped {
        let _ = write!(counts, " skipped=\"{}\"", with("skipped"));
    }
    let _ = write!(counts, " time=\"{}\"", time(seconds));
    counts
}

struct Case {
    class: String,
    name: String,
    seconds: f64,
    /// The element that tells how it ended; `system-out` where it ended well.
    tag: &'static str,
    message: String,
    /// What kind of failure it is.
    kind: &'static str,
    body: String,
}

impl Case {
    fn write(&self, xml: &mut String) {
        let (class, name, seconds) = (escaped(&self.class), escaped(&self.name), time(self.seconds));
        let _ = write!(xml, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{seconds}\"");
        let (tag, message, body) = (self.tag, escaped(&self.message), escaped(&self.body));
        let _ = match tag {
            "system-out" if body.is_empty() => writeln!(xml, " />"),
            "system-out" => writeln!(xml, "><system-out>{body}</system-out></testcase>"),
            "skipped" => writeln!(xml, "><skipped message=\"{message}\" /></testcase>"),
            _ => {
                let kind = self.kind;
                writeln!(xml, "><{tag} message=\"{message}\" type=\"{kind}\">{body}</{tag}></testcase>")
            }
        };
    }
}

fn rule(report: &Report, row: &Row) -> Case {
    let slice = row.slice.as_deref().map(|slice| format!(" [{}]", clipped(slice, 200))).unwrap_or_default();
    let mut body = Vec::new();
    let mut say = |what: &str, text: Option<String>| body.extend(text.map(|text| format!("{what}: {text}")));
    say("value", row.value.as_ref().map(|it| clean(&value(it))));
    say("bound", Some(clean(&bound(row))));
    say("baseline", row.baseline.as_ref().map(|it| clean(&value(it))));
    let ends =
        |ends: Option<[f64; 2]>| ends.map(|[low, high]| format!("{} to {}", number(low), number(high)));
    say("interval", ends(row.interval));
    say("change", row.change.map(change));
    say("interval of the change", ends(row.change_interval));
    say("margin", row.margin.map(change));
    say("by", standing::measured(row));
    say("more", standing::wants(row));
    // What does not count is no failure; so what it came to stands in the output.
    say("aside", standing::aside(row).map(str::to_owned));
    let warns = standing::standing(row) == Standing::Warns;
    say("outcome", warns.then(|| format!("{}: {}", row.outcome.word(), clipped(&row.because, 1000))));
    Case {
        class: format!("modelgate.{}.gate", report.record.model),
        name: format!("{}{slice} {}", clean(row.metric.as_str()), clean(&bound(row))),
        seconds: 0.0,
        tag: if row.outcome == RowOutcome::Pass || warns { "system-out" } else { "failure" },
        message: clipped(&row.because, 1000),
        kind: if row.outcome == RowOutcome::Inconclusive { "inconclusive" } else { row.rule.word() },
        body: body.join("\n"),
    }
}

fn step(report: &Report, done: &StepRecord) -> Case {
    let mut body: Vec<String> = done.help.iter().map(|help| clipped(help, 1000)).collect();
    for command in done.evidence.commands.iter().filter(|command| !command.tail.is_empty()) {
        body.push(format!("$ {}: {}", clipped(&command.command, 1000), clean(&command.ended)));
        body.extend(command.tail.iter().map(|line| clipped(line, 1000)));
    }
    Case {
        class: format!("modelgate.{}.steps", report.record.model),
        name: done.step.to_string(),
        seconds: done.seconds,
        tag: match done.outcome {
            Outcome::Passed | Outcome::Restored => "system-out",
            Outcome::Failed => "failure",
            Outcome::Faulted => "error",
            Outcome::Skipped => "skipped",
        },
        message: clipped(&done.because, 1000),
        kind: done.outcome.word(),
        body: body.join("\n"),
    }
}

fn finding(report: &Report, step: Step, finding: &Finding) -> Case {
    let fails = finding.severity == Severity::Error;
    let message = clipped(&finding.message, 1000);
    let mut body = vec![format!("{}: {message}", finding.severity.word())];
    body.extend(finding.help.iter().map(|help| clipped(help, 1000)));
    let name = format!("{} {}", clipped(&finding.place(), 500), clipped(&finding.code, 200));
    Case {
        class: format!("modelgate.{}.{step}", report.record.model),
        name: match name.trim() {
            "" => step.to_string(),
            name => name.to_owned(),
        },
        seconds: 0.0,
        tag: if fails { "failure" } else { "system-out" },
        message,
        kind: finding.severity.word(),
        body: body.join("\n"),
    }
}

/// Seconds as a plain decimal, which is all that readers take.
fn time(seconds: f64) -> String {
    format!("{:.3}", seconds.clamp(0.0, 1e12))
}

/// The text with what XML gives a meaning as entities. [`clean`] has dealt with what XML forbids.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            _ => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::report::{compose, fixtures};

    fn assert_is_junit(name: &str, record: &crate::record::Record) {
        let xml = render(&compose(record, &[]));
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let cases = || root.descendants().filter(|node| node.has_tag_name("testcase"));
        let rows = record.verdict.as_ref().map_or(0, |verdict| verdict.rows.len());
        let findings: usize = record.steps.iter().map(|step| step.findings.len()).sum();
        assert_eq!(cases().count(), rows + record.steps.len() + findings, "{name}");
        assert_eq!(root.attribute("tests"), Some(cases().count().to_string().as_str()), "{name}");
        for suite in root.children().filter(roxmltree::Node::is_element) {
            let failures = suite.descendants().filter(|node| node.has_tag_name("failure")).count();
            assert_eq!(suite.attribute("failures"), Some(failures.to_string().as_str()), "{name}");
        }
        assert!(
            cases().all(|case| case.attribute("name").is_some_and(|name| !name.trim().is_empty())),
            "{name}"
        );
    }

    #[test]
    fn every_record_is_junit() {
        for (name, record) in fixtures::all() {
            assert_is_junit(name, &record);
        }
    }

    #[test]
    fn rules_steps_and_findings_are_cases() {
        for (name, record) in [
            ("rejected", fixtures::rejected()),
            ("faulted", fixtures::faulted()),
            ("failed_train", fixtures::failed_train()),
            ("inconclusive", fixtures::inconclusive()),
            ("hostile", fixtures::hostile()),
        ] {
            insta::assert_snapshot!(name, render(&compose(&record, &[])));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_junit(record in fixtures::arbitrary()) {
            assert_is_junit("any", &record);
        }
    }
}
