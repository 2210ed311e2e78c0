//! A container of ours, from its making to its end. Nothing is left behind.

use std::path::PathBuf;

use super::Connection;
use crate::config::Gpus;
use crate::fault::{Fault, Result};

/// What a container is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    /// The image: an id or a name.
    pub image: String,
    /// What it runs; none is what the image says.
    pub command: Option<Vec<String>>,
    /// Its variables, besides those of the image.
    pub env: Vec<(String, String)>,
    /// `user` or `user:group`; none is what the image says.
    pub user: Option<String>,
    /// Where the command starts; none is what the image says.
    pub folder: Option<String>,
    /// What of this machine it sees.
    pub mounts: Vec<Mount>,
    /// Bytes; none is no limit.
    pub memory: Option<u64>,
    /// Processors in billionths; none is no limit.
    pub nano_cpus: Option<u64>,
    /// None without any.
    pub gpus: Option<Gpus>,
    /// `none`, `bridge`, `host` or the name of a network.
    pub network: String,
    /// The port that is published on a free port of 127.0.0.1.
    pub port: Option<u16>,
    /// What tells whose it is: the folder of the run. A later run in the same folder sweeps it away.
    pub owner: PathBuf,
}

/// A file or folder of this machine in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Here, absolute.
    pub source: PathBuf,
    /// There, absolute.
    pub target: String,
    /// Whether it cannot be written.
    pub is_read_only: bool,
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code.
    pub code: i64,
    /// Whether it was ended because it used too much memory.
    pub out_of_memory: bool,
}

/// A container that is there.
#[derive(Debug)]
pub struct Container {
    /// Its id.
    pub id: String,
}

/// Removes what earlier runs in the folder `owner` have left behind because they were killed.
///
/// # Errors
/// The engine does not answer.
pub async fn sweep(_connection: &Connection, _owner: &std::path::Path) -> Result<()> {
    Err(Fault::new("remove containers of an earlier run", "not yet"))
}
