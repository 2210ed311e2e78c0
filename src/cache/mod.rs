//! The cache of steps: content-addressed, below the run's folder. Safe for several processes at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fault::Result;
use crate::files::ProjectFile;
use crate::interrupt::Interrupt;
use crate::name::Digest;
use crate::step::Step;

/// A cache in a folder.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    interrupt: Interrupt,
}

/// Everything that a step's outputs follow from. Equal keys, equal outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The step.
    pub step: Step,
    /// The commands with their folder, as canonical JSON.
    pub script: String,
    /// The named variables and the digest of each one's value, secrets among them.
    pub env: BTreeMap<String, Digest>,
    /// The inputs by path.
    pub inputs: BTreeMap<String, Digest>,
    /// The outputs of the steps before by path.
    pub upstream: BTreeMap<String, Digest>,
    /// The patterns of the outputs.
    pub outputs: Vec<String>,
}

/// What a step made, as the cache remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The run that made it.
    pub run: String,
    /// Its outputs by path.
    pub outputs: BTreeMap<String, Output>,
}

/// A file that the cache holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it may be executed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

impl Cache {
    /// The cache in `folder`, which is made when something is first stored.
    #[must_use]
    pub const fn new(folder: PathBuf, interrupt: Interrupt) -> Self {
        Self { folder, interrupt }
    }

    /// The digests of files: in parallel, and from memory where size, times and inode are unchanged.
    ///
    /// # Errors
    /// A file that cannot be read, or an interrupt.
    pub fn digests(&self, files: &[ProjectFile]) -> Result<BTreeMap<String, Digest>> {
        let _ = (files, &self.folder, &self.interrupt);
        todo!()
    }
}
