//! The same rows, predicted twice.

use crate::evaluate::predictions::{Rows, Target};

/// Which side's prediction: a place in every pair of lists.
pub const CANDIDATE: usize = 0;
/// The other side's.
pub const BASELINE: usize = 1;

/// The same rows, predicted twice. Every list has a value a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// How many.
    pub rows: usize,
    /// The weights; none where all weigh the same.
    pub weights: Option<Vec<f64>>,
    /// What is predicted.
    pub both: Both,
}

/// What is predicted, and what each side said.
#[derive(Debug, Clone, PartialEq)]
pub enum Both {
    /// A class.
    Classes {
        /// How many there are.
        classes: usize,
        /// The true class.
        truth: Vec<u32>,
        /// What each side predicted.
        predicted: [Vec<u32>; 2],
        /// Each side's scores: a list for each class, or that of the second of two; empty where the sides cannot be
        /// compared by them.
        scores: [Vec<Vec<f64>>; 2],
    },
    /// A number.
    Regression {
        /// The true number.
        truth: Vec<f64>,
        /// What each side predicted.
        predicted: [Vec<f64>; 2],
    },
}

impl Pair {
    /// Brings rows together that stand in the same order.
    ///
    /// # Errors
    /// Why that cannot be, as the end of a sentence.
    pub fn new(candidate: Rows, baseline: Rows) -> Result<Self, String> {
        let rows = candidate.len;
        if rows != baseline.len {
            return Err(format!("the candidate has {rows} rows and the baseline {}", baseline.len));
        }
        if !same_weights(candidate.weights.as_deref(), baseline.weights.as_deref()) {
            return Err("the same rows have other weights".into());
        }
        let both = Both::new(candidate.target, baseline.target)?;
        Ok(Self { rows, weights: candidate.weights, both })
    }

    /// The rows at these places.
    #[must_use]
    pub fn select(&self, places: &[u32]) -> Self {
        Self {
            rows: places.len(),
            weights: self.weights.as_ref().map(|weights| at(weights, places)),
            both: match &self.both {
                Both::Classes { classes, truth, predicted, scores } => Both::Classes {
                    classes: *classes,
                    truth: at(truth, places),
                    predicted: predicted.each_ref().map(|side| at(side, places)),
                    scores: scores
                        .each_ref()
                        .map(|side| side.iter().map(|scores| at(scores, places)).collect()),
                },
                Both::Regression { truth, predicted } => Both::Regression {
                    truth: at(truth, places),
                    predicted: predicted.each_ref().map(|side| at(side, places)),
                },
            },
        }
    }

    /// The weight of a row.
    #[must_use]
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

/// The values at these places.
pub fn at<T: Copy>(values: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|place| values[*place as usize]).collect()
}

fn same_weights(one: Option<&[f64]>, other: Option<&[f64]>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one == other,
        (Some(some), None) | (None, Some(some)) => some.iter().all(|weight| *weight == 1.0),
    }
}

impl Both {
    fn new(candidate: Target, baseline: Target) -> Result<Self, String> {
        match (candidate, baseline) {
            (
                Target::Regression { truth, predicted },
                Target::Regression { truth: other, predicted: predicted_before },
            ) => {
                check_truth(truth.iter().zip(&other).filter(|(one, other)| one != other).count())?;
                Ok(Self::Regression { truth, predicted: [predicted, predicted_before] })
            }
            (
                Target::Classes { labels, truth, predicted, scores },
                Target::Classes {
                    labels: labels_before,
                    truth: other,
                    predicted: predicted_before,
                    scores: scores_before,
                },
            ) => {
                let (classes, code) = united(&labels, &labels_before);
                let recoded =
                    |codes: Vec<u32>| codes.iter().map(|old| code[*old as usize]).collect::<Vec<_>>();
                let other = recoded(other);
                check_truth(truth.iter().zip(&other).filter(|(one, other)| one != other).count())?;
                // The place of a score is its class: with other classes it says something else.
                let comparable = labels == labels_before && scores.len() == scores_before.len();
                let scores = if comparable { [scores, scores_before] } else { [Vec::new(), Vec::new()] };
                Ok(Self::Classes {
                    classes,
                    truth,
                    predicted: [predicted, recoded(predicted_before)],
                    scores,
                })
            }
            _ => Err("one predicts classes and the other numbers".into()),
        }
    }
}

fn check_truth(differing: usize) -> Result<(), String> {
    match differing {
        0 => Ok(()),
        1 => Err("the truth of a row that both have is not the same".into()),
        rows => Err(format!("the truth of {rows} rows that both have is not the same")),
    }
}

/// How many classes both have together, and the code that each of the other's has among them. Ours keep theirs.
fn united(ours: &[String], others: &[String]) -> (usize, Vec<u32>) {
    let mut all: Vec<&String> = ours.iter().collect();
    let codes = others
        .iter()
        .map(|label| {
            let known = all.iter().position(|known| *known == label);
            let place = known.unwrap_or_else(|| {
                all.push(label);
                all.len() - 1
            });
            u32::try_from(place).unwrap_or(u32::MAX)
        })
        .collect();
    (all.len(), codes)
}
