//! The small files of the cache: what a key made, what it was made of, and which came last.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key::Framed;
use super::{Entry, Key, folder};
use crate::fault::{Fault, Result};
use crate::files;
use crate::name::Digest;
use crate::step::Step;

/// An entry on the disk, with a digest over key and entry.
#[derive(Serialize, Deserialize)]
struct Sealed {
    seal: Digest,
    entry: Entry,
}

/// A step's latest run.
#[derive(Serialize, Deserialize)]
struct Last {
    run: String,
    key: Digest,
}

/// What became of reading an entry.
pub(super) enum Read {
    Entry(Entry),
    /// There is a file, and it is not what was written.
    Damaged,
    Nothing,
}

pub(super) fn path(folder: &Path, key: &Digest) -> PathBuf {
    folder.join("steps").join(format!("{}.json", key.hex()))
}

pub(super) fn key_path(folder: &Path, key: &Digest) -> PathBuf {
    folder.join("keys").join(format!("{}.json", key.hex()))
}

fn last_path(folder: &Path, step: Step) -> PathBuf {
    folder.join("last").join(format!("{step}.json"))
}

/// Reads the entry of a key.
pub(super) fn read(folder: &Path, key: &Digest) -> Read {
    let Ok(text) = files::read(&path(folder, key)) else { return Read::Nothing };
    match serde_json::from_slice::<Sealed>(&text) {
        Ok(sealed) if seal(key, &sealed.entry).is_ok_and(|seal| seal == sealed.seal) => {
            Read::Entry(sealed.entry)
        }
        _ => Read::Damaged,
    }
}

/// Writes the entry of a key, and makes it the step's latest.
pub(super) fn write(folder: &Path, key: &Key, entry: &Entry) -> Result<()> {
    let digest = key.digest();
    folder::write(&key_path(folder, &digest), &json(key)?)?;
    let sealed = Sealed { seal: seal(&digest, entry)?, entry: entry.clone() };
    folder::write(&path(folder, &digest), &json(&sealed)?)?;
    put_last(folder, key.step, &digest, &entry.run)
}

/// Notes that the entry of a key was used just now: it is the last to be pruned, and the step's latest.
///
/// Best effort: an entry that cannot be touched is only pruned earlier.
pub(super) fn touch(folder: &Path, key: &Key, run: &str) {
    let digest = key.digest();
    #[cfg(unix)]
    if let Ok(file) = files::open(&path(folder, &digest)) {
        use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        };
        let _ = futimens(&file, &times);
    }
    let same = read_last(folder, key.step).is_some_and(|last| last.key == digest);
    if !same {
        let _ = put_last(folder, key.step, &digest, run);
    }
}

/// The step's latest run and its key, where the key is still known.
pub(super) fn last(folder: &Path, step: Step) -> Option<(String, Option<Key>)> {
    let last = read_last(folder, step)?;
    let key = files::read(&key_path(folder, &last.key)).ok();
    let key = key.and_then(|text| serde_json::from_slice::<Key>(&text).ok());
    Some((last.run, key.filter(|key| key.digest() == last.key)))
}

fn read_last(folder: &Path, step: Step) -> Option<Last> {
    serde_json::from_slice(&files::read(&last_path(folder, step)).ok()?).ok()
}

fn put_last(folder: &Path, step: Step, key: &Digest, run: &str) -> Result<()> {
    folder::write(&last_path(folder, step), &json(&Last { run: run.to_owned(), key: *key })?)
}

fn seal(key: &Digest, entry: &Entry) -> Result<Digest> {
    let mut framed = Framed::new("modelgate/entry/v1");
    framed.part(key.as_bytes());
    framed.part(&json(entry)?);
    Ok(framed.finish())
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Fault::new("write an entry of the cache", error))
}
