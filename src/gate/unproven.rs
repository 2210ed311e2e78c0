//! Whether a record has all that the configuration asks for before the gate.

use super::words;
use crate::config::{Config, Measure};
use crate::finding::Finding;
use crate::record::{Record, Slice};
use crate::step::Step;

/// Why the record must not be judged by this configuration; none when it may be.
///
/// A gate that is replayed on a record of another day could meet one in which a step is missing that
/// was asked for since, or one that failed. What was not proven is not judged.
#[must_use]
pub fn unproven(config: &Config, record: &Record) -> Option<String> {
    if record.model != config.model {
        let (theirs, ours) = (&record.model, &config.model);
        return Some(format!("the record is of the model {theirs}, and modelgate.yml is about {ours}"));
    }
    asked_for(config)
        .into_iter()
        .find_map(|step| missing(step, record))
        .or_else(|| untried(config, record))
        .or_else(|| measured_otherwise(config, record))
}

/// The same as a finding, with the commands that would complete the evidence.
#[must_use]
pub fn incomplete(config: &Config, record: &Record) -> Option<Finding> {
    let finding = Finding::error("unproven", unproven(config, record)?);
    let asked = asked_for(config);
    let lacking = asked.iter().find(|step| missing(**step, record).is_some());
    Some(match lacking {
        Some(step) if record.model == config.model => finding.help(commands(*step, &asked)),
        _ => finding,
    })
}

/// What to run for a step that is missing or failed. What was done after it is forgotten then.
fn commands(step: Step, asked: &[Step]) -> String {
    let follow: Vec<String> =
        asked.iter().filter(|other| **other >= step).map(|step| format!("`modelgate {step}`")).collect();
    let none = match step {
        Step::Lint => "; `lint: { python: [] }` in modelgate.yml asks for no lint",
        _ => "",
    };
    format!("run `modelgate run`, or {}, and then the gate{none}", follow.join(", "))
}

/// An evaluation that was done before modelgate.yml asked for what it asks for now, as far as its evidence shows.
fn measured_otherwise(config: &Config, record: &Record) -> Option<String> {
    let why = repeated(config, record).or_else(|| predicted(config, record))?;
    Some(format!("{why}; run evaluate again"))
}

fn repeated(config: &Config, record: &Record) -> Option<String> {
    let done = record.step(Step::Evaluate)?.evidence.repeats.len().max(1);
    let wanted = config.evaluate.repeats.max(1);
    (usize::try_from(wanted) != Ok(done)).then(|| {
        let times = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let wanted = times(usize::try_from(wanted).unwrap_or(usize::MAX));
        format!("modelgate.yml asks to evaluate {wanted}, and the record has it {}", times(done))
    })
}

fn predicted(config: &Config, record: &Record) -> Option<String> {
    let wanted = config.evaluate.predictions.as_ref()?;
    let Some(found) = record.predictions() else {
        return Some("modelgate.yml asks for predictions, and the record has none".into());
    };
    let confidence = config.gate.shown_confidence();
    if found.confidence.to_bits() != confidence.to_bits() {
        let [found, wanted] = [found.confidence, confidence].map(words::percent);
        return Some(format!(
            "the intervals in the record have a confidence of {found}, and modelgate.yml asks for {wanted}"
        ));
    }
    if !wanted.tasks().contains(&found.task) {
        return Some("the predictions in the record are of another task than modelgate.yml says".into());
    }
    if found.specification != wanted.specification() {
        return Some("`evaluate.predictions` was changed since".into());
    }
    let unasked = found.estimates.keys().find(|name| {
        Measure::named(name.as_str())
            .is_some_and(|measure| !wanted.asks_for(measure) || !wanted.gives(measure))
    });
    if let Some(name) = unasked {
        return Some(format!("the record has «{name}», which modelgate.yml does not ask for"));
    }
    let small = |slice: &Slice| slice.rows < wanted.small_slice;
    if found.slices.iter().any(|slice| slice.small != small(slice)) {
        return Some("slices are small at another size in the record than modelgate.yml says".into());
    }
    let lost = sliced(config).find(|by| found.slices.iter().all(|slice| slice.by != **by))?;
    let lost = lost.escape_debug();
    Some(format!("a rule is about the slices by «{lost}», and the record has none of them"))
}

/// The slicings that rules are about.
fn sliced(config: &Config) -> impl Iterator<Item = &String> {
    config.gate.rules.iter().filter_map(|rule| rule.slices.as_ref()).flat_map(|slices| &slices.by)
}

/// An image that is not there, or was not tried as is asked for now.
fn untried(config: &Config, record: &Record) -> Option<String> {
    let wanted = config.image.as_ref()?;
    let evidence = &record.step(Step::Image)?.evidence;
    match (&evidence.image, &evidence.smoke) {
        (None, _) => Some("the record has no image".into()),
        (_, None) if wanted.smoke.is_some() => {
            Some("modelgate.yml asks for a smoke test of the image, and the record has none".into())
        }
        _ => None,
    }
}

fn missing(step: Step, record: &Record) -> Option<String> {
    match record.step(step) {
        // It is done of a file that does not mention it too.
        None if step == Step::Lint => {
            Some("lint is done unless modelgate.yml turns it off, and the record has no lint".into())
        }
        None => Some(format!("modelgate.yml asks for {step}, and the record has no {step}")),
        Some(done) if done.outcome.is_good() => None,
        Some(done) => Some(format!("{step} {}: {}", done.outcome.word(), done.because)),
    }
}

/// The steps before the gate that must have been good.
fn asked_for(config: &Config) -> Vec<Step> {
    Step::ALL
        .into_iter()
        .take_while(|step| *step < Step::Gate)
        .filter(|step| match step {
            Step::Lint => !config.lint.python.is_empty() || !config.lint.script.commands.is_empty(),
            Step::Evaluate => true,
            Step::Test => config.test.is_some(),
            Step::Data => config.data.is_some(),
            Step::Train => config.train.is_some(),
            Step::Image => config.image.is_some(),
            Step::Gate | Step::Report | Step::Deploy | Step::Retrain => false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{BaselineSource, Evaluate, Gate, Lint, Script, Test, Train, WithoutBaseline};
    use std::collections::BTreeMap;

    use crate::context::Context;
    use crate::name::{Digest, MetricName, ModelName};
    use crate::record::{Estimate, Evidence, Outcome, Predictions, Repeat, StepRecord, Task};

    fn model(name: &str) -> ModelName {
        ModelName::new(name).unwrap()
    }

    fn config() -> Config {
        let script = Script::default();
        Config {
            model: model("churn"),
            lint: Lint { python: vec!["**/*.py".into()], script: script.clone() },
            test: Some(Test { script: script.clone(), junit: Vec::new() }),
            data: None,
            train: Some(Train { script: script.clone(), inputs: Vec::new(), outputs: Vec::new() }),
            evaluate: Evaluate {
                script,
                inputs: Vec::new(),
                outputs: Vec::new(),
                metrics: Vec::new(),
                predictions: None,
                baseline_model: None,
                repeats: 1,
            },
            image: None,
            gate: Gate {
                baseline: BaselineSource::None,
                without_baseline: WithoutBaseline::Pass,
                confidence: None,
                correction: crate::config::Correction::Holm,
                rules: Vec::new(),
                cut: Vec::new(),
            },
            report: crate::config::Report::default(),
            deploy: Vec::new(),
            retrain: crate::config::Retrain::default(),
            unavailable: Vec::new(),
        }
    }

    fn record(steps: &[(Step, Outcome)]) -> Record {
        let mut record = Record::new("1".into(), model("churn"), String::new(), Context::default());
        for (step, outcome) in steps {
            record.put(StepRecord {
                step: *step,
                outcome: *outcome,
                because: "of a reason".into(),
                help: None,
                started: String::new(),
                seconds: 0.0,
                findings: Vec::new(),
                evidence: Evidence::default(),
            });
        }
        record
    }

    const GOOD: [(Step, Outcome); 4] = [
        (Step::Lint, Outcome::Passed),
        (Step::Test, Outcome::Passed),
        (Step::Train, Outcome::Restored),
        (Step::Evaluate, Outcome::Passed),
    ];

    #[test]
    fn a_whole_record_may_be_judged() {
        assert_eq!(unproven(&config(), &record(&GOOD)), None);
    }

    #[test]
    fn each_step_that_is_missing_or_not_good_is_a_reason_not_to_judge() {
        for index in 0..GOOD.len() {
            let mut steps = GOOD.to_vec();
            for outcome in [Outcome::Failed, Outcome::Faulted, Outcome::Skipped] {
                steps[index].1 = outcome;
                let reason = unproven(&config(), &record(&steps)).unwrap();
                assert_eq!(reason, format!("{} {}: of a reason", steps[index].0, outcome.word()));
            }
            let (step, _) = steps.remove(index);
            let reason = unproven(&config(), &record(&steps)).unwrap();
            assert!(reason.ends_with(&format!(", and the record has no {step}")), "{reason}");
        }
    }

    #[test]
    fn who_lacks_a_step_is_told_the_commands_that_do_it() {
        let help = |without: Step| {
            let steps: Vec<_> = GOOD.into_iter().filter(|(step, _)| *step != without).collect();
            let finding = incomplete(&config(), &record(&steps)).unwrap();
            assert_eq!(finding.code, "unproven");
            finding.help.unwrap()
        };
        insta::assert_snapshot!([Step::Lint, Step::Train, Step::Evaluate].map(help).join("\n"), @r"
        run `modelgate run`, or `modelgate lint`, `modelgate test`, `modelgate train`, `modelgate evaluate`, and then the gate; `lint: { python: [] }` in modelgate.yml asks for no lint
        run `modelgate run`, or `modelgate train`, `modelgate evaluate`, and then the gate
        run `modelgate run`, or `modelgate evaluate`, and then the gate
        ");
        assert_eq!(incomplete(&config(), &record(&GOOD)), None);
    }

    #[test]
    fn the_record_of_another_model_is_not_judged() {
        let config = Config { model: model("other"), ..config() };
        assert!(
            unproven(&config, &record(&GOOD)).is_some_and(|reason| reason.contains("of the model churn"))
        );
    }

    #[test]
    fn a_step_that_is_no_longer_asked_for_is_not_missed() {
        let lint = Lint { python: Vec::new(), script: Script::default() };
        let config = Config { lint, test: None, train: None, ..config() };
        assert_eq!(unproven(&config, &record(&[GOOD[3]])), None);
    }

    const PREDICTED: &str = "version: 1\nmodel: churn\nlint: { python: [] }\n\
        evaluate:\n  run: x\n  repeats: 2\n  predictions: { path: p.csv, truth: y, predicted: z, slices: [region] }\n\
        gate:\n  confidence: 0.9\n  rules: { accuracy: { min: 0.8, slices: region } }\n";

    /// A record of what [`PREDICTED`] asks for.
    fn predicted() -> Record {
        let metric = |name: &str| MetricName::new(name).unwrap();
        let estimate = Estimate { value: 0.9, interval: None, method: None };
        let mut record = record(&GOOD[3..]);
        let evidence = &mut record.steps[0].evidence;
        evidence.repeats = (0..2).map(|seed| Repeat { seed, metrics: BTreeMap::new() }).collect();
        evidence.predictions = Some(Predictions {
            rows: 100,
            task: Task::Binary,
            set: Digest::from_bytes([0; 32]),
            specification: crate::config::parse(PREDICTED)
                .unwrap()
                .evaluate
                .predictions
                .unwrap()
                .specification(),
            files: BTreeMap::new(),
            confidence: 0.9,
            positive: None,
            estimates: [(metric("accuracy"), estimate)].into(),
            slices: vec![Slice {
                by: "region".into(),
                name: "region=sea".into(),
                rows: 5,
                small: true,
                estimates: BTreeMap::new(),
            }],
            confusion: None,
            calibration: Vec::new(),
            curves: None,
        });
        record
    }

    #[test]
    fn an_evaluation_of_before_the_file_was_changed_is_not_judged() {
        let told = |file: &str| {
            let config = crate::config::parse(file).unwrap();
            unproven(&config, &predicted()).unwrap_or_else(|| "nothing".into())
        };
        let with = |old: &str, new: &str| {
            assert!(PREDICTED.contains(old));
            told(&PREDICTED.replace(old, new))
        };
        assert_eq!(told(PREDICTED), "nothing");
        let mut without = predicted();
        without.steps[0].evidence.predictions = None;
        let none = unproven(&crate::config::parse(PREDICTED).unwrap(), &without).unwrap();
        let found = [
            none,
            with("confidence: 0.9", "confidence: 0.99"),
            with("  confidence: 0.9\n", ""),
            with("truth: y,", "truth: y, weight: w,"),
            with("truth: y,", "truth: y, bins: 5,"),
            with("  repeats: 2\n", ""),
            with("repeats: 2", "repeats: 3"),
            with("slices: [region] }", "slices: [region], small-slice: 5 }"),
            told(&PREDICTED.replace("region] }", "region], metrics: f1 }").replace("accuracy:", "f1:")),
            told(&PREDICTED.replace("region", "plan")),
        ];
        insta::assert_snapshot!(found.join("\n"));
    }
}
