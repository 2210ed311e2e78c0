//! How sure a metric is: its interval, by the method that suits it.

use super::cells::{self, Sampled};
use super::confusion::{Cell, Margins, Value};
use super::ranking;
use super::regression::Errors;
use super::rows::{Rows, Target};
use super::sum::{Loss, Weights};
use super::summary::Summary;
use super::value::Valuer;
use crate::config::Measure;
use crate::record::{Estimate, Method};
use crate::statistics::{self, Interval, bootstrap};

/// An interval, and how it came about.
pub type Sure = (Interval, Method);

/// A metric of some rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// The value.
    pub value: Value,
    /// How sure it is; none where there is no method, or not enough to say.
    pub sure: Option<Sure>,
}

impl Measurement {
    /// As the record has it; none where there is no value.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        self.value.number.is_finite().then(|| Estimate {
            value: self.value.number,
            interval: self.sure.map(|(interval, _)| interval),
            method: self.sure.map(|(_, method)| method),
        })
    }
}

/// How intervals are made.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// Of every interval, between 0 and 1.
    pub confidence: f64,
    /// Whether cells are resampled, or else only their influence is summed: for many slices.
    pub resample: bool,
    /// The rows, and how many resamples are drawn of them, where every interval is to be a bootstrap's.
    pub rows: Option<(&'a Rows, u32)>,
    /// The bins of the calibration.
    pub bins: usize,
}

impl Means<'_> {
    /// A metric of classes; none of one that these rows do not have.
    #[must_use]
    pub fn of_classes(&self, measure: Measure, summary: &Summary, margins: &Margins) -> Option<Measurement> {
        let value = summary.value(measure, margins)?;
        if foregone(measure, value.number, margins) {
            return Some(Measurement { value, sure: None });
        }
        let sure = if !value.number.is_finite() {
            None
        } else if self.rows.is_some() {
            self.resampled(measure).map(|sure| lowered(measure, sure, summary))
        } else {
            self.class_interval(measure, value.number, summary)
        };
        let sure = sure.filter(is_sound).or_else(|| self.of_little(measure, value, summary));
        Some(Measurement { value, sure })
    }

    /// A metric of numbers; none of any other.
    #[must_use]
    pub fn of_numbers(&self, measure: Measure, errors: &Errors) -> Option<Measurement> {
        let value = errors.value(measure)?;
        let sure = if !value.number.is_finite() {
            None
        } else if self.rows.is_some() {
            self.resampled(measure)
        } else {
            self.number_interval(measure, value.number, errors)
        };
        Some(Measurement { value, sure: sure.filter(is_sound) })
    }

    /// What is left where rows that all come to the same leave no other interval: of a perfect value, of the worst one,
    /// or of one between that no row changes. It is Wilson's of as many trials as the smallest class has rows, for a
    /// mean over classes is no surer than the one of which least is known. None of losses.
    fn of_little(&self, measure: Measure, value: Value, summary: &Summary) -> Option<Sure> {
        let [least, most] = range(measure)?;
        let share = (value.number - least) / (most - least);
        let own =
            if self.rows.is_some() { self.class_interval(measure, value.number, summary) } else { None };
        if let Some(own) = own.filter(is_sound) {
            return Some(own);
        }
        let is_at_an_end = !(EXACT..=1.0 - EXACT).contains(&share);
        if !share.is_finite() || (value.of_nothing && is_at_an_end) {
            return None;
        }
        let rows = trials(measure, summary);
        let right = if share > 1.0 - EXACT {
            rows
        } else if share < EXACT {
            0.0
        } else {
            share * rows
        };
        let interval = statistics::wilson(right, rows, self.confidence)?;
        Some((interval.map(|share| least + share * (most - least)), Method::Wilson)).filter(is_sound)
    }

    fn class_interval(&self, measure: Measure, value: f64, summary: &Summary) -> Option<Sure> {
        use Measure as M;
        let all = |of: fn(u32, u32) -> bool| summary.cells.all(of);
        let wilson = |of: Cell, share: f64| {
            let rows = super::sum::effective(of.weight.value(), of.squares);
            statistics::wilson(share * rows, rows, self.confidence).map(|interval| (interval, Method::Wilson))
        };
        match measure {
            // Of several classes together all of these are the accuracy.
            M::Accuracy | M::PrecisionMicro | M::RecallMicro | M::F1Micro | M::RecallWeighted => {
                wilson(all(|_, _| true), value)
            }
            M::Precision => wilson(all(|_, predicted| predicted == 1), value),
            M::Recall => wilson(all(|truth, _| truth == 1), value),
            M::Specificity => wilson(all(|truth, _| truth == 0), value),
            M::F1 => {
                let involved = all(|truth, predicted| truth == 1 || predicted == 1);
                let (interval, method) = wilson(involved, value / (2.0 - value))?;
                Some((interval.map(|share| 2.0 * share / (1.0 + share)), method))
            }
            M::RocAuc => self.area(value, summary),
            M::AveragePrecision => {
                let [positives, negatives] = &summary.ranks;
                self.on_logit(value, ranking::average_precision_error(positives, negatives, value))
            }
            M::RocAucOvr => self.on_logit(value, summary.areas?[0].error),
            M::RocAucOvo => self.on_logit(value, summary.areas?[1].error),
            M::LogLoss => self.mean(&summary.losses.log, &summary.weights, f64::INFINITY),
            M::Brier => self.mean(&summary.losses.brier, &summary.weights, 2.0),
            M::ExpectedCalibrationError => {
                let error = summary.calibration.standard_error(&summary.weights)?;
                let [low, high] = statistics::delta(value, error, self.confidence)?;
                let low = low - summary.calibration.by_chance(&summary.weights);
                Some(([low.max(0.0), high.min(1.0)], Method::Delta))
            }
            _ => {
                let sampled = Sampled::of(&summary.cells, summary.classes);
                let of = |margins: &Margins| margins.value(measure).unwrap_or(Value::NONE).number;
                cells::interval(
                    &sampled.rows,
                    value,
                    self,
                    range(measure)?,
                    |rows| of(&sampled.margins(rows)),
                )
            }
        }
    }

    fn area(&self, value: f64, summary: &Summary) -> Option<Sure> {
        let [positives, negatives] = &summary.ranks;
        let (error, method) = match summary.area {
            Some(area) => (area.error, Method::Delong),
            None => (ranking::area_error(positives, negatives, value), Method::Delta),
        };
        statistics::logit(value, error?, self.confidence).map(|interval| (interval, method))
    }

    fn on_logit(&self, value: f64, error: Option<f64>) -> Option<Sure> {
        statistics::logit(value, error?, self.confidence).map(|interval| (interval, Method::Delta))
    }

    /// Of a mean of losses, which are from 0 up to `most`.
    fn mean(&self, loss: &Loss, weights: &Weights, most: f64) -> Option<Sure> {
        let degrees = weights.effective() - 1.0;
        let [low, high] =
            statistics::student(loss.mean(weights), loss.error(weights)?, degrees, self.confidence)?;
        Some(([low.max(0.0), high.min(most)], Method::T))
    }

    fn number_interval(&self, measure: Measure, value: f64, errors: &Errors) -> Option<Sure> {
        let mean = |loss: &Loss| self.mean(loss, &errors.weights, f64::INFINITY);
        match measure {
            Measure::Mse => mean(&errors.squared),
            Measure::Rmse => {
                mean(&errors.squared).map(|(interval, method)| (interval.map(f64::sqrt), method))
            }
            Measure::Mae => mean(&errors.absolute),
            Measure::Mape => mean(&errors.relative),
            Measure::R2 => self.r2(value, errors),
            Measure::MedianAe => self.median(errors),
            _ => None,
        }
    }

    /// Student's t with the delta method's error. What is not explained is a ratio of sums and skewed, so the low end is
    /// that of its logarithm; the high end is not, for there the logarithm's comes too soon. Either misses about as
    /// often as it says from thirty rows on.
    fn r2(&self, value: f64, errors: &Errors) -> Option<Sure> {
        let (error, unexplained) = (errors.r2_error()?, 1.0 - value);
        let degrees = errors.weights.effective() - 1.0;
        let [_, high] = statistics::student(value, error, degrees, self.confidence)?;
        let low = 1.0 - unexplained * libm::exp((high - value) / unexplained);
        Some(([low, high.min(1.0)], Method::Delta))
    }

    /// Between two of the sorted errors; with weights at the same shares of the weight.
    fn median(&self, errors: &Errors) -> Option<Sure> {
        let rows = errors.weights.effective().floor();
        let (low, high) = statistics::order_statistic(rows as usize, self.confidence)?;
        let at = |place: usize| {
            let exact = rows == errors.median.len() as f64;
            let weighted = || Some(errors.median.quantile((place as f64 + 1.0) / rows));
            if exact { errors.median.number(place) } else { weighted() }
        };
        Some(([at(low)?, at(high)?], Method::OrderStatistic))
    }

    /// By the bootstrap of the rows. The largest error has none: no resample is beyond it.
    fn resampled(&self, measure: Measure) -> Option<Sure> {
        let (rows, resamples) = self.rows?;
        if measure == Measure::MaxError {
            return None;
        }
        let valuer = Valuer::new(measure, rows)?.bins(self.bins);
        let mut values = match (&rows.target, measure) {
            (Target::Classes { truth, scores, .. }, Measure::RocAuc) if rows.weights.is_none() => {
                let is_positive: Vec<bool> = truth.iter().map(|class| *class == 1).collect();
                bootstrap::auc(&is_positive, scores.first()?, resamples, cells::SEED)
            }
            _ => bootstrap::rows(rows.len, resamples, cells::SEED, |counts| {
                valuer.value(counts).unwrap_or(f64::NAN)
            }),
        };
        bootstrap::percentile(&mut values, self.confidence).map(|interval| (interval, Method::Percentile))
    }
}

/// Whether no prediction could have made it less: where the truth is one class, all that is taken for it is right. A
/// number that is the same of any model says nothing of this one.
#[must_use]
pub fn foregone(measure: Measure, value: f64, margins: &Margins) -> bool {
    let classes = margins.truth.iter().filter(|weight| **weight > 0.0).count();
    matches!(measure, Measure::Precision | Measure::PrecisionWeighted) && classes == 1 && value > 1.0 - EXACT
}

/// Resampling adds chance to chance: the error of calibration is too high by more than that of the rows.
fn lowered(measure: Measure, ([low, high], method): Sure, summary: &Summary) -> Sure {
    match measure {
        Measure::ExpectedCalibrationError => {
            // The resampled rows are twice as spread around the probabilities as the rows themselves.
            let chance = std::f64::consts::SQRT_2 * summary.calibration.by_chance(&summary.weights);
            (([low - chance, high].map(|end| end.max(0.0))), method)
        }
        _ => ([low, high], method),
    }
}

/// How near the end of its range a value is it, but for rounding.
const EXACT: f64 = 1e-12;

/// Between what a metric of classes lies. None of losses, of which all that are equal say nothing of the next one.
fn range(measure: Measure) -> Option<Interval> {
    match measure {
        Measure::MatthewsCorrcoef | Measure::CohenKappa => Some([-1.0, 1.0]),
        Measure::LogLoss | Measure::Brier => None,
        _ => Some([0.0, 1.0]),
    }
}

/// The effective rows of the true class that has the fewest; of the average precision those of the positives.
fn trials(measure: Measure, summary: &Summary) -> f64 {
    let rows = |class: u32| {
        let cell = summary.cells.all(|truth, _| truth == class);
        super::sum::effective(cell.weight.value(), cell.squares)
    };
    if measure == Measure::AveragePrecision {
        return rows(1);
    }
    let truths: std::collections::BTreeSet<u32> = summary.cells.0.keys().map(|(truth, _)| *truth).collect();
    truths.into_iter().map(rows).filter(|rows| *rows > 0.0).fold(f64::INFINITY, f64::min)
}

/// Whether an interval says anything: one without width would say that all is known.
fn is_sound((interval, _): &Sure) -> bool {
    interval.iter().all(|end| end.is_finite()) && interval[0] < interval[1]
}
