//! Trying again what may pass.

use std::time::Duration;

use super::trouble::Trouble;

/// How long we wait before each further try.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3)];

/// Waits before the next try; false where there have been enough.
pub(super) async fn wait(tries: usize, trouble: &Trouble) -> bool {
    let Some(pause) = PAUSES.get(tries) else { return false };
    // Jobs that were started together and refused together should not come back together.
    let spread = getrandom::u32().map_or(1.0, |number| 0.75 + 0.5 * f64::from(number) / f64::from(u32::MAX));
    tokio::time::sleep(trouble.after.unwrap_or(pause.mul_f64(spread))).await;
    true
}

/// Does it, and again where what went wrong may pass.
pub(super) async fn persistently<T, F>(mut once: impl FnMut() -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, Trouble>>,
{
    let mut tries = 0;
    loop {
        match once().await {
            Err(trouble) if trouble.is_passing() && wait(tries, &trouble).await => tries += 1,
            done => return done,
        }
    }
}
