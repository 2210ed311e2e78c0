//! Build an image through the Engine's API: BuildKit where there is one, over an incremental file sync where that is
//! possible, else over a streamed tar; else the classic builder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::BuildStep;

/// What is to be built. Everything in it is resolved: no placeholder, no variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The folder that the Dockerfile copies from, absolute.
    pub context: PathBuf,
    /// The Dockerfile, absolute; it may be outside of the context.
    pub dockerfile: PathBuf,
    /// How the Dockerfile is called in findings: its path in the project.
    pub shown: String,
    /// The stage; none is the last.
    pub target: Option<String>,
    /// The build's arguments.
    pub args: BTreeMap<String, String>,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// `os/arch`; none is the engine's.
    pub platform: Option<String>,
    /// The network of `RUN`.
    pub network: String,
    /// The secrets' contents, by id.
    pub secrets: BTreeMap<String, OsString>,
    /// The agents' sockets, by id.
    pub ssh: BTreeMap<String, PathBuf>,
    /// Images whose layers may be reused.
    pub cache_from: Vec<String>,
    /// Whether layers of earlier builds may be reused.
    pub cache: bool,
    /// Whether base images are asked for anew.
    pub pull: bool,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Files and folders of the context that never belong to it: the run's folder and the cache, absolute.
    pub ours: Vec<PathBuf>,
    /// Every value that must not be shown.
    pub hidden: Vec<OsString>,
}

/// An image that was built.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// Its id.
    pub id: ImageId,
    /// Its size in bytes, as the engine counts it.
    pub bytes: u64,
    /// `buildkit`, `buildkit-tar` or `classic`.
    pub builder: &'static str,
    /// The steps in the order in which they ended.
    pub steps: Vec<BuildStep>,
    /// What is odd and stops nothing.
    pub findings: Vec<Finding>,
}

/// Builds it; or says what is wrong with what was to be built, with the line of the Dockerfile.
///
/// # Errors
/// The world failed: the engine died, the disk is full, an interrupt.
pub async fn build(_docker: &Docker, _order: &Order) -> Result<std::result::Result<Built, Vec<Finding>>> {
    Err(Fault::new("build the image", "not yet"))
}
