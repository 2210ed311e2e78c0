//! The right to ship: only a passing verdict gives it, and it names what was judged.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{judge, unproven};
use crate::cache::Cache;
use crate::config::{self, Config};
use crate::docker::ImageId;
use crate::fault::Result;
use crate::image;
use crate::name::{Commit, Digest, ModelName};
use crate::record::{Conclusion, Record, contradiction};

/// A verdict that passed, with the digests that were judged. Nobody else can make one:
///
/// ```compile_fail
/// use modelgate::gate::Approval;
/// let forged = Approval { run: String::new(), ..unimplemented!() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    model: ModelName,
    commit: Commit,
    run: String,
    digests: BTreeMap<String, Digest>,
    image: Option<ApprovedImage>,
}

/// The image that was built of what was judged, and tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedImage {
    /// The id by which its engine knows it.
    pub id: ImageId,
    /// The names under which it may be pushed.
    pub tags: Vec<String>,
}

impl Approval {
    /// The approval of a record, or why there is none, as a sentence. The record is judged again, so that neither an
    /// edited record nor one from before a change of the rules ships anything.
    ///
    /// # Errors
    /// An output that cannot be read, or an interrupt.
    pub fn of(
        config: &Config,
        record: &Record,
        root: &Path,
        cache: &Cache,
    ) -> Result<std::result::Result<Self, String>> {
        if let Some(why) = refusal(config, record) {
            return Ok(Err(why));
        }
        let Some(commit) = record.context.commit.clone() else {
            return Ok(
                Err("no commit says what was judged: there is no repository, or no commit yet".into()),
            );
        };
        if record.context.dirty {
            let why = "what was judged is no commit: there were uncommitted changes, or another commit is checked out now";
            return Ok(Err(why.into()));
        }
        let digests = record.outputs();
        if let Some(why) = cache.swapped(root, &digests)? {
            return Ok(Err(format!("an output is no longer the one that was judged: {why}")));
        }
        let image = match &config.image {
            None => None,
            Some(wanted) => match approved_image(wanted, record, root)? {
                Ok(image) => Some(image),
                Err(why) => return Ok(Err(why)),
            },
        };
        Ok(Ok(Self { model: record.model.clone(), commit, run: record.id.clone(), digests, image }))
    }

    /// An approval of what nobody has judged.
    #[cfg(test)]
    pub(crate) fn of_test(model: &str, commit: Commit, outputs: BTreeMap<String, Digest>) -> Self {
        let model = ModelName::new(model).unwrap_or_else(|invalid| unreachable!("{invalid}"));
        Self { model, commit, run: "2026-01-02T03-04-05Z-0a1b2c3d".into(), digests: outputs, image: None }
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &ModelName {
        &self.model
    }

    /// The commit that it was made of.
    #[must_use]
    pub const fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The run that was judged.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// What was judged: path to digest.
    #[must_use]
    pub const fn digests(&self) -> &BTreeMap<String, Digest> {
        &self.digests
    }

    /// The image, where there is one.
    #[must_use]
    pub const fn image(&self) -> Option<&ApprovedImage> {
        self.image.as_ref()
    }

    /// What tells this approval from every other, the same for the same outputs and the same image of the same commit
    /// whichever run made them: SHA-256 over the model, the commit, each path with its digest, and the image's id, a
    /// line each.
    #[must_use]
    pub fn key(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{}\n", self.model, self.commit));
        for (path, digest) in &self.digests {
            hash.update(format!("{digest} {path:?}\n"));
        }
        if let Some(image) = &self.image {
            hash.update(format!("{}\n", image.id));
        }
        Digest::from_bytes(hash.finalize().into())
    }
}

/// The image of the record, under the names that modelgate.yml gives to it now.
fn approved_image(
    wanted: &config::Image,
    record: &Record,
    root: &Path,
) -> Result<std::result::Result<ApprovedImage, String>> {
    let Some(image) = record.image() else { return Ok(Err("the record has no image".into())) };
    let names = match image::names(wanted, record, root)? {
        Ok(names) => names,
        Err(findings) => {
            let first = findings.into_iter().next().map(|finding| finding.message);
            return Ok(Err(first.unwrap_or_default()));
        }
    };
    if names != image.tags {
        return Ok(Err("the image's tags are others than those that modelgate.yml gives to it".into()));
    }
    Ok(Ok(ApprovedImage { id: ImageId(image.id), tags: names }))
}

fn refusal(config: &Config, record: &Record) -> Option<String> {
    if let Some(why) = contradiction(record) {
        return Some(format!("the record contradicts itself: {why}"));
    }
    match record.conclusion {
        Some(Conclusion::Approved) => {}
        Some(other) => return Some(format!("the run is {}", other.word())),
        None => return Some("the run has not come to its end".into()),
    }
    if let Some(why) = unproven(config, record) {
        return Some(format!("the evidence is not complete: {why}"));
    }
    let again = judge(&config.gate, record);
    match again.conclusion {
        Conclusion::Approved if record.verdict.as_ref().is_some_and(|verdict| verdict.rows == again.rows) => {
            None
        }
        Conclusion::Approved => Some("the rules are others than those that it was judged by".into()),
        other => Some(format!("by the rules of modelgate.yml it is {}", other.word())),
    }
}
