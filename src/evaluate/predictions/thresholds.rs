//! The best threshold for a precision or a recall that is wanted.

use super::ranking::{Scored, Steps};
use super::sum::Sum;
use crate::config::Target;
use crate::finding::Finding;
use crate::number::number;
use crate::record::{Curves, Threshold};

/// The best threshold for each target. The lists are sorted.
pub fn thresholds(
    positives: &Scored,
    negatives: &Scored,
    all_positive: f64,
    targets: &[Target],
) -> Vec<Threshold> {
    let mut best: Vec<Option<Point>> = vec![None; targets.len()];
    if !targets.is_empty() {
        for point in points(positives, negatives, all_positive) {
            targets.iter().zip(&mut best).for_each(|(target, best)| point.challenge(*target, best));
        }
    }
    targets.iter().zip(best).map(|(target, best)| threshold(*target, best)).collect()
}

/// What each score comes to as a threshold, the highest first.
fn points<'a>(
    positives: &'a Scored,
    negatives: &'a Scored,
    all_positive: f64,
) -> impl Iterator<Item = Point> + 'a {
    let (mut right, mut wrong) = (Sum::default(), Sum::default());
    Steps::falling(positives, negatives).map(move |step| {
        right.add(step.positive[0]);
        wrong.add(step.negative[0]);
        Point {
            threshold: step.score,
            precision: right.value() / (right.value() + wrong.value()),
            recall: (right.value() / all_positive).min(1.0),
        }
    })
}

#[derive(Debug, Clone, Copy)]
struct Point {
    threshold: f64,
    precision: f64,
    recall: f64,
}

impl Point {
    /// Takes the place of the best so far when it is better; as good is not enough, so that the highest threshold stays.
    fn challenge(self, target: Target, best: &mut Option<Self>) {
        let (reaches, by) = match target {
            Target::Precision(least) => (self.precision >= least, [self.recall, self.precision]),
            Target::Recall(least) => (self.recall >= least, [self.precision, self.recall]),
        };
        let beaten = best.is_none_or(|best| {
            let other = match target {
                Target::Precision(_) => [best.recall, best.precision],
                Target::Recall(_) => [best.precision, best.recall],
            };
            by > other
        });
        if reaches && beaten {
            *best = Some(self);
        }
    }
}

fn threshold(target: Target, best: Option<Point>) -> Threshold {
    let (word, at_least) = match target {
        Target::Precision(least) => ("precision", least),
        Target::Recall(least) => ("recall", least),
    };
    Threshold {
        target: word.into(),
        at_least,
        threshold: best.map(|point| point.threshold),
        precision: best.map(|point| point.precision),
        recall: best.map(|point| point.recall),
    }
}

impl Point {
    /// What a target asks for.
    const fn of(self, target: Target) -> f64 {
        match target {
            Target::Precision(_) => self.precision,
            Target::Recall(_) => self.recall,
        }
    }
}

/// What is to be said of targets that no threshold reaches. The lists are sorted; `curves` are what came of them.
#[must_use]
pub fn unreached(
    positives: &Scored,
    negatives: &Scored,
    targets: &[Target],
    curves: Option<&Curves>,
) -> Vec<Finding> {
    let Some(curves) = curves else {
        let message =
            "there is no threshold for the targets: one of the classes has no rows, or none that weighs";
        return if targets.is_empty() { Vec::new() } else { vec![notice(message.into())] };
    };
    let missed = targets.iter().zip(&curves.thresholds).filter(|(_, found)| found.threshold.is_none());
    missed
        .map(|(target, missed)| {
            let highest = highest(positives, negatives, *target).map(|point| {
                let (value, threshold) = (number(point.of(*target)), number(point.threshold));
                format!("; the highest is {value}, with a threshold of {threshold}")
            });
            let (word, least) = (&missed.target, number(missed.at_least));
            notice(format!("no threshold reaches a {word} of {least}{}", highest.unwrap_or_default()))
        })
        .collect()
}

fn notice(message: String) -> Finding {
    Finding::notice("target-unreached", message).help("ask for less, or look at the curves in report.html")
}

/// Where the precision, or the recall, is highest; of several the highest threshold.
fn highest(positives: &Scored, negatives: &Scored, target: Target) -> Option<Point> {
    let all_positive = positives.iter().map(|(_, weight)| weight).collect::<Sum>().value();
    let higher = |best: Option<Point>, point: Point| match best {
        Some(best) if point.of(target) <= best.of(target) => Some(best),
        // A step that weighs nothing has no precision.
        best if point.of(target).is_nan() => best,
        _ => Some(point),
    };
    points(positives, negatives, all_positive).fold(None, higher)
}
