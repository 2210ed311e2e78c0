//! Differences between slices, as Fairlearn has them: the largest of the slices' shares minus the smallest.

use super::cells::of_counts;
use super::confusion::{Cells, Value};
use super::estimate::{Means, Measurement};
use crate::config::Fairness;

/// The cells of true and predicted class, of two classes, in the order 00, 01, 10, 11.
const CELLS: usize = 4;

/// A difference between groups. Each has the cells of two classes. NaN with fewer than two groups.
#[must_use]
pub fn difference(fairness: Fairness, groups: &[&Cells], means: &Means<'_>) -> Measurement {
    let cells: Vec<_> = groups
        .iter()
        .flat_map(|group| {
            [(0, 0), (0, 1), (1, 0), (1, 1)].map(|place| group.0.get(&place).copied().unwrap_or_default())
        })
        .collect();
    let rows: Vec<u64> = cells.iter().map(|cell| cell.rows).collect();
    let weight = |place: usize| match cells[place].rows {
        0 => 0.0,
        rows => cells[place].weight.value() / rows as f64,
    };
    let weights: Vec<f64> = (0..cells.len()).map(weight).collect();
    let of = |rows: &[f64]| {
        let weighted: Vec<f64> = rows.iter().zip(&weights).map(|(rows, weight)| rows * weight).collect();
        of_groups(fairness, &weighted)
    };
    let counts: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
    if groups.len() < 2 {
        return Measurement { value: Value::NONE, sure: None };
    }
    let value = of(&counts);
    let sure = of_counts(&rows, value.number, means, [0.0, 1.0], |rows| of(rows).number);
    Measurement { value, sure }
}

fn of_groups(fairness: Fairness, weights: &[f64]) -> Value {
    let groups = || weights.chunks_exact(CELLS);
    let selected = || spread(groups().map(|g| Value::share(g[1] + g[3], g.iter().sum())));
    let right = || spread(groups().map(|g| Value::share(g[3], g[2] + g[3])));
    let wrong = || spread(groups().map(|g| Value::share(g[1], g[0] + g[1])));
    match fairness {
        Fairness::DemographicParity => selected(),
        Fairness::EqualOpportunity => right(),
        Fairness::EqualizedOdds => {
            let (right, wrong) = (right(), wrong());
            let number = right.number.max(wrong.number);
            Value { number, of_nothing: right.of_nothing || wrong.of_nothing }
        }
    }
}

/// The largest minus the smallest. A group without a row to take a share of has the share 0, as in Fairlearn.
fn spread(shares: impl Iterator<Item = Value>) -> Value {
    let (mut low, mut high, mut of_nothing) = (f64::INFINITY, f64::NEG_INFINITY, false);
    for share in shares {
        (low, high) = (low.min(share.number), high.max(share.number));
        of_nothing |= share.of_nothing;
    }
    Value { number: high - low, of_nothing }
}
