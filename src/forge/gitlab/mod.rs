//! A job of GitLab CI: what this machine keeps, and with a token what GitLab's API keeps and shows: the status on the
//! commit, the note on the merge request, the baselines.

pub mod api;
mod deployed;
mod history;
mod job;
mod note;
mod record;
mod status;
mod stuck;
mod untouched;
mod without_run;

use std::cell::Cell;
use std::path::Path;

use async_trait::async_trait;

use super::local::Local;
use super::{Forge, Found};
use crate::bundle::Wanted;
use crate::console::Console;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::{Baseline, Delivery, Record, store};
use crate::report::{Past, Report};
use crate::step::Step;
use api::{Api, Trouble};
use history::History;
pub use job::{Job, MergeRequest};
pub use status::Shown;
use status::{Board, Told, UNPUBLISHED, Unopened};
pub use untouched::is_untouched;
pub use without_run::{nothing_to_do, refuse};

/// A job of GitLab CI.
pub struct Gitlab {
    /// What keeps records and reports.
    pub local: Local,
    /// Where what cannot be told is told.
    pub console: Console,
    /// GitLab's API, and what we need to know for it; none where not even a job's token is there.
    pub remote: Option<Remote>,
    /// Whether there is a token, and nothing that can be asked with it.
    pub is_mute: bool,
    /// What has become of the status so far.
    pub shown: Cell<Shown>,
}

/// GitLab's API, and what we need to know for it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The client.
    pub api: Api,
    /// What GitLab tells the job.
    pub job: Job,
    /// The name of the status; none is wanted.
    pub check: Option<String>,
    /// Whether a note on the merge request is wanted.
    pub comment: bool,
    /// The folder of the run as artifacts name it, from the root of the repository: `.modelgate`.
    pub run_dir: String,
}

impl Remote {
    /// The record as artifacts name it: `.modelgate/run.json`.
    fn record_path(&self) -> String {
        match self.run_dir.trim_matches('/') {
            "" => store::FILE.to_owned(),
            folder => format!("{folder}/{}", store::FILE),
        }
    }

    /// Why neither a status nor a note can be written; none where that can be, and where neither is wanted.
    fn lacks_token(&self) -> Option<Finding> {
        let number = self.job.own_merge_request().filter(|_| self.comment);
        let what = match (self.check.is_some(), number) {
            (true, Some(_)) => "no status on the commit and no note on the merge request",
            (true, None) => "no status on the commit",
            (false, Some(_)) => "no note on the merge request",
            (false, None) => return None,
        };
        if self.api.has_own_token() {
            return None;
        }
        let message = format!("MODELGATE_GITLAB_TOKEN is not set, so there is {what}");
        let help = if self.job.is_foreign {
            "the pipeline of a fork gets no token of this project; the exit code and the reports tell the result"
        } else {
            "set it to a project access token with the scope api and the role Developer, as a masked variable; the exit \
             code and the reports tell the result in any case, and `report: { check: false }` asks for none"
        };
        Some(Finding::notice(UNPUBLISHED, message).help(help))
    }
}

const MUTE: &str =
    "GitLab was not asked: its address, its certificates or the token that is set cannot be used";

#[async_trait(?Send)]
impl Forge for Gitlab {
    async fn open(&self, record: &Record) -> Vec<Finding> {
        match self.begin(record).await {
            Err(unopened) if unopened.is_final => vec![unopened.finding],
            Err(unopened) => {
                self.console.note(&format!("{}; it is tried again at the end", unopened.finding.message));
                Vec::new()
            }
            Ok(()) => Vec::new(),
        }
    }

    /// GitLab takes no other account of a status that is running.
    async fn progress(&self, _: &Record, _: Step) {}

    async fn abandon(&self, record: &Record, cause: &str) {
        if !matches!(self.shown.get(), Shown::Open(_)) {
            return;
        }
        let description = format!("ended without a report: {cause}");
        let told = Told { state: "failed", description: &description };
        if let Some(Ok(board)) = self.board(record)
            && let Err(unopened) = board.tell(&told, "close").await
        {
            self.console.note(&unopened.finding.message);
        }
    }

    async fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        let Some(history) = self.history(record) else {
            return Ok(match self.local.default_branch_baseline(record).await? {
                Found::None(_) if self.is_mute => Found::Unreadable(MUTE.to_owned()),
                found => found,
            });
        };
        match history.default_branch().await {
            Ok(Found::None(why)) => self.local.baseline_or(record, why).await,
            Ok(found) => Ok(found),
            Err(stuck) => match self.local.default_branch_baseline(record).await {
                Ok(found @ Found::Baseline(_)) => {
                    self.console
                        .note(&format!("the baseline is from git, because GitLab does not tell: {stuck}"));
                    Ok(found)
                }
                _ => Err(stuck.fault("find the baseline of the default branch")),
            },
        }
    }

    async fn deployed_baseline(&self, record: &Record, environment: &str) -> Result<Found> {
        let doing = format!("find what is deployed to {environment}");
        match self.history(record) {
            Some(history) => history.deployed(environment).await.map_err(|stuck| stuck.fault(&doing)),
            None => {
                let cause =
                    "only GitLab's API tells, and neither MODELGATE_GITLAB_TOKEN nor CI_JOB_TOKEN is set";
                Err(Fault::new(doing, cause)
                    .help("set MODELGATE_GITLAB_TOKEN, or name a file as gate.baseline"))
            }
        }
    }

    async fn baseline_files(
        &self,
        baseline: &Baseline,
        wanted: &Wanted,
        into: &Path,
    ) -> std::result::Result<(), String> {
        let Some(remote) = &self.remote else {
            return Err("without a token no artifact can be asked for".into());
        };
        let Some(job) = baseline.job.as_deref().and_then(record::job) else {
            return Err("it is not told which job made them".into());
        };
        record::bring(remote, job, wanted, into).await
    }

    async fn deliveries(&self, record: &Record) -> Result<Vec<Delivery>> {
        let Some(history) = self.history(record) else { return Ok(Vec::new()) };
        history.deliveries().await.map_err(|stuck| stuck.fault("find what was delivered already"))
    }

    fn check_id(&self) -> Option<u64> {
        match self.shown.get() {
            Shown::Open(id) => Some(id),
            Shown::Nothing | Shown::Refused | Shown::Withheld => None,
        }
    }

    fn default_branch(&self) -> Option<String> {
        let told = self.remote.as_ref().and_then(|remote| remote.job.default_branch.clone());
        told.or_else(|| self.local.default_branch())
    }

    fn trend(&self, record: &Record) -> Vec<Past> {
        self.local.trend(record)
    }

    fn keep(&self, record: &Record) -> Result<()> {
        self.local.keep(record)
    }

    fn withdraw(&self) -> Result<()> {
        self.local.withdraw()
    }

    fn publish(&self, report: &Report<'_>) -> Result<Option<Fault>> {
        self.local.publish(report)
    }

    fn write(&self, report: &Report<'_>) -> Result<()> {
        self.local.write(report)
    }

    /// The status and the note.
    async fn announce(&self, report: &Report<'_>) -> Vec<Finding> {
        let mut untold = Vec::from_iter(self.close(report).await);
        untold.extend(self.note(report).await);
        untold
    }
}

impl Gitlab {
    /// The status of a record, where one is wanted; why it is on no commit.
    fn board<'a>(&'a self, record: &'a Record) -> Option<std::result::Result<Board<'a>, Finding>> {
        let remote = self.remote.as_ref()?;
        Some(Board::of(remote, remote.check.as_deref()?, &record.context))
    }

    fn history<'a>(&'a self, record: &'a Record) -> Option<History<'a>> {
        Some(History { remote: self.remote.as_ref()?, record })
    }

    /// Opens the status, once. Without a token of our own nothing of it is tried.
    async fn begin(&self, record: &Record) -> std::result::Result<(), Unopened> {
        if self.shown.get() != Shown::Nothing {
            return Ok(());
        }
        let withheld = self.remote.as_ref().and_then(Remote::lacks_token).map(Err);
        let board = match withheld.or_else(|| self.board(record)) {
            None => return Ok(()),
            Some(Ok(board)) => board,
            Some(Err(finding)) => {
                self.shown.set(Shown::Withheld);
                return Err(Unopened { finding, is_final: true });
            }
        };
        let opened = board.tell(&Told::BEGUN, "open").await;
        self.shown.set(match &opened {
            Ok(status) => Shown::Open(status.id),
            Err(unopened) if unopened.is_final => Shown::Refused,
            Err(_) => Shown::Nothing,
        });
        opened.map(drop)
    }

    /// Closes the status. One that nobody opened is written closed: GitLab takes that.
    async fn close(&self, report: &Report<'_>) -> Option<Finding> {
        if matches!(self.shown.get(), Shown::Refused | Shown::Withheld) {
            return None;
        }
        if let Some(finding) = self.remote.as_ref().and_then(Remote::lacks_token) {
            self.shown.set(Shown::Withheld);
            return Some(finding);
        }
        let board = match self.board(report.record)? {
            Ok(board) => board,
            Err(finding) => return Some(finding),
        };
        let told = Told { state: status::state(report.conclusion), description: &report.headline };
        match board.tell(&told, "close").await {
            Ok(status) => {
                self.shown.set(Shown::Open(status.id));
                None
            }
            Err(unopened) => Some(unopened.finding),
        }
    }

    /// Writes the note, where one is wanted. Who may not write a status may still write that.
    async fn note(&self, report: &Report<'_>) -> Option<Finding> {
        let remote = self.remote.as_ref()?;
        let may = remote.comment && remote.api.has_own_token() && self.shown.get() != Shown::Withheld;
        let number = remote.job.own_merge_request().filter(|_| may && !remote.api.is_hurried())?;
        note::put(remote, number, report).await.err()
    }
}

/// What GitLab did not take of who was `doing` it, with the remedy: mostly a scope or a role that the token lacks.
fn refused(code: &str, trouble: &Trouble, doing: &str) -> Finding {
    let fault = trouble.fault(doing);
    let finding = Finding::warning(code, fault.to_string());
    match trouble {
        Trouble::Forbidden(..) | Trouble::NotFound(_) => finding.help(
            "MODELGATE_GITLAB_TOKEN needs the scope api and the role Developer in this project, and on a protected branch \
             the right to push or to merge there; `modelgate doctor` in a job tells what it has",
        ),
        _ => finding.help(fault.remedy().unwrap_or("`modelgate report` shows the run again")),
    }
}
