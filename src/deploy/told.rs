//! What goes wrong with a delivery, on any forge.

use crate::finding::Finding;
use crate::forge::rest::Trouble;

/// The code of a delivery that failed.
pub(super) const FAILED: &str = "delivery-failed";
/// The code of one of which nobody can say whether it was started, or how it ended.
pub(super) const UNKNOWN: &str = "delivery-unknown";
/// The code of one that had not ended when we no longer waited.
pub(super) const UNFINISHED: &str = "delivery-unfinished";
/// The code of one that goes on when a person lets it.
pub(super) const BLOCKED: &str = "delivery-blocked";

/// What the forge did not do. `help` goes before the remedy that the trouble itself has.
pub(super) fn failed(trouble: &Trouble, doing: &str, help: Option<String>) -> Finding {
    let fault = trouble.fault(doing);
    let help = help.or_else(|| fault.remedy().map(str::to_owned));
    let finding = Finding::error(FAILED, fault.to_string());
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Where a person looks: a page, or where all `runs` are.
pub(super) fn look(page: Option<&str>, runs: &str) -> String {
    match page {
        Some(page) => format!("look at {page}"),
        None => format!("look at {runs}"),
    }
}
