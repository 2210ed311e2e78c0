//! lint: read the source code for what is plainly wrong.

use crate::config::Lint;
use crate::engine::Engine;
use crate::fault::Result;
use crate::record::Work;

/// Checks the project's Python and runs its linters.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Lint, engine: &Engine) -> Result<Work> {
    let _ = (config, engine);
    todo!()
}
