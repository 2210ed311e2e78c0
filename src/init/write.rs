//! From what was found to the text of modelgate.yml: short, valid, and with a word where a person decides.

use super::rules::{Proposal, propose};
use super::yaml::{comment, list, one_or_many, scalar};
use super::{Data, Project, Work};
use crate::config;
use crate::name::ModelName;

/// A key longer than this is no key for YAML.
const LONGEST_KEY: usize = 256;

/// The text of a `modelgate.yml` that is valid whatever was found.
#[must_use]
pub fn write(project: &Project) -> String {
    let sections = [
        Some(head(project)),
        lint(project),
        test(project),
        data(project),
        Some(train(project)),
        Some(evaluate(project)),
        Some(gate(project)),
    ];
    sections.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn head(project: &Project) -> String {
    format!(
        "# Made by `modelgate init`. `modelgate check` says whether it is valid, `modelgate plan` what would run,\n\
         # `modelgate schema` tells editors every key.\n\
         version: 1\nmodel: {}\n",
        scalar(model_name(&project.name).as_str())
    )
}

/// The nearest valid name.
fn model_name(name: &str) -> ModelName {
    let mut valid = String::new();
    for c in name.chars().take(128) {
        let c = if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
        // No two marks in a row, and none in front.
        if c.is_ascii_alphanumeric() || valid.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            valid.push(c);
        }
    }
    let valid = valid.trim_end_matches(['.', '-', '_']);
    let valid = valid.strip_suffix(".lock").unwrap_or(valid);
    let fallback = |_| ModelName::new("model");
    #[expect(clippy::unwrap_used, reason = "«model» is a model name")]
    ModelName::new(valid).or_else(fallback).unwrap()
}

fn lint(project: &Project) -> Option<String> {
    let commands = commands(&project.linters);
    (!commands.is_empty()).then(|| format!("lint:\n  run: {}\n", one_or_many(&commands)))
}

fn test(project: &Project) -> Option<String> {
    let tests = project.tests.as_ref().filter(|command| !command.trim().is_empty())?;
    let junit = if tests.contains("--junitxml=junit.xml") { "  junit: junit.xml\n" } else { "" };
    Some(format!("test:\n  run: {}\n{junit}", scalar(tests)))
}

/// The sets of data, for a person to switch on: whether they are the ones that the model learns from is not to be seen.
fn data(project: &Project) -> Option<String> {
    let Data { label, sets } = project.data.as_ref()?;
    let files: Vec<String> = sets.iter().map(|(set, file)| format!("{set}: {}", scalar(file))).collect();
    let leakage = if sets.len() > 1 { "  leakage: {}\n" } else { "" };
    let section = format!("data:\n  sets: {{ {} }}\n  label: {}\n{leakage}", files.join(", "), scalar(label));
    let lines: String = section.lines().map(|line| format!("# {}\n", comment(line))).collect();
    let why = "# The data can be held to a schema, and searched for what leaks and what has drifted (docs/data.md):\n";
    is_valid_section(&section).then(|| why.to_owned() + &lines)
}

fn train(project: &Project) -> String {
    let Some(work) = usable(project.train.as_ref()) else {
        let todo = "# TODO: nothing was found that trains. Say what makes the model, or leave it out when something else does:\n\
                    # train:\n#   run: RUN\n#   inputs: [train.py, data/train.csv]\n#   outputs: [model.joblib]\n";
        let run = format!("{} train.py", project.python);
        return todo.replace("RUN", &comment(&scalar(&run)));
    };
    let mut text = format!("train:\n{}", script(work));
    let outputs = Kept::of("outputs", &work.outputs);
    text += &inputs(work, (!outputs.kept.is_empty()).then_some(RESTORED), "its outputs");
    if outputs.kept.is_empty() {
        text += "  # TODO: the files that it makes, such as:\n  # outputs: [model.joblib]\n";
    }
    text + &outputs.line()
}

const RESTORED: &str =
    "While none of these has changed, the outputs are restored: name everything that it reads.";

/// The inputs with a remark, which is none where something other than the code and the data is `unknown`. Then nothing may
/// be restored, since a restored result of another model or other data would be worse than doing it again.
fn inputs(work: &Work, remark: Option<&str>, unknown: &str) -> String {
    let inputs = Kept::of("inputs", &work.inputs);
    let line = inputs.line();
    if inputs.kept.is_empty() {
        let example = "  # It always runs. With inputs, it is restored while none of them has changed.\n";
        return line + example;
    }
    let unknown: Vec<&str> = [
        remark.is_none().then_some(unknown),
        (!work.code_is_known).then_some("all of its code"),
        (!work.data_is_known).then_some("its data"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let unknown = match (unknown.as_slice(), remark) {
        ([], None | Some("")) => return line,
        ([], Some(remark)) => return format!("  # {remark}\n{line}"),
        ([only], _) => (*only).to_owned(),
        ([before @ .., last], _) => format!("{} and {last}", before.join(", ")),
    };
    let line = line.replace("  inputs:", "  # inputs:");
    format!(
        "  # It always runs. With {unknown} named, it can be restored while none of these has changed:\n{line}"
    )
}

fn evaluate(project: &Project) -> String {
    let metrics = Kept::of("metrics", &project.metrics);
    let mut text = "evaluate:\n".to_owned();
    let train = usable(project.train.as_ref());
    let made = train.map(|train| Kept::of("outputs", &train.outputs).kept).unwrap_or_default();
    let all_made = !metrics.kept.is_empty() && metrics.kept.iter().all(|file| made.contains(file));
    let measures = train.filter(|_| all_made);
    let evaluate = usable(project.evaluate.as_ref());
    match (evaluate, measures) {
        (Some(work), _) => {
            text += &script(work);
            text += &inputs(work, (!made.is_empty()).then_some(""), "the model");
            text += &Kept::of("outputs", &work.outputs).line();
        }
        (None, Some(train)) => {
            text += &format!("  # Training measures too: the metrics are of {}.\n", comment(&train.from))
        }
        (None, None) => {
            text += "  # TODO: nothing was found that evaluates. It is to load the model and write the metrics.\n";
            text += &format!("  run: {}\n", scalar(&format!("{} evaluate.py", project.python)));
        }
    }
    if metrics.kept.is_empty() {
        text += "  # TODO: the file that it writes the metrics to.\n  metrics: metrics.json\n";
    }
    text + &metrics.line() + &predictions(project)
}

/// The predictions that are there, for a person to switch on: whether every run writes them is not to be seen.
fn predictions(project: &Project) -> String {
    let Some(line) = project.predictions.as_ref().filter(|line| is_valid(line)) else { return String::new() };
    let line = comment(line);
    format!(
        "  # If every run writes these, each metric gets an interval, and slices can have rules:\n  # {line}\n"
    )
}

fn gate(project: &Project) -> String {
    let mut rules = propose(&project.measured, project.in_repository);
    rules.retain(|rule| scalar(rule.metric.as_str()).len() <= LONGEST_KEY);
    let mut seen = std::collections::BTreeSet::new();
    rules.retain(|rule| seen.insert(rule.metric.clone()));
    let mut text = "gate:\n".to_owned();
    if project.in_repository {
        text += "  # What a new model is compared with: the newest approved run of the default branch.\n";
        text += "  baseline: default-branch\n";
    }
    text += "  rules:\n";
    if rules.is_empty() {
        let drop = if project.in_repository { ", max-drop: 0.02" } else { "" };
        return text
            + &format!(
                "    # TODO: a metric of yours, with dots between nested keys, and what it must reach.\n    accuracy: {{ min: 0.5{drop} }}\n"
            );
    }
    if project.measured.iter().all(|(_, value)| value.is_none()) {
        return text + &unmeasured(&rules);
    }
    rules.iter().fold(text, |text, rule| text + &line(rule))
}

/// Names that only stand in the scripts: one rule, for the file to be valid, and the others as comments. The
/// metrics file may nest them.
fn unmeasured(rules: &[Proposal]) -> String {
    let mut text = "    # TODO: these names are from the text of the scripts, since there is no metrics file to read yet. Write them\n    \
                    # as the metrics file has them, with dots between nested keys, such as test.accuracy, and the bounds too.\n    \
                    # Or let `modelgate init --force` read them there, once it is made.\n"
        .to_owned();
    for (number, rule) in rules.iter().enumerate() {
        let line = line(&Proposal { comment: None, ..rule.clone() });
        text += &if number == 0 { line } else { format!("    # {}", line.trim_start()) };
    }
    text
}

fn line(rule: &Proposal) -> String {
    let keys: Vec<String> = rule.keys.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let remark = rule.comment.as_ref().map(|text| format!("  # {}", comment(text))).unwrap_or_default();
    format!("    {}: {{ {} }}{remark}\n", scalar(rule.metric.as_str()), keys.join(", "))
}

fn usable(work: Option<&Work>) -> Option<&Work> {
    work.filter(|work| !commands(&work.run).is_empty())
}

fn commands(commands: &[String]) -> Vec<&String> {
    commands.iter().filter(|command| !command.trim().is_empty()).collect()
}

/// The keys that every step has.
fn script(work: &Work) -> String {
    let commands = commands(&work.run);
    let mut text = if work.from.ends_with(".yaml") {
        format!("  # From {}.\n", comment(&work.from))
    } else {
        String::new()
    };
    match commands.as_slice() {
        [only] => text += &format!("  run: {}\n", scalar(only)),
        many => {
            text += "  run:\n";
            for command in many {
                text += &format!("    - {}\n", scalar(command));
            }
        }
    }
    let env: Vec<String> = work
        .env
        .iter()
        .map(|(name, value)| format!("{}: {}", scalar(name), scalar(value)))
        .filter(|entry| is_valid(&format!("env: {{ {entry} }}")))
        .collect();
    if !env.is_empty() {
        text += &format!("  env: {{ {} }}\n", env.join(", "));
    }
    text
}

/// Paths that a key may have, and those that it may not.
struct Kept<'a> {
    key: &'static str,
    kept: Vec<&'a String>,
    dropped: Vec<&'a String>,
}

impl<'a> Kept<'a> {
    fn of(key: &'static str, paths: &'a [String]) -> Self {
        // One after the other only where they are not all right, which is hardly ever.
        let all = is_valid(&format!("{key}: {}", list(paths))) || paths.is_empty();
        let (kept, dropped) =
            paths.iter().partition(|path| all || is_valid(&format!("{key}: {}", list(&[path.as_str()]))));
        Self { key, kept, dropped }
    }

    /// The line of the file; what had to be left out is said above it.
    fn line(&self) -> String {
        let mut text = String::new();
        for path in &self.dropped {
            text += &format!(
                "  # Left out of {}, since it is no path within the project: {}\n",
                self.key,
                comment(path)
            );
        }
        match (self.key, self.kept.as_slice()) {
            (_, []) => {}
            ("metrics", kept) => text += &format!("  metrics: {}\n", one_or_many(kept)),
            (key, kept) => text += &format!("  {key}: {}\n", list(kept)),
        }
        text
    }
}

/// Whether the configuration takes this line of a step.
fn is_valid(line: &str) -> bool {
    let metrics = if line.starts_with("metrics:") { "" } else { "  metrics: m.json\n" };
    config::parse(&format!("{BESIDES}evaluate:\n  run: x\n{metrics}  {line}\n")).is_ok()
}

/// Whether the configuration takes this section.
fn is_valid_section(section: &str) -> bool {
    config::parse(&format!("{BESIDES}evaluate: {{ run: x, metrics: m.json }}\n{section}")).is_ok()
}

/// What a file needs besides its steps.
const BESIDES: &str = "version: 1\nmodel: m\ngate: { rules: { a: { min: 0 } } }\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_model_name() {
        for (name, model) in [
            ("churn", "churn"),
            ("My Model!", "My-Model"),
            ("../x", "x"),
            ("a..b.lock", "a.b"),
            ("ä", "model"),
            ("", "model"),
            ("x.lock", "x"),
            ("breast_cancer-2", "breast_cancer-2"),
            ("-.", "model"),
        ] {
            assert_eq!(model_name(name).as_str(), model, "{name}");
        }
        assert_eq!(model_name(&"x".repeat(200)).as_str().len(), 128);
    }
}
