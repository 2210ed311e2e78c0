//! Several evaluations of the same model: each a dot, with their mean and its interval.

use super::markup::{Markup, tag};
use super::scale::{Scale, px};
use crate::name::MetricName;
use crate::record::{Estimate, Repeat};
use crate::report::slices::metrics;
use crate::report::{Report, interval, number};
use crate::step::Step;

/// As many metrics as are drawn.
const SHOWN: usize = 12;
/// As many repeats as are drawn.
const DOTS: usize = 200;
const LEFT: f64 = 10.0;
const RIGHT: f64 = 270.0;

/// Writes a drawing for each metric that has a rule; of a record without rules, for each.
pub(super) fn charts(m: &mut Markup, report: &Report<'_>) {
    let Some(evidence) = report.record.step(Step::Evaluate).map(|step| &step.evidence) else { return };
    let repeats = &evidence.repeats;
    if repeats.len() < 2 {
        return;
    }
    let mut shown = metrics(&report.rows);
    if shown.is_empty() {
        shown = evidence.means.keys().collect();
    }
    shown.retain(|metric| repeats.iter().any(|repeat| repeat.metrics.contains_key(*metric)));
    m.element("h3", |m| {
        m.text("Repeats");
        m.leaf("span.count", format!("{} evaluations, each with another seed", repeats.len()));
    });
    m.element("div.charts", |m| {
        for metric in shown.iter().take(SHOWN) {
            chart(m, metric, repeats, evidence.means.get(*metric));
        }
    });
    if let Some(more @ 1..) = shown.len().checked_sub(SHOWN) {
        m.leaf("p.quiet", format!("{more} more metrics stand in run.json."));
    }
}

fn chart(m: &mut Markup, metric: &MetricName, repeats: &[Repeat], mean: Option<&Estimate>) {
    let values: Vec<(u64, f64)> =
        repeats.iter().filter_map(|it| Some((it.seed, *it.metrics.get(metric)?))).take(DOTS).collect();
    let ends = mean.and_then(|mean| mean.interval);
    let all = values.iter().map(|(_, value)| *value).chain(ends.into_iter().flatten());
    let Some(scale) = Scale::around(all.chain(mean.map(|mean| mean.value)), 0.06) else { return };
    let x = |number| scale.between(number, LEFT, RIGHT);
    m.element("figure.chart", |m| {
        m.element("figcaption", |m| {
            m.element("b.name", |m| m.name(metric));
            if let Some(mean) = mean {
                m.leaf("span.now", number(mean.value));
                m.leaf("span.change", ends.map(interval).unwrap_or_default());
            }
        });
        let svg = tag("svg").set("viewBox", "0 0 280 58").set("role", "img");
        m.element(svg.set("aria-label", label(metric, &values, mean)), |m| {
            m.empty(tag("path.axis").set("d", format!("M0 36H{}", 280)));
            if let Some([low, high]) = ends {
                let (low, high) = (x(low), x(high));
                let rect = tag("rect.spread").set("x", px(low.min(high))).set("y", 10);
                m.empty(rect.set("width", px((high - low).abs())).set("height", 26).set("rx", 3));
            }
            if let Some(mean) = mean {
                m.empty(tag("path.limit").set("d", format!("M{} 6v34", px(x(mean.value)))));
            }
            for (seed, value) in &values {
                m.element("g", |m| {
                    m.leaf("title", format!("{}, seed {seed}", number(*value)));
                    m.empty(tag("circle.spot").set("cx", px(x(*value))).set("cy", 23).set("r", 4.5));
                });
            }
            let (low, high) = (scale.low(), scale.high());
            m.leaf(tag("text.caption").set("x", 0).set("y", 53), number(low));
            m.leaf(tag("text.caption").set("x", 280).set("y", 53).set("text-anchor", "end"), number(high));
        });
    });
}

fn label(metric: &MetricName, values: &[(u64, f64)], mean: Option<&Estimate>) -> String {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, it)| (low.min(*it), high.max(*it)));
    let mean = mean.map(|mean| format!(", mean {}", number(mean.value))).unwrap_or_default();
    format!("{metric} over {} repeats: from {} to {}{mean}", values.len(), number(low), number(high))
}
