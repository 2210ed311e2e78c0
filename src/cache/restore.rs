//! Putting an entry's files back into the project.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::object::{self, Unusable};
use super::{Cache, Entry, Key, Output, entry, explain, folder};
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::name::Digest;

/// What became of restoring an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// Every output is there, with the digest that is said here because it was computed from its content.
    Outputs(BTreeMap<String, Digest>),
    /// It could not be done, and why; no file of the project was changed.
    Unusable(String),
}

/// An output, ready to be put in its place.
enum Ready {
    /// It is there already.
    There,
    /// A verified copy beside its place.
    Copied(NamedTempFile, PathBuf),
}

impl Cache {
    /// Puts the outputs of the entry of `key` back below `root`. One that is there with the right content is
    /// left alone. All others are copied and verified first and then renamed, so that a damaged object
    /// changes nothing. Nothing is ever written outside of `root`, through links neither.
    ///
    /// # Errors
    /// The project cannot be written, the folder is no cache of ours, or an interrupt.
    pub fn restore(&self, key: &Key, entry: &Entry, root: &Path) -> Result<Restored> {
        self.check()?;
        let _lock = folder::share(&self.folder);
        let there = self.already_there(entry, root)?;
        let ready: Result<Vec<std::result::Result<Ready, String>>> =
            entry
                .outputs
                .par_iter()
                .map(|(path, output)| {
                    if there.contains(path) { Ok(Ok(Ready::There)) } else { self.prepare(path, output, root) }
                })
                .collect();
        let ready: Vec<Ready> = match ready?.into_iter().collect() {
            Ok(ready) => ready,
            Err(because) => return Ok(Restored::Unusable(because)),
        };
        for ready in ready {
            if let Ready::Copied(copy, place) = ready {
                copy.persist(&place).map_err(|error| Fault::file("write", &place, error.error))?;
            }
        }
        entry::touch(&self.folder, key, &entry.run);
        let digests = entry.outputs.iter().map(|(path, output)| (path.clone(), output.digest));
        Ok(Restored::Outputs(digests.collect()))
    }

    /// The outputs that need not be restored: regular files of the project with the right content.
    fn already_there(&self, entry: &Entry, root: &Path) -> Result<std::collections::BTreeSet<String>> {
        let alike = |(path, output): (&String, &Output)| {
            let on_disk = root.join(path);
            let metadata = on_disk.symlink_metadata().ok()?;
            let alike = metadata.is_file()
                && metadata.len() == output.bytes
                && object::is_executable(&metadata) == output.executable
                && is_within(root, &on_disk);
            alike.then(|| ProjectFile { path: path.clone(), on_disk })
        };
        let candidates: Vec<ProjectFile> = entry.outputs.iter().filter_map(alike).collect();
        let digests = self.digests(&candidates)?.into_iter();
        let right =
            |path: &str, digest| entry.outputs.get(path).is_some_and(|output| output.digest == digest);
        Ok(digests.filter(|(path, digest)| right(path, *digest)).map(|(path, _)| path).collect())
    }

    fn prepare(
        &self,
        path: &str,
        output: &Output,
        root: &Path,
    ) -> Result<std::result::Result<Ready, String>> {
        let shown = explain::shown(path);
        let (parent, name) = match place(root, path)? {
            Some(place) => place,
            None => return Ok(Err(format!("{shown} would be restored outside of the project"))),
        };
        let copied = object::copy_out(&self.folder, output, &parent, &self.interrupt)?;
        Ok(match copied {
            Ok(copy) => Ok(Ready::Copied(copy, parent.join(name))),
            Err(Unusable::Gone) => Err(format!("the cache no longer holds {shown}")),
            Err(Unusable::Damaged) => Err(format!("the cache's copy of {shown} was damaged")),
        })
    }
}

/// The folder and the name of an output, the folder made where it is missing; none when the path leads out
/// of the project, by its text or by a link.
fn place(root: &Path, path: &str) -> Result<Option<(PathBuf, PathBuf)>> {
    let mut parts: Vec<&Path> = Vec::new();
    for part in Path::new(path).components() {
        let Component::Normal(part) = part else { return Ok(None) };
        parts.push(Path::new(part));
    }
    let Some(name) = parts.pop() else { return Ok(None) };
    let mut folder = root.to_owned();
    for part in parts {
        folder.push(part);
        match folder.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() && !is_within(root, &folder) => return Ok(None),
            Ok(_) => {}
            // Two outputs that share a new folder make it at the same time; either way it is there.
            Err(_) => std::fs::create_dir_all(&folder)
                .map_err(|error| Fault::file("make the folder", &folder, error))?,
        }
    }
    Ok(Some((folder, name.to_owned())))
}

/// Whether the file is really in the project, links followed.
fn is_within(root: &Path, path: &Path) -> bool {
    matches!((root.canonicalize(), path.canonicalize()), (Ok(root), Ok(path)) if path.starts_with(&root))
}
