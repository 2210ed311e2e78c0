//! dvc.yaml: stages with their commands, dependencies, outputs and metrics, taken over as they are.

use std::collections::{BTreeMap, BTreeSet};

use super::Work;
use super::recipe::shell_word;
use crate::document::{self, Node};

/// What dvc.yaml says about training and evaluating.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub train: Option<Work>,
    pub evaluate: Option<Work>,
    pub metrics: Vec<String>,
    /// Stages whose values are only known to DVC.
    pub templated: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct Stage {
    run: Vec<String>,
    inputs: Vec<String>,
    outputs: Vec<String>,
    metrics: Vec<String>,
}

const FILE: &str = "dvc.yaml";

/// Reads dvc.yaml. What is no dvc.yaml has no stages.
pub(super) fn read(text: &str) -> Pipeline {
    let root = document::yaml(text).unwrap_or(Node::Null);
    let mut stages = BTreeMap::new();
    let mut pipeline = Pipeline::default();
    for (name, node) in root.get("stages").and_then(Node::entries).unwrap_or_default() {
        match stage(node) {
            Some(stage) => drop(stages.insert(name.clone(), stage)),
            None => pipeline.templated.push(name.clone()),
        }
    }
    let trains = pick(&stages, &["train", "training", "train_model", "fit"]);
    let evaluates = pick(&stages, &["evaluate", "eval", "evaluation", "evaluate_model"]);
    let mut done = BTreeSet::new();
    let train = trains.map(|name| order(&stages, name, &mut done));
    let evaluate = evaluates.map(|name| order(&stages, name, &mut done)).filter(|names| !names.is_empty());
    let of = |names: &Option<Vec<&str>>| -> Vec<Stage> {
        names.iter().flatten().filter_map(|name| stages.get(*name).cloned()).collect()
    };
    let (train, evaluate) = (of(&train), of(&evaluate));
    let later: BTreeSet<&String> = evaluate.iter().flat_map(|stage| &stage.inputs).collect();
    pipeline.train = work(&train, &later, evaluate.is_empty());
    pipeline.evaluate = work(&evaluate, &BTreeSet::new(), false);
    // A step reads what the steps before it made in any case.
    if let (Some(train), Some(evaluate)) = (&pipeline.train, &mut pipeline.evaluate) {
        evaluate.inputs.retain(|input| !train.outputs.iter().any(|output| is_within(input, output)));
    }
    let measuring = if evaluate.is_empty() { train } else { evaluate };
    let metrics: Vec<String> = measuring.into_iter().flat_map(|stage| stage.metrics).collect();
    // Top-level metrics, as DVCLive writes them.
    pipeline.metrics = if metrics.is_empty() { paths(root.get("metrics")) } else { metrics };
    pipeline
}

/// The stage of one of the names, else the first that begins with the first word.
fn pick<'a>(stages: &'a BTreeMap<String, Stage>, names: &[&str]) -> Option<&'a str> {
    let exact = names.iter().find_map(|name| stages.get_key_value(*name).map(|(name, _)| name.as_str()));
    let word = &names[1][..4.min(names[1].len())];
    exact.or_else(|| stages.keys().map(String::as_str).find(|name| name.starts_with(word)))
}

/// The stages that `name` needs and that are not yet done, in the order of the work, itself last.
fn order<'a>(
    stages: &'a BTreeMap<String, Stage>,
    name: &'a str,
    done: &mut BTreeSet<&'a str>,
) -> Vec<&'a str> {
    let Some(stage) = stages.get(name).filter(|_| done.insert(name)) else { return Vec::new() };
    let mut names = Vec::new();
    for (other, maker) in stages {
        if maker
            .outputs
            .iter()
            .chain(&maker.metrics)
            .any(|output| stage.inputs.iter().any(|input| feeds(output, input)))
        {
            names.extend(order(stages, other, done));
        }
    }
    names.push(name);
    names
}

/// Whether an output is an input, or a folder above it, or a part of it.
fn feeds(output: &str, input: &str) -> bool {
    is_within(input, output) || is_within(output, input)
}

pub(super) fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Several stages as the work of one step: what they read and do not make themselves, and what the last one
/// makes or a later step reads.
fn work(stages: &[Stage], later: &BTreeSet<&String>, with_metrics: bool) -> Option<Work> {
    let (last, before) = stages.split_last()?;
    let made: Vec<&String> =
        stages.iter().flat_map(|stage| stage.outputs.iter().chain(&stage.metrics)).collect();
    let mut inputs: Vec<String> = Vec::new();
    for input in stages.iter().flat_map(|stage| &stage.inputs) {
        if !inputs.contains(input) && !made.iter().any(|output| feeds(output, input)) {
            inputs.push(input.clone());
        }
    }
    let handed_on = before.iter().flat_map(|stage| &stage.outputs);
    let handed_on = handed_on.filter(|output| later.iter().any(|input| feeds(output, input)));
    let mut outputs: Vec<String> = handed_on.chain(&last.outputs).cloned().collect();
    if with_metrics {
        outputs.extend(last.metrics.iter().filter(|file| !last.outputs.contains(file)).cloned());
    }
    let run = stages.iter().flat_map(|stage| stage.run.clone()).collect();
    // The code is what the commands start, and is looked for in the project.
    Some(Work { from: FILE.into(), run, inputs, data_is_known: true, outputs, ..Work::default() })
}

/// A stage, unless it says what only DVC can fill in.
fn stage(node: &Node) -> Option<Stage> {
    let folder = match node.get("wdir") {
        None => None,
        Some(folder) => Some(folder.text()?.trim_start_matches("./").trim_end_matches('/')),
    };
    let folder = folder.filter(|folder| !folder.is_empty() && *folder != ".");
    let run: Vec<String> = match node.get("cmd")? {
        Node::Text(command) => vec![command.clone()],
        Node::List(commands) => {
            commands.iter().map(|command| command.text().map(str::to_owned)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    let within = |paths: Vec<String>| -> Vec<String> {
        let place = |path: String| match folder {
            Some(folder) => from_folder(folder, &path),
            None => path,
        };
        paths.into_iter().map(place).collect()
    };
    let mut inputs = paths(node.get("deps"));
    inputs.extend(parameter_files(node.get("params")));
    let metrics = paths(node.get("metrics"));
    let outputs = paths(node.get("outs"));
    let run: Vec<String> = run
        .into_iter()
        .map(|command| match folder {
            Some(folder) => format!("cd {} && {}", shell_word(folder), command.trim()),
            None => command.trim().to_owned(),
        })
        .filter(|command| !command.is_empty())
        .collect();
    let all = run.iter().chain(&inputs).chain(&metrics).chain(&outputs);
    if run.is_empty() || all.into_iter().any(|text| text.contains("${")) {
        return None;
    }
    Some(Stage { run, inputs: within(inputs), outputs: within(outputs), metrics: within(metrics) })
}

/// A path that a command in `folder` names, as the project names it.
pub(super) fn from_folder(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Paths on this disk: a text, or a map whose key is the path.
fn paths(node: Option<&Node>) -> Vec<String> {
    let path = |item: &Node| match item {
        Node::Text(path) => Some(path.clone()),
        Node::Map(entries) => entries.first().map(|(path, _)| path.clone()),
        _ => None,
    };
    let items = node.and_then(Node::items).unwrap_or_default();
    let local = |path: &String| !path.is_empty() && !path.contains("://");
    items.iter().filter_map(path).map(|path| path.trim_start_matches("./").to_owned()).filter(local).collect()
}

/// The files of `params`: a bare name is a parameter of params.yaml, a map's keys are files.
fn parameter_files(node: Option<&Node>) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for item in node.and_then(Node::items).unwrap_or_default() {
        let named = match item {
            Node::Map(entries) => entries.iter().map(|(file, _)| file.clone()).collect(),
            _ => vec!["params.yaml".to_owned()],
        };
        files.extend(named);
    }
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn stages_before_come_first_and_what_is_handed_on_is_an_output() {
        let pipeline = read(
            "stages:
  prepare:
    cmd: python src/prepare.py data/raw.csv
    deps: [src/prepare.py, data/raw.csv]
    params: [prepare.seed, prepare.split]
    outs: [data/prepared]
  train:
    cmd: [python src/train.py]
    deps: [src/train.py, data/prepared/train.csv]
    params: [train.lr, {conf/model.yaml: [depth]}]
    outs: [model.pkl: {cache: false}]
  evaluate:
    cmd: python src/evaluate.py
    deps: [src/evaluate.py, model.pkl, data/prepared/test.csv]
    metrics: [eval/metrics.json: {cache: false}]
    outs: [eval/importance.png]
",
        );
        let train = pipeline.train.unwrap();
        assert_eq!(train.run, ["python src/prepare.py data/raw.csv", "python src/train.py"]);
        assert_eq!(
            train.inputs,
            ["src/prepare.py", "data/raw.csv", "params.yaml", "src/train.py", "conf/model.yaml"]
        );
        assert_eq!(train.outputs, ["data/prepared", "model.pkl"]);
        let evaluate = pipeline.evaluate.unwrap();
        assert_eq!(evaluate.run, ["python src/evaluate.py"]);
        assert_eq!(evaluate.inputs, ["src/evaluate.py"]);
        assert_eq!(
            (evaluate.outputs, pipeline.metrics),
            (vec!["eval/importance.png".into()], vec!["eval/metrics.json".into()])
        );
    }

    #[test]
    fn a_folder_of_a_stage_is_entered() {
        let pipeline =
            read("stages: {train: {cmd: python t.py, wdir: my code, deps: [t.py, ../data], outs: [m.pkl]}}");
        let train = pipeline.train.unwrap();
        assert_eq!(train.run, ["cd 'my code' && python t.py"]);
        assert_eq!(
            (train.inputs, train.outputs),
            (vec!["my code/t.py".into(), "data".into()], vec!["my code/m.pkl".into()])
        );
    }

    #[test]
    fn what_only_dvc_can_fill_in_is_said_and_left() {
        let pipeline =
            read("stages: {train: {cmd: 'python t.py ${lr}'}, all: {foreach: [a], do: {cmd: x}}, e: 1}");
        assert_eq!(
            pipeline,
            Pipeline { templated: vec!["train".into(), "all".into(), "e".into()], ..Pipeline::default() }
        );
        for text in [
            "",
            "stages: 1",
            "- a",
            "{",
            "stages: {a: {cmd: }}",
            "stages: {train: {cmd: x, deps: [train], outs: [train]}}",
        ] {
            read(text);
        }
    }

    #[test]
    fn a_training_that_measures_makes_the_metrics() {
        let pipeline =
            read("stages: {train: {cmd: python t.py, outs: [m.pkl], metrics: [dvclive/metrics.json]}}");
        assert_eq!(pipeline.train.unwrap().outputs, ["m.pkl", "dvclive/metrics.json"]);
        assert_eq!((pipeline.evaluate, pipeline.metrics), (None, vec!["dvclive/metrics.json".into()]));
    }
}
