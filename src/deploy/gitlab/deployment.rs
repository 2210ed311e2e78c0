//! The Deployment that tells of a delivery: found where it is there already, else made.
//!
//! A Deployment of GitLab has no place for the key of an approval: it names an environment and a commit. So one that is
//! under way is taken for ours, and one that was a success is, where the record knows its number, or where it is itself
//! all that is delivered.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Gitlab;
use super::seen::seconds;
use crate::deploy::target::{Attempt, Opened, SoFar, State, Target};
use crate::forge::gitlab::api::{Api, encoded};
use crate::forge::rest::Trouble;

/// How often something is written, each time after a look at whether it is there.
const ROUNDS: u32 = 3;

/// Where deployments are made, within the project.
pub(super) const PATH: &str = "deployments";

/// A deployment, as GitLab answers.
#[derive(Debug, Clone, Deserialize)]
struct Made {
    id: u64,
    #[serde(default)]
    sha: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    created_at: String,
    /// The job that made it by its `environment`; none where the API did.
    #[serde(default)]
    deployable: Option<Value>,
    #[serde(default)]
    environment: Option<Place>,
}

#[derive(Debug, Clone, Deserialize)]
struct Place {
    id: u64,
    #[serde(default)]
    external_url: Option<String>,
}

/// GitLab's word for a state.
pub(super) const fn word(state: State) -> &'static str {
    match state {
        State::Sent => "running",
        State::Success => "success",
        State::Failure | State::Error => "failed",
    }
}

/// What makes a deployment.
pub(super) fn body(gitlab: &Gitlab<'_>) -> Value {
    let commit = gitlab.shipment.approval.commit();
    let reference = gitlab.shipment.reference;
    json!({
        "environment": gitlab.environment.name,
        "sha": commit,
        "ref": reference.unwrap_or(commit.as_str()),
        "tag": false,
        "status": "running",
    })
}

/// The deployment of our approval: the one that is there, or a new one. Where nobody can say whether it was made, we
/// look again.
pub(super) async fn open(gitlab: &Gitlab<'_>, known: Option<u64>) -> Result<Opened, Trouble> {
    let api = &gitlab.remote.api;
    let body = body(gitlab);
    let mut tries = 1;
    loop {
        if let Some(opened) = find(gitlab, known).await? {
            // The one that was not known to be made is as good as new.
            let is_new = tries > 1 && matches!(opened.so_far, SoFar::Begun(_));
            return Ok(if is_new { Opened { so_far: SoFar::New, ..opened } } else { opened });
        }
        match api.write::<Made>(&Method::POST, &api.path(PATH), &body).await {
            Ok(made) => {
                show(gitlab, made.environment).await;
                return Ok(Opened { id: made.id, so_far: SoFar::New });
            }
            Err(Trouble::Unsure(_) | Trouble::Garbled(_)) if tries < ROUNDS && !api.is_hurried() => {}
            Err(trouble) => return Err(trouble),
        }
        api.pause(tries).await;
        tries += 1;
    }
}

/// The deployment that is there.
async fn find(gitlab: &Gitlab<'_>, known: Option<u64>) -> Result<Option<Opened>, Trouble> {
    let api = &gitlab.remote.api;
    if let Some(id) = known {
        match api.get::<Made>(&api.path(&format!("{PATH}/{id}"))).await {
            Ok(made) if made.status == "success" => return Ok(Some(Opened { id, so_far: SoFar::Done })),
            Ok(_) | Err(Trouble::NotFound(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let name = encoded(&gitlab.environment.name);
    let path = format!("{PATH}?environment={name}&order_by=id&sort=desc&per_page=50");
    let all: Vec<Made> = api.get(&api.path(&path)).await?;
    let is_all = gitlab.follow().is_none();
    Ok(ours(&all, gitlab.shipment.approval.commit().as_str(), is_all, known))
}

/// The deployment of ours among those of an environment, the newest first. `is_all`: the deployment is all that is
/// delivered. `known` is the one that the record knows.
fn ours(all: &[Made], commit: &str, is_all: bool, known: Option<u64>) -> Option<Opened> {
    let is_made = |made: &&Made| made.sha == commit && made.deployable.is_none();
    let newest = all.first().filter(is_made).filter(|made| is_all && made.status == "success");
    if let Some(made) = newest {
        return Some(Opened { id: made.id, so_far: SoFar::Done });
    }
    let under_way =
        all.iter().filter(is_made).find(|made| matches!(made.status.as_str(), "created" | "running"))?;
    let attempt = Attempt { since: seconds(&under_way.created_at), is_ours: known == Some(under_way.id) };
    Some(Opened { id: under_way.id, so_far: SoFar::Begun(attempt) })
}

/// Lets the environment point to its page. The delivery is as it is without it.
async fn show(gitlab: &Gitlab<'_>, place: Option<Place>) {
    let page = gitlab.environment.deployment.as_ref().and_then(|deployment| deployment.url.as_deref());
    let Some((url, place)) = page.zip(place) else { return };
    if place.external_url.as_deref() == Some(url) {
        return;
    }
    let api = &gitlab.remote.api;
    let path = api.path(&format!("environments/{}", place.id));
    if let Err(trouble) = api.rewrite::<Value>(&Method::PUT, &path, &json!({ "external_url": url })).await {
        let name = &gitlab.environment.name;
        gitlab.shipment.console.note(&format!("the environment {name} does not point to {url}: {trouble}"));
    }
}

/// Writes a state. GitLab refuses one that is there already, so we look before it counts as refused.
pub(super) async fn tell(api: &Api, id: u64, state: State) -> Result<(), Trouble> {
    // It says so from the beginning.
    if state == State::Sent {
        return Ok(());
    }
    let path = api.path(&format!("{PATH}/{id}"));
    let body = json!({ "status": word(state) });
    let mut tries = 1;
    loop {
        let trouble = match api.write::<Value>(&Method::PUT, &path, &body).await {
            Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_) | Trouble::Refused(..))) => trouble,
            answer => return answer.map(drop),
        };
        if api.get::<Made>(&path).await?.status == word(state) {
            return Ok(());
        }
        if tries == ROUNDS || api.is_hurried() || matches!(trouble, Trouble::Refused(..)) {
            return Err(trouble);
        }
        api.pause(tries).await;
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(id: u64, sha: &str, status: &str, by_job: bool) -> Made {
        let created_at = "1970-01-01T00:01:00.000Z".to_owned();
        let deployable = by_job.then(|| json!({ "id": 1 }));
        Made { id, sha: sha.into(), status: status.into(), created_at, deployable, environment: None }
    }

    #[test]
    fn one_that_is_under_way_is_taken_for_ours() {
        let begun =
            |id, is_ours| Some(Opened { id, so_far: SoFar::Begun(Attempt { since: Some(60), is_ours }) });
        let all = [
            made(9, "other", "running", false),
            made(8, "ab", "running", true),
            made(7, "ab", "running", false),
        ];
        assert_eq!(ours(&all, "ab", false, None), begun(7, false));
        assert_eq!(ours(&all, "ab", false, Some(7)), begun(7, true));
        for status in ["failed", "canceled", "blocked", "success"] {
            assert_eq!(ours(&[made(7, "ab", status, false)], "ab", false, None), None, "{status}");
        }
    }

    #[test]
    fn a_success_is_ours_only_where_the_deployment_is_all_and_nothing_has_come_after_it() {
        let done = Some(Opened { id: 7, so_far: SoFar::Done });
        let success = made(7, "ab", "success", false);
        assert_eq!(ours(std::slice::from_ref(&success), "ab", true, None), done);
        assert_eq!(ours(&[made(8, "cd", "success", false), success.clone()], "ab", true, None), None);
        assert_eq!(ours(&[made(7, "ab", "success", true)], "ab", true, None), None);
    }
}
