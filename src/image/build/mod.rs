//! Build an image through the Engine's API: BuildKit where there is one, over an incremental file sync where that is
//! possible, else over a streamed tar; else the classic builder.

mod choose;
mod dockerfile;
mod fail;
mod needs;
mod progress;
mod run;
mod session;
mod told;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::cache::Cache;
use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::image::context::Place;
use crate::record::BuildStep;
use crate::step::Step;

use dockerfile::Dockerfile;
pub(in crate::image) use fail::is_unreached;
use told::Told;

/// What is to be built. Everything in it is resolved: no placeholder, no variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The step that builds it: what is shown stands under its name.
    pub step: Step,
    /// The project's folder, absolute: findings name files as they are in it. It also tells the engine from which
    /// earlier build it may keep the files that have not changed.
    pub project: PathBuf,
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
    /// Every value that must not be shown. The secrets' contents need not be among them.
    pub hidden: Vec<OsString>,
    /// The file that gets all output, absolute. Its folder is made.
    pub log: PathBuf,
}

impl Order {
    /// Where its context is.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place {
            project: &self.project,
            context: &self.context,
            dockerfile: &self.dockerfile,
            ours: &self.ours,
        }
    }
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
    /// What was sent of the context; none where all of it was, packed.
    pub sent: Option<Sent>,
}

/// A build that came to nothing because of what was to be built.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// The last lines of what it said; none where it had not begun.
    pub tail: Vec<String>,
}

/// What the engine had not got yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Files, the Dockerfile and its .dockerignore among them.
    pub files: u32,
    /// Bytes of their contents.
    pub bytes: u64,
}

/// What is wrong with an order whatever builder it meets. A Dockerfile that cannot be read is told by the build.
#[must_use]
pub fn foresee(order: &Order) -> Vec<Finding> {
    let text = std::fs::read(&order.dockerfile).unwrap_or_default();
    needs::missing(order, &Dockerfile::parse(&String::from_utf8_lossy(&text)), &choose::Way::Tar)
        .into_iter()
        .filter(|finding| finding.code != needs::BUILDER)
        .collect()
}

/// Builds it; or says what is wrong with what was to be built, with the line of the Dockerfile. With a cache,
/// digests of the context's files are remembered there.
///
/// # Errors
/// The world failed: the engine died, its disk is full, the registry of a base image is not reached, the order's
/// time is over, an interrupt. In each case the engine stops building.
pub async fn build(
    docker: &Docker,
    order: &Order,
    cache: Option<&Cache>,
) -> Result<std::result::Result<Built, Refused>> {
    let mut interrupt = docker.interrupt.clone();
    let mut told = Told::new(docker, order);
    let ended = {
        let limit = async {
            match order.timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = run::run(docker, order, cache, &mut told) => ended,
            _ = interrupt.wait(1) => Err(Fault::new(DOING, "interrupted")),
            () = limit => Err(late(order.timeout.unwrap_or_default())),
        }
    };
    let tail = told.end(!matches!(ended, Ok(Ok(_))));
    Ok(ended?.map_err(|findings| Refused { findings, tail }))
}

/// What we are doing, as faults say it.
const DOING: &str = "build the image";

fn late(limit: Duration) -> Fault {
    let cause = format!("it takes longer than {}", humantime::format_duration(limit));
    Fault::new(DOING, cause).help("raise `image.timeout`, or see in the log which step takes so long")
}
