//! A record in which nothing is left out.

use modelgate::context::{Context, Forge};
use modelgate::finding::{Finding, Severity};
use modelgate::name::{Commit, Digest, MetricName, ModelName};
use modelgate::record::{
    Baseline, BuildEvidence, BuildStep, CommandEvidence, Conclusion, Delivery, DeliveryOutcome, Evidence,
    ImageEvidence, Inputs, MetricValue, Outcome, Record, Row, RowOutcome, RuleKind, SCHEMA, SlowTest,
    SmokeEvidence, StepRecord, Tests, Verdict,
};
use modelgate::step::Step;

/// A record in which nothing is left out. A new field does not compile until it is here, and is then missed
/// in the document.
pub fn full_record() -> Record {
    let digest = Digest::from_bytes([7; 32]);
    let commit = Commit::new("a".repeat(40)).unwrap();
    let text = || "text".to_owned();
    let metrics = || [(MetricName::new("accuracy").unwrap(), MetricValue::Number(0.9))].into();
    let outputs = || [("model.joblib".to_owned(), digest)].into();
    Record {
        schema: SCHEMA.into(),
        modelgate: text(),
        id: text(),
        model: ModelName::new("churn").unwrap(),
        started: text(),
        context: Context {
            head: Some(commit.clone()),
            job: Some(text()),
            forge: Forge::Github,
            event: text(),
            commit: Some(commit.clone()),
            branch: Some(text()),
            dirty: true,
            url: Some(text()),
        },
        steps: vec![StepRecord {
            step: Step::Test,
            outcome: Outcome::Passed,
            because: text(),
            help: Some(text()),
            started: text(),
            seconds: 1.0,
            findings: vec![Finding {
                code: text(),
                severity: Severity::Error,
                message: text(),
                path: Some(text()),
                line: Some(1),
                column: Some(1),
                help: Some(text()),
            }],
            evidence: Evidence {
                files: Some(1),
                tests: Some(Tests {
                    passed: 1,
                    failed: 1,
                    errors: 1,
                    skipped: 1,
                    seconds: 1.0,
                    slowest: vec![SlowTest { name: text(), seconds: 1.0 }],
                }),
                commands: vec![CommandEvidence {
                    command: text(),
                    ended: text(),
                    seconds: 1.0,
                    cpu_seconds: 1.0,
                    peak_memory_bytes: 1,
                    log: text(),
                    tail: vec![text()],
                }],
                inputs: Some(Inputs { files: 1, bytes: 1, digest }),
                outputs: outputs(),
                metrics: metrics(),
                image: Some(ImageEvidence { id: digest, bytes: 1, tags: vec![text()] }),
                build: Some(BuildEvidence {
                    builder: text(),
                    steps: vec![BuildStep { name: text(), seconds: 1.0, cached: true }],
                    log: text(),
                    tail: vec![text()],
                }),
                smoke: Some(SmokeEvidence {
                    ready_seconds: Some(1.0),
                    requests: 1,
                    failed: 1,
                    log: text(),
                    tail: vec![text()],
                }),
                restored_from: Some(text()),
            },
        }],
        baseline: Some(Baseline {
            place: Some(text()),
            from: text(),
            commit: Some(commit),
            run: Some(text()),
            metrics: metrics(),
            outputs: outputs(),
        }),
        verdict: Some(Verdict {
            conclusion: Conclusion::Approved,
            rows: vec![Row {
                metric: MetricName::new("accuracy").unwrap(),
                slice: None,
                rule: RuleKind::Min,
                bound: MetricValue::Number(0.1),
                relative: true,
                value: None,
                baseline: None,
                change: None,
                interval: None,
                margin: None,
                outcome: RowOutcome::Pass,
                because: text(),
            }],
            notes: vec![text()],
        }),
        deliveries: vec![Delivery {
            target: text(),
            outcome: DeliveryOutcome::Delivered,
            because: text(),
            approval: Some(digest),
            image: Some(text()),
            run: Some(1),
            deployment: Some(1),
            url: Some(text()),
        }],
        conclusion: Some(Conclusion::Approved),
    }
}
