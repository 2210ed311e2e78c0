//! What the scores are worth: the ROC curve, precision against recall, and how often what was said came true.

use super::clip;
use super::markup::{Markup, tag};
use super::plot::{Plot, diagonal, line, x, y};
use super::scale::px;
use crate::record::{Bin, Curves, Predictions, Threshold};
use crate::report::{interval, number};

/// As many thresholds and bins as are drawn.
const MARKS: usize = 100;
/// As many thresholds as are named below the drawing.
const NAMED: usize = 8;

/// The true positive rate over the false positive rate.
pub(super) fn roc(m: &mut Markup, predictions: &Predictions, curves: &Curves) {
    if curves.roc.len() < 2 {
        return;
    }
    let area = named(predictions, "roc_auc");
    let said = area.as_ref().map(|(area, ends)| format!(", area under it {area} {ends}")).unwrap_or_default();
    let plot = Plot {
        title: "ROC curve",
        number: area,
        label: format!("ROC curve: true positive rate over false positive rate{said}"),
        axes: ["false positive rate", "true positive rate"],
    };
    let drawn = |m: &mut Markup| {
        let path = line(&curves.roc);
        let close = format!("L{} {}L{} {}Z", px(x(1.0)), px(y(0.0)), px(x(0.0)), px(y(0.0)));
        m.empty(tag("path.area").set("d", format!("{path}{close}")));
        diagonal(m);
        m.empty(tag("path.curve").set("d", path));
    };
    plot.write(m, drawn, |m| m.leaf("p.hint", "dashed: what guessing comes to"));
}

/// Precision over recall, with the thresholds that were asked for.
pub(super) fn precision_recall(m: &mut Markup, predictions: &Predictions, curves: &Curves) {
    if curves.precision_recall.len() < 2 {
        return;
    }
    let area = named(predictions, "average_precision");
    let said = area.as_ref().map(|(area, _)| format!(", average precision {area}")).unwrap_or_default();
    let found: Vec<&Threshold> = curves.thresholds.iter().take(MARKS).collect();
    let marks: Vec<String> = found.iter().map(|threshold| reached(threshold)).collect();
    let plot = Plot {
        title: "Precision–recall",
        number: area,
        label: clip(&format!("Precision over recall{said}; {}", marks.join("; ")), 600),
        axes: ["recall", "precision"],
    };
    let drawn = |m: &mut Markup| {
        m.empty(tag("path.curve").set("d", line(&curves.precision_recall)));
        for (threshold, words) in found.iter().zip(&marks) {
            if let (Some(recall), Some(precision)) = (threshold.recall, threshold.precision) {
                m.element("g", |m| {
                    m.leaf("title", clip(words, 300));
                    let (x, y) = (px(x(recall)), px(y(precision) - 7.0));
                    m.empty(tag("path.mark").set("d", format!("M{x} {y}l7 7l-7 7l-7 -7z")));
                });
            }
        }
    };
    plot.write(m, drawn, |m| {
        if !marks.is_empty() {
            m.element("ul.marks", |m| {
                for words in marks.iter().take(NAMED) {
                    m.leaf("li", clip(words, 300));
                }
                if let Some(more @ 1..) = marks.len().checked_sub(NAMED) {
                    m.leaf("li", format!("{more} more in run.json"));
                }
            });
        }
    });
}

/// A target and what reaches it: `precision ≥ 0.9: at 0.713, precision 0.902, recall 0.412`. Untrusted in part.
fn reached(threshold: &Threshold) -> String {
    let target = format!("{} ≥ {}", clip(&threshold.target, 60), number(threshold.at_least));
    let Some(at) = threshold.threshold else { return format!("{target}: no threshold reaches it") };
    let also = |name: &str, value: Option<f64>| {
        value.map(|value| format!(", {name} {}", number(value))).unwrap_or_default()
    };
    let (precision, recall) = (also("precision", threshold.precision), also("recall", threshold.recall));
    format!("{target}: from a score of {} on{precision}{recall}", number(at))
}

/// How often what was said with a probability came true.
pub(super) fn reliability(m: &mut Markup, predictions: &Predictions) {
    let bins: Vec<&Bin> = predictions.calibration.iter().take(MARKS).collect();
    if bins.is_empty() {
        return;
    }
    let gap = named(predictions, "expected_calibration_error");
    let said = gap.as_ref().map(|(gap, _)| format!(", mean gap {gap}")).unwrap_or_default();
    let plot = Plot {
        title: "Reliability",
        number: gap,
        label: format!("Reliability: what came true over what was said, in {} bins{said}", bins.len()),
        axes: ["said", "came true"],
    };
    let heaviest = bins.iter().map(|bin| bin.weight).fold(0.0, f64::max);
    let drawn = |m: &mut Markup| {
        diagonal(m);
        let points: Vec<[f64; 2]> = bins.iter().map(|bin| [bin.said, bin.came_true]).collect();
        m.empty(tag("path.curve.thin").set("d", line(&points)));
        for bin in &bins {
            let share = if heaviest > 0.0 { (bin.weight / heaviest).clamp(0.0, 1.0) } else { 0.0 };
            let radius = 2.5 + 5.0 * if share.is_nan() { 0.0 } else { share.sqrt() };
            m.element("g", |m| {
                let (said, true_, weight) = (number(bin.said), number(bin.came_true), number(bin.weight));
                m.leaf("title", format!("said {said}, came true {true_}, {weight} rows"));
                let circle = tag("circle.spot").set("cx", px(x(bin.said))).set("cy", px(y(bin.came_true)));
                m.empty(circle.set("r", px(radius)));
            });
        }
    };
    plot.write(m, drawn, |m| m.leaf("p.hint", "dashed: as often as said; a larger dot is of more rows"));
}

/// A metric over all rows, and its interval.
fn named(predictions: &Predictions, name: &str) -> Option<(String, String)> {
    let (_, estimate) = predictions.estimates.iter().find(|(metric, _)| metric.as_str() == name)?;
    Some((number(estimate.value), estimate.interval.map(interval).unwrap_or_default()))
}
