//! What the findings say of two sets that are compared.

use std::collections::HashSet;

use super::{some_strange, the_first};
use crate::config;
use crate::data::compared::{Apart, Sorted};
use crate::data::drift::{Ascending, Compared, Lack, Values, lacking};
use crate::document::shown;
use crate::finding::Finding;
use crate::number::{counted, percent};
use crate::record::data::{Drift, Role};
use crate::table::Type;

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
            let first = the_first(first.get(place).and_then(Option::as_deref));
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
                let as_numbers = if now.is_number() { " or `as: numbers`" } else { "" };
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
