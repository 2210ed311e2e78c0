//! Rows in the order of their scores, made so that the area under the ROC curve of a resample is one pass over them.

use std::ops::Range;

use rayon::prelude::*;

/// How many rows a cell must have in the mean, so that drawing cells is quicker than drawing rows.
const ROWS_A_CELL: usize = 128;

/// Rows by ascending score; of the same score the negative ones first.
pub(super) struct Curve {
    /// 1 for a positive row, 0 for a negative one.
    labels: Vec<u8>,
    /// The rows of a score that both classes have: the negative ones, then the positive ones.
    ties: Vec<(Range<usize>, Range<usize>)>,
}

impl Curve {
    /// Sorts rows. No score is NaN.
    pub fn new(is_positive: &[bool], scores: &[f64]) -> Self {
        // Adding 0 makes 0 of -0, which is the same score.
        let row = |(score, positive): (&f64, &bool)| (score + 0.0, *positive);
        let mut rows: Vec<(f64, bool)> = scores.iter().zip(is_positive).map(row).collect();
        rows.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut ties = Vec::new();
        let mut start = 0;
        for alike in rows.chunk_by(|one, other| one.0 == other.0) {
            let end = start + alike.len();
            let middle = start + alike.partition_point(|row| !row.1);
            if start < middle && middle < end {
                ties.push((start..middle, middle..end));
            }
            start = end;
        }
        Self { labels: rows.iter().map(|row| u8::from(row.1)).collect(), ties }
    }

    /// The numbers of rows of runs, negative and positive in turn: pairs of cells that tie, with all before them below
    /// all after them. None where there are many.
    pub fn few_cells(&self) -> Option<Vec<u64>> {
        let most = self.labels.len() / ROWS_A_CELL;
        let mut cells = Vec::new();
        let mut ties = self.ties.iter().peekable();
        let mut start = 0;
        while start < self.labels.len() {
            let pair = match ties.next_if(|tie| tie.0.start == start) {
                Some((negative, positive)) => [negative.len(), positive.len()],
                None => {
                    let end = ties.peek().map_or(self.labels.len(), |tie| tie.0.start);
                    let same = |label: &&u8| **label == self.labels[start];
                    let run = self.labels[start..end].iter().take_while(same).count();
                    if self.labels[start] == 0 { [run, 0] } else { [0, run] }
                }
            };
            start += pair[0] + pair[1];
            cells.extend(pair.map(|rows| rows as u64));
            if cells.len() > most {
                return None;
            }
        }
        Some(cells)
    }

    /// The area of drawn cells.
    pub fn area_of_cells(cells: &[f64]) -> f64 {
        let (mut negatives, mut positives, mut wins) = (0.0, 0.0, 0.0);
        for pair in cells.chunks_exact(2) {
            wins += pair[1] * (negatives + pair[0] / 2.0);
            negatives += pair[0];
            positives += pair[1];
        }
        wins / (negatives * positives)
    }

    /// The area of rows that were drawn so many times each.
    pub fn area(&self, drawn: &[u8]) -> f64 {
        let (mut negatives, mut all, mut wins) = (0u64, 0u64, 0u64);
        for (drawn, label) in drawn.iter().zip(&self.labels) {
            // No branch: which class is next cannot be foreseen.
            let positive = u64::from(drawn * label);
            negatives += u64::from(*drawn) - positive;
            all += u64::from(*drawn);
            wins += positive * negatives;
        }
        let halves = 2.0 * wins as f64 - self.tied(drawn) as f64;
        halves / (2.0 * negatives as f64 * (all - negatives) as f64)
    }

    /// The pairs of a negative and a positive row with the same score, which were counted whole.
    fn tied(&self, drawn: &[u8]) -> u64 {
        let sum =
            |range: &Range<usize>| drawn[range.clone()].iter().map(|drawn| u64::from(*drawn)).sum::<u64>();
        self.ties.iter().map(|(negative, positive)| sum(negative) * sum(positive)).sum()
    }
}
