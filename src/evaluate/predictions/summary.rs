//! All that the metrics of some rows of classes follow from, now that it is known which class is which.

use rayon::prelude::*;

use super::calibration::{Bins, Calibration};
use super::confusion::{Cells, Margins, Value};
use super::labels::Classes;
use super::many::{Areas, areas};
use super::ranking::{self, Scored, Steps};
use super::rows::{Rows, Target, highest};
use super::sum::Weights;
use super::tally::{Columns, Losses, Tally, Wishes};
use super::value::class_loss;
use crate::config::Measure;
use crate::statistics::delong;

/// What rows of classes come to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// How many classes there are.
    pub classes: usize,
    /// The rows and their weights.
    pub weights: Weights,
    /// True against predicted classes.
    pub cells: Cells,
    /// What the probabilities lose.
    pub losses: Losses,
    /// Whether they come true.
    pub calibration: Calibration,
    /// Of two classes the scores of the positives and of the negatives, sorted.
    pub ranks: [Scored; 2],
    /// The area under the ROC curve of two classes; none of weighted rows, or without scores of both classes.
    pub area: Option<delong::Area>,
    /// Of more than two the areas, against the rest and in pairs.
    pub areas: Option<[Areas; 2]>,
}

impl Summary {
    /// Of rows that were summed while they passed, as `wishes` said.
    #[must_use]
    pub fn of_tally(tally: Tally, classes: &Classes, wishes: Wishes) -> Self {
        let name = |names: &[u32], code: u32| names.get(code as usize).copied().unwrap_or(0);
        let truth = |code: u32| name(&classes.truth, code);
        let mut summary = Self {
            classes: classes.labels.len(),
            weights: tally.weights,
            cells: tally.cells.renamed(truth, |code| name(&classes.predicted, code)),
            ..Self::default()
        };
        // The second class is the positive one.
        let is_positive = |code: usize| truth(code as u32).min(1) as usize;
        let losses: Vec<Losses> = (tally.by_truth.par_iter().enumerate())
            .map(|(code, scored)| scored.lost(is_positive(code), wishes))
            .collect();
        for (code, (scored, losses)) in tally.by_truth.into_iter().zip(losses).enumerate() {
            let is_positive = is_positive(code);
            summary.losses.merge(losses);
            summary.calibration.0[is_positive].merge(&scored.bins);
            summary.ranks[1 - is_positive].merge(scored.scores);
        }
        let [positives, negatives] = &mut summary.ranks;
        rayon::join(|| positives.sort(), || negatives.sort());
        let unweighted = positives.unweighted().zip(negatives.unweighted());
        summary.area = unweighted.and_then(|(positives, negatives)| delong::area(positives, negatives));
        summary
    }

    /// Of rows in memory; none of numbers.
    #[must_use]
    pub fn of_rows(rows: &Rows, wishes: Wishes) -> Option<Self> {
        let Target::Classes { labels, truth, predicted, scores } = &rows.target else { return None };
        let one_score = scores.len() == 1;
        let columns = Columns {
            truth,
            predicted: Some(predicted),
            scores: if one_score { &scores[0] } else { &[] },
            weights: rows.weights.as_deref(),
            threshold: 0.5,
        };
        let tally = Tally::of(&columns, wishes);
        let all: Vec<u32> = (0..labels.len()).filter_map(|class| u32::try_from(class).ok()).collect();
        let known = Classes {
            labels: labels.clone(),
            truth: all.clone(),
            predicted: all,
            scores: vec![1],
            notes: Vec::new(),
        };
        let mut summary = Self::of_tally(tally, &known, wishes);
        if scores.len() > 1 {
            summary.add_many(rows, truth, scores, wishes);
        }
        Some(summary)
    }

    fn add_many(&mut self, rows: &Rows, truth: &[u32], scores: &[Vec<f64>], wishes: Wishes) {
        self.calibration = Calibration([Bins::new(wishes.bins), Bins::new(wishes.bins)]);
        for (row, class) in truth.iter().enumerate() {
            let (class, weight) = (*class as usize, rows.weight(row));
            if wishes.log {
                self.losses.log.add(class_loss(Measure::LogLoss, scores, row, class), weight);
            }
            if wishes.brier {
                self.losses.brier.add(class_loss(Measure::Brier, scores, row, class), weight);
            }
            if wishes.bins > 0 {
                let said = highest(scores, row);
                self.calibration.0[usize::from(said == class)].add(scores[said][row], weight);
            }
        }
        if wishes.ranks {
            self.areas = Some(areas(truth, scores, |row| rows.weight(row)));
        }
    }

    /// The sums over rows and columns of the table.
    #[must_use]
    pub fn margins(&self) -> Margins {
        self.cells.margins(self.classes)
    }

    /// The value of a metric; none of one that these rows do not have.
    #[must_use]
    pub fn value(&self, measure: Measure, margins: &Margins) -> Option<Value> {
        let [positives, negatives] = &self.ranks;
        let steps = || Steps::falling(positives, negatives);
        Some(match measure {
            Measure::LogLoss => Value::plain(self.losses.log.mean(&self.weights)),
            Measure::Brier => Value::plain(self.losses.brier.mean(&self.weights)),
            Measure::ExpectedCalibrationError => Value::plain(self.calibration.error(&self.weights)),
            Measure::RocAuc => {
                Value::plain(self.area.map_or_else(|| ranking::area(steps()), |area| area.value))
            }
            Measure::AveragePrecision => {
                Value { number: ranking::average_precision(steps()), of_nothing: positives.len() == 0 }
            }
            Measure::RocAucOvr => Value::plain(self.areas?[0].value),
            Measure::RocAucOvo => Value::plain(self.areas?[1].value),
            _ => margins.value(measure)?,
        })
    }
}
