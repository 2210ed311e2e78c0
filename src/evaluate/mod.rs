//! evaluate: measure the model.

use crate::config::Evaluate;
use crate::fault::Result;
use crate::produce::Shop;
use crate::record::{Record, Work};

/// Measures the model that `record` says was made, and reads the metrics.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Evaluate, shop: Shop<'_>, record: &Record) -> Result<Work> {
    let _ = (config, shop, record);
    todo!()
}
