//! A workflow that uses the action, and act, which runs it as GitHub would.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::common::{MODELGATE, Project, Said, said, tool};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A repository with a workflow, and a folder for what outlives its jobs.
pub struct Runner {
    pub project: Project,
    act: PathBuf,
    kept: PathBuf,
    /// Variables of the runner, such as `GITHUB_API_URL`.
    pub variables: Vec<(String, String)>,
    /// What `github.token` is; nothing is asked of GitHub without it.
    pub token: Option<String>,
}

impl Runner {
    /// A workflow that gives the action these inputs, a line each. None where act is not installed.
    pub fn new(project: Project, with: &str) -> Option<Self> {
        let mut inputs = with.to_owned();
        for (name, value) in [("token", "''"), ("binary-path", MODELGATE)] {
            if !with.lines().any(|line| line.starts_with(&format!("{name}:"))) {
                inputs.push_str(&format!("\n{name}: {value}"));
            }
        }
        let inputs = inputs.trim().replace('\n', "\n          ");
        let checkout = pins(&read("self-test.yml")).into_iter().find(|pin| pin.0 == "actions/checkout");
        let (checkout, commit) = checkout.expect("a checkout");
        let workflow = format!(
            "on: [push, pull_request, schedule, workflow_dispatch]
jobs:
  model:
    runs-on: ubuntu-latest
    steps:
      - uses: {checkout}@{commit}
      - id: modelgate
        uses: ./
        with:
          {inputs}
      - if: always()
        env:
          OUTPUTS: ${{{{ toJSON(steps.modelgate.outputs) }}}}
        run: printf '%s' \"$OUTPUTS\" > \"$KEPT/outputs.json\"
"
        );
        let runner = Self::with_workflows(project, &[("model.yml", &workflow)])?;
        Some(runner)
    }

    /// These workflows, beside the action. None where act is not installed.
    pub fn with_workflows(project: Project, workflows: &[(&str, &str)]) -> Option<Self> {
        let act = tool("act")?;
        let kept = project.path().parent().unwrap().join("kept");
        fs::create_dir(&kept).unwrap();
        project.file("action.yml", fs::read(Path::new(ROOT).join("action.yml")).unwrap());
        for entry in fs::read_dir(Path::new(ROOT).join(".github/action")).unwrap() {
            let entry = entry.unwrap();
            let name = format!(".github/action/{}", entry.file_name().to_string_lossy());
            project.file(&name, fs::read(entry.path()).unwrap());
        }
        for (name, text) in workflows {
            project.file(&format!(".github/workflows/{name}"), text);
        }
        project.commit("Judge it on GitHub");
        Some(Self { project, act, kept, variables: Vec::new(), token: None })
    }

    /// Runs the workflows of an event.
    pub fn act(&self, event: &str, payload: &Value) -> Said {
        let payload_path = self.kept("payload.json");
        fs::write(&payload_path, payload.to_string()).unwrap();
        let mut command = self.project.command(&self.act);
        command.args([event, "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server"]);
        command.arg("--eventpath").arg(payload_path);
        command.arg("--env").arg(format!("KEPT={}", self.kept.display()));
        command.args(["--env", "NO_COLOR=1"]);
        // With a python and a pip, as GitHub's runners have them.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path);
        let programs = self.act.parent().map(Path::to_owned).into_iter().chain(path);
        command.env("PATH", std::env::join_paths(programs).unwrap());
        for (name, value) in &self.variables {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        if let Some(token) = &self.token {
            command.arg("--secret").arg(format!("GITHUB_TOKEN={token}"));
        }
        // What the composite uses has a stand-in: the machine that tests may have no way out.
        let stood_in = pins(&read("../../action.yml")).into_iter().chain(pins(&self.workflows()));
        for (action, commit) in stood_in {
            let repository: Vec<&str> = action.split('/').take(2).collect();
            let folder = Path::new(ROOT).join("tests/act").join(repository[1]);
            let stand_in = format!("{}@{commit}={}", repository.join("/"), folder.display());
            command.arg("--local-repository").arg(stand_in);
        }
        said(command.output().expect("act starts"))
    }

    fn workflows(&self) -> String {
        let folder = self.project.path().join(".github/workflows");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    /// A file or folder that outlived the job.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.kept.join(name)
    }

    /// The outputs of the action, as the step after it saw them.
    pub fn outputs(&self) -> Value {
        let text = fs::read_to_string(self.kept("outputs.json")).expect("the outputs");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The record in an artifact.
    pub fn record(&self, artifact: &str) -> Value {
        let path = self.kept(&format!("artifacts/{artifact}/run.json"));
        serde_json::from_str(&fs::read_to_string(path).expect("the artifact's record")).expect("JSON")
    }

    /// How often a cache was saved.
    pub fn saved(&self) -> usize {
        fs::read_to_string(self.kept("saved")).unwrap_or_default().lines().count()
    }

    /// The folder that the job ran in, which act's log names.
    pub fn workspace(&self, out: &str) -> PathBuf {
        let path = Regex::new(r"report-path=(\S.*/hostexecutor)/").unwrap();
        PathBuf::from(&path.captures(out).unwrap_or_else(|| panic!("no workspace in {out}"))[1])
    }
}

fn read(workflow: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(".github/workflows").join(workflow)).unwrap()
}

/// The actions that a text uses, each with its commit.
pub fn pins(text: &str) -> Vec<(String, String)> {
    let uses = Regex::new(r"(?m)^\s*(?:- )?uses: (actions/[\w/-]+)@([0-9a-f]{40})").unwrap();
    uses.captures_iter(text).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

/// GitHub's own example of an event.
pub fn payload(modules: &Path, event: &str) -> Value {
    let path = modules.join("@octokit/webhooks-examples/api.github.com/index.json");
    let events: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let event = events.into_iter().find(|it| it["name"] == event).expect("an event of that name");
    event["examples"][0].clone()
}
