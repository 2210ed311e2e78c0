//! A repository whose .gitlab-ci.yml includes modelgate, and gitlab-ci-local, which runs its pipelines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::common::pages::read;
use crate::common::{MODELGATE, Project, Said, node_modules, said, skip, tool};

/// The file to include, in the project.
pub const INCLUDE: &str = "gitlab/modelgate.yml";

/// What a person would have to say to be told nothing else.
const QUIET: &str = "CI_PIPELINE_SOURCE,GITLAB_CI,CI_COMMIT_BRANCH,CI_COMMIT_TAG,CI_DEFAULT_BRANCH,CI_JOB_TOKEN,CI_API_V4_URL,\
                     CI_SERVER_URL,CI_PROJECT_ID,CI_PIPELINE_ID,CI_COMMIT_REF_NAME,CI_COMMIT_REF_SLUG,CI_MERGE_REQUEST_IID,\
                     CI_MERGE_REQUEST_PROJECT_ID,CI_MERGE_REQUEST_SOURCE_PROJECT_ID,CI_MERGE_REQUEST_REF_PATH,\
                     CI_MERGE_REQUEST_SOURCE_BRANCH_NAME,CI_MERGE_REQUEST_TARGET_BRANCH_NAME";

/// A repository with pipelines.
pub struct Runner {
    pub project: Project,
    node: PathBuf,
    program: PathBuf,
    /// Variables of every pipeline.
    pub variables: Vec<(String, String)>,
    /// What each pipeline lacks that gitlab-ci-local would give to it.
    pub unset: Vec<String>,
}

/// A pipeline that has ended.
pub struct Pipeline {
    pub said: Said,
}

impl Pipeline {
    /// How a job ended: `0`, or the exit code of its script; none where it did not run.
    pub fn job(&self, name: &str) -> Option<i32> {
        let ended = format!(r"(?m)^{} +finished in .*?(?:FAIL (\d+))?\s*$", regex::escape(name));
        let ended = Regex::new(&ended).unwrap();
        // A failure stands among the errors.
        let found = ended.captures(&self.said.out).or_else(|| ended.captures(&self.said.err))?;
        Some(found.get(1).map_or(0, |code| code.as_str().parse().unwrap()))
    }

    /// All that was said.
    pub fn log(&self) -> String {
        format!("{}{}", self.said.out, self.said.err)
    }
}

impl Runner {
    /// A project that includes modelgate with these inputs, a line each, and runs the program under test. None, and a
    /// word about the skipped `test`, where gitlab-ci-local does not run here.
    pub fn new(test: &str, project: Project, inputs: &str) -> Option<Self> {
        let mut inputs = inputs.trim().to_owned();
        if !inputs.lines().any(|line| line.starts_with("binary-path:")) {
            inputs.push_str(&format!("\nbinary-path: {MODELGATE}"));
        }
        let inputs = inputs.trim().replace('\n', "\n      ");
        let text = format!("include:\n  - local: {INCLUDE}\n    inputs:\n      {inputs}\n");
        Self::with(test, project, &text)
    }

    /// A project with this .gitlab-ci.yml, beside the file to include.
    pub fn with(test: &str, project: Project, text: &str) -> Option<Self> {
        let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let modules = node_modules().filter(|_| runs("rsync"));
        let node = modules.as_ref().map(|modules| modules.join(".bin/node")).filter(|node| node.exists());
        let (Some(modules), Some(node)) = (modules, node) else {
            skip(test, "tests/node, its Node.js 22 or rsync is not installed");
            return None;
        };
        project.file(INCLUDE, read(INCLUDE));
        project.file(".gitlab-ci.yml", text);
        project.commit("Judge it on GitLab");
        let program = modules.join("gitlab-ci-local/dist/index.js");
        // Else what is below is ignored, and a repository in an ignored folder is no place for a job.
        project.file("../state/.gitignore", "");
        let runner = Self { project, node, program, variables: Vec::new(), unset: Vec::new() };
        Some(runner.variable("GITLAB_CI", "true"))
    }

    /// With one more variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Runs a pipeline.
    pub fn pipeline(&self, source: &str) -> Pipeline {
        Pipeline { said: said(self.command(source).output().expect("node starts")) }
    }

    /// The jobs of a pipeline by their names, each with when it runs.
    pub fn jobs(&self, source: &str, variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut command = self.command(source);
        command.args(["--list-json", "--no-json-schema-validation"]);
        for (name, value) in variables {
            match *value {
                "" => command.args(["--unset-variable", name]),
                value => command.args(["--variable", &format!("{name}={value}")]),
            };
        }
        let said = said(command.output().expect("node starts"));
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let start = said.out.find("\n[").map_or(0, |at| at + 1);
        let jobs: Vec<Value> = serde_json::from_str(&said.out[start..]).expect(&said.out);
        let text = |job: &Value, key: &str| job[key].as_str().expect("a text").to_owned();
        let jobs = jobs.iter().map(|job| (text(job, "name"), text(job, "when")));
        jobs.filter(|(_, when)| when != "never").collect()
    }

    fn command(&self, source: &str) -> Command {
        let mut command = self.project.command(&self.node);
        // With a python and a pip, as the image of the jobs has them.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = tool("pip").and_then(|pip| pip.parent().map(Path::to_owned));
        let programs = programs.into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(programs).expect("a PATH"));
        command.arg(&self.program).args(["--force-shell-executor", "--shell-isolation", "--no-color"]);
        command.args(["--state-dir", "../state"]);
        command.args(["--ignore-predefined-vars", QUIET]);
        command.args(["--variable", &format!("CI_PIPELINE_SOURCE={source}")]);
        for (name, value) in &self.variables {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        for name in &self.unset {
            command.args(["--unset-variable", name]);
        }
        command
    }

    /// The record that a pipeline has left among the artifacts.
    pub fn record(&self) -> Value {
        self.project.record()
    }

    /// A file among the artifacts.
    pub fn artifact(&self, name: &str) -> String {
        fs::read_to_string(self.project.path().join(".modelgate").join(name)).expect(name)
    }
}
