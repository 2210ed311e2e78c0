//! What runs left in the artifacts of their workflow's run, as long as GitHub keeps those: a record that was too large
//! for the text of its check, and the predictions and the model of a baseline.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use http::Method;
use serde::Deserialize;
use zip::ZipArchive;

use super::api::{Api, Trouble};
use super::keepsake;
use crate::bundle::Wanted;
use crate::forge::kept::{sound, unpack};
use crate::name::Digest;
use crate::record::{Record, store};

/// What the names of artifacts begin with that are looked into.
const NAME: &str = "modelgate";
/// How many artifacts of a run are looked into.
const ARTIFACTS: usize = 20;
/// How many records of an artifact are looked at.
const RECORDS: usize = 50;
/// The largest artifact that is fetched for a record, in bytes.
const LARGEST: u64 = 256 << 20;
/// The largest artifact that is fetched for files, in bytes.
const LARGEST_WITH_FILES: u64 = 2 << 30;
/// The largest record that is read from one, in bytes.
const LARGEST_RECORD: u64 = 64 << 20;

/// Why there is no record.
#[derive(Debug)]
pub(super) enum Gone {
    /// GitHub does not let us look.
    Trouble(Trouble),
    /// We have looked, and why it is not to be had.
    Unreadable(String),
}

#[derive(Debug, Deserialize)]
struct Artifacts {
    artifacts: Vec<Artifact>,
}

#[derive(Debug, Deserialize)]
struct Artifact {
    id: u64,
    name: String,
    #[serde(default)]
    expired: bool,
    #[serde(default)]
    size_in_bytes: u64,
}

/// The number of the workflow's run, out of what a check is found by: `github/42/model/churn`.
pub(super) fn run(external: &str) -> Option<u64> {
    external.strip_prefix("github/")?.split('/').next()?.parse().ok()
}

/// The record with this digest out of the artifacts of a run.
pub(super) async fn record(api: &Api, run: Option<u64>, digest: &Digest) -> Result<Record, Gone> {
    let unreadable = |why: String| Err(Gone::Unreadable(why));
    let Some(run) = run else {
        return unreadable("its record is in an artifact, and of which run is not told".into());
    };
    let artifacts = match of_run(api, run).await {
        Ok(artifacts) => artifacts,
        Err(Trouble::NotFound(_)) => {
            return unreadable(format!(
                "its record is in an artifact of the run {run}, and there is no such run any more, or the token \
                 lacks `actions: read`"
            ));
        }
        Err(trouble) => return Err(Gone::Trouble(trouble)),
    };
    let mut why = "no artifact of that run has it".to_owned();
    for artifact in &artifacts {
        let picked = match download(api, artifact, LARGEST).await? {
            Ok(file) => pick(file, digest),
            Err(because) => Err(because),
        };
        match picked {
            Ok(record) => return Ok(record),
            Err(because) => why = format!("«{}» {because}", shown(&artifact.name)),
        }
    }
    unreadable(format!("its record is in an artifact of the run {run}, and {why}"))
}

/// Files out of the artifacts of a run, each by its digest: see [`Forge::baseline_files`].
///
/// [`Forge::baseline_files`]: crate::forge::Forge::baseline_files
pub(super) async fn bring(api: &Api, run: u64, wanted: &Wanted, into: &Path) -> Result<(), String> {
    let artifacts = of_run(api, run).await.map_err(|trouble| match trouble {
        Trouble::NotFound(_) | Trouble::Forbidden(..) => {
            format!("there is no run {run} any more, or the token lacks `actions: read`")
        }
        trouble => format!("GitHub does not tell of the artifacts of the run {run}: {trouble}"),
    })?;
    let mut why = format!("no artifact of the run {run} has them");
    for artifact in &artifacts {
        let because = match download(api, artifact, LARGEST_WITH_FILES).await {
            Ok(Ok(file)) => unpack(file, wanted, into).await,
            Ok(Err(because)) => Err(because),
            Err(Gone::Trouble(trouble)) => Err(format!("is not given: {trouble}")),
            Err(Gone::Unreadable(because)) => Err(because),
        };
        match because {
            Ok(()) => return Ok(()),
            Err(because) => {
                why = format!("the artifact «{}» of the run {run} {because}", shown(&artifact.name))
            }
        }
    }
    Err(why)
}

fn shown(name: &str) -> String {
    name.escape_debug().take(100).collect()
}

/// The artifacts of a run that are looked into, the newest first.
async fn of_run(api: &Api, run: u64) -> Result<Vec<Artifact>, Trouble> {
    let path = api.path(&format!("actions/runs/{run}/artifacts?per_page=100"));
    let Artifacts { mut artifacts } = api.get(&path).await?;
    artifacts.retain(|artifact| artifact.name.starts_with(NAME));
    artifacts.sort_by_key(|artifact| std::cmp::Reverse(artifact.id));
    artifacts.truncate(ARTIFACTS);
    Ok(artifacts)
}

/// The artifact as a file that is gone when it is closed, or why it is not to be had.
async fn download(api: &Api, artifact: &Artifact, largest: u64) -> Result<Result<File, String>, Gone> {
    if artifact.expired {
        return Ok(Err("has expired".into()));
    }
    if artifact.size_in_bytes > largest {
        return Ok(Err(format!("has more than {largest} bytes")));
    }
    let path = api.path(&format!("actions/artifacts/{}/zip", artifact.id));
    let answer = match api.send(&Method::GET, &path, None).await {
        Err(Trouble::NotFound(_)) => return Ok(Err("is gone".into())),
        answer => answer.map_err(Gone::Trouble)?,
    };
    let Some(location) = answer.header("location").filter(|_| answer.status >= 300) else {
        return Err(Gone::Trouble(Trouble::Garbled("it does not say where the artifact is".into())));
    };
    let mut file = match tempfile::tempfile() {
        Ok(file) => file,
        Err(error) => return Ok(Err(format!("cannot be kept on this machine: {error}"))),
    };
    match api.download(location, &mut file, largest).await {
        Err(Trouble::NotFound(_)) => return Ok(Err("is gone".into())),
        Err(Trouble::Refused(_, why)) => return Ok(Err(why)),
        fetched => fetched.map_err(Gone::Trouble)?,
    }
    Ok(Ok(file))
}

/// The record with this digest out of a zip.
fn pick(file: File, digest: &Digest) -> Result<Record, String> {
    let damaged = |error: zip::result::ZipError| format!("is damaged: {error}");
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let below = format!("/{}", store::FILE);
    let is_record = |name: &str| name == store::FILE || name.ends_with(&below);
    let names = archive.file_names().collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    let names: Vec<String> = names.into_iter().filter(|name| is_record(name)).map(String::from).collect();
    for name in names.iter().take(RECORDS) {
        let mut json = Vec::new();
        let entry = archive.by_name(name).map_err(damaged)?;
        let read = entry.take(LARGEST_RECORD + 1).read_to_end(&mut json);
        read.map_err(|error| format!("is damaged: {error}"))?;
        if json.len() as u64 > LARGEST_RECORD {
            return Err(format!("has a record of more than {LARGEST_RECORD} bytes"));
        }
        let essence = std::str::from_utf8(&json).ok().and_then(keepsake::essence);
        if essence.as_ref() == Some(digest) {
            return sound(&json).map_err(|why| format!("does not have it sound: {why}"));
        }
    }
    Err("does not have it: the digest is another".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{Seek, Write};

    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::record::Outcome;
    use crate::report::fixtures;
    use crate::step::Step;

    fn packed(files: &[(&str, &str)]) -> File {
        let mut archive = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        for (name, content) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        let mut file = archive.finish().unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn the_run_is_told_by_what_a_check_is_found_by() {
        assert_eq!(run("github/42/model/churn"), Some(42));
        for other in ["", "github/", "github/x/model", "20260101t000000z-01234567/churn", "gitlab/42/x"] {
            assert_eq!(run(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_record_with_the_digest_is_taken() {
        let wanted = store::to_json(&fixtures::approved()).unwrap();
        let other = store::to_json(&fixtures::rejected()).unwrap();
        let digest = keepsake::essence(&wanted).unwrap();
        let found = pick(packed(&[("a/run.json", &other), ("b/run.json", &wanted)]), &digest);
        assert_eq!(found, Ok(fixtures::approved()));
        let another = Err("does not have it: the digest is another".to_owned());
        assert_eq!(pick(packed(&[("run.json", &other), ("notrun.json", &wanted)]), &digest), another);
        assert_eq!(pick(packed(&[]), &digest), another);
    }

    #[test]
    fn what_is_no_zip_and_what_contradicts_itself_is_refused() {
        let mut record = fixtures::approved();
        record.steps.iter_mut().find(|step| step.step == Step::Gate).unwrap().outcome = Outcome::Failed;
        let text = store::to_json(&record).unwrap();
        let digest = keepsake::essence(&text).unwrap();
        let why = pick(packed(&[("run.json", &text)]), &digest).unwrap_err();
        assert!(why.contains("contradicts itself"), "{why}");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"no zip").unwrap();
        assert!(pick(file, &digest).unwrap_err().starts_with("is damaged: "));
    }
}
