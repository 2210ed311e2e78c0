//! Other bounds than those of the file: what would pass?

use super::judge::nearest;
use super::words;
use crate::config::{self, Gate, Rule};
use crate::name::MetricName;
use crate::record::{MetricValue, Record, RuleKind};

/// A bound that somebody wonders about: `accuracy.min=0.9`, `accuracy.max-drop=2%`.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    metric: MetricName,
    kind: RuleKind,
    bound: MetricValue,
    relative: bool,
    text: String,
}

/// How it is written.
const SHAPE: &str = "write METRIC.KIND=BOUND, such as `accuracy.min=0.9` or `accuracy.max-drop=2%`; the kinds are \
                     `min`, `max`, `max-drop`, `max-rise`, `min-gain` and `equals`";

impl std::str::FromStr for WhatIf {
    type Err = String;

    /// The last dot before the `=` sets the metric apart from the kind.
    fn from_str(text: &str) -> Result<Self, String> {
        // A name may hold a `=`, and so may a text that a metric is to equal: the kind tells where the bound begins.
        let halves = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
        let mut known = halves.filter_map(|(rule, bound)| {
            let (metric, word) = rule.rsplit_once('.')?;
            let kind = RuleKind::ALL.into_iter().find(|kind| kind.word() == word.trim())?;
            Some((metric.trim(), kind, bound.trim()))
        });
        let Some((metric, kind, bound)) = known.next() else { return Err(SHAPE.into()) };
        let metric = MetricName::new(metric).map_err(|_| format!("there is no name of a metric; {SHAPE}"))?;
        let (bound, relative) = self::bound(kind, bound)?;
        Ok(Self { metric, kind, bound, relative, text: text.trim().to_owned() })
    }
}

fn bound(kind: RuleKind, text: &str) -> Result<(MetricValue, bool), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    if kind == RuleKind::Equals {
        let value = number(text).map_or_else(|| MetricValue::Text(text.into()), MetricValue::Number);
        return Ok((value, false));
    }
    let (written, relative) = match text.strip_suffix('%') {
        Some(_) if !kind.compares() => {
            return Err(format!("`{}` wants a number: only what compares has a share", kind.word()));
        }
        Some(percent) => (number(percent).map(|percent| percent / 100.0), true),
        None => (number(text), false),
    };
    match written {
        Some(number) if kind.compares() && number < 0.0 => {
            Err(format!("`{}` is negative; write how far, without a sign", kind.word()))
        }
        Some(number) => Ok((MetricValue::Number(number), relative)),
        None if kind.compares() => Err(format!("`{}` wants a number, or a share such as 2%", kind.word())),
        None => Err(format!("`{}` wants a number", kind.word())),
    }
}

/// The policy with these bounds: in all rules of that metric and kind, else in a rule of their own at the end.
#[must_use]
pub fn with(policy: &Gate, what_ifs: &[WhatIf]) -> Gate {
    let mut policy = policy.clone();
    for what_if in what_ifs {
        let WhatIf { metric, kind, bound, relative, .. } = what_if.clone();
        let mut is_there = false;
        for rule in policy.rules.iter_mut().filter(|rule| rule.metric == metric && rule.kind == kind) {
            (rule.bound, rule.relative, is_there) = (bound.clone(), relative, true);
        }
        if !is_there {
            let better = config::better(metric.as_str()).unwrap_or_default();
            policy.rules.push(Rule { metric, kind, bound, relative, better, slices: None, warn: false });
        }
    }
    policy
}

/// What is wrong with a bound on a metric that the record does not have; none where it has all of them.
#[must_use]
pub fn unmeasured(what_ifs: &[WhatIf], record: &Record) -> Option<String> {
    let metrics = record.metrics();
    let what_if = what_ifs.iter().find(|what_if| !metrics.contains_key(&what_if.metric))?;
    let metric = what_if.metric.as_str();
    let meant = match nearest(metric, &metrics) {
        Some(near) => format!("did you mean {}?", words::quoted(near)),
        None => "`modelgate report` shows what was measured".to_owned(),
    };
    let [text, metric] = [what_if.text.as_str(), metric].map(words::quoted);
    Some(format!("--what-if {text}: the record has no metric {metric}; {meant}"))
}

/// The bounds as they were written, which mark a record that is judged by them.
#[must_use]
pub fn written(what_ifs: &[WhatIf]) -> Vec<String> {
    what_ifs.iter().map(|what_if| what_if.text.clone()).collect()
}

/// The sentence that says that nothing of this is so.
#[must_use]
pub fn note(what_ifs: &[WhatIf]) -> String {
    let written: Vec<String> =
        what_ifs.iter().map(|what_if| format!("«{}»", what_if.text.escape_debug())).collect();
    format!(
        "This is what would be with {}: nothing was written, and nothing is approved by it.",
        written.join(", ")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Better;
    use crate::config::parse;

    fn parsed(text: &str) -> Result<(String, RuleKind, MetricValue, bool), String> {
        let WhatIf { metric, kind, bound, relative, .. } = text.parse()?;
        Ok((metric.to_string(), kind, bound, relative))
    }

    #[test]
    fn the_last_dot_sets_the_kind_apart() {
        let number = MetricValue::Number;
        let cases = [
            ("accuracy.min=0.9", "accuracy", RuleKind::Min, number(0.9), false),
            ("smoke.latency_p95_ms.max=50", "smoke.latency_p95_ms", RuleKind::Max, number(50.0), false),
            ("accuracy.max-drop=2%", "accuracy", RuleKind::MaxDrop, number(0.02), true),
            ("a=b.min-gain= 1e-3 ", "a=b", RuleKind::MinGain, number(0.001), false),
            ("version.equals=v=2", "version", RuleKind::Equals, MetricValue::Text("v=2".into()), false),
            ("rows.equals=171", "rows", RuleKind::Equals, number(171.0), false),
        ];
        for (text, metric, kind, bound, relative) in cases {
            assert_eq!(parsed(text), Ok((metric.to_owned(), kind, bound, relative)), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_says_how_it_is_written() {
        for wrong in ["", "accuracy", "accuracy=0.9", "accuracy.mim=0.9", "accuracy.min", ".min=1", "min=1"] {
            let told = parsed(wrong).unwrap_err();
            assert!(told.contains("`max-rise`") && told.contains("METRIC.KIND=BOUND"), "{wrong}: {told}");
        }
        for wrong in ["a.min=high", "a.min=NaN", "a.min=5%", "a.max-drop=-1", "a.max-drop=x%", "a.max="] {
            assert!(parsed(wrong).unwrap_err().starts_with('`'), "{wrong}");
        }
    }

    #[test]
    fn a_rule_is_replaced_everywhere_or_added_at_the_end() {
        let config = parse(
            "version: 1\nmodel: m\nevaluate: { run: x, metrics: m.json }\n\
             gate: { warn: { a: { min: 0.9 } }, rules: { a: { min: 0.8, max-drop: 0.1 } } }\n",
        )
        .unwrap();
        let what_ifs =
            ["a.min=0.5", "a.max-drop=2%", "log_loss.min-gain=0.1"].map(|text| text.parse().unwrap());
        let rules = with(&config.gate, &what_ifs).rules;
        let told: Vec<_> = rules
            .iter()
            .map(|rule| {
                (rule.metric.as_str(), rule.kind, rule.bound.number().unwrap(), rule.relative, rule.warn)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("a", RuleKind::Min, 0.5, false, false),
                ("a", RuleKind::MaxDrop, 0.02, true, false),
                ("a", RuleKind::Min, 0.5, false, true),
                ("log_loss", RuleKind::MinGain, 0.1, false, false),
            ]
        );
        assert_eq!(rules[3].better, Better::Lower);
    }
}
