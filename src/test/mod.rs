//! test: run the project's own tests.

use crate::config::Test;
use crate::engine::Engine;
use crate::fault::Result;
use crate::record::Work;

/// Runs the tests and reads what they reported.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Test, engine: &Engine) -> Result<Work> {
    let _ = (config, engine);
    todo!()
}
