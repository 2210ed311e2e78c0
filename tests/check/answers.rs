//! What the fake leaves out of its answers, because no test asks for it.

use serde_json::Value;

/// The least that GitHub's description lets each of them be; `node tests/openapi.mjs … answers` prints it.
const ANSWERS: &str = include_str!("answers.json");

/// Adds to the answer from a path what GitHub says there is in it.
pub fn complete(path: &str, said: &mut Value) {
    let all: Value = serde_json::from_str(ANSWERS).expect("answers.json");
    let path = path.split('?').next().unwrap_or_default();
    let (name, list) = match path.split('/').collect::<Vec<_>>()[..] {
        ["check-runs"] | ["check-runs", _] => ("check", ""),
        ["check-runs", _, "annotations"] => ("annotation", ""),
        ["commits"] => ("commit", ""),
        ["commits", _, "check-runs"] => ("check", "check_runs"),
        ["issues", _, "comments"] | ["issues", "comments", _] => ("comment", ""),
        ["pulls", _, "files"] => ("file", ""),
        ["deployments"] => ("deployment", ""),
        ["deployments", _, "statuses"] => ("status", ""),
        ["actions", "runs", _] => ("run", ""),
        ["actions", "runs", _, "artifacts"] => ("artifact", "artifacts"),
        ["actions", "workflows", _, "runs"] => ("run", "workflow_runs"),
        [""] => ("repository", ""),
        _ => return,
    };
    if said.get("message").is_some() {
        return;
    }
    let said = if list.is_empty() { said } else { &mut said[list] };
    match said.as_array_mut() {
        Some(list) => list.iter_mut().for_each(|it| fill(it, &all[name], &all)),
        None => fill(said, &all[name], &all),
    }
}

/// What is there stays as it is.
fn fill(it: &mut Value, least: &Value, all: &Value) {
    let (Some(own), Some(least)) = (it.as_object_mut(), least.as_object()) else { return };
    for (name, value) in least {
        fill(own.entry(name).or_insert_with(|| value.clone()), value, all);
    }
    for name in ["app", "user"] {
        if let Some(inner) = own.get_mut(name) {
            fill(inner, &all[name], all);
        }
    }
}
