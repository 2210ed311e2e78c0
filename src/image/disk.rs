//! Whether there is room for a build, and how the builder's cache is kept small.

use crate::docker::Connection;
use crate::fault::{Fault, Result};
use crate::finding::Finding;

/// Whether the engine's disk has room for a build, as far as that can be seen from here: `context` is the bytes
/// of the context, `last` the size of the latest image. An error says how much is missing, a warning that it is
/// tight; nothing when the engine is on another machine.
///
/// # Errors
/// The engine does not answer.
pub async fn preflight(_connection: &Connection, _context: u64, _last: Option<u64>) -> Result<Vec<Finding>> {
    Ok(Vec::new())
}

/// Takes out of the builder's cache what was not used for longest, until it holds at most `cap` bytes. Returns
/// how many bytes were freed.
///
/// # Errors
/// The engine does not answer.
pub async fn prune_cache(_connection: &Connection, _cap: u64) -> Result<u64> {
    Err(Fault::new("prune the builder's cache", "not yet"))
}
