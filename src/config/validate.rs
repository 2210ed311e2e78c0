//! From the raw mirror to the valid [`Config`], with every problem on the way.

use std::time::Duration;

use super::computed::Computed;
use super::paths::{Reach, check_outputs, check_path, check_patterns, covers};
use super::source::{KeyPath, Source};
use super::{
    Config, Engine, Evaluate, Lint, Script, Test, Train, data, deploy, gate, image, judged, predictions, raw,
};
use crate::document::{Node, shown};
use crate::name::ModelName;
use crate::step::Step;

const SECTIONS: [(&str, &str); 10] = [
    ("lint", "remove the key to run lint with its defaults"),
    ("test", "say what it runs, such as `run: pytest`, or remove the key"),
    ("data", "name the sets, such as `sets: { train: data/train.csv }`, or remove the key"),
    ("train", "say what it runs, such as `run: python train.py`, or remove the key"),
    ("evaluate", "say how the model is measured: `run: python evaluate.py` and `metrics: metrics.json`"),
    ("image", "say how it is called, such as `tags: registry.example.com/churn:{commit}`, or remove the key"),
    ("gate", "say what must hold, such as `rules: { accuracy: { min: 0.85 } }`"),
    ("report", "remove the key to show the judgement with the defaults"),
    (
        "deploy",
        "name an environment, such as `production: { dispatch: { workflow: deploy.yml } }`, or remove the key",
    ),
    ("retrain", "remove the key"),
];

/// Reports the sections that have a name and nothing else, and makes them holes.
pub(super) fn empty_sections(source: &mut Source<'_>, root: &mut Node) {
    let Node::Map(entries) = root else { return };
    for (key, node) in entries {
        let help = SECTIONS.iter().find_map(|(section, help)| (key == section).then_some(help));
        if let (Node::Null, Some(help)) = (&node, help) {
            source.key(&KeyPath::of(&[key]), format!("`{key}` says nothing"), *help);
            *node = Node::Hole;
        }
    }
}

/// Validates the whole file. None only when there is a problem.
pub(super) fn validate(source: &mut Source<'_>, mut raw: raw::File) -> Option<Config> {
    let unknown = |other| {
        let help = "write `version: 1`, or use the modelgate that the file was written for";
        (format!("version {other} of modelgate.yml is unknown"), help)
    };
    version(source, raw.version, unknown, "write `version: 1` in the first line");
    let model = model(source, raw.model);
    let lint = lint(source, raw.lint.unwrap_or_default());
    let test = raw.test.map(|raw| test(source, raw));
    let data = raw.data.map(|raw| data::data(source, raw));
    let train = raw.train.map(|raw| train(source, raw));
    let evaluate = match raw.evaluate.take() {
        Some(raw) => Some(evaluate(source, raw, train.as_ref())),
        None => {
            required(source, "evaluate");
            None
        }
    };
    if let (Some(Some(data)), Some(evaluate)) = (&data, &evaluate) {
        judged::is_not_trained_on(source, data, evaluate, train.as_ref());
    }
    let image = raw.image.map(|raw| image::image(source, raw));
    let mut gate = match raw.gate {
        Some(raw) => {
            let computed =
                Computed::of(evaluate.as_ref(), image.as_ref(), data.as_ref().and_then(Option::as_ref));
            gate::gate(source, raw, &computed)
        }
        None => {
            required(source, "gate");
            None
        }
    };
    if let (Some(evaluate), Some(gate)) = (&evaluate, &gate) {
        baseline_model_is_compared(source, evaluate, train.as_ref(), gate);
    }
    if let (Some(data), Some(gate)) = (data.as_ref().and_then(Option::as_ref), &mut gate) {
        data::ask_for_baseline(source, data, gate);
    }
    let report = deploy::report(source, raw.report.unwrap_or_default());
    let deploy = raw.deploy.map(|raw| deploy::deploy(source, raw)).unwrap_or_default();
    let retrain = deploy::retrain(source, raw.retrain.unwrap_or_default());
    Some(Config {
        model: model?,
        lint,
        test,
        data: data.flatten(),
        train,
        evaluate: evaluate?,
        image,
        gate: gate?,
        report,
        deploy,
        retrain,
        unavailable: Vec::new(),
    })
}

/// A baseline's model is measured in the place of the candidate's, and compared with it.
fn baseline_model_is_compared(
    source: &mut Source<'_>,
    evaluate: &Evaluate,
    train: Option<&Train>,
    gate: &super::Gate,
) {
    if evaluate.baseline_model.is_none() {
        return;
    }
    let section = KeyPath::of(&["evaluate"]);
    let path = section.key("baseline-model");
    let mut missing = |message: &str, help: &str| source.key(&path, message, help);
    if evaluate.script.commands.is_empty() {
        missing("nothing measures the baseline's model: `evaluate.run` is missing", "add `run` to evaluate");
    }
    if evaluate.predictions.is_none() {
        let help = "add `evaluate.predictions`: what is compared are the two models' predictions";
        missing(
            "the baseline's model has nothing to be compared by: `evaluate.predictions` is missing",
            help,
        );
    }
    if train.is_none_or(|train| train.outputs.is_empty()) {
        let help = "add `outputs` to train: the baseline's model is put in their place";
        missing("the baseline's model has no place: `train.outputs` is missing", help);
    }
    if !gate.rules.iter().any(|rule| rule.kind.compares()) {
        let help = "add a rule with `max-drop`, `max-rise` or `min-gain`, or remove it";
        missing(
            "nothing is compared with the baseline's model: `gate.rules` have no rule that compares",
            help,
        );
    }
}

/// A section that is there and wrong was reported already.
fn required(source: &mut Source<'_>, section: &str) {
    if source.has(&KeyPath::of(&[section])) {
        return;
    }
    let help = SECTIONS.iter().find_map(|(name, help)| (*name == section).then_some(*help));
    source.missing(section, help.unwrap_or_default());
}

/// Checks that the format is of version 1. `unknown` says what another one is, and what to do about it; `missing` what to
/// do where there is none.
pub(crate) fn version(
    source: &mut Source<'_>,
    version: Option<u64>,
    unknown: impl FnOnce(u64) -> (String, &'static str),
    missing: &str,
) {
    let path = KeyPath::of(&["version"]);
    match version {
        Some(1) => {}
        Some(other) => {
            let (message, help) = unknown(other);
            source.value(&path, message, help);
        }
        None if source.has(&path) => {}
        None => source.missing("version", missing),
    }
}

fn model(source: &mut Source<'_>, model: Option<String>) -> Option<ModelName> {
    let path = KeyPath::of(&["model"]);
    let Some(text) = model else {
        if !source.has(&path) {
            source.missing("model", "name the model, such as `model: churn`");
        }
        return None;
    };
    match ModelName::new(text.as_str()) {
        Ok(name) => Some(name),
        Err(_) => {
            let help = "use 1 to 128 letters, digits, `.`, `_` and `-`, beginning with a letter or a digit, \
                        without `..` and without `.` or `.lock` at the end";
            source.value(&path, format!("«{}» is not a model name", shown(&text)), help);
            None
        }
    }
}

fn lint(source: &mut Source<'_>, mut raw: raw::Lint) -> Lint {
    let path = KeyPath::of(&["lint"]);
    check_patterns(source, &path.key("python"), Reach::Project);
    let python = match raw.python.take() {
        Some(raw::OneOrMany(globs)) => globs,
        None => Lint::PYTHON.map(str::to_owned).to_vec(),
    };
    Lint { python, script: script(source, &path, raw.common()) }
}

fn test(source: &mut Source<'_>, mut raw: raw::Test) -> Test {
    let path = KeyPath::of(&["test"]);
    needs_run(source, &path, "such as `run: pytest`");
    check_patterns(source, &path.key("junit"), Reach::Project);
    let junit = raw.junit.take().map(|junit| junit.0).unwrap_or_default();
    Test { script: script(source, &path, raw.common()), junit }
}

fn train(source: &mut Source<'_>, mut raw: raw::Train) -> Train {
    let path = KeyPath::of(&["train"]);
    needs_run(source, &path, "such as `run: python train.py`");
    check_patterns(source, &path.key("inputs"), Reach::Anywhere);
    check_outputs(source, &path.key("outputs"));
    let engine = engine(source, Step::Train, &path, raw.engine.take(), raw.docker.take());
    let inputs = raw.inputs.take().map(|inputs| inputs.0).unwrap_or_default();
    let outputs = raw.outputs.take().map(|outputs| outputs.0).unwrap_or_default();
    Train { script: Script { engine, ..script(source, &path, raw.common()) }, inputs, outputs }
}

fn evaluate(source: &mut Source<'_>, mut raw: raw::Evaluate, train: Option<&Train>) -> Evaluate {
    let path = KeyPath::of(&["evaluate"]);
    check_patterns(source, &path.key("inputs"), Reach::Anywhere);
    check_outputs(source, &path.key("outputs"));
    check_patterns(source, &path.key("metrics"), Reach::Project);
    let engine = engine(source, Step::Evaluate, &path, raw.engine.take(), raw.docker.take());
    let metrics = raw.metrics.take().map(|metrics| metrics.0).unwrap_or_default();
    let predictions = raw.predictions.take();
    needs_metrics(source, &path, predictions.is_some());
    let predictions =
        predictions.and_then(|raw| predictions::predictions(source, &path.key("predictions"), raw));
    let baseline_model =
        predictions::baseline_model(source, &path.key("baseline-model"), raw.baseline_model.take());
    let repeats = predictions::repeats(source, &path, raw.repeats.take());
    if !source.has(&path.key("run")) {
        let read = metrics.iter().chain(predictions.iter().flat_map(|predictions| &predictions.files));
        are_made(source, &path, read, train);
    }
    let inputs = raw.inputs.take().map(|inputs| inputs.0).unwrap_or_default();
    let outputs = raw.outputs.take().map(|outputs| outputs.0).unwrap_or_default();
    let script = Script { engine, ..script(source, &path, raw.common()) };
    Evaluate { script, inputs, outputs, metrics, predictions, baseline_model, repeats }
}

fn needs_metrics(source: &mut Source<'_>, path: &KeyPath, predictions: bool) {
    let metrics = path.key("metrics");
    match source.node(&metrics) {
        Some(Node::List(items)) if items.is_empty() => {
            source.value(&metrics, "no metrics file is named", "name one, such as `metrics: metrics.json`");
        }
        None if !predictions => source.key(
            path,
            "`evaluate.metrics` is missing",
            "name the file that the metrics are in, such as `metrics: metrics.json`",
        ),
        _ => {}
    }
}

/// Without a command of its own, evaluate judges what train has just made, never what lay about.
fn are_made<'a>(
    source: &mut Source<'_>,
    path: &KeyPath,
    mut read: impl Iterator<Item = &'a String>,
    train: Option<&Train>,
) {
    let Some(train) = train else { return };
    if let Some(stale) = read.find(|file| !covers(&train.outputs, file)) {
        let stale = shown(stale);
        source.key(
            path,
            format!("nothing makes «{stale}»: `evaluate.run` is missing, and `train.outputs` do not name it"),
            format!("add `run` to evaluate, or add «{stale}» to the outputs of train"),
        );
    }
}

fn engine(
    source: &mut Source<'_>,
    step: Step,
    section: &KeyPath,
    engine: Option<raw::Engine>,
    container: Option<raw::Container>,
) -> Engine {
    if matches!(engine, Some(raw::Engine::Kubeflow | raw::Engine::Argo)) {
        source.unavailable(step, &section.key("engine"), true);
    }
    // What measures a model has no reason to talk to anybody.
    let network = if step == Step::Evaluate { "none" } else { "bridge" };
    image::engine(source, section, engine, container, network)
}

fn needs_run(source: &mut Source<'_>, section: &KeyPath, example: &str) {
    if !source.has(&section.key("run")) {
        let message = format!("`{}.run` is missing", section.dotted());
        source.key(section, message, format!("say what it runs, {example}"));
    }
}

fn script(source: &mut Source<'_>, section: &KeyPath, raw: raw::Common) -> Script {
    commands(source, &section.key("run"));
    let env = raw.env.map(|env| env.0).unwrap_or_default();
    for (name, _) in &env {
        variable(source, &section.key("env").key(name), name);
    }
    for (path, name) in source.texts(&section.key("secrets")) {
        variable_named(source, &path, name);
    }
    let folder = section.key("working-directory");
    if let Some(text) = &raw.working_directory {
        check_path(source, &folder, text, Reach::Project);
    }
    Script {
        commands: raw.run.map(|run| run.0).unwrap_or_default(),
        env: env.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
        secrets: raw.secrets.map(|secrets| secrets.0).unwrap_or_default(),
        working_directory: raw.working_directory.unwrap_or_else(|| ".".to_owned()),
        timeout: raw.timeout.and_then(|text| timeout(source, &section.key("timeout"), &text)),
        engine: Engine::Local,
    }
}

/// Checks that there is something to run.
fn commands(source: &mut Source<'_>, path: &KeyPath) {
    const HELP: &str = "write a command, such as `python train.py`, or remove it";
    match source.node(path) {
        Some(Node::List(items)) if items.is_empty() => {
            source.value(path, "there is no command in the list", HELP);
        }
        Some(Node::List(items)) => {
            for (index, item) in items.iter().enumerate() {
                if runs_nothing(item) {
                    source.value(&path.index(index), "the command is empty", HELP);
                }
            }
        }
        Some(node) if runs_nothing(node) => source.value(path, "the command is empty", HELP),
        _ => {}
    }
}

fn runs_nothing(command: &Node) -> bool {
    match command {
        Node::Text(text) => text.trim().is_empty(),
        Node::List(arguments) => match arguments.first() {
            None => true,
            Some(program) => program.text().is_some_and(|program| program.trim().is_empty()),
        },
        _ => false,
    }
}

const VARIABLE: &str = "use letters, digits and `_`, not beginning with a digit";

pub(super) fn variable(source: &mut Source<'_>, path: &KeyPath, name: &str) {
    if !is_variable(name) {
        source.key(path, format!("«{}» is not the name of a variable", shown(name)), VARIABLE);
    }
}

pub(super) fn variable_named(source: &mut Source<'_>, path: &KeyPath, name: &str) {
    if !is_variable(name) {
        source.value(path, format!("«{}» is not the name of a variable", shown(name)), VARIABLE);
    }
}

pub(super) fn is_variable(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub(super) fn timeout(source: &mut Source<'_>, path: &KeyPath, text: &str) -> Option<Duration> {
    const HELP: &str = "write a number and its unit, such as `90s`, `45m` or `2h 30m`";
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => {
            source.value(path, "a timeout of zero leaves no time at all", "remove it for no limit");
            None
        }
        // Beyond this, somebody adds it to the time of day and there is no such day.
        Ok(duration) if duration > LONGEST => {
            source.value(path, "a timeout of more than a year is none", "remove it for no limit");
            None
        }
        Ok(duration) => Some(duration),
        Err(_) => {
            source.value(path, format!("«{}» is not a length of time", shown(text)), HELP);
            None
        }
    }
}
