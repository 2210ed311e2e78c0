//! Whether the intervals hold what they promise: over 2,000 simulated data sets, seeded, the 95 % intervals contain the
//! truth 93.5 to 96.5 % of the time, and decisions on them err no more often than they say.
//!
//! The truth is known exactly: rows are drawn from a few kinds of rows with known probabilities, or from normal
//! distributions whose area is known.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use modelgate::compare;
use modelgate::config::{Intervals, Measure, PredictedTask, Predictions, Scores};
use modelgate::evaluate::predictions::{Rows, Target};
use modelgate::name::MetricName;
use modelgate::statistics::{against, bootstrap, delong, holm, logit, newcombe, normal_cdf, student, wilson};
use rayon::prelude::*;

const SETS: u64 = 2000;
const CONFIDENCE: f64 = 0.95;

/// Numbers that look random. (Steele, Lea and Flood 2014)
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// Which of several it is, by their probabilities.
    fn pick(&mut self, probabilities: &[f64]) -> usize {
        let mut left = self.share();
        let place = probabilities.iter().position(|probability| {
            left -= probability;
            left < 0.0
        });
        place.unwrap_or(probabilities.len() - 1)
    }
}

/// How often something holds over the simulated sets.
fn share(holds: impl Fn(u64) -> bool + Sync) -> f64 {
    (0..SETS).into_par_iter().filter(|set| holds(*set)).count() as f64 / SETS as f64
}

fn covers(what: &str, truth: f64, interval: impl Fn(&mut Random) -> Option<[f64; 2]> + Sync) {
    let covered = share(|set| {
        let [low, high] = interval(&mut Random::new(set)).unwrap_or_else(|| panic!("{what} has an interval"));
        low <= truth && truth <= high
    });
    eprintln!("{what}: {:.2} %", 100.0 * covered);
    assert!((0.935..=0.965).contains(&covered), "{what}: {:.2} %", 100.0 * covered);
}

#[test]
fn wilson_of_an_accuracy_covers_it() {
    for (rows, accuracy) in [(300, 0.7), (500, 0.87), (1000, 0.95)] {
        covers(&format!("accuracy {accuracy} of {rows}"), accuracy, |random| {
            let right = (0..rows).filter(|_| random.share() < accuracy).count();
            wilson(right as f64, f64::from(rows), CONFIDENCE)
        });
    }
}

#[test]
fn delong_of_an_area_covers_it() {
    for (rows, prevalence, distance) in [(300, 0.3, 1.2), (800, 0.1, 2.0)] {
        let truth = normal_cdf(distance / std::f64::consts::SQRT_2);
        covers(&format!("area {truth:.3} of {rows}"), truth, |random| {
            let mut scores = [Vec::new(), Vec::new()];
            for _ in 0..rows {
                let positive = random.share() < prevalence;
                scores[usize::from(positive)].push(random.normal() + if positive { distance } else { 0.0 });
            }
            scores.iter_mut().for_each(|scores| scores.sort_unstable_by(f64::total_cmp));
            let area = delong::area(&scores[1], &scores[0])?;
            logit(area.value, area.error?, CONFIDENCE)
        });
    }
}

#[test]
fn students_t_of_a_mean_covers_it() {
    covers("mean of skewed losses", 1.0, |random| {
        let losses: Vec<f64> = (0..400).map(|_| -(1.0 - random.share()).ln()).collect();
        let mean = losses.iter().sum::<f64>() / 400.0;
        let spread = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / 399.0;
        student(mean, (spread / 400.0).sqrt(), 399.0, CONFIDENCE)
    });
}

/// True negatives, false positives, false negatives, true positives.
type Table = [f64; 4];

fn f1([_, wrong, missed, right]: Table) -> f64 {
    2.0 * right / (2.0 * right + wrong + missed)
}

fn matthews([negative, wrong, missed, right]: Table) -> f64 {
    let margins = (right + wrong) * (right + missed) * (negative + wrong) * (negative + missed);
    (right * negative - wrong * missed) / margins.sqrt()
}

/// The slopes of a statistic at each cell, and with them the acceleration.
fn acceleration(table: Table, statistic: fn(Table) -> f64) -> f64 {
    let slope = |cell: usize| {
        let moved = |by: f64| {
            let mut table = table;
            table[cell] += by * table[cell];
            statistic(table)
        };
        if table[cell] == 0.0 { 0.0 } else { (moved(1e-4) - moved(-1e-4)) / (2e-4 * table[cell]) }
    };
    bootstrap::acceleration((0..4).map(|cell| (slope(cell), table[cell])))
}

fn bootstraps_cover(what: &str, statistic: fn(Table) -> f64) {
    let kinds = [0.62, 0.08, 0.06, 0.24];
    let truth = statistic(kinds);
    for accelerated in [false, true] {
        let what = format!("{what} ({})", if accelerated { "BCa" } else { "percentile" });
        covers(&what, truth, |random| {
            let mut table = [0.0; 4];
            (0..400).for_each(|_| table[random.pick(&kinds)] += 1.0);
            let cells = table.map(|rows| rows as u64);
            let seed = (random.share() * 1e9) as u64;
            let mut resampled = bootstrap::cells(&cells, 500, seed, |drawn| {
                statistic([drawn[0], drawn[1], drawn[2], drawn[3]])
            });
            if accelerated {
                let acceleration = acceleration(table, statistic);
                bootstrap::bca(&mut resampled, statistic(table), acceleration, CONFIDENCE)
            } else {
                bootstrap::percentile(&mut resampled, CONFIDENCE)
            }
        });
    }
}

#[test]
fn the_bootstrap_of_f1_covers_it() {
    bootstraps_cover("f1", f1);
}

#[test]
fn the_bootstrap_of_matthews_correlation_covers_it() {
    bootstraps_cover("mcc", matthews);
}

/// A kind of row: its probability, its class, and the scores that the candidate and the baseline give it.
struct Kind {
    probability: f64,
    positive: bool,
    scores: [f64; 2],
}

/// Kinds of rows whose scores say something of the class; `even` makes the two sides equal in distribution.
fn kinds(even: bool) -> Vec<Kind> {
    let mut random = Random::new(99);
    let mut kinds = Vec::new();
    for number in 0..40 {
        let positive = number % 3 == 0;
        let common = random.normal() + if positive { 1.2 } else { -0.6 };
        let noises = [0.5, if even { 0.5 } else { 1.0 }];
        let scores = noises.map(|noise| {
            let odds = common + noise * random.normal();
            (100.0 / (1.0 + (-odds).exp())).round().clamp(1.0, 99.0) / 100.0
        });
        let probability = 0.5 + random.share();
        kinds.push(Kind { probability, positive, scores });
        if even {
            kinds.push(Kind { probability, positive, scores: [scores[1], scores[0]] });
        }
    }
    let all: f64 = kinds.iter().map(|kind| kind.probability).sum();
    kinds.iter_mut().for_each(|kind| kind.probability /= all);
    kinds
}

/// What is true of the kinds: the changes of accuracy, area and log loss.
fn true_changes(kinds: &[Kind]) -> [f64; 3] {
    let mean = |of: &dyn Fn(&Kind) -> f64| kinds.iter().map(|kind| kind.probability * of(kind)).sum::<f64>();
    let right = |kind: &Kind, side: usize| f64::from(u8::from((kind.scores[side] >= 0.5) == kind.positive));
    let loss = |kind: &Kind, side: usize| {
        -(if kind.positive { kind.scores[side] } else { 1.0 - kind.scores[side] }).ln()
    };
    let area = |side: usize| {
        let (mut wins, mut pairs) = (0.0, 0.0);
        for one in kinds.iter().filter(|kind| kind.positive) {
            for other in kinds.iter().filter(|kind| !kind.positive) {
                let (high, low) = (one.scores[side], other.scores[side]);
                let win = if high > low {
                    1.0
                } else if high == low {
                    0.5
                } else {
                    0.0
                };
                wins += one.probability * other.probability * win;
                pairs += one.probability * other.probability;
            }
        }
        wins / pairs
    };
    [
        mean(&|kind| right(kind, 0) - right(kind, 1)),
        area(0) - area(1),
        mean(&|kind| loss(kind, 0) - loss(kind, 1)),
    ]
}

const COMPARED: [Measure; 3] = [Measure::Accuracy, Measure::RocAuc, Measure::LogLoss];

/// The intervals of the changes over rows of these kinds, by the comparison that the gate judges by.
fn compared(kinds: &[Kind], rows: usize, random: &mut Random) -> [[f64; 2]; 3] {
    let probabilities: Vec<f64> = kinds.iter().map(|kind| kind.probability).collect();
    let drawn: Vec<&Kind> = (0..rows).map(|_| &kinds[random.pick(&probabilities)]).collect();
    let side = |side: usize| Rows {
        len: rows,
        target: Target::Classes {
            labels: vec!["0".into(), "1".into()],
            truth: drawn.iter().map(|kind| u32::from(kind.positive)).collect(),
            predicted: drawn.iter().map(|kind| u32::from(kind.scores[side] >= 0.5)).collect(),
            scores: vec![drawn.iter().map(|kind| kind.scores[side]).collect()],
        },
        weights: None,
        keys: None,
        slices: Vec::new(),
    };
    let compared = compare::rows(&spec(), CONFIDENCE, side(0), side(1), true).expect("they pair");
    COMPARED.map(|measure| {
        let name = MetricName::new(measure.word()).expect("a name");
        compared.comparison.changes[&name].interval.expect("an interval")
    })
}

fn spec() -> Predictions {
    Predictions {
        files: Vec::new(),
        task: PredictedTask::Classification,
        truth: "y".into(),
        predicted: None,
        scores: Scores::Positive("p".into()),
        positive: None,
        threshold: 0.5,
        weight: None,
        id: None,
        slices: Vec::new(),
        small_slice: Predictions::SMALL_SLICE,
        metrics: Some(COMPARED.to_vec()),
        bins: Predictions::BINS,
        targets: Vec::new(),
        intervals: Intervals::Auto,
    }
}

#[test]
fn paired_changes_are_covered_and_equal_candidates_pass() {
    for even in [false, true] {
        let kinds = kinds(even);
        let truths = true_changes(&kinds);
        let sets: Vec<[[f64; 2]; 3]> =
            (0..SETS).into_par_iter().map(|set| compared(&kinds, 400, &mut Random::new(set))).collect();
        for (place, (measure, truth)) in COMPARED.iter().zip(truths).enumerate() {
            let count = |holds: &dyn Fn([f64; 2]) -> bool| {
                sets.iter().filter(|set| holds(set[place])).count() as f64 / SETS as f64
            };
            let covered = count(&|[low, high]| low <= truth && truth <= high);
            eprintln!("change of {} ({truth:.4}): {:.2} %", measure.word(), 100.0 * covered);
            assert!((0.935..=0.965).contains(&covered), "{}: {:.2} %", measure.word(), 100.0 * covered);
            if even {
                assert!(truth.abs() < 1e-12, "they are equal in distribution");
                let worse = match measure {
                    Measure::LogLoss => count(&|[low, _]| low > 0.01),
                    _ => count(&|[_, high]| high < -0.01),
                };
                eprintln!("failed although equal, {}: {:.2} %", measure.word(), 100.0 * worse);
                assert!(worse <= nominal(), "{}: {:.2} %", measure.word(), 100.0 * worse);
            }
        }
    }
}

/// How often a true rule may fail: half of what the confidence leaves, and three deviations of counting.
fn nominal() -> f64 {
    let tail = (1.0 - CONFIDENCE) / 2.0;
    tail + 3.0 * (tail * (1.0 - tail) / SETS as f64).sqrt()
}

/// The interval of a change of accuracy over so many rows, where so many are right on one side only.
fn drop_interval(only_candidate: f64, only_baseline: f64, rows: u32, random: &mut Random) -> [f64; 2] {
    let kinds = [0.75, only_candidate, only_baseline, 0.25 - only_candidate - only_baseline];
    let mut table = [0.0; 4];
    (0..rows).for_each(|_| table[random.pick(&kinds)] += 1.0);
    newcombe(table[0], table[1], table[2], table[3], CONFIDENCE).expect("there are rows")
}

#[test]
fn a_drop_of_just_the_bound_fails_no_more_often_than_said() {
    let failed = share(|set| drop_interval(0.05, 0.06, 600, &mut Random::new(set))[1] < -0.01);
    eprintln!("failed at the bound: {:.2} %", 100.0 * failed);
    assert!(failed <= nominal(), "{:.2} %", 100.0 * failed);
}

/// Where few rows differ the interval is wider than it says, and must not be narrower.
#[test]
fn a_change_in_few_rows_is_not_missed_more_often_than_said() {
    for (candidate, baseline) in [(0.005, 0.0), (0.01, 0.0), (0.015, 0.0), (0.02, 0.01), (0.05, 0.0)] {
        let kinds = [0.5 - candidate, candidate, baseline, 0.5 - baseline];
        let missed = |by: fn([f64; 2], f64) -> bool| {
            share(|set| {
                let mut random = Random::new(set);
                let mut table = [0.0; 4];
                (0..200).for_each(|_| table[random.pick(&kinds)] += 1.0);
                let interval = newcombe(table[0], table[1], table[2], table[3], CONFIDENCE).expect("rows");
                by(interval, candidate - baseline)
            })
        };
        let below = missed(|[_, high], truth| high < truth - 1e-12);
        let above = missed(|[low, _], truth| low > truth + 1e-12);
        eprintln!("{candidate} and {baseline} of 200 rows differ: {below} below, {above} above");
        assert!(below.max(above) <= nominal(), "{candidate} {baseline}: {below} {above}");
    }
}

#[test]
fn a_drop_of_twice_the_half_width_beyond_the_bound_is_caught() {
    let (rows, gained) = (600, 0.03);
    let half = |lost: f64| {
        let change: f64 = lost - gained;
        1.96 * ((lost + gained - change * change) / f64::from(rows)).sqrt()
    };
    // The half-width grows with the drop: the drop that is meant is where both agree.
    let lost = (0..50).fold(0.1, |lost, _| gained + 0.01 + 2.0 * half(lost));
    let caught = share(|set| drop_interval(gained, lost, rows, &mut Random::new(set))[1] < -0.01);
    eprintln!("a drop of {:.3} is caught: {:.2} %", lost - gained, 100.0 * caught);
    assert!(caught >= 0.95, "{:.2} %", 100.0 * caught);
}

#[test]
fn among_twenty_true_rules_hardly_ever_one_fails() {
    let bound = 0.85;
    let p = |random: &mut Random| {
        let right = (0..300).filter(|_| random.share() < bound).count() as f64;
        let interval = wilson(right, 300.0, CONFIDENCE).expect("there are rows");
        // A rule is a test only where its value is beyond the bound.
        if right / 300.0 < bound { against(right / 300.0, interval, CONFIDENCE, bound) } else { 1.0 }
    };
    let failing = |correct: bool| {
        share(|set| {
            let mut random = Random::new(set);
            let values: Vec<f64> = (0..20).map(|_| p(&mut random)).collect();
            let level = (1.0 - CONFIDENCE) / 2.0;
            if correct { holm(&values, level).contains(&true) } else { values.iter().any(|p| *p <= level) }
        })
    };
    let (with, without) = (failing(true), failing(false));
    eprintln!("some of twenty true rules fails: {:.2} %, uncorrected {:.2} %", 100.0 * with, 100.0 * without);
    assert!(with <= 0.05, "{:.2} %", 100.0 * with);
    assert!(without > 0.2, "which is why they are corrected: {:.2} %", 100.0 * without);
}
