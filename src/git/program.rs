//! Running the `git` program: arguments as a list, never a shell, nothing to prompt, English answers.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock};

use crate::fault::{Fault, Result};

/// What git never needs of our environment. A command of the project can write `.git/config`, and by that have git
/// start a program: a filter, a file monitor, a fetch.
const WITHHELD: [&str; 5] = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
];

/// The names of more variables that git must not see: those that could hold a secret.
static WITHHELD_TOO: RwLock<Vec<OsString>> = RwLock::new(Vec::new());

/// Keeps variables from every git that is started from now on.
pub fn withhold(names: impl IntoIterator<Item = OsString>) {
    let mut all = WITHHELD_TOO.write().unwrap_or_else(PoisonError::into_inner);
    all.extend(names);
}

/// The program, in a folder.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
}

/// How a call ended.
#[derive(Debug)]
pub(super) struct Answer(Output);

impl Git {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in WITHHELD {
            command.env_remove(name);
        }
        for name in WITHHELD_TOO.read().unwrap_or_else(PoisonError::into_inner).iter() {
            command.env_remove(name);
        }
        command
            // Hooks are a person's, for what a person does; and a command of the project can write them, too.
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .current_dir(&self.folder)
            // Looking must not take locks that a person's own git is waiting for.
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Complaints are told apart by their words.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(super) fn ask(&self, arguments: &[&str]) -> std::io::Result<Answer> {
        self.command(arguments).output().map(Answer)
    }

    /// Asks and takes every failure as a fault.
    pub(super) fn expect(&self, doing: &str, arguments: &[&str]) -> Result<String> {
        let answer = self.ask(arguments).map_err(|error| Fault::new(doing, error))?;
        if answer.succeeded() { Ok(answer.text()) } else { Err(answer.fault(doing)) }
    }

    /// Asks with something to read. Only for programs that read it all before they write much.
    pub(super) fn tell(&self, arguments: &[&str], input: &[u8]) -> std::io::Result<Answer> {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn()?;
        let told = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input));
        let answer = Answer(child.wait_with_output()?);
        match told {
            // A git that gives up early closes the pipe; its own words say why.
            Err(error) if answer.succeeded() => Err(error),
            _ => Ok(answer),
        }
    }
}

impl Answer {
    #[cfg(test)]
    pub(super) fn made_up(status: std::process::ExitStatus, complaint: &str) -> Self {
        Self(Output { status, stdout: Vec::new(), stderr: complaint.into() })
    }

    pub(super) fn succeeded(&self) -> bool {
        self.0.status.success()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(super) fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// The line of the complaint that says why, without git's own prefix.
    pub(super) fn reason(&self) -> String {
        let complaint = self.complaint();
        let told = |prefix: &str| complaint.lines().find_map(|line| line.strip_prefix(prefix));
        let why = told("fatal: ").or_else(|| told("error: ")).or_else(|| complaint.lines().next());
        match why {
            Some(why) => why.chars().filter(|c| !c.is_control()).take(400).collect(),
            None => format!("git ended with {}", self.0.status),
        }
    }

    pub(super) fn fault(&self, doing: &str) -> Fault {
        Fault::new(doing, self.reason())
    }
}
