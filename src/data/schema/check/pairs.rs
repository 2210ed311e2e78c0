//! Two columns, compared row by row.

use super::plan::Pair;
use super::tally::Tally;
use crate::data::schema::Operator;
use crate::data::schema::values::written;
use crate::document::shown;
use crate::table::{Cells, NONE, Texts, Values};

/// Counts the rows of a batch in which both columns have a value and the comparison does not hold.
pub(super) fn add(pair: &Pair, left: &Cells, right: &Cells, first: u64, tally: &mut Tally) {
    match (&left.values, &right.values) {
        (Values::Numbers(left), Values::Numbers(right)) => {
            let (of, broken) = numbers(pair.operator, left, right);
            tally.count(broken, of, || {
                let rows = left.iter().zip(right).enumerate();
                let broken = rows.filter(|(_, (left, right))| breaks(pair.operator, **left, **right));
                broken.map(|(row, (left, right))| {
                    let (left, right) = (written(*left, pair.left.1), written(*right, pair.right.1));
                    (first + row as u64, format!("{left} and {right}"))
                })
            });
        }
        (Values::Texts(left), Values::Texts(right)) => texts(pair.operator, left, right, first, tally),
        // Two kinds of values; the plan has none of these.
        _ => {}
    }
}

fn breaks(operator: Operator, left: f64, right: f64) -> bool {
    !left.is_nan() && !right.is_nan() && !operator.holds(&left, &right)
}

fn numbers(operator: Operator, left: &[f64], right: &[f64]) -> (u64, u64) {
    let mut of = 0;
    let mut broken = 0;
    for (left, right) in left.iter().zip(right) {
        of += u64::from(!left.is_nan() && !right.is_nan());
        broken += u64::from(breaks(operator, *left, *right));
    }
    (of, broken)
}

fn texts(operator: Operator, left: &Texts, right: &Texts, first: u64, tally: &mut Tally) {
    let rows = || {
        left.codes
            .iter()
            .zip(&right.codes)
            .enumerate()
            .filter(|(_, (left, right))| **left != NONE && **right != NONE)
    };
    let text = |texts: &Texts, code: u32| texts.texts[code as usize].clone();
    let is_broken = |left_code: u32, right_code: u32| {
        !operator.holds(&*left.texts[left_code as usize], &*right.texts[right_code as usize])
    };
    let of = rows().count();
    let broken = rows().filter(|(_, (left, right))| is_broken(**left, **right)).count();
    tally.count(broken as u64, of as u64, || {
        rows().filter(|(_, (left, right))| is_broken(**left, **right)).map(|(row, (one, other))| {
            let (one, other) = (shown(&text(left, *one)), shown(&text(right, *other)));
            (first + row as u64, format!("{one} and {other}"))
        })
    });
}
