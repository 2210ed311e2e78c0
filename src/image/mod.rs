//! image: build the image that holds the model, and prove it.
//!
//! Nothing is pushed here: that is a delivery, of what the gate has approved.

pub mod build;
pub mod context;
mod disk;
mod order;
mod pull;
mod push;
pub mod smoke;
mod tags;
mod workplace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, Framed};
use crate::config::Image;
use crate::context::Variables;
use crate::docker::{Docker, ImageId};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::finding::{Finding, any_error};
use crate::git::Repository;
use crate::name::Digest;
use crate::number;
use crate::record::{BuildEvidence, BuildStep, ImageEvidence, Outcome, Record, Work};
use crate::step::Step;
use build::{Built, Order, Refused};
use context::{Context, Trouble};
use tags::Facts;

pub use push::{PUSH_PAUSE, Pushed, confirm, push};
pub use workplace::{Workplace, Workplaces};

/// Builds the image, and proves it. What was measured must not change before it is in the image.
///
/// # Errors
/// The world failed: no engine, a full disk. A build that fails and a server that answers wrong are findings.
pub async fn perform(image: &Image, engine: &Engine, cache: &Cache, record: &Record) -> Result<Work> {
    if let Some(swapped) = swapped(engine, cache, record)? {
        return Ok(failed(vec![swapped]));
    }
    let repository = repository(record, &engine.root);
    if let Some(finding) = resourced(image, record, repository.as_ref()) {
        return Ok(failed(vec![finding]));
    }
    let facts = Facts::of(record, repository.as_ref(), &engine.variables)?;
    let tags = match tags::fill(&image.tags, &facts) {
        Ok(tags) => tags,
        Err(findings) => return Ok(failed(findings)),
    };
    let ours = ours(engine, cache);
    let mut labels = tags::labels(image, &facts);
    labels.insert(OUTPUTS.into(), of_outputs(&record.outputs()));
    let order = match order::order(engine, image, Step::Image, None, labels, &ours)? {
        Ok(order) => order,
        Err(findings) => return Ok(failed(findings)),
    };
    let room = room(engine, &order, &facts.model).await?;
    if any_error(&room) {
        return Ok(failed(room));
    }
    let built = match build::build(&engine.docker, &order, Some(cache)).await? {
        Ok(built) => built,
        Err(refused) => return Ok(unbuilt(&order, refused, room)),
    };
    let mut work = Work::new(Outcome::Passed, because(&built));
    work.findings = [room, built.findings.clone()].concat();
    let (evidence, build) = evidence(built, &order, tags);
    (work.evidence.image, work.evidence.build) = (Some(evidence), Some(build));
    // What was exchanged during the build may be in the image.
    work.findings.extend(swapped(engine, cache, record)?);
    if !any_error(&work.findings) {
        work = prove(image, engine, work).await?;
    }
    if let Some(cap) = image.prune_cache {
        work.findings.extend(prune(engine, cap).await?);
    }
    if any_error(&work.findings) {
        let findings = std::mem::take(&mut work.findings);
        return Ok(Work { evidence: work.evidence, ..failed(findings) });
    }
    Ok(work)
}

/// Whether the engine has room for what is to be built.
async fn room(engine: &Engine, order: &Order, model: &str) -> Result<Vec<Finding>> {
    let (order, interrupt) = (order.clone(), engine.interrupt.clone());
    // It is measured without a look into the files, so their digests are not needed.
    let size = tokio::task::spawn_blocking(move || {
        Context::open(order.place(), None, &interrupt).and_then(|context| context.size())
    });
    let size = match size.await.map_err(|error| Fault::new("measure the context", error))? {
        Ok(size) => size,
        // The build says it too, and more of it.
        Err(Trouble::Findings(_)) => return Ok(Vec::new()),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    let last = disk::latest(&engine.docker, model).await?;
    disk::preflight(&engine.docker, size.bytes, last).await
}

/// Keeps the builder's cache small. The image is as good without that.
async fn prune(engine: &Engine, cap: u64) -> Result<Option<Finding>> {
    match disk::prune_cache(&engine.docker, cap).await {
        Ok(freed) => {
            engine.console.detail(&format!("pruned the builder's cache: {} freed", number::bytes(freed)));
            Ok(None)
        }
        Err(fault) => Ok(Some(
            Finding::warning("image-cache-not-pruned", fault.to_string())
                .help("look whether the engine has BuildKit; `docker builder prune` does it by hand"),
        )),
    }
}

/// The names that the image of a record gets by the configuration, or why it gets none.
///
/// # Errors
/// A git that fails to answer.
pub fn names(
    image: &Image,
    record: &Record,
    root: &Path,
) -> Result<std::result::Result<Vec<String>, Vec<Finding>>> {
    let repository = repository(record, root);
    let facts = Facts::of(record, repository.as_ref(), &Variables::new())?;
    Ok(tags::fill(&image.tags, &facts))
}

/// The label that ties an image to the files that were judged: one digest over the paths and the digests of all outputs.
const OUTPUTS: &str = "dev.modelgate.outputs";

fn of_outputs(outputs: &BTreeMap<String, Digest>) -> String {
    let mut framed = Framed::new("modelgate/outputs/v1");
    framed.digests(outputs.iter());
    framed.finish().to_string()
}

/// Why an image of the engine is not one that [`perform`] built of these outputs; none where it is.
///
/// # Errors
/// The engine does not answer, or has no such image.
pub async fn stranger(
    docker: &Docker,
    image: ImageId,
    outputs: &BTreeMap<String, Digest>,
) -> Result<Option<String>> {
    let doing = format!("look at the image {image}");
    let (api, id) = (&docker.connect().await?.api, image.to_string());
    let asked = docker.answer(&doing, api.inspect_image(&id)).await?;
    let seen = asked.map_err(|error| {
        Fault::new(doing, error).help("push from the machine whose engine built it, or do the run again")
    })?;
    let labels = seen.config.and_then(|config| config.labels).unwrap_or_default();
    Ok(match labels.get(OUTPUTS) {
        Some(label) if *label == of_outputs(outputs) => None,
        Some(_) => Some(format!("the image {image} was built of other outputs than those that were judged")),
        None => Some(format!("the image {image} is none that modelgate has built of a model")),
    })
}

/// What would stop [`perform`] for certain, found before a model is trained for it: no engine, a Dockerfile, a secret or
/// a tag that is not there.
///
/// # Errors
/// No engine answers.
pub async fn foresee(image: &Image, engine: &Engine, cache: &Cache, record: &Record) -> Result<Option<Work>> {
    engine.docker.connect().await?;
    let repository = repository(record, &engine.root);
    let facts = Facts::of(record, repository.as_ref(), &engine.variables)?;
    // The model is not there yet.
    let facts = Facts { model_digest: Some("0".repeat(64)), ..facts };
    let tags = tags::fill(&image.tags, &facts).err();
    let order = order::order(engine, image, Step::Image, None, unlabelled(), &ours(engine, cache))?;
    let order = order.map_or_else(|findings| findings, |order| build::foresee(&order));
    let requests = image.smoke.as_ref().map(|smoke| smoke::foresee(engine, smoke)).transpose()?;
    let findings: Vec<Finding> = [tags, Some(order), requests].into_iter().flatten().flatten().collect();
    let mut work = failed(findings);
    work.because = format!("no image could be built of its model: {}", work.because);
    Ok((!work.findings.is_empty()).then_some(work))
}

/// Tries the image that was built.
async fn prove(image: &Image, engine: &Engine, mut work: Work) -> Result<Work> {
    let Some((smoke, built)) = image.smoke.as_ref().zip(work.evidence.image.as_ref()) else {
        return Ok(work);
    };
    let smoked = smoke::smoke(engine, ImageId(built.id), smoke).await?;
    let requests = usize::try_from(smoked.evidence.requests).unwrap_or(usize::MAX);
    work.because +=
        &format!(", and its server answered {}", number::counted(requests, "request", "requests"));
    work.evidence.metrics = smoked.metrics;
    work.evidence.smoke = Some(smoked.evidence);
    work.findings.extend(smoked.findings);
    Ok(work)
}

/// Work that ended because the image could not be built.
fn unbuilt(order: &Order, refused: Refused, before: Vec<Finding>) -> Work {
    let mut work = failed([before, refused.findings].concat());
    work.evidence.build = (!refused.tail.is_empty()).then(|| BuildEvidence {
        builder: String::new(),
        steps: Vec::new(),
        log: log(order),
        tail: refused.tail,
    });
    work
}

/// The log of a build, relative to the folder of the run.
fn log(order: &Order) -> String {
    order.log.file_name().map(|name| format!("logs/{}", name.display())).unwrap_or_default()
}

/// What is recorded of an image that was built, and of its build.
fn evidence(built: Built, order: &Order, tags: Vec<String>) -> (ImageEvidence, BuildEvidence) {
    let image = ImageEvidence { id: built.id.0, bytes: built.bytes, tags };
    let build = BuildEvidence {
        builder: built.builder.into(),
        steps: built.steps,
        log: log(order),
        tail: Vec::new(),
    };
    (image, build)
}

/// The repository of the record's commit. Where there was none, a command may have made one since.
fn repository(record: &Record, root: &Path) -> Option<Repository> {
    record.context.commit.as_ref()?;
    Repository::around(root).ok()
}

/// What the commands of this run have changed of what the image is built of: it would not be that of the commit.
fn resourced(image: &Image, record: &Record, repository: Option<&Repository>) -> Option<Finding> {
    let repository = repository.filter(|_| !record.context.dirty)?;
    let outputs = record.outputs();
    let (context, dockerfile) = (order::context_path(image), order::dockerfile_path(image));
    let is_part =
        |path: &str| context.is_empty() || path == dockerfile || path.starts_with(&format!("{context}/"));
    let changed = repository.changed();
    let path = changed.into_iter().find(|path| is_part(path) && !outputs.contains_key(path))?;
    let message = "it was changed while the run went on, so the image would not be that of the commit";
    let help = "let no command write what is committed, or name it under the outputs of its step";
    Some(Finding::error("upstream-changed", message).at_path(&path).help(help))
}

/// An output of this run that is no longer what was measured.
fn swapped(engine: &Engine, cache: &Cache, record: &Record) -> Result<Option<Finding>> {
    let swapped = cache.swapped(&engine.root, &record.outputs())?;
    Ok(swapped.map(|how| {
        let message = format!("an output is no longer the one that was measured: {how}");
        Finding::error("upstream-changed", message)
            .help("let only the commands of train and evaluate write it, and do the run again")
    }))
}

/// What modelgate writes itself, and what is in no image.
fn ours(engine: &Engine, cache: &Cache) -> Vec<PathBuf> {
    vec![engine.run_dir.clone(), cache.folder().to_owned()]
}

fn because(built: &Built) -> String {
    // What is written in the Dockerfile, and not what the builder does around it.
    let is_written = |step: &&BuildStep| step.name.starts_with('[') && !step.name.starts_with("[internal]");
    let written: Vec<&BuildStep> = built.steps.iter().filter(is_written).collect();
    let cached = written.iter().filter(|step| step.cached).count();
    let steps = number::counted(written.len(), "step", "steps");
    let cached = if cached == 0 { String::new() } else { format!(", {cached} of them cached") };
    format!("built {} in {steps}{cached}", number::bytes(built.bytes))
}

/// Work that ended with these findings, the first error of which is the reason.
fn failed(findings: Vec<Finding>) -> Work {
    let first = findings.iter().find(|finding| any_error(std::slice::from_ref(finding)));
    let because = first.map(|finding| finding.message.clone()).unwrap_or_default();
    Work { findings, ..Work::new(Outcome::Failed, because) }
}

/// No labels: an image that is only worked in comes from nowhere and goes nowhere.
fn unlabelled() -> BTreeMap<String, String> {
    BTreeMap::new()
}
