//! The panics of the libraries that read Parquet and Arrow: some of the lengths in a damaged file are taken on trust.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::columnar::damaged;
use super::trouble::Stop;

thread_local! {
    /// Whether this thread is in a call that gets over a panic.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Reads something, and gets over it where the reader does not.
pub fn guarded<T>(path: &str, read: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    let outside = GUARDED.replace(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(outside);
    read.unwrap_or_else(|_| Err(damaged(path, "reading it broke off")))
}

/// From now on nothing is printed about a panic that becomes a finding. All others are told as before.
pub fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            // A thread that is ending has no flag any more, and guards nothing.
            if !GUARDED.try_with(Cell::get).unwrap_or(false) {
                usual(panic);
            }
        }));
    });
}
