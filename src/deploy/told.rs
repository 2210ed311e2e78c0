//! The codes of what goes wrong with a delivery.

/// The code of a delivery that failed.
pub(super) const FAILED: &str = "delivery-failed";
/// The code of one of which nobody can say whether it was started, or how it ended.
pub(super) const UNKNOWN: &str = "delivery-unknown";
/// The code of one that had not ended when we no longer waited.
pub(super) const UNFINISHED: &str = "delivery-unfinished";
/// The code of one that goes on when a person lets it.
pub(super) const BLOCKED: &str = "delivery-blocked";

/// Where a person looks: a page, or where all `runs` are.
pub(super) fn look(page: Option<&str>, runs: &str) -> String {
    match page {
        Some(page) => format!("look at {page}"),
        None => format!("look at {runs}"),
    }
}
