//! Several evaluations of the same model, each with a seed of its own: what luck there is in a number.
//!
//! The metrics are the means. The interval of a mean is Student's t over the repeats; where the predictions give each
//! value an interval too, that of the rows, the two do not hang together, so half-widths are added in quadrature, either
//! end by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::measure::sentence;
use super::once;
use crate::config::{Config, Script};
use crate::fault::Result;
use crate::finding::{Finding, Severity, any_error};
use crate::name::{Digest, MetricName};
use crate::produce::{Again, Shop};
use crate::record::{Estimate, Evidence, Method, MetricValue, Outcome, Repeat, Slice, Work};
use crate::statistics::student;

/// The variable that tells the commands their seed. It is set only where there are repeats.
pub const SEED: &str = "MODELGATE_SEED";

/// Why repeats always run.
pub(super) fn because(repeats: u32) -> String {
    format!(
        "it is measured {repeats} times, and nothing of that is restored: each repeat writes over the files of the one before"
    )
}

/// Measures the model as often as is asked for. The first repeat that fails is the last.
///
/// # Errors
/// The world failed.
pub(super) async fn perform(
    config: &Config,
    shop: Shop<'_>,
    model: &BTreeMap<String, Digest>,
    before: usize,
) -> Result<Work> {
    let of = config.evaluate.repeats;
    let because = because(of);
    let mut done: Vec<Work> = Vec::new();
    for seed in 0..of {
        let ran: usize = done.iter().map(|work| work.evidence.commands.len()).sum();
        let script = seeded(&config.evaluate.script, seed);
        let again = Again { because: &because, before: before + ran };
        let work = once(config, shop, &script, model, Some(again)).await?;
        let is_good = work.outcome.is_good() && !any_error(&work.findings);
        done.push(work);
        if !is_good {
            return Ok(broken(done, of));
        }
    }
    Ok(merge(done, config.gate.shown_confidence()))
}

/// The script with its seed in the environment, on this machine and in a container.
fn seeded(script: &Script, seed: u32) -> Script {
    let mut script = script.clone();
    script.env.insert(SEED.into(), seed.to_string());
    script
}

/// What repeats come to of which the last failed.
fn broken(mut done: Vec<Work>, of: u32) -> Work {
    let number = done.len();
    let Some(mut last) = done.pop() else { return Work::new(Outcome::Failed, "nothing was measured") };
    let commands = done.into_iter().flat_map(|work| work.evidence.commands);
    last.evidence.commands = commands.chain(std::mem::take(&mut last.evidence.commands)).collect();
    last.because = format!("repeat {number} of {of} ({SEED}={}): {}", number - 1, last.because);
    last
}

/// All repeats as one.
fn merge(done: Vec<Work>, confidence: f64) -> Work {
    let rounds: Vec<&Evidence> = done.iter().map(|work| &work.evidence).collect();
    let mut findings = differences(&rounds);
    let spreads: Vec<Spread> = numbers(&rounds);
    findings.extend(identical(&spreads, rounds.len()));
    let means: BTreeMap<MetricName, Estimate> =
        spreads.iter().map(|spread| (spread.name.clone(), spread.mean(confidence))).collect();
    let repeats =
        rounds.iter().zip(0..).map(|(round, seed)| Repeat { seed, metrics: numeric(round) }).collect();
    let (slices, unequal) = slices(&rounds, confidence);
    let count = done.len();
    let commands = done.iter().flat_map(|work| work.evidence.commands.clone()).collect();
    let mut all: Vec<Finding> = Vec::new();
    for finding in done.iter().flat_map(|work| &work.findings).chain(&findings).chain(&unequal) {
        if !all.contains(finding) {
            all.push(finding.clone());
        }
    }
    let Some(mut work) = done.into_iter().next_back() else {
        return Work::new(Outcome::Failed, "nothing was measured");
    };
    work.because = format!("{}, each the mean of {count} repeats; {ALWAYS}", work.because);
    if let Some(error) = all.iter().find(|finding| finding.severity == Severity::Error) {
        (work.outcome, work.because) = (Outcome::Failed, sentence(error));
    }
    let evidence = &mut work.evidence;
    evidence.commands = commands;
    evidence.repeats = repeats;
    for (name, mean) in &means {
        evidence.metrics.insert(name.clone(), MetricValue::Number(mean.value));
    }
    if let Some(predictions) = &mut evidence.predictions {
        for (name, estimate) in &mut predictions.estimates {
            *estimate = means.get(name).copied().unwrap_or(*estimate);
        }
        predictions.slices = slices;
    }
    evidence.means = means;
    work.findings = all;
    work
}

/// The end of the sentence of a step that was measured several times.
const ALWAYS: &str = "repeats always run, because each writes over the files of the one before";

/// The values of one metric over the repeats.
struct Spread {
    name: MetricName,
    values: Vec<f64>,
    /// The intervals of the rows, where every repeat has one.
    intervals: Vec<[f64; 2]>,
    /// Whether some repeats have an interval of the rows, and others none: how sure the mean is, nobody knows.
    is_open: bool,
}

impl Spread {
    fn new(name: &MetricName, estimates: Vec<(f64, Option<[f64; 2]>)>) -> Self {
        let values: Vec<f64> = estimates.iter().map(|(value, _)| *value).collect();
        let intervals: Vec<[f64; 2]> = estimates.iter().filter_map(|(_, interval)| *interval).collect();
        let is_open = !intervals.is_empty() && intervals.len() < values.len();
        let intervals = if is_open { Vec::new() } else { intervals };
        Self { name: name.clone(), values, intervals, is_open }
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody repeats it 2^53 times")]
    fn mean(&self, confidence: f64) -> Estimate {
        let count = self.values.len() as f64;
        let mean = self.values.iter().sum::<f64>() / count;
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        let interval = student(mean, error, count - 1.0, confidence).map(|[low, high]| {
            [mean - (mean - low).hypot(self.half(0)), mean + (high - mean).hypot(self.half(1))]
        });
        let interval = interval.filter(|[low, high]| !self.is_open && low < high);
        Estimate { value: mean, interval, method: interval.map(|_| Method::Repeats) }
    }

    /// The mean distance of the rows' intervals from their values, at one end.
    #[expect(clippy::cast_precision_loss, reason = "nobody repeats it 2^53 times")]
    fn half(&self, end: usize) -> f64 {
        let distances =
            self.values.iter().zip(&self.intervals).map(|(value, interval)| (value - interval[end]).abs());
        distances.sum::<f64>() / self.intervals.len().max(1) as f64
    }
}

fn numeric(round: &Evidence) -> BTreeMap<MetricName, f64> {
    round.metrics.iter().filter_map(|(name, value)| Some((name.clone(), value.number()?))).collect()
}

/// The metrics that are numbers in every repeat.
fn numbers(rounds: &[&Evidence]) -> Vec<Spread> {
    let names: BTreeSet<&MetricName> = rounds.iter().flat_map(|round| round.metrics.keys()).collect();
    let of = |round: &Evidence, name: &MetricName| {
        let estimates = round.predictions.as_ref().map(|predictions| &predictions.estimates);
        let interval = estimates.and_then(|estimates| estimates.get(name)?.interval);
        Some((round.metrics.get(name)?.number()?, interval))
    };
    let spread = |name: &MetricName| {
        let values: Option<Vec<_>> = rounds.iter().map(|round| of(round, name)).collect();
        Some(Spread::new(name, values?))
    };
    names.into_iter().filter_map(spread).collect()
}

/// The slices of all repeats, in the order in which they come, with the means over them; and what of them is not in
/// every repeat. That has no mean, and is left out, so that a rule about it fails.
fn slices(rounds: &[&Evidence], confidence: f64) -> (Vec<Slice>, Vec<Finding>) {
    let mut all: Vec<&Slice> = Vec::new();
    for slice in rounds.iter().rev().filter_map(|round| round.predictions.as_ref()).flat_map(|p| &p.slices) {
        if !all.iter().any(|known| known.name == slice.name) {
            all.push(slice);
        }
    }
    let mut findings = Vec::new();
    let mut mean = |slice: &Slice| {
        let of: Vec<Option<&Slice>> =
            rounds.iter().map(|round| round.predictions.as_ref()?.slice(&slice.name)).collect();
        let found = of.iter().flatten();
        let (rows, small) =
            (found.clone().map(|slice| slice.rows).min(), found.clone().any(|slice| slice.small));
        let names: BTreeSet<&MetricName> = found.flat_map(|slice| slice.estimates.keys()).collect();
        let mut estimates = BTreeMap::new();
        let mut missing = Vec::new();
        for name in names {
            let values: Option<Vec<_>> = of
                .iter()
                .map(|slice| {
                    let estimate = slice.as_ref()?.estimates.get(name)?;
                    Some((estimate.value, estimate.interval))
                })
                .collect();
            match values {
                Some(values) => {
                    estimates.insert(name.clone(), Spread::new(name, values).mean(confidence));
                }
                None => missing.push(name.as_str()),
            }
        }
        let seed = of.iter().position(Option::is_none);
        findings.extend(slice_differs(&slice.name, seed, &missing));
        Slice { rows: rows.unwrap_or(slice.rows), small, estimates, ..slice.clone() }
    };
    (all.into_iter().map(&mut mean).collect(), findings)
}

fn slice_differs(slice: &str, without: Option<usize>, missing: &[&str]) -> Option<Finding> {
    let slice = slice.escape_debug();
    let message = match without {
        Some(seed) => format!(
            "the slice {slice} is missing in the repeat with {SEED}={seed}, so nothing is known of it"
        ),
        None if missing.is_empty() => return None,
        None => {
            let names = missing.join(", ").escape_debug().to_string();
            format!("of the slice {slice} not every repeat has {names}, so there is no mean")
        }
    };
    let help =
        "slice by what is the same in every repeat, and see whether the truth has rows of every class there";
    Some(Finding::warning("repeats-differ", message).help(help))
}

/// What is not there in every repeat, is a number in one and a text in another, or is another text.
fn differences(rounds: &[&Evidence]) -> Vec<Finding> {
    let names: BTreeSet<&MetricName> = rounds.iter().flat_map(|round| round.metrics.keys()).collect();
    names.into_iter().filter_map(|name| difference(rounds, name)).collect()
}

fn difference(rounds: &[&Evidence], name: &MetricName) -> Option<Finding> {
    let values: Vec<Option<&MetricValue>> = rounds.iter().map(|round| round.metrics.get(name)).collect();
    let shown = name.as_str().escape_debug();
    let message = if let Some(place) = values.iter().position(Option::is_none) {
        format!("{shown} is missing in the repeat with {SEED}={place}")
    } else if values.iter().all(|value| value.and_then(MetricValue::number).is_some()) {
        return None;
    } else {
        let other = values.iter().position(|value| *value != values[0])?;
        let text = |place: usize| match values[place] {
            Some(MetricValue::Number(number)) => format!("{number}"),
            Some(MetricValue::Text(text)) => format!("the text «{}»", text.escape_debug()),
            None => String::new(),
        };
        format!(
            "{shown} is {} with {SEED}=0 and {} with {SEED}={other}, so there is no mean of it",
            text(0),
            text(other)
        )
    };
    Some(Finding::error("repeats-differ", message).help("make every repeat write the same metrics"))
}

/// Repeats that all come to the same bit for bit were hardly repeated.
fn identical(spreads: &[Spread], repeats: usize) -> Option<Finding> {
    let is_constant = |spread: &Spread| spread.values.iter().all(|value| *value == spread.values[0]);
    (!spreads.is_empty() && spreads.iter().all(is_constant)).then(|| {
        let message = format!("all {repeats} repeats came to the same numbers, so they say nothing about luck");
        Finding::warning("repeats-identical", message).help(format!(
            "let the commands take {SEED} for the seed of whatever is random in them, or leave evaluate.repeats out"
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn name(name: &str) -> MetricName {
        MetricName::new(name).unwrap()
    }

    fn round(metrics: &[(&str, MetricValue)]) -> Work {
        let metrics = metrics.iter().map(|(metric, value)| (name(metric), value.clone())).collect();
        let evidence = Evidence { metrics, ..Evidence::default() };
        Work { evidence, ..Work::new(Outcome::Passed, "1 metric from metrics.json") }
    }

    fn numbers_of(values: &[f64]) -> Vec<Work> {
        values.iter().map(|value| round(&[("a", MetricValue::Number(*value))])).collect()
    }

    fn codes(work: &Work) -> Vec<&str> {
        work.findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn the_metrics_are_the_means_and_every_repeat_is_kept() {
        let work = merge(numbers_of(&[0.8, 0.9, 1.0]), 0.95);
        assert_eq!((work.outcome, codes(&work).len()), (Outcome::Passed, 0));
        let mean = work.evidence.metrics[&name("a")].number().unwrap();
        assert!((mean - 0.9).abs() < 1e-12);
        let seeds: Vec<u64> = work.evidence.repeats.iter().map(|repeat| repeat.seed).collect();
        assert_eq!(seeds, [0, 1, 2]);
        assert_eq!(work.evidence.repeats[2].metrics[&name("a")], 1.0);
        assert!(work.because.starts_with("1 metric from metrics.json, each the mean of 3 repeats; "));
    }

    #[test]
    fn what_the_rows_leave_open_is_added_in_quadrature() {
        let spread = Spread::new(&name("a"), vec![(0.5, Some([0.2, 0.6])), (0.5, Some([0.2, 0.6]))]);
        assert!((spread.half(0) - 0.3).abs() < 1e-12 && (spread.half(1) - 0.1).abs() < 1e-12);
        let without = Spread::new(&name("a"), vec![(0.5, Some([0.2, 0.6])), (0.5, None)]);
        assert!(without.half(0) == 0.0, "where one repeat has none, there is none");
    }

    #[test]
    fn an_interval_that_one_repeat_lacks_is_none() {
        let of = |intervals: [Option<[f64; 2]>; 2]| {
            let values = vec![(0.5, intervals[0]), (0.6, intervals[1])];
            Spread::new(&name("a"), values).mean(0.95).interval
        };
        assert!(of([Some([0.4, 0.6]), Some([0.5, 0.7])]).is_some());
        assert!(of([None, None]).is_some(), "of a metrics file there is the spread alone");
        assert_eq!(of([Some([0.4, 0.6]), None]), None);
    }

    fn sliced(slices: &[(&str, &[(&str, f64)])]) -> Work {
        let estimate = |value: f64| Estimate { value, interval: None, method: None };
        let slices = slices
            .iter()
            .map(|(slice, metrics)| Slice {
                by: "g".into(),
                name: (*slice).into(),
                rows: 10,
                small: false,
                estimates: metrics.iter().map(|(metric, value)| (name(metric), estimate(*value))).collect(),
            })
            .collect();
        let mut work = numbers_of(&[0.5]).remove(0);
        work.evidence.predictions = Some(crate::record::Predictions {
            rows: 20,
            task: crate::record::Task::Binary,
            set: Digest::from_bytes([0; 32]),
            specification: Digest::from_bytes([0; 32]),
            files: BTreeMap::new(),
            confidence: 0.95,
            positive: None,
            estimates: BTreeMap::new(),
            slices,
            confusion: None,
            calibration: Vec::new(),
            curves: None,
        });
        work
    }

    #[test]
    fn slices_are_means_too_and_what_one_repeat_lacks_is_known_of_none() {
        let one = sliced(&[("g=a", &[("accuracy", 0.2), ("recall", 0.5)]), ("g=b", &[("accuracy", 1.0)])]);
        let other = sliced(&[("g=a", &[("accuracy", 0.4)])]);
        for works in [vec![one.clone(), other.clone()], vec![other, one]] {
            let work = merge(works, 0.95);
            let predictions = work.evidence.predictions.unwrap();
            let a = &predictions.slice("g=a").unwrap().estimates;
            assert!((a[&name("accuracy")].value - 0.3).abs() < 1e-12 && !a.contains_key(&name("recall")));
            assert!(predictions.slice("g=b").unwrap().estimates.is_empty());
            let found = work.findings.iter().filter(|finding| finding.code.as_str() == "repeats-differ");
            let said: Vec<_> = found.map(|finding| (finding.severity, finding.message.as_str())).collect();
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said.iter().all(|(severity, _)| *severity == Severity::Warning));
            assert!(said[0].1.starts_with("of the slice g=a not every repeat has recall"), "{said:?}");
            assert!(said[1].1.starts_with("the slice g=b is missing in the repeat with"), "{said:?}");
        }
    }

    #[test]
    fn repeats_that_say_different_things_are_no_evidence() {
        let text = |text: &str| MetricValue::Text(text.into());
        let cases = [
            (vec![("a", MetricValue::Number(1.0))], vec![]),
            (vec![("a", text("x"))], vec![("a", text("y"))]),
            (vec![("a", MetricValue::Number(1.0))], vec![("a", text("NaN"))]),
        ];
        let messages: Vec<String> = cases
            .iter()
            .map(|(one, other)| {
                let work = merge(vec![round(one), round(other)], 0.95);
                assert_eq!((work.outcome, codes(&work)[0]), (Outcome::Failed, "repeats-differ"));
                work.because
            })
            .collect();
        assert_eq!(
            messages,
            [
                "a is missing in the repeat with MODELGATE_SEED=1",
                "a is the text «x» with MODELGATE_SEED=0 and the text «y» with MODELGATE_SEED=1, so there is no mean of it",
                "a is 1 with MODELGATE_SEED=0 and the text «NaN» with MODELGATE_SEED=1, so there is no mean of it",
            ]
        );
        let same = merge(vec![round(&[("a", text("x"))]), round(&[("a", text("x"))])], 0.95);
        assert_eq!((same.outcome, same.evidence.metrics[&name("a")].clone()), (Outcome::Passed, text("x")));
    }

    #[test]
    fn repeats_without_any_spread_are_a_warning() {
        assert_eq!(codes(&merge(numbers_of(&[0.5, 0.5]), 0.95)), ["repeats-identical"]);
    }

    #[test]
    fn the_first_that_fails_ends_it_and_says_which_it_was() {
        let failed = Work::new(Outcome::Failed, "«exit 3» ended with exit 3");
        let work = broken([numbers_of(&[0.5]), vec![failed]].concat(), 5);
        assert_eq!(work.because, "repeat 2 of 5 (MODELGATE_SEED=1): «exit 3» ended with exit 3");
    }
}
