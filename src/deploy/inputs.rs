//! What a workflow gets to know, and how it says that it takes it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::config::{Dispatch, Environment};
use crate::gate::Approval;

/// The inputs: ours, and then those of modelgate.yml. All of them are texts, as GitHub wants them.
pub(super) fn inputs(
    approval: &Approval,
    environment: &Environment,
    dispatch: &Dispatch,
) -> Map<String, Value> {
    let ours = [
        ("environment", environment.name.clone()),
        ("model", approval.model().to_string()),
        ("commit", approval.commit().to_string()),
        ("approval", approval.key().to_string()),
        ("outputs", serde_json::json!(approval.digests()).to_string()),
    ];
    let mut inputs = texts(&dispatch.inputs);
    // Nobody gives another digest than the one that was judged.
    inputs.retain(|name, _| ours.iter().all(|(own, _)| own != name));
    let mut all: Map<String, Value> =
        ours.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    all.append(&mut inputs);
    all
}

/// Texts as JSON.
pub(super) fn texts(named: &BTreeMap<String, String>) -> Map<String, Value> {
    named.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
}

/// What a workflow must have in it so that it can be started with these inputs.
pub(super) fn yaml(inputs: &Map<String, Value>) -> String {
    let mut yaml = "on:\n  workflow_dispatch:\n".to_owned();
    if !inputs.is_empty() {
        yaml += "    inputs:\n";
    }
    for name in inputs.keys() {
        yaml += &format!("      {name}: {{ type: string, required: true }}\n");
    }
    yaml
}
