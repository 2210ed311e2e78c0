//! One rule, one candidate's value, one baseline's value: what it comes to, and why.

use super::limit::{Allowance, Limit};
use super::words;
use crate::config::{Better, Rule, WithoutBaseline};
use crate::record::{MetricValue, RowOutcome, RuleKind};

/// What a rule came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub outcome: RowOutcome,
    /// How far inside the bound, in the metric's own unit.
    pub margin: Option<f64>,
    /// Why, in one sentence.
    pub because: String,
}

/// What there is to compare with.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'a> {
    /// There is no baseline at all.
    None(WithoutBaseline),
    /// There is one that cannot be read, so nobody knows whether the candidate is worse.
    Unreadable,
    /// There is a baseline, and it does not have the metric.
    Lacks(WithoutBaseline),
    /// The baseline's value.
    Value(&'a MetricValue),
}

/// The number, where it is one that can be compared.
pub fn finite(value: &MetricValue) -> Option<f64> {
    value.number().filter(|number| number.is_finite())
}

/// Decides a rule about a metric that was measured.
pub fn decide(rule: &Rule, value: &MetricValue, reference: Reference<'_>) -> Decision {
    if rule.kind == RuleKind::Equals {
        return equals(value, &rule.bound);
    }
    let Some(number) = finite(value) else {
        return fail(format!("the value is {}; {} needs a number", described(value), rule.kind.word()));
    };
    let Some(bound) = finite(&rule.bound) else {
        return fail(format!("the bound is {}; {} needs a number", described(&rule.bound), rule.kind.word()));
    };
    match Limit::fixed(rule.kind, bound) {
        Some(limit) => fixed(limit, number, bound),
        None => compared(rule, number, bound, reference),
    }
}

/// A failure without a margin, because nothing could be measured.
pub fn fail(because: String) -> Decision {
    Decision { outcome: RowOutcome::Fail, margin: None, because }
}

fn described(value: &MetricValue) -> String {
    match value {
        MetricValue::Number(number) => number.to_string(),
        MetricValue::Text(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => text.clone(),
        MetricValue::Text(text) if text.parse::<f64>().is_ok() => {
            format!("the text {}, in quotes", words::quoted(text))
        }
        MetricValue::Text(text) => format!("the text {}", words::quoted(text)),
    }
}

fn equals(value: &MetricValue, bound: &MetricValue) -> Decision {
    let holds = match (value, bound) {
        // Exactly: who asks for «equals» counts something, or names something.
        (MetricValue::Number(value), MetricValue::Number(bound)) => value == bound,
        (MetricValue::Text(value), MetricValue::Text(bound)) => value == bound,
        _ => {
            let [value, bound] = [value, bound].map(kind_of);
            return fail(format!("the value is {value}, and equals asks for {bound}"));
        }
    };
    let margin = match (value.number(), bound.number()) {
        _ if value == bound => value.number().map(|_| 0.0),
        (Some(value), Some(bound)) => Some(-(value - bound).abs()).filter(|margin| margin.is_finite()),
        _ => None,
    };
    let (shown, wanted) = match (value.number(), bound.number()) {
        (Some(value), Some(bound)) => words::apart(value, bound),
        _ => (words::value(value), words::value(bound)),
    };
    let because = if holds { format!("it is {shown}") } else { format!("{shown} is not {wanted}") };
    Decision { outcome: outcome(holds), margin, because }
}

fn kind_of(value: &MetricValue) -> String {
    match value {
        MetricValue::Number(number) => format!("the number {}", words::number(*number)),
        MetricValue::Text(text) => format!("the text {}", words::quoted(text)),
    }
}

const fn outcome(holds: bool) -> RowOutcome {
    if holds { RowOutcome::Pass } else { RowOutcome::Fail }
}

fn fixed(limit: Limit, value: f64, bound: f64) -> Decision {
    let holds = limit.holds(value);
    let (within, beyond) = match limit {
        Limit::AtLeast { .. } => ("at least", "below"),
        Limit::AtMost { .. } => ("at most", "above"),
    };
    let because = if holds {
        format!("{} is {within} {}", words::number(value), words::number(bound))
    } else {
        let (shown, edge) = words::apart_exactly(value, bound);
        format!("{shown} is {beyond} {edge} by {}", words::number((value - bound).abs()))
    };
    Decision { outcome: outcome(holds), margin: limit.margin(value), because }
}

fn compared(rule: &Rule, value: f64, bound: f64, reference: Reference<'_>) -> Decision {
    let baseline = match reference {
        Reference::None(policy) => return without(policy, "there is no baseline to compare with"),
        Reference::Unreadable => {
            let because = "the baseline cannot be read, so there is nothing to compare with".to_owned();
            return Decision { outcome: RowOutcome::Inconclusive, margin: None, because };
        }
        Reference::Lacks(policy) => return without(policy, "the baseline does not have this metric"),
        Reference::Value(baseline) => baseline,
    };
    let Some(baseline) = finite(baseline) else {
        let word = rule.kind.word();
        return fail(format!("the baseline's value is {}; {word} needs a number", described(baseline)));
    };
    let allowance = Allowance { bound, relative: rule.relative };
    if rule.relative && baseline == 0.0 && bound != 0.0 {
        return share_of_nothing(rule, value);
    }
    let Some(limit) = Limit::against(rule.kind, baseline, allowance, rule.better) else {
        return fail(format!("{} is no rule that compares", rule.kind.word()));
    };
    let holds = limit.holds(value);
    let because = comparison(rule, value, baseline, allowance, holds);
    Decision { outcome: outcome(holds), margin: limit.margin(value), because }
}

fn without(policy: WithoutBaseline, why: &str) -> Decision {
    match policy {
        WithoutBaseline::Pass => {
            Decision { outcome: RowOutcome::Pass, margin: None, because: format!("{why}; not compared") }
        }
        WithoutBaseline::Fail => fail(format!("{why}; without-baseline: fail")),
    }
}

/// The rule asks for a percentage of 0.
fn share_of_nothing(rule: &Rule, value: f64) -> Decision {
    let gain = if wants_higher(rule) { value } else { -value };
    let (outcome, because) = match rule.kind {
        // Any gain at all is more than every percentage of nothing.
        RuleKind::MinGain if gain > 0.0 => {
            (RowOutcome::Pass, format!("{} is better than the baseline's 0", words::number(value)))
        }
        RuleKind::MinGain if gain < 0.0 => {
            (RowOutcome::Fail, format!("{} is worse than the baseline's 0", words::number(value)))
        }
        RuleKind::MaxDrop | RuleKind::MaxRise if gain >= 0.0 => {
            (RowOutcome::Pass, format!("{} is not worse than the baseline's 0", words::number(value)))
        }
        _ => (
            RowOutcome::Inconclusive,
            format!(
                "{} cannot be compared: a baseline of 0 has no percentage; write an absolute bound",
                words::number(value)
            ),
        ),
    };
    Decision { outcome, margin: None, because }
}

fn wants_higher(rule: &Rule) -> bool {
    match rule.kind {
        RuleKind::MaxDrop => true,
        RuleKind::MaxRise => false,
        _ => rule.better == Better::Higher,
    }
}

fn comparison(rule: &Rule, value: f64, baseline: f64, allowance: Allowance, holds: bool) -> String {
    let (shown, base) = words::apart(value, baseline);
    let change = value - baseline;
    let bound =
        if allowance.relative { words::percent(allowance.bound) } else { words::number(allowance.bound) };
    let gain = if wants_higher(rule) { change } else { -change };
    let (towards, terms) = match rule.kind {
        RuleKind::MaxDrop if gain >= 0.0 => return format!("{shown} is not below the baseline's {base}"),
        RuleKind::MaxDrop => ("below", format!("at most {bound} is allowed")),
        RuleKind::MaxRise if gain >= 0.0 => return format!("{shown} is not above the baseline's {base}"),
        RuleKind::MaxRise => ("above", format!("at most {bound} is allowed")),
        _ if gain > 0.0 => ("better than", format!("at least {bound} is asked for")),
        _ if gain < 0.0 => ("worse than", format!("at least {bound} is asked for")),
        _ => return format!("{shown} is the baseline's value too; a gain of at least {bound} is asked for"),
    };
    let gap = gap(change.abs(), baseline, allowance, holds);
    format!("{shown} is {gap} {towards} the baseline's {base}; {terms}")
}

/// The size of the change; of a relative rule as a percentage too. Never looks like a bound that it misses.
fn gap(change: f64, baseline: f64, allowance: Allowance, holds: bool) -> String {
    // Where the rule holds, digits that tell the two apart would only show the noise of the binary.
    let rival = |bound: f64, size: f64| if holds { size } else { bound };
    if allowance.relative && baseline != 0.0 {
        let share = change / baseline.abs();
        let (shown, _) = words::percents_apart(share, rival(allowance.bound, share));
        return format!("{shown} % ({})", words::number(change));
    }
    words::apart(change, rival(allowance.bound, change)).0
}
