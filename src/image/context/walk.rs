//! The walk: the entries of a folder, in the order of their paths, with `/` before every other character.

use std::io::Read;

use super::Trouble;

/// What is asked of a folder. The patterns are those of a `.dockerignore`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only what one of these matches, with the folders above it; all, when both this and `follow` are empty.
    pub include: Vec<String>,
    /// Not what these match.
    pub exclude: Vec<String>,
    /// As `include`, where a link also brings what it leads to. A path or a pattern that matches nothing is no error.
    pub follow: Vec<String>,
}

/// What kind of thing an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A folder. What is in it follows.
    Folder,
    /// A link, and what it says.
    Link(String),
}

/// Something of a context. Its owner is always 0:0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the folder that was walked, with forward slashes, clean.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// The twelve permission bits.
    pub mode: u32,
    /// The time to send, in nanoseconds since 1970: for a file it follows from its content alone.
    pub modified: i64,
}

impl Entry {
    /// The mode as Go writes it in BuildKit's protocol: permissions, and its own bits for the kind.
    #[must_use]
    pub fn go_mode(&self) -> u32 {
        0
    }
}

/// The entries of a folder, one by one. After an error it ends.
#[derive(Debug)]
pub struct Walk {}

impl Iterator for Walk {
    type Item = Result<Entry, Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

/// Paths and sizes of entries by their number in the walk, in a few bytes each.
#[derive(Debug, Default)]
pub struct Paths {}

impl Paths {
    /// Adds the next entry; the first is number 0.
    pub fn push(&mut self, _entry: &Entry) {}

    /// The path and the size of an entry; none when there is no such number, or when it is no regular file.
    #[must_use]
    pub fn file(&self, _number: u32) -> Option<(String, u64)> {
        None
    }
}

/// A file that is read to the end that was announced.
#[derive(Debug)]
pub struct Reading {}

impl Read for Reading {
    fn read(&mut self, _buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }
}
