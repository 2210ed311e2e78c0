//! A folder whose files can be sent.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::walk::{Filter, follow};
use super::{File, Reading, Result, Selection, Size, Walk};
use crate::fault;
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// So many warnings fit on a screen.
const MOST_WARNINGS: usize = 20;

/// A folder whose files can be sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Absolute, without links.
    pub(super) root: PathBuf,
    pub(super) shared: Arc<Shared>,
}

/// What all folders of a build share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Absolute, without links.
    pub project: PathBuf,
    /// Absolute, without links.
    pub ours: Vec<PathBuf>,
    /// Where digests are remembered.
    pub remembered: Option<PathBuf>,
    pub interrupt: Interrupt,
    pub warnings: Mutex<Vec<Finding>>,
}

impl Folder {
    /// The entries that belong to `selection`, in order. Blocks: call it and pull from it on a thread of its own.
    ///
    /// # Errors
    /// A pattern that is none. What goes wrong later comes out of the iterator, as its last item.
    pub fn walk(&self, selection: &Selection) -> Result<Walk> {
        let filter = self.filter(selection)?;
        Ok(Walk::new(self.clone(), filter))
    }

    /// Opens a file that a walk gave, to read the bytes that were announced: never more, and fewer or others are an
    /// error at the end. Blocks.
    ///
    /// # Errors
    /// It is gone, or it is no regular file any more.
    pub fn read(&self, file: &File) -> fault::Result<Reading> {
        Reading::open(&self.root.join(&file.path), file)
    }

    /// Where it is: absolute, without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How much a filter leaves of it, without a look into the files.
    pub(super) fn size(&self, filter: Filter) -> Result<Size> {
        let mut size = Size::default();
        for item in Walk::unread(self.clone(), filter) {
            size.entries += 1;
            size.bytes += item?.file().map_or(0, |file| file.size);
        }
        Ok(size)
    }

    fn filter(&self, selection: &Selection) -> Result<Filter> {
        let wrong = |wrong: String| crate::fault::Fault::new("read what the engine asks for", wrong);
        let mut include = selection.include.clone();
        include.extend(follow(&self.root, &selection.follow));
        let is_everything = include.iter().any(|path| path == ".");
        let include = if is_everything { Vec::new() } else { include };
        Filter::new(&include, &selection.exclude).map_err(|text| wrong(text).into())
    }

    /// How findings call a file of it.
    pub(super) fn shown(&self, path: &str) -> String {
        shown(&self.shared.project, &self.root.join(path))
    }

    pub(super) fn warn(&self, finding: Finding) {
        let mut warnings = self.shared.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.len() < MOST_WARNINGS && !warnings.contains(&finding) {
            warnings.push(finding);
        }
    }
}

/// A path as it is in the project, with forward slashes; as it is, when it is not in it.
pub(super) fn shown(project: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(project).ok().filter(|inside| !inside.as_os_str().is_empty());
    inside.unwrap_or(path).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
