//! Intervals of what follows from a few counts, such as those of a confusion matrix.

use super::confusion::{Cells, Margins};
use super::estimate::{Means, Sure};
use crate::record::Method;
use crate::statistics::{self, bootstrap};

/// Where every bootstrap's random numbers start: the first digits of e.
pub const SEED: u64 = 2_718_281_828_459_045_235;

/// How many resamples are drawn of cells.
const RESAMPLES: u32 = 2000;

/// Cells as they are resampled: how many rows each has, and what one of them weighs in the mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    classes: usize,
    /// The true and the predicted class of each cell.
    places: Vec<(u32, u32)>,
    /// The rows of each cell.
    pub rows: Vec<u64>,
    /// The mean weight of the rows of each cell.
    weights: Vec<f64>,
}

impl Sampled {
    /// The cells that hold a row.
    #[must_use]
    pub fn of(cells: &Cells, classes: usize) -> Self {
        let mut sampled = Self { classes, places: Vec::new(), rows: Vec::new(), weights: Vec::new() };
        for (place, cell) in cells.0.iter().filter(|(_, cell)| cell.rows > 0) {
            sampled.places.push(*place);
            sampled.rows.push(cell.rows);
            sampled.weights.push(cell.weight.value() / cell.rows as f64);
        }
        sampled
    }

    /// The margins where the cells have so many rows.
    #[must_use]
    pub fn margins(&self, rows: &[f64]) -> Margins {
        let mut margins = Margins::new(self.classes);
        for ((rows, (truth, predicted)), weight) in rows.iter().zip(&self.places).zip(&self.weights) {
            if *rows > 0.0 {
                margins.add(*truth as usize, *predicted as usize, rows * weight);
            }
        }
        margins
    }
}

/// The interval of a statistic of cells' rows, within the range that it can have: by BCa over resampled cells, else out
/// of what leaving out a row of each cell does.
pub fn interval(
    rows: &[u64],
    value: f64,
    means: &Means<'_>,
    [least, most]: [f64; 2],
    statistic: impl Fn(&[f64]) -> f64 + Sync,
) -> Option<Sure> {
    let jackknife = Jackknife::of(rows, &statistic)?;
    if !means.resample {
        let [low, high] = statistics::delta(value, jackknife.error(), means.confidence)?;
        return Some(([low.max(least), high.min(most)], Method::Delta));
    }
    let mut values = bootstrap::cells(rows, RESAMPLES, SEED, statistic);
    let interval = bootstrap::bca(&mut values, value, jackknife.acceleration(), means.confidence)?;
    Some((interval, Method::Bca))
}

/// The values without a row of each cell, and how many rows there are of each. (Efron 1982)
struct Jackknife {
    values: Vec<(f64, f64)>,
    rows: f64,
    mean: f64,
}

impl Jackknife {
    /// None with a single row, or where a value is not defined.
    fn of(rows: &[u64], statistic: impl Fn(&[f64]) -> f64) -> Option<Self> {
        let all: u64 = rows.iter().sum();
        if all < 2 {
            return None;
        }
        let mut left: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
        let mut values = Vec::new();
        for (place, count) in rows.iter().enumerate().filter(|(_, count)| **count > 0) {
            left[place] -= 1.0;
            values.push((statistic(&left), *count as f64));
            left[place] += 1.0;
        }
        let all = all as f64;
        let mean = values.iter().map(|(value, rows)| value * rows).sum::<f64>() / all;
        mean.is_finite().then_some(Self { values, rows: all, mean })
    }

    fn moment(&self, power: i32) -> f64 {
        self.values.iter().map(|(value, rows)| rows * (self.mean - value).powi(power)).sum()
    }

    fn error(&self) -> f64 {
        (self.moment(2) * (self.rows - 1.0) / self.rows).sqrt()
    }

    fn acceleration(&self) -> f64 {
        let spread = self.moment(2);
        if spread > 0.0 { self.moment(3) / (6.0 * spread.powf(1.5)) } else { 0.0 }
    }
}
