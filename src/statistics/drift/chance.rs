//! What chance alone does to the counts of categories in two samples of one distribution.
//!
//! Given how often each category is there in both samples together, and how many rows each sample has, chance only deals
//! the rows out: the reference's share of a category is hypergeometric, whatever the distribution was. (Fisher 1935) What
//! is said of it here holds for categories of any number and rarity.

use super::super::chi_square_sf;
use super::super::two_sample::{Test, divergence};

/// From so many expected rows on either side a category's divergence is expanded around its expected counts.
const MANY: f64 = 64.0;
/// Numbers above this are not told from the next one.
const WHOLE: f64 = 9_007_199_254_740_992.0;
/// A probability so much smaller than the largest adds no digit.
const NEGLIGIBLE: f64 = 1e-17;
/// Categories expected less often than this on the side with fewer rows are counted as one, where the sides have as many
/// rows as each other: then a category is as likely too frequent as too rare, and even those that are there twice tell.
const RARE: f64 = 1.0;
/// As much more is asked for where one side has nearly all rows, because there the tail of rare ones is longer than the
/// mean and the variance tell. It makes the usual 5.
const RARE_APART: f64 = 4.0;

/// The divergence of Jensen and Shannon, in nats, that chance alone brings about between samples with these counts of
/// categories. It is what is left to expect of [`divergence`] when the rows are dealt out anew.
///
/// Where all categories are frequent it is about (k − 1)/8 · (1/n + 1/m): a difference of shares p − q around π adds
/// (p − q)²/(8π), and the mean of (p − q)² is π(1 − π)(1/n + 1/m). Of rare ones it is less: a category that is there once
/// adds ln(2)/2 · 1/n or 1/m, however it is dealt.
///
/// NaN where a side is empty.
#[must_use]
pub fn expected_divergence(reference: &[u64], current: &[u64]) -> f64 {
    let deal = Deal::of(reference, current);
    if deal.fewer() == 0.0 {
        return f64::NAN;
    }
    let mut counts: Vec<u64> =
        reference.iter().zip(current).map(|(one, other)| one.saturating_add(*other)).collect();
    counts.sort_unstable();
    counts
        .chunk_by(|one, other| one == other)
        .filter(|same| same[0] > 0)
        .map(|same| same.len() as f64 * deal.divergence(same[0] as f64))
        .sum()
}

/// The rows of both sides.
#[derive(Clone, Copy)]
struct Deal {
    n: f64,
    m: f64,
}

impl Deal {
    fn of(reference: &[u64], current: &[u64]) -> Self {
        let [n, m] = [reference, current].map(|side| side.iter().map(|count| *count as f64).sum::<f64>());
        Self { n, m }
    }

    fn all(self) -> f64 {
        self.n + self.m
    }

    fn fewer(self) -> f64 {
        self.n.min(self.m)
    }

    fn more(self) -> f64 {
        self.n.max(self.m)
    }

    /// How often a category with so many rows is expected on the side that has it less often.
    fn rarer(self, count: f64) -> f64 {
        count * self.fewer() / self.all()
    }

    /// The expected divergence of a category with so many rows.
    fn divergence(self, count: f64) -> f64 {
        if self.rarer(count) >= MANY || self.all() > WHOLE {
            let rest = (self.all() - count).max(0.0) / (self.all() - 1.0);
            return (1.0 / self.n + 1.0 / self.m) * rest / 8.0;
        }
        // From the likeliest number of rows on the smaller side downwards, and from the next one upwards.
        let mode = ((count + 1.0) * (self.fewer() + 1.0) / (self.all() + 2.0)).floor();
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut add = |dealt: f64, weight: f64| {
            sum += weight * divergence::apart(dealt / self.fewer(), (count - dealt) / self.more()) / 2.0;
            weights += weight;
        };
        let (mut dealt, mut weight) = (mode, 1.0);
        while dealt >= 0.0 && weight > NEGLIGIBLE {
            add(dealt, weight);
            dealt -= 1.0;
            weight /= self.ratio(count, dealt);
        }
        let (mut dealt, mut weight) = (mode + 1.0, self.ratio(count, mode));
        while dealt <= count.min(self.fewer()) && weight > NEGLIGIBLE {
            add(dealt, weight);
            weight *= self.ratio(count, dealt);
            dealt += 1.0;
        }
        sum / weights
    }

    /// How much likelier one more of the category's rows is on the smaller side than so many.
    fn ratio(self, count: f64, dealt: f64) -> f64 {
        let left = (self.more() - count + dealt + 1.0).max(0.0);
        (count - dealt) * (self.fewer() - dealt) / ((dealt + 1.0) * left)
    }
}

/// The test that two samples are of one distribution over the same categories, of any number and rarity: Pearson's
/// statistic, held against a distribution of chi-square that is stretched to the mean and variance which the statistic has
/// when rows are dealt out anew. (Dawson 1954; Lewis, Saunders and Westcott 1984) With frequent categories it is the usual
/// test. Rare categories are counted as one; a statistic of two is corrected for continuity, without which of two hundred
/// rows a p-value of 0.0025 comes about in 0.0033 of the cases.
///
/// None where a side is empty, or they do not have as many categories. One category has a p-value of 1.
#[must_use]
pub fn homogeneity(reference: &[u64], current: &[u64]) -> Option<Test> {
    let deal = Deal::of(reference, current);
    if reference.len() != current.len() || deal.fewer() == 0.0 {
        return None;
    }
    let cells = pooled(reference, current, deal);
    let continuity = if cells.len() == 2 { 0.5 } else { 0.0 };
    let statistic = cells.iter().map(|cell| deal.excess(*cell, continuity)).sum();
    let Some((mean, variance)) = deal.moments(&cells) else { return Some(Test { statistic, p: 1.0 }) };
    // Of a chi-square distribution with d degrees, the mean is d and the variance 2d.
    let stretch = variance / (2.0 * mean);
    Some(Test { statistic, p: chi_square_sf(statistic / stretch, mean / stretch) })
}

/// The counts of both sides by category, all the rare ones together.
fn pooled(reference: &[u64], current: &[u64], deal: Deal) -> Vec<[f64; 2]> {
    let rare = RARE + RARE_APART * (deal.n - deal.m).abs() / deal.all();
    let mut rest = [0.0, 0.0];
    let mut cells = Vec::new();
    for (one, other) in reference.iter().zip(current) {
        let cell = [*one as f64, *other as f64];
        if deal.rarer(cell[0] + cell[1]) >= rare {
            cells.push(cell);
        } else {
            rest = [rest[0] + cell[0], rest[1] + cell[1]];
        }
    }
    if rest[0] + rest[1] > 0.0 {
        cells.push(rest);
    }
    cells
}

impl Deal {
    fn excess(self, [one, other]: [f64; 2], continuity: f64) -> f64 {
        let share = (one + other) / self.all();
        let off = ((one - self.n * share).abs() - continuity).max(0.0);
        off * off / (self.n * share) + off * off / (self.m * share)
    }

    /// Mean and variance of the statistic; none where it cannot be anything else than it is.
    fn moments(self, cells: &[[f64; 2]]) -> Option<(f64, f64)> {
        let (all, k) = (self.all(), cells.len() as f64);
        let spread = |margins: f64, inverses: f64| {
            let most = (all - margins) * (margins - 1.0) / (all - 1.0);
            (most, (all * inverses - margins * margins) / (all - 2.0))
        };
        let (v, w) = spread(2.0, 1.0 / self.n + 1.0 / self.m);
        let (v2, w2) = spread(k, cells.iter().map(|[one, other]| 1.0 / (one + other)).sum());
        let mean = all * (k - 1.0) / (all - 1.0);
        let variance = 2.0 * all / (all - 3.0) * (v - w) * (v2 - w2) + all * all / (all - 1.0) * w * w2;
        // Rounding leaves something of a variance that is none.
        (all > 3.0 && mean > 0.0 && variance > 1e-9 * mean).then_some((mean, variance))
    }
}
