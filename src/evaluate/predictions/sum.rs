//! Sums that hold at any length: of weights, and of what each row loses.

/// A sum that carries what rounding lost, so that ten million rows agree at 1e-12. (Neumaier 1974)
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    #[inline]
    pub fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    /// The total.
    #[must_use]
    pub fn value(self) -> f64 {
        // Past the largest number what was lost is NaN, and the sum says more.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut sum = Self::default();
        numbers.into_iter().for_each(|number| sum.add(number));
        sum
    }
}

/// The rows and their weights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weights {
    /// How many rows.
    pub rows: u64,
    /// The sum of the weights.
    pub sum: Sum,
    /// The sum of their squares.
    pub squares: Sum,
}

impl Weights {
    /// Adds a row.
    #[inline]
    pub fn add(&mut self, weight: f64) {
        self.rows += 1;
        self.sum.add(weight);
        self.squares.add(weight * weight);
    }

    /// Adds rows that weigh 1.
    pub fn add_rows(&mut self, rows: u64) {
        self.rows += rows;
        self.sum.add(rows as f64);
        self.squares.add(rows as f64);
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
    }

    /// How many rows of the same weight would say as much: the square of the sum over the sum of the squares. (Kish 1965)
    #[must_use]
    pub fn effective(&self) -> f64 {
        effective(self.sum.value(), self.squares.value())
    }
}

/// Kish's effective number of rows; 0 without weight.
#[must_use]
pub fn effective(sum: f64, squares: f64) -> f64 {
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// What the rows lose, and how far that spreads. The weights are kept beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Σ w·l
    total: Sum,
    /// Σ w²·l
    once: f64,
    /// Σ w²·l²
    twice: f64,
    /// The least loss, and the greatest.
    ends: [f64; 2],
}

impl Default for Loss {
    fn default() -> Self {
        let ends = [f64::INFINITY, f64::NEG_INFINITY];
        Self { total: Sum::default(), once: 0.0, twice: 0.0, ends }
    }
}

/// Losses that are no farther apart, as a share, differ by rounding.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

impl Loss {
    /// Adds a row's loss.
    #[inline]
    pub fn add(&mut self, loss: f64, weight: f64) {
        let weighted = weight * loss;
        self.total.add(weighted);
        self.once += weight * weighted;
        self.twice += weighted * weighted;
        let [least, greatest] = self.ends;
        self.ends = [least.min(loss), greatest.max(loss)];
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        self.once += other.once;
        self.twice += other.twice;
        let ([least, greatest], [low, high]) = (self.ends, other.ends);
        self.ends = [least.min(low), greatest.max(high)];
    }

    /// Whether all losses are the same but for their last digit.
    fn is_constant(&self) -> bool {
        let [least, greatest] = self.ends;
        greatest - least <= ROUNDING * greatest.abs()
    }

    /// The weighted mean; NaN without weight.
    #[must_use]
    pub fn mean(&self, weights: &Weights) -> f64 {
        self.total.value() / weights.sum.value()
    }

    /// The standard error of the mean, linearised as of a ratio; unweighted it is s/√n. (Cochran 1977, §6.3) None with
    /// a single row.
    #[must_use]
    pub fn error(&self, weights: &Weights) -> Option<f64> {
        let (mean, sum, rows) = (self.mean(weights), weights.sum.value(), weights.effective());
        if rows <= 1.0 {
            return None;
        }
        // Of what is all the same the difference of sums below is what rounding made of it.
        if self.is_constant() {
            return Some(0.0);
        }
        let spread = self.twice - 2.0 * mean * self.once + mean * mean * weights.squares.value();
        Some((spread.max(0.0) * rows / (rows - 1.0)).sqrt() / sum)
    }
}
