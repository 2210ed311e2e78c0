//! A container of ours, from its making to its end. Nothing is left behind.

mod body;
mod end;
mod look;
mod sweep;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, KillContainerOptionsBuilder,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

pub use look::Usage;
pub use sweep::sweep;

use super::{Connection, silent};
use crate::config::Gpus;
use crate::fault::{Fault, Result};
use crate::random;

/// How long the engine may take for what changes something: a loaded one unpacks layers meanwhile.
const CHANGE: Duration = Duration::from_secs(120);
/// How long it may take to say something that it knows.
const ASK: Duration = Duration::from_secs(30);

/// What a container is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    /// The image: an id or a name.
    pub image: String,
    /// What it runs, in place of the image's entrypoint and command; none is what the image says.
    pub command: Option<Vec<String>>,
    /// Its variables, besides those of the image.
    pub env: Vec<(String, String)>,
    /// `user` or `user:group`; none is what the image says.
    pub user: Option<String>,
    /// Where the command starts; none is what the image says.
    pub folder: Option<String>,
    /// What of this machine it sees.
    pub mounts: Vec<Mount>,
    /// Folders, absolute, in whose place it sees an empty one in memory.
    pub hidden: Vec<String>,
    /// Bytes; none is no limit.
    pub memory: Option<u64>,
    /// Bytes of `/dev/shm`, through which processes share what they work on; none is what the engine gives.
    pub shared_memory: Option<u64>,
    /// Processors in billionths; none is no limit.
    pub nano_cpus: Option<u64>,
    /// None without any.
    pub gpus: Option<Gpus>,
    /// `none`, `bridge`, `host` or the name of a network.
    pub network: String,
    /// The port that is published on a free port: of 127.0.0.1, or of an engine elsewhere.
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
    /// Whether something in it was ended because it used too much memory.
    pub out_of_memory: bool,
}

/// Why there is no container, or why it does not run.
#[derive(Debug)]
pub enum Trouble {
    /// The engine does not take what is asked for: a user that the image does not know, a network that is not there,
    /// too many processors. What it says, as a lowercase fragment.
    Refused(String),
    /// The world failed.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Trouble {
    /// The trouble as a fault, where what is asked for is ours alone.
    #[must_use]
    pub fn into_fault(self, doing: &str) -> Fault {
        match self {
            Self::Refused(why) => Fault::new(doing, why),
            Self::Fault(fault) => fault,
        }
    }
}

/// A piece of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whether it comes from standard error.
    pub is_error: bool,
    /// The bytes as they were written; a piece need not end with a line.
    pub bytes: Bytes,
}

/// The output of a container as it comes. It ends with the container.
pub type Output = Pin<Box<dyn Stream<Item = Result<Piece>> + Send>>;

/// A container that is there.
///
/// Who is done with it calls [`close`](Self::close). One that is dropped is removed as well, as far as that goes: by
/// a task of the runtime, if that lives on.
#[derive(Debug)]
pub struct Container {
    /// Its name, by which it can be removed even when the engine never told its id.
    pub name: String,
    connection: Connection,
    is_closed: bool,
}

impl Container {
    /// Makes a container. It does not run yet.
    ///
    /// # Errors
    /// [`Trouble::Refused`] also where the image is not there.
    pub async fn create(connection: &Connection, spec: &Spec) -> std::result::Result<Self, Trouble> {
        let name = format!("modelgate-{}", random::hex(8)?);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = body::body(spec, body::publish_on(&connection.address));
        // First the guard: what the engine makes after we stopped waiting is ours, too.
        let container = Self { name, connection: connection.clone(), is_closed: false };
        let created = connection.api.create_container(Some(options), body);
        match within("make a container", CHANGE, created).await {
            Ok(_) => Ok(container),
            Err(trouble) => {
                // It would be asked for in vain; but a fault may have come after it was made.
                let _ = container.close().await;
                Err(trouble)
            }
        }
    }

    /// What it writes, from its first byte on: call it before [`start`](Self::start). Nothing of it is kept by the
    /// engine.
    ///
    /// # Errors
    /// The world failed.
    pub async fn output(&self) -> Result<Output> {
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
        let attached = self.connection.api.attach_container(&self.name, Some(options));
        let attached = self.ask("read a container's output", attached).await?;
        let pieces = attached.output.map(|piece| match piece {
            Ok(piece) => Ok(Piece {
                is_error: matches!(piece, bollard::container::LogOutput::StdErr { .. }),
                bytes: piece.into_bytes(),
            }),
            Err(error) => Err(Fault::new("read a container's output", error)),
        });
        Ok(Box::pin(pieces))
    }

    /// Lets it run.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn start(&self) -> std::result::Result<(), Trouble> {
        within("start a container", CHANGE, self.connection.api.start_container(&self.name, None)).await
    }

    /// Sends it a signal, such as `SIGTERM`. One that has ended does not mind.
    ///
    /// # Errors
    /// The world failed.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        let doing = "signal a container";
        match within(doing, ASK, self.connection.api.kill_container(&self.name, Some(options))).await {
            Ok(()) | Err(Trouble::Refused(_)) => Ok(()),
            Err(Trouble::Fault(fault)) => Err(fault),
        }
    }

    async fn ask<T>(
        &self,
        doing: &str,
        asked: impl Future<Output = std::result::Result<T, Error>>,
    ) -> Result<T> {
        within(doing, ASK, asked).await.map_err(|trouble| trouble.into_fault(doing))
    }
}

/// The engine's answer, if it comes in time.
async fn within<T>(
    doing: &str,
    limit: Duration,
    asked: impl Future<Output = std::result::Result<T, Error>>,
) -> std::result::Result<T, Trouble> {
    let answer = tokio::time::timeout(limit, asked).await.map_err(|_| silent(doing, limit))?;
    answer.map_err(|error| trouble(doing, error))
}

/// What the engine's refusal means.
fn trouble(doing: &str, error: Error) -> Trouble {
    // Older engines give 500 to what is plainly asked for wrongly.
    const WRONG: [&str; 4] =
        ["unable to find user", "unable to find group", "no matching entries in", "minimum memory"];
    match error {
        Error::DockerResponseServerError { status_code, message }
            if matches!(status_code, 400 | 404 | 409)
                || WRONG.iter().any(|wrong| message.to_lowercase().contains(wrong)) =>
        {
            Trouble::Refused(message.trim().to_owned())
        }
        Error::DockerResponseServerError { message, .. }
            if message.contains("could not select device driver") =>
        {
            let fault = Fault::new(doing, message.trim().to_owned());
            fault.help("install the NVIDIA Container Toolkit where the engine runs, or remove `gpus`").into()
        }
        Error::DockerResponseServerError { message, .. } => {
            Fault::new(doing, message.trim().to_owned()).into()
        }
        error => {
            let help = "look whether the Docker Engine still runs, and do it again; a container of ours that was left is \
                        removed by the next run";
            Fault::new(doing, error).help(help).into()
        }
    }
}
