//! The times of files that have not changed since they were read, one file a build, in the order of its walk.
//!
//! A walk reads the old one and writes the new one as it goes, so that it holds one line of each. It is only ever
//! a shortcut: one that is damaged, from another version or not there is an empty one.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::tree::Filter;
use crate::files::{self, Stamp};

/// The first bytes: another layout gets another number.
const MAGIC: &[u8] = b"modelgate-context-1\n";

/// What follows the path in a line: the stamp's five numbers and the time.
const FIXED: usize = 6 * 8;

/// No path of a system is longer.
const LONGEST_PATH: usize = 1 << 16;

/// A file, as it is remembered.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub path: &'a str,
    pub stamp: Stamp,
    pub time: i64,
}

/// What was remembered, and what will be.
#[derive(Debug)]
pub struct Remembered {
    old: Option<Old>,
    new: Option<New>,
}

#[derive(Debug)]
struct Old {
    file: BufReader<std::io::Take<File>>,
    /// The line that was read last: its path and what follows it.
    path: String,
    fixed: [u8; FIXED],
}

#[derive(Debug)]
struct New {
    file: BufWriter<NamedTempFile>,
    sum: Sha256,
    place: PathBuf,
    /// The disk's time before the first file was looked at.
    now: i64,
    /// Whether it differs from the old one.
    is_changed: bool,
}

impl Remembered {
    /// What is remembered in `room` of the walk through `root` with this filter.
    pub fn new(room: Option<&Path>, root: &Path, filter: &Filter) -> Self {
        let Some(room) = room else { return Self { old: None, new: None } };
        let key = Sha256::new_with_prefix(root.as_os_str().as_encoded_bytes()).chain_update([0]);
        let key = crate::name::Digest::from_bytes(key.chain_update(&filter.name).finalize().into());
        let place = room.join(key.hex());
        let old = Old::open(&place);
        let new = New::make(room, place, old.is_none());
        Self { old, new }
    }

    /// The time of a file that has not changed. To be asked in the order of the walk.
    pub fn time(&mut self, path: &str, stamp: Option<&Stamp>) -> Option<i64> {
        let time =
            self.old.as_mut().and_then(|old| old.find(path)).filter(|known| Some(&known.stamp) == stamp);
        let time = time.map(|known| known.time);
        if let (None, Some(new)) = (time, &mut self.new) {
            new.is_changed = true;
        }
        time
    }

    /// Remembers a file, if it had been left alone before it was looked at. In the order of the walk too.
    pub fn learn(&mut self, known: &Known<'_>) {
        if let Some(new) = &mut self.new
            && known.stamp.is_settled(new.now)
            && new.write(known).is_err()
        {
            self.new = None;
        }
    }

    /// The walk is over: what it has learned takes the old one's place. Best effort.
    pub fn keep(self) {
        if let Some(new) = self.new.filter(|new| new.is_changed) {
            let _ = new.finish();
        }
    }
}

impl Old {
    /// None when these are not the bytes that were written.
    fn open(place: &Path) -> Option<Self> {
        let mut file = files::open(place).ok()?;
        let body = file.metadata().ok()?.len().checked_sub(MAGIC.len() as u64 + 32)?;
        let mut sum = Sha256::new();
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic).ok()?;
        let mut left = body;
        let mut block = vec![0; 1 << 16];
        while left > 0 {
            let length = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut block[..length]).ok()?;
            sum.update(&block[..length]);
            left -= length as u64;
        }
        let mut written = [0; 32];
        file.read_exact(&mut written).ok()?;
        if magic != MAGIC || sum.finalize().as_slice() != written {
            return None;
        }
        use std::io::{Seek, SeekFrom};
        file.seek(SeekFrom::Start(MAGIC.len() as u64)).ok()?;
        let file = BufReader::with_capacity(1 << 16, file.take(body));
        let mut old = Self { file, path: String::new(), fixed: [0; FIXED] };
        old.step().then_some(old)
    }

    /// Reads the next line. False at the end, where the path stays the last one.
    fn step(&mut self) -> bool {
        self.read().unwrap_or(false)
    }

    fn read(&mut self) -> std::io::Result<bool> {
        let mut length = [0; 4];
        if self.file.read(&mut length[..1])? == 0 {
            return Ok(false);
        }
        self.file.read_exact(&mut length[1..])?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_PATH {
            return Ok(false);
        }
        let mut path = std::mem::take(&mut self.path).into_bytes();
        path.resize(length, 0);
        self.file.read_exact(&mut path)?;
        self.path = String::from_utf8(path).map_err(std::io::Error::other)?;
        self.file.read_exact(&mut self.fixed)?;
        Ok(true)
    }

    fn find(&mut self, path: &str) -> Option<Known<'_>> {
        loop {
            match order(&self.path, path) {
                Ordering::Less if self.step() => {}
                Ordering::Equal => return self.known(),
                Ordering::Less | Ordering::Greater => return None,
            }
        }
    }

    fn known(&self) -> Option<Known<'_>> {
        let mut numbers = self.fixed.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok());
        let mut next = || numbers.next();
        let stamp = Stamp {
            size: u64::from_le_bytes(next()?),
            modified: i64::from_le_bytes(next()?),
            changed: i64::from_le_bytes(next()?),
            inode: u64::from_le_bytes(next()?),
            device: u64::from_le_bytes(next()?),
        };
        Some(Known { path: &self.path, stamp, time: i64::from_le_bytes(next()?) })
    }
}

impl New {
    fn make(room: &Path, place: PathBuf, is_changed: bool) -> Option<Self> {
        let file = files::unfinished(room, false).ok()?;
        let now = Stamp::from(&file.as_file().metadata().ok()?)?.modified;
        let mut file = BufWriter::with_capacity(1 << 16, file);
        file.write_all(MAGIC).ok()?;
        Some(Self { file, sum: Sha256::new(), place, now, is_changed })
    }

    fn write(&mut self, known: &Known<'_>) -> std::io::Result<()> {
        let Ok(length) = u32::try_from(known.path.len()) else { return Ok(()) };
        let Stamp { size, modified, changed, inode, device } = known.stamp;
        let mut line = Vec::with_capacity(4 + known.path.len() + FIXED);
        line.extend_from_slice(&length.to_le_bytes());
        line.extend_from_slice(known.path.as_bytes());
        line.extend_from_slice(&size.to_le_bytes());
        line.extend_from_slice(&modified.to_le_bytes());
        line.extend_from_slice(&changed.to_le_bytes());
        line.extend_from_slice(&inode.to_le_bytes());
        line.extend_from_slice(&device.to_le_bytes());
        line.extend_from_slice(&known.time.to_le_bytes());
        self.sum.update(&line);
        self.file.write_all(&line)
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.file.write_all(&self.sum.finalize())?;
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The order of a walk: `/` comes before every other character.
fn order(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn known(path: &str, number: u8) -> Known<'_> {
        let stamp = Stamp { size: 1, modified: -2, changed: 3, inode: 4, device: u64::from(number) };
        Known { path, stamp, time: i64::from(number) }
    }

    fn learned(room: &Path, lines: &[Known<'_>]) -> PathBuf {
        let mut remembered = Remembered::new(Some(room), Path::new("/root"), &Filter::default());
        for line in lines {
            remembered.learn(line);
        }
        let place = remembered.new.as_ref().unwrap().place.clone();
        remembered.keep();
        place
    }

    #[test]
    fn it_answers_in_the_order_of_the_walk_whatever_was_passed_over() {
        let room = tempfile::tempdir().unwrap();
        let lines = [known("a", 1), known("a/b", 2), known("a-b", 3), known("b", 4)];
        learned(room.path(), &lines);
        let ask = |asked: &[(&str, u8)]| -> Vec<Option<i64>> {
            let mut remembered = Remembered::new(Some(room.path()), Path::new("/root"), &Filter::default());
            asked.iter().map(|(path, stamp)| remembered.time(path, Some(&known("", *stamp).stamp))).collect()
        };
        assert_eq!(
            ask(&[("a", 1), ("a/b", 2), ("a-b", 3), ("b", 4), ("c", 4)]),
            [Some(1), Some(2), Some(3), Some(4), None]
        );
        assert_eq!(ask(&[("a-b", 3), ("aa", 3), ("b", 5)]), [Some(3), None, None]);
        assert_eq!(ask(&[("0", 1), ("b", 4)]), [None, Some(4)]);
    }

    #[test]
    fn every_damage_makes_it_an_empty_one() {
        let room = tempfile::tempdir().unwrap();
        let place = learned(room.path(), &[known("a", 1), known("b", 2)]);
        let whole = std::fs::read(&place).unwrap();
        assert!(Old::open(&place).is_some());
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&place, damaged).unwrap();
            assert!(Old::open(&place).is_none(), "a flipped byte at {at}");
            std::fs::write(&place, &whole[..at]).unwrap();
            assert!(Old::open(&place).is_none(), "cut off at {at}");
        }
        std::fs::remove_file(&place).unwrap();
        std::fs::create_dir(&place).unwrap();
        assert!(Old::open(&place).is_none());
    }
}
