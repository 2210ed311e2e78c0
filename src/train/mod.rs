//! train: make the model.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::fault::Result;
use crate::produce::{Order, Shop, produce};
use crate::record::{Outcome, Work};
use crate::step::Step;

/// Makes the model, or restores it when nothing that it depends on has changed.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Config, shop: Shop<'_>) -> Result<Work> {
    let Some(train) = &config.train else {
        return Ok(Work::new(Outcome::Skipped, "train is not configured"));
    };
    // Nobody but train measures then, so what it leaves as it was is no measurement of this model.
    let measures = config.evaluate.script.commands.is_empty();
    let order = Order {
        step: Step::Train,
        script: &train.script,
        inputs: &train.inputs,
        outputs: &train.outputs,
        fresh: if measures { &config.evaluate.metrics } else { &[] },
        upstream: &BTreeMap::new(),
    };
    produce(shop, order).await
}
