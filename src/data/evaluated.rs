//! Whether what the model learned from judges it: what evaluate says that it reads, and how many rows it has predicted.

use std::collections::{BTreeMap, HashSet};

use super::sets::{Located, Place};
use crate::config::{self, Leakage};
use crate::document::shown;
use crate::fault::Result;
use crate::files::{self, ProjectFile};
use crate::finding::Finding;
use crate::name::Digest;
use crate::number::thousands;
use crate::record::data::Data;

const CODE: &str = "data-evaluated-on-training";

/// What evaluate reads.
#[derive(Debug, Clone, Copy)]
pub struct Reads<'a> {
    /// The patterns of its inputs.
    pub inputs: &'a [String],
    /// The patterns of what train makes, which is no data.
    pub made: &'a [String],
}

/// That evaluate reads a file of the training set, by its path or by its content: an error where it names no other data. A
/// pattern that takes in more than the training set says nothing of what is read.
///
/// # Errors
/// A folder or a file that cannot be read, or an interrupt.
pub fn reads_training(
    reads: Reads<'_>,
    asked: &Leakage,
    train: &Located,
    evidence: &Data,
    place: Place<'_>,
) -> Result<Option<Finding>> {
    let files = |name: &String| evidence.sets.get(name).map(|set| &set.files);
    let (Some(of_train), Some(of_test)) = (files(&asked.train), files(&asked.test)) else { return Ok(None) };
    let known = Training::new(train, of_train, of_test);
    let mut named: Option<ProjectFile> = None;
    let mut has_other = false;
    for pattern in reads.inputs {
        let found = files::expand_beside(place.root, place.folders, std::slice::from_ref(pattern))?.files;
        let mut all_train = true;
        for file in &found {
            if all_train || !has_other {
                let is_train = known.has(file, place)?;
                all_train &= is_train;
                has_other = has_other || (!is_train && config::may_judge(&file.path, reads.made));
            }
        }
        named = named.or_else(|| found.into_iter().next().filter(|_| all_train));
    }
    Ok(named.map(|file| told(&file, asked, has_other)))
}

fn told(file: &ProjectFile, asked: &Leakage, has_other: bool) -> Finding {
    let (train, test) = (&asked.train, &asked.test);
    if has_other {
        let message = format!("`evaluate.inputs` name the file, whose rows are in the set «{train}»");
        let help = "take it out where evaluate does not need it: the model learned from it";
        return Finding::warning(CODE, message).at_path(&file.path).help(help);
    }
    let message =
        format!("`evaluate.inputs` name no data but that of the set «{train}», which the model learns from");
    let help = format!("name what judges the model: the files of the set «{test}»");
    Finding::error(CODE, message).at_path(&file.path).help(help)
}

/// The files of the training set that are not in the test set too, which is another finding.
struct Training<'a> {
    paths: HashSet<&'a str>,
    digests: HashSet<&'a Digest>,
    /// Of another size no content is the same, and need not be read.
    sizes: HashSet<u64>,
}

impl<'a> Training<'a> {
    fn new(
        train: &Located,
        of_train: &'a BTreeMap<String, Digest>,
        of_test: &BTreeMap<String, Digest>,
    ) -> Self {
        let only: BTreeMap<&str, &Digest> = of_train
            .iter()
            .filter(|(_, digest)| of_test.values().all(|other| other != *digest))
            .map(|(path, digest)| (path.as_str(), digest))
            .collect();
        let there = train.files.iter().filter(|file| only.contains_key(file.path.as_str()));
        let sizes = there.filter_map(|file| Some(file.on_disk.metadata().ok()?.len())).collect();
        Self { paths: only.keys().copied().collect(), digests: only.into_values().collect(), sizes }
    }

    fn has(&self, file: &ProjectFile, place: Place<'_>) -> Result<bool> {
        if self.paths.contains(file.path.as_str()) {
            return Ok(true);
        }
        let is_like = file.on_disk.metadata().is_ok_and(|it| it.len() > 0 && self.sizes.contains(&it.len()));
        Ok(is_like && self.digests.contains(&files::digest(&file.on_disk, place.interrupt)?))
    }
}

/// That as many rows were predicted as the training set has, and another number than the test set.
#[must_use]
pub fn predicts_training(asked: &Leakage, evidence: &Data, predicted: u64) -> Option<Finding> {
    let rows = |name: &String| evidence.sets.get(name).map(|set| set.rows);
    let (train, test) = (rows(&asked.train)?, rows(&asked.test)?);
    let message = format!(
        "{} rows are predicted: as many as «{}» has, and not the {} of «{}»",
        thousands(predicted),
        shown(&asked.train),
        thousands(test),
        shown(&asked.test)
    );
    let help = "look whether evaluate predicts the test set; predictions of rows that each model of a cross-validation \
                has not seen are as many, and are good";
    (predicted == train && train != test).then(|| Finding::warning(CODE, message).help(help))
}
