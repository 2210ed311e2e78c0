//! Differences between slices, as Fairlearn has them: the largest of the slices' shares minus the smallest.
//!
//! The largest of many differences is too large by chance, and the bootstrap only adds to that. So its interval is made
//! of those of all pairs, which hold at once: the difference is at least what some pair surely differs by, and at most
//! what any pair may. (Bonferroni over the pairs; MOVER of Wilson's intervals for each, Zou and Donner 2008)

use super::confusion::{Cells, Value};
use super::estimate::Measurement;
use super::sum::effective;
use crate::config::Fairness;
use crate::record::Method;
use crate::statistics::{Interval, mover, wilson};

/// A share, and how many rows of the same weight would say as much of it.
#[derive(Debug, Clone, Copy)]
struct Share {
    value: f64,
    rows: f64,
}

/// A difference between groups, each with the cells of two classes, and the places of the groups that are left out
/// because they have no row to take a share of. NaN with fewer than two others.
#[must_use]
pub fn difference(fairness: Fairness, groups: &[&Cells], confidence: f64) -> (Measurement, Vec<usize>) {
    let shares: Vec<Vec<Option<Share>>> = rates(fairness)
        .iter()
        .map(|truths| groups.iter().map(|group| share(group, truths)).collect())
        .collect();
    let left_out = (0..groups.len()).filter(|group| shares.iter().any(|of| of[*group].is_none())).collect();
    let shares: Vec<Vec<Share>> = shares.into_iter().map(|of| of.into_iter().flatten().collect()).collect();
    if shares.iter().any(|of| of.len() < 2) {
        return (Measurement { value: Value::NONE, sure: None }, left_out);
    }
    let number = shares.iter().map(|of| spread(of)).fold(0.0, f64::max);
    let sure = interval(&shares, confidence).map(|interval| (interval, Method::Mover));
    (Measurement { value: Value::plain(number), sure }, left_out)
}

/// The true classes among which each share of a metric is taken.
fn rates(fairness: Fairness) -> &'static [&'static [u32]] {
    match fairness {
        Fairness::DemographicParity => &[&[0, 1]],
        Fairness::EqualOpportunity => &[&[1]],
        Fairness::EqualizedOdds => &[&[1], &[0]],
    }
}

/// Of the rows of some true classes, the share that is taken for positive.
fn share(group: &Cells, truths: &[u32]) -> Option<Share> {
    let all = group.all(|truth, _| truths.contains(&truth));
    let taken = group.all(|truth, predicted| truths.contains(&truth) && predicted == 1);
    let weight = all.weight.value();
    (weight > 0.0)
        .then(|| Share { value: taken.weight.value() / weight, rows: effective(weight, all.squares) })
}

fn spread(shares: &[Share]) -> f64 {
    let ends = [f64::INFINITY, f64::NEG_INFINITY];
    let [low, high] =
        shares.iter().fold(ends, |[low, high], share| [low.min(share.value), high.max(share.value)]);
    high - low
}

/// The interval of the largest difference of any two shares of the same kind.
fn interval(shares: &[Vec<Share>], confidence: f64) -> Option<Interval> {
    let pairs: usize = shares.iter().map(|of| of.len() * (of.len() - 1) / 2).sum();
    let confidence = 1.0 - (1.0 - confidence) / pairs as f64;
    let mut all = [0.0_f64; 2];
    for of in shares {
        let sure = |share: &Share| {
            Some((share.value, wilson(share.value.min(1.0) * share.rows, share.rows, confidence)?))
        };
        let sure: Vec<(f64, Interval)> = of.iter().map(sure).collect::<Option<_>>()?;
        for (place, one) in sure.iter().enumerate() {
            for other in &sure[place + 1..] {
                let [low, high] = mover(*one, *other);
                all = [all[0].max(low).max(-high), all[1].max(high).max(-low)];
            }
        }
    }
    Some([all[0], all[1].min(1.0)]).filter(|[low, high]| low < high)
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::evaluate::predictions::tests::Random;

    fn group(rows: u32, selected: f64, random: &mut Random) -> Cells {
        let mut cells = Cells::default();
        for _ in 0..rows {
            cells.cell(0, u32::from(random.share() < selected)).add(1.0);
        }
        cells
    }

    /// How often the interval of the difference between groups with these shares is as `holds` says.
    fn how_often(rows: u32, shares: &[f64], holds: fn(Interval) -> bool) -> f64 {
        let sets = 2000_u64;
        let held = (0..sets).into_par_iter().filter(|set| {
            let mut random = Random::new(*set);
            let groups: Vec<Cells> = shares.iter().map(|share| group(rows, *share, &mut random)).collect();
            let (measured, _) =
                difference(Fairness::DemographicParity, &groups.iter().collect::<Vec<_>>(), 0.95);
            measured.sure.is_some_and(|(interval, _)| holds(interval))
        });
        held.count() as f64 / sets as f64
    }

    /// Half of what the confidence leaves, and three deviations of counting.
    fn nominal() -> f64 {
        0.025 + 3.0 * (0.025 * 0.975 / 2000.0_f64).sqrt()
    }

    #[test]
    fn groups_that_are_alike_hardly_ever_fail_for_a_difference() {
        let failed = how_often(100, &[0.3; 10], |[low, _]| low > 0.05);
        eprintln!("ten equal groups of 100, surely above 0.05: {:.2} %", 100.0 * failed);
        assert!(failed <= 0.025, "{failed}");
    }

    #[test]
    fn a_difference_of_just_the_bound_hardly_ever_passes() {
        let passed = how_often(200, &[0.3, 0.35], |[_, high]| high < 0.05);
        eprintln!("two groups of 200 that differ by 0.05, surely below it: {:.2} %", 100.0 * passed);
        assert!(passed <= nominal(), "{passed}");
    }

    #[test]
    fn what_has_no_row_of_a_class_is_left_out() {
        let mut groups = vec![Cells::default(); 3];
        for cells in &mut groups {
            cells.cell(0, 1).add(1.0);
        }
        let of = |groups: &[Cells], fairness| {
            let (measured, left_out) = difference(fairness, &groups.iter().collect::<Vec<_>>(), 0.95);
            (measured.value.number, left_out)
        };
        let (number, left_out) = of(&groups, Fairness::EqualOpportunity);
        assert!(number.is_nan() && left_out == [0, 1, 2], "nobody has a positive");
        groups[0].cell(1, 1).add(1.0);
        groups[2].cell(1, 0).add(1.0);
        assert_eq!(of(&groups, Fairness::EqualOpportunity), (1.0, vec![1]));
        assert_eq!(of(&groups, Fairness::EqualizedOdds), (1.0, vec![1]));
        assert_eq!(of(&groups, Fairness::DemographicParity), (0.5, vec![]));
    }
}
