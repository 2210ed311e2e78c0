//! A record in which nothing is left out.

use modelgate::context::{Context, Forge};
use modelgate::finding::{Finding, Severity};
use modelgate::name::{Commit, Digest, MetricName, ModelName};
use modelgate::record::data::{
    ColumnDrift, Data, Drift, Leakage, Picture, Recalled, Role, Set, Sketch, Violation,
};
use modelgate::record::{
    Aside, Baseline, Bin, BuildEvidence, BuildStep, CommandEvidence, Comparison, Conclusion, Confusion,
    Curves, Delivery, DeliveryOutcome, Estimate, Evidence, ImageEvidence, Inputs, Method, MetricValue,
    Outcome, Pairing, Predictions, Record, Repeat, Row, RowOutcome, RuleKind, SCHEMA, Slice, SlowTest,
    SmokeEvidence, StepRecord, Task, Tests, Threshold, Verdict,
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
                data: Some(data()),
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
                predictions: Some(predictions()),
                repeats: vec![Repeat { seed: 1, metrics: [(metric(), 0.5)].into() }],
                means: [(metric(), estimate())].into(),
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
            profiles: [("train".to_owned(), digest)].into(),
            place: Some(text()),
            from: text(),
            commit: Some(commit),
            run: Some(text()),
            job: Some(text()),
            metrics: metrics(),
            outputs: outputs(),
            predictions: Some(Box::new(predictions())),
            comparison: Some(Box::new(comparison())),
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
                change_interval: Some([0.1, 0.2]),
                method: Some(Method::Wilson),
                rows: Some(1),
                more_rows: Some(1),
                aside: Some(Aside::Warn),
                margin: None,
                outcome: RowOutcome::Pass,
                because: text(),
            }],
            confidence: Some(0.95),
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
        what_if: vec![text()],
    }
}

fn metric() -> MetricName {
    MetricName::new("accuracy").unwrap()
}

fn estimate() -> Estimate {
    Estimate { value: 0.5, interval: Some([0.4, 0.6]), method: Some(Method::Wilson) }
}

fn data() -> Data {
    let text = || "text".to_owned();
    let digest = Digest::from_bytes([1; 32]);
    Data {
        sets: [(
            "train".to_owned(),
            Set {
                rows: 3,
                columns: 1,
                files: [("train".to_owned(), digest)].into(),
                missing: [("test".to_owned(), 1)].into(),
                profile: Some(digest),
            },
        )]
        .into(),
        violations: vec![Violation {
            set: text(),
            check: text(),
            column: Some(text()),
            rows: 1,
            share: 0.5,
            first: vec![(1, text())],
        }],
        leakage: Some(Leakage {
            train: text(),
            test: text(),
            rows: 1,
            share: 0.5,
            first: vec![(1, 2)],
            groups: [("test".to_owned(), 1)].into(),
            predicts: vec![(text(), 0.5)],
        }),
        drift: Some(Drift {
            reference: text(),
            profile: Some(Recalled { digest, rows: 3, run: Some(text()) }),
            current: text(),
            rows: Some([600, 300]),
            method: text(),
            share: 0.5,
            bound: 0.5,
            drifted: true,
            columns: vec![ColumnDrift {
                column: text(),
                role: Role::Label,
                method: text(),
                score: Some(0.5),
                threshold: 0.1,
                p: Some(0.01),
                drifted: true,
                because: text(),
                missing: [0.0, 0.5],
                unseen: Some(0.5),
                sketch: Some(Sketch::RelativeError(0.5)),
                picture: Some(Picture {
                    edges: vec![0.0, 1.0],
                    categories: vec![text()],
                    reference: vec![1.0],
                    current: vec![1.0],
                }),
            }],
        }),
    }
}

fn predictions() -> Predictions {
    let digest = Digest::from_bytes([7; 32]);
    Predictions {
        rows: 1,
        task: Task::Binary,
        set: digest,
        specification: digest,
        files: [("predictions.csv".to_owned(), digest)].into(),
        confidence: 0.95,
        positive: Some("1".into()),
        estimates: [(metric(), estimate())].into(),
        slices: vec![Slice {
            by: "region".into(),
            name: "region=north".into(),
            rows: 1,
            small: true,
            estimates: [(metric(), estimate())].into(),
        }],
        confusion: Some(Confusion { labels: vec!["0".into()], counts: vec![vec![1.0]] }),
        calibration: vec![Bin { said: 0.5, came_true: 0.5, weight: 1.0 }],
        curves: Some(Curves {
            roc: vec![[0.0, 0.0]],
            precision_recall: vec![[0.0, 1.0]],
            thresholds: vec![Threshold {
                target: "precision".into(),
                at_least: 0.9,
                threshold: Some(0.5),
                precision: Some(0.9),
                recall: Some(0.5),
            }],
        }),
    }
}

fn comparison() -> Comparison {
    Comparison {
        pairing: Pairing::Unpaired("text".into()),
        rows: 1,
        doubt: Some("text".into()),
        confidence: 0.95,
        changes: [(metric(), estimate())].into(),
        slices: [("region=north".to_owned(), [(metric(), estimate())].into())].into(),
    }
}
