//! The numbers as OpenMetrics text: GitLab's metrics report, and what a Pushgateway or a textfile collector takes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::text::is_hidden;
use super::{Report, slices};
use crate::record::{Aside, Conclusion, MetricValue, Outcome, RowOutcome};
use crate::step::Step;

/// Metrics, baselines, bounds, what each rule and step came to, and the conclusion. Ends with `# EOF`.
#[must_use]
pub fn render(report: &Report) -> String {
    let record = report.record;
    let model = ("model", record.model.as_str());
    let mut page = String::new();

    let mut run = Family::new("modelgate_run", "info", "The run that this is about.");
    let commit = record.context.commit.as_ref().map_or("", |commit| commit.as_str());
    let about = [model, ("run", &record.id), ("commit", commit), ("version", &record.modelgate)];
    run.add("_info", &about, 1.0);
    run.write(&mut page);

    let mut conclusion = Family::new("modelgate_conclusion", "stateset", "How the run ended.");
    conclusion.states(&[model], CONCLUSIONS.map(Conclusion::word), report.conclusion.word());
    conclusion.write(&mut page);

    let mut metrics = Family::new("modelgate_metric", "gauge", "The value of a metric of the candidate.");
    let mut texts = Family::new("modelgate_text", "info", "A metric of the candidate that is no number.");
    for (name, value) in record.metrics() {
        let metric = ("metric", name.as_str());
        match value {
            MetricValue::Number(number) => metrics.add("", &[model, metric], number),
            MetricValue::Text(text) => texts.add("_info", &[model, metric, ("value", &text)], 1.0),
        }
    }
    slices(report, &mut metrics);
    metrics.write(&mut page);
    texts.write(&mut page);
    intervals(report, &mut page);

    let mut baseline = Family::new("modelgate_baseline", "gauge", "The value of a metric of the baseline.");
    for (name, value) in record.baseline.iter().flat_map(|baseline| &baseline.metrics) {
        if let Some(number) = value.number() {
            baseline.add("", &[model, ("metric", name.as_str())], number);
        }
    }
    baseline.write(&mut page);

    rules(report, &mut page);
    steps(report, &mut page);
    page.push_str("# EOF\n");
    page
}

/// The slices of the metrics that have a rule, by their names: of all of them there can be too many for those
/// who store them.
fn slices(report: &Report, metrics: &mut Family) {
    let model = ("model", report.record.model.as_str());
    for sliced in slices::ruled(report) {
        for (slice, estimate) in sliced.slices {
            let labels = [model, ("metric", sliced.metric.as_str()), ("slice", slice.name.as_str())];
            metrics.add("", &labels, estimate.value);
        }
    }
}

/// The ends of the intervals: those of the rows, which decide, before those of the predictions.
fn intervals(report: &Report, page: &mut String) {
    let mut metric = Ends::new(
        ["modelgate_metric_low", "modelgate_metric_high"],
        ["The low end of a metric's interval.", "The high end of a metric's interval."],
    );
    let mut change = Ends::new(
        ["modelgate_change_low", "modelgate_change_high"],
        ["The low end of a change's interval.", "The high end of a change's interval."],
    );
    let mut by = Family::new("modelgate_change", "gauge", "A metric of the candidate minus the baseline's.");
    let model = report.record.model.as_str();
    let labels = |name, slice: Option<&'_ str>| labels(model, name, slice);
    for row in &report.rows {
        let labels = labels(row.metric.as_str(), row.slice.as_deref());
        metric.add(&labels, row.interval);
        change.add(&labels, row.change_interval);
        if let Some(number) = row.change {
            by.add("", &borrowed(&labels), number);
        }
    }
    let evaluate = report.record.step(Step::Evaluate);
    for (name, mean) in evaluate.iter().flat_map(|step| &step.evidence.means) {
        metric.add(&labels(name.as_str(), None), mean.interval);
    }
    for (name, estimate) in report.record.predictions().iter().flat_map(|it| &it.estimates) {
        metric.add(&labels(name.as_str(), None), estimate.interval);
    }
    for sliced in slices::ruled(report) {
        for (slice, estimate) in sliced.slices {
            metric.add(&labels(sliced.metric.as_str(), Some(&slice.name)), estimate.interval);
        }
    }
    metric.write(page);
    by.write(page);
    change.write(page);
}

/// The labels of a metric, of all of the data or of a part.
fn labels(model: &str, metric: &str, slice: Option<&str>) -> Vec<(&'static str, String)> {
    let mut labels = vec![("model", model.to_owned()), ("metric", metric.to_owned())];
    labels.extend(slice.map(|slice| ("slice", slice.to_owned())));
    labels
}

fn borrowed<'a>(labels: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    labels.iter().map(|(name, text)| (*name, text.as_str())).collect()
}

/// The two ends of intervals, a family each.
struct Ends {
    low: Family,
    high: Family,
}

impl Ends {
    const fn new([low, high]: [&'static str; 2], [of_low, of_high]: [&'static str; 2]) -> Self {
        Self { low: Family::new(low, "gauge", of_low), high: Family::new(high, "gauge", of_high) }
    }

    fn add(&mut self, labels: &[(&'static str, String)], ends: Option<[f64; 2]>) {
        if let Some([low, high]) = ends {
            self.low.add("", &borrowed(labels), low);
            self.high.add("", &borrowed(labels), high);
        }
    }

    fn write(&self, page: &mut String) {
        self.low.write(page);
        self.high.write(page);
    }
}

const CONCLUSIONS: [Conclusion; 6] = [
    Conclusion::Approved,
    Conclusion::Rejected,
    Conclusion::Inconclusive,
    Conclusion::Failed,
    Conclusion::Faulted,
    Conclusion::Cancelled,
];

fn rules(report: &Report, page: &mut String) {
    let help = "The bound of a rule. Where relative is true, a fraction of the baseline's value.";
    let mut bounds = Family::new("modelgate_bound", "gauge", help);
    let mut rules = Family::new("modelgate_rule", "stateset", "What a rule came to.");
    let states = [RowOutcome::Pass, RowOutcome::Fail, RowOutcome::Inconclusive].map(RowOutcome::word);
    for row in &report.rows {
        let mut labels = vec![
            ("model", report.record.model.as_str()),
            ("metric", row.metric.as_str()),
            ("rule", row.rule.word()),
        ];
        labels.extend(row.slice.as_deref().map(|slice| ("slice", slice)));
        // An alarm that wakes somebody leaves out what does not count.
        let aside = row.aside.map(|aside| match aside {
            Aside::Warn => "warn",
            Aside::Small => "small",
        });
        let with_aside: Vec<_> = labels.iter().copied().chain(aside.map(|aside| ("aside", aside))).collect();
        rules.states(&with_aside, states, row.outcome.word());
        if let Some(number) = row.bound.number() {
            labels.push(("relative", if row.relative { "true" } else { "false" }));
            bounds.add("", &labels, number);
        }
    }
    bounds.write(page);
    rules.write(page);
}

fn steps(report: &Report, page: &mut String) {
    let mut seconds = Family::new("modelgate_step_seconds", "gauge", "How long a step took.");
    let mut steps = Family::new("modelgate_step", "stateset", "How a step ended.");
    let mut findings = Family::new("modelgate_findings", "gauge", "How many findings a step has.");
    let states = [Outcome::Passed, Outcome::Restored, Outcome::Failed, Outcome::Faulted, Outcome::Skipped]
        .map(Outcome::word);
    for done in &report.record.steps {
        let labels = [("model", report.record.model.as_str()), ("step", done.step.word())];
        seconds.add("", &labels, done.seconds);
        steps.states(&labels, states, done.outcome.word());
        let count = u32::try_from(done.findings.len()).unwrap_or(u32::MAX);
        findings.add("", &labels, f64::from(count));
    }
    seconds.unit = Some("seconds");
    seconds.write(page);
    steps.write(page);
    findings.write(page);
}

/// A metric family in the making: all its samples stand together, and none twice.
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    unit: Option<&'static str>,
    seen: BTreeSet<String>,
    samples: String,
}

impl Family {
    const fn new(name: &'static str, kind: &'static str, help: &'static str) -> Self {
        Self { name, kind, help, unit: None, seen: BTreeSet::new(), samples: String::new() }
    }

    fn add(&mut self, suffix: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let series = format!("{}{suffix}{{{}}}", self.name, labels.join(","));
        if self.seen.insert(series.clone()) {
            let _ = writeln!(self.samples, "{series} {}", decimal(value));
        }
    }

    /// One sample a state, of which one is 1.
    fn states<const N: usize>(&mut self, labels: &[(&str, &str)], states: [&str; N], now: &str) {
        for state in states {
            let labels: Vec<(&str, &str)> = labels.iter().copied().chain([(self.name, state)]).collect();
            self.add("", &labels, f64::from(u8::from(state == now)));
        }
    }

    /// Writes nothing of a family without samples.
    fn write(&self, page: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let (name, kind, help) = (self.name, self.kind, self.help);
        let _ = writeln!(page, "# TYPE {name} {kind}");
        if let Some(unit) = self.unit {
            let _ = writeln!(page, "# UNIT {name} {unit}");
        }
        let _ = writeln!(page, "# HELP {name} {help}");
        page.push_str(&self.samples);
    }
}

/// The shortest decimal that reads back as the same number.
fn decimal(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".into(),
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        _ => format!("{value:?}"),
    }
}

/// The most characters of a label.
const LONGEST: usize = 300;

/// A label's value, as OpenMetrics escapes it. No two texts become the same: what would hide something is spelled out,
/// what is too long is cut, and such a value ends with a digest of the text.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut is_whole = true;
    for (place, c) in text.chars().enumerate() {
        if place == LONGEST {
            value.push('…');
            is_whole = false;
            break;
        }
        match c {
            '\n' => value.push_str("\\n"),
            '\\' => value.push_str("\\\\"),
            '"' => value.push_str("\\\""),
            _ if is_hidden(c) || matches!(c, '\u{2028}' | '\u{2029}') => {
                // The backslash that spells it is one of the text to who reads it.
                let _ = write!(value, "\\\\u{{{:x}}}", u32::from(c));
                is_whole = false;
            }
            _ => value.push(c),
        }
    }
    if !is_whole {
        let digest = Sha256::digest(text);
        // GitLab takes what follows a # for a remark.
        value.push_str(" ~");
        for byte in digest.iter().take(4) {
            let _ = write!(value, "{byte:02x}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::report::{compose, fixtures};

    /// Every sample belongs to the family above it, and stands there once.
    fn assert_is_openmetrics(name: &str, page: &str) {
        assert!(page.ends_with("\n# EOF\n"), "{name}");
        let mut family = String::new();
        let mut seen = BTreeSet::new();
        for line in page.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                family = kind.split(' ').next().unwrap_or_default().to_owned();
                assert!(seen.insert(family.clone()), "{name}: {line}");
            } else if !line.starts_with('#') {
                assert!(
                    line.starts_with(&family) && line[family.len()..].starts_with(['{', '_']),
                    "{name}: {line}"
                );
                let (series, value) = line.rsplit_once(' ').unwrap_or_default();
                assert!(value.parse::<f64>().is_ok() && series.ends_with("\"}"), "{name}: {line}");
                assert!(seen.insert(series.to_owned()), "{name}: {line}");
            }
        }
    }

    #[test]
    fn every_record_is_openmetrics() {
        for (name, record) in fixtures::all() {
            let page = render(&compose(&record, &[]));
            assert_is_openmetrics(name, &page);
            if !matches!(name, "failed_lint" | "failed_train" | "cancelled") {
                insta::assert_snapshot!(name, page);
            }
        }
    }

    #[test]
    fn no_two_names_are_one_label() {
        let long = "x".repeat(LONGEST);
        let names = [
            "a\nb",
            "a b",
            "a\\nb",
            "a\tb",
            "a\rb",
            "a\u{1b}b",
            "a\u{1b}[31mb",
            "a\\u{1b}b",
            "ab",
            "a\u{200b}b",
            "a\"b",
            "a\\\"b",
            &long,
            &format!("{long}1"),
            &format!("{long}2"),
        ];
        let labels: BTreeSet<String> = names.iter().map(|name| escaped(name)).collect();
        assert_eq!(labels.len(), names.len(), "{labels:#?}");
        assert!(labels.iter().all(|label| !label.chars().any(char::is_control)), "{labels:#?}");
        assert_eq!(escaped("a\n\"\\"), r#"a\n\"\\"#);
    }

    #[test]
    fn slices_with_names_that_look_alike_are_all_there() {
        let mut record = fixtures::measured();
        let evaluate = record.steps.iter_mut().find(|done| done.step == Step::Evaluate).expect("a step");
        let predictions = evaluate.evidence.predictions.as_mut().expect("predictions");
        let first = predictions.slices[0].clone();
        let names = ["a\nb", "a b", "a\u{1b}[1m b"];
        predictions.slices =
            names.map(|name| crate::record::Slice { name: name.into(), ..first.clone() }).into();
        let page = render(&compose(&record, &[]));
        assert_is_openmetrics("alike", &page);
        let values =
            page.lines().filter(|line| line.starts_with("modelgate_metric{") && line.contains("slice=\"a"));
        let metrics: BTreeSet<&str> = values.clone().filter_map(|line| line.split(",slice").next()).collect();
        assert_eq!(values.count(), names.len() * metrics.len());
        assert!(!metrics.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_openmetrics(record in fixtures::arbitrary()) {
            assert_is_openmetrics("any", &render(&compose(&record, &[])));
        }
    }
}
