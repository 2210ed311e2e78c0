//! Plays a manual job of the pipeline that we are in, once.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::seen::{Seen, course, missed};
use super::{given, told};
use crate::deploy::target::{Attempt, Course, Missed, Past, Refusal, Run, Started};
use crate::forge::gitlab::Remote;
use crate::forge::rest::Trouble;

/// How many pages of jobs are read, a hundred on each.
const PAGES: usize = 50;
/// How often a job is played, each time after a look at whether it was.
const ROUNDS: u32 = 3;

/// A manual job.
pub(super) struct Job<'a> {
    remote: &'a Remote,
    pub(super) name: &'a str,
    /// The pipeline that we are in.
    pipeline: u64,
    variables: Vec<(String, String)>,
}

/// A job in a list.
#[derive(Debug, Clone, Deserialize)]
struct Listed {
    name: String,
    #[serde(flatten)]
    seen: Seen,
}

/// Where a job is played, within the project.
pub(super) fn play_path(id: &str) -> String {
    format!("jobs/{id}/play")
}

impl<'a> Job<'a> {
    /// A job that can be played. The error is what it lacks.
    pub(super) fn new(
        remote: &'a Remote,
        name: &'a str,
        ours: &[(&'static str, String)],
        more: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        if !remote.api.has_own_token() {
            return Err(
                "MODELGATE_GITLAB_TOKEN is not set, and the token of a job may not play another".into()
            );
        }
        let pipeline =
            remote.job.pipeline.ok_or("CI_PIPELINE_ID is not set: only a job of a pipeline plays another")?;
        Ok(Self { remote, name, pipeline, variables: given::variables(ours, more) })
    }

    /// What plays it.
    pub(super) fn body(&self) -> Value {
        json!({ "job_variables_attributes": given::list(&self.variables) })
    }

    /// The job of the pipeline: of one that was retried, the newest.
    async fn find(&self) -> Result<Option<Seen>, Trouble> {
        let api = &self.remote.api;
        let path = api.path(&format!("pipelines/{}/jobs?per_page=100", self.pipeline));
        let all: Vec<Listed> = api.list(&path, PAGES).await?;
        let named = all.into_iter().filter(|job| job.name == self.name).map(|job| job.seen);
        Ok(named.max_by_key(|job| job.id))
    }

    /// The job, where an earlier attempt has played it.
    pub(super) async fn earlier(&self, attempt: Attempt) -> Result<Option<Started>, String> {
        match self.find().await {
            Ok(job) => match job.filter(is_played) {
                Some(_) if !attempt.is_ours => {
                    Err("it was played already, and nobody can say for which approval".into())
                }
                job => Ok(job.map(Seen::started)),
            },
            Err(trouble) => Err(format!("the pipeline's jobs cannot be looked at: {trouble}")),
        }
    }

    /// Plays it. One that has failed, and was played by us, is retried: it keeps what it was given.
    pub(super) async fn start(&self, environment: &str, past: &Past) -> Result<Started, Refusal> {
        let refused = |trouble: &Trouble| Refusal::Refused(told::job(trouble, environment, self.name));
        let job = self.find().await.map_err(|trouble| refused(&trouble))?;
        let job = job.ok_or_else(|| Refusal::Refused(told::no_job(environment, self.name)))?;
        match job.status.as_str() {
            "manual" => self.play(job, environment).await,
            _ if !is_played(&job) => {
                Err(Refusal::Refused(told::not_yet(environment, self.name, &job.status)))
            }
            _ if past.runs.contains(&job.id) && matches!(course(&job.status), Course::Bad(_)) => {
                let path = self.remote.api.path(&format!("jobs/{}/retry", job.id));
                match self.remote.api.write::<Seen>(&Method::POST, &path, &json!({})).await {
                    Ok(again) => Ok(again.started()),
                    Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => {
                        self.newer(job.id, environment, &trouble).await
                    }
                    Err(trouble) => Err(refused(&trouble)),
                }
            }
            _ => Err(Refusal::Refused(told::strange(environment, self.name, &job))),
        }
    }

    async fn play(&self, job: Seen, environment: &str) -> Result<Started, Refusal> {
        let api = &self.remote.api;
        let path = api.path(&play_path(&job.id.to_string()));
        let body = self.body();
        let mut tries = 1;
        loop {
            let trouble = match api.write::<Seen>(&Method::POST, &path, &body).await {
                Ok(played) => return Ok(played.started()),
                Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => trouble,
                Err(trouble) => {
                    return Err(Refusal::Refused(told::job(&trouble, environment, self.name)));
                }
            };
            let own = api.path(&format!("jobs/{}", job.id));
            match api.get::<Seen>(&own).await {
                Ok(seen) if is_played(&seen) => return Ok(seen.started()),
                Ok(_) if tries < ROUNDS && !api.is_hurried() => {}
                Ok(_) => return Err(Refusal::Unknown(format!("{trouble}; it is not seen to be under way"))),
                Err(other) => {
                    return Err(Refusal::Unknown(format!("{trouble}; it cannot be looked at: {other}")));
                }
            }
            api.pause(tries).await;
            tries += 1;
        }
    }

    /// The job that came of a retry of which nobody can say whether it was taken.
    async fn newer(&self, than: u64, environment: &str, trouble: &Trouble) -> Result<Started, Refusal> {
        match self.find().await {
            Ok(Some(job)) if job.id > than => Ok(job.started()),
            Ok(_) => Err(Refusal::Unknown(format!("{trouble}; no newer job {} is to be seen", self.name))),
            Err(other) => Err(Refusal::Refused(told::job(&other, environment, self.name))),
        }
    }

    /// A look at it.
    pub(super) async fn look(&self, run: u64) -> Result<Run, Missed> {
        let api = &self.remote.api;
        let seen: Result<Seen, _> = api.get(&api.path(&format!("jobs/{run}"))).await;
        seen.map(Seen::run).map_err(missed)
    }
}

/// Whether somebody has played it: until then it waits for that, or for other jobs.
fn is_played(job: &Seen) -> bool {
    !matches!(job.status.as_str(), "manual" | "created" | "scheduled")
}

impl Seen {
    /// Where it can be seen, or what it is.
    pub(super) fn place(&self) -> String {
        self.web_url.clone().unwrap_or_else(|| format!("the job {}", self.id))
    }
}
