//! A Docker Engine: where it is, how we talk to it, the containers in it, and who we are to a registry.

mod address;
mod container;
pub mod credentials;
mod client;
mod dial;
mod find;
mod reference;
mod settings;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

pub use address::Address;
pub use container::{Container, Exit, Mount, Output, Piece, Spec, Trouble, Usage, sweep};
pub use reference::Reference;
pub use upgrade::Upgrade;

use crate::clock::Clock;
use crate::console::Console;
use crate::context::Variables;
use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;
use crate::name::Digest;

/// The id of an image: the digest by which its engine knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ImageId(pub Digest);

impl std::fmt::Display for ImageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How long an answer may take that the engine has at hand.
const PATIENCE: Duration = Duration::from_secs(120);

/// The engine that the surroundings name. It is looked for when it is first needed. Cheap to clone.
#[derive(Clone)]
pub struct Docker {
    variables: Arc<Variables>,
    /// Where progress is shown.
    pub console: Console,
    /// Ends the waiting.
    pub interrupt: Interrupt,
    /// Where the time comes from.
    pub clock: Clock,
    found: Arc<OnceCell<Connection>>,
}

/// An engine that answers.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its API, at the version that both sides know.
    pub api: bollard::Docker,
    /// Where it is.
    pub address: Address,
    /// What it says of itself.
    pub about: About,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Such as `20.10.24`.
    pub version: String,
    /// Such as `1.41`.
    pub api_version: String,
    /// Whether it is Podman, which answers to the same API.
    pub is_podman: bool,
    /// Whether it runs without root.
    pub is_rootless: bool,
}

impl Docker {
    /// The engine that these variables name.
    #[must_use]
    pub fn new(variables: Variables, console: Console, interrupt: Interrupt, clock: Clock) -> Self {
        Self { variables: Arc::new(variables), console, interrupt, clock, found: Arc::default() }
    }

    /// The variables that we were started with.
    #[must_use]
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The engine, found and spoken to once.
    ///
    /// # Errors
    /// None of the places where an engine can be has one; the fault lists them.
    pub async fn connect(&self) -> Result<&Connection> {
        self.found.get_or_try_init(|| self.look()).await
    }

    /// The engine's answer to a question that takes no time: within two minutes, and unless somebody stops us.
    ///
    /// # Errors
    /// None came, or the engine's own.
    pub async fn answer<T>(
        &self,
        doing: &str,
        asked: impl Future<Output = std::result::Result<T, bollard::errors::Error>>,
    ) -> Result<std::result::Result<T, bollard::errors::Error>> {
        let mut interrupt = self.interrupt.clone();
        tokio::select! {
            answer = tokio::time::timeout(PATIENCE, asked) => answer.map_err(|_| silent(doing, PATIENCE)),
            _ = interrupt.wait(1) => Err(Fault::new(doing, "interrupted")),
        }
    }

    /// As [`Self::answer`], for a question that an engine has no reason to refuse.
    ///
    /// # Errors
    /// No answer came, or none that is one.
    pub async fn ask<T>(
        &self,
        doing: &str,
        asked: impl Future<Output = std::result::Result<T, bollard::errors::Error>>,
    ) -> Result<T> {
        self.answer(doing, asked).await?.map_err(|error| Fault::new(doing, error))
    }

    async fn look(&self) -> Result<Connection> {
        let mut interrupt = self.interrupt.clone();
        tokio::select! {
            found = find::find(&self.variables, &self.console) => {
                let (api, address, about) = found?;
                Ok(Connection { api, address, about })
            }
            _ = interrupt.wait(1) => Err(Fault::new("find a Docker Engine", "interrupted")),
        }
    }
}

/// An engine that says nothing.
fn silent(doing: &str, limit: Duration) -> Fault {
    let limit = humantime::format_duration(limit);
    Fault::new(doing, format!("the engine did not answer within {limit}"))
        .help("look at what the engine does: its log, its disk, its load")
}

#[cfg(test)]
mod tests;
