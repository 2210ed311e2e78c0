//! How often what was said with a probability came true: bins of equal width, the last of them closed.

use super::sum::{Sum, Weights};
use crate::record;

/// Probabilities by how high they are, of rows that all came true or all did not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bins(Vec<Said>);

/// The probabilities of one bin.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Said {
    /// Σ w
    weight: Sum,
    /// Σ w·p
    said: Sum,
    /// Σ w²·pᵏ, k from 0 to 2
    powers: [f64; 3],
}

impl Bins {
    /// Of no row.
    #[must_use]
    pub fn new(bins: usize) -> Self {
        Self(vec![Said::default(); bins])
    }

    /// Adds a probability. One beyond 0 and 1 is taken for the next of them.
    #[inline]
    pub fn add(&mut self, probability: f64, weight: f64) {
        let last = self.0.len().saturating_sub(1);
        // Casts of floats saturate, and NaN is 0.
        let place = ((probability * self.0.len() as f64) as usize).min(last);
        if let Some(bin) = self.0.get_mut(place) {
            let weighted = weight * probability;
            bin.weight.add(weight);
            bin.said.add(weighted);
            bin.powers[0] += weight * weight;
            bin.powers[1] += weight * weighted;
            bin.powers[2] += weighted * weighted;
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), Said::default());
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            own.weight.merge(other.weight);
            own.said.merge(other.said);
            own.powers.iter_mut().zip(other.powers).for_each(|(own, other)| *own += other);
        }
    }
}

/// The bins of the rows that did not come true, and of those that did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration(pub [Bins; 2]);

impl Calibration {
    /// The bins that hold a weight, for a picture.
    #[must_use]
    pub fn bins(&self) -> Vec<record::Bin> {
        let shown = |(not, did): (Said, Said)| {
            let weight = not.weight.value() + did.weight.value();
            let said = (not.said.value() + did.said.value()) / weight;
            record::Bin { said, came_true: did.weight.value() / weight, weight }
        };
        self.pairs().filter(|(not, did)| not.weight.value() + did.weight.value() > 0.0).map(shown).collect()
    }

    /// The expected calibration error, Σ|Σ w·(p − y)| / Σ w over the bins. (Naeini, Cooper and Hauskrecht 2015)
    #[must_use]
    pub fn error(&self, weights: &Weights) -> f64 {
        self.pairs().map(|pair| gap(pair).abs()).collect::<Sum>().value() / weights.sum.value()
    }

    /// Its standard error by the delta method: a row's influence is ±(p − y) with the sign of its bin, less the value.
    /// None with a single row.
    #[must_use]
    pub fn standard_error(&self, weights: &Weights) -> Option<f64> {
        let rows = weights.effective();
        if rows <= 1.0 {
            return None;
        }
        let value = self.error(weights);
        let mut spread = 0.0;
        for (not, did) in self.pairs() {
            let sign = if gap((not, did)) < 0.0 { -1.0 } else { 1.0 };
            for (said, truth) in [(not, 0.0), (did, 1.0)] {
                let [zero, one, two] = said.powers;
                let first = one - truth * zero;
                let second = two - 2.0 * truth * one + truth * zero;
                spread += second - 2.0 * sign * value * first + value * value * zero;
            }
        }
        Some((spread.max(0.0) * rows / (rows - 1.0)).sqrt() / weights.sum.value())
    }

    /// What a model of the same probabilities that is perfectly calibrated would come to, by chance: of a gap that is
    /// nearly normal around 0, the mean of its absolute value is √(2/π) deviations. It is how far the error lies too
    /// high, at most.
    #[must_use]
    pub fn by_chance(&self, weights: &Weights) -> f64 {
        let deviation = |(not, did): (Said, Said)| {
            let [_, one, two] = [0, 1, 2].map(|power: usize| not.powers[power] + did.powers[power]);
            (one - two).max(0.0).sqrt()
        };
        std::f64::consts::FRAC_2_PI.sqrt() * self.pairs().map(deviation).collect::<Sum>().value()
            / weights.sum.value()
    }

    fn pairs(&self) -> impl Iterator<Item = (Said, Said)> + '_ {
        let [not, did] = &self.0;
        let at = |bins: &Bins, place: usize| bins.0.get(place).copied().unwrap_or_default();
        (0..not.0.len().max(did.0.len())).map(move |place| (at(not, place), at(did, place)))
    }
}

/// Σ w·(p − y)
fn gap((not, did): (Said, Said)) -> f64 {
    not.said.value() + (did.said.value() - did.weight.value())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rayon::prelude::*;

    use super::*;
    use crate::evaluate::predictions::tests::Random;
    use crate::statistics::delta;

    /// Rows whose truth is drawn by the very probability that was said.
    fn calibrated(rows: usize, random: &mut Random) -> (Calibration, Weights) {
        let mut calibration = Calibration([Bins::new(10), Bins::new(10)]);
        let mut weights = Weights::default();
        for _ in 0..rows {
            let said = random.share();
            calibration.0[usize::from(random.share() < said)].add(said, 1.0);
            weights.add(1.0);
        }
        (calibration, weights)
    }

    #[test]
    fn the_interval_of_a_calibrated_model_begins_at_nought() {
        for (rows, sets) in [(500, 2000_u64), (20_000, 300)] {
            let begins = (0..sets).into_par_iter().filter(|set| {
                let (calibration, weights) = calibrated(rows, &mut Random::new(*set));
                let error = calibration.standard_error(&weights).unwrap();
                let [low, _] = delta(calibration.error(&weights), error, 0.95).unwrap();
                low - calibration.by_chance(&weights) <= 0.0
            });
            let share = begins.count() as f64 / sets as f64;
            eprintln!("calibrated, {rows} rows: {:.2} % begin at 0", 100.0 * share);
            assert!(share >= 0.97, "{rows} rows: {share}");
        }
    }

    #[test]
    fn what_chance_makes_is_what_calibrated_models_come_to_in_the_mean() {
        let sets = 400_u64;
        let [errors, chances] = (0..sets)
            .map(|set| {
                let (calibration, weights) = calibrated(500, &mut Random::new(set));
                [calibration.error(&weights), calibration.by_chance(&weights)]
            })
            .fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
        assert!((errors / chances - 1.0).abs() < 0.05, "{errors} {chances}");
    }
}
