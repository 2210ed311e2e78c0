//! Bytes from far away into a file, all of them and of one content, however often the connection breaks.

use std::fs::File;
use std::io::{ErrorKind, Seek, Write};
use std::path::Path;

use futures_util::StreamExt;

use super::source::{Opened, Source};
use super::trouble::{Trouble, What};
use super::try_again::wait;
use crate::fault::{Fault, Result};
use crate::number;
use crate::progress::Progress;

/// A try that brings as much as this was none in vain: a long way may break often.
const WORTH: u64 = 8 * 1024 * 1024;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most bytes of a body of which nobody says how long it is.
    pub unsaid: u64,
}

impl Limits {
    pub const USUAL: Self = Self { unsaid: 16 * 1024 * 1024 * 1024 };
}

/// What has come so far, and of what.
struct Partly {
    file: File,
    written: u64,
    size: Option<u64>,
    tag: Option<String>,
}

/// Why a try ended.
enum Stop {
    /// Something is wrong over there.
    Trouble(Trouble),
    /// Something is wrong here.
    Full(std::io::Error),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Downloads into a new file, and says how many bytes it has. The inner error is
/// what is wrong over there.
///
/// # Errors
/// The file cannot be written.
pub(super) async fn download(
    source: &Source,
    to: &Path,
    limits: Limits,
    progress: &Progress,
) -> Result<std::result::Result<u64, Trouble>> {
    let file = File::create_new(to).map_err(|error| Fault::file("write", to, error))?;
    let mut partly = Partly { file, written: 0, size: source.size(), tag: None };
    let mut tries = 0;
    loop {
        let before = partly.written;
        match partly.go_on(source, limits, progress).await {
            Ok(()) => return Ok(Ok(partly.written)),
            Err(Stop::Full(error)) => return Err(partly.full(to, error)),
            Err(Stop::Trouble(trouble)) => {
                if partly.written.saturating_sub(before) >= WORTH {
                    tries = 0;
                }
                if !trouble.is_passing() || !wait(tries, &trouble).await {
                    return Ok(Err(partly.told(trouble)));
                }
                tries += 1;
            }
        }
    }
}

impl Partly {
    /// One more try: the rest where that can be had, else all of it.
    async fn go_on(
        &mut self,
        source: &Source,
        limits: Limits,
        progress: &Progress,
    ) -> std::result::Result<(), Stop> {
        let opened = source.open(self.written, self.tag.as_deref()).await?;
        self.is_same(&opened)?;
        if opened.start != self.written {
            self.file.set_len(opened.start).and_then(|()| self.file.rewind()).map_err(Stop::Full)?;
            self.written = opened.start;
        }
        let Opened { mut bytes, size, tag, .. } = opened;
        if self.size.is_none() {
            progress.more(size.unwrap_or(0));
        }
        (self.size, self.tag) = (size, tag);
        while let Some(part) = bytes.next().await {
            let part = part?;
            self.file.write_all(&part).map_err(Stop::Full)?;
            self.written += part.len() as u64;
            progress.came(part.len() as u64);
            self.is_enough(limits)?;
        }
        match self.size {
            Some(size) if self.written < size => {
                Err(Trouble::new(What::Passing, "the connection ended too early").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether it is what the tries before were about.
    fn is_same(&self, opened: &Opened) -> std::result::Result<(), Trouble> {
        let has_changed = self.tag.is_some() && opened.tag != self.tag
            || self.size.is_some() && opened.size.is_some() && opened.size != self.size
            || opened.start > self.written;
        if has_changed {
            return Err(Trouble::new(What::Changed, "it was written anew while it was read"));
        }
        Ok(())
    }

    fn is_enough(&self, limits: Limits) -> std::result::Result<(), Trouble> {
        match self.size {
            Some(size) if self.written > size => {
                Err(Trouble::new(What::Broken, format!("it said that it has {size} bytes, and sends more")))
            }
            None if self.written > limits.unsaid => {
                let most = number::bytes(limits.unsaid);
                Err(Trouble::new(
                    What::Broken,
                    format!("it does not say how long it is, and does not end after {most}"),
                )
                .help("name an address that ends; does it lead to a stream?"))
            }
            _ => Ok(()),
        }
    }

    /// What is wrong, with how far we came.
    fn told(&self, trouble: Trouble) -> Trouble {
        if !trouble.is_passing() || self.written == 0 {
            return trouble;
        }
        let of = self.size.map(|size| format!(" of {}", number::thousands(size))).unwrap_or_default();
        let said = format!(
            "it broke off again and again, at last after {}{of} bytes: {}",
            number::thousands(self.written),
            trouble.said
        );
        Trouble { what: What::Broken, said, ..trouble }
    }

    fn full(&self, to: &Path, error: std::io::Error) -> Fault {
        let is_full = error.kind() == ErrorKind::StorageFull || error.kind() == ErrorKind::QuotaExceeded;
        let fault = Fault::file("write", to, error);
        match self.size {
            Some(size) if is_full => {
                let (size, written) = (number::bytes(size), number::bytes(self.written));
                fault.help(format!(
                    "this file alone needs {size}, of which {written} had room: free some space, or point --run at another disk"
                ))
            }
            _ => fault,
        }
    }
}

#[cfg(test)]
#[path = "download_tests.rs"]
mod tests;
