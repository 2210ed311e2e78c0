//! The cache's folder: its lock, its clock, and how a file gets in whole or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::Cache;
use crate::fault::{Fault, Result};
use crate::files::{Stamp, UNFINISHED, open, unfinished, write_whole};

const LOCK: &str = "lock";

/// What marks the folder as a cache, for backup programs and for us.
const TAG: &str = "CACHEDIR.TAG";

/// The tag's content. Other programs tag their caches with the same first line.
const OURS: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n# modelgate's cache: it can be deleted.\n";

/// Makes the folder, with the tag that tells backup programs that they can leave it out.
pub(super) fn make(folder: &Path) -> Result<()> {
    if is_foreign(folder).map_err(|error| Fault::file("read the folder", folder, error))? {
        return Err(foreign(folder));
    }
    std::fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, error))?;
    if is_tagged(folder) { Ok(()) } else { write(&folder.join(TAG), OURS) }
}

/// Refuses a folder that holds something and was not made by us: our names in it may be another's files.
///
/// A folder that cannot be looked into is let through, because nothing is read there; [`make`] refuses it.
pub(super) fn check(folder: &Path) -> Result<()> {
    if matches!(is_foreign(folder), Ok(true)) { Err(foreign(folder)) } else { Ok(()) }
}

fn foreign(folder: &Path) -> Fault {
    Fault::new(
        format!("use {} as the cache", folder.display()),
        "it is not empty, and it is no cache that modelgate made",
    )
    .help("name an empty folder with --cache, or one that modelgate made")
}

fn is_foreign(folder: &Path) -> std::io::Result<bool> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        entries => entries?,
    };
    let mut holds_something = false;
    for entry in entries {
        let name = entry?.file_name();
        // These may have come before the tag: a lock is only ever opened, and the rest is a tag half written.
        holds_something |= name != LOCK && !name.to_string_lossy().starts_with(UNFINISHED);
    }
    // In this order: what another process puts there, it puts there after the tag.
    Ok(holds_something && !is_tagged(folder))
}

fn is_tagged(folder: &Path) -> bool {
    let mut content = Vec::new();
    let tag = open(&folder.join(TAG)).map(|file| file.take(OURS.len() as u64 + 1).read_to_end(&mut content));
    matches!(tag, Ok(Ok(_))) && content == OURS
}

/// Writes a file so that nobody ever sees a part of it, and makes its folder.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(|error| Fault::file("make the folder", parent, error))?;
    write_whole(path, content)
}

/// Waits until nobody prunes, and holds off whoever wants to.
///
/// None when the folder cannot be locked, as on a read-only disk. That is safe too: whatever another process
/// takes away under our hands is noticed when it is read, and is then made again.
pub(super) fn share(folder: &Path) -> Option<File> {
    let path = folder.join(LOCK);
    let file = open_lock(&path).or_else(|_| open(&path)).ok()?;
    file.lock_shared().ok()?;
    Some(file)
}

/// Waits until nobody uses the cache, and holds everybody off.
pub(super) fn seize(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let fault = |error| Fault::file("lock", &path, error);
    let file = open_lock(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => file.lock().map_err(fault).map(|()| file),
        Err(TryLockError::Error(error)) => Err(fault(error)),
    }
}

/// Opens the lock, and makes it where it is missing.
fn open_lock(path: &Path) -> Result<File> {
    // A pipe in its place would be waited for without end.
    if path.exists() {
        open(path)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.map_err(|error| Fault::file("lock", path, error))
}

impl Cache {
    /// The time by the clock of the disk, in nanoseconds since 1970: that clock, and not ours, gives files
    /// their times. None when the folder cannot be written.
    pub(super) fn disk_time(&self) -> Option<i64> {
        make(&self.folder).ok()?;
        let file = unfinished(&self.folder, false).ok()?;
        Stamp::from(&file.as_file().metadata().ok()?).map(|stamp| stamp.modified)
    }
}
