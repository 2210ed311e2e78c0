//! What the tokens of a GitLab job may do, of what the configuration asks for.
//!
//! GitLab tells the scopes of an access token and when it expires, and the role of its user in the project. Of
//! `CI_JOB_TOKEN` it tells nothing, and what that may do is the same in every project.

use serde::Deserialize;

use super::Check;
use crate::config::{BaselineSource, Config, Launched};
use crate::forge::gitlab::Remote;
use crate::forge::gitlab::api::Trouble;

const NAME: &str = "permissions";
/// The numbers of roles.
const REPORTER: u64 = 20;
const DEVELOPER: u64 = 30;

/// Something that a run does on GitLab.
struct Feature {
    /// What it is for.
    what: String,
    /// The scope that it takes.
    scope: &'static str,
    /// The role that it takes.
    role: u64,
    /// Whether `CI_JOB_TOKEN` does for it as well.
    by_job: bool,
}

/// An access token, as GitLab tells of it.
#[derive(Debug, Deserialize)]
struct Token {
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Project {
    #[serde(default)]
    permissions: Option<Permissions>,
}

/// The roles that somebody has, of the project and of its group.
#[derive(Debug, Deserialize)]
struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Debug, Deserialize)]
struct Access {
    access_level: u64,
}

/// That there is nothing to ask GitLab with.
#[must_use]
pub fn missing() -> Vec<Check> {
    let says = "neither CI_JOB_TOKEN nor MODELGATE_GITLAB_TOKEN can be used, so there is no baseline, no status and no delivery";
    let help = "every job of GitLab has CI_JOB_TOKEN: is it withheld here? For the status, set MODELGATE_GITLAB_TOKEN to a \
                project access token with the scope api and the role Developer";
    vec![Check::warning(NAME, says).help(help)]
}

/// Asks GitLab twice at most.
pub async fn examine(config: &Config, remote: &Remote) -> Vec<Check> {
    let features = features(config, remote);
    if !remote.api.has_own_token() {
        return without_own(&features, remote);
    }
    let token: Token = match remote.api.get("/personal_access_tokens/self").await {
        Ok(token) => token,
        Err(trouble) => return vec![untold(&trouble)],
    };
    let mut checks = vec![lasting(&token)];
    let role = match remote.api.get::<Project>(remote.api.path("").trim_end_matches('/')).await {
        Ok(project) => role(&project),
        Err(Trouble::Forbidden(..)) => None,
        Err(trouble) => {
            checks.push(untold(&trouble));
            return checks;
        }
    };
    checks.extend(features.iter().map(|feature| judged(feature, &token.scopes, role)));
    checks
}

/// What the configuration asks for, in the order of the work.
fn features(config: &Config, remote: &Remote) -> Vec<Feature> {
    let feature = |what: &str, scope, role, by_job| Feature { what: what.to_owned(), scope, role, by_job };
    let mut features = Vec::new();
    match config.gate.baseline {
        BaselineSource::DefaultBranch => {
            features.push(feature(
                "read the record of the latest successful pipeline",
                "read_api",
                REPORTER,
                true,
            ));
            features.push(feature("read the records of earlier pipelines", "read_api", REPORTER, false));
        }
        BaselineSource::Deployed(_) => {
            features.push(feature("read deployments", "read_api", REPORTER, true));
        }
        BaselineSource::None | BaselineSource::File(_) => {}
    }
    if config.report.check.is_some() {
        features.push(feature("write the status on the commit", "api", DEVELOPER, false));
    }
    if config.report.comment && remote.job.own_merge_request().is_some() {
        features.push(feature("write the note on the merge request", "api", REPORTER, false));
    }
    if config.deploy.iter().any(|environment| environment.deployment.is_some()) {
        features.push(feature("create deployments", "api", DEVELOPER, true));
    }
    for launch in config.deploy.iter().filter_map(|environment| environment.launch.as_ref()) {
        match &launch.what {
            Launched::Trigger(_) if launch.wait => {
                features.push(feature("follow a pipeline that was started", "read_api", REPORTER, false));
            }
            // A pipeline is started with a token of its own.
            Launched::Trigger(_) => {}
            Launched::Play { job, .. } => {
                features.push(feature(&format!("play the job {job}"), "api", DEVELOPER, false));
            }
        }
    }
    features.dedup_by(|one, other| one.what == other.what);
    features
}

/// What is left without a token of our own.
fn without_own(features: &[Feature], remote: &Remote) -> Vec<Check> {
    let mut checks: Vec<Check> = features
        .iter()
        .map(|feature| match feature.by_job {
            true => Check::fine(NAME, format!("CI_JOB_TOKEN may {}", feature.what)),
            false => Check::warning(NAME, format!("CI_JOB_TOKEN may not {}", feature.what)),
        })
        .collect();
    let lacking: Vec<&Feature> = features.iter().filter(|feature| !feature.by_job).collect();
    let Some(widest) = lacking.iter().max_by_key(|feature| (feature.scope == "api", feature.role)) else {
        return checks;
    };
    let help = if remote.job.is_foreign {
        "the pipeline of a fork gets no token of this project".to_owned()
    } else {
        format!(
            "MODELGATE_GITLAB_TOKEN is not set\nmake a project access token with the scope {} and the role {}, and set it as \
             a masked variable",
            widest.scope,
            named(lacking.iter().map(|feature| feature.role).max().unwrap_or(widest.role))
        )
    };
    if let Some(last) = checks.iter_mut().rev().find(|check| check.health == super::Health::Warning) {
        last.help = Some(help);
    }
    checks
}

fn judged(feature: &Feature, scopes: &[String], role: Option<u64>) -> Check {
    let has_scope = scopes.iter().any(|scope| scope == feature.scope || scope == "api");
    let has_role = role.is_none_or(|role| role >= feature.role);
    if has_scope && has_role {
        return Check::fine(NAME, format!("MODELGATE_GITLAB_TOKEN may {}", feature.what));
    }
    let check = Check::warning(NAME, format!("MODELGATE_GITLAB_TOKEN may not {}", feature.what));
    let mut lacks = Vec::new();
    if !has_scope {
        lacks.push(format!("it lacks the scope {}: it has {}", feature.scope, listed(scopes)));
    }
    if let Some(role) = role.filter(|_| !has_role) {
        lacks.push(format!("its role is {}, and it takes {}", named(role), named(feature.role)));
    }
    check.help(lacks.join("\n"))
}

/// How long the token lasts.
fn lasting(token: &Token) -> Check {
    Check::fine(
        NAME,
        match &token.expires_at {
            Some(day) => format!(
                "MODELGATE_GITLAB_TOKEN expires on {day}, and has the scopes {}",
                listed(&token.scopes)
            ),
            None => format!("MODELGATE_GITLAB_TOKEN has the scopes {}", listed(&token.scopes)),
        },
    )
}

fn listed(scopes: &[String]) -> String {
    if scopes.is_empty() { "none".into() } else { scopes.join(", ") }
}

/// The higher of the roles; none where GitLab does not tell.
fn role(project: &Project) -> Option<u64> {
    let permissions = project.permissions.as_ref()?;
    let both = [&permissions.project_access, &permissions.group_access];
    both.into_iter().flatten().map(|access| access.access_level).max()
}

/// A role as GitLab calls it.
const fn named(role: u64) -> &'static str {
    match role {
        0..10 => "none",
        10..15 => "Guest",
        15..20 => "Planner",
        20..30 => "Reporter",
        30..40 => "Developer",
        40..50 => "Maintainer",
        _ => "Owner",
    }
}

fn untold(trouble: &Trouble) -> Check {
    let fault = trouble.fault("ask GitLab what MODELGATE_GITLAB_TOKEN may do");
    let check = Check::warning(NAME, fault.to_string());
    fault.remedy().map_or(check.clone(), |help| check.help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(scope: &'static str, role: u64) -> Feature {
        Feature { what: "write the note".into(), scope, role, by_job: false }
    }

    #[test]
    fn what_is_lacking_is_named() {
        let help = |feature: &Feature, scopes: &[&str], role| {
            let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
            judged(feature, &scopes, role).help
        };
        let note = feature("api", DEVELOPER);
        assert_eq!(help(&note, &["api"], Some(30)), None);
        assert_eq!(help(&note, &["api"], None), None, "GitLab does not tell");
        assert_eq!(
            help(&note, &["read_api"], Some(10)).as_deref(),
            Some("it lacks the scope api: it has read_api\nits role is Guest, and it takes Developer")
        );
        assert_eq!(help(&feature("read_api", REPORTER), &["api"], Some(50)), None);
        assert_eq!(
            help(&feature("read_api", REPORTER), &[], None).as_deref(),
            Some("it lacks the scope read_api: it has none")
        );
    }
}
