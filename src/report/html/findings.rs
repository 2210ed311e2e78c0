//! The findings by step, and the end of what a failed command said.

use super::markup::{Markup, tag};
use super::{clip, counted, marks};
use crate::finding::{Finding, Severity};

use crate::report::{Ending, Report, all_endings, seconds};
use crate::step::Step;

/// As many findings of a step as are shown before the rest is folded.
const SHOWN: usize = 200;
/// As many findings of a step as the page holds at all.
const HELD: usize = 2000;
/// As many characters of one line of output as are shown.
const COLUMNS: usize = 2000;

/// Writes the section, where there is a finding.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    if report.findings.is_empty() {
        return;
    }
    let all = counts(report.findings.iter().map(|(_, finding)| *finding));
    super::section(m, "findings", "Findings", &all, |m| {
        let of =
            |step| report.findings.iter().filter(move |(at, _)| *at == step).map(|(_, finding)| *finding);
        let steps: Vec<Step> = Step::ALL.into_iter().filter(|step| of(*step).next().is_some()).collect();
        for step in &steps {
            m.element("h3", |m| {
                m.text(step);
                if steps.len() > 1 {
                    m.leaf("span.count", counts(of(*step)));
                }
            });
            list(m, &of(*step).collect::<Vec<_>>());
        }
    });
}

fn list(m: &mut Markup, findings: &[&Finding]) {
    let (held, left) = findings.split_at(findings.len().min(HELD));
    let (shown, folded) = held.split_at(held.len().min(SHOWN));
    m.element("ul.findings", |m| shown.iter().for_each(|finding| item(m, finding)));
    if !folded.is_empty() {
        m.element("details", |m| {
            m.leaf("summary", format!("{} more of {} findings", folded.len() + left.len(), findings.len()));
            m.element("ul.findings", |m| folded.iter().for_each(|finding| item(m, finding)));
            if !left.is_empty() {
                m.leaf("p.quiet", format!("The last {} of them stand only in run.json.", left.len()));
            }
        });
    }
}

fn item(m: &mut Markup, finding: &Finding) {
    m.element("li", |m| {
        marks::severity_badge(m, finding.severity);
        m.element("div", |m| {
            m.leaf("p", clip(&finding.message, 1000));
            m.element("p.where", |m| {
                let place = finding.place();
                if !place.is_empty() {
                    m.leaf("code.place", clip(&place, 400));
                }
                if !finding.code.is_empty() {
                    m.leaf("span.code", clip(&finding.code, 200));
                }
            });
            if let Some(help) = &finding.help {
                m.leaf("p.help", clip(help, 1000));
            }
        });
    });
}

/// `3 errors, 1 warning`: how many of each severity, the most severe first.
fn counts<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> String {
    let count = |severity| findings.clone().filter(|finding| finding.severity == severity).count();
    let words = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Notice, "notice", "notices"),
    ];
    let counts = words.map(|(severity, one, many)| (count(severity), one, many));
    let some = counts.iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, one, many)| counted(*count, one, many)).collect::<Vec<_>>().join(", ")
}

/// Writes the end of what each command, build and server wrote that failed.
pub(super) fn output(m: &mut Markup, report: &Report<'_>) {
    let failed: Vec<_> = all_endings(report.record).filter(|ending| !ending.tail.is_empty()).collect();
    if failed.is_empty() {
        return;
    }
    super::section(m, "output", "Output", &counted(failed.len(), "failure", "failures"), |m| {
        for Ending { step, what, ended, seconds: took, log, tail } in failed {
            m.element("figure.output", |m| {
                m.element("figcaption", |m| {
                    m.leaf("b", step);
                    m.leaf("code.command", clip(what, 600));
                    let after = took.map(|took| format!(" after {}", seconds(took))).unwrap_or_default();
                    m.leaf("span", format!("{}{after}", clip(ended, 200)));
                });
                let named = format!("the last lines of the output of {step}");
                m.element(
                    tag("pre").set("tabindex", 0).set("role", "region").set("aria-label", named),
                    |m| {
                        for line in tail {
                            m.text(clip(line.trim_end_matches(['\n', '\r']), COLUMNS));
                            m.text('\n');
                        }
                    },
                );
                m.element("p.quiet", |m| {
                    m.text(format!("The last {}. The whole output: ", counted(tail.len(), "line", "lines")));
                    m.leaf("code", clip(log.unwrap_or_default(), 300));
                });
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_name_the_most_severe_first_and_only_what_there_is() {
        let findings = [Finding::notice("a", "b"), Finding::error("a", "b"), Finding::error("a", "b")];
        assert_eq!(counts(findings.iter()), "2 errors, 1 notice");
        assert_eq!(counts([].iter()), "");
    }
}
