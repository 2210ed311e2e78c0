//! The image that was approved goes to its registry. Nothing else in the house pushes.

use super::ledger::{Ledger, blank};
use crate::docker::Docker;
use crate::fault::Result;
use crate::finding::Finding;
use crate::gate::{Approval, ApprovedImage};
use crate::image::{self, PUSH_PAUSE, Pushed};
use crate::record::{Delivery, DeliveryOutcome};

/// Pushes the approved image under each of its tags, and stops at the first that is refused. `deliveries` holds what
/// earlier attempts did, and is brought up to date; `save` is called after each change.
///
/// # Errors
/// Those of `save`. What else goes wrong is in the deliveries and the findings.
pub async fn push(
    docker: &Docker,
    approval: &Approval,
    create_repository: bool,
    deliveries: &mut Vec<Delivery>,
    save: &mut dyn FnMut(&[Delivery]) -> Result<()>,
) -> Result<Vec<Finding>> {
    let Some(approved) = approval.image() else { return Ok(Vec::new()) };
    let mut ledger = Ledger { deliveries, save, key: approval.key() };
    let mut findings = Vec::new();
    for tag in &approved.tags {
        let before = ledger.ours(tag).filter(|before| before.outcome == DeliveryOutcome::Delivered);
        if let Some(digest) = before.and_then(|before| before.image.as_deref()) {
            // A record is a file. What it says of a registry, the registry is asked for.
            match image::confirm(docker, approved.id, tag, digest).await {
                Ok(Ok(())) => {
                    docker.console.note(&format!("{tag} is in its registry already"));
                    continue;
                }
                Ok(Err(why)) => docker.console.note(&format!("{tag} is pushed again: {why}")),
                Err(fault) => docker.console.note(&format!("{tag} is pushed again: {fault}")),
            }
        }
        let stopped = docker.interrupt.raised().is_some().then(|| "the run was stopped".to_owned());
        let halted = (!findings.is_empty()).then(|| "another push failed".to_owned());
        if let Some(because) = stopped.or(halted) {
            ledger.skip(tag, because)?;
            continue;
        }
        // A fault of the engine is one of the delivery: what else was done stays written down.
        let pushed = match push_one(docker, approval, approved, tag, create_repository).await {
            Ok(pushed) => pushed,
            Err(fault) => Err(Finding::error("push-failed", fault.to_string()).with_remedy(&fault)),
        };
        let key = ledger.key;
        ledger.put(match pushed {
            Ok(Pushed { digest, was_there, .. }) => Delivery {
                because: if was_there { "the registry had it already" } else { "the registry has it" }.into(),
                image: Some(digest),
                ..blank(tag, key, DeliveryOutcome::Delivered)
            },
            Err(finding) => {
                let because = finding.message.clone();
                findings.push(finding);
                Delivery { because, ..blank(tag, key, DeliveryOutcome::Failed) }
            }
        })?;
    }
    Ok(findings)
}

/// Pushes what the engine has under the approved id, where it was built of what was judged.
async fn push_one(
    docker: &Docker,
    approval: &Approval,
    approved: &ApprovedImage,
    tag: &str,
    create_repository: bool,
) -> Result<std::result::Result<Pushed, Finding>> {
    if let Some(why) = image::stranger(docker, approved.id, approval.digests()).await? {
        return Ok(Err(Finding::error("not-approved", why).help("do the run again")));
    }
    image::push(docker, approved.id, tag, create_repository, PUSH_PAUSE).await
}

/// The approved image as its registry knows it: `registry/repository@sha256:…`; none where it was not pushed.
#[must_use]
pub fn pushed(approval: &Approval, deliveries: &[Delivery]) -> Option<String> {
    let (key, image) = (approval.key(), approval.image()?);
    let is_ours = |it: &&Delivery| it.approval == Some(key) && image.tags.contains(&it.target);
    let ours = deliveries.iter().filter(is_ours);
    ours.filter(|delivery| delivery.outcome == DeliveryOutcome::Delivered)
        .find_map(|delivery| delivery.image.clone())
}
