//! The local forge: reports as files in the run's folder, records as a history in the git repository.

use std::path::PathBuf;

use crate::fault::Result;
use crate::git::Repository;
use crate::record::{Baseline, Record};
use crate::report::{Past, Report};

/// This machine as a forge.
#[derive(Debug, Clone)]
pub struct Local {
    /// The folder of modelgate.yml, absolute.
    pub root: PathBuf,
    /// The folder of the run, absolute.
    pub run_dir: PathBuf,
    /// The repository around the project, where there is one.
    pub repository: Option<Repository>,
}

/// What the search for a baseline came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This one.
    Baseline(Box<Baseline>),
    /// None, and why, as a sentence for the report.
    None(String),
}

impl Local {
    /// The newest approved record of the default branch, for a run that is not itself that record.
    ///
    /// # Errors
    /// A history that is there and cannot be read.
    pub fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        let _ = record;
        todo!()
    }

    /// The same model's latest runs, oldest first, `record` last.
    #[must_use]
    pub fn trend(&self, record: &Record) -> Vec<Past> {
        let _ = record;
        todo!()
    }

    /// Keeps a finished record in the repository's history, where there is one.
    ///
    /// # Errors
    /// A repository that cannot be written.
    pub fn keep(&self, record: &Record) -> Result<()> {
        let _ = record;
        todo!()
    }

    /// Writes every report into the run's folder, and the bundle.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn publish(&self, report: &Report<'_>) -> Result<()> {
        let _ = report;
        todo!()
    }
}
