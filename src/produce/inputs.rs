//! What a step works with: its inputs, the outputs of the steps before, and the key that they add up to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Order, Shop};
use crate::cache::{Framed, Key};
use crate::config;
use crate::engine::named_variables;
use crate::fault::{Fault, Result};
use crate::files::{self, Content, ProjectFile};
use crate::finding::Finding;
use crate::name::Digest;
use crate::record::Inputs;

/// How many inputs that changed are named before the rest is only counted.
const NAMED: usize = 10;

/// Everything that the outputs will follow from, as it was before the commands ran.
pub(super) struct Materials {
    pub(super) key: Key,
    /// None of a step that declares no inputs.
    pub(super) evidence: Option<Inputs>,
}

/// Looks at everything that the outputs follow from, or finds what is wrong with it.
pub(super) fn gather(
    shop: Shop<'_>,
    order: &Order<'_>,
) -> Result<std::result::Result<Materials, Vec<Finding>>> {
    let expanded = expand(shop, order)?;
    let findings: Vec<Finding> =
        expanded.unmatched.iter().map(|pattern| missing(shop, order, pattern)).collect();
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    let contents = shop.cache.contents(&expanded.files)?;
    let evidence = (!order.inputs.is_empty()).then(|| evidence(&contents));
    let inputs = contents.into_iter().map(|(path, content)| (path, content.digest)).collect();
    let key = Key {
        step: order.step,
        script: script(order)?,
        env: named_variables(order.script),
        inputs,
        upstream: order.upstream.clone(),
        outputs: order.outputs.to_vec(),
        image: image(shop, order),
    };
    Ok(Ok(Materials { key, evidence }))
}

/// The inputs. A file that the outputs' patterns match is an input only where it is named itself: `inputs: .`
/// means what was there before, and not what the step made the last time.
fn expand(shop: Shop<'_>, order: &Order<'_>) -> Result<files::Expanded> {
    let mut inputs = shop.expand(order.inputs)?;
    if inputs.files.is_empty() {
        return Ok(inputs);
    }
    let made = shop.expand(order.outputs)?.files;
    let made: BTreeSet<&str> = made.iter().map(|file| file.path.as_str()).collect();
    let named: BTreeSet<&str> = order.inputs.iter().map(|pattern| pattern.trim_start_matches("./")).collect();
    inputs.files.retain(|file| !made.contains(file.path.as_str()) || named.contains(file.path.as_str()));
    Ok(inputs)
}

fn missing(shop: Shop<'_>, order: &Order<'_>, pattern: &str) -> Finding {
    let shown = pattern.escape_debug();
    let finding = Finding::error("input-missing", format!("nothing matches the input «{shown}»"));
    let near = shop.nearest(pattern);
    finding.help(match near {
        Some(near) => {
            format!("write «{}» under {}.inputs, if that is meant", near.escape_debug(), order.step)
        }
        None => format!("add the file, or take «{shown}» out of {}.inputs", order.step),
    })
}

/// The outputs of the steps before that are no longer what those steps made.
pub(super) fn upstream_changed(shop: Shop<'_>, order: &Order<'_>) -> Result<Vec<Finding>> {
    let file = |path: &String| ProjectFile { path: path.clone(), on_disk: shop.engine.root.join(path) };
    let there: Vec<ProjectFile> =
        order.upstream.keys().map(file).filter(|file| file.on_disk.is_file()).collect();
    let now = shop.cache.digests(&there)?;
    let changed = order.upstream.iter().filter(|(path, digest)| now.get(*path) != Some(digest));
    Ok(changed
        .map(|(path, _)| {
            let message = if now.contains_key(path) {
                "it is not what an earlier step of this run made"
            } else {
                "it is gone; an earlier step of this run made it"
            };
            Finding::error("upstream-changed", message)
                .at_path(path)
                .help("let only the commands of that step write it, and do the run again")
        })
        .collect())
}

/// What happened to the inputs since they were gathered. Outputs that were made of something that changed
/// meanwhile are not kept: nobody can say which content they follow from.
pub(super) fn changed(shop: Shop<'_>, order: &Order<'_>, materials: &Materials) -> Result<Vec<Finding>> {
    if order.inputs.is_empty() {
        return Ok(Vec::new());
    }
    let inputs = expand(shop, order)?.files;
    let there: Vec<ProjectFile> = inputs.into_iter().filter(|file| file.on_disk.is_file()).collect();
    let now = shop.cache.digests(&there)?;
    let before = &materials.key.inputs;
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let differs: Vec<&String> =
        paths.into_iter().filter(|path| before.get(*path) != now.get(*path)).collect();
    let mut findings: Vec<Finding> =
        differs.iter().take(NAMED).map(|path| input_changed(order, path, before, &now)).collect();
    if let Some(more @ 1..) = differs.len().checked_sub(NAMED) {
        let message = format!("{more} more inputs were changed, removed or new after the commands");
        findings.push(Finding::warning("input-changed", message));
    }
    Ok(findings)
}

fn input_changed(
    order: &Order<'_>,
    path: &str,
    before: &BTreeMap<String, Digest>,
    now: &BTreeMap<String, Digest>,
) -> Finding {
    let how = match (before.contains_key(path), now.contains_key(path)) {
        (true, true) => "was changed",
        (true, false) => "was removed",
        _ => "appeared",
    };
    let message = format!("this input {how} while the commands ran; the outputs are not kept");
    Finding::warning("input-changed", message).at_path(path).help(format!(
        "if the commands write it, leave it out of {0}.inputs or add it to {0}.outputs",
        order.step
    ))
}

fn evidence(contents: &BTreeMap<String, Content>) -> Inputs {
    let mut framed = Framed::new("modelgate/inputs/v1");
    framed.digests(contents.iter().map(|(path, content)| (path, &content.digest)));
    Inputs {
        files: contents.len() as u64,
        bytes: contents.values().map(|content| content.bytes).sum(),
        digest: framed.finish(),
    }
}

/// The image that the commands run in.
fn image(shop: Shop<'_>, order: &Order<'_>) -> Option<Digest> {
    match order.script.engine {
        config::Engine::Local => None,
        config::Engine::Docker(_) => shop.engine.image.map(|image| image.0),
    }
}

fn script(order: &Order<'_>) -> Result<String> {
    serde_json::to_string(&(&order.script.commands, &order.script.working_directory))
        .map_err(|error| Fault::new(format!("write down the commands of {}", order.step), error))
}
