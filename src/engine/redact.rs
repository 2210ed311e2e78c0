//! Keeps secrets out of the record: what commands write into files (test names, metrics, messages) is read
//! after the streams' mask has done its work.

use std::collections::BTreeMap;
use std::ffi::OsString;

mod data;
mod predictions;

use super::mask::{Mask, SHORTEST};
use crate::finding::Finding;
use crate::name::MetricName;
use crate::record::{
    Baseline, BuildEvidence, BuildStep, CommandEvidence, Evidence, ImageEvidence, MetricValue, Outcome,
    SlowTest, SmokeEvidence, StepRecord, Tests,
};

/// Replaces secrets in texts by `***`, by the rule of the streams.
///
/// Structures are taken apart field by field and without `..`, so that a field that is added later cannot be
/// forgotten here.
pub struct Redaction {
    mask: Mask,
    /// The secrets as texts, to find one that was cut off.
    texts: Vec<String>,
}

impl Redaction {
    /// Redacts the values, and the forms that they have in a quoted or escaped text of ours.
    #[must_use]
    pub fn new(values: &[OsString]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for value in values {
            for line in value.to_string_lossy().lines().map(str::trim) {
                let json = serde_json::Value::from(line).to_string();
                let forms = [
                    line.to_owned(),
                    line.escape_debug().to_string(),
                    json.trim_matches('"').to_owned(),
                    line.replace('\'', r"'\''"),
                ];
                texts.extend(forms.into_iter().filter(|form| form.chars().count() >= SHORTEST));
            }
        }
        texts.sort_unstable();
        texts.dedup();
        let forms: Vec<OsString> = values.iter().cloned().chain(texts.iter().map(OsString::from)).collect();
        Self { mask: Mask::new(&forms), texts }
    }

    /// The text without secrets.
    pub fn text(&mut self, text: &str) -> String {
        if self.mask.is_empty() {
            return text.to_owned();
        }
        let mut masked = self.mask.take(text.as_bytes()).into_owned();
        masked.extend(self.mask.finish());
        self.without_stumps(String::from_utf8_lossy(&masked).into_owned())
    }

    /// Whether the text holds no secret.
    pub fn is_clean(&mut self, text: &str) -> bool {
        self.text(text) == text
    }

    /// Who shortens a text may cut a secret in two, and its beginning is then no secret that the mask knows.
    fn without_stumps(&self, text: String) -> String {
        if !text.contains(['…', '»']) {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(['…', '»']) {
            let end = piece.trim_end_matches(['…', '»']);
            let stumps = self.texts.iter().filter_map(|secret| {
                let cuts = secret.char_indices().skip(SHORTEST).map(|(cut, _)| &secret[..cut]);
                cuts.filter(|stump| end.ends_with(stump)).map(str::len).max()
            });
            match stumps.max() {
                Some(length) => {
                    out.push_str(&end[..end.len() - length]);
                    out.push_str("***");
                    out.push_str(&piece[end.len()..]);
                }
                None => out.push_str(piece),
            }
        }
        out
    }

    /// The step without secrets. A metric or an output whose name holds one is not recorded, because under
    /// another name it would be another; the step fails for it.
    #[must_use]
    pub fn step(&mut self, step: StepRecord) -> StepRecord {
        if self.mask.is_empty() {
            return step;
        }
        let StepRecord { step, outcome, because, help, started, seconds, findings, evidence } = step;
        let mut findings: Vec<Finding> = findings.into_iter().map(|finding| self.finding(finding)).collect();
        let (evidence, refused) = self.evidence(evidence);
        let (mut outcome, mut because) = (outcome, self.text(&because));
        if let Some(first) = refused.first().filter(|_| outcome.is_good()) {
            (outcome, because) = (Outcome::Failed, first.message.clone());
        }
        findings.extend(refused);
        let help = help.map(|help| self.text(&help));
        StepRecord { step, outcome, because, help, started, seconds, findings, evidence }
    }

    /// What is compared with, without secrets.
    #[must_use]
    pub fn baseline(&mut self, baseline: Baseline) -> Baseline {
        if self.mask.is_empty() {
            return baseline;
        }
        let Baseline { from, place, commit, run, job, metrics, outputs, profiles, predictions, comparison } =
            baseline;
        Baseline {
            from: self.text(&from),
            place: place.map(|place| self.text(&place)),
            commit,
            run: run.map(|run| self.text(&run)),
            job: job.map(|job| self.text(&job)),
            metrics: self.metrics(metrics),
            outputs: self.named(outputs),
            profiles: self.named(profiles),
            predictions: predictions.map(|predictions| Box::new(self.predictions(*predictions))),
            comparison: comparison.map(|comparison| Box::new(self.comparison(*comparison))),
        }
    }

    fn finding(&mut self, finding: Finding) -> Finding {
        let Finding { code, severity, message, path, line, column, help } = finding;
        Finding {
            code: self.text(&code),
            severity,
            message: self.text(&message),
            path: path.map(|path| self.text(&path)),
            line,
            column,
            help: help.map(|help| self.text(&help)),
        }
    }

    fn evidence(&mut self, evidence: Evidence) -> (Evidence, Vec<Finding>) {
        let Evidence {
            files,
            tests,
            data,
            commands,
            inputs,
            outputs,
            metrics,
            predictions,
            repeats,
            means,
            image,
            build,
            smoke,
            restored_from,
        } = evidence;
        let mut refused = Vec::new();
        for path in outputs.keys() {
            refused.extend(self.refuse("output", path));
        }
        for name in metrics.keys() {
            refused.extend(self.refuse("metric", name.as_str()));
        }
        for name in predictions.iter().flat_map(predictions::names) {
            refused.extend(self.refuse("slice", name));
        }
        let evidence = Evidence {
            files,
            tests: tests.map(|tests| self.tests(tests)),
            data: data.map(|data| self.data(data)),
            commands: commands.into_iter().map(|command| self.command(command)).collect(),
            inputs,
            outputs: self.named(outputs),
            metrics: self.metrics(metrics),
            predictions: predictions.map(|predictions| self.predictions(predictions)),
            repeats: repeats.into_iter().map(|repeat| self.repeat(repeat)).collect(),
            means: self.named(means),
            image: image.map(|image| self.image(image)),
            build: build.map(|build| self.build(build)),
            smoke: smoke.map(|smoke| self.smoke(smoke)),
            restored_from: restored_from.map(|run| self.text(&run)),
        };
        (evidence, refused)
    }

    fn refuse(&mut self, what: &str, name: &str) -> Option<Finding> {
        let masked = self.text(name);
        (masked != name).then(|| {
            let message = format!("the name of the {what} «{}» holds a secret", masked.escape_debug());
            Finding::error("secret-in-name", message)
                .help("write no secret into a name, and replace this one")
        })
    }

    fn metrics(&mut self, metrics: BTreeMap<MetricName, MetricValue>) -> BTreeMap<MetricName, MetricValue> {
        let mut clean = BTreeMap::new();
        for (name, value) in metrics {
            if !self.is_clean(name.as_str()) {
                continue;
            }
            let value = match value {
                MetricValue::Number(number) => MetricValue::Number(number),
                MetricValue::Text(text) => MetricValue::Text(self.text(&text)),
            };
            clean.insert(name, value);
        }
        clean
    }

    fn tests(&mut self, tests: Tests) -> Tests {
        let Tests { passed, failed, errors, skipped, seconds, slowest } = tests;
        let slowest = slowest
            .into_iter()
            .map(|SlowTest { name, seconds }| SlowTest { name: self.text(&name), seconds })
            .collect();
        Tests { passed, failed, errors, skipped, seconds, slowest }
    }

    fn image(&mut self, image: ImageEvidence) -> ImageEvidence {
        let ImageEvidence { id, bytes, tags } = image;
        ImageEvidence { id, bytes, tags: tags.iter().map(|tag| self.text(tag)).collect() }
    }

    fn build(&mut self, build: BuildEvidence) -> BuildEvidence {
        let BuildEvidence { builder, steps, log, tail } = build;
        let steps = steps
            .into_iter()
            .map(|BuildStep { name, seconds, cached }| BuildStep { name: self.text(&name), seconds, cached })
            .collect();
        BuildEvidence { builder, steps, log, tail: tail.iter().map(|line| self.text(line)).collect() }
    }

    fn smoke(&mut self, smoke: SmokeEvidence) -> SmokeEvidence {
        let SmokeEvidence { ready_seconds, requests, failed, log, tail } = smoke;
        let tail = tail.iter().map(|line| self.text(line)).collect();
        SmokeEvidence { ready_seconds, requests, failed, log, tail }
    }

    fn command(&mut self, command: CommandEvidence) -> CommandEvidence {
        let CommandEvidence { command, ended, seconds, cpu_seconds, peak_memory_bytes, log, tail } = command;
        CommandEvidence {
            command: self.text(&command),
            ended: self.text(&ended),
            seconds,
            cpu_seconds,
            peak_memory_bytes,
            log,
            tail: tail.iter().map(|line| self.text(line)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::name::Digest;
    use crate::step::Step;

    fn redaction(secrets: &[&str]) -> Redaction {
        Redaction::new(&secrets.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn step(evidence: Evidence) -> StepRecord {
        StepRecord {
            step: Step::Evaluate,
            outcome: Outcome::Passed,
            because: "the hunter2 step".into(),
            help: Some("ask hunter2".into()),
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 1.0,
            findings: vec![
                Finding::error("x/hunter2", "is hunter2").at_path("a/hunter2.py").help("not hunter2"),
            ],
            evidence,
        }
    }

    fn text(step: &StepRecord) -> String {
        serde_json::to_string(step).unwrap()
    }

    #[test]
    fn no_text_of_a_step_holds_a_secret() {
        let command = CommandEvidence {
            command: "login hunter2".into(),
            ended: "hunter2".into(),
            seconds: 0.0,
            cpu_seconds: 0.0,
            peak_memory_bytes: 0,
            log: "logs/evaluate.log".into(),
            tail: vec!["hunter2".into()],
        };
        let evidence = Evidence {
            tests: Some(Tests {
                slowest: vec![SlowTest { name: "connect(hunter2)".into(), seconds: 1.0 }],
                ..Tests::default()
            }),
            commands: vec![command],
            metrics: [(MetricName::new("at").unwrap(), MetricValue::Text("https://x?t=hunter2".into()))]
                .into(),
            restored_from: Some("hunter2".into()),
            ..Evidence::default()
        };
        let clean = redaction(&["hunter2", "abc"]).step(step(evidence));
        assert!(!text(&clean).contains("hunter2"), "{}", text(&clean));
        assert_eq!(clean.outcome, Outcome::Passed);
        assert_eq!(clean.because, "the *** step");
    }

    #[test]
    fn a_name_that_holds_a_secret_fails_the_step() {
        let evidence = Evidence {
            outputs: [("hunter2.bin".to_owned(), Digest::from_bytes([0; 32]))].into(),
            metrics: [(MetricName::new("hunter2.auc").unwrap(), MetricValue::Number(1.0))].into(),
            ..Evidence::default()
        };
        let clean = redaction(&["hunter2"]).step(step(evidence));
        assert!(!text(&clean).contains("hunter2"), "{}", text(&clean));
        assert_eq!(clean.outcome, Outcome::Failed);
        assert_eq!(clean.because, "the name of the output «***.bin» holds a secret");
        assert_eq!(clean.findings.iter().filter(|finding| finding.code == "secret-in-name").count(), 2);
        assert!(clean.evidence.outputs.is_empty() && clean.evidence.metrics.is_empty());
    }

    #[test]
    fn words_of_the_record_itself_stay() {
        let digest = Digest::from_bytes([0xab; 32]);
        let evidence = Evidence { outputs: [("m".to_owned(), digest)].into(), ..Evidence::default() };
        let before = step(evidence);
        let after = redaction(&["passed", "evaluate", "outputs", "abab", "error"]).step(before.clone());
        assert_eq!(after, before);
    }

    #[test]
    fn escaped_and_shortened_secrets_are_found() {
        let mut redaction = redaction(&["it's\\a\"secret", "0123456789", "first line\nsecond line"]);
        let cases = [
            (r#"it's\a"secret"#, "***"),
            (r#"it\'s\\a\"secret"#, "***"),
            (r#"it's\\a\"secret"#, "***"),
            (r#"it'\''s\a"secret"#, "***"),
            ("token 01234…", "token ***…"),
            ("«0123456» is no name", "«***» is no name"),
            ("012…", "012…"),
            ("second line first line", "*** ***"),
        ];
        for (text, expected) in cases {
            assert_eq!(redaction.text(text), expected, "{text}");
        }
    }
}
