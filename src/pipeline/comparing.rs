//! The candidate's predictions against the baseline's, before the gate judges.
//!
//! The baseline's are where its run left them: in the cache of this machine, in a bundle, in an artifact. Each is known
//! by its digest, so that it does not matter who gave it to us. Where they are not to be had the two are compared by
//! what their records know, and the report says so.

use std::fs;
use std::path::{Path, PathBuf};

use super::Pipeline;
use super::aside;
use super::remeasuring::{Remeasured, Unmeasured};
use crate::bundle::{self, Wanted, brought};
use crate::compare::{self, Side};
use crate::config::{BaselineModel, BaselineSource, Evaluate};
use crate::fault::{Fault, Result};
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::forge::Found;
use crate::gate;
use crate::record::{Baseline, CommandEvidence, Comparison, Method, Predictions, Record};

/// How the reason begins where nobody kept the baseline's predictions.
const NOT_TO_BE_HAD: &str = "the baseline's predictions are not to be had";

/// A baseline that the candidate was compared with.
pub(super) struct Compared {
    /// None where it was to be measured again and was not: no rule that compares may pass then.
    pub(super) baseline: Option<Baseline>,
    /// What a reader should know of it.
    pub(super) findings: Vec<Finding>,
    /// The commands that measured it again.
    pub(super) commands: Vec<CommandEvidence>,
}

/// A folder in the run's folder, which goes away with what is in it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    const NAME: &str = "baseline";

    pub(super) fn new(run_dir: &Path) -> Result<Self> {
        let folder = Self(run_dir.join(Self::NAME));
        // What a run that was killed left there.
        folder.remove();
        fs::create_dir_all(&folder.0).map_err(|error| Fault::file("make the folder", &folder.0, error))?;
        Ok(folder)
    }

    fn remove(&self) {
        // Best effort: what stays is taken away by the next run that compares.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Pipeline<'_> {
    /// Puts back what a run that was killed while it measured another model left aside.
    ///
    /// # Errors
    /// A file that cannot be put back.
    pub(super) fn recover(&self) -> Result<()> {
        if aside::put_back(&self.ground())? {
            self.engine
                .console
                .note("the outputs that an earlier run had put aside are back in their places");
        }
        Ok(())
    }

    /// The baseline that the configuration names.
    pub(super) async fn baseline(&self, record: &Record) -> Result<Found> {
        let found = match &self.config.gate.baseline {
            BaselineSource::None => return Ok(Found::None(String::new())),
            BaselineSource::DefaultBranch => self.forge.default_branch_baseline(record).await?,
            BaselineSource::Deployed(environment) => {
                self.forge.deployed_baseline(record, environment).await?
            }
            BaselineSource::File(path) => Found::Baseline(Box::new(self.baseline_in(path, record)?)),
        };
        // A model that is there can be measured, whatever is recorded of it.
        Ok(match (found, &self.config.evaluate.baseline_model) {
            (Found::None(_), Some(BaselineModel::Path(path))) => {
                Found::Baseline(Box::new(Baseline { from: path.clone(), ..Baseline::default() }))
            }
            (found, _) => found,
        })
    }

    fn baseline_in(&self, path: &str, record: &Record) -> Result<Baseline> {
        let on_disk = self.engine.root.join(path);
        if !bundle::is_zip(&on_disk) {
            return gate::baseline::from_file(&self.engine.root, path, &record.model);
        }
        let doing = format!("read the baseline {path}");
        if let Some(finding) = bundle::verify_bundle(&on_disk)?.first() {
            let fault = Fault::new(doing, finding.message.clone());
            return Err(
                fault.help("take a bundle.zip as a run left it; `modelgate verify` says all that is wrong")
            );
        }
        match bundle::record_in(&on_disk)? {
            Some(past) => gate::baseline::from_record(path, &past, &record.model),
            None => Err(Fault::new(doing, "there is no record in it that can be read")),
        }
    }

    /// Compares the candidate with the baseline, which is measured again where that is asked for.
    ///
    /// # Errors
    /// The world failed.
    pub(super) async fn compare(&self, record: &Record, baseline: Baseline) -> Result<Compared> {
        let mut compared = Compared { baseline: None, findings: Vec::new(), commands: Vec::new() };
        let both = record.predictions().is_some() && baseline.predictions.is_some();
        let model = self.config.evaluate.baseline_model.as_ref();
        if !both && model.is_none() {
            compared.baseline = Some(baseline);
            return Ok(compared);
        }
        let folder = Folder::new(&self.engine.run_dir)?;
        let mut baseline = baseline;
        let mut files = None;
        if let Some(model) = model {
            match self.remeasure(model, record, &baseline, &folder.0).await? {
                Err(Unmeasured { why, commands }) => {
                    compared.commands = commands;
                    compared.findings.push(not_evaluated(&why));
                    return Ok(compared);
                }
                Ok(remeasured) => {
                    compared.commands = remeasured.work.evidence.commands.clone();
                    compared.findings.push(evaluated(model, &baseline));
                    files = Some(take(&mut baseline, remeasured));
                }
            }
        }
        if files.is_none() {
            compared.findings.extend(self.complete(record, &mut baseline, &folder.0).await?);
        }
        if let Some((comparison, findings)) = self.comparison(record, &baseline, files, &folder.0).await? {
            compared.findings.extend(findings);
            if let crate::record::Pairing::Unpaired(why) = &comparison.pairing {
                compared.findings.push(unpaired(why, &self.config.evaluate));
            }
            baseline.comparison = Some(Box::new(comparison));
        }
        compared.baseline = Some(baseline);
        Ok(compared)
    }

    /// How the predictions differ, and what should be known of that; none where only one side has some. `files` are the
    /// baseline's, where they are here.
    async fn comparison(
        &self,
        record: &Record,
        baseline: &Baseline,
        files: Option<Vec<ProjectFile>>,
        folder: &Path,
    ) -> Result<Option<(Comparison, Vec<Finding>)>> {
        let (Some(ours), Some(theirs)) = (record.predictions(), baseline.predictions.as_deref()) else {
            return Ok(None);
        };
        if let Some(comparison) =
            baseline.is_model_of(record).then(|| compare::with_itself(ours, theirs)).flatten()
        {
            return Ok(Some((comparison, Vec::new())));
        }
        let paired = match repeated(ours, theirs) {
            Some(why) => {
                let doubt = self.doubt(ours, theirs, baseline, files, folder).await?;
                Err(compare::Apart { why, doubt })
            }
            None => self.paired(ours, theirs, baseline, files, folder).await?,
        };
        Ok(Some(match paired {
            Ok(compare::Compared { comparison, findings }) => (comparison, findings),
            Err(apart) => (compare::unpaired(ours, theirs, apart), Vec::new()),
        }))
    }

    /// Why the candidate may not pass by means over repeats: the rows of the last repeat are not the baseline's.
    async fn doubt(
        &self,
        ours: &Predictions,
        theirs: &Predictions,
        baseline: &Baseline,
        files: Option<Vec<ProjectFile>>,
        folder: &Path,
    ) -> Result<Option<String>> {
        if ours.set == theirs.set {
            return Ok(None);
        }
        Ok(match self.paired(ours, theirs, baseline, files, folder).await? {
            Ok(compared) => compared.comparison.doubt,
            Err(apart) => apart.doubt,
        })
    }

    /// Compares row by row, or says why not.
    async fn paired(
        &self,
        ours: &Predictions,
        theirs: &Predictions,
        baseline: &Baseline,
        files: Option<Vec<ProjectFile>>,
        folder: &Path,
    ) -> Result<std::result::Result<compare::Compared, compare::Apart>> {
        let Some(spec) = self.config.evaluate.predictions.clone() else {
            return Ok(Err("modelgate.yml no longer says what their columns mean".into()));
        };
        let candidate = match self.candidate_files(ours, folder)? {
            Ok(files) => files,
            Err(why) => return Ok(Err(why.into())),
        };
        let baseline = match files {
            Some(files) => files,
            None => match self.fetch(&theirs.files, baseline, folder).await? {
                Ok(()) => here(&theirs.files, folder),
                Err(why) => return Ok(Err(format!("{NOT_TO_BE_HAD}: {why}").into())),
            },
        };
        let (ours, theirs, interrupt) = (ours.clone(), theirs.clone(), self.engine.interrupt.clone());
        tokio::task::spawn_blocking(move || {
            let candidate = Side { evidence: &ours, files: &candidate };
            let baseline = Side { evidence: &theirs, files: &baseline };
            compare::paired(&spec, ours.confidence, candidate, baseline, &interrupt)
        })
        .await
        .map_err(|error| Fault::new("compare the predictions", error))?
    }

    /// The candidate's predictions: in the project, or, in a job that only judges, out of the cache.
    fn candidate_files(
        &self,
        ours: &Predictions,
        folder: &Path,
    ) -> Result<std::result::Result<Vec<ProjectFile>, String>> {
        let mut files = Vec::new();
        for (path, digest) in &ours.files {
            let mut on_disk = self.engine.root.join(path);
            // The outputs that are there are those of the record: the gate has looked.
            if !on_disk.exists() {
                on_disk = brought(folder, digest);
                if !self.cache.bring(digest, &on_disk)? {
                    return Ok(Err(format!("{} is not here", path.escape_debug())));
                }
            }
            files.push(ProjectFile { path: path.clone(), on_disk });
        }
        Ok(Ok(files))
    }

    /// Brings files of the baseline's run into a folder, each by its digest; or says why not, as the end of a sentence.
    pub(super) async fn fetch(
        &self,
        wanted: &Wanted,
        baseline: &Baseline,
        into: &Path,
    ) -> Result<std::result::Result<(), String>> {
        let mut missing = Wanted::new();
        for (path, digest) in wanted {
            let place = brought(into, digest);
            if !place.exists() && !self.cache.bring(digest, &place)? {
                missing.insert(path.clone(), *digest);
            }
        }
        let Some(path) = missing.keys().next() else { return Ok(Ok(())) };
        let elsewhere = match &self.config.gate.baseline {
            BaselineSource::File(file) => self.fetch_from_bundle(file, &missing, into),
            _ => self.forge.baseline_files(baseline, &missing, into).await,
        };
        Ok(elsewhere.map_err(|why| format!("the cache does not hold {}, and {why}", path.escape_debug())))
    }

    /// Out of the bundle that the baseline is, or that lies beside it.
    fn fetch_from_bundle(&self, file: &str, wanted: &Wanted, into: &Path) -> std::result::Result<(), String> {
        let on_disk = self.engine.root.join(file);
        let (bundle, shown) = if bundle::is_zip(&on_disk) {
            (on_disk, file.to_owned())
        } else {
            (on_disk.with_file_name(bundle::BUNDLE), format!("the {} beside {file}", bundle::BUNDLE))
        };
        match fs::File::open(&bundle).ok().filter(|_| bundle::is_zip(&bundle)) {
            Some(zip) => bundle::pick(zip, wanted, into).map_err(|why| format!("{shown} {why}")),
            None => Err(format!("there is no {} beside {file}", bundle::BUNDLE)),
        }
    }
}

/// The files that were brought.
pub(super) fn here(wanted: &Wanted, folder: &Path) -> Vec<ProjectFile> {
    let file =
        |(path, digest): (&String, _)| ProjectFile { path: path.clone(), on_disk: brought(folder, digest) };
    wanted.iter().map(file).collect()
}

/// The predictions that lie there are of one repeat, and what is judged is the mean of all of them.
pub(super) fn repeated(ours: &Predictions, theirs: &Predictions) -> Option<String> {
    let is_mean = |predictions: &Predictions| {
        predictions.estimates.values().any(|estimate| estimate.method == Some(Method::Repeats))
    };
    let who = match (is_mean(ours), is_mean(theirs)) {
        (true, _) => "the candidate",
        (_, true) => "the baseline",
        _ => return None,
    };
    Some(format!("{who} was measured several times, and its metrics are means"))
}

/// Takes what was measured for what the baseline is, and gives its predictions' files.
fn take(baseline: &mut Baseline, remeasured: Remeasured) -> Vec<ProjectFile> {
    let Remeasured { work, files, model } = remeasured;
    baseline.metrics.extend(work.evidence.metrics);
    baseline.predictions =
        work.evidence.predictions.map(|predictions| Box::new(predictions.without_pictures()));
    baseline.outputs = model;
    files
}

fn evaluated(model: &BaselineModel, baseline: &Baseline) -> Finding {
    let which = match (model, &baseline.run) {
        (BaselineModel::Path(path), _) => path.clone(),
        (BaselineModel::Kept, Some(run)) => format!("that of run {run}"),
        (BaselineModel::Kept, None) => baseline.from.clone(),
    };
    let message = format!(
        "the baseline's model, {}, was measured with the commands and the data of this run: its values are of that, and \
         not of its record",
        which.escape_debug()
    );
    Finding::notice("baseline-evaluated", message)
}

fn not_evaluated(why: &str) -> Finding {
    let message =
        format!("the baseline's model was not measured again, so no rule that compares is decided: {why}");
    Finding::warning("baseline-not-evaluated", message)
        .help("mend that, or leave evaluate.baseline-model out to compare with what was recorded")
}

fn unpaired(why: &str, evaluate: &Evaluate) -> Finding {
    let message = format!("the predictions are compared as two samples and not row by row, because {why}");
    let finding = Finding::notice("compared-unpaired", message);
    match remedy(why, evaluate) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// What to do that the next comparison is row by row; none where there is nothing to do.
fn remedy(why: &str, evaluate: &Evaluate) -> Option<&'static str> {
    let by_id = evaluate.predictions.as_ref().is_some_and(|predictions| predictions.id.is_some());
    let of_other_rows = why == compare::OTHER_SET || why.starts_with("the candidate has ");
    match () {
        () if why.starts_with(NOT_TO_BE_HAD) && evaluate.inputs.is_empty() => Some(
            "name what evaluate reads under `evaluate.inputs`, so that its outputs are kept for the next comparison",
        ),
        () if of_other_rows && !by_id => {
            Some("name a column that tells rows apart under `evaluate.predictions.id`")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_can_be_done_is_advised_and_nothing_else() {
        let help = |why: &str, keys: &str| {
            let file = format!(
                "version: 1\nmodel: m\nevaluate:\n  run: x\n{keys}  predictions: {{ path: p.csv, truth: y, predicted: z{} }}\n\
                 gate: {{ rules: {{ accuracy: {{ min: 0.5 }} }} }}\n",
                if keys.is_empty() { "" } else { ", id: row" },
            );
            let config = crate::config::parse(&file).unwrap();
            unpaired(why, &config.evaluate).help.unwrap_or_default()
        };
        let inputs = "  inputs: [x.py]\n";
        let lost = format!("{NOT_TO_BE_HAD}: the cache does not hold p.csv, and there is no artifact");
        assert!(help(&lost, "").contains("`evaluate.inputs`"));
        assert_eq!(help(&lost, inputs), "", "they are named");
        assert!(help(compare::OTHER_SET, "").contains("`evaluate.predictions.id`"));
        assert_eq!(help(compare::OTHER_SET, inputs), "");
        assert_eq!(help("the candidate was measured several times, and its metrics are means", ""), "");
    }
}
