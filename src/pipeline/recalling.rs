//! What the baseline's run has kept of its data, before the data is looked at; and what this run keeps for later ones.
//!
//! The profile is where its run left it: in the cache of this machine, in a bundle, in an artifact. The record of the run
//! has its digest, so that it does not matter who gave it to us.

use std::path::Path;

use super::Pipeline;
use super::comparing::Folder;
use crate::bundle::{Wanted, brought};
use crate::cache::Key;
use crate::config;
use crate::data::{self, Kept};
use crate::fault::Result;
use crate::finding::Finding;
use crate::forge::Found;
use crate::record::data::profile_path;
use crate::record::{Baseline, Record, Work};
use crate::step::Step;

impl Pipeline<'_> {
    /// Looks at the data, against what the baseline's run has kept where that is asked for.
    ///
    /// # Errors
    /// The world failed.
    pub(super) async fn look_at(&self, config: &config::Data, record: &Record) -> Result<Work> {
        let made = self.config.train.as_ref().map(|train| train.outputs.as_slice());
        let reads = data::Reads { inputs: &self.config.evaluate.inputs, made: made.unwrap_or_default() };
        let Some(set) = config.kept_set() else {
            return data::perform(config, reads, self.engine, None).await;
        };
        let folder = Folder::new(&self.engine.run_dir)?;
        let kept = self.kept(set, record, &folder.0).await?;
        let mut work = data::perform(config, reads, self.engine, Some(kept)).await?;
        work.findings.extend(self.keep(&work, &record.id));
        Ok(work)
    }

    /// What the baseline's run has kept of a set, brought into a folder; or what is to be said of its not being there.
    async fn kept(&self, set: &str, record: &Record, into: &Path) -> Result<Kept> {
        let baseline = match self.baseline(record).await? {
            Found::Baseline(baseline) => baseline,
            Found::None(why) => return Ok(Kept::Nothing(no_baseline(&why))),
            Found::Unreadable(why) => return Ok(Kept::Nothing(not_to_be_had(set, &why))),
        };
        let Some(digest) = baseline.profiles.get(set) else {
            return Ok(Kept::Nothing(no_profile(set, &baseline)));
        };
        let wanted: Wanted = [(profile_path(set), *digest)].into();
        Ok(match self.fetch(&wanted, &baseline, into).await? {
            Ok(()) => Kept::Profile { on_disk: brought(into, digest), run: baseline.run.clone() },
            Err(why) => Kept::Nothing(not_to_be_had(set, &why)),
        })
    }

    /// Puts the profiles of this run into the cache; or says why not.
    fn keep(&self, work: &Work, run: &str) -> Option<Finding> {
        let profiles = work.evidence.data.as_ref()?.profiles();
        if profiles.is_empty() {
            return None;
        }
        let key = Key {
            step: Step::Data,
            script: String::new(),
            env: [].into(),
            inputs: profiles.clone(),
            upstream: [].into(),
            outputs: profiles.keys().cloned().collect(),
            image: None,
        };
        let fault = self.cache.store(&key, run, &self.engine.run_dir, &profiles).err()?;
        let message = format!("the profile of the data is not in the cache: {fault}");
        Some(Finding::warning("cache-not-written", message).with_remedy(&fault))
    }
}

fn no_baseline(why: &str) -> Finding {
    let gap = if why.is_empty() { "" } else { ": " };
    Finding::notice(
        "data-baseline-missing",
        format!("there is no baseline yet whose data this data could be compared with{gap}{why}"),
    )
}

fn no_profile(set: &str, baseline: &Baseline) -> Finding {
    let message = format!(
        "the baseline, {}, has kept no profile of its set «{set}», so that this data is compared with nothing",
        baseline.from.escape_debug()
    );
    Finding::warning("data-baseline-profile", message).help(
        "this run keeps one, and those after it are compared with it once it is approved; until then name a set or a profile \
         as `data.drift.reference`",
    )
}

/// There is something to compare with, and it is not here: nobody knows whether the data has drifted.
fn not_to_be_had(set: &str, why: &str) -> Finding {
    let message =
        format!("the profile of the set «{set}» that the baseline's run has kept is not to be had: {why}");
    Finding::error("data-baseline-profile", message).help(
        "keep the run's folder between runs, or its bundle; or commit a profile and name it as `data.drift.reference`",
    )
}
