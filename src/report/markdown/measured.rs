//! What was measured of the predictions, as tables.

use super::ends;
use super::escape::code;
use super::section::Section;
use crate::number::number;
use crate::record::Record;
use crate::report::slices::worst;
use crate::report::standing::rows;
use crate::report::{Report, thousands};

/// How many slices are shown.
const SLICES: usize = 10;
/// A table of more classes is read in report.html.
const CLASSES: usize = 6;
/// How many thresholds are shown.
const THRESHOLDS: usize = 10;

/// The worst slices of the metrics that have rules, each beside the whole.
pub fn slices(report: &Report) -> Section {
    let sliced = worst(report, SLICES);
    let shown: usize = sliced.iter().map(|sliced| sliced.slices.len()).sum();
    let lines = sliced.iter().flat_map(|sliced| {
        let whole = sliced.whole.map(|whole| number(whole.value)).unwrap_or_default();
        sliced.slices.iter().map(move |(slice, estimate)| {
            let small = if slice.small { " ⚠️ small" } else { "" };
            vec![
                code(sliced.metric.as_str(), 256),
                format!("{}{small}", code(&slice.name, 200)),
                number(estimate.value) + &ends(estimate.interval),
                whole.clone(),
                thousands(slice.rows),
            ]
        })
    });
    let all = report.record.predictions().map_or(0, |predictions| predictions.slices.len());
    let title = match all > shown {
        true => format!("The worst of {all} slices"),
        false => "The worst slices".to_owned(),
    };
    Section::table(&["metric", "slice", "value", "all rows", "rows"], "::rrr", lines.collect()).titled(&title)
}

/// How often each class was taken for each, where there are few.
pub fn confusion(record: &Record) -> Section {
    let Some(confusion) = record.predictions().and_then(|predictions| predictions.confusion.as_ref()) else {
        return Section::text(Vec::new());
    };
    if confusion.labels.len() > CLASSES {
        return Section::text(Vec::new());
    }
    let labels: Vec<String> = confusion.labels.iter().map(|label| code(label, 60)).collect();
    let titles: Vec<&str> =
        ["is ↓ taken for →"].into_iter().chain(labels.iter().map(String::as_str)).collect();
    let lines = labels.iter().enumerate().map(|(at, label)| {
        let counts = confusion.counts.get(at);
        let cell = |to: usize| {
            let count = counts.and_then(|counts| counts.get(to)).map(|count| number(*count));
            let count = count.unwrap_or_else(|| "–".into());
            if to == at { format!("**{count}**") } else { count }
        };
        std::iter::once(label.clone()).chain((0..labels.len()).map(cell)).collect()
    });
    let aligned = format!(":{}", "r".repeat(labels.len()));
    Section::table(&titles, &aligned, lines.collect()).folded("Confusion matrix")
}

/// The thresholds that were asked for.
pub fn thresholds(record: &Record) -> Section {
    let curves = record.predictions().and_then(|predictions| predictions.curves.as_ref());
    let lines = curves.iter().flat_map(|curves| &curves.thresholds).take(THRESHOLDS).map(|threshold| {
        let shown = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), number);
        vec![
            format!("{} ≥ {}", code(&threshold.target, 40), number(threshold.at_least)),
            threshold.threshold.map_or_else(|| "no threshold reaches it".to_owned(), number),
            shown(threshold.precision),
            shown(threshold.recall),
        ]
    });
    let lines: Vec<Vec<String>> = lines.collect();
    let title = record.predictions().map(|predictions| format!("Thresholds, on {}", rows(predictions.rows)));
    Section::table(&["target", "threshold", "precision", "recall"], ":rrr", lines)
        .folded(&title.unwrap_or_default())
}
