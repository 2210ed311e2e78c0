//! What order tells of a sample, without putting all of it in one order.

/// A sample whose values can be found by their place in order. None of them is NaN.
pub trait Ranked {
    /// How many values.
    fn rows(&self) -> u64;

    /// The value of a rank, the lowest having 0. None beyond the last.
    fn at(&self, rank: u64) -> Option<f64>;

    /// How many values are at most this.
    fn up_to(&self, value: f64) -> u64;

    /// How many values are less than this.
    fn below(&self, value: f64) -> u64;

    /// Adds the values above `low` and up to `high`, in any order.
    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>);

    /// Values, ascending, between which it is best to look at one part after the other: of what lies in a file each part has
    /// to be read. None where it does not matter.
    fn marks(&self) -> Vec<f64> {
        Vec::new()
    }
}

/// How many values lie between two places each, of how many lie before each place, which ascend. A file that could not be
/// read to its end may make them fall: then there are none between.
pub fn between(before: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut last = 0;
    before.map(|before| before.saturating_sub(std::mem::replace(&mut last, before))).collect()
}

/// In one list, which ascends.
impl Ranked for Vec<f64> {
    fn rows(&self) -> u64 {
        self.len() as u64
    }

    fn at(&self, rank: u64) -> Option<f64> {
        self.get(usize::try_from(rank).ok()?).copied()
    }

    fn up_to(&self, value: f64) -> u64 {
        self.partition_point(|known| *known <= value) as u64
    }

    fn below(&self, value: f64) -> u64 {
        self.partition_point(|known| *known < value) as u64
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        let [start, end] = [low, high].map(|end| self.partition_point(|known| *known <= end));
        into.extend_from_slice(self.get(start..end).unwrap_or_default());
    }
}
