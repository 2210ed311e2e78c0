//! What the record, the findings and the one sentence say of the data.

use std::collections::{BTreeMap, HashSet};

use super::compared::{Apart, Sorted};
use super::drift::{Ascending, Compared, Lack, Values, lacking};
use super::profile::Column;
use super::schema::Checked;
use super::sets::Located;
use super::survey::{Declared, Strange, Survey};
use crate::config::{self, Problem};
use crate::document::shown;
use crate::finding::{Finding, Severity};
use crate::name::{Digest, MetricName};
use crate::number::{counted, percent, thousands};
use crate::record::data::{Data, Drift, Role, Set, Violation};
use crate::record::{DATA, MetricValue};
use crate::table::{Table, Type};

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

/// Columns in which values are of another type than the reference's. `first` has for each side and column the first of
/// them, and where it is.
pub fn strange<R: Ascending>(
    columns: &[Compared<R, Sorted>],
    names: [&str; 2],
    first: [&[Option<String>]; 2],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let Compared { reference, current, .. } = column;
        let sides = [(reference.strange, reference.present()), (current.strange, current.present())];
        let is_unknown = reference.strange > 0 && reference.present() == 0;
        for (((strange, present), set), first) in sides.into_iter().zip(names).zip(first) {
            let first = first.get(place).and_then(Option::as_deref);
            let first = first.map(|first| format!(": the first is {first}")).unwrap_or_default();
            let name = shown(&column.column);
            if is_unknown {
                // Said once: what the model knows of it nobody can tell.
                let message =
                    format!("the column «{name}» of «{set}» holds nothing that can be compared{first}");
                let help = "lists and objects are not compared: name it under `ignore`, or write a column for each value; if it holds \
                            neither, correct its `type` in data.schema.yml";
                findings.push(Finding::warning("data-type", message).help(help));
                break;
            }
            if strange > 0 && present == 0 {
                let message = format!(
                    "no value of the column «{name}» of «{set}» is of the type that it has in «{}»{first}",
                    names[0]
                );
                let help = "a model that learned from it has nothing to go by: mend what writes it, or name it under `ignore`";
                findings.push(Finding::error("data-column-type", message).help(help));
            } else if strange > 0 {
                findings.push(some_strange(strange, &column.column, set, &first));
            }
        }
    }
    findings
}

/// Columns that are text on one side and numbers on the other, and have values on both.
pub fn apart<R: Ascending>(
    columns: &[Compared<R, Sorted>],
    apart: &[Option<Apart>],
    [reference, current]: [&str; 2],
) -> Vec<Finding> {
    let told = columns.iter().zip(apart).filter_map(|(column, apart)| {
        let has_values = column.reference.present() > 0 && column.current.present() > 0;
        let name = shown(&column.column);
        let finding = match apart.as_ref().filter(|_| has_values)? {
            Apart::Before(now) => {
                let message = format!(
                    "the column «{name}» is text in «{reference}» and holds {} in «{current}»: it is compared as categories",
                    plural(*now)
                );
                let as_numbers = if matches!(now, Type::Integer | Type::Number) { " or `as: numbers`" } else { "" };
                let help = format!(
                    "a shift hardly shows so: mend what makes it text, or write `type: {}` in data.schema.yml{as_numbers}; \
                     where these are categories, write `as: categories`",
                    now.word()
                );
                Finding::warning("data-type", message).help(help)
            }
            Apart::Now(path) => {
                let message = format!(
                    "the column «{name}» holds numbers in «{reference}», and the file says that it is text in «{current}»: \
                     its texts are read as numbers"
                );
                let help = "a model may not read them so: mend what writes it";
                Finding::warning("data-type", message).at_path(path).help(help)
            }
        };
        Some(finding)
    });
    told.collect()
}

/// What a column of this type holds.
const fn plural(holds: Type) -> &'static str {
    match holds {
        Type::Date => "days",
        Type::Time => "times",
        Type::Text => "texts",
        Type::Boolean => "truth values",
        Type::Integer | Type::Number => "numbers",
    }
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
        let first = first.map(|first| format!(": the first is {first}")).unwrap_or_default();
        some_strange(strange.rows, column, &set.name, &first)
    };
    survey.strange.iter().map(told).collect()
}

/// That so many values of a column of a set are strange, and not all of them.
fn some_strange(strange: u64, column: &str, set: &str, first: &str) -> Finding {
    let message = of_another_type(strange, &format!("«{}» of «{set}»", shown(column)), first);
    let help = "they count as rows without a value; write what the column holds in data.schema.yml";
    Finding::warning("data-type", message).help(help)
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
    let first = first.map(|first| format!(": the first is {first}")).unwrap_or_default();
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

/// Columns that have no score, though they have values. They are errors: nobody knows whether they have drifted.
pub fn not_compared<R: Ascending>(columns: &[Compared<R, Sorted>], drift: &Drift) -> Vec<Finding> {
    let unknown: HashSet<&str> = (drift.columns.iter())
        .filter(|column| column.score.is_none() && !column.drifted)
        .map(|column| column.column.as_str())
        .collect();
    let told =
        columns.iter().filter(|column| unknown.contains(column.column.as_str())).filter_map(|column| {
            // Of a column that holds nothing but strange values `strange` tells more.
            let is_strange = column.reference.present() == 0 && column.reference.strange > 0
                || column.current.present() == 0 && column.current.strange > 0;
            let lack = column.lacks().filter(|_| !is_strange)?;
            let (name, reference) = (shown(&column.column), shown(&drift.reference));
            let why = lacking(lack, column.measured.method);
            let message = format!("the column «{name}» could not be compared with «{reference}»: {why}");
            Some(Finding::error("data-not-compared", message).help(remedy(lack)))
        });
    told.collect()
}

/// What to do about a column that could not be compared.
const fn remedy(lack: Lack) -> &'static str {
    match lack {
        Lack::Before | Lack::Now => "mend what writes it, or name it under `ignore`",
        Lack::Infinite | Lack::Far => {
            "choose `auto`, `psi` or `ks` for the column, which ask for the order of numbers alone, or mend what writes \
             them"
        }
        Lack::Few => "compare more rows",
        Lack::Method => "compare with the data itself, or choose `psi` or `auto` for the column",
        Lack::Coarse | Lack::Counts => "compare with the data itself, or name the column under `ignore`",
    }
}

/// Columns for which somebody chose a method that is of numbers, and that hold none.
pub fn chosen_in_vain<R: Ascending>(columns: &[Compared<R, Sorted>], asked: &config::Drift) -> Vec<Finding> {
    let told =
        columns.iter().filter(|column| is_beside_method(column) && is_chosen(column, asked)).map(|column| {
            let (name, method) = (shown(&column.column), column.measured.method.word());
            let message =
                format!("the column «{name}» holds categories, and `{method}` is a method of numbers");
            let help = "choose another method for it, or `as: numbers` where it holds numbers";
            Finding::error("data-not-compared", message).help(help)
        });
    told.collect()
}

/// Columns that the method which was chosen for all of them does not measure, because they hold no numbers.
pub fn left_out<R: Ascending>(columns: &[Compared<R, Sorted>], asked: &config::Drift) -> Option<Finding> {
    const NAMED: usize = 10;
    let left = columns.iter().filter(|column| is_beside_method(column) && !is_chosen(column, asked));
    let names: Vec<String> = left.map(|column| format!("«{}»", shown(&column.column))).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let method = asked.measure.method.word();
    let listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let message = match names.as_slice() {
        [] => return None,
        [only] => {
            format!("`{method}` is a method of numbers: the column {only} of categories is not compared")
        }
        all => format!(
            "`{method}` is a method of numbers: {} columns of categories are not compared: {listed}{more}",
            all.len()
        ),
    };
    let help = "choose `auto`, which measures both; or for these a method of categories under `data.drift.columns`, such as \
                `jensen-shannon`, or `as: numbers` where they hold numbers";
    Some(Finding::warning("data-not-compared", message).help(help))
}

/// Whether the column holds categories, and its method is of numbers.
fn is_beside_method<R: Ascending>(column: &Compared<R, Sorted>) -> bool {
    let has_categories = matches!(column.reference.values, Values::Categories(_) | Values::Prose(_));
    let is_there = column.reference.present() + column.current.present() > 0;
    has_categories && is_there && column.measured.method.is_of_numbers()
}

/// Whether somebody says of that very column how it is measured.
fn is_chosen<R: Ascending>(column: &Compared<R, Sorted>, asked: &config::Drift) -> bool {
    asked.columns.iter().any(|(name, _)| *name == column.column)
}

/// That a side has so few rows that hardly any drift would show.
pub fn few_rows(drift: &Drift) -> Option<Finding> {
    let sides = [&drift.reference, &drift.current].into_iter().zip(drift.rows?);
    let few = sides.filter(|(_, rows)| *rows < Drift::FEWEST);
    let few = few.map(|(name, rows)| {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        format!("«{}» has only {}", shown(name), counted(rows, "row", "rows"))
    });
    let few = few.collect::<Vec<_>>();
    if few.is_empty() {
        return None;
    }
    let message = format!("{}: so few show next to no drift", few.join(", and "));
    let help = format!("compare at least {} rows on each side, better some hundreds", Drift::FEWEST);
    Some(Finding::warning("data-few-rows", message).help(help))
}

/// That no column was compared, which proves nothing.
pub fn nothing_compared(drift: &Drift) -> Option<Finding> {
    if drift.columns.iter().any(|column| column.score.is_some() || column.drifted) {
        return None;
    }
    let message = format!(
        "no column of «{}» could be compared with «{}» by `{}`",
        drift.current, drift.reference, drift.method
    );
    let help = "choose another method, or look at what `ignore` leaves";
    Some(Finding::error("data-nothing-compared", message).help(help))
}

/// The data set, and its columns, as far as they have drifted.
pub fn drifted(drift: &Drift) -> Vec<Finding> {
    let mut findings = Vec::new();
    if drift.drifted {
        let Drift { current, reference, share, bound, .. } = drift;
        let message = if share < bound {
            format!("«{current}» has drifted from «{reference}», the detector says of all features together")
        } else {
            let [share, bound] = [share, bound].map(|share| percent(*share));
            format!("«{current}» has drifted from «{reference}»: {share} of the columns, at least {bound}")
        };
        let help = "look at the columns below; train again where the world has moved, mend the source where it broke";
        findings.push(Finding::error("data-drift", message).help(help));
    }
    for column in drift.columns.iter().filter(|column| column.drifted) {
        let what = match column.role {
            Role::Feature => "column",
            Role::Label => "label",
            Role::Prediction => "prediction",
        };
        let message =
            format!("the {what} «{}» has drifted: {}", column.column.escape_debug(), column.because);
        findings.push(Finding::warning("data-drift-column", message));
    }
    findings
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
