//! Why a column has drifted, or has not, in a sentence.

use super::decide::Compared;
use super::score::{Score, Sign};
use super::values::{Ascending, Side, Values};
use crate::config::DriftMethod;
use crate::number::number;
use crate::table::Type;

/// What its values did.
pub fn values<N: Ascending>(
    column: &Compared<N>,
    score: &Score,
    p: Option<f64>,
    drifted: bool,
    alpha: f64,
) -> String {
    let Some(sign) = score.sign else { return nothing(column) };
    let p = p.map(number);
    match sign {
        Sign::Distance { score: distance, bound } => {
            let side = if drifted { "from" } else { "below" };
            format!("{} of {} is {side} {} on", name(score.method), number(distance), number(bound))
        }
        Sign::Test { level, .. } => {
            let p = p.unwrap_or_else(|| number(sign.score()));
            let side = if drifted { "below" } else { "not below" };
            format!("the p-value of {} is {p}, {side} {}", name(score.method), number(level))
        }
        Sign::Effect { size, bound, .. } => {
            effect(score.method, size, bound, &p.unwrap_or_default(), drifted, alpha)
        }
    }
}

fn effect(method: &str, size: f64, bound: f64, p: &str, drifted: bool, alpha: f64) -> String {
    let (name, seen, bound_text) = (name(method), number(size), number(bound));
    if drifted {
        format!("{name} is {seen}, at least {bound_text}, and that is no chance (p = {p})")
    } else if size >= bound {
        format!("{name} is {seen}, and that may be chance (p = {p}, not below {})", number(alpha))
    } else {
        format!("{name} is {seen}, below {bound_text}")
    }
}

/// Why there is nothing to say.
fn nothing<N: Ascending>(column: &Compared<N>) -> String {
    let empty = |side: &Side<N>| side.present() == 0 && !matches!(side.values, Values::Prose);
    match (empty(&column.reference), empty(&column.current)) {
        (true, true) => "neither side has a value".into(),
        (true, false) => "the reference has no value".into(),
        (false, true) => "there is no value now".into(),
        _ if is_of_numbers(column.measured.method)
            && matches!(column.reference.values, Values::Categories(_)) =>
        {
            "these are categories, and the method is one of numbers".into()
        }
        _ if matches!(column.reference.values, Values::Numbers(_)) => not_a_number(column),
        _ => "nearly every text is another one: these are no categories".into(),
    }
}

/// Why numbers have no score.
fn not_a_number<N: Ascending>(column: &Compared<N>) -> String {
    match column.measured.method {
        DriftMethod::Evidently if column.holds == Type::Boolean => {
            "Evidently compares no truth values of which some are missing"
        }
        DriftMethod::Evidently => "there is no finite number on one side",
        _ => "there are infinite numbers, and the score is none",
    }
    .into()
}

const fn is_of_numbers(method: DriftMethod) -> bool {
    matches!(method, DriftMethod::Ks | DriftMethod::Wasserstein)
}

/// What became of the rows without a value.
pub fn missing([before, now]: [f64; 2]) -> String {
    format!("{} of the rows have no value, and had {} before", share(now), share(before))
}

/// How many rows have a category that is new.
pub fn unseen(rows: f64) -> String {
    format!("{} of the rows have a category that the reference has not", share(rows))
}

fn share(fraction: f64) -> String {
    format!("{} %", number((fraction * 1000.0).round() / 10.0))
}

/// What is measured.
fn name(method: &str) -> &'static str {
    match method {
        "psi" => "the population stability index",
        "jensen-shannon" => "the distance of Jensen and Shannon",
        "wasserstein" => "the Wasserstein distance in standard deviations",
        "ks" => "Kolmogorov and Smirnov",
        "chi-square" => "chi-square",
        "z-test" => "the difference of shares",
        _ => "the score",
    }
}
