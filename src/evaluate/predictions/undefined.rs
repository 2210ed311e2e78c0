//! What is to be said of metrics that these rows do not define, or that nothing could have made worse.

use std::collections::BTreeMap;

use super::estimate::{Measurement, foregone};
use super::labels::listed;
use super::summary::Summary;
use crate::config::Measure;
use crate::finding::Finding;

/// The findings about metrics by their names; the summary is that of a classification.
pub fn findings(measurements: &BTreeMap<String, Measurement>, summary: Option<&Summary>) -> Vec<Finding> {
    let names = |is: &dyn Fn(&Measurement) -> bool| {
        measurements.iter().filter(|(_, m)| is(m)).map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let of_nothing = names(&|m| m.value.of_nothing && m.value.number.is_finite());
    let not_finite = names(&|m| !m.value.number.is_finite());
    let mut findings = Vec::new();
    if !of_nothing.is_empty() {
        let message =
            format!("there is nothing to take a share of for {}: it counts as 0", listed(&of_nothing));
        findings.push(
            Finding::warning("metric-undefined", message).help(
                "a class is never predicted or never true, or the truth never changes: look at the rows",
            ),
        );
    }
    if !not_finite.is_empty() {
        let message = format!("these rows do not define {}: it is NaN", listed(&not_finite));
        findings.push(
            Finding::warning("metric-not-finite", message)
                .help("a rule about it fails; see whether the truth has rows of every class"),
        );
    }
    findings.extend(summary.and_then(|summary| of_one_class(measurements, summary)));
    findings
}

fn of_one_class(measurements: &BTreeMap<String, Measurement>, summary: &Summary) -> Option<Finding> {
    let is_foregone = |name: &str, measured: &Measurement| {
        Measure::named(name)
            .is_some_and(|measure| foregone(measure, measured.value.number, &summary.margins()))
    };
    let names: Vec<String> = measurements
        .iter()
        .filter(|(name, measured)| is_foregone(name, measured))
        .map(|(name, _)| name.clone())
        .collect();
    (!names.is_empty()).then(|| {
        let message = format!(
            "the truth of all rows is one class, and then any model has 1 for {}: there is no interval",
            listed(&names)
        );
        Finding::warning("metric-one-class", message).help("evaluate rows of every class")
    })
}
