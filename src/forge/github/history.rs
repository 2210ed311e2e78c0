//! What runs are compared with, as GitHub keeps it: the records within the checks of commits. No set-up is needed,
//! and a shallow clone will do.

use serde::Deserialize;

use super::api::{Trouble, encoded};
use super::artifact::{self, Gone};
use super::check::{self, Check};
use super::keepsake::{self, Kept};
use super::{OwnApp, Remote};
use crate::fault::Fault;
use crate::forge::Found;
use crate::forge::local::DEFAULT_BRANCH;
use crate::name::Commit;
use crate::record::{Baseline, Conclusion, Delivery, Record};

/// How many commits, and how many deployments, are looked at.
const LOOKED_AT: usize = 30;

/// The history of a repository, for one run.
pub(super) struct History<'a> {
    pub(super) remote: &'a Remote,
    /// The name of the check that holds the records.
    pub(super) name: &'a str,
    /// Whose checks are trusted.
    pub(super) own: OwnApp,
    /// The run that is to be compared.
    pub(super) record: &'a Record,
}

/// What a search could not do, and the permissions that it takes.
pub(super) struct Stuck {
    trouble: Trouble,
    permissions: &'static [&'static str],
}

#[derive(Debug, Deserialize)]
struct Listed {
    sha: Commit,
}

#[derive(Debug, Deserialize)]
struct Deployment {
    id: u64,
    sha: Commit,
    /// What we put there ourselves, or anything else.
    #[serde(default)]
    payload: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

/// What the checks of a commit hold.
enum Held {
    Record(Box<Record>),
    /// One that cannot be read, and why.
    Unreadable(String),
    Nothing,
}

impl Stuck {
    const CHECKS: &'static [&'static str] = &["contents: read", "checks: read"];
    const ARTIFACTS: &'static [&'static str] = &["contents: read", "checks: read", "actions: read"];
    const DEPLOYMENTS: &'static [&'static str] = &["contents: read", "checks: read", "deployments: read"];

    /// The fault of who was `doing` this.
    pub(super) fn fault(&self, doing: &str) -> Fault {
        let fault = self.trouble.fault(doing);
        match self.trouble {
            Trouble::Forbidden(..) | Trouble::NotFound(_) => {
                // On one line, as reports show it, and YAML all the same.
                let lines = self.permissions.join(", ");
                fault.help(format!(
                    "the job's token needs at least this, in the workflow: `permissions: {{ {lines} }}`"
                ))
            }
            Trouble::Unsure(_) | Trouble::Garbled(_) | Trouble::Refused(..) => {
                fault.help("run the job again when GitHub answers, or name a file as gate.baseline")
            }
            _ => fault,
        }
    }
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.trouble.fmt(f)
    }
}

impl History<'_> {
    /// The record in the newest approved check of the default branch.
    pub(super) async fn default_branch(&self) -> Result<Found, Stuck> {
        let stuck = |trouble| Stuck { trouble, permissions: Stuck::CHECKS };
        let branch = self.remote.event.default_branch.as_deref();
        // GitHub takes the default branch where none is named.
        let named = branch.map(|branch| format!("sha={}&", encoded(branch))).unwrap_or_default();
        let path = self.remote.api.path(&format!("commits?{named}per_page={LOOKED_AT}"));
        let commits: Vec<Listed> = self.remote.api.get(&path).await.map_err(stuck)?;
        for Listed { sha } in commits.iter().take(LOOKED_AT) {
            let is_own = self.record.context.commit.as_ref() == Some(sha);
            // A job that runs again comes to the same verdict as the first time.
            if is_own && !self.record.context.dirty {
                continue;
            }
            match self.held_by(sha).await? {
                Held::Record(past) => {
                    return Ok(found(DEFAULT_BRANCH, self.place(sha), &past));
                }
                Held::Unreadable(why) => return Ok(Found::Unreadable(why)),
                Held::Nothing => {}
            }
        }
        let branch = branch.map_or("the default branch", |branch| branch);
        let mut why = format!(
            "no approved run of {branch} is recorded yet; the first approved one becomes the baseline"
        );
        if commits.len() >= LOOKED_AT {
            why.push_str(&format!("; only the latest {LOOKED_AT} commits were looked at"));
        }
        Ok(Found::None(why))
    }

    /// The record of what was deployed to `environment` at last.
    pub(super) async fn deployed(&self, environment: &str) -> Result<Found, Stuck> {
        let stuck = |trouble| Stuck { trouble, permissions: Stuck::DEPLOYMENTS };
        let api = &self.remote.api;
        let named = encoded(environment);
        let path = api.path(&format!("deployments?environment={named}&per_page={LOOKED_AT}"));
        let deployments: Vec<Deployment> = api.get(&path).await.map_err(stuck)?;
        for Deployment { id, sha, payload } in deployments.iter().take(LOOKED_AT) {
            let model = payload.pointer("/modelgate/model").and_then(serde_json::Value::as_str);
            if model.is_some_and(|model| model != self.record.model.as_str()) {
                continue;
            }
            let path = api.path(&format!("deployments/{id}/statuses?per_page=1"));
            let statuses: Vec<Status> = api.get(&path).await.map_err(stuck)?;
            if statuses.first().is_none_or(|status| status.state != "success") {
                continue;
            }
            let deployment = format!("the deployment {id} to {environment}");
            return Ok(match self.held_by(sha).await? {
                Held::Record(past) => found(environment, format!("{deployment}, {}", self.check(sha)), &past),
                Held::Unreadable(why) => Found::Unreadable(why),
                // Something is deployed, so this is not a model without a baseline.
                Held::Nothing => Found::Unreadable(format!(
                    "{deployment} is of the commit {}, of which no approved run of {} is recorded",
                    sha.short(),
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

    /// What was delivered of the commit, the newest account of it first. A check that cannot be read tells nothing.
    pub(super) async fn deliveries(&self) -> Result<Vec<Delivery>, Stuck> {
        let Some(sha) = self.record.context.shown_commit() else { return Ok(Vec::new()) };
        let mut deliveries = Vec::new();
        for check in self.checks(sha).await?.iter().filter(|check| self.is_ours(check)) {
            match self.held(check, sha).await? {
                Held::Record(past) if past.model == self.record.model => deliveries.extend(past.deliveries),
                Held::Record(_) | Held::Unreadable(_) | Held::Nothing => {}
            }
        }
        Ok(deliveries)
    }

    /// The commit's checks of our name, the newest first.
    async fn checks(&self, sha: &Commit) -> Result<Vec<Check>, Stuck> {
        let stuck = |trouble| Stuck { trouble, permissions: Stuck::CHECKS };
        let mut check_runs = check::of_commit(self.remote, self.name, sha).await.map_err(stuck)?;
        check_runs.sort_by_key(|check| std::cmp::Reverse(check.id));
        Ok(check_runs)
    }

    /// What the newest of the commit's checks that count for this run holds.
    async fn held_by(&self, sha: &Commit) -> Result<Held, Stuck> {
        for check in self.checks(sha).await?.iter().filter(|check| self.counts(check)) {
            match self.held(check, sha).await? {
                Held::Record(past) if !self.suits(&past, sha) => {}
                Held::Nothing => {}
                held => return Ok(held),
            }
        }
        Ok(Held::Nothing)
    }

    /// Whether it is an approved check that we have written, of the same model.
    fn counts(&self, check: &Check) -> bool {
        let is_green = check.status == "completed" && check.conclusion.as_deref() == Some("success");
        is_green && self.is_ours(check)
    }

    /// Whether we have written it, for the same model.
    fn is_ours(&self, check: &Check) -> bool {
        let is_ours = check.app.as_ref().is_some_and(|app| self.own.is(app));
        let model = check.external_id.as_deref().and_then(|id| Some(id.rsplit_once('/')?.1));
        is_ours && model.is_none_or(|model| model == self.record.model.as_str())
    }

    async fn held(&self, check: &Check, sha: &Commit) -> Result<Held, Stuck> {
        let unreadable = |why: &str| Held::Unreadable(format!("{}: {why}", self.place(sha)));
        match keepsake::read(check.output.text.as_deref().unwrap_or_default()) {
            Ok(Kept::Nothing) => Ok(Held::Nothing),
            Ok(Kept::Record(record)) => Ok(Held::Record(record)),
            Ok(Kept::Artifact(digest)) => {
                let run = check.external_id.as_deref().and_then(artifact::run);
                match artifact::record(&self.remote.api, run, &digest).await {
                    Ok(record) => Ok(Held::Record(Box::new(record))),
                    Err(Gone::Unreadable(why)) => Ok(unreadable(&why)),
                    Err(Gone::Trouble(trouble)) => Err(Stuck { trouble, permissions: Stuck::ARTIFACTS }),
                }
            }
            Err(why) => Ok(unreadable(&why)),
        }
    }

    /// Whether the record is the one of an approved run of the commit, and not of this run. A pull request's check
    /// is on the head of its branch, and its record is of a merge commit.
    fn suits(&self, past: &Record, sha: &Commit) -> bool {
        past.conclusion == Some(Conclusion::Approved)
            && !past.context.dirty
            && past.context.commit.as_ref() == Some(sha)
            && past.model == self.record.model
            && past.id != self.record.id
    }

    fn check(&self, sha: &Commit) -> String {
        format!("check {} of {}", self.name, sha.short())
    }

    fn place(&self, sha: &Commit) -> String {
        format!("the {}", self.check(sha))
    }
}

fn found(from: &str, place: String, past: &Record) -> Found {
    Found::Baseline(Box::new(Baseline::of(past, from.to_owned(), Some(place))))
}
