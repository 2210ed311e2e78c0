//! Into which bins numbers are counted.

use crate::statistics::{Ranked, between};

/// Bins of one width, as NumPy makes and fills them.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges(Vec<f64>);

impl Edges {
    /// `numpy.histogram_bin_edges(values, "sturges")` of so many finite values between a least and a greatest, rounded as
    /// NumPy does: ⌈log2(rows) + 1⌉ bins, or one of width 1 around values that are all the same. None of no values, and
    /// where the least and greatest are no finite numbers whose difference is one.
    #[must_use]
    pub fn sturges(least: f64, greatest: f64, rows: u64) -> Option<Self> {
        let range = greatest - least;
        if rows == 0 || !range.is_finite() || range < 0.0 {
            return None;
        }
        let (first, last) = if range == 0.0 { (least - 0.5, greatest + 0.5) } else { (least, greatest) };
        let width = range / (libm::log2(rows as f64) + 1.0);
        // Of a number too large to differ from its neighbours by a half, and of a range too small to be divided.
        let bins = if width > 0.0 { ((last - first) / width).ceil() } else { 1.0 };
        let step = (last - first) / bins;
        let mut edges: Vec<f64> = (0..bins as usize)
            .map(|place| if step == 0.0 { place as f64 / bins * (last - first) } else { place as f64 * step } + first)
            .collect();
        edges.push(last);
        Some(Self(edges))
    }

    /// The edges, one more than bins.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// How many of the values, which ascend, lie in each bin: from its lower edge on to below its upper one; in the last
    /// bin that edge, too. Values outside of all bins lie in none.
    pub fn counts(&self, ascending: impl Iterator<Item = f64>) -> Vec<u64> {
        let edges = &self.0;
        let mut counts = vec![0; edges.len() - 1];
        let mut bin = 0;
        for value in ascending {
            while bin + 1 < counts.len() && value >= edges[bin + 1] {
                bin += 1;
            }
            if (edges[bin]..=edges[bin + 1]).contains(&value) {
                counts[bin] += 1;
            }
        }
        counts
    }
}

/// Bins that hold about a tenth of a reference each, whatever its values are.
///
/// They are made of order alone, so one outlier, a unit, or a heavy tail changes nothing. A value that holds two tenths or
/// more is a bin of its own, and what is below and above it lies apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts(Vec<Cut>);

/// A place between two bins.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    value: f64,
    /// Whether the value itself lies above the cut.
    below: bool,
}

const TENTHS: u128 = 10;

impl Cuts {
    /// Of a reference. None where it has no values.
    #[must_use]
    pub fn deciles(reference: &impl Ranked) -> Option<Self> {
        let rows = u128::from(reference.rows());
        let mut cuts = Vec::new();
        for tenth in 1..TENTHS {
            let place = (rows * tenth).div_ceil(TENTHS).checked_sub(1)?;
            decile(&mut cuts, reference.at(u64::try_from(place).ok()?)?);
        }
        Some(Self(cuts))
    }

    /// How many bins there are.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.0.len() + 1
    }

    /// The values at the cuts, ascending; one that is a bin of its own comes twice.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|cut| cut.value)
    }

    /// How many of the values lie in each bin; those outside of the reference in the outer ones.
    #[must_use]
    pub fn counts(&self, side: &impl Ranked) -> Vec<u64> {
        between(self.0.iter().map(|cut| cut.before(side)).chain([side.rows()]))
    }
}

impl Cut {
    /// How many values lie before it.
    fn before(&self, side: &impl Ranked) -> u64 {
        if self.below { side.below(self.value) } else { side.up_to(self.value) }
    }
}

/// Cuts above the value of a decile; on both sides of one that is there for the second time.
fn decile(cuts: &mut Vec<Cut>, value: f64) {
    match cuts.as_slice() {
        [.., before, last] if last.value == value && before.value == value => {}
        [.., last] if last.value == value => {
            let place = cuts.len() - 1;
            cuts.insert(place, Cut { value, below: true });
        }
        _ => cuts.push(Cut { value, below: false }),
    }
}
