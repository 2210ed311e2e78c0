//! The GitHub Deployment that tells of a delivery: found where it is there already, else made.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Github;
use super::dispatch::seconds;
use crate::config::{Deployment, Environment};
use crate::deploy::Shipment;
use crate::deploy::target::{Attempt, Opened, SoFar, State, Told};
use crate::forge::github::api::{Trouble, encoded};

/// How often a deployment is made, each time after a look at whether it is there.
const ROUNDS: u32 = 3;
/// What the deployment says from when the delivery was sent on its way.
const SENT: &str = "modelgate: started";
/// The longest description that GitHub takes.
const LONGEST: usize = 140;

/// A deployment, as GitHub answers.
#[derive(Debug, Clone, Deserialize)]
struct Made {
    id: u64,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    payload: Value,
}

impl Made {
    /// Whether it is of the approval with this key. GitHub gives a payload back as it was sent, or as its text.
    fn is_of(&self, key: &str) -> bool {
        let text = self.payload.as_str().and_then(|text| serde_json::from_str(text).ok());
        let payload: &Value = text.as_ref().unwrap_or(&self.payload);
        payload.pointer("/modelgate/approval").and_then(Value::as_str) == Some(key)
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Status {
    id: u64,
    #[serde(default)]
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    log_url: Option<String>,
}

/// Where deployments are made, within the repository.
pub(super) const PATH: &str = "deployments";

/// Where a deployment's statuses are, within the repository.
pub(super) fn statuses(id: &str) -> String {
    format!("{PATH}/{id}/statuses")
}

/// What makes a deployment.
pub(super) fn body(shipment: &Shipment<'_>, environment: &Environment) -> Value {
    let approval = shipment.approval;
    json!({
        "ref": approval.commit(),
        "task": "deploy",
        "auto_merge": false,
        "required_contexts": [],
        "environment": environment.name,
        "description": clipped(&format!("{} of {}", approval.model(), approval.commit().short())),
        "payload": { "modelgate": {
            "approval": approval.key(),
            "run": approval.run(),
            "model": approval.model(),
            "outputs": approval.digests(),
            "check_run_id": shipment.check,
        } },
        "production_environment": environment.name == "production",
    })
}

/// The delivery begins.
pub(super) fn begun(shipment: &Shipment<'_>, deployment: &Deployment) -> Value {
    status("in_progress", "modelgate: begun", shipment.job_url, deployment)
}

/// What a status says.
pub(super) fn told(told: &Told<'_>, deployment: &Deployment) -> Value {
    let description = if told.state == State::Sent { SENT } else { told.description };
    status(word(told.state), description, told.url, deployment)
}

/// GitHub's word for a state.
pub(super) const fn word(state: State) -> &'static str {
    match state {
        State::Sent => "in_progress",
        State::Success => "success",
        State::Failure => "failure",
        State::Error => "error",
    }
}

fn status(state: &str, description: &str, log_url: Option<&str>, deployment: &Deployment) -> Value {
    let mut body = json!({ "state": state, "description": clipped(description) });
    if let Some(url) = log_url {
        body["log_url"] = url.into();
    }
    if let Some(url) = &deployment.url {
        body["environment_url"] = url.as_str().into();
    }
    body
}

fn clipped(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The deployment of our approval: the one that is there, or a new one. Where nobody can say whether it was made, we
/// look again.
pub(super) async fn open(github: &Github<'_>) -> Result<Opened, Trouble> {
    let api = &github.remote.api;
    let body = body(github.shipment, github.environment);
    let mut tries = 1;
    loop {
        if let Some(opened) = find(github).await? {
            // The one that was not known to be made is as good as new.
            let is_new = tries > 1 && matches!(opened.so_far, SoFar::Begun(_));
            return Ok(if is_new { Opened { so_far: SoFar::New, ..opened } } else { opened });
        }
        match api.write::<Made>(&Method::POST, &api.path(PATH), &body).await {
            Ok(made) => return Ok(Opened { id: made.id, so_far: SoFar::New }),
            Err(Trouble::Unsure(_) | Trouble::Garbled(_)) if tries < ROUNDS && !api.is_hurried() => {}
            Err(trouble) => return Err(trouble),
        }
        api.pause(tries).await;
        tries += 1;
    }
}

/// The deployment that is there: one that was a success, else the newest that is under way.
async fn find(github: &Github<'_>) -> Result<Option<Opened>, Trouble> {
    let (api, approval) = (&github.remote.api, github.shipment.approval);
    let name = encoded(&github.environment.name);
    let path = format!("{PATH}?environment={name}&sha={}&per_page=30", approval.commit());
    let mut all: Vec<Made> = api.get(&api.path(&path)).await?;
    let key = approval.key().to_string();
    all.retain(|made| made.is_of(&key));
    all.sort_by_key(|made| std::cmp::Reverse(made.id));
    let mut under_way = None;
    for made in all {
        match so_far(&made, latest(github, made.id).await?) {
            Some(SoFar::Done) => return Ok(Some(Opened { id: made.id, so_far: SoFar::Done })),
            Some(so_far) if under_way.is_none() => under_way = Some(Opened { id: made.id, so_far }),
            _ => {}
        }
    }
    Ok(under_way)
}

/// How far a deployment has come; none where it failed or another has taken its place.
fn so_far(made: &Made, latest: Option<Status>) -> Option<SoFar> {
    // It has our approval in it.
    let begun = SoFar::Begun(Attempt { since: seconds(&made.created_at), is_ours: true });
    let Some(latest) = latest else { return Some(begun) };
    match latest.state.as_str() {
        "success" => Some(SoFar::Done),
        "in_progress" | "queued" | "pending" | "waiting" if latest.description.as_deref() == Some(SENT) => {
            Some(SoFar::Sent(latest.log_url.as_deref().and_then(run)))
        }
        "in_progress" | "queued" | "pending" | "waiting" => Some(begun),
        _ => None,
    }
}

/// The number of the run whose page this is.
fn run(url: &str) -> Option<u64> {
    let (_, after) = url.split_once("/actions/runs/")?;
    after.split('/').next()?.parse().ok()
}

async fn latest(github: &Github<'_>, id: u64) -> Result<Option<Status>, Trouble> {
    let api = &github.remote.api;
    let path = format!("{}?per_page=100", statuses(&id.to_string()));
    let all: Vec<Status> = api.get(&api.path(&path)).await?;
    Ok(all.into_iter().max_by_key(|status| status.id))
}

/// Writes a status. Where nobody can say whether it was taken, we look before it is written again: each one may start
/// something.
pub(super) async fn tell(github: &Github<'_>, id: u64, body: &Value) -> Result<(), Trouble> {
    let api = &github.remote.api;
    let path = api.path(&statuses(&id.to_string()));
    let mut tries = 1;
    loop {
        let trouble = match api.write::<Value>(&Method::POST, &path, body).await {
            Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => trouble,
            answer => return answer.map(drop),
        };
        let is_there = |status: &Status| {
            body["state"] == status.state && status.description.as_deref() == body["description"].as_str()
        };
        if latest(github, id).await?.as_ref().is_some_and(is_there) {
            return Ok(());
        }
        if tries == ROUNDS || api.is_hurried() {
            return Err(trouble);
        }
        api.pause(tries).await;
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn status(state: &str, description: &str, log_url: Option<&str>) -> Option<Status> {
        let log_url = log_url.map(str::to_owned);
        Some(Status { id: 1, state: state.into(), description: Some(description.into()), log_url })
    }

    #[test]
    fn how_far_it_has_come_follows_from_its_latest_status() {
        let made = Made { id: 1, created_at: "1970-01-01T00:01:00Z".into(), payload: Value::Null };
        let so_far = |latest| so_far(&made, latest);
        let page = "https://github.com/acme/churn/actions/runs/77/job/1";
        let begun = Some(SoFar::Begun(Attempt { since: Some(60), is_ours: true }));
        assert_eq!(so_far(None), begun);
        assert_eq!(so_far(status("in_progress", "modelgate: begun", Some(page))), begun);
        assert_eq!(so_far(status("in_progress", SENT, Some(page))), Some(SoFar::Sent(Some(77))));
        assert_eq!(so_far(status("queued", SENT, Some("https://x/y"))), Some(SoFar::Sent(None)));
        assert_eq!(so_far(status("success", "", None)), Some(SoFar::Done));
        for state in ["failure", "error", "inactive", "", "unheard-of"] {
            assert_eq!(so_far(status(state, SENT, Some(page))), None, "{state}");
        }
    }

    #[test]
    fn a_payload_is_ours_by_its_approval_and_nothing_else() {
        let made = |payload| Made { id: 1, created_at: String::new(), payload };
        let ours = json!({ "modelgate": { "approval": "sha256:ab" } });
        assert!(made(ours.clone()).is_of("sha256:ab"));
        assert!(made(ours.to_string().into()).is_of("sha256:ab"));
        assert!(!made(ours).is_of("sha256:cd"));
        for other in [json!(null), json!(""), json!("{"), json!([1]), json!({ "approval": "sha256:ab" })] {
            assert!(!made(other).is_of("sha256:ab"));
        }
    }
}
