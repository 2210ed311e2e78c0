//! The candidate's files out of the way, for as long as another model is in their place; and back, however that ends.
//!
//! The commands of evaluate know where the model lies, so the baseline's must lie in the same place. A scratch copy of
//! the project would leave the candidate's files alone, but it would have to hold everything that the commands may read,
//! data of gigabytes and whatever lies beside the project among it, at another path than they know; and links in the
//! place of copies would let them write into the originals. So the files are renamed into the folder of the run, which
//! costs nothing and loses nothing: what was moved is written down before, and is put back at the end, when we are
//! dropped, or, after a kill or a power failure, by the next run before it does anything else. Commands in containers do
//! not even see them there.
//!
//! The folder of the run can come with a commit of others, and commands can swap a folder for a link. So nothing is
//! moved, written or removed through a link, nor in git's own folder, and what is removed is what modelgate.yml says that
//! the steps make, not what a journal says.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};
use crate::files::{self, ProjectFile};

/// The folder in the run's folder.
const FOLDER: &str = "aside";
/// What was moved: written whole before the first file is.
const JOURNAL: &str = "journal.json";

/// The project and the folders that are none of it.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) root: PathBuf,
    pub(super) run_dir: PathBuf,
    pub(super) cache: PathBuf,
    /// What the steps make, which another model's takes the place of.
    pub(super) patterns: Vec<String>,
}

/// What was moved.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// Paths in the project. The place in the list is the name in our folder.
    moved: Vec<String>,
}

/// Files that lie aside.
#[derive(Debug)]
pub(super) struct Aside {
    ground: Ground,
    is_back: bool,
}

impl Aside {
    /// Moves what the steps make aside. What is in `inputs` too is read by the commands, so a copy of it stays.
    ///
    /// # Errors
    /// A file that cannot be moved; all are back in their places then.
    pub(super) fn begin(ground: Ground, inputs: &[String]) -> Result<Self> {
        // A journal that is there must not be written over.
        put_back(&ground)?;
        let folder = ground.run_dir.join(FOLDER);
        let there = ground.expand(&ground.patterns)?;
        let inputs = ground.expand(inputs)?;
        fs::create_dir_all(&folder).map_err(|error| Fault::file("make the folder", &folder, error))?;
        let moved = there.iter().map(|file| file.path.clone()).collect();
        write_down(&folder, &Journal { moved })?;
        // From here on our end puts them back.
        let aside = Self { ground, is_back: false };
        for (place, file) in there.iter().enumerate() {
            let to = folder.join(place.to_string());
            aside.ground.reach(&file.path)?;
            if inputs.contains(file) { copy(&file.on_disk, &to)? } else { carry(&file.on_disk, &to)? }
        }
        Ok(aside)
    }

    /// Puts all of them back, and takes away what came into their place.
    ///
    /// # Errors
    /// A file that cannot be put back; the next run tries again.
    pub(super) fn put_back(mut self) -> Result<()> {
        self.is_back = true;
        put_back(&self.ground).map(drop)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.is_back {
            // Best effort: what stays aside is written down, and the next run tries again and says why it cannot.
            let _ = put_back(&self.ground);
        }
    }
}

impl Ground {
    /// The files of the project. One outside of it, which only a pattern can name, is never touched.
    fn expand(&self, patterns: &[String]) -> Result<Vec<ProjectFile>> {
        let files = files::expand_beside(&self.root, &[&self.run_dir, &self.cache], patterns)?.files;
        Ok(files.into_iter().filter(|file| Path::new(&file.path).is_relative()).collect())
    }

    /// The place of a file of the project that may be written or removed, with its folder, which is made.
    ///
    /// # Errors
    /// A path that leads elsewhere: out of the project, through a link, or into git's own folder.
    pub(super) fn reach(&self, path: &str) -> Result<PathBuf> {
        let refuse = |why: &str| {
            Err(Fault::new(format!("reach {} in the project", path.escape_debug()), why.to_owned())
                .help("put a folder of the project into its place"))
        };
        let mut parts = Path::new(path).components().peekable();
        let mut place = self.root.clone();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return refuse("it leads out of the project") };
            if name.eq_ignore_ascii_case(".git") {
                return refuse("it is in git's own folder");
            }
            place.push(name);
            if parts.peek().is_none() {
                return Ok(place);
            }
            match fs::symlink_metadata(&place) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return refuse("a part of it is a link or a file, and no folder"),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::create_dir(&place).map_err(|error| Fault::file("make the folder", &place, error))?
                }
                Err(error) => return Err(Fault::file("read", &place, error)),
            }
        }
        refuse("it has no name")
    }
}

/// Puts back what a run that did not end left aside; whether there was something.
///
/// # Errors
/// A file that cannot be put back, or a journal that cannot be read.
pub(super) fn put_back(ground: &Ground) -> Result<bool> {
    let folder = ground.run_dir.join(FOLDER);
    let Some(journal) = read(&folder)? else {
        // Without a journal nothing has been moved yet, or all of it is back.
        return remove(&folder).map(|()| false);
    };
    for strange in ground.expand(&ground.patterns)? {
        // What was moved is replaced in one go below; and what is back already must not go away again.
        if !journal.moved.contains(&strange.path) {
            let place = ground.reach(&strange.path)?;
            fs::remove_file(&place).map_err(|error| Fault::file("remove", &place, error))?;
        }
    }
    for (place, path) in journal.moved.iter().enumerate() {
        let from = folder.join(place.to_string());
        if from.symlink_metadata().is_ok() {
            carry(&from, &ground.reach(path)?)?;
        }
    }
    remove(&folder)?;
    Ok(true)
}

fn read(folder: &Path) -> Result<Option<Journal>> {
    let path = folder.join(JOURNAL);
    let text = match fs::read(&path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        text => text.map_err(|error| Fault::file("read", &path, error))?,
    };
    let journal = serde_json::from_slice(&text).map_err(|error| {
        Fault::new(format!("read {}", path.display()), error).help(format!(
            "the outputs of a run that was killed are beside it: take from {} what is still wanted, and remove that folder",
            folder.display()
        ))
    })?;
    Ok(Some(journal))
}

/// The journal first: without it the rest is rubbish.
fn remove(folder: &Path) -> Result<()> {
    let gone = |result: std::io::Result<()>| match result {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(()),
        result => result.map_err(|error| Fault::file("remove", folder, error)),
    };
    gone(fs::remove_file(folder.join(JOURNAL)))?;
    gone(fs::remove_dir_all(folder))
}

/// On the disk before anything is moved: a power failure must not keep the moves and lose what they were.
fn write_down(folder: &Path, journal: &Journal) -> Result<()> {
    let path = folder.join(JOURNAL);
    let write = || -> std::io::Result<()> {
        let mut file = files::unfinished(folder, false)?;
        file.write_all(&serde_json::to_vec(journal)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Fault::file("write", &path, error))
}

/// Moves a file; onto another file system as a copy that is whole before the first one goes.
pub(super) fn carry(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            copy(from, to)?;
            fs::remove_file(from).map_err(|error| Fault::file("remove", from, error))
        }
        moved => moved.map_err(|error| Fault::file("move", from, error)),
    }
}

/// Copies a file, with its permissions, so that the copy is there whole or not at all.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        let copy = files::unfinished(to.parent().unwrap_or(Path::new(".")), false)?;
        fs::copy(from, copy.path())?;
        copy.persist(to).map_err(|error| error.error)?;
        Ok(())
    };
    copy().map_err(|error| Fault::file("copy", from, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        /// A project with a model, predictions, and data.
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for (path, text) in FILES {
                place.write(path, text);
            }
            place
        }

        fn ground(&self) -> Ground {
            let root = self.0.path().to_owned();
            let run_dir = root.join(".modelgate");
            let patterns = ["models", "out/*.csv"].map(str::to_owned).to_vec();
            Ground { cache: run_dir.join("cache"), run_dir, root, patterns }
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn begin(&self, inputs: &[&str]) -> Aside {
            let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
            Aside::begin(self.ground(), &texts(inputs)).unwrap()
        }

        /// Every file of the project with its text.
        fn files(&self) -> Vec<(String, String)> {
            let files = self.ground().expand(&[".".to_owned()]).unwrap();
            files.into_iter().map(|file| (file.path, fs::read_to_string(file.on_disk).unwrap())).collect()
        }

        fn is_as_before(&self) -> bool {
            let before = FILES.map(|(path, text)| (path.to_owned(), text.to_owned()));
            self.files() == before && !self.ground().run_dir.join(FOLDER).exists()
        }
    }

    const FILES: [(&str, &str); 4] =
        [("data.csv", "data"), ("models/a.bin", "a"), ("models/deep/b.bin", "b"), ("out/p.csv", "p")];

    #[test]
    fn what_lies_aside_comes_back_and_what_took_its_place_goes() {
        let place = Place::new();
        let aside = place.begin(&["data.csv"]);
        assert_eq!(place.files(), [("data.csv".to_owned(), "data".to_owned())]);
        place.write("models/a.bin", "another");
        place.write("models/new.bin", "another");
        place.write("out/p.csv", "another");
        place.write("out/q.csv", "another");
        fs::remove_dir_all(place.0.path().join("models/deep")).unwrap();
        aside.put_back().unwrap();
        assert!(place.is_as_before(), "{:?}", place.files());
        assert!(!put_back(&place.ground()).unwrap(), "there is nothing to do any more");
    }

    #[test]
    fn a_panic_puts_it_back() {
        let place = Place::new();
        let aside = place.begin(&[]);
        place.write("models/a.bin", "another");
        drop(aside);
        assert!(place.is_as_before());
    }

    #[test]
    fn whenever_a_kill_comes_the_next_run_puts_it_back() {
        // After each number of moves, and after each number of moves back.
        for moved in 0..=3_usize {
            for back in 0..=moved {
                let place = Place::new();
                let folder = place.ground().run_dir.join(FOLDER);
                fs::create_dir_all(&folder).unwrap();
                let files = ["models/a.bin", "models/deep/b.bin", "out/p.csv"];
                let journal = Journal { moved: files.map(str::to_owned).to_vec() };
                write_down(&folder, &journal).unwrap();
                for (number, path) in files.iter().enumerate().take(moved) {
                    carry(&place.0.path().join(path), &folder.join(number.to_string())).unwrap();
                }
                if moved == 3 && back == 0 {
                    place.write("models/a.bin", "another");
                    place.write("out/q.csv", "another");
                }
                for (number, path) in files.iter().enumerate().take(back) {
                    carry(&folder.join(number.to_string()), &place.0.path().join(path)).unwrap();
                }
                assert!(put_back(&place.ground()).unwrap());
                assert!(place.is_as_before(), "{moved} {back}: {:?}", place.files());
            }
        }
    }

    #[test]
    fn before_the_journal_nothing_has_been_moved() {
        let place = Place::new();
        fs::create_dir_all(place.ground().run_dir.join(FOLDER)).unwrap();
        assert!(!put_back(&place.ground()).unwrap());
        assert!(place.is_as_before());
    }

    #[test]
    fn an_output_that_is_read_too_stays_as_a_copy() {
        let place = Place::new();
        let aside = place.begin(&["out/p.csv"]);
        place.write("out/p.csv", "updated");
        aside.put_back().unwrap();
        assert!(place.is_as_before());
    }

    #[test]
    fn a_journal_of_others_leads_nowhere() {
        let strange =
            ["../elsewhere", "/etc/passwd", ".git/config", "models/../../elsewhere", "link/a", ".GIT/a", ""];
        for strange in strange {
            let place = Place::new();
            std::os::unix::fs::symlink("..", place.0.path().join("link")).unwrap();
            let folder = place.ground().run_dir.join(FOLDER);
            fs::create_dir_all(&folder).unwrap();
            write_down(&folder, &Journal { moved: vec![strange.into()] }).unwrap();
            fs::write(folder.join("0"), "another").unwrap();
            assert!(put_back(&place.ground()).is_err(), "{strange}");
            assert!(folder.join("0").exists(), "{strange}");
        }
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_followed() {
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("a.bin"), "theirs").unwrap();
        fs::write(elsewhere.path().join("other.bin"), "theirs").unwrap();
        let place = Place::new();
        let aside = place.begin(&[]);
        fs::remove_dir_all(place.0.path().join("models")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.0.path().join("models")).unwrap();
        assert!(aside.put_back().is_err());
        for file in ["a.bin", "other.bin"] {
            assert_eq!(fs::read_to_string(elsewhere.path().join(file)).unwrap(), "theirs");
        }
        fs::remove_file(place.0.path().join("models")).unwrap();
        assert!(put_back(&place.ground()).unwrap(), "nothing was lost");
        assert!(place.is_as_before());
    }

    #[test]
    fn a_journal_that_nobody_can_read_takes_nothing_away() {
        let place = Place::new();
        let aside = place.begin(&[]);
        let folder = place.ground().run_dir.join(FOLDER);
        fs::write(folder.join(JOURNAL), "{").unwrap();
        let fault = aside.put_back().unwrap_err();
        assert!(fault.remedy().unwrap().contains("remove that folder"), "{fault}");
        assert_eq!(fs::read_to_string(folder.join("0")).unwrap(), "a");
    }
}
