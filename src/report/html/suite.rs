//! The project's own tests: how many, and which take longest.

use super::clip;
use super::markup::{Markup, tag};
use super::scale::px;
use crate::record::Tests;
use crate::report::{Report, seconds};

/// Writes the section, where a test runner reported.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let Some(tests) = report.record.steps.iter().find_map(|step| step.evidence.tests.as_ref()) else {
        return;
    };
    super::section(
        m,
        "tests",
        "Tests",
        &format!("{} by the runner's own clock", seconds(tests.seconds)),
        |m| {
            m.element("div.suite", |m| {
                m.element("div", |m| counts(m, tests));
                if !tests.slowest.is_empty() {
                    m.element("div", |m| slowest(m, tests));
                }
            });
        },
    );
}

fn counts(m: &mut Markup, tests: &Tests) {
    let parts = [
        ("passed", tests.passed, "rect.passed", "span.swatch.passed"),
        ("failed", tests.failed, "rect.failed", "span.swatch.failed"),
        ("errors", tests.errors, "rect.errors", "span.swatch.errors"),
        ("skipped", tests.skipped, "rect.skipped", "span.swatch.skipped"),
    ];
    #[expect(clippy::cast_precision_loss, reason = "the drawing is 300 wide")]
    let share = |count: u64| count as f64;
    let all: f64 = parts.iter().map(|(_, count, ..)| share(*count)).sum();
    if all > 0.0 {
        let svg = tag("svg.stack").set("viewBox", "0 0 300 10").set("preserveAspectRatio", "none");
        m.element(svg.set("aria-hidden", "true"), |m| {
            let mut x = 0.0;
            for (_, count, shape, _) in parts {
                let width = share(count) / all * 300.0;
                if count > 0 {
                    let rect = tag(shape).set("x", px(x)).set("width", px(width)).set("height", 10);
                    m.empty(rect);
                }
                x += width;
            }
        });
    }
    m.element("dl.counts", |m| {
        for (name, count, _, swatch) in parts {
            m.element("div", |m| {
                m.element("dt", |m| {
                    m.empty(tag(swatch).set("aria-hidden", "true"));
                    m.text(name);
                });
                m.leaf("dd", count);
            });
        }
    });
}

fn slowest(m: &mut Markup, tests: &Tests) {
    let longest = tests.slowest.iter().map(|test| test.seconds).fold(0.0, f64::max);
    m.element("table.plain.slowest", |m| {
        m.leaf("caption", "the slowest");
        m.columns(&["test", "seconds"]);
        m.element("tbody", |m| {
            for test in &tests.slowest {
                m.element("tr", |m| {
                    m.element(tag("th").set("scope", "row"), |m| m.leaf("code", clip(&test.name, 300)));
                    m.element("td.n", |m| {
                        m.text(seconds(test.seconds));
                        let share =
                            if longest > 0.0 { (test.seconds / longest).clamp(0.0, 1.0) } else { 0.0 };
                        let svg =
                            tag("svg.slow").set("viewBox", "0 0 100 4").set("preserveAspectRatio", "none");
                        m.element(svg.set("aria-hidden", "true"), |m| {
                            let rect = tag("rect").set("x", px(100.0 - share * 100.0)).set("height", 4);
                            m.empty(rect.set("width", px(share * 100.0)));
                        });
                    });
                });
            }
        });
    });
}
