//! Which row of the one is which of the other.

use std::collections::HashMap;

use rayon::slice::ParallelSliceMut;

use super::Apart;
use super::pair::{Pair, at};
use crate::config::Slicing;
use crate::evaluate::predictions::{Rows, Sliced, Target};
use crate::finding::Finding;
use crate::number::thousands;
use crate::record::Pairing;

/// Why rows without ids are not paired.
pub const OTHER_SET: &str =
    "the evaluation sets are not the same, and `evaluate.predictions.id` names no column to join them by";

/// Rows brought together.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The rows that both have.
    pub pair: Pair,
    /// What they are divided by, as the candidate has it: the names of the slices, and which each row is in.
    pub slices: Vec<Sliced>,
    /// How they were brought together.
    pub by: Pairing,
    /// Why the candidate may not pass by them, as the end of a sentence.
    pub doubt: Option<String>,
    /// What should be known of it.
    pub findings: Vec<Finding>,
}

/// Brings rows together by their ids; without ids by their order, where it is the same evaluation set.
///
/// # Errors
/// Why that cannot be. Where ids tell that the rows or their truth are not the baseline's, that is a doubt too: the two
/// are compared as samples then, of which the candidate has chosen one.
pub fn join(slicings: &[Slicing], candidate: Rows, baseline: Rows, same_set: bool) -> Result<Joined, Apart> {
    match (&candidate.keys, &baseline.keys) {
        (Some(keys), Some(others)) => {
            let places = matched(keys, others)?;
            let moved = moved(slicings, [&candidate.slices, &baseline.slices], places.iter().copied());
            let doubt = left_out(places.len(), others.len()).or(moved);
            let findings = lost(places.len(), keys.len(), others.len()).into_iter().collect();
            let (mine, other): (Vec<u32>, Vec<u32>) = places.into_iter().unzip();
            Ok(Joined {
                slices: candidate
                    .slices
                    .iter()
                    .map(|(names, rows)| (names.clone(), at(rows, &mine)))
                    .collect(),
                pair: Pair::new(select(&candidate, &mine), select(&baseline, &other))
                    .map_err(Apart::doubtful)?,
                by: Pairing::Id,
                doubt,
                findings,
            })
        }
        _ if same_set => Ok(Joined {
            doubt: moved(slicings, [&candidate.slices, &baseline.slices], (0..).zip(0..).take(candidate.len)),
            slices: candidate.slices.clone(),
            pair: Pair::new(candidate, baseline)?,
            by: Pairing::Row,
            findings: Vec::new(),
        }),
        _ => Err(OTHER_SET.into()),
    }
}

/// The places of the same id on both sides, in the order of the ids: the files' order changes no digit of any sum.
fn matched(keys: &[u128], others: &[u128]) -> Result<Vec<(u32, u32)>, Apart> {
    let (keys, others) = rayon::join(|| sorted(keys), || sorted(others));
    for (side, keys) in [("candidate", &keys), ("baseline", &others)] {
        let repeated = keys.windows(2).filter(|two| two[0].0 == two[1].0).count();
        if repeated > 0 {
            return Err(Apart::doubtful(format!("the ids of the {side} repeat, {repeated} times")));
        }
    }
    let mut places = Vec::with_capacity(keys.len().min(others.len()));
    let mut other = others.iter().peekable();
    for (key, place) in &keys {
        while other.next_if(|other| other.0 < *key).is_some() {}
        if let Some((_, same)) = other.next_if(|other| other.0 == *key) {
            places.push((*place, *same));
        }
    }
    if places.is_empty() {
        Err(Apart::doubtful("no row of the one has the id of a row of the other".into()))
    } else {
        Ok(places)
    }
}

fn sorted(keys: &[u128]) -> Vec<(u128, u32)> {
    let mut sorted: Vec<(u128, u32)> = keys.iter().copied().zip(0..).collect();
    sorted.par_sort_unstable();
    sorted
}

/// What is doubtful of rows of which the candidate has not all: it may have left out those that it gets wrong. More rows
/// than the baseline's are no doubt.
fn left_out(both: usize, baseline: usize) -> Option<String> {
    let missing = baseline - both;
    let is = if missing == 1 { "is" } else { "are" };
    let (missing, all) = (thousands(missing as u64), thousands(baseline as u64));
    (both < baseline)
        .then(|| format!("{missing} of the baseline's {all} rows {is} not among the candidate's"))
}

/// What is doubtful of rows that are in another slice than before: who moves the rows that it gets wrong into another one
/// makes the slice look better. Where a slice ends that is cut by quantiles follows from all rows, and tells nothing.
fn moved(
    slicings: &[Slicing],
    [mine, others]: [&[Sliced]; 2],
    places: impl Iterator<Item = (u32, u32)> + Clone,
) -> Option<String> {
    let by_values =
        slicings.iter().zip(mine.iter().zip(others)).filter(|(slicing, _)| slicing.is_by_values());
    by_values.into_iter().find_map(|(slicing, ((names, mine), (other_names, others)))| {
        let known: HashMap<&String, u32> = names.iter().zip(0..).collect();
        let codes: Vec<Option<u32>> = other_names.iter().map(|name| known.get(name).copied()).collect();
        let is_moved = |(place, other): &(u32, u32)| {
            let before =
                others.get(*other as usize).and_then(|code| codes.get(*code as usize).copied().flatten());
            before.as_ref() != mine.get(*place as usize)
        };
        let rows = places.clone().filter(is_moved).count();
        let are = if rows == 1 { "row is" } else { "rows are" };
        (rows > 0).then(|| {
            format!(
                "{} {are} in another slice of «{}» than the baseline's",
                thousands(rows as u64),
                slicing.name().escape_debug()
            )
        })
    })
}

/// What a join that loses rows has to say.
fn lost(both: usize, candidate: usize, baseline: usize) -> Option<Finding> {
    if both == candidate && both == baseline {
        return None;
    }
    let message = format!(
        "{} of the candidate's {candidate} rows, and {} of the baseline's {baseline}, have an id that the other has \
         not: the two are compared by the {both} rows that both have",
        candidate - both,
        baseline - both,
    );
    Some(
        Finding::warning("join-loses-rows", message)
            .help("evaluate both on the same set, or make the ids of both of one kind"),
    )
}

fn select(rows: &Rows, places: &[u32]) -> Rows {
    Rows {
        len: places.len(),
        target: match &rows.target {
            Target::Classes { labels, truth, predicted, scores } => Target::Classes {
                labels: labels.clone(),
                truth: at(truth, places),
                predicted: at(predicted, places),
                scores: scores.iter().map(|scores| at(scores, places)).collect(),
            },
            Target::Regression { truth, predicted } => {
                Target::Regression { truth: at(truth, places), predicted: at(predicted, places) }
            }
        },
        weights: rows.weights.as_ref().map(|weights| at(weights, places)),
        keys: None,
        slices: Vec::new(),
    }
}
