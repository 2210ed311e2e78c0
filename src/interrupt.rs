//! Somebody wants us to stop: Ctrl-C, or a runner that cancels the job.
//!
//! One raised hand that everything long-running looks at. `wire.rs` raises it when a signal comes. What is long enough to
//! be interrupted is long enough to be waited for, so that it also tells here how far it has come.

use std::sync::Arc;

use tokio::sync::watch;

use crate::progress::Progress;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: a person pressed Ctrl-C. Exit code 130.
    Interrupt,
    /// SIGTERM: a runner or a supervisor stops us. Exit code 143.
    Terminate,
}

/// Raised how often, and first by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised {
    /// The first signal.
    pub signal: Signal,
    /// How many signals came. From the second on nobody waits for a grace to pass.
    pub times: u32,
}

/// The looking side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Interrupt {
    hand: watch::Receiver<Option<Raised>>,
    progress: Progress,
}

/// The raising side.
#[derive(Debug, Clone)]
pub struct Hand(Arc<watch::Sender<Option<Raised>>>);

impl Hand {
    /// Raises it once more.
    pub fn raise(&self, signal: Signal) {
        self.0.send_modify(|raised| {
            *raised = Some(match *raised {
                None => Raised { signal, times: 1 },
                Some(before) => Raised { times: before.times + 1, ..before },
            });
        });
    }
}

impl Interrupt {
    /// Both sides.
    #[must_use]
    pub fn channel() -> (Hand, Self) {
        let (sender, receiver) = watch::channel(None);
        (Hand(Arc::new(sender)), Self { hand: receiver, progress: Progress::default() })
    }

    /// Where work tells how far it has come.
    #[must_use]
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What was raised so far.
    #[must_use]
    pub fn raised(&self) -> Option<Raised> {
        *self.hand.borrow()
    }

    /// Waits until it has been raised at least `times` times; for ever, when nobody can raise it any more.
    pub async fn wait(&mut self, times: u32) -> Raised {
        let enough = |raised: &Option<Raised>| raised.is_some_and(|raised| raised.times >= times);
        match self.hand.wait_for(enough).await.map(|raised| *raised) {
            Ok(Some(raised)) => raised,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_signal_counts_and_the_second_is_impatience() {
        let (hand, mut interrupt) = Interrupt::channel();
        assert_eq!(interrupt.raised(), None);
        hand.raise(Signal::Terminate);
        assert_eq!(interrupt.wait(1).await, Raised { signal: Signal::Terminate, times: 1 });
        hand.raise(Signal::Interrupt);
        assert_eq!(interrupt.wait(2).await, Raised { signal: Signal::Terminate, times: 2 });
    }
}
