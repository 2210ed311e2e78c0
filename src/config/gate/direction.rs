//! Which way is better: rules that would take a worse value for a better one.

use super::super::computed;
use super::super::source::{KeyPath, Source};
use super::super::{Better, Config, Rule, raw};
use crate::document::shown;
use crate::record::RuleKind;

/// Checks the rules about a metric that is measured here, of which `ours` is better.
pub(super) fn check(source: &mut Source<'_>, path: &KeyPath, metric: &str, raw: &raw::Rules, ours: Better) {
    if raw.better.is_some_and(|better| better != ours) {
        let message = format!("of «{}» {} is better", shown(metric), word(ours));
        source.value(&path.key("better"), message, "remove it: modelgate knows of what it computes");
    }
    let (from_below, from_above) = ([raw.min.is_some(), raw.max_drop.is_some()], above(raw));
    if ours == Better::Lower && from_below.contains(&true) && !from_above {
        let (wrong, right) = if from_below[1] { ("max-drop", "max-rise") } else { ("min", "max") };
        let message = format!(
            "of «{}» less is better, and `{wrong}` alone keeps it from getting better, not worse",
            shown(metric)
        );
        source.key(&path.key(wrong), message, format!("write `{right}`, or add it"));
    }
    if ours == Better::Higher && metric.starts_with(computed::SCORE) {
        p_value(source, path, metric, raw);
    }
}

/// Checks the rules about a p-value, which is low where there is drift: a highest value would hold because of it.
fn p_value(source: &mut Source<'_>, path: &KeyPath, metric: &str, raw: &raw::Rules) {
    let is_held =
        raw.min.is_some() || raw.max_drop.is_some() || raw.min_gain.is_some() || raw.equals.is_some();
    let (wrong, right) = match (raw.max, raw.max_rise) {
        _ if is_held => return,
        (Some(_), _) => ("max", "`min`, such as `min: 0.05`"),
        (None, Some(_)) => ("max-rise", "`max-drop`"),
        (None, None) => return,
    };
    let message = format!(
        "«{}» is a p-value, which is low where there is drift: `{wrong}` holds because the column has drifted",
        shown(metric)
    );
    let help =
        format!("write {right}; or choose a method for the column that gives a distance, such as `psi`");
    source.key(&path.key(wrong), message, help);
}

/// Whether something keeps the value from getting too high.
const fn above(raw: &raw::Rules) -> bool {
    raw.max.is_some() || raw.max_rise.is_some() || raw.min_gain.is_some() || raw.equals.is_some()
}

const fn word(better: Better) -> &'static str {
    match better {
        Better::Higher => "more",
        Better::Lower => "less",
    }
}

/// What is valid and probably not meant, as sentences: rules about metrics of a file by whose names less is better, and
/// which take more for better.
#[must_use]
pub fn doubts(config: &Config) -> Vec<String> {
    let here = computed::Computed::of(Some(&config.evaluate), config.image.as_ref(), config.data.as_ref());
    let rules = &config.gate.rules;
    let is_of_file = |rule: &&Rule| {
        let name = rule.metric.as_str();
        here.better(name).is_none()
            && !name.starts_with(computed::SCORE)
            && computed::better(name) == Some(Better::Lower)
    };
    rules.iter().filter(is_of_file).filter_map(|rule| doubt(rule, rules)).collect()
}

fn doubt(rule: &Rule, rules: &[Rule]) -> Option<String> {
    let from_above = |other: &Rule| match other.kind {
        RuleKind::Max | RuleKind::MaxRise | RuleKind::Equals => true,
        RuleKind::MinGain => other.better == Better::Lower,
        RuleKind::Min | RuleKind::MaxDrop => false,
    };
    let is_held = || rules.iter().any(|other| other.metric == rule.metric && from_above(other));
    let remedy = match rule.kind {
        RuleKind::MinGain if rule.better == Better::Higher => "add `better: lower`",
        RuleKind::MaxDrop if !is_held() => "write `max-rise`",
        RuleKind::Min if !is_held() => "write `max`",
        _ => return None,
    };
    let (name, kind) = (shown(rule.metric.as_str()), rule.kind.word());
    Some(format!("`{kind}` of «{name}» takes more for better; {remedy} if less is better, as its name says"))
}

#[cfg(test)]
#[path = "direction_tests.rs"]
mod tests;
