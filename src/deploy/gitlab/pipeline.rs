//! Starts a pipeline, once: what may have been started is looked for, and never started again.

use std::ffi::OsStr;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Unstarted;
use super::given::{self, Ours};
use super::seen::{Seen, missed};
use crate::clock::Clock;
use crate::config::{Given, Trigger};
use crate::context::Variables;
use crate::deploy::PACE;
use crate::deploy::target::{Attempt, Missed, Past, Run, Started};
use crate::forge::gitlab::Remote;
use crate::forge::rest::Trouble;

/// How often we look for a pipeline that may have been started.
const LOOKS: u32 = 4;
/// How far the clocks may be apart, in seconds.
const SKEW: u64 = 60;
/// What stands for that which only GitLab can tell, and for a token.
const BRANCH: &str = "{default branch}";
const TOKEN: &str = "***";

/// A pipeline to start.
pub(super) struct Pipeline<'a> {
    pub(super) remote: &'a Remote,
    pub(super) trigger: &'a Trigger,
    means: Means,
    pub(super) ours: Ours,
}

/// Who starts it.
enum Means {
    /// A trigger token.
    Token(String),
    /// The token of the job.
    Job(String),
    /// MODELGATE_GITLAB_TOKEN.
    Own,
}

impl Means {
    /// What GitLab calls the source of a pipeline that was started by it.
    const fn source(&self) -> &'static str {
        match self {
            Self::Token(_) => "trigger",
            Self::Job(_) => "pipeline",
            Self::Own => "api",
        }
    }
}

impl<'a> Pipeline<'a> {
    /// A pipeline that can be started. The error is what it lacks.
    pub(super) fn new(
        remote: &'a Remote,
        trigger: &'a Trigger,
        variables: &Variables,
        ours: Ours,
    ) -> Result<Self, String> {
        let means = match &trigger.token {
            Some(name) => {
                let value = variables.get(OsStr::new(name)).and_then(|value| value.to_str());
                let value = value.map(str::trim).filter(|value| !value.is_empty());
                Means::Token(value.ok_or_else(|| format!("the variable {name} is not set"))?.to_owned())
            }
            None => match remote.api.job_token() {
                Some(token) => Means::Job(token.to_owned()),
                None => Means::Own,
            },
        };
        Ok(Self { remote, trigger, means, ours })
    }

    /// What it is, as people call it.
    pub(super) fn what(&self) -> String {
        match &self.trigger.project {
            Some(project) => format!("the pipeline of {project}"),
            None => "the pipeline".into(),
        }
    }

    /// Whether it is of another project.
    pub(super) const fn is_elsewhere(&self) -> bool {
        self.trigger.project.is_some()
    }

    /// What GitLab calls the source of the pipeline.
    pub(super) const fn source(&self) -> &'static str {
        self.means.source()
    }

    /// The path of something in the project.
    pub(super) fn path(&self, rest: &str) -> String {
        let api = &self.remote.api;
        match &self.trigger.project {
            Some(project) => api.path_of(project, rest),
            None => api.path(rest),
        }
    }

    /// Where it is started.
    fn place(&self) -> String {
        match self.means {
            Means::Token(_) | Means::Job(_) => self.path("trigger/pipeline"),
            Means::Own => self.path("pipeline"),
        }
    }

    /// What starts it, with `token` in the place of the token.
    fn body(&self, reference: &str, token: &str) -> Value {
        let (key, values) = given::maps(&self.ours, &self.trigger.given);
        let mut body = Map::new();
        if !matches!(self.means, Means::Own) {
            body.insert("token".into(), token.into());
        }
        body.insert("ref".into(), reference.into());
        let values = match (&self.means, &self.trigger.given) {
            (Means::Own, Given::Variables(more)) => given::list(&given::variables(&self.ours, more)),
            _ => Value::Object(values),
        };
        body.insert(key.into(), values);
        Value::Object(body)
    }

    /// The request, without its token.
    pub(super) fn request(&self) -> String {
        let reference = self.known_reference().unwrap_or(BRANCH);
        super::request(&Method::POST, &self.place(), &self.body(reference, TOKEN))
    }

    /// The branch or tag, as modelgate.yml or the job says, which knows only of its own project.
    fn known_reference(&self) -> Option<&str> {
        let of_job = self.remote.job.default_branch.as_deref().filter(|_| !self.is_elsewhere());
        self.trigger.reference.as_deref().or(of_job)
    }

    /// The branch or tag, as it is known or as GitLab says.
    pub(super) async fn reference(&self) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Project {
            default_branch: String,
        }
        if let Some(known) = self.known_reference() {
            return Ok(known.to_owned());
        }
        let path = self.path("");
        let project: Project = self.remote.api.get(path.trim_end_matches('/')).await?;
        Ok(project.default_branch)
    }

    /// Starts it.
    pub(super) async fn start(&self, past: &Past, clock: Clock) -> Result<Started, Unstarted> {
        let reference = self.reference().await.map_err(Unstarted::Refused)?;
        if let Some(started) = self.named(&reference, past).await {
            return Ok(started);
        }
        let since = clock.unix_seconds().saturating_sub(SKEW);
        let token = match &self.means {
            Means::Token(token) | Means::Job(token) => token.as_str(),
            Means::Own => "",
        };
        let body = self.body(&reference, token);
        match self.remote.api.write::<Seen>(&Method::POST, &self.place(), &body).await {
            Ok(seen) => Ok(seen.started()),
            Err(trouble @ (Trouble::Unsure(_) | Trouble::Garbled(_))) => {
                self.adopt(&reference, since, past, &trouble).await
            }
            Err(trouble) => Err(Unstarted::Refused(trouble)),
        }
    }

    /// Takes the only pipeline that can be ours for ours.
    async fn adopt(
        &self,
        reference: &str,
        since: u64,
        past: &Past,
        trouble: &Trouble,
    ) -> Result<Started, Unstarted> {
        let attempt = Attempt { since: Some(since), is_ours: true };
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PACE * 2_u32.pow(look - 1)).await;
            }
            match self.find(reference, attempt, past).await {
                Ok(Some(started)) => return Ok(started),
                Ok(None) if !self.remote.api.is_hurried() => {}
                Ok(None) => break,
                Err(why) => return Err(Unstarted::Unknown(format!("{trouble}; {why}"))),
            }
        }
        Err(Unstarted::Unknown(format!("{trouble}; no pipeline of it is to be seen")))
    }

    /// A look at it. The token of a job may not see pipelines, but their jobs, and each of those tells of its pipeline.
    pub(super) async fn look(&self, run: u64) -> Result<Run, Missed> {
        #[derive(Deserialize)]
        struct Job {
            pipeline: Seen,
        }
        let api = &self.remote.api;
        let path = self.path(&format!("pipelines/{run}"));
        let trouble = match api.get::<Seen>(&path).await {
            Ok(seen) => return Ok(seen.run()),
            Err(trouble) => trouble,
        };
        let is_hidden =
            matches!(trouble, Trouble::NotFound(_) | Trouble::Forbidden(..) | Trouble::Unauthorized(_));
        if !is_hidden || api.has_own_token() {
            return Err(missed(trouble));
        }
        match api.get::<Vec<Job>>(&format!("{path}/jobs?per_page=1")).await {
            Ok(jobs) => match jobs.into_iter().next() {
                Some(job) => Ok(job.pipeline.run()),
                None => Err(Missed::Gone("no job of it is to be seen".into())),
            },
            Err(other) if other.may_pass() => Err(missed(other)),
            Err(_) => Err(missed(trouble)),
        }
    }
}

/// What a pipeline must declare so that it can be started with these inputs, on one line.
pub(super) fn spec(inputs: &Map<String, Value>) -> String {
    let inputs: Vec<String> = inputs.keys().map(|name| format!("{name}: {{}}")).collect();
    format!("`spec: {{ inputs: {{ {} }} }}`", inputs.join(", "))
}
