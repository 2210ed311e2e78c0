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
use crate::record::{Baseline, Conclusion, Record};

/// How many pipelines, and how many deployments, are looked at.
pub(super) const LOOKED_AT: usize = 100;
/// How many pages of a hundred jobs a pipeline may have.
const PAGES: usize = 5;

/// The history of a project, for one run.
pub(super) struct History<'a> {
    pub(super) remote: &'a Remote,
    /// The run that is to be compared.
    pub(super) record: &'a Record,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Pipeline {
    pub(super) id: u64,
    pub(super) sha: Commit,
    #[serde(rename = "ref")]
    pub(super) reference: String,
    #[serde(default)]
    pub(super) source: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) tag: bool,
    #[serde(default)]
    pub(super) artifacts_file: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) artifacts_expire_at: Option<String>,
    #[serde(default)]
    pub(super) pipeline: Option<Pipeline>,
}

#[derive(Debug, Deserialize)]
struct Ancestor {
    id: Commit,
}

/// A search through pipelines, the newest first.
#[derive(Default)]
struct Search {
    seen: BTreeSet<u64>,
    /// Whether one of them has a job of our name, whatever became of it.
    has_ours: bool,
    /// A job of our name that was a success and has kept no record.
    without: Option<u64>,
}

impl Search {
    /// Whether there may be more pipelines. Of a full page our own one is left out.
    fn is_cut(&self) -> bool {
        self.seen.len() + 1 >= LOOKED_AT
    }
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
        if let Some(found) = self.look(branch, self.pipelines(branch, None).await?, &mut search).await? {
            return Ok(found);
        }
        for sha in self.beginnings(branch).await? {
            let pipelines = self.pipelines(branch, Some(&sha)).await?;
            if let Some(found) = self.look(branch, pipelines, &mut search).await? {
                return Ok(found);
            }
        }
        let why = self.why_none(branch, &search);
        // Older ones may have been approved. Before the first run nobody looks for one.
        Ok(if search.is_cut() && search.has_ours { Found::Unreadable(why) } else { Found::None(why) })
    }

    /// The commits from which a merge request began: where its branch left the other, and where its changes begin.
    async fn beginnings(&self, branch: &str) -> Result<Vec<Commit>, Stuck> {
        let Some(request) = &self.remote.job.merge_request else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        if let Some(head) = request.head.as_ref().or(self.remote.job.commit.as_ref()) {
            let api = &self.remote.api;
            let refs = format!("refs[]={}&refs[]={head}", encoded(branch));
            match api.get::<Ancestor>(&api.path(&format!("repository/merge_base?{refs}"))).await {
                Ok(Ancestor { id }) => all.push(id),
                // One of them is no longer there.
                Err(Trouble::NotFound(_) | Trouble::Refused(400, _)) => {}
                Err(trouble) => return Err(Stuck::of(trouble)),
            }
        }
        all.extend(request.diff_base.clone().filter(|base| !all.contains(base)));
        Ok(all)
    }

    /// The pipelines of a branch that began before ours, the newest first, so that a job that runs again comes to the
    /// same verdict.
    async fn pipelines(&self, branch: &str, sha: Option<&Commit>) -> Result<Vec<Pipeline>, Stuck> {
        let mut all = self.listed(branch, sha).await?;
        all.retain(|it| !self.is_later(it));
        Ok(all)
    }

    /// The pipelines of a branch that are believed, the newest first.
    pub(super) async fn listed(&self, branch: &str, sha: Option<&Commit>) -> Result<Vec<Pipeline>, Stuck> {
        let api = &self.remote.api;
        let sha = sha.map(|sha| format!("&sha={sha}")).unwrap_or_default();
        let query = format!("ref={}{sha}&order_by=id&sort=desc&per_page={LOOKED_AT}", encoded(branch));
        let mut all: Vec<Pipeline> =
            api.get(&api.path(&format!("pipelines?{query}"))).await.map_err(Stuck::of)?;
        all.retain(|it| it.reference == branch && is_trusted(&it.source));
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
            for job in self.jobs(pipeline.id, "").await? {
                if job.tag || job.name != self.remote.job.name {
                    continue;
                }
                search.has_ours = true;
                if job.status != "success" {
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

    /// The jobs of a pipeline, the newest first.
    pub(super) async fn jobs(&self, pipeline: u64, more: &str) -> Result<Vec<Job>, Stuck> {
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

    /// Whether the record is the one of an approved run of the commit, and not of this run.
    pub(super) fn suits(&self, past: &Record, sha: &Commit) -> bool {
        past.conclusion == Some(Conclusion::Approved)
            && !past.context.dirty
            && past.context.commit.as_ref() == Some(sha)
            && past.model == self.record.model
            && past.id != self.record.id
    }

    fn place(&self, job: &Job, sha: &Commit, branch: &str) -> String {
        format!("the job {} {} of {} on {branch}", job.name, job.id, sha.short())
    }

    fn why_none(&self, branch: &str, search: &Search) -> String {
        let mut why = none_yet(branch);
        if let Some(job) = search.without {
            why.push_str(&format!(
                "; the job {} {job} has kept no {}: name the folder of the run in `artifacts: paths`",
                self.remote.job.name,
                self.remote.record_path()
            ));
        }
        if search.is_cut() {
            why.push_str(&format!("; only the latest {LOOKED_AT} pipelines were looked at"));
        }
        why
    }
}

/// Whether only who may write to the branch makes a pipeline of this source say what it says.
pub(super) fn is_trusted(source: &str) -> bool {
    !matches!(source, "merge_request_event" | "external_pull_request_event" | "external")
}

fn none_yet(branch: &str) -> String {
    format!("no approved run of {branch} is recorded yet; the first approved one becomes the baseline")
}

pub(super) fn found(from: &str, place: String, past: &Record) -> Found {
    Found::Baseline(Box::new(Baseline::of(past, from.to_owned(), Some(place))))
}
