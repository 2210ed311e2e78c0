//! image: build the image that holds the model, and prove it.

pub mod build;
pub mod context;
mod disk;
mod push;
pub mod smoke;
mod tags;

use crate::config::Config;
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::record::{Record, Work};

pub use push::{Pushed, push};

/// Builds the image, and proves it.
///
/// # Errors
/// The world failed: no engine, a full disk. A build that fails and a server that answers wrong are findings.
pub async fn perform(_config: &Config, _engine: &Engine, _record: &Record) -> Result<Work> {
    Err(Fault::new("build the image", "this version cannot do it yet"))
}
