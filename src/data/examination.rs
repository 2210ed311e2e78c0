//! The step's one look at the data: what is known beforehand, one pass a set, and what that comes to.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::compared::Read;
use super::evaluated::{self, Reads};
use super::leakage::{self, Search};
use super::moved::Comparison;
use super::passes::{Headed, Heads, OrWrong, Passes};
use super::profile::Profile;
use super::sets::Place;
use super::survey::Survey;
use super::{Kept, detector, told};
use crate::config::Data;
use crate::fault::{Fault, Result};
use crate::files;
use crate::finding::Finding;
use crate::name::Digest;
use crate::record::data as record;

/// What is looked at, where, and when.
pub struct Examination<'a> {
    /// What was asked for.
    pub config: &'a Data,
    /// What evaluate reads.
    pub reads: Reads<'a>,
    /// Where data is looked for.
    pub place: Place<'a>,
    /// The folder of the run.
    pub run_dir: &'a Path,
    /// The folder for what has no room in memory.
    pub spilled: &'a Path,
    /// What the baseline's run has kept.
    pub kept: Option<Kept>,
    /// The time in seconds since 1970.
    pub now: u64,
}

/// What the record has of a set, and what is to be said of it.
struct Told {
    set: record::Set,
    violations: Vec<record::Violation>,
    findings: Vec<Finding>,
}

/// What is wrong with sets, by name.
pub(super) type Wrong = BTreeMap<String, Vec<Finding>>;

impl Examination<'_> {
    /// Looks at it.
    ///
    /// # Errors
    /// The world failed: a file that cannot be read, a folder that cannot be written, an interrupt.
    pub fn examine(&self) -> Result<(record::Data, Vec<Finding>)> {
        let mut findings = self.place.fetched.notes.clone();
        let schema = self.schema(&mut findings)?;
        let mut wrong = Wrong::new();
        let sets = self.heads(schema.as_ref(), &mut wrong)?;
        let mut heads: Heads<'_> = sets.iter().map(|head| (head.located.name.as_str(), head)).collect();
        let room = self.room(&sets);
        let recalled = self.recalled()?;
        let comparison = self.comparison(&heads, recalled.as_ref(), schema.as_ref(), room);
        let mut passes = Passes {
            search: self.search(&heads, room),
            comparison: comparison.as_ref().and_then(|comparison| comparison.as_ref().ok()),
            read: BTreeMap::new(),
            room,
            now: self.now,
            interrupt: self.place.interrupt,
        };
        let mut evidence = self.read(&sets, &mut passes, wrong, &mut findings)?;
        let Passes { search, read, .. } = passes;
        // Of a set that cannot be read all was said.
        heads.retain(|name, _| evidence.sets.contains_key(*name));
        if heads.len() == self.config.sets.len() {
            let has = |name: &str| heads.values().any(|head| head.surveyor.has(name));
            findings.extend(told::unknown(self.config, has));
        }
        self.leaks(&heads, search, &mut evidence, &mut findings)?;
        self.drift(&heads, comparison, read, &mut evidence, &mut findings)?;
        findings.extend(heads.values().flat_map(|head| head.located.changed()));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok((evidence, findings))
    }

    /// Reads each set once. What is said of the sets is in their order, whichever was read first.
    fn read(
        &self,
        sets: &[Headed],
        passes: &mut Passes<'_>,
        mut wrong: Wrong,
        findings: &mut Vec<Finding>,
    ) -> Result<record::Data> {
        let mut told = BTreeMap::new();
        for head in passes.order(sets) {
            let name = head.located.name.clone();
            match passes.over(head)? {
                Ok(survey) => {
                    told.insert(name, self.told(head, survey)?);
                }
                Err(findings) => {
                    wrong.insert(name, findings);
                }
            }
        }
        let mut evidence = record::Data::default();
        for set in &self.config.sets {
            findings.extend(wrong.remove(&set.name).into_iter().flatten());
            if let Some(told) = told.remove(&set.name) {
                evidence.sets.insert(set.name.clone(), told.set);
                evidence.violations.extend(told.violations);
                findings.extend(told.findings);
            }
        }
        Ok(evidence)
    }

    /// What there is to say of a set that was read.
    fn told(&self, head: &Headed, survey: Survey) -> Result<Told> {
        let located = &head.located;
        let digests = located.digests(self.place.interrupt)?;
        let mut set = told::set(&survey, head.surveyor.columns.len(), digests);
        set.profile = self.keep(&located.name, survey.profile.as_ref())?;
        let checked = survey.checked.as_ref();
        let violations = checked.map(|checked| told::violations(&located.name, checked));
        let mut findings =
            checked.map(|checked| told::of_set(located, &survey.table, checked)).unwrap_or_default();
        findings.extend(told::declared_in_set(located, &survey));
        findings.extend(told::strange_in_set(located, &survey));
        findings.extend(survey.notes);
        Ok(Told { set, violations: violations.unwrap_or_default(), findings })
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

    /// What leaks between two sets that were read.
    fn leaks(
        &self,
        heads: &Heads<'_>,
        search: Option<OrWrong<Search<'_>>>,
        evidence: &mut record::Data,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let Some(asked) = &self.config.leakage else { return Ok(()) };
        let (Some(train), Some(_)) = (heads.get(asked.train.as_str()), heads.get(asked.test.as_str())) else {
            return Ok(());
        };
        let files = |name: &String| evidence.sets.get(name).map(|set| &set.files);
        if let (Some(of_train), Some(of_test)) = (files(&asked.train), files(&asked.test)) {
            findings.extend(leakage::same_files((&asked.train, of_train), (&asked.test, of_test)));
        }
        findings.extend(evaluated::reads_training(self.reads, asked, &train.located, evidence, self.place)?);
        match search.map(|search| search.map(Search::leaks)) {
            Some(Ok(Some(leaks))) => {
                evidence.leakage = Some(leaks.evidence);
                findings.extend(leaks.findings);
            }
            Some(Err(wrong)) => findings.extend(wrong),
            Some(Ok(None)) | None => {}
        }
        Ok(())
    }

    /// How far a set has moved that was read.
    fn drift(
        &self,
        heads: &Heads<'_>,
        comparison: Option<OrWrong<Comparison<'_>>>,
        mut read: BTreeMap<String, Read>,
        evidence: &mut record::Data,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let Some(asked) = &self.config.drift else { return Ok(()) };
        if let Some(path) = &asked.from {
            match detector::read(asked, self.place.root, path)? {
                Ok(drift) => evidence.drift = Some(drift),
                Err(finding) => findings.push(finding),
            }
        } else if heads.contains_key(asked.current.as_str()) {
            match comparison {
                Some(Ok(comparison)) => {
                    let read = comparison.sets().filter_map(|side| read.remove(&side.set.name)).collect();
                    if let Some(moved) = comparison.moved(read)? {
                        // Which values are of another type was said of the set, too.
                        let new: Vec<Finding> =
                            moved.findings.into_iter().filter(|told| !findings.contains(told)).collect();
                        findings.extend(new);
                        evidence.drift = Some(moved.evidence);
                    }
                }
                Some(Err(wrong)) => findings.extend(wrong),
                None => {}
            }
        }
        findings.extend(evidence.drift.iter().flat_map(told::drifted));
        Ok(())
    }
}
