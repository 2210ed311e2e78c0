//! What predicted numbers come to.

use super::confusion::Value;
use super::ranking::Scored;
use super::sum::{Loss, Sum, Weights};
use crate::config::Measure;

/// The errors of predicted numbers, as far as they can be summed while the rows pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Errors {
    /// The rows and their weights.
    pub weights: Weights,
    /// Of the squared error.
    pub squared: Loss,
    /// Of the absolute error.
    pub absolute: Loss,
    /// Of the absolute error as a share of the truth.
    pub relative: Loss,
    largest: f64,
    spread: Spread,
    /// The absolute errors, where the median is asked for.
    pub median: Scored,
}

impl Errors {
    /// Of some rows: the truth, what was predicted, and the weights where not all are the same.
    #[must_use]
    pub fn of(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>, median: bool) -> Self {
        let mut errors = Self { spread: Spread::around(truth), ..Self::default() };
        for (row, (truth, predicted)) in truth.iter().zip(predicted).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            errors.add(*truth, *predicted, weight);
            if !median {
                continue;
            }
            let error = (truth - predicted).abs();
            match weights {
                None => errors.median.push(error),
                Some(_) => errors.median.push_weighted(error, weight),
            }
        }
        errors
    }

    fn add(&mut self, truth: f64, predicted: f64, weight: f64) {
        let error = truth - predicted;
        let absolute = error.abs();
        self.weights.add(weight);
        self.squared.add(error * error, weight);
        self.absolute.add(absolute, weight);
        // As scikit-learn: the truth 0 counts as the smallest step from 1.
        self.relative.add(absolute / truth.abs().max(f64::EPSILON), weight);
        self.largest = self.largest.max(absolute);
        self.spread.add(truth, error * error, weight);
    }

    /// Adds others, which come after these.
    pub fn merge(&mut self, other: Self) {
        self.weights.merge(other.weights);
        self.squared.merge(other.squared);
        self.absolute.merge(other.absolute);
        self.relative.merge(other.relative);
        self.largest = self.largest.max(other.largest);
        self.spread.merge(other.spread);
        self.median.merge(other.median);
    }

    /// The value of a metric of predicted numbers; none for any other. The absolute errors are sorted for the median.
    #[must_use]
    pub fn value(&self, measure: Measure) -> Option<Value> {
        Some(match measure {
            Measure::Mse => Value::plain(self.squared.mean(&self.weights)),
            Measure::Rmse => Value::plain(self.squared.mean(&self.weights).sqrt()),
            Measure::Mae => Value::plain(self.absolute.mean(&self.weights)),
            Measure::Mape => Value::plain(self.relative.mean(&self.weights)),
            Measure::MaxError if self.weights.rows > 0 => Value::plain(self.largest),
            Measure::MaxError => Value::NONE,
            Measure::MedianAe => Value::plain(self.median.median()),
            Measure::R2 => self.r2(),
            _ => return None,
        })
    }

    /// (scikit-learn, `force_finite`) A truth that never changes gives 1 for the very truth, else 0.
    fn r2(&self) -> Value {
        let (wrong, all) = (self.squared.mean(&self.weights) * self.weights.sum.value(), self.spread.total());
        match () {
            () if self.weights.rows < 2 => Value::NONE,
            () if wrong == 0.0 => Value::plain(1.0),
            () if all == 0.0 => Value { number: 0.0, of_nothing: true },
            () => Value::plain(1.0 - wrong / all),
        }
    }

    /// The standard error of r2 by the delta method.
    #[must_use]
    pub fn r2_error(&self) -> Option<f64> {
        let rows = self.weights.effective();
        let all = self.spread.total();
        if rows <= 2.0 || all == 0.0 {
            return None;
        }
        let ratio = self.squared.mean(&self.weights) * self.weights.sum.value() / all;
        let mut centred = self.spread.clone();
        centred.move_to(self.spread.mean());
        let spread = self.spread.fourth - 2.0 * ratio * centred.mixed[2] + ratio * ratio * centred.powers[4];
        Some((spread.max(0.0) * rows / (rows - 1.0)).sqrt() / all)
    }
}

/// How the truth spreads around a pivot, and how the squared errors go with it. The pivot of each batch is its mean, so
/// that a truth far from 0 loses no digits; to merge is to move one to the other's pivot. (Chan, Golub and LeVeque 1983)
#[derive(Debug, Clone, PartialEq, Default)]
struct Spread {
    pivot: f64,
    weight: Sum,
    /// Σ w·d, with d the distance from the pivot.
    first: Sum,
    /// Σ w·d²
    second: Sum,
    /// Σ w²·dᵏ, k from 0 to 4.
    powers: [f64; 5],
    /// Σ w²·e²·dᵏ, k from 0 to 2, with e² the squared error.
    mixed: [f64; 3],
    /// Σ w²·e⁴
    fourth: f64,
    /// The smallest and the largest truth with a weight.
    range: Option<[f64; 2]>,
}

impl Spread {
    fn around(truth: &[f64]) -> Self {
        let mean = truth.iter().copied().collect::<Sum>().value() / truth.len() as f64;
        Self { pivot: if mean.is_finite() { mean } else { 0.0 }, ..Self::default() }
    }

    fn add(&mut self, truth: f64, squared: f64, weight: f64) {
        if weight == 0.0 {
            return;
        }
        let distance = truth - self.pivot;
        self.weight.add(weight);
        self.first.add(weight * distance);
        self.second.add(weight * distance * distance);
        let mut power = weight * weight;
        for (k, sum) in self.powers.iter_mut().enumerate() {
            *sum += power;
            if let Some(mixed) = self.mixed.get_mut(k) {
                *mixed += power * squared;
            }
            power *= distance;
        }
        self.fourth += (weight * squared).powi(2);
        self.widen([truth; 2]);
    }

    fn widen(&mut self, [low, high]: [f64; 2]) {
        let [lowest, highest] = self.range.unwrap_or([low, high]);
        self.range = Some([lowest.min(low), highest.max(high)]);
    }

    fn mean(&self) -> f64 {
        self.pivot + self.first.value() / self.weight.value()
    }

    /// Σ w·(y − mean)²; exactly 0 where the truth never changes.
    fn total(&self) -> f64 {
        if self.range.is_none_or(|[low, high]| low == high) {
            return 0.0;
        }
        self.second.value() - self.first.value() * self.first.value() / self.weight.value()
    }

    fn move_to(&mut self, pivot: f64) {
        let by = self.pivot - pivot;
        let [one, two, three] = self.mixed;
        self.mixed = [one, two + by * one, three + 2.0 * by * two + by * by * one];
        let [p0, p1, p2, p3, p4] = self.powers;
        self.powers = [
            p0,
            p1 + by * p0,
            p2 + 2.0 * by * p1 + by * by * p0,
            p3 + 3.0 * by * p2 + 3.0 * by * by * p1 + by.powi(3) * p0,
            p4 + 4.0 * by * p3 + 6.0 * by * by * p2 + 4.0 * by.powi(3) * p1 + by.powi(4) * p0,
        ];
        self.second.add(2.0 * by * self.first.value());
        self.second.add(by * by * self.weight.value());
        self.first.add(by * self.weight.value());
        self.pivot = pivot;
    }

    fn merge(&mut self, mut other: Self) {
        if self.weight == Sum::default() {
            *self = other;
            return;
        }
        if other.weight == Sum::default() {
            return;
        }
        // Both go to the mean of both: every step away from the rows' own means costs digits.
        let all = self.weight.value() + other.weight.value();
        let pivot = self.mean() + (other.mean() - self.mean()) * (other.weight.value() / all);
        self.move_to(pivot);
        other.move_to(pivot);
        self.weight.merge(other.weight);
        self.first.merge(other.first);
        self.second.merge(other.second);
        self.powers.iter_mut().zip(other.powers).for_each(|(sum, more)| *sum += more);
        self.mixed.iter_mut().zip(other.mixed).for_each(|(sum, more)| *sum += more);
        self.fourth += other.fourth;
        if let Some(range) = other.range {
            self.widen(range);
        }
    }
}
