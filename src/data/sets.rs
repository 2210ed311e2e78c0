//! The files of a set of data.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use crate::config::Set;
use crate::document::shown;
use crate::fault::Result;
use crate::files::{self, ProjectFile};
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::name::Digest;
use crate::number::thousands;
use crate::store::{self, Asked, Fetched};
use crate::table::Table;

/// Where data is looked for.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The folder that paths are relative to.
    pub root: &'a Path,
    /// Folders that are never looked into.
    pub folders: &'a [&'a Path],
    /// What has been fetched of sets that are elsewhere.
    pub fetched: &'a Fetched,
    /// What stops it.
    pub interrupt: &'a Interrupt,
}

/// A set whose files are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its name.
    pub name: String,
    /// Its files, sorted by path. Not empty.
    pub files: Vec<ProjectFile>,
    /// What was known of each before it was read.
    before: Vec<Stamp>,
}

/// The size of a file and when it was written; none where that cannot be said.
type Stamp = Option<(u64, SystemTime)>;

fn stamp(file: &ProjectFile) -> Stamp {
    let metadata = file.on_disk.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

impl Located {
    /// A set of these files, before they are read.
    #[must_use]
    pub fn new(name: &str, files: Vec<ProjectFile>) -> Self {
        Self { name: name.to_owned(), before: files.iter().map(stamp).collect(), files }
    }

    /// The bytes of its files, as they were before.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.before.iter().flatten().map(|(size, _)| size).sum()
    }

    /// That a file was written since: what was read of it may be neither what it was nor what it is.
    #[must_use]
    pub fn changed(&self) -> Vec<Finding> {
        let changed = self.files.iter().zip(&self.before).filter(|(file, before)| stamp(file) != **before);
        let told = changed.map(|(file, _)| {
            Finding::error("data-changed", "the file was written while it was read")
                .at_path(&file.path)
                .help("run it again when nobody writes it")
        });
        told.collect()
    }

    /// What a row of it holds, given by its number over all files from 0, with the place.
    #[must_use]
    pub fn shown(&self, table: &Table, row: u64, text: &str) -> String {
        let text = shown(text);
        match self.row(table, row) {
            (row, Some(path)) => format!("«{text}» in row {} of {}", thousands(row), shown(path)),
            (row, None) => format!("«{text}» in row {}", thousands(row)),
        }
    }

    /// Which row of a file it is, from 1, of a row over all files, from 0; and which file, where there are several.
    #[must_use]
    pub fn row(&self, table: &Table, row: u64) -> (u64, Option<&str>) {
        let (file, row) = table.place(row);
        let file = self.files.get(file).filter(|_| self.files.len() > 1);
        (row, file.map(|file| file.path.as_str()))
    }

    /// The digests of its files, by path.
    ///
    /// # Errors
    /// A file that cannot be read, or an interrupt.
    pub fn digests(&self, interrupt: &Interrupt) -> Result<BTreeMap<String, Digest>> {
        let of = |file: &ProjectFile| Ok((file.path.clone(), files::digest(&file.on_disk, interrupt)?));
        self.files.iter().map(of).collect()
    }
}

/// What has to be fetched before sets can be located.
#[must_use]
pub fn asked(sets: &[Set]) -> Vec<Asked<'_>> {
    let each = sets.iter().flat_map(|set| set.files.iter().map(move |text| (set, text)));
    let far = each.filter(|(_, text)| store::is_address(text));
    far.map(|(set, text)| Asked { set: &set.name, address: text }).collect()
}

/// Finds the files of a set. The inner error is a pattern that no file matches, or what is wrong with an address.
///
/// # Errors
/// A folder that cannot be read.
pub fn locate(set: &Set, place: Place<'_>) -> Result<std::result::Result<Located, Finding>> {
    let (addresses, patterns): (Vec<_>, Vec<_>) =
        set.files.iter().cloned().partition(|text| store::is_address(text));
    let expanded = files::expand_beside(place.root, place.folders, &patterns)?;
    if let Some(pattern) = expanded.unmatched.first() {
        return Ok(Err(missing(set, pattern, place)));
    }
    if let Some(link) = expanded.dangling.iter().find(|file| is_data(set, file)) {
        return Ok(Err(dangling(set, link)));
    }
    let mut files: Vec<ProjectFile> = expanded.files.into_iter().filter(|file| is_data(set, file)).collect();
    for address in &addresses {
        match place.fetched.files(&set.name, address) {
            Some(Ok(fetched)) => files.extend_from_slice(fetched),
            Some(Err(finding)) => return Ok(Err(finding.clone())),
            None => return Ok(Err(unfetched(set))),
        }
    }
    files.sort_unstable();
    files.dedup_by(|one, other| one.path == other.path);
    if files.is_empty() {
        let message = format!("the set «{}» has no file", set.name);
        let help = "files that begin with `_` or `.` are not data: name one that is";
        return Ok(Err(Finding::error(MISSING, message).help(help)));
    }
    Ok(Ok(Located::new(&set.name, files)))
}

const MISSING: &str = "data-file-missing";

fn missing(set: &Set, pattern: &str, place: Place<'_>) -> Finding {
    if place.root.join(pattern).is_dir() {
        let message = format!("the folder «{}» of the set «{}» has no file", shown(pattern), set.name);
        return Finding::error(MISSING, message)
            .help("make it before the check, for example with `dvc pull`");
    }
    let message = format!("no file of the set «{}» matches «{}»", set.name, pattern.escape_debug());
    let near = files::nearest(place.root, place.folders, pattern);
    Finding::error(MISSING, message).help(match near {
        Some(near) => format!("did you mean «{near}»?"),
        None => "make it before the check, for example with `dvc pull`, or correct `data.sets`".into(),
    })
}

/// Without what the link leads to the set would be another one.
fn dangling(set: &Set, link: &ProjectFile) -> Finding {
    let message = format!("a file of the set «{}» is a link to nothing", set.name);
    let help = "bring what it leads to, for example with `dvc pull`, or remove the link";
    Finding::error(MISSING, message).at_path(&link.path).help(help)
}

/// Whoever locates sets has fetched them.
fn unfetched(set: &Set) -> Finding {
    Finding::error(MISSING, format!("a part of the set «{}» was not fetched", set.name))
}

/// Whether a pattern of the set means the file.
fn is_data(set: &Set, file: &ProjectFile) -> bool {
    let written = |pattern: &String| pattern.trim_start_matches("./").to_owned();
    set.files.iter().map(written).any(|pattern| store::is_data(&pattern, &file.path))
}
