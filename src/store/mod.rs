//! store: files out of object stores and from the web, onto this machine.
//!
//! What is far away is downloaded once, before anybody reads it, and only what has come as a whole and of one content is
//! handed on: whoever reads a set afterwards, be it for its digest, its schema or its drift, sees the same bytes.

mod address;
mod cloud;
mod connect;
mod credentials;
mod download;
mod fetch;
mod source;
mod trouble;
mod try_again;
mod web;

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

pub use address::{Address, Kind, NoAddress, Objects, is_address, shown, without_secrets};

use crate::context::Variables;
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// How the folder begins in which downloads lie.
const FOLDER: &str = "fetched-";

/// What is needed to fetch something.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// Where credentials, endpoints and proxies are named.
    pub variables: &'a Variables,
    /// The folder in which a folder for downloads is made.
    pub folder: &'a Path,
    /// What stops it.
    pub interrupt: &'a Interrupt,
}

/// An address that somebody wants read, as one of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked<'a> {
    /// The name of the set.
    pub set: &'a str,
    /// The address as it is written.
    pub address: &'a str,
}

/// What was fetched. The files are there as long as this is.
#[derive(Debug, Default)]
pub struct Fetched {
    files: BTreeMap<(String, String), std::result::Result<Vec<ProjectFile>, Finding>>,
    /// Deletes them in the end.
    _folder: Option<TempDir>,
    /// What should be known of the way that they came.
    pub notes: Vec<Finding>,
}

impl Fetched {
    /// The files of an address of a set, or what is wrong with it; none of an address that nobody asked for. Their paths
    /// are addresses, of which only what may be shown is there.
    #[must_use]
    pub fn files(&self, set: &str, address: &str) -> Option<std::result::Result<&[ProjectFile], &Finding>> {
        let asked = (set.to_owned(), address.to_owned());
        self.files.get(&asked).map(|files| files.as_ref().map(Vec::as_slice))
    }
}

/// Whether what a folder or a glob takes in is data: Hadoop, Spark, Arrow and notebooks put marks, checksums and drafts
/// beside it, in files and folders whose names begin with `_` or `.`. The names that `pattern` itself begins with are meant.
#[must_use]
pub fn is_data(pattern: &str, path: &str) -> bool {
    let named = pattern.split('/').zip(path.split('/')).take_while(|(named, name)| named == name).count();
    path.split('/').skip(named).all(|name| !name.starts_with(['_', '.']))
}

/// Fetches what is asked for. What is wrong with an address is a finding in its place.
///
/// # Errors
/// The world fails here: a folder that cannot be written, a full disk, an interrupt.
pub async fn fetch(asked: &[Asked<'_>], way: Way<'_>) -> Result<Fetched> {
    sweep(way.folder);
    if asked.is_empty() {
        return Ok(Fetched::default());
    }
    let mut interrupt = way.interrupt.clone();
    tokio::select! {
        // What is on its way ends with the future that is dropped.
        _ = interrupt.wait(1) => Err(Fault::new("fetch the data", "the run was interrupted")),
        fetched = fetch::all(asked, way) => fetched,
    }
}

/// What a run has left that was killed. Whoever has the run's folder has it alone.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(FOLDER) {
            // Where it cannot be deleted it does no harm but take room.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_data;

    #[test]
    fn what_is_hidden_below_a_folder_is_no_data_and_what_is_named_is() {
        assert!(is_data("data", "data/day=1/a.csv"));
        assert!(is_data("_data/", "_data/a.csv"));
        assert!(is_data("data/_a.csv", "data/_a.csv"));
        assert!(is_data("data/*", "data/key=_x/a.csv"));
        for path in
            ["data/_temporary/0/a.csv", "data/.ipynb_checkpoints/a.csv", "data/_SUCCESS", "data/.a.csv.crc"]
        {
            assert!(!is_data("data", path) && !is_data("data/**", path), "{path}");
        }
    }
}
