//! forge: where people look. On every machine that is files and a history in git; in a job of GitHub Actions or of
//! GitLab CI also what their pages show.

pub mod github;
pub mod gitlab;
mod kept;
pub mod local;
mod marker;
pub mod rest;
mod untouched;

use std::path::Path;

use async_trait::async_trait;

use crate::bundle::Wanted;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::{Baseline, Delivery, Record};
use crate::report::{Past, Report};
use crate::step::Step;

/// A forge's API, and what we need to know for it.
#[derive(Debug, Clone)]
pub enum Remote {
    /// GitHub's.
    Github(github::Remote),
    /// GitLab's.
    Gitlab(gitlab::Remote),
}

impl Remote {
    /// GitHub's, where it is that.
    #[must_use]
    pub const fn github(&self) -> Option<&github::Remote> {
        match self {
            Self::Github(remote) => Some(remote),
            Self::Gitlab(_) => None,
        }
    }

    /// GitLab's, where it is that.
    #[must_use]
    pub const fn gitlab(&self) -> Option<&gitlab::Remote> {
        match self {
            Self::Gitlab(remote) => Some(remote),
            Self::Github(_) => None,
        }
    }

    /// The name of the default branch, where it is known without asking anybody.
    #[must_use]
    pub fn default_branch(&self) -> Option<&str> {
        match self {
            Self::Github(remote) => remote.event.default_branch.as_deref(),
            Self::Gitlab(remote) => remote.job.default_branch.as_deref(),
        }
    }
}

/// What the search for a baseline came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This one.
    Baseline(Box<Baseline>),
    /// None, and why, as a sentence for the report.
    None(String),
    /// One that is there and cannot be read, and why. Nothing older takes its place, and no rule that compares
    /// passes.
    Unreadable(String),
}

/// Where records are kept and reports are shown.
#[async_trait(?Send)]
pub trait Forge {
    /// Shows that a run has begun, before anything is done. What could not be shown is a warning in the report
    /// that follows, and stops nothing.
    async fn open(&self, record: &Record) -> Vec<Finding>;

    /// Shows how far a run has come: `next` is about to begin.
    async fn progress(&self, record: &Record, next: Step);

    /// Shows that a run ended without a report, because of `cause`, so that nothing goes on saying that it is
    /// under way.
    async fn abandon(&self, record: &Record, cause: &str);

    /// The newest approved record of the default branch, for a run that is not itself that record.
    ///
    /// A run of a clean commit is not compared with another of the same commit, so that a job that runs
    /// again comes to the same verdict as the first time.
    ///
    /// # Errors
    /// A history that is there and cannot be read.
    async fn default_branch_baseline(&self, record: &Record) -> Result<Found>;

    /// The record behind the newest successful deployment to `environment`.
    ///
    /// # Errors
    /// A history that cannot be read.
    async fn deployed_baseline(&self, record: &Record, environment: &str) -> Result<Found>;

    /// Brings files of the run that made the baseline into the folder `into`, each under [`brought`] of its digest. Only
    /// what has its digest is brought. The error is why something was not, as the end of a sentence.
    ///
    /// [`brought`]: crate::bundle::brought
    async fn baseline_files(
        &self,
        baseline: &Baseline,
        wanted: &Wanted,
        into: &Path,
    ) -> std::result::Result<(), String>;

    /// What earlier runs delivered of the same commit, the newest account of it first; empty where nobody keeps it.
    ///
    /// # Errors
    /// An account that is there and cannot be asked for.
    async fn deliveries(&self, record: &Record) -> Result<Vec<Delivery>>;

    /// The number of the check that shows the run, where there is one.
    fn check_id(&self) -> Option<u64>;

    /// The name of the default branch, where it is known without asking anybody.
    fn default_branch(&self) -> Option<String>;

    /// The same model's latest runs, oldest first, `record` last. What cannot be read of them is left out.
    fn trend(&self, record: &Record) -> Vec<Past>;

    /// Keeps a finished record for later runs, where there is a place for it.
    ///
    /// # Errors
    /// A place that cannot be written.
    fn keep(&self, record: &Record) -> Result<()>;

    /// Takes away the reports and the bundle of an earlier run. Of a run that is killed they would say what is
    /// not so.
    ///
    /// # Errors
    /// A folder that cannot be written.
    fn withdraw(&self) -> Result<()>;

    /// Writes every report into the run's folder, and then the bundle, with the `run.json` that is there. May
    /// be called again with a later account of the same run.
    ///
    /// A job that only reports need not have the outputs: where one is not there, the fault of the bundle is the
    /// answer and not an error.
    ///
    /// # Errors
    /// A folder that cannot be written; an output that is no longer what the record says. In that case the
    /// reports are there and the bundle is not.
    fn publish(&self, report: &Report<'_>) -> Result<Option<Fault>>;

    /// Writes every report into the run's folder, without a bundle.
    ///
    /// # Errors
    /// A folder that cannot be written.
    fn write(&self, report: &Report<'_>) -> Result<()>;

    /// Tells what cannot be taken back. Called once, when all else is done; the answer is what could not be
    /// told.
    async fn announce(&self, report: &Report<'_>) -> Vec<Finding>;
}
