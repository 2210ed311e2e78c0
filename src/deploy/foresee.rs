//! What would be sent, to the letter, without sending or asking anything.

use http::Method;
use serde_json::Value;

use super::deployment::{self, Told};
use super::dispatch::{event_body, workflow_body, workflow_path};
use super::{Shipment, inputs};
use crate::config::{Dispatched, Environment};
use crate::record::{Delivery, DeliveryOutcome};

/// What stands for that which only GitHub can tell.
const DEPLOYMENT: &str = "{deployment}";
const BRANCH: &str = "{default branch}";
const RUN: &str = "{page of the run}";

/// The requests that write, if all goes well: of each its method, its path and its body. Nothing is sent, and no token
/// is in it. What earlier attempts did, as far as `deliveries` tells, is not sent again.
#[must_use]
pub fn foresee(shipment: &Shipment<'_>, environments: &[Environment], deliveries: &[Delivery]) -> String {
    let key = shipment.approval.key();
    let mut text = String::new();
    for environment in environments {
        let is_there = deliveries.iter().any(|it| {
            it.target == environment.name
                && it.approval == Some(key)
                && it.outcome == DeliveryOutcome::Delivered
        });
        text += &format!("# {}\n\n", environment.name);
        if is_there {
            text += "it has it already, so nothing is sent\n\n";
        } else {
            requests(shipment, environment, &mut text);
        }
    }
    text
}

fn requests(shipment: &Shipment<'_>, environment: &Environment, text: &mut String) {
    let mut post = |path: &str, body: &Value| {
        let path = shipment.remote.api.path(path);
        *text += &format!("{} {path}\n{body:#}\n\n", Method::POST);
    };
    let statuses = deployment::statuses(DEPLOYMENT);
    let waits = environment.dispatch.as_ref().is_none_or(|dispatch| dispatch.wait);
    if let Some(page) = &environment.deployment {
        post(deployment::PATH, &deployment::body(shipment, environment));
        post(&statuses, &Told::begun(shipment).body(page));
    }
    if let Some(dispatch) = &environment.dispatch {
        let inputs = inputs::inputs(shipment.approval, environment, dispatch);
        match &dispatch.what {
            Dispatched::Workflow { workflow, branch } => {
                let event = shipment.remote.event.default_branch.as_deref();
                let branch = branch.as_deref().or(event).unwrap_or(BRANCH);
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

/// What the deployment says at its end.
fn ended(environment: &Environment) -> String {
    match environment.dispatch.as_ref().map(|dispatch| &dispatch.what) {
        Some(Dispatched::Workflow { workflow, .. }) => format!("{workflow} ended with success"),
        Some(Dispatched::Event(_)) | None => "the deployment tells of it".into(),
    }
}
