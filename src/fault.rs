//! A fault: the world failed while we were doing something.
//!
//! Faults are one of the three species of trouble. A wrong configuration is a
//! [`Problem`](crate::config::Problem), a bad model, data set or source file is a
//! [`Finding`](crate::finding::Finding); neither is ever dressed as the other.

use std::error::Error;
use std::fmt;
use std::path::Path;

/// What we were doing, why it failed, and what would mend it.
///
/// Displays as `failed to <doing>: <cause>: <its cause>`, so `doing` is a lowercase verb phrase.
#[derive(Debug)]
pub struct Fault {
    doing: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    help: Option<String>,
}

/// A result that fails with a [`Fault`].
pub type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    /// A fault with the error that caused it.
    pub fn new(doing: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), cause: Some(cause.into()), help: None }
    }

    /// The same fault with the line that names the fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The line that names the fix, where there is one.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// A fault about a file; a full disk and a refused permission bring their own remedy.
    pub fn file(verb: &str, path: &Path, cause: std::io::Error) -> Self {
        use std::io::ErrorKind::{
            AlreadyExists, IsADirectory, NotADirectory, PermissionDenied, ReadOnlyFilesystem, StorageFull,
        };
        let help = match cause.kind() {
            StorageFull => Some("free some space, or point --run at another disk"),
            PermissionDenied | ReadOnlyFilesystem => {
                Some("check who owns the file and its folder, or point --run at a folder that can be written")
            }
            AlreadyExists | NotADirectory => Some("a file is in the place of a folder: move it away"),
            IsADirectory => Some("a folder is in the place of a file: move it away"),
            _ => None,
        };
        let fault = Self::new(format!("{verb} {}", path.display()), cause);
        match help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

/// An error with its causes, each once: the outermost alone says little.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source()) {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
    }
    text
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.doing)?;
        self.cause.as_deref().map_or(Ok(()), |cause| write!(f, ": {}", chain(cause)))
    }
}

// The chain is already in the text, so no `source` repeats it.
impl Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_one_sentence_and_names_the_fix() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let fault = Fault::file("write", Path::new("run.json"), full);
        assert_eq!(fault.to_string(), "failed to write run.json: no storage space");
        assert!(fault.remedy().is_some_and(|help| help.contains("free some space")));
    }
}
