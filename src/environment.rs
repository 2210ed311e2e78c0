//! The only reader of environment variables and of the clock. What it reads travels as values.

#[cfg(test)]
mod tests;

use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::clock::Clock;
use crate::context::{Context, Forge};
use crate::engine::Variables;
use crate::fault::{Fault, Result};
use crate::forge::github::Event;
use crate::forge::gitlab::Job;
use crate::git::Repository;
use crate::name::Commit;

/// What surrounds this process.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Every variable.
    pub variables: Variables,
    /// The folder that we were started in, absolute.
    pub folder: PathBuf,
    /// The program that we are, absolute where that can be told.
    pub program: PathBuf,
    /// The clock.
    pub clock: Clock,
    /// Standard output.
    pub output: Screen,
    /// Standard error.
    pub errors: Screen,
}

/// One of the two streams that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Whether a person looks at it directly.
    pub is_terminal: bool,
    /// Columns.
    pub width: usize,
}

/// Columns where nobody tells: CI logs and files.
const WIDTH: usize = 120;

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// The folder that we were started in is gone.
    pub fn read() -> Result<Self> {
        let folder = env::current_dir().map_err(|error| {
            Fault::new("find the current folder", error).help("change to a folder that exists")
        })?;
        Ok(Self {
            variables: env::vars_os().collect(),
            folder,
            program: env::current_exe().unwrap_or_else(|_| PathBuf::from("modelgate")),
            clock: clock(),
            output: screen(std::io::stdout().is_terminal()),
            errors: screen(std::io::stderr().is_terminal()),
        })
    }

    /// A variable that is set, not empty and UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(std::ffi::OsStr::new(name))?.to_str()?;
        (!value.is_empty()).then_some(value)
    }

    /// The path that a variable holds, absolute; none when it is not set or empty.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.variables.get(std::ffi::OsStr::new(name))?;
        (!value.is_empty()).then(|| self.absolute(Path::new(value)))
    }

    /// Who called us.
    #[must_use]
    pub fn forge(&self) -> Forge {
        match (self.get("GITHUB_ACTIONS"), self.get("GITLAB_CI")) {
            (Some("true"), _) => Forge::Github,
            (_, Some("true")) => Forge::Gitlab,
            _ => Forge::Local,
        }
    }

    /// Where we are: the forge's word for the event, git's for the commit.
    #[must_use]
    pub fn context(&self, repository: Option<&Repository>) -> Context {
        let forge = self.forge();
        let gitlab = self.gitlab_job();
        let event = match forge {
            Forge::Github => self.get("GITHUB_EVENT_NAME"),
            // A child pipeline has a source of its own, and is about the merge request all the same.
            Forge::Gitlab if gitlab.merge_request.is_some() => Some("merge_request_event"),
            Forge::Gitlab => self.get("CI_PIPELINE_SOURCE"),
            Forge::Local => None,
        };
        let ci_branch = match forge {
            Forge::Github => self.get("GITHUB_HEAD_REF").or_else(|| {
                // A tag may be called as a branch is.
                let is_tag = self.get("GITHUB_REF_TYPE") == Some("tag");
                self.get("GITHUB_REF_NAME").filter(|_| !is_tag)
            }),
            Forge::Gitlab => {
                let request = gitlab.merge_request.as_ref();
                request.and_then(|request| request.branch.as_deref()).or_else(|| self.get("CI_COMMIT_BRANCH"))
            }
            Forge::Local => None,
        };
        // A runner checks out a commit, so only its variables know the branch.
        let branch = ci_branch.or_else(|| repository.and_then(Repository::branch));
        let commit = repository.and_then(Repository::commit);
        Context {
            forge,
            event: event.unwrap_or("manual").to_owned(),
            commit: commit.cloned(),
            branch: branch.filter(|_| !self.is_elsewhere(commit)).map(str::to_owned),
            dirty: repository.is_some_and(Repository::is_dirty),
            // A job of pull_request_target checks out something else, unless it is told otherwise.
            head: self
                .event()
                .head
                .or_else(|| gitlab.head().cloned())
                .filter(|head| repository.is_none_or(|repository| repository.is_of(head))),
            job: self.job(),
            url: self.run_url(forge),
        }
    }

    /// Whether a job has checked out another commit than the one that its forge has started it for, such as a pull request
    /// that somebody commented on: then the branch of the event says nothing, and the name of a branch that a stranger has
    /// given to it neither. A pull request's own name is no other's.
    fn is_elsewhere(&self, commit: Option<&Commit>) -> bool {
        let sha = match self.forge() {
            Forge::Github if self.get("GITHUB_HEAD_REF").is_none() => self.get("GITHUB_SHA"),
            Forge::Gitlab => self.get("CI_COMMIT_SHA"),
            Forge::Github | Forge::Local => None,
        };
        sha.zip(commit).is_some_and(|(sha, commit)| sha != commit.as_str())
    }

    /// What GitLab tells the job; nothing elsewhere.
    #[must_use]
    pub fn gitlab_job(&self) -> Job {
        match self.forge() {
            Forge::Gitlab => Job::read(|name| self.get(name)),
            Forge::Github | Forge::Local => Job::default(),
        }
    }

    /// Whether what is judged was made outside of the trust of the forge's project.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.event().is_foreign || self.gitlab_job().is_foreign
    }

    /// What started the job of GitHub Actions; nothing elsewhere.
    #[must_use]
    pub fn event(&self) -> Event {
        match (self.forge(), self.get("GITHUB_EVENT_NAME"), self.path("GITHUB_EVENT_PATH")) {
            (Forge::Github, Some(name), Some(path)) => Event::read(name, &path),
            (Forge::Github, Some(name), None) => Event::of(name, &serde_json::Value::Null),
            _ => Event::default(),
        }
    }

    /// The forge's name of the job, the same when it runs again.
    fn job(&self) -> Option<String> {
        match self.forge() {
            Forge::Github => {
                Some(format!("github/{}/{}", self.get("GITHUB_RUN_ID")?, self.get("GITHUB_JOB")?))
            }
            Forge::Gitlab => Some(format!("gitlab/{}", self.get("CI_JOB_ID")?)),
            Forge::Local => None,
        }
    }

    /// The page of this run, without the user and password that a runner's settings may hold.
    fn run_url(&self, forge: Forge) -> Option<String> {
        let url = match forge {
            Forge::Github => {
                let server = self.get("GITHUB_SERVER_URL")?;
                let repository = self.get("GITHUB_REPOSITORY")?;
                Some(format!("{server}/{repository}/actions/runs/{}", self.get("GITHUB_RUN_ID")?))
            }
            Forge::Gitlab => self.get("CI_JOB_URL").map(str::to_owned),
            Forge::Local => None,
        }?;
        Some(without_user(&url))
    }

    /// Whether colours are wanted on a screen, when no flag says so: <https://no-color.org>,
    /// `CLICOLOR_FORCE`, and the two forges whose logs show them.
    #[must_use]
    pub fn likes_color(&self, screen: Screen) -> bool {
        if self.get("NO_COLOR").is_some() {
            return false;
        }
        if self.get("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            return true;
        }
        self.forge() != Forge::Local || (screen.is_terminal && self.get("TERM") != Some("dumb"))
    }

    /// Whether a person looks at standard error who can be shown something for the moment: a terminal, and no CI.
    #[must_use]
    pub fn shows_moments(&self) -> bool {
        let in_ci = self.forge() != Forge::Local || self.get("CI").is_some_and(|ci| ci != "false");
        self.errors.is_terminal && !in_ci && self.get("TERM") != Some("dumb")
    }

    /// An absolute path for one that is relative to where we were started.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// The real clock.
#[must_use]
pub fn clock() -> Clock {
    Clock { wall: SystemTime::now, steady: Instant::now }
}

/// A web address without what stands before the `@` of its host.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn screen(is_terminal: bool) -> Screen {
    let width =
        if is_terminal { terminal_size::terminal_size().map(|size| usize::from(size.0.0)) } else { None };
    Screen { is_terminal, width: width.filter(|&width| width > 0).unwrap_or(WIDTH) }
}
