//! What is said of leaks.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use super::layout::Layout;
use super::{Leaks, Seen, Times};
use crate::config::{Bound, Leakage};
use crate::document::shown;
use crate::finding::{Finding, Severity};
use crate::name::Digest;
use crate::number::{counted, number, percent, percentage, short, thousands};
use crate::record::data as record;
use crate::table::Type;

/// So many columns are kept that tell the label.
const MOST_KEPT: usize = 10;

/// The evidence, and what is wrong.
pub fn leaks(asked: &Leakage, seen: &Seen) -> Leaks {
    let share = seen.both.rows as f64 / seen.test_rows.max(1) as f64;
    let findings = rows(asked, seen, share)
        .into_iter()
        .chain(seen.groups.iter().filter_map(|(column, both)| group(asked, column, both.values)))
        .chain(seen.times.as_ref().and_then(|times| time(asked, times)))
        .chain(tells(asked, &seen.areas))
        .chain(seen.untold.iter().map(|why| untold(why)))
        .collect();
    let evidence = record::Leakage {
        train: asked.train.clone(),
        test: asked.test.clone(),
        rows: seen.both.rows,
        share,
        first: seen.both.first.iter().map(|(test, train)| (test + 1, train + 1)).collect(),
        groups: seen.groups.iter().map(|(column, both)| (column.clone(), both.values)).collect(),
        predicts: seen.areas.iter().take(MOST_KEPT).cloned().collect(),
    };
    Leaks { evidence, findings }
}

fn rows(asked: &Leakage, seen: &Seen, share: f64) -> Option<Finding> {
    let both = &seen.both;
    let (within, most) = match asked.max {
        Bound::Absolute(most) => (both.rows as f64 <= most, number(most)),
        Bound::Relative(most) => (share <= most, percentage(most)),
    };
    if both.rows == 0 {
        return None;
    }
    let (test, train) = both.first.first().map_or((0, 0), |(test, train)| (test + 1, train + 1));
    let same = if asked.near_texts || asked.digits.is_some() { " or nearly so" } else { "" };
    let message = format!(
        "{} of {} rows of «{}» ({}) are in «{}» too{same}: the first is row {test}, which is row {train} there",
        thousands(both.rows),
        thousands(seen.test_rows),
        asked.test,
        percent(share),
        asked.train,
    );
    let finding = if within { Finding::notice } else { Finding::error };
    let all = both.rows == seen.test_rows;
    let help = if all {
        "the model is judged by what it learned from: split the data before you train".to_owned()
    } else if within {
        format!("`data.leakage.max` allows {most}")
    } else {
        format!("drop duplicates before you split; `data.leakage.max` allows {most}")
    };
    Some(finding("data-leak-rows", message).help(help))
}

/// Values that could not be compared, because they are of another type than what their column holds, or no text that can
/// be read. Of a group that is an error: what may be in both sets was not looked at.
pub fn strange(layout: &Layout, asked: &Leakage, strange: [&[u64]; 2]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (set, strange) in [&asked.train, &asked.test].into_iter().zip(strange) {
        for (place, values) in strange.iter().enumerate().filter(|(_, values)| **values > 0) {
            let severity = if layout.groups.contains(&place) { Severity::Error } else { Severity::Warning };
            let (are, they) = if *values == 1 { ("value", "it counts") } else { ("values", "they count") };
            let message = format!(
                "{} {are} of the column «{}» of «{}» cannot be compared: {they} as none",
                thousands(*values),
                shown(&layout.name(place)),
                shown(set)
            );
            let help =
                "write the column as one type, texts in UTF-8; lists and objects as a column for each value";
            findings.push(Finding::new(severity, "data-type", message).help(help));
        }
    }
    findings
}

fn group(asked: &Leakage, column: &str, values: u64) -> Option<Finding> {
    let column = column.escape_debug();
    let message = format!(
        "{} of «{column}» {} both in «{}» and in «{}»",
        counted(usize::try_from(values).unwrap_or(usize::MAX), "value", "values"),
        if values == 1 { "is" } else { "are" },
        asked.train,
        asked.test
    );
    let help = "split by the group: in scikit-learn with GroupShuffleSplit or GroupKFold";
    (values > 0).then(|| Finding::error("data-leak-group", message).help(help))
}

fn time(asked: &Leakage, times: &Times) -> Option<Finding> {
    let Times { holds, latest, earliest } = *times;
    for (time, set) in [(latest, &asked.train), (earliest, &asked.test)] {
        if time.is_infinite() {
            let message = format!("nobody looked at how the sets lie in time: no row of «{set}» has one");
            let help = "correct `data.leakage.time`, or what writes the column";
            return Some(Finding::warning("data-leak-time-untold", message).help(help));
        }
    }
    if latest < earliest {
        return None;
    }
    let moment = |at: f64| moment(at, holds);
    let message = format!(
        "«{}» begins at {} and «{}» ends at {}: the model knows the future that it is judged by",
        asked.test,
        moment(earliest),
        asked.train,
        moment(latest)
    );
    Some(Finding::error("data-leak-time", message).help("put all of the test set after the training set"))
}

fn moment(seconds: f64, holds: Type) -> String {
    if !matches!(holds, Type::Date | Type::Time) {
        return number(seconds);
    }
    let moment = Duration::try_from_secs_f64(seconds).ok().and_then(|after| UNIX_EPOCH.checked_add(after));
    let mut text = moment
        .map_or_else(|| number(seconds), |moment| humantime::format_rfc3339_seconds(moment).to_string());
    if holds == Type::Date {
        text.truncate(text.find('T').unwrap_or(text.len()));
    }
    text
}

fn tells(asked: &Leakage, areas: &[(String, f64)]) -> Vec<Finding> {
    let Some(bound) = asked.predicts else { return Vec::new() };
    let told = areas.iter().filter(|(_, area)| *area >= bound).map(|(column, area)| {
        let message = format!(
            "the column «{}» of «{}» alone tells the label, with an area under the ROC curve of {}",
            column.escape_debug(),
            asked.train,
            short(*area)
        );
        Finding::error("data-leak-label", message).help(
            "is it known when the model is asked? If not, drop it; if so, raise `data.leakage.predicts`, or name it \
             under `data.ignore`",
        )
    });
    told.collect()
}

fn untold(why: &str) -> Finding {
    let message = format!("nobody looked at how well single columns tell the label: {why}");
    Finding::notice("data-leak-label-untold", message)
        .help("it takes a label with two values, and enough rows with each")
}

/// Files that are in both sets, by their content.
#[must_use]
pub fn same_files(
    (train_name, train): (&str, &BTreeMap<String, Digest>),
    (test_name, test): (&str, &BTreeMap<String, Digest>),
) -> Vec<Finding> {
    let same = test.iter().filter_map(|(path, digest)| {
        let (other, _) = train.iter().find(|(_, other)| *other == digest)?;
        let message = if other == path {
            format!("the file is both in «{train_name}» and in «{test_name}»")
        } else {
            format!("the file has the same content as «{other}» of «{train_name}»")
        };
        let help = "the model is judged by what it learned from: split the data before you train";
        Some(Finding::error("data-leak-file", message).at_path(path).help(help))
    });
    same.collect()
}
