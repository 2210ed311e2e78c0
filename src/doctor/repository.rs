//! The git repository: which commit a run is of, and whether a baseline can be found.

use super::{Check, Patient};
use crate::config::BaselineSource;
use crate::context::Forge;
use crate::fault::Result;
use crate::git::{Absence, Repository};
use crate::name::ModelName;

const NAME: &str = "git";

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Check> {
    let compares = patient.config.is_ok_and(|config| config.gate.baseline == BaselineSource::DefaultBranch);
    let repository = match patient.repository {
        Ok(repository) => repository,
        Err(absence) => return vec![absent(absence, compares)],
    };
    let Some(commit) = repository.commit() else {
        let says = "the repository has no commit yet, so a run is of no commit and becomes no baseline";
        return vec![Check::warning(NAME, says).help("git add . && git commit")];
    };
    let branch = repository.branch().map(|branch| format!(" on {branch}")).unwrap_or_default();
    let mut checks = vec![Check::fine(NAME, format!("at {}{branch}", commit.short()))];
    if let Some(config) = patient.config.ok().filter(|_| compares) {
        match baseline(repository, &config.model, patient.forge) {
            Ok(found) => checks.extend(found),
            Err(fault) => checks.push(Check::warning(BASELINE, fault.to_string()).help("git fsck")),
        }
    }
    checks
}

fn absent(absence: &Absence, compares: bool) -> Check {
    let without = if compares { "there is never a baseline" } else { "a run is of no commit" };
    let check = Check::warning(NAME, format!("{absence}, so {without}"));
    match absence {
        Absence::NoGit => check.help("install git"),
        Absence::NoRepository => check.help("git init"),
        Absence::Refused(_) => check,
    }
}

const BASELINE: &str = "baseline";

/// Whether `baseline: default-branch` finds what it needs.
fn baseline(repository: &Repository, model: &ModelName, forge: Forge) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    if repository.default_branch()?.is_none() {
        let says = "the default branch is not known, so there is no baseline";
        checks.push(Check::warning(BASELINE, says).help("git remote set-head origin --auto"));
    }
    let is_shallow = repository.is_shallow()?;
    if is_shallow {
        let says = "this clone is shallow: it cannot tell which commits are in the default branch's history";
        checks.push(Check::warning(BASELINE, says).help(whole_history(forge)));
    }
    let reference = format!("refs/modelgate/{model}");
    let is_recorded = repository.latest(&reference, "run.json", 1)?.next().is_some();
    checks.push(match (is_recorded, forge) {
        (true, _) => Check::fine(BASELINE, format!("earlier runs are in {reference}")),
        (false, Forge::Local) if is_shallow || repository.has_origin()? => {
            let says = "no run is recorded here; there may be records at the origin, which a clone does not bring along";
            Check::warning(BASELINE, says).help("git fetch origin '+refs/modelgate/*:refs/modelgate/*'")
        }
        (false, Forge::Local) => {
            Check::fine(BASELINE, "no run is recorded yet; the first approved one becomes the baseline")
        }
        // Nobody's checkout brings refs of ours along.
        (false, Forge::Github | Forge::Gitlab) => {
            let says = format!("with a token the forge is asked for earlier runs; without one they are looked for in {reference}, which is not here");
            Check::fine(BASELINE, says)
        }
    });
    Ok(checks)
}

const fn whole_history(forge: Forge) -> &'static str {
    match forge {
        Forge::Github => "- uses: actions/checkout@v5\n  with:\n    fetch-depth: 0",
        Forge::Gitlab => "variables:\n  GIT_DEPTH: 0",
        Forge::Local => "git fetch --unshallow",
    }
}
