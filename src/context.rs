//! Where a run takes place: the forge, the event, the commit. Read once, by `environment.rs`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::name::Commit;

/// Environment variables, as `environment.rs` read them once.
pub type Variables = BTreeMap<OsString, OsString>;

/// Who called us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forge {
    /// A person's machine, or a runner that we do not know.
    #[default]
    Local,
    /// A GitHub Actions job.
    Github,
    /// A GitLab CI job.
    Gitlab,
}

/// Where we are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// Who called us.
    pub forge: Forge,
    /// What made them call: `push`, `pull_request`, `schedule`, `manual` …
    pub event: String,
    /// The commit that is checked out; none outside git or before the first commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// The branch that is checked out; none when detached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Whether tracked files differ from the commit; such a run says nothing about the commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
    /// The commit that people look at, where the one that is checked out was made of it: of a pull request, the head
    /// of its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Commit>,
    /// The forge's name of the job, the same when the job runs again: `github/42/model`. On GitLab one that runs again is
    /// another: `gitlab/42`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// A page about this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Context {
    /// The commit that people look at.
    #[must_use]
    pub fn shown_commit(&self) -> Option<&Commit> {
        self.head.as_ref().or(self.commit.as_ref())
    }
}
