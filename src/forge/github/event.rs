//! The event that made GitHub start the job, from the file `GITHUB_EVENT_PATH`. Untrusted: a pull request's
//! author chooses much of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::name::Commit;

/// No event comes near it; GitHub's own limit for a payload is 25 MB.
const LARGEST: u64 = 32 << 20;

/// What the event says that matters to us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The commit that people look at: the head of the pull request, or of the run that this one follows; none
    /// where it is the one that is checked out.
    pub head: Option<Commit>,
    /// The number of the pull request.
    pub pull_request: Option<u64>,
    /// The default branch of the repository.
    pub default_branch: Option<String>,
    /// Whether what is judged was made outside of this repository's trust: a fork's pull request, or a run that
    /// this one follows.
    pub is_foreign: bool,
    /// Whether Dependabot did it, whose jobs get a token that can only read.
    pub is_dependabot: bool,
}

impl Event {
    /// Reads it. What is not there or not as expected is left out: the job may still say by itself where it is. A
    /// pull request of which nothing is known is a stranger's.
    #[must_use]
    pub fn read(name: &str, path: &Path) -> Self {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match (read, serde_json::from_str(&text)) {
            (Ok(_), Ok(payload)) => Self::of(name, &payload),
            _ => Self::of(name, &Value::Null),
        }
    }

    /// What the payload of the event `name` says.
    #[must_use]
    pub fn of(name: &str, payload: &Value) -> Self {
        let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str);
        let commit = |pointer: &str| Commit::new(text(pointer)?).ok();
        let head = match name {
            "workflow_run" => commit("/workflow_run/head_sha"),
            "merge_group" => commit("/merge_group/head_sha"),
            _ => commit("/pull_request/head/sha"),
        };
        let same =
            |pointer: &str| text(pointer).is_some_and(|name| Some(name) == text("/repository/full_name"));
        let is_foreign = match name {
            "workflow_run" => true,
            _ => {
                let is_pull_request =
                    name.starts_with("pull_request") || payload.get("pull_request").is_some();
                is_pull_request && !same("/pull_request/head/repo/full_name")
            }
        };
        let number = payload.pointer("/pull_request/number").or_else(|| {
            let followed = payload.pointer("/workflow_run/pull_requests/0/number");
            followed.filter(|_| name == "workflow_run")
        });
        Self {
            head,
            pull_request: number.and_then(Value::as_u64),
            default_branch: text("/repository/default_branch").map(str::to_owned),
            is_foreign,
            is_dependabot: text("/sender/login") == Some("dependabot[bot]"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_pull_request_is_about_its_head() {
        let payload = |from: &str| {
            json!({ "repository": { "full_name": "acme/churn", "default_branch": "main" },
                    "pull_request": { "number": 7, "head": { "sha": HEAD, "repo": { "full_name": from } } } })
        };
        let event = Event::of("pull_request", &payload("acme/churn"));
        assert_eq!(event.head.unwrap().as_str(), HEAD);
        assert_eq!((event.pull_request, event.default_branch.as_deref()), (Some(7), Some("main")));
        assert!(!event.is_foreign);
        assert!(Event::of("pull_request", &payload("fork/churn")).is_foreign);
    }

    #[test]
    fn a_run_that_follows_another_is_about_the_other_ones_commit() {
        let payload = json!({ "workflow_run": { "head_sha": HEAD, "pull_requests": [{ "number": 8 }] } });
        let event = Event::of("workflow_run", &payload);
        assert_eq!((event.head.unwrap().as_str(), event.pull_request), (HEAD, Some(8)));
        assert!(event.is_foreign);
    }

    #[test]
    fn what_is_not_as_expected_is_left_out() {
        let payload = json!({ "pull_request": { "number": "7", "head": { "sha": "--output=x" } } });
        let event = Event::of("pull_request", &payload);
        assert_eq!((event.head, event.pull_request), (None, None));
        assert!(event.is_foreign, "where it comes from is not known");
        assert_eq!(Event::read("push", Path::new("/dev/null")), Event::default());
        for name in ["pull_request", "pull_request_target", "pull_request_review", "workflow_run"] {
            assert!(Event::read(name, Path::new("/dev/null")).is_foreign, "{name}");
        }
        assert_eq!(Event::of("push", &json!([])), Event::default());
    }
}
