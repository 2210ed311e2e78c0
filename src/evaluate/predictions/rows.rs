//! The rows of predictions, in memory, by column: for what cannot be measured while they pass.

use super::gather::{Gathered, gather};
use super::labels::Classes;
use super::layout::Layout;
use super::places::Places;
use super::slices::{self, Sliced};
use crate::config;
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::{Finding, any_error};
use crate::interrupt::Interrupt;
use crate::table::{Column, Table};

/// Rows of predictions. Every list has a value a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// How many.
    pub len: usize,
    /// What is predicted, and what was.
    pub target: Target,
    /// The weights; none where all weigh the same.
    pub weights: Option<Vec<f64>>,
    /// What tells each row from every other; none without `id`.
    pub keys: Option<Vec<u128>>,
    /// For each of the spec's slicings, the names of its slices, in order, and which of them each row is in.
    pub slices: Vec<Sliced>,
}

/// What is predicted, and what was.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A class.
    Classes {
        /// The classes in order: as numbers where all are, else as texts. Of two, the positive one is the second.
        labels: Vec<String>,
        /// The true class of each row.
        truth: Vec<u32>,
        /// The class that was predicted.
        predicted: Vec<u32>,
        /// A list for each class, in their order; of two classes only that of the positive one; none without scores.
        scores: Vec<Vec<f64>>,
    },
    /// A number.
    Regression {
        /// The true number of each row.
        truth: Vec<f64>,
        /// The number that was predicted.
        predicted: Vec<f64>,
    },
}

impl Rows {
    /// Reads all rows. The inner error is what is wrong with them.
    ///
    /// # Errors
    /// A file that cannot be read, or an interrupt.
    pub fn read(
        spec: &config::Predictions,
        files: &[ProjectFile],
        interrupt: &Interrupt,
    ) -> Result<std::result::Result<Self, Vec<Finding>>> {
        let layout = Layout::of(spec);
        let (gathered, table) = match gather(spec, &layout, true, files, interrupt)? {
            Ok(read) => read,
            Err(findings) => return Ok(Err(findings)),
        };
        let errors = gathered.errors(&layout, spec, Places { files, table: &table });
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        Ok(Self::of(spec, &layout, gathered, &table).map(|(rows, _)| rows))
    }

    /// Out of columns that were kept, with what should be known of them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of(
        spec: &config::Predictions,
        layout: &Layout,
        mut gathered: Gathered,
        table: &Table,
    ) -> std::result::Result<(Self, Vec<Finding>), Vec<Finding>> {
        let (slices, mut notes) = slices::of(spec, layout, &gathered.kept, table);
        if any_error(&notes) {
            return Err(notes);
        }
        let weights = layout.weight.map(|place| numbers(&mut gathered.kept, place, layout));
        let keys = layout.id.map(|place| keys(&mut gathered.kept, place));
        let len = usize::try_from(gathered.rows).unwrap_or(usize::MAX);
        let target = if layout.classes {
            let classes = Classes::of(spec, layout, table)?;
            notes.extend(classes.notes.clone());
            classified(spec, layout, &mut gathered.kept, classes)
        } else {
            Target::Regression {
                truth: numbers(&mut gathered.kept, layout.truth, layout),
                predicted: layout
                    .predicted
                    .map(|place| numbers(&mut gathered.kept, place, layout))
                    .unwrap_or_default(),
            }
        };
        Ok((Self { len, target, weights, keys, slices }, notes))
    }

    /// The rows at these places, without what they are divided by.
    #[must_use]
    pub fn at(&self, places: &[u32]) -> Self {
        let numbers = |from: &Vec<f64>| places.iter().map(|place| from[*place as usize]).collect::<Vec<_>>();
        let codes = |from: &Vec<u32>| places.iter().map(|place| from[*place as usize]).collect::<Vec<_>>();
        Self {
            len: places.len(),
            target: match &self.target {
                Target::Classes { labels, truth, predicted, scores } => Target::Classes {
                    labels: labels.clone(),
                    truth: codes(truth),
                    predicted: codes(predicted),
                    scores: scores.iter().map(numbers).collect(),
                },
                Target::Regression { truth, predicted } => {
                    Target::Regression { truth: numbers(truth), predicted: numbers(predicted) }
                }
            },
            weights: self.weights.as_ref().map(numbers),
            keys: None,
            slices: Vec::new(),
        }
    }

    /// The weight of a row.
    #[inline]
    #[must_use]
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

/// Takes a column of numbers out, or copies it where something else is read from it as well.
fn numbers(kept: &mut [Column], place: usize, layout: &Layout) -> Vec<f64> {
    let of = |wanted: usize| usize::from(wanted == place);
    let uses: usize = [Some(layout.truth), layout.predicted, layout.weight]
        .into_iter()
        .flatten()
        .chain(layout.scores.iter().copied())
        .map(of)
        .sum();
    match kept.get_mut(place) {
        Some(Column::Numbers(numbers)) if uses > 1 => numbers.clone(),
        Some(Column::Numbers(numbers)) => std::mem::take(numbers),
        _ => Vec::new(),
    }
}

fn keys(kept: &mut [Column], place: usize) -> Vec<u128> {
    match kept.get_mut(place) {
        Some(Column::Keys(keys)) => std::mem::take(keys),
        _ => Vec::new(),
    }
}

/// The codes of a column, as classes.
fn classes(kept: &[Column], place: usize, names: &[u32]) -> Vec<u32> {
    match kept.get(place) {
        Some(Column::Labels(codes)) => {
            codes.iter().map(|code| names.get(*code as usize).copied().unwrap_or(0)).collect()
        }
        _ => Vec::new(),
    }
}

fn classified(spec: &config::Predictions, layout: &Layout, kept: &mut [Column], known: Classes) -> Target {
    let truth = classes(kept, layout.truth, &known.truth);
    let columns: Vec<Vec<f64>> = layout.scores.iter().map(|place| numbers(kept, *place, layout)).collect();
    let predicted = match layout.predicted {
        Some(place) => classes(kept, place, &known.predicted),
        None if layout.one_score => {
            columns[0].iter().map(|score| u32::from(*score >= spec.threshold)).collect()
        }
        None => (0..truth.len()).map(|row| known.predicted[highest(&columns, row)]).collect(),
    };
    Target::Classes { scores: in_order(columns, &known), labels: known.labels, truth, predicted }
}

/// The place of the highest score of a row; of several the first, as NumPy has it.
#[must_use]
pub fn highest(columns: &[Vec<f64>], row: usize) -> usize {
    let mut best = 0;
    for place in 1..columns.len() {
        if columns[place][row] > columns[best][row] {
            best = place;
        }
    }
    best
}

/// The scores by class. A class that only a prediction has was given no score, which is a probability of 0.
fn in_order(mut columns: Vec<Vec<f64>>, classes: &Classes) -> Vec<Vec<f64>> {
    let rows = columns.first().map_or(0, Vec::len);
    let mut of = |class: usize| {
        let column = classes.scores.iter().position(|scored| *scored as usize == class);
        column.and_then(|column| columns.get_mut(column)).map_or_else(|| vec![0.0; rows], std::mem::take)
    };
    match classes.labels.len() {
        _ if rows == 0 => Vec::new(),
        2 => vec![of(1)],
        many => (0..many).map(of).collect(),
    }
}
