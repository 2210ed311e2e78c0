//! data: look at what the model learns from: its schema, what leaks between the sets, and how far it has moved.
//!
//! `sets` finds the files, `survey` reads each set once for its rows, its gaps and its schema; [`leakage`] and [`drift`]
//! read those that they are about once more. Only this file, `sets` and the readers touch the world.

mod compared;
mod detector;
pub mod drift;
mod evaluated;
mod keyed;
pub mod leakage;
mod moved;
mod profiled;
pub mod profile;
mod recalled;
pub mod schema;
mod sets;
pub mod spool;
mod survey;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::config::{self, Data};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::files;
use crate::finding::{Finding, any_error};
use crate::name::Digest;
use crate::record::{Evidence, Outcome, Work, data as record};
use crate::store::{self, Way};
use crate::table::{self, Found};
use leakage::Sets;
use moved::Means;
use profile::Profile;
use recalled::Recalled;
use schema::Schema;
use spool::Room;
use survey::Survey;

pub use evaluated::{Reads, predicts_training};
pub use moved::Moved;
pub use profiled::{Profiled, inferred, profiled};
pub use recalled::is_profile;
pub use sets::{Located, Place, asked, locate};

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

/// What is looked at, where, and when.
struct Examination<'a> {
    config: &'a Data,
    reads: Reads<'a>,
    place: Place<'a>,
    run_dir: &'a Path,
    spilled: &'a Path,
    kept: Option<Kept>,
    now: u64,
}

/// The sets that could be read.
type Known = BTreeMap<String, (Located, Survey)>;

impl Examination<'_> {
    fn examine(&self) -> Result<(record::Data, Vec<Finding>)> {
        let mut evidence = record::Data::default();
        let mut findings = self.place.fetched.notes.clone();
        let schema = self.schema(&mut findings)?;
        let known = self.survey(schema.as_ref(), &mut evidence, &mut findings)?;
        if known.len() == self.config.sets.len() {
            let has = |survey: &Survey, name: &str| {
                survey.columns.iter().any(|found| found.name == name)
                    || survey.ignored.iter().any(|known| known == name)
            };
            findings.extend(told::unknown(self.config, |name| {
                known.values().any(|(_, survey)| has(survey, name))
            }));
        }
        if let Some(asked) = &self.config.leakage {
            self.leakage(asked, &known, &mut evidence, &mut findings)?;
        }
        if let Some(asked) = &self.config.drift {
            self.drift(asked, &known, &mut evidence, &mut findings)?;
            findings.extend(evidence.drift.iter().flat_map(told::drifted));
        }
        findings.extend(known.values().flat_map(|(located, _)| located.changed()));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok((evidence, findings))
    }

    fn room(&self) -> Room<'_> {
        Room { memory: self.config.memory, folder: self.spilled }
    }

    /// Reads the schema; none where there is none, or it is no good.
    fn schema(&self, findings: &mut Vec<Finding>) -> Result<Option<Schema>> {
        let Some(path) = &self.config.schema else { return Ok(None) };
        let on_disk = self.place.root.join(path);
        if !on_disk.is_file() {
            let message = "there is no such schema";
            let help = "`modelgate data infer` writes one from data";
            findings.push(Finding::error("data-schema-missing", message).at_path(path).help(help));
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&files::read(&on_disk)?).into_owned();
        match schema::parse(&text, path) {
            Ok(read) => {
                findings.extend(read.findings);
                Ok(Some(read.schema))
            }
            Err(problems) => {
                findings.extend(problems.into_iter().map(|problem| told::problem(problem, path)));
                Ok(None)
            }
        }
    }

    fn survey(
        &self,
        schema: Option<&Schema>,
        evidence: &mut record::Data,
        findings: &mut Vec<Finding>,
    ) -> Result<Known> {
        let mut known = Known::new();
        for set in &self.config.sets {
            let located = match locate(set, self.place)? {
                Ok(located) => located,
                Err(finding) => {
                    findings.push(finding);
                    continue;
                }
            };
            let is_held = self.config.schema_sets.is_empty() || self.config.schema_sets.contains(&set.name);
            let schema = schema.filter(|_| is_held);
            let is_kept = self.config.kept_set() == Some(&set.name);
            let asked = survey::Asked { schema, ignore: &self.config.ignore, is_profiled: is_kept };
            let interrupt = self.place.interrupt;
            match survey::survey(&located, asked, self.now, self.room(), interrupt)? {
                Ok(survey) => {
                    let mut told = told::set(&survey, located.digests(interrupt)?);
                    told.profile = self.keep(&set.name, survey.profile.as_ref())?;
                    evidence.sets.insert(set.name.clone(), told);
                    if let Some(checked) = &survey.checked {
                        evidence.violations.extend(told::violations(&set.name, checked));
                        findings.extend(told::of_set(&located, &survey.table, checked));
                    }
                    findings.extend(survey.notes.iter().cloned());
                    known.insert(set.name.clone(), (located, survey));
                }
                Err(wrong) => findings.extend(wrong),
            }
        }
        Ok(known)
    }

    /// Writes the profile of a set where later runs look for it.
    fn keep(&self, set: &str, profile: Option<&Profile>) -> Result<Option<Digest>> {
        let Some(profile) = profile else { return Ok(None) };
        let place = self.run_dir.join(record::profile_path(set));
        let folder = place.parent().unwrap_or(self.run_dir);
        std::fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, error))?;
        let text = profile.to_json()?;
        files::write_whole(&place, text.as_bytes())?;
        Ok(Some(Digest::from_bytes(Sha256::digest(text.as_bytes()).into())))
    }

    fn leakage(
        &self,
        asked: &config::Leakage,
        known: &Known,
        evidence: &mut record::Data,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        // What is wrong with a set that cannot be read was said already.
        let (Some((train, train_survey)), Some((test, test_survey))) =
            (known.get(&asked.train), known.get(&asked.test))
        else {
            return Ok(());
        };
        let files = |name: &String| evidence.sets.get(name).map(|set| &set.files);
        if let (Some(of_train), Some(of_test)) = (files(&asked.train), files(&asked.test)) {
            findings.extend(leakage::same_files((&asked.train, of_train), (&asked.test, of_test)));
        }
        findings.extend(evaluated::reads_training(self.reads, asked, train, evidence, self.place)?);
        let sets = Sets {
            train,
            test,
            train_columns: &train_survey.columns,
            test_columns: &test_survey.columns,
            train_rows: train_survey.table.rows,
            test_rows: test_survey.table.rows,
        };
        match leakage::leakage(self.config, asked, sets, self.room(), self.place.interrupt)? {
            Ok(leaks) => {
                evidence.leakage = Some(leaks.evidence);
                findings.extend(leaks.findings);
            }
            Err(wrong) => findings.extend(wrong),
        }
        Ok(())
    }

    fn drift(
        &self,
        asked: &config::Drift,
        known: &Known,
        evidence: &mut record::Data,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        if let Some(path) = &asked.from {
            match detector::read(asked, self.place.root, path)? {
                Ok(drift) => evidence.drift = Some(drift),
                Err(finding) => findings.push(finding),
            }
            return Ok(());
        }
        let Some((current, current_survey)) = known.get(&asked.current) else { return Ok(()) };
        let recalled;
        let reference = match &asked.reference {
            config::Reference::Set(name) => {
                let Some((set, survey)) = known.get(name) else { return Ok(()) };
                moved::Reference::Set(moved::Side { set, columns: &survey.columns })
            }
            of_profile => match self.recalled(of_profile)? {
                Ok(profile) => {
                    recalled = profile;
                    moved::Reference::Profile(&recalled)
                }
                Err(finding) => {
                    findings.push(finding);
                    return Ok(());
                }
            },
        };
        let current = moved::Side { set: current, columns: &current_survey.columns };
        let means = Means { data: self.config, spilled: self.spilled, interrupt: self.place.interrupt };
        match moved::moved(asked, reference, current, means)? {
            Ok(moved) => {
                findings.extend(moved.findings);
                evidence.drift = Some(moved.evidence);
            }
            Err(wrong) => findings.extend(wrong),
        }
        Ok(())
    }

    /// The profile that is the reference; the inner error is why there is none.
    fn recalled(&self, reference: &config::Reference) -> Result<std::result::Result<Recalled, Finding>> {
        match (reference, &self.kept) {
            (config::Reference::Profile(path), _) => recalled::read(&self.place.root.join(path), path),
            (_, Some(Kept::Profile { on_disk, run })) => {
                let read = recalled::read(on_disk, "the profile that the baseline's run has kept")?;
                Ok(read.map(|mut recalled| {
                    recalled.evidence.run.clone_from(run);
                    recalled
                }))
            }
            (_, Some(Kept::Nothing(finding))) => Ok(Err(finding.clone())),
            (_, None) => {
                Ok(Err(Finding::error("data-profile", "nobody has looked for the baseline's profile")))
            }
        }
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
    let mut columns = Vec::new();
    for set in &located {
        match table::columns(&set.files, place.interrupt)? {
            Ok(survey) => columns.push(survey.columns),
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
    let sides: Vec<moved::Side<'_>> =
        located.iter().zip(&columns).map(|(set, columns)| moved::Side { set, columns }).collect();
    let (reference, current) = match (sides.as_slice(), &recalled) {
        ([reference, current], _) => (moved::Reference::Set(*reference), *current),
        ([current], Some(recalled)) => (moved::Reference::Profile(recalled), *current),
        _ => return Ok(Err(findings)),
    };
    let of_profile = recalled.iter().flat_map(|recalled| recalled::columns(&recalled.profile));
    let known: Vec<Found> = columns.iter().flatten().cloned().chain(of_profile).collect();
    let unknown = told::unknown(config, |name| known.iter().any(|found| found.name == name));
    let noted: Vec<Finding> = place.fetched.notes.iter().cloned().chain(unknown).collect();
    let means = Means { data: config, spilled, interrupt: place.interrupt };
    let moved = moved::moved(asked, reference, current, means)?;
    Ok(moved.map(|mut moved| {
        moved.findings.splice(0..0, noted);
        moved.findings.extend(located.iter().flat_map(Located::changed));
        moved
    }))
}
