//! As much of GitLab as a delivery needs.

use std::collections::VecDeque;
use std::ops::Deref;

use serde_json::{Value, json};

use super::fake::{self, Kept, Log, now};
use super::{Job, Launch, Launched, Trigger};
use crate::config::{Deployment, Environment};
use crate::forge::Remote;
use crate::forge::gitlab::api::{Api, Tokens};
use crate::forge::gitlab::{self, Job as CiJob};
use crate::interrupt::Interrupt;

/// The page of the job that was judged.
pub(super) const PAGE: &str = "https://gitlab.com/acme/churn/-/jobs/42";

pub(super) struct State {
    pub(super) deployments: Vec<Value>,
    /// The pipelines that were started, with what they were given.
    pub(super) pipelines: Vec<Value>,
    /// The jobs of our own pipeline.
    pub(super) jobs: Vec<Value>,
    /// How what is started ends, in its order; what comes after the last with success.
    pub(super) endings: VecDeque<&'static str>,
    /// How often something is looked at before it has ended.
    pub(super) looks: u64,
    /// Whether pipelines are named by their approval.
    pub(super) is_named: bool,
    /// Whether pipelines can be seen: the token of a job sees those of a public project alone.
    pub(super) is_hidden: bool,
    log: Log,
}

impl Default for State {
    fn default() -> Self {
        let job = |id: u64, name: &str, status: &str| json!({ "id": id, "name": name, "status": status, "web_url": format!("https://gitlab.com/acme/churn/-/jobs/{id}") });
        Self {
            deployments: Vec::new(),
            pipelines: Vec::new(),
            jobs: vec![job(41, "test", "success"), job(50, "ship", "manual"), job(51, "later", "created")],
            endings: VecDeque::new(),
            looks: 0,
            is_named: false,
            is_hidden: false,
            log: Log::default(),
        }
    }
}

impl Deref for State {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.log
    }
}

impl State {
    /// The states of the deployments.
    pub(super) fn states(&self) -> Vec<&str> {
        self.deployments.iter().map(|made| made["status"].as_str().unwrap()).collect()
    }

    /// A pipeline begins.
    pub(super) fn begin(&mut self, body: &Value, source: &str) -> Value {
        let id = 7000 + self.pipelines.len();
        let ending = self.endings.pop_front().unwrap_or("success");
        let given = |name: &str| body["variables"][name].as_str().unwrap_or_default();
        let name = format!("ship to {}, {}", given("MODELGATE_ENVIRONMENT"), given("MODELGATE_APPROVAL"));
        let name = if self.is_named { json!(name) } else { Value::Null };
        self.pipelines.push(
            json!({ "id": id, "status": "created", "ref": body["ref"], "source": source, "name": name,
            "web_url": format!("https://gitlab.com/acme/churn/-/pipelines/{id}"), "created_at": now(),
            "ending": ending, "given": body["variables"] }),
        );
        self.pipelines[self.pipelines.len() - 1].clone()
    }

    /// What is under way goes on, by a look at it.
    fn look(it: &mut Value, looks: u64) {
        let seen = it["seen"].as_u64().unwrap_or_default();
        it["seen"] = (seen + 1).into();
        if it.get("ending").is_some() && seen >= looks {
            it["status"] = it["ending"].clone();
        }
    }
}

impl Kept for State {
    const PREFIX: &str = "/projects/7";

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn take(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        // What is another project's is kept among ours.
        let path = path.strip_prefix("/projects/ops%2Fdeploy/").unwrap_or(path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let looks = self.looks;
        let none = || (404, json!({ "message": "404 Not Found" }));
        let is = |it: &Value, id: &str| it["id"].as_u64() == id.parse().ok();
        match (method, &parts[..]) {
            ("POST", [.., "trigger", "pipeline"]) => (201, self.begin(body, "pipeline")),
            ("POST", [.., "pipeline"]) => (201, self.begin(body, "api")),
            ("GET", [""]) => (200, json!({ "default_branch": "trunk" })),
            ("GET", ["pipelines", "42", "jobs"]) => (200, self.jobs.iter().rev().cloned().collect()),
            ("GET", ["pipelines", id, "jobs"]) => {
                let Some(found) = self.pipelines.iter_mut().find(|it| is(it, id)) else { return none() };
                Self::look(found, looks);
                (200, json!([{ "id": 1, "name": "x", "pipeline": found }]))
            }
            ("GET", ["pipelines", ..]) if self.is_hidden => none(),
            ("GET", ["pipelines"]) => {
                let fits = |it: &&Value| {
                    query.contains(&format!("source={}&", it["source"].as_str().unwrap()))
                        && query.contains(&format!("ref={}&", it["ref"].as_str().unwrap()))
                };
                (200, self.pipelines.iter().rev().filter(fits).cloned().collect())
            }
            ("GET", ["pipelines", id]) => {
                let Some(found) = self.pipelines.iter_mut().find(|it| is(it, id)) else { return none() };
                Self::look(found, looks);
                (200, found.clone())
            }
            ("GET", ["pipelines", id, "variables"]) => {
                let Some(found) = self.pipelines.iter().find(|it| is(it, id)) else { return none() };
                let all = found["given"].as_object().into_iter().flatten();
                (200, all.map(|(key, value)| json!({ "key": key, "value": value })).collect())
            }
            ("GET", ["jobs", id]) => {
                let Some(found) = self.jobs.iter_mut().find(|it| is(it, id)) else { return none() };
                Self::look(found, looks);
                (200, found.clone())
            }
            ("POST", ["jobs", id, "play"]) => {
                let ending = self.endings.pop_front().unwrap_or("success");
                let Some(found) = self.jobs.iter_mut().find(|it| is(it, id)) else { return none() };
                if found["status"] != "manual" {
                    return (400, json!({ "message": "400 Bad request - Unplayable Job" }));
                }
                (found["status"], found["ending"]) = ("pending".into(), ending.into());
                found["given"] = body["job_variables_attributes"].clone();
                (200, found.clone())
            }
            ("POST", ["jobs", id, "retry"]) => {
                let Some(mut again) = self.jobs.iter().find(|it| is(it, id)).cloned() else { return none() };
                again["id"] = (50 + self.jobs.len()).into();
                (again["status"], again["ending"]) = ("pending".into(), "success".into());
                self.jobs.push(again.clone());
                (201, again)
            }
            (_, ["deployments", ..] | ["environments", ..]) => self.deploy(method, &parts, query, body),
            _ => none(),
        }
    }
}

impl State {
    fn deploy(&mut self, method: &str, parts: &[&str], query: &str, body: &Value) -> (u16, Value) {
        let is = |it: &Value, id: &str| it["id"].as_u64() == id.parse().ok();
        match (method, parts) {
            ("GET", ["deployments"]) => {
                let has = |made: &&Value| {
                    query.contains(&format!("environment={}&", made["environment"]["name"].as_str().unwrap()))
                };
                (200, self.deployments.iter().rev().filter(has).cloned().collect())
            }
            ("POST", ["deployments"]) => {
                let mut made = body.clone();
                made["id"] = (100 + self.deployments.len()).into();
                made["environment"] = json!({ "id": 9, "name": body["environment"], "external_url": null });
                made["created_at"] = now().into();
                self.deployments.push(made.clone());
                (201, made)
            }
            ("GET", ["deployments", id]) => match self.deployments.iter().find(|it| is(it, id)) {
                Some(made) => (200, made.clone()),
                None => (404, json!({ "message": "404 Deployment Not Found" })),
            },
            ("PUT", ["deployments", id]) => {
                let made = self.deployments.iter_mut().find(|it| is(it, id)).unwrap();
                // GitLab does not go from a state to itself.
                if made["status"] == body["status"] {
                    return (400, json!({ "message": { "status": ["cannot transition"] } }));
                }
                made["status"] = body["status"].clone();
                (200, made.clone())
            }
            ("PUT", ["environments", _]) => (200, json!({ "id": 9 })),
            _ => (404, json!({ "message": "404 Not Found" })),
        }
    }
}

pub(super) type Fake = fake::Fake<State>;

/// A job of GitLab CI that has only its own token.
pub(super) const JOB: fn() -> Tokens = || Tokens { own: None, job: Some("glcbt-job".into()) };
/// One that has another token too.
pub(super) const BOTH: fn() -> Tokens = || Tokens { own: Some("glpat-own".into()), ..JOB() };

impl Job<State> {
    pub(super) fn gitlab(tokens: &Tokens) -> Self {
        Self::gitlab_on(Fake::start(), tokens)
    }

    /// Another job that knows nothing of the first.
    pub(super) fn gitlab_on(fake: Fake, tokens: &Tokens) -> Self {
        let (hand, interrupt) = Interrupt::channel();
        let api = Api::new(&fake.base, "7", tokens, None).unwrap().heeding(interrupt.clone(), super::CLOCK);
        let job = CiJob {
            id: Some(43),
            pipeline: Some(42),
            default_branch: Some("main".into()),
            ..CiJob::default()
        };
        let (check, comment, run_dir) = (None, false, ".modelgate".into());
        let remote = Remote::Gitlab(gitlab::Remote { api, job, check, comment, run_dir });
        let job = Self::by(fake, remote, hand, interrupt);
        Self { job_url: PAGE, ..job }
    }

    /// How many pipelines were asked for.
    pub(super) fn triggers(&self) -> usize {
        self.forge.state().writes().iter().filter(|kind| kind.ends_with("pipeline")).count()
    }
}

fn launched(name: &str, after: Option<&str>, what: Launched, deployment: bool) -> Environment {
    let launch = Launch { what, wait: true, timeout: std::time::Duration::from_secs(60) };
    let deployment = deployment.then(Deployment::default);
    Environment { launch: Some(launch), deployment, ..super::environment(name, after, None, false) }
}

/// An environment that a pipeline delivers to.
pub(super) fn triggered(name: &str, after: Option<&str>, trigger: Trigger, deployment: bool) -> Environment {
    launched(name, after, Launched::Trigger(trigger), deployment)
}

/// An environment that a job delivers to.
pub(super) fn played(name: &str, job: &str) -> Environment {
    let variables = std::collections::BTreeMap::new();
    launched(name, None, Launched::Play { job: job.into(), variables }, false)
}
