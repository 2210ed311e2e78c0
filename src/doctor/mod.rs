//! `modelgate doctor`: what a run would miss on this machine, and what mends it.
//!
//! It only looks: no command of the configuration is run.

mod machine;
pub mod permissions;
mod programs;
mod project;
mod repository;
mod show;
pub mod tokens;
mod workflows;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;

pub use machine::engine;
pub use show::show;

use crate::config::{Config, Problem, Script};
use crate::context::Forge;
use crate::engine::Variables;
use crate::git::{Absence, Repository};
use crate::step::Step;

/// What was looked at, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, such as `programs`.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// What there is to say, as a lowercase fragment.
    pub says: String,
    /// The command or the YAML that mends it; it may have several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Fine,
    /// A run works, and something of it may not be as it was meant.
    Warning,
    /// A run cannot succeed.
    Broken,
}

/// What is examined.
#[derive(Debug, Clone, Copy)]
pub struct Patient<'a> {
    /// The configuration, or what is wrong with it.
    pub config: Result<&'a Config, &'a [Problem]>,
    /// What the reader calls the file of the configuration.
    pub file: &'a str,
    /// The text of that file; empty where it cannot be read.
    pub text: &'a str,
    /// The folder of the configuration, absolute.
    pub root: &'a Path,
    /// The folder of the run, absolute.
    pub run_dir: &'a Path,
    /// Our variables.
    pub variables: &'a Variables,
    /// Where we are.
    pub forge: Forge,
    /// The repository around the project, or why there is none.
    pub repository: &'a Result<Repository, Absence>,
}

/// Looks at everything that a run needs, in the order in which it is to be mended.
#[must_use]
pub fn examine(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = configuration(patient);
    checks.extend(repository::examine(patient));
    if let Ok(config) = patient.config {
        checks.extend(programs::examine(patient, config));
        checks.extend(project::inputs(patient, config));
        checks.extend(project::secrets(patient, config));
        checks.extend(workflows::examine(patient, config));
    }
    checks.extend(machine::examine(patient.run_dir));
    checks
}

impl Check {
    fn fine(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, health: Health::Fine, says: says.into(), help: None }
    }

    fn warning(name: &'static str, says: impl Into<String>) -> Self {
        Self { health: Health::Warning, ..Self::fine(name, says) }
    }

    fn broken(name: &'static str, says: impl Into<String>) -> Self {
        Self { health: Health::Broken, ..Self::fine(name, says) }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

fn configuration(patient: &Patient<'_>) -> Vec<Check> {
    const NAME: &str = "configuration";
    let file = patient.file;
    let config = match patient.config {
        Ok(config) => config,
        Err(problems) => {
            // A file that is not there is the one problem that has a command of its own.
            let help = match problems {
                [only] if only.place.is_none() => only.help.clone(),
                _ => None,
            };
            let says = match problems {
                [only] => format!("{file}: {}", only.message),
                many => format!("{file} has {} problems", many.len()),
            };
            let help = help.unwrap_or_else(|| "`modelgate check` shows each with its line".into());
            return vec![Check::broken(NAME, says).help(help)];
        }
    };
    if config.unavailable.is_empty() {
        let mut checks = vec![Check::fine(NAME, format!("{file} is valid"))];
        checks.extend(todos(patient));
        return checks;
    }
    let keys: Vec<String> = config.unavailable.iter().map(|part| format!("«{}»", part.key)).collect();
    let says = format!("{file} asks for what this version cannot do yet: {}", keys.join(", "));
    vec![Check::broken(NAME, says).help("take it out of the file for now")]
}

/// What is left for a person to decide, as `modelgate init` marks it.
fn todos(patient: &Patient<'_>) -> Option<Check> {
    let comments = patient.text.lines().filter_map(|line| line.split_once('#'));
    let left = comments.filter(|(_, comment)| comment.contains("TODO")).count();
    let says = match left {
        0 => return None,
        1 => format!("1 TODO is left in {}", patient.file),
        many => format!("{many} TODOs are left in {}", patient.file),
    };
    Some(Check::warning("configuration", says).help(format!("grep -n TODO {}", patient.file)))
}

/// The steps that run commands.
fn scripts(config: &Config) -> Vec<(Step, &Script)> {
    let test = config.test.as_ref().map(|test| (Step::Test, &test.script));
    let train = config.train.as_ref().map(|train| (Step::Train, &train.script));
    let lint = Some((Step::Lint, &config.lint.script));
    let evaluate = Some((Step::Evaluate, &config.evaluate.script));
    let all = [lint, test, train, evaluate].into_iter().flatten();
    all.filter(|(_, script)| !script.commands.is_empty()).collect()
}
