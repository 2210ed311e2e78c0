//! A file that the runner reads when the step has ended, and that others may have written to before us.

use std::fs::File;
use std::io::{Error, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::fault::{self, Fault};

/// The file, open at its end.
pub(super) struct Inbox {
    path: PathBuf,
    file: File,
    bytes: u64,
    line_is_open: bool,
}

impl Inbox {
    /// Opens it, and makes it where it is not there yet.
    ///
    /// # Errors
    /// No file, or one that cannot be read and written.
    pub(super) fn open(path: &Path) -> fault::Result<Self> {
        let open = || -> Result<Self> {
            let mut file = File::options().read(true).append(true).create(true).open(path)?;
            let about = file.metadata()?;
            if !about.is_file() {
                return Err(Error::other("it is no file"));
            }
            let mut last = [b'\n'];
            if about.len() > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            Ok(Self { path: path.to_owned(), file, bytes: about.len(), line_is_open: last != [b'\n'] })
        };
        open().map_err(|error| failed(path, error))
    }

    /// How many bytes are in it.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether its last line lacks its end.
    pub(super) const fn line_is_open(&self) -> bool {
        self.line_is_open
    }

    /// Adds a text, or nothing: half of one could mean something else.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(super) fn append(mut self, text: &str) -> fault::Result<()> {
        let written = self.file.write_all(text.as_bytes());
        if written.is_err() {
            let _ = self.file.set_len(self.bytes);
        }
        written.map_err(|error| failed(&self.path, error))
    }
}

/// A fault whose remedy is not ours to give: the runner chose the file.
fn failed(path: &Path, error: Error) -> Fault {
    Fault::new(format!("append to {}", path.display()), error)
}
