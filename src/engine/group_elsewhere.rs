//! A running command where there are no process groups: only the command itself can be ended.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// The variable that marks every process of a command.
pub const MARK: &str = "MODELGATE_COMMAND";

/// Hears when a command itself has ended.
pub type Exited = oneshot::Receiver<io::Result<()>>;

/// How to ask a process to end; here it can never refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// As Ctrl-C does.
    Interrupt,
    /// As a supervisor does.
    Terminate,
    /// It cannot refuse.
    Kill,
}

/// What a command used; not measured here.
pub struct Usage {
    /// How it ended.
    pub status: ExitStatus,
    /// Always 0.
    pub cpu_seconds: f64,
    /// Always 0.
    pub peak_memory_bytes: u64,
}

/// A command. Dropped before its end, it is killed.
pub struct Group(Arc<Mutex<Child>>);

impl Group {
    /// Takes over a command. The receiver hears when it has ended.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn new(child: Child, _: Option<String>) -> io::Result<(Self, Exited)> {
        let group = Self(Arc::new(Mutex::new(child)));
        let watched = Arc::clone(&group.0);
        let (sender, receiver) = oneshot::channel();
        std::thread::Builder::new().name("command".into()).spawn(move || {
            let result = loop {
                match watched.lock().unwrap_or_else(PoisonError::into_inner).try_wait() {
                    Ok(None) => {}
                    Ok(Some(_)) => break Ok(()),
                    Err(error) => break Err(error),
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            let _ = sender.send(result);
        })?;
        Ok((group, receiver))
    }

    /// Ends the command.
    pub fn ask(&self, _: Ask) {
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    /// What still runs besides the command; unknown here.
    pub fn left_overs(&self) -> Vec<String> {
        Vec::new()
    }

    /// The command has ended: how.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn reap(self) -> io::Result<Usage> {
        let status = self.0.lock().unwrap_or_else(PoisonError::into_inner).wait()?;
        Ok(Usage { status, cpu_seconds: 0.0, peak_memory_bytes: 0 })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.ask(Ask::Kill);
    }
}

/// How a command ended, in words, and its exit code.
pub fn ended(status: ExitStatus) -> (String, Option<i32>) {
    match status.code() {
        Some(code) => (format!("exit {code}"), Some(code)),
        None => (status.to_string(), None),
    }
}

/// Whether a command was ended for want of memory; unknown here.
pub fn looks_out_of_memory(_: ExitStatus) -> bool {
    false
}

/// The name of a signal of an engine's containers is not known here.
pub fn signal_name(_: i32) -> String {
    String::new()
}
