//! The outputs of a step: restored when nothing it depends on has changed, else made.

mod inputs;
mod outputs;

use std::collections::BTreeMap;
use std::path::Path;

use crate::cache::{Cache, Entry, Lookup, Restored};
use crate::config::Script;
use crate::engine::{Capture, Engine, Ran};
use crate::fault::Result;
use crate::files::{self, Expanded};
use crate::finding::{Finding, any_error};
use crate::name::Digest;
use crate::record::{Evidence, Outcome, Work, first_line};
use crate::step::Step;
use inputs::Materials;

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

impl Shop<'_> {
    /// The files of the project; what modelgate itself writes is none.
    ///
    /// # Errors
    /// As [`files::expand`].
    pub fn expand(&self, patterns: &[String]) -> Result<Expanded> {
        files::expand_beside(&self.engine.root, &self.ours(), patterns)
    }

    /// The file of the project whose path is most like this one.
    fn nearest(&self, wanted: &str) -> Option<String> {
        files::nearest(&self.engine.root, &self.ours(), wanted)
    }

    fn ours(&self) -> [&Path; 2] {
        [&self.engine.run_dir, self.cache.folder()]
    }
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
    /// Those of the outputs that the commands must have written, and not left as they were. What is no
    /// output is none of this step's and not looked at.
    pub fresh: &'a [String],
    /// The outputs of the steps before.
    pub upstream: &'a BTreeMap<String, Digest>,
    /// Whether train makes a model and nobody knows which, because it names no outputs. What was measured of
    /// one model must not be taken for a measurement of another.
    pub model_unknown: bool,
    /// Where the commands run not once but several times over: the outputs are then made anew and not kept.
    pub again: Option<Again<'a>>,
}

/// One of several times that the commands of a step run.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    /// Why nothing can be restored.
    pub because: &'a str,
    /// How many commands of the step have run before, whose logs stay.
    pub before: usize,
}

/// Why a step is not restored when [`Order::model_unknown`].
pub const MODEL_UNKNOWN: &str = "train recorded no outputs, so nobody knows whether the model is the same";

impl Order<'_> {
    /// Whether its outputs follow from things that are known, and something makes them.
    fn can_be_kept(&self) -> bool {
        self.asks_to_be_kept() && !self.model_unknown && self.again.is_none()
    }

    /// Whether the configuration says all that it can say of this step so that it may be restored.
    #[must_use]
    pub fn asks_to_be_kept(&self) -> bool {
        !self.inputs.is_empty() && !self.script.commands.is_empty()
    }
}

/// Whether a step would be restored, and why or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The run whose outputs would be restored.
    pub restores_from: Option<String>,
    /// The outputs that would be restored; none of them when they would be made.
    pub outputs: BTreeMap<String, Digest>,
    /// Such as `nothing has changed` or `train.py has changed since run …`.
    pub because: String,
}

impl Forecast {
    fn make(because: String) -> Self {
        Self { restores_from: None, outputs: BTreeMap::new(), because }
    }
}

/// What is to be done: the outputs of an entry can be restored, or they must be made, and why.
enum Choice {
    Restore(Entry),
    Make(String),
}

/// Restores or makes the outputs.
///
/// # Errors
/// The world failed. A command that fails and an output that is missing are findings, not faults.
pub async fn produce(shop: Shop<'_>, order: Order<'_>) -> Result<Work> {
    let changed = inputs::upstream_changed(shop, &order)?;
    let materials = match inputs::gather(shop, &order)? {
        Ok(materials) if changed.is_empty() => materials,
        Ok(_) => return Ok(failed(changed)),
        Err(findings) => return Ok(failed([findings, changed].concat())),
    };
    let because = match choose(shop, &order, &materials)? {
        Choice::Make(because) => because,
        Choice::Restore(entry) => match shop.cache.restore(&materials.key, &entry, &shop.engine.root)? {
            Restored::Outputs(outputs) => return Ok(restored(&materials, &entry, outputs)),
            Restored::Unusable(because) => because,
        },
    };
    make(shop, &order, &materials, because).await
}

/// Says what [`produce`] would do, without doing it: as if the steps before had already made or restored what
/// they will, whatever lies there now.
///
/// # Errors
/// As [`produce`].
pub fn forecast(shop: Shop<'_>, order: Order<'_>) -> Result<Forecast> {
    let materials = match inputs::gather(shop, &order)? {
        Ok(materials) => materials,
        Err(findings) => return Ok(Forecast::make(failed(findings).because)),
    };
    Ok(match choose(shop, &order, &materials)? {
        Choice::Restore(entry) => Forecast {
            because: unchanged(&entry.run),
            outputs: entry.outputs.iter().map(|(path, output)| (path.clone(), output.digest)).collect(),
            restores_from: Some(entry.run),
        },
        Choice::Make(because) => Forecast::make(because),
    })
}

fn choose(shop: Shop<'_>, order: &Order<'_>, materials: &Materials) -> Result<Choice> {
    if order.script.commands.is_empty() {
        return Ok(Choice::Make("it has no commands of its own".into()));
    }
    if let Some(again) = order.again {
        return Ok(Choice::Make(again.because.into()));
    }
    if order.inputs.is_empty() {
        return Ok(Choice::Make("it declares no inputs, so it always runs".into()));
    }
    if order.model_unknown {
        return Ok(Choice::Make(MODEL_UNKNOWN.into()));
    }
    if !shop.restore {
        return Ok(Choice::Make("--no-cache asks to make it anew".into()));
    }
    let entry = match shop.cache.lookup(&materials.key) {
        Lookup::Hit(entry) => entry,
        Lookup::Miss(because) => return Ok(Choice::Make(because)),
    };
    // A file that the outputs' patterns match and that the entry does not know would be taken for an output
    // by whatever comes next, and nobody would have vouched for it.
    let there = shop.expand(order.outputs)?;
    let strange = there.files.into_iter().find(|file| !entry.outputs.contains_key(&file.path));
    Ok(match strange {
        None => Choice::Restore(entry),
        Some(file) => Choice::Make(format!(
            "{} is among its outputs, and run {} did not make it",
            file.path.escape_debug(),
            entry.run
        )),
    })
}

async fn make(shop: Shop<'_>, order: &Order<'_>, materials: &Materials, because: String) -> Result<Work> {
    let before = outputs::stamps(shop, order)?;
    let before_it = order.again.map_or(0, |again| again.before);
    let ran = shop.engine.run_on(before_it, order.step, order.script, Capture::No).await?;
    let mut work = Work::new(Outcome::Passed, because);
    work.evidence = Evidence { inputs: materials.evidence.clone(), ..Evidence::default() };
    work.evidence.commands = ran.iter().map(|ran| ran.evidence.clone()).collect();
    if shop.engine.interrupt.raised().is_some() {
        return Ok(Work { outcome: Outcome::Failed, because: "the run was interrupted".into(), ..work });
    }
    if let Some(bad) = ran.iter().find(|ran| !ran.success) {
        work.findings.push(command_failed(bad));
        let because = how_it_ended(bad);
        return Ok(Work { outcome: Outcome::Failed, because, ..work });
    }
    let made = match outputs::collect(shop, order, &before)? {
        Ok(made) => made,
        Err(findings) => return Ok(Work { evidence: work.evidence, ..failed(findings) }),
    };
    // What this step measured or made must have come of what the record says the steps before made.
    let mut upstream = inputs::upstream_changed(shop, order)?;
    upstream.retain(|finding| finding.path.as_ref().is_none_or(|path| !made.contains_key(path)));
    if !upstream.is_empty() {
        return Ok(Work { evidence: work.evidence, ..failed(upstream) });
    }
    work.evidence.outputs = made;
    work.findings = keep(shop, order, materials, &work.evidence.outputs)?;
    Ok(work)
}

/// Keeps the outputs for later runs, and says why where that is not possible.
fn keep(
    shop: Shop<'_>,
    order: &Order<'_>,
    materials: &Materials,
    outputs: &BTreeMap<String, Digest>,
) -> Result<Vec<Finding>> {
    let mut changed = inputs::changed(shop, order, materials)?;
    changed.extend(model_unknown(order));
    if !changed.is_empty() || !order.can_be_kept() || outputs.is_empty() {
        return Ok(changed);
    }
    let stored = shop.cache.store(&materials.key, shop.run, &shop.engine.root, outputs);
    Ok(stored
        .err()
        .map(|fault| {
            let finding =
                Finding::warning("cache-not-written", format!("the outputs are not in the cache: {fault}"));
            finding.help(fault.remedy().unwrap_or("the run is good; the next one makes the outputs again"))
        })
        .into_iter()
        .collect())
}

/// Of a step that would take part in the cache, and cannot.
fn model_unknown(order: &Order<'_>) -> Option<Finding> {
    let message = format!("{MODEL_UNKNOWN}; {} always runs", order.step);
    (order.asks_to_be_kept() && order.model_unknown && order.again.is_none())
        .then(|| Finding::notice("model-unknown", message).help("name what train writes under train.outputs"))
}

fn restored(materials: &Materials, entry: &Entry, outputs: BTreeMap<String, Digest>) -> Work {
    let mut work = Work::new(Outcome::Restored, unchanged(&entry.run));
    work.evidence.inputs.clone_from(&materials.evidence);
    work.evidence.outputs = outputs;
    work.evidence.restored_from = Some(entry.run.clone());
    work
}

fn unchanged(run: &str) -> String {
    format!("nothing has changed since run {run}")
}

/// Work that ended with these findings, the first of which is the reason.
fn failed(findings: Vec<Finding>) -> Work {
    debug_assert!(any_error(&findings), "a step fails for a reason");
    let first = findings.first().map(reason).unwrap_or_default();
    let because = match findings.len() {
        0 | 1 => first,
        more => format!("{first}, and {} more", more - 1),
    };
    Work { findings, ..Work::new(Outcome::Failed, because) }
}

/// A finding as one sentence, with its file.
fn reason(finding: &Finding) -> String {
    match &finding.path {
        Some(path) => format!("{}: {}", path.escape_debug(), finding.message),
        None => finding.message.clone(),
    }
}

fn command_failed(bad: &Ran) -> Finding {
    // The report says by itself where the whole output is.
    Finding::error("command-failed", how_it_ended(bad))
}

fn how_it_ended(bad: &Ran) -> String {
    format!("«{}» {}", first_line(&bad.evidence.command), bad.evidence.ending())
}

#[cfg(test)]
mod tests;
