//! What went wrong, with the words to put into a workflow.

use serde_json::{Map, Value};

use super::super::told::{FAILED, failed};
use super::inputs;
use crate::finding::Finding;
use crate::forge::github::api::Trouble;

/// An environment that says only what is started on GitLab.
pub(super) fn stranger(environment: &str) -> Finding {
    let message = format!(
        "deploy.{environment} has a `trigger` or a `play`, which only GitLab knows, and this is GitHub"
    );
    let help = format!("say what is started here: `dispatch: {{ workflow: … }}` in `deploy.{environment}`");
    Finding::error(FAILED, message).help(help)
}

/// A workflow that could not be started.
pub(super) fn workflow(
    trouble: &Trouble,
    environment: &str,
    workflow: &str,
    inputs: &Map<String, Value>,
) -> Finding {
    let doing = format!("start {workflow} for {environment}");
    failed(trouble, &doing, workflow_help(trouble, workflow, inputs))
}

/// An event that could not be sent.
pub(super) fn event(trouble: &Trouble, environment: &str, event: &str) -> Finding {
    failed(
        trouble,
        &format!("send the event «{event}» for {environment}"),
        permission(trouble, "contents: write"),
    )
}

/// A deployment that could not be made.
pub(super) fn deployment(trouble: &Trouble, environment: &str) -> Finding {
    let help = match trouble {
        Trouble::Refused(409 | 422, _) => Some(
            "check that the commit is on GitHub, and that the environment's rules let it be deployed"
                .to_owned(),
        ),
        _ => permission(trouble, "deployments: write"),
    };
    failed(trouble, &format!("make the deployment to {environment}"), help)
}

/// What makes a workflow start that does not.
pub(super) fn workflow_help(
    trouble: &Trouble,
    workflow: &str,
    inputs: &Map<String, Value>,
) -> Option<String> {
    let yaml = inputs::yaml(inputs);
    match trouble {
        Trouble::NotFound(_) => {
            let permission = permission(trouble, "actions: write")?;
            Some(format!(
                "check that .github/workflows/{workflow} is on the branch and has {yaml}; else {permission}"
            ))
        }
        Trouble::Refused(_, why) => {
            let why = why.to_lowercase();
            let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
            if says(&["no ref found"]) {
                Some("correct its `branch` in modelgate.yml".into())
            } else if says(&["disabled"]) {
                Some(format!("enable {workflow} on the page Actions of the repository"))
            } else if says(&["too large", "too long"]) {
                Some(
                    "let train and evaluate declare fewer outputs: their paths and digests are an input"
                        .into(),
                )
            } else if says(&["input", "workflow_dispatch"]) {
                Some(format!("let .github/workflows/{workflow} take what it gets: {yaml}"))
            } else {
                None
            }
        }
        _ => permission(trouble, "actions: write"),
    }
}

/// The permission to paste, where it is the permission that lacks.
fn permission(trouble: &Trouble, line: &str) -> Option<String> {
    let accepted = match trouble {
        Trouble::Forbidden(_, accepted) => accepted.as_deref(),
        Trouble::NotFound(_) => None,
        _ => return None,
    };
    let asks = accepted.map(|accepted| format!(" (GitHub asks for {accepted})")).unwrap_or_default();
    Some(format!("give the job's token what it lacks{asks}, beside what it has: `permissions: {{ {line} }}`"))
}
