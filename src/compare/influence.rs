//! What a metric is, and how much each row brings to it: the change of the value with the row's weight. The variance of
//! a metric follows from the influences, and that of a difference from their differences. (Hampel 1974)

use super::pair::Both;
use super::ranking;
use crate::config::Measure;
use crate::evaluate::predictions::{class_loss, effective, highest, number_loss};

/// A value, and what each row's weight brings to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// The value.
    pub value: f64,
    /// For each row the derivative of the value with respect to its weight.
    pub rows: Vec<f64>,
}

/// The weights of rows.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a>(pub Option<&'a [f64]>);

impl Weights<'_> {
    /// The weight of a row.
    #[inline]
    pub fn of(self, row: usize) -> f64 {
        self.0.map_or(1.0, |weights| weights[row])
    }

    /// How many rows of the same weight would say as much. (Kish 1965)
    pub fn effective(self, rows: usize) -> f64 {
        match self.0 {
            None => rows as f64,
            Some(weights) => {
                effective(weights.iter().sum(), weights.iter().map(|weight| weight * weight).sum())
            }
        }
    }
}

/// The influences on a metric that is not of predicted classes alone; none of those, of the median and of the largest
/// error, and where it has no value.
pub fn of(
    measure: Measure,
    both: &Both,
    side: usize,
    weights: Weights<'_>,
    bins: usize,
) -> Option<Influence> {
    let influence = match both {
        Both::Regression { truth, predicted } => of_numbers(measure, truth, &predicted[side], weights),
        Both::Classes { classes, truth, scores, .. } => {
            let said = Said { classes: *classes, truth, scores: &scores[side] };
            if said.scores.is_empty() { None } else { said.influence(measure, weights, bins) }
        }
    }?;
    let all = influence.value.is_finite() && influence.rows.iter().all(|row| row.is_finite());
    all.then_some(influence)
}

/// How much more a row would lose, in the mean, if what is said of its class were said of the next likely one instead.
/// None of another metric, and where `enough` rows are like that: then they tell how much it is.
pub fn if_turned(
    measure: Measure,
    both: &Both,
    side: usize,
    weights: Weights<'_>,
    enough: usize,
) -> Option<f64> {
    let Both::Classes { classes, truth, scores, .. } = both else { return None };
    let said = Said { classes: *classes, truth, scores: &scores[side] };
    if !matches!(measure, Measure::LogLoss | Measure::Brier) || said.scores.is_empty() {
        return None;
    }
    let more = |row: usize| {
        let loss = |class| class_loss(measure, said.scores, row, class);
        loss(said.other(row)) - loss(truth[row] as usize)
    };
    let more: Vec<f64> = (0..truth.len()).map(more).collect();
    let turned = more.iter().filter(|more| **more < 0.0).count();
    (turned < enough).then(|| mean(more.into_iter().map(|more| more.max(0.0)), weights).value)
}

fn of_numbers(measure: Measure, truth: &[f64], predicted: &[f64], weights: Weights<'_>) -> Option<Influence> {
    let losses = |measure| {
        let each = truth.iter().zip(predicted);
        mean(each.map(|(truth, predicted)| number_loss(measure, *truth, *predicted)), weights)
    };
    match measure {
        Measure::Mse | Measure::Mae | Measure::Mape => Some(losses(measure)),
        Measure::Rmse => Some(root(losses(Measure::Mse))),
        Measure::R2 => explained(losses(Measure::Mse), truth, weights),
        _ => None,
    }
}

/// The influences on a weighted mean.
fn mean(losses: impl Iterator<Item = f64>, weights: Weights<'_>) -> Influence {
    let losses: Vec<f64> = losses.collect();
    let (mut sum, mut all) = (0.0, 0.0);
    for (row, loss) in losses.iter().enumerate() {
        sum += weights.of(row) * loss;
        all += weights.of(row);
    }
    let value = sum / all;
    Influence { value, rows: losses.into_iter().map(|loss| (loss - value) / all).collect() }
}

/// The same on its root. Where it is 0, so is every influence.
fn root(squares: Influence) -> Influence {
    let value = squares.value.sqrt();
    let slope = if value == 0.0 { 0.0 } else { 0.5 / value };
    Influence { value, rows: squares.rows.into_iter().map(|row| slope * row).collect() }
}

/// The same on the share of the variance that is explained, 1 − mse / var.
fn explained(squares: Influence, truth: &[f64], weights: Weights<'_>) -> Option<Influence> {
    let middle = mean(truth.iter().copied(), weights).value;
    let spread = mean(truth.iter().map(|truth| (truth - middle) * (truth - middle)), weights);
    if truth.len() < 2 || spread.value == 0.0 {
        return None;
    }
    let ratio = squares.value / spread.value;
    let rows = squares.rows.iter().zip(&spread.rows).map(|(wrong, all)| (ratio * all - wrong) / spread.value);
    Some(Influence { value: 1.0 - ratio, rows: rows.collect() })
}

/// What one side said of classes.
struct Said<'a> {
    classes: usize,
    truth: &'a [u32],
    scores: &'a [Vec<f64>],
}

impl Said<'_> {
    fn influence(&self, measure: Measure, weights: Weights<'_>, bins: usize) -> Option<Influence> {
        match measure {
            Measure::LogLoss | Measure::Brier | Measure::ExpectedCalibrationError if !self.probable() => None,
            Measure::LogLoss | Measure::Brier => {
                let loss =
                    |(row, class): (usize, &u32)| class_loss(measure, self.scores, row, *class as usize);
                Some(mean(self.truth.iter().enumerate().map(loss), weights))
            }
            Measure::ExpectedCalibrationError => Some(self.calibration(weights, bins)),
            Measure::RocAuc if self.binary() => {
                ranking::area(|row| Some(self.truth[row] == 1), &self.scores[0], weights)
            }
            Measure::AveragePrecision if self.binary() => {
                ranking::average_precision(|row| self.truth[row] == 1, &self.scores[0], weights)
            }
            Measure::RocAucOvr if !self.binary() => self.mean_of(self.classes, |class| {
                ranking::area(|row| Some(self.truth[row] as usize == class), &self.scores[class], weights)
            }),
            Measure::RocAucOvo if !self.binary() => self.one_to_one(weights),
            _ => None,
        }
    }

    /// One list of scores is of two classes.
    fn binary(&self) -> bool {
        self.scores.len() == 1
    }

    /// The most likely class besides the true one.
    fn other(&self, row: usize) -> usize {
        let truth = self.truth[row] as usize;
        if self.binary() {
            return 1 - truth.min(1);
        }
        let others = (0..self.scores.len()).filter(|class| *class != truth);
        others
            .max_by(|one, other| self.scores[*one][row].total_cmp(&self.scores[*other][row]))
            .unwrap_or(truth)
    }

    /// What was said, and whether it came true: of two classes of the positive one, of several of the first with the
    /// highest score.
    fn claim(&self, row: usize) -> (f64, f64) {
        let (column, class) = match highest(self.scores, row) {
            _ if self.binary() => (0, 1),
            class => (class, class),
        };
        (self.scores[column][row], f64::from(u8::from(self.truth[row] as usize == class)))
    }

    /// Whether every score is a probability.
    fn probable(&self) -> bool {
        self.scores.iter().flatten().all(|score| (0.0..=1.0).contains(score))
    }

    /// Σ over bins of |Σ w (said − true)| / Σ w: a row's part is its own gap, with its bin's sign.
    fn calibration(&self, weights: Weights<'_>, bins: usize) -> Influence {
        let last = bins.saturating_sub(1);
        let bin = |said: f64| ((said * bins as f64) as usize).min(last);
        let mut gaps = vec![0.0; bins.max(1)];
        for row in 0..self.truth.len() {
            let (said, came_true) = self.claim(row);
            gaps[bin(said)] += weights.of(row) * (said - came_true);
        }
        let signed = |row| {
            let (said, came_true) = self.claim(row);
            (said - came_true) * if gaps[bin(said)] < 0.0 { -1.0 } else { 1.0 }
        };
        mean((0..self.truth.len()).map(signed), weights)
    }

    /// The mean over ordered pairs of classes, of the one's scores among the rows of both. (Hand and Till 2001)
    fn one_to_one(&self, weights: Weights<'_>) -> Option<Influence> {
        let others = self.classes.checked_sub(1)?;
        self.mean_of(self.classes * others, |number| {
            let class = number / others;
            let other = number % others + usize::from(number % others >= class);
            let side = |row: usize| match self.truth[row] as usize {
                truth if truth == class => Some(true),
                truth if truth == other => Some(false),
                _ => None,
            };
            ranking::area(side, &self.scores[class], weights)
        })
    }

    /// The mean of so many areas; none where one of them has no value.
    fn mean_of(&self, count: usize, each: impl Fn(usize) -> Option<Influence>) -> Option<Influence> {
        let mut mean = Influence { value: 0.0, rows: vec![0.0; self.truth.len()] };
        for number in 0..count {
            let part = each(number)?;
            mean.value += part.value / count as f64;
            mean.rows.iter_mut().zip(part.rows).for_each(|(sum, part)| *sum += part / count as f64);
        }
        Some(mean)
    }
}
