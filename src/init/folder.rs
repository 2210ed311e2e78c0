//! The project's folder on the disk: looked through once, with limits, and written to once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::script::MODELS;
use crate::fault::{Fault, Result};
use crate::files::{unfinished, write_whole};

/// How deep a script or a data set may lie; deeper ones are found where a script names them.
const DEEPEST: usize = 4;

/// How many entries are looked at below each folder of the project, so that a million images hide nothing
/// that lies beside them.
const MOST_ENTRIES: usize = 20_000;

/// How many files of one kind are kept of a folder.
const MOST_OF_A_KIND: usize = 200;

/// How many models that are there are taken for what the training makes.
const MOST_MODELS: usize = 4;

/// How much is read of a file.
const MOST_BYTES: u64 = 256 * 1024;

/// The endings of files that say something about a project.
const KINDS: [&str; 14] = [
    "py", "ipynb", "json", "yaml", "yml", "toml", "csv", "tsv", "parquet", "feather", "npz", "txt", "cfg",
    "sh",
];

/// Folders whose content is not the project's own.
const FOREIGN: [&str; 10] = [
    "node_modules",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "mlruns",
    "wandb",
    "build",
    "dist",
    "target",
];

/// A look at the folder.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// The files that say something, relative with forward slashes, those nearest to the root first.
    pub files: Vec<String>,
    /// Folders of which only a part was looked at.
    pub too_large: Vec<String>,
}

impl Folder {
    /// Looks through `root` as git sees it: what is ignored is left out.
    ///
    /// # Errors
    /// A root that cannot be read.
    pub fn open(root: &Path) -> Result<Self> {
        let entries = fs::read_dir(root).map_err(|error| Fault::file("read", root, error))?;
        drop(entries);
        let mut folder = Self { root: root.to_owned(), files: Vec::new(), too_large: Vec::new() };
        let top: Vec<DirEntry> = walker(root, 1).flatten().filter(|entry| entry.depth() == 1).collect();
        folder.keep(root, top.iter());
        let mut below: Vec<&DirEntry> = top.iter().filter(|entry| is_folder(entry)).collect();
        below.sort_by_key(|entry| entry.file_name());
        for entry in below.iter().take(MOST_OF_A_KIND) {
            let seen: Vec<DirEntry> =
                walker(entry.path(), DEEPEST - 1).flatten().take(MOST_ENTRIES).collect();
            if seen.len() == MOST_ENTRIES {
                folder.too_large.push(entry.file_name().to_string_lossy().into_owned());
            }
            folder.keep(root, seen.iter());
        }
        folder.files.sort_by(|a, b| (a.matches('/').count(), a).cmp(&(b.matches('/').count(), b)));
        Ok(folder)
    }

    fn keep<'a>(&mut self, root: &Path, entries: impl Iterator<Item = &'a DirEntry>) {
        let mut of_a_kind: BTreeMap<(PathBuf, String), usize> = BTreeMap::new();
        for entry in entries.filter(|entry| !is_folder(entry)) {
            let Some(path) = relative(root, entry.path()) else { continue };
            let name = path.rsplit('/').next().unwrap_or_default();
            let kind = match name.rsplit_once('.') {
                Some((_, end)) if KINDS.contains(&end) => end.to_owned(),
                None if ["Makefile", "Dockerfile"].contains(&name) => name.to_owned(),
                _ if name.ends_with(".lock") => "lock".to_owned(),
                _ => continue,
            };
            let folder = entry.path().parent().unwrap_or(root).to_owned();
            let count = of_a_kind.entry((folder, kind)).or_default();
            *count += 1;
            if *count <= MOST_OF_A_KIND {
                self.files.push(path);
            }
        }
    }

    /// Whether the project has this file, git-ignored or not.
    pub fn has_file(&self, path: &str) -> bool {
        !path.is_empty() && self.root.join(path).is_file()
    }

    /// Whether the project has this folder, git-ignored or not.
    pub fn has_folder(&self, path: &str) -> bool {
        !path.is_empty() && self.root.join(path).is_dir()
    }

    /// The beginning of a file as text; none where there is no such file.
    pub fn text(&self, path: &str) -> Option<String> {
        let path = self.root.join(path);
        // A pipe would keep us waiting.
        if !path.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Some(text.trim_start_matches('\u{feff}').to_owned())
    }

    /// The models that are there, git-ignored or not, in the first folder that has any.
    pub fn models(&self) -> Vec<String> {
        let usual = ["", "models", "model", "artifacts", "outputs"];
        usual
            .iter()
            .map(|folder| self.models_in(folder))
            .find(|models| !models.is_empty())
            .unwrap_or_default()
    }

    fn models_in(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().take(MOST_ENTRIES).flatten();
        let paths = entries.map(|entry| entry.path()).filter(|path| path.is_file());
        let is_model = |path: &String| path.rsplit_once('.').is_some_and(|(_, end)| MODELS.contains(&end));
        let mut models: Vec<String> =
            paths.filter_map(|path| relative(&self.root, &path)).filter(is_model).collect();
        models.sort();
        models.truncate(MOST_MODELS);
        models
    }

    /// The folder's own name.
    pub fn name(&self) -> String {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether a git repository is around the project.
    pub fn is_in_repository(&self) -> bool {
        self.root.ancestors().any(|folder| folder.join(".git").exists())
    }
}

fn walker(folder: &Path, depth: usize) -> ignore::Walk {
    WalkBuilder::new(folder)
        .max_depth(Some(depth))
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0
                || !(is_folder(entry) && (FOREIGN.contains(&&*name) || name.ends_with(".egg-info")))
        })
        .build()
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// A path of the project; none for one that is not UTF-8 and so cannot be written into the file.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?.to_str()?;
    Some(if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() })
}

/// Writes the file whole. One that is there is replaced only when `replace` says so.
///
/// # Errors
/// A file that is there already; a folder that cannot be written.
pub fn save(path: &Path, text: &str, replace: bool) -> Result<()> {
    if replace {
        return write_whole(path, text.as_bytes());
    }
    let write = || {
        let mut file = unfinished(path.parent().unwrap_or(Path::new(".")), false)?;
        file.write_all(text.as_bytes())?;
        file.persist_noclobber(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Fault::new(format!("write {}", path.display()), "it is there already")
            .help(
                "`modelgate init --stdout` shows what would be written, `modelgate init --force` replaces it",
            ),
        _ => Fault::file("write", path, error),
    })
}
