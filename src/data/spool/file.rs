//! A file of values without a name.

use std::io::{Error, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::item::Item;
use crate::fault::{Fault, Result};

/// So many values are written at once.
const BLOCK: usize = 8192;

/// A file of values, made when the first are written. Clones share it.
#[derive(Debug, Clone)]
pub struct File(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// Its place is shared too, so whoever writes sets it first.
    file: Mutex<Option<Arc<std::fs::File>>>,
    length: AtomicU64,
}

impl File {
    /// A file in a folder. Nothing is made yet.
    pub fn new(folder: &Path) -> Self {
        Self(Arc::new(Shared {
            folder: folder.to_owned(),
            file: Mutex::new(None),
            length: AtomicU64::new(0),
        }))
    }

    /// Another file in the same folder. Two threads that each write values block by block need one each: the blocks of both
    /// would stand between each other.
    pub fn beside(&self) -> Self {
        Self::new(&self.0.folder)
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.0.length.load(Ordering::Relaxed)
    }

    /// Writes values at the end.
    pub fn append<T: Item>(&self, values: &[T]) -> Result<()> {
        let mut bytes = Vec::with_capacity(BLOCK.min(values.len()) * T::BYTES);
        for block in values.chunks(BLOCK) {
            bytes.clear();
            block.iter().for_each(|value| value.write(&mut bytes));
            self.write(&bytes).map_err(|cause| self.unwritten(cause))?;
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            std::fs::create_dir_all(&self.0.folder)?;
            *file = Some(Arc::new(tempfile::tempfile_in(&self.0.folder)?));
        }
        let mut file = file.as_deref().ok_or(ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(self.length()))?;
        file.write_all(bytes)?;
        self.0.length.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Reads `count` values of the file from a place on, in bytes.
    pub fn read<T: Item>(&self, start: u64, count: usize, into: &mut Vec<T>) -> Result<()> {
        let mut bytes = vec![0; count * T::BYTES];
        self.fill(start, &mut bytes).map_err(|cause| self.unread(cause))?;
        into.clear();
        into.extend(bytes.chunks_exact(T::BYTES).map(T::read));
        Ok(())
    }

    /// Two threads may read at the same time.
    #[cfg(unix)]
    fn fill(&self, start: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        std::os::unix::fs::FileExt::read_exact_at(&*file.ok_or(ErrorKind::NotFound)?, bytes, start)
    }

    #[cfg(not(unix))]
    fn fill(&self, start: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        let file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = file.as_deref().ok_or(ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(start))?;
        std::io::Read::read_exact(&mut file, bytes)
    }

    /// Cuts it off, as a disk that fails would.
    #[cfg(test)]
    pub fn cut(&self, bytes: u64) -> std::io::Result<()> {
        let file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        file.ok_or(ErrorKind::NotFound)?.set_len(bytes)
    }

    /// The fault of values that could not be written, and what would mend it.
    pub fn unwritten(&self, cause: Error) -> Fault {
        let help = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space there, or raise the memory (`data.memory`, `--memory`) so that less is written"
            }
            _ => {
                "see that the folder can be written, or raise the memory (`data.memory`, `--memory`) so that nothing is"
            }
        };
        Fault::new(format!("keep values in a temporary file in {}", self.0.folder.display()), cause)
            .help(help)
    }

    fn unread(&self, cause: Error) -> Fault {
        let doing =
            format!("read values again that were kept in a temporary file in {}", self.0.folder.display());
        Fault::new(doing, cause)
            .help("look whether that disk is well, or raise the memory (`data.memory`, `--memory`) so that nothing is kept there")
    }
}
