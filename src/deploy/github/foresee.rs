//! What would be sent to GitHub, to the letter.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::dispatch::{event_body, workflow_body, workflow_path};
use super::{Github, deployment, inputs};
use crate::config::{Dispatched, Environment};
use crate::deploy::target::{State, Target, Told};
use crate::forge::github::Remote;

/// What stands for that which only GitHub can tell.
const DEPLOYMENT: &str = "{deployment}";
const BRANCH: &str = "{default branch}";
const RUN: &str = "{page of the run}";

/// The requests that write.
pub(super) fn requests(github: &Github<'_>) -> String {
    let Github { shipment, remote, environment } = github;
    let mut text = String::new();
    let mut post = |path: &str, body: &Value| text += &request(remote, path, body);
    let statuses = deployment::statuses(DEPLOYMENT);
    if let Some(page) = &environment.deployment {
        post(deployment::PATH, &deployment::body(shipment, environment));
        post(&statuses, &deployment::begun(shipment, page));
    }
    if let Some(dispatch) = &environment.dispatch {
        let inputs = inputs::inputs(github, dispatch);
        match &dispatch.what {
            Dispatched::Workflow { workflow, branch } => {
                let branch = on(remote, branch.as_deref());
                post(&workflow_path(workflow), &workflow_body(branch, &inputs, true));
            }
            Dispatched::Event(event) => post("dispatches", &event_body(event, &inputs)),
        }
    }
    if let Some(page) = &environment.deployment {
        let url = environment.dispatch.as_ref().map(|_| RUN).or(shipment.job_url);
        let mut tell = |state, description: &str| {
            post(&statuses, &deployment::told(&Told { state, description, url }, page));
        };
        if environment.dispatch.is_some() {
            tell(State::Sent, "");
        }
        if github.follow().is_none_or(|follow| follow.wait) {
            tell(State::Success, &ended(environment));
        }
    }
    text
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
