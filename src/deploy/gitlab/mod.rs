//! GitLab: a pipeline or a manual job delivers, and a Deployment tells of it.

mod deployment;
mod given;
mod job;
mod pipeline;
mod retraining;
mod told;

use std::ffi::OsStr;

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shipment;
use super::target::{
    Course, Follow, Missed, Opened, Past, Refusal, Run, Started, Target, Told, Unopened, Words,
};
use crate::config::{Environment, Launch, Launched, launch_variable};
use crate::finding::Finding;
use crate::forge::gitlab::Remote;
use crate::forge::rest::Trouble;
use pipeline::Pipeline;
pub use retraining::Retraining;

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

    async fn earlier(&self, since: Option<u64>, past: &Past) -> Result<Option<Started>, String> {
        match &self.vehicle {
            Some(Vehicle::Pipeline(pipeline)) => pipeline.earlier(since, past).await,
            Some(Vehicle::Job(job)) => job.earlier().await,
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

/// A pipeline or a job, as GitLab tells of it.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    web_url: Option<String>,
}

impl Seen {
    fn run(self) -> Run {
        Run { course: course(&self.status), url: self.web_url }
    }

    fn started(self) -> Started {
        Started { url: self.web_url, run: Some(self.id) }
    }
}

/// How what has this status goes. A status that we do not know may become any other.
fn course(status: &str) -> Course {
    match status {
        "success" => Course::Good,
        "failed" | "canceled" | "skipped" => Course::Bad(status.to_owned()),
        "manual" => Course::Blocked,
        _ => Course::UnderWay,
    }
}

fn missed(trouble: Trouble) -> Missed {
    let why = trouble.to_string();
    match trouble {
        Trouble::NotFound(_) => Missed::Gone(why),
        trouble if trouble.may_pass() => Missed::Passing(why),
        _ => Missed::Lost(why),
    }
}

fn request(method: &Method, path: &str, body: &Value) -> String {
    format!("{method} {path}\n{body:#}\n\n")
}

/// The page of all pipelines, on the server of a job's page.
fn pipelines(job_url: Option<&str>) -> Option<String> {
    let (project, _) = job_url?.split_once("/-/jobs/")?;
    Some(format!("{project}/-/pipelines"))
}

/// Seconds since 1970, of a time as GitLab writes it: `2026-01-02T03:04:05.678Z`, or with an offset such as `+02:00`.
fn seconds(time: &str) -> Option<u64> {
    let (day, rest) = (time.get(..19)?, time.get(19..)?);
    let at = humantime::parse_rfc3339_weak(day).ok()?;
    let at = at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let Some((sign, (hours, minutes))) = zone.get(..1).zip(zone.get(1..).and_then(|it| it.split_once(':')))
    else {
        return (zone.is_empty() || zone == "Z").then_some(at);
    };
    let ahead = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    match sign {
        "+" => at.checked_sub(ahead),
        "-" => at.checked_add(ahead),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_how_it_goes() {
        for status in [
            "created",
            "waiting_for_resource",
            "preparing",
            "pending",
            "running",
            "canceling",
            "scheduled",
            "",
        ] {
            assert_eq!(course(status), Course::UnderWay, "{status}");
        }
        for status in ["failed", "canceled", "skipped"] {
            assert_eq!(course(status), Course::Bad(status.into()));
        }
        assert_eq!((course("success"), course("manual")), (Course::Good, Course::Blocked));
    }

    #[test]
    fn a_time_is_read_in_any_zone() {
        let noon = Some(1_767_355_445);
        for time in [
            "2026-01-02T12:04:05Z",
            "2026-01-02T12:04:05.678Z",
            "2026-01-02T14:04:05.678+02:00",
            "2026-01-02T06:34:05-05:30",
            "2026-01-02T12:04:05",
        ] {
            assert_eq!(seconds(time), noon, "{time}");
        }
        for time in [
            "",
            "2026-01-02",
            "yesterday, twenty past nine",
            "2026-01-02T12:04:05 UTC",
            "2026-01-02T12:04:05+x:y",
        ] {
            assert_eq!(seconds(time), None, "{time}");
        }
    }

    #[test]
    fn the_page_of_all_pipelines_is_on_the_server_of_the_job() {
        let page = pipelines(Some("https://gitlab.example/ci/ml/churn/-/jobs/7"));
        assert_eq!(page.as_deref(), Some("https://gitlab.example/ci/ml/churn/-/pipelines"));
        assert_eq!(pipelines(Some("https://github.com/acme/churn/actions/runs/42")), None);
        assert_eq!(pipelines(None), None);
    }
}
