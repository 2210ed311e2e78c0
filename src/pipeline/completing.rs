//! A baseline that was not measured by all that rules ask for today: its predictions tell the rest.

use std::path::Path;

use super::Pipeline;
use super::comparing::{here, repeated};
use crate::compare;
use crate::evaluate::predictions;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::record::{Baseline, Record};

/// More names than these are only counted.
const MOST_NAMED: usize = 5;

impl Pipeline<'_> {
    /// Measures the baseline's predictions by what its record lacks, and says so. Where they are not to be had the record
    /// stays as it is, and `without-baseline` says what comes of it.
    ///
    /// # Errors
    /// The world failed.
    pub(super) async fn complete(
        &self,
        record: &Record,
        baseline: &mut Baseline,
        folder: &Path,
    ) -> Result<Option<Finding>> {
        let spec = self.config.evaluate.predictions.clone();
        let (Some(spec), Some(ours), Some(theirs)) =
            (spec, record.predictions(), baseline.predictions.as_deref())
        else {
            return Ok(None);
        };
        let is_alike = spec.specification() == theirs.specification && repeated(ours, theirs).is_none();
        if !is_alike || !compare::lacks(&self.config.gate.rules, ours, baseline) {
            return Ok(None);
        }
        if self.fetch(&theirs.files, baseline, folder).await?.is_err() {
            return Ok(None);
        }
        let (files, confidence) = (here(&theirs.files, folder), theirs.confidence);
        let interrupt = self.engine.interrupt.clone();
        let measured =
            tokio::task::spawn_blocking(move || predictions::measure(&spec, confidence, &files, &interrupt))
                .await
                .map_err(|error| Fault::new("measure the baseline's predictions", error))??;
        Ok(told(&compare::complete(baseline, measured)))
    }
}

fn told(added: &[String]) -> Option<Finding> {
    let named = match added {
        [] => return None,
        few if few.len() <= MOST_NAMED => {
            let quoted: Vec<String> = few.iter().map(|name| format!("«{}»", name.escape_debug())).collect();
            quoted.join(", ")
        }
        many => format!("{} metrics and slicings", many.len()),
    };
    let message = format!("the baseline's record lacks {named}: that is measured of its predictions");
    Some(Finding::notice("baseline-completed", message))
}
