//! How many rows break a rule, and the first of them.

/// So many of the first rows are shown.
pub(super) const MOST: usize = 5;

/// How many rows break a rule, and the first of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    /// How many rows break it.
    pub rows: u64,
    /// How many rows it holds of.
    pub of: u64,
    /// The first that break it: the number of the row, from 0, and its value, made harmless.
    pub first: Vec<(u64, String)>,
}

impl Tally {
    /// Counts some rows more. `broken` of `of` break the rule; `first` finds them, in order, and is only asked while
    /// not enough are shown.
    pub fn count<I: Iterator<Item = (u64, String)>>(
        &mut self,
        broken: u64,
        of: u64,
        first: impl FnOnce() -> I,
    ) {
        self.rows += broken;
        self.of += of;
        let room = MOST - self.first.len().min(MOST);
        if broken > 0 && room > 0 {
            self.first.extend(first().take(room));
        }
    }

    /// Takes in those of the rows that come next.
    pub fn merge(&mut self, later: Self) {
        self.count(later.rows, later.of, || later.first.into_iter());
    }
}
