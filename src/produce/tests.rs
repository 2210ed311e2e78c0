//! All of these run commands, by `sh`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::clock::Clock;
use crate::config::Command;
use crate::console::{Console, Verbosity};
use crate::context::Forge;
use crate::engine::Variables;
use crate::interrupt::{Hand, Interrupt};

/// A project, and all that it takes to make something of it.
struct Project {
    folder: tempfile::TempDir,
    engine: Engine,
    cache: Cache,
    restore: bool,
    _hand: Hand,
}

/// What [`Order`] borrows.
#[derive(Clone)]
struct Wanted {
    script: Script,
    inputs: Vec<String>,
    outputs: Vec<String>,
    fresh: Vec<String>,
    upstream: BTreeMap<String, Digest>,
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn wanted(command: &str, inputs: &[&str], outputs: &[&str]) -> Wanted {
    let script = Script {
        commands: vec![Command::Shell(command.to_owned())],
        working_directory: ".".into(),
        ..Script::default()
    };
    let (inputs, outputs) = (texts(inputs), texts(outputs));
    Wanted { script, inputs, outputs, fresh: Vec::new(), upstream: BTreeMap::new() }
}

fn project(files: &[(&str, &str)]) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock { wall: SystemTime::now, steady: Instant::now };
    let (hand, interrupt) = Interrupt::channel();
    let run_dir = folder.path().join("run");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let engine = Engine {
        root: folder.path().to_owned(),
        run_dir: run_dir.clone(),
        variables: Variables::from([("PATH".into(), path), ("TOKEN".into(), "secret".into())]),
        secrets: Vec::new(),
        forge: Forge::Local,
        console: Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock),
        interrupt: interrupt.clone(),
        clock,
        docker: crate::docker::Docker::of_test(),
        image: None,
    };
    let cache = Cache::new(run_dir.join("cache"), interrupt);
    let project = Project { folder, engine, cache, restore: true, _hand: hand };
    for (path, content) in files {
        project.write(path, content);
    }
    project
}

impl Project {
    fn write(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn shop<'a>(&'a self, run: &'a str) -> Shop<'a> {
        Shop { engine: &self.engine, cache: &self.cache, restore: self.restore, run }
    }

    async fn produce(&self, run: &str, wanted: &Wanted) -> Work {
        produce(self.shop(run), wanted.order()).await.unwrap()
    }

    fn forecast(&self, wanted: &Wanted) -> Forecast {
        forecast(self.shop("forecast"), wanted.order()).unwrap()
    }
}

impl Wanted {
    fn order(&self) -> Order<'_> {
        Order {
            step: Step::Train,
            script: &self.script,
            inputs: &self.inputs,
            outputs: &self.outputs,
            fresh: &self.fresh,
            upstream: &self.upstream,
            model_unknown: false,
            again: None,
        }
    }
}

/// The code, the message and the help of each finding, to be read.
fn read(work: &Work) -> String {
    let lines = work.findings.iter().map(|finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{} {}: {}\n  help: {help}\n", finding.severity.word(), finding.code, finding.message)
    });
    format!("{}: {}\n{}", work.outcome.word(), work.because, lines.collect::<String>())
}

const TRAIN: &str = "cat train.csv > model; echo made >> log.txt";

#[tokio::test]
async fn unchanged_inputs_restore_and_a_change_trains_again() {
    let project = project(&[("train.csv", "1"), ("params.json", "{}")]);
    let wanted = wanted(TRAIN, &["train.csv", "params.json"], &["model"]);
    let made = project.produce("r1", &wanted).await;
    assert_eq!(read(&made), "passed: the cache holds no earlier run of it\n");
    assert_eq!(made.evidence.commands.len(), 1);
    assert_eq!(made.evidence.inputs.as_ref().map(|inputs| (inputs.files, inputs.bytes)), Some((2, 3)));

    fs::remove_file(project.folder.path().join("model")).unwrap();
    let forecast = project.forecast(&wanted);
    assert_eq!(
        (forecast.restores_from.as_deref(), forecast.because.as_str()),
        (Some("r1"), "nothing has changed since run r1")
    );
    let restored = project.produce("r2", &wanted).await;
    assert_eq!(read(&restored), "restored: nothing has changed since run r1\n");
    assert_eq!(restored.evidence.restored_from.as_deref(), Some("r1"));
    assert_eq!(restored.evidence.outputs, made.evidence.outputs);
    assert_eq!(restored.evidence.inputs, made.evidence.inputs);
    assert_eq!((project.read("model"), project.read("log.txt")), ("1".into(), "made\n".into()));

    project.write("train.csv", "2");
    assert_eq!(project.forecast(&wanted).because, "train.csv has changed since run r1");
    let made = project.produce("r3", &wanted).await;
    assert_eq!(read(&made), "passed: train.csv has changed since run r1\n");
    assert_eq!(project.read("log.txt"), "made\nmade\n");
    assert_ne!(restored.evidence.inputs, made.evidence.inputs);
}

#[tokio::test]
async fn without_inputs_or_with_no_cache_it_always_runs() {
    let mut project = project(&[("train.csv", "1")]);
    let undeclared = wanted(TRAIN, &[], &["model"]);
    for run in ["r1", "r2"] {
        let work = project.produce(run, &undeclared).await;
        assert_eq!(read(&work), "passed: it declares no inputs, so it always runs\n");
        assert_eq!(work.evidence.inputs, None);
    }
    let declared = wanted(TRAIN, &["train.csv"], &["model"]);
    project.produce("r3", &declared).await;
    project.restore = false;
    assert_eq!(read(&project.produce("r4", &declared).await), "passed: --no-cache asks to make it anew\n");
    project.restore = true;
    assert_eq!(project.produce("r5", &declared).await.evidence.restored_from.as_deref(), Some("r4"));
}

#[tokio::test]
async fn commands_and_environment_count_as_changes_and_secrets_do_not() {
    let project = project(&[("train.csv", "1")]);
    let mut wanted = wanted(TRAIN, &["train.csv"], &["model"]);
    project.produce("r1", &wanted).await;
    wanted.script.commands.push(Command::Arguments(texts(&["true"])));
    assert_eq!(project.produce("r2", &wanted).await.because, "the command has changed since run r1");
    wanted.script.env.insert("SEED".into(), "1".into());
    assert_eq!(project.produce("r3", &wanted).await.because, "SEED is new in the environment since run r2");
    wanted.script.env.insert("SEED".into(), "2".into());
    assert_eq!(project.produce("r4", &wanted).await.because, "SEED has changed since run r3");
    wanted.script.secrets.push("TOKEN".into());
    assert_eq!(project.produce("r5", &wanted).await.outcome, Outcome::Restored);
    wanted.script.timeout = Some(Duration::from_secs(9));
    assert_eq!(project.produce("r6", &wanted).await.outcome, Outcome::Restored);
}

#[tokio::test]
async fn a_failing_command_is_named_and_nothing_is_kept() {
    let project = project(&[("train.csv", "1")]);
    let wanted = wanted("echo x > model; exit 3", &["train.csv"], &["model"]);
    let work = project.produce("r1", &wanted).await;
    assert_eq!(work.outcome, Outcome::Failed);
    assert!(work.because.ends_with("ended with exit 3"), "{}", work.because);
    assert_eq!(work.findings[0].code, "command-failed");
    assert!(work.evidence.commands[0].log.starts_with("logs/"));
    assert_eq!((work.evidence.commands.len(), work.evidence.outputs.len()), (1, 0));
    assert_eq!(project.forecast(&wanted).because, "the cache holds no earlier run of it");
}

#[tokio::test]
async fn what_is_missing_before_and_after_is_said_all_at_once() {
    let project = project(&[("data/train.csv", "1"), ("params.json", "{}")]);
    let bad = wanted(TRAIN, &["train.csv", "param.json", "*.parquet"], &["model"]);
    insta::assert_snapshot!(read(&project.produce("r1", &bad).await));
    assert!(!project.folder.path().join("log.txt").exists(), "nothing ran");
    assert_eq!(project.forecast(&bad).restores_from, None);

    let bad = wanted("echo x > model.jobli", &["params.json"], &["model.joblib", "out/*.onnx"]);
    insta::assert_snapshot!(read(&project.produce("r1", &bad).await));
}

#[tokio::test]
async fn what_is_there_in_place_of_an_output_is_said() {
    let project = project(&[("train.csv", "1")]);
    let commands = "mkfifo pipe; ln -s nowhere.csv dangling; ln -s pipe link; mkdir folder";
    let wanted = wanted(commands, &["train.csv"], &["pipe", "dangling", "link", "folder", "none"]);
    let work = project.produce("r1", &wanted).await;
    let told: Vec<&str> = work.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "the output «pipe» is a pipe, and no file",
            "the output «dangling» is a link to nowhere.csv, where nothing is",
            "the output «link» is a pipe, and no file",
            "the output «folder» is a folder without a file in it",
            "there is no output «none» after the commands",
        ]
    );
}

#[tokio::test]
async fn an_output_must_be_in_the_project() {
    let outside = tempfile::tempdir().unwrap();
    let project = project(&[("train.csv", "1")]);
    fs::write(outside.path().join("model"), "x").unwrap();
    symlink(outside.path(), project.folder.path().join("out")).unwrap();
    let work = project.produce("r1", &wanted("true", &["train.csv"], &["out/model"])).await;
    insta::assert_snapshot!(read(&work));
    let absolute = outside.path().join("model").to_str().unwrap().to_owned();
    let work = project.produce("r1", &wanted("true", &["train.csv"], &[&absolute])).await;
    assert_eq!(work.findings[0].code, "output-outside");
}

#[tokio::test]
async fn metrics_that_were_not_written_are_refused() {
    let project = project(&[("train.csv", "1"), ("metrics.json", "{}"), ("elsewhere.json", "{}")]);
    let mut stale = wanted("echo x > model", &["train.csv"], &["model", "*s.json"]);
    stale.fresh = texts(&["metrics.json", "elsewhere.json"]);
    insta::assert_snapshot!(read(&project.produce("r1", &stale).await));

    // Far from now, so that a coarse clock does not hide that the same bytes were written again.
    let metrics = fs::File::options().write(true).open(project.folder.path().join("metrics.json")).unwrap();
    metrics.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let mut fresh = wanted("echo x > model; printf {} > metrics.json", &["train.csv"], &["model", "*s.json"]);
    fresh.fresh = texts(&["metrics.json"]);
    assert_eq!(project.produce("r1", &fresh).await.outcome, Outcome::Passed);
}

#[tokio::test]
async fn inputs_that_change_meanwhile_are_a_warning_and_nothing_is_kept() {
    let project = project(&[("data/a.csv", "1"), ("data/b.csv", "1")]);
    let meanwhile = "echo x > model; echo 2 > data/a.csv; rm data/b.csv; touch data/c.csv";
    let work = project.produce("r1", &wanted(meanwhile, &["data"], &["model"])).await;
    insta::assert_snapshot!(read(&work));
    assert_eq!(work.evidence.outputs.len(), 1);
    assert_eq!(
        project.forecast(&wanted(meanwhile, &["data"], &["model"])).because,
        "the cache holds no earlier run of it"
    );
}

#[tokio::test]
async fn a_folder_of_inputs_contains_neither_the_outputs_nor_the_cache() {
    let mut project = project(&[("train.csv", "1")]);
    project.cache = Cache::new(project.folder.path().join("kept"), project.engine.interrupt.clone());
    let whole = wanted("echo x > model", &["."], &["model"]);
    assert_eq!(read(&project.produce("r1", &whole).await), "passed: the cache holds no earlier run of it\n");
    assert_eq!(project.produce("r2", &whole).await.outcome, Outcome::Restored);
    let update = wanted("echo x >> model", &["./model", "train.csv"], &["model"]);
    let work = project.produce("r3", &update).await;
    assert_eq!(work.findings[0].code, "input-changed", "an output that is named as an input is one");
}

#[tokio::test]
async fn a_strange_file_among_the_outputs_is_not_taken_for_one() {
    let project = project(&[("train.csv", "1")]);
    let wanted = wanted("mkdir -p models; echo x > models/new", &["train.csv"], &["models"]);
    project.produce("r1", &wanted).await;
    project.write("models/old", "x");
    let work = project.produce("r2", &wanted).await;
    assert_eq!(read(&work), "passed: models/old is among its outputs, and run r1 did not make it\n");
    assert_eq!(work.evidence.outputs.len(), 2);
}

#[tokio::test]
async fn a_model_that_was_changed_is_not_evaluated() {
    let project = project(&[("data.csv", "1"), ("model", "weights")]);
    let (_hand, interrupt) = Interrupt::channel();
    let digest = files::digest(&project.folder.path().join("model"), &interrupt).unwrap();
    let mut evaluate = wanted("cat model > metrics", &["data.csv"], &["metrics"]);
    evaluate.upstream = BTreeMap::from([("model".to_owned(), digest)]);
    assert_eq!(project.produce("r1", &evaluate).await.outcome, Outcome::Passed);

    let meddling =
        Wanted { script: wanted("cat model > metrics; echo x > model", &[], &[]).script, ..evaluate.clone() };
    let work = project.produce("r2", &meddling).await;
    assert_eq!((work.outcome, work.findings[0].code.as_str()), (Outcome::Failed, "upstream-changed"));

    insta::assert_snapshot!(read(&project.produce("r3", &evaluate).await));
    fs::remove_file(project.folder.path().join("model")).unwrap();
    let because = project.produce("r4", &evaluate).await.because;
    assert_eq!(because, "model: it is gone; an earlier step of this run made it");
    // A forecast is of a run, in which the step before will have restored it.
    assert_eq!(project.forecast(&evaluate).restores_from.as_deref(), Some("r1"));
}

#[tokio::test]
async fn a_damaged_cache_makes_it_again_and_says_so() {
    let project = project(&[("train.csv", "1")]);
    let wanted = wanted(TRAIN, &["train.csv"], &["model"]);
    let made = project.produce("r1", &wanted).await;
    fs::remove_file(project.folder.path().join("model")).unwrap();
    let hex = made.evidence.outputs["model"].hex();
    let object = project.folder.path().join("run/cache/objects").join(&hex[..2]).join(&hex[2..]);
    fs::write(&object, "2").unwrap();
    let again = project.produce("r2", &wanted).await;
    assert_eq!(read(&again), "passed: the cache's copy of model was damaged\n");
    assert_eq!(again.evidence.outputs, made.evidence.outputs);
    assert_eq!(project.produce("r3", &wanted).await.evidence.restored_from.as_deref(), Some("r2"));
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_a_warning() {
    let project = project(&[("train.csv", "1"), ("run/cache", "a file in its place")]);
    let work = project.produce("r1", &wanted(TRAIN, &["train.csv"], &["model"])).await;
    assert_eq!((work.outcome, work.findings.len()), (Outcome::Passed, 1));
    assert_eq!(work.findings[0].code, "cache-not-written");
    assert!(work.findings[0].message.contains("run/cache"), "{}", work.findings[0].message);
}

#[tokio::test]
async fn a_step_without_commands_is_never_restored() {
    let project = project(&[("data.csv", "1"), ("metrics", "{}")]);
    let mut empty = wanted("", &["data.csv"], &["metrics"]);
    empty.script.commands.clear();
    empty.fresh = texts(&["metrics"]);
    for content in ["1", "2"] {
        project.write("metrics", content);
        let work = project.produce("r1", &empty).await;
        assert_eq!(read(&work), "passed: it has no commands of its own\n");
        assert_eq!(project.read("metrics"), content);
    }
}
