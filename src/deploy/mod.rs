//! deploy: take what was approved to its environments, in their order, and nothing twice.
//!
//! Whatever starts something is written down before it is sent, and what was written down is looked at before it is
//! sent again: a run that is killed anywhere and done again attaches to what it has started.

mod follow;
mod foresee;
mod github;
mod gitlab;
mod inputs;
mod ledger;
mod registry;
mod ship;
mod target;
mod told;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use foresee::foresee;
pub use github::{foresee_retrain, retrain};
pub use gitlab::Retraining;
pub use ledger::recall;
pub use registry::{push, pushed};
pub use target::Started;

use crate::clock::Clock;
use crate::config::Environment;
use crate::console::Console;
use crate::context::Variables;
use crate::fault::Result;
use crate::finding::Finding;
use crate::forge::Remote;
use crate::gate::Approval;
use crate::interrupt::Interrupt;
use crate::record::{Delivery, DeliveryOutcome};
use ledger::Ledger;
use ship::Voyage;
use target::Target;

/// The pause after the first look at something that is under way; it doubles up to fifteen times as long.
const PACE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1000 });

/// What is shipped, and with what.
pub struct Shipment<'a> {
    /// The forge that delivers.
    pub remote: &'a Remote,
    /// The right to ship.
    pub approval: &'a Approval,
    /// Where progress is shown.
    pub console: &'a Console,
    /// Ends the waiting.
    pub interrupt: Interrupt,
    /// Where the time comes from.
    pub clock: Clock,
    /// The page of our own job: `https://github.com/acme/churn/actions/runs/42`, or
    /// `https://gitlab.com/acme/churn/-/jobs/42`.
    pub job_url: Option<&'a str>,
    /// The branch of the commit, where it is known.
    pub reference: Option<&'a str>,
    /// Where named tokens are.
    pub variables: &'a Variables,
    /// The number of the check that holds the record.
    pub check: Option<u64>,
    /// The image as its registry knows it: `registry/repository@sha256:…`; none where there is none.
    pub image: Option<String>,
}

impl Shipment<'_> {
    fn is_stopped(&self) -> bool {
        self.interrupt.raised().is_some()
    }
}

/// Delivers to each environment, in the order given, and stops at the first that does not get it. `obstacle` is why
/// none is tried. `deliveries` holds what earlier attempts did, and is brought up to date; `save` is called after each change, and before anything is
/// sent that cannot be taken back.
///
/// # Errors
/// Only those of `save`. What else goes wrong is in the deliveries and the findings.
pub async fn perform(
    shipment: &Shipment<'_>,
    environments: &[&Environment],
    obstacle: Option<String>,
    deliveries: &mut Vec<Delivery>,
    save: &mut dyn FnMut(&[Delivery]) -> Result<()>,
) -> Result<Vec<Finding>> {
    let mut ledger = Ledger { deliveries, save, key: shipment.approval.key() };
    let mut findings = Vec::new();
    let (targets, strangers) = targets(shipment, environments);
    let is_strange = !strangers.is_empty();
    for (environment, stranger) in strangers {
        ledger.skip(&environment.name, stranger.message.clone())?;
        findings.push(stranger);
    }
    let mut halted = obstacle
        .or_else(|| is_strange.then(|| "another environment cannot be delivered to from here".into()));
    for (environment, target) in &targets {
        if ledger.is_done(&environment.name, target.follow()) {
            shipment.console.detail(&format!("{} has it already", environment.name));
            continue;
        }
        let stopped = shipment.is_stopped().then(|| "the run was stopped".to_owned());
        if let Some(because) = stopped.or_else(|| halted.clone()).or_else(|| ledger.obstacle(environment)) {
            findings.extend(not_waited_for(environment, &targets, &ledger));
            ledger.skip(&environment.name, because)?;
            continue;
        }
        let voyage = Voyage::new(shipment, environment, &**target, &mut ledger, &mut findings);
        if voyage.go().await? == DeliveryOutcome::Failed {
            halted = Some(format!("the delivery to {} failed", environment.name));
        }
    }
    Ok(findings)
}

/// What delivers to an environment.
type Targeted<'a> = (&'a Environment, Box<dyn Target + 'a>);

/// What delivers to each environment, and what is wrong where nothing here can.
fn targets<'a>(
    shipment: &'a Shipment<'a>,
    environments: &[&'a Environment],
) -> (Vec<Targeted<'a>>, Vec<(&'a Environment, Finding)>) {
    let (mut targets, mut strangers) = (Vec::new(), Vec::new());
    for &environment in environments {
        match target::of(shipment, environment) {
            Ok(target) => targets.push((environment, target)),
            Err(stranger) => strangers.push((environment, stranger)),
        }
    }
    (targets, strangers)
}

/// What waits for an environment whose end nobody waits for never comes.
fn not_waited_for(
    environment: &Environment,
    targets: &[Targeted<'_>],
    ledger: &Ledger<'_>,
) -> Option<Finding> {
    let after = environment.after.as_deref()?;
    let is_started = ledger.ours(after)?.outcome == DeliveryOutcome::Started;
    let (_, before) = targets.iter().find(|(before, _)| before.name == after)?;
    if !is_started || before.follow()?.wait {
        return None;
    }
    let message =
        format!("{} comes after {after}, and the end of {after} is not waited for", environment.name);
    let help = format!("{}, or remove `after`", before.how_to_wait());
    Some(Finding::warning("delivery-not-waited-for", message).help(help))
}
