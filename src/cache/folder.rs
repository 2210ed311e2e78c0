//! The cache's folder: its lock, its clock, and how a file gets in whole or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::Cache;
use crate::fault::{Fault, Result};
use crate::files::{Stamp, unfinished, write_whole};

/// Makes the folder, with the tag that tells backup programs that they can leave it out.
pub(super) fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, error))?;
    let tag = folder.join("CACHEDIR.TAG");
    if tag.exists() {
        return Ok(());
    }
    write(&tag, b"Signature: 8a477f597d28d172789f06886806bc55\n# modelgate's cache: it can be deleted.\n")
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
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.or_else(|_| File::open(&path)).ok()?;
    file.lock_shared().ok()?;
    Some(file)
}

/// Waits until nobody uses the cache, and holds everybody off.
pub(super) fn seize(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let fault = |error| Fault::file("lock", &path, error);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => file.lock().map_err(fault).map(|()| file),
        Err(TryLockError::Error(error)) => Err(fault(error)),
    }
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
