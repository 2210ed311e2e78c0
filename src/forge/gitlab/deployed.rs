//! What was delivered: the record behind a deployment to an environment, and what the jobs of a commit have delivered.

use serde::Deserialize;

use super::api::encoded;
use super::history::{History, Job, LOOKED_AT, found, is_trusted};
use super::record::{self, Held};
use super::stuck::Stuck;
use crate::forge::Found;
use crate::name::Commit;
use crate::record::Delivery;

/// How many jobs are asked for what they delivered.
const ACCOUNTS: usize = 20;

#[derive(Debug, Deserialize)]
struct Deployment {
    id: u64,
    sha: Commit,
    #[serde(default)]
    deployable: Option<Job>,
}

impl History<'_> {
    /// The record of what was deployed to `environment` at last.
    pub(super) async fn deployed(&self, environment: &str) -> Result<Found, Stuck> {
        let api = &self.remote.api;
        let query = format!(
            "environment={}&status=success&order_by=id&sort=desc&per_page={LOOKED_AT}",
            encoded(environment)
        );
        let deployments: Vec<Deployment> =
            api.get(&api.path(&format!("deployments?{query}"))).await.map_err(Stuck::of)?;
        for deployment in deployments.iter().take(LOOKED_AT) {
            let shown = format!("the deployment {} to {environment}", deployment.id);
            return Ok(match self.behind(deployment).await? {
                Held::Record(past) if past.model != self.record.model => continue,
                Held::Record(past) if self.suits(&past, &deployment.sha) => {
                    found(environment, format!("{shown}, of {}", deployment.sha.short()), &past)
                }
                Held::Unreadable(why) => Found::Unreadable(format!("{shown}: {why}")),
                // Something is deployed, so this is not a model without a baseline.
                Held::Record(_) | Held::Nothing => Found::Unreadable(format!(
                    "{shown} is of the commit {}, of which no approved run of {} is recorded",
                    deployment.sha.short(),
                    self.record.model
                )),
            });
        }
        let mut why = format!("nothing has been deployed to {environment} with success");
        if deployments.len() >= LOOKED_AT {
            why.push_str(&format!("; only the latest {LOOKED_AT} deployments were looked at"));
        }
        Ok(Found::None(why))
    }

    /// The record behind a deployment: among the artifacts of the job that deployed, else of the job that judged the
    /// commit.
    async fn behind(&self, deployment: &Deployment) -> Result<Held, Stuck> {
        let trusted = deployment.deployable.as_ref().filter(|job| {
            let of = job.pipeline.as_ref();
            of.is_some_and(|it| {
                is_trusted(&it.source) && !it.reference.starts_with("refs/") && it.sha == deployment.sha
            })
        });
        if let Some(job) = trusted {
            // One that cannot be read may be of anything; the job that judged tells.
            if let held @ Held::Record(_) = record::of_job(self.remote, job).await.map_err(Stuck::of)? {
                return Ok(held);
            }
        }
        let Some(branch) = self.remote.job.default_branch.as_deref() else {
            return Err(Stuck::unknown("CI_DEFAULT_BRANCH is not set"));
        };
        if !self.remote.api.has_own_token() {
            return record::of_branch(self.remote, branch).await.map_err(Stuck::of);
        }
        for pipeline in self.listed(branch, Some(&deployment.sha)).await? {
            for job in self.jobs(pipeline.id, "&scope[]=success").await? {
                if job.tag || job.name != self.remote.job.name {
                    continue;
                }
                match record::of_job(self.remote, &job).await.map_err(Stuck::of)? {
                    Held::Nothing => {}
                    held => return Ok(held),
                }
            }
        }
        Ok(Held::Nothing)
    }

    /// What was delivered of the commit, as the jobs of its pipelines have kept it, the newest account first. A record
    /// that cannot be read tells nothing.
    pub(super) async fn deliveries(&self) -> Result<Vec<Delivery>, Stuck> {
        let job = &self.remote.job;
        let context = &self.record.context;
        let (Some(sha), Some(branch)) = (&context.commit, job.reference.as_deref()) else {
            return Ok(Vec::new());
        };
        // Only an access token sees other jobs; of a merge request nothing was delivered.
        if !self.remote.api.has_own_token() || job.merge_request.is_some() {
            return Ok(Vec::new());
        }
        let mut left = ACCOUNTS;
        let mut deliveries = Vec::new();
        for pipeline in self.listed(branch, Some(sha)).await? {
            for past in self.jobs(pipeline.id, "&include_retried=true").await? {
                if past.artifacts_file.is_none() || Some(past.id) == job.id || left == 0 {
                    continue;
                }
                left -= 1;
                if let Held::Record(past) = record::of_job(self.remote, &past).await.map_err(Stuck::of)?
                    && past.model == self.record.model
                    && past.context.commit.as_ref() == Some(sha)
                {
                    deliveries.extend(past.deliveries);
                }
            }
        }
        Ok(deliveries)
    }
}
