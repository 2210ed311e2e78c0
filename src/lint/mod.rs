//! lint: read the source code for what is plainly wrong.

mod conflict;
mod depth;
mod notebook;
mod place;
mod python;
mod semantic;
mod source;
mod version;
mod walk;

use crate::config::Lint;
use crate::engine::Engine;
use crate::fault::Result;
use crate::record::Work;

/// The stack of each thread that checks files: a tree of [`depth::MAX_LEVELS`] levels must fit.
const STACK: usize = 32 * 1024 * 1024;

/// Checks the project's Python and runs its linters.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Lint, engine: &Engine) -> Result<Work> {
    let _ = (config, engine);
    todo!()
}
