//! The record among the artifacts of a job, and the files of its run.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::Remote;
use super::api::{Trouble, encoded};
use super::history::Job;
use crate::bundle::Wanted;
use crate::forge::kept::{sound, unpack};
use crate::record::Record;

/// The largest record that is read, in bytes.
const LARGEST: u64 = 64 << 20;
/// The largest archive that is fetched for files, in bytes.
const LARGEST_WITH_FILES: u64 = 2 << 30;

/// What the artifacts of a job hold.
pub(super) enum Held {
    /// A record that agrees with itself.
    Record(Box<Record>),
    /// One that cannot be read, and why.
    Unreadable(String),
    Nothing,
}

/// The record that a job has kept.
pub(super) async fn of_job(remote: &Remote, job: &Job) -> Result<Held, Trouble> {
    if job.artifacts_file.is_none() {
        return Ok(match &job.artifacts_expire_at {
            Some(_) => Held::Unreadable("its artifacts have expired".into()),
            None => Held::Nothing,
        });
    }
    read(remote, &format!("jobs/{}/artifacts/{}", job.id, address(&remote.record_path()))).await
}

/// The record that the job of our name has kept in the latest successful pipeline of a branch. GitLab takes the latest of
/// a tag of the same name as well, and whoever may make tags need not be let into the branch.
pub(super) async fn of_branch(remote: &Remote, branch: &str) -> Result<Held, Trouble> {
    let (name, job) = (encoded(branch), encoded(&remote.job.name));
    let path = format!("jobs/artifacts/{name}/raw/{}?job={job}", address(&remote.record_path()));
    let held = read(remote, &path).await?;
    if matches!(held, Held::Record(_)) && is_tag(remote, branch).await? {
        return Ok(Held::Unreadable(format!(
            "there is a tag {branch} too, and CI_JOB_TOKEN does not tell which of the two has kept it"
        )));
    }
    Ok(held)
}

#[derive(Debug, Deserialize)]
struct Tag {
    name: String,
}

async fn is_tag(remote: &Remote, name: &str) -> Result<bool, Trouble> {
    let path =
        remote.api.path(&format!("repository/tags?search={}&per_page=100", encoded(&format!("^{name}$"))));
    let tags: Vec<Tag> = remote.api.get(&path).await?;
    Ok(tags.iter().any(|tag| tag.name == name))
}

async fn read(remote: &Remote, path: &str) -> Result<Held, Trouble> {
    let api = &remote.api;
    let mut file = match tempfile::tempfile() {
        Ok(file) => file,
        Err(error) => return Ok(Held::Unreadable(format!("it cannot be kept on this machine: {error}"))),
    };
    match api.bring(&api.path(path), &mut file, LARGEST).await {
        Ok(()) => {}
        Err(Trouble::NotFound(_)) => return Ok(Held::Nothing),
        Err(Trouble::Refused(0, why)) => return Ok(Held::Unreadable(format!("it {why}"))),
        Err(trouble) => return Err(trouble),
    }
    Ok(match parsed(file) {
        Ok(record) => Held::Record(Box::new(record)),
        Err(why) => Held::Unreadable(why),
    })
}

fn parsed(mut file: File) -> Result<Record, String> {
    let mut json = Vec::new();
    file.read_to_end(&mut json).map_err(|error| format!("it cannot be read: {error}"))?;
    sound(&json)
}

/// Files out of the artifacts of a job, each by its digest: see [`Forge::baseline_files`].
///
/// [`Forge::baseline_files`]: crate::forge::Forge::baseline_files
pub(super) async fn bring(remote: &Remote, job: u64, wanted: &Wanted, into: &Path) -> Result<(), String> {
    let api = &remote.api;
    let mut file =
        tempfile::tempfile().map_err(|error| format!("they cannot be kept on this machine: {error}"))?;
    let fetched = api.bring(&api.path(&format!("jobs/{job}/artifacts")), &mut file, LARGEST_WITH_FILES).await;
    fetched.map_err(|trouble| match trouble {
        Trouble::NotFound(_) => {
            format!("the job {job} has no artifacts any more, or the token may not see them")
        }
        Trouble::Refused(0, why) => format!("the archive of the job {job} {why}"),
        trouble => format!("GitLab does not give the artifacts of the job {job}: {trouble}"),
    })?;
    let unpacked = unpack(file, wanted, into).await;
    unpacked.map_err(|why| format!("the archive of the job {job} {why}"))
}

/// The number of the job, out of what a record calls it by: `gitlab/42`.
pub(super) fn job(named: &str) -> Option<u64> {
    named.strip_prefix("gitlab/")?.parse().ok()
}

/// A path as a part of an address.
fn address(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_told_by_what_a_record_calls_it_by() {
        assert_eq!(job("gitlab/42"), Some(42));
        for other in ["", "gitlab/", "gitlab/x", "github/42/model", "gitlab/-1"] {
            assert_eq!(job(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_keeps_its_folders() {
        assert_eq!(address("models/ü b/.modelgate/run.json"), "models/%C3%BC%20b/.modelgate/run.json");
    }
}
