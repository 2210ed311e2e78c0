//! One rule, one candidate's value, one baseline's value: what it comes to, and why. How sure the values are is
//! weighed afterwards.

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
    /// What the rule came down to; none where no number was held against another.
    pub edge: Option<Edge>,
}

/// What a rule about numbers comes down to: one value, and the edge that it must not cross.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub limit: Limit,
    /// The candidate's value; where rows were compared, the baseline's and the change on these rows.
    pub value: f64,
    /// The baseline's value, and whether the bound is a share of it; only of a rule that compares.
    pub against: Option<(f64, bool)>,
}

/// What there is to compare with.
#[derive(Debug, Clone)]
pub enum Reference {
    /// There is no baseline at all.
    None(WithoutBaseline),
    /// There is one that cannot be read, so nobody knows whether the candidate is worse.
    Unreadable,
    /// There is a baseline, and it does not have the metric.
    Lacks(WithoutBaseline),
    /// There is a baseline, and it does not have the slice.
    LacksSlice(WithoutBaseline),
    /// The baseline's value.
    Value(MetricValue),
}

/// The number, where it is one that can be compared.
pub fn finite(value: &MetricValue) -> Option<f64> {
    value.number().filter(|number| number.is_finite())
}

/// Decides a rule about a metric that was measured. `change` is that on the rows that were compared, candidate minus
/// baseline; where it is none, it is that of the values.
pub fn decide(rule: &Rule, value: &MetricValue, reference: &Reference, change: Option<f64>) -> Decision {
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
        None => compared(rule, number, bound, reference, change),
    }
}

impl Decision {
    /// The same, and not decided, because of something that is said as the end of a sentence.
    pub fn unless(self, but: &str) -> Self {
        let because = format!("{}; but {but}", self.because);
        Self { outcome: RowOutcome::Inconclusive, because, ..self }
    }
}

/// A failure without a margin, because nothing could be measured.
pub fn fail(because: String) -> Decision {
    Decision { outcome: RowOutcome::Fail, margin: None, because, edge: None }
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
    if let MetricValue::Text(text) = value
        && matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity")
    {
        return fail(format!("the value is {text}, which is equal to nothing"));
    }
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
    Decision { outcome: outcome(holds), margin, because, edge: None }
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
    let edge = Some(Edge { limit, value, against: None });
    Decision { outcome: outcome(holds), margin: limit.margin(value), because, edge }
}

fn compared(rule: &Rule, value: f64, bound: f64, reference: &Reference, change: Option<f64>) -> Decision {
    let baseline = match reference {
        Reference::None(policy) => return without(*policy, "there is no baseline to compare with"),
        Reference::Unreadable => {
            let because = "the baseline cannot be read, so there is nothing to compare with".to_owned();
            return Decision { outcome: RowOutcome::Inconclusive, margin: None, because, edge: None };
        }
        Reference::Lacks(policy) => return without(*policy, "the baseline does not have this metric"),
        Reference::LacksSlice(policy) => return without(*policy, "the baseline does not have this slice"),
        Reference::Value(baseline) => baseline,
    };
    let Some(baseline) = finite(baseline) else {
        let word = rule.kind.word();
        return fail(format!("the baseline's value is {}; {word} needs a number", described(baseline)));
    };
    let told = change.filter(|change| !is_near(*change, value, baseline));
    let value = told.map_or(value, |change| baseline + change);
    if rule.relative && baseline == 0.0 && bound != 0.0 {
        return share_of_nothing(rule, value);
    }
    let allowance = Allowance { bound, relative: rule.relative };
    let Some(limit) = Limit::against(rule.kind, baseline, allowance, rule.better) else {
        return fail(format!("{} is no rule that compares", rule.kind.word()));
    };
    let holds = limit.holds(value);
    let because = comparison(rule, Pair { value, baseline, rows_of_both: told.is_some() }, allowance, holds);
    let edge = Some(Edge { limit, value, against: Some((baseline, rule.relative)) });
    Decision { outcome: outcome(holds), margin: limit.margin(value), because, edge }
}

/// Whether a change is the difference of the values but for rounding.
fn is_near(change: f64, value: f64, baseline: f64) -> bool {
    (change - (value - baseline)).abs() <= 1e-9 * (value.abs() + baseline.abs())
}

fn without(policy: WithoutBaseline, why: &str) -> Decision {
    match policy {
        WithoutBaseline::Pass => {
            let because = format!("{why}; not compared");
            Decision { outcome: RowOutcome::Pass, margin: None, because, edge: None }
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
    let unchanged = Allowance { bound: 0.0, relative: false };
    let edge = Limit::against(rule.kind, 0.0, unchanged, rule.better).map(|limit| Edge {
        limit,
        value,
        against: Some((0.0, false)),
    });
    Decision { outcome, margin: None, because, edge }
}

fn wants_higher(rule: &Rule) -> bool {
    match rule.kind {
        RuleKind::MaxDrop => true,
        RuleKind::MaxRise => false,
        _ => rule.better == Better::Higher,
    }
}

/// The two numbers of a comparison, and whether they are those of the rows that both sides have.
#[derive(Clone, Copy)]
struct Pair {
    value: f64,
    baseline: f64,
    rows_of_both: bool,
}

fn comparison(rule: &Rule, pair: Pair, allowance: Allowance, holds: bool) -> String {
    let Pair { value, baseline, rows_of_both } = pair;
    let (shown, base) = if rows_of_both {
        ("on the rows of both it".to_owned(), "the baseline".to_owned())
    } else {
        let (shown, base) = words::apart(value, baseline);
        (shown, format!("the baseline's {base}"))
    };
    let change = value - baseline;
    let bound =
        if allowance.relative { words::percent(allowance.bound) } else { words::number(allowance.bound) };
    let gain = if wants_higher(rule) { change } else { -change };
    let (towards, terms) = match rule.kind {
        RuleKind::MaxDrop if gain >= 0.0 => return format!("{shown} is not below {base}"),
        RuleKind::MaxDrop => ("below", format!("at most {bound} is allowed")),
        RuleKind::MaxRise if gain >= 0.0 => return format!("{shown} is not above {base}"),
        RuleKind::MaxRise => ("above", format!("at most {bound} is allowed")),
        _ if gain > 0.0 => ("better than", format!("at least {bound} is asked for")),
        _ if gain < 0.0 => ("worse than", format!("at least {bound} is asked for")),
        _ => return format!("{shown} is the baseline's value too; a gain of at least {bound} is asked for"),
    };
    let gap = gap(change.abs(), baseline, allowance, holds);
    format!("{shown} is {gap} {towards} {base}; {terms}")
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
