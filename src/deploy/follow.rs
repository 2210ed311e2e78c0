//! Follows a workflow's run to its end.

use std::time::Duration;

use serde::Deserialize;

use super::{PACE, Shipment};
use crate::forge::github::api::Trouble;

/// The longest pause, as a multiple of the first.
const SLOWEST: u32 = 15;
/// How often a run may be missing at first: it takes a while until it is to be seen.
const MISSES: u32 = 3;

/// A run, as GitHub tells of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Run {
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    #[serde(default)]
    pub(super) html_url: Option<String>,
}

impl Run {
    /// Whether it has ended, and not well.
    pub(super) fn has_failed(&self) -> bool {
        self.has_ended() && !self.is_good()
    }

    pub(super) fn is_good(&self) -> bool {
        self.has_ended() && self.conclusion.as_deref() == Some("success")
    }

    fn has_ended(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }
}

/// What the waiting came to.
pub(super) enum Watched {
    /// It has ended.
    Ended(Run),
    /// It takes longer than we wait.
    TimedOut,
    /// Somebody has stopped us.
    Stopped,
    /// It can no longer be seen.
    Lost(Trouble),
}

/// A look at a run.
pub(super) async fn look(shipment: &Shipment<'_>, run: u64) -> Result<Run, Trouble> {
    let api = &shipment.remote.api;
    api.get(&api.path(&format!("actions/runs/{run}"))).await
}

/// Waits until a run has ended. The pauses grow; what the world does to a look is looked over until time is up.
pub(super) async fn follow(shipment: &Shipment<'_>, run: u64, timeout: Duration) -> Watched {
    let watch = shipment.clock.start();
    let mut pause = PACE;
    let mut misses = 0;
    let mut interrupt = shipment.interrupt.clone();
    loop {
        match look(shipment, run).await {
            Ok(run) if run.has_ended() => return Watched::Ended(run),
            Ok(_) => {}
            Err(Trouble::NotFound(_)) if misses < MISSES => misses += 1,
            Err(trouble) if trouble.may_pass() => {
                shipment.console.detail(&format!("the run {run} cannot be looked at: {trouble}"));
            }
            Err(trouble) => return Watched::Lost(trouble),
        }
        let left = timeout.saturating_sub(watch.elapsed());
        if left.is_zero() {
            return Watched::TimedOut;
        }
        tokio::select! {
            _ = interrupt.wait(1) => return Watched::Stopped,
            () = tokio::time::sleep(pause.min(left)) => {}
        }
        pause = (pause * 2).min(PACE * SLOWEST);
    }
}
