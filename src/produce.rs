//! The outputs of a step: restored when nothing it depends on has changed, else made.

use std::collections::BTreeMap;

use crate::cache::Cache;
use crate::config::Script;
use crate::engine::Engine;
use crate::fault::Result;
use crate::name::Digest;
use crate::record::Work;
use crate::step::Step;

/// What the steps that make something work with.
#[derive(Clone, Copy)]
pub struct Shop<'a> {
    /// Where commands run.
    pub engine: &'a Engine,
    /// Where outputs are kept.
    pub cache: &'a Cache,
    /// Whether outputs may be restored; `--no-cache` says no. They are kept in any case.
    pub restore: bool,
    /// The id of this run.
    pub run: &'a str,
}

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The step.
    pub step: Step,
    /// What makes it.
    pub script: &'a Script,
    /// Patterns; with none the step always runs.
    pub inputs: &'a [String],
    /// Patterns; each must match after the commands have run.
    pub outputs: &'a [String],
    /// Those of the outputs that the commands must have written, and not left as they were.
    pub fresh: &'a [String],
    /// The outputs of the steps before.
    pub upstream: &'a BTreeMap<String, Digest>,
}

/// Whether a step would be restored, and why or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The run whose outputs would be restored.
    pub restores_from: Option<String>,
    /// Such as `nothing has changed` or `train.py has changed since run …`.
    pub because: String,
}

/// Restores or makes the outputs.
///
/// # Errors
/// The world failed. A command that fails and an output that is missing are findings, not faults.
pub async fn produce(shop: Shop<'_>, order: Order<'_>) -> Result<Work> {
    let _ = (shop, order);
    todo!()
}

/// Says what [`produce`] would do, without doing it.
///
/// # Errors
/// As [`produce`].
pub fn forecast(shop: Shop<'_>, order: Order<'_>) -> Result<Forecast> {
    let _ = (shop, order);
    todo!()
}
