//! train: make the model.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::fault::Result;
use crate::produce::Shop;
use crate::record::Work;

/// Makes the model, or restores it when nothing that it depends on has changed.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Config, shop: Shop<'_>) -> Result<Work> {
    let _ = (config, shop, BTreeMap::<(), ()>::new());
    todo!()
}
