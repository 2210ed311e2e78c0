//! An engine of ours on the real one, in a folder of its own.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use modelgate::clock::Clock;
use modelgate::console::{Console, Verbosity};
use modelgate::context::{Forge, Variables};
use modelgate::docker::{Connection, Docker};
use modelgate::engine::Engine;
use modelgate::interrupt::{Hand, Interrupt};

use crate::common;

/// The names of the containers that belong to `owner`.
pub async fn left(connection: &Connection, owner: &Path) -> Vec<String> {
    let options = bollard::query_parameters::ListContainersOptionsBuilder::new().all(true).build();
    let all = connection.api.list_containers(Some(options)).await.expect("a list");
    let is_ours = |labels: &std::collections::HashMap<String, String>| {
        labels
            .get("dev.modelgate.owner")
            .is_some_and(|label| label.ends_with(&format!(":{}", owner.display())))
    };
    let ours = all.into_iter().filter(|container| container.labels.as_ref().is_some_and(is_ours));
    ours.flat_map(|container| container.names.unwrap_or_default()).collect()
}

/// What the console showed.
#[derive(Clone, Default)]
pub struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An engine in a folder of its own.
pub struct Workshop {
    folder: tempfile::TempDir,
    pub engine: Engine,
    pub hand: Hand,
    pub paper: Paper,
}

impl Workshop {
    /// None where there is no engine, with a word about the test that cannot run.
    pub fn new(test: &str) -> Option<Self> {
        let Some(address) = common::engine() else {
            common::skip(test, "there is no Docker engine");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join(".modelgate")).unwrap();
        std::fs::write(root.join(".modelgate/run.json"), "{}").unwrap();
        let paper = Paper::default();
        let clock = Clock { wall: SystemTime::now, steady: Instant::now };
        let (hand, interrupt) = Interrupt::channel();
        let console = Console::new(Box::new(paper.clone()), Forge::Local, Verbosity::Verbose, false, clock);
        let variables = Variables::from([
            ("PATH".into(), "/usr/bin:/bin".into()),
            ("DOCKER_HOST".into(), address.into()),
            ("OURS".into(), "ours-alone".into()),
            ("API_TOKEN".into(), "t0ps3cret".into()),
        ]);
        let docker = Docker::new(variables.clone(), console.clone(), interrupt.clone(), clock);
        let engine = Engine {
            run_dir: root.join(".modelgate"),
            root,
            variables,
            secrets: vec!["t0ps3cret".into()],
            forge: Forge::Local,
            console,
            interrupt,
            clock,
            docker,
            image: None,
        };
        Some(Self { folder, engine, hand, paper })
    }

    /// What the log holds.
    pub fn log(&self, log: &str) -> String {
        let bytes = std::fs::read(self.engine.run_dir.join(log)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Another handle to the engine, which no interrupt of ours stops.
    pub fn another(&self) -> Docker {
        common::docker(&common::engine().unwrap(), &[])
    }

    /// Fails when a container of ours is there.
    pub async fn nothing_is_left(&self) {
        let docker = self.another();
        let connection = docker.connect().await.unwrap();
        assert_eq!(left(connection, &self.engine.run_dir).await, [""; 0], "nothing is left behind");
    }

    /// Of a file of the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Waits for a file of the project.
    pub async fn until_there(&self, name: &str) {
        let start = Instant::now();
        while !self.path(name).exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "{name} never came");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
