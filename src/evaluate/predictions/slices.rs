//! What rows are divided by: a column's values, a numeric column's quantiles, or two of these at once.

use std::borrow::Cow;

use super::checks::shown;
use super::labels::compare_all;
use super::layout::Layout;
use crate::config::{self, Axis, Slicing};
use crate::finding::Finding;
use crate::table::{Column, Table};

/// More slices than these by one slicing are a mistake, such as a column of ids.
pub const MOST_SLICES: usize = 1000;

/// The names of slices in order, and which of them each row is in.
pub type Sliced = (Vec<String>, Vec<u32>);

/// For each slicing its slices, and what should be known of them. A slicing that has too many is an error.
#[must_use]
pub fn of(
    spec: &config::Predictions,
    layout: &Layout,
    kept: &[Column],
    table: &Table,
) -> (Vec<Sliced>, Vec<Finding>) {
    let mut notes = Vec::new();
    let mut sliced = Vec::new();
    for (slicing, places) in spec.slices.iter().zip(&layout.axes) {
        let mut one = |axis: &Axis, place: usize| {
            along(axis, place, kept, table).map(|(sliced, note)| {
                notes.extend(note.filter(|note| !notes.contains(note)));
                sliced
            })
        };
        let found = match (slicing, places.as_slice()) {
            (Slicing::One(axis), [place]) => one(axis, *place),
            (Slicing::Cross(axis, other), [place, other_place]) => one(axis, *place).and_then(|first| {
                one(other, *other_place).and_then(|second| crossed(slicing, &first, &second))
            }),
            _ => continue,
        };
        match found {
            Ok(found) => sliced.push(found),
            Err(finding) => notes.push(*finding),
        }
    }
    (sliced, notes)
}

fn too_many(what: &str, count: usize) -> Box<Finding> {
    let message = format!("slicing by {} makes {count} slices, more than {MOST_SLICES}", shown(what));
    let help =
        "slice by a column with few values, or a numeric one by its quantiles: `{ column: …, quantiles: 4 }`";
    Box::new(Finding::error("slices-too-many", message).help(help))
}

type Along = Result<(Sliced, Option<Finding>), Box<Finding>>;

fn along(axis: &Axis, place: usize, kept: &[Column], table: &Table) -> Along {
    match (axis, kept.get(place)) {
        (Axis::Values(column), Some(Column::Labels(codes))) => {
            let texts = table.labels.get(place).map_or(&[][..], Vec::as_slice);
            by_values(column, texts, codes).map(|sliced| (sliced, None))
        }
        (Axis::Quantiles(column, parts), Some(Column::Numbers(numbers))) => {
            Ok(by_quantiles(column, *parts, numbers))
        }
        _ => Ok(((Vec::new(), Vec::new()), None)),
    }
}

fn by_values(column: &str, texts: &[String], codes: &[u32]) -> Result<Sliced, Box<Finding>> {
    if texts.len() > MOST_SLICES {
        return Err(too_many(column, texts.len()));
    }
    let mut order: Vec<(usize, &String)> = texts.iter().enumerate().collect();
    compare_all(&mut order, |(_, text)| text);
    let mut ranks = vec![0; texts.len()];
    for (rank, (code, _)) in (0..).zip(&order) {
        ranks[*code] = rank;
    }
    let names = order.iter().map(|(_, text)| named(column, &written(text))).collect();
    Ok((names, codes.iter().map(|code| ranks.get(*code as usize).copied().unwrap_or(0)).collect()))
}

/// The name of a slice: a column, and which of its values or parts.
pub(super) fn named(column: &str, part: &str) -> String {
    format!("{}={part}", written(column))
}

/// A text of the data as the names of slices have it: as it is, or as JSON writes it where it holds what names are made
/// of. Else a region called `a, plan=x` would have the name that a cross has, and be compared with that.
pub(super) fn written(text: &str) -> Cow<'_, str> {
    if text.contains([',', '=', '"']) {
        serde_json::Value::from(text).to_string().into()
    } else {
        text.into()
    }
}

/// Each part begins with a number of the data, so that equal numbers stay together. What is no number is a part alone.
fn by_quantiles(column: &str, parts: u32, numbers: &[f64]) -> (Sliced, Option<Finding>) {
    let edges = edges(parts, numbers);
    let count = edges.len().saturating_sub(1).max(usize::from(!edges.is_empty()));
    let printed = printed(&edges);
    let mut names: Vec<String> = match printed.as_slice() {
        [] => Vec::new(),
        [only] => vec![named(column, &format!("[{only}, {only}]"))],
        edges => edges.windows(2).map(|pair| named(column, &format!("[{}, {})", pair[0], pair[1]))).collect(),
    };
    if let Some(last) = names.last_mut().filter(|name| name.ends_with(')')) {
        last.pop();
        last.push(']');
    }
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    let of = |number: &f64| {
        let part = if number.is_nan() { count } else { inner.partition_point(|edge| edge <= number) };
        u32::try_from(part).unwrap_or(u32::MAX)
    };
    let codes = numbers.iter().map(of).collect();
    if numbers.iter().any(|number| number.is_nan()) {
        names.push(named(column, "NaN"));
    }
    let note = (count < parts as usize).then(|| {
        let message = format!(
            "the quantiles of {} make {count} parts, not {parts}: many of its values are the same",
            shown(column)
        );
        Finding::notice("slices-fewer", message)
    });
    ((names, codes), note)
}

/// How many digits that count an edge has in a name, where these tell all edges apart.
const DIGITS: usize = 4;

/// The edges as names have them: rounded, unless two that differ would read the same. Which rows are between two of
/// them is up to the exact ones.
fn printed(edges: &[f64]) -> Vec<String> {
    let round = |edge: &f64| {
        // Rounded by being written, for arithmetic would leave digits of its own.
        let rounded = format!("{edge:.0$e}", DIGITS - 1).parse::<f64>().unwrap_or(*edge);
        (if rounded.is_finite() { rounded } else { *edge }).to_string()
    };
    let rounded: Vec<String> = edges.iter().map(round).collect();
    let tells_apart = rounded.windows(2).all(|pair| pair[0] != pair[1]);
    if tells_apart { rounded } else { edges.iter().map(f64::to_string).collect() }
}

/// The smallest number, those at the quantiles, and the largest; each once.
fn edges(parts: u32, numbers: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> =
        numbers.iter().filter(|number| !number.is_nan()).map(|number| number + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return Vec::new() };
    let at = |part: u32| sorted[(sorted.len() * part as usize / parts.max(1) as usize).min(last)];
    let mut edges: Vec<f64> = (0..parts).map(at).chain([sorted[last]]).collect();
    edges.dedup();
    edges
}

fn crossed(slicing: &Slicing, first: &Sliced, second: &Sliced) -> Result<Sliced, Box<Finding>> {
    let (ones, others) = (&first.0, &second.0);
    let place = |one: u32, other: u32| one as usize * others.len() + other as usize;
    let mut ranks: Vec<Option<u32>> = vec![None; ones.len() * others.len()];
    first.1.iter().zip(&second.1).for_each(|(one, other)| ranks[place(*one, *other)] = Some(0));
    let mut names = Vec::new();
    for (at, rank) in ranks.iter_mut().enumerate().filter(|(_, rank)| rank.is_some()) {
        *rank = u32::try_from(names.len()).ok();
        names.push(format!("{}, {}", ones[at / others.len()], others[at % others.len()]));
    }
    if names.len() > MOST_SLICES {
        return Err(too_many(&slicing.name(), names.len()));
    }
    let rank = |(one, other): (&u32, &u32)| ranks[place(*one, *other)].unwrap_or(0);
    let codes = first.1.iter().zip(&second.1).map(rank).collect();
    Ok((names, codes))
}

/// The rows of each slice, in order.
#[must_use]
pub fn members(sliced: &Sliced) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); sliced.0.len()];
    for (row, code) in (0..).zip(&sliced.1) {
        if let Some(member) = members.get_mut(*code as usize) {
            member.push(row);
        }
    }
    members
}
