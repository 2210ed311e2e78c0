//! Making room: entries that nobody used for long, objects that no entry needs, files that were never finished.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Cache, entry, folder, object};
use crate::fault::{Fault, Result};
use crate::files::UNFINISHED;
use crate::name::Digest;

/// What is taken out of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// What was not used for that long before the given time.
    UnusedFor(Duration, SystemTime),
    /// What was not used for longest, until the rest has at most so many bytes.
    DownTo(u64),
    /// All of it.
    All,
}

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Entries.
    pub entries: u64,
    /// Objects.
    pub objects: u64,
    /// Bytes of all removed files.
    pub bytes: u64,
    /// Bytes of the objects that are left.
    pub left: u64,
}

/// An entry that could stay.
struct Candidate {
    key: Digest,
    used: SystemTime,
    objects: BTreeMap<Digest, u64>,
}

impl Cache {
    /// Takes out of the cache what is not wanted any more, once nobody uses it. A file that is none of ours is
    /// left alone. Stopped in the midst, it leaves a cache that is whole.
    ///
    /// # Errors
    /// The cache cannot be locked, read or written, or the folder is no cache of ours.
    pub fn prune(&self, what: Prune) -> Result<Freed> {
        let mut freed = Freed::default();
        if !self.folder.exists() {
            return Ok(freed);
        }
        self.check()?;
        let _lock = folder::seize(&self.folder)?;
        let kept = choose(self.candidates()?, what);
        let keys: BTreeSet<String> = kept.iter().map(|entry| format!("{}.json", entry.key.hex())).collect();
        let objects: BTreeMap<Digest, u64> = kept.iter().flat_map(|entry| entry.objects.clone()).collect();
        freed.left = objects.values().sum();

        // Entries go before objects, so that at no time an entry lacks one.
        freed.entries = remove(&self.folder.join("steps"), is_key, &keys, &mut freed.bytes)?;
        remove(&self.folder.join("keys"), is_key, &keys, &mut freed.bytes)?;
        for folder in folders(&self.folder.join("objects"))? {
            let kept: BTreeSet<String> = objects
                .keys()
                .map(|digest| object::path(&self.folder, digest))
                .filter(|object| object.parent() == Some(&folder))
                .filter_map(|object| Some(object.file_name()?.to_str()?.to_owned()))
                .collect();
            freed.objects += remove(&folder, |name| is_hex(name, 62), &kept, &mut freed.bytes)?;
            // Only an empty folder can be removed like this, which is what is wanted.
            let _ = std::fs::remove_dir(&folder);
        }
        let nothing = BTreeSet::new();
        for folder in [self.folder.clone(), self.folder.join("last"), self.folder.join("context")] {
            remove(&folder, |_| false, &nothing, &mut freed.bytes)?;
        }
        if what == Prune::All {
            *self.remembered() = None;
            remove(&self.folder, |name| name == "index", &nothing, &mut freed.bytes)?;
            remove(&self.folder.join("context"), |name| is_hex(name, 64), &nothing, &mut freed.bytes)?;
            remove(&self.folder.join("last"), |name| name.ends_with(".json"), &nothing, &mut freed.bytes)?;
        }
        Ok(freed)
    }

    /// The entries that can be read. All others are of no use to anybody.
    fn candidates(&self) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for (path, name) in files(&self.folder.join("steps"))? {
            let Some(hex) = name.strip_suffix(".json") else { continue };
            let Ok(key) = Digest::parse(&format!("sha256:{hex}")) else { continue };
            let used = path.metadata().and_then(|metadata| metadata.modified());
            if let (entry::Read::Entry(entry), Ok(used)) = (entry::read(&self.folder, &key), used) {
                let outputs = entry.outputs.into_values();
                let objects = outputs.map(|output| (output.digest, output.bytes)).collect();
                candidates.push(Candidate { key, used, objects });
            }
        }
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.used));
        Ok(candidates)
    }
}

/// The entries that stay, of all from the most recently used on.
fn choose(mut candidates: Vec<Candidate>, what: Prune) -> Vec<Candidate> {
    match what {
        Prune::All => candidates.clear(),
        Prune::UnusedFor(long, now) => {
            // One from the future was not unused for long, whatever the clocks say.
            let unused = |used| now.duration_since(used).unwrap_or_default();
            candidates.retain(|candidate| unused(candidate.used) < long);
        }
        Prune::DownTo(bytes) => {
            let mut objects = BTreeMap::new();
            let fits = candidates.iter().take_while(|candidate| {
                objects.extend(candidate.objects.clone());
                objects.values().sum::<u64>() <= bytes
            });
            let fits = fits.count();
            candidates.truncate(fits);
        }
    }
    candidates
}

/// Removes the files of a folder that are `ours` and not `kept`, and all that were never finished; counts the
/// former.
fn remove(
    folder: &Path,
    ours: impl Fn(&str) -> bool,
    kept: &BTreeSet<String>,
    bytes: &mut u64,
) -> Result<u64> {
    let mut removed = 0;
    for (path, name) in files(folder)? {
        let unfinished = name.starts_with(UNFINISHED);
        if !unfinished && (!ours(&name) || kept.contains(&name)) {
            continue;
        }
        *bytes += path.symlink_metadata().map_or(0, |metadata| metadata.len());
        std::fs::remove_file(&path).map_err(|error| Fault::file("remove", &path, error))?;
        removed += u64::from(!unfinished);
    }
    Ok(removed)
}

/// The files of a folder with their names; none of a folder that is not there.
fn files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    Ok(listed(folder)?
        .into_iter()
        .filter(|(path, _)| path.symlink_metadata().is_ok_and(|m| m.is_file()))
        .collect())
}

/// The folders of objects.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let ours = |(path, name): &(PathBuf, String)| {
        is_hex(name, 2) && path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
    };
    Ok(listed(folder)?.into_iter().filter(ours).map(|(path, _)| path).collect())
}

fn listed(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let fault = |error| Fault::file("read the folder", folder, error);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fault(error)),
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fault)?;
        if let Ok(name) = entry.file_name().into_string() {
            listed.push((entry.path(), name));
        }
    }
    Ok(listed)
}

fn is_key(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|hex| is_hex(hex, 64))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
