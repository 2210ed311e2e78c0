//! deploy: ship what was approved.

use crate::clock::Clock;
use crate::config::Environment;
use crate::console::Console;
use crate::fault::Result;
use crate::finding::Finding;
use crate::forge::github::Remote;
use crate::gate::Approval;
use crate::interrupt::Interrupt;
use crate::record::Delivery;

/// What is shipped, and through what.
pub struct Shipment<'a> {
    /// GitHub's API.
    pub remote: &'a Remote,
    /// What is shipped.
    pub approval: &'a Approval,
    /// Where is told what happens.
    pub console: &'a Console,
    /// What ends the waiting.
    pub interrupt: Interrupt,
    /// What measures the waiting.
    pub clock: Clock,
    /// The page of the job.
    pub job_url: Option<&'a str>,
}

/// Ships to each environment, in order.
///
/// # Errors
/// Deliveries that cannot be saved.
pub async fn perform(
    _shipment: &Shipment<'_>,
    _environments: &[&Environment],
    _deliveries: &mut Vec<Delivery>,
    _save: &mut dyn FnMut(&[Delivery]) -> Result<()>,
) -> Result<Vec<Finding>> {
    Ok(Vec::new())
}

/// The requests that [`perform`] would send, for a person.
#[must_use]
pub fn foresee(_shipment: &Shipment<'_>, _environments: &[&Environment]) -> String {
    String::new()
}

/// A workflow that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its number, where the server tells it.
    pub run: Option<u64>,
    /// Its page, where the server tells it.
    pub url: Option<String>,
}

/// Starts a workflow.
///
/// # Errors
/// What GitHub refuses.
pub async fn retrain(
    _remote: &Remote,
    _workflow: &str,
    _branch: Option<&str>,
    _inputs: &std::collections::BTreeMap<String, String>,
) -> Result<Started> {
    Ok(Started { run: None, url: None })
}

/// The request that [`retrain`] would send, for a person.
#[must_use]
pub fn foresee_retrain(
    _remote: &Remote,
    _workflow: &str,
    _branch: Option<&str>,
    _inputs: &std::collections::BTreeMap<String, String>,
) -> String {
    String::new()
}
