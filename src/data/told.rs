//! What the record, the findings and the one sentence say of the data.

mod moved;

use std::collections::BTreeMap;

use super::profile::Column;
use super::schema::Checked;
use super::sets::Located;
use super::survey::{Declared, Strange, Survey};
use crate::config::{self, Problem};
use crate::document::shown;
use crate::finding::{Finding, Severity};
use crate::name::{Digest, MetricName};
use crate::number::{counted, thousands};
use crate::record::data::{Data, Set, Violation};
use crate::record::{DATA, MetricValue};
use crate::table::Table;

pub use moved::{
    apart, chosen_in_vain, drifted, few_rows, left_out, not_compared, nothing_compared, strange,
};

/// A set of so many columns, for the record.
pub fn set(survey: &Survey, columns: usize, files: BTreeMap<String, Digest>) -> Set {
    let missing = survey.missing.iter().map(|(column, rows)| (column.clone(), *rows)).collect();
    Set { rows: survey.table.rows, columns: columns as u64, files, missing, profile: None }
}

/// What breaks the schema, for the record: not what it tolerates, or only warns of.
pub fn violations(set: &str, checked: &Checked) -> Vec<Violation> {
    let of = |violation: &super::schema::Violation| Violation {
        set: set.to_owned(),
        check: violation.check.clone(),
        column: violation.column.clone(),
        rows: violation.rows,
        share: violation.share,
        first: violation.first.clone(),
    };
    checked.failing().map(of).collect()
}

/// What the schema finds wrong, with the name of the set.
pub fn of_set(set: &Located, table: &Table, checked: &Checked) -> Vec<Finding> {
    let place = |row: u64| match set.row(table, row.saturating_sub(1)) {
        (row, Some(path)) => format!("row {row} of {path}"),
        (row, None) => format!("row {row}"),
    };
    let set = &set.name;
    let named = |finding: Finding| Finding { message: format!("{set}: {}", finding.message), ..finding };
    checked.findings(place).into_iter().map(named).collect()
}

/// A problem of the schema's file as a finding.
pub fn problem(problem: Problem, path: &str) -> Finding {
    let finding = Finding::error("data-schema-invalid", problem.message).at_path(path);
    let finding = match problem.place {
        Some(place) => finding.at_line(place.line, Some(place.column)),
        None => finding,
    };
    match problem.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// That the schema names columns at which nobody looks; none where it does not.
pub fn schema_in_vain(path: &str, ignored: &[&str]) -> Option<Finding> {
    let (first, others) = ignored.split_first()?;
    let columns = if others.is_empty() { "column" } else { "columns" };
    let name = |column: &&str| format!("«{}»", shown(column));
    let names = others.iter().fold(name(first), |names, other| format!("{names}, {}", name(other)));
    let message = format!(
        "the schema names the {columns} {names}, which `data.ignore` leaves out: nothing that it says of {} is checked, \
         no key and no comparison either",
        if others.is_empty() { "it" } else { "them" }
    );
    let help = "remove it from `ignore`, or from the schema; an id that is to be in no two sets may stand under \
                `leakage.groups`, and is then no feature of drift";
    Some(Finding::warning("data-schema-ignored", message).at_path(path).help(help))
}

/// Columns of a set that a file says are text, and the schema that they are numbers.
pub fn declared_in_set(set: &Located, survey: &Survey) -> Vec<Finding> {
    let told = |Declared { column, path, holds }: &Declared| {
        let (set, name, holds) = (&set.name, shown(column), holds.word());
        let message = format!("{set}: the file says that «{name}» is text, and the schema {holds}");
        let help = format!("write numbers into the file, or `type: text` in `columns.{name}`");
        Finding::error("data-type", message).at_path(path).help(help)
    };
    survey.declared.iter().map(told).collect()
}

/// Columns of a set in which values are of another type than the others, of which no schema says anything.
pub fn strange_in_set(set: &Located, survey: &Survey) -> Vec<Finding> {
    let told = |(column, strange): &(String, Strange)| {
        let first = strange.first.as_ref().map(|(row, text)| set.shown(&survey.table, *row, text));
        some_strange(strange.rows, column, &set.name, &the_first(first.as_deref()))
    };
    survey.strange.iter().map(told).collect()
}

/// That so many values of a column of a set are strange, and not all of them.
fn some_strange(strange: u64, column: &str, set: &str, first: &str) -> Finding {
    let message = of_another_type(strange, &format!("«{}» of «{set}»", shown(column)), first);
    let help = "they count as rows without a value; write what the column holds in data.schema.yml";
    Finding::warning("data-type", message).help(help)
}

/// The first of some values, with its place, behind a colon; nothing where it is not known.
fn the_first(shown: Option<&str>) -> String {
    shown.map(|shown| format!(": the first is {shown}")).unwrap_or_default()
}

/// That so many values of a column are strange. `first` is the first of them with its place, behind a colon, or nothing.
fn of_another_type(strange: u64, column: &str, first: &str) -> String {
    let rows = usize::try_from(strange).unwrap_or(usize::MAX);
    let are = if rows == 1 { "is" } else { "are" };
    let values = counted(rows, "value", "values");
    format!("{values} of the column {column} {are} of another type than the others{first}")
}

/// A column of a profile in which values are of another type than it has; none where there are none. `first` is the first of
/// them, and where it is.
pub fn strange_in_profile(column: &Column, first: Option<&str>) -> Option<Finding> {
    let first = the_first(first);
    let name = format!("«{}»", shown(&column.name));
    let (message, help) = match (column.strange, column.count()) {
        (0, _) => return None,
        (_, 0) => (
            format!("the column {name} holds nothing that can be profiled{first}"),
            "lists and objects are not looked at: write a column for each value",
        ),
        (strange, _) => (
            of_another_type(strange, &name, &first),
            "the profile counts them as rows without a value; write all values of the column in one way",
        ),
    };
    Some(Finding::warning("data-type", message).help(help))
}

/// Columns that the configuration names and that no set has.
pub fn unknown(data: &config::Data, is_known: impl Fn(&str) -> bool) -> Vec<Finding> {
    let label = data.label.iter().map(|name| ("label", name));
    let prediction = data.prediction.iter().map(|name| ("prediction", name));
    let unknown = label.chain(prediction).filter(|(_, name)| !is_known(name));
    let told = unknown.map(|(key, name)| named_in_vain(key, name));
    told.chain(ignored_in_vain(&data.ignore, &is_known)).collect()
}

/// Columns that are to be ignored and that no set has.
pub fn ignored_in_vain(ignored: &[String], is_known: impl Fn(&str) -> bool) -> Vec<Finding> {
    let unknown = ignored.iter().filter(|name| !is_known(name));
    unknown.map(|name| named_in_vain("ignore", name)).collect()
}

/// That no column is left to look at.
pub fn nothing_left(set: &str) -> Finding {
    let message = format!("`ignore` leaves no column of «{set}»");
    Finding::error("data-nothing-compared", message).help("ignore fewer columns")
}

fn named_in_vain(key: &str, name: &str) -> Finding {
    let message = format!("`{key}` names the column «{}», and no set has it", shown(name));
    // Without the label another column is taken for what the model learns from, and a leak may not be seen.
    let severity = if key == "label" { Severity::Error } else { Severity::Warning };
    Finding::new(severity, "data-column-unknown", message).help("correct the name, or remove it")
}

/// The metrics of the data.
pub fn metrics(data: &Data) -> BTreeMap<MetricName, MetricValue> {
    let mut metrics = BTreeMap::new();
    let mut put = |name: String, value: f64| {
        // A column whose name is no name of a metric has none.
        if let Ok(name) = MetricName::new(format!("{DATA}{name}")) {
            let worst = match metrics.get(&name) {
                Some(MetricValue::Number(known)) => value.max(*known),
                _ => value,
            };
            metrics.insert(name, MetricValue::Number(worst));
        }
    };
    for (name, set) in &data.sets {
        put(format!("rows.{name}"), set.rows as f64);
        for (column, missing) in &set.missing {
            put(format!("nulls.{column}"), *missing as f64 / set.rows.max(1) as f64);
        }
    }
    put("violations".into(), data.violations.iter().map(|violation| violation.rows).sum::<u64>() as f64);
    if let Some(leakage) = &data.leakage {
        put("leakage".into(), leakage.rows as f64);
    }
    if let Some(drift) = &data.drift {
        put("drift".into(), drift.share);
        for column in &drift.columns {
            if let Some(score) = column.score {
                put(format!("drift.{}", column.column), score);
            }
        }
    }
    metrics
}

/// The step in one sentence: of errors the first one in full.
pub fn because(data: &Data, findings: &[Finding]) -> String {
    let mut errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    if let Some(first) = errors.next() {
        let place = first.place();
        let gap = if place.is_empty() { "" } else { ": " };
        let more = match errors.count() {
            0 => String::new(),
            more => format!("; and {}", counted(more, "more error", "more errors")),
        };
        return format!("{place}{gap}{}{more}", first.message);
    }
    let rows = thousands(data.sets.values().map(|set| set.rows).sum());
    let sets = counted(data.sets.len(), "set", "sets");
    let drift = data.drift.as_ref().map(|drift| format!(", {}", drift.counts(" drifted")));
    format!("{rows} rows in {sets}{}", drift.unwrap_or_default())
}
