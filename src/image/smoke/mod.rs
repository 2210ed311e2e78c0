//! The smoke test: the image's server is started, and asked.

mod ask;
mod client;
mod compare;
mod latency;
mod request;
mod schema;
mod server;

use std::collections::BTreeMap;

use crate::config::Smoke;
use crate::docker::{Connection, Container, Exit, ImageId, Trouble, sweep};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::files;
use crate::finding::Finding;
use crate::name::MetricName;
use crate::number;
use crate::record::{MetricValue, SmokeEvidence};
use crate::step::Step;

use ask::Asked;
use client::{Client, Ready};
use request::Request;
use server::{Server, Waited};

/// The code of a finding about an answer that never came.
const NO_ANSWER: &str = "smoke-no-answer";

/// What the server writes, relative to the run's folder.
const LOG: &str = "logs/smoke.log";

/// What the smoke test came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoked {
    /// What the server did.
    pub evidence: SmokeEvidence,
    /// `smoke.latency_p50_ms` and its kind; none where nothing was measured.
    pub metrics: BTreeMap<MetricName, MetricValue>,
    /// What is wrong; empty when it passed.
    pub findings: Vec<Finding>,
}

/// Starts the image's server, waits until it is ready, and sends the requests. The container is removed, whatever
/// happens.
///
/// # Errors
/// The world failed: the engine does not answer, an interrupt.
pub async fn smoke(engine: &Engine, image: ImageId, smoke: &Smoke) -> Result<Smoked> {
    let mut log = engine.log(LOG)?;
    let requests = match requests(engine, smoke)? {
        Ok(requests) => requests,
        Err(findings) => return Ok(Smoked::unstarted(findings)),
    };
    let mut interrupt = engine.interrupt.clone();
    let connection = tokio::select! {
        biased;
        _ = interrupt.wait(1) => return Err(interrupted()),
        connection = engine.docker.connect() => connection?.clone(),
    };
    sweep(&connection, &engine.run_dir).await?;
    let port = match server::port(&connection, image, smoke).await? {
        Ok(port) => port,
        Err(finding) => return Ok(Smoked::unstarted(vec![finding])),
    };
    engine.console.command_begins(Step::Image, &format!("the server of {}", image.0.short()));
    let mut trial = Trial { engine, smoke, requests: &requests, port, smoked: Smoked::unstarted(Vec::new()) };
    let tried = trial.run(&connection, image, &mut log).await;
    let tail = match &tried {
        Ok(()) if trial.smoked.findings.is_empty() => Vec::new(),
        _ => log.tail.lines(),
    };
    engine.console.command_ended(&tail);
    tried?;
    if let Some(error) = log.broken {
        return Err(Fault::file("write", &engine.run_dir.join(LOG), error));
    }
    let mut smoked = trial.smoked;
    smoked.evidence.tail = tail;
    Ok(smoked)
}

/// What is wrong with the requests, before there is a server to send them to.
///
/// # Errors
/// A folder that cannot be read.
pub fn foresee(engine: &Engine, smoke: &Smoke) -> Result<Vec<Finding>> {
    Ok(requests(engine, smoke)?.err().unwrap_or_default())
}

fn interrupted() -> Fault {
    Fault::new("try the image", "the run was interrupted")
}

/// The requests that the patterns name, or everything that is wrong with them.
fn requests(engine: &Engine, smoke: &Smoke) -> Result<std::result::Result<Vec<Request>, Vec<Finding>>> {
    let expanded = files::expand_beside(&engine.root, &[&engine.run_dir], &smoke.requests)?;
    let mut findings: Vec<Finding> = Vec::new();
    for pattern in &expanded.unmatched {
        let message = format!(
            "image.smoke.requests names «{}», and there is no such file",
            crate::document::shown(pattern)
        );
        let help = "write the request, or correct the path; a server that is asked nothing proves nothing";
        findings.push(Finding::error("smoke-request", message).help(help));
    }
    let mut requests = Vec::new();
    let root = files::canonical(&engine.root)?;
    for file in &expanded.files {
        if !files::canonical(&file.on_disk)?.starts_with(&root) {
            let finding = Finding::error("smoke-request", "the request leads out of the project by a link");
            findings.push(finding.at_path(&file.path).help("put the file itself into the project"));
            continue;
        }
        match request::read(file) {
            Ok(request) => requests.push(request),
            Err(wrong) => findings.extend(wrong),
        }
    }
    Ok(if findings.is_empty() { Ok(requests) } else { Err(findings) })
}

impl Smoked {
    /// Nothing ran.
    fn unstarted(findings: Vec<Finding>) -> Self {
        let evidence =
            SmokeEvidence { ready_seconds: None, requests: 0, failed: 0, log: LOG.into(), tail: Vec::new() };
        Self { evidence, metrics: BTreeMap::new(), findings }
    }
}

/// One trial of one image.
struct Trial<'a> {
    engine: &'a Engine,
    smoke: &'a Smoke,
    requests: &'a [Request],
    port: u16,
    smoked: Smoked,
}

impl Trial<'_> {
    async fn run(
        &mut self,
        connection: &Connection,
        image: ImageId,
        log: &mut crate::engine::Stream,
    ) -> Result<()> {
        let client = Client::new(self.engine.clock)?;
        let spec = Server::spec(self.engine, image, self.smoke, self.port);
        let container = match Container::create(connection, &spec).await {
            Ok(container) => container,
            Err(Trouble::Refused(why)) => return self.refused(why),
            Err(Trouble::Fault(fault)) => return Err(fault),
        };
        let mut server = Server::new(container, log, self.port).await?;
        let tried = self.try_server(&client, &mut server).await;
        // Nobody wants to hear the last words of a server that did well, or who was interrupted.
        let wants_words = tried.is_ok() && !self.smoked.findings.is_empty();
        let closed = server.close(wants_words, self.engine).await;
        tried.and(closed)
    }

    fn refused(&mut self, why: String) -> Result<()> {
        self.smoked.findings.push(
            Finding::error(
                "smoke-not-started",
                format!("the engine does not start the image's server: {why}"),
            )
            .help("correct image.smoke, or the image"),
        );
        Ok(())
    }

    async fn try_server(&mut self, client: &Client, server: &mut Server<'_>) -> Result<()> {
        let stopwatch = self.engine.clock.start();
        match server.container().start().await {
            Ok(()) => {}
            Err(Trouble::Refused(why)) => return self.refused(why),
            Err(Trouble::Fault(fault)) => return Err(fault),
        }
        let address = match server.wait(client, self.smoke, self.engine).await? {
            Waited::Ready(address) => address,
            Waited::Exited(exit) => {
                self.smoked.findings.push(exited(exit, self.smoke.memory, "before it was ready"));
                return Ok(());
            }
            Waited::Never(last) => {
                self.smoked.findings.push(self.not_ready(&last));
                return Ok(());
            }
            Waited::Interrupted => return Err(interrupted()),
        };
        let ready_seconds = stopwatch.seconds();
        self.smoked.evidence.ready_seconds = Some(ready_seconds);
        let mut asked = Asked::default();
        let done = {
            let mut interrupt = self.engine.interrupt.clone();
            let ask = async {
                for request in self.requests {
                    asked.ask(client, &address, request, self.smoke.repeat).await;
                }
            };
            let work = async {
                tokio::select! {
                    biased;
                    _ = interrupt.wait(1) => false,
                    () = ask => true,
                }
            };
            server.during(work).await?
        };
        let hung_up = |finding: &Finding| finding.code == NO_ANSWER;
        let exit = match done {
            Ok(false) => return Err(interrupted()),
            Err(exit) => Some(exit),
            // Who hangs up may be dying: then that is what is wrong.
            Ok(true) if asked.findings.iter().any(hung_up) => server.ended_meanwhile().await,
            Ok(true) => None,
        };
        if let Some(exit) = exit {
            asked.findings.retain(|finding| !hung_up(finding));
            let (name, file) = asked.latest.take().unwrap_or_default();
            let finding = exited(exit, self.smoke.memory, &format!("while it was asked {name}"));
            self.smoked.findings.push(finding.at_path(file));
        }
        self.smoked.evidence.requests = asked.sent;
        self.smoked.evidence.failed = asked.failed;
        self.smoked.findings.append(&mut asked.findings);
        self.smoked.metrics = latency::metrics(asked.latencies, Some(ready_seconds));
        Ok(())
    }

    fn not_ready(&self, last: &Ready) -> Finding {
        let (port, path) = (self.port, crate::document::shown(&self.smoke.ready));
        let limit = humantime::format_duration(self.smoke.timeout);
        let (heard, help) = match last {
            Ready::Yes => ("it answers".to_owned(), "raise image.smoke.timeout"),
            Ready::Status(status) => (
                format!("the last answer was {status}"),
                "correct image.smoke.ready, look at the log, or raise image.smoke.timeout",
            ),
            Ready::Refused | Ready::Closed => (
                format!("nobody takes connections on port {port}"),
                "let the server listen on 0.0.0.0 and not on 127.0.0.1, correct image.smoke.port, or raise \
                 image.smoke.timeout",
            ),
            Ready::Other(why) => (why.clone(), "look at the log, or raise image.smoke.timeout"),
        };
        let message = format!("the server was not ready within {limit}: GET {path}: {heard}");
        Finding::error("smoke-not-ready", message).help(help)
    }
}

fn exited(exit: Exit, memory: Option<u64>, when: &str) -> Finding {
    let Exit { code, out_of_memory } = exit;
    let (why, help) = match (out_of_memory, memory) {
        (true, Some(limit)) => (
            format!(
                ", killed because it wanted more memory than the {} of image.smoke.memory",
                number::bytes(limit)
            ),
            "raise image.smoke.memory, or let the server need less",
        ),
        (true, None) => (", killed because memory ran out".to_owned(), "let the server need less memory"),
        (false, _) => (String::new(), "look at the last lines of its output"),
    };
    Finding::error("smoke-exited", format!("the server ended {when}, with exit code {code}{why}")).help(help)
}
