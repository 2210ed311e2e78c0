//! The image that was approved goes to its registry. Nothing else in the house pushes.

use super::ledger::{Ledger, blank};
use crate::docker::Docker;
use crate::fault::Result;
use crate::finding::Finding;
use crate::gate::Approval;
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
        if ledger.ours(tag).is_some_and(|before| before.image.is_some()) {
            docker.console.detail(&format!("{tag} is in its registry already"));
            continue;
        }
        let stopped = docker.interrupt.raised().is_some().then(|| "the run was stopped".to_owned());
        let halted = (!findings.is_empty()).then(|| "another push failed".to_owned());
        if let Some(because) = stopped.or(halted) {
            ledger.skip(tag, because)?;
            continue;
        }
        // A fault of the engine is one of the delivery: what else was done stays written down.
        let pushed = match image::push(docker, approved.id, tag, create_repository, PUSH_PAUSE).await {
            Ok(pushed) => pushed,
            Err(fault) => {
                let finding = Finding::error("push-failed", fault.to_string());
                Err(fault.remedy().map_or_else(|| finding.clone(), |help| finding.clone().help(help)))
            }
        };
        let key = ledger.key;
        ledger.put(match pushed {
            Ok(Pushed { digest, .. }) => Delivery {
                because: format!("the registry has it as {digest}"),
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

/// The approved image as its registry knows it: `registry/repository@sha256:…`; none where it was not pushed.
#[must_use]
pub fn pushed(approval: &Approval, deliveries: &[Delivery]) -> Option<String> {
    let key = approval.key();
    let ours = deliveries.iter().filter(|delivery| delivery.approval == Some(key));
    ours.filter(|delivery| delivery.outcome == DeliveryOutcome::Delivered)
        .find_map(|delivery| delivery.image.clone())
}
