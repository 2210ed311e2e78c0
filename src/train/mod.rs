//! train: make the model.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::fault::Result;
use crate::name::Digest;
use crate::produce::{Forecast, Order, Shop, forecast, produce};
use crate::record::{Outcome, Work};
use crate::step::Step;

/// Makes the model, or restores it when nothing that it depends on has changed.
///
/// # Errors
/// The world failed.
pub async fn perform(config: &Config, shop: Shop<'_>) -> Result<Work> {
    let measured = measured(config);
    let Some(order) = order(config, &measured) else {
        return Ok(Work::new(Outcome::Skipped, "train is not configured"));
    };
    produce(shop, order).await
}

/// What [`perform`] would do; none where train is not configured.
///
/// # Errors
/// As [`perform`].
pub fn foresee(config: &Config, shop: Shop<'_>) -> Result<Option<Forecast>> {
    order(config, &measured(config)).map(|order| forecast(shop, order)).transpose()
}

/// Nothing comes before train.
static NO_UPSTREAM: BTreeMap<String, Digest> = BTreeMap::new();

/// What train itself must measure. Where evaluate has no commands nobody else does, so what train leaves as it was is no
/// measurement of this model.
fn measured(config: &Config) -> Vec<String> {
    if config.evaluate.script.commands.is_empty() { config.evaluate.read() } else { Vec::new() }
}

fn order<'a>(config: &'a Config, measured: &'a [String]) -> Option<Order<'a>> {
    let train = config.train.as_ref()?;
    Some(Order {
        step: Step::Train,
        script: &train.script,
        inputs: &train.inputs,
        outputs: &train.outputs,
        fresh: measured,
        upstream: &NO_UPSTREAM,
        model_unknown: false,
        again: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn fresh(evaluate: &str) -> Vec<String> {
        let text = format!(
            "version: 1\nmodel: churn\ntrain: {{ run: python train.py, outputs: [model.joblib, metrics.json] }}\n\
             evaluate: {evaluate}\ngate: {{ rules: {{ accuracy: {{ min: 0.8 }} }} }}\n"
        );
        let config = crate::config::parse(&text).unwrap();
        measured(&config)
    }

    #[test]
    fn train_must_write_the_metrics_when_nobody_else_does() {
        assert_eq!(fresh("{ metrics: metrics.json }"), ["metrics.json"]);
        assert_eq!(fresh("{ run: python evaluate.py, metrics: scores.json }"), [""; 0]);
    }
}
