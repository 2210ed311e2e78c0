//! One script in containers: command after command, each in one of its own.
//!
//! The project is in the container at the same path as here, so that paths in outputs agree; the folder of the run is
//! hidden from it. A command sees the variables of its script, the secrets that it names, and nothing of ours.

mod command;
mod place;

use std::ffi::OsString;

use super::environment::secret_values;
use super::local::{self, INTERRUPTED};
use super::redact::Redaction;
use super::shell;
use super::stream::Stream;
use super::supervise::Patience;
use super::{Engine, Ran};
use crate::config::{Command, Container, Script};
use crate::docker::sweep;
use crate::fault::{Fault, Result};
use crate::record::CommandEvidence;
use crate::step::Step;

use command::Finished;
use place::Place;

/// What the commands of one script have in common.
struct Bench<'a> {
    engine: &'a Engine,
    step: Step,
    script: &'a Script,
    container: &'a Container,
    secrets: Vec<OsString>,
    /// Why no command can start.
    refusal: Option<String>,
    patience: Patience,
    /// Where they run, once that is known.
    place: Option<Place>,
}

/// Runs the commands of a script; see [`Engine::run_on`].
pub async fn run(
    engine: &Engine,
    (step, before): (Step, usize),
    script: &Script,
    container: &Container,
    patience: Patience,
) -> Result<Vec<Ran>> {
    let folder = engine.root.join(&script.working_directory);
    let no_image = || {
        (container.image.is_none() && engine.image.is_none()).then(|| {
            format!("no image to run {step} in: name one as {step}.docker.image, or add the section image")
        })
    };
    let mut bench = Bench {
        engine,
        step,
        script,
        container,
        secrets: [secret_values(&engine.variables, script), engine.secrets.clone()].concat(),
        refusal: local::refusal(&engine.variables, step, script, &folder).or_else(no_image),
        patience,
        place: None,
    };
    let mut done = Vec::new();
    for (index, command) in script.commands.iter().enumerate() {
        let ran = bench.run(before + index, command).await?;
        let is_last = !ran.success;
        done.push(ran);
        if is_last {
            break;
        }
    }
    Ok(done)
}

impl Bench<'_> {
    async fn run(&mut self, index: usize, command: &Command) -> Result<Ran> {
        let title = Redaction::new(&self.secrets).text(&shell::typed(command));
        let console = self.engine.console.clone();
        console.command_begins(self.step, &title);
        let log = local::log_of(self.step, index);
        let finished = self.finish(&log, command).await;
        let tail = match &finished {
            Ok(finished) if !finished.success => finished.output.tail.lines(),
            _ => Vec::new(),
        };
        console.command_ended(&tail);
        let finished = finished?;
        Ok(Ran {
            evidence: CommandEvidence {
                command: title,
                ended: finished.ended,
                seconds: finished.seconds,
                cpu_seconds: finished.cpu_seconds,
                peak_memory_bytes: finished.peak_memory_bytes,
                log,
                tail,
            },
            success: finished.success,
            code: finished.code,
            stdout: Vec::new(),
        })
    }

    async fn finish(&mut self, log: &str, command: &Command) -> Result<Finished> {
        let mut output = self.log(log)?;
        if self.refusal.is_none() && self.engine.interrupt.raised().is_none() && self.place.is_none() {
            match self.look().await? {
                Ok(place) => self.place = place,
                Err(why) => self.refusal = Some(why),
            }
        }
        if self.engine.interrupt.raised().is_some() {
            return Ok(Finished::unstarted(INTERRUPTED, output));
        }
        let finished = match (&self.refusal, &self.place) {
            (None, Some(place)) => command::run(self, place, command, output).await?,
            (why, _) => {
                let why = why.as_deref().unwrap_or("there is no place to run it in");
                output.say(&Redaction::new(&self.secrets).text(why));
                Finished::unstarted("not started", output)
            }
        };
        match finished.output.broken {
            None => Ok(finished),
            Some(error) => Err(Fault::file("write", &self.engine.run_dir.join(log), error)),
        }
    }

    /// Looks where the commands can run, before the first of them: no place when somebody wants us to stop meanwhile;
    /// why there is none where that is the project's to mend.
    async fn look(&self) -> Result<std::result::Result<Option<Place>, String>> {
        let mut interrupt = self.engine.interrupt.clone();
        let connection = tokio::select! {
            biased;
            _ = interrupt.wait(1) => return Ok(Ok(None)),
            connection = self.engine.docker.connect() => connection?.clone(),
        };
        sweep(&connection, &self.engine.run_dir).await?;
        // The id is that of the image in the cache's key, also where it was found by its name.
        let image = match (self.engine.image, &self.container.image) {
            (Some(id), _) => id.to_string(),
            (None, Some(name)) => name.clone(),
            (None, None) => return Ok(Err("there is no image".into())),
        };
        place::look(self, &connection, image).await
    }

    /// The empty log of a command.
    fn log(&self, log: &str) -> Result<Stream> {
        Engine { secrets: self.secrets.clone(), ..self.engine.clone() }.log(log)
    }
}
