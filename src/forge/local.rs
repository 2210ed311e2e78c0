//! The local forge: reports as files in the run's folder, records as a history in the git repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Forge, Found};
use crate::bundle;
use crate::context;
use crate::fault::{Fault, Result};
use crate::files::{canonical, write_whole};
use crate::finding::Finding;
use crate::git::{Absence, Repository};
use crate::name::{Commit, ModelName};
use crate::record::{Baseline, Conclusion, Delivery, Record, store};
use crate::report::{self, Folders, Past, Report};
use crate::step::Step;

/// How many records are looked at for a baseline.
const LOOKED_AT: usize = 200;

/// How many runs a trend shows.
const TREND: usize = 20;

/// The file of a record, in the run's folder and in the history.
const RECORD: &str = store::FILE;

/// This machine as a forge.
#[derive(Debug, Clone)]
pub struct Local {
    /// The folder of modelgate.yml, absolute.
    pub root: PathBuf,
    /// The folder of the run, absolute.
    pub run_dir: PathBuf,
    /// The repository around the project, or why there is none.
    pub repository: std::result::Result<Repository, Absence>,
}

/// The history of a model's records, as git names it.
fn reference(model: &ModelName) -> String {
    format!("refs/modelgate/{model}")
}

/// What a baseline of the default branch is from.
pub(super) const DEFAULT_BRANCH: &str = "default-branch";

/// Where its own ones are found.
const PLACE: &str = "the records in git";

/// What a search does, for its faults.
const LOOKING: &str = "find the baseline of the default branch";

/// What is left to who cannot mend the history.
const INSTEAD: &str = "mend that, or name a file as gate.baseline";

/// The record in a document of the history.
fn readable(document: &[u8], place: &str) -> Result<Record> {
    let doing = || format!("read {place}");
    let help = "upgrade modelgate if a newer one wrote it; else fetch the history again, or name a file as \
                gate.baseline";
    let text = std::str::from_utf8(document).map_err(|error| Fault::new(doing(), error).help(help))?;
    store::parse(text).map_err(|unreadable| unreadable.fault(doing()).help(help))
}

fn parse(document: &[u8]) -> Option<Record> {
    store::parse(std::str::from_utf8(document).ok()?).ok()
}

#[async_trait(?Send)]
impl Forge for Local {
    /// Nobody looks before there is a report.
    async fn open(&self, _: &Record) -> Vec<Finding> {
        Vec::new()
    }

    async fn progress(&self, _: &Record, _: Step) {}

    async fn abandon(&self, _: &Record, _: &str) {}

    async fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        let repository = match &self.repository {
            Ok(repository) => repository,
            Err(Absence::Refused(why)) => {
                return Err(Fault::new(LOOKING, format!("git refuses to work here: {why}")).help(INSTEAD));
            }
            Err(absence) => return Ok(Found::None(absence.to_string())),
        };
        let branch = repository.default_branch()?;
        let mut search = Search { repository, branch: branch.as_deref(), elsewhere: BTreeSet::new() };
        let mut history = repository.latest(&reference(&record.model), RECORD, LOOKED_AT)?;
        let mut looked_at = 0;
        while let Some(document) = history.next() {
            looked_at += 1;
            // What cannot be read may be the baseline, so nothing older may take its place.
            let past = readable(&document?, &history.place())?;
            if search.suits(&past, record)? {
                return Ok(Found::Baseline(Box::new(Baseline::of(
                    &past,
                    DEFAULT_BRANCH.into(),
                    Some(PLACE.into()),
                ))));
            }
        }
        Ok(Found::None(search.why_none(looked_at)))
    }

    async fn deployed_baseline(&self, _: &Record, environment: &str) -> Result<Found> {
        let cause = "only a job of GitHub Actions or GitLab CI can tell what is deployed";
        Err(Fault::new(format!("find what is deployed to {environment}"), cause).help(INSTEAD))
    }

    /// What runs made is not kept in git.
    async fn baseline_files(
        &self,
        _: &Baseline,
        _: &bundle::Wanted,
        _: &Path,
    ) -> std::result::Result<(), String> {
        Err("on this machine only the cache keeps what runs made".into())
    }

    /// Records of runs are kept in git before they ship.
    async fn deliveries(&self, _: &Record) -> Result<Vec<Delivery>> {
        Ok(Vec::new())
    }

    fn check_id(&self) -> Option<u64> {
        None
    }

    fn default_branch(&self) -> Option<String> {
        self.repository.as_ref().ok()?.default_branch().ok()?
    }

    fn trend(&self, record: &Record) -> Vec<Past> {
        let mut seen = BTreeSet::from([record.id.clone()]);
        let mut trend = vec![past_of(record)];
        let history = self.repository.as_ref().ok().and_then(|repository| {
            // Some may be other accounts of one run.
            repository.latest(&reference(&record.model), RECORD, 2 * TREND).ok()
        });
        let records = history.into_iter().flatten().filter_map(|document| parse(&document.ok()?));
        let others = records.filter(|past| past.model == record.model && seen.insert(past.id.clone()));
        trend.extend(others.take(TREND - 1).map(|past| past_of(&past)));
        trend.reverse();
        trend
    }

    fn keep(&self, record: &Record) -> Result<()> {
        let Ok(repository) = &self.repository else {
            return Ok(());
        };
        let text = store::to_json(record)?;
        let message = report::compose(record, &[]).headline;
        repository.append(&reference(&record.model), RECORD, &text, &message)
    }

    fn withdraw(&self) -> Result<()> {
        for name in report::FILES.into_iter().chain([bundle::BUNDLE]) {
            let path = self.run_dir.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Fault::file("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn publish(&self, report: &Report<'_>) -> Result<Option<Fault>> {
        let files = self.write_files(report)?;
        let record = report.record;
        let run = self.run_dir.join(RECORD);
        let run = std::fs::read(&run).map_err(|error| Fault::file("read", &run, error))?;
        if parse(&run)
            .is_none_or(|written| written.id != record.id || written.conclusion != record.conclusion)
        {
            return Err(Fault::new(
                format!("pack {}", bundle::BUNDLE),
                format!("{RECORD} is not the record of this run"),
            )
            .help("another run is using the same folder: give each its own with --run"));
        }
        let mut reports: Vec<(&str, Vec<u8>)> =
            files.into_iter().map(|(name, content)| (name, content.into_bytes())).collect();
        reports.push((RECORD, run));
        let is_elsewhere = record.outputs().keys().any(|path| !self.root.join(path).exists())
            || record.profiles().keys().any(|path| !self.run_dir.join(path).exists());
        if is_elsewhere && self.has_packed(record) {
            return Ok(None);
        }
        match bundle::pack(&self.root, &self.run_dir, record, &reports) {
            Err(fault) if is_elsewhere => Ok(Some(fault)),
            packed => packed.map(|()| None),
        }
    }

    fn write(&self, report: &Report<'_>) -> Result<()> {
        self.write_files(report).map(drop)
    }

    /// Files can be written again, so there is nothing to announce.
    async fn announce(&self, _: &Report<'_>) -> Vec<Finding> {
        Vec::new()
    }
}

impl Local {
    /// The baseline out of git, where the forge has none; `why` not.
    pub(super) async fn baseline_or(&self, record: &Record, why: String) -> Result<Found> {
        match self.default_branch_baseline(record).await {
            Ok(Found::None(_)) => Ok(Found::None(why)),
            // The forge has told what this clone cannot know.
            Err(_) if self.is_partial() => Ok(Found::None(why)),
            found => found,
        }
    }

    /// Whether the clone cannot tell which commits are in the default branch.
    fn is_partial(&self) -> bool {
        self.repository.as_ref().is_ok_and(|repository| {
            !matches!(repository.is_shallow(), Ok(false)) || matches!(repository.default_branch(), Ok(None))
        })
    }

    /// Writes every report; returns what was written.
    fn write_files(&self, report: &Report<'_>) -> Result<Vec<(&'static str, String)>> {
        std::fs::create_dir_all(&self.run_dir).map_err(|error| Fault::file("make", &self.run_dir, error))?;
        let files = report::files(report, &self.folders(report));
        for (name, content) in &files {
            write_whole(&self.run_dir.join(name), content.as_bytes())?;
        }
        Ok(files)
    }

    /// Whether the run has packed its bundle, where its outputs were, and that is here: a job that goes on with the run
    /// has it of the job before.
    fn has_packed(&self, record: &Record) -> bool {
        let path = self.run_dir.join(bundle::BUNDLE);
        let packed = if path.exists() { bundle::record_in(&path).ok().flatten() } else { None };
        let is_of = |packed: Record| {
            packed.id == record.id && packed.verdict == record.verdict && packed.outputs() == record.outputs()
        };
        packed.is_some_and(is_of) && bundle::verify_bundle(&path).is_ok_and(|findings| findings.is_empty())
    }

    /// Where the project and the run are in the repository, which only GitLab's reports name: git costs a process.
    fn folders(&self, report: &Report<'_>) -> Folders {
        let repository = self.repository.as_ref().ok();
        let is_named = report.record.context.forge == context::Forge::Gitlab;
        let Some(project) = repository.filter(|_| is_named).and_then(|it| it.place().ok()) else {
            return Folders::default();
        };
        Folders { run: self.run_folder(&project), project }
    }

    /// The run's folder from the top of the repository, in which the project is at `project`; none where it is
    /// elsewhere.
    fn run_folder(&self, project: &str) -> Option<String> {
        let (root, run) = (canonical(&self.root).ok()?, canonical(&self.run_dir).ok()?);
        let top = root.ancestors().nth(Path::new(project).components().count())?;
        Some(run.strip_prefix(top).ok()?.to_str()?.replace('\\', "/"))
    }
}

/// The search through the history.
struct Search<'a> {
    repository: &'a Repository,
    branch: Option<&'a str>,
    /// Commits that are not in the branch's history.
    elsewhere: BTreeSet<Commit>,
}

impl Search<'_> {
    /// Whether `past` is a baseline for `record`; a fault where this clone cannot tell.
    fn suits(&mut self, past: &Record, record: &Record) -> Result<bool> {
        let Some(commit) = &past.context.commit else {
            return Ok(false);
        };
        let approved = past.conclusion == Some(Conclusion::Approved) && !past.context.dirty;
        let again = !record.context.dirty && record.context.commit.as_ref() == Some(commit);
        let other = past.id != record.id && past.model == record.model;
        if !approved || again || !other || self.elsewhere.contains(commit) {
            return Ok(false);
        }
        let undecided = |cause: String, help: &str| Err(Fault::new(LOOKING, cause).help(help));
        let Some(branch) = self.branch else {
            let cause = "there are approved records, and which branch is the default one is not known: this clone \
                         has no origin/HEAD, main or master";
            return undecided(cause.into(), "fetch that branch, and run: git remote set-head origin --auto");
        };
        if self.repository.contains(branch, commit)? {
            return Ok(true);
        }
        if self.repository.is_shallow()? {
            let cause = format!(
                "this clone is shallow, so whether {branch} has {}, the commit of an approved run, is not known",
                commit.short()
            );
            return undecided(
                cause,
                "fetch its whole history: `fetch-depth: 0` in CI, or git fetch --unshallow",
            );
        }
        self.elsewhere.insert(commit.clone());
        Ok(false)
    }

    fn why_none(&self, looked_at: usize) -> String {
        let Some(branch) = self.branch else {
            return match self.repository.commit() {
                None => "the repository has no commit yet".into(),
                Some(_) => {
                    "the default branch is not known: this clone has no origin/HEAD, main or master".into()
                }
            };
        };
        let mut why = format!(
            "no approved run of {branch} is recorded yet; the first approved one becomes the baseline"
        );
        if looked_at == LOOKED_AT {
            why.push_str(&format!("; only the latest {LOOKED_AT} records were looked at"));
        }
        why
    }
}

fn past_of(record: &Record) -> Past {
    let numeric =
        record.metrics().into_iter().filter_map(|(name, value)| Some((name.to_string(), value.number()?)));
    Past {
        run: record.id.clone(),
        started: record.started.clone(),
        commit: record.context.commit.as_ref().map(|commit| commit.short().to_owned()),
        conclusion: record.conclusion,
        metrics: numeric.collect(),
    }
}

#[cfg(test)]
mod tests;
