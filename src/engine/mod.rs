//! Where a command runs. In this version: on this machine.

mod local;
mod environment;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::config::Script;
use crate::console::Console;
use crate::context::Forge;
use crate::fault::Result;
use crate::interrupt::Interrupt;
use crate::record::CommandEvidence;
use crate::step::Step;

/// Environment variables, as `environment.rs` read them once.
pub type Variables = BTreeMap<OsString, OsString>;

/// Runs commands in the project on this machine.
#[derive(Clone)]
pub struct Engine {
    /// The folder of modelgate.yml, absolute.
    pub root: PathBuf,
    /// The folder of the run, absolute; logs go to `logs/` in it.
    pub run_dir: PathBuf,
    /// The variables that modelgate itself was started with, before secrets are taken out.
    pub variables: Variables,
    /// Who called us; decides which variables are ours alone.
    pub forge: Forge,
    /// Where the output is shown.
    pub console: Console,
    /// What stops it.
    pub interrupt: Interrupt,
    /// What measures it.
    pub clock: Clock,
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
    /// Runs the commands of a script in order. The first that does not exit with 0 is the last, unless
    /// their standard output is captured: linters say with their code that they found something.
    ///
    /// # Errors
    /// A command that cannot be started for a reason that is not its own (no memory, a log that cannot be
    /// written). A program that does not exist is no fault: it ends with `exit 127`, as in a shell.
    pub async fn run(&self, step: Step, script: &Script, capture: Capture) -> Result<Vec<Ran>> {
        let _ = (step, script, capture);
        todo!()
    }
}
