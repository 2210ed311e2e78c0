//! What predicted classes come to: a table of true against predicted classes, and the metrics of it.
//!
//! The formulas are scikit-learn's, its labels too: a class counts where it is the truth or the prediction of a row.

use std::collections::BTreeMap;

use super::sum::Sum;
use crate::config::Measure;

/// A number, and whether it is one by convention only, because a share of nothing was to be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// NaN where there is none.
    pub number: f64,
    /// A share of nothing, taken as 0.
    pub of_nothing: bool,
}

impl Value {
    /// A number that is one.
    #[must_use]
    pub const fn plain(number: f64) -> Self {
        Self { number, of_nothing: false }
    }

    /// No number.
    pub const NONE: Self = Self::plain(f64::NAN);

    /// `part / whole`, and 0 of nothing.
    #[must_use]
    pub fn share(part: f64, whole: f64) -> Self {
        if whole == 0.0 { Self { number: 0.0, of_nothing: true } } else { Self::plain(part / whole) }
    }
}

/// The rows of one true and one predicted class.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    /// How many rows.
    pub rows: u64,
    /// Their weight.
    pub weight: Sum,
    /// The sum of its squares.
    pub squares: f64,
}

impl Cell {
    /// Rows that weigh 1.
    #[must_use]
    pub fn of_rows(rows: u64) -> Self {
        Self { rows, weight: Sum::from_iter([rows as f64]), squares: rows as f64 }
    }

    /// Adds a row.
    #[inline]
    pub fn add(&mut self, weight: f64) {
        self.rows += 1;
        self.weight.add(weight);
        self.squares += weight * weight;
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.weight.merge(other.weight);
        self.squares += other.squares;
    }
}

/// The cells that hold a row, by true and predicted class.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cells(pub BTreeMap<(u32, u32), Cell>);

impl Cells {
    /// The cell of a true and a predicted class.
    pub fn cell(&mut self, truth: u32, predicted: u32) -> &mut Cell {
        self.0.entry((truth, predicted)).or_default()
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        for (&(truth, predicted), cell) in &other.0 {
            self.cell(truth, predicted).merge(*cell);
        }
    }

    /// All cells of a kind as one.
    #[must_use]
    pub fn all(&self, of: impl Fn(u32, u32) -> bool) -> Cell {
        let mut all = Cell::default();
        let cells = self.0.iter().filter(|((truth, predicted), _)| of(*truth, *predicted));
        cells.for_each(|(_, cell)| all.merge(*cell));
        all
    }

    /// The same under other names; several may become one.
    #[must_use]
    pub fn renamed(&self, truth: impl Fn(u32) -> u32, predicted: impl Fn(u32) -> u32) -> Self {
        let mut renamed = Self::default();
        for (&(t, p), cell) in &self.0 {
            renamed.cell(truth(t), predicted(p)).merge(*cell);
        }
        renamed
    }

    /// The sums over rows and columns of the table.
    #[must_use]
    pub fn margins(&self, classes: usize) -> Margins {
        let mut margins = Margins::new(classes);
        for (&(truth, predicted), cell) in &self.0 {
            margins.add(truth as usize, predicted as usize, cell.weight.value());
        }
        margins
    }
}

/// The sums over rows and columns of a table of true against predicted classes: all that its metrics need.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    /// The weight of each true class.
    pub truth: Vec<f64>,
    /// The weight of each predicted class.
    pub predicted: Vec<f64>,
    /// The weight of each class where it is both.
    pub right: Vec<f64>,
    /// Whether a row has the class, if only with a weight of 0.
    seen: Vec<bool>,
}

impl Margins {
    /// Of no row.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        let none = vec![0.0; classes];
        Self { truth: none.clone(), predicted: none.clone(), right: none, seen: vec![false; classes] }
    }

    /// Adds a row, or a cell.
    #[inline]
    pub fn add(&mut self, truth: usize, predicted: usize, weight: f64) {
        self.truth[truth] += weight;
        self.predicted[predicted] += weight;
        if truth == predicted {
            self.right[truth] += weight;
        }
        self.seen[truth] = true;
        self.seen[predicted] = true;
    }

    /// The weight of all rows.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.truth.iter().copied().collect::<Sum>().value()
    }

    /// The value of a metric of predicted classes; none for any other. Of two classes the second is the positive one.
    #[must_use]
    pub fn value(&self, measure: Measure) -> Option<Value> {
        use Measure as M;
        let total = self.total();
        Some(match measure {
            M::Accuracy | M::PrecisionMicro | M::RecallMicro | M::F1Micro => {
                Value::plain(self.right.iter().copied().collect::<Sum>().value() / total)
            }
            M::BalancedAccuracy => self.balanced_accuracy(),
            M::Precision => self.precision(1)?,
            M::Recall => self.recall(1)?,
            M::Specificity => self.recall(0)?,
            M::F1 => self.f1(1)?,
            M::PrecisionMacro => self.mean(Self::precision, |_| 1.0),
            M::RecallMacro => self.mean(Self::recall, |_| 1.0),
            M::F1Macro => self.mean(Self::f1, |_| 1.0),
            M::PrecisionWeighted => self.mean(Self::precision, |class| self.truth[class]),
            M::RecallWeighted => self.mean(Self::recall, |class| self.truth[class]),
            M::F1Weighted => self.mean(Self::f1, |class| self.truth[class]),
            M::MatthewsCorrcoef => self.matthews(total),
            M::CohenKappa => self.kappa(total),
            _ => return None,
        })
    }

    fn precision(&self, class: usize) -> Option<Value> {
        Some(Value::share(*self.right.get(class)?, *self.predicted.get(class)?))
    }

    fn recall(&self, class: usize) -> Option<Value> {
        Some(Value::share(*self.right.get(class)?, *self.truth.get(class)?))
    }

    fn f1(&self, class: usize) -> Option<Value> {
        Some(Value::share(2.0 * self.right.get(class)?, self.truth.get(class)? + self.predicted.get(class)?))
    }

    /// The mean of a class's value over the classes that were seen.
    fn mean(&self, of: impl Fn(&Self, usize) -> Option<Value>, weight: impl Fn(usize) -> f64) -> Value {
        let (mut sum, mut weights, mut of_nothing) = (Sum::default(), Sum::default(), false);
        for class in (0..self.seen.len()).filter(|class| self.seen[*class]) {
            if let Some(value) = of(self, class) {
                sum.add(weight(class) * value.number);
                weights.add(weight(class));
                of_nothing |= value.of_nothing;
            }
        }
        Value { number: sum.value() / weights.value(), of_nothing }
    }

    /// Over the classes that are the truth of anything, as scikit-learn does.
    fn balanced_accuracy(&self) -> Value {
        let recalls = self.right.iter().zip(&self.truth).filter(|(_, truth)| **truth != 0.0);
        let recalls: Vec<f64> = recalls.map(|(right, truth)| right / truth).collect();
        Value::plain(recalls.iter().copied().collect::<Sum>().value() / recalls.len() as f64)
    }

    /// (Gorodkin 2004) Written so that a rare class does not drown in rounding.
    fn matthews(&self, total: f64) -> Value {
        let of = |one: &[f64], other: &[f64]| {
            one.iter().zip(other).map(|(a, b)| a * (total - b)).collect::<Sum>().value()
        };
        let both: Sum = self
            .right
            .iter()
            .zip(self.truth.iter().zip(&self.predicted))
            .map(|(r, (t, p))| r * total - t * p)
            .collect();
        let spread = of(&self.truth, &self.truth) * of(&self.predicted, &self.predicted);
        let coefficient = Value::share(both.value(), spread.sqrt());
        // Weights of very different sizes round it past its ends, and then no bound of 1 would hold of it.
        Value { number: coefficient.number.clamp(-1.0, 1.0), ..coefficient }
    }

    /// (Cohen 1960)
    fn kappa(&self, total: f64) -> Value {
        let wrong: Sum = self.truth.iter().zip(&self.right).map(|(truth, right)| truth - right).collect();
        let by_chance: Sum = self
            .truth
            .iter()
            .zip(&self.predicted)
            .map(|(truth, predicted)| truth * (total - predicted))
            .collect();
        if by_chance.value() == 0.0 {
            return Value::NONE;
        }
        Value::plain(1.0 - wrong.value() * total / by_chance.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rounding_of_weights_takes_a_coefficient_past_its_ends() {
        for weights in [[1000.0, 0.001], [0.001, 1000.0], [0.5, 1000.0], [1.0, 0.001], [1e9, 1e-9]] {
            for turned in [0, 1] {
                let mut margins = Margins::new(2);
                (0..2).for_each(|class| margins.add(class, class ^ turned, weights[class]));
                let found = margins.value(Measure::MatthewsCorrcoef).map(|value| value.number);
                let whole = if turned == 0 { 1.0 } else { -1.0 };
                assert!(found.is_some_and(|found| (found - whole).abs() < 1e-6), "{found:?} of {weights:?}");
                assert!(found.is_some_and(|found| found.abs() <= 1.0), "{found:?} of {weights:?}");
            }
        }
    }
}
