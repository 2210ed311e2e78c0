//! What the steps read: files and secrets.

use std::ffi::OsStr;

use super::{Check, Patient, scripts};
use crate::config::{Config, Image, Reference, Set};
use crate::document::shown;
use crate::engine::{child_variables, missing_secrets};
use crate::files::{self, nearest};
use crate::step::Step;
use crate::store;

/// How many names are shown in one line.
const MOST_SHOWN: usize = 6;

/// Files that a key of the configuration names.
struct Named {
    /// The key, such as `train.inputs`.
    key: String,
    patterns: Vec<String>,
    /// Whether training may make them.
    may_be_made: bool,
}

/// Inputs that match nothing, and sets of data of which a file is missing.
pub(super) fn inputs(patient: &Patient<'_>, config: &Config) -> Vec<Check> {
    const NAME: &str = "inputs";
    let mut found = 0;
    let mut checks = Vec::new();
    for named in named(config) {
        match files::expand_beside(patient.root, &[patient.run_dir], &named.patterns) {
            Ok(expanded) => {
                found += expanded.files.len();
                checks.extend(expanded.unmatched.iter().map(|pattern| unmatched(patient, &named, pattern)));
            }
            Err(fault) => {
                checks.push(Check::broken(NAME, fault.to_string()).help(fault.remedy().unwrap_or_default()))
            }
        }
    }
    if checks.is_empty() && found > 0 {
        checks.push(Check::fine(NAME, format!("{found} found")));
    }
    checks
}

fn named(config: &Config) -> Vec<Named> {
    let named = |key: String, patterns| Named { key, patterns, may_be_made: false };
    let inputs = |step: Step, inputs: &[String]| named(format!("{step}.inputs"), inputs.to_vec());
    let train = config.train.as_ref().map(|train| inputs(Step::Train, &train.inputs));
    let evaluate = inputs(Step::Evaluate, &config.evaluate.inputs);
    let evaluate = Named { may_be_made: config.train.is_some(), ..evaluate };
    let set = |set: &Set| {
        let near = set.files.iter().filter(|file| !store::is_address(file));
        named(format!("data.sets.{}", set.name), near.cloned().collect())
    };
    let data = config.data.iter().flat_map(|data| {
        let schema = data.schema.clone().map(|path| named("data.schema".into(), vec![path]));
        let reference = data.drift.as_ref().and_then(|drift| match &drift.reference {
            Reference::Profile(path) => Some(named("data.drift.reference".into(), vec![path.clone()])),
            Reference::Set(_) | Reference::Baseline => None,
        });
        data.sets.iter().map(set).chain(schema).chain(reference)
    });
    train.into_iter().chain([evaluate]).chain(data).collect()
}

fn unmatched(patient: &Patient<'_>, named: &Named, pattern: &str) -> Check {
    let key = &named.key;
    let says = format!("«{}» of {key} matches nothing", shown(pattern));
    if patient.root.join(format!("{pattern}.dvc")).is_file() || patient.root.join("dvc.lock").is_file() {
        return Check::broken("inputs", says).help("dvc pull");
    }
    if named.may_be_made {
        return Check::warning("inputs", says).help("it has to be there, or training has to make it");
    }
    let help = match nearest(patient.root, &[patient.run_dir], pattern) {
        Some(like) => format!("did you mean «{}»?", shown(&like)),
        None => format!("put it there, or take it out of `{key}`"),
    };
    Check::broken("inputs", says).help(help)
}

fn is_set(patient: &Patient<'_>, name: &str) -> bool {
    patient.variables.get(std::ffi::OsStr::new(name)).is_some_and(|value| !value.is_empty())
}

/// Secrets that are named and not there, and variables that are kept from the commands.
pub(super) fn secrets(patient: &Patient<'_>, config: &Config) -> Vec<Check> {
    const NAME: &str = "secrets";
    let mut checks = Vec::new();
    let scripts = scripts(config);
    for (step, script) in &scripts {
        for name in missing_secrets(patient.variables, script) {
            let is_set = patient.variables.contains_key(OsStr::new(name));
            let how = if is_set { "is empty" } else { "is not set" };
            let help = format!("set it for this job, or take it out of `{step}.secrets`");
            checks.push(Check::broken(NAME, format!("{name}, which {step} names, {how}")).help(help));
        }
    }
    let mut withheld: Vec<String> =
        scripts.iter().flat_map(|(_, script)| child_variables(patient.variables, script).1).collect();
    withheld.sort();
    withheld.dedup();
    // Those of the runner and of our own flags are no secrets that a step could want.
    let is_ours = |name: &str| {
        name.starts_with("MODELGATE_") || (name.starts_with("GITHUB_") && !name.ends_with("TOKEN"))
    };
    withheld.retain(|name| !is_ours(name));
    withheld.retain(|name| !scripts.iter().any(|(_, script)| script.secrets.contains(name)));
    let of_build: Vec<&String> = config.image.iter().flat_map(Image::secret_variables).collect();
    withheld.retain(|name| !of_build.contains(&name));
    for name in of_build.iter().filter(|name| !is_set(patient, name)) {
        let says = format!("{name} is named in image.secrets, and is not set, or empty");
        checks.push(Check::broken(NAME, says).help("set it before the run"));
    }
    if !withheld.is_empty() {
        let rest = withheld.len().saturating_sub(MOST_SHOWN);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let names: Vec<String> = withheld.iter().take(MOST_SHOWN).map(|name| shown(name)).collect();
        let says = format!("kept from the commands: {}{more}", names.join(", "));
        checks.push(Check::fine(NAME, says).help("a step that needs one names it: `secrets: [NAME]`"));
    }
    checks
}
