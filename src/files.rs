//! The files of the project: from paths and globs to sorted lists, and their digests.

use std::path::{Path, PathBuf};

use crate::fault::Result;
use crate::interrupt::Interrupt;
use crate::name::Digest;

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectFile {
    /// Relative to the project with forward slashes; absolute for a file outside.
    pub path: String,
    /// Where it is on this machine.
    pub on_disk: PathBuf,
}

/// What patterns came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expanded {
    /// The files, sorted by path, each once.
    pub files: Vec<ProjectFile>,
    /// The patterns that nothing matched, as written.
    pub unmatched: Vec<String>,
}

/// Expands paths, folders (all files below) and globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`) against `root`.
///
/// # Errors
/// A folder that cannot be read.
pub fn expand(root: &Path, patterns: &[String]) -> Result<Expanded> {
    let _ = (root, patterns);
    todo!()
}

/// The SHA-256 of a file's content, streamed.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn digest(path: &Path, interrupt: &Interrupt) -> Result<Digest> {
    let _ = (path, interrupt);
    todo!()
}
