//! The cache of steps: content-addressed, below the run's folder. Safe for several processes at once.
//!
//! ```text
//! objects/ab/cdef…    a file that some step made, by the digest of its content
//! steps/<key>.json    what the step with that key made
//! keys/<key>.json     what that key was made of, to say later what has changed
//! last/<step>.json    the key of the step's latest run
//! context/            the same of the files of image contexts, one file a build
//! index               the digests of files that have not changed since they were read
//! CACHEDIR.TAG        what makes the folder a cache of ours; any other that holds something is refused
//! lock                shared by those who use the cache, exclusive for who prunes it
//! ```
//!
//! Nothing in it is believed: objects are digested when they are restored, entries and the index carry a
//! digest of themselves. So nothing is flushed to the disk before it is renamed either: what a power failure
//! spoils is noticed, and made again.

mod entry;
mod explain;
mod folder;
mod index;
mod key;
mod object;
mod prune;
mod restore;
mod swapped;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};
use crate::files::{self, Content, ProjectFile, Stamp, Stamps};
use crate::interrupt::Interrupt;
use crate::name::Digest;
use crate::step::Step;
use index::Index;

pub use key::Framed;
pub use prune::{Freed, Prune};
pub use restore::Restored;

/// A cache in a folder.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    interrupt: Interrupt,
    /// The index, once it has been read. Of a file that has changed since, it says nothing.
    index: Arc<Mutex<Option<Arc<Index>>>>,
}

/// Everything that a step's outputs follow from. Equal keys, equal outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The step.
    pub step: Step,
    /// The commands with their folder, as canonical JSON.
    pub script: String,
    /// The variables that the configuration sets, and the digest of each one's value. No secrets.
    pub env: BTreeMap<String, Digest>,
    /// The inputs by path.
    pub inputs: BTreeMap<String, Digest>,
    /// The outputs of the steps before by path.
    pub upstream: BTreeMap<String, Digest>,
    /// The patterns of the outputs.
    pub outputs: Vec<String>,
    /// The id of the image that the commands run in; none on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Digest>,
}

/// What a step made, as the cache remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The run that made it.
    pub run: String,
    /// Its outputs by path.
    pub outputs: BTreeMap<String, Output>,
}

/// A file that the cache holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it may be executed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

/// What a search in the cache came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This was made with that very key.
    Hit(Entry),
    /// Nothing that could be restored, and why, such as `train.py has changed since run …`.
    Miss(String),
}

impl Cache {
    /// The cache in `folder`, which is made when something is first stored.
    #[must_use]
    pub fn new(folder: PathBuf, interrupt: Interrupt) -> Self {
        Self { folder, interrupt, index: Arc::default() }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder of the cache, which is made, for what another part remembers only to be faster. Files in it are
    /// treated as the index is: pruned with all of the cache, and not before.
    ///
    /// # Errors
    /// A folder that cannot be made, or is no cache.
    pub fn room(&self, name: &str) -> Result<PathBuf> {
        folder::make(&self.folder)?;
        let room = self.folder.join(name);
        std::fs::create_dir_all(&room).map_err(|error| Fault::file("make the folder", &room, error))?;
        Ok(room)
    }

    /// Refuses a folder that holds something and is no cache of ours, before anything in it is touched. The
    /// others say so too, each when it is first needed.
    ///
    /// # Errors
    /// Such a folder.
    pub fn check(&self) -> Result<()> {
        folder::check(&self.folder)
    }

    /// The digests of files: in parallel, and from memory where size, times and inode are unchanged.
    ///
    /// # Errors
    /// A file that cannot be read, a folder that is no cache, or an interrupt.
    pub fn digests(&self, files: &[ProjectFile]) -> Result<BTreeMap<String, Digest>> {
        let contents = self.contents(files)?;
        Ok(contents.into_iter().map(|(path, content)| (path, content.digest)).collect())
    }

    /// The digests and sizes of files, as [`Cache::digests`] comes by them.
    ///
    /// # Errors
    /// As [`Cache::digests`].
    pub fn contents(&self, files: &[ProjectFile]) -> Result<BTreeMap<String, Content>> {
        if files.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.check()?;
        let index = self.index();
        let known: Vec<Option<Content>> = files
            .par_iter()
            .with_min_len(64)
            .map_init(Stamps::default, |stamps, file| index.content(file, stamps))
            .collect();
        let unknown: Vec<&ProjectFile> =
            files.iter().zip(&known).filter_map(|(file, known)| known.is_none().then_some(file)).collect();
        // Before the first stamp is taken: an earlier time only makes more files count as just modified.
        let now = if unknown.is_empty() { None } else { self.disk_time() };
        // One at a time, so that a large file is one core's work and the other cores take what is left.
        let mut read = unknown
            .par_iter()
            .with_max_len(1)
            .map(|file| {
                let stamp = Stamp::of(&file.on_disk);
                files::content(&file.on_disk, &self.interrupt).map(|content| (stamp, content))
            })
            .collect::<Result<Vec<_>>>()?
            .into_iter();

        let mut learned = Vec::new();
        let mut contents = Vec::with_capacity(files.len());
        for (file, known) in files.iter().zip(known) {
            let content = match known {
                Some(content) => content,
                None => {
                    let Some((stamp, content)) = read.next() else { break };
                    learned.extend(
                        stamp
                            .filter(|stamp| now.is_some_and(|now| stamp.is_settled(now)))
                            .map(|stamp| index::Line { path: &file.path, stamp, digest: content.digest }),
                    );
                    content
                }
            };
            contents.push((file.path.clone(), content));
        }
        if !learned.is_empty() {
            // Not what we know but what is there now: another process may have learned something meanwhile.
            let index = Index::read(&self.folder).learn(&self.folder, learned);
            *self.remembered() = Some(Arc::new(index));
        }
        Ok(contents.into_iter().collect())
    }

    fn index(&self) -> Arc<Index> {
        Arc::clone(self.remembered().get_or_insert_with(|| Arc::new(Index::read(&self.folder))))
    }

    fn remembered(&self) -> MutexGuard<'_, Option<Arc<Index>>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which of the outputs of a record is there below `root` and is another, in one sentence; none when all are the
    /// same. What is not there is not missed: a job that only judges need not have the model.
    ///
    /// # Errors
    /// A file that cannot be read, or an interrupt.
    pub fn swapped(&self, root: &Path, outputs: &BTreeMap<String, Digest>) -> Result<Option<String>> {
        swapped::swapped(root, self, outputs)
    }

    /// Copies the file with this digest to `place`, which is in a folder that is there; false where the cache does not
    /// hold it whole.
    ///
    /// # Errors
    /// The folder cannot be written, or an interrupt.
    pub fn bring(&self, digest: &Digest, place: &Path) -> Result<bool> {
        if self.check().is_err() {
            return Ok(false);
        }
        let _lock = folder::share(&self.folder);
        let output = Output { digest: *digest, bytes: 0, executable: false };
        let beside = place.parent().unwrap_or(place);
        match object::copy_out(&self.folder, &output, beside, &self.interrupt)? {
            Err(_) => Ok(false),
            Ok(copy) => match copy.persist(place) {
                Ok(_) => Ok(true),
                Err(error) => Err(Fault::file("write", place, error.error)),
            },
        }
    }

    /// What was made with this key, if all of it is still there.
    #[must_use]
    pub fn lookup(&self, key: &Key) -> Lookup {
        if let Err(fault) = self.check() {
            return Lookup::Miss(fault.to_string());
        }
        let _lock = folder::share(&self.folder);
        let digest = key.digest();
        let entry = match entry::read(&self.folder, &digest) {
            entry::Read::Entry(entry) => entry,
            entry::Read::Damaged => return Lookup::Miss("the cache's entry is damaged".into()),
            entry::Read::Nothing => return Lookup::Miss(self.explain(key)),
        };
        let missing = entry.outputs.iter().find(|(_, output)| !object::is_there(&self.folder, output));
        match missing {
            None => Lookup::Hit(entry),
            Some((path, _)) => Lookup::Miss(format!(
                "the cache no longer holds {} of run {}",
                explain::shown(path),
                explain::shown(&entry.run)
            )),
        }
    }

    /// Why there is no entry for `key`: what differs from the step's latest run.
    fn explain(&self, key: &Key) -> String {
        match entry::last(&self.folder, key.step) {
            Some((run, Some(last))) => explain::difference(&last, key, &run),
            Some((run, None)) => format!("the cache no longer knows what run {} used", explain::shown(&run)),
            None => "the cache holds no earlier run of it".into(),
        }
    }

    /// Keeps what a step made: the files below `root` that `outputs` names, with the digests that they have.
    ///
    /// # Errors
    /// The cache cannot be written, a file no longer has its digest, or an interrupt. None of them says
    /// anything against the outputs: a run is as good without a cache.
    pub fn store(&self, key: &Key, run: &str, root: &Path, outputs: &BTreeMap<String, Digest>) -> Result<()> {
        folder::make(&self.folder)?;
        let _lock = folder::share(&self.folder);
        let kept: Vec<(String, Output)> = outputs
            .par_iter()
            .map(|(path, digest)| {
                let output = object::keep(&self.folder, &root.join(path), digest, &self.interrupt)?;
                Ok((path.clone(), output))
            })
            .collect::<Result<_>>()?;
        let entry = Entry { run: run.to_owned(), outputs: kept.into_iter().collect() };
        entry::write(&self.folder, key, &entry)
    }
}

#[cfg(test)]
mod tests;
