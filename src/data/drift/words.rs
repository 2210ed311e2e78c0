//! Why a column has drifted, or has not, in a sentence.

use super::decide::{Compared, Lack};
use super::score::{Score, Sign};
use super::values::{Ascending, Values};
use crate::config::DriftMethod;
use crate::number::{apart, chance, percent, short, thousands};
use crate::statistics::frequent::EXACT;
use crate::table::Type;

/// What its values did.
pub fn values<R: Ascending, N: Ascending>(
    column: &Compared<R, N>,
    score: &Score,
    p: Option<f64>,
    drifted: bool,
    alpha: f64,
) -> String {
    let Some(sign) = score.sign else { return nothing(column) };
    match sign {
        Sign::Distance { score: distance, bound } => {
            let side = if drifted { "at least" } else { "below" };
            let [distance, bound] = apart(distance, bound);
            format!("{} is {distance}, {side} {bound}", name(score.method))
        }
        Sign::Test { level, .. } => {
            let p = p.unwrap_or_else(|| sign.score());
            let side = if drifted { "below" } else { "not below" };
            format!("{} has {}, {side} {}", name(score.method), chance(p, level), short(level))
        }
        Sign::Effect { size, bound, p: own } => {
            effect(name(score.method), [size, bound], p.unwrap_or(own), drifted, alpha)
        }
    }
}

fn effect(name: &str, [size, bound]: [f64; 2], p: f64, drifted: bool, alpha: f64) -> String {
    let name = format!("{name} beyond chance");
    let [seen, least] = apart(size, bound);
    let p = chance(p, alpha);
    if drifted {
        format!("{name} is {seen}, at least {least}, and that is no chance ({p})")
    } else if size >= bound {
        format!("{name} is {seen}, and that may be chance ({p}, not below {})", short(alpha))
    } else {
        format!("{name} is {seen}, below {least}")
    }
}

/// Why there is nothing to say.
fn nothing<R: Ascending, N: Ascending>(column: &Compared<R, N>) -> String {
    if let Some(lack) = column.lacks() {
        return lacking(lack, column.measured.method);
    }
    match &column.reference.values {
        _ if column.reference.present() == 0 => "neither side has a value",
        Values::Categories(_) if column.measured.method.is_of_numbers() => {
            "these are categories, and the method is one of numbers"
        }
        Values::Numbers(_) if column.holds == Type::Boolean => {
            "Evidently compares no truth values of which some are missing"
        }
        _ => "nearly every text is another one: these are no categories",
    }
    .into()
}

/// Why a column cannot be compared.
pub fn lacking(lack: Lack, method: DriftMethod) -> String {
    match lack {
        Lack::Before => "the reference has no value".into(),
        Lack::Now => "there is no value now".into(),
        Lack::Infinite if method == DriftMethod::Evidently => "there is no finite number on one side".into(),
        Lack::Infinite => {
            format!("there are infinite numbers, and `{}` knows no distance to them", method.word())
        }
        Lack::Far => "its numbers are so far apart that no number says how far".into(),
        Lack::Few => "a row on each side is no sample".into(),
        Lack::Method => format!(
            "the profile has a sketch of its values, and `{}` needs the values",
            method.word()
        ),
        Lack::Coarse => "the profile has a sketch of its values, in which most of them are the same: they are far from 0 and \
                         near each other".into(),
        Lack::Counts => {
            let most = thousands(EXACT as u64);
            format!("the profile has only the most frequent of its values, which are more than {most}")
        }
    }
}

/// What became of the rows without a value.
pub fn missing([before, now]: [f64; 2]) -> String {
    format!("{} of the rows have no value, and {} had none before", percent(now), percent(before))
}

/// How many rows have a category that is new.
pub fn unseen(rows: f64) -> String {
    format!("{} of the rows have a category that the reference has not", percent(rows))
}

/// What is measured.
fn name(method: &str) -> &'static str {
    match method {
        "psi" => "the population stability index",
        "jensen-shannon" => "the distance of Jensen and Shannon",
        "wasserstein" => "the Wasserstein distance in standard deviations",
        "ks" => "the test of Kolmogorov and Smirnov",
        "chi-square" => "the chi-square test",
        "z-test" => "the test of two shares",
        _ => "the score",
    }
}
