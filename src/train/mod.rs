//! train: make the model.

use std::collections::BTreeMap;

use crate::config::{Config, Evaluate, Train};
use crate::fault::Result;
use crate::name::Digest;
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
    produce(shop, order(train, &config.evaluate, &BTreeMap::new())).await
}

/// What train is to make. Nothing comes before it.
fn order<'a>(train: &'a Train, evaluate: &'a Evaluate, nothing: &'a BTreeMap<String, Digest>) -> Order<'a> {
    // When evaluate has no commands, train measures too, and an old measurement is none of this model.
    let measures = evaluate.script.commands.is_empty();
    Order {
        step: Step::Train,
        script: &train.script,
        inputs: &train.inputs,
        outputs: &train.outputs,
        fresh: if measures { &evaluate.metrics } else { &[] },
        upstream: nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Command, Script};

    #[test]
    fn train_must_write_the_metrics_when_nobody_else_does() {
        let metrics = vec!["metrics.json".to_owned()];
        let outputs = vec!["model.joblib".to_owned(), "*.json".to_owned()];
        let train = Train { script: Script::default(), inputs: Vec::new(), outputs };
        let (inputs, none, nothing) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut evaluate =
            Evaluate { script: Script::default(), inputs, outputs: none, metrics: metrics.clone() };
        assert_eq!(order(&train, &evaluate, &nothing).fresh, metrics);
        evaluate.script.commands.push(Command::Shell("python evaluate.py".into()));
        assert!(order(&train, &evaluate, &nothing).fresh.is_empty());
    }
}
