//! Suites of Great Expectations, as they are written by versions 0.x (`expectation_type`) and 1.x (`type`).

use super::compare::{Comparison, Operator};
use super::foreign::{End, Taken, given};
use super::rules::{Extra, Rule};
use super::values;
use crate::config::source::KeyPath;
use crate::document::{Node, shown};
use crate::table::Type;

/// One expectation of a suite.
struct Expectation<'a> {
    kind: &'a str,
    arguments: &'a Node,
    /// Where its arguments are.
    at: KeyPath,
    /// Where it is.
    whole: KeyPath,
    /// The share of the rows that may break it.
    tolerated: f64,
}

/// Takes over a suite.
pub(super) fn read(taken: &mut Taken<'_>, suite: &Node) {
    let all = suite.get("expectations").and_then(Node::items).unwrap_or_default();
    let mut expectations = Vec::new();
    for (index, node) in all.iter().enumerate() {
        expectations.extend(expectation(taken, KeyPath::of(&["expectations"]).index(index), node));
    }
    // What a column holds decides how the values of other expectations are read.
    let (types, others): (Vec<_>, Vec<_>) = expectations.iter().partition(|one| is_about_type(one.kind));
    for one in types.into_iter().chain(others) {
        take(taken, one);
    }
}

/// Arguments that change nothing about what is expected.
const ASIDE: [&str; 10] = [
    "batch_id",
    "result_format",
    "catch_exceptions",
    "include_config",
    "meta",
    "auto",
    "profiler_config",
    "parse_strings_as_datetimes",
    "output_strftime_format",
    "allow_cross_type_comparisons",
];

fn expectation<'a>(taken: &mut Taken<'_>, whole: KeyPath, node: &'a Node) -> Option<Expectation<'a>> {
    const NONE: &Node = &Node::Map(Vec::new());
    let kind = ["type", "expectation_type"].iter().find_map(|key| given(node, key)?.text());
    let Some(kind) = kind else {
        taken.left_out(&whole, "an expectation without a `type` is not taken over", "say what it expects");
        return None;
    };
    let arguments = given(node, "kwargs").unwrap_or(NONE);
    let at = whole.key("kwargs");
    if let Some(condition) = given(arguments, "row_condition") {
        let condition = condition.text().unwrap_or_default();
        let message =
            format!("`{}` is not taken over: it holds only of rows with «{}»", shown(kind), shown(condition));
        taken.left_out(
            &at.key("row_condition"),
            message,
            "expect it of all rows, or hold it to the data in a test",
        );
        return None;
    }
    if let Some(severity) = given(node, "severity").and_then(Node::text).filter(|word| *word != "critical") {
        let message = format!(
            "the severity «{}» is not taken over: what breaks `{}` is an error",
            shown(severity),
            shown(kind)
        );
        taken.left_out(&whole.key("severity"), message, "remove the expectation where it is none");
    }
    let tolerated = match given(arguments, "mostly").map(Node::number) {
        None => 0.0,
        // What floats add to a difference of decimals would decide at the bound.
        Some(Some(mostly)) if (0.0..=1.0).contains(&mostly) => ((1.0 - mostly) * 1e12).round() / 1e12,
        Some(_) => {
            taken.wrong(&at.key("mostly"), "share from 0 to 1");
            return None;
        }
    };
    Some(Expectation { kind, arguments, at, whole, tolerated })
}

fn is_about_type(kind: &str) -> bool {
    matches!(
        kind,
        "expect_column_values_to_be_of_type"
            | "expect_column_values_to_be_in_type_list"
            | "expect_column_values_to_match_strftime_format"
    )
}

fn take(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    match one.kind {
        "expect_table_row_count_to_be_between" => row_count(taken, one, "min_value", "max_value"),
        "expect_table_row_count_to_equal" => row_count(taken, one, "value", "value"),
        "expect_table_columns_to_match_ordered_list" => ordered_list(taken, one),
        "expect_table_columns_to_match_set" => set(taken, one),
        "expect_compound_columns_to_be_unique" => compound(taken, one),
        "expect_column_pair_values_a_to_be_greater_than_b" => {
            let or_equal = given(one.arguments, "or_equal") == Some(&Node::Bool(true));
            pair(taken, one, if or_equal { Operator::AtLeast } else { Operator::More });
        }
        "expect_column_pair_values_to_be_equal" => pair(taken, one, Operator::Equal),
        kind if kind.starts_with("expect_column_") => of_column(taken, one),
        _ => return unknown(taken, one),
    }
    others(taken, one);
}

fn unknown(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    let column = given(one.arguments, "column").and_then(Node::text);
    let about = column.map(|column| format!(" of «{}»", shown(column))).unwrap_or_default();
    let message = format!("`{}`{about} is not taken over", shown(one.kind));
    taken.left_out(&one.whole, message, "nothing, if you can do without; else hold it to the data in a test");
}

/// The arguments that are read, of whatever expectation.
const READ: [&str; 20] = [
    "column",
    "mostly",
    "value_set",
    "min_value",
    "max_value",
    "strict_min",
    "strict_max",
    "regex",
    "regex_list",
    "match_on",
    "type_",
    "type_list",
    "value",
    "column_list",
    "column_set",
    "exact_match",
    "column_A",
    "column_B",
    "or_equal",
    "strftime_format",
];

/// Names the arguments that nothing reads.
fn others(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    for (key, value) in one.arguments.entries().unwrap_or_default() {
        let is_default = *value == Node::Null
            || (key == "ignore_row_if"
                && matches!(value.text(), Some("any_value_is_missing" | "either_value_is_missing")));
        if !READ.contains(&key.as_str()) && !ASIDE.contains(&key.as_str()) && !is_default {
            let message = format!("the argument `{}` of `{}` is not taken over", shown(key), shown(one.kind));
            taken.left_out(&one.at.key(key), message, "nothing, if you can do without it");
        }
    }
}

fn of_column(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    let Some(name) = given(one.arguments, "column").and_then(Node::text) else {
        return taken.wrong(&one.at.key("column"), "name of a column");
    };
    let argument = |key: &str| given(one.arguments, key);
    let at = |key: &str| one.at.key(key);
    let rule = Rule { of: (), tolerated: one.tolerated };
    match one.kind {
        "expect_column_to_exist" => {
            taken.column(name);
        }
        "expect_column_values_to_not_be_null" => taken.column(name).nulls = one.tolerated,
        "expect_column_values_to_be_unique" => taken.column(name).unique = Some(rule),
        "expect_column_values_to_be_in_set" | "expect_column_distinct_values_to_be_in_set" => {
            taken.values(&at("value_set"), name, argument("value_set").unwrap_or(&Node::Null), one.tolerated);
        }
        "expect_column_values_to_be_between" => {
            range(taken, one, name, argument("min_value"), argument("max_value"))
        }
        "expect_column_min_to_be_between" => extreme(taken, one, name, "min_value", "max_value"),
        "expect_column_max_to_be_between" => extreme(taken, one, name, "max_value", "min_value"),
        "expect_column_values_to_match_regex" => {
            let text = argument("regex").and_then(Node::text);
            taken.pattern(&at("regex"), name, text, false, one.tolerated);
        }
        "expect_column_values_to_match_regex_list" => regex_list(taken, one, name),
        "expect_column_value_lengths_to_be_between" => lengths(taken, one, name),
        "expect_column_value_lengths_to_equal" => {
            let length = taken.count(&one.at, one.arguments, "value");
            taken.length(&at("value"), name, [length, length], one.tolerated);
        }
        "expect_column_values_to_be_of_type" => {
            let words: Vec<&Node> = argument("type_").into_iter().collect();
            types(taken, one, &at("type_"), name, &words);
        }
        "expect_column_values_to_be_in_type_list" => {
            let words: Vec<&Node> =
                argument("type_list").and_then(Node::items).unwrap_or_default().iter().collect();
            types(taken, one, &at("type_list"), name, &words);
        }
        "expect_column_values_to_match_strftime_format" => strftime(taken, one, name),
        _ => unknown(taken, one),
    }
}

fn is_strict(one: &Expectation<'_>, key: &str) -> bool {
    given(one.arguments, key) == Some(&Node::Bool(true))
}

fn range(taken: &mut Taken<'_>, one: &Expectation<'_>, name: &str, min: Option<&Node>, max: Option<&Node>) {
    let ends = [
        End { key: "min_value", node: min, strict: is_strict(one, "strict_min") },
        End { key: "max_value", node: max, strict: is_strict(one, "strict_max") },
    ];
    taken.range(&one.at, name, ends, one.tolerated);
}

/// That the least value is at least something holds of all values; that it is at most something holds of the data as a
/// whole, and is no rule of ours.
fn extreme(taken: &mut Taken<'_>, one: &Expectation<'_>, name: &str, ours: &str, other: &str) {
    if given(one.arguments, other).is_some() {
        let message = format!("`{other}` of `{}` is not taken over", shown(one.kind));
        taken.left_out(&one.at.key(other), message, "nothing, if you can do without it");
    }
    let node = given(one.arguments, ours);
    match ours {
        "min_value" => range(taken, one, name, node, None),
        _ => range(taken, one, name, None, node),
    }
}

fn regex_list(taken: &mut Taken<'_>, one: &Expectation<'_>, name: &str) {
    let at = one.at.key("regex_list");
    if given(one.arguments, "match_on").and_then(Node::text) == Some("all") {
        return unknown(taken, one);
    }
    let items = given(one.arguments, "regex_list").and_then(Node::items).unwrap_or_default();
    let texts: Option<Vec<String>> = items.iter().map(|item| Some(format!("(?:{})", item.text()?))).collect();
    let any = texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("|"));
    taken.pattern(&at, name, any.as_deref(), false, one.tolerated);
}

fn lengths(taken: &mut Taken<'_>, one: &Expectation<'_>, name: &str) {
    let min = taken.count(&one.at, one.arguments, "min_value");
    let max = taken.count(&one.at, one.arguments, "max_value");
    let min = min.map(|min| if is_strict(one, "strict_min") { min.saturating_add(1) } else { min });
    let max = match (max, is_strict(one, "strict_max")) {
        (Some(0), true) => {
            return taken.left_out(&one.at, "no text can be shorter than nothing", "correct `max_value`");
        }
        (Some(max), true) => Some(max - 1),
        (max, _) => max,
    };
    taken.length(&one.at, name, [min, max], one.tolerated);
}

fn types(taken: &mut Taken<'_>, one: &Expectation<'_>, at: &KeyPath, name: &str, words: &[&Node]) {
    let mut holds = Vec::new();
    for word in words {
        match word.text().and_then(type_of) {
            Some(known) => holds.push(known),
            None => {
                let message = format!(
                    "the type «{}» of «{}» is not taken over",
                    shown(word.text().unwrap_or("?")),
                    shown(name)
                );
                return taken.left_out(
                    at,
                    message,
                    "hold it to the data in a test, or name one that pandas, Spark or SQL has",
                );
            }
        }
    }
    match values::widest(holds.into_iter()) {
        Some(holds) => {
            taken.declare(name, holds);
            taken.column(name).strange = one.tolerated;
        }
        None => taken.wrong(at, "type"),
    }
}

/// A type as pandas, Spark and SQL call it.
fn type_of(word: &str) -> Option<Type> {
    let word = word.to_lowercase();
    let plain = word.split(['(', '[', '<']).next().unwrap_or_default().trim();
    Some(match plain {
        "int" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64"
        | "integer" | "bigint" | "smallint" | "tinyint" | "integertype" | "longtype" | "shorttype"
        | "bytetype" => Type::Integer,
        "float" | "float16" | "float32" | "float64" | "double" | "double_precision" | "double precision"
        | "real" | "decimal" | "numeric" | "number" | "floattype" | "doubletype" | "decimaltype" => {
            Type::Number
        }
        "bool" | "boolean" | "booleantype" => Type::Boolean,
        "date" | "datetype" => Type::Date,
        "datetime" | "datetime64" | "timestamp" | "timestamptype" | "timestamp_ntz" | "timestamp_tz" => {
            Type::Time
        }
        "str" | "string" | "object" | "text" | "varchar" | "char" | "nvarchar" | "stringtype"
        | "category" => Type::Text,
        _ => return None,
    })
}

fn strftime(taken: &mut Taken<'_>, one: &Expectation<'_>, name: &str) {
    let holds = match given(one.arguments, "strftime_format").and_then(Node::text) {
        Some("%Y-%m-%d") => Type::Date,
        Some("%Y-%m-%dT%H:%M:%S" | "%Y-%m-%d %H:%M:%S" | "%Y-%m-%dT%H:%M:%SZ") => Type::Time,
        _ => return unknown(taken, one),
    };
    taken.declare(name, holds);
    taken.column(name).strange = one.tolerated;
}

fn row_count(taken: &mut Taken<'_>, one: &Expectation<'_>, min: &str, max: &str) {
    let strict = |count: Option<u64>, key: &str, step: fn(u64) -> u64| {
        count.map(|count| if is_strict(one, key) { step(count) } else { count })
    };
    let min = taken.count(&one.at, one.arguments, min);
    let max = taken.count(&one.at, one.arguments, max);
    taken.schema.rows = (
        strict(min, "strict_min", |count| count.saturating_add(1)),
        strict(max, "strict_max", |count| count.saturating_sub(1)),
    );
}

fn ordered_list(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    let at = one.at.key("column_list");
    let Some(names) = taken.names(&at, given(one.arguments, "column_list").unwrap_or(&Node::Null)) else {
        return;
    };
    // The list has the order, whatever was named before it.
    let mut others = std::mem::take(&mut taken.schema.columns);
    taken.forget_places();
    for name in &names {
        match others.iter().position(|column| column.name == *name) {
            Some(place) => taken.put(others.remove(place)),
            None => {
                taken.column(name);
            }
        }
    }
    others.into_iter().for_each(|column| taken.put(column));
    taken.schema.ordered = true;
    taken.schema.extra = Extra::Fail;
}

fn set(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    let at = one.at.key("column_set");
    let Some(names) = taken.names(&at, given(one.arguments, "column_set").unwrap_or(&Node::Null)) else {
        return;
    };
    for name in &names {
        taken.column(name);
    }
    if given(one.arguments, "exact_match") != Some(&Node::Bool(false)) {
        taken.schema.extra = Extra::Fail;
    }
}

/// Rules of the table have no share that is tolerated, except comparisons.
fn compound(taken: &mut Taken<'_>, one: &Expectation<'_>) {
    let at = one.at.key("column_list");
    let Some(names) = taken.names(&at, given(one.arguments, "column_list").unwrap_or(&Node::Null)) else {
        return;
    };
    if one.tolerated > 0.0 {
        let message =
            format!("`mostly` of `{}` is not taken over: no row may repeat another", shown(one.kind));
        taken.left_out(&one.at.key("mostly"), message, "nothing, if you can do without it");
    }
    for name in &names {
        taken.column(name);
    }
    taken.schema.unique.push(names);
}

fn pair(taken: &mut Taken<'_>, one: &Expectation<'_>, operator: Operator) {
    let name = |key: &str| given(one.arguments, key).and_then(Node::text).map(str::to_owned);
    match (name("column_A"), name("column_B")) {
        (Some(left), Some(right)) => {
            taken.column(&left);
            taken.column(&right);
            let of = Comparison { left, operator, right };
            taken.schema.compare.push(Rule { of, tolerated: one.tolerated });
        }
        (None, _) => taken.wrong(&one.at.key("column_A"), "name of a column"),
        (_, None) => taken.wrong(&one.at.key("column_B"), "name of a column"),
    }
}
