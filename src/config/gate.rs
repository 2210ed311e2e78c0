//! The gate's part of the file: the baseline and the rules.

mod direction;
mod slices;

pub use direction::doubts;

use super::computed::Computed;
use super::paths::{Reach, check_path};
use super::source::{KeyPath, Source};
use super::{BaselineSource, Bound, Gate, Rule, raw};
use crate::document::{Segment, shown};
use crate::name::MetricName;
use crate::record::{MetricValue, RuleKind};
use crate::step::Step;

const AN_EXAMPLE: &str = "write a bound, such as `{ min: 0.85 }`; \
    the kinds are `min`, `max`, `max-drop`, `max-rise`, `min-gain` and `equals`";

/// Validates the section, whose rules are about what is `computed`. None only when there is a problem.
pub(super) fn gate(source: &mut Source<'_>, raw: raw::Gate, computed: &Computed<'_>) -> Option<Gate> {
    let path = KeyPath::of(&["gate"]);
    let confidence = confidence(source, &path.key("confidence"), raw.confidence);
    correction(source, &path, raw.correction);
    let mut rules = rules(source, &path.key("rules"), raw.rules, computed);
    let warnings = warnings(source, &path.key("warn"), raw.warn, computed);
    rules.extend(warnings.into_iter().map(|rule| Rule { warn: true, ..rule }));
    let baseline = baseline(source, &path.key("baseline"), raw.baseline.as_deref(), &rules);
    Some(Gate {
        baseline: baseline?,
        without_baseline: raw.without_baseline.unwrap_or_default(),
        confidence,
        correction: raw.correction.unwrap_or_default(),
        rules,
        cut: computed.predictions().map(slices::cut).unwrap_or_default(),
    })
}

fn confidence(source: &mut Source<'_>, path: &KeyPath, confidence: Option<raw::Number>) -> Option<f64> {
    let raw::Number(confidence) = confidence?;
    if confidence <= 0.0 || confidence >= 1.0 {
        let message = format!("a confidence of {confidence} is not between 0 and 1");
        source.value(path, message, "write it as a fraction, such as 0.95");
    }
    Some(confidence)
}

fn correction(source: &mut Source<'_>, gate: &KeyPath, correction: Option<raw::Correction>) {
    if correction.is_some() && !source.has(&gate.key("confidence")) {
        let help = "add `confidence: 0.95`, or remove it: values that decide by themselves are no tests";
        source.key(&gate.key("correction"), "`correction` means nothing without `confidence`", help);
    }
}

fn baseline(
    source: &mut Source<'_>,
    path: &KeyPath,
    text: Option<&str>,
    rules: &[Rule],
) -> Option<BaselineSource> {
    let compares = rules.iter().find(|rule| rule.kind.compares());
    match text {
        None if compares.is_some() => Some(BaselineSource::DefaultBranch),
        None => Some(BaselineSource::None),
        Some("none") => {
            if let Some(rule) = compares {
                let (metric, kind) = (shown(rule.metric.as_str()), rule.kind.word());
                let message = format!("there is no baseline for `{kind}` of «{metric}» to compare with");
                let help = "remove `baseline: none`, or the rules that compare: `max-drop`, `max-rise` and `min-gain`";
                source.value(path, message, help);
            }
            Some(BaselineSource::None)
        }
        Some("default-branch") => Some(BaselineSource::DefaultBranch),
        // Never asked: the gate as a whole is unavailable.
        Some("production") => Some(BaselineSource::Deployed("production".into())),
        Some("registry") => {
            source.unavailable(Step::Gate, path, true);
            Some(BaselineSource::None)
        }
        Some(file) => baseline_file(source, path, file),
    }
}

fn baseline_file(source: &mut Source<'_>, path: &KeyPath, file: &str) -> Option<BaselineSource> {
    // A mistyped word must not pass for a file that nobody has written yet.
    if !file.trim().is_empty() && !file.contains(['/', '\\', '.']) {
        let help = super::suggest::nearest(file, &["none", "default-branch", "production"]).map_or_else(
            || {
                "write `none`, `default-branch`, `production`, or a file with a `/` or a `.` in its path"
                    .to_owned()
            },
            |word| format!("did you mean «{word}»? A file has a `/` or a `.` in its path"),
        );
        source.value(path, format!("unknown baseline «{}»", shown(file)), help);
        return None;
    }
    check_path(source, path, file, Reach::Anywhere).then(|| BaselineSource::File(file.to_owned()))
}

type Named = raw::Ordered<raw::Rules>;

fn rules(source: &mut Source<'_>, path: &KeyPath, raw: Option<Named>, computed: &Computed<'_>) -> Vec<Rule> {
    match raw {
        None if source.has(path) => Vec::new(),
        None => {
            let gate = KeyPath(path.0[..1].to_vec());
            source.key(
                &gate,
                "`gate.rules` is missing",
                "say what must hold, such as `rules: { accuracy: { min: 0.85 } }`",
            );
            Vec::new()
        }
        Some(raw::Ordered(rules)) => {
            if source.node(path).and_then(|node| node.entries()).is_some_and(<[_]>::is_empty) {
                let help = "a gate without a rule would approve anything; write one, such as `accuracy: { min: 0.85 }`";
                source.value(path, "there is no rule", help);
            }
            each(source, path, rules, computed)
        }
    }
}

/// The rules that never block; they are there only where somebody wrote some.
fn warnings(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<Named>,
    computed: &Computed<'_>,
) -> Vec<Rule> {
    let raw::Ordered(rules) = raw.unwrap_or(raw::Ordered(Vec::new()));
    if source.node(path).and_then(|node| node.entries()).is_some_and(<[_]>::is_empty) {
        source.value(path, "there is no rule", "write one, such as `accuracy: { min: 0.9 }`, or remove it");
    }
    each(source, path, rules, computed)
}

fn each(
    source: &mut Source<'_>,
    path: &KeyPath,
    rules: Vec<(String, raw::Rules)>,
    computed: &Computed<'_>,
) -> Vec<Rule> {
    let about = |(metric, raw): (String, raw::Rules)| {
        metric_rules(source, &path.key(&metric), &metric, raw, computed)
    };
    rules.into_iter().flat_map(about).collect()
}

/// The rules about one metric, in the order of the keys as written.
fn metric_rules(
    source: &mut Source<'_>,
    path: &KeyPath,
    metric: &str,
    raw: raw::Rules,
    computed: &Computed<'_>,
) -> Vec<Rule> {
    let name = MetricName::new(metric);
    if name.is_err() {
        let help = "use one line of at most 256 characters, as the metrics file spells it";
        source.key(path, format!("«{}» is not a metric name", shown(metric)), help);
    }
    consistent(source, path, &raw);
    let is_computed = name.is_err() || computed.check(source, path, metric);
    // What nobody computes has no slices either, and one problem is enough.
    let slices = if is_computed { slices::slices(source, path, metric, &raw, computed) } else { None };
    let ours = computed.better(metric);
    if let Some(ours) = ours {
        direction::check(source, path, metric, &raw, ours);
    }
    let better = raw.better.or(ours).unwrap_or_default();
    let mut bounds = bounds(&raw);
    let written: Vec<&String> =
        source.node(path).and_then(|node| node.entries()).into_iter().flatten().map(|(key, _)| key).collect();
    bounds.sort_by_key(|(kind, ..)| written.iter().position(|key| *key == kind.word()));
    let Ok(metric) = name else { return Vec::new() };
    bounds
        .into_iter()
        .map(|(kind, bound, relative)| Rule {
            metric: metric.clone(),
            kind,
            bound,
            relative,
            better,
            slices: slices.clone(),
            warn: false,
        })
        .collect()
}

fn bounds(raw: &raw::Rules) -> Vec<(RuleKind, MetricValue, bool)> {
    let plain = |number: raw::Number| (MetricValue::Number(number.0), false);
    let compared = |bound| match bound {
        Bound::Absolute(number) => (MetricValue::Number(number), false),
        Bound::Relative(share) => (MetricValue::Number(share), true),
    };
    [
        (RuleKind::Min, raw.min.map(plain)),
        (RuleKind::Max, raw.max.map(plain)),
        (RuleKind::MaxDrop, raw.max_drop.map(compared)),
        (RuleKind::MaxRise, raw.max_rise.map(compared)),
        (RuleKind::MinGain, raw.min_gain.map(compared)),
        (RuleKind::Equals, raw.equals.as_ref().map(|value| (exact(value), false))),
    ]
    .into_iter()
    .filter_map(|(kind, bound)| bound.map(|(bound, relative)| (kind, bound, relative)))
    .collect()
}

fn exact(value: &raw::Scalar) -> MetricValue {
    match value {
        raw::Scalar::Bool(value) => MetricValue::Text(value.to_string()),
        #[expect(clippy::cast_precision_loss, reason = "a metric is a 64-bit float everywhere")]
        raw::Scalar::Integer(value) => MetricValue::Number(*value as f64),
        raw::Scalar::Number(value) => MetricValue::Number(*value),
        raw::Scalar::Text(text) => MetricValue::Text(text.clone()),
    }
}

/// What rules about one metric cannot say together.
fn consistent(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Rules) {
    const KNOWN: [&str; 8] = ["min", "max", "max-drop", "max-rise", "min-gain", "equals", "better", "slices"];
    let has = |source: &Source<'_>, key: &str| source.has(&path.key(key));
    // A key that nobody knows is a mistake of its own, and probably the rule that was meant.
    if source.keys(path).all(|key| KNOWN.contains(&key))
        && !RuleKind::ALL.iter().any(|kind| has(source, kind.word()))
    {
        let metric = match path.0.last() {
            Some(Segment::Key(key)) => shown(key),
            _ => String::new(),
        };
        source.key(path, format!("nothing must hold of «{metric}»"), AN_EXAMPLE);
    }
    if let (Some(min), Some(max)) = (raw.min, raw.max)
        && min.0 > max.0
    {
        let message = format!("min {} is above max {}, so no value can hold", min.0, max.0);
        source.value(&path.key("min"), message, "swap them, or correct one");
    }
    if raw.equals.is_some() && (has(source, "min") || has(source, "max")) {
        let help = "keep `equals`, or `min` and `max`";
        source.key(
            &path.key("equals"),
            "`equals` stands beside `min` or `max`, and says all that they could",
            help,
        );
    }
    if raw.better.is_some() && !has(source, "min-gain") {
        let help = "remove it, or add `min-gain`; the other rules say themselves which way is better";
        source.key(&path.key("better"), "`better` means nothing without `min-gain`", help);
    }
    for (key, bound) in [("max-drop", raw.max_drop), ("max-rise", raw.max_rise), ("min-gain", raw.min_gain)] {
        if let Some(Bound::Absolute(number) | Bound::Relative(number)) = bound
            && number < 0.0
        {
            source.value(&path.key(key), format!("`{key}` is negative"), "write how far, without a sign");
        }
    }
}
