//! GitLab: a pipeline or a manual job delivers, and a Deployment tells of it.

mod again;
mod deployment;
mod given;
mod job;
mod pipeline;
mod retraining;
mod seen;
mod told;

use std::ffi::OsStr;

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::Shipment;
use super::target::{
    Attempt, Follow, Missed, Opened, Past, Refusal, Run, Started, Target, Told, Unopened, Words,
};
use crate::config::{Environment, Launch, Launched, launch_variable};
use crate::finding::Finding;
use crate::forge::gitlab::Remote;
use crate::forge::rest::Trouble;
use pipeline::Pipeline;
pub use retraining::Retraining;
use seen::pipelines;

/// What people read.
const WORDS: Words = Words {
    runs: "the page Pipelines of the project",
    looking: "MODELGATE_GITLAB_TOKEN with the scope `read_api`",
    states: deployment::word,
};

/// What stands for that which only GitLab can tell.
const DEPLOYMENT: &str = "{deployment}";
const JOB: &str = "{job}";

/// GitLab, for one environment.
pub(super) struct Gitlab<'a> {
    pub(super) shipment: &'a Shipment<'a>,
    pub(super) remote: &'a Remote,
    pub(super) environment: &'a Environment,
    /// What starts the delivery; none where the deployment is it.
    vehicle: Option<Vehicle<'a>>,
}

/// What starts a delivery.
enum Vehicle<'a> {
    Pipeline(Pipeline<'a>),
    Job(job::Job<'a>),
}

impl<'a> Gitlab<'a> {
    /// What delivers to an environment, or why nothing can from here.
    pub(super) fn new(
        shipment: &'a Shipment<'a>,
        remote: &'a Remote,
        environment: &'a Environment,
    ) -> Result<Self, Finding> {
        let vehicle = match environment.launch.as_ref().map(|launch| &launch.what) {
            Some(Launched::Trigger(trigger)) => {
                let was_started = shipment.variables.contains_key(OsStr::new(&launch_variable("approval")));
                if was_started && trigger.project.is_none() {
                    return Err(told::without_end(&environment.name));
                }
                let given = given::inputs(shipment, remote, environment);
                let pipeline = Pipeline::new(remote, trigger, shipment.variables, given);
                let pipeline = pipeline.map_err(|missing| told::missing(&environment.name, &missing))?;
                Some(Vehicle::Pipeline(pipeline))
            }
            Some(Launched::Play { job, variables }) => {
                let given = given::inputs(shipment, remote, environment);
                let job = job::Job::new(remote, job, &given, variables);
                Some(Vehicle::Job(job.map_err(|missing| told::missing(&environment.name, &missing))?))
            }
            None if environment.dispatch.is_some() => return Err(told::stranger(&environment.name)),
            None => None,
        };
        Ok(Self { shipment, remote, environment, vehicle })
    }

    fn launch(&self) -> Option<&'a Launch> {
        self.environment.launch.as_ref()
    }
}

#[async_trait(?Send)]
impl Target for Gitlab<'_> {
    fn follow(&self) -> Option<Follow> {
        let Launch { wait, timeout, .. } = self.launch()?;
        Some(Follow { wait: *wait, timeout: *timeout })
    }

    fn what(&self) -> String {
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) => pipeline.what(),
            Some(Vehicle::Job(job)) => format!("the job {}", job.name),
            None => String::new(),
        }
    }

    fn begun(&self) -> String {
        format!("{} was started", self.what())
    }

    fn how_to_wait(&self) -> String {
        let key = match self.vehicle {
            Some(Vehicle::Job(_)) => "play",
            _ => "trigger",
        };
        format!("set `wait: true` in `deploy.{}.{key}`", self.environment.name)
    }

    fn words(&self) -> Words {
        WORDS
    }

    fn page(&self) -> Option<String> {
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) if pipeline.is_elsewhere() => None,
            _ => pipelines(self.shipment.job_url),
        }
    }

    async fn open(&self, known: Option<u64>) -> Result<Opened, Unopened> {
        deployment::open(self, known).await.map_err(|trouble| Unopened {
            id: None,
            finding: told::deployment(&trouble, &self.environment.name),
        })
    }

    async fn tell(&self, id: u64, told: &Told<'_>) -> Result<(), String> {
        deployment::tell(&self.remote.api, id, told.state).await.map_err(|trouble| trouble.to_string())
    }

    async fn earlier(&self, attempt: Attempt, past: &Past) -> Result<Option<Started>, String> {
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) => pipeline.earlier(attempt, past).await,
            Some(Vehicle::Job(job)) => job.earlier(attempt).await,
            None => Ok(None),
        }
    }

    async fn start(&self, past: &Past) -> Result<Started, Refusal> {
        let name = &self.environment.name;
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) => {
                let started = pipeline.start(past, self.shipment.clock).await;
                started.map_err(|unstarted| match unstarted {
                    Unstarted::Refused(trouble) => Refusal::Refused(told::pipeline(&trouble, name, pipeline)),
                    Unstarted::Unknown(why) => Refusal::Unknown(why),
                })
            }
            Some(Vehicle::Job(job)) => job.start(name, past).await,
            None => Ok(Started::default()),
        }
    }

    async fn look(&self, run: u64) -> Result<Run, Missed> {
        match &self.vehicle {
            Some(Vehicle::Job(job)) => job.look(run).await,
            Some(Vehicle::Pipeline(pipeline)) => pipeline.look(run).await,
            None => Err(Missed::Lost("nothing is started for it".into())),
        }
    }

    fn requests(&self) -> String {
        let api = &self.remote.api;
        let mut text = String::new();
        if self.environment.deployment.is_some() {
            let body = deployment::body(self);
            text += &request(&Method::POST, &api.path(deployment::PATH), &body);
        }
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) => text += &pipeline.request(),
            Some(Vehicle::Job(job)) => {
                text += &request(&Method::POST, &api.path(&job::play_path(JOB)), &job.body());
            }
            None => {}
        }
        if self.environment.deployment.is_some() && self.follow().is_none_or(|follow| follow.wait) {
            let path = api.path(&format!("{}/{DEPLOYMENT}", deployment::PATH));
            text += &request(&Method::PUT, &path, &json!({ "status": "success" }));
        }
        text
    }
}

/// Why nothing was started, as far as anybody can say.
enum Unstarted {
    /// It was not taken.
    Refused(Trouble),
    /// It may have been.
    Unknown(String),
}

fn request(method: &Method, path: &str, body: &Value) -> String {
    format!("{method} {path}\n{body:#}\n\n")
}
