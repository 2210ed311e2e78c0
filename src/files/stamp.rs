//! What tells, without reading it, that a file has not changed.

use std::fs::Metadata;
use std::path::Path;

/// Size, times and identity of a file. Equal stamps at two times: nobody has written it between them, as far
/// as the file system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// When the content was last written, in nanoseconds since 1970. Anybody can set it.
    pub modified: i64,
    /// When content or attributes were last changed, in nanoseconds since 1970. Nobody can set it.
    pub changed: i64,
    /// The inode.
    pub inode: u64,
    /// The device of the inode.
    pub device: u64,
}

/// How coarse a file system's clock may be: FAT counts in steps of two seconds.
const COARSE: i64 = 2_000_000_000;

impl Stamp {
    /// The stamp of the file, through links; none when it is not there or no regular file, or when this
    /// system has no such times.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().filter(Metadata::is_file).and_then(|metadata| Self::from(&metadata))
    }

    /// The stamp that the metadata of a file give; none on a system that has no such times.
    #[cfg(unix)]
    #[must_use]
    pub fn from(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| seconds.checked_mul(1_000_000_000)?.checked_add(rest);
        Some(Self {
            size: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec())?,
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec())?,
            inode: metadata.ino(),
            device: metadata.dev(),
        })
    }

    /// None: this system has no such times.
    #[cfg(not(unix))]
    #[must_use]
    pub fn from(_: &Metadata) -> Option<Self> {
        None
    }

    /// Whether the file was left alone for a while before `now`, the disk's time.
    ///
    /// A file that is written, read by us and written again within one tick of its file system's clock has
    /// the same size and times both times (git calls it racily clean). So a digest is remembered only of a
    /// file that had been left alone for longer than any tick: whoever writes it after we have read it gives
    /// it a new time. A modification time in the future is no harm, for the next write sets it back.
    #[must_use]
    pub const fn is_settled(&self, now: i64) -> bool {
        let since_modified = now.saturating_sub(self.modified);
        let since_changed = now.saturating_sub(self.changed);
        since_modified.saturating_abs() > COARSE && since_changed > COARSE
    }
}

/// Takes the stamps of many files; those of one folder without finding the way to it each time.
#[derive(Default)]
pub struct Stamps {
    #[cfg(target_os = "linux")]
    folder: Option<(std::path::PathBuf, std::os::fd::OwnedFd)>,
}

impl Stamps {
    /// As [`Stamp::of`].
    pub fn of(&mut self, path: &Path) -> Option<Stamp> {
        #[cfg(target_os = "linux")]
        if let Some(stamp) = self.in_folder(path) {
            return Some(stamp);
        }
        Stamp::of(path)
    }

    #[cfg(target_os = "linux")]
    fn in_folder(&mut self, path: &Path) -> Option<Stamp> {
        use rustix::fs::{AtFlags, FileType, Mode, OFlags, StatxFlags, StatxTimestamp};
        let (parent, name) = (path.parent()?, path.file_name()?);
        if self.folder.as_ref().is_none_or(|(folder, _)| folder.as_os_str() != parent.as_os_str()) {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.folder = Some((parent.to_owned(), rustix::fs::open(parent, flags, Mode::empty()).ok()?));
        }
        let (_, folder) = self.folder.as_ref()?;
        let found = rustix::fs::statx(folder, name, AtFlags::empty(), StatxFlags::BASIC_STATS).ok()?;
        let is_file = FileType::from_raw_mode(found.stx_mode.into()).is_file();
        let nanoseconds = |time: StatxTimestamp| {
            time.tv_sec.checked_mul(1_000_000_000)?.checked_add(i64::from(time.tv_nsec))
        };
        is_file.then_some(())?;
        Some(Stamp {
            size: found.stx_size,
            modified: nanoseconds(found.stx_mtime)?,
            changed: nanoseconds(found.stx_ctime)?,
            inode: found.stx_ino,
            device: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg(unix)]
    #[test]
    fn many_stamps_are_what_each_alone_would_be() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for folder in ["a", "b"] {
            std::fs::create_dir(path(folder)).unwrap();
            std::fs::write(path(folder).join("file"), folder.repeat(7)).unwrap();
            std::fs::create_dir(path(folder).join("folder")).unwrap();
        }
        std::os::unix::fs::symlink("../b/file", path("a/link")).unwrap();
        std::os::unix::fs::symlink("nowhere", path("a/lost")).unwrap();
        let mut stamps = Stamps::default();
        for name in ["a/file", "a/link", "b/file", "a/file"] {
            assert!(stamps.of(&path(name)).is_some(), "{name}");
            assert_eq!(stamps.of(&path(name)), Stamp::of(&path(name)), "{name}");
        }
        for name in ["a/folder", "a/lost", "a/missing", "c/missing", "a/file/below", ""] {
            assert_eq!(stamps.of(&path(name)), None, "{name}");
        }
        assert_eq!(stamps.of(Path::new("/")), None);
    }

    #[test]
    fn what_was_just_written_is_not_settled() {
        let stamp = |modified, changed| Stamp { size: 1, modified, changed, inode: 1, device: 1 };
        let now = 10 * COARSE;
        assert!(stamp(now - COARSE - 1, now - COARSE - 1).is_settled(now));
        assert!(!stamp(now - COARSE, now - 2 * COARSE).is_settled(now));
        assert!(!stamp(0, now - COARSE).is_settled(now), "an old time can be faked, the change cannot");
        assert!(!stamp(0, now + 2 * COARSE).is_settled(now), "the clock was set back");
        assert!(stamp(now + 2 * COARSE, 0).is_settled(now));
    }
}
