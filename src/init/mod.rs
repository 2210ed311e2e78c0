//! `modelgate init`: from a look at the project to a `modelgate.yml` that runs.
//!
//! Only [`look`] and [`save`] touch the disk. What is found in the project is data of others: nothing of it
//! is run, and no text of it can become another key of the file.

mod command;
mod dvc;
mod find;
mod folder;
pub mod gitlab;
mod makefile;
mod manifest;
mod measure;
mod predictions;
mod recipe;
mod rules;
mod scan;
mod script;
mod tables;
mod tell;
mod write;
mod yaml;

#[cfg(test)]
mod tests;

pub use find::look;
pub use folder::save;
pub use tables::Data;
pub use tell::tell;
pub use write::write;

use crate::name::MetricName;

/// What a look at a project found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// The project's own name; it need not be a valid model name.
    pub name: String,
    /// How Python is started here, such as `python` or `uv run python`.
    pub python: String,
    /// The commands of the linters that are configured.
    pub linters: Vec<String>,
    /// The command of the tests.
    pub tests: Option<String>,
    /// What makes the model.
    pub train: Option<Work>,
    /// What measures it; none also where training does that itself, and then the metrics are among its
    /// outputs.
    pub evaluate: Option<Work>,
    /// The metrics files.
    pub metrics: Vec<String>,
    /// The line of `evaluate` for predictions that are there, as YAML.
    pub predictions: Option<String>,
    /// The metrics in the order in which they were found, with the values of the latest run, if there was
    /// one.
    pub measured: Vec<(MetricName, Option<f64>)>,
    /// Whether the project is in a git repository.
    pub in_repository: bool,
    /// Whether the project is on GitLab, as far as that can be seen.
    pub on_gitlab: bool,
    /// The commands that install its packages on a machine that has Python.
    pub install: Vec<String>,
    /// What a run makes and git neither tracks nor ignores.
    pub loose: Vec<String>,
    /// The sets of data that are there.
    pub data: Option<Data>,
    /// What a person should know, as sentences without their full stop.
    pub hints: Vec<String>,
}

/// A step's commands and files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Where it was found, such as `train.py` or `dvc.yaml`.
    pub from: String,
    /// The shell commands. Not empty.
    pub run: Vec<String>,
    /// Variables that they need.
    pub env: Vec<(String, String)>,
    /// Paths, folders and globs that they read.
    pub inputs: Vec<String>,
    /// Whether all the code is among the inputs. Without it, nothing may be restored.
    pub code_is_known: bool,
    /// Whether the data is among the inputs. Without it, nothing may be restored.
    pub data_is_known: bool,
    /// Paths, folders and globs that they make, the metrics not among them unless nothing else makes these.
    pub outputs: Vec<String>,
}
