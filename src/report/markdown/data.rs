//! What was learned of the data, in short.

use super::escape::{code, sentence};
use super::section::Section;
use crate::number::{counted, percent};
use crate::record::data::{ColumnDrift, Data, Drift, Violation};
use crate::report::{data, thousands};

/// How many columns that have drifted are shown.
const COLUMNS: usize = 10;
/// How many checks that do not hold are shown.
const VIOLATIONS: usize = 10;

/// The verdicts in a line each, then what is worst.
pub fn sections(data: &Data) -> Vec<Section> {
    let mut sections = vec![verdicts(data), violations(&data.violations)];
    sections.extend(data.drift.as_ref().map(drift));
    sections
}

fn verdicts(data: &Data) -> Section {
    let mut lines = vec![data::sets(data).join("; ")];
    if let Some(drift) = &data.drift {
        let mark = match data::Moved::of(drift) {
            data::Moved::Nothing => "✅",
            data::Moved::Unclear | data::Moved::Partly => "⚠️",
            data::Moved::Wholly => "❌",
        };
        lines.push(format!("{mark} {} ({})", data::verdict(drift, true), data::rests_on(drift)));
    }
    lines.extend(data.leakage.as_ref().map(|leakage| data::leaks(leakage).join("; ")));
    let is_told = |line: &String| !line.is_empty();
    Section::text(
        lines.iter().filter(|line| is_told(line)).map(|line| format!("- {}", sentence(line, 1000))).collect(),
    )
    .titled("Data")
}

fn drift(drift: &Drift) -> Section {
    let moved = drift.moved();
    let lines = drift.columns.iter().filter(|column| column.drifted).take(COLUMNS).map(column).collect();
    let title = match moved > COLUMNS {
        true => format!("The worst {COLUMNS} of {} that have drifted", counted(moved, "column", "columns")),
        false => "Columns that have drifted".to_owned(),
    };
    Section::table(&["column", "score", "threshold", "p", "no value", "unseen", "why"], ":rrrrr:", lines)
        .titled(&title)
}

fn column(column: &ColumnDrift) -> Vec<String> {
    let role = data::role(column).map(|role| format!(" ({role})")).unwrap_or_default();
    let [score, threshold] = data::score(column);
    let plain = |text: String| sentence(&text, 200);
    vec![
        format!("{}{role}", code(&column.column, 200)),
        plain(score) + &method(column),
        plain(threshold),
        plain(data::p(column).map(|p| data::bare(&p).to_owned()).unwrap_or_default()),
        plain(data::missing(column)),
        plain(column.unseen.filter(|share| *share > 0.0).map(percent).unwrap_or_default()),
        sentence(&column.because, 300),
    ]
}

/// What the score is, behind it.
fn method(column: &ColumnDrift) -> String {
    column.score.map(|_| format!(" {}", code(&column.method, 40))).unwrap_or_default()
}

fn violations(violations: &[Violation]) -> Section {
    let lines = violations.iter().take(VIOLATIONS).map(|violation| {
        vec![
            violation.column.as_ref().map_or_else(|| "the table".to_owned(), |column| code(column, 200)),
            code(&violation.check, 60),
            code(&violation.set, 60),
            thousands(violation.rows),
            sentence(&percent(violation.share), 20),
            sentence(&data::first(violation), 300),
        ]
    });
    let title = match violations.len() > VIOLATIONS {
        true => format!("What breaks the schema: the first {VIOLATIONS} of {}", violations.len()),
        false => "What breaks the schema".to_owned(),
    };
    Section::table(&["column", "check", "set", "rows", "share", "the first"], ":::rr:", lines.collect())
        .titled(&title)
}
