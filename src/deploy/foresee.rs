//! What would be sent, to the letter, without sending or asking anything.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::deployment::{self, Told};
use super::dispatch::{event_body, workflow_body, workflow_path};
use super::ledger::{Ledger, blank};
use super::{Shipment, inputs};
use crate::config::{Dispatched, Environment};
use crate::forge::github::Remote;
use crate::record::{Delivery, DeliveryOutcome};

/// What stands for that which only GitHub can tell.
const DEPLOYMENT: &str = "{deployment}";
const BRANCH: &str = "{default branch}";
const RUN: &str = "{page of the run}";

/// The requests that write, if all goes well: of each its method, its path and its body. Nothing is sent, and no token
/// is in it. What earlier attempts did, as far as `deliveries` tells, is not sent again.
#[must_use]
pub fn foresee(shipment: &Shipment<'_>, environments: &[&Environment], deliveries: &[Delivery]) -> String {
    let mut deliveries = deliveries.to_vec();
    let mut save = |_: &[Delivery]| Ok(());
    let key = shipment.approval.key();
    let mut ledger = Ledger { deliveries: &mut deliveries, save: &mut save, key };
    let mut text = String::new();
    for &environment in environments {
        text += &format!("# {}\n\n", environment.name);
        let under_way = ledger.ours(&environment.name).and_then(|before| before.run);
        if ledger.is_done(environment) {
            text += "nothing is sent: it has it already\n\n";
        } else if let Some(because) = ledger.obstacle(environment) {
            text += &format!("nothing is sent: {because}\n\n");
        } else {
            if let Some(run) = under_way {
                text += &format!(
                    "the run {run} is looked at first; unless it failed, nothing new is started\n\n"
                );
            }
            requests(shipment, environment, &mut text);
            let waits = environment.dispatch.as_ref().is_none_or(|dispatch| dispatch.wait);
            let outcome = if waits { DeliveryOutcome::Delivered } else { DeliveryOutcome::Started };
            // It is kept in memory, which does not fail.
            let _ = ledger.put(blank(&environment.name, key, outcome));
        }
    }
    text
}

fn requests(shipment: &Shipment<'_>, environment: &Environment, text: &mut String) {
    let mut post = |path: &str, body: &Value| *text += &request(shipment.remote, path, body);
    let statuses = deployment::statuses(DEPLOYMENT);
    let waits = environment.dispatch.as_ref().is_none_or(|dispatch| dispatch.wait);
    if let Some(page) = &environment.deployment {
        post(deployment::PATH, &deployment::body(shipment, environment));
        post(&statuses, &Told::begun(shipment).body(page));
    }
    if let Some(dispatch) = &environment.dispatch {
        let inputs = inputs::inputs(shipment, environment, dispatch);
        match &dispatch.what {
            Dispatched::Workflow { workflow, branch } => {
                let branch = on(shipment.remote, branch.as_deref());
                post(&workflow_path(workflow), &workflow_body(branch, &inputs, true));
            }
            Dispatched::Event(event) => post("dispatches", &event_body(event, &inputs)),
        }
    }
    if let Some(page) = &environment.deployment {
        let log_url = environment.dispatch.as_ref().map(|_| RUN).or(shipment.job_url);
        if environment.dispatch.is_some() {
            post(&statuses, &Told::sent(log_url).body(page));
        }
        if waits {
            let description = ended(environment);
            post(&statuses, &Told { state: "success", description: &description, log_url }.body(page));
        }
    }
}

/// The request that [`super::retrain`] would send. Nothing is sent, and no token is in it.
#[must_use]
pub fn foresee_retrain(
    remote: &Remote,
    workflow: &str,
    branch: Option<&str>,
    inputs: &BTreeMap<String, String>,
) -> String {
    let body = workflow_body(on(remote, branch), &inputs::texts(inputs), true);
    request(remote, &workflow_path(workflow), &body)
}

fn request(remote: &Remote, path: &str, body: &Value) -> String {
    format!("{} {}\n{body:#}\n\n", Method::POST, remote.api.path(path))
}

/// The branch, as far as it is known without asking.
fn on<'a>(remote: &'a Remote, branch: Option<&'a str>) -> &'a str {
    branch.or(remote.event.default_branch.as_deref()).unwrap_or(BRANCH)
}

/// What the deployment says at its end.
fn ended(environment: &Environment) -> String {
    match environment.dispatch.as_ref().map(|dispatch| &dispatch.what) {
        Some(Dispatched::Workflow { workflow, .. }) => format!("{workflow} ended with success"),
        Some(Dispatched::Event(_)) | None => "the deployment tells of it".into(),
    }
}
