//! The baseline's model, measured once more: with this run's commands, on this run's data. No other comparison is of
//! like with like.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Pipeline;
use super::aside::{self, Aside, Ground};
use crate::bundle::{Wanted, brought};
use crate::config::BaselineModel;
use crate::engine::Engine;
use crate::evaluate;
use crate::fault::{Fault, Result};
use crate::files::{self, ProjectFile, portable};
use crate::finding::any_error;
use crate::name::Digest;
use crate::produce::Shop;
use crate::record::{Baseline, CommandEvidence, Record, Work};
use crate::step::Step;

/// The baseline's model, measured.
pub(super) struct Remeasured {
    /// What evaluate came to with it.
    pub(super) work: Work,
    /// Its predictions, moved to where they stay until they are compared.
    pub(super) files: Vec<ProjectFile>,
    /// What train made of it.
    pub(super) model: BTreeMap<String, Digest>,
}

/// Why it was not measured, as the end of a sentence, and the commands that ran.
pub(super) struct Unmeasured {
    pub(super) why: String,
    pub(super) commands: Vec<CommandEvidence>,
}

impl From<String> for Unmeasured {
    fn from(why: String) -> Self {
        Self { why, commands: Vec::new() }
    }
}

impl Pipeline<'_> {
    pub(super) fn ground(&self) -> Ground {
        let evaluate = &self.config.evaluate;
        let trained = self.config.train.as_ref().map(|train| train.outputs.as_slice()).unwrap_or_default();
        Ground {
            root: self.engine.root.clone(),
            run_dir: self.engine.run_dir.clone(),
            cache: self.cache.folder().to_owned(),
            patterns: [trained, &evaluate.outputs, &evaluate.read()].concat(),
        }
    }

    /// Measures the baseline's model in the place of the candidate's. `folder` takes what is needed for it.
    ///
    /// # Errors
    /// The world failed. The candidate's files are in their places all the same, or the fault says that they are not.
    pub(super) async fn remeasure(
        &self,
        which: &BaselineModel,
        record: &Record,
        baseline: &Baseline,
        folder: &Path,
    ) -> Result<std::result::Result<Remeasured, Unmeasured>> {
        let Some(train) = &self.config.train else {
            return Ok(Err("there is no train, so nobody knows where its model belongs".to_owned().into()));
        };
        let stage = folder.join("model");
        make(&stage)?;
        if let Err(why) = self.stage(which, record, baseline, folder, &stage).await? {
            return Ok(Err(why.into()));
        }
        let staged = files::expand(&stage, &train.outputs)?;
        if let Some(why) = unfit(&staged, &files::expand(&stage, &[".".to_owned()])?.files) {
            return Ok(Err(why.into()));
        }
        let model = self.cache.digests(&staged.files)?;
        let engine = match self.evaluates_in().await? {
            Ok(engine) => engine,
            Err(why) => return Ok(Err(why.into())),
        };
        let aside = Aside::begin(self.ground(), &self.config.evaluate.inputs)?;
        let measured = self.measure_staged(&engine, &staged.files, &model, record, folder).await;
        aside.put_back()?;
        if let Some(why) = self.cache.swapped(&self.engine.root, &record.outputs())? {
            return Err(Fault::new("put the candidate's outputs back", why).help("do the run again"));
        }
        let (work, files) = measured?;
        if !work.outcome.is_good() || any_error(&work.findings) {
            return Ok(Err(Unmeasured { why: work.because, commands: work.evidence.commands }));
        }
        Ok(Ok(Remeasured { work, files, model }))
    }

    /// The engine with the image that evaluate runs in, or why there is none.
    async fn evaluates_in(&self) -> Result<std::result::Result<Engine, String>> {
        let Some(container) = self.config.container(Step::Evaluate) else {
            return Ok(Ok(self.engine.clone()));
        };
        let place = self.workplaces.place(self.config, Step::Evaluate, container, self.engine, self.cache);
        Ok(match place.await? {
            Ok(place) => Ok(Engine { image: Some(place.id), ..self.engine.clone() }),
            Err(work) => Err(work.because),
        })
    }

    /// Puts the model into its place, measures it, and takes its predictions out of the way again.
    async fn measure_staged(
        &self,
        engine: &Engine,
        staged: &[ProjectFile],
        model: &BTreeMap<String, Digest>,
        record: &Record,
        folder: &Path,
    ) -> Result<(Work, Vec<ProjectFile>)> {
        for file in staged {
            aside::carry(&file.on_disk, &self.ground().reach(&file.path)?)?;
        }
        let before = record.step(Step::Evaluate).map_or(0, |step| step.evidence.commands.len());
        let shop = Shop { engine, ..self.shop(&record.id) };
        let work = evaluate::again(self.config, shop, model, before).await?;
        let mut files = Vec::new();
        for (path, digest) in work.evidence.predictions.iter().flat_map(|predictions| &predictions.files) {
            let on_disk = brought(folder, digest);
            aside::carry(&self.ground().reach(path)?, &on_disk)?;
            files.push(ProjectFile { path: path.clone(), on_disk });
        }
        Ok((work, files))
    }

    /// Lays the model out as train would, in a folder of its own. The inner error is why it is not to be had.
    async fn stage(
        &self,
        which: &BaselineModel,
        record: &Record,
        baseline: &Baseline,
        folder: &Path,
        stage: &Path,
    ) -> Result<std::result::Result<(), String>> {
        match which {
            BaselineModel::Kept => self.stage_kept(baseline, folder, stage).await,
            BaselineModel::Path(path) => self.stage_path(path, record, stage),
        }
    }

    async fn stage_kept(
        &self,
        baseline: &Baseline,
        folder: &Path,
        stage: &Path,
    ) -> Result<std::result::Result<(), String>> {
        let wanted: &Wanted = &baseline.outputs;
        if wanted.is_empty() {
            return Ok(Err("the baseline's record names no outputs of train".into()));
        }
        if let Some((path, why)) = wanted.keys().find_map(|path| Some((path, portable::why_unsafe(path)?))) {
            return Ok(Err(format!(
                "its record names an output outside of the project, {}: {why}",
                path.escape_debug()
            )));
        }
        if let Err(why) = self.fetch(wanted, baseline, folder).await? {
            return Ok(Err(why));
        }
        for (path, digest) in wanted {
            lay(&brought(folder, digest), stage, path)?;
        }
        Ok(Ok(()))
    }

    fn stage_path(
        &self,
        path: &str,
        record: &Record,
        stage: &Path,
    ) -> Result<std::result::Result<(), String>> {
        let from = self.engine.root.join(path);
        let shown = path.escape_debug();
        let made = record.model_outputs();
        let outputs = self.config.train.as_ref().map(|train| train.outputs.as_slice()).unwrap_or_default();
        match fs::metadata(&from) {
            Ok(kind) if kind.is_dir() => {
                let found = files::expand(&from, outputs)?;
                if let Some(pattern) = found.unmatched.first() {
                    return Ok(Err(format!(
                        "{shown} holds nothing that matches «{}»",
                        pattern.escape_debug()
                    )));
                }
                for file in found.files.iter().filter(|file| Path::new(&file.path).is_relative()) {
                    lay(&file.on_disk, stage, &file.path)?;
                }
                Ok(Ok(()))
            }
            Ok(kind) if kind.is_file() => match made.keys().collect::<Vec<_>>().as_slice() {
                [place] => lay(&from, stage, place).map(Ok),
                several => Ok(Err(format!(
                    "{shown} is one file, and train made {}: name a folder that holds them all",
                    several.len()
                ))),
            },
            Ok(_) => Ok(Err(format!("{shown} is neither a file nor a folder"))),
            Err(error) => Ok(Err(format!("{shown} cannot be read: {error}"))),
        }
    }
}

/// Why what was laid out is not what train makes: a record names the files, and must not put others into the project.
fn unfit(staged: &files::Expanded, all: &[ProjectFile]) -> Option<String> {
    if let Some(pattern) = staged.unmatched.first() {
        return Some(format!("it holds nothing that matches «{}» of train.outputs", pattern.escape_debug()));
    }
    let strange = all.iter().find(|file| !staged.files.contains(file))?;
    Some(format!("it holds {}, which is no output of train", strange.path.escape_debug()))
}

/// Copies a file to its path below a folder.
fn lay(from: &Path, stage: &Path, path: &str) -> Result<()> {
    let place = stage.join(path);
    make(place.parent().unwrap_or(stage))?;
    aside::copy(from, &place)
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, error))
}
