//! Starts a pipeline, once: what may have been started is looked for, and never started again.

use std::ffi::OsStr;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::given::{self, Ours};
use super::{Seen, Unstarted, course, missed, seconds};
use crate::clock::Clock;
use crate::config::{Given, Trigger, launch_variable};
use crate::context::Variables;
use crate::deploy::PACE;
use crate::deploy::target::{Course, Missed, Past, Run, Started};
use crate::forge::gitlab::Remote;
use crate::forge::gitlab::api::encoded;
use crate::forge::rest::Trouble;

/// How often we look for a pipeline that may have been started.
const LOOKS: u32 = 4;
/// How far the clocks may be apart, in seconds.
const SKEW: u64 = 60;
/// The inputs that tell one start from another.
const TELLING: [&str; 3] = ["environment", "approval", "reason"];
/// What stands for that which only GitLab can tell, and for a token.
const BRANCH: &str = "{default branch}";
const TOKEN: &str = "***";

/// A pipeline to start.
pub(super) struct Pipeline<'a> {
    remote: &'a Remote,
    trigger: &'a Trigger,
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

/// A pipeline in a list.
#[derive(Debug, Clone, Deserialize)]
struct Listed {
    id: u64,
    #[serde(default)]
    web_url: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    created_at: String,
    /// Its `workflow: name`, which may hold the approval.
    #[serde(default)]
    name: Option<String>,
}

/// Whose a pipeline is, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Others,
    Anybodys,
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

    /// What modelgate.yml says of it.
    pub(super) const fn trigger(&self) -> &Trigger {
        self.trigger
    }

    /// What GitLab calls the source of the pipeline.
    pub(super) const fn source(&self) -> &'static str {
        self.means.source()
    }

    fn path(&self, rest: &str) -> String {
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
        let default = self.remote.job.default_branch.as_deref().unwrap_or(BRANCH);
        let reference = self.trigger.reference.as_deref().unwrap_or(default);
        super::request(&Method::POST, &self.place(), &self.body(reference, TOKEN))
    }

    /// The branch or tag, as modelgate.yml, the job or GitLab says.
    async fn reference(&self) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Project {
            default_branch: String,
        }
        let known = self.trigger.reference.as_ref().or(self.remote.job.default_branch.as_ref());
        if let Some(known) = known {
            return Ok(known.clone());
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
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PACE * 2_u32.pow(look - 1)).await;
            }
            match self.find(reference, Some(since), past).await {
                Ok(Some(started)) => return Ok(started),
                Ok(None) if !self.remote.api.is_hurried() => {}
                Ok(None) => break,
                Err(why) => return Err(Unstarted::Unknown(format!("{trouble}; {why}"))),
            }
        }
        Err(Unstarted::Unknown(format!("{trouble}; no pipeline of it is to be seen")))
    }

    /// The pipeline that an earlier attempt has started since then; none where there is none. Without a time, only one
    /// that is known by its approval is ours.
    pub(super) async fn earlier(&self, since: Option<u64>, past: &Past) -> Result<Option<Started>, String> {
        let reference = self.reference().await.map_err(|trouble| unseen(&trouble))?;
        self.find(&reference, since, past).await
    }

    /// The pipeline that has the approval in its name, and has not failed: an account of it may be lost, and what was
    /// delivered is not delivered twice. Who may not look finds none.
    async fn named(&self, reference: &str, past: &Past) -> Option<Started> {
        self.value("approval")?;
        let listed = self.list(reference, past).await.ok()?;
        let is_named =
            |pipeline: &&Listed| self.by_name(pipeline.name.as_deref().unwrap_or_default()) == Whose::Ours;
        let is_good = |pipeline: &&Listed| !matches!(course(&pipeline.status), Course::Bad(_));
        listed.iter().filter(is_named).find(is_good).map(Listed::started)
    }

    /// The latest pipelines that were started as this one would be, without those that are known to be others.
    async fn list(&self, reference: &str, past: &Past) -> Result<Vec<Listed>, Trouble> {
        let reference = encoded(reference);
        let source = self.means.source();
        let path = format!("pipelines?ref={reference}&source={source}&order_by=id&sort=desc&per_page=20");
        let mut listed: Vec<Listed> = self.remote.api.get(&self.path(&path)).await?;
        listed.retain(|it| !past.runs.contains(&it.id) && self.remote.job.pipeline != Some(it.id));
        Ok(listed)
    }

    async fn find(
        &self,
        reference: &str,
        since: Option<u64>,
        past: &Past,
    ) -> Result<Option<Started>, String> {
        let listed = self.list(reference, past).await.map_err(|trouble| unseen(&trouble))?;
        let mut anybodys = Vec::new();
        for pipeline in listed {
            // A time that cannot be read may be any.
            let created = seconds(&pipeline.created_at);
            if created.zip(since).is_some_and(|(created, since)| created < since) {
                continue;
            }
            match self.whose(&pipeline).await {
                Whose::Ours => return Ok(Some(pipeline.started())),
                Whose::Others => {}
                Whose::Anybodys => anybodys.push(pipeline),
            }
        }
        match (anybodys.len(), since) {
            (0, _) => Ok(None),
            (1, Some(_)) => Ok(Some(anybodys.remove(0).started())),
            (count, Some(_)) => Err(format!("{count} pipelines have begun since, and any may be it")),
            (_, None) => Err("an earlier attempt was stopped while it started it".into()),
        }
    }

    /// Whose it is, by its name, or else by its variables where we may see them.
    async fn whose(&self, pipeline: &Listed) -> Whose {
        let known = self.by_name(pipeline.name.as_deref().unwrap_or_default());
        if known != Whose::Anybodys || !self.has_variables() {
            return known;
        }
        let path = self.path(&format!("pipelines/{}/variables", pipeline.id));
        match self.remote.api.get::<Vec<Variable>>(&path).await {
            Ok(variables) => self.by_variables(&variables),
            Err(_) => Whose::Anybodys,
        }
    }

    /// Whether a look at variables is worth it: inputs are not among them, and the token of a job may not see them.
    fn has_variables(&self) -> bool {
        matches!(self.trigger.given, Given::Variables(_)) && self.remote.api.has_own_token()
    }

    /// A pipeline without a name may be ours; one with the name of another approval is not.
    fn by_name(&self, name: &str) -> Whose {
        match self.value("approval") {
            Some(key) if name.contains(key) => Whose::Ours,
            _ if name.contains("sha256:") => Whose::Others,
            _ => Whose::Anybodys,
        }
    }

    fn by_variables(&self, variables: &[Variable]) -> Whose {
        let telling = self.ours.iter().filter(|(input, _)| TELLING.contains(input));
        let has = |input: &str, value: &str| {
            let name = launch_variable(input);
            variables.iter().any(|it| it.key == name && it.value == value)
        };
        let is_ours = telling.into_iter().all(|(input, value)| has(input, value));
        if is_ours { Whose::Ours } else { Whose::Others }
    }

    fn value(&self, input: &str) -> Option<&str> {
        self.ours.iter().find(|(name, _)| *name == input).map(|(_, value)| value.as_str())
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
        if is_hidden && !api.has_own_token() {
            let jobs: Result<Vec<Job>, _> = api.get(&format!("{path}/jobs?per_page=1")).await;
            if let Some(job) = jobs.ok().and_then(|jobs| jobs.into_iter().next()) {
                return Ok(job.pipeline.run());
            }
        }
        Err(missed(trouble))
    }
}

impl Listed {
    fn started(&self) -> Started {
        Started { url: self.web_url.clone(), run: Some(self.id) }
    }
}

/// A variable of a pipeline.
#[derive(Debug, Clone, Deserialize)]
struct Variable {
    key: String,
    #[serde(default)]
    value: String,
}

fn unseen(trouble: &Trouble) -> String {
    format!("its pipelines cannot be looked at: {trouble}; that takes MODELGATE_GITLAB_TOKEN with `read_api`")
}

/// What a pipeline must declare so that it can be started with these inputs, on one line.
pub(super) fn spec(inputs: &Map<String, Value>) -> String {
    let inputs: Vec<String> = inputs.keys().map(|name| format!("{name}: {{}}")).collect();
    format!("`spec: {{ inputs: {{ {} }} }}`", inputs.join(", "))
}
