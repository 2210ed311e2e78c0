//! One command in a container of its own.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::sleep;

use super::{Bench, INTERRUPTED, Place};
use crate::config::Command;
use crate::docker::{Container, Exit, Output, Spec, Trouble, Usage};
use crate::engine::group::signal_name;
use crate::engine::stream::Stream;
use crate::engine::supervise::End;
use crate::fault::{Fault, Result};
use crate::number;

use super::place::arguments;

/// How a command ended, before it is written down.
pub struct Finished {
    pub ended: String,
    pub code: Option<i32>,
    pub success: bool,
    pub seconds: f64,
    /// As far as it was seen while the command ran.
    pub cpu_seconds: f64,
    pub peak_memory_bytes: u64,
    pub output: Stream,
}

impl Finished {
    /// A command that did not run; `output` says why.
    pub fn unstarted(ended: &str, output: Stream) -> Self {
        Self {
            ended: ended.into(),
            code: None,
            success: false,
            seconds: 0.0,
            cpu_seconds: 0.0,
            peak_memory_bytes: 0,
            output,
        }
    }
}

/// Runs the command. Its container is gone afterwards, however it ended.
pub(super) async fn run(
    bench: &Bench<'_>,
    place: &Place,
    command: &Command,
    mut stream: Stream,
) -> Result<Finished> {
    let arguments = match arguments(command, place.has_bash) {
        Ok(arguments) => arguments,
        Err(why) => return Ok(refused(stream, &why)),
    };
    let spec = Spec { command: Some(arguments), ..place.spec.clone() };
    let container = match Container::create(&place.connection, &spec).await {
        Ok(container) => container,
        Err(Trouble::Refused(why)) => return Ok(refused(stream, &why)),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    let watched = watch(bench, &container, &mut stream).await;
    let closed = container.close().await;
    let watched = watched?;
    if let Err(fault) = closed {
        // It has ended, so that it can change nothing any more; the next run removes it.
        bench.engine.console.note(&fault.to_string());
    }
    Ok(match watched {
        Watched::Refused(why) => refused(stream, &why),
        Watched::Ended { end, exit, seconds, cpu_seconds, peak_memory_bytes } => {
            stream.finish();
            if end == End::Exited && exit.out_of_memory && exit.code != 0 {
                let why = out_of_memory(spec.memory);
                bench.engine.console.note(&why);
                stream.say(&why);
            }
            let (ended, code) = ended(end, exit);
            Finished {
                success: code == Some(0),
                ended,
                code,
                seconds,
                cpu_seconds,
                peak_memory_bytes,
                output: stream,
            }
        }
    })
}

fn refused(mut stream: Stream, why: &str) -> Finished {
    stream.say(why);
    Finished::unstarted("not started", stream)
}

enum Watched {
    /// The engine did not start it.
    Refused(String),
    Ended {
        end: End,
        exit: Exit,
        seconds: f64,
        cpu_seconds: f64,
        peak_memory_bytes: u64,
    },
}

async fn watch(bench: &Bench<'_>, container: &Container, stream: &mut Stream) -> Result<Watched> {
    let mut tap = Tap { output: container.output().await?, stream, has_ended: false };
    let stopwatch = bench.engine.clock.start();
    match container.start().await {
        Ok(()) => {}
        Err(Trouble::Refused(why)) => return Ok(Watched::Refused(why)),
        Err(Trouble::Fault(fault)) => return Err(fault),
    }
    let mut interrupt = bench.engine.interrupt.clone();
    let mut gauge = Gauge::default();
    let end = tokio::select! {
        biased;
        raised = interrupt.wait(1) => Err(End::Interrupted(raised.signal)),
        limit = limit(bench.script.timeout) => Err(End::TimedOut(limit)),
        exit = container.exited() => Ok(exit?),
        () = gauge.follow(container) => Err(End::Broken),
        () = tap.flow() => Err(End::Broken),
    };
    let (end, exit) = match end {
        Ok(exit) => (End::Exited, exit),
        Err(end) => {
            let stopped = container.stop(bench.patience.grace, &mut interrupt);
            let exit = tokio::select! {
                exit = stopped => exit?,
                () = tap.flow_on() => return Err(Fault::new("read a container's output", "it has no end")),
            };
            (end, exit)
        }
    };
    let seconds = stopwatch.seconds();
    // The container has ended: what it wrote is on its way.
    let is_whole = tokio::select! {
        () = tap.drain() => true,
        () = sleep(bench.patience.grace) => false,
        _ = interrupt.wait(2) => false,
    };
    if !is_whole {
        bench.engine.console.note("the engine did not give the end of the command's output");
    }
    let Gauge { last, peak } = gauge;
    let cpu_seconds = (last.cpu_seconds * 1000.0).round() / 1000.0;
    Ok(Watched::Ended { end, exit, seconds, cpu_seconds, peak_memory_bytes: peak })
}

async fn limit(timeout: Option<Duration>) -> Duration {
    match timeout {
        Some(limit) => {
            sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// The output of a container on its way into a stream.
struct Tap<'a> {
    output: Output,
    stream: &'a mut Stream,
    has_ended: bool,
}

impl Tap<'_> {
    /// Lets it flow. Comes back only when the log cannot be written.
    async fn flow(&mut self) {
        self.drain().await;
        if self.stream.broken.is_none() {
            std::future::pending().await
        }
    }

    /// Lets it flow, and pours it away once the log cannot be written.
    async fn flow_on(&mut self) {
        self.drain().await;
        while !self.has_ended {
            self.has_ended = self.output.next().await.is_none();
        }
        std::future::pending().await
    }

    /// Lets it flow until it ends, or the log cannot be written.
    async fn drain(&mut self) {
        while !self.has_ended && self.stream.broken.is_none() {
            match self.output.next().await {
                Some(Ok(piece)) => drop(self.stream.take(&piece.bytes)),
                // Where the engine is gone, the wait for the exit says so.
                Some(Err(_)) | None => self.has_ended = true,
            }
        }
    }
}

/// What a container was seen to use.
#[derive(Default)]
struct Gauge {
    last: Usage,
    peak: u64,
}

impl Gauge {
    /// Looks again and again; never comes back.
    async fn follow(&mut self, container: &Container) {
        let mut usage = std::pin::pin!(container.usage());
        while let Some(usage) = usage.next().await {
            // Once it has ended, the engine tells zeros.
            if usage.cpu_seconds >= self.last.cpu_seconds {
                self.last = usage;
            }
            self.peak = self.peak.max(usage.memory_bytes);
        }
        std::future::pending().await
    }
}

fn ended(end: End, exit: Exit) -> (String, Option<i32>) {
    match end {
        End::Exited | End::Broken => {}
        End::TimedOut(limit) => {
            return (format!("timed out after {}", humantime::format_duration(limit)), None);
        }
        End::Interrupted(_) => return (INTERRUPTED.to_owned(), None),
    }
    let code = i32::try_from(exit.code).unwrap_or(-1);
    // The container's first process gives the signal that ended the command in this way, as a shell does.
    let signal = code.checked_sub(128).filter(|signal| *signal > 0);
    match signal.map(|signal| (signal, signal_name(signal))) {
        Some((signal, name)) if !name.is_empty() => (format!("signal {signal}{name}"), None),
        _ => (format!("exit {code}"), Some(code)),
    }
}

fn out_of_memory(limit: Option<u64>) -> String {
    match limit {
        Some(limit) => {
            format!("killed for memory: it wanted more than the {} of docker.memory", number::bytes(limit))
        }
        None => "killed for memory: the machine of the engine had none left".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_as_on_this_machine() {
        let of = |code| ended(End::Exited, Exit { code, out_of_memory: false });
        assert_eq!(of(0), ("exit 0".into(), Some(0)));
        assert_eq!(of(126), ("exit 126".into(), Some(126)));
        assert_eq!(of(255), ("exit 255".into(), Some(255)));
        #[cfg(unix)]
        assert_eq!(of(137), ("signal 9 (SIGKILL)".into(), None));
    }
}
