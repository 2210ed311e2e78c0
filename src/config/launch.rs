//! The parts of the file about what is started in GitLab CI: a pipeline, or a manual job of the same pipeline.

use std::collections::BTreeMap;

use super::deploy::{WAIT, branch};
use super::source::{KeyPath, Source};
use super::validate::{is_variable, timeout, variable, variable_named};
use super::{Given, Launch, Launched, Trigger, raw};
use crate::document::shown;

/// The inputs that every pipeline or job gets from us, the last one only where an image is pushed. As variables they
/// are called `MODELGATE_ENVIRONMENT` and so on.
pub const LAUNCH_INPUTS: [&str; 8] =
    ["environment", "model", "commit", "project", "job", "approval", "outputs", "image"];

/// The input of a training that is started by hand.
const REASON: &str = "reason";

/// The variable that carries an input of ours.
#[must_use]
pub fn launch_variable(input: &str) -> String {
    format!("MODELGATE_{}", input.to_uppercase())
}

/// Validates `trigger` and `play` of an environment at `path`.
pub(super) fn launch(
    source: &mut Source<'_>,
    path: &KeyPath,
    trigger: Option<raw::Trigger>,
    play: Option<raw::Play>,
) -> Option<Launch> {
    if trigger.is_some() && play.is_some() {
        let help = "keep `trigger`, or `play`";
        source.key(&path.key("play"), "a pipeline is triggered or a job is played, not both", help);
    }
    match (trigger, play) {
        (Some(raw), _) => {
            let path = path.key("trigger");
            let wait = raw.wait;
            let limit = raw.timeout.as_deref().and_then(|text| timeout(source, &path.key("timeout"), text));
            let trigger = raw::StartedPipeline {
                reference: raw.reference,
                project: raw.project,
                token: raw.token,
                variables: raw.variables,
                inputs: raw.inputs,
            };
            let what = Launched::Trigger(pipeline(source, &path, trigger, &LAUNCH_INPUTS));
            Some(Launch { what, wait: wait.unwrap_or(true), timeout: limit.unwrap_or(WAIT) })
        }
        (None, Some(raw)) => played(source, &path.key("play"), raw),
        (None, None) => None,
    }
}

/// Validates `retrain.trigger`.
pub(super) fn retrain(source: &mut Source<'_>, path: &KeyPath, raw: raw::StartedPipeline) -> Trigger {
    pipeline(source, path, raw, &[REASON])
}

fn pipeline(source: &mut Source<'_>, path: &KeyPath, raw: raw::StartedPipeline, ours: &[&str]) -> Trigger {
    if let Some(project) = &raw.project {
        named_project(source, &path.key("project"), project);
        if raw.reference.is_none() && !source.has(&path.key("ref")) {
            let help = "add it, such as `ref: main`";
            source.key(&path.key("project"), "the `ref` of another project is not known", help);
        }
    }
    if let Some(token) = &raw.token {
        variable_named(source, &path.key("token"), token);
        if is_variable(token) && !token.to_uppercase().ends_with("_TOKEN") {
            let help = "call it like `DEPLOY_TRIGGER_TOKEN`: every other variable is seen by the commands of the steps";
            source.value(&path.key("token"), format!("«{}» does not end with `_TOKEN`", shown(token)), help);
        }
    }
    if raw.variables.is_some() && raw.inputs.is_some() {
        let help = "keep `variables`, or `inputs`";
        source.key(&path.key("inputs"), "a pipeline gets variables or inputs, not both", help);
    }
    let given = match raw.inputs {
        Some(more) => Given::Inputs(inputs(source, path, more, ours)),
        None => Given::Variables(variables(source, path, raw.variables, ours)),
    };
    Trigger {
        reference: branch(source, &path.key("ref"), raw.reference),
        project: raw.project,
        token: raw.token,
        given,
    }
}

fn played(source: &mut Source<'_>, path: &KeyPath, raw: raw::Play) -> Option<Launch> {
    let limit = raw.timeout.as_deref().and_then(|text| timeout(source, &path.key("timeout"), text));
    let variables = variables(source, path, raw.variables, &LAUNCH_INPUTS);
    let Some(job) = raw.job else {
        if !source.has(&path.key("job")) {
            let help = "name a manual job of the pipeline, such as `job: deploy-production`";
            source.key(path, "no job is played", help);
        }
        return None;
    };
    if job.trim().is_empty() || job.chars().count() > 255 || job.chars().any(char::is_control) {
        let help = "use the job's name in .gitlab-ci.yml, such as `deploy-production`";
        source.value(&path.key("job"), format!("«{}» is not the name of a job", shown(&job)), help);
    }
    let what = Launched::Play { job, variables };
    Some(Launch { what, wait: raw.wait.unwrap_or(true), timeout: limit.unwrap_or(WAIT) })
}

/// More variables than ours.
fn variables(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<raw::Ordered<raw::Scalar>>,
    ours: &[&str],
) -> BTreeMap<String, String> {
    let path = path.key("variables");
    let named = raw.map(|named| named.0).unwrap_or_default();
    for (name, _) in &named {
        variable(source, &path.key(name), name);
        if is_variable(name) && ours.iter().any(|input| launch_variable(input) == *name) {
            given_by_us(source, &path.key(name), name);
        }
    }
    named.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// More inputs than ours.
fn inputs(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: raw::Ordered<raw::Scalar>,
    ours: &[&str],
) -> BTreeMap<String, String> {
    let path = path.key("inputs");
    for (name, _) in &raw.0 {
        if name.trim().is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let help = "use the name that stands below `spec: inputs:` there";
            source.key(&path.key(name), format!("«{}» is not the name of an input", shown(name)), help);
        } else if ours.contains(&name.as_str()) {
            given_by_us(source, &path.key(name), name);
        }
    }
    raw.0.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

fn given_by_us(source: &mut Source<'_>, path: &KeyPath, name: &str) {
    source.key(path, format!("«{}» is given by modelgate itself", shown(name)), "give it another name");
}

/// A project is named by its path or its number.
fn named_project(source: &mut Source<'_>, path: &KeyPath, project: &str) {
    let is_number = !project.is_empty() && project.chars().all(|c| c.is_ascii_digit());
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    let is_path = project.contains('/') && project.split('/').all(is_part);
    if !is_number && !is_path {
        let help = "write its path, such as `group/project`, or its number";
        source.value(path, format!("«{}» is not a project", shown(project)), help);
    }
}

#[cfg(test)]
#[path = "launch_tests.rs"]
mod tests;
