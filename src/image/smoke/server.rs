//! The image's server: started, waited for, watched, removed.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::sleep;

use super::client::{Client, Ready};
use crate::config::{Command, Smoke};
use crate::docker::{Connection, Container, Exit, ImageId, Output, Spec};
use crate::engine::{Engine, Stream};
use crate::fault::{Fault, Result};
use crate::finding::Finding;

/// The pause before the server is asked a second time whether it is ready; it grows to the second one.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(250);
/// How long a server may take to write its last words.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The port that the server listens on.
///
/// # Errors
/// The world failed. That nothing says which port it is is a finding.
pub async fn port(
    connection: &Connection,
    image: ImageId,
    smoke: &Smoke,
) -> Result<std::result::Result<u16, Finding>> {
    if let Some(port) = smoke.port {
        return Ok(Ok(port));
    }
    let image = image.to_string();
    let asked = connection.api.inspect_image(&image);
    let asked = tokio::time::timeout(Duration::from_secs(30), asked).await;
    let inspected = asked
        .map_err(|_| Fault::new("look at the image", "the engine did not answer within 30 s"))?
        .map_err(|error| Fault::new("look at the image", error))?;
    let exposed = inspected.config.unwrap_or_default().exposed_ports.unwrap_or_default();
    Ok(one_port(exposed))
}

fn one_port(mut exposed: Vec<String>) -> std::result::Result<u16, Finding> {
    exposed.retain(|port| !port.ends_with("/udp") && !port.ends_with("/sctp"));
    exposed.sort();
    let wrong = |message: String| {
        Finding::error("smoke-port", message)
            .help("write the port of the server, such as `image.smoke.port: 8080`")
    };
    match exposed.as_slice() {
        [] => Err(wrong("the image exposes no port, and image.smoke.port names none".into())),
        [port] => {
            let number = port.split('/').next().and_then(|port| port.parse().ok());
            number.ok_or_else(|| wrong(format!("the image exposes {port}, which is no single port")))
        }
        ports => Err(wrong(format!("the image exposes more than one port: {}", ports.join(", ")))),
    }
}

/// A server in a container.
pub struct Server<'a> {
    container: Container,
    output: Output,
    log: &'a mut Stream,
    has_ended: bool,
    port: u16,
}

/// How the wait for a server ended.
pub enum Waited {
    /// It is ready, at this address.
    Ready(String),
    /// It has ended instead.
    Exited(Exit),
    /// It was never ready; the last that was heard of it.
    Never(Ready),
    /// Somebody wants us to stop.
    Interrupted,
}

impl<'a> Server<'a> {
    /// What is started.
    pub fn spec(engine: &Engine, image: ImageId, smoke: &Smoke, port: u16) -> Spec {
        let command = smoke.run.as_ref().map(|run| match run {
            Command::Shell(text) => ["sh", "-c", text].map(str::to_owned).to_vec(),
            Command::Arguments(arguments) => arguments.clone(),
        });
        let mut env: Vec<(String, String)> =
            smoke.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if !smoke.env.contains_key("PYTHONUNBUFFERED") {
            // What Python keeps back would be lost with the container.
            env.push(("PYTHONUNBUFFERED".into(), "1".into()));
        }
        Spec {
            image: image.to_string(),
            command,
            env,
            memory: smoke.memory,
            nano_cpus: smoke.nano_cpus,
            network: "bridge".into(),
            port: Some(port),
            owner: engine.run_dir.clone(),
            ..Spec::default()
        }
    }

    /// A server in a container that does not run yet.
    ///
    /// # Errors
    /// The world failed.
    pub async fn new(container: Container, log: &'a mut Stream, port: u16) -> Result<Self> {
        match container.output().await {
            Ok(output) => Ok(Self { container, output, log, has_ended: false, port }),
            Err(fault) => {
                let _ = container.close().await;
                Err(fault)
            }
        }
    }

    /// Its container.
    pub const fn container(&self) -> &Container {
        &self.container
    }

    /// Waits until `ready` answers, as long as it may take.
    ///
    /// # Errors
    /// The world failed.
    pub async fn wait(&mut self, client: &Client, smoke: &Smoke, engine: &Engine) -> Result<Waited> {
        let mut interrupt = engine.interrupt.clone();
        let (container, mut last) = (&self.container, Ready::Refused);
        let ready = async {
            let mut pause = FIRST;
            loop {
                for address in container.addresses(self.port).await? {
                    match client.ready(&address, &smoke.ready).await {
                        Ready::Yes => return Ok(address),
                        // The published port is not to be seen from here, as where we are in a container ourselves:
                        // the server's own address may be.
                        Ready::Refused => last = Ready::Refused,
                        other => {
                            last = other;
                            break;
                        }
                    }
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        };
        let flow = flow(&mut self.output, self.log, &mut self.has_ended);
        tokio::select! {
            biased;
            _ = interrupt.wait(1) => Ok(Waited::Interrupted),
            exit = container.exited() => Ok(Waited::Exited(exit?)),
            () = sleep(smoke.timeout) => Ok(Waited::Never(last.clone())),
            address = ready => address.map(Waited::Ready),
            () = flow => Ok(Waited::Never(last.clone())),
        }
    }

    /// Does the work while the server runs; its exit, where that came first.
    ///
    /// # Errors
    /// The world failed.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<std::result::Result<T, Exit>> {
        let flow = flow(&mut self.output, self.log, &mut self.has_ended);
        tokio::select! {
            biased;
            done = work => Ok(Ok(done)),
            exit = self.container.exited() => Ok(Err(exit?)),
            () = flow => Err(Fault::new("read the server's output", "it ended before the server")),
        }
    }

    /// How it ended, where it ends within the time that its last words may take.
    pub async fn ended_meanwhile(&mut self) -> Option<Exit> {
        let flow = flow(&mut self.output, self.log, &mut self.has_ended);
        tokio::select! {
            exit = self.container.exited() => exit.ok(),
            () = sleep(LAST_WORDS) => None,
            () = flow => None,
        }
    }

    /// Ends and removes it. With `wants_words` it is asked to end, for what it has to say; else it is only removed.
    ///
    /// # Errors
    /// The container cannot be removed, or the log cannot be written.
    pub async fn close(mut self, wants_words: bool, engine: &Engine) -> Result<()> {
        if wants_words {
            let mut interrupt = engine.interrupt.clone();
            let stopped = self.container.stop(LAST_WORDS, &mut interrupt);
            let flow = flow(&mut self.output, self.log, &mut self.has_ended);
            tokio::select! {
                _ = stopped => {}
                () = flow => {}
            }
        }
        let removed = self.container.close().await;
        let rest = async {
            while !self.has_ended && self.log.broken.is_none() {
                drink(&mut self.output, self.log, &mut self.has_ended).await;
            }
        };
        let _ = tokio::time::timeout(LAST_WORDS, rest).await;
        self.log.finish();
        removed
    }
}

/// Lets the output flow into the log. Never comes back.
async fn flow(output: &mut Output, log: &mut Stream, has_ended: &mut bool) {
    while !*has_ended {
        drink(output, log, has_ended).await;
    }
    std::future::pending().await
}

async fn drink(output: &mut Output, log: &mut Stream, has_ended: &mut bool) {
    match output.next().await {
        // A log that cannot be written is told at the end; until then the server must not be held up.
        Some(Ok(piece)) if log.broken.is_none() => drop(log.take(&piece.bytes)),
        Some(Ok(_)) => {}
        Some(Err(_)) | None => *has_ended = true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_one_port_that_an_image_exposes_is_its_server_s() {
        let of = |ports: &[&str]| one_port(ports.iter().map(|port| (*port).into()).collect());
        assert_eq!(of(&["8080/tcp"]).unwrap(), 8080);
        assert_eq!(of(&["8080", "53/udp"]).unwrap(), 8080);
        assert!(of(&[]).unwrap_err().message.contains("exposes no port"));
        assert!(of(&["9090/tcp", "8080/tcp"]).unwrap_err().message.ends_with("8080/tcp, 9090/tcp"));
        assert!(of(&["8080-8090/tcp"]).is_err());
    }
}
