//! data: look at what the model learns from: its schema, what leaks between the sets, and how far it has moved.
//!
//! `sets` finds the files. Each set is read once, by `pass`, for all who look at its rows: `survey` for its gaps and its
//! schema, [`leakage`], and `compared` for [`drift`]; `examination` puts that together. Only this file, `examination`, `sets`
//! and the readers touch the world.

mod compared;
mod detector;
pub mod drift;
mod evaluated;
mod examination;
mod keyed;
pub mod leakage;
mod moved;
mod pass;
mod passes;
mod planning;
mod profiled;
pub mod profile;
mod recalled;
pub mod schema;
mod sets;
pub mod spool;
mod survey;
mod told;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::{self, Data};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::finding::{Finding, any_error};
use crate::record::{Evidence, Outcome, Work, data as record};
use crate::store::{self, Way};
use crate::table::{self, Found, Head};
use examination::Examination;
use moved::Comparison;
use spool::Room;

pub use evaluated::{Reads, predicts_training};
pub use moved::Moved;
pub use profiled::{Profiled, inferred, profiled, read_profile};
pub use recalled::is_profile;
pub use sets::{Located, Place, asked, locate};
pub use told::ignored_in_vain;

/// The folder below that of the run in which values lie that have no room in memory, and what was fetched.
const SPILLED: &str = "tmp";

/// Looks at the data, and at what evaluate reads of it. The step fails when a finding is an error. `kept` is what the
/// baseline's run has kept, where the configuration asks for it.
///
/// # Errors
/// The world failed: a file that cannot be read, a folder that cannot be written, an interrupt.
pub async fn perform(config: &Data, reads: Reads<'_>, engine: &Engine, kept: Option<Kept>) -> Result<Work> {
    let (inputs, made) = (reads.inputs.to_vec(), reads.made.to_vec());
    let (config, root, run_dir) = (config.clone(), engine.root.clone(), engine.run_dir.clone());
    let (interrupt, now) = (engine.interrupt.clone(), engine.clock.unix_seconds());
    let spilled = run_dir.join(SPILLED);
    let way = Way { variables: &engine.variables, folder: &spilled, interrupt: &interrupt };
    let fetched = store::fetch(&asked(&config.sets), way).await?;
    // On a thread of its own, so that a signal is still heard.
    let examined = tokio::task::spawn_blocking(move || {
        let place = Place { root: &root, folders: &[&run_dir], fetched: &fetched, interrupt: &interrupt };
        let reads = Reads { inputs: &inputs, made: &made };
        let spilled = &spilled;
        Examination { config: &config, reads, place, run_dir: &run_dir, spilled, kept, now }.examine()
    });
    let (evidence, findings) = examined.await.map_err(|error| Fault::new("look at the data", error))??;
    Ok(work(evidence, findings))
}

fn work(data: record::Data, findings: Vec<Finding>) -> Work {
    let outcome = if any_error(&findings) { Outcome::Failed } else { Outcome::Passed };
    Work {
        outcome,
        because: told::because(&data, &findings),
        findings,
        evidence: Evidence { metrics: told::metrics(&data), data: Some(data), ..Evidence::default() },
    }
}

/// What the baseline's run has kept of its data.
#[derive(Debug, Clone)]
pub enum Kept {
    /// A profile, whose content is what its record says.
    Profile {
        /// Where it is.
        on_disk: PathBuf,
        /// The run.
        run: Option<String>,
    },
    /// Nothing, and what is to be said of that.
    Nothing(Finding),
}

/// Looks at the drift of two sets alone, or, where the reference is a profile, of the only one.
///
/// # Errors
/// As [`perform`].
pub fn compare(
    config: &Data,
    asked: &config::Drift,
    place: Place<'_>,
    spilled: &Path,
) -> Result<std::result::Result<Moved, Vec<Finding>>> {
    let mut located = Vec::new();
    let mut findings = Vec::new();
    for set in &config.sets {
        match locate(set, place)? {
            Ok(found) => located.push(found),
            Err(finding) => findings.push(finding),
        }
    }
    let mut heads: Vec<(HashSet<String>, Head)> = Vec::new();
    for set in &located {
        match table::columns(&set.files, place.interrupt)? {
            Ok(head) => {
                heads.push((head.known(&config.ignore), head));
            }
            Err(wrong) => findings.extend(wrong),
        }
    }
    let recalled = match &asked.reference {
        config::Reference::Profile(path) => match recalled::read(&place.root.join(path), path)? {
            Ok(recalled) => Some(recalled),
            Err(finding) => {
                findings.insert(0, finding);
                None
            }
        },
        _ => None,
    };
    let sides: Vec<moved::Side<'_>> = located
        .iter()
        .zip(&heads)
        .map(|(set, (known, head))| moved::Side { set, columns: &head.columns, known, texts: &head.texts })
        .collect();
    let (reference, current) = match (sides.as_slice(), &recalled) {
        ([reference, current], _) => (moved::Reference::Set(*reference), *current),
        ([current], Some(recalled)) => (moved::Reference::Profile(recalled), *current),
        _ => return Ok(Err(findings)),
    };
    let of_profile = recalled.iter().flat_map(|recalled| recalled::columns(&recalled.profile));
    let of_sets = heads.iter().flat_map(|(_, head)| &head.columns);
    let known: Vec<Found> = of_sets.cloned().chain(of_profile).collect();
    let unknown = told::unknown(config, |name| known.iter().any(|found| found.name == name));
    let of_heads = heads
        .iter()
        .flat_map(|(_, head)| head.told(|column| config.ignore.iter().any(|name| name == column)));
    let noted: Vec<Finding> = place.fetched.notes.iter().cloned().chain(of_heads).chain(unknown).collect();
    let room = Room { memory: config.memory, folder: spilled };
    let comparison = Comparison::new(config, asked, reference, current, None, room);
    let moved = moved::moved(comparison, place.interrupt)?;
    Ok(moved.map(|mut moved| {
        moved.findings.splice(0..0, noted);
        moved.findings.extend(located.iter().flat_map(Located::changed));
        moved
    }))
}
