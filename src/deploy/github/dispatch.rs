//! Starts a workflow, once: what may have been started is looked for, and never started again.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{inputs, told};
use crate::clock::Clock;
use crate::deploy::PACE;
use crate::deploy::target::{Refusal, Started};
use crate::deploy::told::look;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::forge::github::Remote;
use crate::forge::github::api::{Trouble, encoded};
use crate::name::Digest;

/// The field that older servers do not know.
const DETAILS: &str = "return_run_details";
/// How often we look for a run that may have been started: it takes a while until a list shows it.
const LOOKS: u32 = 4;
/// How far the clocks may be apart, in seconds.
const SKEW: u64 = 60;

/// Why nothing was started, as far as anybody can say.
pub(super) enum Unstarted {
    /// It was not taken.
    Refused(Trouble),
    /// It may have been.
    Unknown(String),
}

impl Unstarted {
    /// With the finding that tells of the trouble.
    pub(super) fn refusal(self, finding: impl FnOnce(&Trouble) -> Finding) -> Refusal {
        match self {
            Self::Refused(trouble) => Refusal::Refused(finding(&trouble)),
            Self::Unknown(why) => Refusal::Unknown(why),
        }
    }
}

/// A run in a list.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Listed {
    id: u64,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    created_at: String,
    /// Its `run-name`, which may hold the approval.
    #[serde(default)]
    display_title: String,
}

/// What is to be started.
pub(super) struct Start<'a> {
    pub(super) remote: &'a Remote,
    /// The file of the workflow.
    pub(super) workflow: &'a str,
    pub(super) branch: Option<&'a str>,
    pub(super) inputs: Map<String, Value>,
    /// The key of the approval, by which a run may be known.
    pub(super) key: Option<Digest>,
    /// The runs that are others.
    pub(super) known: Vec<u64>,
    pub(super) clock: Clock,
}

impl Start<'_> {
    /// Starts it.
    pub(super) async fn workflow(&self) -> std::result::Result<Started, Unstarted> {
        let branch = self.branch().await.map_err(Unstarted::Refused)?;
        let since = self.clock.unix_seconds().saturating_sub(SKEW);
        let sent = match self.send(&branch, true).await {
            Err(Trouble::Refused(400 | 422, why)) if why.contains(DETAILS) => self.send(&branch, false).await,
            sent => sent,
        };
        match sent {
            Ok(started) => Ok(started),
            Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => self.adopt(since, &trouble).await,
            Err(trouble) => Err(Unstarted::Refused(trouble)),
        }
    }

    /// The branch, as modelgate.yml, the event or GitHub says.
    async fn branch(&self) -> std::result::Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Repository {
            default_branch: String,
        }
        if let Some(branch) = self.branch.or(self.remote.event.default_branch.as_deref()) {
            return Ok(branch.to_owned());
        }
        let api = &self.remote.api;
        let repository: Repository = api.get(&format!("/repos/{}", api.repository())).await?;
        Ok(repository.default_branch)
    }

    async fn send(&self, branch: &str, details: bool) -> std::result::Result<Started, Trouble> {
        #[derive(Deserialize)]
        struct Details {
            workflow_run_id: u64,
            #[serde(default)]
            html_url: Option<String>,
        }
        let api = &self.remote.api;
        let body = workflow_body(branch, &self.inputs, details);
        let answer = api.send(&Method::POST, &api.path(&workflow_path(self.workflow)), Some(&body)).await?;
        let details: Option<Details> = if answer.status == 204 { None } else { Some(answer.decode()?) };
        Ok(details.map_or_else(Started::default, |details| Started {
            url: details.html_url,
            run: Some(details.workflow_run_id),
        }))
    }

    /// Takes the only run that can be ours for ours.
    async fn adopt(&self, since: u64, trouble: &Trouble) -> std::result::Result<Started, Unstarted> {
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PACE * 2_u32.pow(look - 1)).await;
            }
            let unknown = |why: String| Unstarted::Unknown(format!("{trouble}; {why}"));
            match self.since(since).await {
                Ok(found) if found.len() == 1 => return Ok(started(&found[0])),
                Ok(found) if !found.is_empty() => {
                    return Err(unknown(format!("{} runs have begun since, and any may be it", found.len())));
                }
                Ok(_) if !self.remote.api.is_hurried() => {}
                Ok(_) => break,
                Err(other) => return Err(unknown(format!("its runs cannot be looked at: {other}"))),
            }
        }
        Err(Unstarted::Unknown(format!("{trouble}; no run of it is to be seen")))
    }

    /// The run that an earlier attempt has started since then, in seconds since 1970; none where there is none. The
    /// error is why nobody can say.
    pub(super) async fn earlier(&self, since: u64) -> std::result::Result<Option<Started>, String> {
        match self.since(since).await {
            Ok(found) if found.len() > 1 => {
                Err(format!("{} runs have begun since, and any may be it", found.len()))
            }
            Ok(found) => Ok(found.first().map(started)),
            Err(trouble) => Err(format!("its runs cannot be looked at: {trouble}")),
        }
    }

    /// The runs that were started since then, and are not known to be others.
    async fn since(&self, since: u64) -> std::result::Result<Vec<Listed>, Trouble> {
        #[derive(Deserialize)]
        struct Found {
            workflow_runs: Vec<Listed>,
        }
        let api = &self.remote.api;
        let workflow = encoded(self.workflow);
        let path = format!("actions/workflows/{workflow}/runs?event=workflow_dispatch&per_page=10");
        let found: Found = api.get(&api.path(&path)).await?;
        let mut runs = found.workflow_runs;
        runs.retain(|run| {
            let is_other = self.known.contains(&run.id) || self.remote.run == Some(run.id);
            // A time that cannot be read may be any.
            !is_other && seconds(&run.created_at).is_none_or(|created| created >= since)
        });
        let Some(key) = self.key else { return Ok(runs) };
        // Without a name a run may be ours; one with the name of another approval is not.
        let key = key.to_string();
        if runs.iter().any(|run| run.display_title.contains(&key)) {
            runs.retain(|run| run.display_title.contains(&key));
        } else {
            runs.retain(|run| !run.display_title.contains("sha256:"));
        }
        Ok(runs)
    }
}

fn started(run: &Listed) -> Started {
    Started { url: run.html_url.clone(), run: Some(run.id) }
}

/// Seconds since 1970, of a time as GitHub writes it.
pub(super) fn seconds(time: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339_weak(time).ok()?;
    time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Where a workflow is started, within the repository.
pub(super) fn workflow_path(workflow: &str) -> String {
    format!("actions/workflows/{}/dispatches", encoded(workflow))
}

/// What starts a workflow.
pub(super) fn workflow_body(branch: &str, inputs: &Map<String, Value>, details: bool) -> Value {
    let mut body = json!({ "ref": branch, "inputs": inputs });
    if details {
        body[DETAILS] = true.into();
    }
    body
}

/// What a `repository_dispatch` says.
pub(super) fn event_body(event: &str, inputs: &Map<String, Value>) -> Value {
    json!({ "event_type": event, "client_payload": inputs })
}

/// Sends a `repository_dispatch`.
pub(super) async fn event(
    remote: &Remote,
    event: &str,
    inputs: &Map<String, Value>,
) -> std::result::Result<Started, Unstarted> {
    let body = event_body(event, inputs);
    match remote.api.send(&Method::POST, &remote.api.path("dispatches"), Some(&body)).await {
        Ok(answer) if answer.status < 300 => Ok(Started::default()),
        Ok(answer) => match answer.decode::<Value>() {
            Err(trouble) => Err(Unstarted::Refused(trouble)),
            Ok(_) => Ok(Started::default()),
        },
        Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => {
            Err(Unstarted::Unknown(trouble.to_string()))
        }
        Err(trouble) => Err(Unstarted::Refused(trouble)),
    }
}

/// The page of a workflow's runs, or of all runs, on the server of a job's page.
pub(super) fn page(job_url: Option<&str>, workflow: Option<&str>) -> Option<String> {
    let (repository, _) = job_url?.split_once("/actions/runs/")?;
    Some(match workflow {
        Some(workflow) => format!("{repository}/actions/workflows/{}", encoded(workflow)),
        None => format!("{repository}/actions"),
    })
}

/// Starts a workflow that trains, on `branch` or the default branch. `job_url` is the page of our own job, where we are in one.
///
/// # Errors
/// A workflow that cannot be started, and one of which nobody can say whether it was.
pub async fn retrain(
    remote: &Remote,
    clock: Clock,
    job_url: Option<&str>,
    workflow: &str,
    branch: Option<&str>,
    inputs: &BTreeMap<String, String>,
) -> Result<Started> {
    let start = Start {
        remote,
        workflow,
        branch,
        inputs: inputs::texts(inputs),
        key: None,
        known: Vec::new(),
        clock,
    };
    let page = page(job_url, Some(workflow));
    let doing = format!("start {workflow}");
    match start.workflow().await {
        Ok(started) => Ok(Started { url: started.url.or(page), ..started }),
        Err(Unstarted::Refused(trouble)) => {
            let help = told::workflow_help(&trouble, workflow, &start.inputs);
            let fault = trouble.fault(doing);
            Err(match help {
                Some(help) => fault.help(help),
                None => fault,
            })
        }
        Err(Unstarted::Unknown(why)) => {
            Err(Fault::new(doing, format!("nobody can say whether it was started: {why}"))
                .help(look(page.as_deref(), super::WORDS.runs)))
        }
    }
}
