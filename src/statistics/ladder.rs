//! Values in order with their counts: where quantiles and ranks are read off.

/// Values, ascending, each once, with how many there are up to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ladder {
    steps: Vec<(f64, u64)>,
}

impl Ladder {
    /// The ladder of ascending values with their counts.
    #[must_use]
    pub fn new(ascending: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut until = 0;
        let steps = ascending.into_iter().map(|(value, count)| {
            until += count;
            (value, until)
        });
        Self { steps: steps.collect() }
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.steps.last().map_or(0, |(_, until)| *until)
    }

    /// The value below which a share `q` of all lies, linear between two of them as NumPy and pandas have it; none of
    /// nothing, or when `q` is not from 0 to 1.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        let place = q * last as f64;
        let (low, share) = (place.floor(), place.fract());
        let from = self.at(low as u64)?;
        let to = self.at((low as u64 + 1).min(last))?;
        Some(between(from, to, share))
    }

    /// The value with so many before it.
    fn at(&self, place: u64) -> Option<f64> {
        let step = self.steps.partition_point(|(_, until)| *until <= place);
        self.steps.get(step).map(|(value, _)| *value)
    }

    /// How many values are at most `x`.
    #[must_use]
    pub fn rank(&self, x: f64) -> u64 {
        let step = self.steps.partition_point(|(value, _)| *value <= x);
        step.checked_sub(1).and_then(|step| self.steps.get(step)).map_or(0, |(_, until)| *until)
    }
}

fn between(from: f64, to: f64, share: f64) -> f64 {
    if from == to || share == 0.0 {
        return from;
    }
    let width = to - from;
    match (width.is_finite(), from.is_finite() && to.is_finite()) {
        // From the nearer end, as NumPy does.
        (true, _) if share < 0.5 => from + width * share,
        (true, _) => to - width * (1.0 - share),
        (false, true) => from * (1.0 - share) + to * share,
        // There is nothing between a number and infinity.
        (false, false) => {
            if share < 0.5 {
                from
            } else {
                to
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_values() {
        let ladder = Ladder::new([(1.0, 2), (2.0, 1), (4.0, 2)]);
        let quantiles = [0.0, 0.25, 0.5, 0.625, 0.75, 1.0].map(|q| ladder.quantile(q));
        assert_eq!(quantiles, [1.0, 1.0, 2.0, 3.0, 4.0, 4.0].map(Some));
        assert_eq!([-0.1, 1.1, f64::NAN].map(|q| ladder.quantile(q)), [None; 3]);
        assert_eq!(Ladder::default().quantile(0.5), None);
    }

    #[test]
    fn ranks_count_what_is_at_most_so_much() {
        let ladder = Ladder::new([(1.0, 2), (2.0, 1), (4.0, 2)]);
        assert_eq!([0.5, 1.0, 3.0, 4.0, 9.0].map(|x| ladder.rank(x)), [0, 2, 3, 5, 5]);
    }

    #[test]
    fn infinities_are_values() {
        let ladder = Ladder::new([(f64::NEG_INFINITY, 1), (0.0, 1), (f64::INFINITY, 1)]);
        let quantiles = [0.0, 0.2, 0.3, 0.5, 0.7, 0.8].map(|q| ladder.quantile(q));
        assert_eq!(quantiles, [f64::NEG_INFINITY, f64::NEG_INFINITY, 0.0, 0.0, 0.0, f64::INFINITY].map(Some));
        let ladder = Ladder::new([(-f64::MAX, 1), (f64::MAX, 1)]);
        assert_eq!(ladder.quantile(0.5), Some(0.0));
    }
}
