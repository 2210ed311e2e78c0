//! Walking folders: level by level, the folders of a level in parallel.

use std::ffi::OsStr;
use std::fs::{DirEntry, FileType};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::UNFINISHED;
use super::pattern::{is_absent, normal};
use crate::fault::{Fault, Result};

/// The folders that are never entered.
#[derive(Default)]
pub(super) struct Skip {
    folders: Vec<PathBuf>,
}

impl Skip {
    /// The folders that no project means, and these.
    pub(super) fn folders(folders: &[&Path]) -> Self {
        Self { folders: folders.iter().map(|folder| normal(folder)).collect() }
    }

    /// Whether a walk leaves this folder out.
    fn has(&self, name: &OsStr, on_disk: &Path) -> bool {
        // __pycache__ follows from the sources beside it. As an input, it would make the first run
        // change the key of the second.
        let ours = name == ".git" || name == ".modelgate" || name == "__pycache__";
        ours || self.folders.iter().any(|folder| {
            folder == on_disk || (folder.file_name() == Some(name) && same_folder(folder, on_disk))
        })
    }

    /// Whether `folder` is one of those, or lies in one of them, below `root`.
    pub(super) fn covers(&self, folder: &Path, root: &Path) -> bool {
        let within = |path: &&Path| path.starts_with(root) && *path != root;
        folder.ancestors().take_while(within).any(|path| self.has(path.file_name().unwrap_or_default(), path))
    }
}

fn same_folder(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A folder that is to be read.
struct Folder {
    on_disk: PathBuf,
    /// Its path below the base.
    below: PathBuf,
    depth: usize,
    /// The real folders in which the links lie that led here.
    trail: Arc<Vec<PathBuf>>,
}

/// What a folder holds.
#[derive(Default)]
struct Held {
    found: Found,
    folders: Vec<Folder>,
}

/// What was found, in no order.
#[derive(Default)]
pub(super) struct Found {
    pub files: Vec<PathBuf>,
    /// Links to nothing.
    pub dangling: Vec<PathBuf>,
}

/// What there is below `base` whose path below it is `wanted`. A base that is not there holds nothing.
pub(super) fn walk(
    base: &Path,
    deepest: Option<usize>,
    skip: &Skip,
    wanted: &(dyn Fn(&Path) -> bool + Sync),
) -> Result<Found> {
    let start = Folder { on_disk: base.into(), below: PathBuf::new(), depth: 1, trail: Arc::default() };
    let mut found = Found::default();
    let mut level = vec![start];
    while !level.is_empty() {
        let held: Vec<Held> =
            level.par_iter().map(|folder| folder.read(deepest, skip, wanted)).collect::<Result<_>>()?;
        level.clear();
        for mut held in held {
            found.files.append(&mut held.found.files);
            found.dangling.append(&mut held.found.dangling);
            level.append(&mut held.folders);
        }
    }
    Ok(found)
}

impl Folder {
    fn read(
        &self,
        deepest: Option<usize>,
        skip: &Skip,
        wanted: &(dyn Fn(&Path) -> bool + Sync),
    ) -> Result<Held> {
        let fault = |cause| Fault::file("read the folder", &self.on_disk, cause);
        let mut held = Held::default();
        let entries = match std::fs::read_dir(&self.on_disk) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(held),
            Err(error) => return Err(fault(error)),
        };
        for entry in entries {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                continue;
            }
            let below = self.below.join(&name);
            let Some((kind, linked)) = kind_of(&entry)? else {
                held.found.dangling.extend(wanted(&below).then(|| entry.path()));
                continue;
            };
            if kind.is_file() && wanted(&below) {
                held.found.files.push(entry.path());
            } else if kind.is_dir() && deepest.is_none_or(|deepest| self.depth < deepest) {
                held.folders.extend(self.enter(&entry, below, linked, skip));
            }
        }
        Ok(held)
    }

    /// The folder below, unless it is to be skipped or a link leads back to a folder on the way here.
    fn enter(&self, entry: &DirEntry, below: PathBuf, linked: bool, skip: &Skip) -> Option<Self> {
        let on_disk = entry.path();
        if skip.has(&entry.file_name(), &on_disk) {
            return None;
        }
        let mut trail = Arc::clone(&self.trail);
        if linked {
            let (target, here) = (on_disk.canonicalize().ok()?, self.on_disk.canonicalize().ok()?);
            // Each real folder can lie on a trail once, so every chain of links ends.
            if trail.iter().chain([&here]).any(|passed| passed.starts_with(&target)) {
                return None;
            }
            Arc::make_mut(&mut trail).push(here);
        }
        Some(Self { on_disk, below, depth: self.depth + 1, trail })
    }
}

/// What the entry is, and whether it is a link to that. A link to nothing is nothing.
fn kind_of(entry: &DirEntry) -> Result<Option<(FileType, bool)>> {
    let fault = |cause| Fault::file("look at", &entry.path(), cause);
    let kind = entry.file_type().map_err(fault)?;
    if !kind.is_symlink() {
        return Ok(Some((kind, false)));
    }
    match std::fs::metadata(entry.path()) {
        Ok(metadata) => Ok(Some((metadata.file_type(), true))),
        Err(error) if is_absent(&error) || is_loop(&error) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// A link to itself, and the like.
#[cfg(unix)]
fn is_loop(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &std::io::Error) -> bool {
    false
}
