//! A job of GitHub Actions: what this machine keeps, and what the runner reads from files and from standard
//! error; and with a token, what GitHub's API keeps and shows: the check, the comment, the baselines.

mod annotations;
pub mod api;
mod event;
mod inbox;
mod outputs;
mod summary;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::local::Local;
use super::{Forge, Found};
use crate::console::Console;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::Record;
use crate::report::{Past, Report};
use crate::step::Step;
use annotations::Place;
use api::Api;
pub use event::Event;

/// A job of GitHub Actions.
pub struct Github {
    /// What keeps records and reports.
    pub local: Local,
    /// The file of the job summary, `GITHUB_STEP_SUMMARY`.
    pub summary: Option<PathBuf>,
    /// The file of the step's outputs, `GITHUB_OUTPUT`.
    pub outputs: Option<PathBuf>,
    /// The folder of the checkout, `GITHUB_WORKSPACE`.
    pub workspace: Option<PathBuf>,
    /// Where the runner reads commands.
    pub console: Console,
    /// GitHub's API, and what we need to know for it; none without a token.
    pub remote: Option<Remote>,
}

/// GitHub's API, and what we need to know for it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The client.
    pub api: Api,
    /// What started the job.
    pub event: Event,
    /// How often the job has run, this time with it.
    pub attempt: u32,
    /// The number of the workflow's run.
    pub run: Option<u64>,
    /// The workflow's name.
    pub workflow: String,
    /// The name of the check; none is wanted.
    pub check: Option<String>,
    /// Whether a comment on the pull request is wanted.
    pub comment: bool,
}

#[async_trait(?Send)]
impl Forge for Github {
    async fn open(&self, _: &Record) -> Vec<Finding> {
        Vec::new()
    }

    async fn progress(&self, _: &Record, _: Step) {}

    async fn abandon(&self, _: &Record, _: &str) {}

    async fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        self.local.default_branch_baseline(record).await
    }

    async fn deployed_baseline(&self, record: &Record, environment: &str) -> Result<Found> {
        self.local.deployed_baseline(record, environment).await
    }

    fn trend(&self, record: &Record) -> Vec<Past> {
        self.local.trend(record)
    }

    fn keep(&self, record: &Record) -> Result<()> {
        self.local.keep(record)
    }

    fn withdraw(&self) -> Result<()> {
        self.local.withdraw()
    }

    fn publish(&self, report: &Report<'_>) -> Result<Option<Fault>> {
        self.local.publish(report)
    }

    fn write(&self, report: &Report<'_>) -> Result<()> {
        self.local.write(report)
    }

    /// The job summary, the outputs, and then the annotations, which also tell what became of the other two.
    async fn announce(&self, report: &Report<'_>) -> Vec<Finding> {
        let mut untold = Vec::new();
        match &self.summary {
            Some(path) => untold.extend(summary::append(path, report)),
            None => self.console.note("GITHUB_STEP_SUMMARY is not set, so there is no job summary"),
        }
        match &self.outputs {
            Some(path) => untold.extend(outputs::append(path, report, &self.html())),
            None => self.console.note("GITHUB_OUTPUT is not set, so the step has no outputs"),
        }
        self.console.instruct(&annotations::render(report, &untold, &self.place()));
        untold
    }
}

impl Github {
    fn html(&self) -> PathBuf {
        self.local.run_dir.join("report.html")
    }

    /// The project within the repository. Git knows it even where a workflow checks out into a folder of the
    /// workspace; where git does not answer, the workspace is taken for the repository.
    fn place(&self) -> Place {
        let root = canonical(&self.local.root);
        let below = self.local.repository.as_ref().ok().and_then(|repository| repository.place().ok());
        let top = match below {
            Some(below) => root.ancestors().nth(Path::new(&below).components().count()).map(Path::to_owned),
            None => self.workspace.as_deref().map(canonical).filter(|top| root.starts_with(top)),
        };
        Place { top: top.unwrap_or_else(|| root.clone()), root }
    }
}

/// Without links and detours, where that can be told.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What could not be told, with the remedy that a person has.
fn warning(code: &str, fault: &Fault) -> Finding {
    Finding::warning(code, fault.to_string())
        .help(fault.remedy().unwrap_or("the run's own reports are whole; read report.html"))
}
