//! Where a command runs: on this machine, or in a container.

mod credentials;
mod docker;
mod environment;
#[cfg(unix)]
mod group;
#[cfg(not(unix))]
#[path = "group_elsewhere.rs"]
mod group;
mod local;
pub(crate) mod mask;
mod redact;
mod secret;
mod shell;
pub(crate) mod stream;
mod supervise;
pub(crate) mod tail;
#[cfg(all(test, unix))]
mod tests;

pub use environment::{child_variables, missing_secrets, named_variables, secret_values};
pub use redact::Redaction;
pub use shell::is_executable;
pub use stream::Stream;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::config::{self, Script};
use crate::console::Console;
use crate::context::Forge;
pub use crate::context::Variables;
use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;
use crate::record::CommandEvidence;
use crate::step::Step;

/// Runs commands in the project on this machine.
#[derive(Clone)]
pub struct Engine {
    /// The folder of modelgate.yml, absolute.
    pub root: PathBuf,
    /// The folder of the run, absolute; logs go to `logs/` in it.
    pub run_dir: PathBuf,
    /// The variables that modelgate itself was started with, before secrets are taken out.
    pub variables: Variables,
    /// The values of the secrets that any step names: a step can find another one's in a file.
    pub secrets: Vec<OsString>,
    /// Who called us; decides which variables are ours alone.
    pub forge: Forge,
    /// Where the output is shown.
    pub console: Console,
    /// What stops it.
    pub interrupt: Interrupt,
    /// What measures it.
    pub clock: Clock,
    /// The engine for containers.
    pub docker: Docker,
    /// The image that commands run in whose container names none: its id.
    pub image: Option<ImageId>,
}

/// Whether a command's standard output is wanted back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// No: it is shown and logged.
    No,
    /// Yes, up to a limit of the engine; it is logged, and shown only when it is not captured whole.
    Stdout,
}

/// A command that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// What is recorded of it.
    pub evidence: CommandEvidence,
    /// Whether it exited with 0.
    pub success: bool,
    /// Its exit code; none when a signal, a timeout or an interrupt ended it.
    pub code: Option<i32>,
    /// Its standard output, where it was wanted.
    pub stdout: Vec<u8>,
}

impl Engine {
    /// An empty log of the run, such as `logs/smoke.log`, that shows what it takes in, secrets masked.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn log(&self, log: &str) -> Result<Stream> {
        local::begin_log(&self.run_dir, log)?;
        let path = self.run_dir.join(log);
        let file = std::fs::File::options().append(true).open(&path);
        let file = file.map_err(|error| Fault::file("write", &path, error))?;
        Ok(Stream::new(mask::Mask::new(&self.secrets), file, None))
    }

    /// What keeps secrets out of the record.
    #[must_use]
    pub fn redaction(&self) -> Redaction {
        Redaction::new(&self.secrets)
    }

    /// Runs the commands of a script in order. The first that does not exit with 0 is the last, unless
    /// their standard output is captured: linters say with their code that they found something.
    ///
    /// How a command can end, and what its evidence then says:
    /// - by itself: `exit 0`, `exit 3`, `signal 9 (SIGKILL)`; one whose captured standard output is
    ///   longer than 64 MiB has failed with `exit 0, too much output`;
    /// - it is not there, or is no program: `exit 127`, `exit 126`, as in a shell;
    /// - `not started`, because its folder or a secret that the script names is missing;
    /// - `timed out after 2h`;
    /// - `interrupted`: so ends, too, the one command that would have been next. No more are run.
    ///
    /// The result is empty only for a script without commands. What a command leaves running is ended.
    ///
    /// # Errors
    /// A command that cannot be started for a reason that is not its own (no memory), a log that cannot be
    /// written, a process that does not even end when it is killed.
    pub async fn run(&self, step: Step, script: &Script, capture: Capture) -> Result<Vec<Ran>> {
        self.run_on(0, step, script, capture).await
    }

    /// [`Self::run`] of a step of which `before` commands have run already, whose logs stay as they are.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_on(
        &self,
        before: usize,
        step: Step,
        script: &Script,
        capture: Capture,
    ) -> Result<Vec<Ran>> {
        let patience = supervise::Patience::default();
        match &script.engine {
            config::Engine::Local => local::run(self, (step, before), script, capture, patience).await,
            config::Engine::Docker(container) => {
                docker::run(self, (step, before), script, container, patience).await
            }
        }
    }
}
