//! Follows a run to its end.

use std::time::Duration;

use super::target::{Course, Missed, Run, Target};
use super::{PACE, Shipment};

/// The longest pause, as a multiple of the first.
const SLOWEST: u32 = 15;
/// How often a run may be missing at first: it takes a while until it is to be seen.
const MISSES: u32 = 3;

/// How often a run must be seen to wait for a person: it may say so for a moment when it begins.
const BLOCKED: u32 = 3;

/// What the waiting came to.
pub(super) enum Watched {
    /// It has ended.
    Ended(Run),
    /// It takes longer than we wait.
    TimedOut,
    /// Somebody has stopped us.
    Stopped,
    /// It can no longer be seen, and why.
    Lost(String),
}

/// Waits until a run has ended. The pauses grow; what the world does to a look is looked over until time is up.
pub(super) async fn follow(
    shipment: &Shipment<'_>,
    target: &dyn Target,
    run: u64,
    timeout: Duration,
) -> Watched {
    let watch = shipment.clock.start();
    let mut pause = PACE;
    let (mut misses, mut blocked) = (0, 0);
    let mut interrupt = shipment.interrupt.clone();
    loop {
        match target.look(run).await {
            Ok(Run { course: Course::UnderWay, .. }) => blocked = 0,
            Ok(Run { course: Course::Blocked, .. }) if blocked + 1 < BLOCKED => blocked += 1,
            Ok(run) => return Watched::Ended(run),
            Err(Missed::Gone(_)) if misses < MISSES => misses += 1,
            Err(Missed::Passing(why)) => {
                shipment.console.detail(&format!("the run {run} cannot be looked at: {why}"));
            }
            Err(missed) => return Watched::Lost(missed.why().to_owned()),
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
