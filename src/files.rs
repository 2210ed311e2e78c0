//! The files of the project: from paths and globs to sorted lists, and their digests.

mod pattern;
pub mod portable;
mod stamp;
mod walk;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use tempfile::NamedTempFile;

use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;
use crate::name::Digest;

use pattern::Pattern;
pub use pattern::below;
pub use stamp::{Stamp, Stamps};
use walk::Skip;

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectFile {
    /// Relative to the project with forward slashes; absolute for a file outside.
    pub path: String,
    /// Where it is on this machine.
    pub on_disk: PathBuf,
}

impl ProjectFile {
    /// Its bytes; 0 where that cannot be told.
    #[must_use]
    pub fn size(&self) -> u64 {
        std::fs::metadata(&self.on_disk).map_or(0, |metadata| metadata.len())
    }
}

/// What patterns came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expanded {
    /// The files, sorted by path, each once.
    pub files: Vec<ProjectFile>,
    /// The links to nothing that were matched, in the same order.
    pub dangling: Vec<ProjectFile>,
    /// The patterns that nothing matched, as written.
    pub unmatched: Vec<String>,
}

/// What a file held when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
}

/// How the name of a file begins that modelgate has not finished writing. When it is killed, one may stay.
pub const UNFINISHED: &str = ".modelgate-";

/// A new file in `folder`, deleted again unless it is persisted. Its mode is what the umask leaves of
/// `rw-rw-rw-`, or of `rwxrwxrwx`.
///
/// # Errors
/// A folder that cannot be written.
pub fn unfinished(folder: &Path, executable: bool) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if executable { 0o777 } else { 0o666 };
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = executable;
    builder.tempfile_in(folder).map_err(|error| match error.kind() {
        // Without the random name, which only distracts from the path that the caller names.
        kind @ (ErrorKind::StorageFull
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory) => kind.into(),
        ErrorKind::NotFound => {
            std::io::Error::new(ErrorKind::NotFound, format!("there is no folder {}", folder.display()))
        }
        _ => error,
    })
}

/// Writes a file, all of it or nothing: into a neighbour first, which then takes its place.
///
/// # Errors
/// A folder that cannot be written; the old content is then still there.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = unfinished(path.parent().unwrap_or(Path::new(".")), false)?;
        file.as_file_mut().write_all(content)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Fault::file("write", path, error))
}

/// Expands paths, folders (all files below) and globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`) against `root`,
/// which is absolute.
///
/// A path that exists as it is written is that path, whatever marks are in it. A glob matches files only,
/// dotfiles among them; `*` and `?` stop at a slash. Links to files and folders are followed, a link to
/// nothing is no file, and a link back to a folder on the way is not walked again. `.git`, `.modelgate` and
/// `__pycache__` are never entered by a folder or a glob, and an [`UNFINISHED`] file is none. For others, see
/// [`expand_beside`].
///
/// # Errors
/// A folder that cannot be read, a pattern that is no glob, a matching name that is not UTF-8.
pub fn expand(root: &Path, patterns: &[String]) -> Result<Expanded> {
    expand_skipping(root, &Skip::default(), patterns)
}

/// [`expand`], which does not enter these folders either: the run's and the cache's, whatever their names.
///
/// # Errors
/// As [`expand`].
pub fn expand_beside(root: &Path, folders: &[&Path], patterns: &[String]) -> Result<Expanded> {
    expand_skipping(root, &Skip::folders(folders), patterns)
}

fn expand_skipping(root: &Path, skip: &Skip, patterns: &[String]) -> Result<Expanded> {
    let found: Vec<Expanded> =
        patterns.par_iter().map(|text| Pattern::new(root, text)?.expand(skip)).collect::<Result<_>>()?;
    let mut all = Expanded::default();
    for Expanded { files, dangling, unmatched } in found {
        all.files.extend(files);
        all.dangling.extend(dangling);
        all.unmatched.extend(unmatched);
    }
    for files in [&mut all.files, &mut all.dangling] {
        files.par_sort_unstable();
        files.dedup_by(|a, b| a.path == b.path);
    }
    Ok(all)
}

/// The file of the project whose path is most like `wanted`, for «did you mean»; none when none is like it.
/// `folders` are not looked into.
#[must_use]
pub fn nearest(root: &Path, folders: &[&Path], wanted: &str) -> Option<String> {
    const ALIKE: f64 = 0.7;
    // Comparing takes time with the product of the lengths, and no path of a project is as long as that.
    const LONGEST: usize = 1000;
    if wanted.len() > LONGEST {
        return None;
    }
    let everywhere = expand_beside(root, folders, &[".".to_owned()]).ok()?.files;
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted_name = name(wanted);
    everywhere
        .into_iter()
        .map(|file| {
            let path = strsim::normalized_damerau_levenshtein(wanted, &file.path);
            // The right name in another folder is as good as a slip of the pen.
            let likeness = if name(&file.path) == wanted_name { path.max(0.9) } else { path };
            (likeness, file.path)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        .map(|(_, path)| path)
}

/// The SHA-256 of a file's content, streamed.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn digest(path: &Path, interrupt: &Interrupt) -> Result<Digest> {
    content(path, interrupt).map(|content| content.digest)
}

/// The digest and the size of a file's content, streamed.
///
/// # Errors
/// As [`digest`].
pub fn content(path: &Path, interrupt: &Interrupt) -> Result<Content> {
    let mut file = open(path)?;
    pour((&mut file, path), (&mut std::io::sink(), path), interrupt)
}

/// Where a path leads in the end, every link followed.
///
/// # Errors
/// A path that leads nowhere.
pub fn canonical(path: &Path) -> Result<std::path::PathBuf> {
    path.canonicalize().map_err(|error| Fault::file("read", path, error))
}

/// Opens a regular file to read it.
///
/// # Errors
/// A file that cannot be opened, and anything that is not a regular file: a pipe would block for ever.
pub fn open(path: &Path) -> Result<File> {
    let fault = |cause| Fault::file("read", path, cause);
    let kind = std::fs::metadata(path).map_err(fault)?.file_type();
    if kind.is_file() {
        return File::open(path).map_err(fault);
    }
    let cause = if kind.is_dir() { ErrorKind::IsADirectory.into() } else { not_regular() };
    Err(fault(cause))
}

/// The content of a regular file.
///
/// # Errors
/// As [`open`], and a file that cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path)?.read_to_end(&mut content).map_err(|error| Fault::file("read", path, error))?;
    Ok(content)
}

fn not_regular() -> std::io::Error {
    std::io::Error::other("it is a pipe, a socket or a device and not a regular file")
}

/// Copies all of `from` into `to` and digests what was copied. The paths are for the faults.
///
/// # Errors
/// Either end fails, or an interrupt, which is looked at between blocks.
pub fn pour(
    (from, from_path): (&mut File, &Path),
    (to, to_path): (&mut impl Write, &Path),
    interrupt: &Interrupt,
) -> Result<Content> {
    // Measured: from 64 KiB to 1 MiB the size makes no difference.
    const BLOCK: u64 = 256 * 1024;
    let expected = from.metadata().map_or(BLOCK, |metadata| metadata.len());
    // One byte more than the file holds, so that a small file needs one small block and sees its end.
    let size = usize::try_from(expected.saturating_add(1).clamp(4096, BLOCK)).unwrap_or(4096);
    let mut block = vec![0; size];
    let mut hash = Sha256::new();
    let mut bytes = 0;
    loop {
        if interrupt.raised().is_some() {
            return Err(Fault::new(format!("read {}", from_path.display()), "the run was interrupted"));
        }
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(Content { digest: Digest::from_bytes(hash.finalize().into()), bytes }),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::file("read", from_path, error)),
        };
        hash.update(&block[..read]);
        to.write_all(&block[..read]).map_err(|error| Fault::file("write", to_path, error))?;
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests;
