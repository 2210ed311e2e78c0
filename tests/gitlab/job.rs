//! A job of GitLab CI with the fake behind it: its variables, and what it keeps as artifacts when it has ended.

use std::fs;

use serde_json::Value;

use super::fake::{Fake, JOB, OWN, PROJECT};
use crate::common::{Project, Said};

/// A project on GitLab, and the next job that runs in it.
pub struct Job {
    pub project: Project,
    pub gitlab: Fake,
    /// `MODELGATE_GITLAB_TOKEN`.
    pub own: Option<&'static str>,
    /// `CI_JOB_TOKEN`.
    pub token: Option<&'static str>,
    pub pipeline: u64,
    /// What started it, its branch, and more variables.
    pub source: &'static str,
    pub branch: &'static str,
    pub more: Vec<(&'static str, String)>,
}

impl Job {
    /// A push to the default branch, in pipeline 40.
    pub fn new(project: Project) -> Self {
        Self {
            project,
            gitlab: Fake::start(),
            own: Some(OWN),
            token: Some(JOB),
            pipeline: 40,
            source: "push",
            branch: "main",
            more: Vec::new(),
        }
    }

    /// The same as the pipeline of the merge request 7 of the branch `topic`, of a project with this number.
    pub fn merging(mut self, from: &str) -> Self {
        self.merge(from);
        self
    }

    pub fn merge(&mut self, from: &str) {
        (self.source, self.branch) = ("merge_request_event", "topic");
        self.more = [
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_PROJECT_ID", PROJECT),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", from),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/7/head"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
    }

    pub fn head(&self) -> String {
        self.project.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// The number of the job, which follows from its pipeline's.
    pub const fn number(&self) -> u64 {
        self.pipeline * 100
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let page = format!("https://gitlab.example/acme/churn/-/jobs/{}", self.number());
        let mut variables = vec![
            ("GITLAB_CI", "true".into()),
            ("CI", "true".into()),
            ("CI_API_V4_URL", self.gitlab.base.clone()),
            ("CI_SERVER_URL", "https://gitlab.example".into()),
            ("CI_PROJECT_ID", PROJECT.into()),
            ("CI_PROJECT_PATH", "acme/churn".into()),
            ("CI_PROJECT_DIR", self.project.path().display().to_string()),
            ("CI_DEFAULT_BRANCH", "main".into()),
            ("CI_PIPELINE_ID", self.pipeline.to_string()),
            ("CI_PIPELINE_SOURCE", self.source.into()),
            ("CI_JOB_ID", self.number().to_string()),
            ("CI_JOB_NAME", "gate".into()),
            ("CI_JOB_URL", page),
            ("CI_COMMIT_SHA", self.head()),
            ("CI_COMMIT_REF_NAME", self.branch.into()),
            ("NO_COLOR", "1".into()),
        ];
        if self.source != "merge_request_event" {
            variables.push(("CI_COMMIT_BRANCH", self.branch.into()));
        }
        variables.extend(self.own.map(|own| ("MODELGATE_GITLAB_TOKEN", own.to_owned())));
        variables.extend(self.token.map(|token| ("CI_JOB_TOKEN", token.to_owned())));
        variables.extend(self.more.iter().cloned());
        variables
    }

    /// The reference of the pipeline, as GitLab keeps it.
    fn reference(&self) -> String {
        let path = self.more.iter().find(|(name, _)| *name == "CI_MERGE_REQUEST_REF_PATH");
        path.map_or_else(|| self.branch.to_owned(), |(_, path)| path.clone())
    }

    /// GitLab knows the pipeline.
    pub fn begin(&self) {
        let is_known = self.gitlab.state().pipelines.iter().any(|it| it["id"] == self.pipeline);
        if !is_known {
            let mut state = self.gitlab.state();
            state.pipeline(self.pipeline, &self.reference(), &self.head(), self.source);
            state.pipelines.last_mut().expect("a pipeline")["status"] = "running".into();
        }
    }

    /// modelgate in this job.
    pub fn modelgate(&self, words: &[&str]) -> Said {
        self.begin();
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.project.modelgate_with(words, &variables)
    }

    /// The job ends: GitLab takes what it has kept, and nothing of it is left on the machine.
    pub fn end(&mut self, name: &'static str) -> u64 {
        let mut files = Vec::new();
        for file in ["run.json", "bundle.zip"] {
            let path = self.project.path().join(".modelgate").join(file);
            files.extend(fs::read(path).ok().map(|content| (format!(".modelgate/{file}"), content)));
        }
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let mut state = self.gitlab.state();
        state.job(self.pipeline, name, &files);
        state.jobs.last_mut().expect("a job").id = self.number();
        let own = state.pipelines.iter_mut().find(|it| it["id"] == self.pipeline).expect("its pipeline");
        own["status"] = "success".into();
        drop(state);
        self.forget();
        self.pipeline += 1;
        self.number() - 100
    }

    /// What no fresh clone has.
    pub fn forget(&self) {
        let _ = fs::remove_dir_all(self.project.path().join(".modelgate"));
        let _ = self.project.command("git").args(["update-ref", "-d", "refs/modelgate/churn"]).output();
    }

    /// The statuses that a person sees: each commit, name, state and description.
    pub fn statuses(&self) -> Vec<String> {
        let state = self.gitlab.state();
        let latest = state.statuses.iter().filter(|it| it["retried"].is_null());
        let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
        latest
            .map(|it| format!("{} {}: {}", text(it, "name"), text(it, "status"), text(it, "description")))
            .collect()
    }

    /// The requests that write.
    pub fn writes(&self) -> Vec<String> {
        let state = self.gitlab.state();
        let writes = state.kinds().into_iter().filter(|kind| !kind.starts_with("GET ")).map(str::to_owned);
        let sha = regex::Regex::new("[0-9a-f]{40}").expect("a pattern");
        writes.map(|kind| sha.replace_all(&kind, "SHA").into_owned()).collect()
    }

    /// The findings of the report.
    pub fn findings(&self) -> Vec<Value> {
        let record = self.project.record();
        let steps = record["steps"].as_array().expect("steps").clone();
        let report = steps.iter().find(|step| step["step"] == "report").expect("a report");
        report["findings"].as_array().expect("findings").clone()
    }

    pub fn codes(&self) -> Vec<String> {
        self.findings().iter().map(|it| it["code"].as_str().expect("a code").to_owned()).collect()
    }
}
