//! The only reader of environment variables and of the clock. What it reads travels as values.

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let screen = Screen { is_terminal: true, width: 80 };
        Environment {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            folder: PathBuf::from("/"),
            program: PathBuf::from("modelgate"),
            clock: clock(),
            output: screen,
            errors: screen,
        }
    }

    #[test]
    fn a_github_job_is_known_by_its_variables() {
        let context = environment(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_HEAD_REF", "wider-forest"),
            ("GITHUB_REF_NAME", "7/merge"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "team/churn"),
            ("GITHUB_RUN_ID", "42"),
        ])
        .context(None);
        assert_eq!(context.forge, Forge::Github);
        assert_eq!(context.event, "pull_request");
        assert_eq!(context.branch.as_deref(), Some("wider-forest"));
        assert_eq!(context.url.as_deref(), Some("https://github.example/team/churn/actions/runs/42"));
    }

    #[test]
    fn a_gitlab_job_is_known_by_its_variables() {
        let job = |more: &[(&str, &str)]| {
            let all =
                [&[("GITLAB_CI", "true"), ("CI_JOB_ID", "9"), ("CI_COMMIT_REF_NAME", "main")], more].concat();
            environment(&all).context(None)
        };
        let push = job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main")]);
        assert_eq!(
            (push.forge, push.event.as_str(), push.branch.as_deref()),
            (Forge::Gitlab, "push", Some("main"))
        );
        assert_eq!(push.job.as_deref(), Some("gitlab/9"));
        let head = "0123456789abcdef0123456789abcdef01234567";
        let request = [
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head),
        ];
        for source in ["merge_request_event", "parent_pipeline"] {
            let context = job(&[&request[..], &[("CI_PIPELINE_SOURCE", source)]].concat());
            assert_eq!(
                (context.event.as_str(), context.branch.as_deref()),
                ("merge_request_event", Some("topic"))
            );
            assert_eq!(context.head.unwrap().as_str(), head);
        }
        let tag = job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_TAG", "main")]);
        assert_eq!(tag.branch, None, "a tag may be called as a branch is");
    }

    #[test]
    fn the_page_of_a_run_names_no_user() {
        let github = environment(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://user:p@w@github.example:8443"),
            ("GITHUB_REPOSITORY", "team/churn"),
            ("GITHUB_RUN_ID", "42"),
        ]);
        let url = github.context(None).url;
        assert_eq!(url.as_deref(), Some("https://github.example:8443/team/churn/actions/runs/42"));
        let gitlab = [("GITLAB_CI", "true"), ("CI_JOB_URL", "https://token@gitlab.example/a/@b/-/jobs/7")];
        let url = environment(&gitlab).context(None).url;
        assert_eq!(url.as_deref(), Some("https://gitlab.example/a/@b/-/jobs/7"));
    }

    #[test]
    fn a_laptop_is_what_nothing_says_otherwise() {
        let context = environment(&[("GITHUB_ACTIONS", ""), ("CI", "true")]).context(None);
        assert_eq!((context.forge, context.event.as_str()), (Forge::Local, "manual"));
    }

    #[test]
    fn moments_are_for_a_person_at_a_terminal() {
        assert!(environment(&[]).shows_moments());
        for (name, value) in
            [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITLAB_CI", "true"), ("TERM", "dumb")]
        {
            assert!(!environment(&[(name, value)]).shows_moments(), "{name}");
        }
        let mut file = environment(&[]);
        file.errors.is_terminal = false;
        assert!(!file.shows_moments());
    }

    #[test]
    fn colours_follow_the_conventions() {
        let terminal = Screen { is_terminal: true, width: 80 };
        let file = Screen { is_terminal: false, width: 80 };
        assert!(environment(&[]).likes_color(terminal));
        assert!(!environment(&[]).likes_color(file));
        assert!(!environment(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).likes_color(terminal));
        assert!(!environment(&[("TERM", "dumb")]).likes_color(terminal));
        assert!(environment(&[("CLICOLOR_FORCE", "1")]).likes_color(file));
        assert!(environment(&[("GITLAB_CI", "true")]).likes_color(file));
    }
}
