//! From metrics to the rules of the gate.

use crate::name::MetricName;

/// A rule as it will be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposal {
    pub metric: MetricName,
    /// Keys and their values as YAML.
    pub keys: Vec<(&'static str, String)>,
    pub comment: Option<String>,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Higher,
    Lower,
}

/// Enough to begin with; a person picks the rest.
const MOST: [(Way, usize); 2] = [(Way::Higher, 3), (Way::Lower, 2)];

/// Words of metrics of which more is worse. They are looked at first: `log_loss_score` is a loss.
const LOWER: [&str; 22] = [
    "loss",
    "logloss",
    "error",
    "err",
    "rmse",
    "mse",
    "mae",
    "mape",
    "smape",
    "rmsle",
    "brier",
    "wer",
    "cer",
    "ece",
    "perplexity",
    "latency",
    "deviance",
    "fpr",
    "fnr",
    "eer",
    "mdape",
    "hamming",
];

const HIGHER: [&str; 25] = [
    "accuracy",
    "acc",
    "f1",
    "f2",
    "precision",
    "recall",
    "auc",
    "auroc",
    "auprc",
    "ap",
    "map",
    "r2",
    "iou",
    "miou",
    "dice",
    "bleu",
    "ndcg",
    "mrr",
    "mcc",
    "kappa",
    "sensitivity",
    "specificity",
    "jaccard",
    "tpr",
    "gini",
];

/// Words of what only looks like a metric to judge by.
const ASIDE: [&str; 12] =
    ["train", "training", "std", "var", "count", "support", "n", "lower", "upper", "neg", "min", "epoch"];

fn way(name: &str) -> Option<Way> {
    let name = name.to_lowercase();
    let has = |list: &[&str]| name.split(|c: char| !c.is_alphanumeric()).any(|word| list.contains(&word));
    match () {
        () if has(&ASIDE) => None,
        () if has(&LOWER) => Some(Way::Lower),
        () if has(&HIGHER) => Some(Way::Higher),
        () => None,
    }
}

/// Whether a word names a metric that is known to be one.
pub(super) fn is_known(name: &str) -> bool {
    way(name).is_some()
}

/// Rules about the metrics whose better way is known, the plain names first; else one about the first that
/// has a value. None where nothing is known.
pub(super) fn propose(measured: &[(MetricName, Option<f64>)], compares: bool) -> Vec<Proposal> {
    let mut known: Vec<_> =
        measured.iter().filter_map(|(name, value)| Some((name, *value, way(name.as_str())?))).collect();
    // Metrics of a class or a slice are nested deeper than the one of the whole.
    known.sort_by_key(|(name, ..)| name.as_str().matches(['.', '/']).count());
    let mut left = MOST;
    known.retain(|(.., way)| {
        let left = left.iter_mut().find(|(kind, _)| kind == way).map(|(_, left)| left);
        left.is_some_and(|left| (*left > 0).then(|| *left -= 1).is_some())
    });
    let mut rules: Vec<Proposal> =
        known.into_iter().map(|(name, value, way)| rule(name, value, way)).collect();
    if rules.is_empty() {
        let first = measured.iter().find_map(|(name, value)| Some((name, (*value)?)));
        rules.extend(first.map(|(name, value)| undecided(name, value)));
    }
    if let Some(first) = rules.first_mut().filter(|_| compares) {
        let lower = first.keys.iter().any(|(key, _)| *key == "max");
        first.keys.push(if lower { ("max-rise", "10%".into()) } else { ("max-drop", "0.02".into()) });
    }
    rules
}

fn rule(name: &MetricName, value: Option<f64>, way: Way) -> Proposal {
    let (key, bound) = match (way, value) {
        (Way::Higher, Some(value)) => ("min", below(value)),
        (Way::Higher, None) => ("min", 0.5),
        (Way::Lower, Some(value)) => ("max", above(value)),
        (Way::Lower, None) => ("max", 1.0),
    };
    let comment = match value {
        Some(value) => format!("it is {} now", number(significant(value, 4))),
        None => "TODO: what it must reach".into(),
    };
    Proposal { metric: name.clone(), keys: vec![(key, number(bound))], comment: Some(comment) }
}

fn undecided(name: &MetricName, value: f64) -> Proposal {
    let now = number(significant(value, 4));
    let comment = format!("it is {now} now. TODO: `min` if more is better, `max` if less is");
    Proposal { metric: name.clone(), keys: vec![("min", number(below(value)))], comment: Some(comment) }
}

/// A bit below a value: for a share, two hundredths, rounded down to hundredths.
fn below(value: f64) -> f64 {
    if value.abs() <= 1.0 {
        // A value that is a whole number of hundredths must not fall by one more because of its last bit.
        let bound = ((value - 0.02) * 100.0 + 1e-6).floor() / 100.0;
        return if value >= 0.0 { bound.max(0.0) } else { bound };
    }
    significant(value - value.abs() * 0.05, 3)
}

/// A tenth above a value.
fn above(value: f64) -> f64 {
    if value == 0.0 { 0.01 } else { significant(value + value.abs() * 0.1, 3) }
}

fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

/// A number that YAML reads as the same number.
fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) { format!("{value:e}") } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(measured: &[(&str, Option<f64>)], compares: bool) -> Vec<String> {
        let measured: Vec<_> =
            measured.iter().map(|(name, value)| (MetricName::new(*name).unwrap(), *value)).collect();
        let show = |rule: Proposal| {
            let keys: Vec<_> = rule.keys.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{} {{ {} }}", rule.metric, keys.join(", "))
        };
        propose(&measured, compares).into_iter().map(show).collect()
    }

    #[test]
    fn bounds_leave_a_little_room() {
        let found = [
            ("accuracy", Some(0.964_912)),
            ("log_loss", Some(0.094_3)),
            ("f1", Some(1.0)),
            ("r2", Some(0.015)),
        ];
        assert_eq!(
            shown(&found, true),
            [
                "accuracy { min: 0.94, max-drop: 0.02 }",
                "log_loss { max: 0.104 }",
                "f1 { min: 0.98 }",
                "r2 { min: 0 }"
            ]
        );
        assert_eq!(shown(&[("rmse", Some(412.7))], true), ["rmse { max: 454, max-rise: 10% }"]);
        assert_eq!(shown(&[("acc", Some(87.5))], false), ["acc { min: 83.1 }"], "a percentage");
        assert_eq!(shown(&[("acc", Some(0.9))], false), ["acc { min: 0.88 }"]);
    }

    #[test]
    fn a_slice_and_the_training_set_come_after_the_whole_or_not_at_all() {
        let found = ["a.f1", "b.f1", "c.f1", "f1", "train_accuracy", "confusion.true_negatives", "acc_std"];
        let found: Vec<_> = found.iter().map(|name| (*name, Some(0.5))).collect();
        assert_eq!(shown(&found, false), ["f1 { min: 0.48 }", "a.f1 { min: 0.48 }", "b.f1 { min: 0.48 }"]);
    }

    #[test]
    fn a_metric_that_nobody_knows_is_better_than_none() {
        assert_eq!(shown(&[("note", None), ("zeal", Some(3e20))], false), ["zeal { min: 2.85e20 }"]);
        assert_eq!(shown(&[("note", None)], true), [""; 0]);
        assert_eq!(shown(&[("f1", None)], true), ["f1 { min: 0.5, max-drop: 0.02 }"]);
    }
}
