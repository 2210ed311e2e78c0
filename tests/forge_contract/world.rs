//! A project on one forge or another, and the jobs that run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::common::{MODELGATE, Project, Said};

#[path = "../check/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod github;
#[path = "gitlab.rs"]
mod gitlab;

use github::Wrong;

/// Every forge that there is.
pub const ALL: [Forge; 3] = [Forge::Github, Forge::Gitlab, Forge::Local];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    Github,
    Gitlab,
    Local,
}

/// Where a project is, and the next job that runs in it.
pub enum World {
    Github(Github),
    Gitlab(gitlab::Job),
    Local(Project),
}

/// A repository on GitHub.
pub struct Github {
    project: Project,
    github: github::Fake,
    run: u64,
    /// Where the pull request comes from, if one is about.
    pull_request: Option<&'static str>,
}

impl World {
    pub fn new(forge: Forge, project: Project) -> Self {
        match forge {
            Forge::Github => {
                let head = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
                let github = github::Fake::start();
                github.state().commits = vec![head];
                Self::Github(Github { project, github, run: 41, pull_request: None })
            }
            Forge::Gitlab => Self::Gitlab(gitlab::Job::new(project)),
            Forge::Local => Self::Local(project),
        }
    }

    pub const fn project(&self) -> &Project {
        match self {
            Self::Github(github) => &github.project,
            Self::Gitlab(job) => &job.project,
            Self::Local(project) => project,
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Github(github) => github.variables(),
            Self::Gitlab(job) => {
                job.begin();
                job.variables()
            }
            Self::Local(_) => Vec::new(),
        }
    }

    pub fn run(&self, words: &[&str]) -> Said {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.project().modelgate_with(words, &variables)
    }

    pub fn spawn(&self, words: &[&str]) -> Child {
        let mut command = self.project().command(MODELGATE);
        command.args(words).envs(self.variables()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The job ends; what it has kept is where the forge keeps it, and nowhere else.
    pub fn end(&mut self) {
        match self {
            Self::Github(github) => {
                github.run += 1;
                github.project.git(&["update-ref", "-d", "refs/modelgate/churn"]);
            }
            Self::Gitlab(job) => drop(job.end("gate")),
            Self::Local(_) => {}
        }
    }

    /// A change that is to be merged.
    pub fn merge(&mut self, accuracy: &str) {
        let project = self.project();
        project.git(&["switch", "--quiet", "--create", "topic"]);
        project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}\n"));
        project.commit("A change");
        self.come_from("acme/churn", "7");
    }

    /// The same from a fork.
    pub fn fork(&mut self) {
        self.come_from("fork/churn", "8");
    }

    fn come_from(&mut self, repository: &'static str, project: &str) {
        match self {
            Self::Github(github) => github.pull_request = Some(repository),
            Self::Gitlab(job) => job.merge(project),
            Self::Local(_) => {}
        }
    }

    /// What the forge shows of the commit that is checked out: each check or status.
    pub fn shown(&self) -> Vec<&'static str> {
        let head = self.project().git(&["rev-parse", "HEAD"]);
        let (all, state): (Vec<Value>, &str) = match self {
            Self::Github(github) => (github.github.state().checks.clone(), "conclusion"),
            Self::Gitlab(job) => (
                job.gitlab.state().statuses.iter().filter(|it| it["retried"].is_null()).cloned().collect(),
                "status",
            ),
            Self::Local(_) => return Vec::new(),
        };
        let of_head = all.iter().filter(|it| it["head_sha"] == head.trim() || it["sha"] == head.trim());
        of_head
            .map(|it| match it[state].as_str() {
                Some("success") => "success",
                Some("failure" | "failed") => "failure",
                Some("cancelled" | "canceled") => "cancelled",
                Some("running") | None => "under way",
                other => panic!("it is shown as {other:?}"),
            })
            .collect()
    }

    /// How many comments of ours the request has.
    pub fn comments(&self) -> usize {
        match self {
            Self::Github(github) => github.github.state().comments.len(),
            Self::Gitlab(job) => job.gitlab.state().notes.len(),
            Self::Local(_) => 0,
        }
    }

    /// The server fails at the next writes, and nobody can say whether it has taken them.
    pub fn fail(&self) {
        let oops = || Wrong::Refuse(502, "x-a: b", json!({ "message": "oops" }));
        match self {
            Self::Github(github) => {
                for requests in ["POST check-runs", "PATCH check-runs", "POST issues"] {
                    github.github.fail(requests, oops());
                    github.github.fail(requests, Wrong::Silence);
                }
            }
            Self::Gitlab(job) => {
                for requests in ["POST statuses", "POST merge_requests"] {
                    job.gitlab.fail(requests, oops());
                    job.gitlab.fail(requests, Wrong::Silence);
                }
            }
            Self::Local(_) => {}
        }
    }

    /// The record of the default branch is damaged where the forge keeps it.
    pub fn spoil(&self) {
        match self {
            Self::Github(github) => {
                let mut state = github.github.state();
                let text = state.checks[0]["output"]["text"].as_str().unwrap().replace("zlib ", "zlib x");
                state.checks[0]["output"]["text"] = text.into();
            }
            Self::Gitlab(job) => {
                let mut state = job.gitlab.state();
                let files = state.jobs[0].artifacts.as_mut().unwrap();
                files.insert(".modelgate/run.json".into(), b"{".to_vec());
            }
            Self::Local(project) => {
                project.file("../run.json", "{");
                let blob = project.git(&["hash-object", "-w", "../run.json"]);
                let tree = project.path().join("../tree");
                fs::write(&tree, format!("100644 blob {}\trun.json\n", blob.trim())).unwrap();
                let mut make = project.command("git");
                make.arg("mktree").stdin(fs::File::open(&tree).unwrap());
                let tree = String::from_utf8(make.output().unwrap().stdout).unwrap();
                let commit =
                    project.git(&["commit-tree", "-p", "refs/modelgate/churn", "-m", "x", tree.trim()]);
                project.git(&["update-ref", "refs/modelgate/churn", commit.trim()]);
            }
        }
    }
}

impl Github {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let beside: PathBuf = self.project.path().parent().unwrap().to_owned();
        let event = beside.join("event.json");
        let head = self.project.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let repository = json!({ "full_name": "acme/churn", "default_branch": "main" });
        let payload = match self.pull_request {
            None => json!({ "ref": "refs/heads/main", "repository": repository }),
            Some(from) => json!({ "repository": repository,
                "pull_request": { "number": 7, "head": { "sha": head, "repo": { "full_name": from } } } }),
        };
        fs::write(&event, payload.to_string()).unwrap();
        let name = if self.pull_request.is_some() { "pull_request" } else { "push" };
        vec![
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_EVENT_NAME", name.into()),
            ("GITHUB_EVENT_PATH", event.display().to_string()),
            ("GITHUB_API_URL", self.github.base.clone()),
            ("GITHUB_SERVER_URL", "https://github.example".into()),
            ("GITHUB_REPOSITORY", "acme/churn".into()),
            ("GITHUB_RUN_ID", self.run.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1".into()),
            ("GITHUB_JOB", "model".into()),
            ("GITHUB_WORKFLOW", "ship".into()),
            ("GITHUB_TOKEN", "the-token".into()),
            ("GITHUB_STEP_SUMMARY", beside.join("summary").display().to_string()),
            ("GITHUB_OUTPUT", beside.join("outputs").display().to_string()),
            ("NO_COLOR", "1".into()),
        ]
    }
}
