//! A metric of rows in memory, of which each may count several times: what a paired comparison resamples.

use super::confusion::{Margins, Value};
use super::many::{areas, order};
use super::ranking::{self, steps_of};
use super::regression::Errors;
use super::rows::{Rows, Target, highest};
use super::sum::Sum;
use super::tally::log_loss;
use crate::config::Measure;

/// The value of a metric of these rows, each counting as often as `counts` says (once without), times its weight. None
/// where these rows do not have the metric, or it is not defined.
///
/// For many resamples make a [`Valuer`] once.
#[must_use]
pub fn value(measure: Measure, rows: &Rows, counts: Option<&[u8]>) -> Option<f64> {
    let valuer = Valuer::new(measure, rows)?;
    match counts {
        Some(counts) => valuer.value(counts),
        None => valuer.value(&vec![1; rows.len]),
    }
}

/// A metric of rows, with what is the same however often each of them counts: their order, and what each of them loses.
#[derive(Debug)]
pub struct Valuer<'a> {
    measure: Measure,
    rows: &'a Rows,
    /// The rows from the highest score down, or from the smallest error up; empty where no order is needed.
    order: Vec<u32>,
    /// What each row loses; empty where the metric is no mean.
    losses: Vec<f64>,
    bins: usize,
}

impl<'a> Valuer<'a> {
    /// None where these rows do not have the metric.
    #[must_use]
    pub fn new(measure: Measure, rows: &'a Rows) -> Option<Self> {
        let mut valuer = Self {
            measure,
            rows,
            order: Vec::new(),
            losses: Vec::new(),
            bins: crate::config::Predictions::BINS,
        };
        match (&rows.target, measure) {
            (Target::Regression { truth, predicted }, _) if is_of_numbers(measure) => {
                valuer.losses =
                    truth.iter().zip(predicted).map(|(t, p)| number_loss(measure, *t, *p)).collect();
                if measure == Measure::MedianAe {
                    valuer.order = order(&valuer.losses);
                }
            }
            (Target::Classes { scores, .. }, Measure::RocAuc | Measure::AveragePrecision)
                if scores.len() == 1 =>
            {
                valuer.order = order(&scores[0]);
                valuer.order.reverse();
            }
            (Target::Classes { truth, scores, .. }, Measure::LogLoss | Measure::Brier)
                if !scores.is_empty() =>
            {
                let loss = |(row, class): (usize, &u32)| class_loss(measure, scores, row, *class as usize);
                valuer.losses = truth.iter().enumerate().map(loss).collect();
            }
            (Target::Classes { scores, .. }, Measure::RocAucOvr | Measure::RocAucOvo) if scores.len() > 1 => {
            }
            (Target::Classes { scores, .. }, Measure::ExpectedCalibrationError) if !scores.is_empty() => {}
            (Target::Classes { labels, .. }, _) if !is_of_numbers(measure) => {
                Margins::new(labels.len()).value(measure)?;
            }
            _ => return None,
        }
        Some(valuer)
    }

    /// The same with so many bins of the calibration.
    #[must_use]
    pub fn bins(self, bins: usize) -> Self {
        Self { bins, ..self }
    }

    /// The value where each row counts so often. None where it is not defined.
    #[must_use]
    pub fn value(&self, counts: &[u8]) -> Option<f64> {
        let number = match &self.rows.target {
            Target::Regression { truth, predicted } => self.of_numbers(truth, predicted, counts),
            Target::Classes { labels, truth, predicted, scores } => {
                self.of_classes(labels.len(), truth, predicted, scores, counts)
            }
        };
        Some(number).filter(|number| number.is_finite())
    }

    #[inline]
    fn weight(&self, row: usize, counts: &[u8]) -> f64 {
        let count = f64::from(counts[row]);
        self.rows.weights.as_ref().map_or(count, |weights| weights[row] * count)
    }

    fn of_classes(
        &self,
        classes: usize,
        truth: &[u32],
        predicted: &[u32],
        scores: &[Vec<f64>],
        counts: &[u8],
    ) -> f64 {
        let ranked = || {
            let row = |row: &u32| {
                let row = *row as usize;
                (scores[0][row], truth[row] == 1, self.weight(row, counts))
            };
            steps_of(self.order.iter().map(row))
        };
        match self.measure {
            Measure::RocAuc => ranking::area(ranked()),
            Measure::AveragePrecision => ranking::average_precision(ranked()),
            Measure::LogLoss | Measure::Brier => self.mean(counts),
            Measure::ExpectedCalibrationError => self.calibration_error(truth, scores, counts),
            Measure::RocAucOvr => areas(truth, scores, |row| self.weight(row, counts))[0].value,
            Measure::RocAucOvo => areas(truth, scores, |row| self.weight(row, counts))[1].value,
            measure => {
                let mut margins = Margins::new(classes);
                for row in (0..truth.len()).filter(|row| counts[*row] > 0) {
                    margins.add(truth[row] as usize, predicted[row] as usize, self.weight(row, counts));
                }
                margins.value(measure).unwrap_or(Value::NONE).number
            }
        }
    }

    fn of_numbers(&self, truth: &[f64], predicted: &[f64], counts: &[u8]) -> f64 {
        match self.measure {
            Measure::Rmse => self.mean(counts).sqrt(),
            Measure::MaxError => {
                let drawn = self.losses.iter().zip(counts).filter(|(_, count)| **count > 0);
                drawn.map(|(loss, _)| *loss).fold(f64::NAN, f64::max)
            }
            Measure::MedianAe => self.median(counts),
            Measure::R2 => {
                let weights: Vec<f64> = (0..truth.len()).map(|row| self.weight(row, counts)).collect();
                let errors = Errors::of(truth, predicted, Some(&weights), false);
                errors.value(Measure::R2).unwrap_or(Value::NONE).number
            }
            _ => self.mean(counts),
        }
    }

    fn mean(&self, counts: &[u8]) -> f64 {
        let (mut total, mut weights) = (Sum::default(), Sum::default());
        for (row, loss) in self.losses.iter().enumerate().filter(|(row, _)| counts[*row] > 0) {
            let weight = self.weight(row, counts);
            total.add(weight * loss);
            weights.add(weight);
        }
        total.value() / weights.value()
    }

    /// As [`super::ranking::Scored::median`]: of rows without weights the mean of the middle two.
    fn median(&self, counts: &[u8]) -> f64 {
        let at = |row: u32| (self.losses[row as usize], self.weight(row as usize, counts));
        let all: f64 = self.order.iter().map(|row| at(*row).1).sum();
        let mut so_far = 0.0;
        let mut lower = None;
        for (loss, weight) in self.order.iter().map(|row| at(*row)).filter(|(_, weight)| *weight > 0.0) {
            if let Some(lower) = lower {
                return (lower + loss) / 2.0;
            }
            so_far += weight;
            if so_far * 2.0 == all && self.rows.weights.is_none() {
                lower = Some(loss);
            } else if so_far * 2.0 >= all {
                return loss;
            }
        }
        f64::NAN
    }

    fn calibration_error(&self, truth: &[u32], scores: &[Vec<f64>], counts: &[u8]) -> f64 {
        let (mut gaps, mut weights) = (vec![Sum::default(); self.bins], Sum::default());
        for (row, class) in truth.iter().enumerate().filter(|(row, _)| counts[*row] > 0) {
            let said = if scores.len() == 1 { 1 } else { highest(scores, row) };
            let probability = if scores.len() == 1 { scores[0][row] } else { scores[said][row] };
            let weight = self.weight(row, counts);
            let place = ((probability * self.bins as f64) as usize).min(self.bins.saturating_sub(1));
            weights.add(weight);
            if let Some(gap) = gaps.get_mut(place) {
                gap.add(weight * (probability - f64::from(u8::from(said == *class as usize))));
            }
        }
        gaps.into_iter().map(|gap| gap.value().abs()).collect::<Sum>().value() / weights.value()
    }
}

fn is_of_numbers(measure: Measure) -> bool {
    measure.is_of(crate::record::Task::Regression)
}

/// What a predicted number loses: its squared error, the absolute one as a share of the truth, or the absolute one.
#[must_use]
pub fn number_loss(measure: Measure, truth: f64, predicted: f64) -> f64 {
    let error = truth - predicted;
    match measure {
        Measure::Mse | Measure::Rmse => error * error,
        // As scikit-learn: the truth 0 counts as the smallest step from 1.
        Measure::Mape => error.abs() / truth.abs().max(f64::EPSILON),
        _ => error.abs(),
    }
}

/// What the probabilities of a row of this class lose: the logarithm, or the squared error. Of two classes `scores` may
/// have the second one's alone, whose squared error is counted once.
#[must_use]
pub fn class_loss(measure: Measure, scores: &[Vec<f64>], row: usize, class: usize) -> f64 {
    let of_one = |score: f64| if class == 1 { score } else { 1.0 - score };
    match (measure, scores) {
        (Measure::LogLoss, [score]) => log_loss(of_one(score[row])),
        (Measure::LogLoss, scores) => log_loss(scores[class][row]),
        (_, [score]) => (1.0 - of_one(score[row])).powi(2),
        (_, scores) => {
            let error = |other: usize| (scores[other][row] - f64::from(u8::from(other == class))).powi(2);
            (0..scores.len()).map(error).sum()
        }
    }
}
