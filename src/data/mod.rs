//! data: look at what the model learns from: its schema, what leaks between the sets, and how far it has moved.
//!
//! `sets` finds the files, `survey` reads each set once for its rows, its gaps and its schema; [`leakage`] and [`drift`]
//! read those that they are about once more. Only this file, `sets` and the readers touch the world.

mod compared;
mod detector;
pub mod drift;
pub mod leakage;
mod moved;
mod profiled;
pub mod profile;
pub mod schema;
mod sets;
pub mod spool;
mod survey;
mod told;

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::{self, Data};
use crate::engine::Engine;
use crate::fault::{Fault, Result};
use crate::files;
use crate::finding::{Finding, any_error};
use crate::record::{Evidence, Outcome, Work, data as record};
use crate::store::{self, Way};
use crate::table;
use leakage::Sets;
use schema::Schema;
use survey::Survey;

pub use moved::Moved;
pub use profiled::{Profiled, inferred, profiled};
pub use sets::{Located, Place, asked, locate};

/// The folder below that of the run in which values lie that have no room in memory, and what was fetched.
const SPILLED: &str = "tmp";

/// Looks at the data. The step fails when a finding is an error.
///
/// # Errors
/// The world failed: a file that cannot be read, a folder that cannot be written, an interrupt.
pub async fn perform(config: &Data, engine: &Engine) -> Result<Work> {
    let (config, root, run_dir) = (config.clone(), engine.root.clone(), engine.run_dir.clone());
    let (interrupt, now) = (engine.interrupt.clone(), engine.clock.unix_seconds());
    let spilled = run_dir.join(SPILLED);
    let way = Way { variables: &engine.variables, folder: &spilled, interrupt: &interrupt };
    let fetched = store::fetch(&asked(&config.sets), way).await?;
    // On a thread of its own, so that a signal is still heard.
    let examined = tokio::task::spawn_blocking(move || {
        let place = Place { root: &root, folders: &[&run_dir], fetched: &fetched, interrupt: &interrupt };
        Examination { config: &config, place, spilled: &spilled, now }.examine()
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
    place: Place<'a>,
    spilled: &'a Path,
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
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok((evidence, findings))
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
            let surveyed =
                survey::survey(&located, schema, &self.config.ignore, self.now, self.place.interrupt)?;
            match surveyed {
                Ok(survey) => {
                    evidence
                        .sets
                        .insert(set.name.clone(), told::set(&survey, located.digests(self.place.interrupt)?));
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
        let sets = Sets {
            train,
            test,
            train_columns: &train_survey.columns,
            test_columns: &test_survey.columns,
            train_rows: train_survey.table.rows,
        };
        match leakage::leakage(self.config, asked, sets, self.place.interrupt)? {
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
        let config::Reference::Set(reference) = &asked.reference else {
            let message = "only a set can be a reference in this version";
            findings.push(
                Finding::error("data-reference", message).help("name a set under `data.drift.reference`"),
            );
            return Ok(());
        };
        let (Some((one, one_survey)), Some((other, other_survey))) =
            (known.get(reference), known.get(&asked.current))
        else {
            return Ok(());
        };
        let sides = moved::Sides {
            reference: one,
            current: other,
            reference_columns: &one_survey.columns,
            current_columns: &other_survey.columns,
        };
        match moved::moved(self.config, asked, sides, self.spilled, self.place.interrupt)? {
            Ok(moved) => {
                findings.extend(moved.findings);
                evidence.drift = Some(moved.evidence);
            }
            Err(wrong) => findings.extend(wrong),
        }
        Ok(())
    }
}

/// Looks at the drift of two sets alone.
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
    let [reference, current] = located.as_slice() else { return Ok(Err(findings)) };
    let mut columns = Vec::new();
    for set in [reference, current] {
        match table::columns(&set.files, place.interrupt)? {
            Ok(survey) => columns.push(survey.columns),
            Err(wrong) => findings.extend(wrong),
        }
    }
    let [reference_columns, current_columns] = columns.as_slice() else { return Ok(Err(findings)) };
    let has = |name: &str| columns.iter().flatten().any(|found| found.name == name);
    let noted = place.fetched.notes.iter().cloned().chain(told::unknown(config, has));
    let noted: Vec<Finding> = noted.collect();
    let sides = moved::Sides { reference, current, reference_columns, current_columns };
    let moved = moved::moved(config, asked, sides, spilled, place.interrupt)?;
    Ok(moved.map(|mut moved| {
        moved.findings.splice(0..0, noted);
        moved
    }))
}
