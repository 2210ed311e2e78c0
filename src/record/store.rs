//! The record as a file: `run.json` in the run's folder, always whole.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Record, SCHEMA, contradiction, ownership};
use crate::fault::{Fault, Result};
use crate::files::{self, write_whole};

/// The name of the record in the run's folder.
pub const FILE: &str = "run.json";

/// The largest record that is read, in bytes: it may come from somebody else's job.
pub const LARGEST: u64 = 256 << 20;

/// The folder of a run.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

/// The right to write the record; ends when it is dropped, and when the process dies.
#[derive(Debug)]
pub struct Turn {
    _lock: File,
}

impl RunFolder {
    /// The folder at `path`, which need not be there yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder, hidden from git, for a run of the project in the folder `project`.
    ///
    /// # Errors
    /// A folder that cannot be made or written, or in which a run would overwrite the files of another.
    pub fn prepare(&self, project: &Path) -> Result<()> {
        ownership::check(&self.path, project)?;
        fs::create_dir_all(&self.path).map_err(|error| Fault::file("make the folder", &self.path, error))?;
        let ignore = self.path.join(".gitignore");
        if ignore.exists() {
            return Ok(());
        }
        write_whole(&ignore, ownership::IGNORE)
    }

    /// The right to write the record, when nobody else has it.
    ///
    /// # Errors
    /// A lock file that cannot be opened.
    pub fn try_turn(&self) -> Result<Option<Turn>> {
        let lock = self.open_lock()?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Turn { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Fault::file("lock", &self.lock_path(), error)),
        }
    }

    /// Waits for the right to write the record.
    ///
    /// # Errors
    /// A lock file that cannot be opened or locked.
    pub fn wait_for_turn(&self) -> Result<Turn> {
        let lock = self.open_lock()?;
        lock.lock().map_err(|error| Fault::file("lock", &self.lock_path(), error))?;
        Ok(Turn { _lock: lock })
    }

    fn lock_path(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn open_lock(&self) -> Result<File> {
        let path = self.lock_path();
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        open.map_err(|error| Fault::file("open", &path, error))
    }

    /// The record of the latest run; none when there is none.
    ///
    /// # Errors
    /// A record that cannot be read, or that another version wrote.
    pub fn load(&self) -> Result<Option<Record>> {
        let path = self.path.join(FILE);
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let mut text = String::new();
        // Refuses a pipe, which would be waited for without end.
        let mut file = files::open(&path)?;
        let read = file.by_ref().take(LARGEST + 1).read_to_string(&mut text);
        read.map_err(|error| Fault::file("read", &path, error))?;
        if text.len() as u64 > LARGEST {
            let cause = format!("it has more than {LARGEST} bytes, which no run writes");
            return Err(Fault::new(format!("read the record {}", path.display()), cause));
        }
        let record = parse(&text);
        record.map(Some).map_err(|error| error.about(&path).help("make a new one with `modelgate run`"))
    }

    /// The record of the latest run, which another command goes on with.
    ///
    /// # Errors
    /// As [`Self::load`], and a record that contradicts itself, which no run has written.
    pub fn load_sound(&self) -> Result<Option<Record>> {
        let Some(record) = self.load()? else { return Ok(None) };
        match contradiction(&record) {
            None => Ok(Some(record)),
            Some(why) => {
                let doing = format!("go on with the record {}", self.path.join(FILE).display());
                let fault = Fault::new(doing, format!("it contradicts itself: {why}"));
                Err(fault.help("no run has written it so; make a new one with `modelgate run`"))
            }
        }
    }

    /// Takes the record away, for when it says what is not so and another cannot be written.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn discard(&self) -> Result<()> {
        let path = self.path.join(FILE);
        fs::remove_file(&path).map_err(|error| Fault::file("remove", &path, error))
    }

    /// Writes the record, all of it or nothing.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn save(&self, record: &Record) -> Result<()> {
        write_whole(&self.path.join(FILE), to_json(record)?.as_bytes())
    }
}

/// Why a text is no record that we can read.
#[derive(Debug)]
pub struct Unreadable {
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Unreadable {
    /// The fault about the file at `path`.
    #[must_use]
    pub fn about(self, path: &Path) -> Fault {
        self.fault(format!("read the record {}", path.display()))
    }

    /// The fault of who was `doing` this.
    #[must_use]
    pub fn fault(self, doing: String) -> Fault {
        Fault::new(doing, self.cause)
    }
}

/// Reads the text of a `run.json`.
///
/// # Errors
/// Another schema, or a text that is not of this one.
pub fn parse(text: &str) -> std::result::Result<Record, Unreadable> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let unreadable = |cause| Unreadable { cause };
    let head: Head = serde_json::from_str(text).map_err(|error| unreadable(error.into()))?;
    if head.schema != SCHEMA {
        let found = head.schema.escape_debug().take(80).collect::<String>();
        let message = format!("its schema is «{found}», and this version of modelgate reads {SCHEMA}");
        return Err(unreadable(message.into()));
    }
    serde_json::from_str(text).map_err(|error| unreadable(error.into()))
}

/// The text of a record, as `run.json` and `--format json` hold it: indented, with a newline at the end.
///
/// # Errors
/// Only if a number in it is not finite, which no step records.
pub fn to_json(record: &Record) -> Result<String> {
    let mut text = serde_json::to_string_pretty(record)
        .map_err(|error| Fault::new("write the record as JSON", error))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::context::Context;
    use crate::name::ModelName;

    fn record() -> Record {
        let model = ModelName::new("churn").unwrap();
        Record::new("run-1".into(), model, "2026-01-01T00:00:00Z".into(), Context::default())
    }

    #[test]
    fn a_record_reads_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path().join("deep/er"));
        run.prepare(folder.path()).unwrap();
        assert!(run.load().unwrap().is_none());
        run.save(&record()).unwrap();
        assert_eq!(run.load().unwrap(), Some(record()));
        assert_eq!(fs::read_to_string(run.path().join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_later_schema_is_refused_by_name() {
        let text = to_json(&record()).unwrap().replace("run/v1", "run/v2");
        let fault = parse(&text).unwrap_err().about(Path::new("run.json"));
        assert!(fault.to_string().contains("its schema is «modelgate/run/v2»"), "{fault}");
    }

    #[test]
    fn half_a_record_is_a_fault_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), &to_json(&record()).unwrap()[..60]).unwrap();
        let fault = RunFolder::new(folder.path().to_owned()).load().unwrap_err();
        assert_eq!(fault.remedy(), Some("make a new one with `modelgate run`"));
    }

    #[test]
    fn only_one_at_a_time_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path().to_owned());
        let turn = run.try_turn().unwrap();
        assert!(turn.is_some());
        assert!(run.try_turn().unwrap().is_none());
        drop(turn);
        assert!(run.try_turn().unwrap().is_some());
    }
}
