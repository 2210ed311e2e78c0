//! The local forge: reports as files in the run's folder, records as a history in the git repository.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Forge, Found};
use crate::bundle;
use crate::fault::{Fault, Result};
use crate::files::write_whole;
use crate::finding::Finding;
use crate::git::{Absence, Repository};
use crate::name::{Commit, ModelName};
use crate::record::{Baseline, Conclusion, Record, store};
use crate::report::{self, Past, Report};

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

fn parse(document: &[u8]) -> Option<Record> {
    store::parse(std::str::from_utf8(document).ok()?).ok()
}

impl Forge for Local {
    fn default_branch_baseline(&self, record: &Record) -> Result<Found> {
        let repository = match &self.repository {
            Ok(repository) => repository,
            Err(absence) => return Ok(Found::None(absence.to_string())),
        };
        if repository.commit().is_none() {
            return Ok(Found::None("the repository has no commit yet".into()));
        }
        let Some(branch) = repository.default_branch()? else {
            return Ok(Found::None(
                "the default branch is not known: this clone has no origin/HEAD, main or master".into(),
            ));
        };
        let mut search = Search { repository, branch: &branch, elsewhere: BTreeSet::new() };
        let (mut looked_at, mut unreadable) = (0, 0);
        for document in repository.latest(&reference(&record.model), RECORD, LOOKED_AT)? {
            looked_at += 1;
            match parse(&document?) {
                None => unreadable += 1,
                Some(past) if search.suits(&past, record)? => {
                    return Ok(Found::Baseline(Box::new(baseline_of(&past))));
                }
                Some(_) => {}
            }
        }
        search.why_none(looked_at, unreadable).map(Found::None)
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
        let is_elsewhere = record.outputs().keys().any(|path| !self.root.join(path).exists());
        match bundle::pack(&self.root, &self.run_dir, record, &reports) {
            Err(fault) if is_elsewhere => Ok(Some(fault)),
            packed => packed.map(|()| None),
        }
    }

    fn write(&self, report: &Report<'_>) -> Result<()> {
        self.write_files(report).map(drop)
    }

    /// Files can be written again, so there is nothing to announce.
    fn announce(&self, _: &Report<'_>) -> Vec<Finding> {
        Vec::new()
    }
}

impl Local {
    /// Writes every report; returns what was written.
    fn write_files(&self, report: &Report<'_>) -> Result<Vec<(&'static str, String)>> {
        std::fs::create_dir_all(&self.run_dir).map_err(|error| Fault::file("make", &self.run_dir, error))?;
        let files = report::files(report);
        for (name, content) in &files {
            write_whole(&self.run_dir.join(name), content.as_bytes())?;
        }
        Ok(files)
    }
}

/// The search through the history.
struct Search<'a> {
    repository: &'a Repository,
    branch: &'a str,
    /// Commits that are not in the branch's history.
    elsewhere: BTreeSet<Commit>,
}

impl Search<'_> {
    /// Whether `past` is a baseline for `record`.
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
        let contained = self.repository.contains(self.branch, commit)?;
        if !contained {
            self.elsewhere.insert(commit.clone());
        }
        Ok(contained)
    }

    fn why_none(&self, looked_at: usize, unreadable: usize) -> Result<String> {
        let mut why = format!(
            "no approved run of {} is recorded yet; the first approved one becomes the baseline",
            self.branch
        );
        if unreadable > 0 {
            why.push_str(&format!("; {unreadable} of {looked_at} records could not be read"));
        }
        if looked_at == LOOKED_AT {
            why.push_str(&format!("; only the latest {LOOKED_AT} records were looked at"));
        }
        if !self.elsewhere.is_empty() && self.repository.is_shallow()? {
            why.push_str(&format!(
                "; this clone is shallow, so older commits of {} are not known: fetch its whole history",
                self.branch
            ));
        }
        Ok(why)
    }
}

fn baseline_of(past: &Record) -> Baseline {
    Baseline {
        from: "default-branch".into(),
        commit: past.context.commit.clone(),
        run: Some(past.id.clone()),
        metrics: past.metrics(),
        outputs: past.model_outputs(),
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
