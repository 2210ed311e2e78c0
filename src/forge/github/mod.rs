//! A job of GitHub Actions: what this machine keeps, and what the runner reads from files and from standard
//! error; and with a token, what GitHub's API keeps and shows: the check, the comment, the baselines.

mod annotations;
pub mod api;
mod artifact;
mod check;
mod comment;
mod event;
mod history;
mod inbox;
mod keepsake;
mod outputs;
mod summary;
mod untouched;
mod without_run;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::local::Local;
use super::{Forge, Found};
use crate::bundle::Wanted;
use crate::console::Console;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::{Baseline, Delivery, Outcome, Record};
use crate::report::{Past, Report};
use crate::step::Step;
use annotations::Place;
use api::{Api, Trouble};
pub use check::Shown;
use check::{App, Board, Closed, Unopened};
pub use event::Event;
use history::History;
pub use untouched::is_untouched;
pub use without_run::{nothing_to_do, refuse};

/// A job of GitHub Actions.
pub struct Github {
    /// What keeps records and reports.
    pub local: Local,
    /// The file of the job summary, `GITHUB_STEP_SUMMARY`.
    pub summary: Option<PathBuf>,
    /// The file of the step's outputs, `GITHUB_OUTPUT`.
    pub outputs: Option<PathBuf>,
    /// The folder of the checkout, `GITHUB_WORKSPACE`.
    pub workspace: Option<PathBuf>,
    /// Where the runner reads commands.
    pub console: Console,
    /// GitHub's API, and what we need to know for it; none without a token.
    pub remote: Option<Remote>,
    /// What has become of the check so far.
    pub shown: RefCell<Shown>,
}

/// GitHub's API, and what we need to know for it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// The client.
    pub api: Api,
    /// What started the job.
    pub event: Event,
    /// How often the job has run, this time with it.
    pub attempt: u32,
    /// The number of the workflow's run.
    pub run: Option<u64>,
    /// The workflow's name.
    pub workflow: String,
    /// The name of the check; none is wanted.
    pub check: Option<String>,
    /// Whether a comment on the pull request is wanted.
    pub comment: bool,
}

#[async_trait(?Send)]
impl Forge for Github {
    async fn open(&self, record: &Record) -> Vec<Finding> {
        match self.check(record, false).await {
            Err(unopened) if unopened.is_final => vec![unopened.finding],
            Err(unopened) => {
                self.console.note(&format!("{}; it is tried again at the end", unopened.finding.message));
                Vec::new()
            }
            Ok(()) => Vec::new(),
        }
    }

    /// Two times at most, and only where there is something to show: a repository has its requests counted.
    async fn progress(&self, record: &Record, next: Step) {
        let is_worth_it = matches!(next, Step::Train | Step::Evaluate)
            && record.steps.iter().any(|step| step.outcome != Outcome::Skipped);
        let Shown::Open(check) = self.shown() else { return };
        let Some(board) = self.board(record).filter(|_| is_worth_it) else { return };
        if let Err(trouble) = board.progress(&check, next).await {
            self.console.detail(&format!("the check does not show that {next} is under way: {trouble}"));
        }
    }

    async fn abandon(&self, record: &Record, cause: &str) {
        let Shown::Open(check) = self.shown() else { return };
        let Some(board) = self.board(record) else { return };
        if let Err(trouble) = board.abandon(&check, cause).await {
            self.console.note(&trouble.fault("close the check").to_string());
        }
    }

    async fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        let Some(history) = self.history(record) else {
            return Ok(match self.local.default_branch_baseline(record).await? {
                Found::None(why) if self.remote.is_none() => Found::None(format!(
                    "{why}. Only this clone was asked: without GITHUB_TOKEN no check can be"
                )),
                found => found,
            });
        };
        match history.default_branch().await {
            Ok(Found::None(why)) => self.local.baseline_or(record, why).await,
            Ok(found) => Ok(found),
            Err(stuck) => match self.local.default_branch_baseline(record).await {
                Ok(found @ Found::Baseline(_)) => {
                    self.console
                        .note(&format!("the baseline is from git, because GitHub does not tell: {stuck}"));
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
            None if self.remote.is_some() => {
                let cause = "records are kept in checks, and report.check is false";
                Err(Fault::new(doing, cause).help("set report.check, or name a file as gate.baseline"))
            }
            None => {
                let help = "give the step the token: `env: { GITHUB_TOKEN: ${{ github.token }} }`";
                Err(Fault::new(doing, "only GitHub's API tells, and GITHUB_TOKEN is not set").help(help))
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
            return Err("without GITHUB_TOKEN no artifact can be asked for".into());
        };
        let Some(run) = baseline.job.as_deref().and_then(artifact::run) else {
            return Err("it is not told which run of a workflow made them".into());
        };
        artifact::bring(&remote.api, run, wanted, into).await
    }

    async fn deliveries(&self, record: &Record) -> Result<Vec<Delivery>> {
        let Some(history) = self.history(record) else { return Ok(Vec::new()) };
        history.deliveries().await.map_err(|stuck| stuck.fault("find what was delivered already"))
    }

    fn check_id(&self) -> Option<u64> {
        self.shown().id()
    }

    fn default_branch(&self) -> Option<String> {
        self.local.default_branch()
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

    /// The check and the comment, the job summary and the outputs, and then the annotations, which also tell what
    /// became of the others.
    async fn announce(&self, report: &Report<'_>) -> Vec<Finding> {
        let place = self.place();
        let Closed { shown, mut untold } = self.close(report, &place).await;
        untold.extend(self.comment(report).await);
        match &self.summary {
            Some(path) => untold.extend(summary::append(path, &with(report, &untold))),
            None => self.console.note("GITHUB_STEP_SUMMARY is not set, so there is no job summary"),
        }
        let check = self.shown().id();
        match &self.outputs {
            Some(path) => untold.extend(outputs::append(path, report, &self.html(), check)),
            None => self.console.note("GITHUB_OUTPUT is not set, so the step has no outputs"),
        }
        self.console.instruct(&annotations::render(report, &untold, &place, &shown));
        untold
    }
}

impl Github {
    fn shown(&self) -> Shown {
        self.shown.borrow().clone()
    }

    /// The check of a record, where one is wanted.
    fn board<'a>(&'a self, record: &'a Record) -> Option<Board<'a>> {
        let remote = self.remote.as_ref()?;
        Some(Board { remote, name: remote.check.as_deref()?, record })
    }

    /// Where GitHub keeps records for later runs.
    fn history<'a>(&'a self, record: &'a Record) -> Option<History<'a>> {
        let remote = self.remote.as_ref()?;
        Some(History { remote, name: remote.check.as_deref()?, own: self.own_app(), record })
    }

    /// Opens the check, once. `look` for one that is there already.
    async fn check(&self, record: &Record, look: bool) -> std::result::Result<(), Unopened> {
        let Some(board) = self.board(record) else { return Ok(()) };
        if !matches!(self.shown(), Shown::Nothing) {
            return Ok(());
        }
        let opened = board.open(look).await;
        *self.shown.borrow_mut() = match &opened {
            Ok(check) => Shown::Open(check.clone()),
            Err(unopened) if unopened.is_final => Shown::Refused,
            Err(_) => Shown::Nothing,
        };
        opened.map(drop)
    }

    /// Closes the check, which is opened first by who only reports.
    async fn close(&self, report: &Report<'_>, place: &Place) -> Closed {
        if let Err(unopened) = self.check(report.record, true).await {
            return Closed { untold: vec![unopened.finding], ..Closed::default() };
        }
        match (self.shown(), self.board(report.record)) {
            (Shown::Open(check), Some(board)) => {
                // A record that was made outside of our trust must not become what others are compared with.
                let text = match board.remote.event.is_foreign {
                    true => String::new(),
                    false => keepsake::embed(report.record, check::ROOM),
                };
                board.close(&check, report, place, &text).await
            }
            _ => Closed::default(),
        }
    }

    /// Writes the comment, where one is wanted; who may not even open a check does not try.
    async fn comment(&self, report: &Report<'_>) -> Option<Finding> {
        let remote = self.remote.as_ref()?;
        let may = remote.comment && !remote.event.is_foreign && !matches!(self.shown(), Shown::Refused);
        let number = remote.event.pull_request.filter(|_| may && !remote.api.is_hurried())?;
        comment::put(remote, number, &self.own_app(), report).await.err()
    }

    /// Who writes with our token, as far as a check has told.
    fn own_app(&self) -> OwnApp {
        match self.shown() {
            Shown::Open(check) => OwnApp(check.app),
            Shown::Nothing | Shown::Refused => OwnApp(None),
        }
    }

    fn html(&self) -> PathBuf {
        self.local.run_dir.join("report.html")
    }

    /// The project within the repository. Git knows it even where a workflow checks out into a folder of the
    /// workspace; where git does not answer, the workspace is taken for the repository.
    fn place(&self) -> Place {
        let root = canonical(&self.local.root);
        let below = self.local.repository.as_ref().ok().and_then(|repository| repository.place().ok());
        let top = match below {
            Some(below) => root.ancestors().nth(Path::new(&below).components().count()).map(Path::to_owned),
            None => self.workspace.as_deref().map(canonical).filter(|top| root.starts_with(top)),
        };
        Place { top: top.unwrap_or_else(|| root.clone()), root }
    }
}

/// Without links and detours, where that can be told.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The app whose token we have; none where it has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::forge) struct OwnApp(pub(in crate::forge) Option<App>);

impl OwnApp {
    /// The app of every workflow's own token.
    const USUAL_APP: &str = "github-actions";

    /// Whether it is this one. Another app's word is not ours.
    pub(in crate::forge) fn is(&self, app: &App) -> bool {
        match &self.0 {
            Some(own) => own.id == app.id,
            None => app.slug == Self::USUAL_APP,
        }
    }

    /// The name under which it comments.
    fn login(&self) -> String {
        format!("{}[bot]", self.0.as_ref().map_or(Self::USUAL_APP, |app| &app.slug))
    }
}

/// The report, and what it does not know yet.
fn with<'a>(report: &Report<'a>, more: &'a [Finding]) -> Report<'a> {
    let mut report = report.clone();
    report.findings.extend(more.iter().map(|finding| (Step::Report, finding)));
    report.findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    report
}

/// What GitHub did not take of who was `doing` it, with the remedy: mostly a permission that the token lacks.
fn refused(code: &str, trouble: &Trouble, doing: &str, remote: &Remote) -> Finding {
    let fault = trouble.fault(doing);
    let finding = Finding::warning(code, fault.to_string());
    let accepted = match trouble {
        Trouble::Forbidden(_, accepted) => accepted.as_deref(),
        Trouble::NotFound(_) => None,
        _ => return finding.help(fault.remedy().unwrap_or("`modelgate report` shows the run again")),
    };
    if remote.event.is_foreign || remote.event.is_dependabot {
        return finding.help(
            "the pull request of a fork or of Dependabot gets a token that can only read; the job summary and \
             the exit code tell the result, and docs/action.md shows how a second workflow makes the check",
        );
    }
    let asks = accepted.map(|accepted| format!(" (GitHub asks for {accepted})")).unwrap_or_default();
    let wanted = [(remote.check.is_some(), ", checks: write"), (remote.comment, ", pull-requests: write")];
    let wanted: String = wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, line)| line).collect();
    finding.help(format!(
        "give the job's token what it lacks{asks}, in the workflow: `permissions: {{ contents: read{wanted} }}`"
    ))
}

/// What could not be told, with the remedy that a person has.
fn warning(code: &str, fault: &Fault) -> Finding {
    Finding::warning(code, fault.to_string())
        .help(fault.remedy().unwrap_or("the run's own reports are whole; read report.html"))
}
