//! One script on this machine: command after command.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::{child_variables, missing_secrets, secret_values};
use super::group::{self, Exited, Group, MARK};
use super::mask::Mask;
use super::redact::Redaction;
use super::shell;
use super::stream::{self, KEPT, Reader, Stream};
use super::supervise::{self, End, Patience};
use super::{Capture, Engine, Ran, Variables};
use crate::clock::Stopwatch;
use crate::config::{Command, Script};
use crate::fault::{Fault, Result};
use crate::number;
use crate::record::CommandEvidence;
use crate::step::Step;

/// How a command ended that was stopped, or never started, because somebody wants us to stop.
pub(super) const INTERRUPTED: &str = "interrupted";

/// What the commands of one script have in common.
struct Bench<'a> {
    engine: &'a Engine,
    step: Step,
    capture: Capture,
    folder: PathBuf,
    timeout: Option<Duration>,
    variables: Variables,
    secrets: Vec<OsString>,
    /// Why no command can start.
    refusal: Option<String>,
    patience: Patience,
}

/// A command that runs.
struct Running {
    group: Group,
    exited: Exited,
    /// Of what is shown, and of what is captured.
    readers: Vec<Reader>,
    stopwatch: Stopwatch,
}

/// What the attempt to start a command came to.
enum Started {
    Running(Running),
    /// It did not start, through no fault of the world. `code` is the exit code that a shell would give.
    Refused {
        code: Option<i32>,
        why: String,
        output: Stream,
    },
}

/// How a command ended, before it is written down.
struct Finished {
    ended: String,
    code: Option<i32>,
    success: bool,
    seconds: f64,
    cpu_seconds: f64,
    peak_memory_bytes: u64,
    output: Option<Stream>,
    stdout: Option<Stream>,
}

impl Finished {
    /// A command that did not run; `output` says why.
    fn unstarted(ended: String, code: Option<i32>, output: Stream) -> Self {
        Self {
            ended,
            code,
            success: false,
            seconds: 0.0,
            cpu_seconds: 0.0,
            peak_memory_bytes: 0,
            output: Some(output),
            stdout: None,
        }
    }
}

/// Runs the commands of a script; see [`Engine::run_on`].
pub async fn run(
    engine: &Engine,
    (step, before): (Step, usize),
    script: &Script,
    capture: Capture,
    patience: Patience,
) -> Result<Vec<Ran>> {
    let (variables, withheld) = child_variables(&engine.variables, script);
    if !withheld.is_empty() && !script.commands.is_empty() {
        engine.console.detail(&format!("kept from the commands of {step}: {}", withheld.join(", ")));
    }
    let folder = engine.root.join(&script.working_directory);
    let bench = Bench {
        engine,
        step,
        capture,
        refusal: refusal(&engine.variables, step, script, &folder),
        folder,
        timeout: script.timeout,
        variables,
        secrets: [secret_values(&engine.variables, script), engine.secrets.clone()].concat(),
        patience,
    };
    let mut done = Vec::new();
    for (index, command) in script.commands.iter().enumerate() {
        let ran = bench.run(before + index, command).await?;
        hint(engine, step, &withheld, &ran);
        let is_last = ran.evidence.ended == INTERRUPTED
            || bench.refusal.is_some()
            || (!ran.success && capture == Capture::No);
        done.push(ran);
        if is_last {
            break;
        }
    }
    Ok(done)
}

/// Why no command of the script can start: not the world's fault, but the project's.
pub(super) fn refusal(variables: &Variables, step: Step, script: &Script, folder: &Path) -> Option<String> {
    let missing = missing_secrets(variables, script);
    if !missing.is_empty() {
        let (names, verb) = (missing.join(", "), if missing.len() == 1 { "is" } else { "are" });
        return Some(format!("{names} {verb} named in {step}.secrets and {verb} not set, or empty"));
    }
    if !folder.is_dir() {
        let directory = &script.working_directory;
        return Some(format!("the working directory {directory} of {step} is not there, or is not a folder"));
    }
    None
}

/// A command that failed and speaks of a variable that was kept from it probably wanted it.
fn hint(engine: &Engine, step: Step, withheld: &[String], ran: &Ran) {
    let is_in = |line: &str, name: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let speaks_of = |name: &&String| ran.evidence.tail.iter().any(|line| is_in(line, name));
    for name in withheld.iter().filter(speaks_of) {
        engine.console.note(&format!("{name} is kept from commands unless {step}.secrets names it"));
    }
}

impl Bench<'_> {
    async fn run(&self, index: usize, command: &Command) -> Result<Ran> {
        let title = Redaction::new(&self.secrets).text(&shell::typed(command));
        let console = &self.engine.console;
        console.command_begins(self.step, &title);
        let finished = self.finish(index, command).await;
        let tail = match &finished {
            Ok(finished) if !finished.success => self.tail(finished),
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
                log: self.log(index),
                tail,
            },
            success: finished.success,
            code: finished.code,
            stdout: finished.stdout.and_then(|stdout| stdout.kept).unwrap_or_default(),
        })
    }

    /// The last lines of what was shown, or of what was captured when nothing was shown.
    fn tail(&self, finished: &Finished) -> Vec<String> {
        let lines = |stream: &Option<Stream>| stream.as_ref().map(|stream| stream.tail.lines());
        let shown = lines(&finished.output).unwrap_or_default();
        if shown.is_empty() { lines(&finished.stdout).unwrap_or_default() } else { shown }
    }

    async fn finish(&self, index: usize, command: &Command) -> Result<Finished> {
        self.begin_log(index)?;
        let output = self.stream(index, true)?;
        if self.engine.interrupt.raised().is_some() {
            return Ok(Finished::unstarted(INTERRUPTED.into(), None, output));
        }
        match self.start(index, command, output)? {
            Started::Running(running) => self.see_through(index, running).await,
            Started::Refused { code, why, mut output } => {
                output.say(&Redaction::new(&self.secrets).text(&why));
                let ended = code.map_or_else(|| "not started".into(), |code| format!("exit {code}"));
                Ok(Finished::unstarted(ended, code, output))
            }
        }
    }

    fn start(&self, index: usize, command: &Command, output: Stream) -> Result<Started> {
        let refused = |code, why, output| Ok(Started::Refused { code, why, output });
        if let Some(why) = &self.refusal {
            return refused(None, why.clone(), output);
        }
        let process = shell::process(command, &self.folder, &self.engine.variables, &self.variables);
        let mut process = match process {
            Ok(process) => process,
            Err(why) => return refused(None, why, output),
        };
        let mark = random_mark();
        process
            .env("MODELGATE_STEP", self.step.word())
            .env("MODELGATE_RUN_DIR", &self.engine.run_dir)
            .envs(mark.as_ref().map(|mark| (MARK, mark)));

        let connect = |error| Fault::new("connect a command's output", error);
        let (from_output, to_output) = std::io::pipe().map_err(connect)?;
        let mut from_stdout = None;
        match self.capture {
            Capture::No => process.stdout(to_output.try_clone().map_err(connect)?),
            Capture::Stdout => {
                let (from, to) = std::io::pipe().map_err(connect)?;
                from_stdout = Some((from, self.stream(index, false)?.keeping()));
                process.stdout(to)
            }
        };
        process.stderr(to_output);

        let stopwatch = self.engine.clock.start();
        let child = match process.spawn() {
            Ok(child) => child,
            Err(error) => match shell::refusal(process.get_program(), &self.folder, &error) {
                Some((code, why)) => return refused(code, why, output),
                None => return Err(Fault::new(format!("start «{}»", shell::typed(command)), error)),
            },
        };
        // It holds our ends for writing; as long as they are open the output has no end.
        drop(process);
        let thread = |error| Fault::new("start a thread", error);
        let (group, exited) = Group::new(child, mark).map_err(thread)?;
        let mut readers = vec![Reader::start(from_output, output).map_err(thread)?];
        if let Some((pipe, stream)) = from_stdout {
            readers.push(Reader::start(pipe, stream).map_err(thread)?);
        }
        Ok(Started::Running(Running { group, exited, readers, stopwatch }))
    }

    async fn see_through(&self, index: usize, running: Running) -> Result<Finished> {
        let Running { group, mut exited, mut readers, stopwatch } = running;
        let (patience, console) = (self.patience, &self.engine.console);
        let mut interrupt = self.engine.interrupt.clone();
        let broken = stream::any_broken(&readers);
        let end = supervise::until_exit(&group, &mut exited, broken, self.timeout, &mut interrupt, patience)
            .await?;
        let seconds = stopwatch.seconds();
        supervise::end_left_overs(&group, end, &mut interrupt, patience, console).await;
        let usage = group.reap().map_err(|error| Fault::new("learn how a command ended", error))?;
        supervise::drain(&mut readers, &mut interrupt, patience, console).await;
        if end == End::Exited && group::looks_out_of_memory(usage.status) {
            console.note("it was killed from outside, as the kernel does when memory runs out");
        }

        let mut streams = readers.into_iter().map(Reader::close);
        let mut output = self.whole(index, streams.next().flatten())?;
        let stdout = streams.next().map(|stream| self.whole(index, stream)).transpose()?;
        let (mut ended, mut code) = match end {
            End::Exited | End::Broken => group::ended(usage.status),
            End::TimedOut(limit) => (format!("timed out after {}", humantime::format_duration(limit)), None),
            End::Interrupted(_) => (INTERRUPTED.to_owned(), None),
        };
        if stdout.as_ref().is_some_and(|stdout| stdout.overflowed) {
            output.say(&format!(
                "it wrote more than {} to its standard output, more than is read",
                number::bytes(KEPT as u64)
            ));
            ended.push_str(", too much output");
            code = None;
        }
        Ok(Finished {
            success: code == Some(0),
            code,
            ended,
            seconds,
            cpu_seconds: (usage.cpu_seconds * 1000.0).round() / 1000.0,
            peak_memory_bytes: usage.peak_memory_bytes,
            output: Some(output),
            stdout,
        })
    }

    fn log(&self, index: usize) -> String {
        log_of(self.step, index)
    }

    fn begin_log(&self, index: usize) -> Result<()> {
        begin_log(&self.engine.run_dir, &self.log(index))
    }

    /// Every stream of a command adds to its one log.
    fn stream(&self, index: usize, is_shown: bool) -> Result<Stream> {
        let path = self.engine.run_dir.join(self.log(index));
        let file = File::options().append(true).open(&path);
        let file = file.map_err(|error| Fault::file("write", &path, error))?;
        let console = is_shown.then(|| self.engine.console.clone());
        Ok(Stream::new(Mask::new(&self.secrets), file, console))
    }

    /// A stream that got everything into its log.
    fn whole(&self, index: usize, stream: Option<Stream>) -> Result<Stream> {
        let mut stream = stream.ok_or_else(|| Fault::new("read a command's output", "its reader is gone"))?;
        match stream.broken.take() {
            Some(error) => Err(Fault::file("write", &self.engine.run_dir.join(self.log(index)), error)),
            None => Ok(stream),
        }
    }
}

/// The path of a command's log relative to the run's folder: `logs/train.log`, then `logs/train-2.log` …
pub(super) fn log_of(step: Step, index: usize) -> String {
    match index {
        0 => format!("logs/{step}.log"),
        _ => format!("logs/{step}-{}.log", index + 1),
    }
}

/// An empty log in the run's folder, and the folder for it.
pub(super) fn begin_log(run_dir: &Path, log: &str) -> Result<()> {
    let path = run_dir.join(log);
    let folder = path.parent().unwrap_or(run_dir);
    std::fs::create_dir_all(folder).map_err(|error| Fault::file("make", folder, error))?;
    File::create(&path).map(drop).map_err(|error| Fault::file("write", &path, error))
}

/// What tells the processes of one command from all others; without randomness only its group is known.
fn random_mark() -> Option<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:016x}", u64::from_le_bytes(bytes)))
}
