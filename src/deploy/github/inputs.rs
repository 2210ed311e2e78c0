//! What a workflow gets to know, and how it says that it takes it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Github;
use crate::config::Dispatch;
use crate::deploy::inputs;

/// The inputs: ours, and then those of modelgate.yml. All of them are texts, as GitHub wants them.
pub(super) fn inputs(github: &Github<'_>, dispatch: &Dispatch) -> Map<String, Value> {
    // The run whose artifact holds what was judged; on a laptop there is none.
    let run = github.remote.run.map(|run| run.to_string()).unwrap_or_default();
    let ours = inputs::given(github.shipment, github.environment, vec![("run", run)]);
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

/// What a workflow must have in it so that it can be started with these inputs: on one line, because not every place
/// that shows it keeps lines.
pub(super) fn yaml(inputs: &Map<String, Value>) -> String {
    let inputs: Vec<String> = inputs.keys().map(|name| format!("{name}: {{ type: string }}")).collect();
    match inputs.join(", ") {
        none if none.is_empty() => "`on: { workflow_dispatch: {} }`".into(),
        inputs => format!("`on: {{ workflow_dispatch: {{ inputs: {{ {inputs} }} }} }}`"),
    }
}
