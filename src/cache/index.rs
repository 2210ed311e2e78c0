//! The index: the digests of files that have not changed since they were read.
//!
//! It is only ever a shortcut. An index that is damaged, from another version or not there is an empty one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::folder;
use crate::files::{self, Content, ProjectFile, Stamp, Stamps};
use crate::name::Digest;

/// The first bytes: another layout gets another number.
const MAGIC: &[u8] = b"modelgate-index-1\n";

/// Where the digest of the lines ends and the lines begin.
const BODY: usize = MAGIC.len() + 32;

/// What follows the path in a line: five numbers and a digest.
const FIXED: usize = 5 * 8 + 32;

/// Beyond this many bytes it begins anew: it has become a list of files that are long gone.
const LARGEST: usize = 64 << 20;

/// A file, as the index remembers it.
pub(super) struct Line<'a> {
    pub(super) path: &'a str,
    pub(super) stamp: Stamp,
    pub(super) digest: Digest,
}

/// The index as it was read.
#[derive(Debug, Default)]
pub(super) struct Index {
    bytes: Vec<u8>,
    /// Where in `bytes` each path begins and ends, in the order of the paths.
    paths: Vec<(usize, usize)>,
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("index")
}

impl Index {
    pub(super) fn read(folder: &Path) -> Self {
        Self::from_bytes(files::read(&path(folder)).unwrap_or_default())
    }

    fn from_bytes(bytes: Vec<u8>) -> Self {
        match places(&bytes) {
            Some(paths) => Self { bytes, paths },
            None => Self::default(),
        }
    }

    /// The content that the file had when it was read, if its stamp is still the same.
    pub(super) fn content(&self, file: &ProjectFile, stamps: &mut Stamps) -> Option<Content> {
        let wanted = file.path.as_bytes();
        let found =
            self.paths.binary_search_by(|&(begin, end)| self.bytes.get(begin..end).cmp(&Some(wanted)));
        let line = self.line(*self.paths.get(found.ok()?)?)?;
        let stamp = stamps.of(&file.on_disk).filter(|stamp| *stamp == line.stamp)?;
        Some(Content { digest: line.digest, bytes: stamp.size })
    }

    fn line(&self, (begin, end): (usize, usize)) -> Option<Line<'_>> {
        let path = std::str::from_utf8(self.bytes.get(begin..end)?).ok()?;
        let (numbers, digest) = self.bytes.get(end..end + FIXED)?.split_at_checked(40)?;
        let mut numbers = numbers.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok());
        let mut next = || numbers.next();
        let stamp = Stamp {
            size: u64::from_le_bytes(next()?),
            modified: i64::from_le_bytes(next()?),
            changed: i64::from_le_bytes(next()?),
            inode: u64::from_le_bytes(next()?),
            device: u64::from_le_bytes(next()?),
        };
        Some(Line { path, stamp, digest: Digest::from_bytes(digest.try_into().ok()?) })
    }

    /// Writes the index again with what has been learned. Best effort: without it, files are read again.
    pub(super) fn learn(&self, folder: &Path, learned: Vec<Line<'_>>) -> Self {
        let old: &[_] = if self.bytes.len() > LARGEST { &[] } else { &self.paths };
        let old = old.iter().filter_map(|&place| self.line(place));
        let lines: BTreeMap<&str, Line<'_>> = old.chain(learned).map(|line| (line.path, line)).collect();
        let mut bytes = Vec::with_capacity(BODY + lines.len() * (FIXED + 40));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[0; 32]);
        for line in lines.values() {
            line.write(&mut bytes);
        }
        let sum = Sha256::digest(&bytes[BODY..]);
        bytes[MAGIC.len()..BODY].copy_from_slice(&sum);
        let _ = folder::write(&path(folder), &bytes);
        Self::from_bytes(bytes)
    }
}

impl Line<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        // A path that needs more than 32 bits for its length is none that a system has.
        let Ok(length) = u32::try_from(self.path.len()) else { return };
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(self.path.as_bytes());
        bytes.extend_from_slice(&self.stamp.size.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.modified.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.changed.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.inode.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.device.to_le_bytes());
        bytes.extend_from_slice(self.digest.as_bytes());
    }
}

/// Where the paths are; none when these are not the bytes that were written.
fn places(bytes: &[u8]) -> Option<Vec<(usize, usize)>> {
    let body = bytes.get(BODY..)?;
    let sum = bytes.strip_prefix(MAGIC)?.get(..32)?;
    if Sha256::digest(body).as_slice() != sum {
        return None;
    }
    let mut places = Vec::with_capacity(body.len() / (FIXED + 24));
    let mut at = BODY;
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let begin = at + 4;
        let end = begin.checked_add(usize::try_from(length).ok()?)?;
        at = end.checked_add(FIXED)?;
        places.push((begin, end));
    }
    (at == bytes.len()).then_some(places)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;

    fn line(path: &str, number: u8) -> Line<'_> {
        let stamp = Stamp { size: 1, modified: -2, changed: 3, inode: 4, device: u64::from(number) };
        Line { path, stamp, digest: Digest::from_bytes([number; 32]) }
    }

    fn paths(index: &Index) -> Vec<(String, u64)> {
        let lines = index.paths.iter().filter_map(|&place| index.line(place));
        lines.map(|line| (line.path.to_owned(), line.stamp.device)).collect()
    }

    #[test]
    fn it_reads_back_what_it_learned_and_the_newest_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        Index::default().learn(folder.path(), vec![line("b\n", 1), line("a", 2), line("", 3)]);
        let index = Index::read(folder.path());
        assert_eq!(paths(&index), [(String::new(), 3), ("a".into(), 2), ("b\n".into(), 1)]);
        index.learn(folder.path(), vec![line("a", 9)]);
        assert_eq!(
            paths(&Index::read(folder.path())),
            [(String::new(), 3), ("a".into(), 9), ("b\n".into(), 1)]
        );
    }

    #[test]
    fn every_damage_makes_it_an_empty_one() {
        let folder = tempfile::tempdir().expect("a folder");
        Index::default().learn(folder.path(), vec![line("a", 1), line("b", 2)]);
        let whole = std::fs::read(path(folder.path())).expect("the index");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(places(&damaged).is_none(), "a flipped byte at {at}");
            assert!(places(&whole[..at]).is_none(), "cut off at {at}");
        }
        assert!(places(&[]).is_none());
        std::fs::remove_file(path(folder.path())).expect("removed");
        std::fs::create_dir(path(folder.path())).expect("a folder in its place");
        assert!(Index::read(folder.path()).paths.is_empty());
    }
}
