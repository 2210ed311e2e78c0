//! Whether a folder may be a run's: a run replaces what has the names of its reports, and asks nobody.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use super::store::FILE;
use crate::fault::{Fault, Result};
use crate::files::{UNFINISHED, open};

/// What hides a run's folder from git.
pub(super) const IGNORE: &[u8] = b"*\n";

/// The name that no other program gives a folder.
const NAME: &str = ".modelgate";

/// Refuses the folders in which a run would overwrite the files of another.
///
/// A run's folder is one that holds our `run.json`, or the empty `lock` that every run makes. Any other must be
/// empty or not there, unless it has our name. The project's folder, those above it and git's are never a run's,
/// whatever they hold.
pub(super) fn check(folder: &Path, project: &Path) -> Result<()> {
    let refuse = |cause: &str| {
        Err(Fault::new(format!("use {} as the folder of the run", folder.display()), cause)
            .help("name an empty folder with --run, or one that holds a run already"))
    };
    let (folder, project) = (real(folder), real(project));
    if project.starts_with(&folder) {
        return refuse("the project itself is in it");
    }
    let git = folder.ancestors().find(|above| above.file_name() == Some(OsStr::new(".git")));
    if git.is_some_and(|git| !project.starts_with(git)) {
        return refuse("it belongs to git");
    }
    if folder.join("CACHEDIR.TAG").is_file() {
        return refuse("it is a cache");
    }
    let lock = fs::metadata(folder.join("lock")).ok();
    // A pipe would be waited for without end.
    if lock.as_ref().is_some_and(|lock| !lock.is_file()) {
        return refuse("the lock in it is no regular file");
    }
    let is_ours = folder.file_name() == Some(OsStr::new(NAME))
        || lock.is_some_and(|lock| lock.len() == 0)
        || begins_as(&folder.join(FILE), 1024, |text| find(text, b"\"modelgate/run/"));
    if is_ours || is_free(&folder)? { Ok(()) } else { refuse("it is not empty, and no run made it") }
}

/// Whether nothing is in it but what a run that had only begun leaves there, and caches.
fn is_free(folder: &Path) -> Result<bool> {
    let fault = |error| Fault::file("read the folder", folder, error);
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(true);
        }
        entries => entries.map_err(fault)?,
    };
    for entry in entries {
        let entry = entry.map_err(fault)?;
        let (name, path) = (entry.file_name(), entry.path());
        let is_ignore = || name == ".gitignore" && begins_as(&path, 8, |text| text == IGNORE);
        let is_free = name.to_string_lossy().starts_with(UNFINISHED)
            || is_ignore()
            // CI restores the cache into a run's folder before there is a run.
            || path.join("CACHEDIR.TAG").is_file();
        if !is_free {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the first bytes of a regular file are like; of any other, false.
fn begins_as(path: &Path, bytes: u64, is_like: impl Fn(&[u8]) -> bool) -> bool {
    let mut text = Vec::new();
    let read = open(path).map(|file| file.take(bytes).read_to_end(&mut text));
    matches!(read, Ok(Ok(_))) && is_like(&text)
}

fn find(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The path without links, also where its end is not there yet.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, mut real)) = there else { return path.to_owned() };
    for part in path.strip_prefix(above).unwrap_or(Path::new("")).components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
    }
    real
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A folder with a project, and what a run in `--run` of it is told.
    fn told(files: &[(&str, &str)], run: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("above/project");
        fs::create_dir_all(project.join(".git")).unwrap();
        fs::write(project.join("modelgate.yml"), "").unwrap();
        for (name, text) in files {
            let path = project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        match check(&project.join(run), &project) {
            Ok(()) => "fine".into(),
            Err(fault) => fault.to_string().rsplit(": ").next().unwrap().to_owned(),
        }
    }

    #[test]
    fn the_project_what_is_above_it_and_git_are_never_a_run_s() {
        let marks = [("lock", ""), ("run.json", "{\"schema\": \"modelgate/run/v1\"}"), ("../lock", "")];
        for run in ["", ".", "..", "../..", "../project", "new/..", "../new/../project/./", "/"] {
            assert_eq!(told(&marks, run), "the project itself is in it", "{run}");
        }
        for run in [".git", ".git/new", "new/../.git/hooks"] {
            assert_eq!(told(&[(".git/lock", "")], run), "it belongs to git", "{run}");
        }
    }

    #[test]
    fn what_is_not_empty_must_have_been_made_by_a_run() {
        let refused = "it is not empty, and no run made it";
        for (name, text) in [
            ("out/metrics.txt", "mine"),
            ("out/logs/mine", ""),
            ("out/lock", "mine"),
            ("out/run.json", "{\"mine\": 1}"),
            ("out/.gitignore", "*\n!keep\n"),
        ] {
            assert_eq!(told(&[(name, text)], "out"), refused, "{name}");
            assert_eq!(told(&[(name, text)], "new/../out"), refused, "{name}");
        }
        assert_eq!(told(&[("out/lock", ""), ("out/CACHEDIR.TAG", "")], "out"), "it is a cache");
        assert_eq!(told(&[("out/lock/file", "")], "out"), "the lock in it is no regular file");
    }

    #[test]
    fn a_run_s_folder_and_an_empty_one_are_fine() {
        assert_eq!(told(&[], "out"), "fine");
        assert_eq!(told(&[], "../deep/er"), "fine");
        for files in [
            &[("out/run.json", "{\n  \"schema\": \"modelgate/run/v9\", half"), ("out/a", "")][..],
            &[("out/lock", ""), ("out/a", "")],
            &[("out/.gitignore", "*\n"), ("out/.modelgate-x1", "half")],
            &[("out/cache/CACHEDIR.TAG", ""), ("out/cache/index", "")],
        ] {
            assert_eq!(told(files, "out"), "fine", "{files:?}");
        }
        assert_eq!(told(&[(".modelgate/notes", "")], ".modelgate"), "fine", "the name is ours");
    }
}
