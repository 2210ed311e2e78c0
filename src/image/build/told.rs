//! What a build says, on its way to the log, the console and the findings. Secrets are masked on it.

use std::ffi::OsString;
use std::fs::File;

use super::Order;
use crate::console::Console;
use crate::docker::Docker;
use crate::engine::Redaction;
use crate::engine::mask::Mask;
use crate::engine::stream::Stream;
use crate::fault::{Fault, Result};

/// Where what it says goes.
pub struct Told {
    console: Console,
    hidden: Vec<OsString>,
    stream: Option<Stream>,
}

impl Told {
    /// Nothing was said yet.
    pub fn new(docker: &Docker, order: &Order) -> Self {
        let hidden = order.hidden.iter().chain(order.secrets.values()).cloned().collect();
        Self { console: docker.console.clone(), hidden, stream: None }
    }

    /// The build begins.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn begin(&mut self, order: &Order, builder: &str) -> Result<()> {
        if let Some(folder) = order.log.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Fault::file("make", folder, error))?;
        }
        let log = File::create(&order.log).map_err(|error| Fault::file("write", &order.log, error))?;
        let target = order.target.as_ref().map(|target| format!(" --target {target}")).unwrap_or_default();
        let headline = format!("build {}{target} ({builder})", order.shown);
        self.console.command_begins(order.step, &headline);
        self.stream = Some(Stream::new(Mask::new(&self.hidden), log, Some(self.console.clone())));
        Ok(())
    }

    /// Lines of the build.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn lines(&mut self, order: &Order, lines: &[u8]) -> Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        stream.take(lines);
        stream.broken.take().map_or(Ok(()), |error| Err(Fault::file("write", &order.log, error)))
    }

    /// What keeps secrets out of what we say ourselves.
    pub fn redaction(&self) -> Redaction {
        Redaction::new(&self.hidden)
    }

    /// No more comes. Of a build that failed the last lines are shown once more, where its output is folded away, and
    /// given back.
    pub fn end(&mut self, has_failed: bool) -> Vec<String> {
        let Some(mut stream) = self.stream.take() else { return Vec::new() };
        stream.finish();
        let tail = if has_failed { stream.tail.lines() } else { Vec::new() };
        self.console.command_ended(&tail);
        tail
    }
}
