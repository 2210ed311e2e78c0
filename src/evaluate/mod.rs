//! evaluate: measure the model, once or with several seeds.

mod measure;
mod merge;
pub mod metrics;
pub mod predictions;
mod repeats;

use std::collections::BTreeMap;

use crate::config::{Config, Evaluate, Script};
use crate::data;
use crate::fault::Result;
use crate::finding::{Finding, any_error};
use crate::name::Digest;
use crate::produce::{Again, Forecast, MODEL_UNKNOWN, Order, Shop, forecast, produce};
use crate::record::{Record, Work};
use crate::step::Step;

pub use repeats::SEED;

/// Measures the model that `record` says was made, and reads the metrics and the predictions.
///
/// # Errors
/// The world failed. Metrics and predictions that cannot be read are findings, not faults.
pub async fn perform(config: &Config, shop: Shop<'_>, record: &Record) -> Result<Work> {
    let model = record.model_outputs();
    let mut work = match config.evaluate.repeats {
        0 | 1 => once(config, shop, &config.evaluate.script, &model, None).await?,
        _ => repeats::perform(config, shop, &model, 0).await?,
    };
    work.findings.extend(predicts_training(config, record, &work));
    Ok(work)
}

/// That the rows may be those that the model learned from, as far as the step `data` has counted them.
fn predicts_training(config: &Config, record: &Record, work: &Work) -> Option<Finding> {
    let leakage = config.data.as_ref()?.leakage.as_ref()?;
    let data = record.step(Step::Data)?.evidence.data.as_ref()?;
    data::predicts_training(leakage, data, work.evidence.predictions.as_ref()?.rows)
}

/// Measures another model, which lies where train's outputs belong, in the same way: as often, with the same seeds.
/// Nothing is restored and nothing is kept. `before` commands of evaluate have run already; their logs stay.
///
/// # Errors
/// As [`perform`].
pub async fn again(
    config: &Config,
    shop: Shop<'_>,
    model: &BTreeMap<String, Digest>,
    before: usize,
) -> Result<Work> {
    if config.evaluate.repeats > 1 {
        return repeats::perform(config, shop, model, before).await;
    }
    let again = Again { because: "it is not the model of this run", before };
    once(config, shop, &config.evaluate.script, model, Some(again)).await
}

/// What [`perform`] would do with a model of these digests.
///
/// # Errors
/// As [`perform`].
pub fn foresee(config: &Config, shop: Shop<'_>, model: &BTreeMap<String, Digest>) -> Result<Forecast> {
    let because = repeats::because(config.evaluate.repeats);
    let again = (config.evaluate.repeats > 1).then_some(Again { because: &because, before: 0 });
    let (outputs, fresh) = (outputs(&config.evaluate), fresh(&config.evaluate));
    let script = &config.evaluate.script;
    forecast(shop, Order { again, ..order(config, script, &outputs, &fresh, model) })
}

/// Why it runs when train makes the model anew.
#[must_use]
pub fn of_a_new_model(config: &Config) -> &'static str {
    let unknown = config.train.as_ref().is_some_and(|train| train.outputs.is_empty());
    let asks = order(config, &config.evaluate.script, &[], &[], &BTreeMap::new()).asks_to_be_kept();
    if unknown && asks { MODEL_UNKNOWN } else { "the model is made anew" }
}

/// Runs the commands once, or restores what they made, and reads it.
async fn once(
    config: &Config,
    shop: Shop<'_>,
    script: &Script,
    model: &BTreeMap<String, Digest>,
    again: Option<Again<'_>>,
) -> Result<Work> {
    let (outputs, fresh) = (outputs(&config.evaluate), fresh(&config.evaluate));
    let order = order(config, script, &outputs, &fresh, model);
    let work = produce(shop, Order { again, ..order }).await?;
    if !work.outcome.is_good() || any_error(&work.findings) {
        return Ok(work);
    }
    let measurement = measure::measure(config, shop, &work.evidence.outputs).await?;
    Ok(measure::conclude(work, measurement))
}

fn outputs(config: &Evaluate) -> Vec<String> {
    [config.outputs.clone(), config.read()].concat()
}

/// What the commands must write each time. Without commands nobody writes it now: it is read as it is.
fn fresh(config: &Evaluate) -> Vec<String> {
    if config.script.commands.is_empty() { Vec::new() } else { config.read() }
}

fn order<'a>(
    config: &'a Config,
    script: &'a Script,
    outputs: &'a [String],
    fresh: &'a [String],
    upstream: &'a BTreeMap<String, Digest>,
) -> Order<'a> {
    let Config { evaluate, train, .. } = config;
    let makes = train.as_ref().is_some_and(|train| !train.script.commands.is_empty());
    Order {
        step: Step::Evaluate,
        script,
        inputs: &evaluate.inputs,
        outputs,
        fresh,
        upstream,
        model_unknown: makes && upstream.is_empty(),
        again: None,
    }
}

#[cfg(all(test, unix))]
mod perform_tests;
