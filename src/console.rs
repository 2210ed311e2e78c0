//! What is shown while the work goes on: on a terminal as it happens, in CI as groups of plain lines.
//!
//! All of it goes to standard error; standard output is for the report.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::context::Forge;
use crate::step::Step;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only what is wrong.
    Quiet,
    /// What is done, and the commands' output.
    Normal,
    /// Also why.
    Verbose,
}

/// Where progress is shown. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    forge: Forge,
    verbosity: Verbosity,
    color: bool,
    clock: Clock,
}

impl Console {
    /// A console that writes to `out` in the manner of the forge.
    #[must_use]
    pub fn new(
        out: Box<dyn Write + Send>,
        forge: Forge,
        verbosity: Verbosity,
        color: bool,
        clock: Clock,
    ) -> Self {
        Self { out: Arc::new(Mutex::new(out)), forge, verbosity, color, clock }
    }

    /// A command begins: a group in CI, a line elsewhere. On GitHub its output cannot give commands.
    pub fn command_begins(&self, step: Step, command: &str) {
        let _ = (step, command, &self.out, self.forge, self.verbosity, self.color, self.clock);
        todo!()
    }

    /// Bytes of the command's output, as they come.
    pub fn output(&self, bytes: &[u8]) {
        let _ = bytes;
        todo!()
    }

    /// The command has ended: closes the group.
    pub fn command_ended(&self) {
        todo!()
    }

    /// A step has ended, in one line.
    pub fn step_ended(&self, step: Step, outcome: crate::record::Outcome, seconds: f64, because: &str) {
        let _ = (step, outcome, seconds, because);
        todo!()
    }

    /// Something that a person should know now.
    pub fn note(&self, message: &str) {
        let _ = message;
        todo!()
    }

    /// Something that only the curious want to know.
    pub fn detail(&self, message: &str) {
        let _ = message;
        todo!()
    }
}
