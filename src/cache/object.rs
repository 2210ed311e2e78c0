//! The objects: files by the digest of their content.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Output;
use crate::fault::{Fault, Result};
use crate::files;
use crate::interrupt::Interrupt;
use crate::name::Digest;

pub(super) fn path(folder: &Path, digest: &Digest) -> PathBuf {
    let hex = digest.hex();
    let (first, rest) = hex.split_at(2);
    folder.join("objects").join(first).join(rest)
}

/// Whether the object is there and as long as it should be.
pub(super) fn is_there(folder: &Path, output: &Output) -> bool {
    std::fs::metadata(path(folder, &output.digest))
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == output.bytes)
}

/// Copies a file into the cache, unless it is there.
pub(super) fn keep(folder: &Path, from: &Path, digest: &Digest, interrupt: &Interrupt) -> Result<Output> {
    let mut source = files::open(from)?;
    let metadata = source.metadata().map_err(|error| Fault::file("read", from, error))?;
    let output = Output { digest: *digest, bytes: metadata.len(), executable: is_executable(&metadata) };
    if is_there(folder, &output) {
        return Ok(output);
    }
    let object = path(folder, digest);
    let parent = object.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|error| Fault::file("make the folder", parent, error))?;
    let mut copy =
        files::unfinished(parent, false).map_err(|error| Fault::file("write in", parent, error))?;
    let content = files::pour((&mut source, from), (copy.as_file_mut(), &object), interrupt)?;
    if content.digest != *digest {
        let cause = "it was changed while it was copied";
        return Err(Fault::new(format!("keep {} in the cache", from.display()), cause));
    }
    copy.persist(&object).map_err(|error| Fault::file("write", &object, error.error))?;
    Ok(Output { bytes: content.bytes, ..output })
}

/// Why an object was not copied out.
pub(super) enum Unusable {
    /// It is gone.
    Gone,
    /// Its content is another; it has been removed.
    Damaged,
}

/// Copies an object to a new file in `beside`, whose content is then known to be right.
pub(super) fn copy_out(
    folder: &Path,
    output: &Output,
    beside: &Path,
    interrupt: &Interrupt,
) -> Result<std::result::Result<NamedTempFile, Unusable>> {
    let object = path(folder, &output.digest);
    let Ok(mut source) = files::open(&object) else { return Ok(Err(Unusable::Gone)) };
    let mut copy = files::unfinished(beside, output.executable)
        .map_err(|error| Fault::file("write in", beside, error))?;
    let content = files::pour((&mut source, &object), (copy.as_file_mut(), beside), interrupt)?;
    if content.digest == output.digest {
        return Ok(Ok(copy));
    }
    // Best effort: what is still there is found out again.
    let _ = std::fs::remove_file(&object);
    Ok(Err(Unusable::Damaged))
}

/// Whether its owner may execute the file.
#[cfg(unix)]
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &Metadata) -> bool {
    false
}
