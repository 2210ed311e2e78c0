//! Whether a pull request leaves a project as it is: the one model of many that it is not about.

use serde::Deserialize;

use super::Remote;
use super::api::Trouble;
use crate::forge::untouched::is_within;

/// How many files are on a page, and how many pages GitHub has at most.
const PAGE: usize = 100;
const PAGES: usize = 30;

/// What else a run is made of: who changes the workflows may change how everything is done.
const WORKFLOWS: &str = ".github";

#[derive(Debug, Deserialize)]
struct Changed {
    filename: String,
    #[serde(default)]
    previous_filename: Option<String>,
}

/// Whether the pull request with this number changes no file in `folder`, a path from the root of the repository, and no
/// workflow. One with more files than GitHub lists is taken to change all.
///
/// # Errors
/// GitHub does not tell.
pub async fn is_untouched(remote: &Remote, number: u64, folder: &str) -> Result<bool, Trouble> {
    for page in 1..=PAGES {
        let path = remote.api.path(&format!("pulls/{number}/files?per_page={PAGE}&page={page}"));
        let files: Vec<Changed> = remote.api.get(&path).await?;
        let names = files.iter().flat_map(|file| [Some(&file.filename), file.previous_filename.as_ref()]);
        if names.flatten().any(|name| is_within(name, folder) || is_within(name, WORKFLOWS)) {
            return Ok(false);
        }
        if files.len() < PAGE {
            return Ok(true);
        }
    }
    Ok(false)
}
