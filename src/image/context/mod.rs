//! The context: the files that a Dockerfile may copy.
//!
//! [`Context::open`] reads what there is to know of it before the build: the folder, the Dockerfile, the
//! `.dockerignore`. [`Folder::walk`] then gives its entries one by one, in the order in which BuildKit's file
//! sync wants them, and [`Context::tar`] gives them as one archive. Neither needs memory by the number of files.

mod folder;
pub mod ignore;
mod open;
mod tar;
mod walk;

use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::finding::Finding;

pub use folder::Folder;
use ignore::Ignore;
pub use tar::Tar;
pub use walk::{Entry, File, Kind, Paths, Reading, Selection, Walk};

/// Where a context is. All paths are absolute.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The project: findings name files as they are in it.
    pub project: &'a Path,
    /// The folder that the Dockerfile copies from.
    pub context: &'a Path,
    /// The Dockerfile; it may be outside of the context.
    pub dockerfile: &'a Path,
    /// Files and folders that never belong to the context.
    pub ours: &'a [PathBuf],
}

/// What is wrong with a context.
#[derive(Debug)]
pub enum Trouble {
    /// The project's: a name that is not UTF-8, a file that nobody may read, a pattern that is none.
    Findings(Vec<Finding>),
    /// The world's: a disk that fails, a file that shrinks while it is read, an interrupt.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Finding> for Trouble {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Findings(findings) => {
                let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
                f.write_str(&messages.join("; "))
            }
        }
    }
}

impl std::error::Error for Trouble {}

/// A result that fails with a [`Trouble`].
pub type Result<T> = std::result::Result<T, Trouble>;

/// A context that can be sent.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its folder.
    pub folder: Folder,
    /// The folder that the Dockerfile is in: the context's, or another.
    pub dockerfile_folder: Folder,
    /// The Dockerfile's name in that folder.
    pub dockerfile_name: String,
    /// The Dockerfile's path in the context with forward slashes; none when it is outside of it.
    pub dockerfile: Option<String>,
    /// What does not belong to it.
    pub ignore: Ignore,
}

/// How much there is to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Files, folders and links.
    pub entries: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

#[cfg(test)]
mod tests;
