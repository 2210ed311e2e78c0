//! The slices of the data: the worst of each metric beside the whole, and all of them folded.

use super::clip;
use super::markup::{Markup, tag};
use super::scale::{Scale, px};
use crate::name::MetricName;
use crate::number::counted;
use crate::record::{Estimate, Predictions, Row};
use crate::report::limit::limit;
use crate::report::slices::{Sliced, ruled};
use crate::report::{Report, interval, number, thousands};

/// As many slices as are drawn for a metric.
const DRAWN: usize = 10;
/// As many metrics as are drawn before the rest is left to the table.
const METRICS: usize = 6;
/// As many slices as the folded table has.
const LISTED: usize = 250;
/// As many metrics as the folded table has.
const COLUMNS: usize = 6;
const LEFT: f64 = 12.0;
const RIGHT: f64 = 308.0;

/// Writes the section, where there are slices.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let Some(predictions) = report.record.predictions().filter(|it| !it.slices.is_empty()) else { return };
    let small = predictions.slices.iter().filter(|slice| slice.small).count();
    let aside = match small {
        0 => counted(predictions.slices.len(), "slice", "slices"),
        small => format!("{}, {small} of them small", counted(predictions.slices.len(), "slice", "slices")),
    };
    super::section(m, "slices", "Slices", &aside, |m| {
        let all = ruled(report);
        if !all.is_empty() {
            legend(m);
            m.element("div.forests", |m| {
                all.iter().take(METRICS).for_each(|sliced| forest(m, sliced, &report.rows));
            });
        }
        if let Some(more @ 1..) = all.len().checked_sub(METRICS) {
            m.leaf(
                "p.quiet",
                format!("{} more with a rule stand in run.json.", counted(more, "metric", "metrics")),
            );
        }
        table(m, predictions, &all);
    });
}

fn legend(m: &mut Markup) {
    let keys: [(&'static str, &'static str); 5] = [
        ("circle.spot", "slice, with its interval"),
        ("circle.hollow", "small slice: decides nothing"),
        ("path.limit", "all rows"),
        ("rect.spread", "their interval"),
        ("path.bound", "bound"),
    ];
    m.element("ul.legend", |m| {
        for (shape, words) in keys {
            m.element("li", |m| {
                m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                    m.empty(match shape {
                        "path.limit" | "path.bound" => tag(shape).set("d", "M6 0v12"),
                        "rect.spread" => tag(shape).set("width", 12).set("height", 12).set("rx", 3),
                        _ => tag(shape).set("cx", 6).set("cy", 6).set("r", 4.5),
                    });
                });
                m.text(words);
            });
        }
    });
}

/// Where the bounds of a slice lie: those of its own rows, and those that are the same for every slice. Where no rule is
/// about slices, the bounds of the whole are shown to compare with.
fn bounds(rows: &[&Row], metric: &MetricName, slice: &str) -> Vec<f64> {
    let of_metric = || rows.iter().filter(|row| row.metric == *metric);
    let by_slices = of_metric().any(|row| row.slice.is_some());
    let is_common = |row: &Row| !row.rule.compares() && row.slice.is_some() == by_slices;
    let mut bounds: Vec<f64> = of_metric()
        .filter(|row| row.slice.as_deref() == Some(slice) || is_common(row))
        .filter_map(|row| limit(row))
        .map(|(bound, _)| bound)
        .collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

/// The ends of the axis as numbers, as exact as a drawing of this width is.
fn ends(scale: Scale) -> [String; 2] {
    let shown = interval([scale.low(), scale.high()]);
    let ends = shown.trim_matches(['[', ']']).split_once(", ");
    ends.map_or_else(Default::default, |(low, high)| [low.to_owned(), high.to_owned()])
}

/// One line a slice, the worst first, all on one scale with the whole.
fn forest(m: &mut Markup, sliced: &Sliced<'_>, rows: &[&Row]) {
    let shown = &sliced.slices[..sliced.slices.len().min(DRAWN)];
    // What a few rows reach to would press all others together.
    let large = shown.iter().filter(|(slice, _)| !slice.small || shown.iter().all(|(slice, _)| slice.small));
    let estimates = large.map(|(_, estimate)| *estimate).chain(sliced.whole);
    let numbers = estimates.flat_map(|it| it.interval.into_iter().flatten().chain([it.value]));
    let bounds: Vec<Vec<f64>> =
        shown.iter().map(|(slice, _)| bounds(rows, sliced.metric, &slice.name)).collect();
    let Some(scale) = Scale::around(numbers.chain(bounds.iter().flatten().copied()), 0.04) else { return };
    m.element("table.forest", |m| {
        m.element("caption", |m| {
            m.element("b", |m| m.name(sliced.metric));
            if let Some(whole) = sliced.whole {
                m.text(format!(" all rows {}", number(whole.value)));
                if let Some(ends) = whole.interval {
                    m.text(format!(" {}", interval(ends)));
                }
            }
        });
        m.columns(&["slice", "rows", "value", "beside all rows"]);
        m.element("tbody", |m| {
            for ((slice, estimate), bounds) in shown.iter().zip(&bounds) {
                m.element("tr", |m| {
                    m.element(tag("th").set("scope", "row"), |m| {
                        m.leaf("bdi", clip(&slice.name, 120));
                        if slice.small {
                            m.leaf("span.aside", "⚠ small");
                        }
                    });
                    m.leaf("td.n", thousands(slice.rows));
                    m.element("td.n", |m| {
                        m.leaf("b", number(estimate.value));
                        if let Some(ends) = estimate.interval {
                            m.leaf("span.interval", interval(ends));
                        }
                    });
                    m.element("td.lies", |m| {
                        draw(m, scale, Backdrop { whole: sliced.whole, bounds }, *estimate, slice.small);
                    });
                });
            }
            m.element("tr.axis-ends", |m| {
                m.leaf(tag("td").set("colspan", 3), "");
                m.element("td.lies", |m| {
                    m.element("div.ends", |m| ends(scale).iter().for_each(|end| m.leaf("span", end)));
                });
            });
        });
    });
    if let Some(more @ 1..) = sliced.slices.len().checked_sub(DRAWN) {
        m.leaf("p.quiet", format!("{more} better or smaller ones are below."));
    }
}

/// A line with a bar at each end; without one where it goes on beyond the drawing.
fn whisker(scale: Scale, [low, high]: [f64; 2]) -> String {
    let x = |number| px(scale.between(number, LEFT, RIGHT));
    let mut path = format!("M{} 20H{}", x(low), x(high));
    for end in [low, high] {
        if (scale.low()..=scale.high()).contains(&end) {
            path.push_str(&format!("M{} 14v12", x(end)));
        }
    }
    path
}

/// What a slice is drawn before.
struct Backdrop<'a> {
    whole: Option<Estimate>,
    bounds: &'a [f64],
}

fn draw(m: &mut Markup, scale: Scale, behind: Backdrop<'_>, estimate: Estimate, small: bool) {
    let x = |number| scale.between(number, LEFT, RIGHT);
    let svg = tag("svg.strip").set("viewBox", "0 0 320 40").set("aria-hidden", "true");
    m.element(svg, |m| {
        if let Some(whole) = behind.whole {
            if let Some([low, high]) = whole.interval {
                let (low, high) = (x(low), x(high));
                let rect = tag("rect.spread").set("x", px(low.min(high))).set("y", 0);
                m.empty(rect.set("width", px((high - low).abs())).set("height", 40));
            }
            m.empty(tag("path.limit").set("d", format!("M{} 0v40", px(x(whole.value)))));
        }
        for bound in behind.bounds {
            m.empty(tag("path.bound").set("d", format!("M{} 0v40", px(x(*bound)))));
        }
        if let Some(ends) = estimate.interval {
            m.empty(tag("path.whisker").set("d", whisker(scale, ends)));
        }
        let at = x(estimate.value);
        // A value beyond the drawing is pointed at.
        if estimate.value < scale.low() {
            return m.empty(tag("path.hollow").set("d", format!("M{} 13l-9 7l9 7z", px(at))));
        }
        if estimate.value > scale.high() {
            return m.empty(tag("path.hollow").set("d", format!("M{} 13l9 7l-9 7z", px(at))));
        }
        let name = if small { "circle.hollow" } else { "circle.spot" };
        m.empty(tag(name).set("cx", px(at)).set("cy", 20).set("r", 5.5));
    });
}

/// All slices in the order of the record; those who want more of them read the record.
fn table(m: &mut Markup, predictions: &Predictions, ruled: &[Sliced<'_>]) {
    let mut columns: Vec<&MetricName> = ruled.iter().map(|sliced| sliced.metric).collect();
    for name in predictions.estimates.keys() {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let left_out = columns.len().saturating_sub(COLUMNS);
    columns.truncate(COLUMNS);
    m.element("details", |m| {
        m.leaf("summary", format!("all {}", counted(predictions.slices.len(), "slice", "slices")));
        let region = tag("div.scroll").set("tabindex", 0).set("role", "region");
        m.element(region.set("aria-label", "all slices"), |m| {
            m.element("table.plain", |m| {
                m.element("thead", |m| {
                    m.element("tr", |m| {
                        m.leaf(tag("th").set("scope", "col"), "slice");
                        m.leaf(tag("th.n").set("scope", "col"), "rows");
                        for name in &columns {
                            m.element(tag("th").set("scope", "col"), |m| m.name(name));
                        }
                    });
                });
                m.element("tbody", |m| {
                    for slice in predictions.slices.iter().take(LISTED) {
                        m.element("tr", |m| {
                            let small = if slice.small { " ⚠ small" } else { "" };
                            m.leaf(
                                tag("th").set("scope", "row"),
                                format!("{}{small}", clip(&slice.name, 120)),
                            );
                            m.leaf("td.n", thousands(slice.rows));
                            for name in &columns {
                                let estimate = slice.estimates.get(*name);
                                m.leaf(
                                    "td.n",
                                    estimate.map_or_else(|| "–".to_owned(), |it| number(it.value)),
                                );
                            }
                        });
                    }
                });
            });
        });
        if let Some(more @ 1..) = predictions.slices.len().checked_sub(LISTED) {
            m.leaf("p.quiet", format!("{more} more slices stand in run.json."));
        }
        if left_out > 0 {
            m.leaf("p.quiet", format!("{} more in run.json.", counted(left_out, "metric is", "metrics are")));
        }
    });
}
