//! What the evaluation saw: curves, calibration, confusion, and how far repeats differ.

use super::markup::Markup;
use super::{confusion, curves, repeats};
use crate::report::{Report, evidence};
use crate::step::Step;

/// Writes the section, where there is something to see.
pub(super) fn section(m: &mut Markup, report: &Report<'_>) {
    let predictions = report.record.predictions();
    let is_repeated = report.record.step(Step::Evaluate).is_some_and(|step| step.evidence.repeats.len() > 1);
    let has_pictures = predictions
        .is_some_and(|it| it.curves.is_some() || !it.calibration.is_empty() || it.confusion.is_some());
    if !has_pictures && !is_repeated {
        return;
    }
    let aside = predictions.map(evidence::evaluated).unwrap_or_default();
    super::section(m, "evaluation", "Evaluation", &aside, |m| {
        if let Some(predictions) = predictions {
            if predictions.curves.is_some() || !predictions.calibration.is_empty() {
                m.element("div.charts", |m| {
                    if let Some(found) = &predictions.curves {
                        curves::roc(m, predictions, found);
                        curves::precision_recall(m, predictions, found);
                    }
                    curves::reliability(m, predictions);
                });
            }
            if let Some(found) = &predictions.confusion {
                confusion::matrix(m, found);
            }
        }
        repeats::charts(m, report);
    });
}
