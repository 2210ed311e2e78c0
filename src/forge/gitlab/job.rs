//! What GitLab tells a job of itself and of what started it, in variables. Untrusted in part: the author of a merge
//! request chooses the names of branches.

use crate::name::Commit;

/// A job of GitLab CI.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Job {
    /// Its number, `CI_JOB_ID`. A job that runs again has another.
    pub id: Option<u64>,
    /// Its name in `.gitlab-ci.yml`, `CI_JOB_NAME`, by which the same job of other pipelines is found.
    pub name: String,
    /// The number of its pipeline, `CI_PIPELINE_ID`.
    pub pipeline: Option<u64>,
    /// The commit that GitLab checks out, `CI_COMMIT_SHA`.
    pub commit: Option<Commit>,
    /// The branch or the tag, `CI_COMMIT_REF_NAME`; of a merge request the source branch.
    pub reference: Option<String>,
    /// The default branch, `CI_DEFAULT_BRANCH`.
    pub default_branch: Option<String>,
    /// The merge request that the pipeline is about, its child pipelines too.
    pub merge_request: Option<MergeRequest>,
    /// Whether what is judged was made outside of this project's trust: a fork's merge request, and a pull request of
    /// another forge.
    pub is_foreign: bool,
}

/// A merge request, as the job of its pipeline knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MergeRequest {
    /// Its number in the project, `CI_MERGE_REQUEST_IID`.
    pub number: Option<u64>,
    /// The head of its branch, `CI_MERGE_REQUEST_SOURCE_BRANCH_SHA`: only where what is checked out was merged of it.
    pub head: Option<Commit>,
    /// Its branch, `CI_MERGE_REQUEST_SOURCE_BRANCH_NAME`.
    pub branch: Option<String>,
    /// What the pipeline is of, `CI_MERGE_REQUEST_REF_PATH`: `refs/merge-requests/7/head`.
    pub reference: Option<String>,
    /// The branch that it is to be merged into, `CI_MERGE_REQUEST_TARGET_BRANCH_NAME`.
    pub target: Option<String>,
    /// The tip of that, `CI_MERGE_REQUEST_TARGET_BRANCH_SHA`: only where what is checked out was merged with it.
    pub target_head: Option<Commit>,
    /// Where its changes begin, `CI_MERGE_REQUEST_DIFF_BASE_SHA`.
    pub diff_base: Option<Commit>,
}

impl Job {
    /// Reads it out of variables that are set and not empty. A merge request of which it is not known where it comes
    /// from is a stranger's.
    pub fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let text = |name: &str| get(name).map(str::to_owned);
        let commit = |name: &str| Commit::new(get(name)?).ok();
        let number = |name: &str| get(name)?.parse().ok();
        let source = get("CI_PIPELINE_SOURCE");
        let is_merge_request = source == Some("merge_request_event") || get("CI_MERGE_REQUEST_IID").is_some();
        let merge_request = is_merge_request.then(|| MergeRequest {
            number: number("CI_MERGE_REQUEST_IID"),
            head: commit("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
            branch: text("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
            reference: text("CI_MERGE_REQUEST_REF_PATH"),
            target: text("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            target_head: commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
            diff_base: commit("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        });
        // The pipeline of a fork's merge request may run in either project.
        let is_own = |name: &str| get(name).is_some() && get(name) == get("CI_PROJECT_ID");
        let is_inside = is_own("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") && is_own("CI_MERGE_REQUEST_PROJECT_ID");
        Self {
            id: number("CI_JOB_ID"),
            name: text("CI_JOB_NAME").unwrap_or_default(),
            pipeline: number("CI_PIPELINE_ID"),
            commit: commit("CI_COMMIT_SHA"),
            reference: text("CI_COMMIT_REF_NAME"),
            default_branch: text("CI_DEFAULT_BRANCH"),
            is_foreign: (is_merge_request && !is_inside) || source == Some("external_pull_request_event"),
            merge_request,
        }
    }

    /// The commit that people look at, where another was made of it and checked out.
    #[must_use]
    pub fn head(&self) -> Option<&Commit> {
        self.merge_request.as_ref()?.head.as_ref()
    }

    /// The number of the merge request in this very project; none where it is a fork's.
    #[must_use]
    pub fn own_merge_request(&self) -> Option<u64> {
        self.merge_request.as_ref()?.number.filter(|_| !self.is_foreign)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use super::*;

    const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

    fn job(variables: &[(&str, &'static str)]) -> Job {
        let all: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Job::read(|name| all.get(name).copied())
    }

    fn of_merge_request(source: &'static str, target: &'static str) -> Job {
        job(&[
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_PROJECT_ID", "7"),
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_MERGE_REQUEST_PROJECT_ID", target),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
        ])
    }

    #[test]
    fn a_merge_request_is_about_the_head_of_its_branch() {
        let job = of_merge_request("7", "7");
        assert_eq!((job.head().unwrap().as_str(), job.own_merge_request()), (HEAD, Some(3)));
        assert!(!job.is_foreign);
    }

    #[test]
    fn a_fork_is_foreign_in_whichever_project_its_pipeline_runs() {
        for (source, target) in [("8", "7"), ("7", "1"), ("8", "8")] {
            let job = of_merge_request(source, target);
            assert!(job.is_foreign && job.own_merge_request().is_none(), "{source} {target}");
        }
    }

    #[test]
    fn where_nothing_is_known_a_merge_request_is_a_strangers() {
        assert!(job(&[("CI_PIPELINE_SOURCE", "merge_request_event")]).is_foreign);
        assert!(job(&[("CI_PIPELINE_SOURCE", "parent_pipeline"), ("CI_MERGE_REQUEST_IID", "3")]).is_foreign);
        assert!(job(&[("CI_PIPELINE_SOURCE", "external_pull_request_event")]).is_foreign);
        for source in ["push", "schedule", "web", "trigger", "api", "pipeline"] {
            assert!(!job(&[("CI_PIPELINE_SOURCE", source)]).is_foreign, "{source}");
        }
        assert_eq!(job(&[]), Job::default());
        let odd = job(&[("CI_COMMIT_SHA", "--output=x"), ("CI_PIPELINE_ID", "x")]);
        assert_eq!((odd.commit, odd.pipeline), (None, None));
    }
}
