//! Whether there is room for a build, and how the builder's cache is kept small.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bollard::query_parameters::{ListImagesOptionsBuilder, PruneBuildOptionsBuilder};

use crate::docker::{Address, Docker};
use crate::fault::Result;
use crate::finding::Finding;
use crate::number::bytes;

/// What a disk should have left after a build: engines stop working on a full one.
const RESERVE: u64 = 256 << 20;

/// The first version of the API that calls the size to keep `reserved-space`; before, it was `keep-storage`.
const RENAMED: (u32, u32) = (1, 48);

/// Whether the engine's disk has room for a build, as far as that can be seen from here: `context` is the bytes
/// of the context, `last` the size of the latest image. An error says how much is missing, a warning that it is
/// tight; nothing when the engine is on another machine.
///
/// # Errors
/// The engine does not answer.
pub async fn preflight(docker: &Docker, context: u64, last: Option<u64>) -> Result<Vec<Finding>> {
    let (connection, doing) = (docker.connect().await?, "ask the engine where it keeps its images");
    let info = docker.ask(doing, connection.api.info()).await?;
    let root = info.docker_root_dir.map(PathBuf::from);
    let is_here =
        matches!(connection.address, Address::Unix(_)) && info.name.is_some() && info.name == host_name();
    let root = root.filter(|root| is_here && root.is_absolute());
    let Some((root, free)) = root.and_then(|root| free(&root).map(|free| (root, free))) else {
        return Ok(Vec::new());
    };
    Ok(judge(&root, free, context.saturating_add(last.unwrap_or(0))).into_iter().collect())
}

/// What is to be said of a disk with so many free bytes before a build that needs so many.
fn judge(root: &Path, free: u64, needed: u64) -> Option<Finding> {
    let help = "make room with `docker builder prune` and `docker image prune`, \
                or set image.prune-cache to keep the builder's cache small";
    let (has, needs) = (bytes(free), bytes(needed));
    let disk = format!("the disk of the engine ({}) has {has} free", root.display());
    if free < needed {
        let missing = bytes(needed - free);
        let message = format!("{disk} and the build needs at least {needs}: {missing} are missing");
        return Some(Finding::error("image-disk-full", message).help(help));
    }
    let is_tight = free < needed.saturating_mul(2).saturating_add(RESERVE);
    let message = format!("{disk}, which is tight for a build that needs at least {needs}");
    is_tight.then(|| Finding::warning("image-disk-tight", message).help(help))
}

/// The bytes that are free in a folder of this machine; none when it is not here, or cannot be looked at.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    // What root may use: that is who the engine is.
    disk.f_bfree.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// What this machine is called. In a container that was given the engine's socket, it is not the engine's machine.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The size of the largest image that was built of this model before; none where there is none.
///
/// # Errors
/// The engine does not answer.
pub async fn latest(docker: &Docker, model: &str) -> Result<Option<u64>> {
    let label = format!("org.opencontainers.image.title={model}");
    let options =
        ListImagesOptionsBuilder::new().filters(&HashMap::from([("label", vec![label.as_str()])])).build();
    let (connection, doing) = (docker.connect().await?, "ask the engine for its images");
    let images = docker.ask(doing, connection.api.list_images(Some(options))).await?;
    Ok(images.iter().filter_map(|image| u64::try_from(image.size).ok()).max())
}

/// Takes out of the builder's cache what was not used for longest, until it holds at most `cap` bytes. Returns
/// how many bytes were freed.
///
/// # Errors
/// The engine does not answer, or has no such cache.
pub async fn prune_cache(docker: &Docker, cap: u64) -> Result<u64> {
    let options = PruneBuildOptionsBuilder::new().all(true);
    let options = options.reserved_space(i64::try_from(cap).unwrap_or(i64::MAX)).build();
    let connection = docker.connect().await?;
    let mut api = connection.api.clone();
    if is_renamed(&connection.about.api_version) == Some(false) {
        api = api.with_request_modifier(|mut request| {
            let uri = request.uri().to_string().replace("reserved-space=", "keep-storage=");
            if let Ok(uri) = uri.parse() {
                *request.uri_mut() = uri;
            }
            request
        });
    }
    let pruned = docker.ask("prune the builder's cache", api.prune_build(Some(options))).await?;
    Ok(pruned.space_reclaimed.and_then(|freed| u64::try_from(freed).ok()).unwrap_or(0))
}

/// Whether an API of this version has the new name; none when that is no version.
fn is_renamed(version: &str) -> Option<bool> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?) >= RENAMED)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_disk_is_full_tight_or_good_enough() {
        let said = |free, needed| judge(Path::new("/var/lib/docker"), free, needed);
        let full = said(1 << 30, (3 << 30) + 1).unwrap();
        assert_eq!((full.code.as_str(), full.severity), ("image-disk-full", crate::finding::Severity::Error));
        assert_eq!(
            full.message,
            "the disk of the engine (/var/lib/docker) has 1.0 GiB free and the build needs at least 3.0 GiB: \
             2.0 GiB are missing"
        );
        let tight = said(1 << 30, 1 << 30).unwrap();
        assert_eq!(
            tight.message,
            "the disk of the engine (/var/lib/docker) has 1.0 GiB free, which is tight for a build that needs at \
             least 1.0 GiB"
        );
        assert!(said(RESERVE - 1, 0).is_some(), "a full disk is no place for the smallest build");
        assert_eq!(said((2 << 30) + RESERVE, 1 << 30), None);
    }

    #[test]
    fn the_name_of_the_cap_follows_from_the_version() {
        assert_eq!([is_renamed("1.41"), is_renamed("1.47")], [Some(false); 2]);
        assert_eq!([is_renamed("1.48"), is_renamed("1.100"), is_renamed("2.0")], [Some(true); 3]);
        assert_eq!([is_renamed(""), is_renamed("1")], [None; 2]);
    }

    #[cfg(unix)]
    #[test]
    fn free_space_is_known_of_what_is_here() {
        assert!(free(Path::new("/")).is_some());
        assert_eq!(free(Path::new("/nothing/here")), None);
    }
}
