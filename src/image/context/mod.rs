//! The context: the files that a Dockerfile may copy.
//!
//! [`Context::open`] reads what there is to know of it before the build: the folder, the Dockerfile, the
//! `.dockerignore`. [`Folder::walk`] then gives its entries one by one, in the order in which BuildKit's file
//! sync wants them, and [`Context::tar`] gives them as one archive. Neither needs memory by the number of files.

pub mod ignore;
mod tar;
mod walk;

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::interrupt::Interrupt;

use ignore::Ignore;
pub use tar::Tar;
pub use walk::{Entry, Kind, Paths, Reading, Selection, Walk};

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

/// A folder whose files can be sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Context {
    /// Looks at the folder and the Dockerfile, and reads `<Dockerfile>.dockerignore` or `.dockerignore`.
    ///
    /// With a cache, digests of files that have not changed are remembered there.
    ///
    /// # Errors
    /// A context or a Dockerfile that is not there, bad patterns; the disk fails.
    pub fn open(
        _place: Place<'_>,
        _cache: Option<&Cache>,
        _interrupt: &Interrupt,
    ) -> std::result::Result<Self, Trouble> {
        Err(Trouble::Fault(Fault::new("read the context", "not yet")))
    }

    /// The whole context as a tar, for an engine without a file sync: what is not ignored, and always the
    /// Dockerfile and the `.dockerignore`. To be polled on a runtime of tokio; reading is done on a thread.
    ///
    /// # Errors
    /// As [`Folder::walk`].
    pub fn tar(&self) -> std::result::Result<Tar, Trouble> {
        Err(Trouble::Fault(Fault::new("pack the context", "not yet")))
    }

    /// What is odd about the files that were walked so far and stops nothing: pipes, sockets and devices, which
    /// are left out. Each once, and not more than a screen of them.
    #[must_use]
    pub fn warnings(&self) -> Vec<Finding> {
        Vec::new()
    }
}

impl Folder {
    /// The entries that belong to `selection`, in order. Blocks: call it and pull from it on a thread of its own.
    ///
    /// # Errors
    /// A pattern that is none. What goes wrong later comes out of the iterator, as its last item.
    pub fn walk(&self, _selection: &Selection) -> std::result::Result<Walk, Trouble> {
        Err(Trouble::Fault(Fault::new(format!("walk {}", self.root.display()), "not yet")))
    }

    /// Opens a file that a walk gave, to read the `size` bytes that were announced: never more, and fewer is a
    /// fault. Blocks.
    ///
    /// # Errors
    /// It is gone, or it is no regular file any more.
    pub fn read(&self, path: &str, _size: u64) -> Result<Reading> {
        Err(Fault::new(format!("read {path}"), "not yet"))
    }
}
