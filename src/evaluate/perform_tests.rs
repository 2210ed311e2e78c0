//! All of these run commands, by `sh`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::{Instant, SystemTime};

use super::*;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::{BaselineSource, Command, Gate, Lint, Script, WithoutBaseline};
use crate::console::{Console, Verbosity};
use crate::context::{Context, Forge};
use crate::engine::{Engine, Variables};
use crate::interrupt::{Hand, Interrupt};
use crate::name::{MetricName, ModelName};
use crate::record::{MetricValue, Outcome};

struct Project {
    folder: tempfile::TempDir,
    engine: Engine,
    cache: Cache,
    _hand: Hand,
}

fn project() -> Project {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock { wall: SystemTime::now, steady: Instant::now };
    let (hand, interrupt) = Interrupt::channel();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let run_dir = folder.path().join("run");
    let engine = Engine {
        root: folder.path().to_owned(),
        run_dir: run_dir.clone(),
        variables: Variables::from([("PATH".into(), path)]),
        secrets: Vec::new(),
        forge: Forge::Local,
        console: Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock),
        interrupt: interrupt.clone(),
        clock,
        docker: crate::docker::Docker::of_test(),
        image: None,
    };
    Project { folder, engine, cache: Cache::new(run_dir.join("cache"), interrupt), _hand: hand }
}

impl Project {
    fn write(&self, path: &str, content: &str) {
        fs::write(self.folder.path().join(path), content).unwrap();
    }

    async fn evaluate(&self, command: &str, inputs: &[&str], metrics: &str) -> Work {
        let commands = if command.is_empty() { Vec::new() } else { vec![Command::Shell(command.into())] };
        let evaluate = Evaluate {
            script: Script { commands, working_directory: ".".into(), ..Script::default() },
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
            outputs: Vec::new(),
            metrics: vec![metrics.to_owned()],
            predictions: None,
            baseline_model: None,
            repeats: 1,
        };
        let model = ModelName::new("m").unwrap();
        let gate = Gate {
            baseline: BaselineSource::None,
            without_baseline: WithoutBaseline::Pass,
            confidence: None,
            correction: crate::config::Correction::Holm,
            rules: Vec::new(),
            cut: Vec::new(),
        };
        let config = Config {
            model: model.clone(),
            lint: Lint { python: Vec::new(), script: Script::default() },
            test: None,
            data: None,
            train: None,
            evaluate,
            image: None,
            gate,
            report: crate::config::Report::default(),
            deploy: Vec::new(),
            retrain: crate::config::Retrain::default(),
            unavailable: Vec::new(),
        };
        let record = Record::new("1".into(), model, "2026-01-01T00:00:00Z".into(), Context::default());
        let shop = Shop { engine: &self.engine, cache: &self.cache, restore: true, run: "1" };
        perform(&config, shop, &record).await.unwrap()
    }
}

fn accuracy(work: &Work) -> Option<&MetricValue> {
    work.evidence.metrics.get(&MetricName::new("accuracy").unwrap())
}

#[tokio::test]
async fn what_the_commands_wrote_is_read() {
    let project = project();
    project.write("metrics.json", "{\"accuracy\": 0.1}");
    let work = project.evaluate("echo '{\"accuracy\": 0.9}' > metrics.json", &[], "metrics.json").await;
    assert_eq!((work.outcome, work.because.as_str()), (Outcome::Passed, "1 metric from metrics.json"));
    assert_eq!(accuracy(&work), Some(&MetricValue::Number(0.9)));
    assert!(work.evidence.outputs.contains_key("metrics.json"));
}

#[tokio::test]
async fn metrics_from_before_are_not_believed() {
    let project = project();
    project.write("metrics.json", "{\"accuracy\": 0.99}");
    for pattern in ["metrics.json", "*.json"] {
        let work = project.evaluate("true", &[], pattern).await;
        assert_eq!((work.outcome, accuracy(&work)), (Outcome::Failed, None), "{}", work.because);
    }
}

#[tokio::test]
async fn without_commands_the_file_is_read_as_it_is() {
    let project = project();
    for value in ["0.5", "0.6"] {
        project.write("metrics.json", &format!("{{\"accuracy\": {value}}}"));
        let work = project.evaluate("", &["metrics.json"], "metrics.json").await;
        assert_eq!(work.outcome, Outcome::Passed, "{} {:?}", work.because, work.findings);
        assert_eq!(accuracy(&work), Some(&MetricValue::Number(value.parse().unwrap())));
    }
}

#[tokio::test]
async fn restored_metrics_are_read_again() {
    let project = project();
    project.write("data.csv", "1");
    let command = "echo '{\"accuracy\": 0.9}' > metrics.json";
    assert_eq!(project.evaluate(command, &["data.csv"], "metrics.json").await.outcome, Outcome::Passed);
    project.write("metrics.json", "{\"accuracy\": 1.0}");
    let work = project.evaluate(command, &["data.csv"], "metrics.json").await;
    assert_eq!((work.outcome, accuracy(&work)), (Outcome::Restored, Some(&MetricValue::Number(0.9))));
    assert!(work.because.ends_with("; 1 metric from metrics.json"), "{}", work.because);
}

#[tokio::test]
async fn what_is_wrong_with_the_metrics_fails_the_step() {
    let project = project();
    let cases = [
        ("exit 3", "command-failed"),
        ("printf '' > metrics.json", "metrics-empty"),
        ("echo '{\"a\": }' > metrics.json", "metrics-syntax"),
        ("printf '\\377' > metrics.json", "metrics-encoding"),
    ];
    for (command, code) in cases {
        let work = project.evaluate(command, &[], "metrics.json").await;
        assert_eq!((work.outcome, work.findings[0].code.as_str()), (Outcome::Failed, code), "{command}");
        assert!(work.evidence.metrics.is_empty());
    }
}
