//! Marks: a shape and a word for each way to end, so that colour is never all there is to see.

use super::markup::{Markup, Tag, tag};
use crate::finding::Severity;
use crate::record::data::ColumnDrift;
use crate::record::{Conclusion, Outcome, Row};
use crate::report::data::Moved;
use crate::report::standing::{Standing, standing};

/// What an end means to a reader; names the class that gives it its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    /// Good, and not done again.
    Restored,
    Bad,
    Doubt,
    Quiet,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good | Self::Restored => "good",
            Self::Bad => "bad",
            Self::Doubt => "doubt",
            Self::Quiet => "quiet",
        }
    }

    /// The stroke of the mark in a square of 16: a tick, an arrow back, a cross, a bar and a dot, a dash.
    const fn stroke(self) -> &'static str {
        match self {
            Self::Good => "M4.2 8.4l2.6 2.6l5 -5.6",
            Self::Restored => "M7.2 4.2L4.4 6.8l2.8 2.6M4.6 6.8h4.6a2.4 2.4 0 0 1 0 4.8H7.4",
            Self::Bad => "M5 5l6 6M11 5l-6 6",
            Self::Doubt => "M8 4v5M8 11.9v.1",
            Self::Quiet => "M4.8 8h6.4",
        }
    }
}

pub(super) const fn of_conclusion(conclusion: Conclusion) -> Tone {
    match conclusion {
        Conclusion::Approved => Tone::Good,
        Conclusion::Rejected | Conclusion::Failed => Tone::Bad,
        Conclusion::Inconclusive | Conclusion::Faulted => Tone::Doubt,
        Conclusion::Cancelled => Tone::Quiet,
    }
}

pub(super) const fn of_outcome(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Restored => Tone::Restored,
        Outcome::Failed => Tone::Bad,
        Outcome::Faulted => Tone::Doubt,
        Outcome::Skipped => Tone::Quiet,
    }
}

/// What does not count is never bad.
pub(super) const fn of_row(row: &Row) -> Tone {
    match standing(row) {
        Standing::Holds => Tone::Good,
        Standing::Fails => Tone::Bad,
        Standing::Open | Standing::Warns => Tone::Doubt,
    }
}

const fn of_severity(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Doubt,
        Severity::Notice => Tone::Quiet,
    }
}

/// A disc with the mark in it, an ornament to the word beside it.
pub(super) fn disc(m: &mut Markup, tone: Tone, name: &'static str) {
    m.element(tag(name).set("viewBox", "0 0 16 16").set("aria-hidden", "true"), |m| {
        m.empty(tag("circle").set("cx", 8).set("cy", 8).set("r", 8));
        m.empty(tag("path").set("d", tone.stroke()));
    });
}

fn badge(m: &mut Markup, tone: Tone, word: &'static str) {
    let tag: Tag = match tone {
        Tone::Good | Tone::Restored => "span.badge.good",
        Tone::Bad => "span.badge.bad",
        Tone::Doubt => "span.badge.doubt",
        Tone::Quiet => "span.badge.quiet",
    }
    .into();
    m.element(tag, |m| {
        disc(m, tone, "svg.disc");
        m.text(word);
    });
}

pub(super) fn conclusion_badge(m: &mut Markup, conclusion: Conclusion) {
    badge(m, of_conclusion(conclusion), conclusion.word());
}

pub(super) fn outcome_badge(m: &mut Markup, outcome: Outcome) {
    badge(m, of_outcome(outcome), outcome.word());
}

/// Whether the data, or a column of it, has drifted. Of a column it is never more than a doubt: the data set decides.
pub(super) fn moved_badge(m: &mut Markup, moved: Moved) {
    let tone = match moved {
        Moved::Nothing => Tone::Good,
        Moved::Unclear | Moved::Partly => Tone::Doubt,
        Moved::Wholly => Tone::Bad,
    };
    badge(m, tone, moved.word());
}

pub(super) fn column_badge(m: &mut Markup, column: &ColumnDrift) {
    match (column.drifted, column.is_compared()) {
        (true, _) => badge(m, Tone::Doubt, "drifted"),
        (false, true) => badge(m, Tone::Good, "steady"),
        (false, false) => badge(m, Tone::Quiet, "not measured"),
    }
}

pub(super) fn row_badge(m: &mut Markup, row: &Row) {
    badge(m, of_row(row), row.outcome.word());
}

pub(super) fn severity_badge(m: &mut Markup, severity: Severity) {
    badge(m, of_severity(severity), severity.word());
}
