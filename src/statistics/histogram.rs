//! Histograms, for pictures.

/// So many bins at most.
pub const BINS: usize = 20;

/// Counts of finite values in bins of the same width between the least and the greatest.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last one ends. What lies between two bins belongs to the higher one.
    pub high: f64,
    /// How many values are in each.
    pub counts: Vec<u64>,
}

/// So many values from `low` to `high`; of these nothing else is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The lowest that the values may be.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// How many they are.
    pub count: u64,
}

/// The histogram of what is in the bars; none of nothing. It has [`BINS`], or where every bar is a single value as many as
/// there are, if those are fewer. A bar that reaches over several bins is divided among them as if its values were evenly
/// spread.
#[must_use]
pub fn histogram(bars: &[Bar]) -> Option<Histogram> {
    // Minus nought is nought.
    let low = bars.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min) + 0.0;
    let high = bars.iter().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max) + 0.0;
    if !low.is_finite() || !high.is_finite() {
        return None;
    }
    let values = bars.iter().all(|bar| bar.low == bar.high);
    let bins = match (low < high, values) {
        (false, _) => 1,
        (true, true) => bars.len().clamp(2, BINS),
        (true, false) => BINS,
    };
    let edges: Vec<f64> = (0..=bins).map(|edge| between(low, high, edge, bins)).collect();
    Some(Histogram { low, high, counts: between_edges(bars, &edges) })
}

/// How many of the values in the bars are between two edges each, which are at least two and ascend; what lies beyond them is
/// in the outer ones.
#[must_use]
pub fn between_edges(bars: &[Bar], edges: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() - 1];
    for bar in bars {
        let (first, last) = (bin(edges, bar.low), bin(edges, bar.high));
        // Rounding what is below each edge, and not what is in each bin, loses no value.
        let mut before = 0;
        for (at, count) in counts.iter_mut().enumerate().take(last + 1).skip(first) {
            let until = if at == last { bar.count } else { below(bar, edges[at + 1]) };
            *count += until - before;
            before = until;
        }
    }
    counts
}

/// The bin that a value is in, as NumPy has it: the last one holds its upper edge too.
fn bin(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge <= value).clamp(1, edges.len() - 1) - 1
}

/// How many of a bar's values are below an edge within it.
fn below(bar: &Bar, edge: f64) -> u64 {
    // Halves, because the difference of the greatest numbers is none.
    let share = (edge / 2.0 - bar.low / 2.0) / (bar.high / 2.0 - bar.low / 2.0);
    ((bar.count as f64 * share).round() as u64).min(bar.count)
}

/// The edge of this number, computed as NumPy does, or without leaving what numbers can be.
fn between(low: f64, high: f64, edge: usize, bins: usize) -> f64 {
    if edge == bins {
        return high;
    }
    let (edge, bins) = (edge as f64, bins as f64);
    let step = (high - low) / bins;
    if step.is_finite() { edge * step + low } else { low * (1.0 - edge / bins) + high * (edge / bins) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn exact(values: &[(f64, u64)]) -> Option<Histogram> {
        let bars: Vec<Bar> =
            values.iter().map(|(value, count)| Bar { low: *value, high: *value, count: *count }).collect();
        histogram(&bars)
    }

    #[test]
    fn few_values_have_a_bin_each() {
        assert_eq!(exact(&[]), None);
        assert_eq!(exact(&[(7.0, 3)]), Some(Histogram { low: 7.0, high: 7.0, counts: vec![3] }));
        assert_eq!(exact(&[(0.0, 3), (1.0, 4)]), Some(Histogram { low: 0.0, high: 1.0, counts: vec![3, 4] }));
    }

    #[test]
    fn minus_nought_is_nought() {
        let Histogram { low, high, .. } = exact(&[(-0.0, 3)]).unwrap();
        assert!(low.is_sign_positive() && high.is_sign_positive());
    }

    #[test]
    fn a_wide_bar_is_divided_and_no_value_is_lost() {
        let bars = [Bar { low: 0.0, high: 4.0, count: 40 }, Bar { low: 4.0, high: 4.0, count: 1 }];
        assert_eq!(histogram(&bars).unwrap().counts, [[2; BINS - 1].as_slice(), &[3]].concat());
        let bars: Vec<Bar> =
            (0..50).map(|bar| Bar { low: f64::from(bar), high: f64::from(bar * 3 + 1), count: 7 }).collect();
        let Histogram { counts, .. } = histogram(&bars).unwrap();
        assert_eq!((counts.len(), counts.iter().sum()), (BINS, 350_u64));
    }

    #[test]
    fn the_greatest_numbers_have_a_histogram() {
        let Histogram { counts, .. } = exact(&[(-f64::MAX, 1), (0.0, 2), (f64::MAX, 3)]).unwrap();
        assert_eq!(counts, [1, 2, 3]);
        let bars = [Bar { low: -f64::MAX, high: f64::MAX, count: 4 }, Bar { low: 0.0, high: 0.0, count: 1 }];
        assert_eq!(histogram(&bars).unwrap().counts.iter().sum::<u64>(), 5);
    }
}
