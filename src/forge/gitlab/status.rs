//! The status on a commit: opened before the work, closed whatever happens.
//!
//! GitLab keeps it in a pipeline, and its state goes only forward: one that is running takes no second `running`, and
//! one that has ended is followed by a new one of the same name. So nothing of it is brought up to date in between.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Trouble, encoded};
use super::{Remote, refused};
use crate::context::Context;
use crate::finding::Finding;
use crate::name::Commit;
use crate::record::Conclusion;
use crate::report::text::clipped;

/// The code of the finding that says that there is no status, or that it says something else.
pub(super) const UNPUBLISHED: &str = "status-not-published";
/// The most characters of a name, a description and an address.
const LONGEST: usize = 255;
/// How often it is written, each time after a look at what has become of it.
const ROUNDS: u32 = 4;
/// What GitLab says of a state that its own does not take.
const REFUSED: &str = "cannot transition status";

/// What has become of the status so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Nobody tried.
    #[default]
    Nothing,
    /// There it is, with this number.
    Open(u64),
    /// GitLab refused it, and no other is tried.
    Refused,
    /// It is not ours to show.
    Withheld,
}

/// A status, as GitLab answers.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Status {
    pub(super) id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    description: Option<String>,
}

/// Why there is no status.
pub(super) struct Unopened {
    pub(super) finding: Finding,
    /// Whether another try would come to the same.
    pub(super) is_final: bool,
}

/// How a run is told: a state, and a line for people.
pub(super) struct Told<'a> {
    pub(super) state: &'static str,
    pub(super) description: &'a str,
}

impl Told<'static> {
    pub(super) const BEGUN: Self = Told { state: "running", description: "the run has begun" };
}

/// How GitLab names it. Only what is approved is a success.
pub(super) const fn state(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Approved => "success",
        Conclusion::Rejected | Conclusion::Inconclusive | Conclusion::Failed | Conclusion::Faulted => {
            "failed"
        }
        Conclusion::Cancelled => "canceled",
    }
}

/// The status of one run.
pub(super) struct Board<'a> {
    pub(super) remote: &'a Remote,
    /// Its name.
    pub(super) name: &'a str,
    /// The commit that it is on.
    pub(super) sha: &'a Commit,
    /// Its page.
    pub(super) url: Option<&'a str>,
}

impl<'a> Board<'a> {
    /// The status of a run. GitLab tells the commit by itself; a record that comes from elsewhere must not choose
    /// another.
    pub(super) fn of(remote: &'a Remote, name: &'a str, context: &'a Context) -> Result<Self, Finding> {
        let warning = |why: String, help: &str| Finding::warning(UNPUBLISHED, why).help(help);
        let job = &remote.job;
        let about = job.head().or(job.commit.as_ref());
        let sha = match (about, context.shown_commit()) {
            (Some(about), Some(shown)) if about != shown => Err(warning(
                format!(
                    "the record is of the commit {shown}, and the pipeline is about {about}, so there is no status"
                ),
                "check out what the pipeline is about, as GitLab does by itself, or show a record of that commit",
            )),
            (_, Some(shown)) => Ok(shown),
            (_, None) => Err(warning(
                "no commit is known, so there is no status".into(),
                "check the repository out with git: GIT_STRATEGY must not be none or empty",
            )),
        }?;
        Ok(Self { remote, name, sha, url: context.url.as_deref() })
    }

    /// Writes it. A status that cannot be written is a finding.
    pub(super) async fn tell(&self, told: &Told<'_>, doing: &str) -> Result<Status, Unopened> {
        self.write(told).await.map_err(|trouble| Unopened {
            finding: refused(
                UNPUBLISHED,
                &trouble,
                &format!("{doing} the status «{}» on {}", self.name, self.sha),
            ),
            is_final: !trouble.may_pass(),
        })
    }

    /// Writes it, and looks at what is there where nobody can say whether it was taken, and where GitLab says that it
    /// cannot go from the one state to the other: then it has that state already.
    async fn write(&self, told: &Told<'_>) -> Result<Status, Trouble> {
        let api = self.remote.api.stubborn();
        let path = api.path(&format!("statuses/{}", self.sha));
        let mut body = self.body(told);
        let mut tries = 1;
        loop {
            let trouble = match api.write(&Method::POST, &path, &body).await {
                Err(trouble) => trouble,
                answer => return answer,
            };
            match &trouble {
                // The pipeline is another's; GitLab finds one for the commit and the branch.
                Trouble::NotFound(_) if body.get("pipeline_id").is_some() => {
                    body = without_pipeline(body);
                    continue;
                }
                Trouble::Unsure(_) | Trouble::Garbled(_) => {}
                Trouble::Refused(400 | 409, why) if is_about_state(why) => {}
                _ => return Err(trouble),
            }
            if let Some(status) = self.latest().await?.filter(|status| is_told(status, told)) {
                return Ok(status);
            }
            if tries == ROUNDS || api.is_hurried() {
                return Err(trouble);
            }
            api.pause(tries).await;
            tries += 1;
        }
    }

    /// The newest status of this name on the commit.
    async fn latest(&self) -> Result<Option<Status>, Trouble> {
        let api = &self.remote.api;
        let mut query = format!("name={}&per_page=100", encoded(self.name));
        if let Some(reference) = self.reference() {
            query += &format!("&ref={}", encoded(reference));
        }
        let path = api.path(&format!("repository/commits/{}/statuses?{query}", self.sha));
        let all: Vec<Status> = api.list(&path, 3).await?;
        Ok(all.into_iter().max_by_key(|status| status.id))
    }

    fn body(&self, told: &Told<'_>) -> Value {
        let mut body = json!({
            "state": told.state, "name": clipped(self.name, LONGEST), "description": clipped(told.description, LONGEST),
        });
        if let Some(reference) = self.reference() {
            body["ref"] = reference.into();
        }
        if let Some(pipeline) = self.remote.job.pipeline.filter(|_| self.is_of_pipeline()) {
            body["pipeline_id"] = pipeline.into();
        }
        // Whoever made a foreign record has chosen the address.
        let url = self.url.filter(|_| !self.remote.job.is_foreign);
        let is_page = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
        if let Some(url) = url.filter(|url| is_page(url) && url.chars().count() <= LONGEST) {
            body["target_url"] = url.into();
        }
        body
    }

    /// Whether our own pipeline is one of this commit: that of merged results is of a commit that only GitLab has.
    fn is_of_pipeline(&self) -> bool {
        self.remote.job.commit.as_ref() == Some(self.sha)
    }

    /// The branch or the tag that the status belongs to; of a merge request what its pipeline is of, so that it is no
    /// pipeline of its own.
    fn reference(&self) -> Option<&str> {
        let job = &self.remote.job;
        match &job.merge_request {
            Some(request) if self.is_of_pipeline() => request.reference.as_deref(),
            Some(request) => request.branch.as_deref(),
            None => job.reference.as_deref(),
        }
    }
}

fn without_pipeline(mut body: Value) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.remove("pipeline_id");
    }
    body
}

/// Whether a refusal is about the state that is there, or about another who is writing it.
fn is_about_state(why: &str) -> bool {
    let why = why.to_lowercase();
    why.contains(REFUSED) || why.contains("in progress")
}

/// Whether a status says it already. One that is running keeps the description that it began with.
fn is_told(status: &Status, told: &Told<'_>) -> bool {
    let is_same = status.description.as_deref() == Some(clipped(told.description, LONGEST).as_str());
    status.status == told.state && (is_same || told.state == Told::BEGUN.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_approved_is_a_success() {
        use Conclusion::{Approved, Cancelled, Failed, Faulted, Inconclusive, Rejected};
        let states = [Approved, Rejected, Inconclusive, Failed, Faulted, Cancelled].map(state);
        assert_eq!(states, ["success", "failed", "failed", "failed", "failed", "canceled"]);
    }

    #[test]
    fn a_refusal_of_a_state_is_told_from_every_other() {
        assert!(is_about_state("Cannot transition status via :run from :running (Reason(s): …)"));
        assert!(is_about_state("Another update to this commit status is in progress"));
        for other in ["400 Bad request", "name is too long", ""] {
            assert!(!is_about_state(other), "{other}");
        }
    }
}
