//! The trend: how each ruled metric went over the last runs.

use super::markup::{Markup, tag};
use super::scale::{Scale, px};
use super::{day, marks};
use crate::record::Conclusion;
use crate::report::limit::{Side, limit};
use crate::report::{Past, Report, change, number};

const WIDTH: f64 = 280.0;
const LEFT: f64 = 10.0;
const RIGHT: f64 = WIDTH - 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 82.0;
/// As many runs as can be told apart in a drawing of that width.
const RUNS: usize = 30;
/// As many drawings as a reader looks at; the rest is folded.
const SHOWN: usize = 12;

/// One ruled metric.
struct Series<'a> {
    metric: &'a str,
    /// The bounds that stand still from run to run.
    limits: Vec<(f64, Side)>,
    /// The bounds that move with the baseline: they are this run's alone.
    moving: Vec<f64>,
}

/// Writes the section, where there is an earlier run to compare with.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let runs = &report.trend[report.trend.len().saturating_sub(RUNS)..];
    let series: Vec<Series<'_>> = series(report)
        .into_iter()
        .filter(|series| runs.iter().filter(|run| run.metrics.contains_key(series.metric)).count() > 1)
        .collect();
    if series.is_empty() {
        return;
    }
    super::section(m, "trend", "Trend", &format!("the last {} runs", runs.len()), |m| {
        legend(m);
        let (shown, folded) = series.split_at(series.len().min(SHOWN));
        m.element("div.charts", |m| {
            shown.iter().for_each(|series| chart(m, series, runs, &report.record.id))
        });
        if !folded.is_empty() {
            m.element("details", |m| {
                m.leaf("summary", format!("{} more metrics", folded.len()));
                m.element("div.charts", |m| {
                    folded.iter().for_each(|series| chart(m, series, runs, &report.record.id));
                });
            });
        }
        m.element("details", |m| {
            m.leaf("summary", "the same as a table");
            table(m, shown, runs);
        });
    });
}

/// The ruled metrics in the order of the rules, each once.
fn series<'a>(report: &'a Report<'_>) -> Vec<Series<'a>> {
    let mut all: Vec<Series<'a>> = Vec::new();
    for row in &report.rows {
        let metric = row.metric.as_str();
        let at = all.iter().position(|series| series.metric == metric).unwrap_or_else(|| {
            all.push(Series { metric, limits: Vec::new(), moving: Vec::new() });
            all.len() - 1
        });
        // The trend is of all the data: the bound of a slice is none of its own.
        match limit(row).filter(|_| row.slice.is_none()) {
            Some((limit, _)) if row.rule.compares() => all[at].moving.push(limit),
            limit => all[at].limits.extend(limit),
        }
    }
    all
}

fn legend(m: &mut Markup) {
    m.element("ul.legend", |m| {
        for (conclusion, words) in [
            (Some(Conclusion::Approved), "approved"),
            (Some(Conclusion::Rejected), "rejected"),
            (Some(Conclusion::Inconclusive), "inconclusive"),
            (None, "failed, faulted or cancelled"),
        ] {
            m.element("li", |m| {
                m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                    point(m, conclusion, 6.0, 6.0);
                });
                m.text(words);
            });
        }
        m.element("li", |m| {
            m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                m.empty(tag("path.bound").set("d", "M0 6H12"));
            });
            m.text("bound, short where it moves with the baseline");
        });
        m.element("li", |m| {
            m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                m.empty(tag("circle.ring").set("cx", 6).set("cy", 6).set("r", 5));
            });
            m.text("this run");
        });
    });
}

fn chart(m: &mut Markup, series: &Series<'_>, runs: &[Past], this: &str) {
    let values: Vec<Option<f64>> = runs.iter().map(|run| run.metrics.get(series.metric).copied()).collect();
    let limits = series.limits.iter().map(|(limit, _)| *limit).chain(series.moving.iter().copied());
    let Some(scale) = Scale::around(values.iter().flatten().copied().chain(limits), 0.12) else { return };
    m.element("figure.chart", |m| {
        m.element("figcaption", |m| {
            m.element("b.name", |m| m.name(series.metric));
            let mut known = values.iter().rev().flatten();
            if let Some(last) = known.next() {
                m.leaf("span.now", number(*last));
                if let Some(before) = known.next() {
                    m.leaf("span.change", change(last - before));
                }
            }
        });
        let svg = tag("svg")
            .set("viewBox", "0 0 280 92")
            .set("role", "img")
            .set("aria-label", label(series, &values));
        m.element(svg, |m| {
            let y = |number| scale.between(number, BOTTOM, TOP);
            for (limit, side) in &series.limits {
                tint(m, y(*limit), *side);
                m.empty(tag("path.bound").set("d", format!("M0 {}H{WIDTH}", px(y(*limit)))));
            }
            for limit in &series.moving {
                m.empty(tag("path.bound").set("d", format!("M{} {}H{WIDTH}", WIDTH - 36.0, px(y(*limit)))));
            }
            let places: Vec<Option<(f64, f64)>> = values
                .iter()
                .enumerate()
                .map(|(i, value)| value.map(|value| (x(i, runs.len()), y(value))))
                .collect();
            m.empty(tag("path.line").set("d", line(&places)));
            for (run, (place, value)) in runs.iter().zip(places.iter().zip(&values)) {
                if let (Some((x, y)), Some(value)) = (place, value) {
                    m.element("g", |m| {
                        m.leaf("title", tooltip(run, *value));
                        if run.run == this {
                            m.empty(tag("circle.ring").set("cx", px(*x)).set("cy", px(*y)).set("r", 8));
                        }
                        point(m, run.conclusion, *x, *y);
                    });
                }
            }
        });
        m.element("p.ends", |m| {
            if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
                m.leaf("span", day(&first.started));
                m.leaf("span", day(&last.started));
            }
        });
    });
}

/// The side of a bound on which its rule holds.
fn tint(m: &mut Markup, y: f64, side: Side) {
    let (from, to) = match side {
        Side::Above => (0.0, y),
        Side::Below => (y, 92.0),
        Side::Exactly => return,
    };
    let rect = tag("rect.zone").set("x", 0).set("y", px(from)).set("width", WIDTH);
    m.empty(rect.set("height", px(to - from)));
}

#[expect(clippy::cast_precision_loss, reason = "at most as many runs as are shown")]
fn x(index: usize, runs: usize) -> f64 {
    (RIGHT - LEFT).mul_add(index as f64 / runs.saturating_sub(1).max(1) as f64, LEFT)
}

/// The line through the runs that measured the metric; it breaks where one did not.
fn line(places: &[Option<(f64, f64)>]) -> String {
    let mut line = String::new();
    let mut pen = 'M';
    for place in places {
        match place {
            Some((x, y)) => {
                line.push_str(&format!("{pen}{} {}", px(*x), px(*y)));
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    line
}

/// A run: its shape says how it ended, and its colour says it again.
fn point(m: &mut Markup, conclusion: Option<Conclusion>, x: f64, y: f64) {
    let path = match conclusion {
        Some(Conclusion::Approved) => {
            return m.empty(tag("circle.p-approved").set("cx", px(x)).set("cy", px(y)).set("r", 3.5));
        }
        Some(Conclusion::Rejected) => {
            tag("path.p-rejected").set("d", format!("M{} {}l4.8 4.8l-4.8 4.8l-4.8 -4.8z", px(x), px(y - 4.8)))
        }
        Some(Conclusion::Inconclusive) => {
            tag("path.p-inconclusive").set("d", format!("M{} {}l4.8 8.4h-9.6z", px(x), px(y - 5.0)))
        }
        _ => return m.empty(tag("circle.p-other").set("cx", px(x)).set("cy", px(y)).set("r", 3)),
    };
    m.empty(path);
}

fn tooltip(run: &Past, value: f64) -> String {
    let commit = run.commit.as_deref().map(|commit| format!(" of {commit}")).unwrap_or_default();
    let ended = run.conclusion.map_or("unfinished", Conclusion::word);
    format!("{}\n{}, {ended}\nrun {}{commit}", number(value), day(&run.started), run.run)
}

fn label(series: &Series<'_>, values: &[Option<f64>]) -> String {
    let mut known = values.iter().flatten();
    let count = known.clone().count();
    match (known.next(), known.next_back()) {
        (Some(first), Some(last)) => {
            format!("{} over {count} runs: from {} to {}", series.metric, number(*first), number(*last))
        }
        _ => format!("{} over {count} runs", series.metric),
    }
}

fn table(m: &mut Markup, shown: &[Series<'_>], runs: &[Past]) {
    m.element(
        tag("div.scroll").set("tabindex", 0).set("role", "region").set("aria-label", "the last runs"),
        |m| {
            m.element("table.plain", |m| {
                m.element("thead", |m| {
                    m.element("tr", |m| {
                        for name in ["run", "commit", "conclusion"] {
                            m.leaf(tag("th").set("scope", "col"), name);
                        }
                        shown
                            .iter()
                            .for_each(|series| m.leaf(tag("th.n").set("scope", "col"), series.metric));
                    });
                });
                m.element("tbody", |m| runs.iter().rev().for_each(|run| table_row(m, shown, run)));
            });
        },
    );
}

fn table_row(m: &mut Markup, shown: &[Series<'_>], run: &Past) {
    m.element("tr", |m| {
        m.leaf(tag("th").set("scope", "row"), day(&run.started));
        m.element("td", |m| m.leaf("code", run.commit.as_deref().unwrap_or("–")));
        m.element("td", |m| match run.conclusion {
            Some(conclusion) => marks::conclusion_badge(m, conclusion),
            None => m.text("unfinished"),
        });
        for series in shown {
            let value = run.metrics.get(series.metric);
            m.leaf("td.n", value.map_or_else(|| "–".to_owned(), |value| number(*value)));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_breaks_where_a_run_did_not_measure() {
        let places = [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];
        assert_eq!(line(&places), "M0 1L1 2M3 4");
    }

    #[test]
    fn one_run_stands_at_the_left() {
        assert_eq!([px(x(0, 1)), px(x(0, 3)), px(x(2, 3))], ["10", "10", "270"]);
    }
}
