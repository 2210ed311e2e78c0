//! Predictions in the record: the labels and the names of slices are what the data says.

use std::collections::BTreeMap;

use super::Redaction;
use crate::record::{Comparison, Confusion, Curves, Pairing, Predictions, Repeat, Slice, Threshold};

/// The names of slices, by which rules and the baseline's slices are matched.
pub(super) fn names(predictions: &Predictions) -> impl Iterator<Item = &str> {
    predictions.slices.iter().map(|slice| slice.name.as_str())
}

impl Redaction {
    /// What is told apart by its name is not recorded under a name that holds a secret: under another it would be
    /// another.
    pub(super) fn named<K: ToString + Ord, V>(&mut self, map: BTreeMap<K, V>) -> BTreeMap<K, V> {
        map.into_iter().filter(|(name, _)| self.is_clean(&name.to_string())).collect()
    }

    pub(super) fn predictions(&mut self, predictions: Predictions) -> Predictions {
        let Predictions {
            rows,
            task,
            set,
            specification,
            files,
            confidence,
            positive,
            estimates,
            slices,
            confusion,
            calibration,
            curves,
        } = predictions;
        Predictions {
            rows,
            task,
            set,
            specification,
            files: self.named(files),
            confidence,
            positive: positive.map(|label| self.text(&label)),
            estimates: self.named(estimates),
            slices: slices.into_iter().filter_map(|slice| self.slice(slice)).collect(),
            confusion: confusion.map(|confusion| self.confusion(confusion)),
            calibration,
            curves: curves.map(|curves| self.curves(curves)),
        }
    }

    fn slice(&mut self, slice: Slice) -> Option<Slice> {
        let Slice { by, name, rows, small, estimates } = slice;
        let is_clean = self.is_clean(&by) && self.is_clean(&name);
        is_clean.then(|| Slice { by, name, rows, small, estimates: self.named(estimates) })
    }

    fn confusion(&mut self, confusion: Confusion) -> Confusion {
        let Confusion { labels, counts } = confusion;
        Confusion { labels: labels.iter().map(|label| self.text(label)).collect(), counts }
    }

    fn curves(&mut self, curves: Curves) -> Curves {
        let Curves { roc, precision_recall, thresholds } = curves;
        let thresholds = thresholds.into_iter().map(|found| {
            let Threshold { target, at_least, threshold, precision, recall } = found;
            Threshold { target: self.text(&target), at_least, threshold, precision, recall }
        });
        Curves { roc, precision_recall, thresholds: thresholds.collect() }
    }

    pub(super) fn comparison(&mut self, comparison: Comparison) -> Comparison {
        let Comparison { pairing, rows, doubt, confidence, changes, slices } = comparison;
        let pairing = match pairing {
            Pairing::Unpaired(why) => Pairing::Unpaired(self.text(&why)),
            Pairing::Id | Pairing::Row => pairing,
        };
        let slices = self.named(slices);
        let slices = slices.into_iter().map(|(name, changes)| (name, self.named(changes))).collect();
        let doubt = doubt.map(|doubt| self.text(&doubt));
        Comparison { pairing, rows, doubt, confidence, changes: self.named(changes), slices }
    }

    pub(super) fn repeat(&mut self, repeat: Repeat) -> Repeat {
        let Repeat { seed, metrics } = repeat;
        Repeat { seed, metrics: self.named(metrics) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::OsString;

    use crate::engine::redact::Redaction;
    use crate::name::{Digest, MetricName};
    use crate::record::{
        Baseline, Comparison, Confusion, Curves, Estimate, Evidence, Outcome, Pairing, Predictions, Repeat,
        Slice, StepRecord, Task, Threshold,
    };
    use crate::step::Step;

    const SECRET: &str = "hunter2";

    fn predictions() -> Predictions {
        let metric = |name: &str| MetricName::new(name).unwrap();
        let estimate = Estimate { value: 0.5, interval: None, method: None };
        let digest = Digest::from_bytes([0; 32]);
        let named = |name: String| Slice {
            by: "region".into(),
            name,
            rows: 1,
            small: false,
            estimates: [(metric("accuracy"), estimate), (metric("hunter2"), estimate)].into(),
        };
        Predictions {
            rows: 1,
            task: Task::Binary,
            set: digest,
            specification: digest,
            files: [("hunter2.csv".to_owned(), digest), ("p.csv".to_owned(), digest)].into(),
            confidence: 0.95,
            positive: Some(SECRET.into()),
            estimates: [(metric("accuracy"), estimate), (metric("hunter2"), estimate)].into(),
            slices: vec![named(format!("region={SECRET}")), named("region=north".into())],
            confusion: Some(Confusion { labels: vec!["yes".into(), SECRET.into()], counts: Vec::new() }),
            calibration: Vec::new(),
            curves: Some(Curves {
                thresholds: vec![Threshold {
                    target: SECRET.into(),
                    at_least: 0.5,
                    threshold: None,
                    precision: None,
                    recall: None,
                }],
                ..Curves::default()
            }),
        }
    }

    #[test]
    fn nothing_of_predictions_holds_a_secret() {
        let mut redaction = Redaction::new(&[OsString::from(SECRET)]);
        let evidence = Evidence {
            predictions: Some(predictions()),
            repeats: vec![Repeat { seed: 0, metrics: [(MetricName::new("hunter2").unwrap(), 0.5)].into() }],
            means: predictions().estimates,
            ..Evidence::default()
        };
        let step = redaction.step(StepRecord {
            step: Step::Evaluate,
            outcome: Outcome::Passed,
            because: String::new(),
            help: None,
            started: String::new(),
            seconds: 0.0,
            findings: Vec::new(),
            evidence,
        });
        let text = serde_json::to_string(&step).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(step.outcome, Outcome::Failed, "a slice that is gone must not pass for none");
        let kept = step.evidence.predictions.unwrap();
        assert_eq!(kept.slices.len(), 1);
        assert_eq!(kept.confusion.unwrap().labels, ["yes", "***"]);

        let comparison = Comparison {
            pairing: Pairing::Unpaired(format!("{SECRET} is gone")),
            rows: 1,
            doubt: Some(format!("{SECRET} differs")),
            confidence: 0.95,
            changes: predictions().estimates,
            slices: [(format!("region={SECRET}"), predictions().estimates)].into(),
        };
        let baseline = redaction.baseline(Baseline {
            predictions: Some(Box::new(predictions())),
            comparison: Some(Box::new(comparison)),
            ..Baseline::default()
        });
        let text = serde_json::to_string(&baseline).unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}
