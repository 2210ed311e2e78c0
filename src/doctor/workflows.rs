//! The workflows that deploy and retrain start: whether they are there and take what they are given. GitHub would say
//! so only after the training.

use std::path::{Path, PathBuf};

use super::{Check, Patient};
use crate::config::{Config, Dispatched};
use crate::document::{self, shown};

const NAME: &str = "workflows";

pub(super) fn examine(patient: &Patient<'_>, config: &Config) -> Vec<Check> {
    let Some(folder) = folder(patient) else { return Vec::new() };
    let started = config.deploy.iter().filter_map(|environment| {
        let dispatch = environment.dispatch.as_ref()?;
        // Another branch may have another file.
        let Dispatched::Workflow { workflow, branch: None } = &dispatch.what else { return None };
        let given = config.given_inputs().chain(dispatch.inputs.keys().map(String::as_str)).collect();
        Some((format!("deploy.{}", environment.name), workflow, given))
    });
    let checks = started.map(|(who, workflow, given): (_, _, Vec<&str>)| {
        match trouble(&folder.join(workflow), &given) {
            None => Check::fine(NAME, format!("{workflow} takes what {} gives it", shown(&who))),
            Some(says) => {
                let says = format!("{workflow}, which {} starts, {says}", shown(&who));
                Check::warning(NAME, says).help(yaml(&given))
            }
        }
    });
    checks.collect()
}

/// The folder of the repository's workflows.
fn folder(patient: &Patient<'_>) -> Option<PathBuf> {
    let place = patient.repository.as_ref().ok()?.place().ok()?;
    let top = patient.root.ancestors().nth(Path::new(&place).components().count())?;
    Some(top.join(".github/workflows"))
}

/// Why it cannot be started with these inputs, as a lowercase fragment.
fn trouble(file: &Path, given: &[&str]) -> Option<String> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Some("is not in .github/workflows".into());
    };
    let Ok(workflow) = document::yaml(&text) else { return Some("is no YAML".into()) };
    let on = workflow.get("on")?;
    let listens = on.get("workflow_dispatch").is_some()
        || on.text() == Some("workflow_dispatch")
        || on.items().is_some_and(|events| events.iter().any(|it| it.text() == Some("workflow_dispatch")));
    if !listens {
        return Some("has no `workflow_dispatch`".into());
    }
    let inputs = on.get("workflow_dispatch").and_then(|dispatch| dispatch.get("inputs"));
    let is_missing = |name: &&&str| inputs.is_none_or(|inputs| inputs.get(name).is_none());
    let missing: Vec<&str> = given.iter().filter(is_missing).copied().collect();
    (!missing.is_empty()).then(|| format!("does not declare the inputs {}", missing.join(", ")))
}

fn yaml(given: &[&str]) -> String {
    let inputs: String = given.iter().map(|name| format!("\n      {name}: {{ type: string }}")).collect();
    format!("on:\n  workflow_dispatch:\n    inputs:{inputs}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(text: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deploy.yml");
        std::fs::write(&file, text).unwrap();
        trouble(&file, &["model", "commit"])
    }

    #[test]
    fn a_workflow_must_be_there_and_take_all_that_it_is_given() {
        assert_eq!(trouble(Path::new("none"), &[]).as_deref(), Some("is not in .github/workflows"));
        assert_eq!(of("on: push\n").as_deref(), Some("has no `workflow_dispatch`"));
        assert_eq!(of("on: [push]\n").as_deref(), Some("has no `workflow_dispatch`"));
        let none = Some("does not declare the inputs model, commit");
        assert_eq!(of("on: workflow_dispatch\n").as_deref(), none);
        assert_eq!(of("on: { workflow_dispatch: }\n").as_deref(), none);
        let some = "on: { workflow_dispatch: { inputs: { model: { type: string } } } }\n";
        assert_eq!(of(some).as_deref(), Some("does not declare the inputs commit"));
        assert_eq!(of(&some.replace("{ model:", "{ commit: {}, model:")), None);
    }
}
