//! The engine with real processes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ending;
mod output;
mod starting;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::supervise::Patience;
use super::*;
use crate::config::Command;
use crate::console::Verbosity;
use crate::interrupt::{Hand, Signal};

/// What the console showed.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An engine in a folder of its own.
struct Workshop {
    folder: tempfile::TempDir,
    engine: Engine,
    hand: Hand,
    paper: Paper,
    patience: Patience,
}

impl Workshop {
    fn new() -> Self {
        Self::on(Forge::Local)
    }

    fn on(forge: Forge) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let paper = Paper::default();
        let clock = Clock { wall: SystemTime::now, steady: Instant::now };
        let (hand, interrupt) = Interrupt::channel();
        let path = std::env::var_os("PATH").unwrap();
        let engine = Engine {
            run_dir: root.join(".modelgate"),
            root,
            variables: Variables::from([("PATH".into(), path), ("GITHUB_TOKEN".into(), "ghs_1234".into())]),
            secrets: Vec::new(),
            forge,
            console: Console::new(Box::new(paper.clone()), forge, Verbosity::Verbose, false, clock),
            interrupt,
            clock,
            docker: crate::docker::Docker::of_test(),
            image: None,
        };
        // A grace that nobody waits out, unless a test is about just that.
        let patience = Patience {
            grace: Duration::from_secs(60),
            settle: Duration::from_millis(50),
            quiet: Duration::from_secs(1),
        };
        Self { folder, engine, hand, paper, patience }
    }

    async fn run(&self, script: &Script, capture: Capture) -> Vec<Ran> {
        local::run(&self.engine, (Step::Train, 0), script, capture, self.patience).await.unwrap()
    }

    /// Runs one shell command.
    async fn shell(&self, command: &str) -> Ran {
        self.run(&shell(&[command]), Capture::No).await.remove(0)
    }

    fn log(&self, ran: &Ran) -> String {
        std::fs::read_to_string(self.engine.run_dir.join(&ran.evidence.log)).unwrap()
    }

    /// The process id that a command has written into a file, once it is there.
    async fn pid(&self, file: &str) -> u32 {
        let path = self.folder.path().join(file);
        let text = || std::fs::read_to_string(&path).unwrap_or_default();
        until("a process writes its id", || text().ends_with('\n')).await;
        text().trim().parse().unwrap()
    }
}

fn shell(commands: &[&str]) -> Script {
    Script {
        commands: commands.iter().map(|command| Command::Shell((*command).into())).collect(),
        working_directory: ".".into(),
        ..Script::default()
    }
}

/// Waits for a condition, and fails when it does not come.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looks = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looks)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

/// Whether a process lives; one that is dead and not yet reaped does not.
fn lives(pid: u32) -> bool {
    let ps = std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(ps.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

async fn gone(pid: u32) {
    until("a process ends", || !lives(pid)).await;
}

/// Writes its own process id into a file, then sleeps.
const SLEEPER: &str = "sh -c 'echo $$ > pid; exec sleep 300'";
