//! The check on the commit: opened before the work, closed with the truth, whatever happens.

mod marks;
mod output;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::annotations::Place;
use super::api::{Trouble, encoded};
use super::{Remote, refused};
use crate::finding::Finding;
use crate::name::Commit;
use crate::record::Record;
use crate::report::Report;
use crate::report::text::clipped;
use crate::step::Step;
pub(super) use marks::BATCH;
use marks::{Mark, Present};
pub(super) use output::LIMIT as ROOM;

/// The code of the finding that says that there is no check, or not all of it.
pub(super) const UNPUBLISHED: &str = "check-not-published";
/// How often a check is written, each time after a look at what has become of it.
const ROUNDS: u32 = 3;
/// How long a request that only shows progress may take, and how long it may pause.
const PROGRESS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1));
/// How many pages of annotations there may be.
const PAGES: usize = 10;

/// What has become of the check so far.
#[derive(Debug, Clone, Default)]
pub enum Shown {
    /// Nobody tried.
    #[default]
    Nothing,
    /// There it is.
    Open(Check),
    /// It was refused, and no other is tried.
    Refused,
}

impl Shown {
    /// The number of the check.
    #[must_use]
    pub const fn id(&self) -> Option<u64> {
        match self {
            Self::Open(check) => Some(check.id),
            Self::Nothing | Self::Refused => None,
        }
    }
}

/// A check, as GitHub answers.
#[derive(Debug, Clone, Deserialize)]
pub struct Check {
    /// Its number.
    pub id: u64,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) conclusion: Option<String>,
    #[serde(default)]
    pub(super) external_id: Option<String>,
    #[serde(default)]
    started_at: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub app: Option<App>,
    #[serde(default)]
    pub(super) output: Output,
}

/// A GitHub App, by which who wrote something is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its number.
    pub id: u64,
    /// Its name in addresses.
    pub slug: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Output {
    #[serde(default)]
    annotations_count: usize,
    #[serde(default)]
    pub(super) text: Option<String>,
}

impl Check {
    /// Leaves in the text what an earlier attempt has put there: what it delivered is not delivered again.
    fn keep_text(&self, body: &mut Value) {
        if let Some(text) = &self.output.text {
            body["output"]["text"] = text.as_str().into();
        }
    }
}

#[derive(Debug, Deserialize)]
struct Found {
    check_runs: Vec<Check>,
}

/// How the closing of a check came out.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// Which of the report's findings the check shows in the diff.
    pub(super) shown: BTreeSet<usize>,
    /// What could not be shown.
    pub(super) untold: Vec<Finding>,
}

/// Why there is no check.
pub(super) struct Unopened {
    pub(super) finding: Finding,
    /// Whether another try would come to the same.
    pub(super) is_final: bool,
}

/// The check of one run.
pub(super) struct Board<'a> {
    pub(super) remote: &'a Remote,
    /// The check's name.
    pub(super) name: &'a str,
    pub(super) record: &'a Record,
}

impl Board<'_> {
    /// Opens the check, or the one that is there already: where the job runs again or only reports (`look`).
    pub(super) async fn open(&self, look: bool) -> Result<Check, Unopened> {
        let sha = self.commit().map_err(|finding| Unopened { finding, is_final: true })?;
        let mut body = self.body("in_progress", output::under_way(self.record, None));
        body["name"] = self.name.into();
        body["started_at"] = self.record.started.as_str().into();
        let opened = self.make(sha, &body, look || self.remote.attempt > 1).await;
        opened.map_err(|trouble| Unopened {
            finding: self.refused(&trouble, &format!("open the check «{}» on {sha}", self.name)),
            is_final: !trouble.may_pass(),
        })
    }

    /// The commit that the check is on. An event tells it by itself; a record that comes from elsewhere must not
    /// choose another.
    fn commit(&self) -> Result<&Commit, Finding> {
        let warning = |why: String, help: &str| Finding::warning(UNPUBLISHED, why).help(help);
        match (&self.remote.event.head, self.record.context.shown_commit()) {
            (Some(head), Some(shown)) if head != shown => Err(warning(
                format!(
                    "the record is of the commit {shown}, and the event is about {head}, so there is no check"
                ),
                "check out what the event is about (the event pull_request does so, pull_request_target does not), or \
                 show a record of that commit",
            )),
            (_, Some(shown)) => Ok(shown),
            (_, None) => Err(warning(
                "no commit is known, so there is no check".into(),
                "check the repository out with git, as actions/checkout does",
            )),
        }
    }

    /// What every account of the check has in it.
    fn body(&self, status: &str, output: Value) -> Value {
        let mut body = json!({ "status": status, "external_id": self.external(), "output": output });
        // Whoever made a foreign record has chosen the address.
        let url = self.record.context.url.as_deref().filter(|_| !self.remote.event.is_foreign);
        if let Some(url) = url.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
            body["details_url"] = url.into();
        }
        body
    }

    /// By what the check of a job is found again, however often the job runs.
    fn external(&self) -> String {
        let job = self.record.context.job.as_ref().unwrap_or(&self.record.id);
        clipped(&format!("{job}/{}", self.record.model), 500)
    }

    async fn make(&self, sha: &Commit, body: &Value, look: bool) -> Result<Check, Trouble> {
        let api = &self.remote.api;
        if look && let Some(check) = self.find(sha, |_| true).await? {
            let mut body = body.clone();
            check.keep_text(&mut body);
            return api.rewrite(&Method::PATCH, &self.path(&check), &body).await;
        }
        let mut body = body.clone();
        body["head_sha"] = sha.as_str().into();
        let mut tries = 1;
        loop {
            let trouble = match api.write(&Method::POST, &api.path("check-runs"), &body).await {
                Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => trouble,
                answer => return answer,
            };
            // Another leg of the job may have one that looks much the same.
            let is_ours = |check: &Check| {
                let started = check.started_at.as_deref();
                check.status == "in_progress" && started.is_none_or(|it| it == self.record.started)
            };
            if let Some(check) = self.find(sha, is_ours).await? {
                return Ok(check);
            }
            if tries == ROUNDS {
                return Err(trouble);
            }
            api.pause(tries).await;
            tries += 1;
        }
    }

    /// Our own check. Where legs of a matrix have several that are found by the same: the one of this very run; else
    /// one at which no other leg is at work; of these the newest.
    async fn find(&self, sha: &Commit, is_it: impl Fn(&Check) -> bool) -> Result<Option<Check>, Trouble> {
        let external = self.external();
        let ours = of_commit(self.remote, self.name, sha)
            .await?
            .into_iter()
            .filter(|check| check.external_id.as_deref() == Some(&external) && is_it(check));
        let is_same = |check: &Check| check.started_at.as_ref() == Some(&self.record.started);
        Ok(ours.max_by_key(|check| (is_same(check), check.status == "completed", check.id)))
    }

    fn path(&self, check: &Check) -> String {
        self.remote.api.path(&format!("check-runs/{}", check.id))
    }

    /// Shows that `next` is about to begin. It stops nothing, and waits for little.
    pub(super) async fn progress(&self, check: &Check, next: Step) -> Result<(), Trouble> {
        let mut body = self.body("in_progress", output::under_way(self.record, Some(next)));
        check.keep_text(&mut body);
        let (whole, pauses) = PROGRESS;
        let (api, path) = (self.remote.api.within(pauses), self.path(check));
        let written = tokio::time::timeout(whole, api.rewrite::<Value>(&Method::PATCH, &path, &body)).await;
        written.unwrap_or_else(|_| Err(Trouble::Unsure("GitHub takes too long".into()))).map(drop)
    }

    /// Closes the check of a run that has no report.
    pub(super) async fn abandon(&self, check: &Check, cause: &str) -> Result<(), Trouble> {
        let mut body = self.body("completed", output::abandoned(self.record, cause));
        check.keep_text(&mut body);
        body["conclusion"] = "failure".into();
        let api = self.remote.api.stubborn();
        api.rewrite::<Check>(&Method::PATCH, &self.path(check), &body).await.map(drop)
    }

    /// Closes the check with what came out; `text` is for machines.
    pub(super) async fn close(
        &self,
        check: &Check,
        report: &Report<'_>,
        place: &Place,
        text: &str,
    ) -> Closed {
        let mut planned = marks::planned(report, place);
        if self.remote.api.is_hurried() {
            // One short request is all that there is time for.
            planned.clear();
        }
        let all = planned.len();
        let present = self.present(check).await;
        // Where it is not known what is there, nothing is put there twice.
        let (marks, mut shown) = present
            .as_ref()
            .map_or_else(|_| (Vec::new(), BTreeSet::new()), |present| marks::missing(planned, present));
        let mut body = self.body("completed", output::ended(report, text, shown.len() + marks.len(), all));
        body["conclusion"] = output::conclusion(report.conclusion).into();
        let mut there = present.map_or(0, |present| present.len());
        let mut untold = Vec::new();
        let mut batches = marks.chunks(marks::BATCH);
        let first = batches.next().unwrap_or_default();
        match self.finish(check, &body, first, there).await {
            Ok(None) => shown.extend(first.iter().map(|mark| mark.index)),
            Ok(Some(trouble)) => {
                untold.push(self.refused(&trouble, &format!("show the whole of the check «{}»", self.name)));
                return Closed { shown, untold };
            }
            Err(trouble) => {
                untold.push(self.refused(&trouble, &format!("close the check «{}»", self.name)));
                return Closed { shown, untold };
            }
        }
        there += first.len();
        for batch in batches {
            if let Err(trouble) = self.write(check, &body, batch, there).await {
                untold.push(self.refused(&trouble, "show all findings in the diff"));
                break;
            }
            shown.extend(batch.iter().map(|mark| mark.index));
            there += batch.len();
        }
        Closed { shown, untold }
    }

    /// The annotations that an earlier attempt has made.
    async fn present(&self, check: &Check) -> Result<Vec<Present>, Trouble> {
        let mut present: Vec<Present> = Vec::new();
        for page in 1..=PAGES {
            if present.len() >= check.output.annotations_count {
                break;
            }
            let path = format!("{}/annotations?per_page=100&page={page}", self.path(check));
            let more: Vec<Present> = self.remote.api.get(&path).await?;
            if more.is_empty() {
                break;
            }
            present.extend(more);
        }
        Ok(present)
    }

    /// Writes the account with some annotations, and where nobody can say whether it was taken, looks first before
    /// it does so again: annotations that come twice are shown twice.
    async fn write(&self, check: &Check, body: &Value, marks: &[Mark], there: usize) -> Result<(), Trouble> {
        let (api, path) = (self.remote.api.stubborn(), self.path(check));
        // The answer is the check: a proxy that says yes to everything has not written it.
        if marks.is_empty() {
            return api.rewrite::<Check>(&Method::PATCH, &path, body).await.map(drop);
        }
        let mut body = body.clone();
        body["output"]["annotations"] = marks.iter().map(|mark| mark.body.clone()).collect();
        let mut tries = 1;
        loop {
            let trouble = match api.write::<Check>(&Method::PATCH, &path, &body).await {
                Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => trouble,
                answer => return answer.map(drop),
            };
            let now: Check = api.get(&path).await?;
            if now.status == "completed" && now.output.annotations_count >= there + marks.len() {
                return Ok(());
            }
            if tries == ROUNDS {
                return Err(trouble);
            }
            api.pause(tries).await;
            tries += 1;
        }
    }

    /// Closes the check. One that is not taken as it is must be closed all the same: without annotations, and then
    /// without what else GitHub may not like in it. The answer is what it did not take.
    async fn finish(
        &self,
        check: &Check,
        body: &Value,
        first: &[Mark],
        there: usize,
    ) -> Result<Option<Trouble>, Trouble> {
        let Err(trouble) = self.write(check, body, first, there).await else { return Ok(None) };
        if !is_about_the_body(&trouble) || self.remote.api.is_hurried() {
            return Err(trouble);
        }
        if !first.is_empty() && self.write(check, body, &[], there).await.is_ok() {
            return Ok(Some(trouble));
        }
        let mut body = body.clone();
        body["output"] = output::in_short(&body["output"]);
        self.write(check, &body, &[], there).await.map(|()| Some(trouble))
    }

    fn refused(&self, trouble: &Trouble, doing: &str) -> Finding {
        refused(UNPUBLISHED, trouble, doing, self.remote)
    }
}

/// The checks of this name on a commit, as GitHub lists them.
pub(super) async fn of_commit(remote: &Remote, name: &str, sha: &Commit) -> Result<Vec<Check>, Trouble> {
    let name = encoded(name);
    let path = format!("commits/{sha}/check-runs?check_name={name}&filter=all&per_page=100");
    let found: Found = remote.api.get(&remote.api.path(&path)).await?;
    Ok(found.check_runs)
}

/// Whether another body might be taken.
const fn is_about_the_body(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused(..) | Trouble::Unsure(_) | Trouble::Garbled(_))
}
