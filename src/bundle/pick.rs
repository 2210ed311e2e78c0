//! Files out of a zip that somebody else packed, each known by its digest: a bundle, an artifact of a job, or a bundle
//! in an artifact.
//!
//! Nothing in the zip is believed. It decides neither where a file is written, which is under its digest, nor how much,
//! which is bounded; and what does not have its digest is thrown away.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{BUNDLE, digest_through};
use crate::files;
use crate::name::Digest;

/// The files that are looked for: their paths in the project, and their digests.
pub type Wanted = BTreeMap<String, Digest>;

/// How many bytes are unpacked at most, over all that is looked at.
const MOST: u64 = 16 << 30;
/// How many entries of one name, and how many bundles, are looked at.
const ENTRIES: usize = 20;

/// Where a file with this digest is brought to.
#[must_use]
pub fn brought(into: &Path, digest: &Digest) -> PathBuf {
    into.join(digest.hex())
}

/// Looks for the files in a zip, below whatever folder of it, and in the bundles in it, and brings those that are found
/// into the folder `into`. What is there already is not looked for.
///
/// # Errors
/// Why not all of them are there now, with the zip as the subject: `does not hold predictions.csv`.
pub fn pick(zip: File, wanted: &Wanted, into: &Path) -> Result<(), String> {
    let mut budget = MOST;
    let mut archive = open(zip)?;
    look_into(&mut archive, wanted, into, &mut budget)?;
    if missing(wanted, into).is_some() {
        for index in named(&archive, BUNDLE) {
            let bundle = spool(&mut archive, index, into, &mut budget)?;
            // What is no bundle at all may still stand beside one.
            if let Ok(mut bundle) = open(bundle) {
                look_into(&mut bundle, wanted, into, &mut budget)?;
            }
        }
    }
    match missing(wanted, into) {
        None => Ok(()),
        Some(path) => Err(format!("does not hold {} as its run recorded it", path.escape_debug())),
    }
}

fn missing<'a>(wanted: &'a Wanted, into: &Path) -> Option<&'a str> {
    let is_missing = |(_, digest): &(&String, &Digest)| !brought(into, digest).exists();
    wanted.iter().find(is_missing).map(|(path, _)| path.as_str())
}

type Archive = ZipArchive<BufReader<File>>;

fn damaged(error: impl std::fmt::Display) -> String {
    format!("is damaged: {error}")
}

fn open(file: File) -> Result<Archive, String> {
    ZipArchive::new(BufReader::new(file)).map_err(damaged)
}

/// The entries with this path, below whatever folder.
fn named(archive: &Archive, path: &str) -> Vec<usize> {
    let is_it = |index: &usize| {
        archive.name_for_index(*index).and_then(Result::ok).is_some_and(|name| {
            name.strip_suffix(path).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        })
    };
    (0..archive.len()).filter(is_it).take(ENTRIES).collect()
}

fn look_into(archive: &mut Archive, wanted: &Wanted, into: &Path, budget: &mut u64) -> Result<(), String> {
    for (path, digest) in wanted {
        for index in named(archive, path) {
            if brought(into, digest).exists() {
                break;
            }
            unpack(archive, index, digest, into, budget)?;
        }
    }
    Ok(())
}

/// Brings an entry, where it has the digest.
fn unpack(
    archive: &mut Archive,
    index: usize,
    digest: &Digest,
    into: &Path,
    budget: &mut u64,
) -> Result<(), String> {
    let kept = |error: std::io::Error| format!("cannot be unpacked on this machine: {error}");
    let mut copy = files::unfinished(into, false).map_err(kept)?;
    let entry = archive.by_index(index).map_err(damaged)?;
    // What of the two ends failed is told apart: a full disk says nothing about the zip.
    let mut failed = None;
    let read = digest_through(entry.take(*budget), |block| {
        let written = copy.as_file_mut().write_all(block);
        written.inspect_err(|error| failed = Some(kept(std::io::Error::new(error.kind(), error.to_string()))))
    });
    let (found, bytes) = read.map_err(|error| failed.take().unwrap_or_else(|| damaged(error)))?;
    *budget -= bytes;
    if *budget == 0 {
        return Err(format!("unpacks to more than {MOST} bytes"));
    }
    if found == *digest {
        copy.persist(brought(into, digest)).map_err(|error| kept(error.error))?;
    }
    Ok(())
}

/// An entry as a file of its own, which is gone when it is closed.
fn spool(archive: &mut Archive, index: usize, into: &Path, budget: &mut u64) -> Result<File, String> {
    let kept = |error: std::io::Error| format!("cannot be unpacked on this machine: {error}");
    let mut file = tempfile::tempfile_in(into).map_err(kept)?;
    let entry = archive.by_index(index).map_err(damaged)?;
    let bytes = std::io::copy(&mut entry.take(*budget), &mut file).map_err(damaged)?;
    *budget -= bytes;
    if *budget == 0 {
        return Err(format!("unpacks to more than {MOST} bytes"));
    }
    file.rewind().map_err(kept)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn digest(bytes: &[u8]) -> Digest {
        digest_through(bytes, |_| Ok(())).unwrap().0
    }

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn wanted(path: &str, content: &[u8]) -> Wanted {
        [(path.to_owned(), digest(content))].into()
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_found_by_its_path_and_known_by_its_digest() {
        let (wanted, other) = (wanted("out/p.csv", b"1"), b"2".as_slice());
        let bundle = zip(&[("outputs/out/p.csv", b"1")]);
        for files in [
            vec![("out/p.csv", b"1".as_slice())],
            vec![(".modelgate/outputs/out/p.csv", b"1")],
            vec![("a/out/p.csv", other), ("b/out/p.csv", b"1")],
            vec![("a/out/p.csv", other), (".modelgate/bundle.zip", &bundle)],
            vec![("a/bundle.zip", b"no zip"), ("b/bundle.zip", &bundle)],
        ] {
            let into = tempfile::tempdir().unwrap();
            assert_eq!(pick(file(&zip(&files)), &wanted, into.path()), Ok(()), "{files:?}");
            assert_eq!(names(into.path()), [wanted["out/p.csv"].hex()]);
        }
    }

    #[test]
    fn what_does_not_have_its_digest_is_nowhere() {
        let wanted = wanted("p.csv", b"1");
        let deep = zip(&[("bundle.zip", &zip(&[("bundle.zip", &zip(&[("p.csv", b"1")]))]))]);
        for bytes in [zip(&[("p.csv", b"2"), ("xp.csv", b"1")]), zip(&[]), deep] {
            let into = tempfile::tempdir().unwrap();
            let why = pick(file(&bytes), &wanted, into.path()).unwrap_err();
            assert_eq!(why, "does not hold p.csv as its run recorded it");
            assert!(names(into.path()).is_empty());
        }
    }

    #[test]
    fn paths_that_lead_away_write_nothing_there() {
        let into = tempfile::tempdir().unwrap();
        let inside = into.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        let wanted = wanted("../../escaped", b"1");
        pick(file(&zip(&[("../../escaped", b"1"), ("/escaped", b"1")])), &wanted, &inside).unwrap();
        assert_eq!(names(&inside), [digest(b"1").hex()]);
        assert_eq!(names(into.path()), ["inside"]);
    }

    #[test]
    fn a_bomb_stops_at_the_budget() {
        let into = tempfile::tempdir().unwrap();
        let mut archive = open(file(&zip(&[("p.csv", &vec![0; 1 << 20])]))).unwrap();
        let why = unpack(&mut archive, 0, &digest(b"1"), into.path(), &mut 1000).unwrap_err();
        assert!(why.starts_with("unpacks to more than "), "{why}");
        assert!(spool(&mut archive, 0, into.path(), &mut 1000).is_err());
        assert!(names(into.path()).is_empty());
    }

    proptest! {
        #[test]
        fn no_zip_stops_it(cut in 0_usize..200, at in 0_usize..200, byte: u8) {
            let mut bytes = zip(&[("p.csv", b"1"), ("bundle.zip", &zip(&[("p.csv", b"2")]))]);
            let end = bytes.len() - cut.min(bytes.len());
            bytes.truncate(end);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let into = tempfile::tempdir().unwrap();
            let wanted = wanted("p.csv", b"1");
            if pick(file(&bytes), &wanted, into.path()).is_ok() {
                let found = std::fs::read(brought(into.path(), &wanted["p.csv"])).unwrap();
                prop_assert_eq!(found, b"1");
            }
        }
    }
}
