//! The parts of the file about what leaves the machine: the check, the environments, the retraining.

use std::collections::BTreeMap;
use std::time::Duration;

use super::source::{KeyPath, Source};
use super::validate::timeout;
use super::{Deployment, Dispatch, Dispatched, Environment, Launch, Report, Retrain, launch, raw};
use crate::document::shown;
use crate::step::Step;

/// The inputs that every dispatched workflow gets from us.
/// The last one only where an image is pushed.
pub const INPUTS: [&str; 7] = ["environment", "model", "commit", "run", "approval", "outputs", "image"];

/// How many inputs GitHub takes, and how many properties of a `repository_dispatch`.
const MOST_INPUTS: usize = 25;
const MOST_PROPERTIES: usize = 10;

/// How long the end of what delivers is waited for when the file does not say.
pub(super) const WAIT: Duration = Duration::from_secs(60 * 60);

/// Validates `report`.
pub(super) fn report(source: &mut Source<'_>, raw: raw::Report) -> Report {
    let path = KeyPath::of(&["report"]).key("check");
    let check = match raw.check {
        None | Some(raw::Scalar::Bool(true)) => Some(Report::CHECK_NAME.to_owned()),
        Some(raw::Scalar::Bool(false)) => None,
        Some(name) => {
            let name = name.to_string();
            if name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
                let help = "use one line of 1 to 100 characters, or `false` for no check";
                source.value(&path, format!("«{}» is not the name of a check", shown(&name)), help);
            }
            Some(name)
        }
    };
    Report { check, comment: raw.comment.unwrap_or_default() }
}

/// Validates `retrain`. What makes it begin by itself is not there yet, and stops no run.
pub(super) fn retrain(source: &mut Source<'_>, raw: raw::Retrain) -> Retrain {
    let path = KeyPath::of(&["retrain"]);
    if raw.prometheus.is_some() {
        source.unavailable(Step::Retrain, &path.key("prometheus"), true);
    }
    let trigger = raw.trigger.unwrap_or_default();
    let trigger = launch::retrain(source, &path.key("trigger"), trigger);
    let path = path.key("dispatch");
    let dispatch = raw.dispatch.unwrap_or_default();
    if let Some(file) = &dispatch.workflow {
        workflow(source, &path.key("workflow"), file);
    }
    Retrain {
        workflow: dispatch.workflow.unwrap_or_else(|| Retrain::WORKFLOW.into()),
        branch: branch(source, &path.key("branch"), dispatch.branch),
        trigger,
    }
}

/// Validates `deploy`; the environments in the order in which they are delivered to.
pub(super) fn deploy(source: &mut Source<'_>, raw: raw::Ordered<raw::Environment>) -> Vec<Environment> {
    let path = KeyPath::of(&["deploy"]);
    if source.node(&path).and_then(|node| node.entries()).is_some_and(<[_]>::is_empty) {
        let help =
            "name one, such as `production: { dispatch: { workflow: deploy.yml } }`, or remove the key";
        source.value(&path, "there is no environment", help);
    }
    let environments: Vec<Environment> =
        raw.0.into_iter().map(|(name, raw)| environment(source, &path.key(&name), name, raw)).collect();
    for environment in &environments {
        after(source, &path, environment, &environments);
    }
    ordered(source, &path, environments)
}

fn environment(source: &mut Source<'_>, path: &KeyPath, name: String, raw: raw::Environment) -> Environment {
    if name.trim().is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        let help = "use one line of 1 to 255 characters, as the forge names the environment";
        source.key(path, format!("«{}» is not the name of an environment", shown(&name)), help);
    }
    let has_deployment = raw.deployment.unwrap_or_default();
    let is_started = ["dispatch", "trigger", "play"].into_iter().any(|key| source.has(&path.key(key)));
    if !is_started && !has_deployment {
        let help = "say what starts it, such as `dispatch: { workflow: deploy.yml }` on GitHub or `trigger: { ref: main }` \
                    on GitLab, or `deployment: true` for a Deployment that something else listens to";
        source.key(path, "nothing is delivered here", help);
    }
    if let Some(url) = &raw.url {
        let is_address = url.starts_with("https://") || url.starts_with("http://");
        if !is_address || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let help = "write it with `https://`";
            source.value(&path.key("url"), format!("«{}» is not a web address", shown(url)), help);
        } else if !has_deployment {
            let help = "add `deployment: true`, or remove it";
            source.key(&path.key("url"), "`url` means nothing without `deployment`", help);
        }
    }
    Environment {
        after: raw.after,
        from_any_branch: raw.when == Some(raw::When::Always),
        dispatch: raw.dispatch.and_then(|raw| dispatch(source, &path.key("dispatch"), raw)),
        launch: launch::launch(source, path, raw.trigger, raw.play),
        deployment: has_deployment.then_some(Deployment { url: raw.url }),
        name,
    }
}

fn dispatch(source: &mut Source<'_>, path: &KeyPath, raw: raw::Dispatch) -> Option<Dispatch> {
    let is_workflow = raw.workflow.is_some();
    let what = match (raw.workflow, raw.event) {
        (Some(_), Some(_)) => {
            let help = "keep `workflow`, or `event`";
            source.key(&path.key("event"), "a dispatch starts a workflow or sends an event, not both", help);
            None
        }
        (Some(file), None) => {
            workflow(source, &path.key("workflow"), &file);
            let branch = branch(source, &path.key("branch"), raw.branch);
            Some(Dispatched::Workflow { workflow: file, branch })
        }
        (None, Some(event)) => {
            event_is_sound(source, path, &event, raw.branch.is_some());
            Some(Dispatched::Event(event))
        }
        (None, None) if source.has(&path.key("workflow")) || source.has(&path.key("event")) => None,
        (None, None) => {
            let help = "name the file of a workflow, such as `workflow: deploy.yml`, or an `event`";
            source.key(path, "nothing is started", help);
            None
        }
    };
    let wait = raw.wait.unwrap_or(is_workflow);
    if wait && !is_workflow && raw.wait.is_some() {
        let help = "remove it, or start a `workflow`, whose end can be followed";
        source.key(&path.key("wait"), "the end of an event cannot be waited for", help);
    }
    let limit = raw.timeout.and_then(|text| timeout(source, &path.key("timeout"), &text));
    Some(Dispatch {
        what: what?,
        inputs: inputs(source, path, raw.inputs, if is_workflow { MOST_INPUTS } else { MOST_PROPERTIES }),
        wait,
        timeout: limit.unwrap_or(WAIT),
    })
}

fn event_is_sound(source: &mut Source<'_>, path: &KeyPath, event: &str, has_branch: bool) {
    if event.trim().is_empty() || event.chars().count() > 100 || event.chars().any(char::is_control) {
        let help = "use one line of 1 to 100 characters, such as `model-approved`";
        source.value(&path.key("event"), format!("«{}» is not the name of an event", shown(event)), help);
    }
    if has_branch {
        let help = "remove it: an event starts workflows of the default branch";
        source.key(&path.key("branch"), "`branch` means nothing beside `event`", help);
    }
}

fn inputs(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<raw::Ordered<raw::Scalar>>,
    most: usize,
) -> BTreeMap<String, String> {
    let path = path.key("inputs");
    let inputs = raw.map(|inputs| inputs.0).unwrap_or_default();
    if inputs.len() + INPUTS.len() > most {
        let (all, ours) = (inputs.len(), INPUTS.len());
        let help = "take some away, or put several into one as JSON";
        source.key(&path, format!("these are {all}, and GitHub takes {most} with our own {ours}"), help);
    }
    for (name, _) in &inputs {
        if INPUTS.contains(&name.as_str()) {
            let help = "give it another name; ours are `environment`, `model`, `commit`, `run`, `approval`, `outputs` and `image`";
            source.key(&path.key(name), format!("«{}» is given by modelgate itself", shown(name)), help);
        }
    }
    inputs.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

/// A workflow is named by its file, so that nothing else can be meant.
fn workflow(source: &mut Source<'_>, path: &KeyPath, file: &str) {
    let is_file = file.ends_with(".yml") || file.ends_with(".yaml");
    if !is_file || !file.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ')) {
        let help = "write the name of a file in .github/workflows, such as `deploy.yml`";
        source.value(path, format!("«{}» is not the file of a workflow", shown(file)), help);
    }
}

pub(super) fn branch(source: &mut Source<'_>, path: &KeyPath, branch: Option<String>) -> Option<String> {
    let name = branch.as_deref()?;
    if name.is_empty() || name.starts_with('-') || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        source.value(path, format!("«{}» is not a branch", shown(name)), "write its name, such as `main`");
    }
    branch
}

/// Whether what an environment comes after is there, is another, and is waited for.
fn after(source: &mut Source<'_>, path: &KeyPath, environment: &Environment, all: &[Environment]) {
    let Some(after) = &environment.after else { return };
    let path = path.key(&environment.name).key("after");
    let Some(first) = all.iter().find(|other| other.name == *after) else {
        let names: Vec<&str> = all.iter().map(|other| other.name.as_str()).collect();
        let help = super::suggest::nearest(after, &names).map_or_else(
            || "name another environment of `deploy`".into(),
            |near| format!("did you mean «{near}»?"),
        );
        source.value(&path, format!("there is no environment «{}»", shown(after)), help);
        return;
    };
    if let Some(dispatch) = first.dispatch.as_ref().filter(|dispatch| !dispatch.wait) {
        let help = match dispatch.what {
            Dispatched::Workflow { .. } => "take `wait: false` away there",
            Dispatched::Event(_) => "start a `workflow` there, whose end can be followed",
        };
        source.value(&path, format!("nobody waits for the end of «{}»", shown(after)), help);
    }
    if first.launch.as_ref().is_some_and(|Launch { wait, .. }| !wait) {
        let help = "take `wait: false` away there";
        source.value(&path, format!("nobody waits for the end of «{}» on GitLab", shown(after)), help);
    }
}

/// Each after the one that it comes after; else in the order of the file.
fn ordered(source: &mut Source<'_>, path: &KeyPath, mut left: Vec<Environment>) -> Vec<Environment> {
    let names: Vec<String> = left.iter().map(|environment| environment.name.clone()).collect();
    let mut ordered: Vec<Environment> = Vec::new();
    while !left.is_empty() {
        let is_next = |environment: &Environment| match &environment.after {
            // One that is not there was reported.
            Some(after) => !names.contains(after) || ordered.iter().any(|done| done.name == *after),
            None => true,
        };
        let Some(at) = left.iter().position(is_next) else {
            let circle: Vec<String> = left.iter().map(|it| format!("«{}»", shown(&it.name))).collect();
            let message = format!("{} wait for each other", circle.join(" and "));
            source.value(&path.key(&left[0].name).key("after"), message, "take one `after` away");
            break;
        };
        ordered.push(left.remove(at));
    }
    ordered
}

#[cfg(test)]
#[path = "deploy_tests.rs"]
mod tests;
