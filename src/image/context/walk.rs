//! The walk: the entries of a folder, in the order of their paths, with `/` before every other character.
//!
//! That is the order in which BuildKit compares what it has with what there is. Names come from [`Tree`] one by
//! one; their metadata and digests are then taken a batch at a time, on all cores.

mod follow;
mod paths;
mod reading;
mod remembered;
mod tree;

use std::io::ErrorKind;
use std::path::Path;

use rayon::prelude::*;

use super::{Folder, Result, Trouble};
use crate::fault::Fault;
use crate::files::Stamp;
use crate::finding::Finding;

pub(super) use follow::follow;
pub use paths::Paths;
pub use reading::Reading;
use remembered::{Known, Remembered};
pub(super) use tree::Filter;
use tree::{Name, Sort, Tree};

/// Enough to keep all cores busy, few enough to take no memory.
const BATCH: usize = 1024;

/// The time of folders and links, and the earliest one of files: 2000-01-01, in seconds since 1970.
const FIRST_SECOND: i64 = 946_684_800;

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

/// A file as a walk has announced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the folder that was walked.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// What its content comes to: [`Entry::modified`].
    pub modified: i64,
}

impl Entry {
    /// The mode as Go writes it in BuildKit's protocol: permissions, and its own bits for the kind.
    #[must_use]
    pub fn go_mode(&self) -> u32 {
        let kind = match self.kind {
            Kind::File(_) => 0,
            Kind::Folder => 1 << 31,
            Kind::Link(_) => 1 << 27,
        };
        let special = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
        let special = special.iter().filter(|(bit, _)| self.mode & bit != 0).map(|(_, go)| go);
        (self.mode & 0o777) | kind | special.sum::<u32>()
    }

    /// The file that it is, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<File> {
        match self.kind {
            Kind::File(size) => Some(File { path: self.path.clone(), size, modified: self.modified }),
            Kind::Folder | Kind::Link(_) => None,
        }
    }
}

/// The time that stands for a content.
///
/// BuildKit takes a file for unchanged when size and time are equal. With the time of the disk, a fresh checkout is
/// all new; with this one, nothing of it is. The seconds take a part too: what compares times in seconds, such as
/// Python with its compiled files, would otherwise never see a change.
fn time_of(digest: &[u8; 32]) -> i64 {
    let [a, b, c, d, rest @ ..] = digest;
    let seconds = i64::from(u32::from_be_bytes([*a, *b, *c, *d]) >> 4);
    let nanoseconds = rest[..8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)) % 1_000_000_000;
    (FIRST_SECOND + seconds) * 1_000_000_000 + i64::try_from(nanoseconds).unwrap_or(0)
}

/// The entries of a folder, one by one. After an error it ends.
#[derive(Debug)]
pub struct Walk {
    folder: Folder,
    tree: Tree,
    /// None when nobody wants to know the contents.
    remembered: Option<Remembered>,
    batch: std::vec::IntoIter<Result<Entry>>,
    is_over: bool,
}

/// What the metadata said of a name.
struct Seen {
    entry: Entry,
    /// Of a file.
    stamp: Option<Stamp>,
}

impl Walk {
    pub(super) fn new(folder: Folder, filter: Filter) -> Self {
        let remembered = Remembered::new(folder.shared.remembered.as_deref(), &folder.root, &filter);
        Self { remembered: Some(remembered), ..Self::unread(folder, filter) }
    }

    /// Without a look into the files: their times say nothing.
    pub(super) fn unread(folder: Folder, filter: Filter) -> Self {
        let tree = Tree::new(&folder, filter);
        Self { folder, tree, remembered: None, batch: Vec::new().into_iter(), is_over: false }
    }

    /// The next entries, in order.
    fn fill(&mut self) -> Result<Vec<Result<Entry>>> {
        if self.folder.shared.interrupt.raised().is_some() {
            return Err(Fault::new("read the context", "the run was interrupted").into());
        }
        let mut names = Vec::with_capacity(BATCH);
        while names.len() < BATCH {
            match self.tree.next() {
                Some(name) => names.push(name?),
                None => break,
            }
        }
        if names.is_empty() {
            if let Some(remembered) = self.remembered.take() {
                remembered.keep();
            }
            return Ok(Vec::new());
        }
        let folder = &self.folder;
        let seen: Vec<Result<Option<Seen>>> =
            names.into_par_iter().with_min_len(64).map(|name| see(folder, name)).collect();
        let mut seen: Vec<Result<Seen>> = seen.into_iter().filter_map(Result::transpose).collect();
        if let Some(remembered) = &mut self.remembered {
            digest(folder, remembered, &mut seen);
        }
        Ok(seen.into_iter().map(|seen| seen.map(|seen| seen.entry)).collect())
    }
}

impl Iterator for Walk {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.is_over {
                return None;
            }
            if let Some(item) = self.batch.next() {
                self.is_over = item.is_err();
                return Some(item);
            }
            match self.fill() {
                // A whole batch can be gone by the time that we look at it; only an empty tree ends the walk.
                Ok(batch) if batch.is_empty() && self.tree.is_over() => self.is_over = true,
                Ok(batch) => self.batch = batch.into_iter(),
                Err(trouble) => {
                    self.is_over = true;
                    return Some(Err(trouble));
                }
            }
        }
    }
}

/// Gives each file its time: remembered, or from its content.
fn digest(folder: &Folder, remembered: &mut Remembered, seen: &mut [Result<Seen>]) {
    let mut unknown = Vec::new();
    for item in seen.iter_mut() {
        let Ok(Seen { entry, stamp }) = item else { continue };
        if !matches!(entry.kind, Kind::File(_)) {
            continue;
        }
        match remembered.time(&entry.path, stamp.as_ref()) {
            Some(time) => entry.modified = time,
            None => unknown.push(item),
        }
    }
    // One at a time, so that a large file is one core's work and the other cores take what is left.
    unknown.into_par_iter().with_max_len(1).for_each(|item| {
        let Ok(Seen { entry, .. }) = item else { return };
        let path = folder.root.join(&entry.path);
        match reading::digest(&path, &folder.shared.interrupt) {
            Ok((size, modified)) => (entry.kind, entry.modified) = (Kind::File(size), modified),
            Err(fault) => *item = Err(trouble(folder, &entry.path, fault)),
        }
    });
    let files = seen.iter().flatten().filter(|seen| matches!(seen.entry.kind, Kind::File(_)));
    for Seen { entry, stamp } in files {
        let Some(stamp) = stamp.filter(|stamp| entry.kind == Kind::File(stamp.size)) else { continue };
        remembered.learn(&Known { path: &entry.path, stamp, time: entry.modified });
    }
}

/// Looks at what a name names. None for what is gone, and for what cannot be sent.
fn see(folder: &Folder, name: Name) -> Result<Option<Seen>> {
    let Name { path, sort } = name;
    let shown = || folder.shown(&path);
    if let Sort::Unnamed = sort {
        let message = format!("the name of «{}» is not UTF-8", shown());
        let help = "rename it or add it to .dockerignore: the engine takes no other names";
        return Err(Finding::error("image-name", message).help(help).into());
    }
    let on_disk = folder.root.join(&path);
    let metadata = match on_disk.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(trouble(folder, &path, error)),
    };
    let kind = metadata.file_type();
    let kind = if kind.is_file() {
        Kind::File(metadata.len())
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        match link(&on_disk) {
            Ok(Some(target)) => Kind::Link(target),
            Ok(None) => {
                let message = format!("what the link {} says is not UTF-8", shown());
                let help = "make it anew or add it to .dockerignore: the engine takes no other names";
                return Err(Finding::error("image-name", message).at_path(shown()).help(help).into());
            }
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(trouble(folder, &path, error)),
        }
    } else {
        let message = format!("{} is a pipe, a socket or a device: the image does not get it", shown());
        let finding = Finding::warning("image-special-file", message).at_path(shown());
        folder.warn(finding.help("add it to .dockerignore"));
        return Ok(None);
    };
    let stamp = Stamp::from(&metadata).filter(|_| metadata.is_file());
    let mode = mode(&metadata);
    Ok(Some(Seen { entry: Entry { path, kind, mode, modified: FIRST_SECOND * 1_000_000_000 }, stamp }))
}

/// What a link says; none when it is not UTF-8.
fn link(path: &Path) -> std::io::Result<Option<String>> {
    let target = std::fs::read_link(path)?;
    Ok(target.to_str().map(|target| target.replace(std::path::MAIN_SEPARATOR, "/")))
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

/// What Docker gives to everything that comes from a system without such modes.
#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> u32 {
    0o755
}

/// Whether it was removed, or replaced, since its name was read: then it is as if it had never been there.
fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What nobody may read is the project's matter; everything else is the disk's.
fn trouble(folder: &Folder, path: &str, error: std::io::Error) -> Trouble {
    if error.kind() == ErrorKind::PermissionDenied {
        let shown = folder.shown(path);
        let message = format!("{shown} belongs to the context and cannot be read: {error}");
        let help = "let us read it (chmod), or add it to .dockerignore if the image does not need it";
        return Finding::error("image-unreadable", message).at_path(shown).help(help).into();
    }
    Fault::file("read", &folder.root.join(path), error).into()
}
