//! How the values of both sides lie, for the eye.

use super::values::{Ascending, Side, Values, aligned};
use crate::record::data::Picture;
use crate::statistics::between;

/// As many bars as the eye tells apart in a small picture.
const BARS: usize = 20;
/// So many categories are named; the others are one bar.
const NAMED: usize = 9;
/// The share of values at either end that the outer bars take together, so that one outlier does not press all others
/// into one bar.
const OUTER: f64 = 0.005;

/// The picture of a column; none where the sides hold different things, or one of them nothing.
pub fn picture<R: Ascending, N: Ascending>(reference: &Side<R>, current: &Side<N>) -> Option<Picture> {
    if reference.present() == 0 || current.present() == 0 {
        return None;
    }
    match (&reference.values, &current.values) {
        (Values::Numbers(one), Values::Numbers(other)) => {
            numbers(middle(one)?, other, one.rows(), |edges| counts(one, edges))
        }
        (Values::Sketched(sketch), Values::Numbers(other)) => {
            numbers(sketch.middle(OUTER)?, other, sketch.rows(), |edges| sketch.counts(edges))
        }
        (Values::Categories(one), Values::Categories(other)) => {
            let (names, [one, other]) = aligned(one, other);
            Some(categories(&names, &one, &other))
        }
        _ => None,
    }
}

/// The picture of a reference of so many rows, whose middle and whose counts between edges are known.
fn numbers(
    (low, high): (f64, f64),
    other: &impl Ascending,
    rows: u64,
    of_reference: impl Fn(&[f64]) -> Vec<u64>,
) -> Option<Picture> {
    let (other_low, other_high) = middle(other)?;
    // Minus nought is nought.
    let (low, high) = (low.min(other_low) + 0.0, high.max(other_high) + 0.0);
    // Half of each first, for a range beyond the largest number.
    let half_step = (high / 2.0 - low / 2.0) / BARS as f64;
    let bars = if half_step > 0.0 { BARS } else { 1 };
    let edge = |bar: usize| if bar == bars { high } else { (bar as f64 * half_step).mul_add(2.0, low) };
    let edges: Vec<f64> = (0..=bars).map(edge).collect();
    let shares =
        |counts: Vec<u64>, rows: u64| counts.into_iter().map(|count| count as f64 / rows as f64).collect();
    Some(Picture {
        reference: shares(of_reference(&edges), rows),
        current: shares(counts(other, &edges), other.rows()),
        edges,
        categories: Vec::new(),
    })
}

/// Where the middle of a sample begins and ends; none of one that has no finite value there.
fn middle(side: &impl Ascending) -> Option<(f64, f64)> {
    let rows = side.rows();
    let outer = (OUTER * rows as f64).floor() as u64;
    let last = rows.checked_sub(1)?;
    let low = side.at(outer)?;
    let high = side.at(last.saturating_sub(outer).max(outer))?;
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// How many values are in each bar; those beyond the ends are in the outer ones.
fn counts(side: &impl Ascending, edges: &[f64]) -> Vec<u64> {
    let inner = edges.get(1..edges.len() - 1).unwrap_or_default();
    between(inner.iter().map(|edge| side.below(*edge)).chain([side.rows()]))
}

fn categories(names: &[&str], reference: &[u64], current: &[u64]) -> Picture {
    let mut order: Vec<usize> = (0..names.len()).collect();
    let [n, m] = [reference, current].map(|side| side.iter().sum::<u64>().max(1) as f64);
    let share = |place: usize| reference[place] as f64 / n + current[place] as f64 / m;
    order.sort_by(|one, other| share(*other).total_cmp(&share(*one)).then(names[*one].cmp(names[*other])));
    let (named, rest) = order.split_at(order.len().min(NAMED));
    let shares = |side: &[u64], rows: f64| {
        let of = |places: &[usize]| places.iter().map(|place| side[*place]).sum::<u64>() as f64 / rows;
        let mut shares: Vec<f64> = named.iter().map(|place| of(&[*place])).collect();
        if !rest.is_empty() {
            shares.push(of(rest));
        }
        shares
    };
    let mut categories: Vec<String> = named.iter().map(|place| names[*place].to_owned()).collect();
    if !rest.is_empty() {
        categories.push(format!("{} more", rest.len()));
    }
    Picture { edges: Vec::new(), categories, reference: shares(reference, n), current: shares(current, m) }
}
