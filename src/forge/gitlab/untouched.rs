//! Whether a merge request leaves a project as it is: the one model of many that it is not about.

use serde::Deserialize;

use super::Remote;
use super::api::Trouble;
use crate::forge::untouched::is_within;

/// How many pages of files are looked through.
const PAGES: usize = 30;

/// What else a run is made of: who changes the pipeline may change how everything is done.
const PIPELINES: [&str; 2] = [".gitlab-ci.yml", ".gitlab"];

#[derive(Debug, Deserialize)]
struct Request {
    /// How many files it changes: `1000+` where they are more than GitLab looks at.
    #[serde(default)]
    changes_count: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    new_path: String,
    old_path: String,
}

/// Whether the merge request with this number changes no file in `folder`, a path from the root of the repository, and
/// not the pipeline. One with more files than GitLab tells, or than we look through, is taken to change all.
///
/// # Errors
/// GitLab does not tell.
pub async fn is_untouched(remote: &Remote, number: u64, folder: &str) -> Result<bool, Trouble> {
    let request: Request = remote.api.get(&remote.api.path(&format!("merge_requests/{number}"))).await?;
    let mut untold =
        request.changes_count.and_then(|count| count.parse::<usize>().ok()).unwrap_or(usize::MAX);
    let mut next = Some(remote.api.path(&format!("merge_requests/{number}/diffs?per_page=100")));
    for _ in 0..PAGES {
        let Some(path) = next else { return Ok(untold == 0) };
        let (files, after): (Vec<Changed>, _) = remote.api.page(&path).await?;
        let mut names = files.iter().flat_map(|file| [&file.new_path, &file.old_path]);
        if names.any(|name| is_within(name, folder) || is_of_pipeline(name)) {
            return Ok(false);
        }
        untold = untold.saturating_sub(files.len());
        next = after;
    }
    Ok(false)
}

fn is_of_pipeline(name: &str) -> bool {
    PIPELINES.iter().any(|part| name == *part || is_within(name, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_is_a_part_of_every_project() {
        assert!(is_of_pipeline(".gitlab-ci.yml") && is_of_pipeline(".gitlab/ci/model.yml"));
        assert!(!is_of_pipeline("docs/.gitlab-ci.yml") && !is_of_pipeline(".gitlab-ci.yml.old"));
    }
}
