//! What the token of a GitHub job may do, of what the configuration asks for.
//!
//! GitHub has no question for this. So each write that a run could need is sent without what it must hold: GitHub
//! refuses it in any case, with 422 where the token may and with 403 or 404 where it may not, and nothing is
//! written.

use http::Method;
use serde_json::json;

use super::Check;
use crate::config::{BaselineSource, Config, Dispatched};
use crate::forge::github::Remote;
use crate::forge::github::api::Trouble;

const NAME: &str = "permissions";

/// Something that a run does on GitHub.
struct Feature {
    /// What it is for.
    what: String,
    /// The permissions that it takes, as lines of `permissions`.
    takes: &'static [&'static str],
    /// A request that tells whether the token has them.
    method: Method,
    path: String,
}

/// Asks GitHub, a request for each feature.
pub async fn examine(config: &Config, remote: &Remote) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut lacks: Vec<&str> = Vec::new();
    for feature in features(config, remote) {
        let body = (feature.method != Method::GET).then(|| json!({}));
        let answer = remote.api.send(&feature.method, &feature.path, body.as_ref()).await;
        match answer.err() {
            None | Some(Trouble::Refused(..)) => {
                checks.push(Check::fine(NAME, format!("the token may {}", feature.what)));
            }
            Some(Trouble::Forbidden(..) | Trouble::NotFound(_)) => {
                checks.push(Check::warning(NAME, format!("the token may not {}", feature.what)));
                lacks.extend(feature.takes);
            }
            Some(trouble) => {
                let fault = trouble.fault("ask GitHub what the token may do");
                let check = Check::warning(NAME, fault.to_string());
                checks.push(fault.remedy().map_or(check.clone(), |help| check.help(help)));
                return checks;
            }
        }
    }
    if let Some(last) = checks.iter_mut().rev().find(|check| check.health == super::Health::Warning) {
        last.help = Some(yaml(&lacks));
    }
    checks
}

/// What the configuration asks for, in the order of the work.
fn features(config: &Config, remote: &Remote) -> Vec<Feature> {
    let api = &remote.api;
    let feature = |what: &str, takes, method, path: &str| Feature {
        what: what.to_owned(),
        takes,
        method,
        path: api.path(path),
    };
    let mut features = Vec::new();
    if matches!(config.gate.baseline, BaselineSource::DefaultBranch) {
        features.push(feature("read the commits", &["contents: read"], Method::GET, "commits?per_page=1"));
        let path = "commits/HEAD/check-runs?per_page=1";
        features.push(feature("read checks", &["checks: read"], Method::GET, path));
    }
    if let BaselineSource::Deployed(_) = config.gate.baseline {
        let path = "deployments?per_page=1";
        features.push(feature("read deployments", &["deployments: read"], Method::GET, path));
    }
    if config.report.check.is_some() {
        features.push(feature("write the check", &["checks: write"], Method::POST, "check-runs"));
    }
    if let (true, Some(number)) = (config.report.comment, remote.event.pull_request) {
        let path = format!("issues/{number}/comments");
        features.push(feature("comment on the pull request", &["pull-requests: write"], Method::POST, &path));
    }
    if config.deploy.iter().any(|environment| environment.deployment.is_some()) {
        features.push(feature("create deployments", &["deployments: write"], Method::POST, "deployments"));
    }
    let mut dispatched = std::collections::BTreeSet::new();
    for dispatch in config.deploy.iter().filter_map(|environment| environment.dispatch.as_ref()) {
        let (what, takes, path): (_, &[&str], _) = match &dispatch.what {
            Dispatched::Workflow { workflow, .. } => {
                let path = format!("actions/workflows/{workflow}/dispatches");
                (format!("start the workflow {workflow}"), &["actions: write"], path)
            }
            Dispatched::Event(_) => {
                ("send a repository_dispatch".into(), &["contents: write"], "dispatches".into())
            }
        };
        if dispatched.insert(path.clone()) {
            features.push(feature(&what, takes, Method::POST, &path));
        }
    }
    features
}

/// The lines to paste into the workflow; of two for the same thing, the wider.
fn yaml(lacks: &[&str]) -> String {
    let mut lines: Vec<&str> = lacks.to_vec();
    lines.sort_unstable();
    lines.dedup();
    let is_narrower = |line: &&str| {
        line.strip_suffix("read").is_some_and(|scope| lacks.contains(&format!("{scope}write").as_str()))
    };
    lines.retain(|line| !is_narrower(line));
    lines.iter().fold("permissions:".to_owned(), |text, line| format!("{text}\n  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_to_paste_name_each_permission_once_and_the_wider_one() {
        let lacks = ["contents: read", "checks: read", "checks: write", "contents: read", "actions: write"];
        assert_eq!(yaml(&lacks), "permissions:\n  actions: write\n  checks: write\n  contents: read");
    }
}
