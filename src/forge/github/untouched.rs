//! Whether a pull request leaves a project as it is: the one model of many that it is not about.

use serde::Deserialize;

use super::Remote;
use super::api::Trouble;

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

fn is_within(name: &str, folder: &str) -> bool {
    let folder = folder.trim_matches('/');
    folder.is_empty() || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_its_files_and_no_others() {
        assert!(is_within("models/churn/train.py", "models/churn/"));
        assert!(is_within("train.py", ""), "the repository is the project");
        for name in ["models/churn2/train.py", "models/churn", "README.md", "old/models/churn/x"] {
            assert!(!is_within(name, "models/churn"), "{name}");
        }
    }
}
