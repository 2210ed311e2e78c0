//! Whether the outputs that lie in the project are those that the record is about.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::Cache;
use crate::fault::{Fault, Result};
use crate::files::{ProjectFile, portable};
use crate::name::Digest;

/// See [`Cache::swapped`].
pub(super) fn swapped(
    root: &Path,
    cache: &Cache,
    outputs: &BTreeMap<String, Digest>,
) -> Result<Option<String>> {
    let mut there = Vec::new();
    for path in outputs.keys() {
        let shown = path.escape_debug();
        if let Some(why) = portable::why_unsafe(path) {
            return Ok(Some(format!("the record names an output outside of the project, {shown}: {why}")));
        }
        let on_disk = root.join(path);
        match std::fs::metadata(&on_disk) {
            Ok(metadata) if metadata.is_file() => there.push(ProjectFile { path: path.clone(), on_disk }),
            Ok(_) => return Ok(Some(format!("{shown} is no file, and the record has its digest"))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(Fault::file("read", &on_disk, error)),
        }
    }
    let now = cache.digests(&there)?;
    let other = now.iter().find(|(path, digest)| outputs.get(*path) != Some(digest));
    Ok(other.map(|(path, digest)| {
        let recorded = outputs.get(path).map(Digest::to_string).unwrap_or_default();
        format!("{} is {digest}, and the record says {recorded}", path.escape_debug())
    }))
}
