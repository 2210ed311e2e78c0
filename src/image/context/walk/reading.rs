//! Reading a file of the context: to digest it, and later to send what was announced and nothing else.

use std::fs::File as Disk;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{File, time_of};
use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;

/// A file that is read to the end that was announced. At its end it is an error if it held anything else.
#[derive(Debug)]
pub struct Reading {
    disk: Disk,
    sum: Sha256,
    left: u64,
    modified: i64,
    is_checked: bool,
}

impl Reading {
    pub(in crate::image::context) fn open(path: &Path, file: &File) -> Result<Self> {
        let disk = open(path).map_err(|error| Fault::file("read", path, error))?;
        Ok(Self { disk, sum: Sha256::new(), left: file.size, modified: file.modified, is_checked: false })
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let changed = "it was changed while it was read: try again when nobody writes it";
        if self.left == 0 && !self.is_checked {
            // Also of a file that only grew: what it had is what was announced.
            self.is_checked = true;
            if time_of(&self.sum.clone().finalize().into()) != self.modified {
                return Err(io::Error::other(changed));
            }
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        match self.disk.read(&mut buffer[..wanted])? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "it became shorter while it was read")),
            read => {
                self.sum.update(&buffer[..read]);
                self.left -= read as u64;
                Ok(read)
            }
        }
    }
}

/// The size of a file's content, and the time that stands for it.
pub(super) fn digest(path: &Path, interrupt: &Interrupt) -> io::Result<(u64, i64)> {
    const BLOCK: usize = 1 << 17;
    let mut disk = open(path)?;
    let size = disk.metadata()?.len();
    let mut block = vec![0; usize::try_from(size).unwrap_or(BLOCK).clamp(1, BLOCK - 1) + 1];
    let (mut sum, mut bytes) = (Sha256::new(), 0);
    loop {
        if interrupt.raised().is_some() {
            return Err(io::Error::other("the run was interrupted"));
        }
        match disk.read(&mut block) {
            Ok(0) => return Ok((bytes, time_of(&sum.finalize().into()))),
            Ok(read) => {
                sum.update(&block[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens a regular file, and neither a link nor a pipe that has taken its place.
fn open(path: &Path) -> io::Result<Disk> {
    let mut options = Disk::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let disk = options.open(path)?;
    if disk.metadata()?.is_file() {
        return Ok(disk);
    }
    Err(io::Error::other("it is no regular file any more"))
}
