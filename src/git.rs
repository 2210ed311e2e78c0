//! The git repository around the project, through the `git` program. No git, no repository and no commit
//! are answers, not faults.

use std::path::{Path, PathBuf};

use crate::fault::Result;
use crate::name::Commit;

/// A repository with a work tree.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// The repository that `folder` is in; none when there is no repository or no git.
    #[must_use]
    pub fn around(folder: &Path) -> Option<Self> {
        let _ = folder;
        todo!()
    }

    /// The commit that is checked out; none before the first.
    #[must_use]
    pub fn commit(&self) -> Option<Commit> {
        let _ = &self.folder;
        todo!()
    }

    /// The branch that is checked out; none when detached.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        todo!()
    }

    /// Whether tracked files differ from the commit.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        todo!()
    }

    /// The name of the default branch, as far as it can be told.
    #[must_use]
    pub fn default_branch(&self) -> Option<String> {
        todo!()
    }

    /// Whether `commit` is in the history of `branch`, here or at its origin.
    #[must_use]
    pub fn contains(&self, branch: &str, commit: &Commit) -> bool {
        let _ = (branch, commit);
        todo!()
    }

    /// Appends a document to the history that `reference` names, safely beside other processes.
    ///
    /// # Errors
    /// A repository that cannot be written.
    pub fn append(&self, reference: &str, file: &str, content: &str, message: &str) -> Result<()> {
        let _ = (reference, file, content, message);
        todo!()
    }

    /// The latest documents of a history, newest first, at most `most`.
    #[must_use]
    pub fn latest(&self, reference: &str, file: &str, most: usize) -> Vec<String> {
        let _ = (reference, file, most);
        todo!()
    }
}
