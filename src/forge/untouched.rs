//! Whether what a pull or merge request changes is in the folder of a project.

/// Whether a file is in a folder, both from the root of the repository.
pub(super) fn is_within(name: &str, folder: &str) -> bool {
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
