//! Watches over a running command: until it exits, then until nothing of it is left.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::group::{Ask, Exited, Group};
use super::stream::Reader;
use crate::console::Console;
use crate::fault::{Fault, Result};
use crate::interrupt::{Interrupt, Signal};

/// How long we wait for what ought to happen by itself.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a process that was asked to end, before it is killed.
    pub grace: Duration,
    /// For what a command leaves behind to end by itself: the reader of a pipe, a pool's tracker.
    pub settle: Duration,
    /// For a further byte from a pipe that somebody we do not know holds open.
    pub quiet: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(10),
            settle: Duration::from_secs(1),
            quiet: Duration::from_millis(500),
        }
    }
}

/// What ended a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It came to its own end.
    Exited,
    /// We ended it after this long.
    TimedOut(Duration),
    /// We ended it because of this signal.
    Interrupted(Signal),
    /// We ended it because its log could not be written.
    Broken,
}

/// Waits until the command itself has exited, and makes it exit on a timeout, an interrupt, or when
/// `broken` comes. A second interrupt lets no grace pass.
///
/// # Errors
/// It cannot be waited for, or it does not even end when it is killed.
pub async fn until_exit(
    group: &Group,
    exited: &mut Exited,
    broken: impl Future<Output = ()>,
    timeout: Option<Duration>,
    interrupt: &mut Interrupt,
    patience: Patience,
) -> Result<End> {
    let timed_out = async {
        match timeout {
            Some(limit) => {
                sleep(limit).await;
                limit
            }
            None => std::future::pending().await,
        }
    };
    let end = tokio::select! {
        biased;
        result = &mut *exited => return heard(result).map(|()| End::Exited),
        raised = interrupt.wait(1) => End::Interrupted(raised.signal),
        limit = timed_out => End::TimedOut(limit),
        () = broken => End::Broken,
    };
    group.ask(match end {
        End::Interrupted(Signal::Interrupt) => Ask::Interrupt,
        _ => Ask::Terminate,
    });
    tokio::select! {
        biased;
        result = &mut *exited => return heard(result).map(|()| end),
        () = sleep(patience.grace) => {}
        _ = interrupt.wait(2) => {}
    }
    group.ask(Ask::Kill);
    tokio::select! {
        result = &mut *exited => heard(result).map(|()| end),
        () = sleep(patience.grace) => Err(Fault::new("end a command", "it was killed and does not end")
            .help("the system holds it, as a dead network drive does; look at its state with ps")),
    }
}

fn heard(result: std::result::Result<io::Result<()>, oneshot::error::RecvError>) -> Result<()> {
    let result = result.unwrap_or_else(|_| Err(io::Error::other("the thread that waited for it is gone")));
    result.map_err(|error| Fault::new("wait for a command", error))
}

/// The command has exited: ends what it left behind, because what still runs could change what it made.
pub async fn end_left_overs(
    group: &Group,
    end: End,
    interrupt: &mut Interrupt,
    patience: Patience,
    console: &Console,
) {
    let settle = if end == End::Exited { patience.settle } else { Duration::ZERO };
    if !all_gone(group, settle, interrupt, None).await {
        if end == End::Exited {
            let rest = group.left_overs();
            console.note(&format!("the command left processes behind, which are ended: {}", rest.join(", ")));
        }
        group.ask(Ask::Terminate);
        if !all_gone(group, patience.grace, interrupt, None).await {
            group.ask(Ask::Kill);
            // Again and again, for a process may start another before it dies.
            all_gone(group, patience.grace, &mut interrupt.clone(), Some(Ask::Kill)).await;
        }
    }
}

/// Waits until nothing is left; says whether it came so. With `again` everything is asked at every look,
/// and no interrupt cuts it short.
async fn all_gone(group: &Group, limit: Duration, interrupt: &mut Interrupt, again: Option<Ask>) -> bool {
    // No event tells of processes that are not our children, so we look, and less and less often.
    let gone = async {
        let mut pause = Duration::from_millis(2);
        while !group.left_overs().is_empty() {
            if let Some(ask) = again {
                group.ask(ask);
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    };
    let impatience = async {
        match again {
            Some(_) => std::future::pending().await,
            None => interrupt.wait(2).await,
        }
    };
    tokio::select! {
        biased;
        () = gone => true,
        () = sleep(limit) => false,
        _ = impatience => false,
    }
}

/// Nothing that we know of is left: reads what is still in the pipes. When somebody we do not know holds one
/// open, we stop once it has been quiet for a while.
pub async fn drain(readers: &mut [Reader], interrupt: &mut Interrupt, patience: Patience, console: &Console) {
    let all = async {
        for reader in readers.iter_mut() {
            loop {
                tokio::select! {
                    biased;
                    has_ended = reader.next() => if has_ended { break },
                    () = sleep(patience.quiet) => return reader.has_ended(),
                }
            }
        }
        true
    };
    let is_whole = tokio::select! {
        is_whole = all => is_whole,
        () = sleep(patience.grace) => false,
        _ = interrupt.wait(2) => false,
    };
    if !is_whole {
        console.note(
            "a process that left the command's group still holds its output open; it is no longer read",
        );
    }
}
