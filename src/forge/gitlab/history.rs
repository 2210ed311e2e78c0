//! What runs are compared with, as GitLab keeps it: the records among the artifacts of jobs. No set-up is needed, and a
//! shallow clone will do.
//!
//! Believed is what the job of our own name has kept in pipelines of the default branch. Those of merge requests, of
//! tags that are called as the branch is, and of other branches anybody may have written.
//!
//! With a token of our own all pipelines can be looked through. `CI_JOB_TOKEN` gets the artifacts of the latest
//! successful pipeline of a branch and nothing else, so that whatever that one does not have is not known.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Remote;
use super::api::{Trouble, encoded};
use super::record::{self, Held};
use super::stuck::Stuck;
use crate::forge::Found;
use crate::forge::local::DEFAULT_BRANCH;
use crate::name::Commit;
use crate::record::{Baseline, Conclusion, Delivery, Record};

/// How many pipelines, and how many deployments, are looked at.
const LOOKED_AT: usize = 30;
/// How many pages of a hundred jobs a pipeline may have.
const PAGES: usize = 5;
/// How many jobs are asked for what they delivered.
const ACCOUNTS: usize = 20;

/// The history of a project, for one run.
pub(super) struct History<'a> {
    pub(super) remote: &'a Remote,
    /// The run that is to be compared.
    pub(super) record: &'a Record,
}

#[derive(Debug, Clone, Deserialize)]
struct Pipeline {
    id: u64,
    sha: Commit,
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    source: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    name: String,
    #[serde(default)]
    tag: bool,
    #[serde(default)]
    pub(super) artifacts_file: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) artifacts_expire_at: Option<String>,
    #[serde(default)]
    pipeline: Option<Pipeline>,
}

#[derive(Debug, Deserialize)]
struct Deployment {
    id: u64,
    sha: Commit,
    #[serde(default)]
    deployable: Option<Job>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: Commit,
}

/// A search through pipelines, the newest first.
#[derive(Default)]
struct Search {
    seen: BTreeSet<u64>,
    /// A job of our name that was a success and has kept no record.
    without: Option<u64>,
}

impl History<'_> {
    /// The newest approved record of the default branch, as of when our own pipeline began.
    pub(super) async fn default_branch(&self) -> Result<Found, Stuck> {
        let Some(branch) = self.remote.job.default_branch.as_deref() else {
            return Err(Stuck::unknown("CI_DEFAULT_BRANCH is not set"));
        };
        if !self.remote.api.has_own_token() {
            return self.latest(branch).await;
        }
        let mut search = Search::default();
        // What the merge request is merged with for the trial; then the newest, which is the tip of the branch as far as
        // that was judged; and where none of the newest was approved, what it began from.
        let request = self.remote.job.merge_request.as_ref();
        let request = request.filter(|request| request.target.as_deref() == Some(branch));
        if let Some(tip) = request.and_then(|request| request.target_head.as_ref())
            && let Some(found) =
                self.look(branch, self.pipelines(branch, Some(tip)).await?, &mut search).await?
        {
            return Ok(found);
        }
        let newest = self.pipelines(branch, None).await?;
        let is_all = newest.len() < LOOKED_AT;
        if let Some(found) = self.look(branch, newest, &mut search).await? {
            return Ok(found);
        }
        if !is_all {
            for sha in self.beginnings(branch).await? {
                let pipelines = self.pipelines(branch, Some(&sha)).await?;
                if let Some(found) = self.look(branch, pipelines, &mut search).await? {
                    return Ok(found);
                }
            }
        }
        Ok(Found::None(self.why_none(branch, &search, is_all)))
    }

    /// The commits from which a merge request began: where its branch left the other, and where its changes begin.
    async fn beginnings(&self, branch: &str) -> Result<Vec<Commit>, Stuck> {
        let Some(request) = &self.remote.job.merge_request else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        if let Some(head) = request.head.as_ref().or(self.remote.job.commit.as_ref()) {
            let api = &self.remote.api;
            let refs = format!("refs[]={}&refs[]={head}", encoded(branch));
            match api.get::<Listed>(&api.path(&format!("repository/merge_base?{refs}"))).await {
                Ok(Listed { id }) => all.push(id),
                Err(Trouble::NotFound(_)) => {}
                Err(trouble) => return Err(Stuck::of(trouble)),
            }
        }
        all.extend(request.diff_base.clone().filter(|base| !all.contains(base)));
        Ok(all)
    }

    /// The pipelines of a branch that began before ours, the newest first, so that a job that runs again comes to the
    /// same verdict.
    async fn pipelines(&self, branch: &str, sha: Option<&Commit>) -> Result<Vec<Pipeline>, Stuck> {
        let api = &self.remote.api;
        let sha = sha.map(|sha| format!("&sha={sha}")).unwrap_or_default();
        let query = format!("ref={}{sha}&order_by=id&sort=desc&per_page={LOOKED_AT}", encoded(branch));
        let mut all: Vec<Pipeline> =
            api.get(&api.path(&format!("pipelines?{query}"))).await.map_err(Stuck::of)?;
        all.retain(|it| it.reference == branch && is_trusted(&it.source) && !self.is_later(it));
        Ok(all)
    }

    fn is_later(&self, pipeline: &Pipeline) -> bool {
        self.remote.job.pipeline.is_some_and(|own| pipeline.id >= own)
    }

    /// The first baseline among pipelines.
    async fn look(
        &self,
        branch: &str,
        pipelines: Vec<Pipeline>,
        search: &mut Search,
    ) -> Result<Option<Found>, Stuck> {
        for pipeline in pipelines {
            // A job that runs again comes to the same verdict as the first time.
            let is_own = self.record.context.commit.as_ref() == Some(&pipeline.sha);
            if (is_own && !self.record.context.dirty) || !search.seen.insert(pipeline.id) {
                continue;
            }
            for job in self.jobs(pipeline.id, "&scope[]=success").await? {
                if job.tag || job.name != self.remote.job.name {
                    continue;
                }
                match record::of_job(self.remote, &job).await.map_err(Stuck::of)? {
                    Held::Record(past) if self.suits(&past, &pipeline.sha) => {
                        return Ok(Some(found(
                            DEFAULT_BRANCH,
                            self.place(&job, &pipeline.sha, branch),
                            &past,
                        )));
                    }
                    Held::Record(_) => {}
                    Held::Unreadable(why) => {
                        let place = self.place(&job, &pipeline.sha, branch);
                        return Ok(Some(Found::Unreadable(format!("{place}: {why}"))));
                    }
                    Held::Nothing => search.without = search.without.or(Some(job.id)),
                }
            }
        }
        Ok(None)
    }

    async fn jobs(&self, pipeline: u64, more: &str) -> Result<Vec<Job>, Stuck> {
        let api = &self.remote.api;
        let path = api.path(&format!("pipelines/{pipeline}/jobs?per_page=100{more}"));
        let mut jobs: Vec<Job> = api.list(&path, PAGES).await.map_err(Stuck::of)?;
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        Ok(jobs)
    }

    /// All that the job's token gets to see: the record of the latest successful pipeline.
    async fn latest(&self, branch: &str) -> Result<Found, Stuck> {
        let name = &self.remote.job.name;
        let place = format!("the job {name} of the latest successful pipeline of {branch}");
        let only = |why: String| {
            Stuck::unknown(&format!("{why}, and CI_JOB_TOKEN does not let us look at older ones"))
        };
        match record::of_branch(self.remote, branch).await.map_err(Stuck::of)? {
            Held::Nothing => Ok(Found::None(format!(
                "{} ({place} has kept none; without MODELGATE_GITLAB_TOKEN no other can be looked at)",
                none_yet(branch)
            ))),
            Held::Unreadable(why) => Ok(Found::Unreadable(format!("{place}: {why}"))),
            Held::Record(past) => {
                let Some(commit) = past.context.commit.clone() else {
                    return Err(only(format!("{place} is of no commit")));
                };
                let is_own = self.record.context.commit.as_ref() == Some(&commit);
                if is_own && !self.record.context.dirty {
                    return Err(only(format!("{place} is of this commit")));
                }
                let says_so =
                    past.context.branch.as_deref() == Some(branch) && is_trusted(&past.context.event);
                if !says_so || !self.suits(&past, &commit) {
                    return Err(only(format!("{place} has kept no approved run of {}", self.record.model)));
                }
                Ok(found(DEFAULT_BRANCH, place, &past))
            }
        }
    }

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
        let api = &self.remote.api;
        let query = format!(
            "ref={}&sha={}&order_by=id&sort=desc&per_page={LOOKED_AT}",
            encoded(branch),
            deployment.sha
        );
        let pipelines: Vec<Pipeline> =
            api.get(&api.path(&format!("pipelines?{query}"))).await.map_err(Stuck::of)?;
        for pipeline in pipelines.iter().filter(|it| it.reference == branch && is_trusted(&it.source)) {
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
        let api = &self.remote.api;
        let query = format!("ref={}&sha={sha}&order_by=id&sort=desc&per_page={LOOKED_AT}", encoded(branch));
        let pipelines: Vec<Pipeline> =
            api.get(&api.path(&format!("pipelines?{query}"))).await.map_err(Stuck::of)?;
        let mut left = ACCOUNTS;
        let mut deliveries = Vec::new();
        for pipeline in pipelines.iter().filter(|it| it.reference == branch && is_trusted(&it.source)) {
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

    /// Whether the record is the one of an approved run of the commit, and not of this run.
    fn suits(&self, past: &Record, sha: &Commit) -> bool {
        past.conclusion == Some(Conclusion::Approved)
            && !past.context.dirty
            && past.context.commit.as_ref() == Some(sha)
            && past.model == self.record.model
            && past.id != self.record.id
    }

    fn place(&self, job: &Job, sha: &Commit, branch: &str) -> String {
        format!("the job {} {} of {} on {branch}", job.name, job.id, sha.short())
    }

    fn why_none(&self, branch: &str, search: &Search, is_all: bool) -> String {
        let mut why = none_yet(branch);
        if let Some(job) = search.without {
            why.push_str(&format!(
                "; the job {} {job} has kept no {}: name the folder of the run in `artifacts: paths`",
                self.remote.job.name,
                self.remote.record_path()
            ));
        }
        if !is_all {
            why.push_str(&format!("; only the latest {LOOKED_AT} pipelines were looked at"));
        }
        why
    }
}

/// Whether only who may write to the branch makes a pipeline of this source say what it says.
fn is_trusted(source: &str) -> bool {
    !matches!(source, "merge_request_event" | "external_pull_request_event" | "external")
}

fn none_yet(branch: &str) -> String {
    format!("no approved run of {branch} is recorded yet; the first approved one becomes the baseline")
}

fn found(from: &str, place: String, past: &Record) -> Found {
    Found::Baseline(Box::new(Baseline::of(past, from.to_owned(), Some(place))))
}
